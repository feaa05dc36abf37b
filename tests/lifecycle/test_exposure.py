"""When real users first met the model, by hand; which records of a topic are read; and which parts apply."""

from __future__ import annotations

from typing import Any

import pytest

from sextant.criteria import Setting
from sextant.evidence import Version
from sextant.lifecycle.checklist import ITEMS
from sextant.lifecycle.exposure import first_exposure
from sextant.lifecycle.parts import PART_KEYS, PARTS, applicable
from sextant.lifecycle.records import each, every, kept, latest
from sextant.lifecycle.state import ProjectState, Round
from sextant.reports import Experiment, ModelRun, MonitorSample, RolloutStep
from tests.lifecycle.factory import MODEL, day, report, state

OLDER = Version.parse("model:reader@m0")


def experiment(start: float, **changes: Any) -> Experiment:
    plain = {
        "name": "drafts", "design_digest": "d", "arms": {"a": 1}, "shares": {"a": 1.0}, "sample_ratio_p": 1.0,
        "started_at": day(start), "ended_at": day(start + 1), "concluded": True, "rule_says": "ship", "why": "It held.",
        "setting": Setting.EXPERIMENT,
    }  # fmt: skip
    return report(Experiment, **{**plain, **changes})


def rollout(start: float, exposed: int) -> RolloutStep:
    return report(
        RolloutStep, rollout="r", step=0, share=0.1, exposed=exposed, decision="start", why="It began.",
        period_start=day(start), setting=Setting.ROLLOUT,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "first"),
    [
        ({}, None),
        ({"exposed_at": day(-3)}, -3),
        ({"exposed_at": day(3)}, None),
        ({"evidence": [experiment(-5)]}, -5),
        ({"evidence": [rollout(-4, 10)]}, -4),
        ({"evidence": [rollout(-4, 0)]}, None),
        ({"evidence": [rollout(-4, 10), experiment(-5)], "exposed_at": day(-3)}, -5),
        ({"exposed_at": day(-3), "rounds": (Round("deployment", 2, day(-2)),)}, None),
        ({"exposed_at": day(-3), "rounds": (Round("data", 2, day(-2)),)}, -3),
        (
            {
                "exposed_at": day(-9),
                "evidence": [experiment(-1)],
                "rounds": (Round("deployment", 2, day(-2)),),
            },
            -1,
        ),
        ({"exposed_at": day(-9), "opened_at_phase": "evaluation", "created_at": day(-5)}, None),
        ({"exposed_at": day(-9), "created_at": day(-5)}, -9),
    ],
)
def test_first_exposure(fields: dict[str, Any], first: float | None) -> None:
    assert first_exposure(state(**fields), "deployment") == (None if first is None else day(first))


def test_records_come_with_their_type_the_latest_first() -> None:
    def run(model: Version, at: float) -> ModelRun:
        return report(ModelRun, model=model, approach="rules", at=day(at))

    new, old = run(MODEL, -1), run(OLDER, -2)
    there = state(evidence=[old, new])
    assert [found for found, _ in kept(there, ModelRun, "reader")] == [new, old]
    found = latest(there, ModelRun, "reader", on=OLDER)
    assert found and found[0] == old and found[1].digest == old.digest()
    newest = latest(there, ModelRun, "reader")
    assert newest and newest[0] == new
    assert latest(there, ModelRun, "writer") is None and latest(there, MonitorSample, "reader") is None
    assert [found for found, _ in each(there, ModelRun)] == [new]
    assert [found for found, _ in every(there, ModelRun)] == [old, new]


def test_parts_belong_to_items_and_each_can_be_excused() -> None:
    assert PARTS.keys() <= ITEMS.keys() and len(PART_KEYS) == 7
    for item, parts in PARTS.items():
        assert applicable(state(), item) == parts
        for part in parts:
            excused: ProjectState = state(not_applicable={f"{item}:{part}": "it cannot happen"})
            assert applicable(excused, item) == tuple(p for p in parts if p != part)
