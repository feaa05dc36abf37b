"""Reading `sextant.yaml`: what it says, and every fault with its place."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path
from typing import get_args

import pytest

from sextant.config import CHECKS, Config, load, loads, write
from sextant.config.model import Rigor
from sextant.errors import ConfigError, Conflict, Unavailable
from sextant.lifecycle.rigor import PROFILES
from sextant.tables import Range

HEAD = "project: {slug: reader, name: Reader}\n"
TARGET = "{key: right, name: Right, family: ml, metric: accuracy, unit: share, direction: at_least, threshold: 0.9}"
FULL = f"""\
version: 1
project:
  slug: reader
  name: Reader
rigor: light
criteria:
  - {TARGET}
  - key: slow
    name: Slow answers
    family: system
    metric: p95
    unit: ms
    direction: at_most
    threshold: 200
    slice: {{digit: 8, faded: true}}
datasets:
  test: {{path: test.csv, role: test, key: id, target: digit}}
predictions:
  m3: {{path: m3.csv, model: reader@m3, prediction: said, dataset: test, key: id}}
checks:
  - check: evaluation
    criterion: right
    predictions: m3
    metric: accuracy
    where: {{digit: [1, 2], ink: {{at_least: 0.5}}}}
  - {{check: quality, dataset: test}}
"""


def faults(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loads(text, file="f")
    return [str(f).removeprefix("f:") for f in caught.value.faults]


def test_a_whole_file() -> None:
    loaded = loads(FULL)
    config = loaded.config
    assert (config.rigor, config.project.currency) == ("light", "USD")
    assert config.criterion("slow").slice == {"digit": "8", "faded": "true"}
    assert str(config.predictions["m3"].model) == "model:reader@m3"
    check = config.checks[0]
    assert check.check == "evaluation" and check.where == {"digit": (1, 2), "ink": Range(at_least=0.5)}
    assert [c.id for c in config.checks] == ["right", "quality-test"]
    mark = loaded.marks["criteria", 1, "unit"]
    assert FULL.splitlines()[mark.line - 1][mark.column - 1 :] == "unit: ms"


#: The text after the head, and what is said about it: line, column, and a part of the sentence.
BAD: dict[str, tuple[str, str]] = {
    "an unknown key": ("rigour: light", "2:1: there is no field `rigour` here. Did you mean `rigor`?"),
    "a wrong word": ("rigor: strict", "2:8: `rigor` is 'strict' (one of light, standard, regulated)"),
    "a criterion without a unit": (
        f"criteria:\n  - {TARGET.replace('unit: share, ', '')}",
        "3:5: `unit` is missing (What it is counted in: share (0.95 is 95 %), %, ms, s, USD or rows). Add `unit` here",
    ),
    "a threshold in words": (
        f"criteria:\n  - {TARGET.replace('0.9', 'high')}",
        "3:106: `threshold` is 'high' (a number is needed)",
    ),
    "a threshold that is no number": (
        f"criteria:\n  - {TARGET.replace('0.9', '.nan')}",
        "3:106: `threshold` is nan (a threshold is a finite number)",
    ),
    "a guardrail below zero": (
        f"criteria:\n  - {TARGET.replace('0.9', '-1, role: guardrail')}",
        "3:5: a guardrail's threshold is a margin",
    ),
    "one key for two": (f"criteria:\n  - {TARGET}\n  - {TARGET}", "4:6: two things are called `right`"),
    "a key given twice": ("rigor: light\nrigor: standard", "3:1: `rigor` is given twice; first in line 2"),
    "a name in capitals": ("datasets: {Test: {path: a}}", "2:18: `Test` is 'Test' (a name has small letters"),
    "a model without version": (
        "predictions: {p: {path: a, model: reader, prediction: x}}",
        "2:35: `model` is 'reader' ('reader' names no version",
    ),
    "an unknown check": (
        "checks: [{check: evaluatoin}]",
        "2:18: there is no check called 'evaluatoin' (a check is one of",
    ),
    "a check without its kind": ("checks: [{dataset: a}]", "2:10: `check` is missing"),
    "an unknown dataset": (
        "datasets: {test: {path: a}}\nchecks: [{check: quality, dataset: tset}]",
        "3:36: 'tset' is not the name of a dataset here (datasets are test). Did you mean 'test'?",
    ),
    "an unknown criterion": (
        "datasets: {test: {path: a}}\nchecks: [{check: rows, criterion: many, table: test}]",
        "3:35: 'many' is not the name of a criterion here (no criteria are declared). Declare it under `criteria`",
    ),
    "unknown predictions": (
        "checks: [{check: slices, predictions: m3}]",
        "2:39: 'm3' is not the name of predictions here",
    ),
    "an unknown leading indicator": (
        f"criteria:\n  - {TARGET.replace('0.9', '0.9, leading: gone')}",
        "'gone' is not the name of a criterion",
    ),
    "an unknown condition": (
        "datasets: {d: {path: a}}\nchecks: [{check: slices, predictions: p, where: {a: {at_lest: 3}}}]",
        "there is no field `at_lest` here. Did you mean `at_least`?",
    ),
    "a class that is missing": (
        "checks: [{check: evaluation, criterion: a, predictions: p, metric: recall}]",
        "2:10: recall is about one class: name it in `positive`",
    ),
    "a class without effect": (
        "checks: [{check: evaluation, criterion: a, predictions: p, metric: accuracy, positive: 1}]",
        "2:10: `positive` has no effect on accuracy: leave it out",
    ),
    "a list for a group": ("datasets: [a]", "2:11: `datasets` is a list (a group of fields is needed)"),
    "a number for a text": (
        "datasets: {d: {path: 3}}",
        "2:22: `path` is 3 (text is needed: put it in double quotes)",
    ),
    "no YAML": ("criteria: [", "this is no YAML:"),
    "a tag that runs code": (
        "rigor: !!python/object:os.system x",
        "2:8: this is no YAML: could not determine",
    ),
    "a second document": ("---\na: 1", "2:1: this is no YAML:"),
    "aliases without end": ("rigor: &a [*a]", "the file says too much, or repeats itself without end"),
    "aliases of aliases": (
        "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
        + "\n".join(f"{b}: &{b} [{', '.join(['*' + a] * 9)}]" for a, b in zip("abcde", "bcdef", strict=True)),
        "the file says too much",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_fault_is_named_with_its_place(case: str) -> None:
    text, said = BAD[case]
    assert any(said in fault for fault in faults(HEAD + text)), faults(HEAD + text)


def test_all_faults_come_at_once_in_the_order_of_the_file() -> None:
    text = (
        HEAD
        + f"rigor: strict\ncriteria:\n  - {TARGET.replace('0.9', 'high')}\nchecks:\n  - {{check: rows, tabel: x}}"
    )
    found = faults(text)
    assert [f.split(":")[0] for f in found] == ["2", "4", "6", "6", "6"]
    with pytest.raises(ConfigError) as caught:
        loads(text, file="f")
    assert str(caught.value) == "f: 5 faults\n" + "\n".join(f"f:{f}" for f in found)


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ("{check: evaluation, criterion: slow, predictions: m3, metric: accuracy}", "slow is in ms"),
        ("{check: evaluation, name: x, criterion: right, predictions: m3, metric: accuracy, labels_agreed_by: slow}",
         "no agreement check measures slow"),
        ("{check: evaluation, name: x, criterion: right, predictions: m3, metric: brier, positive: 1}", "`score` is missing"),
        ("{check: rows, criterion: right, table: test}", "two checks are called 'right'"),
        ("{check: evaluation, criterion: harm, predictions: m3, metric: accuracy}", "harm is a guardrail"),
        ("{check: evaluation, name: x, criterion: right, predictions: blind, metric: accuracy}", "where the right answers are"),
        ("{check: evaluation, name: x, criterion: right, predictions: loose, metric: accuracy}", "cannot be laid beside"),
    ],
)  # fmt: skip
def test_what_only_several_parts_can_get_wrong(check: str, said: str) -> None:
    text = FULL + f"  - {check}\n"
    text = text.replace(
        "criteria:\n",
        f"criteria:\n  - {TARGET.replace('right', 'harm').replace('0.9', '0.01, role: guardrail')}\n",
    )
    more = "  blind: {path: b.csv, model: reader@m3, prediction: said}\n"
    more += "  loose: {path: b.csv, model: reader@m3, prediction: said, dataset: test}\n"
    found = faults(text.replace("predictions:\n", "predictions:\n" + more, 1))
    assert len(found) == 1 and said in found[0], found


def test_an_empty_file_says_what_to_do() -> None:
    assert faults("") == ["1:1: the file says nothing (it holds fields such as `project:` and `checks:`). "
                          "Run `sextant init` to write one"]  # fmt: skip


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "sextant.yaml"
    with pytest.raises(Unavailable, match="sextant init"):
        load(path)
    path.write_bytes(b"project:\n  slug: caf\xe9\n")
    with pytest.raises(ConfigError, match=r"sextant.yaml:2: it is not UTF-8 text"):
        load(path)
    config = loads(FULL).config
    with pytest.raises(Conflict, match="such a file already"):
        write(config, path)
    assert path.read_bytes().endswith(b"caf\xe9\n")
    write(config, path, replace=True)
    assert load(path).config == config
    assert [p.name for p in tmp_path.iterdir()] == ["sextant.yaml"]
    with pytest.raises(Unavailable):
        write(config, tmp_path / "no" / "folder.yaml")


def test_rigor_is_the_same_list_everywhere() -> None:
    assert get_args(Rigor) == tuple(PROFILES)


def test_every_check_has_a_table_and_a_way_to_run() -> None:
    from sextant.lifecycle.measures.kinds import KINDS

    assert KINDS.keys() == CHECKS.keys()
    for cls in CHECKS.values():
        assert cls.about in cls.model_fields


@pytest.mark.parametrize("module", ["load", "edit", "sync", "schema"])
def test_examples_run(module: str) -> None:
    found = doctest.testmod(importlib.import_module(f"sextant.config.{module}"))
    assert found.attempted and not found.failed


def test_config_is_a_plain_value() -> None:
    config = loads(FULL).config
    assert Config.model_validate(config.plain()) == config
