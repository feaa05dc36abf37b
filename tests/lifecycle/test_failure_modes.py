"""The eight ways to fail: each is seen when it is there, not seen when it is not, and unknown before it can be told."""

from __future__ import annotations

from typing import Any

import pytest

from sextant.criteria import Baseline, Binding, Setting
from sextant.data.documents import DataRequirement
from sextant.evidence import Count
from sextant.lifecycle.failure_modes import FAILURE_MODES, FailureMode, detect
from sextant.lifecycle.state import Decision, PhasePlan, Round
from sextant.lifecycle.timeline import default_plan
from sextant.problem.documents import FiveWs, Interview
from sextant.reports import ModelRun, RolloutStep
from sextant.verdicts import Waiver
from tests.lifecycle.factory import MODEL, criterion, day, on, proportion, report, state, written
from tests.lifecycle.launch import launch

TRAINED = report(ModelRun, model=MODEL, approach="convolutional network")


def mode(key: str, **fields: Any) -> FailureMode:
    found = FAILURE_MODES[key](state(**fields))
    assert found.key == key and found.title and found.todo and found.symptom.endswith((".", ".)"))
    assert found.action is not None or not found.present, "what is there names one thing to do"
    return found


def passed(*phases: str) -> tuple[Decision, ...]:
    return tuple(Decision(p, 1, "pass", "Ada", day(-60 + 5 * i)) for i, p in enumerate(phases))


@pytest.mark.parametrize("key", FAILURE_MODES)
def test_an_empty_project_shows_none_of_them_for_sure(key: str) -> None:
    assert mode(key).present is None


def test_there_are_eight_and_those_that_are_there_come_first() -> None:
    assert len(FAILURE_MODES) == 8
    found = detect(
        state(evidence=[TRAINED], plans=[PhasePlan("data", on(0), on(9)), PhasePlan("model", on(10), on(60))])
    )
    order = [m.present for m in found]
    assert order == sorted(order, key=lambda p: {True: 0, None: 1, False: 2}[p])
    assert {m.key for m in found} == FAILURE_MODES.keys()
    assert {m.key for m in found if m.present} == {
        "unclear_problem",
        "insufficient_data",
        "underestimated_data_work",
    }


# --- 1: unclear problem

CLEAR = [
    FiveWs(
        what="Clerks type 3,000 amounts a day from returned forms, and 4 % of them are wrong",
        who="Eleven clerks in the mail room of a health insurer with 600 employees",
        why="Each wrong amount costs 12 euros to mend, 530,000 euros a year, and members wait 9 days longer",
        when="Every working day from 6 to 14 hours, with 40 % of the forms on Mondays",
        where="After a form is scanned, when its amount is typed into the claims system",
    ),
    written(
        Interview(role="clerk", notes="Typing is what she does all day; she checks each amount twice."),
        "clerk",
    ),
]
SALES = criterion(
    "wrong", family="business", direction="at_most", threshold=0.02, due=on(90),
    baseline=Baseline(value=0.04, source="the audit of May"), binding=Binding(measured_by="the audit", starts=on(1)),
)  # fmt: skip


def test_unclear_problem() -> None:
    clear = {"documents": CLEAR, "criteria": [SALES]}
    assert mode("unclear_problem", **clear).present is False
    assert mode("unclear_problem", documents=CLEAR[:1]).present is None
    found = mode("unclear_problem", evidence=[TRAINED])
    assert found.present and "1 model was already trained" in found.symptom
    found = mode("unclear_problem", decisions=passed("problem"))
    assert found.present and "work on data has begun" in found.symptom
    again = (Round("problem", 2, day(-3), "wrong users"),)
    assert "opened again 1 time" in mode("unclear_problem", rounds=again, **clear).symptom


# --- 2: too little data

ROWS = criterion("rows", family="data", unit="rows", threshold=10_000)
ASKED = [
    written(
        DataRequirement.model_validate({"aspect": a, "rule": "rows at least 1", "criterion": "rows"}),
        f"{a}_asked",
    )
    for a in ("quantity", "quality", "format", "labels", "sources")
]


def rows(number: float) -> Count:
    return report(Count, criterion="rows", value=number, unit="rows")


def test_insufficient_data() -> None:
    found = mode("insufficient_data", criteria=[ROWS], evidence=[rows(900)])
    assert found.present and "900 rows" in found.symptom and "10,000" in found.symptom
    assert found.action and found.action.target == "criterion:rows"
    assert (
        mode("insufficient_data", criteria=[ROWS], evidence=[rows(20_000)], documents=ASKED).present is False
    )
    assert mode("insufficient_data", criteria=[ROWS], documents=ASKED).present is None
    found = mode("insufficient_data", evidence=[TRAINED])
    assert found.present and "is not specified, and 1 model was already trained" in found.symptom
    weak = proportion("accuracy", 60, 100)
    found = mode("insufficient_data", criteria=[criterion("accuracy")], evidence=[weak])
    assert found.present and "60 %" in found.symptom and found.evidence == (weak.digest(),)


# --- 3: misaligned metrics

ACCURACY = criterion("accuracy")
LIKED = criterion("liked", family="product", threshold=0.7, settings=(Setting.STUDY,))
GOOD = proportion("accuracy", 990, 1000)


def liked(successes: int) -> Any:
    return proportion("liked", successes, 1000, setting=Setting.STUDY)


def test_misaligned_metrics() -> None:
    both = {"criteria": [ACCURACY, LIKED]}
    found = mode("misaligned_metrics", evidence=[GOOD, liked(400)], **both)
    assert found.present and "Accuracy is met, and Liked is not" in found.symptom and "40 %" in found.symptom
    assert mode("misaligned_metrics", evidence=[GOOD, liked(900)], **both).present is False
    found = mode("misaligned_metrics", evidence=[GOOD], **both)
    assert found.present is None and "Not judged yet: Liked" in found.symptom
    assert mode("misaligned_metrics", evidence=[liked(400)], **both).present is None
    assert mode("misaligned_metrics", evidence=[GOOD], criteria=[ACCURACY]).present is None


# --- 4: data work underestimated


def test_underestimated_data_work() -> None:
    usual = default_plan(on(0)).values()
    found = mode("underestimated_data_work", plans=usual)
    assert found.present is False and "40.3 %" in found.symptom
    short = [PhasePlan("data", on(0), on(9)), PhasePlan("model", on(10), on(49))]
    found = mode("underestimated_data_work", plans=short)
    assert found.present and "Data work is 20 % of the planned time" in found.symptom
    late = default_plan(on(-90)).values()
    found = mode("underestimated_data_work", plans=late, decisions=passed("problem"))
    assert found.present and "is already 25 days late" in found.symptom
    assert found.action and found.action.target == "grid:timeline"


# --- 5: no way back


def test_no_rollback_plan() -> None:
    assert mode("no_rollback_plan", **launch()).present is False
    undrilled = launch()
    undrilled["evidence"] = []
    assert mode("no_rollback_plan", **undrilled).present is None
    found = mode("no_rollback_plan", exposed_at=day(-2), **undrilled)
    assert found.present and "since 2026-06-13" in found.symptom and "was never tried" in found.symptom
    begun = passed("problem", "data", "model", "evaluation")
    assert mode("no_rollback_plan", decisions=begun, **undrilled).present
    waived = {"5c": Waiver("Ada", "a pilot", on(9))}
    assert mode("no_rollback_plan", exposed_at=day(-2), waivers=waived, **undrilled).present


# --- 6: maintenance ignored


def test_ignored_maintenance() -> None:
    found = mode("ignored_maintenance", exposed_at=day(-30))
    assert found.present and "5 of 5 duties are not kept up" in found.symptom
    excused = dict.fromkeys(("6a", "6b", "6c", "6d", "6e"), "The provider does it")
    assert mode("ignored_maintenance", exposed_at=day(-30), not_applicable=excused).present is False
    del excused["6d"]
    found = mode("ignored_maintenance", exposed_at=day(-30), not_applicable=excused)
    assert found.present and "1 of 5 duties" in found.symptom and "improvements is empty" in found.symptom


# --- 7: polished and never shipped


def model_work(days: int, plan: tuple[int, int] | None = None, **fields: Any) -> FailureMode:
    start, end = (on(plan[0]), on(plan[1])) if plan else (None, None)
    plans = [PhasePlan("model", start, end, actual_start=on(1 - days))]
    return mode("over_engineering", plans=plans, **fields)


def test_over_engineering() -> None:
    assert model_work(42).present is False
    found = model_work(43)
    assert found.present and "43 days in 1 iteration, 42 were planned or are usual" in found.symptom
    assert model_work(50, plan=(-49, 10)).present is False
    assert model_work(50, exposed_at=day(-1)).present is False
    again = (Round("model", 3, day(-3), "a larger network"),)
    assert "3 iterations" in model_work(50, rounds=again).symptom


# --- 8: shipped before it was good


def widened(decision: str, verdicts: dict[str, str], at: float = -1, step: int = 1) -> RolloutStep:
    return report(
        RolloutStep, rollout="drafts", step=step, share=0.1, exposed=500, decision=decision, why="It was time.",
        verdicts=verdicts, at=day(at), setting=Setting.ROLLOUT,
    )  # fmt: skip


def test_under_engineering() -> None:
    costs = criterion("costs", family="cost", direction="at_most")
    both = {"criteria": [ACCURACY, costs]}
    key = "under_engineering"
    assert mode(key, evidence=[widened("advance", {"accuracy": "met"})], **both).present is False
    for verdict, word in (("not_enough", "not enough evidence"), ("unmet", "not met"), ("waived", "waived")):
        found = mode(key, evidence=[widened("advance", {"accuracy": verdict})], **both)
        assert (
            found.present and f"beyond 10 % of users on 2026-06-14, with Accuracy ({word})" in found.symptom
        )
        assert found.action and found.action.target == "criterion:accuracy"
    assert mode(key, evidence=[widened("complete", {"accuracy": "stale"})], **both).present
    assert mode(key, evidence=[widened("advance", {})], **both).present
    assert mode(key, evidence=[widened("hold", {"accuracy": "unmet"})], **both).present is False
    fine = {"accuracy": "met", "costs": "unmet"}
    assert mode(key, evidence=[widened("advance", fine)], **both).present is False
    assert mode(key, evidence=[widened("advance", {"costs": "met"})], **both).present


def test_a_rollout_that_went_back_has_mended_it() -> None:
    steps = [
        widened("advance", {"accuracy": "unmet"}, -2),
        widened("roll_back", {"accuracy": "unmet"}, -1, 2),
    ]
    found = mode("under_engineering", evidence=steps, criteria=[ACCURACY])
    assert found.present is False and "went back" in found.symptom
    held = [widened("advance", {"accuracy": "unmet"}, -2), widened("hold", {"accuracy": "unmet"}, -1, 2)]
    assert mode("under_engineering", evidence=held, criteria=[ACCURACY]).present
