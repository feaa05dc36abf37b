"""Options weighed against each other: the ranking, what would change the winner, and where costs break even."""

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


@dataclass(frozen=True, slots=True)
class Move:
    """The nearest number of an option for a factor at which another option draws level, all else left as it is.

    `number` is None where no number of it alone changes the winner; `winner` is then the present one.
    """

    option: str
    factor: str
    now: float
    number: float | None
    winner: str


def moves(
    numbers: Numbers, weights: Mapping[str, float], *, lower_is_better: Collection[str] = ()
) -> list[Move]:
    """For each number that counts, the nearest other number at which another option draws level with the winner.

    The worst and the best of the options set the scale of a factor, so a number that goes beyond them changes what
    the others' numbers count, too; both are worked out exactly. Where an option's number reaches the only number that
    all others share, it goes from the best to the worst at once: then the winner may change just beyond that number.
    The easiest move, the smallest share of the distance between best and worst, comes first; numbers that change
    nothing come last.

    >>> two = {"rules": {"quality": 0.7, "ms": 1.0}, "net": {"quality": 0.9, "ms": 80.0}, "tree": {"quality": 0.8, "ms": 5.0}}
    >>> m = moves(two, {"quality": 3, "ms": 1}, lower_is_better=["ms"])[0]
    >>> m.option, m.factor, round(m.number, 3), m.winner
    ('tree', 'quality', 0.837, 'tree')
    """
    winner = rank(numbers, weights, lower_is_better=lower_is_better)[0].option
    found: list[tuple[float, Move]] = []
    for factor, weight in weights.items():
        if not weight:
            continue
        column = {o: own[factor] for o, own in numbers.items()}
        width = max(column.values()) - min(column.values()) or abs(max(column.values())) or 1.0
        for option, now in column.items():
            nearest = _nearest(numbers, weights, lower_is_better, winner, factor, option)
            far = math.inf if nearest is None else abs(nearest[0] - now) / width
            found.append((far, Move(option, factor, now, *(nearest or (None, winner)))))
    return [move for _, move in sorted(found, key=lambda f: (f[0], f[1].factor, f[1].option))]


def _nearest(
    numbers: Numbers,
    weights: Mapping[str, float],
    lower: Collection[str],
    winner: str,
    factor: str,
    option: str,
) -> tuple[float, str] | None:
    """The nearest number of one option at which another draws level with the winner, and which."""
    now = numbers[option][factor]
    others = [own[factor] for o, own in numbers.items() if o != option]
    low, high = min(others), max(others)
    sign = -1.0 if factor in lower else 1.0
    nearest: tuple[float, str] | None = None

    def offer(number: float, other: str) -> None:
        nonlocal nearest
        if math.isfinite(number) and (nearest is None or abs(number - now) < abs(nearest[0] - now)):
            nearest = (number, other)

    rest = {f: w for f, w in weights.items() if f != factor}
    parts = _parts(numbers, weights, lower)
    for other in numbers:
        if other == winner:
            continue
        # The winner leads by `lead` without this factor; level where sign × weight × (difference / range) = -lead.
        lead = math.fsum(w * (parts[winner][f] - parts[other][f]) for f, w in rest.items())
        k = -lead / (sign * weights[factor])
        mine, theirs = numbers[winner][factor], numbers[other][factor]
        if high > low and option in (winner, other):
            gap = k * (high - low)
            x = theirs + gap if option == winner else mine - gap
            if low <= x <= high:
                offer(x, other)
        # Beyond the others the range is x - low or high - x: still one linear equation in x. Where all others are level
        # it is the option's own distance, which gives it all or nothing wherever it lies: the jump is looked at below.
        for end, towards in ((low, 1.0), (high, -1.0)) if high > low else ():
            if option == winner:
                x = (theirs - towards * k * end) / (1 - towards * k) if towards * k != 1 else math.nan
            elif option == other:
                x = (mine + towards * k * end) / (1 + towards * k) if towards * k != -1 else math.nan
            else:
                x = end + towards * (mine - theirs) / k if k else math.nan
            if x > high if towards > 0 else x < low:
                offer(x, other)
    if high == low:
        # All others are level: reaching or crossing their number turns the factor round at once.
        step = (max(abs(low), abs(now - low)) or 1.0) * 1e-9
        beyond = (low - step, low + step) if now == low else (low - step,) if now > low else (low + step,)
        for place in (low, *beyond):
            moved = {o: {**own, factor: place} if o == option else own for o, own in numbers.items()}
            first = rank(moved, weights, lower_is_better=lower)[0].option
            if first != winner:
                offer(low, first)
                break
    return nearest


def break_even(fixed: float, unit: float, other_fixed: float, other_unit: float) -> float | None:
    """The number of answers at which two options cost the same; None where they never do.

    >>> break_even(0, 0.5, 40000, 0.1)
    100000.0
    """
    if unit == other_unit:
        return None
    volume = (other_fixed - fixed) / (unit - other_unit)
    return volume if volume > 0 else None


def cheapest(costs: Mapping[str, tuple[float, float]]) -> list[tuple[float, str]]:
    """From which number of answers on which option is the cheapest, given what each costs once and an answer.

    The first stands at no answers at all. Where two cost the same, the one that costs less an answer is taken.

    >>> cheapest({"rent": (0, 0.5), "build": (40_000, 0.1), "tune": (30_000, 0.4)})
    [(0.0, 'rent'), (100000.0, 'build')]
    """
    if not costs:
        return []
    at = 0.0
    now = min(costs, key=lambda o: (*costs[o], o))
    course = [(at, now)]
    while True:
        ahead = []
        for other, (fixed, unit) in costs.items():
            volume = break_even(*costs[now], fixed, unit) if unit < costs[now][1] else None
            if volume is not None and volume >= at:
                ahead.append((volume, unit, other))
        if not ahead:
            return course
        at, _, now = min(ahead)
        course.append((at, now))


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
