"""Webhooks: signed so that a receiver can tell, sent until received, never inside a private network."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import threading
from typing import Any

import pytest
from django.conf import settings

from sextant_server.jobs import actions
from sextant_server.jobs.kinds.webhook_deliver import signature
from sextant_server.jobs.models import Job
from sextant_server.jobs.worker import run_worker
from sextant_server.projects.models import Project, Webhook
from tests.conftest import ROOT
from tests.server.jobs.test_outgoing import receiver

BODY = {"type": "gate.decision", "phase": "data", "by": "Zoë", "spend": 12.0, "ratio": float("nan")}


@pytest.fixture
def project(both_databases: str) -> Project:
    return Project.objects.create(slug="p", name="P")


@pytest.fixture
def to_private(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "WEBHOOKS_TO_PRIVATE", True)


def hook(project: Project, port: int, **values: Any) -> Webhook:
    return Webhook.objects.create(
        project=project, url=f"http://127.0.0.1:{port}/in?key=hidden", secret="s3cret", **values
    )


def send(webhook_id: int, project: Project) -> Job:
    asked = actions.enqueue("webhook.deliver", {"webhook": webhook_id, "body": BODY}, project=project)
    run_worker(threading.Event(), until_idle=True)
    asked.refresh_from_db()
    return asked


def test_the_signature_is_that_of_another_implementation() -> None:
    # printf '1700000000.{}' | openssl dgst -sha256 -hmac secret
    told = "b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163"
    assert signature("secret", "1700000000", b"{}") == f"sha256={told}"


@pytest.mark.usefixtures("to_private")
def test_the_receiver_in_the_documentation_tells_genuine_from_forged(project: Project) -> None:
    page = (ROOT / "docs" / "how-to" / "receive-webhooks.md").read_text()
    [example] = re.findall(r"```python\n(.*?)```", page, re.S)
    defined: dict[str, Any] = {}
    exec(example, defined)  # noqa: S102
    with receiver() as (port, got):
        send(hook(project, port).pk, project)
    [(_, headers, body)] = got
    is_genuine = defined["is_genuine"]
    assert is_genuine("s3cret", headers, body)
    assert not is_genuine("another", headers, body)
    assert not is_genuine("s3cret", headers, body + b" ")
    assert not is_genuine("s3cret", headers | {"X-Sextant-Timestamp": "1"}, body)
    assert not is_genuine("s3cret", headers, body, minutes=-1)


@pytest.mark.usefixtures("to_private")
def test_a_receiver_can_check_what_it_got(project: Project) -> None:
    with receiver(202) as (port, got):
        asked = send(hook(project, port).pk, project)
    assert (asked.state, asked.result) == ("done", {"sent": True, "status": 202})
    [(path, headers, body)] = got
    assert path == "/in?key=hidden"
    assert json.loads(body) == {**BODY, "spend": 12, "ratio": "NaN"}
    assert headers["Content-Type"] == "application/json"
    assert headers["X-Sextant-Event"] == "gate.decision"
    assert headers["X-Sextant-Delivery"] == str(asked.pk)
    signed = headers["X-Sextant-Timestamp"].encode() + b"." + body
    assert (
        headers["X-Sextant-Signature"] == "sha256=" + hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest()
    )


@pytest.mark.usefixtures("to_private")
@pytest.mark.parametrize(
    ("status", "said"), [(500, "answered 500"), (404, "answered 404"), (302, "not followed")]
)
def test_what_was_not_received_is_sent_again_with_the_same_id(
    project: Project, status: int, said: str
) -> None:
    with receiver(status, {"Location": "/elsewhere"}) as (port, got):
        asked = send(hook(project, port).pk, project)
        assert asked.state == "waiting"
        assert said in asked.error
        assert "hidden" not in asked.error, "an address may hold a key"
        Job.objects.update(run_after=actions.AT_ONCE)
        run_worker(threading.Event(), until_idle=True)
    assert [headers["X-Sextant-Delivery"] for _, headers, _ in got] == [str(asked.pk)] * 2


@pytest.mark.usefixtures("to_private")
def test_a_webhook_that_is_gone_off_or_of_another_project_gets_nothing(project: Project) -> None:
    other = Project.objects.create(slug="q", name="Q")
    with receiver() as (port, got):
        for number in (hook(project, port, active=False).pk, hook(other, port).pk, 12345):
            asked = send(number, project)
            assert (asked.state, asked.result["sent"]) == ("done", False)
    assert got == []


def test_a_private_address_is_refused_for_good(project: Project) -> None:
    with receiver() as (port, got):
        asked = send(hook(project, port).pk, project)
    assert asked.state == "failed"
    assert "private network" in asked.error
    assert got == []
