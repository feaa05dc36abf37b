"""Items 2a to 2f: nothing there is missing, all there is met, and each clause broken alone is said by its
name."""

from __future__ import annotations

from typing import Any

import pytest

from sextant.data.documents import (
    DataPlan,
    DataRequirement,
    DataSource,
    Guideline,
    LabelValue,
    Pipeline,
    QualityResolution,
)
from sextant.evidence import Agreement, Count, Declared, Soundness, Version
from sextant.lifecycle.checks.data import CHECKS
from sextant.lifecycle.gates import Finding
from sextant.lifecycle.state import Decision, ProjectState, Written
from sextant.reports import Finding as Fault
from sextant.reports import Freshness, QualityReport
from sextant.verdicts import Status
from tests.lifecycle.factory import DATA, criterion, day, mean, on, report, state, subject, written

ROWS = criterion("rows", family="data", metric="rows", unit="rows", threshold=1000)
NO_LABELS = DataPlan(
    labels_needed=False, no_labels_reason="Forms come with the typed amount", collection_budget=0
)


def check(item: str, at: ProjectState) -> Finding:
    finding = CHECKS[item](at)
    assert finding.reason.endswith((".", ".)")), finding.reason
    passes = finding.status.passes
    assert passes or finding.action, "what is not met names one thing to do"
    return finding


def changed(document: Any, **changes: Any) -> Any:
    return type(document).model_validate({**document.model_dump(), **changes})


@pytest.mark.parametrize("item", CHECKS)
def test_nothing_there_is_missing(item: str) -> None:
    assert check(item, state()).status is Status.MISSING


# --- 2a: requirements


def asked(aspect: Any, **fields: Any) -> Written:
    return written(DataRequirement(aspect=aspect, **fields), f"{aspect}_asked")


ASKED = {
    "quantity": asked("quantity", criterion="rows"),
    "quality": asked("quality", rule="missing amounts at most 1 %"),
    "format": asked("format", rule="columns one of image, amount"),
    "labels": asked("labels", rule="labeled rows at least 1,000"),
    "sources": asked("sources", rule="source one of archive, mail room"),
}


def test_2a_is_met_when_each_side_has_a_rule_that_can_be_checked() -> None:
    finding = check("2a", state(documents=ASKED.values(), criteria=[ROWS]))
    assert finding.status is Status.MET and finding.criteria == ("rows",)


@pytest.mark.parametrize("aspect", ASKED)
def test_2a_names_the_side_that_is_missing(aspect: str) -> None:
    left = [w for name, w in ASKED.items() if name != aspect]
    finding = check("2a", state(documents=left, criteria=[ROWS]))
    assert finding.status is Status.MISSING and f"of: {aspect}" in finding.reason


@pytest.mark.parametrize(
    ("requirement", "said"),
    [
        (asked("quality", text="good data"), "quality (quality_asked) cannot be checked: it has neither"),
        (asked("quality", rule="data is good"), "“data is good” is not a rule"),
        (asked("quality", criterion="nobody"), "its target nobody does not exist"),
    ],
)
def test_2a_names_the_requirement_that_nobody_can_check(requirement: Written, said: str) -> None:
    documents = {**ASKED, "quality": requirement}.values()
    finding = check("2a", state(documents=documents, criteria=[ROWS]))
    assert finding.status is Status.UNMET and said in finding.reason


def test_2a_asks_nothing_of_labels_where_none_are_needed() -> None:
    left = [w for name, w in ASKED.items() if name != "labels"]
    assert check("2a", state(documents=[*left, NO_LABELS], criteria=[ROWS])).status is Status.MET
    silent = changed(NO_LABELS, no_labels_reason="")
    assert check("2a", state(documents=[*left, silent], criteria=[ROWS])).status is Status.MISSING


# --- 2b: sources

ARCHIVE = DataSource(
    name="Archive", owner="Records office", state="ready", cost=4000, licence="In-house, contract of 2024"
)
USERS = DataSource(name="Users", strategy="user_generated", owner="Product", state="collecting", cost=1000,
                   consent="Opt-in at sign-up")  # fmt: skip
PLAN = DataPlan(collection_budget=5000, labeling_budget=900, labels_forecast=5000)


def sources(*found: DataSource) -> list[Written]:
    return [written(source, f"source{i}") for i, source in enumerate(found)]


def test_2b_is_met_when_every_source_is_whole_and_the_sum_within_the_budget() -> None:
    finding = check("2b", state(documents=[*sources(ARCHIVE, USERS), PLAN]))
    assert finding.status is Status.MET and "$5,000 from 2 sources" in finding.reason


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"owner": ""}, "Archive lacks an owner"),
        ({"state": None}, "Archive lacks a state"),
        ({"cost": None}, "Archive lacks a cost"),
        ({"licence": ""}, "Archive lacks a licence or consent record"),
        ({"owner": "", "cost": None}, "Archive lacks an owner and a cost"),
    ],
)
def test_2b_names_what_a_source_lacks(change: dict[str, Any], said: str) -> None:
    finding = check("2b", state(documents=[*sources(changed(ARCHIVE, **change), USERS), PLAN]))
    assert finding.status is Status.MISSING and said in finding.reason
    assert finding.action and finding.action.target == "document:data_source:source0"


def test_2b_holds_the_sum_against_the_budget_and_leaves_dropped_sources_out() -> None:
    dear = changed(USERS, cost=1000.5)
    finding = check("2b", state(documents=[*sources(ARCHIVE, dear), PLAN]))
    assert finding.status is Status.UNMET and "$5,000 is set aside" in finding.reason
    dropped = changed(dear, state="dropped", owner="")
    assert check("2b", state(documents=[*sources(ARCHIVE, dropped), PLAN])).status is Status.MET
    unset = changed(PLAN, collection_budget=None)
    finding = check("2b", state(documents=[*sources(ARCHIVE), unset]))
    assert finding.status is Status.MISSING and "No budget for collecting" in finding.reason


# --- 2c: guideline and calibration

DIGIT = Guideline(
    version="v2", task="Which digit is it?", published_on=on(-20), agreement_bar=0.8,
    values=(
        LabelValue(value="1", criteria="One stroke", examples="|\n/"),
        LabelValue(value="7", criteria="A bar on top", examples="7\nseven with a dash"),
    ),
)  # fmt: skip


def calibration(agree: int, differ: int, version: str = "v2", **fields: Any) -> Agreement:
    """Two labelers on items of two values: so many they agree on (half each), so many they do not."""
    half = agree // 2
    plain = report(Agreement, patterns=((2, 0), (0, 2), (1, 1)), multiplicity=(half, agree - half, differ),
                   value=0, interval={"lower": 0, "upper": 0, "method": "x"}, unit="alpha").model_dump()  # fmt: skip
    kept = {k: v for k, v in plain.items() if k not in ("value", "interval", "undefined", "n")}
    depends = (Version.parse(f"guideline:digit@{version}"),)
    return Agreement.of(**{**kept, "depends": depends, **fields})


def labeling(*evidence: Any, guideline: Guideline = DIGIT, **fields: Any) -> ProjectState:
    return state(documents=[written(guideline, "digit")], evidence=evidence, **fields)


def test_2c_is_met_when_the_low_end_of_the_calibration_is_over_the_bar() -> None:
    finding = check("2c", labeling(calibration(196, 4)))
    assert finding.status is Status.MET and "on 200 items" in finding.reason and finding.evidence


@pytest.mark.parametrize(
    ("agree", "differ", "status"),
    [
        (180, 20, Status.NOT_ENOUGH),
        (120, 80, Status.UNMET),
        (9, 1, Status.NOT_ENOUGH),
        (0, 0, Status.NOT_ENOUGH),
    ],
)
def test_2c_decides_on_the_range_not_on_the_value(agree: int, differ: int, status: Status) -> None:
    # 180 of 200 is an agreement of 0.8 and a little; its range holds the bar.
    assert check("2c", labeling(calibration(agree, differ))).status is status


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"published_on": None}, Status.MISSING, "digit is not published"),
        ({"published_on": on(1)}, Status.MISSING, "digit is not published"),
        ({"version": ""}, Status.STALE, "digit has no version"),
        ({"version": "v3"}, Status.STALE, "was on digit v2, and the guideline is now v3"),
        ({"values": DIGIT.values[:1]}, Status.MISSING, "fewer than two values"),
        (
            {"values": (DIGIT.values[0], LabelValue(value="7", examples="7\n7"))},
            Status.MISSING,
            "examples for: 7",
        ),
        (
            {"values": (DIGIT.values[0], LabelValue(value="7", criteria="x", examples="7\n"))},
            Status.MISSING,
            "two examples for: 7",
        ),
        ({"agreement_bar": 1.0}, Status.UNMET, "the bar is 1"),
    ],
)
def test_2c_names_what_the_guideline_lacks(change: dict[str, Any], status: Status, said: str) -> None:
    finding = check("2c", labeling(calibration(196, 4), guideline=DIGIT.model_copy(update=change)))
    assert said in finding.reason, finding.reason
    assert finding.status is (Status.MISSING if change.get("version") == "" else status)


def test_2c_a_range_that_ends_on_the_bar_is_over_it_and_today_is_published() -> None:
    tried = calibration(180, 20)
    low, high = tried.interval.lower, tried.interval.upper  # type: ignore[union-attr]
    for bar, status in ((low, Status.MET), (high, Status.NOT_ENOUGH)):
        guideline = changed(DIGIT, agreement_bar=bar, published_on=on(0))
        assert check("2c", labeling(tried, guideline=guideline)).status is status


def test_2c_a_calibration_without_a_number_says_why() -> None:
    finding = check("2c", labeling(calibration(0, 0)))
    assert finding.status is Status.NOT_ENOUGH and "says nothing: " in finding.reason
    bare = calibration(196, 4).model_copy(update={"interval": None})
    finding = check("2c", labeling(bare))
    assert finding.status is Status.NOT_ENOUGH and "it came without a range" in finding.reason


def test_2c_counts_only_sound_measured_calibrations_of_this_guideline() -> None:
    assert "not tried" in check("2c", labeling()).reason
    other = calibration(196, 4, depends=(Version.parse("guideline:letters@v2"),))
    assert check("2c", labeling(other)).status is Status.MISSING
    simulated = calibration(196, 4, origin="simulated")
    finding = check("2c", labeling(simulated))
    assert finding.status is Status.MISSING and "it is simulated" in finding.reason
    assert check("2c", labeling(simulated, simulated=True)).status is Status.MET
    unsound = calibration(196, 4, soundness=(Soundness(rule="independent", holds=False, detail="one room"),))
    finding = check("2c", labeling(unsound))
    assert finding.status is Status.MISSING and "independent (one room)" in finding.reason


def test_2c_is_stale_when_what_the_calibration_rests_on_changed() -> None:
    on_data = calibration(196, 4, data=DATA)
    assert check("2c", labeling(on_data, subjects=[subject("dataset", "test")])).status is Status.MET
    finding = check("2c", labeling(on_data, subjects=[subject("dataset", "test", "v2")]))
    assert finding.status is Status.STALE and "dataset test is now v2" in finding.reason


def test_2c_the_latest_calibration_speaks_whichever_criterion_it_judges() -> None:
    target = criterion("agreement", unit="alpha", threshold=0.8)
    bad = calibration(120, 80, at=day(-5))
    good = calibration(196, 4, criterion="agreement")
    assert check("2c", labeling(bad, good, criteria=[target])).status is Status.MET
    worse = labeling(calibration(196, 4, at=day(-5)), calibration(120, 80, criterion="agreement"))
    assert check("2c", worse).status is Status.UNMET


def test_2c_a_wider_level_is_computed_again() -> None:
    # At 50 % both ends are nearer; the bar is held against the 95 % range all the same.
    assert check("2c", labeling(calibration(188, 12))).status is Status.NOT_ENOUGH
    assert check("2c", labeling(calibration(188, 12, level=0.5))).status is Status.NOT_ENOUGH


def test_2c_no_labels_need_a_reason() -> None:
    assert check("2c", state(documents=[NO_LABELS])).status is Status.MET
    finding = check("2c", state(documents=[changed(NO_LABELS, no_labels_reason="")]))
    assert finding.status is Status.MISSING and "without a reason" in finding.reason


# --- 2d: money for labels

COST = criterion(
    "label_cost",
    family="cost",
    metric="cost_per_label",
    unit="USD",
    direction="at_most",
    threshold=1,
    minimum_n=30,
)


def labels(*evidence: Any, plan: DataPlan = PLAN, **fields: Any) -> ProjectState:
    return state(**{"documents": [plan], "criteria": [COST], "evidence": evidence, **fields})


def test_2d_holds_the_far_end_of_the_measured_cost_against_the_money() -> None:
    # 100 labels at 0.15 on average with a standard deviation of 0.1: the mean lies in 0.15 ± 1.984 × 0.01,
    # so 5,000 labels cost between 651 and 849.
    cost = mean("label_cost", 100, 0.15, 99 * 0.01)
    finding = check("2d", labels(cost))
    assert finding.status is Status.MET and "between $651 and $849" in finding.reason, finding.reason
    for budget, status in ((800, Status.NOT_ENOUGH), (650, Status.UNMET), (849.3, Status.MET)):
        assert check("2d", labels(cost, plan=changed(PLAN, labeling_budget=budget))).status is status
    # That the cost is far over or under its own bar plays no part here.
    strict = COST.model_copy(update={"threshold": 0.01, "due": on(30)})
    assert check("2d", labels(cost, criteria=[strict])).status is Status.MET


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"labeling_budget": None}, "lacks a budget for labels"),
        ({"labels_forecast": None}, "lacks the number of labels to come"),
        ({"collection_budget": None}, "No budget for collecting"),
        ({"label_cost": "other"}, "Nothing measures the cost of a label"),
        ({"labels_needed": False}, "without a reason"),
    ],
)
def test_2d_names_what_the_plan_lacks(plan: dict[str, Any], said: str) -> None:
    finding = check("2d", labels(mean("label_cost", 100, 0.15, 1), plan=changed(PLAN, **plan)))
    assert finding.status is Status.MISSING and said in finding.reason, finding.reason


@pytest.mark.parametrize(
    ("evidence", "status", "said"),
    [
        ([], Status.MISSING, "Nothing has been measured"),
        ([mean("label_cost", 10, 0.15, 0.09)], Status.NOT_ENOUGH, "between $"),
        ([mean("label_cost", 1, 0.15, 0)], Status.NOT_ENOUGH, "No number could be computed"),
        (
            [report(Declared, criterion="label_cost", unit="USD", value=0.1, source="quote", source_date=on(-1))],
            Status.MISSING,
            "it is declared",
        ),
        ([mean("label_cost", 100, 0.15, 1, depends=(DATA,))], Status.STALE, "dataset test is now v2"),
    ],
)  # fmt: skip
def test_2d_needs_a_measured_cost_on_enough_labels(evidence: list[Any], status: Status, said: str) -> None:
    finding = check("2d", labels(*evidence, subjects=[subject("dataset", "test", "v2")]))
    assert (finding.status, said in finding.reason) == (status, True), finding.reason


def test_2d_one_target_in_the_projects_currency_measures_the_cost() -> None:
    cost = mean("label_cost", 100, 0.15, 1)
    second = COST.model_copy(update={"key": "audio_cost", "name": "Audio cost"})
    finding = check("2d", labels(cost, criteria=[COST, second]))
    assert finding.status is Status.MISSING and "label_cost and audio_cost" in finding.reason
    named = changed(PLAN, label_cost="label_cost")
    assert check("2d", labels(cost, criteria=[COST, second], plan=named)).status is Status.MET
    finding = check("2d", labels(cost, currency="EUR"))
    assert finding.status is Status.UNMET and "is in USD, and the project counts in EUR" in finding.reason


def test_2d_takes_a_full_count_and_no_labels_at_all() -> None:
    exact = report(Count, criterion="label_cost", unit="USD", value=0.18)
    finding = check("2d", labels(exact))
    assert finding.status is Status.MET and "between $900 and $900" in finding.reason
    assert check("2d", labels(plan=changed(PLAN, labels_forecast=0))).status is Status.MET
    assert check("2d", state(documents=[NO_LABELS])).status is Status.MET
    dear = check("2d", state(documents=[NO_LABELS, *sources(ARCHIVE)]))
    assert dear.status is Status.UNMET and "$4,000" in dear.reason


def test_2d_only_a_cost_of_that_metric_counts_and_a_dropped_source_costs_nothing() -> None:
    cost = mean("label_cost", 100, 0.15, 1)
    others = [
        criterion("cost_each", family="cost", unit="USD"),
        criterion("per_label", metric="cost_per_label"),
    ]
    assert check("2d", labels(cost, criteria=[COST, *others])).status is Status.MET
    dropped = sources(ARCHIVE, changed(USERS, state="dropped"))
    finding = check("2d", state(documents=[NO_LABELS, *dropped]))
    assert "from 1 source;" in finding.reason


@pytest.mark.parametrize(("budget", "target"), [(700, "criterion:label_cost"), (600, "document:data_plan")])
def test_2d_measures_more_where_the_range_holds_the_money_and_else_looks_at_the_plan(
    budget: float, target: str
) -> None:
    cost = mean("label_cost", 100, 0.15, 1)
    finding = check("2d", labels(cost, plan=changed(PLAN, labeling_budget=budget)))
    assert finding.action and finding.action.target == target


# --- 2e: pipeline

FLOW = Pipeline(dataset="test", owner="Data engineer", cadence_days=7, monthly_cost=120)
PASSED = (Decision("model", 1, "pass", "Dana", day(-2)),)


def fresh(days_ago: float = 1, cadence: float = 7, **fields: Any) -> Freshness:
    return report(Freshness, data=DATA, last_refreshed_at=day(-days_ago), cadence_days=cadence, **fields)


def quality(*found: Fault, **fields: Any) -> QualityReport:
    return report(QualityReport, **{"data": DATA, "rows": 1797, "columns": 65, "findings": found, **fields})


def pipeline(*evidence: Any, flow: Pipeline = FLOW, **fields: Any) -> ProjectState:
    return state(
        **{"documents": [written(flow, "test")], "evidence": evidence, "subjects": [subject("dataset", "test")], **fields}
    )  # fmt: skip


def test_2e_is_met_when_the_pipeline_is_planned_and_runs() -> None:
    finding = check("2e", pipeline(fresh(), quality(scheduled=True), decisions=PASSED))
    assert finding.status is Status.MET and "last refreshed on" in finding.reason


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"owner": ""}, "lacks an owner"),
        ({"cadence_days": None}, "lacks a cadence"),
        ({"monthly_cost": None}, "lacks a cost"),
    ],
)
def test_2e_names_what_the_plan_lacks(change: dict[str, Any], said: str) -> None:
    finding = check("2e", pipeline(fresh(), quality(scheduled=True), flow=changed(FLOW, **change)))
    assert finding.status is Status.MISSING and said in finding.reason


@pytest.mark.parametrize(
    ("evidence", "status", "said"),
    [
        ([quality(scheduled=True)], Status.MISSING, "Nothing tells when the dataset test was last refreshed"),
        ([fresh(8), quality(scheduled=True)], Status.UNMET, "should be every 7 days"),
        ([fresh(3, cadence=2), quality(scheduled=True)], Status.UNMET, "should be every 2 days"),
        ([fresh()], Status.MISSING, "No scheduled quality check of the dataset test has run"),
        ([fresh(), quality()], Status.MISSING, "No scheduled quality check of the dataset test has run"),
        ([fresh(), quality(scheduled=True, at=day(-8))], Status.UNMET, "too long ago"),
        ([fresh(origin="simulated"), quality(scheduled=True)], Status.MISSING, "it is simulated"),
    ],
)
def test_2e_must_run_before_real_use_and_is_not_due_until_then(
    evidence: list[Any], status: Status, said: str
) -> None:
    for due in ({"decisions": PASSED}, {"exposed_at": day(-1)}):
        finding = check("2e", pipeline(*evidence, **due))
        assert (finding.status, said in finding.reason) == (status, True), finding.reason
    early = check("2e", pipeline(*evidence))
    assert (
        early.status is Status.NOT_DUE
        and "before real use it must run" in early.reason
        and said in early.reason
    )


def test_2e_is_due_once_the_models_gate_was_passed_and_not_before() -> None:
    for decision in (
        Decision("model", 1, "hold", "Dana", day(-2)),
        Decision("data", 1, "pass", "Dana", day(-2)),
    ):
        assert check("2e", pipeline(decisions=(decision,))).status is Status.NOT_DUE


def test_2e_what_is_exactly_as_old_as_its_cadence_is_on_time() -> None:
    at = pipeline(fresh(7), quality(scheduled=True, at=day(-7)), decisions=PASSED)
    assert check("2e", at).status is Status.MET


def test_2e_what_ran_on_an_earlier_version_is_stale() -> None:
    at = pipeline(
        fresh(), quality(scheduled=True), subjects=[subject("dataset", "test", "v2")], decisions=PASSED
    )
    finding = check("2e", at)
    assert finding.status is Status.STALE and "dataset test is now v2" in finding.reason


def test_2e_data_that_comes_all_the_time_is_checked_once_a_day() -> None:
    hourly = changed(FLOW, cadence_days=0.05)
    at = pipeline(fresh(0.01), quality(scheduled=True, at=day(-0.9)), flow=hourly, decisions=PASSED)
    assert check("2e", at).status is Status.MET


# --- 2f: faults in the data

GAPS = Fault(key="gaps", text="Missing amounts", severity="high", count=36, share=0.02)
TWINS = Fault(key="twins", text="Repeated forms", severity="low", count=5)


def decided(fault: str, resolution: Any, **fields: Any) -> Written:
    made = QualityResolution(dataset="test", finding=fault, resolution=resolution, **fields)
    return written(made, f"test-{fault}")


TAKEN = decided("twins", "accepted", reason="Five do no harm", version="v1")
LATER = decided("gaps", "planned", planned_by=on(20))


def faulty(*documents: Written, found: tuple[Fault, ...] = (GAPS, TWINS), **fields: Any) -> ProjectState:
    return state(
        **{
            "documents": documents,
            "evidence": [quality(*found)],
            "subjects": [subject("dataset", "test")],
            **fields,
        }
    )


def test_2f_is_met_when_each_finding_is_dealt_with_or_there_is_none() -> None:
    finding = check("2f", faulty(TAKEN, LATER))
    assert finding.status is Status.MET and "1 planned and 1 accepted" in finding.reason and finding.evidence
    assert check("2f", faulty(found=())).status is Status.MET
    assert check("2f", faulty(found=(GAPS.model_copy(update={"count": 0}),))).status is Status.MET


@pytest.mark.parametrize(
    ("resolution", "said"),
    [
        (None, "nothing was decided about it"),
        (decided("gaps", "fixed", version="v1"), "called mended, and version v1 still has it"),
        (decided("gaps", "fixed", version="v2"), "called mended, and version v1 still has it"),
        (decided("gaps", "accepted", version="v1"), "accepted without a reason"),
        (decided("gaps", "accepted", reason="few", version="v0"), "accepted on v0, and this is v1"),
        (decided("gaps", "accepted", reason="few", accepted_share=0.01), "accepted up to 1.0% of rows and is now at 2.0%"),
        (decided("gaps", "planned"), "planned without a date"),
        (decided("gaps", "planned", planned_by=on(-1)), f"it was planned by {on(-1)}"),
    ],
)  # fmt: skip
def test_2f_names_the_gravest_finding_that_is_open(resolution: Written | None, said: str) -> None:
    finding = check("2f", faulty(TAKEN, *([resolution] if resolution else [])))
    assert finding.status is Status.UNMET
    assert "1 of 2 findings on test v1 are open; the gravest (high): Missing amounts" in finding.reason
    assert said in finding.reason, finding.reason


@pytest.mark.parametrize("share", [0.02, 0.5])
def test_2f_what_is_accepted_up_to_a_share_is_accepted_on_any_version(share: float) -> None:
    taken = decided("gaps", "accepted", reason="few", accepted_share=share, version="v0")
    assert check("2f", faulty(TAKEN, taken)).status is Status.MET


def test_2f_a_decision_on_another_dataset_does_not_count() -> None:
    foreign = written(
        QualityResolution(dataset="train", finding="gaps", resolution="planned", planned_by=on(20)),
        "train-gaps",
    )
    assert check("2f", faulty(TAKEN, foreign)).status is Status.UNMET


def test_2f_every_dataset_needs_a_report_on_its_present_version() -> None:
    two = [subject("dataset", "test"), subject("dataset", "train")]
    finding = check("2f", faulty(TAKEN, LATER, subjects=two))
    assert finding.status is Status.MISSING and "no quality report on train v1" in finding.reason
    newer = check("2f", faulty(TAKEN, LATER, subjects=[subject("dataset", "test", "v2")]))
    assert newer.status is Status.STALE and "dataset test is now v2" in newer.reason
    drifted = check("2f", faulty(TAKEN, LATER, subjects=[subject("dataset", "test", drifted="ink is paler")]))
    assert drifted.status is Status.STALE and "ink is paler" in drifted.reason
    simulated = faulty(TAKEN, LATER, evidence=[quality(GAPS, TWINS, origin="simulated")])
    assert check("2f", simulated).status is Status.MISSING
