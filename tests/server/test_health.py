"""The health check: well while the database answers, quiet about why it does not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client

from sextant import __version__
from sextant_server.jobs import actions, views

pytestmark = pytest.mark.usefixtures("both_databases")


def ask(**headers: str) -> tuple[int, dict[str, Any], dict[str, str]]:
    response = Client().get("/healthz", headers=headers)
    return response.status_code, json.loads(response.content), dict(response.headers)


def test_well_without_a_worker() -> None:
    status, said, headers = ask()
    assert (status, said) == (200, {"status": "ok", "worker_seconds": None, "version": __version__})
    assert "no-store" in headers["Cache-Control"]


def test_well_with_a_worker() -> None:
    actions.greet("w")
    _, said, _ = ask()
    assert 0 <= said["worker_seconds"] < 60


def test_a_database_that_does_not_answer_is_said_without_details(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def gone() -> float:
        raise OperationalError('connection to server at "db.internal" failed: password of sextant')

    monkeypatch.setattr(views, "worker_age", gone)
    status, said, _ = ask()
    assert (status, said) == (503, {"status": "unavailable", "version": __version__})
    assert "db.internal" in caplog.text, "the log says why"


def test_no_redirect_to_https_for_who_asks_the_server_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SECURE_SSL_REDIRECT", True)
    assert ask()[0] == 200
    assert Client().get("/somewhere").status_code == 301


def test_nothing_else_is_answered_there() -> None:
    assert Client().post("/healthz").status_code == 405
    assert Client().get("/healthz/x").status_code == 404
