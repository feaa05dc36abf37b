"""Commands that show something: the same on a folder's database and on a server, as text and as JSON."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest

from sextant.criteria import Criterion, Setting
from sextant.evidence import Producer, Proportion, Version
from sextant.reports import read_evidence
from sextant_client import Project
from tests.cli.conftest import Shell

ACCURACY = Criterion(
    key="accuracy", name="Digits read right", family="ml", metric="accuracy", unit="share",
    direction="at_least", threshold=0.95,
)  # fmt: skip
FAST = Criterion(
    key="slower", name="Not slower than by hand", family="system", metric="seconds", unit="s",
    direction="at_most", threshold=1, role="guardrail",
)  # fmt: skip


def measured(successes: int) -> Proportion:
    return Proportion.of(
        successes=successes, trials=1000, criterion="accuracy", unit="share", setting=Setting.OFFLINE,
        estimand="digits read right", at=datetime(2026, 6, 1, 12, tzinfo=UTC), producer=Producer(name="test"),
        model=Version.parse("model:reader@m1"),
    )  # fmt: skip


@pytest.fixture
def stocked(project: Project) -> str:
    """The project with two targets and one measurement; its digest."""
    project.put_criteria([ACCURACY, FAST])
    return project.add_evidence([measured(980)])[0].digest


def test_status_says_targets_blockers_and_what_next(shell: Shell, stocked: str) -> None:
    out = shell("status").out
    assert "[Problem] → Data → Model → Evaluation → Deployment → Maintenance" in out
    rows = [re.split("  +", line) for line in out.splitlines()]
    assert ["Digits read right", "at least 95 %", "98 % (between 96.9 % and 98.7 %)", "✓ met"] in rows
    assert [
        "Not slower than by hand",
        "at most 1 s higher",
        "–",
        "○ missing",
        "Nothing has been measured yet.",
    ] in rows
    assert "What blocks Problem" in out
    assert "It will probably ship between" in out
    found = shell("status", "--format", "json").json
    assert found["phase"] == "problem"
    assert found["verdicts"]["accuracy"]["status"] == "met"
    assert found["gates"]["problem"]["blockers"][0] == "1a"
    assert found["next"][0]["do"]


def test_criteria(shell: Shell, stocked: str) -> None:
    lines = shell("criteria", "list").out.splitlines()
    assert lines[0].split() == ["KEY", "FAMILY", "ROLE", "BAR", "ON", "NAME"]
    assert lines[1] == "accuracy  ml      target     at least 95 %       all  Digits read right"
    assert lines[2] == "slower    system  guardrail  at most 1 s higher  all  Not slower than by hand"
    assert [c["key"] for c in shell("criteria", "list", "--format", "json").json] == ["accuracy", "slower"]


def test_evidence_is_listed_and_shown(shell: Shell, stocked: str) -> None:
    assert stocked[:12] in shell("evidence", "list", "--criterion", "accuracy").out
    assert "There is nothing yet." in shell("evidence", "list", "--kind", "count").out
    assert shell("evidence", "list", "--subject", "model:reader@m1", "--limit", "1", "--format", "json").json[0][
        "digest"
    ] == stocked  # fmt: skip
    said = shell("evidence", "show", stocked[:8]).out
    assert "digits read right: 98 %" in said
    assert "range       96.9 % and 98.7 % at 95 %, two-sided, wilson" in said
    assert "rests on    model:reader@m1" in said
    assert "accuracy, Digits read right, met" in said


def test_evidence_that_is_shown_as_json_can_be_stored_again(shell: Shell, stocked: str) -> None:
    shown = shell("evidence", "show", stocked, "--format", "json").json["stored"]["evidence"]
    assert read_evidence(shown).digest() == stocked
    shell.write("again.json", json.dumps(shown))
    assert shell("evidence", "add", "again.json").out.startswith(
        f"{stocked[:12]}  was there already as record"
    )


@pytest.mark.parametrize("form", ["json", "jsonl", "yaml", "stdin"])
def test_evidence_is_stored_from_a_file(shell: Shell, stocked: str, form: str) -> None:
    more = [measured(n).plain() for n in (970, 971)]
    if form == "stdin":
        out = shell("evidence", "add", "-", stdin=json.dumps(more)).out
    else:
        text = "\n".join(map(json.dumps, more)) if form == "jsonl" else json.dumps(more)
        shell.write(f"more.{form}", text)
        out = shell("evidence", "add", f"more.{form}").out
    assert [line.split()[1] for line in out.splitlines()] == ["stored", "stored"]
    assert len(shell("evidence", "list", "--format", "json").json) == 3


def test_documents(shell: Shell, project: Project) -> None:
    shell.write("ws.yaml", "what: Forms are read by hand.\nwho: Clerks\n")
    assert "five_ws is at version 1" in shell("documents", "put", "five_ws", "ws.yaml").out
    shell.write("talk.json", json.dumps({"role": "clerk", "held_on": "2026-01-05"}))
    assert "interview clerk-1 is at version 1" in shell(
        "documents", "put", "interview", "talk.json", "--key", "clerk-1"
    ).out  # fmt: skip
    assert shell("documents", "show", "five_ws").json["who"] == "Clerks"
    assert shell("documents", "show", "interview", "clerk-1").json["held_on"] == "2026-01-05"
    assert "Talk with a user" in shell("documents", "list").out
    assert [d["kind"] for d in shell("documents", "list", "--kind", "five_ws", "--format", "json").json] == [
        "five_ws"
    ]
    refused = shell("documents", "put", "five_ws", "ws.yaml", "--expect", "0", code=2)
    assert "it is at version 1, you had 0" in refused.err


def test_kinds_of_documents_need_no_project(mine: Shell) -> None:
    assert "five_ws" in mine("documents", "kinds").out
    assert "properties" in mine("documents", "kinds", "--format", "json").json["five_ws"]


def test_what_is_stale_says_how_it_is_run_again(shell: Shell, stocked: str) -> None:
    assert shell("reruns").out == "Nothing is stale.\n"
    shell("subject", "set", "model:reader@m1")
    out = shell("subject", "set", "model:reader@m2", "--from", "dataset:train@v3", "--note", "retrained").out
    assert out == "model:reader is at m2 (phase model)\n1 to be run again: see `sextant reruns`.\n"
    assert "model reader is now m2, and it was taken on m1" in shell("reruns").out
    assert shell("reruns", "--format", "json").json[0]["digest"] == stocked
    assert "model:reader  m2" in shell("subject", "list").out
    assert shell("subject", "list", "--format", "json").json[0]["depends"][0]["name"] == "train"


def test_risks_and_timeline(shell: Shell, project: Project) -> None:
    assert shell("risks").out == "No risks are written down.\n"
    project.put_risks(
        [
            {"text": "Ink fades", "likelihood": 2, "impact": 5},
            {"text": "Late scans", "likelihood": 5, "impact": 4},
        ]
    )
    assert [line.split()[0] for line in shell("risks").out.splitlines()] == ["KEY", "late-scans", "ink-fades"]
    assert shell("risks", "--format", "json").json[0]["impact"] == 4
    out = shell("timeline").out
    assert [line.split()[0] for line in out.splitlines()[1:7]] == [
        "Problem", "Data", "Model", "Evaluation", "Deployment", "Maintenance",
    ]  # fmt: skip
    assert "It will probably ship between" in out
    assert shell("timeline", "--format", "json").json["forecast"]["draws"] > 0


@pytest.mark.parametrize("form", ["md", "html", "pdf", "docx"])
def test_a_plan_proves_later_that_the_log_was_not_changed(
    shell: Shell, stocked: str, project: Project, form: str
) -> None:
    assert shell("plan", "-o", f"plan.{form}").out == f"Wrote plan.{form}\n"
    out = shell("audit", "verify", "--head", f"plan.{form}").out
    assert "the log is intact" in out
    assert "checked against 1 signed head(s)" in out
    found = shell("audit", "verify", "--head", f"plan.{form}", "--format", "json").json
    assert (found["intact"], found["fault"], found["rows"]) == (True, None, [])
    assert found["records"] == project.head().sequence


def test_a_plan_is_shown_as_text_and_written_in_the_format_that_is_asked_for(
    shell: Shell, stocked: str, project: Project
) -> None:
    text = shell("plan").out
    assert text.startswith(f"# {project.info.name}: plan\n")
    for heading in ("Problem", "Targets", "Data", "Approach", "Evaluation", "Deployment", "Maintenance", "Timeline",
                    "Risks", "Signed head of the log"):  # fmt: skip
        assert f"\n## {heading}\n" in text
    assert re.search(
        r"\| Digits read right \| – \| at least 95 % \| – \| 98 % \(96\.\d+–98\.\d+ %\) \| met \|", text
    )
    assert shell("plan", "--format", "html").out.startswith("<!doctype html>")
    assert shell("plan", "-o", "kept", "--format", "docx").out == "Wrote kept\n"
    assert (shell.folder / "kept").read_bytes().startswith(b"PK")


def test_what_is_printed_to_no_terminal_has_no_colours_and_is_not_wrapped(
    shell: Shell, stocked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    out = shell("gate", code=1).out
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) > 60
