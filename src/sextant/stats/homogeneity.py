"""Could two samples come from one distribution? The classical tests, and many of them judged together.

These say whether there is any difference, however small: with a million rows there always is. How large it
is, and whether that matters, say the distances (`sextant.stats.distances`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from sextant.errors import InvalidInput
from sextant.stats._checks import inside, number, row_of_counts, whole

#: Up to this product of sizes every order is gone through.
_EXACT = 10_000_000


def chi_squared_p(reference: Sequence[int], current: Sequence[int]) -> float:
    """The chance of two histograms this different, were both drawn from one distribution.

    Bins that are empty in both are left out; nan when a histogram is empty, 1 when only one bin is left. It is
    approximate where expected counts are below five.

    Source: Pearson's test of homogeneity (1900); Agresti, "Categorical data analysis" (2013), section 3.2.

    >>> round(chi_squared_p([50, 50], [75, 25]), 6)   # chi-squared 13 1/3 with one degree of freedom
    0.000261
    """
    r, c = row_of_counts("reference", reference), row_of_counts("current", current)
    if len(r) != len(c):
        raise InvalidInput(
            f"the reference has {len(r)} bins, the current {len(c)}", rule="both are counted on the same bins"
        )
    n, m = sum(r), sum(c)
    if n == 0 or m == 0:
        return math.nan
    pairs = [(a, b) for a, b in zip(r, c, strict=True) if a + b]
    if len(pairs) == 1:
        return 1.0
    chi2 = sum((a * m - b * n) ** 2 / (a + b) for a, b in pairs) / (n * m)
    return _chi_squared_beyond(chi2, len(pairs) - 1)


def kolmogorov_smirnov_p(gap: float, n: int, m: int) -> float:
    """The chance of a largest gap of at least this much between the cumulated shares of n and m values that
    come from one continuous distribution; nan when either is 0.

    Exact where n * m is at most ten million, for more by the distribution's limit. Values that are equal make
    the true chance smaller.

    Source: Hodges, "The significance probability of the Smirnov two-sample test" (1957): of all orders in which
    the values may come, those whose cumulated shares part so far. The limit: Kolmogorov (1933), for n m / (n + m)
    values, moved by what it lacks for so many: Vrbik, "Small-sample corrections to Kolmogorov–Smirnov test
    statistic" (2018).

    >>> round(kolmogorov_smirnov_p(1.0, 3, 3), 12)   # 2 of the 20 orders of three and three keep them apart
    0.1
    """
    largest, one, two = number("gap", gap), whole("n", n), whole("m", m)
    if one == 0 or two == 0:
        return math.nan
    if largest <= 0:
        return 1.0
    import numpy as np

    if one * two > _EXACT:
        values = one * two / (one + two)
        at = math.sqrt(values) * min(largest, 1.0)
        return _kolmogorov_beyond(at + 1 / (6 * math.sqrt(values)) + (at - 1) / (4 * values))
    lcm = math.lcm(one, two)
    steps = round(largest * lcm - 1e-6)
    # After k of all values, i of them of the first sample: the chance that the shares have parted before. It is
    # followed directly, so that a chance of 1e-60 keeps its digits.
    i = np.arange(one + 1)
    parted = np.zeros(one + 1)
    for k in range(1, one + two + 1):
        before = np.concatenate([[0.0], parted[:-1]])
        parted = (i * before + (k - i) * parted) / k
        j = k - i
        there = (j >= 0) & (j <= two)
        parted[there & (abs(i * (lcm // one) - j * (lcm // two)) >= steps)] = 1.0
        parted[~there] = 0.0
    return float(parted[one])


def _chi_squared_beyond(chi2: float, degrees: int) -> float:
    """The chance of at least so much, for whole degrees of freedom: a finite sum (Abramowitz and Stegun, 26.4.4 and
    26.4.5). SciPy has it too, and takes longer to import than drift between two stored profiles may."""
    half = chi2 / 2
    if half <= 0:
        return 1.0
    odd = degrees % 2
    steps = [i + odd / 2 for i in range(degrees // 2)]
    terms = [math.exp(at * math.log(half) - half - math.lgamma(at + 1)) for at in steps]
    return min(math.fsum([math.erfc(math.sqrt(half)) if odd else 0.0, *terms]), 1.0)


def _kolmogorov_beyond(t: float) -> float:
    """The chance beyond t of Kolmogorov's distribution."""
    if t < 0.2:
        return 1.0
    if t < 1:
        # Near its beginning the other of its two series needs few terms.
        steps = (math.exp(-((2 * k - 1) ** 2) * math.pi**2 / (8 * t * t)) for k in range(1, 6))
        return 1 - math.sqrt(2 * math.pi) / t * math.fsum(steps)
    return 2 * math.fsum((-1) ** (k - 1) * math.exp(-2 * k * k * t * t) for k in range(1, 8))


def benjamini_hochberg(chances: Sequence[float]) -> list[float]:
    """p-values adjusted so that of those below a bar, at most that share are false alarms on average.

    Source: Benjamini and Hochberg, "Controlling the false discovery rate" (1995).

    >>> [round(p, 4) for p in benjamini_hochberg([0.01, 0.04, 0.03])]
    [0.03, 0.04, 0.04]
    """
    values = [number(f"chances[{i}]", p) for i, p in enumerate(chances)]
    for value in values:
        if value not in (0.0, 1.0):
            inside("chance", value, 0.0, 1.0)
    order = sorted(range(len(values)), key=values.__getitem__, reverse=True)
    adjusted, least = [0.0] * len(values), 1.0
    for back, i in enumerate(order):
        least = min(least, values[i] * len(values) / (len(values) - back))
        adjusted[i] = least
    return adjusted
