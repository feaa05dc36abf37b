"""Requests over either transport: what may be tried again, and how a problem body becomes an error."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx

from sextant import errors
from sextant.errors import SextantError, Unavailable

#: How long to wait before each further try, in seconds.
PAUSES = (0.2, 1.0)

#: Answers of something that stands before the server, which may pass: not those that Sextant itself gives.
_PASSING = (502, 503, 504)

#: Errors by their type in a problem body. A `ConfigError` is about a file of the other side.
_PROBLEMS: dict[str, type[SextantError]] = {
    "urn:sextant:InvalidInput": errors.InvalidInput,
    "urn:sextant:ConfigError": errors.InvalidInput,
    "urn:sextant:NotFound": errors.NotFound,
    "urn:sextant:Forbidden": errors.Forbidden,
    "urn:sextant:Conflict": errors.Conflict,
    "urn:sextant:Unavailable": errors.Unavailable,
    "urn:sextant:IntegrityFault": errors.IntegrityFault,
}


class Connection:
    """An HTTP client with Sextant's ways: `where` is how messages name the other side.

    Only what may be done twice without harm is tried again: reading, replacing, and adding what is found by
    its digest. `pause` waits that many seconds between tries.
    """

    def __init__(
        self, http: httpx.Client, where: str, *, todo: str, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self.http, self.where, self._todo, self._pause = http, where, todo, pause

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        again: bool | None = None,
    ) -> Any:
        """The answer's JSON (None if it has no content), or the error that it states.

        `again` says whether the request may be repeated when no answer came; by default any but a POST or a
        PATCH.
        """
        repeatable = method in ("GET", "PUT", "DELETE") if again is None else again
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        for pause in (*PAUSES, None):
            try:
                response = self.http.request(
                    method, path, params=_given(params), content=content, headers=_headers(content)
                )
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                # It never got there, so whatever it was may be tried again.
                if pause is None:
                    raise self._unreachable(error) from error
            except httpx.TransportError as error:
                if pause is None or not repeatable:
                    raise self._unreachable(error) from error
            else:
                passing = response.status_code in _PASSING and not _is_problem(response)
                if not (passing and repeatable and pause is not None):
                    return self._answer(response)
            self._pause(pause)
        raise AssertionError("the last try either returns or raises")

    def download(self, path: str, *, params: Mapping[str, Any] | None = None) -> bytes:
        """A file as the server makes it, or the error that it states instead."""
        try:
            response = self.http.get(path, params=_given(params))
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
        if response.status_code != 200:
            self._answer(response)
            raise self._stranger(response)
        return response.content

    def lines(self, path: str, *, params: Mapping[str, Any] | None = None) -> Iterator[str]:
        """The answer line by line as it comes, so that it may be longer than memory."""
        try:
            with self.http.stream("GET", path, params=_given(params)) as response:
                if response.status_code != 200:
                    response.read()
                    self._answer(response)
                yield from response.iter_lines()
        except httpx.TransportError as error:
            raise self._unreachable(error) from error

    def _answer(self, response: httpx.Response) -> Any:
        if response.is_success:
            if not response.content:
                return None
            try:
                return response.json()
            except ValueError as error:
                raise self._stranger(response) from error
        if not _is_problem(response):
            raise self._stranger(response)
        raise as_error(response.json())

    def _stranger(self, response: httpx.Response) -> SextantError:
        if response.status_code == 500:
            return SextantError(
                "the server failed on this", where=self.where, todo="look at its log, where the reason stands"
            )
        return Unavailable(
            f"it answered {response.status_code} to {response.request.method} "
            f"{response.request.url.path}, not as Sextant does",
            where=self.where,
            todo=self._todo,
        )

    def _unreachable(self, error: httpx.TransportError) -> Unavailable:
        why = (
            "no answer in time"
            if isinstance(error, httpx.TimeoutException)
            else str(error) or "no connection"
        )
        return Unavailable(f"cannot be reached: {why}", where=self.where, todo=self._todo)

    def close(self) -> None:
        self.http.close()


def as_error(problem: Mapping[str, Any]) -> SextantError:
    """A problem body (RFC 9457) as the error that it was made from; an unknown type as a plain
    `SextantError`.

    >>> as_error({"type": "urn:sextant:NotFound", "status": 404, "what": "there is no project 'x'"})
    NotFound("there is no project 'x'")
    """
    kind = _PROBLEMS.get(str(problem.get("type")), SextantError)
    said = str(problem.get("what") or problem.get("detail") or problem.get("title") or "it failed")
    error = kind(said, **{part: problem.get(part) for part in ("where", "rule", "todo")})
    error.status = int(problem.get("status") or kind.status)
    return error


def _is_problem(response: httpx.Response) -> bool:
    kind: str = response.headers.get("content-type", "")
    return kind.startswith("application/problem+json")


def _given(params: Mapping[str, Any] | None) -> dict[str, Any]:
    return {k: v for k, v in (params or {}).items() if v is not None and v != ""}


def _headers(content: bytes | None) -> dict[str, str]:
    return {} if content is None else {"content-type": "application/json"}
