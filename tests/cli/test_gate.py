"""`sextant gate`: its exit code, and each format as those who read it want it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from sextant.lifecycle.checklist import CHECKLIST
from sextant.lifecycle.gates import Action, Finding, GateState, ItemState
from sextant.lifecycle.phases import PHASES
from sextant.lifecycle.state import Decision
from sextant.verdicts import Status, Verdict
from sextant_cli.gate_formats import WRITERS
from tests.cli.conftest import Shell

#: One status after the other over the 32 items; every third item only advises.
STATUSES = list(Status)
NASTY = 'says: 50 %, <b>"no"</b> & more,\nthen :: stops \x0b'


def gates(status: Status | None = None) -> list[GateState]:
    """Six gates; all items of one status, or all statuses in turn. The last phase is not assessed."""
    items = [
        ItemState(
            item,
            Finding(
                status or STATUSES[n % 8],
                NASTY,
                ("e" * 64,),
                ("accuracy",) if n % 2 else (),
                Action("Do it", "x"),
            ),
            blocking=n % 3 != 0,
        )
        for n, item in enumerate(CHECKLIST)
    ]
    made = [
        GateState(p.key, p.key != "maintenance", tuple(i for i in items if i.item.phase == p.key), 1)
        for p in PHASES
    ]
    decision = Decision("problem", 1, "pass", "Ann", datetime(2026, 1, 5, tzinfo=UTC))
    return [replace(made[0], decision=decision, earlier=decision), *made[1:-1], replace(made[-1], items=())]


FILE = """project: {slug: forms, name: Forms}
criteria:
  - key: other
  # the one that counts
  - name: Digits
    key: accuracy
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "sextant.yaml"
    path.write_text(FILE)
    return path


def blockers() -> list[ItemState]:
    return [i for g in gates() for i in g.blockers]


def test_the_statuses_in_turn_block_some_and_not_others() -> None:
    assert {i.status for i in blockers()} == {Status.UNMET, Status.MISSING, Status.STALE, Status.NOT_ENOUGH}


def test_json(file: Path) -> None:
    body = json.loads(WRITERS["json"]("forms", gates(), file))
    assert body["open"] is False
    assert [g["phase"] for g in body["gates"]] == [p.key for p in PHASES]
    assert body["gates"][0]["decision"]["by"] == "Ann"
    assert [k for g in body["gates"] for k in g["blockers"]] == [i.item.key for i in blockers()]
    assert body["gates"][0]["items"][0]["reason"] == NASTY


def test_junit_counts_what_it_holds(file: Path) -> None:
    root = ElementTree.fromstring(WRITERS["junit"]("forms", gates(), file))  # noqa: S314 (our own text)
    suites = root.findall("testsuite")
    assert [s.get("name") for s in suites] == [p.name for p in PHASES[:-1]]
    for element in (root, *suites):
        assert int(element.get("tests", "")) == len(element.findall(".//testcase"))
        assert int(element.get("failures", "")) == len(element.findall(".//failure"))
        assert int(element.get("skipped", "")) == len(element.findall(".//skipped"))
        assert element.get("errors") == "0"
    assert root.get("failures") == str(len(blockers()))
    for case in root.iter("testcase"):
        # What the usual schema allows: a name, a class name, a time, and at most one outcome.
        assert set(case.attrib) == {"name", "classname", "time"}
        assert len(case) <= 1
    [first] = [c for c in root.iter("testcase") if c.get("name", "").startswith(f"{blockers()[0].item.key} ")]
    failure = first.find("failure")
    assert failure is not None
    assert failure.get("type") == blockers()[0].status.value
    assert failure.text == NASTY.replace("\x0b", "?")


def test_sarif_has_a_rule_for_each_item_and_a_result_for_each_blocker(file: Path) -> None:
    log = json.loads(WRITERS["sarif"]("forms", gates(), file))
    assert log["version"] == "2.1.0"
    [run] = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "Sextant"
    assert [r["id"] for r in driver["rules"]] == [i.key for i in CHECKLIST]
    for rule in driver["rules"]:
        assert rule["shortDescription"]["text"]
        assert re.fullmatch("[A-Za-z]+", rule["name"])
    assert [r["ruleId"] for r in run["results"]] == [i.item.key for i in blockers()]
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert (result["level"], result["kind"]) == ("error", "fail")
        [location] = result["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"] == "sextant.yaml"
        assert location["physicalLocation"]["region"]["startLine"] >= 1
    prints = [r["partialFingerprints"]["sextantItem/v1"] for r in run["results"]]
    assert len(set(prints)) == len(prints)
    assert json.loads(WRITERS["sarif"]("forms", gates(Status.MET), file))["runs"][0]["results"] == []


def test_results_point_to_the_line_of_their_criterion(file: Path) -> None:
    found = json.loads(WRITERS["sarif"]("forms", gates(), file))["runs"][0]["results"]
    lines = {r["ruleId"]: r["locations"][0]["physicalLocation"]["region"]["startLine"] for r in found}
    for item in blockers():
        assert lines[item.item.key] == (6 if item.finding.criteria else 1)
    assert '"startLine": 6' not in WRITERS["sarif"]("forms", gates(), None)


def test_github_commands_survive_every_character(file: Path) -> None:
    lines = WRITERS["github"]("forms", gates(), file).split("\n")
    errors = [line for line in lines if line.startswith("::error ")]
    assert len(errors) == len(blockers())
    assert all(line.startswith(("::error ", "::notice ")) for line in lines)
    place, data = re.fullmatch(r"::error (.*?)::(.*)", errors[0]).groups()  # type: ignore[union-attr]
    assert place.startswith("file=sextant.yaml,line=")
    assert re.fullmatch(r"file=[^,:]*,line=\d+,title=[^,:\r\n]*", place)
    assert data == NASTY.replace("%", "%25").replace("\n", "%0A")
    assert WRITERS["github"]("forms", gates(Status.MET), file) == "::notice title=Sextant::Nothing blocks."


def test_targets_behind_what_blocks_are_told_one_by_one(file: Path) -> None:
    failing = Verdict(
        Status.UNMET, "94 % (between 93 % and 95 %); the bar is at least 98 %.", "accuracy", 0.94
    )
    told = {"accuracy": failing, "other": Verdict(Status.UNMET, "no item rests on it", "other")}
    said = {name: write("forms", gates(), file, told) for name, write in WRITERS.items()}
    [line] = [one for one in said["github"].split("\n") if "Target accuracy" in one]
    assert line.startswith(
        "::error file=sextant.yaml,line=6,title=Target accuracy (not met)::94 %25 (between"
    )
    [run] = json.loads(said["sarif"])["runs"]
    [result] = [r for r in run["results"] if r["ruleId"] == "target"]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "target"
    assert result["message"]["text"].startswith("accuracy (not met): 94 %")
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 6
    root = ElementTree.fromstring(said["junit"])  # noqa: S314 (our own text)
    assert [c.get("name") for c in root.findall("testsuite[@name='Targets']/testcase")] == ["accuracy"]
    assert root.get("failures") == str(len(blockers()) + 1)
    assert "| accuracy | not met | 94 %" in said["markdown"]
    assert not any("no item rests on it" in text for text in said.values())
    met = {"accuracy": Verdict(Status.MET, "fine", "accuracy")}
    assert WRITERS["github"]("forms", gates(), file, met) == WRITERS["github"]("forms", gates(), file)


def test_markdown_is_a_table_whatever_the_words(file: Path) -> None:
    said = WRITERS["markdown"]("forms", gates(), file).split("\n")
    rows = [line for line in said if line.startswith("| ")]
    assert len(rows) == len(blockers()) + 1
    assert said[0].startswith(f"## forms: {len(blockers())} block (Problem, Data")
    assert "<b>" not in "".join(said)
    assert WRITERS["markdown"]("forms", gates(Status.MET), file).startswith("## forms: nothing blocks")


def test_a_blocked_gate_is_exit_1_and_an_open_one_0(shell: Shell) -> None:
    out = shell("gate", "problem", code=1).out
    assert out.splitlines()[0].endswith("6 items block: Problem (6)")
    assert "✕" not in out
    assert "○ missing" in out
    assert "1a  The problem is defined and its impact can be measured" in out
    for form in WRITERS:
        shell("gate", "problem", "--format", form, code=1)
    assert shell("gate", "--project", shell.slug, code=1).out.count("blocked by") == 6


def test_what_nobody_assesses_blocks_nothing(mine: Shell) -> None:
    from sextant_client import connect

    with connect() as client:
        client.create_project("live", "Live already", opened_at_phase="maintenance")
    out = mine("gate", "problem", "data", "--project", "live").out
    assert "Live already: nothing blocks" in out
    assert "Problem: not assessed, the project began later" in out
    assert 'tests="0"' in mine("gate", "problem", "--project", "live", "--format", "junit").out


def test_what_blocks_comes_first(mine: Shell) -> None:
    mine("not-applicable", "1a", "--reason", "an internal tool", "--by", "Ann")
    items = [
        line.split()[2]
        for line in mine("gate", "problem", code=1).out.splitlines()
        if re.match("  [○⊘]", line)
    ]
    assert items[-1] in ("applicable", "1a")
    assert "1b" in items[0]


def test_a_phase_is_named_as_the_tables_print_it(shell: Shell) -> None:
    assert shell("gate", "Problem", code=1).out == shell("gate", "problem", code=1).out


@pytest.mark.parametrize("phase", ["shipping", "1"])
def test_no_such_phase(shell: Shell, phase: str) -> None:
    assert "is not one of 'problem', 'data'" in shell("gate", phase, code=2).err
