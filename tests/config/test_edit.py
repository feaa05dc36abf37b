"""Changing the file in place: what is not changed stays to the letter."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sextant.config import Config, Settings, change_criteria, change_settings, loads
from sextant.config.edit import dump
from sextant.criteria import Criterion
from sextant.errors import Conflict
from tests.config.making import configs, criteria

TEXT = """\
# The reader of paper forms
version: 1
project:
  slug: reader        # short
  name: "Digit reader"

rigor: standard

criteria:
  # --- what counts ---
  - key: right   # the one
    name: Digits read right
    family: ml
    metric: accuracy
    unit: share
    direction: at_least
    threshold:  0.95   # agreed in May
    note: |
      Two lines
      of note

  # --- speed ---
  - {key: slow, name: Slow, family: system, metric: p95, unit: ms, direction: at_most, threshold: 200}
  - key: cost
    name: Cost
    family: cost
    metric: cost
    unit: USD
    direction: at_most
    threshold: 1
    baseline:
      value: 3   # measured
      source: the old log
    owner: ML lead   # last

# the data
datasets:
  test: {path: data/test.csv, role: test}
"""


def of(key: str, /, **changes: Any) -> Criterion:
    return Criterion.model_validate({**loads(TEXT).config.criterion(key).model_dump(), **changes})


def differences(new: str) -> tuple[list[str], list[str]]:
    """Lines that went and lines that came, in order; every other line is where it was."""
    old, came = TEXT.splitlines(), new.splitlines()
    import difflib

    marks = list(difflib.ndiff(old, came))
    return [m[2:] for m in marks if m[0] == "-"], [m[2:] for m in marks if m[0] == "+"]


CHANGES: dict[str, tuple[dict[str, Criterion | None], list[str], list[str]]] = {
    "a number, and the comment beside it stays": (
        {"right": of("right", threshold=0.97)},
        ["    threshold:  0.95   # agreed in May"],
        ["    threshold:  0.97   # agreed in May"],
    ),
    "a number inside of braces": (
        {"slow": of("slow", threshold=150)},
        ["  - {key: slow, name: Slow, family: system, metric: p95, unit: ms, direction: at_most, threshold: 200}"],
        ["  - {key: slow, name: Slow, family: system, metric: p95, unit: ms, direction: at_most, threshold: 150}"],
    ),
    "several lines taken out": (
        {"right": of("right", note=None)}, ["    note: |", "      Two lines", "      of note"], []
    ),
    "several lines changed into one": (
        {"right": of("right", note="one: # two\nthree")},
        ["    note: |", "      Two lines", "      of note"],
        ['    note: "one: # two\\nthree"'],
    ),
    "fields that are new": (
        {"right": of("right", due="2026-12-31", slice={"digit": "8"})},
        [],
        ["    due: 2026-12-31", '    slice: {digit: "8"}'],
    ),
    "a field that is new inside of braces": (
        {"slow": of("slow", owner="Ops")},
        ["  - {key: slow, name: Slow, family: system, metric: p95, unit: ms, direction: at_most, threshold: 200}"],
        ["  - {key: slow, name: Slow, family: system, metric: p95, unit: ms, direction: at_most, threshold: 200, owner: Ops}"],
    ),
    "a part of a group": (
        {"cost": of("cost", baseline={"value": 2.5, "source": "the old log", "at": "2026-01-01"})},
        ["      value: 3   # measured"],
        ["      value: 2.5   # measured", "      at: 2026-01-01"],
    ),
    "a group taken out": (
        {"cost": of("cost", baseline=None)},
        ["    baseline:", "      value: 3   # measured", "      source: the old log"],
        [],
    ),
    "a criterion taken out": (
        {"slow": None},
        ["  - {key: slow, name: Slow, family: system, metric: p95, unit: ms, direction: at_most, threshold: 200}"],
        [],
    ),
    "a criterion added, in the same form as the others": (
        {"new": of("slow", key="new", requires=("held_out",))},
        [],
        ["  - key: new", "    name: Slow", "    family: system", "    metric: p95", "    unit: ms",
         "    direction: at_most", "    threshold: 200", "    requires: [held_out]"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CHANGES)
def test_only_what_changed_changes(case: str) -> None:
    changes, went, came = CHANGES[case]
    assert differences(change_criteria(TEXT, changes)) == (went, came)


def test_the_settings_of_the_project() -> None:
    new = change_settings(TEXT, Settings(name="New: name", summary="Reads forms", rigor="regulated"))
    assert differences(new) == (
        ['  name: "Digit reader"', "rigor: standard"],
        ['  name: "New: name"', "  summary: Reads forms", "rigor: regulated"],
    )


def test_all_taken_out_and_all_new() -> None:
    empty = change_criteria(TEXT, dict.fromkeys(("right", "slow", "cost")))
    assert loads(empty).config.criteria == ()
    assert "# the data" in empty and "criteria: []" in empty
    again = change_criteria(empty, {"right": of("right")})
    assert loads(again).config.criteria == (of("right"),)
    bare = change_criteria("project: {slug: a, name: A}", {"right": of("right")})
    assert loads(bare).config.criteria == (of("right"),)


def test_a_change_that_would_reach_another_target_is_refused() -> None:
    shared = TEXT.replace("  0.95 ", "  &bar 0.95 ").replace("threshold: 1\n", "threshold: *bar\n")
    with pytest.raises(Conflict, match="in the file's text alone"):
        change_criteria(shared, {"cost": of("cost", threshold=2)})


def test_nothing_changed_is_nothing_changed() -> None:
    assert change_criteria(TEXT, {"right": of("right"), "gone": None}) == TEXT
    assert change_settings(TEXT, Settings.of(loads(TEXT).config)) == TEXT


@given(configs())
@settings(max_examples=30)
def test_a_config_survives_its_file(config: Config) -> None:
    assert loads(dump(config)).config == config


@given(configs(), st.data())
@settings(max_examples=30)
def test_any_change_arrives_and_nothing_else(config: Config, data: st.DataObject) -> None:
    text = dump(config)
    # The role stays: a target that a check measures with one number cannot become a guardrail.
    roles = {c.key: c.role for c in config.criteria} | {"brand-new": "target"}
    key = data.draw(st.sampled_from(sorted(roles)))
    changed = data.draw(criteria(key, roles[key]))
    wanted = {c.key: c for c in config.criteria} | {changed.key: changed}
    new = loads(change_criteria(text, {changed.key: changed})).config
    assert {c.key: c for c in new.criteria} == wanted
    assert new.model_copy(update={"criteria": ()}) == config.model_copy(update={"criteria": ()})
