"""`sextant data` on a folder, as a person types it."""

from __future__ import annotations

import csv
from datetime import date

import pytest

from sextant_client import connect
from tests.cli.conftest import Shell


def test_versions_from_the_command_line(mine: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEXTANT_DATA", str(mine.folder / "kept"))
    mine.write("a.csv", "id,name\n1,ann\n2,=cmd()\n")
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("SEXTANT_DATA", "s3://bucket/data")
        assert "s3://bucket/data is an address" in mine("data", "commit", "people", "a.csv", code=2).err
    mine.write("b.csv", "id,name\n2,=cmd()\n3,cem\n")
    mine("data", "commit", "people", "a.csv", "-m", "one")
    mine("data", "commit", "people", "b.csv", "--from", "dataset:raw@v1", "--tag", "live")
    assert "is already version 2" in mine("data", "commit", "people", "b.csv").out
    found = mine("data", "diff", "people", "1", "live", "--key", "id", "--format", "json").json
    assert (found["added"], found["removed"], found["changed"], found["same"]) == (1, 1, 0, 1)
    mine("data", "checkout", "people@1", "-o", "out.csv")
    with (mine.folder / "out.csv").open() as file:
        assert [row["name"] for row in csv.DictReader(file)] == ["ann", "'=cmd()"]
    mine("data", "tag", "people@1", "first")
    mine("data", "verify", "people@first")
    assert "0 versions would go" in mine("data", "retain", "people", "--last", "1", "--dry-run").out
    mine.write("days.csv", "at,name\n2026-06-01,=cmd()\n2026-06-01,ann\n2026-06-01,ann\n")
    mine("data", "days", "people", "days.csv", "--time", "at")
    assert "versions 1, 2" in mine("data", "erase", "people", "--where", "id=2", "--yes").out
    states = [v["state"] for v in mine("data", "log", "people", "--format", "json").json]
    assert states == ["kept", "erased", "erased"]
    with connect() as client:
        kept = client.project("forms").dataset("people")["versions"]
        assert [(v["number"], v["state"]) for v in kept] == [(3, "kept"), (2, "erased"), (1, "erased")]
        assert client.project("forms").data_version("people", 1)["profile"]["rows"] == 1
        assert client.project("forms").data_version("people", 2)["changes"]["added"] == 1
        # Nor do profiles that the project keeps say who was erased, of versions and of days.
        said = [client.project("forms").data_version("people", n)["profile"] for n in (1, 2, 3)]
        said.append(client.project("forms").day("people", date(2026, 6, 1))["profile"])
        assert "=cmd()" not in str(said) and "ann" in str(said[-1])
    assert "no longer reproducible" in mine("data", "checkout", "people@1", "-o", "x.csv", code=2).err
    assert "names no dataset" in mine("data", "verify", "../x", code=2).err


def test_days_from_the_command_line(mine: Shell) -> None:
    mine.write(
        "visits.csv", "at,pages\n2026-06-01 08:00:00,3\n2026-06-01 23:59:59,5\n2026-06-02 00:00:00,8\n,9\n"
    )
    found = mine("data", "days", "visits", "visits.csv", "--time", "at", "--columns", "pages")
    assert "Kept the profiles of 2 days" in found.err and "2026-06-01" in found.out
    kept = mine("data", "days", "visits", "--format", "json").json
    assert [(d["day"], d["rows"]) for d in kept] == [("2026-06-01", 2), ("2026-06-02", 1)]
    with connect() as client:
        profile = client.project("forms").day("visits", date(2026, 6, 1))["profile"]
    assert profile["columns"][0]["numbers"]["mean"] == 4
    one = mine("data", "days", "visits", "visits.csv", "--time", "at", "--from", "2026-06-02", "--simulated")
    assert "1 day." in one.err and "simulated" in one.out
    assert "Give --time" in mine("data", "days", "visits", "visits.csv", code=2).err
    assert "dates or times" in mine("data", "days", "visits", "visits.csv", "--time", "pages", code=2).err
