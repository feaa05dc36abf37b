"""The eight ways in which ML projects fail, each looked for in the project's live state.

A detector never guesses: where the state does not yet tell, `present` is None and the symptom says what is
missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sextant.criteria import Criterion, Family, Setting
from sextant.lifecycle.checklist import ITEMS
from sextant.lifecycle.checks.clauses import listed
from sextant.lifecycle.exposure import first_exposure
from sextant.lifecycle.gates import Action, ItemState, check_item
from sextant.lifecycle.phases import BY_KEY
from sextant.lifecycle.records import each, every
from sextant.lifecycle.state import ProjectState
from sextant.lifecycle.timeline import DATA_SHARE, timeline
from sextant.phrases import with_unit
from sextant.reports import ModelRun, RolloutStep
from sextant.verdicts import WORDS, Status, Verdict

#: The families of criteria that say how good it is for a user.
QUALITY: tuple[Family, ...] = ("product", "ml", "fairness", "explainability", "safety")

_WORDS = {status.value: word for status, word in WORDS.items()}


@dataclass(frozen=True, slots=True)
class FailureMode:
    """One of the eight: whether it is there (None: it cannot be told yet), by which symptom, and what to do.

    `symptom` is a sentence or two with the live numbers, `evidence` the digests that it rests on, `todo` the
    advice, `action` the one next thing where the mode is there."""

    key: str
    title: str
    present: bool | None
    symptom: str
    todo: str
    evidence: tuple[str, ...] = ()
    action: Action | None = None


_MODES: dict[str, tuple[str, str]] = {
    "unclear_problem": (
        "Unclear problem",
        "Go back to the problem: sharpen the five Ws, talk with users, and set a business target with a baseline.",
    ),
    "insufficient_data": (
        "Too little data",
        "Check early what data there is, plan how to get what is missing, and start with rules until it is there.",
    ),
    "misaligned_metrics": (
        "Metrics that miss the point",
        "Find out what users value that the ML target does not measure, and set a target for that.",
    ),
    "underestimated_data_work": (
        "Data work underestimated",
        "Plan 40 to 50 % of the time for data, and tell stakeholders the new dates now.",
    ),
    "no_rollback_plan": (
        "No way back",
        "Put it behind a flag, write down the way back, and drill both ways before users depend on it.",
    ),
    "ignored_maintenance": (
        "Maintenance ignored",
        "Hold the weekly review, let the drift checks run, prepare retraining, and plan 10 to 20 % of capacity.",
    ),
    "over_engineering": (
        "Polished and never shipped",
        "Ship the smallest version that meets the bar to a few users, and learn from what they do.",
    ),
    "under_engineering": (
        "Shipped before it was good",
        "Hold the rollout at its step until every quality target is met, or go back a step.",
    ),
}


def _mode(
    key: str,
    present: bool | None,
    symptom: str,
    evidence: Iterable[str | None] = (),
    action: Action | None = None,
) -> FailureMode:
    title, todo = _MODES[key]
    digests = tuple(dict.fromkeys(d for d in evidence if d))
    return FailureMode(key, title, present, symptom, todo, digests, action if present else None)


def _item(state: ProjectState, key: str) -> ItemState:
    return check_item(state, ITEMS[key])


def _beyond(state: ProjectState, phase: str) -> str | None:
    """What shows that work went on past the phase, or None."""
    runs = each(state, ModelRun)
    if runs and BY_KEY[phase].number < BY_KEY["model"].number:
        return (
            f"{len(runs)} model{'s' * (len(runs) > 1)} {'were' if len(runs) > 1 else 'was'} already trained"
        )
    later = [line for line in timeline(state).lines if BY_KEY[line.phase].number > BY_KEY[phase].number]
    begun = [line for line in later if line.stage != "ahead"]
    return f"work on {BY_KEY[begun[-1].phase].name.lower()} has begun" if begun else None


def unclear_problem(state: ProjectState) -> FailureMode:
    """The problem is not clear, and work goes on all the same."""
    key, item = "unclear_problem", _item(state, "1a")
    again = [r for r in state.rounds if r.phase == "problem" and r.number > 1]
    back = f" The problem was opened again {len(again)} time{'s' * (len(again) > 1)}." if again else ""
    if item.status.passes:
        return _mode(key, False, f"{item.finding.reason}{back}", item.finding.evidence)
    on = _beyond(state, "problem")
    if on is None:
        return _mode(key, None, f"The problem is still being worked on. {item.finding.reason}")
    symptom = f"The problem is not clear, and {on}. {item.finding.reason}{back}"
    return _mode(key, True, symptom, item.finding.evidence, item.finding.action)


def insufficient_data(state: ProjectState) -> FailureMode:
    """The data does not do what was asked of it, and the model shows it or will."""
    key = "insufficient_data"
    data = _verdicts(state, "data")
    short = [(c, v) for c, v in data if v.status is Status.UNMET]
    if short:
        target, verdict = short[0]
        action = Action(f"Open {target.name}", f"criterion:{target.key}")
        more = f" ({len(short) - 1} more.)" if len(short) > 1 else ""
        symptom = f"{target.name}: {verdict.reason}{more}"
        return _mode(key, True, symptom, [v.evidence for _, v in short], action)
    item = _item(state, "2a")
    weak = [
        (c, v)
        for c in state.of_family("ml")
        if (v := state.verdict(c.key, Setting.OFFLINE)).status is Status.UNMET
    ]
    if weak and not item.status.passes:
        target, verdict = weak[0]
        symptom = (
            f"{target.name}: {verdict.reason} What data that takes is not specified. {item.finding.reason}"
        )
        return _mode(key, True, symptom, [v.evidence for _, v in weak], item.finding.action)
    if item.status.passes and data and all(v.passes for _, v in data):
        names = listed(c.name for c, _ in data)
        return _mode(key, False, f"What was asked of the data holds: {names}.", [v.evidence for _, v in data])
    on = _beyond(state, "data")
    if on and not item.status.passes:
        symptom = f"What data it takes is not specified, and {on}. {item.finding.reason}"
        return _mode(key, True, symptom, item.finding.evidence, item.finding.action)
    return _mode(key, None, f"The data has not been measured against what it takes. {item.finding.reason}")


def misaligned_metrics(state: ProjectState) -> FailureMode:
    """The ML target is met, while users or the business see nothing of it."""
    key = "misaligned_metrics"
    ml = [(c, v) for c, v in _verdicts(state, "ml") if v.status is Status.MET]
    value = _verdicts(state, "product", "business")
    missed = [(c, v) for c, v in value if v.status is Status.UNMET]
    shown = [v.evidence for _, v in (*ml, *value)]
    if ml and missed:
        target, verdict = missed[0]
        symptom = f"{ml[0][0].name} is met, and {target.name} is not: {verdict.reason}"
        return _mode(key, True, symptom, shown, Action(f"Open {target.name}", f"criterion:{target.key}"))
    if not ml:
        return _mode(key, None, "No ML target is met yet, so nothing can be held against it.")
    if not value:
        return _mode(
            key, None, f"{ml[0][0].name} is met, and there is no product or business target beside it."
        )
    waiting = [c.name for c, v in value if v.status is not Status.MET]
    if waiting:
        return _mode(key, None, f"{ml[0][0].name} is met. Not judged yet: {listed(waiting)}.", shown)
    return _mode(key, False, f"{listed(c.name for c, _ in (ml[0], *value))} are met together.", shown)


def underestimated_data_work(state: ProjectState) -> FailureMode:
    """The plan gives data too little time, or data has taken longer than planned."""
    key, plan = "underestimated_data_work", timeline(state)
    line, action = plan.line("data"), Action("Change the plan", "grid:timeline")
    if plan.data_share is None:
        return _mode(key, None, "The timeline has no planned dates for data work.")
    share = with_unit(plan.data_share, "share")
    said = f"Data work is {share} of the planned time; {with_unit(DATA_SHARE, 'share')} is the least that is usual."
    if line.slip_days is not None and line.slip_days > 0 and line.stage != "ahead":
        late = "ended" if line.stage == "done" or line.again else "is already"
        return _mode(key, True, f"Data work {late} {line.slip_days} days late. {said}", (), action)
    if plan.data_share < DATA_SHARE:
        return _mode(key, True, said, (), action)
    return _mode(key, False, f"Data work is {share} of the planned time, and on time.")


def no_rollback_plan(state: ProjectState) -> FailureMode:
    """Users depend on it, or soon will, and nobody has tried the way back."""
    key, item = "no_rollback_plan", _item(state, "5c")
    if item.status.passes and item.status is not Status.WAIVED:
        return _mode(key, False, item.finding.reason, item.finding.evidence)
    began = first_exposure(state, "deployment") or state.exposed_at
    if began:
        symptom = f"Users have depended on it since {began.date()}. {item.finding.reason}"
    elif timeline(state).line("deployment").stage != "ahead":
        symptom = f"Deployment has begun. {item.finding.reason}"
    else:
        return _mode(key, None, "Deployment has not begun, so there is nothing to go back from yet.")
    action = item.finding.action or Action("Plan the way back", "document:rollback_plan")
    return _mode(key, True, symptom, item.finding.evidence, action)


def ignored_maintenance(state: ProjectState) -> FailureMode:
    """Users depend on it, and what keeps it good is not done."""
    key = "ignored_maintenance"
    if state.exposed_at is None:
        return _mode(key, None, "No user depends on it yet, so there is nothing to maintain.")
    items = [_item(state, item.key) for item in ITEMS.values() if item.phase == "maintenance"]
    undone = [i for i in items if i.status is Status.WAIVED or not i.status.passes]
    evidence = [d for i in items for d in i.finding.evidence]
    if not undone:
        return _mode(
            key, False, "Reviews, drift checks, retraining, improvements and upkeep are kept up.", evidence
        )
    first = undone[0].finding
    said = f"Users have depended on it since {state.exposed_at.date()}, and {len(undone)} of {len(items)} duties are"
    return _mode(key, True, f"{said} not kept up. {first.reason}", evidence, first.action)


def over_engineering(state: ProjectState) -> FailureMode:
    """A long time of work on the model, and no user has seen it."""
    key, plan = "over_engineering", timeline(state)
    line, today = plan.line("model"), state.now.date()
    if state.exposed_at is not None:
        return _mode(key, False, f"Users have met it since {state.exposed_at.date()}.")
    if line.stage == "ahead":
        return _mode(key, None, "Work on the model has not begun.")
    days = line.actual_days(today) or 0
    weeks = BY_KEY["model"].weeks
    limit = max(line.planned_days or 0, int(weeks[1] * 7) if weeks else 0)
    rounds = max((r.number for r in state.rounds if r.phase == "model"), default=1)
    said = f"Work on the model has taken {days} days in {rounds} iteration{'s' * (rounds > 1)}"
    if days > limit:
        symptom = f"{said}, {limit} were planned or are usual at most, and no user has met it."
        return _mode(key, True, symptom, (), Action("Plan a small rollout", "document:rollout_plan"))
    return _mode(key, False, f"{said}; up to {limit} are planned or usual.")


def under_engineering(state: ProjectState) -> FailureMode:
    """The rollout was widened while a quality target was anything but met."""
    key = "under_engineering"
    steps = every(state, RolloutStep)
    if not steps:
        return _mode(key, None, "No rollout has begun.")
    last, shown = steps[-1]
    if last.decision == "roll_back":
        return _mode(key, False, f"The rollout {last.rollout} went back: {last.why}", [shown.digest])
    for step, stored in reversed(steps):
        if step.decision not in ("advance", "complete"):
            continue
        quality = {k: s for k, s in step.verdicts.items() if _is_quality(state, k)}
        open_ = {k: s for k, s in quality.items() if s not in (Status.MET, Status.NOT_APPLICABLE)}
        if quality and not open_:
            continue
        what = listed(f"{_name(state, k)} ({_WORDS.get(s, s)})" for k, s in open_.items())
        symptom = (
            f"The rollout {step.rollout} was widened beyond {with_unit(step.share, 'share')} of users on "
        )
        symptom += (
            f"{step.at.date()}, with {what}." if quality else f"{step.at.date()} on no quality target at all."
        )
        target = next(iter(open_), "")
        action = (
            Action(f"Open {_name(state, target)}", f"criterion:{target}")
            if target in state.criteria
            else None
        )
        return _mode(
            key, True, symptom, [stored.digest], action or Action("Open the rollout", "document:rollout_plan")
        )
    reached = with_unit(last.share, "share")
    return _mode(
        key,
        False,
        f"The rollout {last.rollout} is at {reached}; it was widened on met targets only.",
        [shown.digest],
    )


def _is_quality(state: ProjectState, key: str) -> bool:
    return key not in state.criteria or state.criteria[key].family in QUALITY


def _name(state: ProjectState, key: str) -> str:
    return state.criteria[key].name if key in state.criteria else key


def _verdicts(state: ProjectState, *families: Family) -> list[tuple[Criterion, Verdict]]:
    return [(c, state.verdict(c.key)) for c in state.of_family(*families)]


FAILURE_MODES: dict[str, Callable[[ProjectState], FailureMode]] = {
    "unclear_problem": unclear_problem,
    "insufficient_data": insufficient_data,
    "misaligned_metrics": misaligned_metrics,
    "underestimated_data_work": underestimated_data_work,
    "no_rollback_plan": no_rollback_plan,
    "ignored_maintenance": ignored_maintenance,
    "over_engineering": over_engineering,
    "under_engineering": under_engineering,
}


def detect(state: ProjectState) -> list[FailureMode]:
    """All eight, those that are there first, in the guide's order otherwise."""
    found = [detector(state) for detector in FAILURE_MODES.values()]
    return sorted(found, key=lambda mode: {True: 0, None: 1, False: 2}[mode.present])
