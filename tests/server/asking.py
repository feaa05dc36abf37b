"""Asking the API as a program does, and what every refusal of it must look like."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoDbBlocker

from sextant_server.api import routers
from sextant_server.records.models import Head
from tests.server.world import ACCURACY, DATA_VERSION, RUN, World, make_world, share

API = "/api/v1"
ONE = f"{API}/projects/{{slug}}"
LINK = f"{ONE}/labeling/{{round}}/links/{{tool}}"
EVIDENCE = share(900).plain()
CRITERION = {**ACCURACY.plain(), "threshold": 0.9}


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """One world for all tests of a file: each takes back what it wrote."""
    with django_db_blocker.unblock():
        yield make_world()
        call_command("flush", interactive=False, verbosity=0)


def soon() -> str:
    return (datetime.now(UTC).date() + timedelta(days=5)).isoformat()


#: A model that is live, with the number that is watched.
LIVE_PROJECT: dict[str, Any] = {
    "slug": "live", "name": "Live", "model": "reader@v3", "metric": "Forms read right", "unit": "share", "threshold": 0.9,
    "source": "the board", "watched_by": "PM", "direction": "at_least", "family": "ml", "value": 0.93,
    "since": "2026-01-05", "start": "maintenance", "rigor": "light", "summary": "s", "currency": "EUR",
}  # fmt: skip

#: A body that each operation which takes one accepts, and the status that it answers.
GOOD: dict[tuple[str, str], tuple[int, Any]] = {
    ("POST", f"{API}/projects"): (
        201, {"slug": "further", "name": "Further", "summary": "s", "rigor": "light", "budget": 1.5, "start": "2026-01-05"}
    ),
    ("POST", f"{API}/live-projects"): (201, LIVE_PROJECT),
    ("PUT", f"{API}/opportunities"): (
        200, [{"key": "", "title": "Read forms", "problem": "Clerks retype 600 forms a day.", "value": 5, "feasibility": 3,
               "data": None, "risk": 2, "lead": "PM", "note": "n", "seen": ""}],
    ),
    ("PUT", f"{API}/opportunities-weights"): (200, {"value": 40, "feasibility": 25.5, "data": 20, "risk": 0}),
    ("POST", f"{API}/opportunities/{{key}}/project"): (201, {"slug": "further", "name": "Further", "rigor": "light"}),
    ("PATCH", ONE): (
        200, {"name": "Forms", "summary": "Reads.", "blocker_days": 3, "candidate": "reader@m1", "budget": None,
              "exposed_at": "2026-05-01T00:00:00Z"},
    ),
    ("PUT", f"{ONE}/members"): (200, {"username": "stranger", "role": "reader"}),
    ("POST", f"{ONE}/tokens"): (201, {"name": "ci", "scopes": ["evidence"], "days": 30}),
    ("POST", f"{ONE}/webhooks"): (201, {"url": "https://example.com/x"}),
    ("POST", f"{ONE}/sync"): (
        200, {"criteria": [CRITERION], "retire": [], "settings": {"name": "F"}, "base": {"a": "b"}, "expected": {}}
    ),
    ("PUT", f"{ONE}/criteria"): (200, [CRITERION]),
    ("POST", f"{ONE}/evidence"): (201, EVIDENCE),
    ("PUT", f"{ONE}/documents/{{kind}}/{{key}}"): (200, {"body": {"role": "clerk"}, "expected_version": 1}),
    ("PUT", f"{ONE}/subjects/{{kind}}/{{name}}"): (
        200, {"version": "m2", "phase": "model", "depends": ["dataset:train@v1"], "note": "n"}
    ),
    ("POST", f"{ONE}/signatures"): (201, {"subject": "goals", "digest": "", "role": "PM"}),
    ("POST", f"{ONE}/gates/{{phase}}/decisions"): (201, {"outcome": "hold", "note": "n", "waivers": []}),
    ("POST", f"{ONE}/waivers"): (201, {"target": "1c", "reason": "it may wait", "until": soon()}),
    ("POST", f"{ONE}/not-applicable"): (201, {"target": "4d:jailbreak", "reason": "it reads digits"}),
    ("POST", f"{ONE}/exemptions/{{target}}/outcome"): (201, {"turned_out": "well", "outcome": "nothing broke"}),
    ("POST", f"{ONE}/reminders"): (409, {"key": "next:problem"}),
    ("POST", f"{ONE}/sign-links"): (
        201, {"subject": "goals", "stakeholder": "mira", "email": "mira@example.org", "days": 7}
    ),
    ("POST", f"{ONE}/hand-overs"): (
        201, {"who": "mira", "to": "owner", "targets": True, "leaves": True, "erase": True}
    ),
    ("POST", f"{ONE}/comments"): (201, {"about": "criterion:accuracy", "text": "@mira, look.", "by": "Ada"}),
    ("PUT", f"{ONE}/comments/{{comment}}/resolution"): (200, {"resolved": True, "by": "Ada"}),
    ("POST", f"{ONE}/reviews"): (201, {"about": "goals", "who": "mira", "due": soon(), "by": "Ada"}),
    ("PUT", f"{ONE}/reviews/{{review}}/answer"): (200, {"state": "done", "by": "Ada"}),
    ("POST", f"{ONE}/phases/{{phase}}/iterations"): (201, {"reason": "faded ink", "subjects": ["model:reader"]}),
    ("PUT", f"{ONE}/risks"): (
        200, [{"key": "r", "phase": "data", "text": "Scanners change", "likelihood": 2, "impact": 4, "owner": "PM",
               "mitigation": "test them", "review_on": "2026-12-01", "status": "open"}],
    ),
    ("PUT", f"{ONE}/timeline"): (200, [{"phase": "data", "planned_start": "2026-01-01", "planned_cost": 100}]),
    ("PUT", f"{ONE}/datasets/{{dataset}}/versions/{{number}}"): (200, DATA_VERSION),
    ("PUT", f"{ONE}/datasets/{{dataset}}/days/{{day}}"): (200, {"profile": DATA_VERSION["profile"]}),
    # `accuracy` is measured, and takes no declared number.
    ("POST", f"{ONE}/numbers/{{key}}"): (422, {"source": "a board", "rows": [{"day": "2026-01-01", "value": 1.5}]}),
    ("POST", f"{ONE}/numbers/{{key}}/sql"): (404, {"source": "sales", "sql": "SELECT 1, 2", "again": "daily"}),
    ("PATCH", f"{ONE}/numbers/{{key}}/sql"): (404, {"again": "weekly"}),
    ("PUT", f"{ONE}/guidelines/{{guideline}}"): (
        200, {"body": {"task": "Is it spam?", "values": [{"value": "spam"}, {"value": "ham"}]}, "expected_version": 1}
    ),
    ("PUT", f"{ONE}/labeling/{{round}}"): (
        200, {"guideline": "spam", "name": "First round", "purpose": "labels", "labelers": 3, "most": 5, "settled": 0.7,
              "gold_share": 0.1, "gold_bar": 0.7, "gold_least": 10, "paid_by": "label", "rate": 0.1, "budget": 20.5,
              "lease_minutes": 10},
    ),
    ("POST", f"{ONE}/labeling/{{round}}/items"): (
        409, {"rows": [{"id": "n1", "text": "Buy now"}], "kind": "text", "show": ["text"], "other": "", "context": "",
              "key": "id", "gold": "", "source": "mail"},
    ),
    ("POST", f"{ONE}/labeling/{{round}}/state"): (200, {"state": "paused"}),
    ("POST", f"{ONE}/labeling/{{round}}/labelers"): (201, {"name": "Ann", "email": "ann@example.org"}),
    ("PUT", f"{ONE}/labeling/{{round}}/labelers/{{labeler}}/state"): (200, {"state": "paused", "deal_again": False}),
    ("PUT", f"{ONE}/labeling/{{round}}/rules"): (
        200, {"rules": [{"name": "sells", "label": "spam", "column": "text", "words": ["message"]}]},
    ),
    ("POST", f"{ONE}/labeling/{{round}}/prelabels"): (
        201, {"rows": [{"key": "m1", "label": "spam", "chances": {"spam": 0.9, "ham": 0.1}}], "show": "random"},
    ),
    ("PUT", f"{LINK}"): (200, {"address": "http://studio.example", "number": 7, "guideline": 1}),
    ("POST", f"{LINK}/tasks"): (201, {"tasks": {"m1": 1}, "gone": [5]}),
    ("POST", f"{LINK}/annotations"): (
        201,
        {
            "annotations": [
                {"number": 1, "task": 1, "item": "m1", "who": 3, "answer": {"value": "spam"}, "note": "clear", "seconds": 2.5,
                 "truth": False, "cancelled": False, "at": "2026-06-01T12:00:00Z", "fault": ""},
            ],
            "people": [{"number": 3, "email": "ann@example.org", "name": "Ann"}], "deleted": [9],
        },
    ),
    ("POST", f"{ONE}/labeling/{{round}}/rulings"): (201, {"item": "m1", "answer": {"value": "spam"}, "why": "it sells"}),
    ("PUT", f"{ONE}/runs"): (
        200, {"kind": "mlflow", "place": "http://mlflow", "experiment": "1", "experiment_name": "readers", "cursor": "17",
              "runs": [RUN]},
    ),
    ("PATCH", f"{ONE}/runs/{{run_id}}"): (200, {"model": "reader@m7"}),
    ("POST", f"{ONE}/trackers/finished"): (
        200, {"kind": "mlflow", "place": "http://mlflow", "fault": "",
              "registered": [{"name": "Reader", "version": "3", "run": "r1", "aliases": ["champion"], "tags": {"a": "b"},
                              "created_at": "2026-06-01T00:00:00Z"}]},
    ),
    ("POST", f"{ONE}/jobs"): (202, {"kind": "audit.verify", "arguments": {}, "key": "k"}),
}  # fmt: skip


def operations() -> list[tuple[str, str]]:
    """Every operation that the schema names, as (method, path)."""
    paths = routers().get_openapi_schema()["paths"]
    return sorted((method.upper(), path) for path, methods in paths.items() for method in methods)


def body_of(world: World, operation: tuple[str, str]) -> Any:
    """The good body, with the digest that can be signed now."""
    body = GOOD[operation][1] if operation in GOOD else None
    if operation[1].endswith("/signatures"):
        from sextant_server.records.queries import signable

        return {**body, "digest": signable(world.project)["goals"]}
    return body


def places(world: World, path: str) -> dict[str, Any]:
    """What stands in an operation's path."""
    named = {"documents": ("interview", "clerk"), "subjects": ("model", ""), "opportunities": ("", "letters")}
    kind, key = next((v for k, v in named.items() if f"/{k}/" in path), ("", "accuracy"))
    return {
        "slug": "forms", "key": key, "kind": kind, "name": "reader", "digest": world.evidence, "phase": "problem",
        "target": "1d", "username": "leaver", "token_id": world.token.pk, "webhook_id": world.webhook.pk,
        "job_id": world.job.pk, "dataset": "train", "number": 1, "day": "2026-06-01",
        "guideline": "spam", "round": "first", "labeler": 1, "tool": "label_studio",
        "comment": world.comment, "review": world.review, "link_id": world.link,
        "run_id": world.run, "tracker_id": world.tracker,
    }  # fmt: skip


def address(world: World, path: str, **other: Any) -> str:
    return path.format(**{**places(world, path), **other})


def send(
    client: Client, method: str, url: str, body: Any = None, *, raw: bytes | None = None
) -> HttpResponse:
    """One request with a JSON body, or with exactly these bytes."""
    data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
    found: HttpResponse = client.generic(method, url, data, content_type="application/json")
    return found


def problem(response: HttpResponse, *statuses: int) -> str:
    """That the answer is a problem body (RFC 9457) with one of these statuses (any 4xx if none is given); its
    `detail`, in small letters."""
    said = response.content.decode()
    assert 400 <= response.status_code < 500, (response.status_code, said)
    assert not statuses or response.status_code in statuses, (response.status_code, said)
    assert response["Content-Type"] == "application/problem+json", said
    body = json.loads(said)
    assert body["status"] == response.status_code
    assert body["type"].startswith("urn:sextant:") and body["title"] and body["what"]
    for part in ("what", "where", "rule", "todo"):
        assert body.get(part, "").lower() in body["detail"].lower()
    assert len(body["detail"]) < 5000, "nobody reads as much"
    return str(body["detail"]).lower()


def strict(text: str) -> Any:
    """JSON as other languages read it: they know no NaN."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


READ_AGAIN = (
    "criteria", "evidence", "documents", "subjects", "signable", "verdicts", "gates", "timeline", "risks", "reruns",
    "failure-modes", "plan", "decisions", "exemptions", "datasets", "jobs", "labeling", "sign-links", "comments", "reviews",
    "log/faults", "head", "phases/data/would-go-stale", "runs", "trackers", "registered", "options",
)  # fmt: skip


def still_reads(client: Client, slug: str = "forms") -> None:
    """Whatever was stored, everything can be read afterwards."""
    # Only the project of the tests has a dataset.
    for what in (*READ_AGAIN, *(["datasets/train"] if slug == "forms" else [])):
        response = send(client, "GET", f"{API}/projects/{slug}/{what}")
        assert response.status_code == 200, (what, response.content[:500])
        strict(response.content.decode())


def ends() -> dict[int, tuple[int, str]]:
    """Where each project's log ends."""
    return {h.project_id: (h.sequence, h.digest) for h in Head.objects.all()}
