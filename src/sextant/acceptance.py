"""What evidence must be like to be stored at all: not from the future, and with numbers that follow from its own
statistics.

A type can say that a share has successes and trials; that its interval is the one that they give is looked at here,
once, before it goes into the log. What is stored already is taken as it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sextant.errors import InvalidInput
from sextant.evidence import Estimate, Evidence, Measurement, Quantile
from sextant.reports import Experiment, HumanStudy, RedTeamRun, Slices
from sextant.stats.intervals import wilson
from sextant.stats.sample_ratio import sample_ratio_p

#: How far a clock that measures may be ahead of the one that stores.
CLOCKS = timedelta(minutes=5)
#: Fields that may lie ahead: they say what is planned.
_AHEAD = frozenset({"next_due"})
#: Sums of floats may differ in the last digits between versions of an engine.
TOLERANCE = 1e-9

#: What is wrong, which rule it breaks, what to do.
Fault = tuple[str, str, str]


def accept(evidence: Evidence, *, now: datetime | None = None, where: str = "evidence") -> None:
    """Refuse evidence that cannot be true by what it says of itself; return if there is nothing against it.

    Refused are: a time that lies after `now` (the clocks of two machines may be five minutes apart); a value, an
    interval or a p-value that does not follow from the sufficient statistics beside it; an estimate whose interval has
    no width; and a report whose numbers contradict each other.

    Raises `InvalidInput` with what was given and what follows.

    >>> from sextant.evidence import Proportion
    >>> honest = Proportion.of(successes=96, trials=100, unit="share", setting="offline", estimand="read right",
    ...     at="2026-01-01T00:00:00Z", producer={"name": "doc"})
    >>> accept(honest)
    >>> try:
    ...     accept(honest.model_copy(update={"value": 0.97}))
    ... except InvalidInput as refused:
    ...     print(refused.what)
    its numbers do not follow from its own statistics: value is stored as 0.97 and comes out as 0.96
    """
    for what, rule, todo in _faults(evidence, now or datetime.now(UTC)):
        raise InvalidInput(what, where=where, rule=rule, todo=todo)


def _faults(evidence: Evidence, now: datetime) -> Iterator[Fault]:
    yield from _from_the_future(evidence, now)
    yield from _against_itself(evidence)
    if different := from_statistics(evidence):
        yield (
            f"its numbers do not follow from its own statistics: {'; '.join(different)}",
            "value and interval are computed from the statistics, never typed",
            "leave value and interval out and they are computed; what another tool computed is an estimate",
        )


def _from_the_future(evidence: Evidence, now: datetime) -> Iterator[Fault]:
    for name in type(evidence).model_fields:
        at = getattr(evidence, name)
        if name in _AHEAD or not isinstance(at, date):
            continue
        # East of here a day has begun already.
        last = now + CLOCKS if isinstance(at, datetime) else (now + timedelta(days=1)).date()
        if at > last:
            yield (
                f"its {name} is {at.isoformat()}, which has not come yet",
                "evidence tells what was measured, never what will be",
                "give the time at which it was measured, or set the clock that said so",
            )


def _against_itself(evidence: Evidence) -> Iterator[Fault]:
    if isinstance(evidence, Estimate) and evidence.interval.lower == evidence.interval.upper:
        yield (
            f"both ends of its interval are {evidence.interval.lower}",
            "an estimate is never exact",
            "give the interval that the other tool computed; what was counted in full is a count",
        )
    if isinstance(evidence, Estimate) and not evidence.undefined:
        contrast = bool(evidence.contrast_with)
        outside = (
            evidence.unit == "share" and not contrast and not -TOLERANCE <= evidence.value <= 1 + TOLERANCE
        )
        if outside or math.isinf(evidence.value):
            yield (
                f"its value is {evidence.value}",
                "a share lies between 0 and 1" if outside else "what was measured is finite",
                "give 0.95 for 95 %, or the unit that it really has",
            )
    if isinstance(evidence, Quantile):
        ranks = sorted(evidence.ranks)
        values = [evidence.ranks[rank] for rank in ranks]
        if values != sorted(values) or (ranks and not 1 <= ranks[0] <= ranks[-1] <= evidence.n):
            yield (
                f"its ranks are no {evidence.n} values in order",
                "ranks run from 1 to n, and values grow with them",
                "sort the values, the smallest first, and give those around the quantile by their place",
            )
    if isinstance(evidence, Measurement) and evidence.n is not None and evidence.n != evidence.counted:
        yield (
            f"its n is {evidence.n}, and its own statistics count {evidence.counted}",
            "n is how many units were counted",
            "leave n out",
        )
    if isinstance(evidence, Experiment):
        if evidence.ended_at < evidence.started_at:
            yield (
                f"it ended at {evidence.ended_at.isoformat()}, before it started at {evidence.started_at.isoformat()}",
                "a test ends after it starts",
                "change one of the two",
            )
        if set(evidence.arms) != set(evidence.shares):
            yield (
                f"its arms are {', '.join(evidence.arms)}, and its shares are of {', '.join(evidence.shares)}",
                "each arm has its planned share",
                "name the same arms in both",
            )
    if isinstance(evidence, HumanStudy) and evidence.agreement_lower > evidence.agreement:
        yield (
            f"agreement_lower {evidence.agreement_lower} lies above agreement {evidence.agreement}",
            "the lower end of a range does not lie above its value",
            "give the lower end of the range of the agreement",
        )
    if isinstance(evidence, RedTeamRun) and evidence.successes > evidence.attempts:
        yield (
            f"{evidence.successes} of {evidence.attempts} attacks succeeded",
            "no more succeed than are tried",
            "count the attempts again",
        )


def from_statistics(evidence: Evidence) -> list[str] | None:
    """Where the evidence's numbers differ from what its own sufficient statistics give, one line each, to 1e-9 of
    their size; None where it holds no statistics."""
    if isinstance(evidence, Slices):
        again = [wilson(row.successes, row.trials) for row in evidence.rows]
        return differences(
            [{"lower": r.lower, "upper": r.upper} for r in evidence.rows],
            [{"lower": b.lower, "upper": b.upper} for b in again],
        )
    if isinstance(evidence, Experiment):
        chance = sample_ratio_p([evidence.arms[a] for a in evidence.shares], list(evidence.shares.values()))
        return differences({"sample_ratio_p": evidence.sample_ratio_p}, {"sample_ratio_p": chance})
    if not isinstance(evidence, Measurement):
        return None
    interval = evidence.interval
    found = evidence.recompute() or evidence.bounds(0.95, 2)
    if found is None:
        return None
    stored: dict[str, Any] = {"value": evidence.value}
    now: dict[str, Any] = {"value": found.value}
    if interval:
        stored |= {"lower": interval.lower, "upper": interval.upper, "method": interval.method}
        now |= {"lower": found.lower, "upper": found.upper, "method": found.method}
    return differences(stored, now)


def differences(stored: Any, now: Any, place: str = "") -> list[str]:
    """Where two plain values differ, one line each: numbers by more than 1e-9 of their size, all else at all."""
    if isinstance(stored, dict) and isinstance(now, dict):
        return [
            d
            for k in sorted(stored.keys() | now.keys(), key=str)
            for d in differences(stored.get(k), now.get(k), f"{place}.{k}" if place else str(k))
        ]
    if isinstance(stored, list) and isinstance(now, list) and len(stored) == len(now):
        return [
            d
            for i, (a, b) in enumerate(zip(stored, now, strict=True))
            for d in differences(a, b, f"{place}[{i}]")
        ]
    return [] if _same(stored, now) else [f"{place} is stored as {stored} and comes out as {now}"]


def _same(stored: Any, now: Any) -> bool:
    if isinstance(stored, float) or isinstance(now, float):
        try:
            one, other = float(stored), float(now)
        except (TypeError, ValueError):
            return False
        return (math.isnan(one) and math.isnan(other)) or math.isclose(
            one, other, rel_tol=TOLERANCE, abs_tol=1e-12
        )
    return bool(stored == now)
