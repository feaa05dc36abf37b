"""What decides the A/B test of phase 4: its design before it starts, and the decision on its result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sextant.criteria import Criterion, Setting
from sextant.evaluation.design import MINIMUM_DAYS, needed_per_arm
from sextant.evaluation.documents import AbDesign, ShipDecision
from sextant.evidence import Version
from sextant.lifecycle.checklist import ITEMS
from sextant.lifecycle.checks.clauses import Clause, decide, faults, listed, met, missing, unmet
from sextant.lifecycle.checks.deployment import lacking_before
from sextant.lifecycle.exposure import first_exposure
from sextant.lifecycle.gates import Action, Finding, check_item
from sextant.lifecycle.records import each, latest
from sextant.lifecycle.state import ProjectState, Signature, Written
from sextant.phrases import number, with_unit
from sextant.problem.documents import Stakeholder
from sextant.reports import Experiment
from sextant.verdicts import Status, Verdict, judge

#: Below this chance the arms' sizes are no accident, and the result means nothing.
SAMPLE_RATIO_BAR = 0.001

#: The items that must be ready before a test begins, as a sentence about them starts.
READY = {"5b": "The monitors are", "5c": "The way back is"}


def without_candidate(state: ProjectState) -> Clause | None:
    if state.candidate is None:
        return missing(
            "No model version is named as the one to ship.", "Name the candidate", "evidence:model_run"
        )
    return None


def on_another(state: ProjectState, model: Version | None, what: str, action: Action) -> Clause | None:
    """Stale if it was taken on another model than the candidate; missing if nobody can tell."""
    if nameless := without_candidate(state):
        return nameless
    if model is None:
        return Clause(Status.MISSING, f"{what} does not say which model it was taken on.", action)
    if model != state.candidate:
        return Clause(Status.STALE, f"{what} was taken on {model}, and {state.candidate} is to ship.", action)
    return None


def judged_now(state: ProjectState, key: str, setting: Setting | None = None) -> Verdict:
    """The verdict on a target today, even if it is due later: a study or a substitute decides now."""
    if key not in state.criteria:
        return Verdict(Status.MISSING, "There is no such target.", key)
    target = state.criteria[key].model_copy(update={"due": None, "due_days_after_exposure": None})
    return judge(
        target,
        state.proofs(target),
        now=state.now,
        setting=setting,
        allow_simulated=state.simulated,
        not_applicable=state.not_applicable.get(key),
        waiver=state.waivers.get(key),
    )


# --- 4b


def check_4b(state: ProjectState) -> Finding:
    """The A/B test, or what stands in for it, is designed and signed before it starts."""
    found = state.one(AbDesign)
    if found is None:
        return decide(
            [missing("No A/B test is designed, and no substitute.", "Design it", "document:ab_design")]
        )
    design, written = found
    began = first_exposure(state, "evaluation")
    plan = _substitute(state, design) if design.substitute != "none" else _test(state, design)
    clauses = [*plan, _signed_design(state, written, began)]
    if design.substitute == "none":
        clauses += [_flag(state, design), _ready(state, began)]
    return decide(clauses)


def _blank(design: AbDesign, *names: str) -> list[str]:
    """Titles of these fields that are still empty."""
    fields = AbDesign.model_fields
    return [str(fields[name].title).lower() for name in names if getattr(design, name) in (None, "", ())]


def _known(state: ProjectState, keys: Sequence[str], setting: Setting | None) -> list[Clause]:
    """These targets exist, and are judged where the plan says."""
    clauses = []
    if strange := [k for k in keys if k not in state.criteria]:
        clauses.append(
            unmet(
                f"The design names {listed(strange)}, and there is no such target.",
                "Mend the design",
                "document:ab_design",
            )
        )
    for key in keys:
        if key in state.criteria and setting and setting not in state.criteria[key].judged_in:
            name = state.criteria[key].name
            clauses.append(
                unmet(
                    f"{name} is not judged in an {setting.value}, so the test cannot decide on it.",
                    f"Open {name}",
                    f"criterion:{key}",
                )
            )
    return clauses


def _test(state: ProjectState, design: AbDesign) -> list[Clause]:
    clauses = []
    blank = _blank(
        design,
        *("experiment", "hypothesis", "control", "primary", "guardrails", "unit", "candidate_share", "power"),
        *("smallest_effect", "sample_per_arm", "duration_days", "decision_rule", "flag"),
    )
    if blank:
        clauses.append(
            missing(f"The design does not say: {listed(blank)}.", "Complete the design", "document:ab_design")
        )
    named = [*([design.primary] if design.primary else []), *design.guardrails, *design.secondary]
    clauses += _known(state, named, Setting.EXPERIMENT)
    if design.duration_days is not None and design.duration_days < MINIMUM_DAYS:
        clauses.append(
            unmet(
                f"It runs for {design.duration_days} days; it takes {MINIMUM_DAYS} at least, "
                "so that each weekday comes twice.",
                "Let it run longer",
                "document:ab_design",
            )
        )
    primary = state.criteria.get(design.primary or "")
    if primary and not blank:
        clauses.append(_sample(design, primary))
    return clauses


def _sample(design: AbDesign, primary: Criterion) -> Clause:
    needed = needed_per_arm(design, primary)
    if needed.units is None:
        return missing(
            f"Nobody can tell how large the sample must be: {needed.undefined}.",
            "Complete the design",
            "document:ab_design",
        )
    effect = with_unit(design.smallest_effect, primary.unit).replace(" %", " points")
    said = f"{number(needed.units)} in the smaller arm find an effect of {effect} on {primary.name}"
    if (design.sample_per_arm or 0) < needed.units:
        return unmet(
            f"{number(design.sample_per_arm)} are planned, and only {said} with a chance of "
            f"{with_unit(design.power, 'share')}.",
            "Plan more, or look for a larger effect",
            "document:ab_design",
        )
    return met(f"{number(design.sample_per_arm)} are planned for {design.duration_days} days; {said}.")


def _substitute(state: ProjectState, design: AbDesign) -> list[Clause]:
    clauses = []
    asked = ("audience", "substitute_reason", "substitute_plan", "substitute_criteria", "decision_rule")
    if blank := _blank(design, *asked):
        clauses.append(
            missing(f"The substitute does not say: {listed(blank)}.", "Complete it", "document:ab_design")
        )
    clauses += _known(state, design.substitute_criteria, None)
    if not clauses:
        what = design.substitute.replace("_", " ")
        clauses.append(met(f"With {number(design.audience)} users a {what} stands in for the A/B test."))
    return clauses


def _signed_design(state: ProjectState, written: Written, began: datetime | None) -> Clause:
    what = "A/B design"
    signatures = state.signed("ab_design", written.digest)
    if not signatures:
        action = Action("Sign the design", "sign:ab_design")
        if earlier := [s for s in state.signatures if s.subject == "ab_design"]:
            last = max(earlier, key=lambda s: s.at)
            return Clause(
                Status.STALE,
                f"The {what} was changed after {last.person} signed it on {last.at.date()}.",
                action,
            )
        return Clause(Status.MISSING, f"Nobody has signed the {what}.", action)
    first = min(signatures, key=lambda s: s.at)
    if began and first.at >= began:
        return unmet(
            f"The {what} was signed on {first.at.date()}, after the first real use on {began.date()}: "
            "it was not fixed before results could be seen.",
            "Design the next test before it starts",
            "document:ab_design",
        )
    return met(f"{first.person} signed it on {first.at.date()}, before the first real use.")


def _flag(state: ProjectState, design: AbDesign) -> Clause:
    if design.flag is None:
        return met("")
    flag = state.subjects.get(f"flag:{design.flag}")
    if flag is None:
        return missing(
            f"The flag {design.flag} that is to assign the arms is not set up.",
            "Set up the flag",
            "document:ab_design",
        )
    if flag.reopened:
        return Clause(
            Status.STALE,
            f"The flag {design.flag} is being worked on again: {flag.reopened}.",
            Action("Set up the flag", "document:ab_design"),
        )
    return met(f"The flag {design.flag} is at {flag.version}.")


def _ready(state: ProjectState, began: datetime | None) -> Clause:
    """Monitors and the way back: ready now, or, once it has begun, before it did."""
    items = [check_item(state, ITEMS[key]) for key in READY]
    if began is None:
        for item in items:
            if not item.status.passes:
                said = f"{READY[item.item.key]} not ready. {item.finding.reason}"
                return Clause(item.status, said, item.finding.action)
        return met("Monitors and the way back are ready.")
    excused = {i.item.key for i in items if i.status in (Status.WAIVED, Status.NOT_APPLICABLE)}
    lacking = [what for key, what in lacking_before(state, began) if key not in excused]
    if lacking:
        return unmet(
            f"Nothing shows that there was, before the first real use on {began.date()}: {listed(lacking)}.",
            "Open monitoring",
            "document:monitor",
        )
    return met(f"Monitors and the way back were ready before the first real use on {began.date()}.")


# --- 4e


def check_4e(state: ProjectState) -> Finding:
    """Ship, iterate or kill is decided, on a sound result."""
    result, found = _result(state), state.one(ShipDecision)
    if found is None or found[0].decision is None:
        nothing = missing("Ship, iterate or kill is not decided.", "Decide", "document:ship_decision")
        return decide([*result.clauses, nothing])
    return decide([*result.clauses, *_decided(state, *found, result)])


@dataclass(frozen=True, slots=True)
class _Result:
    """What is decided on: the decisions that the signed rule allows, and the records with the time from which
    each was there."""

    clauses: list[Clause]
    says: tuple[str, ...] = ()
    records: Mapping[str, datetime] = field(default_factory=dict)


def _result(state: ProjectState) -> _Result:
    if nameless := without_candidate(state):
        return _Result([nameless])
    found = state.one(AbDesign)
    if found and found[0].substitute != "none":
        return _substitute_result(state, *found)
    return _test_result(state, found[0].experiment if found else None)


def _test_result(state: ProjectState, name: str | None) -> _Result:
    run = Action("Run the A/B test", "evidence:experiment")
    tests = [found for found in each(state, Experiment) if name is None or found[0].name == name]
    if not tests:
        what = f"the A/B test {name}" if name else "an A/B test"
        return _Result([Clause(Status.MISSING, f"There is no result of {what}.", run)])
    newest = max(tests, key=lambda found: found[0].at)
    test, stored = latest(state, Experiment, newest[0].name, on=state.candidate) or newest
    records = {stored.digest: max(test.at, test.ended_at)}
    what = f"The A/B test {test.name}"
    wrong = faults(state, stored) or on_another(state, test.model, what, run)
    if wrong:
        return _Result([wrong], (), records)
    clauses = []
    counted = listed(f"{number(n)} {arm}" for arm, n in test.arms.items())
    if not test.sample_ratio_p >= SAMPLE_RATIO_BAR:
        planned = listed(f"{with_unit(share, 'share')} {arm}" for arm, share in test.shares.items())
        clauses.append(
            missing(
                f"{what} does not count: {counted} came where {planned} were planned, by no accident.",
                "Find what went wrong in the assignment",
                "evidence:experiment",
            )
        )
    if not any(s.at < test.started_at for s in state.signed("ab_design", test.design_digest)):
        clauses.append(
            missing(
                f"{what} does not count: nobody had signed its design before it began on "
                f"{test.started_at.date()}.",
                "Sign the next design before it starts",
                "sign:ab_design",
            )
        )
    if not test.concluded or test.rule_says == "keep_running":
        clauses.append(Clause(Status.NOT_ENOUGH, f"{what} is still running: {test.why}", run))
        return _Result(clauses, (), records)
    clauses.append(met(f"The signed rule says {test.rule_says} ({counted}): {test.why}", [stored.digest]))
    return _Result(clauses, (test.rule_says,), records)


def _substitute_result(state: ProjectState, design: AbDesign, written: Written) -> _Result:
    """All targets met allow shipping, and one that is not allows anything else."""
    clauses: list[Clause] = []
    records: dict[str, datetime] = {}
    if not state.signed("ab_design", written.digest):
        clauses.append(missing("Nobody has signed the substitute.", "Sign it", "sign:ab_design"))
    if not design.substitute_criteria:
        clauses.append(missing("The substitute has no targets.", "Name its targets", "document:ab_design"))
    failed = waits = False
    for key in design.substitute_criteria:
        name = state.criteria[key].name if key in state.criteria else key
        verdict = judged_now(state, key)
        if verdict.evidence and verdict.at:
            records[verdict.evidence] = verdict.at
        said, kept = f"{name}: {verdict.reason}", (verdict.evidence,) if verdict.evidence else ()
        if verdict.status is Status.UNMET:
            # A clear no is a result that can be decided on.
            failed = True
            clauses.append(met(said, kept, [key]))
        else:
            waits = waits or not verdict.passes
            action = None if verdict.passes else Action(f"Measure {name}", f"criterion:{key}")
            clauses.append(Clause(verdict.status, said, action, kept, (key,)))
    says = ("iterate", "kill") if failed else () if waits else ("ship",)
    return _Result(clauses, says, records)


def _decided(state: ProjectState, decision: ShipDecision, written: Written, result: _Result) -> list[Clause]:
    chosen, says = decision.decision or "", result.says
    look = Action("Open the decision", "document:ship_decision")
    clauses = [_by_decider(state, decision, written, max(result.records.values(), default=None))]
    if not decision.made_on:
        clauses.append(
            Clause(Status.MISSING, "The decision does not name the proof that it was made on.", look)
        )
    elif newer := [
        d for d in result.records if not any(len(m) >= 12 and d.startswith(m) for m in decision.made_on)
    ]:
        clauses.append(
            Clause(
                Status.STALE,
                f"The decision was made on other proof than there is now ({newer[0][:12]}).",
                Action("Decide again", "document:ship_decision"),
            )
        )
    if says and chosen not in says:
        clauses.append(
            Clause(
                Status.UNMET,
                f"“{chosen.capitalize()}” was decided, and the signed rule says {' or '.join(says)}: "
                "that takes a waiver.",
                look,
            )
        )
    return clauses


def _by_decider(
    state: ProjectState, decision: ShipDecision, written: Written, since: datetime | None
) -> Clause:
    """Signed by who decides, after the result was there."""
    deciders = [person for person, _ in state.all(Stakeholder) if person.decider]
    names = [person.name for person in deciders] or ([decision.decider] if decision.decider else [])
    sign = Action(f"Ask {listed(names) or 'the decider'} to sign", "sign:ship_decision")
    if not names:
        return missing("It is not named who decides.", "Name the decider", "document:ship_decision")

    def theirs(signature: Signature) -> bool:
        if deciders:
            return any(person.is_person(signature.person) for person in deciders)
        return signature.person.strip().casefold() == decision.decider.casefold()

    signatures = state.signed("ship_decision", written.digest)
    valid = [s for s in signatures if theirs(s)]
    if not valid:
        if signatures:
            return Clause(
                Status.UNMET,
                f"{listed({s.person: 0 for s in signatures})} signed the decision; {listed(names)} decides.",
                sign,
            )
        if any(s.subject == "ship_decision" and theirs(s) for s in state.signatures):
            return Clause(Status.STALE, f"The decision was changed since {listed(names)} signed it.", sign)
        return Clause(Status.MISSING, f"{listed(names)} has not signed the decision.", sign)
    last = max(valid, key=lambda s: s.at)
    if since and last.at < since:
        return Clause(
            Status.STALE,
            f"The decision was signed on {last.at.date()}, before its result was there on {since.date()}.",
            sign,
        )
    return met(f"{last.person} decided on {last.at.date()}: {decision.decision}.")
