"""The REST API: one router an app, one way to fail. Its schema (OpenAPI 3) is at /api/v1/openapi.json."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, NoReturn

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DataError, IntegrityError, OperationalError
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.parser import Parser
from ninja.renderers import JSONRenderer
from ninja.responses import NinjaJSONEncoder
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from sextant import __version__
from sextant.canonical import canonical
from sextant.errors import Forbidden, InvalidInput, SextantError
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

    def __call__(self, request: HttpRequest) -> Caller | None:
        # Who sends a token is judged by it alone: a wrong one is never made good by a cookie.
        if "Authorization" in request.headers or not request.user.is_authenticated:
            return None
        if check_csrf(request):
            raise Forbidden(
                "the request has no CSRF token", rule="what a browser's session writes carries the token of its page",
                todo="send it as X-CSRFToken, or use a project's token",
            )  # fmt: skip
        return self.authenticate(request, None)

    def authenticate(self, request: HttpRequest, key: str | None) -> Caller | None:
        return Caller(user=request.user)  # type: ignore[arg-type]


def embedded(request: HttpRequest) -> Caller | None:
    """The command line on its own folder's database, inside this process."""
    return Caller(local=True) if request.META.get("sextant.embedded") is EMBEDDED else None


#: How deep a body may be nested. The deepest that anything here means is seven.
DEEPEST = 50


class Body(Parser):
    """JSON as every side reads it alike (RFC 8259, I-JSON's numbers): what it has no words for is refused here,
    before it can be stored where it cannot be read again."""

    def parse_body(self, request: HttpRequest) -> Any:
        try:
            value = json.loads(
                request.body.decode(),
                parse_constant=_no_number, parse_float=_number, parse_int=_whole, object_pairs_hook=_object,
            )  # fmt: skip
        except InvalidInput:
            raise
        except (ValueError, RecursionError) as error:
            found = InvalidInput(f"it is no JSON: {error}", where="body", rule="one JSON value in UTF-8")
            found.status = 400
            raise found from error
        _storable(value)
        return value


def _no_number(text: str) -> NoReturn:
    raise InvalidInput(
        f"{text} is no JSON number", where="body", rule="JSON has no nan and no infinity",
        todo=f'where a number may be undefined write "{text}", in quotes',
    )  # fmt: skip


def _number(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise InvalidInput(f"{text[:40]} is too large", where="body", rule="a number lies below 1.8e308")
    return value


def _whole(text: str) -> int:
    # The length first: a number of a million digits takes seconds to read.
    if len(text) > 20 or not -(2**63) <= int(text) < 2**63:
        raise InvalidInput(f"{text[:40]} is too large", where="body", rule="a whole number has 64 bits")
    return int(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise InvalidInput(f"the key {twice[:80]!r} stands twice", where="body", rule="a key stands once")
    return made


def _storable(value: Any) -> None:
    """Refuse texts that a database cannot keep, and nesting that nothing here means."""
    level, depth = [value], 0
    while level:
        if depth > DEEPEST:
            raise InvalidInput("it is nested too deep", where="body", rule=f"at most {DEEPEST} levels")
        below: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                below += one.keys()
                below += one.values()
            elif isinstance(one, list):
                below += one
            elif isinstance(one, str) and not one.isprintable():
                _storable_text(one)
        level, depth = below, depth + 1


def _storable_text(text: str) -> None:
    shown = ascii(text[:40])
    if "\0" in text:
        raise InvalidInput(f"{shown} holds a NUL character", where="body", rule="no text holds one")
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise InvalidInput(
            f"{shown} holds half a character", where="body", rule="text is whole Unicode characters"
        )


class Answer(JSONRenderer):
    """JSON in which nan and infinity stand as strings, as in the log (see docs/decisions)."""

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> Any:
        try:
            return json.dumps(data, cls=NinjaJSONEncoder, allow_nan=False)
        except ValueError:
            return canonical(json.loads(json.dumps(data, cls=NinjaJSONEncoder)))


PROBLEM = {
    "description": "What went wrong, as a problem body (RFC 9457).",
    "content": {
        "application/problem+json": {
            "schema": {
                "type": "object",
                "required": ["type", "title", "status", "detail"],
                "properties": {
                    "type": {"type": "string", "description": "A name for this kind of error, as a URN."},
                    "title": {"type": "string", "description": "The kind of error in words."},
                    "status": {"type": "integer", "description": "The HTTP status."},
                    "detail": {"type": "string", "description": "All of it in one sentence."},
                    "what": {"type": "string", "description": "What is wrong."},
                    "where": {"type": "string", "description": "Where it is wrong."},
                    "rule": {"type": "string", "description": "The rule that it breaks."},
                    "todo": {"type": "string", "description": "What to do about it."},
                },
            }
        }
    },
}


class Api(NinjaAPI):
    """The schema says of every operation how it fails."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**options)
        for path in schema["paths"].values():
            for operation in path.values():
                operation["responses"]["default"] = PROBLEM
        return schema


api = Api(
    title="Sextant",
    version=__version__,
    description="Targets, proof, and what they say about each gate. Errors are problem bodies (RFC 9457).",
    urls_namespace="api",
    auth=[embedded, Bearer(), Session()],
    docs_url=None,
    openapi_url="/openapi.json",
    parser=Body(),
    renderer=Answer(),
)


@api.exception_handler(SextantError)
def _ours(request: HttpRequest, error: SextantError) -> HttpResponse:
    return problem(error)


@api.exception_handler(DataError)
@api.exception_handler(IntegrityError)
@api.exception_handler(OperationalError)
def _database(request: HttpRequest, error: DataError | IntegrityError | OperationalError) -> HttpResponse:
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


@api.exception_handler(RequestDataTooBig)
def _too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    made = InvalidInput(
        "the body is too large",
        where="body",
        rule=f"at most {most / 1024 / 1024:,.3g} MB",
        todo="send it in parts",
    )
    made.status = 413
    return problem(made)


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    # What the parser said is the cause of what is raised here.
    if isinstance(error.__cause__, SextantError):
        return problem(error.__cause__)
    made = InvalidInput(str(error))
    made.status = error.status_code
    return problem(made)


@cache
def routers() -> NinjaAPI:
    """The API with every router mounted once."""
    from sextant_server.data.api import router as data
    from sextant_server.jobs.api import router as jobs
    from sextant_server.labeling.api import router as labeling
    from sextant_server.labeling.link_api import router as labeling_links
    from sextant_server.labeling.marking_api import router as labeling_marks
    from sextant_server.lifecycle.api import router as lifecycle
    from sextant_server.model.api import router as model
    from sextant_server.people.api import router as people
    from sextant_server.problem.api import router as problem_router
    from sextant_server.problem.decide_api import router as deciding
    from sextant_server.projects.api import router as projects
    from sextant_server.records.api import router as records
    from sextant_server.weeks.api import router as weeks

    for router in (
        projects,
        problem_router,
        deciding,
        records,
        lifecycle,
        people,
        weeks,
        jobs,
        data,
        labeling,
        model,
        labeling_links,
        labeling_marks,
    ):
        api.add_router("", router)
    return api


Plain = dict[str, Any]
