"""What decides the items of phase 3: requirements, resources, check-ins, options and blockers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from itertools import chain

from sextant.criteria import Criterion, Setting
from sextant.data.documents import DataRequirement
from sextant.evidence import Measurement, Version, about
from sextant.lifecycle.checks.clauses import (
    Clause,
    decide,
    faults,
    last_due,
    listed,
    met,
    missing,
    nothing,
    of_criterion,
    signed_by,
    unmet,
)
from sextant.lifecycle.gates import Finding
from sextant.lifecycle.state import ProjectState, Stored
from sextant.model.blockers import days_open, median_days
from sextant.model.documents import (
    Blocker,
    CheckIn,
    CheckInPlan,
    ModelOption,
    ModelRequirements,
    OptionDecision,
    Resource,
)
from sextant.model.options import LESS_IS_BETTER, MORE_IS_BETTER, rank, sensitivity
from sextant.phrases import number
from sextant.problem.documents import Stakeholder
from sextant.verdicts import Status

#: Which family of targets each requirement names.
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "quality": ("ml", "product"),
    "latency": ("system",),
    "cost": ("cost",),
    "fairness": ("fairness",),
    "explainability": ("explainability",),
}


def check_3a(state: ProjectState) -> Finding:
    """The ML lead has agreed to the requirements."""
    found = state.one(ModelRequirements)
    if found is None:
        return nothing(
            "No model requirements are written yet.", "Write the requirements", "document:model_requirements"
        )
    asked, entry = found
    named = [side for side in FAMILIES if getattr(asked, side)]
    clauses = [met(f"Targets are named for {listed(named)}.")]
    leads = [person for person, _ in state.all(Stakeholder) if person.role == "ml_lead"]
    by_part = state.signed("model_requirements", entry.digest, roles=["ml_lead"])
    if by_part and not leads:
        clauses.append(met(f"{by_part[0].person} (ML lead) signed them on {by_part[0].at.date()}."))
    elif leads:
        clauses.append(signed_by(state, "model_requirements", entry.digest, leads, "model requirements"))
    else:
        clauses.append(missing("Nobody is named as the ML lead.", "Name the ML lead", "document:stakeholder"))
    return decide([*clauses, *(_requirement(state, asked, side) for side in FAMILIES)])


def _requirement(state: ProjectState, asked: ModelRequirements, side: str) -> Clause:
    key: str | None = getattr(asked, side)
    reason: str = getattr(asked, f"{side}_reason", "")
    target = "document:model_requirements"
    if key is None:
        if reason:
            return met(f"There is no {side} target: {reason.rstrip('.')}.")
        why = ", and no reason why not" if hasattr(asked, f"{side}_reason") else ""
        return missing(f"There is no {side} target{why}.", f"Name the {side} target", target)
    criterion = state.criteria.get(key)
    if criterion is None:
        return missing(f"The {side} target {key} does not exist.", "Set it", "criterion:new")
    if criterion.family not in FAMILIES[side]:
        said = f"{criterion.name} is named as the {side} target, and it is about {criterion.family}."
        return unmet(said, f"Name a {side} target", target)
    return met("", (), [key])


def check_3b(state: ProjectState) -> Finding:
    """The team has what it needs."""
    resources = state.all(Resource)
    if not resources:
        return nothing("No resources are planned yet.", "Plan the resources", "document:resource")
    clauses = [_resource(resource, entry.key) for resource, entry in resources]
    there = {resource.type for resource, _ in resources}
    for kind, word in (("compute", "computing power"), ("time", "time")):
        if kind not in there:
            clauses.append(missing(f"Nothing is planned for {word}.", f"Plan {word}", "document:resource"))
    return decide([*clauses, *_data_targets(state)])


def _resource(resource: Resource, key: str) -> Clause:
    name, target = resource.name or resource.type, f"document:resource:{key}"
    if resource.planned is None or resource.available is None:
        lacks = "what is planned" if resource.planned is None else "what is available"
        return missing(f"{name} does not say {lacks}.", "Complete it", target)
    planned = f"{number(resource.planned)} {resource.unit}".rstrip()
    said = f"{name}: {planned} planned, {number(resource.available)} available."
    if resource.available < resource.planned:
        return unmet(said, f"Get more of {name}", target)
    return met(said)


def _data_targets(state: ProjectState) -> list[Clause]:
    keys = dict.fromkeys(r.criterion for r, _ in state.all(DataRequirement) if r.criterion)
    known = [state.criteria[k] for k in keys if k in state.criteria]
    if not known:
        said = "No data requirement is measured by a target, so nobody can tell whether the data is there."
        return [missing(said, "Tie a data requirement to a target", "document:data_requirement")]
    return [of_criterion(state, c) for c in known]


def check_3c(state: ProjectState) -> Finding:
    """Weekly check-ins are held."""
    found = state.one(CheckInPlan)
    if found is None or found[0].first_on is None:
        return nothing("No check-ins are planned yet.", "Plan the check-ins", "document:check_in_plan")
    return decide([_last_check_in(state, found[0].first_on, found[0].cadence_days)])


def _last_check_in(state: ProjectState, first: date, cadence: int) -> Clause:
    """The check-in that was due last: up to yesterday, while the phase was open."""
    today, every = state.now.date(), timedelta(days=cadence)
    rounds = {r.number: r.opened_at.date() for r in state.rounds if r.phase == "model"}
    iteration = max(rounds, default=1)
    passed = [
        d.at.date()
        for d in state.decisions
        if d.phase == "model" and d.iteration == iteration and d.outcome == "pass"
    ]
    due = last_due(first, cadence, min([today - timedelta(days=1), *passed]))
    reopened = rounds.get(iteration) if iteration > 1 else None
    if due is None or (reopened and due < reopened):
        start = max(first, reopened or first)
        following = (last_due(first, cadence, start - timedelta(days=1)) or first - every) + every
        return Clause(Status.NOT_DUE, f"The first check-in is due on {following}.")
    held = sorted((c.held_on, w.key, c) for c, w in state.all(CheckIn) if c.held_on and c.held_on <= today)
    if not held or held[-1][0] <= due - every:
        last = f"the last one was on {held[-1][0]}" if held else "none was held so far"
        return unmet(
            f"The check-in due on {due} was not held; {last}.", "Hold the check-in", "document:check_in"
        )
    on, key, notes = held[-1]
    lacks = [word for word in ("trend", "blockers", "decisions") if not getattr(notes, word)]
    if lacks:
        said = f"The check-in of {on} says nothing about {listed(lacks)}."
        return missing(said, "Complete the notes", f"document:check_in:{key}")
    return met(f"The check-in due on {due} was held on {on}, with trend, blockers and decisions.")


def check_3d(state: ProjectState) -> Finding:
    """The trade-offs are understood and decided."""
    options = {w.key: o for o, w in state.all(ModelOption)}
    if not options:
        return nothing("No options are compared yet.", "Add an option", "document:model_option")
    compared = {key: o for key, o in options.items() if not o.ruled_out}
    found = state.one(OptionDecision)
    decision = found[0] if found else OptionDecision()
    clauses = []
    if len(compared) < 2:
        said = f"{len(compared)} of {len(options)} options is compared; a choice takes two or more."
        clauses.append(missing(said, "Add an option", "document:model_option"))
    clauses += [*_compared(state, compared, decision), *_decided(options, compared, decision)]
    return decide(clauses)


def _compared(
    state: ProjectState, compared: dict[str, ModelOption], decision: OptionDecision
) -> Iterator[Clause]:
    """Whether each option has a number for everything that counts: of targets a measured one."""
    weights = {w.factor: w.weight for w in decision.weights if w.weight > 0}
    if not weights:
        yield missing("Nobody said yet what counts how much.", "Give the weights", "document:option_decision")
        return
    targets = [state.criteria[f] for f in weights if f in state.criteria]
    unknown = [f for f in weights if f not in state.criteria and f not in (*MORE_IS_BETTER, *LESS_IS_BETTER)]
    if unknown:
        said = f"There is no target and nothing else called {listed(unknown)} to weigh."
        yield missing(said, "Mend the weights", "document:option_decision")
    if not targets:
        said = "No target is among what counts, so nothing that was measured is compared."
        yield missing(said, "Give a target a weight", "document:option_decision")
    numbers: dict[str, dict[str, float]] = {key: {} for key in compared}
    digests: list[str] = []
    whole = bool(targets) and not unknown
    for key, option in compared.items():
        for factor in weights:
            got = _number_of(state, option, key, factor)
            if isinstance(got, Clause):
                whole = False
                yield got
            elif got is not None:
                numbers[key][factor] = got[0]
                digests += got[1]
    if whole and len(compared) > 1:
        lower = [*LESS_IS_BETTER, *(c.key for c in targets if c.direction == "at_most")]
        best = rank(numbers, weights, lower_is_better=lower)[0]
        turn = sensitivity(numbers, weights, lower_is_better=lower)[0]
        first = _name(compared, best.option)
        said = f"{len(compared)} options are compared by {listed(weights)}; {first} comes first"
        if turn.weight is None:
            said += ", whatever a single weight is."
        else:
            said += (
                f", until {turn.factor} weighs {number(turn.weight)} instead of {number(turn.now)}: "
                f"then {_name(compared, turn.winner)} draws level."
            )
        yield met(said, digests, [c.key for c in targets])


def _number_of(
    state: ProjectState, option: ModelOption, key: str, factor: str
) -> tuple[float, list[str]] | Clause | None:
    """An option's number for a factor: measured on its version where the factor is a target, else as it was
    given."""
    name, target = option.name or key, f"document:model_option:{key}"
    criterion = state.criteria.get(factor)
    if criterion is None:
        if factor not in (*MORE_IS_BETTER, *LESS_IS_BETTER):
            return None
        given = getattr(option, factor)
        said = f"{name} says nothing about {factor.replace('_', ' ')}."
        return missing(said, "Complete the option", target) if given is None else (float(given), [])
    if option.version is None:
        return missing(f"{name} names no model version to be measured on.", "Name its version", target)
    found = measured_on(state, criterion, option.version)
    if found is None:
        said = (
            f"{criterion.name} was not measured on {name} ({option.version.name}@{option.version.version})."
        )
        return missing(said, f"Measure {name}", f"criterion:{criterion.key}")
    # That the product has moved on to another version says nothing against an option's own numbers.
    return faults(state, found[1], ignoring=option.version) or (found[0].value, [found[1].digest])


def measured_on(
    state: ProjectState, criterion: Criterion, version: Version
) -> tuple[Measurement, Stored] | None:
    """The latest number of a target that was measured on this model version, in any setting."""
    topics = (state.evidence.get(about(criterion.key, s, criterion.slice), ()) for s in Setting)
    found = [
        (stored.evidence, stored)
        for stored in chain.from_iterable(topics)
        if isinstance(stored.evidence, Measurement)
        and stored.evidence.model == version
        and math.isfinite(stored.evidence.value)
    ]
    return max(found, key=lambda f: f[0].at, default=None)


def _decided(
    options: dict[str, ModelOption], compared: dict[str, ModelOption], decision: OptionDecision
) -> Iterator[Clause]:
    target = "document:option_decision"
    if decision.chosen is None:
        yield missing("No option is chosen yet.", "Record the decision", target)
        return
    if decision.chosen not in compared:
        why = "was ruled out" if decision.chosen in options else "is not among the options"
        yield unmet(f"The chosen option {decision.chosen} {why}.", "Mend the decision", target)
    lacks = [
        word
        for word, given in (
            ("what would change it", decision.sensitivity),
            ("a reason", decision.reason),
            ("who decided", decision.decided_by),
            ("when", decision.decided_on),
        )
        if not given
    ]
    if lacks:
        yield missing(f"The decision does not give {listed(lacks)}.", "Complete the decision", target)
    else:
        yield met(
            f"{_name(options, decision.chosen)} was chosen on {decision.decided_on} "
            f"by {decision.decided_by}: {decision.reason.rstrip('.')}."
        )


def _name(options: Mapping[str, ModelOption], key: str) -> str:
    return options[key].name or key if key in options else key


def check_3e(state: ProjectState) -> Finding:
    """Blockers are resolved quickly."""
    today = state.now.date()
    blockers = state.all(Blocker)
    if not blockers:
        if any(c.held_on and c.held_on <= today for c, _ in state.all(CheckIn)):
            return decide([met("Check-ins were held, and no blocker came up.")])
        said = "No blocker was written down and no check-in was held, so nobody can tell."
        return nothing(said, "Hold a check-in", "document:check_in")
    clauses = []
    for blocker, entry in blockers:
        target, text = f"document:blocker:{entry.key}", blocker.text.rstrip(".") or entry.key
        age = days_open(blocker, today)
        if blocker.opened_on is None:
            clauses.append(missing(f"“{text}” does not say since when.", "Give the day", target))
        elif age is not None and age > state.blocker_days:
            said = f"“{text}” has been open for {age} days; the limit is {state.blocker_days}."
            clauses.append(unmet(said, "Resolve it", target))
    if not clauses:
        still = sum(days_open(b, today) is not None for b, _ in blockers)
        typical = median_days((b for b, _ in blockers), today)
        took = "none is resolved yet" if typical is None else f"the median took {number(typical)} days"
        said = f"{still} of {len(blockers)} blockers are open, none for more than {state.blocker_days} days"
        clauses.append(met(f"{said}; {took}."))
    return decide(clauses)


CHECKS: dict[str, Callable[[ProjectState], Finding]] = {
    "3a": check_3a, "3b": check_3b, "3c": check_3c, "3d": check_3d, "3e": check_3e,
}  # fmt: skip
