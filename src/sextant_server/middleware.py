"""What every request passes: a log line, the Content-Security-Policy, and our errors as problems or pages."""

from __future__ import annotations

import json
import logging
import re
import secrets
import time
from collections.abc import Callable
from urllib.parse import unquote

from django.conf import settings
from django.db import DatabaseError, DataError, IntegrityError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render

from sextant.errors import Conflict, InvalidInput, SextantError, Unavailable
from sextant_server.projects.frame import SignInFirst

log = logging.getLogger("sextant.request")
GetResponse = Callable[[HttpRequest], HttpResponse]

#: The most characters of one part of a problem.
LONGEST = 1200
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def shown_path(path: str) -> str:
    """The path as it may stand in a server's log: who reads that shall not find links that open something.

    >>> shown_path("/s/0123456789abcdef/"), shown_path("/p/forms/")
    ('/s/.../', '/p/forms/')
    """
    return re.sub(r"^/([sr])/[^/]*", r"/\1/...", path)


class RequestLog:
    """One line a request: who asked for what, what came of it, how long it took. The id goes back in X-Request-Id."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        start = time.perf_counter()
        request.request_id = secrets.token_hex(8)  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        if not request.META.get("sextant.embedded"):
            log.info(
                "%s %s %s", request.method, shown_path(request.path), response.status_code,
                extra={
                    "request_id": request.request_id,  # type: ignore[attr-defined]
                    "status": response.status_code,
                    "ms": round((time.perf_counter() - start) * 1000, 1),
                    "user": getattr(getattr(request, "user", None), "pk", None),
                },
            )  # fmt: skip
        return response


class ContentSecurityPolicy:
    """No inline script or style, nothing from elsewhere."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", POLICY)
        return response


def problem(error: SextantError) -> HttpResponse:
    """An error as a problem body (RFC 9457). What was given is quoted in part where it is long."""
    for part in ("what", "where", "todo"):
        said = getattr(error, part)
        if said and len(said) > LONGEST:
            setattr(error, part, f"{said[:LONGEST]} ...")
    return HttpResponse(
        json.dumps(error.problem(), ensure_ascii=False).encode(errors="backslashreplace"),
        status=error.status,
        content_type="application/problem+json",
    )


def database_fault(error: DatabaseError) -> SextantError:
    """What the database could not do, as an error that says so: the transaction was rolled back, whole."""
    said = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    nothing = "nothing of it was stored"
    if isinstance(error, IntegrityError):
        return Conflict(
            "somebody else wrote the same at the same moment", rule=nothing, todo="look again, then try again"
        )
    if isinstance(error, DataError):
        return InvalidInput(
            f"the database cannot hold a value of it: {said}",
            rule=nothing,
            todo="give a shorter or smaller value",
        )
    full = any(words in said.lower() for words in ("full", "no space", "disk i/o", "could not extend"))
    return Unavailable(
        f"the database could not store it: {said}",
        rule=nothing,
        todo="make room on the disk, then try again"
        if full
        else "try again; if it stays so, see the server's log",
    )


class Problems:
    """Our own errors, raised anywhere under a view: a problem body for programs, a page for people."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path or "\0" in unquote(request.META.get("QUERY_STRING", "")):
            # No database keeps this character, and PostgreSQL refuses to look for it.
            return _said(request, InvalidInput("the address holds a NUL character", rule="no name holds one"))
        response = self.get_response(request)
        if request.path.startswith("/api/") and response.status_code == 405:
            offered = response["Allow"]
            error = InvalidInput(
                f"{request.method} is not offered here", where=request.path, todo=f"use {offered}"
            )
            error.status = 405
            response = problem(error)
            response["Allow"] = offered
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, SignInFirst):
            return error.response
        if isinstance(error, DataError | IntegrityError | OperationalError):
            log.error("database fault", exc_info=error, extra={"path": shown_path(request.path)})
            error = database_fault(error)
        if not isinstance(error, SextantError):
            if not settings.DEBUG:
                log.error("unexpected error", exc_info=error, extra={"path": shown_path(request.path)})
            return None
        return _said(request, error)


def _said(request: HttpRequest, error: SextantError) -> HttpResponse:
    if request.path.startswith("/api/"):
        return problem(error)
    return render(request, "ui/error.html", {"status": error.status, "error": error}, status=error.status)


class CompressPages(GZipMiddleware):
    """Pages go out compressed, with a random number of bytes more, so that their length tells nothing of the secrets in
    them (BREACH); files and answers of the API as they are."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.streaming or not response.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)
