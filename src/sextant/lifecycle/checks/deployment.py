"""What decides the items of phase 5: rollout, monitors, the way back, the announcements, and the review."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sextant.criteria import Criterion, Origin, Setting
from sextant.deployment.documents import Announcement, Monitor, PostLaunchReview, RollbackPlan, RolloutPlan
from sextant.deployment.ladder import ladder_faults
from sextant.evidence import Evidence, about
from sextant.lifecycle.checks.clauses import Clause, decide, faults, listed, met, missing, unmet
from sextant.lifecycle.exposure import first_exposure
from sextant.lifecycle.gates import Action, Finding
from sextant.lifecycle.parts import applicable
from sextant.lifecycle.records import kept, latest
from sextant.lifecycle.staleness import Subject, stale_reasons
from sextant.lifecycle.state import ProjectState, Stored
from sextant.phrases import number, with_unit
from sextant.reports import ChannelTest, MonitorSample, RollbackDrill
from sextant.verdicts import Status

#: The four kinds of monitors, as a sentence names them.
GROUPS = {"model": "the model", "system": "the system", "business": "the business", "cost": "cost"}

WAYS = {"before_feature": "to before the feature", "last_good_model": "to the last good model"}

#: Who must be told of a launch, whoever else is.
AUDIENCES = ("users", "stakeholders")


# --- 5a


def check_5a(state: ProjectState) -> Finding:
    """The rollout is planned in steps."""
    found = state.one(RolloutPlan)
    if found is None or found[0].strategy is None:
        return decide([missing("No rollout is planned.", "Plan the rollout", "document:rollout_plan")])
    plan, target = found[0], "document:rollout_plan"
    clauses = []
    if plan.strategy == "big_bang":
        if plan.big_bang_reason:
            clauses.append(met(f"It goes out to everybody at once: {plan.big_bang_reason.rstrip('.')}."))
        else:
            said = "It is to go out to everybody at once, and no reason is given why that is safe."
            clauses.append(unmet(said, "Give the reason, or plan steps", target))
    elif wrong := ladder_faults(plan.steps):
        worse = missing if not plan.steps else unmet
        clauses.append(worse(f"The steps are no ladder: {listed(wrong)}.", "Mend the steps", target))
    else:
        shares = listed(with_unit(step.share, "share") for step in plan.steps)
        days = sum(step.dwell_days for step in plan.steps)
        clauses.append(met(f"{len(plan.steps)} steps to {shares} of users over {number(days)} days."))
    asked = {
        "what must hold before the next step": plan.criteria,
        "what sends everybody back": plan.break_conditions,
    }
    if blank := [what for what, keys in asked.items() if not keys]:
        clauses.append(missing(f"It is not planned {listed(blank)}.", "Name the targets", target))
    keys = tuple(dict.fromkeys((*plan.criteria, *plan.break_conditions)))
    if strange := [k for k in keys if k not in state.criteria]:
        clauses.append(
            unmet(
                f"The rollout names {listed(strange)}, and there is no such target.", "Mend the plan", target
            )
        )
    for key in keys:
        if key in state.criteria and Setting.ROLLOUT not in state.criteria[key].judged_in:
            name = state.criteria[key].name
            said = f"{name} is not judged during a rollout, so no step can be decided on it."
            clauses.append(unmet(said, f"Open {name}", f"criterion:{key}"))
    known = [k for k in keys if k in state.criteria]
    if not blank:
        held = f"{len(plan.criteria)} target{'s' * (len(plan.criteria) > 1)} must hold at each step"
        clauses.append(
            met(f"{held}, and {len(plan.break_conditions)} can send everybody back.", criteria=known)
        )
    return decide(clauses)


# --- 5b


def check_5b(state: ProjectState) -> Finding:
    """Monitoring and alerts are live."""
    monitors = {w.key: m for m, w in state.all(Monitor)}
    if not monitors:
        return decide([missing("Nothing is watched yet.", "Plan a monitor", "document:monitor")])
    began = first_exposure(state, "deployment")
    clauses = [*_kinds(monitors), *_answered(monitors), *_live(state, monitors, began)]
    clauses += _channels(state, monitors)
    if began and (late := [what for item, what in lacking_before(state, began) if item == "5b"]):
        clauses.append(
            unmet(
                f"Nothing shows that there was, before the first real use on {began.date()}: {listed(late)}.",
                "Open monitoring",
                "document:monitor",
            )
        )
    return decide([*clauses, *_measured(state, began)])


def _kinds(monitors: dict[str, Monitor]) -> list[Clause]:
    unwatched = [
        words for group, words in GROUPS.items() if group not in {m.group for m in monitors.values()}
    ]
    if not unwatched:
        return []
    return [missing(f"Nobody watches {listed(unwatched)}.", "Plan a monitor", "document:monitor")]


def _answered(monitors: dict[str, Monitor]) -> list[Clause]:
    clauses = []
    for what, blank in (
        ("owner", [key for key, m in monitors.items() if not m.owner]),
        ("channel for alerts", [key for key, m in monitors.items() if m.channel is None]),
    ):
        if blank:
            said = f"No {what} is named for {listed(blank)}."
            clauses.append(missing(said, f"Name the {what}", f"document:monitor:{blank[0]}"))
    return clauses


def invalid(state: ProjectState, stored: Stored) -> Clause | None:
    """Why a record may not count at all. Whether it is too old is for the item to say: that a new model is
    under work makes no monitor of the old one silent."""
    wrong = faults(state, stored)
    return None if wrong and wrong.status is Status.STALE else wrong


def _silent(state: ProjectState, stored: Stored, began: datetime | None) -> Clause | None:
    """Why a monitor's sample may not count. Until real users come, synthetic or shadow traffic will do."""
    return None if began is None and stored.evidence.origin is Origin.SIMULATED else invalid(state, stored)


def _live(state: ProjectState, monitors: dict[str, Monitor], began: datetime | None) -> list[Clause]:
    clauses: list[Clause] = []
    never, digests = [], []
    for key, monitor in monitors.items():
        found = latest(state, MonitorSample, key)
        if found is None:
            never.append(key)
            continue
        sample, stored = found
        if wrong := _silent(state, stored, began):
            clauses.append(wrong)
            continue
        last = sample.last_received_at
        if state.now - last > timedelta(hours=monitor.silent_after_hours):
            said = f"The monitor {key} has been silent since {last:%Y-%m-%d %H:%M}."
            clauses.append(Clause(Status.STALE, said, Action("Send it data", "evidence:monitor_sample")))
            continue
        digests.append(stored.digest)
    if never:
        said = f"Nothing has come in yet from {listed(never)}."
        clauses.append(missing(said, "Send it data", "evidence:monitor_sample"))
    return [*clauses, met(f"{len(digests)} of {len(monitors)} monitors receive data.", digests)]


def _channels(state: ProjectState, monitors: dict[str, Monitor]) -> list[Clause]:
    clauses: list[Clause] = []
    untried, failed, digests = [], [], []
    for channel in dict.fromkeys(m.channel for m in monitors.values() if m.channel):
        found = latest(state, ChannelTest, channel)
        if found is None:
            untried.append(channel)
        elif wrong := invalid(state, found[1]):
            clauses.append(wrong)
        elif not found[0].delivered:
            failed.append(channel)
        else:
            digests.append(found[1].digest)
    if untried:
        said = f"No test alert was ever sent through {listed(untried)}."
        clauses.append(missing(said, "Send a test alert", "evidence:channel_test"))
    if failed:
        said = f"The last test alert through {listed(failed)} did not arrive."
        clauses.append(unmet(said, "Mend the channel, then test it again", "evidence:channel_test"))
    if digests:
        clauses.append(
            met(f"A test alert arrived through {len(digests)} channel{'s' * (len(digests) > 1)}.", digests)
        )
    return clauses


def _measured(state: ProjectState, began: datetime | None) -> list[Clause]:
    """Every criterion that is judged in life is measured there, or it is set from when on it will be."""
    clauses, running, planned = [], [], []
    for target in state.criteria.values():
        status = state.verdict(target.key).status
        if not _in_life(target) or status in (Status.NOT_APPLICABLE, Status.WAIVED):
            continue
        starts = target.binding.starts if target.binding else None
        if _comes_in(state, target, began, Setting.MONITORING, Setting.REVIEW):
            running.append(target)
        elif starts is None:
            said = f"Nothing measures {target.name} in use, and it is not set from when on anything will."
            clauses.append(missing(said, "Say what measures it, from when", f"criterion:{target.key}"))
        elif (
            began is None
            or status is Status.NOT_DUE
            or _comes_in(state, target, began, Setting.EXPERIMENT, Setting.ROLLOUT)
        ):
            planned.append(f"{target.name} from {starts}")
        else:
            said = f"{target.name} was to be measured in use from {starts} on, and nothing has come in."
            clauses.append(missing(said, "Let it be measured", f"criterion:{target.key}"))
    if running or planned:
        said = f"{len(running)} target{'s are' if len(running) != 1 else ' is'} measured in use"
        said += f"; to come: {listed(planned)}." if planned else "."
        clauses.append(met(said, criteria=[t.key for t in running]))
    return clauses


def _in_life(target: Criterion) -> bool:
    # A guardrail compares with a control, and in life there is none, unless the criterion says so.
    settings = target.settings if target.role == "guardrail" else target.judged_in
    return bool({Setting.MONITORING, Setting.REVIEW} & set(settings))


def _comes_in(state: ProjectState, target: Criterion, began: datetime | None, *settings: Setting) -> bool:
    """Whether a number has come in from one of these settings; an invented one shows that only before launch."""
    return any(
        stored.evidence.origin is not Origin.SIMULATED or state.simulated or began is None
        for setting in settings
        for stored in state.evidence.get(about(target.key, setting, target.slice), ())
    )


# --- what was ready before the first real use


def lacking_before(state: ProjectState, began: datetime) -> list[tuple[str, str]]:
    """What nothing shows to have been ready before `began`, each with the item that asks for it.

    It is shown by any record kept of its topic that was taken, or covers a period that started, before.
    """
    monitors = {w.key: m for m, w in state.all(Monitor)}
    lacking = []
    for group, words in GROUPS.items():
        own = [m for key, m in monitors.items() if m.group == group and _sampled(state, key, began)]
        if not own:
            lacking.append(("5b", f"data from a monitor of {words}"))
        elif not any(m.channel and _tried(state, m.channel, began) for m in own):
            lacking.append(("5b", f"a tried channel for alerts on {words}"))
    for way in applicable(state, "5c"):
        drills = [d for d, s in kept(state, RollbackDrill, way) if d.restored and invalid(state, s) is None]
        if not any(_before(drill, began) for drill in drills):
            lacking.append(("5c", f"a drill of the way back {WAYS[way]}"))
    return lacking


def _before(record: Evidence, began: datetime) -> bool:
    return (record.period_start or record.at) < began


def _sampled(state: ProjectState, monitor: str, began: datetime) -> bool:
    return any(_before(sample, began) for sample, _ in kept(state, MonitorSample, monitor))


def _tried(state: ProjectState, channel: str, began: datetime) -> bool:
    return any(
        test.delivered and _before(test, began) and invalid(state, stored) is None
        for test, stored in kept(state, ChannelTest, channel)
    )


# --- 5c


def check_5c(state: ProjectState) -> Finding:
    """The way back was tried, both ways, on this deployment."""
    found = state.one(RollbackPlan)
    target = "document:rollback_plan"
    if found is None:
        return decide([missing("There is no plan for the way back.", "Plan the way back", target)])
    plan, clauses = found[0], []
    asked = {
        "what is done at once": plan.immediate,
        "what is done in the days after": plan.short_term,
        "how it goes out again": plan.long_term,
        "how long it may take": plan.target_seconds,
    }
    if blank := [what for what, given in asked.items() if not given]:
        clauses.append(missing(f"The plan does not say {listed(blank)}.", "Complete the plan", target))
    deployed = [s for s in state.subjects.values() if s.kind == "deployment"]
    if plan.deployment:
        deployed = [s for s in deployed if s.name == plan.deployment]
    if len(deployed) != 1:
        said = (
            f"There are several deployments ({listed(s.name for s in deployed)}), and the plan names none."
            if deployed
            else "Nothing is deployed yet that a drill could be held on."
        )
        label = "Name the deployment" if deployed else "Deploy it"
        return decide([*clauses, missing(said, label, target)])
    clauses += [_drill(state, plan, deployed[0], way) for way in applicable(state, "5c")]
    return decide(clauses)


def _drill(state: ProjectState, plan: RollbackPlan, deployed: Subject, way: str) -> Clause:
    found, again = latest(state, RollbackDrill, way), Action("Hold a drill", "evidence:rollback_drill")
    if found is None:
        return Clause(Status.MISSING, f"The way back {WAYS[way]} was never tried.", again)
    drill, stored = found
    if wrong := invalid(state, stored):
        return wrong
    held = f"The way back {WAYS[way]} was tried on {drill.at.date()}"
    age = (state.now - drill.at).days

    def clause(status: Status, said: str) -> Clause:
        return Clause(status, f"{held}{said}", None if status is Status.MET else again, (stored.digest,))

    if drill.deployment.subject != deployed.key or drill.deployment.version != deployed.version:
        now = f"{deployed.key}@{deployed.version}"
        return clause(Status.STALE, f", on {drill.deployment}; what is deployed now is {now}.")
    # Not the model: that a new one is under work does not touch the way back of this deployment.
    if why := stale_reasons([drill.deployment, *drill.depends], state.subjects):
        return clause(Status.STALE, f"; {why[0]}.")
    if not drill.restored:
        return clause(Status.UNMET, ", and it did not work.")
    if plan.target_seconds is not None and drill.seconds > plan.target_seconds:
        took = f"took {number(drill.seconds)} s; it may take {number(plan.target_seconds)} s"
        return clause(Status.UNMET, f" and {took}.")
    if state.now - drill.at > timedelta(days=plan.drill_max_age_days):
        return clause(Status.STALE, f", {age} days ago; a drill counts for {plan.drill_max_age_days} days.")
    limit = f" ({number(plan.target_seconds)} s allowed)" if plan.target_seconds else ""
    return clause(Status.MET, f" and took {number(drill.seconds)} s{limit}.")


# --- 5d


def check_5d(state: ProjectState) -> Finding:
    """The launch is announced."""
    notices = {w.key: a for a, w in state.all(Announcement)}
    if not notices:
        return decide([missing("Nobody is told yet.", "Write an announcement", "document:announcement")])
    clauses, today = [], state.now.date()
    told = {a.audience for a in notices.values()}
    if untold := [a for a in AUDIENCES if a not in told]:
        said = f"There is no announcement for {listed(untold)}."
        clauses.append(missing(said, "Write it", "document:announcement"))
    for key, notice in notices.items():
        asked = {
            "text": notice.text, "channel": notice.channel, "date": notice.send_on,
            "approval": notice.approved_by and notice.approved_on,
        }  # fmt: skip
        target = f"document:announcement:{key}"
        if blank := [what for what, given in asked.items() if not given]:
            clauses.append(missing(f"The announcement {key} has no {listed(blank)}.", "Complete it", target))
        if notice.sent_on and notice.approved_on and notice.sent_on < notice.approved_on:
            said = (
                f"The announcement {key} was sent on {notice.sent_on} and approved on {notice.approved_on}."
            )
            clauses.append(unmet(said, "Open it", target))
        if notice.sent_on and notice.sent_on > today:
            said = f"The announcement {key} is said to be sent on {notice.sent_on}, which has not come."
            clauses.append(unmet(said, "Mend the date", target))
        if notice.send_on and notice.send_on < today and not notice.sent_on:
            said = f"The announcement {key} was due on {notice.send_on} and was not sent."
            clauses.append(unmet(said, "Send it", target))
    sent = sum(a.sent_on is not None for a in notices.values())
    coming = [a.send_on for a in notices.values() if a.send_on and not a.sent_on]
    later = f"; the next goes out on {min(coming)}" if coming else ""
    clauses.append(met(f"{sent} of {len(notices)} announcements are sent{later}."))
    return decide(clauses)


# --- 5e


def check_5e(state: ProjectState) -> Finding:
    """A review after launch is in the calendar, and held when due."""
    found, target = state.one(PostLaunchReview), "document:post_launch_review"
    if found is None:
        return decide([missing("No review after launch is planned.", "Plan the review", target)])
    review, today, clauses = found[0], state.now.date(), []
    asked = {"date": review.planned_on, "people": review.people}
    if blank := [what for what, given in asked.items() if not given]:
        clauses.append(missing(f"The review after launch has no {listed(blank)}.", "Complete it", target))
    began = first_exposure(state, "deployment")
    day = review.held_on or review.planned_on
    if day and began and day < began.date():
        said = f"The review is on {day}, before the first real use on {began.date()}: it comes after launch."
        clauses.append(unmet(said, "Move the review", target))
    if review.held_on:
        if review.held_on > today:
            said = f"The review is said to be held on {review.held_on}, which has not come."
            clauses.append(unmet(said, "Mend the date", target))
        else:
            clauses.append(met(f"The review was held on {review.held_on}."))
    elif review.planned_on and review.planned_on < today:
        said = f"The review was due on {review.planned_on} and was not held."
        clauses.append(unmet(said, "Hold the review", target))
    elif review.planned_on:
        clauses.append(met(f"The review is on {review.planned_on}, with {listed(review.people)}."))
    return decide(clauses)


CHECKS: dict[str, Callable[[ProjectState], Finding]] = {
    "5a": check_5a, "5b": check_5b, "5c": check_5c, "5d": check_5d, "5e": check_5e,
}  # fmt: skip
