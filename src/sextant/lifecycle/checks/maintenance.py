"""What decides the items of phase 6: reviews, drift, retraining, improvements, and upkeep."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from sextant.criteria import Setting
from sextant.evidence import Version
from sextant.lifecycle.checks.clauses import Clause, decide, last_due, listed, met, missing, unmet
from sextant.lifecycle.checks.deployment import invalid
from sextant.lifecycle.gates import Action, Finding
from sextant.lifecycle.records import kept, latest
from sextant.lifecycle.staleness import stale_reasons
from sextant.lifecycle.state import ProjectState
from sextant.maintenance.documents import (
    DriftPlan,
    Improvement,
    RetrainingPlan,
    Review,
    ReviewPlan,
    UpkeepPlan,
)
from sextant.phrases import number, with_unit
from sextant.reports import RETRAINING, DriftRun, RetrainingRun
from sextant.verdicts import Status

#: The longest time between two reviews, in days.
WEEKLY = 7

#: What upkeep takes of a team's capacity: less lets the model rot.
UPKEEP = (0.10, 0.20)


# --- 6a


def check_6a(state: ProjectState) -> Finding:
    """Dashboards are reviewed every week."""
    found, target = state.one(ReviewPlan), "document:review_plan"
    if found is None or found[0].first_on is None:
        return decide([missing("No weekly review is planned.", "Plan the reviews", target)])
    plan, first, clauses = found[0], found[0].first_on, []
    if plan.cadence_days > WEEKLY:
        said = f"A review is planned every {plan.cadence_days} days; every {WEEKLY} is asked for."
        clauses.append(unmet(said, "Plan them weekly", target))
    # A review may take place all through its day: it is owed from the next day on.
    due = last_due(first, plan.cadence_days, state.now.date() - timedelta(days=1))
    owed = _before_the_first(state, first) if due is None else _last_review(state, due, plan.cadence_days)
    return decide([*clauses, owed])


def _before_the_first(state: ProjectState, first: date) -> Clause:
    """A first review that lies ahead is not due, unless users have gone without one for more than a week."""
    since, today = _used_since(state), state.now.date()
    if since is None or (today - since).days <= WEEKLY:
        return Clause(Status.NOT_DUE, f"The first review is on {first}.")
    held = [r.held_on for r, _ in state.all(Review) if r.held_on and r.decisions and r.held_on <= today]
    if held and (today - max(held)).days <= WEEKLY:
        return met(f"The last review was held on {max(held)}; the next is on {first}.")
    last = f"the last review was on {max(held)}" if held else "no review was held"
    said = f"Users have depended on the model since {since}, {last}, and the next is on {first}."
    return unmet(said, "Hold a review", "document:review")


def _used_since(state: ProjectState) -> date | None:
    """Since when users depend on the model, as far as this project is answerable for it."""
    if state.exposed_at is None:
        return None
    own = state.opened_at_phase != "problem" and state.created_at > state.exposed_at
    return (state.created_at if own else state.exposed_at).date()


def _last_review(state: ProjectState, due: date, cadence_days: int) -> Clause:
    """The review of a due day is the one held within the cadence around it."""
    held = {
        written.key: review
        for review, written in state.all(Review)
        if review.held_on and due - timedelta(days=cadence_days // 2) <= review.held_on <= state.now.date()
    }
    if not held:
        days = [r.held_on for r, _ in state.all(Review) if r.held_on and r.held_on <= state.now.date()]
        last = f"; the last was on {max(days)}" if days else ""
        return unmet(f"The review of {due} was not held{last}.", "Hold the review", "document:review")
    decided = {key: review for key, review in held.items() if review.decisions}
    if not decided:
        key, review = max(held.items(), key=lambda item: str(item[1].held_on))
        said = f"The review of {review.held_on} decided nothing."
        return missing(said, "Write down what was decided", f"document:review:{key}")
    last_held = max(decided.values(), key=lambda review: str(review.held_on))
    count = len(last_held.decisions)
    return met(
        f"The review due on {due} was held on {last_held.held_on}, with {count} decision{'s' * (count > 1)}."
    )


# --- 6b


def check_6b(state: ProjectState) -> Finding:
    """Drift is watched, in what the model in service reads and in what it is scored on."""
    found, target = state.one(DriftPlan), "document:drift_plan"
    if found is None:
        return decide([missing("No drift check is planned.", "Plan the drift checks", target)])
    plan = found[0]
    asked = {
        "features": plan.features, "labels and results": plan.outcomes,
        "how often features are checked": plan.data_cadence_days,
        "how often results are checked": plan.concept_cadence_days,
    }  # fmt: skip
    if blank := [what for what, given in asked.items() if not given]:
        return decide([missing(f"The drift checks lack: {listed(blank)}.", "Complete the plan", target)])
    if state.in_service is None:
        if state.exposed_at is None:
            said = "The drift checks are planned; they run from the day on which a model is in service."
            return decide([Clause(Status.NOT_DUE, said)])
        said = "Users depend on a model, and it is not named which version is in service."
        return decide([missing(said, "Name the model in service", "evidence:model_run")])
    return decide(
        [
            _drift(state, state.in_service, "data", plan.features, plan.data_cadence_days or 0),
            _drift(state, state.in_service, "concept", plan.outcomes, plan.concept_cadence_days or 0),
        ]
    )


def _drift(
    state: ProjectState, model: Version, kind: str, watched: tuple[str, ...], cadence_days: float
) -> Clause:
    again = Action(f"Run the {kind} drift check", "evidence:drift_run")
    found = latest(state, DriftRun, kind, on=model) or latest(state, DriftRun, kind)
    if found is None:
        return Clause(Status.MISSING, f"The {kind} drift check has never run.", again)
    run, stored = found
    said = f"The {kind} drift check ran last on {run.at.date()}"
    if run.model != model:
        return Clause(
            Status.STALE, f"{said}, on {run.model}; {model} is in service.", again, (stored.digest,)
        )
    if wrong := invalid(state, stored):
        return wrong
    if unseen := [name for name in watched if name not in run.checked]:
        return Clause(Status.UNMET, f"{said}, and did not look at {listed(unseen)}.", again, (stored.digest,))
    due = min([run.at + timedelta(days=cadence_days), *([run.next_due] if run.next_due else [])])
    if due < state.now:
        return Clause(
            Status.UNMET,
            f"{said}; the next was due on {due.date()} and did not run.",
            again,
            (stored.digest,),
        )
    result = f"found drift in {listed(run.drifted)}" if run.drifted else "found none"
    return met(f"{said} on {listed(run.checked)}, and {result}.", [stored.digest])


# --- 6c


def check_6c(state: ProjectState) -> Finding:
    """Retraining is prepared; or, where nothing is trained, evaluating the provider's model again."""
    found, target = state.one(RetrainingPlan), "document:retraining_plan"
    if found is None:
        return decide([missing("No retraining is planned.", "Plan it", target)])
    plan = found[0]
    if not plan.trained:
        return decide([_reevaluation(state, plan)])
    clauses = []
    if not plan.triggers:
        clauses.append(missing("It is not set what sets off a retraining.", "Name the triggers", target))
    elif any(not trigger.what for trigger in plan.triggers):
        vague = listed(dict.fromkeys(t.type for t in plan.triggers if not t.what))
        clauses.append(missing(f"A trigger by {vague} does not say what exactly.", "Complete it", target))
    else:
        clauses.append(met(f"Set off by: {listed(t.what for t in plan.triggers)}."))
    return decide([*clauses, _retraining(state)])


def _retraining(state: ProjectState) -> Clause:
    """A run of all six steps on the model in service (before launch: on the candidate), dry or real."""
    again = Action("Try the six steps", "evidence:retraining_run")
    model = state.in_service or state.candidate
    tried = [found for topic in ("dry", "real") for found in kept(state, RetrainingRun, topic)]
    if not tried:
        return Clause(Status.MISSING, "The six steps of a retraining were never tried.", again)
    own = [found for found in tried if model in (found[0].model, found[0].produced, None)]
    run, stored = max(own or tried, key=lambda found: found[0].at)
    kind = "dry run" if run.dry_run else "retraining"
    said = f"The {kind} of {run.at.date()}"
    if not own:
        on = run.model or "a model that it does not name"
        return Clause(Status.STALE, f"{said} was for {on}; now it is {model}.", again, (stored.digest,))
    if wrong := invalid(state, stored):
        return wrong
    # Not the data or the model: a retraining is there to replace them. What it tries is the code.
    if why := stale_reasons([v for v in run.depends if v.kind in ("code", "pipeline")], state.subjects):
        return Clause(Status.STALE, f"{said} must be tried again: {why[0]}.", again, (stored.digest,))
    passed = {step for step, succeeded in run.steps.items() if succeeded}
    failed = [step for step in RETRAINING if step not in passed]
    if failed or run.outcome == "failed":
        what = f"did not get through {listed(failed)}" if failed else "failed"
        return Clause(Status.UNMET, f"{said} {what}: {run.why}", again, (stored.digest,))
    return met(f"{said} went through all {len(RETRAINING)} steps.", [stored.digest])


def _reevaluation(state: ProjectState, plan: RetrainingPlan) -> Clause:
    target = "document:retraining_plan"
    if plan.reevaluate_every_days is None or plan.reevaluate_first is None:
        said = "Nothing is trained here, and it is not set when the provider's model is evaluated again."
        return missing(said, "Set the schedule", target)
    every = plan.reevaluate_every_days
    due = last_due(plan.reevaluate_first, every, state.now.date() - timedelta(days=1))
    planned = f"The provider's model is evaluated again every {every} days"
    if due is None:
        return met(f"{planned}, first on {plan.reevaluate_first}.")
    verdicts = [state.verdict(c.key, Setting.OFFLINE) for c in state.of_family("ml")]
    done = [v for v in verdicts if v.at and v.at.date() >= due - timedelta(days=every // 2)]
    if not done:
        last = max((v.at.date() for v in verdicts if v.at), default=None)
        when = f"the last was on {last}" if last else "there was none"
        said = f"{planned}; that of {due} was not done, {when}."
        return unmet(said, "Evaluate it again", "evidence:proportion")
    return met(f"{planned}; that of {due} was done.", [v.evidence for v in done if v.evidence])


# --- 6d


def check_6d(state: ProjectState) -> Finding:
    """The list of improvements is kept."""
    target = "document:improvement"
    items = [(item, w) for item, w in state.all(Improvement) if item.state != "dropped"]
    if not items:
        return decide([missing("The list of improvements is empty.", "Add an improvement", target)])
    clauses, today = [], state.now.date()
    sources = {item.source for item, _ in items}
    if len(sources) < 2:
        only = listed(s.replace("_", " ") for s in sources)
        clauses.append(
            unmet(f"All improvements come from {only}; two sources are asked for.", "Add one", target)
        )
    open_items = [(item, w) for item, w in items if item.state != "shipped"]
    unranked = [item.title or w.key for item, w in open_items if item.impact is None or item.effort is None]
    if unranked:
        names = listed([*unranked[:3], *(["others"] if len(unranked) > 3 else [])])
        clauses.append(unmet(f"Impact and effort are not set for {names}.", "Prioritize them", target))
    found = state.one(UpkeepPlan)
    cadence = found[0].backlog_cadence_days if found else UpkeepPlan().backlog_cadence_days
    touched = max(min(item.touched_on or w.at.date(), today) for item, w in items)
    if (today - touched).days > cadence:
        said = f"Nobody has looked at the list since {touched}; every {cadence} days is planned."
        clauses.append(Clause(Status.STALE, said, Action("Go through the list", target)))
    clauses.append(
        met(f"{len(items)} improvements from {len(sources)} sources, last looked at on {touched}.")
    )
    return decide(clauses)


# --- 6e


def check_6e(state: ProjectState) -> Finding:
    """Upkeep has people and money."""
    found, target = state.one(UpkeepPlan), "document:upkeep_plan"
    if found is None or found[0].planned_share is None:
        return decide([missing("No capacity is planned for upkeep.", "Plan upkeep", target)])
    plan, clauses = found[0], []
    low, high = UPKEEP
    planned = with_unit(plan.planned_share, "share")
    asked = f"{number(low * 100)} to {number(high * 100)} % is asked for"
    if not low <= (plan.planned_share or 0) <= high:
        clauses.append(
            unmet(f"{planned} of capacity is planned for upkeep; {asked}.", "Change the plan", target)
        )
    if plan.period_end and plan.period_end < state.now.date():
        said = f"The plan for upkeep ended on {plan.period_end}."
        clauses.append(Clause(Status.STALE, said, Action("Plan the next period", target)))
    if plan.spent_share is not None:
        spent = f"{with_unit(plan.spent_share, 'share')} was spent so far"
        clauses.append(met(f"{planned} of capacity is planned for upkeep, and {spent}."))
    elif state.exposed_at is not None:
        clauses.append(
            missing(f"{planned} is planned, and what was spent is not shown.", "Write it down", target)
        )
    else:
        clauses.append(met(f"{planned} of capacity is planned for upkeep; nothing is spent before real use."))
    return decide(clauses)


CHECKS: dict[str, Callable[[ProjectState], Finding]] = {
    "6a": check_6a, "6b": check_6b, "6c": check_6c, "6d": check_6d, "6e": check_6e,
}  # fmt: skip
