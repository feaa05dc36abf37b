"""Items 6a to 6e: nothing there is missing, all there is met, and each clause broken alone is said by its name."""

from __future__ import annotations

from typing import Any

import pytest

from sextant.criteria import Origin
from sextant.evidence import Version
from sextant.lifecycle.checks.maintenance import CHECKS
from sextant.lifecycle.gates import Finding
from sextant.lifecycle.state import ProjectState, Written
from sextant.maintenance.documents import (
    DriftPlan,
    Improvement,
    RetrainingPlan,
    Review,
    ReviewPlan,
    Trigger,
    UpkeepPlan,
)
from sextant.reports import RETRAINING, DriftRun, RetrainingRun
from sextant.verdicts import Status
from tests.lifecycle.factory import (
    MODEL,
    TODAY,
    criterion,
    day,
    on,
    proportion,
    report,
    state,
    subject,
    written,
)

OLDER = Version.parse("model:reader@m0")


def check(item: str, at: ProjectState) -> Finding:
    finding = CHECKS[item](at)
    assert finding.reason.endswith((".", ".)")), finding.reason
    assert finding.status.passes or finding.action, "what is not met names one thing to do"
    return finding


def changed(thing: Any, **changes: Any) -> Any:
    return type(thing).model_validate({**thing.model_dump(), **changes})


@pytest.mark.parametrize("item", CHECKS)
def test_nothing_there_is_missing(item: str) -> None:
    assert check(item, state()).status is Status.MISSING


# --- 6a: reviews; with the first on day -22, they are due on days -22, -15, -8 and -1


def reviewed(*held: int, decisions: tuple[str, ...] = ("Keep it",), **fields: Any) -> Finding:
    plan = fields.pop("plan", ReviewPlan(first_on=on(-22)))
    reviews = [written(Review(held_on=on(d), decisions=decisions), f"r{-d}") for d in held]
    return check("6a", state(documents=[plan, *reviews], **fields))


@pytest.mark.parametrize("held", [-1, 0, -4])
def test_6a_is_met_when_the_last_due_review_was_held(held: int) -> None:
    finding = reviewed(-8, held)
    assert (
        finding.status is Status.MET and str(on(held)) in finding.reason and "1 decision." in finding.reason
    )


def test_6a_the_last_due_review_was_not_held() -> None:
    finding = reviewed(-15, -8)
    assert finding.status is Status.UNMET
    assert f"The review of {on(-1)} was not held; the last was on {on(-8)}" in finding.reason
    assert reviewed().status is Status.UNMET
    # One of the day before last week's is too early to stand for this week's.
    assert reviewed(-5).status is Status.UNMET


def test_6a_a_review_that_lies_ahead_was_not_held() -> None:
    assert reviewed(2).status is Status.UNMET


def test_6a_a_review_is_owed_from_the_day_after() -> None:
    today = ReviewPlan(first_on=TODAY)
    assert reviewed(plan=today).status is Status.NOT_DUE
    yesterday = ReviewPlan(first_on=on(-1))
    assert reviewed(plan=yesterday).status is Status.UNMET


def test_6a_a_review_without_decisions_does_not_count() -> None:
    finding = reviewed(-1, decisions=())
    assert finding.status is Status.MISSING and "decided nothing" in finding.reason
    assert finding.action and finding.action.target == "document:review:r1"


def test_6a_reviews_are_weekly_and_begin_with_real_use() -> None:
    finding = reviewed(-1, plan=ReviewPlan(first_on=on(-15), cadence_days=14))
    assert finding.status is Status.UNMET and "every 14 days; every 7" in finding.reason
    finding = reviewed(plan=ReviewPlan(first_on=on(10)), exposed_at=day(-30))
    assert finding.status is Status.UNMET and "since 2026-05-16" in finding.reason
    assert reviewed(plan=ReviewPlan(first_on=on(3)), exposed_at=day(-3)).status is Status.NOT_DUE
    # A plan that was moved is no lapse while reviews go on.
    moved = ReviewPlan(first_on=on(4))
    assert reviewed(-3, plan=moved, exposed_at=day(-30)).status is Status.MET
    assert reviewed(-8, plan=moved, exposed_at=day(-30)).status is Status.UNMET
    # A project that began with a live model answers for it from its own first day on.
    late: dict[str, Any] = {"exposed_at": day(-300), "opened_at_phase": "maintenance", "created_at": day(-2)}
    assert reviewed(plan=ReviewPlan(first_on=on(4)), **late).status is Status.NOT_DUE


# --- 6b: drift

WATCH = DriftPlan(
    features=("ink", "slant"),
    outcomes=("accuracy",),
    data_cadence_days=1,
    concept_cadence_days=7,
    threshold=0.2,
)


def drift_run(kind: str, **changes: Any) -> DriftRun:
    plain = {
        "type": kind, "model": MODEL, "subject": Version.parse("dataset:live@june"), "at": day(-0.5),
        "checked": ("ink", "slant", "size") if kind == "data" else ("accuracy",),
    }  # fmt: skip
    return report(DriftRun, **{**plain, **changes})


def drifting(plan: DriftPlan = WATCH, *, data: Any = None, concept: Any = None, **fields: Any) -> Finding:
    runs = [drift_run("data", **(data or {})), drift_run("concept", **(concept or {}))]
    base: dict[str, Any] = {"evidence": runs, "in_service": MODEL, "exposed_at": day(-9)}
    return check("6b", state(documents=[plan], **{**base, **fields}))


def test_6b_is_met_when_both_checks_ran_on_time_on_the_model_in_service() -> None:
    finding = drifting()
    assert finding.status is Status.MET and "found none" in finding.reason and len(finding.evidence) == 2


def test_6b_that_drift_was_found_is_what_the_check_is_for() -> None:
    found = [subject("dataset", "live", "june", drifted="ink")]
    finding = drifting(data={"drifted": ("ink",), "data": Version.parse("dataset:live@june")}, subjects=found)
    assert finding.status is Status.MET and "found drift in ink" in finding.reason


@pytest.mark.parametrize("field", ["features", "outcomes", "data_cadence_days", "concept_cadence_days"])
def test_6b_the_plan_is_complete(field: str) -> None:
    finding = drifting(changed(WATCH, **{field: DriftPlan.model_fields[field].default}))
    assert finding.status is Status.MISSING and "The drift checks lack" in finding.reason


@pytest.mark.parametrize(
    ("runs", "status", "said"),
    [
        ({"data": {"at": day(-1.5)}}, Status.UNMET, "the next was due on 2026-06-15"),
        ({"concept": {"at": day(-8)}}, Status.UNMET, "the next was due on 2026-06-14"),
        ({"data": {"next_due": day(-0.1)}}, Status.UNMET, "did not run"),
        ({"data": {"checked": ("ink",)}}, Status.UNMET, "did not look at slant"),
        ({"concept": {"checked": ("loss",)}}, Status.UNMET, "did not look at accuracy"),
        ({"data": {"model": OLDER}}, Status.STALE, "model:reader@m1 is in service"),
        ({"data": {"origin": Origin.SIMULATED}}, Status.MISSING, "simulated"),
    ],
)
def test_6b_each_clause(runs: dict[str, Any], status: Status, said: str) -> None:
    finding = drifting(**runs)
    assert finding.status is status and said in finding.reason


def test_6b_both_kinds_must_have_run() -> None:
    for kind in ("data", "concept"):
        finding = drifting(evidence=[drift_run(kind)])
        assert finding.status is Status.MISSING and "has never run" in finding.reason


def test_6b_the_run_on_the_model_in_service_speaks_even_if_another_is_newer() -> None:
    newer = drift_run("data", model=OLDER, at=day(-0.1))
    runs = [drift_run("data"), newer, drift_run("concept")]
    assert drifting(evidence=runs).status is Status.MET


def test_6b_is_not_due_before_a_model_is_in_service() -> None:
    assert drifting(evidence=(), in_service=None, exposed_at=None).status is Status.NOT_DUE
    assert drifting(evidence=(), in_service=None).status is Status.MISSING


# --- 6c: retraining

PLAN = RetrainingPlan(
    triggers=(
        Trigger(type="time", what="every 6 months"),
        Trigger(type="performance", what="accuracy under 95 %"),
    )
)
STEPS: dict[str, bool] = dict.fromkeys(RETRAINING, True)


def retrained(*runs: RetrainingRun, plan: RetrainingPlan = PLAN, **fields: Any) -> Finding:
    return check("6c", state(documents=[plan], evidence=runs, **{"in_service": MODEL, **fields}))


def run(**changes: Any) -> RetrainingRun:
    plain = {
        "dry_run": True,
        "steps": STEPS,
        "outcome": "dry",
        "why": "It works.",
        "model": MODEL,
        "at": day(-9),
    }
    return report(RetrainingRun, **{**plain, **changes})


def test_6c_is_met_with_triggers_and_a_dry_run_of_all_six_steps() -> None:
    finding = retrained(run())
    assert (
        finding.status is Status.MET
        and "every 6 months" in finding.reason
        and "all 6 steps" in finding.reason
    )


@pytest.mark.parametrize("step", RETRAINING)
def test_6c_every_step_must_have_succeeded(step: str) -> None:
    failed = run(steps={**STEPS, step: False}, why="No space left.")
    finding = retrained(failed)
    assert finding.status is Status.UNMET and f"did not get through {step}" in finding.reason
    assert retrained(run(steps={k: v for k, v in STEPS.items() if k != step})).status is Status.UNMET


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"outcome": "failed", "why": "It diverged."}, Status.UNMET, "failed: It diverged."),
        ({"model": OLDER}, Status.STALE, "was for model:reader@m0"),
        ({"model": None}, Status.STALE, "does not name"),
        ({"origin": Origin.SIMULATED}, Status.MISSING, "simulated"),
        ({"depends": (Version.parse("code:trainer@c0"),)}, Status.STALE, "code trainer is now c1"),
    ],
)
def test_6c_each_clause(changes: dict[str, Any], status: Status, said: str) -> None:
    finding = retrained(run(**changes), subjects=[subject("code", "trainer", "c1")])
    assert finding.status is status and said in finding.reason


def test_6c_new_data_or_a_new_model_does_not_undo_a_dry_run() -> None:
    now = [subject("model", "reader", "m2"), subject("dataset", "train", "v2")]
    tried = run(data=Version.parse("dataset:train@v1"))
    assert retrained(tried, subjects=now).status is Status.MET


def test_6c_a_real_retraining_proves_more_and_the_newest_speaks() -> None:
    real = run(dry_run=False, outcome="deployed", model=OLDER, produced=MODEL, at=day(-2))
    assert retrained(real).status is Status.MET
    broken = run(dry_run=False, outcome="failed", at=day(-1))
    assert retrained(run(), broken).status is Status.UNMET


def test_6c_triggers_and_a_run_are_both_asked_for() -> None:
    finding = retrained(run(), plan=RetrainingPlan())
    assert finding.status is Status.MISSING and "sets off" in finding.reason
    vague = RetrainingPlan(triggers=(Trigger(type="data"),))
    assert "by data does not say" in retrained(run(), plan=vague).reason
    finding = retrained()
    assert finding.status is Status.MISSING and "never tried" in finding.reason


def test_6c_before_launch_it_is_tried_on_the_candidate() -> None:
    assert retrained(run(), in_service=None, candidate=MODEL).status is Status.MET
    assert retrained(run(), in_service=None, candidate=OLDER).status is Status.STALE


ACCURACY = criterion("accuracy")
PROVIDER = RetrainingPlan(trained=False, reevaluate_every_days=30, reevaluate_first=on(-31))


def provided(plan: RetrainingPlan, *evidence: Any) -> Finding:
    return check("6c", state(documents=[plan], criteria=[ACCURACY], evidence=evidence, candidate=MODEL))


def test_6c_where_nothing_is_trained_the_providers_model_is_evaluated_on_schedule() -> None:
    # Due on days -31 and -1; the last within half a cadence around day -1.
    done = proportion("accuracy", 95, 100, model=MODEL, at=day(-3))
    assert provided(PROVIDER, done).status is Status.MET
    old = proportion("accuracy", 95, 100, model=MODEL, at=day(-31))
    finding = provided(PROVIDER, old)
    assert finding.status is Status.UNMET and f"that of {on(-1)} was not done" in finding.reason
    assert provided(PROVIDER).status is Status.UNMET
    assert provided(changed(PROVIDER, reevaluate_first=on(9))).status is Status.MET


@pytest.mark.parametrize("field", ["reevaluate_every_days", "reevaluate_first"])
def test_6c_the_schedule_of_evaluating_again_must_be_set(field: str) -> None:
    assert provided(changed(PROVIDER, **{field: None})).status is Status.MISSING


# --- 6d: improvements


def idea(key: str, **changes: Any) -> Written:
    plain = {"title": f"Mend {key}", "source": "tickets", "impact": 4, "effort": 2, "touched_on": on(-3)}
    return written(Improvement.model_validate({**plain, **changes}), key)


def listed(*ideas: Written, **fields: Any) -> Finding:
    return check("6d", state(documents=ideas, **fields))


def test_6d_is_met_with_two_sources_prioritized_and_looked_at() -> None:
    finding = listed(idea("a"), idea("b", source="error_analysis"))
    assert finding.status is Status.MET and "2 improvements from 2 sources" in finding.reason


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"source": "tickets"}, Status.UNMET, "All improvements come from tickets"),
        ({"state": "dropped"}, Status.UNMET, "All improvements come from tickets"),
        ({"impact": None}, Status.UNMET, "Impact and effort are not set for Mend b"),
        ({"effort": None}, Status.UNMET, "Impact and effort are not set for Mend b"),
    ],
)
def test_6d_each_clause(changes: dict[str, Any], status: Status, said: str) -> None:
    finding = listed(idea("a"), idea("b", **{"source": "feedback", **changes}))
    assert finding.status is status and said in finding.reason


def test_6d_what_has_shipped_needs_no_priority() -> None:
    shipped = idea("b", source="feedback", impact=None, state="shipped")
    assert listed(idea("a"), shipped).status is Status.MET


def test_6d_the_list_is_gone_through_within_its_cadence() -> None:
    old = [idea("a", touched_on=on(-31)), idea("b", source="feedback", touched_on=on(-40))]
    finding = listed(*old)
    assert finding.status is Status.STALE and f"since {on(-31)}" in finding.reason
    assert listed(*old, written(UpkeepPlan(backlog_cadence_days=60))).status is Status.MET
    # Without a day the last version of the document is one; a day that has not come is none.
    assert listed(idea("a", touched_on=None), idea("b", source="feedback")).status is Status.MET


# --- 6e: upkeep


def upkeep(exposed: bool = True, **changes: Any) -> Finding:
    plain = {"planned_share": 0.15, "spent_share": 0.12, "period_start": on(-30), "period_end": on(60)}
    plan = UpkeepPlan(**{**plain, **changes})
    return check("6e", state(documents=[plan], exposed_at=day(-9) if exposed else None))


def test_6e_is_met_with_10_to_20_percent_planned_and_the_spent_shown() -> None:
    finding = upkeep()
    assert finding.status is Status.MET and "15 %" in finding.reason and "12 %" in finding.reason
    assert upkeep(planned_share=0.10).status is Status.MET
    assert upkeep(planned_share=0.20).status is Status.MET


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"planned_share": None}, Status.MISSING, "No capacity"),
        ({"planned_share": 0.09}, Status.UNMET, "9 % of capacity is planned for upkeep; 10 to 20 %"),
        ({"planned_share": 0.21}, Status.UNMET, "21 % of capacity"),
        ({"spent_share": None}, Status.MISSING, "what was spent is not shown"),
        ({"period_end": on(-1)}, Status.STALE, "ended on 2026-06-14"),
    ],
)
def test_6e_each_clause(changes: dict[str, Any], status: Status, said: str) -> None:
    finding = upkeep(**changes)
    assert finding.status is status and said in finding.reason


def test_6e_nothing_is_spent_before_real_use() -> None:
    assert upkeep(exposed=False, spent_share=None).status is Status.MET
