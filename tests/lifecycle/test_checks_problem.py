"""Items 1a to 1f: nothing there is missing, all there is met, and each clause broken alone is said by its
name."""

from __future__ import annotations

from typing import Any

import pytest

from sextant.criteria import Baseline, Binding
from sextant.documents import Document
from sextant.evidence import Count
from sextant.lifecycle.checks.problem import CHECKS, _users
from sextant.lifecycle.gates import Finding
from sextant.lifecycle.goals import goals, goals_digest
from sextant.lifecycle.state import PhasePlan, ProjectState, Risk, Signature, Written
from sextant.problem.documents import (
    Brief,
    DecisionTree,
    Dismissal,
    Feasibility,
    FiveWs,
    Interview,
    Roi,
    Side,
    Spread,
    Stakeholder,
)
from sextant.problem.five_ws import EXAMPLES, critique
from sextant.verdicts import Status
from tests.lifecycle.factory import NOW, criterion, day, on, report, signed, state, written


def sure(value: float) -> Spread:
    return Spread(low=value, likely=value, high=value)


WS = FiveWs.model_validate({question: good for question, (good, _) in EXAMPLES.items()})
TALK = Interview(
    role="clerk, 3 years in the mail room", held_on=on(-9), notes="Retypes amounts, mistrusts the scanner."
)
POSTS = criterion(
    "wrong_amounts", family="business", direction="at_most", threshold=0.01, due=on(180), owner="Head of mail room",
    baseline=Baseline(value=0.04, source="register of corrections, May"),
    binding=Binding(measured_by="count of corrections", owner="Head of mail room", starts=on(10)),
)  # fmt: skip
SEEN = Binding(measured_by="held-out forms", owner="ML lead", starts=on(30))
USE = criterion("forms_through", family="product", threshold=0.8, binding=SEEN)
ACCURACY = criterion("accuracy", threshold=0.97, binding=SEEN)

TREE = DecisionTree(
    well_defined="yes", well_defined_reason="Wrong amounts are counted each month.",
    rules_enough="no", rules_enough_reason="Templates read 61 % of the fields.",
    data_available="yes", data_available_reason="1,797 labeled images are at hand.",
    pattern_or_prediction="yes", pattern_or_prediction_reason="It recognizes digits.",
    errors_tolerable="yes", errors_tolerable_reason="A clerk corrects what is wrong.",
    roi_worth="yes", roi_worth_reason="The middle is far above zero.",
    rule_based_baseline="Nearest template by pixels",
)  # fmt: skip
RETURN = Roi(benefit=sure(1000), build=sure(5000), run=sure(200), months=12, discount_rate=0)

FEASIBLE = Feasibility(
    technical=Side(verdict="yes", findings="Published error rates are under 2 %."),
    data=Side(verdict="yes", findings="The archive holds ten years of forms."),
    resources=Side(verdict="caution", findings="One engineer, half of her time.", risk="one_engineer"),
    users=Side(verdict="yes", findings="Clerks want to check, not to type."),
)
RISK = Risk(
    "one_engineer", "model", "The only engineer falls ill", 2, 4, mitigation="A second one is trained"
)

DANA = Stakeholder(name="Dana Reyes", role="sponsor", required=True, decider=True)
IVO = Stakeholder(name="Ivo Lang", role="ml_lead", email="ivo@example.org", required=True)
GUEST = Stakeholder(name="Guest", role="support")
PEOPLE = [written(DANA, "dana"), written(IVO, "ivo"), written(GUEST, "guest")]
PLAN = PhasePlan("problem", planned_start=on(-10), planned_end=on(4))

BRIEF = Brief(
    problem="Wrong amounts.", impact_now="4 % wrong", impact_wanted="1 % wrong", roi="USD 4,600",
    target_users="Clerks", approach="Classification", scope="Digits only", feasibility="Yes", budget=20000,
    business_metrics=("Wrong amounts",), product_metrics=("Forms through",), ml_metrics=("Accuracy",),
    starts=on(-10), ends=on(100), team=("ML engineer",), risks="Illness", done="1 % wrong for a month",
)  # fmt: skip


def replaced(document: Document, **changes: Any) -> Any:
    return type(document).model_validate({**document.model_dump(), **changes})


def check(item: str, at: ProjectState) -> Finding:
    finding = CHECKS[item](at)
    assert finding.reason.endswith((".", ".)")), finding.reason
    assert finding.status is Status.MET or finding.action, "what is not met names one thing to do"
    return finding


@pytest.mark.parametrize("item", CHECKS)
def test_nothing_there_is_missing(item: str) -> None:
    assert check(item, state()).status is Status.MISSING


# --- 1a: five Ws, talks, impact


def test_1a_is_met_by_clear_answers_a_talk_and_a_dated_business_target() -> None:
    finding = check("1a", state(documents=[WS, TALK], criteria=[POSTS]))
    assert finding.status is Status.MET
    assert "from 4 % to at most 1 %" in finding.reason and "register of corrections" in finding.reason
    assert finding.criteria == ("wrong_amounts",)


@pytest.mark.parametrize(
    ("documents", "criteria", "status", "said"),
    [
        ([TALK], [POSTS], Status.MISSING, "five Ws are not written"),
        ([replaced(WS, when=""), TALK], [POSTS], Status.MISSING, "No answer yet to: when"),
        (
            [replaced(WS, what=EXAMPLES["what"][1]), TALK],
            [POSTS],
            Status.UNMET,
            "We should use machine learning",
        ),
        ([replaced(WS, who=EXAMPLES["who"][1]), TALK], [POSTS], Status.UNMET, "does not yet say who clearly"),
        ([WS], [POSTS], Status.MISSING, "no notes of a talk"),
        ([WS, replaced(TALK, notes="")], [POSTS], Status.MISSING, "no notes of a talk"),
        ([WS, TALK], [], Status.MISSING, "No business target"),
        ([WS, TALK], [USE], Status.MISSING, "No business target"),
        (
            [WS, TALK],
            [POSTS.model_copy(update={"baseline": None})],
            Status.MISSING,
            "a baseline with its source",
        ),
        ([WS, TALK], [POSTS.model_copy(update={"due": None})], Status.MISSING, "lacks a date"),
        ([WS, TALK], [POSTS.model_copy(update={"role": "guardrail"})], Status.MISSING, "No business target"),
    ],
)
def test_1a_names_what_is_broken(
    documents: list[Any], criteria: list[Any], status: Status, said: str
) -> None:
    finding = check("1a", state(documents=documents, criteria=criteria))
    assert (finding.status, said in finding.reason) == (status, True), finding.reason


def test_1a_takes_a_reason_for_no_talks_and_days_after_first_use_for_a_date() -> None:
    unasked = replaced(WS, not_validated_reason="The forms are sealed until June")
    later = POSTS.model_copy(update={"due": None, "due_days_after_exposure": 90})
    finding = check("1a", state(documents=[unasked], criteria=[later]))
    assert finding.status is Status.MET and "within 90 days of first use" in finding.reason


def test_1a_a_remark_set_aside_with_a_reason_is_closed_until_the_words_change() -> None:
    bad = EXAMPLES["where"][1]
    aside = tuple(
        Dismissal(question="where", rule=r.rule, quote=r.quote, reason="It is everywhere")
        for r in critique("where", bad)
    )
    said = replaced(WS, where=bad, dismissed=aside)
    assert check("1a", state(documents=[said, TALK], criteria=[POSTS])).status is Status.MET
    changed = replaced(said, where="In all of our administration")
    assert check("1a", state(documents=[changed, TALK], criteria=[POSTS])).status is Status.UNMET


# --- 1b: decision tree and return


def test_1b_is_met_when_the_tree_goes_on_and_the_return_is_within_the_bar() -> None:
    finding = check("1b", state(documents=[TREE, RETURN]))
    assert finding.status is Status.MET
    # 12 months of 1,000 - 200, less 5,000, with nothing left to chance.
    assert (
        "“Pursue”" in finding.reason
        and "$4,600" in finding.reason
        and "back after 7 months" in finding.reason
    )


@pytest.mark.parametrize(
    ("tree", "status", "said"),
    [
        ({"rules_enough": "yes"}, Status.UNMET, "Use rules"),
        ({"well_defined": "no"}, Status.UNMET, "Clarify first"),
        ({"data_available": "no"}, Status.UNMET, "Start with rules"),
        ({"pattern_or_prediction": "no"}, Status.UNMET, "ML may not suit"),
        ({"errors_tolerable": "no"}, Status.UNMET, "Deterministic, or heavy oversight"),
        ({"roi_worth": "no"}, Status.UNMET, "Not now"),
        ({"roi_worth": "unknown"}, Status.MISSING, "“Worth it” is not answered"),
        ({"data_available_reason": ""}, Status.MISSING, "No reason is given for Enough data"),
        ({"rule_based_baseline": ""}, Status.MISSING, "No rule-based way"),
    ],
)
def test_1b_names_the_answer_that_stops(tree: dict[str, str], status: Status, said: str) -> None:
    finding = check("1b", state(documents=[replaced(TREE, **tree), RETURN]))
    assert (finding.status, said in finding.reason) == (status, True), finding.reason


def test_1b_oversight_goes_on_only_with_its_plan_and_a_target_that_exists() -> None:
    overseen = {"errors_tolerable": "no", "oversight_plan": "Two clerks read every amount over USD 1,000."}
    planned = replaced(TREE, **overseen)
    assert check("1b", state(documents=[planned, RETURN])).status is Status.UNMET
    whole = replaced(planned, oversight_criterion="amounts_read")
    finding = check("1b", state(documents=[whole, RETURN]))
    assert finding.status is Status.MISSING and "amounts_read, does not exist" in finding.reason
    target = criterion("amounts_read", family="safety", threshold=1.0)
    assert check("1b", state(documents=[whole, RETURN], criteria=[target])).status is Status.MET


@pytest.mark.parametrize(
    ("roi", "status", "said"),
    [
        (None, Status.MISSING, "return is not calculated"),
        (replaced(RETURN, run=Spread()), Status.MISSING, "Running it a month to be filled in"),
        (replaced(RETURN, bar_median=5000), Status.UNMET, "must be at least $5,000"),
        (
            replaced(RETURN, benefit=Spread(low=100, likely=700, high=1500), bar_median=-9999),
            Status.UNMET,
            "chance of a loss may be at most 20 %",
        ),
    ],
)
def test_1b_names_what_the_return_lacks(roi: Roi | None, status: Status, said: str) -> None:
    finding = check("1b", state(documents=[TREE, *([roi] if roi else [])]))
    assert (finding.status, said in finding.reason) == (status, True), finding.reason


# --- 1c: three kinds of targets, each bound


def test_1c_is_met_when_each_kind_has_a_target_that_somebody_will_measure() -> None:
    finding = check("1c", state(criteria=[POSTS, USE, ACCURACY]))
    assert finding.status is Status.MET and set(finding.criteria) == {
        "wrong_amounts",
        "forms_through",
        "accuracy",
    }


@pytest.mark.parametrize(
    ("criteria", "said"),
    [
        ([USE, ACCURACY], "no business target"),
        ([POSTS, ACCURACY], "no product target"),
        ([POSTS, USE], "no ML target"),
        ([POSTS, USE, ACCURACY.model_copy(update={"binding": None})], "say how, by whom and from when"),
        (
            [POSTS, USE, ACCURACY.model_copy(update={"binding": Binding(measured_by="x")})],
            "say by whom and from when",
        ),
        (
            [POSTS, USE, ACCURACY, criterion("recall", binding=Binding(measured_by="x", owner="ML lead"))],
            "Nothing measures Recall yet; say from when",
        ),
    ],
)
def test_1c_names_the_kind_or_the_binding_that_is_missing(criteria: list[Any], said: str) -> None:
    finding = check("1c", state(criteria=criteria))
    assert finding.status is Status.MISSING and said in finding.reason, finding.reason


@pytest.mark.parametrize(
    ("origin", "simulation", "status"),
    [("measured", False, Status.MET), ("simulated", False, Status.MISSING), ("simulated", True, Status.MET)],
)
def test_1c_what_is_measured_already_needs_no_promise(origin: str, simulation: bool, status: Status) -> None:
    unbound = ACCURACY.model_copy(update={"binding": None})
    count = report(Count, criterion="accuracy", unit="share", value=0.5, origin=origin)
    at = state(criteria=[POSTS, USE, unbound], evidence=[count], simulated=simulation)
    assert check("1c", at).status is status


def test_1c_a_target_that_does_not_apply_is_left_out() -> None:
    at = state(criteria=[POSTS, USE, ACCURACY], not_applicable={"accuracy": "nothing is read"})
    finding = check("1c", at)
    assert finding.status is Status.MISSING and "no ML target" in finding.reason


# --- 1d: four sides


def test_1d_is_met_without_a_no_and_with_a_mitigated_risk_for_the_caution() -> None:
    assert check("1d", state(documents=[FEASIBLE], risks=(RISK,))).status is Status.MET


@pytest.mark.parametrize(
    ("side", "risks", "status", "said"),
    [
        (
            {"data": Side(verdict="no", findings="All forms were shredded.")},
            (RISK,),
            Status.UNMET,
            "Data: no. All forms",
        ),
        ({"users": Side()}, (RISK,), Status.MISSING, "on: Users"),
        ({"technical": Side(verdict="yes")}, (RISK,), Status.MISSING, "on: Technical"),
        ({}, (), Status.MISSING, "one_engineer is not in the register"),
        (
            {"resources": Side(verdict="caution", findings="Few.")},
            (RISK,),
            Status.MISSING,
            "no risk is named",
        ),
        ({}, (Risk("one_engineer", "model", "Illness", 2, 4),), Status.MISSING, "no mitigation: Illness"),
    ],
)
def test_1d_names_the_side_that_is_broken(
    side: dict[str, Side], risks: Any, status: Status, said: str
) -> None:
    finding = check("1d", state(documents=[FEASIBLE.model_copy(update=side)], risks=risks))
    assert (finding.status, said in finding.reason) == (status, True), finding.reason


# --- 1e and 1f: signatures


def goals_state(*signatures: Signature, **changes: Any) -> ProjectState:
    fields: dict[str, Any] = {"criteria": [POSTS, USE, ACCURACY], "plans": [PLAN], "documents": PEOPLE}
    return state(**{**fields, **changes}, signatures=signatures)


def test_1e_is_met_when_every_required_stakeholder_signed_the_present_goals() -> None:
    digest = goals_digest(goals_state())
    finding = check("1e", goals_state(*signed("goals", digest, "Dana Reyes", "IVO@example.org")))
    assert finding.status is Status.MET and "Dana Reyes and Ivo Lang" in finding.reason


def test_1e_names_who_has_not_signed() -> None:
    digest = goals_digest(goals_state())
    finding = check("1e", goals_state(*signed("goals", digest, "Dana Reyes", "Guest")))
    assert (
        finding.status is Status.MISSING
        and "1 of 2" in finding.reason
        and "Ivo Lang never did" in finding.reason
    )
    assert finding.action and finding.action.target == "sign:goals"


@pytest.mark.parametrize(
    ("changes", "signs_again"),
    [
        ({"criteria": [POSTS.model_copy(update={"threshold": 0.02}), USE, ACCURACY]}, True),
        ({"plans": [PhasePlan("problem", planned_start=on(-10), planned_end=on(9))]}, True),
        ({"criteria": [POSTS, USE, ACCURACY.model_copy(update={"note": "wording", "binding": None})]}, False),
        ({"criteria": [POSTS, USE, ACCURACY, criterion("latency", family="system")]}, False),
        ({"plans": [PhasePlan("problem", PLAN.planned_start, PLAN.planned_end, actual_end=on(1))]}, False),
    ],
)
def test_1e_a_material_change_asks_for_signatures_again(changes: dict[str, Any], signs_again: bool) -> None:
    signatures = signed("goals", goals_digest(goals_state()), "Dana Reyes", "Ivo Lang")
    finding = check("1e", goals_state(*signatures, **changes))
    assert finding.status is (Status.STALE if signs_again else Status.MET)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"criteria": []}, "no goals to sign"),
        ({"plans": []}, "timeline has no dates"),
        ({"documents": [written(GUEST, "guest")]}, "Nobody is named whose signature"),
    ],
)
def test_1e_without_goals_dates_or_people_is_missing(changes: dict[str, Any], said: str) -> None:
    finding = check("1e", goals_state(**changes))
    assert finding.status is Status.MISSING and said in finding.reason


def test_goals_hold_targets_and_dates_only() -> None:
    found = goals(goals_state())
    assert [c["key"] for c in found["criteria"]] == ["accuracy", "forms_through", "wrong_amounts"]
    assert found["timeline"] == {"problem": {"start": on(-10).isoformat(), "end": on(4).isoformat()}}


def brief_state(brief: Brief, *signatures: Signature, people: list[Written] = PEOPLE) -> ProjectState:
    return state(documents=[brief, *people], signatures=signatures)


def test_1f_is_met_when_the_brief_is_whole_and_signed_as_it_reads() -> None:
    signatures = signed("brief", BRIEF.material_digest(), "Dana Reyes", "Ivo Lang")
    finding = check("1f", brief_state(BRIEF, *signatures))
    assert finding.status is Status.MET and str(NOW.date()) in finding.reason
    reworded = replaced(BRIEF, problem="The amounts are wrong.")
    assert check("1f", brief_state(reworded, *signatures)).status is Status.MET
    for field, value in {
        "budget": 30000,
        "scope": "Letters too",
        "ends": on(200),
        "ml_metrics": ("Recall",),
    }.items():
        finding = check("1f", brief_state(replaced(BRIEF, **{field: value}), *signatures))
        assert (
            finding.status is Status.STALE
            and "changed since Dana Reyes and Ivo Lang signed" in finding.reason
        )


def test_1f_says_who_signed_an_earlier_version_beside_who_never_did() -> None:
    earlier = Signature("brief", "0" * 64, "Dana Reyes", "sponsor", day(-20))
    finding = check("1f", brief_state(BRIEF, earlier))
    assert finding.status is Status.MISSING
    assert "Ivo Lang never did, and Dana Reyes signed an earlier version" in finding.reason


@pytest.mark.parametrize(("field", "title"), [(n, f.title) for n, f in Brief.model_fields.items()])
def test_1f_names_each_section_that_is_empty(field: str, title: str) -> None:
    bare = Brief.model_validate(BRIEF.model_dump(exclude={field}))
    signatures = signed("brief", bare.material_digest(), "Dana Reyes", "Ivo Lang")
    finding = check("1f", brief_state(bare, *signatures))
    assert finding.status is Status.MISSING and title in finding.reason


def test_1f_without_anybody_to_sign_is_missing() -> None:
    finding = check("1f", brief_state(BRIEF, people=[]))
    assert finding.status is Status.MISSING and "Nobody is named" in finding.reason


def test_1b_a_return_on_its_bar_is_within_it() -> None:
    on_the_bar = replaced(RETURN, bar_median=4600, bar_chance_of_loss=0.0)
    assert check("1b", state(documents=[TREE, on_the_bar])).status is Status.MET
    # 12 months of 1,000 - 1,500 never pay: the loss is certain, and a bar of 1 allows it.
    sure_loss = replaced(RETURN, run=sure(1500), bar_median=-20000, bar_chance_of_loss=1.0)
    assert check("1b", state(documents=[TREE, sure_loss])).status is Status.MET


@pytest.mark.parametrize(("talks", "said"), [(1, "1 talk with"), (2, "2 talks with")])
def test_1a_counts_the_talks(talks: int, said: str) -> None:
    notes = [written(TALK, f"talk{i}") for i in range(talks)]
    assert said in _users(state(documents=[WS, *notes])).said
