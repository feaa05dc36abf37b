"""How far do groups lie apart? The largest gap between any two of them, with an interval that knows it was looked for."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sextant.errors import InvalidInput
from sextant.stats._checks import share_of, tail
from sextant.stats.intervals import Bounds, difference_proportions, wilson


def largest_gap(
    successes: Sequence[int], trials: Sequence[int], *, level: float = 0.95, sides: int = 2
) -> Bounds:
    """The largest difference of a share between two groups out of many, with an interval.

    The largest of many differences is too large by chance alone, and a bootstrap of it inherits that. Here the upper
    end is the largest upper limit of any two groups: the two that truly lie farthest apart are among them. The lower
    end is the largest lower limit when all differences are to hold at once (Bonferroni over the ordered pairs), and not
    below 0. So the interval holds the truth at least as often as it says, however many groups there are.

    Groups without trials are left out. Undefined with fewer than two groups.

    Source: Newcombe (1998), method 10, for two groups; the argument for the largest of them is Berger's,
    "Multiparameter hypothesis testing and acceptance sampling" (1982), and Bonferroni's.

    >>> b = largest_gap([80, 60, 70], [100, 100, 100])
    >>> print(f"{b.value:.3f} [{b.lower:.3f}, {b.upper:.3f}]")
    0.200 [0.029, 0.319]
    """
    a = tail(level, sides)
    groups = _groups(successes, trials)
    if len(groups) < 2:
        return Bounds.unknown("largest_gap", "a gap needs two groups with cases")
    shares = [s / n for s, n in groups]
    value = max(shares) - min(shares)
    pairs = len(groups) * (len(groups) - 1)
    lower, upper = 0.0, value
    # Of the pairs, only those can decide whose own difference is not negative.
    for i, (s1, n1) in enumerate(groups):
        for j, (s0, n0) in enumerate(groups):
            if i != j and shares[i] >= shares[j]:
                upper = max(upper, difference_proportions(s1, n1, s0, n0, level=1 - 2 * a).upper)
                lower = max(lower, difference_proportions(s1, n1, s0, n0, level=1 - 2 * a / pairs).lower)
    return Bounds.around(value, lower, min(upper, 1.0), "largest_gap")


def smallest_ratio(
    successes: Sequence[int], trials: Sequence[int], *, level: float = 0.95, sides: int = 2
) -> Bounds:
    """The smallest ratio of a share between two groups out of many (0.8 is the four-fifths rule), with an interval made
    as for `largest_gap`; the interval of one ratio is put together from Wilson's limits of the two shares on the log
    scale.

    Undefined with fewer than two groups, or where no group has a success.

    Source: Zou and Donner, "Construction of confidence limits about effect measures" (2008), section 3.

    >>> b = smallest_ratio([80, 60, 70], [100, 100, 100])
    >>> print(f"{b.value:.3f} [{b.lower:.3f}, {b.upper:.3f}]")
    0.750 [0.617, 0.959]
    """
    a = tail(level, sides)
    groups = _groups(successes, trials)
    if len(groups) < 2:
        return Bounds.unknown("smallest_ratio", "a ratio needs two groups with cases")
    shares = [s / n for s, n in groups]
    if max(shares) == 0:
        return Bounds.unknown("smallest_ratio", "no group has a case that counts")
    value = min(shares) / max(shares)
    pairs = len(groups) * (len(groups) - 1)
    lower, upper = value, 1.0
    for i, one in enumerate(groups):
        for j, other in enumerate(groups):
            if i != j and shares[i] <= shares[j]:
                lower = min(lower, _ratio(*one, *other, level=1 - 2 * a)[0])
                upper = min(upper, _ratio(*one, *other, level=1 - 2 * a / pairs)[1])
    return Bounds.around(value, lower, upper, "smallest_ratio")


def _ratio(s1: int, n1: int, s0: int, n0: int, *, level: float) -> tuple[float, float]:
    one, nought = wilson(s1, n1, level=level), wilson(s0, n0, level=level)
    if one.value == 0 or nought.value == 0:
        # No logarithm of nothing: the limits themselves, which is wider.
        low = one.lower / nought.upper if nought.upper else 0.0
        return low, one.upper / nought.lower if nought.lower else math.inf
    ln = math.log(one.value / nought.value)
    down, up = math.log(one.value / one.lower), math.log(one.upper / one.value)
    down0, up0 = math.log(nought.value / nought.lower), math.log(nought.upper / nought.value)
    return math.exp(ln - math.hypot(down, up0)), math.exp(ln + math.hypot(up, down0))


def _groups(successes: Sequence[int], trials: Sequence[int]) -> list[tuple[int, int]]:
    if len(successes) != len(trials):
        raise InvalidInput(
            f"there are {len(successes)} successes and {len(trials)} trials",
            rule="one of each for every group",
        )
    pairs = [share_of("successes", s, "trials", n) for s, n in zip(successes, trials, strict=True)]
    return [(s, n) for s, n in pairs if n]
