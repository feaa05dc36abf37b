"""A POST to an address that somebody else chose, so that it cannot be turned against our own network.

The host is resolved once, every address that it has is checked, and the connection goes to one of the checked
addresses: a name that answers differently the second time (DNS rebinding) finds no second time. Redirects are
not followed, proxies of the environment are not used, the certificate is checked against the host's name.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Mapping
from typing import Any

from sextant.errors import Forbidden, InvalidInput, Unavailable

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet: not private, loopback, link-local or otherwise
    special.

    An IPv6 address that carries an IPv4 address is judged by what it carries.

    >>> is_public("93.184.216.34"), is_public("169.254.169.254"), is_public("::ffff:10.0.0.1")
    (True, False, False)
    """
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.teredo:
            return False
        carried = ip.ipv4_mapped or ip.sixtofour
        if ip in NAT64:
            carried = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if carried:
            return is_public(str(carried))
        if ip.is_site_local:
            return False
    special = ip.is_private or ip.is_loopback or ip.is_link_local or ip.is_multicast or ip.is_reserved
    return ip.is_global and not special and not ip.is_unspecified


def addresses(host: str, port: int, *, to_private: bool = False) -> list[str]:
    """The checked addresses of a host. Forbidden if one of them is not public and `to_private` is off."""
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unavailable(
            f"the host {host!r} has no address: {error}", todo="check the webhook's address"
        ) from error
    found = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
    closed = [address for address in found if not is_public(address)]
    if closed and not to_private:
        raise Forbidden(
            f"{host} leads to {closed[0]}, an address inside a private network",
            rule="webhooks go to public addresses only",
            todo="use another address, or set SEXTANT_WEBHOOKS_TO_PRIVATE=true where that is meant",
        )
    return found


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    to_private: bool = False,
    seconds: float = 20.0,
    verify: Any = True,
) -> int:
    """POST `body` and return the status of the answer, whose content is not read.

    `seconds` is the time that all of it may take together, however slowly the other side trickles. Raises
    Forbidden for a private address, Unavailable when nobody answers. `verify` is an `ssl.SSLContext` that
    trusts other roots.
    """
    import httpx

    try:
        target = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise InvalidInput(f"{url!r} is no web address: {error}", where="url") from error
    host = target.raw_host.decode()
    if target.scheme not in ("http", "https") or not host:
        raise InvalidInput(
            f"{url!r} is no web address", where="url", rule="http://host/path or https://host/path"
        )
    port = target.port or (443 if target.scheme == "https" else 80)
    end = time.monotonic() + seconds
    fault: Exception | None = None
    # One by one, as a browser does: a host with two addresses may have lost the one of them.
    for address in addresses(host.strip("[]"), port, to_private=to_private):
        with _Deadline(end) as deadline, httpx.Client(trust_env=False, verify=verify) as client:
            request = client.build_request(
                "POST",
                target.copy_with(host=address),
                content=body,
                headers={**headers, "Host": target.netloc.decode()},
                timeout=max(0.001, end - time.monotonic()),
                extensions={"sni_hostname": host, "trace": deadline.watch},
            )
            try:
                response = client.send(request, stream=True, follow_redirects=False)
                response.close()
                return response.status_code
            except httpx.ConnectError as error:
                fault = error
            except httpx.HTTPError as error:
                fault = error
                break
    said = "it took too long" if time.monotonic() >= end else str(fault) or type(fault).__name__
    raise Unavailable(f"{target.scheme}://{host} does not answer: {said}", where="webhook") from fault


class _Deadline:
    """Breaks the connection off when the time is up: a time-out that begins anew with each byte is none."""

    def __init__(self, end: float) -> None:
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(max(0.0, end - time.monotonic()), self._cut)
        self._timer.daemon = True

    def __enter__(self) -> _Deadline:
        self._timer.start()
        return self

    def __exit__(self, *fault: object) -> None:
        self._timer.cancel()

    def watch(self, event: str, info: Mapping[str, Any]) -> None:
        """httpx tells what it does; a stream that it has opened is the one to cut."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._socket = info["return_value"].get_extra_info("socket")

    def _cut(self) -> None:
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                # It is closed already, which is all that was wanted.
                return
