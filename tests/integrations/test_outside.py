"""Evaluations that other tools have run: logs written by inspect-ai 0.3.285 and results by promptfoo 0.121.20, each by the
tool itself on made cases with a made model (what is bulky and not read was cut from the JSON files)."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sextant.criteria import Criterion
from sextant.errors import InvalidInput
from sextant.evaluation.outside import Case, Outside, evidence, scored
from sextant.evidence import Mean, Version
from sextant.verdicts import Proof, Status, judge
from sextant_cli.outside import read as command
from sextant_integrations.inspect_ai import incoming as inspect_ai
from sextant_integrations.promptfoo import incoming as promptfoo

LOGS = Path(__file__).parent / "logs"
RIGHT = Criterion(
    key="right", name="Right", family="ml", metric="match", unit="share", direction="at_least", threshold=0.2
)


def test_a_log_of_inspect_ai_says_what_its_own_results_say() -> None:
    # Six samples, two epochs; one breaks both times. inspect-ai leaves it out (0.4 of five); here it is a miss.
    found = inspect_ai.read(LOGS / "inspect.json")
    own = json.loads((LOGS / "inspect.json").read_text())["results"]["scores"][0]["metrics"]["accuracy"][
        "value"
    ]
    assert (found.tool_version, found.name, found.model, found.planned, found.runs) == (
        "0.3.285", "parity", "echo/one", 6, 2,
    )  # fmt: skip
    assert found.errors == 2 and found.scores == ("match", "includes")
    taken = scored(found, "match")
    assert sum(taken.values) / 5 == pytest.approx(own) == 0.4
    proof = evidence(found, RIGHT, score="match", model=Version.parse("reader@m1", "model"))
    # Each case counts once, however often it was run.
    assert (proof.kind, proof.n, proof.value) == ("proportion", 6, pytest.approx(2 / 6))
    assert proof.note == "2 ended in an error, and count as wrong."
    assert proof.soundness[0].holds is True and proof.soundness[0].detail == "6 of 6 cases are there"
    assert scored(found, "match", {"group": "a"}).values == (0.0, 0.0, 1.0)


def test_the_zipped_form_is_read_too() -> None:
    found = inspect_ai.read(LOGS / "inspect.eval")
    with zipfile.ZipFile(LOGS / "inspect.eval") as packed:
        assert packed.getinfo("header.json").compress_type == 93
    assert (found.planned, found.runs, len(found.cases), found.errors) == (3, 2, 6, 0)
    assert evidence(found, RIGHT, score="match").value == pytest.approx(1 / 3)


def test_results_of_promptfoo() -> None:
    # Four tests asked twice with each of two prompts: two right, one broken, one wrong.
    one, other = promptfoo.read(LOGS / "promptfoo.json")
    assert [o.name for o in (one, other)] == ["promptfoo, prompt 1", "promptfoo, prompt 2"]
    assert (one.model, one.runs, len(one.cases), one.errors) == ("echo-one", 2, 8, 2)
    own = json.loads((LOGS / "promptfoo.json").read_text())["results"]["stats"]
    assert sum(c.scores.get("pass", 0) for c in (*one.cases, *other.cases)) == own["successes"] == 8
    assert one.errors + other.errors == own["errors"]
    proof = evidence(one, RIGHT, score="pass")
    assert (proof.kind, proof.n, proof.value) == ("proportion", 4, 0.5)
    assert scored(one, "words").unscored == 4


def outside(*cases: Case, **more: Any) -> Outside:
    return Outside("tool", "1", "e", "m", inspect_ai.read(LOGS / "inspect.json").at, cases, "0" * 64, **more)


def test_runs_that_differ_are_a_mean_over_cases() -> None:
    cases = [Case(str(i), {"s": float((i + run) % 3 > 0)}) for i in range(12) for run in range(2)]
    proof = evidence(outside(*cases, runs=2), RIGHT)
    assert isinstance(proof, Mean) and proof.n == 12 and proof.value == pytest.approx(2 / 3)


def test_cases_that_lack_are_no_proof() -> None:
    cases = [Case(str(i), {"s": 1.0}) for i in range(50)]
    for found in (
        outside(*cases, planned=60), outside(*cases, finished=False, why="its status is cancelled"),
        outside(*cases, Case("x", {})),
    ):  # fmt: skip
        told = judge(RIGHT, [Proof(evidence(found, RIGHT), "d")], now=found.at)
        assert told.status is Status.MISSING and "every test row has an answer" in told.reason
    assert judge(RIGHT, [Proof(evidence(outside(*cases), RIGHT), "d")], now=found.at).status is Status.MET


def test_scores_beyond_a_share() -> None:
    cases = [Case(str(i), {"points": 1.0 + i}) for i in range(5)]
    points = RIGHT.model_copy(update={"unit": "points"})
    proof = evidence(outside(*cases, Case("x", error="broke")), points)
    assert (proof.value, proof.n, proof.note) == (3.0, 5, "1 ended in an error, and were left out.")
    with pytest.raises(InvalidInput, match="is in points"):
        evidence(outside(Case("a", {"s": 1.0})), points)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("C", 1.0),
        ("I", 0.0),
        ("P", 0.5),
        ("N", 0.0),
        (True, 1.0),
        (0.3, 0.3),
        ("yes", 1.0),
        ("0.7", 0.7),
        ("well", None),
    ],
)
def test_grades(value: Any, number: float | None) -> None:
    body = json.loads((LOGS / "inspect.json").read_text())
    case = inspect_ai._case({**body["samples"][0], "scores": {"s": {"value": {"a": value}}}}, "x")
    assert case.scores.get("s.a") == number


@pytest.mark.parametrize("tool", [inspect_ai.read, promptfoo.read])
def test_what_is_no_log(tool: Any, tmp_path: Path) -> None:
    for name, text, rule in (
        ("cut.json", '{"eval": {', "cannot be read"), ("list.json", "[1]", "it (is no|holds no)"),
        ("other.json", '{"version": 9, "eval": {}, "results": {"version": 9}}', "in format [23]"),
    ):  # fmt: skip
        (tmp_path / name).write_text(text)
        with pytest.raises(InvalidInput, match=rule):
            tool(tmp_path / name)


def test_a_zip_that_is_cut_short(tmp_path: Path) -> None:
    whole = (LOGS / "inspect.eval").read_bytes()
    file = tmp_path / "cut.eval"
    file.write_bytes(whole[:3000])
    with pytest.raises(InvalidInput, match="cannot be read"):
        inspect_ai.read(file)
    damaged = bytearray(whole)
    with zipfile.ZipFile(LOGS / "inspect.eval") as packed:
        at = next(i for i in packed.infolist() if i.filename.startswith("samples/")).header_offset
    damaged[at + 100 : at + 160] = bytes(60)
    file.write_bytes(bytes(damaged))
    with pytest.raises(InvalidInput):
        inspect_ai.read(file)
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("_journal/start.json", "{}")
    with pytest.raises(InvalidInput, match="its run was cut short"):
        inspect_ai.read(file)


def test_what_the_command_says_is_there(tmp_path: Path) -> None:
    def asked(*words: str) -> str:
        result = CliRunner().invoke(command, words, standalone_mode=False)
        if result.exception:
            raise result.exception
        return result.output

    assert "parity" in asked(str(LOGS / "inspect.eval")) and "echo-one" in asked(str(LOGS / "promptfoo.json"))
    told = json.loads(asked(str(LOGS / "inspect.json"), "--format", "json"))
    assert [(one["score"], one["cases"], one["errors"]) for one in told] == [
        ("match", 6, 2),
        ("includes", 6, 2),
    ]
    with pytest.raises(InvalidInput, match="no evaluation is called"):
        asked(str(LOGS / "promptfoo.json"), "--evaluation", "prompt 9")
    with pytest.raises(InvalidInput, match="there are 2 evaluations"):
        asked(str(LOGS / "promptfoo.json"), "--criterion", "right")
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(InvalidInput, match="neither a log of inspect-ai nor results of promptfoo"):
        asked(str(tmp_path / "x.json"))
