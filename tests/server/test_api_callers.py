"""Who may ask the API: sessions with the CSRF token, programs with a live token; what regulated rigor asks for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from sextant_server.projects.actions import hashed
from sextant_server.projects.models import Token
from tests.server.asking import API, ends, problem, send, soon, world
from tests.server.world import World, client

pytestmark = pytest.mark.django_db
__all__ = ["world"]
FORMS = f"{API}/projects/forms"
WAIVER = {"target": "1c", "reason": "it may wait", "until": soon()}


def test_a_session_writes_only_with_its_csrf_token(world: World) -> None:
    browser = client(world.people["owner"], enforce_csrf_checks=True)
    assert send(browser, "GET", FORMS).status_code == 200
    before = ends()
    detail = problem(send(browser, "POST", f"{FORMS}/waivers", WAIVER), 403)
    assert "csrf" in detail and "x-csrftoken" in detail
    assert ends() == before
    browser.get("/")
    token = browser.cookies["csrftoken"].value
    for headers, status in (({"X-CSRFToken": "x" * 64}, 403), ({"X-CSRFToken": token}, 201)):
        made = browser.post(f"{FORMS}/waivers", WAIVER, content_type="application/json", headers=headers)
        assert made.status_code == status


def test_a_program_needs_no_csrf_token(world: World) -> None:
    program = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {world.tokens['write']}"})
    assert send(program, "PATCH", FORMS, {"summary": "By a program."}).status_code == 200


@pytest.mark.parametrize("method", ["GET", "PATCH"])
@pytest.mark.parametrize("signed_in", [False, True])
@pytest.mark.parametrize("secret", ["expired", "revoked", "unknown", "empty"])
def test_a_wrong_token_is_401_whatever_else_comes_with_it(
    world: World, method: str, signed_in: bool, secret: str
) -> None:
    """Also beside a good session, and also where a write without a CSRF token would be refused anyway."""
    kept = Token.objects.filter(hashed=hashed(world.tokens["write"]))
    if secret == "expired":
        kept.update(expires_at=timezone.now() - timedelta(seconds=1))
    if secret == "revoked":
        kept.update(revoked_at=timezone.now())
    sent = {"unknown": "sxt_" + "x" * 43, "empty": ""}.get(secret, world.tokens["write"])
    user = world.people["owner"] if signed_in else None
    asking = client(user, enforce_csrf_checks=True, headers={"Authorization": f"Bearer {sent}"})
    response = send(asking, method, FORMS, None if method == "GET" else {"summary": "s"})
    assert "send authorization: bearer" in problem(response, 401)
    assert response["WWW-Authenticate"] == "Bearer"


def test_nobody_is_401_also_for_a_write(world: World) -> None:
    problem(send(Client(enforce_csrf_checks=True), "PATCH", FORMS, {"summary": "s"}), 401)


def test_a_token_decides_signs_waives_and_approves_nothing(world: World) -> None:
    program = Client(headers={"Authorization": f"Bearer {world.tokens['write']}"})
    before = ends()
    for method, path, body in (
        ("POST", "gates/problem/decisions", {"outcome": "hold"}),
        ("POST", "signatures", {"subject": "goals", "digest": "0" * 64, "role": "PM"}),
        ("POST", "waivers", WAIVER),
        ("POST", "not-applicable", {"target": "1c", "reason": "r"}),
        ("POST", "exemptions/1d/approval", None),
        ("DELETE", "exemptions/1d", None),
        ("POST", "phases/data/iterations", {"reason": "r"}),
        ("POST", "tokens", {"name": "t", "scopes": ["write"]}),
        ("POST", "sign-links", {"subject": "goals", "stakeholder": "mira", "email": "me@example.org"}),
        ("POST", "hand-overs", {"who": "mira", "to": "owner"}),
        ("POST", "comments", {"about": "goals", "text": "I think so."}),
        ("POST", "reviews", {"about": "goals", "who": "mira", "due": soon()}),
    ):
        problem(send(program, method, f"{FORMS}/{path}", body), 403)
    assert ends() == before


def test_a_token_may_raise_the_rigor_and_never_lower_it(world: World) -> None:
    program = Client(headers={"Authorization": f"Bearer {world.tokens['write']}"})

    def sync(rigor: str) -> Any:
        body = {"base": {}, "expected": {}, "settings": {"rigor": rigor}}
        return send(program, "POST", f"{FORMS}/sync", body)

    assert sync("regulated").json()["rigor"] == "regulated"
    before = ends()
    assert "a person's decision" in problem(sync("light"), 403)
    assert ends() == before


def _item(asking: Client, key: str) -> dict[str, Any]:
    gate = send(asking, "GET", f"{FORMS}/gates/problem").json()
    return next(i for i in gate["items"] if i["key"] == key)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [("waivers", WAIVER, "waived"), ("not-applicable", {"target": "1c", "reason": "r"}, "not_applicable")],
)
def test_at_regulated_rigor_it_counts_once_a_second_person_approved(
    world: World, path: str, body: Any, status: str
) -> None:
    owner, reviewer, editor = (client(world.people[who]) for who in ("owner", "reviewer", "editor"))
    assert send(owner, "PATCH", FORMS, {"rigor": "regulated"}).status_code == 200
    assert send(owner, "POST", f"{FORMS}/{path}", body).status_code == 201
    assert _item(owner, "1c")["status"] != status
    assert "yourself" in problem(send(owner, "POST", f"{FORMS}/exemptions/1c/approval"), 403)
    problem(send(editor, "POST", f"{FORMS}/exemptions/1c/approval"), 403)
    assert _item(owner, "1c")["status"] != status
    approved = send(reviewer, "POST", f"{FORMS}/exemptions/1c/approval").json()
    assert approved["approved_by"] == "reviewer" and approved["by"] == "owner"
    assert _item(owner, "1c")["status"] == status
    # Asked for anew, it is another one: the earlier approval does not hold for it.
    assert send(owner, "POST", f"{FORMS}/{path}", {**body, "reason": "another"}).status_code == 201
    assert _item(owner, "1c")["status"] != status


def test_raising_the_rigor_asks_for_the_approvals_that_are_missing(world: World) -> None:
    owner = client(world.people["owner"])
    assert send(owner, "POST", f"{FORMS}/waivers", WAIVER).status_code == 201
    assert _item(owner, "1c")["status"] == "waived"
    send(owner, "PATCH", FORMS, {"rigor": "regulated"})
    assert _item(owner, "1c")["status"] != "waived"


def test_at_regulated_rigor_nobody_passes_a_gate_on_their_own_waivers(world: World) -> None:
    owner = client(world.people["owner"])
    send(owner, "PATCH", FORMS, {"rigor": "regulated"})
    blockers = send(owner, "GET", f"{FORMS}/gates/problem").json()["blockers"]
    waivers = [{**WAIVER, "target": key} for key in blockers]
    before = ends()
    detail = problem(
        send(owner, "POST", f"{FORMS}/gates/problem/decisions", {"outcome": "pass", "waivers": waivers}), 409
    )
    assert "block" in detail
    assert ends() == before, "the waivers are gone with the decision that they were for"
