"""The OpenAPI document: valid, told in plain words, and complete."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from openapi_spec_validator import validate

from sextant.reports import KINDS
from tests.server.asking import API, operations


@pytest.fixture(scope="module")
def schema() -> Any:
    return json.loads(Client().get(f"{API}/openapi.json").content)


def test_it_is_valid_and_needs_no_account(schema: Any) -> None:
    validate(schema)
    assert schema["openapi"].startswith("3.")


def test_every_operation_is_told_in_plain_words(schema: Any) -> None:
    for method, path in operations():
        operation = schema["paths"][path][method.lower()]
        assert len(operation["description"]) > 15 and operation["description"].rstrip()[-1] in ".)", (
            method,
            path,
        )
        assert operation["summary"]
        assert "_" not in operation["summary"] and "payload" not in operation["description"]


def test_every_operation_says_how_it_fails_and_who_may_ask(schema: Any) -> None:
    for method, path in operations():
        operation = schema["paths"][path][method.lower()]
        assert "application/problem+json" in operation["responses"]["default"]["content"], (method, path)
        assert {name for way in operation["security"] for name in way} == {"Bearer", "Session"}


def test_every_body_has_its_schema(schema: Any) -> None:
    for method, path in operations():
        operation = schema["paths"][path][method.lower()]
        if "requestBody" not in operation:
            continue
        body = operation["requestBody"]["content"]["application/json"]["schema"]
        body = body.get("items", body) if body.get("type") == "array" else body
        assert "$ref" in body or "anyOf" in body, (method, path, body)
        if "$ref" in body:
            named = schema["components"]["schemas"][body["$ref"].rpartition("/")[2]]
            assert named["additionalProperties"] is False, (method, path)


def test_evidence_shows_every_kind(schema: Any) -> None:
    body = schema["paths"][f"{API}/projects/{{slug}}/evidence"]["post"]["requestBody"]
    one, many = body["content"]["application/json"]["schema"]["anyOf"]
    assert set(one["discriminator"]["mapping"]) == set(KINDS)
    assert set(many["items"]["discriminator"]["mapping"]) == set(KINDS)
    for ref in one["discriminator"]["mapping"].values():
        assert "kind" in schema["components"]["schemas"][ref.rpartition("/")[2]]["properties"]
