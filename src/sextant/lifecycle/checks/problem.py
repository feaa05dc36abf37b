"""What decides the items of phase 1: the problem, whether ML is right, and who agreed."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

from sextant.criteria import Criterion, Origin
from sextant.lifecycle.checks.clauses import Clause, decide, listed, met, missing, nothing, signed_by, unmet
from sextant.lifecycle.gates import Finding
from sextant.lifecycle.goals import goals, goals_digest
from sextant.lifecycle.state import ProjectState
from sextant.phrases import with_unit
from sextant.problem.brief import metric_line, returns
from sextant.problem.decision_tree import UNDECIDED, has_oversight, walk
from sextant.problem.documents import (
    Brief,
    DecisionTree,
    Feasibility,
    FiveWs,
    Interview,
    Question,
    Roi,
    Side,
    Stakeholder,
)
from sextant.problem.five_ws import open_remarks
from sextant.problem.roi import faults, simulate
from sextant.problem.targets import unbound


def check_1a(state: ProjectState) -> Finding:
    """The problem is defined and its impact can be measured."""
    return decide([*_five_ws(state), _impact(state), _users(state)])


def _five_ws(state: ProjectState) -> list[Clause]:
    found = state.one(FiveWs)
    if found is None:
        return [missing("The five Ws are not written yet.", "Write the five Ws", "document:five_ws")]
    remarks = [r for r in open_remarks(found[0]) if r.severity == "must"]
    empty = [r.question for r in remarks if r.rule == "empty"]
    clauses = []
    if empty:
        clauses.append(
            missing(f"No answer yet to: {listed(empty)}.", f"Answer {listed(empty)}", "document:five_ws")
        )
    for question in dict.fromkeys(r.question for r in remarks if r.rule != "empty"):
        first = next(r for r in remarks if r.question == question)
        said = f"“{first.quote}” does not yet say {question} clearly: {first.mend[0].lower()}{first.mend[1:]}"
        clauses.append(unmet(said, f"Mend the answer to “{question}”", "document:five_ws"))
    return clauses or [met(f"All {len(get_args(Question))} Ws are answered clearly.")]


def _users(state: ProjectState) -> Clause:
    talks = [talk for talk, _ in state.all(Interview) if talk.notes]
    if talks:
        return met(f"There are notes of {len(talks)} talk{'s' * (len(talks) > 1)} with users.")
    found = state.one(FiveWs)
    if found and found[0].not_validated_reason:
        return met(f"No users were asked: {found[0].not_validated_reason.rstrip('.')}.")
    return missing(
        "There are no notes of a talk with a user, and no reason why not.",
        "Add notes of a talk",
        "document:interview",
    )


def _impact(state: ProjectState) -> Clause:
    targets = [c for c in _in_use(state, "business") if c.role == "target"]
    if not targets:
        return missing("No business target is set.", "Set a business target", "criterion:new")
    lacks = {c.key: _lacks(c) for c in targets}
    whole = [c for c in targets if not lacks[c.key]]
    if whole:
        source = whole[0].baseline.source if whole[0].baseline else ""
        said = f"{metric_line(whole[0])} (today's number from: {source})."
        return met(said, (), [c.key for c in targets])
    nearest = min(targets, key=lambda c: len(lacks[c.key]))
    return missing(
        f"The business target {nearest.name} lacks {listed(lacks[nearest.key])}.",
        f"Complete {nearest.name}",
        f"criterion:{nearest.key}",
    )


def _lacks(criterion: Criterion) -> list[str]:
    dated = criterion.due is not None or criterion.due_days_after_exposure is not None
    return ["a baseline with its source"] * (criterion.baseline is None) + ["a date"] * (not dated)


def check_1b(state: ProjectState) -> Finding:
    """ML is the right way to solve it."""
    return decide([*_tree(state), *_return(state)])


def _tree(state: ProjectState) -> list[Clause]:
    found = state.one(DecisionTree)
    if found is None:
        return [
            missing(
                "The six questions are not answered yet.",
                "Answer the six questions",
                "document:decision_tree",
            )
        ]
    tree, target = found[0], "document:decision_tree"
    walked = walk(tree)
    last = walked.path[-1]
    clauses = []
    if walked.outcome is UNDECIDED:
        clauses.append(missing(f"“{last.title}” is not answered yet.", "Answer it", target))
    elif not walked.outcome.goes_on:
        clauses.append(
            unmet(
                f"The questions end in “{walked.outcome.title}”, at “{last.title}”: {walked.outcome.advice}",
                walked.outcome.title,
                target,
            )
        )
    else:
        clauses.append(met(f"The six questions end in “{walked.outcome.title}”."))
    if walked.unreasoned:
        clauses.append(
            missing(f"No reason is given for {listed(walked.unreasoned)}.", "Give the reasons", target)
        )
    if (
        has_oversight(tree)
        and tree.errors_tolerable == "no"
        and tree.oversight_criterion not in state.criteria
    ):
        clauses.append(
            missing(
                f"The target that judges the oversight, {tree.oversight_criterion}, does not exist.",
                "Set the target",
                "criterion:new",
            )
        )
    if not tree.rule_based_baseline:
        clauses.append(
            missing("No rule-based way is named that a model must beat.", "Name the baseline", target)
        )
    return clauses


def _return(state: ProjectState) -> list[Clause]:
    found = state.one(Roi)
    if found is None or found[0].unset:
        left = f": {listed(found[0].unset)} to be filled in" if found else ""
        return [missing(f"The return is not calculated yet{left}.", "Calculate the return", "document:roi")]
    roi = found[0]
    made = simulate(roi)
    bars = {
        "median": f"the middle must be at least {with_unit(roi.bar_median, state.currency)}",
        "chance_of_loss": f"the chance of a loss may be at most {with_unit(roi.bar_chance_of_loss, 'share')}",
    }
    short = [bars[fault] for fault in faults(roi, made)]
    said = f"The return is {returns(roi, state.currency)}"
    if short:
        return [unmet(f"{said}; {listed(short)}.", "Look at the return", "document:roi")]
    return [met(f"{said}.")]


def check_1c(state: ProjectState) -> Finding:
    """Success is defined in business, product and ML terms."""
    clauses = []
    for family, word in (("business", "business"), ("product", "product"), ("ml", "ML")):
        listed_here = _in_use(state, family)
        if not listed_here:
            clauses.append(missing(f"There is no {word} target.", f"Set a {word} target", "criterion:new"))
        clauses += [_bound(state, c) for c in listed_here]
    keys = [k for c in clauses for k in c.criteria]
    finding = decide(clauses)
    if finding.status.passes:
        return decide(
            [met(f"{len(keys)} targets are set, and each has what measures it or who will.", (), keys)]
        )
    return finding


def _bound(state: ProjectState, criterion: Criterion) -> Clause:
    """Bound to what measures it (numbers have come in), or to who will measure it, how and from when."""
    admitted = {*criterion.admitted_origins, *((Origin.SIMULATED,) if state.simulated else ())}
    proofs = [p.digest for p in state.proofs(criterion) if p.evidence.origin in admitted]
    if proofs:
        return met(f"{criterion.name} is measured.", proofs, [criterion.key])
    lacks = unbound(criterion)
    if not lacks:
        return met(f"{criterion.name} will be measured.", (), [criterion.key])
    clause = missing(
        f"Nothing measures {criterion.name} yet; say {listed(lacks)} it will be measured.",
        f"Say how {criterion.name} is measured",
        f"criterion:{criterion.key}",
    )
    return Clause(clause.status, clause.said, clause.action, (), (criterion.key,))


def check_1d(state: ProjectState) -> Finding:
    """It is feasible on all four sides."""
    found = state.one(Feasibility)
    if found is None:
        return nothing("Feasibility is not assessed yet.", "Assess feasibility", "document:feasibility")
    sides = {str(f.title): getattr(found[0], name) for name, f in Feasibility.model_fields.items()}
    open_sides = [title for title, side in sides.items() if side.verdict == "unknown" or not side.findings]
    clauses = [_side(state, title, side) for title, side in sides.items() if title not in open_sides]
    if open_sides:
        said = f"No verdict with its findings yet on: {listed(open_sides)}."
        clauses.append(missing(said, f"Assess {open_sides[0]}", "document:feasibility"))
    cautions = [title for title, side in sides.items() if side.verdict == "caution"]
    found_well = f"All sides are feasible; with caution, and a mitigation: {listed(cautions)}."
    return decide([met(found_well if cautions else "All four sides are feasible without caution."), *clauses])


def _side(state: ProjectState, title: str, side: Side) -> Clause:
    if side.verdict == "no":
        return unmet(f"{title}: no. {side.findings.rstrip('.')}.", f"Look at {title}", "document:feasibility")
    if side.verdict == "yes":
        return met("")
    risk = next((r for r in state.risks if r.key == side.risk), None)
    if risk is None:
        named = f"the risk {side.risk} is not in the register" if side.risk else "no risk is named for it"
        return missing(f"{title} is a caution, and {named}.", "Add the risk", "grid:risks")
    if not risk.mitigation.strip():
        return missing(
            f"{title} is a caution, and its risk has no mitigation: {risk.text.rstrip('.')}.",
            "Add a mitigation",
            f"risk:{risk.key}",
        )
    return met("")


def check_1e(state: ProjectState) -> Finding:
    """Stakeholders agree on goals and timeline."""
    present = goals(state)
    clauses = []
    if not present["criteria"]:
        clauses.append(missing("There are no goals to sign yet.", "Set the targets", "criterion:new"))
    if not present["timeline"]:
        clauses.append(missing("The timeline has no dates yet.", "Plan the phases", "grid:timeline"))
    if not clauses or state.signed("goals", goals_digest(state)):
        clauses.append(_approved(state, "goals", goals_digest(state), "goals and timeline"))
    return decide(clauses)


def check_1f(state: ProjectState) -> Finding:
    """The brief is written and approved."""
    found = state.one(Brief)
    if found is None:
        return nothing("There is no brief yet.", "Draft the brief", "document:brief")
    brief, entry = found
    clauses = [_approved(state, "brief", entry.digest, "brief")]
    if brief.unwritten:
        said = f"The brief is not complete; still empty: {listed(brief.unwritten)}."
        clauses.insert(0, missing(said, "Complete the brief", "document:brief"))
    return decide(clauses)


def _approved(state: ProjectState, subject: str, digest: str, what: str) -> Clause:
    people = [person for person, _ in state.all(Stakeholder) if person.required]
    if not people:
        return missing(
            f"Nobody is named whose signature the {what} needs.",
            "Name the stakeholders",
            "document:stakeholder",
        )
    return signed_by(state, subject, digest, people, what)


def _in_use(state: ProjectState, *families: str) -> list[Criterion]:
    return [c for c in state.criteria.values() if c.family in families and c.key not in state.not_applicable]


CHECKS: dict[str, Callable[[ProjectState], Finding]] = {
    "1a": check_1a, "1b": check_1b, "1c": check_1c, "1d": check_1d, "1e": check_1e, "1f": check_1f,
}  # fmt: skip
