"""Values that a database, a calendar or another program cannot hold: refused by the API on both databases, whole."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from tests.server.asking import (
    API,
    EVIDENCE,
    GOOD,
    address,
    body_of,
    ends,
    operations,
    problem,
    send,
    still_reads,
)
from tests.server.world import World, client, make_world, share

PLACES = 4
MARK = "a mark that stands for what is tried"
#: What is tried in every place of every body, as it stands in the JSON; and whether it may never be taken.
HOSTILE = {
    "NUL": (r'"a\u0000b"', True),
    "half a character": (r'"a\ud800b"', True),
    "1e400": ("1e400", True),
    "-1e400": ("-1e400", True),
    "NaN": ("NaN", True),
    "Infinity": ("-Infinity", True),
    "2**63": (str(2**63), True),
    "-2**63-1": (str(-(2**63) - 1), True),
    "many digits": ("9" * 5000, True),
    "deep": ("[" * 60 + "]" * 60, True),
    "deeper": ("[" * 100_000 + "]" * 100_000, True),
    "2**63-1": (str(2**63 - 1), False),
    "1e308": ("1e308", False),
    "-0.0": ("-0.0", False),
    "200 KB": (json.dumps("x" * 200_000), False),
    "5,000 characters": (json.dumps("x" * 5000), False),
    "300 characters": (json.dumps("é" * 300), False),
    "nothing": ('""', False),
    "right to left": (r'"\u202eb"', False),
    "a far day": ('"9999-12-31"', False),
    "the first day": ('"0001-01-01"', False),
    "the first moment": ('"0001-01-01T00:00:00+14:00"', False),
    "an empty key": ('{"": ""}', False),
}  # fmt: skip


@pytest.fixture
def world(both_databases: str) -> World:
    return make_world()


@pytest.fixture
def owner(world: World) -> Client:
    return client(world.people["owner"], raise_request_exception=True)


def with_marks(body: Any) -> Iterator[Any]:
    """The body with the mark in one place after the other; in place of a value, and as a further key."""
    if isinstance(body, dict):
        for key, value in body.items():
            for inner in with_marks(value):
                yield {**body, key: inner}
        yield {**body, MARK: 1}
    elif isinstance(body, list):
        for i, value in enumerate(body):
            for inner in with_marks(value):
                yield [*body[:i], inner, *body[i + 1 :]]
    yield MARK


def test_no_place_takes_what_cannot_be_kept(world: World, owner: Client) -> None:
    """Every hostile value, in every place of every body. Nothing that is refused leaves anything behind."""
    taken = set()
    for operation in GOOD:
        method, path = operation
        url = address(world, path)
        for place, marked in enumerate(with_marks(body_of(world, operation))):
            text = json.dumps(marked)
            for turn, (name, (hostile, never)) in enumerate(HOSTILE.items()):
                # What no body may hold is refused before any operation sees it: a place each is enough. Of the rest
                # each place tries another part, so that all are tried in many.
                if turn % PLACES != (place if never else place % PLACES):
                    continue
                as_key = f'"{MARK}": 1' in text
                if as_key and not hostile.startswith('"'):
                    continue
                before = ends()
                response = send(owner, method, url, raw=text.replace(f'"{MARK}"', hostile).encode())
                if response.status_code >= 400:
                    assert "database" not in problem(response), (name, text, response.content)
                    assert ends() == before, (name, text)
                else:
                    assert not never, (name, text, response.content)
                    taken.add(name)
    assert taken, "the table tries something that may be taken"
    still_reads(owner)
    still_reads(owner, send(owner, "GET", f"{API}/projects").json()[0]["slug"])


PATHS = [
    "%00",
    "a%00b",
    "x" * 5000,
    "é" * 100,
    "..",
    "%2e%2e%2f",
    "a b",
    "%ff%fe",
    "%ed%a0%80",
    "%25",
    "1e9",
    "-1",
    str(2**70),
]


def test_no_address_breaks_anything(world: World, owner: Client) -> None:
    before = ends()
    for turn, (method, path) in enumerate(operations()):
        for part in [p for p in ("slug", "key", "kind", "name", "digest", "phase", "target", "username", "token_id",
                                 "webhook_id", "job_id") if f"{{{p}}}" in path]:  # fmt: skip
            for tried in PATHS[turn % 3 :: 3]:
                if method == "PUT" and re.fullmatch("[a-z0-9][a-z0-9_-]{0,79}", tried):
                    continue  # a key like another
                response = send(
                    owner, method, address(world, path, **{part: tried}), body_of(world, (method, path))
                )
                problem(response, 400, 404, 405, 409, 422)
    assert ends() == before


def test_a_body_that_is_too_large(world: World, owner: Client, settings: Any) -> None:
    before = ends()
    assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE == 10 * 1024 * 1024
    large = b'"' + b"x" * (10 * 1024 * 1024) + b'"'
    for method, path in GOOD:
        if "members" in path or "criteria" in path or "evidence" in path:
            assert "at most 10 mb" in problem(send(owner, method, address(world, path), raw=large), 413)
    assert ends() == before


def test_a_record_that_is_too_long(world: World, owner: Client) -> None:
    before, url = ends(), f"{API}/projects/forms/evidence"
    long = {**EVIDENCE, "recipe": {"check": "c", "arguments": {"text": "x" * 1_000_000}}}
    detail = problem(send(owner, "POST", url, [share(1).plain(), long]), 422)
    assert "at most 1,000,000" in detail and "sums" in detail
    lines = {"body": {"problem": "p", "quality_indicators": ["x" * 4000] * 300}}
    kinds = send(owner, "GET", f"{API}/document-kinds").json()
    assert {k["kind"] for k in kinds} >= {"brief", "interview"}
    problem(send(owner, "PUT", f"{API}/projects/forms/documents/brief/-", lines), 422)
    assert ends() == before


def test_texts_come_back_as_they_were(world: World, owner: Client) -> None:
    """What looks odd but is text is kept: emoji, right-to-left marks, newlines, quotes, the last code point."""
    odd = "naïve \u202e 🙂 \U0010ffff \t\r\n\" ' \\ <b> ${x} %s {0} \ufeff\uffff"
    response = send(
        owner, "POST", f"{API}/projects/forms/waivers", {**body_of(world, WAIVER), "reason": f"a{odd}z"}
    )
    assert response.status_code == 201 and response.json()["reason"] == f"a{odd}z"
    listed = send(owner, "GET", f"{API}/projects/forms/exemptions").json()
    assert listed[0]["reason"] == f"a{odd}z"
    assert send(owner, "GET", f"{API}/projects/forms/log/faults").json() == []


WAIVER: Any = ("POST", f"{API}/projects/{{slug}}/waivers")


@pytest.mark.parametrize(
    "number", ["-0.0", "0.1", "1e308", "5e-324", "1e22", "9007199254740993", "123456789.123456789"]
)
def test_numbers_come_back_as_they_were(world: World, owner: Client, number: str) -> None:
    count: dict[str, Any] = {
        "kind": "count", "criterion": "accuracy", "unit": "share", "setting": "review", "estimand": "e",
        "at": "2026-01-01T00:00:00Z", "producer": {"name": "t"}, "value": MARK,
    }  # fmt: skip
    raw = json.dumps(count).replace(f'"{MARK}"', number).encode()
    digest = send(owner, "POST", f"{API}/projects/forms/evidence", raw=raw).json()["digest"]
    back = send(owner, "GET", f"{API}/projects/forms/evidence/{digest}").json()["evidence"]["value"]
    assert float(back) == float(number)


def test_undefined_numbers_are_answered_as_json(world: World, owner: Client) -> None:
    nothing = share(0, 0, note="no cases").plain()
    assert nothing["value"] == "NaN"
    assert send(owner, "POST", f"{API}/projects/forms/evidence", nothing).status_code == 201
    still_reads(owner)
