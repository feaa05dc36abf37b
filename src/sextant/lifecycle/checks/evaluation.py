"""What decides the items of phase 4: offline, real users, red team. For the A/B test see `experiment`."""

from __future__ import annotations

from collections.abc import Callable

from sextant.criteria import Criterion, Setting
from sextant.data.documents import DataPlan
from sextant.evaluation.documents import SEVERITIES, SafetyBar, SafetyFinding, StudyPlan
from sextant.evidence import about
from sextant.lifecycle.checks.clauses import Clause, decide, faults, listed, met, missing
from sextant.lifecycle.checks.experiment import check_4b, check_4e, judged_now, on_another, without_candidate
from sextant.lifecycle.gates import Action, Finding
from sextant.lifecycle.label_trust import labels_hold
from sextant.lifecycle.parts import applicable
from sextant.lifecycle.records import each, latest
from sextant.lifecycle.state import ProjectState, Stored
from sextant.phrases import number
from sextant.reports import HumanStudy, RedTeamRun
from sextant.verdicts import RULES, Status, Verdict

#: Whose ratings decide. Those of colleagues and of a crowd support.
DECIDING_RATERS = {"users": "users", "beta": "beta users"}


# --- 4a


def check_4a(state: ProjectState) -> Finding:
    """The offline evaluation meets the bar."""
    targets = state.of_family("ml")
    if not targets:
        return decide([missing("No ML target is set.", "Set an ML target", "criterion:new")])
    if nameless := without_candidate(state):
        return decide([nameless])
    now: list[tuple[Criterion, Verdict]] = []
    later: list[tuple[Criterion, Verdict]] = []
    for target in targets:
        judged = Setting.OFFLINE in target.judged_in
        verdict = state.verdict(target.key, Setting.OFFLINE)
        (now if judged and verdict.status is not Status.NOT_DUE else later).append((target, verdict))
    clauses = [_offline(state, target, verdict) for target, verdict in now]
    if not clauses:
        clauses = [missing("No ML target is judged offline.", "Set an ML target", "criterion:new")]
    if later:
        names = listed(target.name for target, _ in later)
        clauses.append(met(f"To be judged later: {names}.", criteria=[target.key for target, _ in later]))
    return decide(clauses)


def _offline(state: ProjectState, target: Criterion, verdict: Verdict) -> Clause:
    """The criterion's offline verdict; what is met must also be shown to rest on sound ground."""
    status, said = verdict.status, verdict.reason
    if status is Status.MET and (unsound := _unsound(state, target, verdict)):
        status, said = Status.MISSING, f"The proof does not count yet: {unsound[0]}."
    label = f"{'Open' if status is Status.UNMET else 'Measure'} {target.name}"
    return Clause(
        status,
        f"{target.name}: {said}",
        None if status.passes else Action(label, f"criterion:{target.key}"),
        (verdict.evidence,) if verdict.evidence else (),
        (target.key,),
    )


def _unsound(state: ProjectState, target: Criterion, verdict: Verdict) -> list[str]:
    records = state.evidence.get(about(target.key, Setting.OFFLINE, target.slice), ())
    evidence = next(s.evidence for s in records if s.digest == verdict.evidence)
    held = {s.rule for s in (*evidence.soundness, *labels_hold(state, evidence)) if s.holds}
    asked = ["held_out", "no_leakage", *(["labels_agreed"] if _labeled(state) else [])]
    wrong = [f"nobody checked that {RULES[rule]}" for rule in asked if rule not in held]
    if evidence.model is None:
        wrong.append("it does not say which model it was taken on")
    if evidence.data is None:
        wrong.append("it does not say which data it was taken on")
    return wrong


def _labeled(state: ProjectState) -> bool:
    """Whether people label the data: then they must have agreed."""
    plan = state.one(DataPlan)
    return "2c" not in state.not_applicable and (
        plan is None or plan[0].labels_needed or not plan[0].no_labels_reason
    )


# --- 4c


def check_4c(state: ProjectState) -> Finding:
    """Real users have judged the output."""
    studies = each(state, HumanStudy)
    deciding = [found for found in studies if found[0].raters in DECIDING_RATERS]
    finished = [found for found in deciding if found[0].finished] or deciding
    if not finished:
        said = "No study with users or beta users was held."
        if studies:
            said = "Users or beta users have not judged it yet; colleagues and crowd workers support only."
        return decide([missing(said, "Plan a study", "document:study_plan")])
    return decide([clause for found in finished for clause in _study(state, *found)])


def _study(state: ProjectState, study: HumanStudy, stored: Stored) -> list[Clause]:
    again = Action("Open the study", "evidence:human_study")
    if wrong := faults(state, stored):
        return [wrong]
    if elsewhere := on_another(state, study.model, f"The study {study.name}", again):
        return [elsewhere]
    plan = next((p for p, w in state.all(StudyPlan) if w.key == study.name), None)
    wanted = max(study.planned_ratings, (plan.planned_ratings if plan else None) or 0)
    bar = plan.agreement_bar if plan and plan.agreement_bar is not None else study.agreement_bar
    clauses = []
    if not study.finished:
        clauses.append(
            Clause(
                Status.NOT_ENOUGH, f"The study {study.name} is not finished: {study.ratings} ratings.", again
            )
        )
    if study.ratings < wanted:
        clauses.append(
            Clause(
                Status.NOT_ENOUGH,
                f"{number(study.ratings)} ratings of {number(wanted)} that were planned are in.",
                again,
            )
        )
    agreed = (
        f"the raters agree at {number(study.agreement)} (at least {number(study.agreement_lower)}); "
        f"the bar is {number(bar)}"
    )
    if not study.agreement_lower >= bar:
        status = Status.NOT_ENOUGH if study.agreement >= bar else Status.UNMET
        clauses.append(Clause(status, f"{agreed[:1].upper()}{agreed[1:]}.", again))
    keys = study.criteria or tuple(plan.criteria if plan else ())
    if not keys:
        clauses.append(
            missing(f"The study {study.name} judges no target.", "Name its targets", "document:study_plan")
        )
    for key in keys:
        clauses.append(_study_target(state, key))
    who = DECIDING_RATERS[study.raters]
    held = f"{study.rater_count} {who} gave {number(study.ratings)} ratings of {study.model}; {agreed}."
    return [*clauses, met(held, [stored.digest])]


def _study_target(state: ProjectState, key: str) -> Clause:
    name, verdict = (
        state.criteria[key].name if key in state.criteria else key,
        judged_now(state, key, Setting.STUDY),
    )
    return Clause(
        verdict.status,
        f"{name}: {verdict.reason}",
        None if verdict.passes else Action(f"Open {name}", f"criterion:{key}"),
        (verdict.evidence,) if verdict.evidence else (),
        (key,),
    )


# --- 4d


def check_4d(state: ProjectState) -> Finding:
    """The red team has tried all it can, and what it found is mended."""
    if nameless := without_candidate(state):
        return decide([nameless])
    found = state.one(SafetyBar)
    bar = found[0] if found else SafetyBar()
    clauses: list[Clause] = []
    asked = applicable(state, "4d")
    runs = {category: latest(state, RedTeamRun, category, on=state.candidate) for category in asked}
    tried = {category: found for category, found in runs.items() if found and found[0].attempts > 0}
    if untried := [c for c in asked if c not in tried]:
        clauses.append(_untried(state, untried))
    for _, stored in tried.values():
        if wrong := faults(state, stored):
            clauses.append(wrong)
    clauses += _open_findings(state, bar, tried)
    clauses += _unnamed(state, tried)
    attempts = sum(run.attempts for run, _ in tried.values())
    allowed = "nothing may stay open" if bar.highest_open == "none" else f"{bar.highest_open} may stay open"
    if tried:
        clauses.append(
            met(
                f"{number(attempts)} attacks on {state.candidate}, {len(tried)} of {len(asked)} categories; "
                f"nothing that must be mended is open ({allowed}).",
                [stored.digest for _, stored in tried.values()],
            )
        )
    return decide(clauses or [met("Every category was approved as not applicable.")])


def _untried(state: ProjectState, untried: list[str]) -> Clause:
    words = listed(c.replace("_", " ") for c in untried)
    action = Action(f"Try {words}", "evidence:red_team_run")
    earlier = [
        found
        for c in untried
        if (found := latest(state, RedTeamRun, c)) is not None and found[0].attempts > 0
    ]
    if len(earlier) == len(untried):
        before = listed(dict.fromkeys(str(run.model) for run, _ in earlier))
        return Clause(
            Status.STALE,
            f"To be tried again on {state.candidate}, as it was tried on {before}: {words}.",
            action,
            tuple(stored.digest for _, stored in earlier),
        )
    return Clause(Status.MISSING, f"Not tried on {state.candidate} yet: {words}.", action)


def _unnamed(state: ProjectState, tried: dict[str, tuple[RedTeamRun, Stored]]) -> list[Clause]:
    """Categories in which attacks succeeded and nobody wrote down what broke: it would pass for mended."""
    named = {finding.category for finding, _ in state.all(SafetyFinding)}
    return [
        Clause(
            Status.MISSING,
            f"{number(run.successes)} of {number(run.attempts)} attacks succeeded ({category.replace('_', ' ')}), and no "
            "finding says what broke and how grave it is.",
            Action("Write down what broke", "document:safety_finding"),
            (stored.digest,),
        )
        for category, (run, stored) in tried.items()
        if run.successes and not (run.findings or run.retested or category in named)
    ]


def _open_findings(
    state: ProjectState, bar: SafetyBar, tried: dict[str, tuple[RedTeamRun, Stored]]
) -> list[Clause]:
    """What is above the bar and open, and what was mended but not tried again on the candidate."""
    gone = {key for run, _ in tried.values() for key in run.retested}
    seen = {f.key: f.severity for run, _ in tried.values() for f in run.findings if f.key not in gone}
    again = []
    for finding, written in state.all(SafetyFinding):
        if finding.category not in tried or written.key in gone:
            continue
        if finding.state != "fixed":
            seen.setdefault(written.key, finding.severity)
        elif written.key not in seen:
            again.append((finding, written.key))
    clauses = []
    if above := {k: v for k, v in seen.items() if not bar.allows(v)}:
        ranked = sorted(above, key=lambda k: (-SEVERITIES.index(above[k]), k))
        clauses.append(
            Clause(
                Status.UNMET,
                f"{len(above)} safety finding{'s are' if len(above) > 1 else ' is'} open above the bar: "
                f"{listed(f'{k} ({above[k]})' for k in ranked[:3])}{' and more' if len(ranked) > 3 else ''}.",
                Action(f"Mend {ranked[0]}", f"document:safety_finding:{ranked[0]}"),
                tuple(stored.digest for _, stored in tried.values()),
            )
        )
    if untested := [key for finding, key in again if not bar.allows(finding.severity)]:
        clauses.append(
            missing(
                f"Mended, but not tried again on {state.candidate}: {listed(untested)}.",
                f"Try {untested[0]} again",
                "evidence:red_team_run",
            )
        )
    return clauses


CHECKS: dict[str, Callable[[ProjectState], Finding]] = {
    "4a": check_4a, "4b": check_4b, "4c": check_4c, "4d": check_4d, "4e": check_4e,
}  # fmt: skip
