"""Requests made up from the API's own schema, and spoiled: whatever comes, an answer or a problem body, no fault.

What is taken must be readable afterwards: a value that is stored and then breaks a page is worse than a refusal.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from sextant_server.api import routers
from tests.server.asking import address, body_of, operations, problem, send, still_reads, strict, world
from tests.server.world import World, client

pytestmark = pytest.mark.django_db
__all__ = ["world"]

SCHEMA = json.loads(json.dumps(routers().get_openapi_schema()))
TEXT = st.one_of(
    st.sampled_from(
        [
            "accuracy",
            "goals",
            "model:reader@m1",
            "dataset:train@v1",
            "problem",
            "data",
            "m1",
            "2026-02-01",
            "",
            "1d",
            "share",
        ]
    ),
    st.text(max_size=40),
)
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), TEXT,
    st.sampled_from([10**18, -(10**18), 1e308, -1e308, 5e-324, -0.0, "NaN", "Infinity", "-Infinity", [], {}, [[]], "x" * 5000]),
    st.dictionaries(TEXT, TEXT, max_size=2),
)  # fmt: skip
DAYS = st.dates().map(str)
MOMENTS = st.datetimes().map(lambda at: f"{at.isoformat()}Z")


def values(schema: dict[str, Any], depth: int = 0) -> st.SearchStrategy[Any]:
    """Values that the schema describes, or nearly: limits are not kept on purpose."""
    if "$ref" in schema:
        named = schema["$ref"].rpartition("/")[2]
        return st.deferred(lambda: values(SCHEMA["components"]["schemas"][named], depth + 1))
    if "const" in schema or "enum" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]])
    for union in ("anyOf", "oneOf", "allOf"):
        if union in schema:
            return st.one_of([values(one, depth) for one in schema[union]])
    kind = schema.get("type")
    if kind == "object":
        return _object(schema, depth)
    if kind == "array":
        inside = values(schema.get("items") or {}, depth + 1)
        return st.lists(inside, max_size=0 if depth > 6 else 3)
    if kind == "integer":
        low, high = schema.get("minimum", -2), schema.get("maximum", 2**63 - 1)
        return st.one_of(st.integers(low, max(low, min(high, 50))), st.integers(low, max(low, high)))
    if kind == "number":
        return st.one_of(
            st.floats(0, 1), st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 100)
        )
    if kind == "boolean":
        return st.booleans()
    if kind == "null":
        return st.none()
    if kind == "string":
        if schema.get("format") in ("date", "date-time"):
            return DAYS if schema["format"] == "date" else MOMENTS
        if "pattern" in schema:
            return st.one_of(
                st.sampled_from(["accuracy", "reader", "train"]),
                st.from_regex(schema["pattern"], fullmatch=True),
            )
        return TEXT
    return ODD


def _object(schema: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
    fields = schema.get("properties", {})
    if not fields:
        more = schema.get("additionalProperties")
        return st.dictionaries(TEXT, values(more, depth + 1) if isinstance(more, dict) else ODD, max_size=2)
    needed = {
        k: values(v, depth + 1) for k, v in fields.items() if k in schema.get("required", ()) or k == "kind"
    }
    rest = {k: values(v, depth + 1) for k, v in fields.items() if k not in needed}
    return st.fixed_dictionaries(needed, optional=rest)


def schema_of(operation: tuple[str, str]) -> dict[str, Any] | None:
    body = SCHEMA["paths"][operation[1]][operation[0].lower()].get("requestBody")
    return body["content"]["application/json"]["schema"] if body else None


def spoiled(draw: st.DrawFn, body: Any) -> Any:
    """The body with something odd in one place."""
    if isinstance(body, list) and body:
        place = draw(st.integers(0, len(body) - 1))
        return [*body[:place], spoiled(draw, body[place]), *body[place + 1 :]]
    if isinstance(body, dict) and body:
        key = draw(st.sampled_from(sorted(body)))
        return {**body, key: spoiled(draw, body[key]) if draw(st.booleans()) else draw(ODD)}
    return draw(ODD)


TAKING = [o for o in operations() if schema_of(o) is not None]
OF_SCHEMA = {o: values(schema_of(o) or {}) for o in TAKING}


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_no_request_is_a_fault_and_what_is_taken_can_be_read(world: World, data: st.DataObject) -> None:
    operation = data.draw(st.sampled_from(TAKING))
    if data.draw(st.booleans(), label="made up"):
        body = data.draw(OF_SCHEMA[operation])
    else:
        body = data.draw(st.composite(lambda draw: spoiled(draw, body_of(world, operation)))())
    owner: Client = client(world.people["owner"])
    with transaction.atomic():
        response = send(owner, operation[0], address(world, operation[1]), body)
        event(f"{response.status_code // 100}xx")
        if response.status_code < 300:
            strict(response.content.decode())
            still_reads(owner)
        else:
            problem(response)
        transaction.set_rollback(True)


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(operations()), st.data())
def test_no_address_or_query_is_a_fault(
    world: World, operation: tuple[str, str], data: st.DataObject
) -> None:
    from urllib.parse import quote, urlencode

    method, path = operation
    parts = {
        p["name"]: quote(str(data.draw(ODD)), safe="", errors="replace")
        for p in SCHEMA["paths"][path][method.lower()].get("parameters", [])
        if p["in"] == "path" and data.draw(st.booleans())
    }
    query = {
        p["name"]: str(data.draw(ODD))
        for p in SCHEMA["paths"][path][method.lower()].get("parameters", [])
        if p["in"] == "query"
    }
    asking: Client = client(world.people["owner"])
    with transaction.atomic():
        url = f"{address(world, path, **parts)}?{urlencode(query, errors='replace')}"
        response = send(asking, method, url, body_of(world, operation))
        if response.status_code >= 300:
            problem(response)
        transaction.set_rollback(True)
