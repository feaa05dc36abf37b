"""Items 5a to 5e: nothing there is missing, all there is met, and each clause broken alone is said by its name."""

from __future__ import annotations

from typing import Any

import pytest

from sextant.criteria import Binding, Origin, Setting
from sextant.deployment.documents import Announcement, PlannedStep, PostLaunchReview, RolloutPlan
from sextant.deployment.ladder import USUAL_STEPS
from sextant.evidence import Soundness, Version
from sextant.lifecycle.checks.deployment import CHECKS, lacking_before
from sextant.lifecycle.gates import Finding
from sextant.lifecycle.parts import WAYS_BACK
from sextant.lifecycle.state import ProjectState, Round
from sextant.verdicts import Status, Waiver
from tests.lifecycle.factory import criterion, day, on, proportion, state, subject, written
from tests.lifecycle.launch import (
    DEPLOYED,
    GROUPS,
    ROLLBACK,
    channel_test,
    drills,
    launch,
    monitors,
    samples,
)


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


# --- 5a: rollout

ACCURACY, ERRORS = (
    criterion("accuracy"),
    criterion("errors", family="system", direction="at_most", threshold=0.01),
)
PLAN = RolloutPlan(
    strategy="gradual", steps=USUAL_STEPS, criteria=("accuracy", "errors"), break_conditions=("errors",)
)


def rollout(plan: RolloutPlan, **fields: Any) -> Finding:
    return check("5a", state(documents=[plan], **{"criteria": [ACCURACY, ERRORS], **fields}))


def test_5a_is_met_with_steps_times_targets_and_breaks() -> None:
    finding = rollout(PLAN)
    assert finding.status is Status.MET and "5 steps to 5 %, 10 %, 25 %, 50 % and 100 %" in finding.reason
    assert "28 days" in finding.reason and finding.criteria == ("accuracy", "errors")


def step(share: float, days: float = 7) -> PlannedStep:
    return PlannedStep(share=share, dwell_days=days)


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"strategy": None}, Status.MISSING, "No rollout is planned"),
        ({"steps": ()}, Status.MISSING, "no step is planned"),
        ({"steps": (step(1),)}, Status.UNMET, "one step only"),
        (
            {"steps": (step(0.5), step(0.1), step(1))},
            Status.UNMET,
            "step 2 (10 %) is no wider than step 1 (50 %)",
        ),
        ({"steps": (step(0.1, 0), step(1))}, Status.UNMET, "step 1 (10 %) has no time to stay"),
        ({"steps": (step(0.1), step(0.5))}, Status.UNMET, "reaches 50 %, not everybody"),
        ({"criteria": ()}, Status.MISSING, "what must hold"),
        ({"break_conditions": ()}, Status.MISSING, "what sends everybody back"),
        ({"criteria": ("nothing",)}, Status.UNMET, "names nothing"),
        ({"strategy": "big_bang"}, Status.UNMET, "no reason is given"),
    ],
)
def test_5a_each_clause(changes: dict[str, Any], status: Status, said: str) -> None:
    finding = rollout(changed(PLAN, **changes))
    assert finding.status is status and said in finding.reason


def test_5a_all_at_once_with_a_reason() -> None:
    plan = changed(PLAN, strategy="big_bang", steps=(), big_bang_reason="Twelve clerks in one room")
    finding = rollout(plan)
    assert finding.status is Status.MET and "Twelve clerks" in finding.reason


def test_5a_a_step_is_decided_on_what_is_judged_during_a_rollout() -> None:
    offline = criterion("accuracy", settings=(Setting.OFFLINE,))
    finding = rollout(PLAN, criteria=[offline, ERRORS])
    assert finding.status is Status.UNMET and "Accuracy is not judged during a rollout" in finding.reason


# --- 5b: monitoring


def watched(**fields: Any) -> Finding:
    base = {**launch(), "documents": monitors(), "evidence": [*samples(), channel_test()]}
    return check("5b", state(**{**base, **fields}))


def test_5b_is_met_when_all_four_kinds_receive_data_and_alerts_arrive() -> None:
    finding = watched()
    assert finding.status is Status.MET and "4 of 4 monitors" in finding.reason
    assert len(finding.evidence) == 5


@pytest.mark.parametrize("group", GROUPS)
def test_5b_every_kind_is_watched_and_live(group: str) -> None:
    left = [w for w in monitors() if w.document.group != group]
    finding = watched(documents=left)
    assert (
        finding.status is Status.MISSING
        and f"Nobody watches {'the ' * (group != 'cost')}{group}" in finding.reason
    )
    silent = [s for s in samples() if s.monitor != f"{group}_watch"]
    finding = watched(evidence=[*silent, channel_test()])
    assert (
        finding.status is Status.MISSING and f"Nothing has come in yet from {group}_watch" in finding.reason
    )


@pytest.mark.parametrize(("field", "said"), [("owner", "No owner"), ("channel", "No channel for alerts")])
def test_5b_a_monitor_has_an_owner_and_a_channel(field: str, said: str) -> None:
    finding = watched(documents=monitors(cost={field: None if field == "channel" else ""}))
    assert finding.status is Status.MISSING and f"{said} is named for cost_watch" in finding.reason
    assert finding.action and finding.action.target == "document:monitor:cost_watch"


def test_5b_the_channel_was_tried_and_the_alert_arrived() -> None:
    finding = watched(evidence=samples())
    assert finding.status is Status.MISSING and "No test alert was ever sent through pager" in finding.reason
    finding = watched(evidence=[*samples(), channel_test(delivered=False)])
    assert finding.status is Status.UNMET and "pager did not arrive" in finding.reason


def test_5b_a_monitor_that_went_silent_is_stale() -> None:
    quiet = samples(cost={"last_received_at": day(-4)})
    finding = watched(evidence=[*quiet, channel_test()])
    assert finding.status is Status.STALE and "cost_watch has been silent since 2026-06-11" in finding.reason
    patient = monitors(cost={"silent_after_hours": 24 * 7})
    assert watched(evidence=[*quiet, channel_test()], documents=patient).status is Status.MET


def test_5b_synthetic_traffic_will_do_until_real_users_come() -> None:
    synthetic = [*samples(cost={"origin": Origin.SIMULATED}), channel_test()]
    assert watched(evidence=synthetic).status is Status.MET
    finding = watched(evidence=synthetic, exposed_at=day(-2))
    assert finding.status is Status.MISSING and "simulated" in finding.reason
    assert watched(evidence=synthetic, exposed_at=day(-2), simulated=True).status is Status.MET
    invented = channel_test(origin=Origin.SIMULATED)
    assert watched(evidence=[*samples(), invented]).status is Status.MISSING


def test_5b_a_sample_that_is_not_sound_does_not_count() -> None:
    broken = samples(cost={"soundness": (Soundness(rule="clock_right", holds=False),)})
    finding = watched(evidence=[*broken, channel_test()])
    assert finding.status is Status.MISSING and "clock right" in finding.reason


def test_5b_that_a_new_model_is_under_work_silences_no_monitor() -> None:
    old = samples(model={"model": Version.parse("model:reader@m0")})
    now = [*launch()["subjects"], subject("model", "reader", "m1")]
    assert watched(evidence=[*old, channel_test()], subjects=now).status is Status.MET


def test_5b_monitors_were_live_before_the_first_real_use() -> None:
    assert watched(exposed_at=day(-2)).status is Status.MET
    finding = watched(exposed_at=day(-6))
    assert finding.status is Status.UNMET and "before the first real use on 2026-06-09" in finding.reason
    late = samples(cost={"period_start": day(-1)})
    finding = watched(evidence=[*late, channel_test()], exposed_at=day(-2))
    assert finding.status is Status.UNMET and "data from a monitor of cost" in finding.reason
    finding = watched(evidence=[*samples(), channel_test(at=day(-1))], exposed_at=day(-2))
    assert finding.status is Status.UNMET and "a tried channel for alerts on the model" in finding.reason


def test_5b_an_earlier_record_that_was_kept_shows_it_too() -> None:
    tests = (channel_test(), channel_test(at=day(-1)))
    assert watched(evidence=[*samples(), *tests], exposed_at=day(-2)).status is Status.MET


def test_5b_a_monitor_that_was_added_later_breaks_nothing() -> None:
    extra = monitors()[0]
    added = written(extra.document, "extra")
    sample = changed(samples()[0], monitor="extra", period_start=day(-1))
    fields = {"documents": [*monitors(), added], "evidence": [*samples(), sample, channel_test()]}
    assert watched(exposed_at=day(-2), **fields).status is Status.MET


def test_5b_what_was_live_before_the_phase_was_opened_again_is_not_asked_for() -> None:
    again = (Round("deployment", 2, day(-5), "a new flag system"),)
    assert watched(exposed_at=day(-6), rounds=again).status is Status.MET
    assert watched(exposed_at=day(-6), opened_at_phase="deployment", created_at=day(-5)).status is Status.MET


def test_5b_every_target_that_is_judged_in_use_is_measured_there() -> None:
    finding = watched(criteria=[ACCURACY])
    assert finding.status is Status.MISSING and "Nothing measures Accuracy in use" in finding.reason
    assert finding.action and finding.action.target == "criterion:accuracy"
    seen = proportion("accuracy", 990, 1000, setting=Setting.MONITORING)
    everything = [*samples(), channel_test(), seen]
    assert watched(criteria=[ACCURACY], evidence=everything).status is Status.MET
    elsewhere = [*samples(), channel_test(), proportion("accuracy", 990, 1000)]
    assert watched(criteria=[ACCURACY], evidence=elsewhere).status is Status.MISSING


def test_5b_a_target_may_be_measured_from_a_day_on() -> None:
    later = criterion("accuracy", binding=Binding(measured_by="the review desk", starts=on(3)))
    assert watched(criteria=[later]).status is Status.MET
    undated = criterion("accuracy", binding=Binding(measured_by="the review desk"))
    assert watched(criteria=[undated]).status is Status.MISSING
    finding = watched(criteria=[later], exposed_at=day(-2))
    assert (
        finding.status is Status.MISSING and "was to be measured in use from 2026-06-18 on" in finding.reason
    )
    not_due = changed(later, due_days_after_exposure=90)
    assert watched(criteria=[not_due], exposed_at=day(-2)).status is Status.MET
    tested = [*samples(), channel_test(), proportion("accuracy", 990, 1000, setting=Setting.EXPERIMENT)]
    assert watched(criteria=[later], exposed_at=day(-2), evidence=tested).status is Status.MET


def test_5b_what_is_not_judged_in_use_need_not_be_measured_there() -> None:
    offline = criterion("accuracy", settings=(Setting.OFFLINE,))
    margin = criterion("slow", role="guardrail", threshold=0.01)
    assert watched(criteria=[offline, margin]).status is Status.MET
    assert watched(criteria=[changed(margin, settings=(Setting.MONITORING,))]).status is Status.MISSING
    assert watched(criteria=[ACCURACY], not_applicable={"accuracy": "no labels in use"}).status is Status.MET
    waiver = Waiver("Ada", "labels come in July", on(30))
    assert watched(criteria=[ACCURACY], waivers={"accuracy": waiver}).status is Status.MET


# --- 5c: the way back


def returned(**fields: Any) -> Finding:
    base: dict[str, Any] = {"documents": [ROLLBACK], "evidence": drills(), "subjects": [DEPLOYED]}
    return check("5c", state(**{**base, **fields}))


def test_5c_is_met_when_both_ways_back_were_tried_on_this_deployment() -> None:
    finding = returned()
    assert (
        finding.status is Status.MET
        and "20 s (60 s allowed)" in finding.reason
        and len(finding.evidence) == 2
    )


@pytest.mark.parametrize("way", WAYS_BACK)
@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"restored": False}, Status.UNMET, "it did not work"),
        ({"seconds": 61}, Status.UNMET, "took 61 s; it may take 60 s"),
        ({"at": day(-91)}, Status.STALE, "91 days ago; a drill counts for 90 days"),
        ({"deployment": Version.parse("deployment:reader@d0")}, Status.STALE, "what is deployed now is"),
        ({"deployment": Version.parse("deployment:other@d1")}, Status.STALE, "what is deployed now is"),
        ({"depends": (Version.parse("flag:drafts@v0"),)}, Status.STALE, "flag drafts is now v1"),
        ({"origin": Origin.SIMULATED}, Status.MISSING, "simulated"),
    ],
)
def test_5c_each_clause(way: str, changes: dict[str, Any], status: Status, said: str) -> None:
    finding = returned(evidence=drills(**{way: changes}), subjects=[DEPLOYED, subject("flag", "drafts")])
    assert finding.status is status and said in finding.reason


@pytest.mark.parametrize("way", WAYS_BACK)
def test_5c_both_ways_are_asked_for_unless_one_does_not_apply(way: str) -> None:
    left = [d for d in drills() if d.way != way]
    finding = returned(evidence=left)
    assert finding.status is Status.MISSING and "was never tried" in finding.reason
    assert returned(evidence=left, not_applicable={f"5c:{way}": "the first model"}).status is Status.MET


@pytest.mark.parametrize("field", ["immediate", "short_term", "long_term", "target_seconds"])
def test_5c_the_plan_is_complete(field: str) -> None:
    empty = type(ROLLBACK).model_fields[field].default
    finding = returned(documents=[changed(ROLLBACK, **{field: empty})])
    assert finding.status is Status.MISSING and "The plan does not say" in finding.reason


def test_5c_the_plans_target_time_rules_not_the_drills() -> None:
    assert returned(documents=[changed(ROLLBACK, target_seconds=10)]).status is Status.UNMET


def test_5c_there_is_one_deployment_that_it_is_about() -> None:
    assert "Nothing is deployed" in returned(subjects=[]).reason
    two = [DEPLOYED, subject("deployment", "other", "d7")]
    assert "several deployments" in returned(subjects=two).reason
    named = changed(ROLLBACK, deployment="reader")
    assert returned(subjects=two, documents=[named]).status is Status.MET


def test_5c_a_new_model_under_work_leaves_the_drill_valid_a_reopened_deployment_does_not() -> None:
    old = {"model": Version.parse("model:reader@m0")}
    tried = drills(before_feature=old, last_good_model=old)
    now = [DEPLOYED, subject("model", "reader", "m1")]
    assert returned(evidence=tried, subjects=now).status is Status.MET
    again = subject("deployment", "reader", "d1", reopened="a new cluster")
    finding = returned(subjects=[again])
    assert finding.status is Status.STALE and "a new cluster" in finding.reason


def test_what_was_ready_before() -> None:
    ready = state(**launch())
    assert lacking_before(ready, day(-2)) == []
    assert [item for item, _ in lacking_before(ready, day(-6))] == ["5b"] * 4 + ["5c"] * 2
    invented = launch()
    invented["evidence"] = [*samples(), channel_test(), *drills(before_feature={"origin": Origin.SIMULATED})]
    assert lacking_before(state(**invented), day(-2)) == [
        ("5c", "a drill of the way back to before the feature")
    ]


# --- 5d: announcements


def notice(**changes: Any) -> Announcement:
    plain = {
        "audience": "users", "channel": "mail", "text": "Forms are read for you from Monday", "approved_by": "legal",
        "approved_on": on(-3), "send_on": on(1),
    }  # fmt: skip
    return Announcement.model_validate({**plain, **changes})


def told(**changes: Any) -> Finding:
    papers = [written(notice(**changes), "to_users"), written(notice(audience="stakeholders"), "to_board")]
    return check("5d", state(documents=papers))


def test_5d_is_met_when_planned_and_when_sent() -> None:
    finding = told()
    assert finding.status is Status.MET and "0 of 2" in finding.reason and str(on(1)) in finding.reason
    assert told(send_on=on(-1), sent_on=on(-1)).status is Status.MET
    assert told(send_on=on(0)).status is Status.MET


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"text": ""}, Status.MISSING, "to_users has no text"),
        ({"channel": ""}, Status.MISSING, "to_users has no channel"),
        ({"send_on": None}, Status.MISSING, "to_users has no date"),
        ({"approved_by": ""}, Status.MISSING, "to_users has no approval"),
        ({"approved_on": None}, Status.MISSING, "to_users has no approval"),
        ({"send_on": on(-1)}, Status.UNMET, "was due on 2026-06-14 and was not sent"),
        ({"sent_on": on(-4)}, Status.UNMET, "was sent on 2026-06-11 and approved on 2026-06-12"),
        ({"sent_on": on(2)}, Status.UNMET, "which has not come"),
        ({"audience": "press"}, Status.MISSING, "no announcement for users"),
    ],
)
def test_5d_each_clause(changes: dict[str, Any], status: Status, said: str) -> None:
    finding = told(**changes)
    assert finding.status is status and said in finding.reason


# --- 5e: the review


def review(began: Any = None, **changes: Any) -> Finding:
    plain = {"planned_on": on(7), "people": ("product", "ML lead")}
    return check("5e", state(documents=[PostLaunchReview(**{**plain, **changes})], exposed_at=began))


def test_5e_is_met_when_planned_and_when_held() -> None:
    finding = review()
    assert finding.status is Status.MET and "product and ML lead" in finding.reason
    assert review(planned_on=on(0)).status is Status.MET
    assert review(planned_on=on(-7), held_on=on(-6)).status is Status.MET


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"planned_on": None}, Status.MISSING, "has no date"),
        ({"people": ()}, Status.MISSING, "has no people"),
        ({"planned_on": on(-1)}, Status.UNMET, "was due on 2026-06-14 and was not held"),
        ({"held_on": on(1)}, Status.UNMET, "which has not come"),
        ({"held_on": on(-5), "began": day(-2)}, Status.UNMET, "before the first real use"),
    ],
)
def test_5e_each_clause(changes: dict[str, Any], status: Status, said: str) -> None:
    finding = review(**changes)
    assert finding.status is status and said in finding.reason
