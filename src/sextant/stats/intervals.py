"""Intervals for one measurement taken once: shares, means, quantiles, rates, differences and ratios.

Every function takes sufficient statistics (counts, means, sums of squares), so that a stored record can be
judged again at another level without the rows it came from. All take

`level`
    the confidence, 0.95 unless told;
`sides`
    2: a two-sided interval that holds the truth with probability `level`.
    1: both ends are one-sided bounds, each of which holds with probability `level` (above 0.5); the pair is a
    two-sided interval at 2 * level - 1.

An interval is valid for one look at a sample whose size did not depend on what was seen. Who looks every day
takes `sextant.stats.sequential`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from sextant.errors import InvalidInput
from sextant.stats._checks import at_least_zero, inside, number, share_of, tail, whole


@dataclass(frozen=True, slots=True)
class Bounds:
    """An estimate between two bounds.

    value      the point estimate, in the unit of the data; nan when undefined
    lower      the lower bound; nan when undefined, -inf when there is none
    upper      the upper bound; nan when undefined, inf when there is none
    method     the name of the method
    undefined  why the numbers are nan, in plain words; None when they are not
    """

    value: float
    lower: float
    upper: float
    method: str
    undefined: str | None = None

    @classmethod
    def around(cls, value: float, lower: float, upper: float, method: str) -> Self:
        """Bounds that hold their value even where rounding moved one of them past it."""
        return cls(float(value), float(min(lower, value)), float(max(upper, value)), method)

    @classmethod
    def unknown(cls, method: str, why: str) -> Self:
        """No number at all, and the reason."""
        return cls(math.nan, math.nan, math.nan, method, why)


def normal_quantile(p: float) -> float:
    """The standard normal quantile."""
    from statistics import NormalDist

    return NormalDist().inv_cdf(p)


def wilson(successes: int, trials: int, *, level: float = 0.95, sides: int = 2) -> Bounds:
    """Wilson's score interval for a share: how many of `trials` succeed.

    The interval to use for a share: its coverage is close to `level` on the average over shares. Where
    coverage may never fall below `level`, whatever the share, take `clopper_pearson`, which is wider.

    Undefined without trials. Raises `InvalidInput` when successes exceed trials.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference" (1927); recommended
    by Brown, Cai and DasGupta, "Interval estimation for a binomial proportion" (2001).

    >>> b = wilson(0, 10)
    >>> print(f"{b.value:.3f} [{b.lower:.3f}, {b.upper:.3f}]")
    0.000 [0.000, 0.278]
    """
    a = tail(level, sides)
    s, n = share_of("successes", successes, "trials", trials)
    if n == 0:
        return Bounds.unknown("wilson", "there were no trials")
    z = -normal_quantile(a)
    p = s / n
    centre = (s + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(n * p * (1 - p) + z * z / 4)
    # At the ends the formula gives exactly 0 and 1, the floats only nearly.
    lower = 0.0 if s == 0 else centre - half
    upper = 1.0 if s == n else centre + half
    return Bounds.around(p, lower, upper, "wilson")


def clopper_pearson(successes: int, trials: int, *, level: float = 0.95, sides: int = 2) -> Bounds:
    """The exact interval for a share: it holds the truth with at least `level`, whatever the share.

    For safety limits and few trials; elsewhere `wilson` is narrower and right on the average.

    Undefined without trials. Raises `InvalidInput` when successes exceed trials.

    Source: Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of the
    binomial" (1934).

    >>> b = clopper_pearson(0, 10, level=0.95, sides=1)
    >>> print(f"{b.value:.3f} [{b.lower:.3f}, {b.upper:.3f}]")
    0.000 [0.000, 0.259]
    """
    a = tail(level, sides)
    s, n = share_of("successes", successes, "trials", trials)
    if n == 0:
        return Bounds.unknown("clopper_pearson", "there were no trials")
    from scipy.special import betainccinv, betaincinv

    lower = 0.0 if s == 0 else betaincinv(s, n - s + 1, a)
    upper = 1.0 if s == n else betainccinv(s + 1, n - s, a)
    return Bounds.around(s / n, lower, upper, "clopper_pearson")


def mean_t(n: int, mean: float, m2: float, *, level: float = 0.95, sides: int = 2) -> Bounds:
    """Student's t interval for a mean, from `n` values with this `mean` and `m2`, the sum of their squared
    deviations from it (see `Moments`).

    Exact for normal data, close for others once n is a few dozen; a strong skew needs more. For a share of
    successes take `wilson`.

    Undefined for fewer than two values, and where all values are equal: no spread was seen to judge by.
    Raises `InvalidInput` for a negative `m2`, or a mean that is not finite while n is above 0.

    Source: Student, "The probable error of a mean" (1908).

    >>> b = mean_t(4, 2.5, 5.0)   # the values 1, 2, 3, 4
    >>> print(f"{b.value:.3f} [{b.lower:.3f}, {b.upper:.3f}]")
    2.500 [0.446, 4.554]
    """
    a = tail(level, sides)
    count = whole("n", n)
    if count < 2:
        return Bounds.unknown("mean_t", f"a mean's spread needs two values, there {_are(count)}")
    centre, squares = number("mean", mean), at_least_zero("m2", m2)
    if squares == 0:
        return Bounds.unknown("mean_t", "all values are equal: no spread was seen to judge by")
    half = _t_quantile(count - 1, a) * math.sqrt(squares / (count - 1) / count)
    return Bounds.around(centre, centre - half, centre + half, "mean_t")


def quantile_ranks(n: int, q: float, *, level: float = 0.95, sides: int = 2) -> tuple[int, int, int]:
    """Which of `n` sorted values are the `q` quantile and its bounds: 1-based ranks (point, lower, upper).

    The point is the smallest value with at least a share `q` of the values at or below it. The bounds come
    from the binomial count of values below the true quantile and so hold for any distribution, with at least
    `level` (exactly so only by luck, as ranks are whole). Lower rank 0 and upper rank n + 1 say that so few
    values give no bound there: -inf and inf. Without values the answer is (0, 0, 1): no point, no bounds.

    `q` lies between 0 and 1, both excluded: the smallest and largest possible value have no interval.

    Source: Conover, "Practical nonparametric statistics" (1999), section 3.2.

    >>> quantile_ranks(100, 0.5)
    (50, 40, 61)
    >>> quantile_ranks(100, 0.99)   # 100 values give no upper bound for their 99th percentile
    (99, 97, 101)
    """
    a = tail(level, sides)
    count, share = whole("n", n), inside("q", q, 0.0, 1.0)
    if count == 0:
        return 0, 0, 1
    from scipy.stats import binom

    # As a decimal, for 100 * 0.07 is a little above 7 in floats and would be rounded up to 8.
    point = math.ceil(count * Fraction(str(share)))
    lower = int(binom.ppf(a, count, share))
    # ppf is the smallest k with P(B <= k) >= a; the rank wanted is the largest l with P(B <= l - 1) <= a.
    if binom.cdf(lower, count, share) <= a:
        lower += 1
    upper = int(binom.isf(a, count, share)) + 1
    return point, min(lower, point), max(upper, point)


def difference_proportions(
    s1: int, n1: int, s0: int, n0: int, *, level: float = 0.95, sides: int = 2
) -> Bounds:
    """Interval for the difference of two shares, candidate (1) minus control (0), of unpaired samples.

    Wilson's limits of the two shares, combined; good coverage for small samples and shares near 0 and 1, and
    never beyond -1 and 1.

    Undefined when either side has no trials. Raises `InvalidInput` when successes exceed trials.

    Source: Newcombe, "Interval estimation for the difference between independent proportions" (1998),
    method 10, the hybrid score.

    >>> b = difference_proportions(56, 70, 48, 80)   # example (a) of the paper
    >>> print(f"{b.value:.4f} [{b.lower:.4f}, {b.upper:.4f}]")
    0.2000 [0.0524, 0.3339]
    """
    a = tail(level, sides)
    share_of("s1", s1, "n1", n1)
    share_of("s0", s0, "n0", n0)
    one, nought = (wilson(s, n, level=1 - 2 * a) for s, n in ((s1, n1), (s0, n0)))
    if one.undefined or nought.undefined:
        arm = "the candidate" if one.undefined else "the control"
        return Bounds.unknown("newcombe_hybrid_score", f"there were no trials of {arm}")
    d = one.value - nought.value
    lower = d - math.hypot(one.value - one.lower, nought.upper - nought.value)
    upper = d + math.hypot(one.upper - one.value, nought.value - nought.lower)
    return Bounds.around(d, max(lower, -1.0), min(upper, 1.0), "newcombe_hybrid_score")


def difference_means(
    n1: int,
    mean1: float,
    m2_1: float,
    n0: int,
    mean0: float,
    m2_0: float,
    *,
    level: float = 0.95,
    sides: int = 2,
) -> Bounds:
    """Welch's t interval for the difference of two means, candidate (1) minus control (0), of unpaired
    samples whose variances may differ. The arguments are those of `mean_t`, for either side.

    Undefined when either side has fewer than two values, or all values are equal on both sides.

    Source: Welch, "The generalization of 'Student's' problem when several different population variances are
    involved" (1947), with Satterthwaite's degrees of freedom.

    >>> b = difference_means(4, 2.5, 5.0, 4, 1.5, 5.0)
    >>> print(f"{b.value:.3f} [{b.lower:.3f}, {b.upper:.3f}]")
    1.000 [-1.234, 3.234]
    """
    a = tail(level, sides)
    one, nought = whole("n1", n1), whole("n0", n0)
    for arm, count in (("candidate", one), ("control", nought)):
        if count < 2:
            return Bounds.unknown("welch_t", f"a mean's spread needs two values, the {arm} has {count}")
    d = number("mean1", mean1) - number("mean0", mean0)
    v1 = at_least_zero("m2_1", m2_1) / (one - 1) / one
    v0 = at_least_zero("m2_0", m2_0) / (nought - 1) / nought
    v = v1 + v0
    if v == 0:
        return Bounds.unknown("welch_t", "all values are equal on both sides: no spread was seen to judge by")
    # Shares of the variance instead of its squares, which may underflow.
    freedom = 1 / ((v1 / v) ** 2 / (one - 1) + (v0 / v) ** 2 / (nought - 1))
    half = _t_quantile(freedom, a) * math.sqrt(v)
    return Bounds.around(d, d - half, d + half, "welch_t")


def ratio(
    n: int,
    mean_num: float,
    mean_den: float,
    m2_num: float,
    m2_den: float,
    m11: float,
    *,
    level: float = 0.95,
    sides: int = 2,
) -> Bounds:
    """Interval for a ratio of two sums over the same `n` units, by the delta method: clicks by views over
    users, cost by requests over days. The unit is what was drawn independently; the views of one
    user are not.

    mean_num, mean_den   mean of numerator and denominator over the units
    m2_num, m2_den       sum of squared deviations from that mean
    m11                  sum of the products of the two deviations

    Undefined for fewer than two units; where the denominator cannot be told from zero at this level (the
    ratio may then be anything, as Fieller's interval shows); and where all units have the same ratio. Raises
    `InvalidInput` when m11 is larger than the two sums of squares allow.

    Source: Deng, Knoblich and Lu, "Applying the delta method in metric analytics" (KDD 2018), section 3; the
    t quantile on n - 1 degrees of freedom; Fieller, "Some problems in interval estimation" (1954).

    >>> b = ratio(4, 1.5, 2.5, 1.0, 5.0, 2.0)   # numerators 1, 1, 2, 2 by denominators 1, 2, 3, 4
    >>> print(f"{b.value:.3f} [{b.lower:.3f}, {b.upper:.3f}]")
    0.600 [0.368, 0.832]
    """
    a = tail(level, sides)
    count = whole("n", n)
    if count < 2:
        return Bounds.unknown("delta_t", f"a ratio's spread needs two units, there {_are(count)}")
    top, bottom = number("mean_num", mean_num), number("mean_den", mean_den)
    top2, bottom2 = at_least_zero("m2_num", m2_num), at_least_zero("m2_den", m2_den)
    cross = number("m11", m11)
    if abs(cross) > math.sqrt(top2) * math.sqrt(bottom2) * (1 + 1e-9):
        raise InvalidInput(
            f"m11 is {cross!r} with m2_num {top2!r} and m2_den {bottom2!r}",
            rule="m11 squared cannot be above m2_num times m2_den",
            todo="take all three from the same units",
        )
    t = _t_quantile(count - 1, a)
    if abs(bottom) <= t * math.sqrt(bottom2 / (count - 1) / count):
        return Bounds.unknown("delta_t", "the denominator cannot be told from zero at this level")
    r = top / bottom
    parts = (top2, -2 * r * cross, r * r * bottom2)
    residual = math.fsum(parts)
    if residual <= 1e-12 * math.fsum(map(abs, parts)):
        return Bounds.unknown("delta_t", "all units have the same ratio: no spread was seen to judge by")
    half = t * math.sqrt(residual / (count - 1) / count) / abs(bottom)
    return Bounds.around(r, r - half, r + half, "delta_t")


def poisson_rate(events: int, exposure: float, *, level: float = 0.95, sides: int = 2) -> Bounds:
    """The exact interval for a rate: `events` that happen singly and independently in `exposure` (hours,
    requests, users), in events per unit of exposure. It holds the truth with at least `level`.

    Undefined without exposure; events without exposure raise `InvalidInput`.

    Source: Garwood, "Fiducial limits for the Poisson distribution" (1936).

    >>> b = poisson_rate(0, 100.0)
    >>> print(f"{b.value:.4f} [{b.lower:.4f}, {b.upper:.4f}]")
    0.0000 [0.0000, 0.0369]
    """
    a = tail(level, sides)
    k, span = whole("events", events), at_least_zero("exposure", exposure)
    if span == 0:
        if k:
            raise InvalidInput(f"events is {k} with exposure 0", rule="events need exposure to happen in")
        return Bounds.unknown("garwood", "there was no exposure")
    from scipy.special import gammainccinv, gammaincinv

    lower = 0.0 if k == 0 else gammaincinv(k, a) / span
    upper = gammainccinv(k + 1, a) / span
    return Bounds.around(k / span, lower, upper, "garwood")


def _t_quantile(freedom: float, a: float) -> float:
    from scipy.special import stdtrit

    return -float(stdtrit(freedom, a))


def _are(count: int) -> str:
    return "is one" if count == 1 else "are none"
