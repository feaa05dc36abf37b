"""What decides the items of phase 2: which data, from where, labeled how, paid by whom, kept up, and how
good."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import chain

from sextant.criteria import Criterion, Origin
from sextant.data.documents import (
    DataPlan,
    DataRequirement,
    DataSource,
    Guideline,
    Pipeline,
    QualityResolution,
)
from sextant.data.findings import dealt_with
from sextant.data.requirements import uncheckable, without_rule
from sextant.evidence import Agreement
from sextant.lifecycle.checks.clauses import (
    Clause,
    decide,
    faults,
    listed,
    met,
    missing,
    nothing,
    unmet,
)
from sextant.lifecycle.gates import Action, Finding
from sextant.lifecycle.label_trust import range_of
from sextant.lifecycle.records import kept, latest
from sextant.lifecycle.state import ProjectState, Stored
from sextant.phrases import number, span, with_unit
from sextant.reports import Freshness, QualityReport
from sextant.verdicts import Status, judge


def check_2a(state: ProjectState) -> Finding:
    """Data requirements are specified."""
    asked = [r for r, _ in state.all(DataRequirement)]
    if not asked:
        return nothing(
            "No data requirements are written yet.", "Write the first one", "document:data_requirement"
        )
    clauses = []
    left = without_rule(asked, labels_needed=not _no_labels(state))
    if left:
        said = f"Nothing is required yet of: {listed(left)}."
        clauses.append(missing(said, f"Add a requirement on {left[0]}", "document:data_requirement"))
    for requirement, entry in state.all(DataRequirement):
        if why := uncheckable(requirement, state.criteria):
            said = f"The requirement on {requirement.aspect} ({entry.key}) cannot be checked: {why}."
            clauses.append(unmet(said, "Give it a rule", f"document:data_requirement:{entry.key}"))
    keys = [r.criterion for r in asked if r.criterion in state.criteria]
    if not clauses:
        measured = f", {len(keys)} of them by targets" if keys else ""
        clauses.append(met(f"All {len(asked)} data requirements can be checked{measured}."))
    return decide([*clauses, met("", (), [k for k in keys if k])])


def check_2b(state: ProjectState) -> Finding:
    """Collection is defined and resourced."""
    sources = [(s, w) for s, w in state.all(DataSource) if s.state != "dropped"]
    if not sources:
        return nothing("No data source is named yet.", "Name a source", "document:data_source")
    clauses = []
    for source, entry in sources:
        lacks = [
            word
            for word, given in (
                ("an owner", source.owner),
                ("a state", source.state),
                ("a cost", source.cost is not None),
                ("a licence or consent record", source.licence or source.consent),
            )
            if not given
        ]
        if lacks:
            said = f"The source {source.name or entry.key} lacks {listed(lacks)}."
            clauses.append(missing(said, "Complete the source", f"document:data_source:{entry.key}"))
    return decide([*clauses, _collection_budget(state, len(sources))])


def _collection_budget(state: ProjectState, sources: int) -> Clause:
    plan = state.one(DataPlan)
    if plan is None or plan[0].collection_budget is None:
        return missing("No budget for collecting data is set.", "Set the budget", "document:data_plan")
    budget, cost = plan[0].collection_budget, _cost_of_sources(state)
    said = (
        f"The data costs {with_unit(cost, state.currency)} from {sources} source{'s' * (sources != 1)}; "
        f"{with_unit(budget, state.currency)} is set aside."
    )
    if cost > budget:
        return unmet(said, "Look at the data plan", "document:data_plan")
    return met(said)


def _cost_of_sources(state: ProjectState) -> float:
    return math.fsum(s.cost or 0 for s, _ in state.all(DataSource) if s.state != "dropped")


def check_2c(state: ProjectState) -> Finding:
    """Labelers have guidelines that work."""
    if why := _no_labels(state):
        return decide([met(f"No labels are needed: {why}.")])
    plan = state.one(DataPlan)
    if plan and not plan[0].labels_needed:
        return nothing("No labels are said to be needed, without a reason.", "Say why", "document:data_plan")
    drafts = state.all(Guideline)
    published = [(g, w.key) for g, w in drafts if _published(state, g)]
    if not published:
        said = "There is no labeling guideline yet."
        if drafts:
            said = f"The labeling guideline {listed(w.key for _, w in drafts)} is not published yet."
        return nothing(said, "Write and publish a guideline", "document:guideline")
    return decide([clause for g, key in published for clause in _guideline(state, g, key)])


def _published(state: ProjectState, guideline: Guideline) -> bool:
    return guideline.published_on is not None and guideline.published_on <= state.now.date()


def _no_labels(state: ProjectState) -> str:
    """The reason why no labels are needed; empty where they are, or where nobody said why not."""
    plan = state.one(DataPlan)
    return plan[0].no_labels_reason.rstrip(".") if plan and not plan[0].labels_needed else ""


def _guideline(state: ProjectState, guideline: Guideline, key: str) -> Iterator[Clause]:
    target = f"document:guideline:{key}"
    if not guideline.version:
        yield missing(f"The guideline {key} has no version.", "Name its version", target)
    # A free note is chosen from nothing, and passages may be marked with one class.
    least = {"note": 0, "spans": 1}.get(guideline.answer, 2)
    if len(guideline.values) < least:
        few = "no value" if least == 1 else "fewer than two values"
        yield missing(f"The guideline {key} names {few} to choose from.", "Add the values", target)
    bare = [v.value for v in guideline.values if not v.criteria or v.example_count < 2]
    if bare:
        said = f"The guideline {key} lacks criteria or two examples for: {listed(bare)}."
        yield missing(said, "Complete the values", target)
    yield _calibration(state, guideline, key)


def _calibration(state: ProjectState, guideline: Guideline, key: str) -> Clause:
    action = Action("Run a calibration", "evidence:agreement")
    tried = [
        (stored.evidence, version.version, stored)
        for stored in chain.from_iterable(state.evidence.values())
        if isinstance(stored.evidence, Agreement)
        for version in stored.evidence.rests_on
        if version.subject == f"guideline:{key}"
    ]
    if not tried:
        return Clause(Status.MISSING, f"The guideline {key} was not tried in a calibration yet.", action)
    evidence, was, stored = max(tried, key=lambda t: t[0].at)
    if was != guideline.version:
        said = f"The calibration was on {key} {was}, and the guideline is now {guideline.version}."
        return Clause(Status.STALE, said, action, (stored.digest,))
    if fault := faults(state, stored):
        return fault
    if evidence.undefined or evidence.interval is None:
        why = evidence.undefined or "it came without a range"
        return Clause(
            Status.NOT_ENOUGH, f"The calibration of {key} says nothing: {why}.", action, (stored.digest,)
        )
    low, high = range_of(evidence)
    said = (
        f"Labelers agree at {number(evidence.value)} on {key} {was} "
        f"(between {number(low)} and {number(high)}, on {evidence.counted} items); "
        f"the bar is {number(guideline.agreement_bar)}."
    )
    if low >= guideline.agreement_bar:
        return met(said, [stored.digest])
    status = Status.UNMET if high < guideline.agreement_bar else Status.NOT_ENOUGH
    return Clause(status, said, action, (stored.digest,))


def check_2d(state: ProjectState) -> Finding:
    """Data and labels are paid for."""
    plan = state.one(DataPlan)
    if plan is None:
        return nothing(
            "There is no budget for data and labels yet.", "Write the data plan", "document:data_plan"
        )
    sources = sum(s.state != "dropped" for s, _ in state.all(DataSource))
    collection = _collection_budget(state, sources)
    if why := _no_labels(state):
        return decide([collection, met(f"No labels are needed: {why}.")])
    return decide([_labels(state, plan[0]), collection])


def _labels(state: ProjectState, plan: DataPlan) -> Clause:
    """Whether the money covers the labels to come at what a label was measured to cost, all its range
    over."""
    if not plan.labels_needed:
        return missing("No labels are said to be needed, without a reason.", "Say why", "document:data_plan")
    budget, forecast = plan.labeling_budget, plan.labels_forecast
    if budget is None or forecast is None:
        lacks = ["a budget for labels"] * (budget is None) + ["the number of labels to come"] * (
            forecast is None
        )
        return missing(
            f"The data plan lacks {listed(lacks)}.", "Complete the data plan", "document:data_plan"
        )
    if forecast == 0:
        return met("No more labels are to be paid for.")
    criterion = _label_cost(state, plan)
    if isinstance(criterion, Clause):
        return criterion
    # The same measurement against another bar: what each label may cost if all are to be paid for. When the
    # criterion's own bar is due plays no part, and a declared cost does not count.
    affordable = criterion.model_copy(
        update={
            "direction": "at_most", "threshold": budget / forecast, "role": "target", "due": None,
            "due_days_after_exposure": None, "origins": (Origin.MEASURED,),
        }
    )  # fmt: skip
    verdict = judge(affordable, state.proofs(criterion), now=state.now, allow_simulated=state.simulated)
    said = f"The cost of a label: {verdict.reason}"
    if verdict.value is not None and verdict.status not in (Status.MISSING, Status.STALE):
        low, high = (verdict.value if bound is None else bound for bound in (verdict.lower, verdict.upper))
        if not math.isnan(low):
            said = (
                f"{number(forecast)} labels will cost between "
                f"{span(low * forecast, high * forecast, state.currency)} "
                f"({number(verdict.n)} were measured); "
                f"{with_unit(budget, state.currency)} is set aside."
            )
    action = Action("Look at the data plan", "document:data_plan")
    if verdict.status in (Status.MISSING, Status.STALE, Status.NOT_ENOUGH):
        action = Action("Measure the cost of a label", f"criterion:{criterion.key}")
    digests = (verdict.evidence,) if verdict.evidence else ()
    return Clause(
        verdict.status, said, None if verdict.status is Status.MET else action, digests, (criterion.key,)
    )


def _label_cost(state: ProjectState, plan: DataPlan) -> Criterion | Clause:
    found = [c for c in state.criteria.values() if c.family == "cost" and c.metric == "cost_per_label"]
    if plan.label_cost:
        found = [c for c in found if c.key == plan.label_cost]
    if not found:
        return missing(
            "Nothing measures the cost of a label (metric cost_per_label) yet.",
            "Set a target for it",
            "criterion:new",
        )
    if len(found) > 1:
        said = f"Several targets measure the cost of a label: {listed(c.key for c in found)}."
        return missing(said, "Say which one counts", "document:data_plan")
    if found[0].unit.split("/")[0].split(" ")[0] != state.currency:
        said = f"{found[0].name} is in {found[0].unit}, and the project counts in {state.currency}."
        return unmet(said, "Mend its unit", f"criterion:{found[0].key}")
    return found[0]


def check_2e(state: ProjectState) -> Finding:
    """Data keeps coming."""
    pipelines = state.all(Pipeline)
    if not pipelines:
        return nothing("No data pipeline is planned yet.", "Plan the pipeline", "document:pipeline")
    clauses = []
    for pipeline, entry in pipelines:
        lacks = [
            word
            for word, given in (
                ("an owner", pipeline.owner),
                ("a cadence", pipeline.cadence_days is not None),
                ("a cost", pipeline.monthly_cost is not None),
            )
            if not given
        ]
        if lacks:
            said = f"The pipeline of {pipeline.dataset} lacks {listed(lacks)}."
            clauses.append(missing(said, "Complete the pipeline", f"document:pipeline:{entry.key}"))
    return decide([*clauses, *pipelines_run(state)])


def pipelines_run(state: ProjectState) -> list[Clause]:
    """Whether each planned pipeline runs: a version within its cadence, fresh data, a scheduled quality
    check.

    Due before real use: from the day that the model's gate was passed, or that users met the model. Until
    then what does not run yet is "not due".
    """
    due = state.exposed_at is not None or any(
        d.phase == "model" and d.outcome == "pass" for d in state.decisions
    )
    clauses = []
    for pipeline, _ in state.all(Pipeline):
        if pipeline.cadence_days is None:
            continue
        for clause in (
            _fresh(state, pipeline, pipeline.cadence_days),
            _checked(state, pipeline, pipeline.cadence_days),
        ):
            waits = not due and clause.status is not Status.MET
            said = f"Planned; before real use it must run. {clause.said}" if waits else clause.said
            status = Status.NOT_DUE if waits else clause.status
            clauses.append(Clause(status, said, None if waits else clause.action, clause.evidence))
    return clauses


def _fresh(state: ProjectState, pipeline: Pipeline, cadence: float) -> Clause:
    action = Action("Refresh the data", "evidence:freshness")
    found = latest(state, Freshness, pipeline.dataset)
    if found is None:
        return Clause(
            Status.MISSING, f"Nothing tells when the dataset {pipeline.dataset} was last refreshed.", action
        )
    freshness, stored = found
    if fault := faults(state, stored):
        return fault
    at, allowed = freshness.last_refreshed_at, min(cadence, freshness.cadence_days)
    said = f"The dataset {pipeline.dataset} was last refreshed on {at.date()}; it should be every {number(allowed)} days."
    if state.now - at > timedelta(days=allowed):
        return Clause(Status.UNMET, said, action, (stored.digest,))
    return met(said, [stored.digest])


def _checked(state: ProjectState, pipeline: Pipeline, cadence: float) -> Clause:
    action = Action("Schedule the quality check", "evidence:quality_report")
    ran = [(r, stored) for r, stored in kept(state, QualityReport, pipeline.dataset) if r.scheduled]
    if not ran:
        return Clause(
            Status.MISSING, f"No scheduled quality check of the dataset {pipeline.dataset} has run.", action
        )
    report, stored = ran[0]
    if fault := faults(state, stored):
        return fault
    at = report.at
    said = f"Its scheduled quality check last ran on {at.date()}."
    # A check a day is enough for data that comes all the time.
    if state.now - at > timedelta(days=max(cadence, 1)):
        return Clause(Status.UNMET, f"{said[:-1]}, which is too long ago.", action, (stored.digest,))
    return met(said, [stored.digest])


def check_2f(state: ProjectState) -> Finding:
    """Data quality is known and dealt with."""
    datasets = [s for s in state.subjects.values() if s.kind == "dataset"]
    if not datasets:
        return nothing("No dataset is known yet.", "Check the data", "evidence:quality_report")
    clauses: list[Clause] = []
    for dataset in datasets:
        found = latest(state, QualityReport, dataset.name)
        if found is None:
            said = f"There is no quality report on {dataset.name} {dataset.version}."
            clauses.append(missing(said, f"Check {dataset.name}", "evidence:quality_report"))
        else:
            clauses.append(faults(state, found[1]) or _dealt(state, *found))
    return decide(clauses)


def _dealt(state: ProjectState, report: QualityReport, stored: Stored) -> Clause:
    found = dealt_with(report, [r for r, _ in state.all(QualityResolution)], state.now.date())
    name = f"{report.data.name} {report.data.version}"
    left = [d for d in found if d.open]
    if left:
        worst = left[0]
        said = (
            f"{len(left)} of {len(found)} findings on {name} are open; "
            f"the gravest ({worst.finding.severity}): {worst.finding.text.rstrip('.')}: {worst.open}."
        )
        action = Action("Decide on the findings", "document:quality_resolution")
        return Clause(Status.UNMET, said, action, (stored.digest,))
    if not found:
        return met(
            f"The quality report on {name} finds nothing wrong in {number(report.rows)} rows.",
            [stored.digest],
        )
    ways = Counter(d.resolution.resolution for d in found if d.resolution)
    how = listed(f"{count} {way}" for way, count in ways.items())
    return met(f"All {len(found)} findings on {name} are dealt with ({how}).", [stored.digest])


CHECKS: dict[str, Callable[[ProjectState], Finding]] = {
    "2a": check_2a, "2b": check_2b, "2c": check_2c, "2d": check_2d, "2e": check_2e, "2f": check_2f,
}  # fmt: skip
