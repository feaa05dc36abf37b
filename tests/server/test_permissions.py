"""The permission table: every address of the site and every operation of the API, for everybody who may ask.

`ALLOWED` says in words who may do what; `PAGES` and `API` name for each address what one must be allowed to do,
and what comes of it. An address without a row fails, and so does a row without an address. Everybody else gets
what their distance asks for: who may see the project but not do this 403, who may not know of it 404, who is not
signed in the way to the sign-in page (401 in the API).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone
from pytest_django import Settings

from sextant_server.api import routers
from sextant_server.projects.models import Token
from tests.server.asking import LIVE_PROJECT
from tests.server.world import ACCURACY, DATA_VERSION, LINEAGE, RUN, World, client, make_world, share

pytestmark = pytest.mark.django_db

SEEING = {"owner", "editor", "reviewer", "reader", "admin"}
PEOPLE = SEEING | {"rater", "stranger"}
TOKENS = {"read", "evidence", "write"}

#: Who may do what, written out here and not read from the code.
ALLOWED: dict[str, set[str]] = {
    "anything": {*PEOPLE, *TOKENS, "foreign", "anonymous"},
    "be known": {*PEOPLE, *TOKENS, "foreign"},
    "be a person": PEOPLE,
    "be an admin": {"admin"},
    # Who is here to rate sees nothing else.
    "weigh opportunities": PEOPLE - {"rater"},
    "view": {*SEEING, *TOKENS},
    "sign": {"owner", "editor", "reviewer", "admin"},
    "rate": {"owner", "editor", "reviewer", "rater", "admin"},
    "comment": {"owner", "editor", "reviewer", "admin"},
    "decide": {"owner", "reviewer", "admin"},
    "evidence": {"owner", "editor", "admin", "evidence", "write"},
    "edit": {"owner", "editor", "admin", "write"},
    "manage": {"owner", "admin"},
    "go back": {"owner", "editor", "admin"},
    # Whoever has a link and its code signs: a program may not make one.
    "ask to sign": {"owner", "editor", "admin"},
    # The file of a project is synced by programs, settings and all; a person needs the right to manage.
    "send lineage": {"evidence", "write", "foreign"},
    "sync settings": {"owner", "admin", "write"},
}
EVERYBODY = ALLOWED["anything"]


@dataclass(frozen=True)
class Row:
    """An address and a method; what one must be allowed to do for it, and what then comes of it."""

    method: str
    name: str
    action: str
    status: int
    body: Any = None

    def __str__(self) -> str:
        return f"{self.method} {self.name} {self.status}"


PAGES = [
    Row("GET", "healthz", "anything", 200),
    Row("GET", "login", "anything", 200),
    Row("POST", "logout", "anything", 302),
    Row("GET", "styleguide", "anything", 404),
    Row("GET", "openapi-json", "anything", 200),
    Row("GET", "api-root", "anything", 404),
    Row("GET", "home", "be a person", 200),
    Row("GET", "new-project", "be a person", 200),
    Row("POST", "new-project", "be a person", 422),
    Row("GET", "new-from-text", "be a person", 200),
    Row("POST", "new-from-text", "be a person", 422),
    Row("GET", "new-live", "be a person", 200),
    Row("POST", "new-live", "be a person", 422),
    Row("GET", "new-example", "be a person", 200),
    Row("POST", "new-example", "be a person", 422),
    Row("GET", "opportunities", "weigh opportunities", 200),
    Row("POST", "opportunities", "weigh opportunities", 422),
    Row("GET", "open-opportunity", "weigh opportunities", 200),
    Row("POST", "open-opportunity", "weigh opportunities", 422),
    Row("GET", "password", "be a person", 200),
    Row("POST", "password", "be a person", 200),
    Row("GET", "accounts", "be an admin", 200),
    Row("POST", "accounts", "be an admin", 422),
    Row("GET", "project", "view", 200),
    Row("GET", "targets", "view", 200),
    Row("GET", "target", "view", 200),
    Row("GET", "new-target", "edit", 200),
    Row("POST", "new-target", "edit", 422),
    Row("GET", "edit-target", "edit", 200),
    Row("POST", "edit-target", "edit", 422),
    Row("GET", "retire-target", "edit", 200),
    Row("POST", "retire-target", "edit", 302),
    Row("GET", "enter-number", "evidence", 200),
    Row("POST", "enter-number", "evidence", 422),
    Row("GET", "proof", "view", 200),
    Row("GET", "datasets", "view", 200),
    Row("GET", "dataset", "view", 200),
    Row("GET", "data-version", "view", 200),
    Row("GET", "data-diff", "view", 200),
    Row("GET", "data-drift", "view", 200),
    Row("GET", "data-drift-cell", "view", 302),
    Row("GET", "dataset-quality", "view", 200),
    Row("GET", "finding", "edit", 404),
    Row("POST", "finding", "edit", 404),
    Row("GET", "evidence", "view", 200),
    Row("GET", "documents", "view", 302),
    Row("GET", "new-document", "edit", 200),
    Row("POST", "new-document", "edit", 302),
    Row("GET", "document", "view", 200),
    Row("POST", "document", "edit", 302, {"version": "1"}),
    Row("GET", "document-version", "view", 200),
    Row("POST", "withdraw-document", "edit", 302),
    Row("POST", "erase-document", "manage", 302),
    Row("GET", "brief", "view", 200),
    Row("POST", "brief", "edit", 302, {"version": "0"}),
    Row("GET", "compare-briefs", "view", 404),
    Row("GET", "talk", "view", 302),
    Row("POST", "talk", "comment", 302, {"about": "item:1a", "text": "Said."}),
    Row("GET", "people", "view", 200),
    Row("POST", "people", "manage", 422, {"do": "channel"}),
    Row("GET", "hand-over", "view", 302),
    Row("POST", "hand-over", "edit", 302, {"who": "mira", "to": "owner"}),
    Row("GET", "five-ws", "view", 200),
    Row("POST", "five-ws", "edit", 302, {"version": "1"}),
    Row("GET", "read-answer", "edit", 302),
    Row("POST", "read-answer", "edit", 200, {"what": "We need AI"}),
    Row("GET", "ask-opinion", "edit", 302),
    Row("POST", "ask-opinion", "edit", 200),
    Row("GET", "interviews", "view", 200),
    Row("POST", "interviews", "edit", 422),
    Row("GET", "forward-brief", "view", 200),
    Row("GET", "sign", "view", 200),
    Row("POST", "sign", "sign", 409),
    Row("GET", "ask-to-sign", "edit", 200),
    Row("POST", "ask-to-sign", "edit", 422),
    Row("GET", "changed-since", "view", 404),
    Row("POST", "changed-since", "view", 404),
    Row("GET", "guest-sign", "anything", 404),
    Row("POST", "guest-sign", "anything", 404),
    Row("GET", "log", "view", 200),
    Row("GET", "verify", "view", 302),
    Row("POST", "verify", "view", 302),
    Row("GET", "run", "evidence", 404),
    Row("POST", "run", "evidence", 302),
    Row("GET", "job", "view", 200),
    Row("GET", "plan", "view", 200),
    Row("GET", "card", "view", 409),
    Row("GET", "risks", "view", 200),
    Row("POST", "risks", "edit", 422),
    Row("GET", "timeline", "view", 200),
    Row("POST", "timeline", "edit", 422),
    Row("GET", "tree", "view", 200),
    Row("POST", "tree", "edit", 302),
    Row("GET", "roi", "view", 200),
    Row("POST", "roi", "edit", 302),
    Row("GET", "feasibility", "view", 200),
    Row("POST", "feasibility", "edit", 302),
    Row("GET", "target-sheet", "view", 200),
    Row("POST", "target-sheet", "edit", 422),
    Row("GET", "numbers", "view", 200),
    Row("GET", "target-numbers", "view", 200),
    Row("POST", "target-numbers", "evidence", 422),
    Row("GET", "attachment", "view", 404),
    Row("GET", "erase-attachment", "manage", 302),
    Row("POST", "erase-attachment", "manage", 404),
    Row("GET", "decisions", "view", 200),
    Row("GET", "decided", "view", 200),
    Row("GET", "phase", "view", 200),
    Row("GET", "decide", "decide", 302),
    Row("POST", "decide", "decide", 422),
    Row("GET", "exempt", "decide", 200),
    Row("POST", "exempt", "decide", 302),
    Row("GET", "back", "go back", 200),
    Row("POST", "back", "go back", 422),
    Row("GET", "start", "be a person", 302),
    Row("GET", "today", "be a person", 200),
    Row("GET", "rhythm", "be a person", 200),
    Row("POST", "rhythm", "be a person", 422),
    Row("GET", "digest", "be a person", 200),
    Row("GET", "digest-stop", "anything", 404),
    Row("GET", "portfolio", "be a person", 200),
    Row("GET", "remind", "comment", 302),
    Row("POST", "remind", "comment", 404),
    Row("GET", "waivers", "view", 200),
    Row("POST", "waivers", "decide", 422),
    Row("GET", "meeting", "view", 200),
    Row("POST", "meeting", "edit", 422),
    Row("GET", "present", "view", 200),
    Row("GET", "meeting-sheet", "view", 200),
    Row("GET", "guidelines", "view", 200),
    Row("GET", "new-guideline", "edit", 200),
    Row("POST", "new-guideline", "edit", 422),
    Row("GET", "guideline", "view", 200),
    Row("POST", "guideline", "edit", 422),
    Row("GET", "guideline-version", "view", 200),
    Row("GET", "labeling", "view", 200),
    Row("POST", "labeling", "edit", 422),
    Row("GET", "labeling-round", "view", 200),
    Row("POST", "labeling-round", "edit", 422, {"do": "invite"}),
    Row("GET", "labeling-results", "view", 200),
    Row("POST", "labeling-results", "evidence", 409),
    Row("GET", "labeling-machines", "view", 200),
    Row("POST", "labeling-machines", "edit", 422, {"do": "rule"}),
    Row("GET", "labeling-rulings", "view", 200),
    Row("POST", "labeling-rulings", "edit", 404, {"number": "9"}),
    Row("GET", "labeling-picture", "view", 404),
    Row("GET", "labeling-file", "view", 200),
    Row("GET", "my-labeling", "rate", 200),
    Row("GET", "label", "rate", 200),
    Row("POST", "label", "rate", 302),
    Row("GET", "label-picture", "rate", 404),
    Row("GET", "label-home", "be a person", 200),
    Row("GET", "guest-label", "anything", 404),
    Row("POST", "guest-label", "anything", 404),
    Row("GET", "guest-picture", "anything", 404),
    Row("GET", "runs", "view", 200),
    Row("GET", "training-run", "view", 200),
    Row("POST", "training-run", "evidence", 302, {"model": "reader@m7"}),
    Row("GET", "compare-runs", "view", 200),
    Row("GET", "run-measures", "view", 200),
    Row("POST", "run-measures", "edit", 422, {"version": "0"}),
    Row("GET", "options", "view", 200),
    Row("GET", "check-in", "view", 200),
    Row("POST", "check-in", "edit", 422),
    Row("GET", "settings", "manage", 200),
    Row("POST", "settings", "manage", 422, {"form": "project"}),
]

_SOON = (datetime.now(UTC).date() + timedelta(days=5)).isoformat()
_ONE = "/api/v1/projects/{slug}"
_ROUND = f"{_ONE}/labeling/{{round}}"
_LINK = f"{_ROUND}/links/{{tool}}"
_RULE = {"name": "sells", "label": "spam", "column": "text", "words": ["buy"]}
_ANNOTATION = {
    "number": 1, "task": 1, "item": "m1", "who": 3, "answer": {"value": "spam"}, "at": "2026-06-01T12:00:00Z",
}  # fmt: skip
_EVIDENCE = share(900).plain()
_CRITERION = {**ACCURACY.plain(), "threshold": 0.9}

API = [
    Row("GET", "/api/v1/me", "be known", 200),
    Row("GET", "/api/v1/document-kinds", "be known", 200),
    Row("GET", "/api/v1/projects", "be known", 200),
    Row("POST", "/api/v1/projects", "be a person", 201, {"slug": "further", "name": "Further"}),
    Row("POST", "/api/v1/live-projects", "be a person", 201, LIVE_PROJECT),
    Row("GET", "/api/v1/opportunities", "weigh opportunities", 200),
    Row("PUT", "/api/v1/opportunities", "weigh opportunities", 200, [{"title": "Read forms"}]),
    Row("DELETE", "/api/v1/opportunities/{key}", "weigh opportunities", 204),
    Row(
        "PUT",
        "/api/v1/opportunities-weights",
        "weigh opportunities",
        200,
        {"value": 1, "feasibility": 1, "data": 1, "risk": 0},
    ),
    Row(
        "POST",
        "/api/v1/opportunities/{key}/project",
        "weigh opportunities",
        201,
        {"slug": "further", "name": "Further"},
    ),
    Row("GET", _ONE, "view", 200),
    Row("PATCH", _ONE, "edit", 200, {"summary": "Reads forms."}),
    Row("PATCH", _ONE, "manage", 200, {"rigor": "light"}),
    Row("GET", f"{_ONE}/members", "view", 200),
    Row("PUT", f"{_ONE}/members", "manage", 200, {"username": "stranger", "role": "reader"}),
    Row("DELETE", f"{_ONE}/members/{{username}}", "manage", 204),
    Row("GET", f"{_ONE}/tokens", "manage", 200),
    Row("POST", f"{_ONE}/tokens", "manage", 201, {"name": "ci", "scopes": ["evidence"]}),
    Row("DELETE", f"{_ONE}/tokens/{{token_id}}", "manage", 204),
    Row("GET", f"{_ONE}/webhooks", "manage", 200),
    Row("POST", f"{_ONE}/webhooks", "manage", 201, {"url": "https://example.com/x"}),
    Row("DELETE", f"{_ONE}/webhooks/{{webhook_id}}", "manage", 204),
    Row("POST", f"{_ONE}/sync", "edit", 200, {"base": {}, "expected": {}}),
    Row(
        "POST", f"{_ONE}/sync", "sync settings", 200, {"base": {}, "expected": {}, "settings": {"name": "F"}}
    ),
    Row("GET", f"{_ONE}/criteria", "view", 200),
    Row("PUT", f"{_ONE}/criteria", "edit", 200, [_CRITERION]),
    Row("DELETE", f"{_ONE}/criteria/{{key}}", "edit", 204),
    Row("GET", f"{_ONE}/evidence", "view", 200),
    Row("POST", f"{_ONE}/evidence", "evidence", 201, _EVIDENCE),
    Row("GET", f"{_ONE}/evidence/{{digest}}", "view", 200),
    Row("GET", f"{_ONE}/documents", "view", 200),
    Row("GET", f"{_ONE}/documents/{{kind}}/{{key}}", "view", 200),
    Row("PUT", f"{_ONE}/documents/{{kind}}/{{key}}", "edit", 200, {"body": {"role": "clerk"}}),
    Row("DELETE", f"{_ONE}/documents/{{kind}}/{{key}}", "edit", 204),
    Row("DELETE", f"{_ONE}/documents/{{kind}}/{{key}}/versions", "manage", 200),
    Row("GET", f"{_ONE}/subjects", "view", 200),
    Row("PUT", f"{_ONE}/subjects/{{kind}}/{{name}}", "edit", 200, {"version": "m2"}),
    Row("GET", f"{_ONE}/signable", "view", 200),
    Row("POST", f"{_ONE}/signatures", "sign", 409, {"subject": "goals", "digest": "0" * 64, "role": "PM"}),
    Row("GET", f"{_ONE}/datasets", "view", 200),
    Row("GET", f"{_ONE}/datasets/{{dataset}}", "view", 200),
    Row("GET", f"{_ONE}/datasets/{{dataset}}/versions/{{number}}", "view", 200),
    Row("PUT", f"{_ONE}/datasets/{{dataset}}/versions/{{number}}", "evidence", 200, DATA_VERSION),
    Row("GET", f"{_ONE}/datasets/{{dataset}}/days", "view", 200),
    Row("GET", f"{_ONE}/datasets/{{dataset}}/days/{{day}}", "view", 200),
    Row(
        "PUT",
        f"{_ONE}/datasets/{{dataset}}/days/{{day}}",
        "evidence",
        200,
        {"profile": DATA_VERSION["profile"]},
    ),
    Row("POST", "/api/v1/lineage", "send lineage", 201, LINEAGE),
    Row("GET", f"{_ONE}/log", "view", 200),
    Row("GET", f"{_ONE}/head", "view", 200),
    Row("POST", f"{_ONE}/anchor", "edit", 201),
    Row("GET", f"{_ONE}/log/faults", "view", 200),
    Row("GET", f"{_ONE}/verdicts", "view", 200),
    Row("GET", f"{_ONE}/gates", "view", 200),
    Row("GET", f"{_ONE}/gates/{{phase}}", "view", 200),
    Row("POST", f"{_ONE}/gates/{{phase}}/decisions", "decide", 201, {"outcome": "hold"}),
    Row("GET", f"{_ONE}/decisions", "view", 200),
    Row("GET", f"{_ONE}/exemptions", "view", 200),
    Row("POST", f"{_ONE}/waivers", "decide", 201, {"target": "1c", "reason": "it may wait", "until": _SOON}),
    Row(
        "POST",
        f"{_ONE}/not-applicable",
        "decide",
        201,
        {"target": "4d:jailbreak", "reason": "it reads digits"},
    ),
    Row("POST", f"{_ONE}/exemptions/{{target}}/approval", "decide", 201),
    Row("DELETE", f"{_ONE}/exemptions/{{target}}", "decide", 200),
    Row("POST", f"{_ONE}/exemptions/{{target}}/outcome", "decide", 201, {"turned_out": "well"}),
    Row("GET", "/api/v1/today", "be known", 200),
    Row("GET", "/api/v1/digest", "be known", 200),
    Row("GET", "/api/v1/portfolio", "be known", 200),
    Row("GET", f"{_ONE}/standing", "view", 200),
    Row("GET", f"{_ONE}/meeting", "view", 200),
    Row("GET", f"{_ONE}/waiver-outcomes", "view", 200),
    Row("POST", f"{_ONE}/reminders", "comment", 409, {"key": "next:problem"}),
    Row("GET", f"{_ONE}/sign-links", "view", 200),
    Row("POST", f"{_ONE}/sign-links", "ask to sign", 201, {"subject": "goals", "stakeholder": "mira"}),
    Row("DELETE", f"{_ONE}/sign-links/{{link_id}}", "edit", 204),
    Row("POST", f"{_ONE}/hand-overs", "ask to sign", 201, {"who": "mira", "to": "owner"}),
    Row("POST", f"{_ONE}/hand-overs", "manage", 201, {"who": "mira", "leaves": True, "erase": True}),
    Row("GET", f"{_ONE}/comments", "view", 200),
    Row("POST", f"{_ONE}/comments", "comment", 201, {"about": "goals", "text": "Said."}),
    Row("PUT", f"{_ONE}/comments/{{comment}}/resolution", "comment", 200, {"resolved": True}),
    # Who may comment may erase their own; this one is the command line's, which an owner may erase.
    Row("DELETE", f"{_ONE}/comments/{{comment}}", "manage", 204),
    Row("GET", f"{_ONE}/reviews", "view", 200),
    Row("POST", f"{_ONE}/reviews", "comment", 201, {"about": "goals", "who": "mira", "due": _SOON}),
    Row("PUT", f"{_ONE}/reviews/{{review}}/answer", "manage", 200, {"state": "done"}),
    Row("POST", f"{_ONE}/phases/{{phase}}/iterations", "go back", 201, {"reason": "faded ink"}),
    Row("GET", f"{_ONE}/phases/{{phase}}/would-go-stale", "view", 200),
    Row("GET", f"{_ONE}/reruns", "view", 200),
    Row("GET", f"{_ONE}/risks", "view", 200),
    Row("PUT", f"{_ONE}/risks", "edit", 200, [{"text": "Scanners change"}]),
    Row("GET", f"{_ONE}/timeline", "view", 200),
    Row("PUT", f"{_ONE}/timeline", "edit", 200, [{"phase": "data", "planned_cost": 100}]),
    Row("GET", f"{_ONE}/plan", "view", 200),
    Row("GET", f"{_ONE}/card", "view", 409),
    Row("GET", f"{_ONE}/decision-tree", "view", 200),
    Row("GET", f"{_ONE}/return", "view", 200),
    Row("GET", f"{_ONE}/sources", "view", 200),
    Row("GET", f"{_ONE}/numbers/{{key}}", "view", 200),
    Row(
        "POST",
        f"{_ONE}/numbers/{{key}}",
        "evidence",
        422,
        {"source": "x", "rows": [{"day": "2026-01-01", "value": 1}]},
    ),
    Row("POST", f"{_ONE}/numbers/{{key}}/sql", "evidence", 404, {"source": "x", "sql": "SELECT 1"}),
    Row("GET", f"{_ONE}/numbers/{{key}}/sql", "view", 404),
    Row("PATCH", f"{_ONE}/numbers/{{key}}/sql", "evidence", 404, {"again": "daily"}),
    Row("GET", f"{_ONE}/attachments/{{digest}}", "view", 404),
    Row("DELETE", f"{_ONE}/attachments/{{digest}}", "manage", 404),
    Row("GET", f"{_ONE}/failure-modes", "view", 200),
    Row("PUT", f"{_ONE}/guidelines/{{guideline}}", "edit", 200, {"body": {"task": "Is it spam?"}}),
    Row("GET", f"{_ONE}/labeling", "view", 200),
    Row("PUT", f"{_ONE}/labeling/{{round}}", "edit", 200, {"guideline": "spam"}),
    Row("GET", f"{_ONE}/labeling/{{round}}", "view", 200),
    Row("POST", f"{_ONE}/labeling/{{round}}/items", "edit", 409, {"rows": [{"text": "Buy"}]}),
    Row("POST", f"{_ONE}/labeling/{{round}}/state", "edit", 200, {"state": "paused"}),
    Row("POST", f"{_ONE}/labeling/{{round}}/labelers", "edit", 201, {"name": "Ann"}),
    Row("PUT", f"{_ONE}/labeling/{{round}}/labelers/{{labeler}}/state", "edit", 200, {"state": "paused"}),
    Row("DELETE", f"{_ONE}/labeling/{{round}}/labelers/{{labeler}}", "edit", 204),
    Row("GET", f"{_ONE}/labeling/{{round}}/results", "view", 200),
    Row("GET", f"{_ONE}/labeling/{{round}}/labels", "view", 200),
    Row(
        "POST", f"{_ONE}/labeling/{{round}}/rulings", "edit", 201, {"item": "m1", "answer": {"value": "spam"}}
    ),
    Row("POST", f"{_ONE}/labeling/{{round}}/proof", "evidence", 409),
    Row("GET", f"{_ONE}/runs", "view", 200),
    Row("PUT", f"{_ONE}/runs", "evidence", 200, {"kind": "python", "experiment": "readers", "runs": [RUN]}),
    Row("GET", f"{_ONE}/runs/{{run_id}}", "view", 200),
    Row("PATCH", f"{_ONE}/runs/{{run_id}}", "evidence", 200, {"model": "reader@m7"}),
    Row("GET", f"{_ONE}/trackers", "view", 200),
    Row("GET", f"{_ONE}/trackers/progress", "view", 200),
    Row("POST", f"{_ONE}/trackers/finished", "evidence", 200, {"kind": "python"}),
    Row("DELETE", f"{_ONE}/trackers/{{tracker_id}}", "edit", 204),
    Row("GET", f"{_ONE}/registered", "view", 200),
    Row("GET", f"{_ONE}/options", "view", 200),
    Row("GET", f"{_ONE}/labeling/{{round}}/items", "edit", 200),
    Row("GET", f"{_ROUND}/rules", "view", 200),
    Row("PUT", f"{_ROUND}/rules", "edit", 200, {"rules": [_RULE]}),
    Row("GET", f"{_ROUND}/rules/results", "view", 409),
    Row("POST", f"{_ROUND}/rules/labels", "edit", 422),
    Row(
        "POST",
        f"{_ROUND}/prelabels",
        "edit",
        201,
        {"rows": [{"key": "m1", "label": "spam"}], "show": "random"},
    ),
    Row("GET", f"{_ROUND}/prelabels", "view", 200),
    Row("POST", f"{_ROUND}/order", "edit", 409),
    Row("GET", f"{_ROUND}/suspects", "view", 200),
    Row("GET", f"{_LINK}", "view", 200),
    Row("PUT", f"{_LINK}", "edit", 200, {"address": "http://studio.example", "number": 7, "guideline": 1}),
    Row("GET", f"{_LINK}/tasks", "view", 200),
    Row("POST", f"{_LINK}/tasks", "edit", 201, {"tasks": {"m1": 1}, "gone": [5]}),
    Row("GET", f"{_LINK}/annotations", "view", 200),
    Row(
        "POST",
        f"{_LINK}/annotations",
        "edit",
        201,
        {"annotations": [_ANNOTATION], "people": [], "deleted": []},
    ),
    Row("GET", f"{_ONE}/jobs", "view", 200),
    Row("POST", f"{_ONE}/jobs", "evidence", 202, {"kind": "checks.run"}),
    Row("POST", f"{_ONE}/jobs", "view", 202, {"kind": "audit.verify"}),
    Row("GET", f"{_ONE}/jobs/{{job_id}}", "view", 200),
    Row("DELETE", f"{_ONE}/jobs/{{job_id}}", "edit", 200),
]


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """The world, made once: making it takes longer than all that one test asks of it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)


@pytest.fixture
def world(made: World, settings: Settings, tmp_path: Any) -> Iterator[World]:
    """The world, with whatever a test changes in it taken back."""
    settings.PROJECT_FOLDER = str(tmp_path)
    with transaction.atomic():
        yield made
        transaction.set_rollback(True)


def places(world: World) -> dict[str, Any]:
    """What stands in the addresses of the project `forms`."""
    return {
        "slug": "forms", "key": "accuracy", "kind": "interview", "subject": "goals", "digest": world.evidence,
        "number": 1, "phase": "problem", "target": "1d", "username": "leaver", "token_id": world.token.pk,
        "webhook_id": world.webhook.pk, "job_id": world.job.pk, "name": "reader",
        "secret": "0" * 64, "dataset": "train", "finding": "missing-x", "token": "none", "shape": "items", "ending": "csv",
        "guideline": "spam", "round": "first", "labeler": 1, "tool": "label_studio",
        "comment": world.comment, "review": world.review, "link_id": world.link, "run_id": world.run,
        "tracker_id": world.tracker,
        "before": 1, "after": 1, "day": "2026-06-01",
    }  # fmt: skip


def _names() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every page: its name, and the parameters of its address."""

    def walk(patterns: list[Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
        for one in patterns:
            if hasattr(one, "url_patterns"):
                yield from walk(one.url_patterns)
            else:
                yield one.name, tuple(one.pattern.converters)

    yield from walk(get_resolver().url_patterns)


PARAMETERS = dict(_names())
SPACES = {"openapi-json": "api:", "api-root": "api:", "styleguide": "ui:"}


def address(row: Row, world: World) -> str:
    given = places(world)
    if row.name.startswith("/"):
        if "/documents/{kind}/{key}" in row.name:
            given["key"] = "clerk"
        if "/opportunities/" in row.name:
            given["key"] = "letters"
        if row.name.endswith("/subjects/{kind}/{name}"):
            given["kind"] = "model"
        return row.name.format(**given)
    if "document" in row.name:
        given["key"] = "clerk"
    if row.name.startswith("guideline"):
        given["key"] = "spam"
    if row.name.startswith("label"):
        given["key"] = "first"
    if "opportunit" in row.name:
        given["key"] = "letters"
    given["number"] = {"job": world.job.pk, "decided": world.decision.pk}.get(row.name, 1)
    return reverse(
        SPACES.get(row.name, "") + row.name, kwargs={name: given[name] for name in PARAMETERS[row.name]}
    )


def ask(world: World, who: str, row: Row) -> HttpResponse:
    """One request; whatever it writes is taken back."""
    browser, headers = Client(), {}
    if who in world.people:
        browser = client(world.people[who])
    elif who != "anonymous":
        headers = {"Authorization": f"Bearer {world.tokens[who]}"}
    options: dict[str, Any] = {"headers": headers}
    if row.name.startswith("/"):
        options |= (
            {"data": json.dumps(row.body), "content_type": "application/json"} if row.body is not None else {}
        )
    elif row.body is not None:
        options["data"] = row.body
    with transaction.atomic():
        response: HttpResponse = getattr(browser, row.method.lower())(address(row, world), **options)
        transaction.set_rollback(True)
    return response


@pytest.mark.parametrize("row", API, ids=str)
def test_operation_of_the_api(world: World, row: Row) -> None:
    found = {who: ask(world, who, row).status_code for who in EVERYBODY}
    about_a_project = "{slug}" in row.name
    expected = {
        who: row.status if who in ALLOWED[row.action]
        else 401 if who == "anonymous"
        else 404 if about_a_project and who not in ALLOWED["view"]
        else 403
        for who in EVERYBODY
    }  # fmt: skip
    assert found == expected


@pytest.mark.parametrize("row", PAGES, ids=str)
def test_page(world: World, row: Row) -> None:
    """A page asks for a person: a token opens none."""
    about_a_project = "slug" in PARAMETERS[row.name]
    for who in sorted(EVERYBODY):
        response = ask(world, who, row)
        place = f"{who} {row}"
        person = who if who in PEOPLE else "anonymous"
        if person in ALLOWED[row.action]:
            assert response.status_code == row.status, place
            assert "sign-in" not in response.get("Location", "") or row.name == "logout", place
        elif person == "anonymous":
            assert response.status_code == 302, place
            assert response["Location"].startswith("/sign-in/?next=/"), place
        else:
            hidden = about_a_project and person not in ALLOWED["view"]
            assert response.status_code == (404 if hidden else 403), place


def test_every_page_has_its_row() -> None:
    have = {row.name for row in PAGES}
    operations = {name for name, _ in _names()} - have
    schema = routers().get_openapi_schema()["paths"]
    of_the_api = {o["operationId"].rpartition("_api_")[2] for path in schema.values() for o in path.values()}
    assert operations <= of_the_api, "a page that the table does not have"
    assert have <= PARAMETERS.keys(), "a row of a page that is gone"


def test_every_operation_has_its_row() -> None:
    schema = routers().get_openapi_schema()["paths"]
    there = {(method.upper(), path) for path, methods in schema.items() for method in methods}
    assert there == {(row.method, row.name) for row in API}


FOREIGN = [
    ("evidence", {"digest": "digest"}), ("decided", {"number": "decision"}), ("job", {"number": "job"}),
]  # fmt: skip
FOREIGN_API = [
    ("get", "evidence/{digest}"), ("get", "jobs/{job}"), ("delete", "jobs/{job}"), ("delete", "tokens/{token}"),
    ("delete", "webhooks/{webhook}"), ("delete", "comments/{comment}"), ("delete", "sign-links/{link}"),
    ("delete", "members/theirs"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "where"), FOREIGN)
def test_a_thing_of_another_project_is_not_found_under_this_one(
    world: World, name: str, where: dict[str, str]
) -> None:
    # The other project has the same content, and with it the same digest: make it differ.
    given = {field: world.foreign[key] for field, key in where.items()}
    if "digest" in given:
        from sextant_server.records.actions import add_evidence
        from tests.server.world import LOCAL

        [(row, _)] = add_evidence(world.other, LOCAL, [share(1, 2)])
        given["digest"] = row.digest
    response = client(world.people["owner"]).get(reverse(name, kwargs={"slug": "forms", **given}))
    assert response.status_code == 404


@pytest.mark.parametrize(("method", "path"), FOREIGN_API)
def test_a_thing_of_another_project_is_not_found_through_the_api(
    world: World, method: str, path: str
) -> None:
    given = {**world.foreign, "digest": "f" * 64}
    browser = client(world.people["owner"])
    response = getattr(browser, method)("/api/v1/projects/forms/" + path.format(**given))
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"


def test_settings_of_another_project_are_out_of_reach(world: World) -> None:
    browser = client(world.people["owner"])
    for form, key in (("revoke-token", "token"), ("remove-webhook", "webhook")):
        response = browser.post("/p/forms/settings/", {"form": form, "id": world.foreign[key]})
        assert response.status_code in (404, 422)
    assert Token.objects.get(pk=world.foreign["token"]).revoked_at is None


def test_lists_hold_only_what_one_may_see(world: World) -> None:
    def slugs(**options: Any) -> list[str]:
        return [p["slug"] for p in Client().get("/api/v1/projects", **options).json()]

    for who, secret in world.tokens.items():
        wanted = ["other"] if who == "foreign" else ["forms"]
        assert slugs(headers={"Authorization": f"Bearer {secret}"}) == wanted
    for who, user in world.people.items():
        listed = client(user).get("/api/v1/projects").json()
        wanted = {"admin": ["forms", "other"], "stranger": [], "rater": []}.get(who, ["forms"])
        assert [p["slug"] for p in listed] == wanted
        # A rater is led to what waits to be labeled, and to nothing else.
        page = client(user).get("/", follow=True).content.decode().replace("/p/forms/label/", "")
        assert ("/p/forms/" in page) == ("forms" in wanted)


@pytest.mark.parametrize(
    "row", [r for r in PAGES + API if r.method != "GET" and r.action != "anything"], ids=str
)
def test_nothing_is_written_for_another_site(world: World, row: Row) -> None:
    """A request with a person's cookies but without the CSRF token, as another site would make it."""
    browser = client(world.people["owner"], enforce_csrf_checks=True)
    body = {"data": json.dumps(row.body or {}), "content_type": "application/json"}
    options: dict[str, Any] = body if row.name.startswith("/") else {"data": row.body or {}}
    assert getattr(browser, row.method.lower())(address(row, world), **options).status_code == 403


@pytest.mark.parametrize(
    "end",
    [{"revoked_at": timezone.now()}, {"expires_at": timezone.now() - timedelta(seconds=1)}],
    ids=["revoked", "expired"],
)
def test_a_token_that_ended_opens_nothing(world: World, end: dict[str, datetime]) -> None:
    from sextant_server.projects.actions import hashed

    secret = world.tokens["write"]
    Token.objects.filter(hashed=hashed(secret)).update(**end)
    for header in (secret, f"{secret}x", "sxt_", ""):
        response = Client().get("/api/v1/projects/forms", headers={"Authorization": f"Bearer {header}"})
        assert response.status_code == 401
        assert response["WWW-Authenticate"] == "Bearer"


def test_an_account_that_was_switched_off_is_nobody(world: World) -> None:
    browser = client(world.people["owner"])
    assert browser.get("/p/forms/").status_code == 200
    world.people["owner"].is_active = False
    world.people["owner"].save()
    assert browser.get("/p/forms/").status_code == 302
    assert browser.get("/api/v1/projects/forms").status_code == 401


def test_no_header_makes_a_caller_local(world: World) -> None:
    forged = {"HTTP_SEXTANT_EMBEDDED": "1", "sextant.embedded": "True", "REMOTE_ADDR": "127.0.0.1"}
    assert Client().get("/api/v1/projects/forms", **forged).status_code == 401
    assert Client().get("/p/forms/", **forged).status_code == 302
