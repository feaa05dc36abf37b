"""Confidence sequences: intervals that stay valid however often one looks, and whenever one stops.

An ordinary interval is wrong 5 % of the time at each look; who looks daily at a running experiment and stops
when it excludes zero is wrong far more often (`make simulate` shows how often). The intervals of a confidence
sequence hold the truth at **all** looks together with probability `level`. The price is width: about one and
a half times the ordinary interval.

confidence_sequence_proportion   a share; exact at any number of trials
confidence_sequence_mean         a mean; asymptotic, from 50 values on
confidence_sequence_difference   a difference of two means or shares; asymptotic, from 50 values in each arm

"Asymptotic" means what it does for the t interval: right for large samples, roughly right for moderate ones,
too narrow for strongly skewed data at small n.

`level` and `sides` are those of `sextant.stats.intervals`, with one difference. With `sides=1` each end is
a bound made for its side alone, valid at `level` at all looks together. The pair then holds with probability
2 * level - 1 at least; it is not the two-sided sequence at that level, which is made for both ends together.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

from sextant.stats._checks import positive, share_of, tail, whole
from sextant.stats.intervals import Bounds
from sextant.stats.moments import Moments

#: Before this many values (in each arm) the estimate of the spread is too unsure for an asymptotic sequence.
#: `python -m simulations --only sequences` shows the rates from here on.
MINIMUM_N = 50

_MEAN = "asymptotic_confidence_sequence"
_SHARE = "beta_mixture_confidence_sequence"


def confidence_sequence_proportion(
    successes: int, trials: int, *, level: float = 0.95, sides: int = 2
) -> Bounds:
    """A share, valid at all looks together and exactly so, from the first trial on.

    For one share watched continuously: an error rate, an accuracy. For one look take `wilson`.

    The bound is where the likelihood of the data, averaged over all alternatives (`sides=1`: those on the far
    side of the bound) with equal weight, is 1 / (1 - level) times that of the bound.

    Undefined without trials. Raises `InvalidInput` when successes exceed trials.

    Source: Ville's inequality; Robbins, "Statistical methods related to the law of the iterated logarithm"
    (1970), on the binomial with a uniform mixture.

    >>> b = confidence_sequence_proportion(0, 100)
    >>> print(f"{b.value:.3f} [{b.lower:.3f}, {b.upper:.3f}]")
    0.000 [0.000, 0.073]
    """
    tail(level, sides)
    s, n = share_of("successes", successes, "trials", trials)
    if n == 0:
        return Bounds.unknown(_SHARE, "there were no trials")
    excess = _log_mixture if sides == 2 else _log_mixture_above
    bar = -math.log1p(-level)
    lower = _lower_root(s, n, excess, bar)
    upper = 1.0 - _lower_root(n - s, n, excess, bar)
    return Bounds.around(s / n, lower, upper, _SHARE)


def confidence_sequence_mean(
    n: int, mean: float, m2: float, *, level: float = 0.95, sides: int = 2, n_tuned: int = 500
) -> Bounds:
    """A mean, valid at all looks together, from `n` values with this `mean` and `m2` (see `mean_t`).

    n_tuned  the number of values at which the interval is to be tightest; chosen before looking. Rather too
             low than too high: after ten times as many the interval is 7 % wider than it could be, after a
             tenth 26 %.

    Undefined below 50 values, and where all values are equal. For a share take
    `confidence_sequence_proportion`, which is exact.

    Source: Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit theory and asymptotic
    confidence sequences" (2024, arXiv 2103.06476), theorem 2.2; its one-sided form; rho from the Lambert W
    function as there.

    >>> b = confidence_sequence_mean(500, 0.0, 499.0)
    >>> print(f"{b.value:.3f} [{b.lower:.3f}, {b.upper:.3f}]")
    0.000 [-0.136, 0.136]
    """
    tail(level, sides)
    tuned = positive("n_tuned", n_tuned)
    if whole("n", n) < MINIMUM_N:
        return Bounds.unknown(_MEAN, f"the sequence begins at {MINIMUM_N} values, there are {whole('n', n)}")
    values = Moments(n, mean, m2)
    if values.m2 == 0:
        return Bounds.unknown(_MEAN, "all values are equal: no spread was seen to judge by")
    half = math.sqrt(values.variance / values.n) * reach(values.n, 1 - level, sides, tuned)
    return Bounds.around(values.mean, values.mean - half, values.mean + half, _MEAN)


def confidence_sequence_difference(
    n1: int,
    mean1: float,
    m2_1: float,
    n0: int,
    mean0: float,
    m2_0: float,
    *,
    level: float = 0.95,
    sides: int = 2,
    n_tuned: int = 500,
) -> Bounds:
    """The difference of two means, candidate (1) minus control (0), valid at all looks together. A share's
    mean is s / n and its m2 is s * (n - s) / n.

    Units go to the arms at random in a share that stays the same throughout; where a rollout changes the
    share, the periods of equal share are analysed apart and then combined.

    n_tuned  the number of units of both arms together at which the interval is to be tightest

    Each arm's variance is mixed with that of all values together, which counts as 50 of its values. An arm of
    a few hundred units that has seen no rare event yet would otherwise be taken as certain; in the long run
    the mixing has no effect, so the theorem holds.

    Undefined below 50 values in either arm, and where all values are equal.

    Source: Waudby-Smith et al. (arXiv 2103.06476), theorem 2.2 applied to the influence values of the
    difference in a randomized experiment (section 3), whose variance after n1 + n0 units is that of the
    difference.

    >>> b = confidence_sequence_difference(250, 1.0, 249.0, 250, 0.5, 249.0)
    >>> print(f"{b.value:.3f} [{b.lower:.3f}, {b.upper:.3f}]")
    0.500 [0.227, 0.773]
    """
    tail(level, sides)
    tuned = positive("n_tuned", n_tuned)
    for arm, name, count in (("candidate", "n1", n1), ("control", "n0", n0)):
        if whole(name, count) < MINIMUM_N:
            return Bounds.unknown(
                _MEAN,
                f"the sequence begins at {MINIMUM_N} values in each arm, the {arm} has {whole(name, count)}",
            )
    candidate, control = Moments(n1, mean1, m2_1), Moments(n0, mean0, m2_0)
    both = candidate + control
    if both.m2 == 0:
        return Bounds.unknown(_MEAN, "all values are equal: no spread was seen to judge by")
    variance = sum(
        (arm.m2 + MINIMUM_N * both.variance) / (arm.n - 1 + MINIMUM_N) / arm.n for arm in (candidate, control)
    )
    d = candidate.mean - control.mean
    half = math.sqrt(variance) * reach(both.n, 1 - level, sides, tuned)
    return Bounds.around(d, d - half, d + half, _MEAN)


def reach(n: int, alpha: float, sides: int, tuned: int) -> float:
    """How many standard errors the sequence reaches after n values."""
    u = n * mixture_variance(alpha * (3 - sides), tuned) + 1
    edge = math.log(math.sqrt(u) / alpha) if sides == 2 else math.log1p(math.sqrt(u) / (2 * alpha))
    return math.sqrt(2 * u / (u - 1) * edge)


@lru_cache(maxsize=256)
def mixture_variance(alpha: float, tuned: int) -> float:
    """The mixture's variance that makes u / (u - 1) * log(u / alpha^2) smallest at n = tuned, where
    u = n rho^2 + 1: the derivative vanishes where log(u) - 2 log(alpha) = u - 1. For one side at twice the
    alpha, where its own edge, log(1 + sqrt(u) / (2 alpha)), is nearly the two-sided one."""
    from scipy.special import lambertw

    return (-float(lambertw(-(alpha**2) / math.e, -1).real) - 1) / tuned


def _lower_root(s: int, n: int, excess: Callable[[float, int, int], float], bar: float) -> float:
    """The share below s / n at which the log mixture comes down to the bar; 0 if nothing speaks for more."""
    if s == 0:
        return 0.0
    from scipy.optimize import brentq

    # Both mixtures fall with p up to here (the derivative's sign is that of p (n + 1) - s, or below it).
    high = s / (n + 1)
    if excess(high, s, n) >= bar:
        return high
    low = high
    while excess(low, s, n) < bar:
        low /= 2
    return float(brentq(lambda p: excess(p, s, n) - bar, low, high, xtol=1e-15, rtol=1e-12))


def _log_mixture(p: float, s: int, n: int) -> float:
    """Log of the likelihood averaged over all shares, over that of p."""
    from scipy.special import betaln

    return float(betaln(s + 1, n - s + 1)) - s * math.log(p) - (n - s) * math.log1p(-p)


def _log_mixture_above(p: float, s: int, n: int) -> float:
    """Log of the likelihood averaged over the shares above p, over that of p."""
    from scipy.special import betaincc

    return _log_mixture(p, s, n) + math.log(betaincc(s + 1, n - s + 1, p)) - math.log1p(-p)
