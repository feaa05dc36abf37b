"""What a number means, in one sentence for a person who has never met the statistic."""

from __future__ import annotations

import math

from sextant.evidence import Agreement, Count, Declared, Drift, Interval, Measurement, Quantile, Separability
from sextant.model_evidence import Area, Gap
from sextant.phrases import number, with_unit


def meaning(ev: Measurement) -> str:
    """The sentence under the number: what was counted, and what the range says.

    >>> from sextant.evidence import Proportion
    >>> ev = Proportion.of(successes=96, trials=100, unit="share", setting="offline", estimand="digits read right",
    ...     at="2026-01-01T00:00:00Z", producer={"name": "doc"})
    >>> meaning(ev)
    'Of 100 like these, 90 to 99 would come out so; 96 of the 100 that were measured did.'
    """
    if ev.undefined:
        return f"No number could be computed: {ev.undefined}."
    if isinstance(ev, Count):
        return "Everything was counted, nothing was sampled, so there is no range."
    if isinstance(ev, Declared):
        return f"Somebody read this number elsewhere and vouches for it: {ev.source}, {ev.source_date}."
    if ev.interval is None:
        return "It came without a range, so nobody can say how sure it is."
    return f"{_what(ev, ev.interval)}{_looks(ev.interval)}"


def _what(ev: Measurement, given: Interval) -> str:
    if isinstance(ev, Drift):
        return (
            f"The two distributions differ in {with_unit(ev.value, 'share')} of their weight; with this many rows the true "
            f"difference lies between {with_unit(given.lower, 'share')} and {with_unit(given.upper, 'share')}."
        )
    if isinstance(ev, Separability):
        return (
            f"Shown a row of each, a classifier says in {with_unit(ev.value, 'share')} of pairs which is which (the truth "
            f"lies between {with_unit(given.lower, 'share')} and {with_unit(given.upper, 'share')}); guessing gives 50 %."
        )
    if isinstance(ev, Agreement):
        return (
            f"0 is what chance alone would give, 1 is perfect agreement; with {number(ev.size)} items the truth lies "
            f"between {number(given.lower)} and {number(given.upper)}."
        )
    if isinstance(ev, Quantile):
        return (
            f"{number(ev.q * 100)} of 100 took {with_unit(ev.value, ev.unit)} or less; had others been measured, this line "
            f"could lie between {with_unit(given.lower, ev.unit)} and {with_unit(given.upper, ev.unit)}."
        )
    low, high = with_unit(given.lower, ev.unit), with_unit(given.upper, ev.unit)
    if isinstance(ev, Gap):
        if ev.statistic == "ratio":
            return f"The group that comes off worst gets {low} to {high} of what the one that comes off best gets."
        return (
            f"The two of {number(len(ev.groups))} groups that lie farthest apart differ by {low} to {high}."
        )
    if isinstance(ev, Area):
        floor, ceiling = math.floor(given.lower * 100), math.ceil(given.upper * 100)
        return f"Shown one case of either kind, the score puts the right one first in {floor} to {ceiling} of 100 tries."
    if ev.contrast:
        less, more = given.lower < 0, given.upper > 0
        side = (
            "could be worse or better"
            if less and more
            else "is higher"
            if more
            else "is lower"
            if less
            else "is equal"
        )
        return f"The candidate {side} than control: the difference lies between {low} and {high}."
    trials, successes = getattr(ev, "trials", None), getattr(ev, "successes", None)
    if trials is not None and successes is not None:
        floor, ceiling = math.floor(given.lower * 100), math.ceil(given.upper * 100)
        return (
            f"Of 100 like these, {floor} to {ceiling} would come out so; {number(successes)} of the "
            f"{number(trials)} that were measured did."
        )
    measured = f" ({number(ev.size)} were measured)" if ev.size is not None else ""
    return f"The truth lies between {low} and {high}{measured}."


def _looks(given: Interval) -> str:
    if given.continuous:
        return f" The range stays right at {number(given.level * 100)} % however often one looks."
    return ""
