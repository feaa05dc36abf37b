"""`sextant today`, `portfolio`, `meeting`, `digest` and `waivers`: on a folder's database and on a server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sextant_client import Project
from tests.cli.conftest import Shell
from tests.cli.test_reading import stocked

__all__ = ["stocked"]


def test_what_waits(shell: Shell, project: Project, stocked: str) -> None:
    assert "Nothing waits for you." in shell("today").out
    assert "1a" not in shell("today").out and "Where each project goes on" in shell("today").out
    found = shell("today", "--format", "json").json
    assert (found["mine"], [e["kind"] for e in found["ahead"]]) == ([], ["next"])
    assert found["as_of"]


def test_side_by_side(shell: Shell, project: Project, stocked: str) -> None:
    out = shell("portfolio").out
    assert shell.slug in out and "1/0/0" in out and "blocked" in out
    found = shell("portfolio", "--order", "name", "--format", "json").json
    assert found["projects"][0]["met"] == 1
    assert "is no order" in shell("portfolio", "--order", "x", code=2).err


def test_the_meeting(shell: Shell, project: Project, stocked: str) -> None:
    out = shell("meeting").out
    assert "It is in Problem, phase 1 of 6" in out and "98 % (96.9–98.7 %)" in out
    assert "The decision needed" in out and "None today" in out
    found = shell("meeting", "--format", "json").json
    assert found["targets"][0]["word"] == "met"
    assert project.standing()["phase"] == "problem"


def test_the_digest(shell: Shell, project: Project, stocked: str) -> None:
    out = shell("digest", "--preview").out
    assert "nothing waits for you" in out and "Digits read right: at least 95 %" in out
    assert "<html" in shell("digest", "--format", "json").json["html"]


def test_waivers(mine: Shell) -> None:
    assert "There is no waiver." in mine("waivers").out
    until = (datetime.now(UTC).date() + timedelta(days=3)).isoformat()
    mine("waive", "1d", "--reason", "later", "--until", until, "--by", "Ada")
    assert "1 in force" in mine("waivers").out
    assert "A waiver runs out in 3 days" in mine("today").out
    assert "give both" in mine("waivers", "1d", code=2).err
    said = mine("waivers", "1d", "--turned-out", "harm", "--outcome", "a customer left").out
    assert said.strip() == "The waiver of 1d by Ada did harm."
    assert "1 did harm" in mine("waivers").out
    assert mine("waivers", "--format", "json").json["counts"]["harm"] == 1
    assert "Nothing excuses '9z'".lower() in mine("waivers", "9z", "--turned-out", "well", code=2).err.lower()
