"""The system checks: each finds what it is for, says what to do, and is quiet when all is well."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.checks import CheckMessage, run_checks

from sextant_server import checks
from tests.databases import run_python

Set = Callable[..., None]


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Set:
    """Good settings in a folder of their own, with some changed."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.delenv("SEXTANT_SECRET_KEY", raising=False)

    def change(**values: Any) -> None:
        good = {
            "HOME": home, "SIGNING_KEY_FILE": str(tmp_path / "anchor.key"), "ANCHORS_FOLDER": str(tmp_path / "anchors"),
            "DEBUG": False, "ALLOWED_HOSTS": ["localhost"], "PROJECT_FOLDER": "", "HTTPS": False,
            "MAIL_ON": True, "PUBLIC_URL": "https://sextant.example", "DEFAULT_FROM_EMAIL": "sextant@sextant.example",
            "DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(home / "sextant.db")}},
        }  # fmt: skip
        for name, value in {**good, **values}.items():
            monkeypatch.setattr(settings, name, value)

    change()
    return change


def found() -> list[CheckMessage]:
    return run_checks(tags=[checks.TAG], include_deployment_checks=True)


def ids() -> list[str]:
    return [str(message.id) for message in found()]


def database(engine: str, name: str) -> dict[str, Any]:
    return {"default": {"ENGINE": f"django.db.backends.{engine}", "NAME": name}}


def test_all_is_well(setting: Set) -> None:
    assert found() == []


def test_all_is_well_before_the_home_is_made(setting: Set, tmp_path: Path) -> None:
    new = tmp_path / "a" / "b"
    setting(HOME=new, DATABASES=database("sqlite3", str(new / "sextant.db")))
    assert found() == []


def test_a_secret_key_that_others_may_read(setting: Set) -> None:
    path = Path(settings.HOME) / "secret.key"
    path.write_bytes(b"x" * 32)
    path.chmod(0o640)
    assert ids() == ["sextant.E001"]
    path.chmod(0o600)
    assert ids() == []


def test_a_signing_key_that_others_may_read(setting: Set) -> None:
    path = Path(settings.SIGNING_KEY_FILE)
    path.write_bytes(b"x" * 32)
    path.chmod(0o604)
    assert ids() == ["sextant.E002"]
    path.chmod(0o600)
    assert ids() == []


def test_key_and_anchors_in_the_data_home(setting: Set) -> None:
    home = Path(settings.HOME)
    setting(SIGNING_KEY_FILE=str(home / "anchor.key"))
    assert ids() == ["sextant.W001"]
    setting(SIGNING_KEY_FILE=str(home / "x" / ".." / "anchor.key"))
    assert ids() == ["sextant.W001"]
    setting(ANCHORS_FOLDER=str(home / "anchors"))
    assert ids() == ["sextant.W002"]


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [(["localhost", "127.0.0.1"], []), (["sextant.example"], ["sextant.E003"]), (["*"], ["sextant.E003"])],
)
def test_debug_where_others_reach_it(setting: Set, hosts: list[str], expected: list[str]) -> None:
    setting(DEBUG=True, ALLOWED_HOSTS=hosts, HTTPS=True)
    assert [found for found in ids() if found.startswith("sextant.E")] == expected


@pytest.mark.parametrize(
    ("engine", "name", "expected"),
    [
        ("postgresql", "", ["sextant.E004"]),
        ("postgresql", "sextant", []),
        ("sqlite3", ":memory:", ["sextant.E004"]),
        ("sqlite3", "/no/such/folder/sextant.db", ["sextant.E005"]),
    ],
)
def test_a_database_that_lasts(setting: Set, engine: str, name: str, expected: list[str]) -> None:
    setting(DATABASES=database(engine, name))
    assert ids() == expected


def test_a_database_that_cannot_be_written(setting: Set, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert ids() == ["sextant.E005"]


def test_a_project_folder_that_is_none(setting: Set, tmp_path: Path) -> None:
    setting(PROJECT_FOLDER=str(tmp_path / "absent"))
    assert ids() == ["sextant.E006"]
    setting(PROJECT_FOLDER=str(tmp_path))
    assert ids() == []


def test_a_public_site_without_https(setting: Set) -> None:
    setting(ALLOWED_HOSTS=["sextant.example"])
    assert ids() == ["sextant.W003"]
    setting(ALLOWED_HOSTS=["sextant.example"], HTTPS=True)
    assert ids() == []
    setting(ALLOWED_HOSTS=["*"], HTTPS=True)
    assert ids() == ["sextant.W004"]


def test_mail_that_cannot_be_sent_or_leads_nowhere(setting: Set) -> None:
    setting(MAIL_ON=False)
    assert ids() == [], "alone on one's own machine nobody misses it"
    setting(MAIL_ON=False, ALLOWED_HOSTS=["sextant.example"], HTTPS=True)
    assert ids() == ["sextant.W005"]
    setting(PUBLIC_URL="")
    assert ids() == ["sextant.W006"]
    setting(DEFAULT_FROM_EMAIL="Sextant <sextant@localhost>")
    assert ids() == ["sextant.W007"]


def test_every_message_has_an_id_of_its_own_and_a_hint() -> None:
    source = Path(checks.__file__).read_text()
    given = re.findall(r'id="(sextant\.[EW]\d{3})"', source)
    # Two databases that do not last are one kind of fault.
    assert sorted(given) == sorted([*set(given), "sextant.E004"])
    assert source.count("hint=") == len(given)


def test_djangos_own_deployment_checks_find_nothing_with_https_on(tmp_path: Path) -> None:
    code = """
from django.core.management import call_command
call_command("check", deploy=True, fail_level="WARNING", databases=["default"])
"""
    on = {
        "SEXTANT_HTTPS": "true", "SEXTANT_BEHIND_PROXY": "true", "SEXTANT_HOSTS": "sextant.example",
        "SEXTANT_ORIGINS": "https://sextant.example", "SEXTANT_SECRET_KEY": "", "SEXTANT_HOME": str(tmp_path),
        "SEXTANT_SMTP_URL": "smtps://me:secret@mail.example", "SEXTANT_PUBLIC_URL": "https://sextant.example",
        "SEXTANT_MAIL_FROM": "sextant@sextant.example",
    }  # fmt: skip
    assert "no issues" in run_python(code, on)
