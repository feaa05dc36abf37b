"""Options weighed against each other: the ranking, what would change the winner, and where costs break
even."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sextant.errors import InvalidInput

#: Factors that stand in an option itself, not in a measurement; of the second kind, less is better.
MORE_IS_BETTER = ("control", "expertise", "data_at_hand")
LESS_IS_BETTER = ("weeks_to_market", "fixed_cost", "unit_cost")

Numbers = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Scored:
    """An option with its score from 0 (worst in everything that counts) to 1 (best in everything)."""

    option: str
    score: float
    parts: dict[str, float]


@dataclass(frozen=True, slots=True)
class Turn:
    """The nearest weight of a factor, all others left as they are, at which another option draws level.

    `weight` is None where no weight of this factor alone changes the winner; `winner` is then the present
    one.
    """

    factor: str
    now: float
    weight: float | None
    winner: str


def rank(
    numbers: Numbers, weights: Mapping[str, float], *, lower_is_better: Collection[str] = ()
) -> list[Scored]:
    """The options by their score, the best first (by name where two are level).

    `numbers` holds each option's number for each factor. A factor counts from 0 for the worst of the
    options to 1 for the best of them, in between by its distance; where all are equal it counts nothing for
    anybody. The score is the mean by `weights`. Adding or dropping an option may therefore change the
    scores of the others.

    >>> [s.option for s in rank({"rules": {"quality": 0.7, "ms": 1}, "net": {"quality": 0.9, "ms": 80}},
    ...     {"quality": 3, "ms": 1}, lower_is_better=["ms"])]
    ['net', 'rules']
    """
    parts = _parts(numbers, weights, lower_is_better)
    total = math.fsum(weights.values())
    scored = [
        Scored(option, math.fsum(weights[f] * own[f] for f in weights) / total, own)
        for option, own in parts.items()
    ]
    return sorted(scored, key=lambda s: (-s.score, s.option))


def sensitivity(
    numbers: Numbers, weights: Mapping[str, float], *, lower_is_better: Collection[str] = ()
) -> list[Turn]:
    """For each factor, the nearest weight at which another option draws level with the winner.

    The easiest turn, the smallest change of a weight, comes first.
    """
    winner = rank(numbers, weights, lower_is_better=lower_is_better)[0].option
    parts = _parts(numbers, weights, lower_is_better)
    turns = []
    for factor, now in weights.items():
        nearest: tuple[float, str] | None = None
        for other, own in parts.items():
            # Both scores are straight lines in this weight; they meet once, or never.
            slope = parts[winner][factor] - own[factor]
            if other == winner or slope == 0:
                continue
            rest = math.fsum(w * (parts[winner][f] - own[f]) for f, w in weights.items() if f != factor)
            meet = -rest / slope
            if meet >= 0 and (nearest is None or abs(meet - now) < abs(nearest[0] - now)):
                nearest = (meet, other)
        turns.append(Turn(factor, now, *(nearest or (None, winner))))
    return sorted(turns, key=lambda t: math.inf if t.weight is None else abs(t.weight - t.now))


def break_even(fixed: float, unit: float, other_fixed: float, other_unit: float) -> float | None:
    """The number of answers at which two options cost the same; None where they never do.

    >>> break_even(0, 0.5, 40000, 0.1)
    100000.0
    """
    if unit == other_unit:
        return None
    volume = (other_fixed - fixed) / (unit - other_unit)
    return volume if volume > 0 else None


def _parts(
    numbers: Numbers, weights: Mapping[str, float], lower_is_better: Collection[str]
) -> dict[str, dict[str, float]]:
    if len(numbers) < 2:
        raise InvalidInput(
            f"{len(numbers)} option to compare", where="options", rule="a comparison takes two or more"
        )
    if not weights or min(weights.values()) < 0 or math.fsum(weights.values()) <= 0:
        raise InvalidInput(
            "no weights", where="options", rule="weights are zero or more, and one is above zero"
        )
    for option, own in numbers.items():
        if lacks := [f for f in weights if f not in own or not math.isfinite(own[f])]:
            raise InvalidInput(
                f"{option} has no number for {', '.join(lacks)}",
                where="options",
                rule="each option has a number for everything that counts",
                todo="measure it, or take its weight out",
            )
    parts: dict[str, dict[str, float]] = {option: {} for option in numbers}
    for factor in weights:
        column = {option: own[factor] for option, own in numbers.items()}
        low, high = min(column.values()), max(column.values())
        for option, value in column.items():
            share = (value - low) / (high - low) if high > low else 0.0
            parts[option][factor] = 1 - share if factor in lower_is_better and high > low else share
    return parts
