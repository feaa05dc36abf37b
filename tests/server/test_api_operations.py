"""Every operation of the API: what it answers to what is right, wrong, unknown and in conflict."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from tests.server.asking import (
    API,
    CRITERION,
    EVIDENCE,
    GOOD,
    ONE,
    address,
    body_of,
    ends,
    operations,
    problem,
    send,
    still_reads,
    strict,
    world,
)
from tests.server.world import LINEAGE, World, client, share

pytestmark = pytest.mark.django_db
__all__ = ["world"]

#: What operations without a body answer.
OTHER = {"GET": 200, "DELETE": 204, "POST": 201}
STATUS = {
    ("DELETE", f"{ONE}/documents/{{kind}}/{{key}}/versions"): 200,
    ("DELETE", f"{ONE}/exemptions/{{target}}"): 200,
    ("DELETE", f"{ONE}/jobs/{{job_id}}"): 200,
    # The proof that is asked for has no file.
    ("GET", f"{ONE}/attachments/{{digest}}"): 404,
    ("DELETE", f"{ONE}/attachments/{{digest}}"): 404,
    # Nobody has labeled yet.
    ("POST", f"{ONE}/labeling/{{round}}/proof"): 409,
    # The round has no rules and no model's answers.
    ("GET", f"{ONE}/labeling/{{round}}/rules/results"): 409,
    ("POST", f"{ONE}/labeling/{{round}}/rules/labels"): 422,
    ("POST", f"{ONE}/labeling/{{round}}/order"): 409,
    # No version is named as the one to ship.
    ("GET", f"{ONE}/card"): 409,
    # No query is kept for the target that is asked for.
    ("GET", f"{ONE}/numbers/{{key}}/sql"): 404,
}
#: A part of each path that names nothing, and a word of what there is instead.
UNKNOWN = {
    "slug": ("nowhere", "list of your projects"), "key": ("nothing", "accuracy"), "digest": ("f" * 64, "no evidence"),
    "kind": ("novel", "kinds are"), "phase": ("retirement", "phases are problem, data"), "target": ("9z", "in force: 1d"),
    "username": ("nobody", "list of its members"), "token_id": (999, "list of its tokens"),
    "dataset": ("nothing", "there is train"), "number": (999, "list of its versions"),
    "comment": ("nothing", "look at its page"), "review": ("nothing", "look at its page"),
    "link_id": (999, "who was asked"),
    "day": ("2026-06-09", "look at the days"),
    "guideline": ("nothing", "list of guidelines"), "round": ("nothing", "list of rounds"),
    "labeler": (999, "list of its labelers"),
    "run_id": (999, "list of runs"), "tracker_id": (999, "list of trackers"),
    "webhook_id": (999, "list of its webhooks"), "job_id": (999, "list of its jobs"),
}  # fmt: skip
WITH_BODY = sorted(GOOD)
OPERATIONS = operations()


@pytest.fixture(autouse=True)
def _a_folder(settings: Settings, tmp_path: Any) -> None:
    settings.PROJECT_FOLDER = str(tmp_path)


@pytest.fixture
def owner(world: World) -> Client:
    return client(world.people["owner"])


def name(operation: tuple[str, str]) -> str:
    return f"{operation[0]} {operation[1].removeprefix(API)}"


@pytest.mark.parametrize("operation", OPERATIONS, ids=name)
def test_what_is_right_is_answered(world: World, owner: Client, operation: tuple[str, str]) -> None:
    method, path = operation
    if path.endswith("/approval"):
        owner = client(world.people["reviewer"])
    body = body_of(world, operation)
    if path.endswith("/lineage"):
        # Its body is of a standard of its own (see test_data.py), and its project that of the token.
        body, owner = LINEAGE, Client(headers={"Authorization": f"Bearer {world.tokens['evidence']}"})
    response = send(owner, method, address(world, path), body)
    status = GOOD[operation][0] if operation in GOOD else STATUS.get(operation, OTHER[method])
    said = b"".join(response) if response.streaming else response.content
    assert response.status_code == status, said
    if said and not path.endswith("/log"):
        strict(said.decode())
    if method != "GET":
        still_reads(owner)


def test_every_operation_with_a_body_is_in_the_table() -> None:
    from sextant_server.api import routers

    paths = routers().get_openapi_schema()["paths"]
    taking = {
        (m.upper(), p) for p, methods in paths.items() for m, o in methods.items() if "requestBody" in o
    }
    assert taking == set(GOOD)


def variants(body: Any) -> Iterator[tuple[str, Any]]:
    """The body with one field after the other of a wrong type, and the field's name."""
    inside = body[0] if isinstance(body, list) else body
    for field, value in inside.items():
        changed = {**inside, field: ["wrong"] if isinstance(value, dict) else {"wrong": 1}}
        yield field, [changed] if isinstance(body, list) else changed


@pytest.mark.parametrize("operation", WITH_BODY, ids=name)
def test_wrong_types_and_unknown_keys_are_refused_by_name(
    world: World, owner: Client, operation: tuple[str, str]
) -> None:
    method, path = operation
    url, body, before = address(world, path), body_of(world, operation), ends()
    for field, changed in variants(body):
        assert field in problem(send(owner, method, url, changed), 422), field
    surplus = deepcopy(body)
    (surplus[0] if isinstance(surplus, list) else surplus)["surplus"] = 1
    assert "surplus" in problem(send(owner, method, url, surplus), 422)
    for whole in (7, "text", None, [7], [[]], {"a": {}}):
        problem(send(owner, method, url, raw=json.dumps(whole).encode()), 422)
    for broken in (b"{", b"\xff\xfe", b"[1,]", b"{'a': 1}", b'"\xed\xa0\x80"', "{}".encode("utf-16")):
        assert "no json" in problem(send(owner, method, url, raw=broken), 400)
    assert "twice" in problem(send(owner, method, url, raw=b'{"a": 1, "a": 2}'), 422)
    problem(send(owner, method, url, raw=b""), 422)
    assert ends() == before


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if "{" in o[1]], ids=name)
def test_what_is_not_there_is_404_and_says_what_is(
    world: World, owner: Client, operation: tuple[str, str]
) -> None:
    method, path = operation
    before = ends()
    for part, (missing, words) in UNKNOWN.items():
        if f"{{{part}}}" not in path or (method, part) in (
            ("PUT", "key"),
            ("PUT", "dataset"),
            ("PUT", "day"),
            ("PUT", "number"),
            ("PUT", "guideline"),
        ):
            continue
        if part == "kind" and "/subjects/" in path:
            continue
        if part == "round" and (method, path) == ("PUT", f"{ONE}/labeling/{{round}}"):
            continue
        if part == "key" and "/documents/" in path:
            words = "clerk"
        if part == "key" and "/opportunities/" in path:
            words = "letters"
        url = address(world, path, **{part: missing})
        detail = problem(send(owner, method, url, body_of(world, operation)), 404)
        assert words.lower() in detail, (url, detail)
    assert ends() == before


def test_what_is_not_an_operation_is_a_problem_too(owner: Client) -> None:
    problem(send(owner, "GET", f"{API}/nothing"), 404)
    refused = send(owner, "DELETE", f"{API}/projects/forms/gates")
    assert "use get" in problem(refused, 405) and refused["Allow"] == "GET"
    problem(send(owner, "GET", f"{API}/projects/forms/jobs/first"), 422)
    problem(
        send(owner, "GET", f"{API}/me", raw=b"").client.get(f"{API}/me", headers={"host": "elsewhere"}), 400
    )


@pytest.mark.parametrize(
    ("method", "path", "body", "words"),
    [
        ("POST", "projects", {"slug": "forms", "name": "Again"}, "there is a project 'forms' already"),
        ("PUT", "projects/forms/documents/interview/clerk", {"body": {"role": "c"}, "expected_version": 7}, "you had 7"),
        ("PUT", "projects/forms/documents/interview/new", {"body": {"role": "c"}, "expected_version": 1}, "version 0"),
        ("POST", "projects/forms/signatures", {"subject": "goals", "digest": "0" * 64, "role": "PM"}, "changed since"),
        ("POST", "projects/forms/gates/problem/decisions", {"outcome": "pass"}, "block"),
        ("POST", "projects/forms/sync", {"base": {}, "expected": {"accuracy": "1"}}, "meanwhile"),
        ("PUT", "projects/forms/members", {"username": "owner", "role": "reader"}, "only owner"),
        ("DELETE", "projects/forms/members/owner", None, "only owner"),
    ],
)  # fmt: skip
def test_conflicts(owner: Client, method: str, path: str, body: Any, words: str) -> None:
    before = ends()
    assert words.lower() in problem(send(owner, method, f"{API}/{path}", body), 409)
    assert ends() == before


def test_an_ended_job_cannot_be_stopped_and_a_key_means_one_job(world: World, owner: Client) -> None:
    url = f"{API}/projects/forms/jobs"
    assert send(owner, "DELETE", f"{url}/{world.job.pk}").status_code == 200
    problem(send(owner, "DELETE", f"{url}/{world.job.pk}"), 409)
    first = send(owner, "POST", url, {"kind": "audit.verify", "key": "k"}).json()
    assert send(owner, "POST", url, {"kind": "audit.verify", "key": "k"}).json() == first
    problem(send(owner, "POST", url, {"kind": "checks.run", "key": "k"}), 409)
    assert "audit.verify" in problem(send(owner, "POST", url, {"kind": "webhook.deliver"}), 404)
    assert "key" in problem(send(owner, "POST", url, {"kind": "audit.verify", "key": "k" * 300}), 422)


def test_evidence_once_all_or_none_at_most_a_thousand(world: World, owner: Client) -> None:
    url = f"{API}/projects/forms/evidence"
    one = share(900).plain()
    first = send(owner, "POST", url, one)
    again = send(owner, "POST", url, [one, one])
    assert (first.status_code, again.status_code) == (201, 200)
    assert [a["digest"] for a in again.json()] == [first.json()["digest"]] * 2
    assert not any(a["stored"] for a in again.json())
    before = ends()
    fresh = [share(n).plain() for n in range(1, 4)]
    for wrong, words in (
        ({**fresh[2], "criterion": "recall"}, "evidence 3 of 3"),
        ({**fresh[2], "value": 0.5}, "does not hold its value"),
        ({**fresh[2], "kind": "guess"}, "kinds are proportion, mean"),
        ({**fresh[2], "estimand": "asked ada@example.com"}, "e-mail"),
        ({**fresh[2], "schema_version": 2}, "upgrade"),
        ({k: v for k, v in fresh[2].items() if k != "unit"}, "unit"),
    ):
        assert words.lower() in problem(send(owner, "POST", url, [*fresh[:2], wrong]), 422)
    assert "at most 1000" in problem(send(owner, "POST", url, [EVIDENCE] * 1001), 422)
    assert ends() == before


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("waivers", {"target": "1c", "reason": " ", "until": "2026-12-01"}, "needs a reason"),
        ("waivers", {"target": "1c", "reason": "r", "until": "2020-01-01"}, "between today and"),
        ("not-applicable", {"target": "1c", "reason": ""}, "needs a reason"),
        ("phases/data/iterations", {"reason": ""}, "needs a reason"),
        ("gates/problem/decisions", {"outcome": "ship"}, "outcome"),
        ("webhooks", {"url": "ftp://example.com"}, "no web address"),
        ("webhooks", {"url": "https://example.com/" + "x" * 500}, "500"),
        ("webhooks", {"url": "https://example.com/a b"}, "no web address"),
        ("tokens", {"name": "", "scopes": ["read"]}, "needs a name"),
        ("tokens", {"name": "t", "scopes": []}, "scope"),
        ("tokens", {"name": "t", "scopes": ["own"]}, "own"),
        ("tokens", {"name": "t", "scopes": ["read"], "days": 10**9}, "days"),
        ("tokens", {"name": "t", "scopes": ["read"], "days": 0}, "days"),
        ("signatures", {"subject": "goals", "digest": "0", "role": ""}, "role"),
        ("signatures", {"subject": "goals", "digest": "0", "role": "x" * 81}, "role"),
        ("sync", {"base": {}, "expected": {}, "settings": {"project": "x"}}, "project"),
        ("sync", {"base": {}, "expected": {}, "settings": {"currency": "euro"}}, "currency"),
    ],
)  # fmt: skip
def test_what_breaks_a_rule(owner: Client, path: str, body: Any, words: str) -> None:
    before = ends()
    assert words.lower() in problem(send(owner, "POST", f"{API}/projects/forms/{path}", body), 422)
    assert ends() == before


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("documents/five_ws/first", {"body": {}}, "leave the key out"),
        ("documents/interview/-", {"body": {"role": "c"}}, "needs a key"),
        ("documents/interview/Ada%20L", {"body": {"role": "c"}}, "no key"),
        ("documents/interview/clerk", {"body": {"role": "x" * 200_000}}, "role"),
        ("documents/interview/clerk", {"body": {"held_on": "0001-01-01"}}, "1900"),
        ("subjects/Model/reader", {"version": "m1"}, "its kind is not right"),
        ("subjects/model/a@b", {"version": "m1"}, "its name is not right"),
        ("subjects/model/reader", {"version": "x" * 129}, "its version is not right"),
        ("subjects/model/reader", {"version": "m1", "phase": "launch"}, "no phase"),
        ("subjects/model/reader", {"version": "m1", "depends": ["train"]}, "names no version"),
        ("criteria", [CRITERION, CRITERION], "given twice"),
        ("criteria", [{**CRITERION, "leading": "nothing"}], "leading indicator"),
        ("criteria", [{**CRITERION, "unit": ""}], "unit"),
        ("criteria", [{**CRITERION, "max_age_days": 1e300}], "max_age_days"),
        ("criteria", [{**CRITERION, "due": "9999-12-31"}], "between 1900 and 2200"),
        ("criteria", [{**CRITERION, "threshold": "NaN"}], "finite"),
        ("risks", [{"text": ""}], "row 1"),
        ("risks", [{"text": "a"}, {"text": "b", "impact": 9}], "row 2, impact"),
        ("risks", [{"text": "a", "owner": "x" * 201}], "owner"),
        ("risks", [{"key": "a", "text": "a"}, {"key": "a", "text": "b"}], "stands twice"),
        ("risks", [{"text": "a", "review_on": "9999-01-01"}], "1900 to 2200"),
        ("timeline", [{"phase": "launch"}], "no phase"),
        ("timeline", [{"phase": "data", "planned_start": "2026-02-02", "planned_end": "2026-02-01"}], "before it starts"),
        ("timeline", [{"phase": "data", "planned_cost": -1}], "zero or more"),
        ("members", {"username": "nobody", "role": "reader"}, "no account"),
    ],
)  # fmt: skip
def test_what_breaks_a_rule_when_it_is_put(owner: Client, path: str, body: Any, words: str) -> None:
    before = ends()
    assert words.lower() in problem(send(owner, "PUT", f"{API}/projects/forms/{path}", body), 422)
    assert ends() == before


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"name": None}, "null"),
        ({"currency": None}, "null"),
        ({"blocker_days": None}, "null"),
        ({"blocker_days": -1}, "blocker_days"),
        ({"blocker_days": 10**12}, "blocker_days"),
        ({"budget": -1}, "zero or more"),
        ({"budget": "NaN"}, "zero or more"),
        ({"name": " "}, "1 to 200"),
        ({"name": "x" * 201}, "1 to 200"),
        ({"summary": "x" * 4001}, "4,000"),
        ({"rigor": "none"}, "light, standard, regulated"),
        ({"candidate": "reader"}, "names no version"),
        ({"candidate": "dataset:reader@m1"}, "names no version"),
        ({"exposed_at": "2026-01-01T00:00:00"}, "exposed_at"),
        ({"exposed_at": "0001-01-01T00:00:00+14:00"}, "exposed_at"),
    ],
)
def test_settings_that_cannot_be(owner: Client, body: Any, words: str) -> None:
    before = ends()
    assert words.lower() in problem(send(owner, "PATCH", f"{API}/projects/forms", body), 422)
    assert ends() == before


def test_a_waiver_may_last_as_long_as_the_rigor_allows(owner: Client) -> None:
    far = (datetime.now(UTC).date() + timedelta(days=400)).isoformat()
    body = {"target": "1c", "reason": "r", "until": far}
    assert "days from now" in problem(send(owner, "POST", f"{API}/projects/forms/waivers", body), 422)


@pytest.mark.parametrize(
    "query",
    ["evidence?limit=0", "evidence?limit=201", "evidence?before=1e3", f"evidence?before={10**30}", "criteria?retired=so",
     "verdicts?setting=moon", "documents/interview/clerk?version=0", f"documents/interview/clerk?version={10**30}",
     "log?after=-1", f"log?after={10**30}", "risks%00", "evidence?criterion=%00", "evidence/abc"],
)  # fmt: skip
def test_queries_that_cannot_be(owner: Client, query: str) -> None:
    problem(send(owner, "GET", f"{API}/projects/forms/{query}"), 400, 404, 422)


def test_pages_of_evidence_meet_every_record_once(world: World, owner: Client) -> None:
    url = f"{API}/projects/forms/evidence"
    send(owner, "POST", url, [share(n).plain() for n in range(1, 8)])
    seen, before = [], ""
    while True:
        page = send(owner, "GET", f"{url}?limit=3&criterion=accuracy{before}").json()
        seen += [item["sequence"] for item in page["items"]]
        if page["next"] is None:
            break
        before = f"&before={page['next']}"
    assert seen == sorted(set(seen), reverse=True) and len(seen) == 8
