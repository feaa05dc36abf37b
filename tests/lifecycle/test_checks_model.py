"""Items 3a to 3e: nothing there is missing, all there is met, and each clause broken alone is said by its
name."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from sextant.data.documents import DataRequirement
from sextant.evidence import Count, Version
from sextant.lifecycle.checks.model import CHECKS
from sextant.lifecycle.gates import Finding
from sextant.lifecycle.state import Decision, ProjectState, Round, Written
from sextant.model.documents import (
    Blocker,
    CheckIn,
    CheckInPlan,
    ModelOption,
    ModelRequirements,
    OptionDecision,
    Resource,
    Weight,
)
from sextant.problem.documents import Stakeholder
from sextant.verdicts import Status
from tests.lifecycle.factory import (
    MODEL,
    criterion,
    day,
    on,
    proportion,
    report,
    signed,
    state,
    subject,
    written,
)


def check(item: str, at: ProjectState) -> Finding:
    finding = CHECKS[item](at)
    assert finding.reason.endswith((".", ".)")), finding.reason
    assert finding.status.passes or finding.action, "what is not met names one thing to do"
    return finding


def changed(document: Any, **changes: Any) -> Any:
    return type(document).model_validate({**document.model_dump(), **changes})


@pytest.mark.parametrize("item", CHECKS)
def test_nothing_there_is_missing(item: str) -> None:
    assert check(item, state()).status is Status.MISSING


# --- 3a: requirements, signed by the ML lead

TARGETS = [
    criterion("accuracy", threshold=0.9),
    criterion("p95", family="system", unit="ms", direction="at_most", threshold=50),
    criterion("cost_each", family="cost", unit="USD", direction="at_most", threshold=0.01),
    criterion("gap", family="fairness", direction="at_most", threshold=0.05),
]
ASKED = ModelRequirements(
    quality="accuracy",
    latency="p95",
    cost="cost_each",
    fairness="gap",
    explainability_reason="A clerk sees the scan",
)
LEAD = written(Stakeholder(name="Ivo Lang", role="ml_lead"), "ivo")
SIGNED = signed("model_requirements", ASKED.material_digest(), "Ivo Lang", role="reviewer")


def required(asked: ModelRequirements = ASKED, **fields: Any) -> ProjectState:
    plain = {"documents": [asked, LEAD], "criteria": TARGETS, "signatures": SIGNED}
    return state(**{**plain, **fields})


def test_3a_is_met_when_the_ml_lead_signed_the_targets() -> None:
    finding = check("3a", required())
    assert finding.status is Status.MET
    assert set(finding.criteria) == {"accuracy", "p95", "cost_each", "gap"}


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"quality": None}, Status.MISSING, "no quality target."),
        ({"latency": None}, Status.MISSING, "no latency target."),
        ({"cost": None}, Status.MISSING, "no cost target."),
        ({"fairness": None}, Status.MISSING, "no fairness target, and no reason why not"),
        ({"explainability_reason": ""}, Status.MISSING, "no explainability target, and no reason why not"),
        ({"cost": "nobody"}, Status.MISSING, "cost target nobody does not exist"),
        (
            {"latency": "accuracy"},
            Status.UNMET,
            "Accuracy is named as the latency target, and it is about ml",
        ),
    ],
)
def test_3a_names_the_requirement_that_is_broken(change: dict[str, Any], status: Status, said: str) -> None:
    asked = changed(ASKED, **change)
    signatures = signed("model_requirements", asked.material_digest(), "Ivo Lang")
    finding = check("3a", required(asked, signatures=signatures))
    assert (finding.status, said in finding.reason) == (status, True), finding.reason


def test_3a_needs_the_ml_leads_signature_on_the_present_version() -> None:
    assert "Ivo Lang never did" in check("3a", required(signatures=())).reason
    other = signed("model_requirements", ASKED.material_digest(), "Dana Reyes", role="sponsor")
    assert check("3a", required(signatures=other)).status is Status.MISSING
    moved = check("3a", required(changed(ASKED, fairness=None, fairness_reason="Digits have no groups")))
    assert moved.status is Status.STALE and "changed since Ivo Lang signed" in moved.reason


def test_3a_somebody_must_be_the_ml_lead() -> None:
    nobody = check("3a", required(documents=[ASKED]))
    assert nobody.status is Status.MISSING and "Nobody is named as the ML lead" in nobody.reason
    as_lead = signed("model_requirements", ASKED.material_digest(), "Ana", role="ml_lead")
    assert check("3a", required(documents=[ASKED], signatures=as_lead)).status is Status.MET
    # Where somebody is named, it is their signature that counts.
    assert check("3a", required(signatures=as_lead)).status is Status.MISSING


# --- 3b: resources

ROWS = criterion("rows", family="data", metric="rows", unit="rows", threshold=1000)
ENOUGH = report(Count, criterion="rows", unit="rows", value=1797)
MEANS = {
    "gpu": Resource(type="compute", name="GPU hours", planned=100, available=120, unit="hours"),
    "weeks": Resource(type="time", name="Weeks", planned=4, available=4),
}
NEED = written(DataRequirement(aspect="quantity", criterion="rows"), "rows")


def resources(found: dict[str, Resource] = MEANS, **fields: Any) -> ProjectState:
    documents = [*(written(r, k) for k, r in found.items()), NEED]
    return state(**{"documents": documents, "criteria": [ROWS], "evidence": [ENOUGH], **fields})


def test_3b_is_met_when_all_is_there_and_the_data_targets_are_met() -> None:
    finding = check("3b", resources())
    assert finding.status is Status.MET and "GPU hours: 100 hours planned, 120 available" in finding.reason
    assert finding.criteria == ("rows",) and finding.evidence


@pytest.mark.parametrize(
    ("found", "status", "said"),
    [
        (
            {**MEANS, "gpu": changed(MEANS["gpu"], available=99)},
            Status.UNMET,
            "100 hours planned, 99 available",
        ),
        (
            {**MEANS, "gpu": changed(MEANS["gpu"], available=None)},
            Status.MISSING,
            "does not say what is available",
        ),
        (
            {**MEANS, "gpu": changed(MEANS["gpu"], planned=None)},
            Status.MISSING,
            "does not say what is planned",
        ),
        ({"gpu": MEANS["gpu"]}, Status.MISSING, "Nothing is planned for time"),
        ({"weeks": MEANS["weeks"]}, Status.MISSING, "Nothing is planned for computing power"),
    ],
)
def test_3b_names_what_is_short(found: dict[str, Resource], status: Status, said: str) -> None:
    finding = check("3b", resources(found))
    assert (finding.status, said in finding.reason) == (status, True), finding.reason


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"evidence": []}, Status.MISSING, "Rows: Nothing has been measured"),
        (
            {"evidence": [report(Count, criterion="rows", unit="rows", value=999)]},
            Status.UNMET,
            "Rows: 999 rows",
        ),
        ({"criteria": []}, Status.MISSING, "No data requirement is measured by a target"),
    ],
)
def test_3b_decides_on_the_data_targets_too(fields: dict[str, Any], status: Status, said: str) -> None:
    finding = check("3b", resources(**fields))
    assert (finding.status, said in finding.reason) == (status, True), finding.reason


# --- 3c: check-ins. Today is Monday; the plan began three weeks ago today, so yesterday's last due was a
# week ago.

WEEKLY = CheckInPlan(first_on=on(-21))
HELD = CheckIn(held_on=on(-6), trend="Accuracy 0.93, up from 0.9", blockers="none", decisions="Try a forest")


def check_ins(*held: CheckIn, plan: CheckInPlan = WEEKLY, **fields: Any) -> ProjectState:
    return state(documents=[plan, *(written(c, f"c{i}") for i, c in enumerate(held))], **fields)


def test_3c_is_met_when_the_last_due_check_in_was_held_with_its_notes() -> None:
    finding = check("3c", check_ins(HELD))
    assert finding.status is Status.MET and f"due on {on(-7)} was held on {on(-6)}" in finding.reason


@pytest.mark.parametrize(
    ("held", "status"),
    [(-13, Status.MET), (-14, Status.UNMET), (-7, Status.MET), (0, Status.MET), (1, Status.UNMET)],
)
def test_3c_held_means_after_the_one_before_and_up_to_today(held: int, status: Status) -> None:
    finding = check("3c", check_ins(changed(HELD, held_on=on(held))))
    assert finding.status is status, finding.reason


@pytest.mark.parametrize("word", ["trend", "blockers", "decisions"])
def test_3c_names_what_the_notes_lack(word: str) -> None:
    finding = check("3c", check_ins(changed(HELD, **{word: ""})))
    assert finding.status is Status.MISSING and f"says nothing about {word}" in finding.reason
    assert finding.action and finding.action.target == "document:check_in:c0"


def test_3c_the_latest_check_in_speaks() -> None:
    older = changed(HELD, held_on=on(-12))
    assert check("3c", check_ins(HELD, changed(older, trend=""))).status is Status.MET
    assert check("3c", check_ins(older, changed(HELD, trend=""))).status is Status.MISSING


@pytest.mark.parametrize(
    ("first", "cadence", "status", "said"),
    [
        (None, 7, Status.MISSING, "No check-ins are planned"),
        (on(0), 7, Status.NOT_DUE, f"due on {on(0)}"),
        (on(5), 7, Status.NOT_DUE, f"due on {on(5)}"),
        (on(-1), 7, Status.UNMET, f"due on {on(-1)} was not held; none was held so far"),
        (on(-21), 2, Status.UNMET, f"due on {on(-1)} was not held"),
    ],
)
def test_3c_is_due_from_the_day_after_its_day(first: Any, cadence: int, status: Status, said: str) -> None:
    held = [] if first == on(-1) else [changed(HELD, held_on=on(-15))]
    finding = check("3c", check_ins(*held, plan=CheckInPlan(first_on=first, cadence_days=cadence)))
    assert (finding.status, said in finding.reason) == (status, True), finding.reason


def test_3c_none_is_due_after_the_gate_was_passed_until_the_phase_is_opened_again() -> None:
    held = changed(HELD, held_on=on(-14))
    passed = (Decision("model", 1, "pass", "Dana", day(-12)),)
    assert check("3c", check_ins(held)).status is Status.UNMET
    assert check("3c", check_ins(held, decisions=passed)).status is Status.MET
    again = (Round("model", 2, day(-3), "Paler ink"),)
    reopened = check("3c", check_ins(held, decisions=passed, rounds=again))
    assert reopened.status is Status.NOT_DUE and f"due on {on(0)}" in reopened.reason
    long_open = (Round("model", 2, day(-9), "Paler ink"),)
    assert check("3c", check_ins(held, decisions=passed, rounds=long_open)).status is Status.UNMET


def test_3c_a_first_round_that_was_opened_late_does_not_put_the_plan_off() -> None:
    held = changed(HELD, held_on=on(-14))
    opened = (Round("model", 1, day(-3)),)
    assert check("3c", check_ins(held, rounds=opened)).status is Status.UNMET


def test_3c_what_falls_due_on_the_day_of_reopening_is_due() -> None:
    passed = (Decision("model", 1, "pass", "Dana", day(-12)),)
    again = (Round("model", 2, day(-7), "Paler ink"),)
    finding = check("3c", check_ins(decisions=passed, rounds=again))
    assert finding.status is Status.UNMET and f"due on {on(-7)}" in finding.reason


# --- 3d: options and the choice

ACCURACY = criterion("accuracy", threshold=0.9)
RULES, NET = Version.parse("model:rules@r1"), MODEL
OPTIONS = {
    "rules": ModelOption(name="Rules", approach="rules", model="rules@r1", control=5),
    "net": ModelOption(name="Network", approach="build", model="reader@m1", control=3),
}
CHOICE = OptionDecision(
    chosen="net", weights=(Weight(factor="accuracy", weight=3), Weight(factor="control", weight=1)),
    sensitivity="Rules win if control weighs as much as accuracy.", reason="It misreads half as much",
    decided_by="ML lead", decided_on=on(-3),
)  # fmt: skip
NUMBERS = [proportion("accuracy", 700, 1000, model=RULES), proportion("accuracy", 950, 1000, model=NET)]


def options(
    found: dict[str, ModelOption] = OPTIONS, choice: OptionDecision | None = CHOICE, **fields: Any
) -> ProjectState:
    documents = [*(written(o, k) for k, o in found.items()), *([choice] if choice else [])]
    return state(**{"documents": documents, "criteria": [ACCURACY], "evidence": NUMBERS, **fields})


def test_3d_is_met_when_measured_options_were_compared_and_one_chosen() -> None:
    finding = check("3d", options())
    assert finding.status is Status.MET
    # Network 1·3 + 0·1 against rules 0·3 + 1·1: level where control weighs 3.
    assert (
        "Network comes first, until accuracy weighs 1 instead of 3: then Rules draws level" in finding.reason
    )
    assert len(finding.evidence) == 2 and finding.criteria == ("accuracy",)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"net": OPTIONS["net"]}, "1 of 1 options is compared"),
        (
            {**OPTIONS, "rules": changed(OPTIONS["rules"], ruled_out="Too many templates")},
            "1 of 2 options is compared",
        ),
        ({**OPTIONS, "rules": changed(OPTIONS["rules"], model="")}, "Rules names no model version"),
        ({**OPTIONS, "rules": changed(OPTIONS["rules"], control=None)}, "Rules says nothing about control"),
        (
            {**OPTIONS, "api": ModelOption(name="API", model="x@1", control=1)},
            "Accuracy was not measured on API (x@1)",
        ),
    ],
)
def test_3d_names_the_option_that_cannot_be_compared(found: dict[str, ModelOption], said: str) -> None:
    finding = check("3d", options(found))
    assert finding.status is Status.MISSING and said in finding.reason, finding.reason


def test_3d_an_option_may_be_ruled_out_without_a_measurement() -> None:
    out = {**OPTIONS, "api": ModelOption(name="API", ruled_out="Forms may not leave the house")}
    assert check("3d", options(out)).status is Status.MET
    finding = check("3d", options(out, changed(CHOICE, chosen="api")))
    assert finding.status is Status.UNMET and "api was ruled out" in finding.reason


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"chosen": None}, Status.MISSING, "No option is chosen"),
        ({"chosen": "other"}, Status.UNMET, "other is not among the options"),
        ({"weights": ()}, Status.MISSING, "what counts how much"),
        (
            {"weights": (Weight(factor="control", weight=1),)},
            Status.MISSING,
            "No target is among what counts",
        ),
        (
            {"weights": (*CHOICE.weights, Weight(factor="beauty", weight=1))},
            Status.MISSING,
            "nothing else called beauty",
        ),
        ({"sensitivity": ""}, Status.MISSING, "what would change it"),
        ({"reason": ""}, Status.MISSING, "a reason"),
        ({"decided_by": ""}, Status.MISSING, "who decided"),
        ({"decided_on": None}, Status.MISSING, "when"),
    ],
)
def test_3d_names_what_the_decision_lacks(change: dict[str, Any], status: Status, said: str) -> None:
    finding = check("3d", options(choice=changed(CHOICE, **change)))
    assert (finding.status, said in finding.reason) == (status, True), finding.reason


def test_3d_what_weighs_nothing_needs_no_number() -> None:
    free = changed(CHOICE, weights=(*CHOICE.weights, Weight(factor="unit_cost", weight=0)))
    assert check("3d", options(choice=free)).status is Status.MET


def test_3d_without_a_decision_is_missing() -> None:
    assert check("3d", options(choice=None)).status is Status.MISSING


def test_3d_numbers_must_be_measured_and_present_but_not_on_the_newest_model() -> None:
    simulated = [NUMBERS[0], proportion("accuracy", 950, 1000, model=NET, origin="simulated")]
    finding = check("3d", options(evidence=simulated))
    assert finding.status is Status.MISSING and "it is simulated" in finding.reason
    newer = [subject("model", "reader", "m2"), subject("model", "rules", "r1")]
    assert check("3d", options(subjects=newer)).status is Status.MET
    data = Version.parse("dataset:test@v1")
    on_data = [proportion("accuracy", 700, 1000, model=RULES, data=data), NUMBERS[1]]
    finding = check("3d", options(evidence=on_data, subjects=[subject("dataset", "test", "v2")]))
    assert finding.status is Status.STALE and "dataset test is now v2" in finding.reason


def test_3d_less_is_better_for_what_must_stay_low() -> None:
    slow = criterion("p95", family="system", unit="ms", direction="at_most", threshold=50)
    times = [report(Count, criterion="p95", unit="ms", value=v, model=m) for v, m in ((1, RULES), (80, NET))]
    choice = changed(
        CHOICE, weights=(Weight(factor="p95", weight=1), Weight(factor="weeks_to_market", weight=0.1))
    )
    weeks = {k: changed(o, weeks_to_market=w) for (k, o), w in zip(OPTIONS.items(), (1, 9), strict=True)}
    finding = check("3d", options(weeks, choice, criteria=[slow], evidence=times))
    assert finding.status is Status.MET and "Rules comes first, whatever a single weight is" in finding.reason


def test_an_options_version_is_checked_when_it_is_written() -> None:
    with pytest.raises(ValidationError, match="names no version"):
        ModelOption(model="reader")
    assert ModelOption(model="model:reader@m1").version == MODEL == ModelOption(model="reader@m1").version


# --- 3e: blockers


def blocked(*blockers: Blocker, **fields: Any) -> ProjectState:
    documents: list[Written] = [written(b, f"b{i}") for i, b in enumerate(blockers)]
    return state(**{"documents": documents, **fields})


def test_3e_is_met_without_an_old_open_blocker_and_shows_the_median() -> None:
    finding = check(
        "3e",
        blocked(
            Blocker(text="No GPU", opened_on=on(-30), resolved_on=on(-28)),
            Blocker(text="No labels", opened_on=on(-20), resolved_on=on(-10)),
            Blocker(text="No scans", opened_on=on(-7)),
        ),
    )
    assert finding.status is Status.MET
    assert "1 of 3 blockers are open, none for more than 7 days; the median took 6 days" in finding.reason


@pytest.mark.parametrize(
    ("blocker", "limit", "status", "said"),
    [
        (
            Blocker(text="No GPU.", opened_on=on(-8)),
            7,
            Status.UNMET,
            "“No GPU” has been open for 8 days; the limit is 7",
        ),
        (Blocker(text="No GPU", opened_on=on(-8)), 8, Status.MET, "none is resolved yet"),
        (Blocker(text="No GPU", opened_on=on(-9), resolved_on=on(2)), 7, Status.UNMET, "open for 9 days"),
        (Blocker(text="No GPU"), 7, Status.MISSING, "“No GPU” does not say since when"),
    ],
)
def test_3e_holds_open_blockers_against_the_limit(
    blocker: Blocker, limit: int, status: Status, said: str
) -> None:
    finding = check("3e", blocked(blocker, blocker_days=limit))
    assert (finding.status, said in finding.reason) == (status, True), finding.reason


def test_3e_no_blockers_count_only_where_somebody_asked() -> None:
    assert check("3e", state(documents=[written(HELD, "c0")])).status is Status.MET
    assert check("3e", state(documents=[written(changed(HELD, held_on=on(0)), "c0")])).status is Status.MET
    planned = changed(HELD, held_on=on(3))
    assert check("3e", state(documents=[written(planned, "c0")])).status is Status.MISSING
