"""Commands that decide, waive, sign, go back, and let others in: on a folder's own database, by its owner."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from sextant.chain import read_anchors
from sextant.problem.documents import Brief
from sextant_client import connect
from tests.cli.conftest import Shell
from tests.serving import Server

LATER = str(datetime.now(UTC).date() + timedelta(days=30))


def test_a_decision_is_recorded_with_its_signed_head(mine: Shell) -> None:
    refused = mine("decide", "problem", "pass", "--by", "Ann", code=2)
    assert "6 item(s) block this gate" in refused.err
    assert "give a waiver" in refused.err
    out = mine("decide", "problem", "hold", "--by", "Ann", "--note", "no brief yet").out
    assert out.startswith("Problem: hold, decided by Ann on ")
    # The answer, kept in a file, is a head to hold the log against.
    kept = mine.write("decision.txt", out)
    assert len(read_anchors(kept)) == 1
    assert "checked against 2 signed head(s)" in mine("audit", "verify", "--head", "decision.txt").out
    assert "hold decided by Ann" in mine("gate", "problem", code=1).out
    assert "Missing option '--by'" in mine("decide", "problem", "hold", code=2).err


def test_waivers_and_what_does_not_apply(mine: Shell) -> None:
    out = mine("waive", "1f", "--until", LATER, "--reason", "signed on Monday", "--by", "Ann").out
    assert out == f"1f is waived until {LATER} by Ann: signed on Monday.\n"
    for item in ("1a", "1b", "1c", "1d", "1e"):
        mine("not-applicable", item, "--reason", "an internal tool", "--by", "Ann")
    assert "nothing blocks" in mine("gate", "problem").out
    assert mine("decide", "problem", "pass", "--by", "Ann").code == 0
    assert "[Data]" in mine("status").out
    assert "Problem ✓" in mine("status").out
    late = mine("waive", "2f", "--until", "2020-01-01", "--reason", "x", "--by", "Ann", code=2)
    assert "between today and 90 days from now" in late.err
    assert (
        "is no gate item" in mine("waive", "9z", "--until", LATER, "--reason", "x", "--by", "Ann", code=2).err
    )


def test_signing(mine: Shell) -> None:
    assert (
        "nothing called 'brief' can be signed now"
        in mine("sign", "brief", "--role", "sponsor", "--by", "Ann", code=2).err
    )
    with connect() as client:
        client.project("forms").put_document(Brief(problem="Forms are read by hand."))
    assert "Ann (sponsor) signed brief" in mine("sign", "brief", "--role", "sponsor", "--by", "Ann").out


def test_going_back_shows_what_becomes_stale(mine: Shell) -> None:
    out = mine("back", "data", "--reason", "rows were read twice", "--by", "Ann").out
    assert out == "Data is open again, for Ann: rows were read twice.\nNothing must be run again.\n"
    assert "iteration 2" in mine("gate", "data", code=1).out
    assert "has no dataset:test" in mine(
        "back", "data", "--reason", "x", "--by", "Ann", "--subject", "dataset:test", code=2
    ).err  # fmt: skip


def test_tokens(mine: Shell) -> None:
    made = mine("token", "create", "ci", "--scope", "evidence", "--scope", "read", "--days", "0")
    assert made.out.startswith("sxt_")
    assert "it is not shown again" in made.err
    [listed] = mine("token", "list", "--format", "json").json
    assert (listed["name"], listed["scopes"], listed["expires_at"]) == ("ci", ["evidence", "read"], None)
    assert made.out.strip() not in mine("token", "list").out
    assert mine("token", "revoke", str(listed["id"])).out == f"Token {listed['id']} is revoked.\n"
    assert "revoked 20" in mine("token", "list").out


def test_accounts(mine: Shell) -> None:
    assert "No accounts yet" in mine("user", "list").out
    word = "correct horse battery staple"
    out = mine("user", "create", "ann", "--name", "Ann Baker", "--password-stdin", stdin=f"{word}\n").out
    assert out == "Account ann is made.\n"
    mine("user", "create", "root", "--admin", "--password-stdin", stdin=f"{word}\n")
    rows = mine("user", "list", "--format", "json").json
    assert [(r["username"], r["name"], r["admin"]) for r in rows] == [
        ("ann", "Ann Baker", False),
        ("root", "", True),
    ]
    assert "there is an account 'ann' already" in mine(
        "user", "create", "ann", "--password-stdin", stdin=f"{word}\n", code=2
    ).err  # fmt: skip
    assert "too short" in mine("user", "create", "bob", "--password-stdin", stdin="short\n", code=2).err
    assert "username" in mine("user", "create", "a b", "--password-stdin", stdin=f"{word}\n", code=2).err


# --- the log


def test_a_forged_row_and_a_forged_record_are_found(mine: Shell) -> None:
    from sextant_server.records.models import Record, RiskRow

    with connect() as client:
        client.project("forms").put_risks([{"text": "Ink fades"}])
    anchors = mine.write("kept.json", json.dumps(_anchor()))
    RiskRow.objects.update(text="All is well")
    out = mine("audit", "verify", code=1).out
    assert "the log is intact" in out
    assert "1 row(s) of the tables do not say what the log says" in out
    Record.objects.filter(kind="risk").update(body='{"text":"All is well"}')
    out = mine("audit", "verify", "--head", str(anchors), code=1).out
    number = Record.objects.get(kind="risk").sequence
    assert f"the log is not what it was, from record {number} on." in out
    assert f"the content of record {number} (risk) was altered" in out
    found = mine("audit", "verify", "--format", "json", code=1).json
    assert (found["intact"], found["fault"]["what"], found["fault"]["sequence"]) == (
        False,
        "body_altered",
        number,
    )


def test_an_end_that_was_cut_off_is_told_by_a_head_kept_elsewhere(mine: Shell) -> None:
    from sextant_server.records.models import Head, Record, RiskRow

    with connect() as client:
        client.project("forms").put_risks([{"text": "Ink fades"}])
    mine.write("kept.json", json.dumps(_anchor()))
    RiskRow.objects.all().delete()
    Record.objects.filter(kind="risk").delete()
    last = Record.objects.order_by("-sequence")[0]
    Head.objects.update(sequence=last.sequence, digest=last.digest)
    out = mine("audit", "verify", "--head", "kept.json", code=1).out
    assert f"cut off: the log ends at record {last.sequence}" in out


def test_heads_of_others_and_heads_by_another_key_do_not_count(mine: Shell) -> None:
    stranger = _anchor("another")
    mine.write("stranger.json", json.dumps(stranger))
    verify = ("audit", "verify", "--project", "forms", "--head")
    assert (
        "1 given head(s) belong to another project and were left out." in mine(*verify, "stranger.json").out
    )
    mine.write("own.json", json.dumps(_anchor()))
    assert "checked against 1 signed" in mine(*verify, "own.json", "--public-key", stranger["key"]).out
    other = mine(*verify, "own.json", "--public-key", "AAAA").out
    assert "left out: their signature is not right or not by the given key" in other
    mine.write("none.md", "# A plan without a head")
    assert "no anchor stands in this file" in mine(*verify, "none.md", code=2).err


def _anchor(slug: str = "forms") -> dict[str, str]:
    """A signed head as somebody keeps it; its copy that this installation keeps is not made."""
    from sextant_server.projects.models import Project
    from sextant_server.records import anchors

    with connect() as client:
        if slug not in [p.slug for p in client.projects()]:
            client.create_project(slug, slug)
    return anchors.as_json(anchors.anchor(Project.objects.get(slug=slug), "kept by a test"))


# --- what a token may not do


@pytest.mark.parametrize(
    "command",
    [
        ("decide", "problem", "hold", "--by", "Ann"),
        ("waive", "2f", "--until", LATER, "--reason", "later", "--by", "Ann"),
        ("token", "create", "more", "--scope", "write"),
    ],
)
def test_a_token_does_not_do_what_a_person_does(
    command: tuple[str, ...], server: Server, mine: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    slug, token = server.project()
    monkeypatch.setenv("SEXTANT_URL", server.url)
    monkeypatch.setenv("SEXTANT_TOKEN", token)
    assert "may not" in mine(*command, "--project", slug, code=2).err
