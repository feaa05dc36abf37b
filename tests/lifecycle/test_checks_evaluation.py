"""Items 4a to 4e: nothing there is missing, all there is met, and each clause broken alone is said by its
name."""

from __future__ import annotations

from typing import Any

import pytest

from sextant.criteria import Baseline, Binding, Origin, Setting
from sextant.data.documents import DataPlan
from sextant.evaluation.documents import AbDesign, SafetyBar, SafetyFinding, ShipDecision, StudyPlan
from sextant.evidence import ProportionDifference, Soundness, Version
from sextant.lifecycle.checks.evaluation import CHECKS
from sextant.lifecycle.gates import Finding
from sextant.lifecycle.state import ProjectState, Round
from sextant.problem.documents import Stakeholder
from sextant.reports import RED_TEAM, Experiment, HumanStudy, RedTeamRun
from sextant.reports import Finding as Fault
from sextant.verdicts import Status, Waiver
from tests.lifecycle.factory import (
    DATA,
    MODEL,
    criterion,
    day,
    on,
    proportion,
    report,
    signed,
    state,
    stored,
    subject,
    written,
)
from tests.lifecycle.launch import launch

OLDER = Version.parse("model:reader@m0")


def check(item: str, at: ProjectState) -> Finding:
    finding = CHECKS[item](at)
    assert finding.reason.endswith((".", ".)")), finding.reason
    assert finding.status.passes or finding.action, "what is not met names one thing to do"
    return finding


def changed(thing: Any, **changes: Any) -> Any:
    return type(thing).model_validate({**thing.model_dump(), **changes})


@pytest.mark.parametrize("item", CHECKS)
@pytest.mark.parametrize("fields", [{}, {"candidate": MODEL}])
def test_nothing_there_is_missing(item: str, fields: dict[str, Any]) -> None:
    assert check(item, state(**fields)).status is Status.MISSING


# --- 4a: offline

ACCURACY = criterion("accuracy", threshold=0.95)
SOUND = tuple(Soundness(rule=rule, holds=True) for rule in ("held_out", "no_leakage", "labels_agreed"))
#: Wilson 95 % of 985 of 1,000: 97.5 to 99.1 %.
OFFLINE = proportion("accuracy", 985, 1000, model=MODEL, data=DATA, soundness=SOUND)


def offline(*evidence: Any, **fields: Any) -> Finding:
    base: dict[str, Any] = {
        "criteria": [ACCURACY],
        "candidate": MODEL,
        "subjects": [subject("dataset", "test")],
    }
    return check("4a", state(evidence=evidence, **{**base, **fields}))


def test_4a_is_met_on_sound_evidence_on_the_candidate_and_the_present_data() -> None:
    finding = offline(OFFLINE)
    assert finding.status is Status.MET
    assert "98.5 %" in finding.reason and "97.5 %" in finding.reason and "95 %" in finding.reason
    assert finding.evidence == (OFFLINE.digest(),) and finding.criteria == ("accuracy",)


def test_4a_asks_for_an_ml_target_and_a_candidate() -> None:
    assert "No ML target" in offline(criteria=[criterion("sales", family="business")]).reason
    finding = offline(OFFLINE, candidate=None)
    assert finding.status is Status.MISSING and "No model version" in finding.reason


@pytest.mark.parametrize(
    ("rule", "said"), [("held_out", "never saw"), ("no_leakage", "training"), ("labels_agreed", "labelers")]
)
def test_4a_proof_that_nobody_checked_does_not_count(rule: str, said: str) -> None:
    left = tuple(s for s in SOUND if s.rule != rule)
    unchecked = (*left, Soundness(rule=rule, holds=None))
    for soundness in (left, unchecked):
        finding = offline(changed(OFFLINE, soundness=soundness))
        assert (
            finding.status is Status.MISSING and "nobody checked" in finding.reason and said in finding.reason
        )
    failed = offline(changed(OFFLINE, soundness=(*left, Soundness(rule=rule, holds=False, detail="12 rows"))))
    assert failed.status is Status.MISSING and "12 rows" in failed.reason


def test_4a_asks_for_no_agreement_where_nothing_is_labeled() -> None:
    unlabeled = changed(OFFLINE, soundness=SOUND[:2])
    plan = DataPlan(labels_needed=False, no_labels_reason="The amount is typed on the form")
    assert offline(unlabeled, documents=[plan]).status is Status.MET
    assert offline(unlabeled, not_applicable={"2c": "The amount is typed"}).status is Status.MET
    assert offline(unlabeled, documents=[DataPlan(labels_needed=False)]).status is Status.MISSING


def test_4a_must_name_model_and_data() -> None:
    assert "which model" in offline(changed(OFFLINE, model=None)).reason
    assert "which data" in offline(changed(OFFLINE, data=None)).reason


def test_4a_is_stale_on_another_model_or_older_data() -> None:
    finding = offline(changed(OFFLINE, model=OLDER))
    assert finding.status is Status.STALE and "m0" in finding.reason
    finding = offline(OFFLINE, subjects=[subject("dataset", "test", "v2")])
    assert finding.status is Status.STALE and "now v2" in finding.reason


def test_4a_decides_on_the_bound_not_on_the_value() -> None:
    # 96 of 100: 90.2 to 98.4 %, so the bar of 95 % lies in the range; 90 of 100 lies wholly below.
    assert offline(changed_proportion(96, 100)).status is Status.NOT_ENOUGH
    finding = offline(changed_proportion(85, 100))
    assert finding.status is Status.UNMET and "85 %" in finding.reason
    assert finding.action and finding.action.target == "criterion:accuracy"


def changed_proportion(successes: int, trials: int) -> Any:
    return proportion("accuracy", successes, trials, model=MODEL, data=DATA, soundness=SOUND)


def test_4a_the_worst_of_several_speaks_first() -> None:
    recall = criterion("recall", threshold=0.9)
    low = proportion("recall", 50, 100, model=MODEL, data=DATA, soundness=SOUND)
    finding = offline(OFFLINE, low, criteria=[ACCURACY, recall])
    assert finding.status is Status.UNMET and finding.reason.startswith("Recall:")


def test_4a_names_what_is_judged_later_and_needs_one_that_is_judged_now() -> None:
    rating = criterion("rating", settings=(Setting.MONITORING,))
    later = criterion("kept", due_days_after_exposure=90)
    finding = offline(OFFLINE, criteria=[ACCURACY, rating, later])
    assert finding.status is Status.MET and "judged later: Rating and Kept" in finding.reason
    assert offline(criteria=[rating, later]).status is Status.MISSING


def test_4a_simulated_numbers_count_only_in_a_simulation() -> None:
    invented = changed(OFFLINE, origin=Origin.SIMULATED)
    assert offline(invented).status is Status.MISSING
    assert offline(invented, simulated=True).status is Status.MET


def test_4a_a_waived_target_is_waived() -> None:
    waiver = Waiver("Ada", "a pilot of ten forms", on(30))
    assert offline(changed_proportion(85, 100), waivers={"accuracy": waiver}).status is Status.WAIVED


# --- 4b: the design

USED = criterion(
    "used",
    family="product",
    threshold=0.02,
    baseline=Baseline(value=0.10, source="the log of May"),
    binding=Binding(measured_by="the log", starts=on(3)),
)
SLOW = criterion("slow", family="system", role="guardrail", direction="at_most", threshold=0.01)
DESIGN = AbDesign(
    experiment="drafts", hypothesis="A draft saves typing", control="typing by hand", primary="used",
    guardrails=("slow",), unit="clerk", candidate_share=0.5, power=0.8, smallest_effect=0.02,
    expected_control=0.10, sample_per_arm=4000, duration_days=14, decision_rule="ship if used rises and slow holds",
    flag="drafts", planned_start=on(3),
)  # fmt: skip
SUBSTITUTE = AbDesign(
    substitute="beta_study", audience=40, substitute_reason="40 clerks are too few to tell two points",
    substitute_plan="All 40 use it for three weeks, one stands by", substitute_criteria=("used",),
    decision_rule="ship if used is met",
)  # fmt: skip


def designed(
    design: AbDesign = DESIGN, *, at: Any = None, by: tuple[str, ...] = ("Ada",), **fields: Any
) -> ProjectState:
    """A design, signed, with monitors, the way back and the flag ready."""
    paper = written(design)
    base = launch(criteria=[USED, SLOW], documents=[paper], subjects=[subject("flag", "drafts")])
    base["signatures"] = signed("ab_design", paper.digest, *by, at=at or day(-1))
    for name, value in fields.items():
        joins = name in ("evidence", "documents", "criteria", "subjects")
        base[name] = [*base[name], *value] if joins else value
    return state(**base)


def test_4b_is_met_when_designed_signed_and_ready() -> None:
    finding = check("4b", designed())
    assert finding.status is Status.MET
    assert "3,841" in finding.reason and "4,000" in finding.reason


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("hypothesis", "hypothesis"), ("control", "control"), ("primary", "primary target"), ("unit", "what is assigned"),
        ("guardrails", "guardrails"), ("candidate_share", "candidate's share"), ("power", "power"),
        ("smallest_effect", "smallest effect"), ("sample_per_arm", "sample of the smaller arm"),
        ("duration_days", "days"), ("decision_rule", "decision rule"), ("flag", "flag"), ("experiment", "name of the test"),
    ],
)  # fmt: skip
def test_4b_names_what_the_design_does_not_say(field: str, said: str) -> None:
    finding = check(
        "4b",
        designed(
            changed(DESIGN, **{field: AbDesign.model_fields[field].default if field != "power" else None})
        ),
    )
    assert finding.status is Status.MISSING and said in finding.reason


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sample_per_arm": 3000}, "3,000 are planned, and only 3,841"),
        ({"duration_days": 7}, "runs for 7 days; it takes 14"),
        ({"primary": "nothing"}, "names nothing"),
        ({"guardrails": ("slow", "nothing")}, "names nothing"),
    ],
)
def test_4b_a_design_that_cannot_work_is_unmet(changes: dict[str, Any], said: str) -> None:
    finding = check("4b", designed(changed(DESIGN, **changes)))
    assert finding.status is Status.UNMET and said in finding.reason


def test_4b_a_target_that_is_not_judged_in_an_experiment_cannot_decide() -> None:
    asked = changed(USED, settings=(Setting.OFFLINE,))
    finding = check("4b", designed(criteria=[asked]))
    assert finding.status is Status.UNMET and "not judged in an experiment" in finding.reason


def test_4b_power_needs_to_know_where_the_control_stands() -> None:
    finding = check(
        "4b", designed(changed(DESIGN, expected_control=None), criteria=[changed(USED, baseline=None)])
    )
    assert finding.status is Status.MISSING and "control" in finding.reason


def test_4b_needs_a_signature_on_the_present_version() -> None:
    finding = check("4b", designed(by=()))
    assert finding.status is Status.MISSING and "Nobody has signed" in finding.reason
    assert finding.action and finding.action.target == "sign:ab_design"
    earlier = signed("ab_design", "an earlier digest", "Ada")
    finding = check("4b", designed(signatures=earlier))
    assert finding.status is Status.STALE and "changed after Ada signed" in finding.reason


def test_4b_a_signature_after_the_first_real_use_is_too_late() -> None:
    late = check("4b", designed(at=day(-1), exposed_at=day(-2)))
    assert late.status is Status.UNMET and "after the first real use" in late.reason
    assert check("4b", designed(at=day(-3), exposed_at=day(-2))).status is Status.MET


def test_4b_a_second_round_counts_its_own_first_use() -> None:
    again = (Round("evaluation", 2, day(-1.5), "The first test was too small"),)
    base = designed(at=day(-1), exposed_at=day(-2), rounds=again, evidence=[effect(300, 1000, at=day(-2))])
    assert check("4b", base).status is Status.MET


def test_4b_the_flag_must_be_set_up() -> None:
    finding = check("4b", designed(changed(DESIGN, flag="other")))
    assert finding.status is Status.MISSING and "flag other" in finding.reason
    finding = check("4b", designed(subjects=[subject("flag", "drafts", reopened="a new provider")]))
    assert finding.status is Status.STALE and "a new provider" in finding.reason


def test_4b_monitors_and_way_back_must_be_ready() -> None:
    base = designed()
    del base.documents["monitor"]  # type: ignore[attr-defined]
    finding = check("4b", base)
    assert finding.status is Status.MISSING and "Nothing is watched" in finding.reason
    base = designed()
    del base.evidence["rollback_drill:last_good_model"]  # type: ignore[attr-defined]
    finding = check("4b", base)
    assert finding.status is Status.MISSING and "last good model was never tried" in finding.reason


def test_4b_once_it_has_begun_they_must_have_been_ready_before() -> None:
    # All was tried at day -4 (see launch), so a test that began on day -2 began well, one on day -6 did not.
    assert check("4b", designed(at=day(-7), exposed_at=day(-2))).status is Status.MET
    finding = check("4b", designed(at=day(-7), exposed_at=day(-6)))
    assert finding.status is Status.UNMET and "before the first real use" in finding.reason


def test_4b_what_was_excused_need_not_have_been_ready() -> None:
    late = designed(at=day(-7), exposed_at=day(-6), not_applicable={"5b": "shadow only", "5c": "shadow only"})
    assert check("4b", late).status is Status.MET


def test_4b_a_substitute_is_signed_likewise() -> None:
    finding = check("4b", designed(SUBSTITUTE))
    assert finding.status is Status.MET and "With 40 users a beta study" in finding.reason
    assert check("4b", designed(SUBSTITUTE, by=())).status is Status.MISSING
    assert check("4b", designed(SUBSTITUTE, at=day(-1), exposed_at=day(-2))).status is Status.UNMET


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("audience", "audience"), ("substitute_reason", "why no a/b test"), ("substitute_plan", "plan of the substitute"),
        ("substitute_criteria", "targets of the substitute"), ("decision_rule", "decision rule"),
    ],
)  # fmt: skip
def test_4b_names_what_the_substitute_does_not_say(field: str, said: str) -> None:
    finding = check("4b", designed(changed(SUBSTITUTE, **{field: AbDesign.model_fields[field].default})))
    assert finding.status is Status.MISSING and said in finding.reason


# --- 4c: real users

RATED = criterion("rated", family="product", threshold=0.7)
STUDY = report(
    HumanStudy, name="clerks", raters="users", rater_count=12, ratings=240, planned_ratings=200, agreement=0.72,
    agreement_lower=0.66, agreement_bar=0.6, finished=True, criteria=("rated",), model=MODEL, setting=Setting.STUDY,
)  # fmt: skip
#: 200 of 240: 78.1 to 87.5 %.
RATING = proportion("rated", 200, 240, model=MODEL, setting=Setting.STUDY)


def studied(*evidence: Any, **fields: Any) -> Finding:
    return check("4c", state(evidence=evidence, **{"criteria": [RATED], "candidate": MODEL, **fields}))


def test_4c_is_met_on_a_finished_study_with_users() -> None:
    finding = studied(STUDY, RATING)
    assert finding.status is Status.MET and "Rated" in finding.reason
    assert set(finding.evidence) == {STUDY.digest(), RATING.digest()}
    assert studied(changed(STUDY, raters="beta"), RATING).status is Status.MET


@pytest.mark.parametrize("raters", ["internal", "crowd"])
def test_4c_colleagues_and_crowds_do_not_decide(raters: str) -> None:
    finding = studied(changed(STUDY, raters=raters), RATING)
    assert finding.status is Status.MISSING and "support only" in finding.reason


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"finished": False}, Status.NOT_ENOUGH, "not finished"),
        ({"ratings": 150}, Status.NOT_ENOUGH, "150 ratings of 200"),
        ({"agreement_lower": 0.55}, Status.NOT_ENOUGH, "0.55"),
        ({"agreement": 0.5, "agreement_lower": 0.4}, Status.UNMET, "the bar is 0.6"),
        ({"criteria": ()}, Status.MISSING, "judges no target"),
        ({"criteria": ("nothing",)}, Status.MISSING, "no such target"),
        ({"model": OLDER}, Status.STALE, "m0"),
        ({"model": None}, Status.MISSING, "which model"),
        ({"origin": Origin.SIMULATED}, Status.MISSING, "simulated"),
    ],
)
def test_4c_each_clause(changes: dict[str, Any], status: Status, said: str) -> None:
    finding = studied(changed(STUDY, **changes), RATING)
    assert finding.status is status and said in finding.reason


def test_4c_its_targets_must_be_met_in_the_study() -> None:
    assert studied(STUDY).status is Status.MISSING
    low = proportion("rated", 100, 240, model=MODEL, setting=Setting.STUDY)
    assert studied(STUDY, low).status is Status.UNMET
    elsewhere = proportion("rated", 200, 240, model=MODEL, setting=Setting.EXPERIMENT)
    assert studied(STUDY, elsewhere).status is Status.MISSING


def test_4c_a_target_that_is_due_later_is_judged_by_the_study_now() -> None:
    later = changed(RATED, due_days_after_exposure=90)
    assert studied(STUDY, criteria=[later]).status is Status.MISSING
    low = proportion("rated", 100, 240, model=MODEL, setting=Setting.STUDY)
    assert studied(STUDY, low, criteria=[later]).status is Status.UNMET
    assert studied(STUDY, RATING, criteria=[later]).status is Status.MET


def test_4c_the_plan_sets_what_is_enough() -> None:
    plan = StudyPlan(planned_ratings=300, agreement_bar=0.7)
    finding = studied(STUDY, RATING, documents=[written(plan, "clerks")])
    assert finding.status is Status.NOT_ENOUGH and "240 ratings of 300" in finding.reason
    assert studied(STUDY, RATING, documents=[written(plan, "other")]).status is Status.MET
    named = StudyPlan(criteria=("rated",))
    assert (
        studied(changed(STUDY, criteria=()), RATING, documents=[written(named, "clerks")]).status
        is Status.MET
    )


def test_4c_a_failing_study_is_not_hidden_by_a_passing_one() -> None:
    other = changed(STUDY, name="managers", agreement=0.4, agreement_lower=0.3)
    assert studied(STUDY, other, RATING).status is Status.UNMET
    unfinished = changed(STUDY, name="managers", finished=False)
    assert studied(STUDY, unfinished, RATING).status is Status.MET


# --- 4d: red team


def attacks(**changes: dict[str, Any]) -> list[Any]:
    plain = {"model": MODEL, "attempts": 50, "successes": 0}
    return [report(RedTeamRun, category=c, **{**plain, **changes.get(c, {})}) for c in RED_TEAM]


def attacked(evidence: list[Any], **fields: Any) -> Finding:
    return check("4d", state(evidence=evidence, **{"candidate": MODEL, **fields}))


def fault(key: str, severity: str) -> Fault:
    return Fault.model_validate({"key": key, "text": "it swore", "severity": severity})


def test_4d_is_met_when_all_five_were_tried_and_nothing_is_open() -> None:
    finding = attacked(attacks())
    assert finding.status is Status.MET and "250 attacks" in finding.reason and len(finding.evidence) == 5


@pytest.mark.parametrize("category", RED_TEAM)
def test_4d_every_category_must_be_tried(category: str) -> None:
    left = [run for run in attacks() if run.category != category]
    finding = attacked(left)
    assert finding.status is Status.MISSING and category.replace("_", " ") in finding.reason
    assert attacked(attacks(**{category: {"attempts": 0}})).status is Status.MISSING
    excused = attacked(left, not_applicable={f"4d:{category}": "It makes no text"})
    assert excused.status is Status.MET


def test_4d_what_was_tried_on_another_version_must_be_tried_again() -> None:
    finding = attacked(attacks(jailbreak={"model": OLDER}))
    assert finding.status is Status.STALE and "m0" in finding.reason and "jailbreak" in finding.reason


def test_4d_findings_are_held_against_the_bar() -> None:
    found = attacks(jailbreak={"findings": (fault("swears", "medium"),), "successes": 3})
    finding = attacked(found)
    assert finding.status is Status.UNMET and "swears (medium)" in finding.reason
    assert finding.action and finding.action.target == "document:safety_finding:swears"
    assert attacked(found, documents=[SafetyBar(highest_open="low")]).status is Status.UNMET
    assert attacked(found, documents=[SafetyBar(highest_open="medium")]).status is Status.MET


def test_4d_attacks_that_succeeded_must_be_written_down() -> None:
    counted = attacks(jailbreak={"successes": 3})
    found = attacked(counted)
    assert found.status is Status.MISSING
    assert "3 of 50 attacks succeeded (jailbreak)" in found.reason
    written = attacked(
        attacks(jailbreak={"successes": 3, "findings": (fault("swears", "low"),)}),
        documents=[SafetyBar(highest_open="low")],
    )
    assert written.status is Status.MET


def test_4d_a_finding_is_open_until_it_was_tried_again() -> None:
    found = {"findings": (fault("swears", "high"),), "retested": ("swears",)}
    assert attacked(attacks(jailbreak=found)).status is Status.MET


def test_4d_findings_of_earlier_versions_are_not_forgotten() -> None:
    noted = SafetyFinding(category="jailbreak", severity="high", found_on="m0")
    finding = attacked(attacks(), documents=[written(noted, "swears")])
    assert finding.status is Status.UNMET and "swears (high)" in finding.reason
    accepted = changed(noted, state="accepted", reason="we live with it")
    assert attacked(attacks(), documents=[written(accepted, "swears")]).status is Status.UNMET
    fixed = changed(noted, state="fixed", reason="a filter")
    finding = attacked(attacks(), documents=[written(fixed, "swears")])
    assert finding.status is Status.MISSING and "not tried again" in finding.reason
    tried = attacks(jailbreak={"retested": ("swears",)})
    assert attacked(tried, documents=[written(fixed, "swears")]).status is Status.MET


def test_4d_simulated_attacks_do_not_count_in_a_real_project() -> None:
    invented = attacks(jailbreak={"origin": Origin.SIMULATED})
    assert attacked(invented).status is Status.MISSING
    assert attacked(invented, simulated=True).status is Status.MET


def test_4d_all_excused_is_met() -> None:
    assert attacked([], not_applicable={f"4d:{c}": "no" for c in RED_TEAM}).status is Status.MET


# --- 4e: the decision

PAPER = written(DESIGN)
TEST = report(
    Experiment, name="drafts", design_digest=PAPER.digest, arms={"candidate": 4010, "control": 3990},
    shares={"candidate": 0.5, "control": 0.5}, sample_ratio_p=0.82, started_at=day(-20), ended_at=day(-5),
    concluded=True, rule_says="ship", why="Used rose by 3.1 points and slow held.", model=MODEL, at=day(-4),
    setting=Setting.EXPERIMENT,
)  # fmt: skip
DECISION = ShipDecision(
    decision="ship", decider="Ada", reason="as the rule says", made_on=(TEST.digest()[:12],)
)
ADA = written(Stakeholder(name="Ada", decider=True), "ada")


def decided(
    *evidence: Any, decision: ShipDecision = DECISION, design: Any = PAPER, people: Any = (ADA,), at: Any = None,
    by: tuple[str, ...] = ("Ada",), **fields: Any,
) -> Finding:  # fmt: skip
    paper = written(decision)
    signatures = (
        *signed("ab_design", design.digest, "Ada", at=day(-21)),
        *signed("ship_decision", paper.digest, *by, at=at or day(-1)),
    )
    base = {"candidate": MODEL, "documents": [design, paper, *people], "signatures": signatures}
    return check("4e", state(evidence=evidence, **{**base, **fields}))


def test_4e_is_met_when_the_decider_decided_as_the_signed_rule_says() -> None:
    finding = decided(TEST)
    assert finding.status is Status.MET and finding.evidence == (TEST.digest(),)
    assert "Used rose by 3.1 points" in finding.reason


def test_4e_nothing_decided_or_no_result() -> None:
    finding = decided(TEST, decision=ShipDecision())
    assert finding.status is Status.MISSING and "not decided" in finding.reason
    finding = decided()
    assert finding.status is Status.MISSING and "no result of the A/B test drafts" in finding.reason


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"concluded": False}, Status.NOT_ENOUGH, "still running"),
        ({"rule_says": "keep_running"}, Status.NOT_ENOUGH, "still running"),
        ({"sample_ratio_p": 1e-9}, Status.MISSING, "by no accident"),
        ({"sample_ratio_p": float("nan")}, Status.MISSING, "by no accident"),
        ({"model": OLDER}, Status.STALE, "m0"),
        ({"model": None}, Status.MISSING, "which model"),
        ({"design_digest": "of another design"}, Status.MISSING, "nobody had signed its design"),
        ({"started_at": day(-30)}, Status.MISSING, "nobody had signed its design"),
        ({"origin": Origin.SIMULATED}, Status.MISSING, "simulated"),
        (
            {"soundness": (Soundness(rule="sample_ratio", holds=False),)},
            Status.MISSING,
            "sizes that were planned",
        ),
        ({"name": "other"}, Status.MISSING, "no result of the A/B test drafts"),
    ],
)
def test_4e_the_test_must_be_concluded_sound_and_on_the_candidate(
    changes: dict[str, Any], status: Status, said: str
) -> None:
    test = changed(TEST, **changes)
    finding = decided(test, decision=changed(DECISION, made_on=(test.digest(),)))
    assert finding.status is status and said in finding.reason


def test_4e_against_the_rule_is_unmet() -> None:
    for rule, choice in (("iterate", "ship"), ("kill", "ship"), ("ship", "kill")):
        test = changed(TEST, rule_says=rule)
        against = changed(DECISION, decision=choice, made_on=(test.digest(),))
        finding = decided(test, decision=against)
        assert finding.status is Status.UNMET and f"the signed rule says {rule}" in finding.reason


def test_4e_to_stop_as_the_rule_says_is_met_too() -> None:
    test = changed(TEST, rule_says="kill")
    assert (
        decided(test, decision=changed(DECISION, decision="kill", made_on=(test.digest(),))).status
        is Status.MET
    )


def test_4e_it_is_the_named_deciders_signature() -> None:
    assert decided(TEST, by=()).status is Status.MISSING
    finding = decided(TEST, by=("Bob",))
    assert finding.status is Status.UNMET and "Bob signed the decision; Ada decides" in finding.reason
    # Without a decider among the stakeholders the decision names one.
    assert decided(TEST, people=()).status is Status.MET
    nobody = changed(DECISION, decider="")
    assert "not named who decides" in decided(TEST, people=(), decision=nobody).reason


def test_4e_a_decision_that_was_changed_or_came_too_early_is_stale() -> None:
    changed_since = decided(
        TEST,
        signatures=signed("ship_decision", "before", "Ada")
        + signed("ab_design", PAPER.digest, "Ada", at=day(-21)),
    )
    assert changed_since.status is Status.STALE and "changed since Ada signed" in changed_since.reason
    early = decided(TEST, at=day(-10))
    assert early.status is Status.STALE and "before its result" in early.reason


def test_4e_names_the_proof_it_was_made_on() -> None:
    finding = decided(TEST, decision=changed(DECISION, made_on=()))
    assert finding.status is Status.MISSING and "does not name the proof" in finding.reason
    for made_on in (("f" * 64,), (TEST.digest()[:8],)):
        finding = decided(TEST, decision=changed(DECISION, made_on=made_on))
        assert finding.status is Status.STALE and TEST.digest()[:12] in finding.reason


def effect(successes: int, trials: int, **fields: Any) -> ProportionDifference:
    plain = {
        "setting": Setting.EXPERIMENT,
        "unit": "share",
        "producer": {"name": "test"},
        "at": day(-2),
        "model": MODEL,
    }
    return ProportionDifference.of(
        successes=successes, trials=trials, control_successes=100, control_trials=1000, criterion="used",
        estimand="used more", **{**plain, **fields},
    )  # fmt: skip


def substituted(gain: ProportionDifference | None, choice: str) -> Finding:
    evidence = [gain] if gain else []
    made_on = (stored(gain).digest,) if gain else ("0" * 12,)
    decision = changed(DECISION, decision=choice, made_on=made_on)
    return decided(*evidence, decision=decision, design=written(SUBSTITUTE), criteria=[USED])


def test_4e_a_substitute_is_decided_on_its_targets() -> None:
    clear, none_at_all, unsure = effect(300, 1000), effect(60, 1000), effect(12, 100)
    assert substituted(clear, "ship").status is Status.MET
    assert substituted(clear, "kill").status is Status.UNMET
    assert substituted(none_at_all, "ship").status is Status.UNMET
    assert substituted(none_at_all, "iterate").status is Status.MET
    assert substituted(unsure, "ship").status is Status.NOT_ENOUGH
    assert substituted(None, "ship").status is Status.MISSING


def test_4e_a_substitute_must_be_signed() -> None:
    gain = effect(300, 1000)
    decision = changed(DECISION, made_on=(gain.digest(),))
    finding = decided(
        gain, decision=decision, design=written(SUBSTITUTE), criteria=[USED],
        signatures=signed("ship_decision", written(decision).digest, "Ada"),
    )  # fmt: skip
    assert finding.status is Status.MISSING and "Nobody has signed the substitute" in finding.reason
