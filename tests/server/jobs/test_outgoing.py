"""Outgoing requests: only to public addresses, to the address that was checked, and never for longer than allowed."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sextant.errors import Forbidden, InvalidInput, Unavailable
from sextant_server.jobs import outgoing
from sextant_server.jobs.outgoing import is_public, post

REAL = socket.getaddrinfo
Received = list[tuple[str, dict[str, str], bytes]]


@contextmanager
def receiver(
    status: int = 200, headers: dict[str, str] | None = None, context: ssl.SSLContext | None = None
) -> Iterator[tuple[int, Received]]:
    """A web server of our own; its port and what it got."""
    got: Received = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.path, dict(self.headers), body))
            self.send_response(status)
            for name, value in {"Content-Length": "0", **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *given: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_address[1], got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """A name server of our own: for each name the answers that it gives, one after the other, the last one again."""
    answers: dict[str, list[list[str]]] = {}

    def resolve(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        if host not in answers:
            return REAL(host, port, *rest, **more)
        turn = answers[host].pop(0) if len(answers[host]) > 1 else answers[host][0]
        return [entry for address in turn for entry in REAL(address, port, *rest, **more)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return answers


# --- which addresses are public

PRIVATE = {
    "127.0.0.1": "loopback", "127.9.9.9": "loopback", "10.1.2.3": "private", "172.16.0.1": "private",
    "172.31.255.255": "private", "192.168.1.1": "private", "169.254.169.254": "link-local, where clouds keep keys",
    "100.64.0.1": "a provider's own network", "0.0.0.0": "this host", "224.0.0.1": "multicast",  # noqa: S104
    "240.0.0.1": "reserved", "255.255.255.255": "broadcast", "192.0.2.1": "documentation", "198.18.0.1": "benchmarks",
    "::1": "loopback", "::": "this host", "fe80::1": "link-local", "fd00:ec2::254": "unique local",
    "fec0::1": "site-local", "ff02::1": "multicast", "2001:db8::1": "documentation",
    "::ffff:127.0.0.1": "carries a loopback address", "::ffff:192.168.0.1": "carries a private address",
    "64:ff9b::7f00:1": "carries a loopback address (NAT64)", "2002:0a00:0001::1": "carries 10.0.0.1 (6to4)",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2": "a tunnel (Teredo)",
}  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "93.184.216.34", "172.32.0.1", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_inside_a_network_is_not_public(address: str) -> None:
    assert not is_public(address), PRIVATE[address]


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_open_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "127.1",
        "2130706433",
        "0x7f000001",
        "017700000001",
        "[::ffff:127.0.0.1]",
    ],
)
def test_loopback_in_every_spelling_is_refused_before_anything_is_sent(host: str) -> None:
    with receiver() as (port, got):
        with pytest.raises((Forbidden, Unavailable, InvalidInput)) as refused:
            post(f"http://{host}:{port}/", b"{}", {})
        assert isinstance(refused.value, Forbidden), refused.value
        assert "SEXTANT_WEBHOOKS_TO_PRIVATE" in str(refused.value)
    assert got == []


def test_one_private_address_among_public_ones_is_enough_to_refuse(names: dict[str, list[list[str]]]) -> None:
    names["two.example"] = [["1.1.1.1", "10.0.0.1"]]
    with pytest.raises(Forbidden, match=r"10\.0\.0\.1"):
        post("http://two.example/", b"", {})


def test_a_name_that_answers_differently_the_second_time_is_asked_once(
    names: dict[str, list[list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: public when checked, loopback when connected to."""
    dialled: list[Any] = []

    def dial(address: Any, *rest: Any, **more: Any) -> Any:
        dialled.append(address)
        raise ConnectionRefusedError(111, "nobody there")

    monkeypatch.setattr(socket, "create_connection", dial)
    names["rebinding.example"] = [["1.1.1.1"], ["127.0.0.1"]]
    with pytest.raises(Unavailable):
        post("http://rebinding.example:8080/", b"", {})
    assert dialled == [("1.1.1.1", 8080)]


# --- what is sent


def test_the_request_names_the_host_that_was_meant(names: dict[str, list[list[str]]]) -> None:
    names["hooks.example"] = [["127.0.0.1"]]
    with receiver(204) as (port, got):
        url = f"http://hooks.example:{port}/a/b?c=d"
        assert post(url, b'{"x":1}', {"X-Sextant-Event": "e"}, to_private=True) == 204
    [(path, headers, body)] = got
    assert (path, body) == ("/a/b?c=d", b'{"x":1}')
    assert headers["Host"] == f"hooks.example:{port}"
    assert headers["X-Sextant-Event"] == "e"


def test_a_redirect_is_not_followed() -> None:
    with (
        receiver() as (inner, got_inside),
        receiver(302, {"Location": f"http://127.0.0.1:{inner}/"}) as (port, got),
    ):
        assert post(f"http://127.0.0.1:{port}/", b"", {}, to_private=True) == 302
    assert len(got) == 1
    assert got_inside == []


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver() as (proxy, got_proxied), receiver() as (port, got):
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy}")
        post(f"http://127.0.0.1:{port}/", b"", {}, to_private=True)
    assert (len(got), len(got_proxied)) == (1, 0)


def test_when_one_address_is_dead_the_next_is_tried(names: dict[str, list[list[str]]]) -> None:
    with receiver() as (port, got):
        names["two.example"] = [["127.0.0.2", "127.0.0.1"]]
        # The receiver listens on 127.0.0.1 alone.
        assert post(f"http://two.example:{port}/", b"", {}, to_private=True) == 200
    assert len(got) == 1


@pytest.mark.parametrize(
    "url", ["ftp://1.1.1.1/", "file:///etc/passwd", "http://", "//x", "http://[::1", "1.1.1.1"]
)
def test_what_is_no_web_address(url: str) -> None:
    with pytest.raises(InvalidInput):
        post(url, b"", {})


def test_a_host_that_does_not_exist() -> None:
    with pytest.raises(Unavailable, match="no address"):
        post("http://no-such-host.invalid/", b"", {})


def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(Unavailable, match="does not answer"):
            post(f"http://127.0.0.1:{taken.getsockname()[1]}/", b"", {}, to_private=True)


# --- time


@contextmanager
def raw_receiver(
    answer: Callable[[socket.socket, threading.Event], None], context: ssl.SSLContext | None = None
) -> Iterator[int]:
    """A server that does with its one connection as it likes, until the event is set."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def run() -> None:
            plain, _ = listening.accept()
            with context.wrap_socket(plain, server_side=True) if context else plain as connection:
                connection.recv(65536)
                try:
                    answer(connection, over)
                except OSError:
                    over.set()

        thread = threading.Thread(target=run)
        thread.start()
        yield listening.getsockname()[1]
        over.set()
        thread.join()


def trickle(connection: socket.socket, over: threading.Event) -> None:
    """An answer of which each byte comes in time, and the end never."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    for _ in range(400):
        if over.wait(0.05):
            return
        connection.sendall(b"a")


def silence(connection: socket.socket, over: threading.Event) -> None:
    over.wait()


@pytest.mark.parametrize("answer", [trickle, silence])
def test_the_time_is_for_all_of_it(answer: Callable[[socket.socket, threading.Event], None]) -> None:
    with raw_receiver(answer) as port:
        began = time.monotonic()
        with pytest.raises(Unavailable, match="took too long"):
            post(f"http://127.0.0.1:{port}/", b"", {}, to_private=True, seconds=0.5)
        # Without the limit `trickle` goes on for 20 seconds, and a real one for hours.
        assert time.monotonic() - began < 15


# --- HTTPS


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate for `name`, and a client's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    try:
        alternative: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        alternative = x509.DNSName(name)
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cafile=file)


def test_the_certificate_is_checked_against_the_name_and_not_the_address(
    names: dict[str, list[list[str]]], tmp_path: Path
) -> None:
    names["hooks.example"] = names["other.example"] = [["127.0.0.1"]]
    server, trusting = certificate(tmp_path, "hooks.example")
    asked_for: list[str | None] = []
    server.sni_callback = lambda connection, name, context: asked_for.append(name)
    with receiver(context=server) as (port, got):
        assert post(f"https://hooks.example:{port}/", b"", {}, to_private=True, verify=trusting) == 200
        assert asked_for == ["hooks.example"]
        with pytest.raises(Unavailable, match="certificate"):
            post(f"https://other.example:{port}/", b"", {}, to_private=True, verify=trusting)
        with pytest.raises(Unavailable, match="certificate"):
            post(f"https://127.0.0.1:{port}/", b"", {}, to_private=True, verify=trusting)
        with pytest.raises(Unavailable, match="certificate"):
            post(f"https://hooks.example:{port}/", b"", {}, to_private=True)
    assert len(got) == 1


def test_the_limit_of_time_holds_over_https_too(tmp_path: Path) -> None:
    server, trusting = certificate(tmp_path, "127.0.0.1")

    with raw_receiver(trickle, server) as port, pytest.raises(Unavailable, match="took too long"):
        post(f"https://127.0.0.1:{port}/", b"", {}, to_private=True, verify=trusting, seconds=0.7)


def test_addresses_are_given_once_each(names: dict[str, list[list[str]]]) -> None:
    names["twice.example"] = [["1.1.1.1", "1.1.1.1", "8.8.8.8"]]
    assert outgoing.addresses("twice.example", 80) == ["1.1.1.1", "8.8.8.8"]
