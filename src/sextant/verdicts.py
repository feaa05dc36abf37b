"""A verdict: does a criterion hold, on this evidence, today?

Decided on the interval's bound, at the criterion's own level, never on the point value. Missing evidence never
passes. A verdict is a pure function of criterion, evidence and the day, so it is computed when it is looked at.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from sextant.criteria import Criterion, Origin, Setting
from sextant.evidence import Measurement, Soundness
from sextant.phrases import number, span, with_unit


class Status(StrEnum):
    """The eight answers. `broken` is how an unmet guardrail is called."""

    MET = "met"
    UNMET = "unmet"
    NOT_ENOUGH = "not_enough"
    STALE = "stale"
    MISSING = "missing"
    NOT_DUE = "not_due"
    NOT_APPLICABLE = "not_applicable"
    WAIVED = "waived"

    @property
    def passes(self) -> bool:
        """Whether a gate may go on with it: held, excused by a person, or not yet to be asked for."""
        return self in (Status.MET, Status.WAIVED, Status.NOT_APPLICABLE, Status.NOT_DUE)


WORDS = {
    Status.MET: "met",
    Status.UNMET: "not met",
    Status.NOT_ENOUGH: "not enough evidence",
    Status.STALE: "stale",
    Status.MISSING: "missing",
    Status.NOT_DUE: "not due",
    Status.NOT_APPLICABLE: "not applicable",
    Status.WAIVED: "waived",
}

#: How evidence in one unit is read by a criterion in another.
_SCALES = {("share", "%"): 100.0, ("%", "share"): 0.01, ("s", "ms"): 1000.0, ("ms", "s"): 0.001}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer, with all that was decided on. Numbers are in the criterion's unit; None where there are none.

    `reason` is a sentence for a person. `why` lists what made evidence stale or inadmissible. `underlying` is the
    verdict that a waiver covers.
    """

    status: Status
    reason: str
    criterion: str | None = None
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    n: int | None = None
    evidence: str | None = None
    setting: Setting | None = None
    origin: Origin | None = None
    at: datetime | None = None
    why: tuple[str, ...] = ()
    guardrail: bool = False
    underlying: Status | None = None

    @property
    def broken(self) -> bool:
        """A guardrail whose whole interval lies beyond its margin."""
        return self.guardrail and self.status is Status.UNMET

    @property
    def passes(self) -> bool:
        return self.status.passes

    @property
    def word(self) -> str:
        return "broken" if self.broken else WORDS[self.status]


@dataclass(frozen=True, slots=True)
class Proof:
    """Evidence as the judge sees it: the record's digest, and why it is stale, if it is. `also` are conditions that are
    looked at now, such as what was proved of its labels since: they count beside those that it was taken with."""

    evidence: Measurement
    digest: str
    stale: tuple[str, ...] = ()
    also: tuple[Soundness, ...] = ()


@dataclass(frozen=True, slots=True)
class Waiver:
    """A person's decision to go on against the evidence: who, why, until when."""

    by: str
    reason: str
    until: date


def judge(
    criterion: Criterion,
    proofs: Iterable[Proof],
    *,
    now: datetime | None = None,
    setting: Setting | None = None,
    exposed_at: datetime | None = None,
    leading: Verdict | None = None,
    allow_simulated: bool = False,
    not_applicable: str | None = None,
    waiver: Waiver | None = None,
) -> Verdict:
    """The verdict of one criterion on what was measured.

    `proofs` holds the latest evidence of each setting on the version that is to ship. With `setting`, only that
    setting is asked; without, the settings that the criterion names, the one nearest to real use first. `exposed_at`
    is when the first user's experience depended on the model. Simulated evidence counts only where
    `allow_simulated` says that the project is a simulation. `not_applicable` is the approved reason, if there is one.
    """
    now = now or datetime.now(UTC)
    if not_applicable is not None:
        return Verdict(Status.NOT_APPLICABLE, not_applicable, criterion.key)
    verdict = _timed(
        criterion, _measured(criterion, proofs, now, setting, allow_simulated), now, exposed_at, leading
    )
    verdict = replace(verdict, guardrail=criterion.role == "guardrail")
    return waive(verdict, waiver, now)


def waive(verdict: Verdict, waiver: Waiver | None, now: datetime) -> Verdict:
    """The verdict under a waiver: covered while it lasts, as it was before when it has run out or is not needed."""
    if waiver is None or verdict.passes:
        return verdict
    if waiver.until < now.date():
        return replace(verdict, why=(*verdict.why, f"the waiver of {waiver.by} ran out on {waiver.until}"))
    return replace(
        verdict,
        status=Status.WAIVED,
        underlying=verdict.status,
        reason=f"Waived by {waiver.by} until {waiver.until}: {waiver.reason}. Without the waiver: {verdict.reason}",
    )


def _measured(
    criterion: Criterion,
    proofs: Iterable[Proof],
    now: datetime,
    setting: Setting | None,
    allow_simulated: bool,
) -> Verdict:
    asked = (setting,) if setting else criterion.judged_in
    found = [p for p in proofs if p.evidence.setting in asked]
    if not found:
        where = "" if setting is None else f" in {setting.value}"
        return Verdict(Status.MISSING, f"Nothing has been measured{where} yet.", criterion.key)
    # The setting nearest to real use speaks first. Where its proof is stale or may not be counted, sound proof from
    # farther away speaks only if it is newer: an old offline result must not cover that monitoring went quiet.
    nearest = sorted(
        found, key=lambda p: (list(Setting).index(p.evidence.setting), p.evidence.at), reverse=True
    )
    verdicts = [_judge_one(criterion, p, now, allow_simulated) for p in nearest]
    first = verdicts[0]
    for verdict in verdicts:
        silent = verdict.status in (Status.MISSING, Status.STALE)
        if not silent and (first.at is None or verdict.at is None or verdict.at >= first.at):
            return verdict
    return first


def _judge_one(criterion: Criterion, proof: Proof, now: datetime, allow_simulated: bool) -> Verdict:
    ev = proof.evidence
    scale = 1.0 if ev.unit == criterion.unit else _SCALES.get((ev.unit, criterion.unit), math.nan)
    shown = Verdict(
        Status.MISSING,
        "",
        criterion.key,
        n=ev.size,
        evidence=proof.digest,
        setting=ev.setting,
        origin=ev.origin,
        at=ev.at,
    )
    if math.isfinite(scale) and not math.isnan(ev.value):
        shown = replace(shown, value=ev.value * scale)
        if ev.interval:
            shown = replace(shown, lower=ev.interval.lower * scale, upper=ev.interval.upper * scale)

    if faults := inadmissible(criterion, ev, also=proof.also, allow_simulated=allow_simulated):
        return replace(
            shown, reason=f"There is proof, but it does not count: {faults[0]}.", why=tuple(faults)
        )
    stale = list(proof.stale)
    if ev.measure_digest and ev.measure_digest != criterion.measure_digest:
        stale.insert(0, "what the target measures was changed since")
    if criterion.max_age_days is not None and now - ev.at > timedelta(days=criterion.max_age_days):
        stale.append(f"it is older than {number(criterion.max_age_days)} days")
    if stale:
        return replace(
            shown, status=Status.STALE, reason=f"Must be measured again: {stale[0]}.", why=tuple(stale)
        )
    if ev.undefined:
        return replace(
            shown, status=Status.NOT_ENOUGH, reason=f"No number could be computed: {ev.undefined}."
        )

    value, lower, upper, fault = _at_level(criterion, ev)
    shown = replace(shown, value=value * scale, lower=None if ev.kind == "count" else lower * scale,
                    upper=None if ev.kind == "count" else upper * scale)  # fmt: skip
    lower, upper = lower * scale, upper * scale
    if fault:
        return replace(shown, status=Status.NOT_ENOUGH, reason=fault)
    said = _sentence(criterion, shown)
    # A full count has nothing to wait for: it is the whole, however small.
    if ev.kind not in ("count", "declared") and (ev.size if ev.size is not None else 0) < criterion.minimum_n:
        had = "an unknown number" if ev.size is None else number(ev.size)
        return replace(
            shown, status=Status.NOT_ENOUGH,
            reason=f"{said} That rests on {had} measured; this target asks for at least {number(criterion.minimum_n)}.",
        )  # fmt: skip
    bar = criterion.bar
    if criterion.direction == "at_least":
        held, failed = lower >= bar, upper < bar
    else:
        held, failed = upper <= bar, lower > bar
    if held:
        return replace(shown, status=Status.MET, reason=said)
    if failed:
        return replace(shown, status=Status.UNMET, reason=said)
    return replace(
        shown, status=Status.NOT_ENOUGH, reason=f"{said} The range holds the bar, so it may be either side."
    )


def inadmissible(
    criterion: Criterion,
    ev: Measurement,
    *,
    also: tuple[Soundness, ...] = (),
    allow_simulated: bool = False,
) -> list[str]:
    """Why this evidence may not judge this criterion, in plain words; empty if it may. `also` as for `Proof`."""
    faults = []
    if ev.criterion != criterion.key:
        faults.append(f"it was taken for {ev.criterion or 'no target'}, not for {criterion.key}")
    if criterion.kinds and ev.kind not in criterion.kinds:
        faults.append(f"it is a {ev.kind.replace('_', ' ')}; this target takes {', '.join(criterion.kinds)}")
    elif ev.kind == "count" and not criterion.kinds and _sampled(criterion):
        faults.append("it is a full count, and a model's share is known from a sample only, with a range")
    contrast = ev.contrast or bool(getattr(ev, "contrast_with", ""))
    if criterion.role == "guardrail" and not contrast:
        faults.append(
            "a guardrail is judged on the difference between candidate and control, and this is one number"
        )
    admitted = {*criterion.admitted_origins, *((Origin.SIMULATED,) if allow_simulated else ())}
    if ev.origin not in admitted:
        faults.append(
            f"it is {ev.origin.value}, and this target counts only {' or '.join(sorted(admitted))} numbers"
        )
    if ev.unit != criterion.unit and (ev.unit, criterion.unit) not in _SCALES:
        faults.append(f"it is in {ev.unit}, and the target is in {criterion.unit}")
    if ev.slice != criterion.slice:
        faults.append(
            f"it was taken on {_slice(ev.slice)}, and the target is about {_slice(criterion.slice)}"
        )
    if criterion.continuous and ev.interval and not ev.interval.continuous:
        faults.append("its range holds for one look only, and this target is watched all the time")
    conditions = (*ev.soundness, *also)
    known = {s.rule: s for s in conditions if s.holds is not None}
    for rule in criterion.requires:
        if rule not in known:
            faults.append(f"nobody checked that {RULES.get(rule, rule.replace('_', ' '))}")
    for sound in conditions:
        if sound.holds is False:
            detail = f" ({sound.detail})" if sound.detail else ""
            faults.append(
                f"it does not hold that {RULES.get(sound.rule, sound.rule.replace('_', ' '))}{detail}"
            )
    return faults


def _sampled(criterion: Criterion) -> bool:
    """Whether only a sample can tell: how often a model is right on what it has not met yet."""
    return criterion.family in ("ml", "fairness") and criterion.unit in ("share", "%")


#: The conditions that Sextant itself checks, as the second half of "nobody checked that ...".
RULES = {
    "held_out": "the model never saw the test rows",
    "no_leakage": "no test row is in the training data",
    "labels_agreed": "the labelers agreed well enough",
    "labels_right": "the labelers are right often enough where the answer is known",
    "sample_ratio": "the arms have the sizes that were planned",
    "judge_calibrated": "the judge agrees with people",
    "present_data": "it was taken on the present data",
    "whole_test_set": "every test row has an answer",
    "errors_not_opposed": "the two models tend to be wrong on the same rows",
}


def _at_level(criterion: Criterion, ev: Measurement) -> tuple[float, float, float, str | None]:
    """Value and both bounds as sure as the criterion asks, or why they can't be had."""
    if ev.kind == "count" or (ev.kind == "declared" and ev.interval is None):
        return ev.value, ev.value, ev.value, None
    if ev.interval is None:
        return (
            ev.value,
            math.nan,
            math.nan,
            "The number came without a range, so nobody can say how sure it is.",
        )
    asked = (1 - criterion.level) / criterion.sides
    same = math.isclose(ev.interval.tail, asked, rel_tol=1e-9)
    if not same and (found := ev.bounds(criterion.level, criterion.sides)) is not None:
        if found.undefined:
            return found.value, math.nan, math.nan, f"No range could be computed: {found.undefined}."
        return found.value, found.lower, found.upper, None
    if ev.interval.tail > asked * (1 + 1e-9):
        return ev.value, ev.interval.lower, ev.interval.upper, (
            f"The range was given at {number(ev.interval.level * 100)} % only; this target asks for "
            f"{number(criterion.level * 100)} %, and it cannot be computed again from what was stored."
        )  # fmt: skip
    return ev.value, ev.interval.lower, ev.interval.upper, None


def _timed(
    criterion: Criterion,
    verdict: Verdict,
    now: datetime,
    exposed_at: datetime | None,
    leading: Verdict | None,
) -> Verdict:
    """Before its time has come a target is not due, unless it is met already."""
    due = due_at(criterion, exposed_at)
    waits = criterion.due_days_after_exposure is not None and exposed_at is None
    if verdict.status is Status.MET or not (waits or (due is not None and now < due)):
        return verdict
    when = f"on {due.date()}" if due else f"{criterion.due_days_after_exposure} days after the first real use"
    stands_in = f" Until then {leading.criterion} stands in: {leading.word}." if leading else ""
    today = "" if verdict.status is Status.MISSING else f" Today: {verdict.reason}"
    return replace(verdict, status=Status.NOT_DUE, reason=f"To be judged {when}.{stands_in}{today}")


def due_at(criterion: Criterion, exposed_at: datetime | None) -> datetime | None:
    """When the criterion is to be judged: the start of its due day, or so many days after exposure; else None."""
    if criterion.due is not None:
        return datetime.combine(criterion.due, time(), UTC)
    if criterion.due_days_after_exposure is not None and exposed_at is not None:
        return exposed_at + timedelta(days=criterion.due_days_after_exposure)
    return None


def _slice(where: dict[str, str]) -> str:
    return ", ".join(f"{k} = {v}" for k, v in sorted(where.items())) or "all of them"


def _sentence(criterion: Criterion, shown: Verdict) -> str:
    value = with_unit(shown.value, criterion.unit)
    exact = shown.lower is None or shown.lower == shown.upper
    between = "" if exact else f" (between {span(shown.lower, shown.upper, criterion.unit)})"
    if criterion.role == "guardrail":
        worse = "lower" if criterion.direction == "at_least" else "higher"
        return f"{value} against control{between}; it may be at most {with_unit(criterion.threshold, criterion.unit)} {worse}."
    asked = "at least" if criterion.direction == "at_least" else "at most"
    return f"{value}{between}; the bar is {asked} {with_unit(criterion.threshold, criterion.unit)}."


def worst(statuses: Sequence[Status]) -> Status:
    """The status of several together: what stands most in the way. Nothing at all is missing."""
    order = [
        Status.UNMET, Status.MISSING, Status.STALE, Status.NOT_ENOUGH, Status.WAIVED, Status.NOT_DUE, Status.MET,
        Status.NOT_APPLICABLE,
    ]  # fmt: skip
    return min(statuses, key=order.index, default=Status.MISSING)
