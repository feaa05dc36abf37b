"""The REST API: one router an app, one way to fail. Its schema (OpenAPI 3) is at /api/v1/openapi.json."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import APIKeyCookie, HttpBearer

from sextant import __version__
from sextant.errors import InvalidInput, SextantError
from sextant_server.middleware import database_fault, log, problem
from sextant_server.projects.actions import token_of
from sextant_server.projects.permissions import EMBEDDED, Caller


class Unauthenticated(SextantError):
    """You are not signed in."""

    status = 401


class Bearer(HttpBearer):
    """A project's token: `Authorization: Bearer sxt_...`."""

    def authenticate(self, request: HttpRequest, token: str) -> Caller | None:
        found = token_of(token)
        if found is None:
            return None
        request.caller = Caller(token=found)  # type: ignore[attr-defined]
        return request.caller  # type: ignore[attr-defined, no-any-return]


class Session(APIKeyCookie):
    """The browser's session, with the CSRF token in X-CSRFToken."""

    param_name = "sessionid"

    def authenticate(self, request: HttpRequest, key: str | None) -> Caller | None:
        return Caller(user=request.user) if request.user.is_authenticated else None  # type: ignore[arg-type]


def embedded(request: HttpRequest) -> Caller | None:
    """The command line on its own folder's database, inside this process."""
    return Caller(local=True) if request.META.get("sextant.embedded") is EMBEDDED else None


api = NinjaAPI(
    title="Sextant",
    version=__version__,
    description="Targets, proof, and what they say about each gate. Errors are problem bodies (RFC 9457).",
    urls_namespace="api",
    auth=[embedded, Bearer(), Session()],
    docs_url=None,
    openapi_url="/openapi.json",
)


@api.exception_handler(SextantError)
def _ours(request: HttpRequest, error: SextantError) -> HttpResponse:
    return problem(error)


@api.exception_handler(OperationalError)
def _database(request: HttpRequest, error: OperationalError) -> HttpResponse:
    log.error("database fault", exc_info=error, extra={"path": request.path})
    return problem(database_fault(error))


@api.exception_handler(ValidationError)
def _malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    said = []
    for fault in error.errors[:5]:
        place = ".".join(
            str(part) for part in fault["loc"] if part not in ("body", "payload", "query", "path")
        )
        said.append(f"{place or 'body'}: {str(fault['msg']).removeprefix('Value error, ')}")
    more = len(error.errors) - len(said)
    return problem(InvalidInput("; ".join(said) + (f"; and {more} more" if more > 0 else "")))


@api.exception_handler(AuthenticationError)
def _unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    response = problem(
        Unauthenticated("no valid token or session", todo="send Authorization: Bearer TOKEN, or sign in")
    )
    response["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    made = SextantError(str(error))
    made.status = error.status_code
    return problem(made)


@cache
def routers() -> NinjaAPI:
    """The API with every router mounted once."""
    from sextant_server.jobs.api import router as jobs
    from sextant_server.lifecycle.api import router as lifecycle
    from sextant_server.projects.api import router as projects
    from sextant_server.records.api import router as records

    for router in (projects, records, lifecycle, jobs):
        api.add_router("", router)
    return api


Plain = dict[str, Any]
