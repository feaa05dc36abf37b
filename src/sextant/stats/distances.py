"""How far apart are two distributions? From two histograms of counts on the same bins.

total_variation     the share of values that would have to move to another bin; from 0 to 1. The one to explain.
jensen_shannon      its logarithmic cousin, more sensitive where a bin is nearly empty; from 0 to 1
hellinger           the same idea by roots of shares, without a logarithm; from 0 to 1
psi                 the population stability index of credit scoring; from 0 without limit
cramers_v           how strongly the bin and the sample hang together, from the chi-squared statistic; from 0 to 1
kolmogorov_smirnov  the largest gap between the two cumulated shares, where bins have an order; from 0 to 1
wasserstein         how far values have moved on average, in standard deviations of the reference
distance_interval   any of them, freed of what chance alone would show, with an interval
exceeds             the chance of seeing as much, were the true distance no more than a threshold

The plain functions compute the distance of the histograms as they are. Two samples of one and the same
distribution never have quite equal histograms, so the plain distance of small samples is large without any
drift: judge drift by `distance_interval`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from sextant.errors import InvalidInput
from sextant.stats._checks import at_least_zero, number, one_of, positive, row_of_counts, tail, whole
from sextant.stats.intervals import Bounds, clopper_pearson

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

Statistic = Literal[
    "total_variation", "jensen_shannon", "hellinger", "psi", "cramers_v", "kolmogorov_smirnov", "wasserstein"
]  # fmt: skip
#: The distances by name.
STATISTICS: tuple[Statistic, ...] = get_args(Statistic)
#: How many numbers a block of resamples may hold at once.
_BLOCK = 2_000_000


def total_variation(reference: Sequence[int], current: Sequence[int]) -> float:
    """Half the sum of the absolute differences of the bins' shares; nan when a histogram is empty.

    Raises `InvalidInput` for counts that are not whole and zero or more, or histograms of different lengths.

    >>> total_variation([50, 50], [75, 25])
    0.25
    """
    return _plain("total_variation", reference, current)


def jensen_shannon(reference: Sequence[int], current: Sequence[int]) -> float:
    """The Jensen–Shannon distance to base 2, the root of the divergence; nan when a histogram is empty.

    Source: Lin, "Divergence measures based on the Shannon entropy" (1991).

    >>> jensen_shannon([10, 0], [0, 10])
    1.0
    """
    return _plain("jensen_shannon", reference, current)


def psi(reference: Sequence[int], current: Sequence[int]) -> float:
    """The population stability index, the bins' sum of (q - p) ln(q / p); nan when a histogram is empty.

    A bin that is empty on one side only counts there as half a value, as the logarithm of nothing is
    infinite; with many such bins the index says more about the samples' size than about drift.

    Source: Yurdakul and Naranjo, "Statistical properties of the population stability index" (2020).

    >>> round(psi([50, 50], [75, 25]), 6)   # 0.25 ln 1.5 + 0.25 ln 2
    0.274653
    """
    return _plain("psi", reference, current)


def hellinger(reference: Sequence[int], current: Sequence[int]) -> float:
    """The Hellinger distance, the root of half the sum of (√p - √q)²; nan when a histogram is empty.

    Source: Hellinger (1909); Le Cam and Yang, "Asymptotics in statistics" (2000), section 4.2.

    >>> hellinger([10, 0], [0, 10]), round(hellinger([50, 50], [75, 25]), 6)
    (1.0, 0.184592)
    """
    return _plain("hellinger", reference, current)


def cramers_v(reference: Sequence[int], current: Sequence[int]) -> float:
    """Cramér's V of the table of two samples by bins, √(χ² / n); nan when a histogram is empty.

    It depends on how the rows are split between the samples: compare it only between pairs of like sizes.

    Source: Cramér, "Mathematical methods of statistics" (1946), section 21.9.

    >>> round(cramers_v([50, 50], [75, 25]), 6)   # the root of (2 * 12.5² / 62.5 + 2 * 12.5² / 37.5) / 200
    0.258199
    """
    return _plain("cramers_v", reference, current)


def kolmogorov_smirnov(reference: Sequence[int], current: Sequence[int]) -> float:
    """The largest gap between the two cumulated shares, over bins in their order; nan when one is empty.

    On bins it is no larger than between the values themselves, by no more than the fullest bin holds.

    Source: Smirnov (1939); Conover, "Practical nonparametric statistics" (1999), section 6.3.

    >>> kolmogorov_smirnov([1, 1, 2], [2, 1, 1])
    0.25
    """
    return _plain("kolmogorov_smirnov", reference, current)


def wasserstein(reference: Sequence[int], current: Sequence[int], positions: Sequence[float]) -> float:
    """How far a value must move on average to turn one histogram into the other, over the reference's standard
    deviation. `positions` are where the bins' values lie, in order. nan when a histogram is empty, or all of
    the reference lies in one place.

    Source: the first Wasserstein, or earth mover's, distance: Villani, "Optimal transport" (2009), section 6.

    >>> wasserstein([2, 2, 0], [0, 2, 2], positions=[0, 1, 2])   # all move by 1, sd of 0, 0, 1, 1 is √(1/3)
    1.7320508075688774
    """
    r, c = _pair(reference, current)
    kind = _kind("wasserstein", r, positions)
    return math.nan if r.sum() == 0 or c.sum() == 0 else kind.back(float(kind.scaled(r, c)))


def plainly(reference: Sequence[int], current: Sequence[int]) -> dict[str, float]:
    """Every distance of two histograms that needs no order of their bins, by its name; none when one is empty.

    >>> {name: round(value, 2) for name, value in plainly([50, 50], [75, 25]).items()}
    {'total_variation': 0.25, 'jensen_shannon': 0.22, 'hellinger': 0.18, 'psi': 0.27, 'cramers_v': 0.26}
    """
    r, c = _pair(reference, current)
    if r.sum() == 0 or c.sum() == 0:
        return {}
    return {
        name: _KINDS[name].back(float(_KINDS[name].scaled(r, c)))
        for name in STATISTICS
        if name not in ("kolmogorov_smirnov", "wasserstein")
    }


def distance_interval(
    reference: Sequence[int],
    current: Sequence[int],
    *,
    statistic: str = "total_variation",
    level: float = 0.95,
    sides: int = 2,
    resamples: int = 500,
    seed: int = 0,
    positions: Sequence[float] = (),
) -> Bounds:
    """A distance without the part that chance explains, with an interval; its lower bound is above 0 only
    where the two histograms differ by more than chance.

    statistic  one of those of this module, by name; "total_variation" is the one to explain
    positions  for "wasserstein" only: where the bins' values lie
    resamples  how many times either of two kinds of pairs of histograms is drawn, both at the given sizes:
               "no drift" pairs, two samples of the pooled histogram, and "as seen" pairs, one sample of each
    seed       the same seed gives the same bounds

    Let D be the distance seen, squared for all but "psi", on which scale chance adds up.
    Then, on that scale,

        value  =  D  -  mean of the no-drift pairs
        lower  =  value  -  the larger of (high quantile of the no-drift pairs - their mean)
                                      and (mean of the pairs as seen - their low quantile)
        upper  =  D  -  the smaller of (mean of the no-drift pairs) and (mean of the pairs as seen - D)
                     +  (high quantile of the pairs as seen - their mean), at least D

    each clipped at 0 and brought back by the square root. The first of the two distances in `lower` makes
    "lower above 0" a test of no drift: with `sides=2` it fires falsely in (1 - level) / 2 of all cases, with
    `sides=1` in 1 - level, in practice in fewer. Plain differences instead of squares would put a real drift too
    low. Chance adds less to a large drift than to none, hence the smaller of the two in `upper`, which is
    approximate all the same: at level 0.95 with `sides=1`, up to 10 % of simulated drifts lay above it.

    Where all values of both lie in one bin the value is 0 and the upper bound is what may hide in the unseen
    rest (for "psi" and "wasserstein": inf). With very few values in many bins the upper bound of "psi" is too low.

    Undefined when a histogram is empty.

    Source: Efron and Tibshirani, "An introduction to the bootstrap" (1993), sections 10.2 (bias) and 16.2 (a
    null drawn from the pooled sample); that the null's expectation depends on sizes and bins: Yurdakul and
    Naranjo (2020).

    >>> b = distance_interval([500, 300, 200], [300, 300, 400])
    >>> print(f"{b.value:.2f} [{b.lower:.2f}, {b.upper:.2f}]")
    0.20 [0.16, 0.24]
    """
    import numpy as np

    a = tail(level, sides)
    draws = positive("resamples", resamples)
    r, c = _pair(reference, current)
    kind = _kind(one_of("statistic", statistic, STATISTICS), r, positions)
    n, m = int(r.sum()), int(c.sum())
    if n == 0 or m == 0:
        return Bounds.unknown(
            "null_corrected_bootstrap", f"the {'reference' if n == 0 else 'current'} is empty"
        )
    seen = (r + c) > 0
    if seen.sum() == 1:
        # Two bounds must hold together, hence half the tail for either.
        unseen = max(clopper_pearson(0, size, level=1 - a).upper for size in (n, m))
        return Bounds.around(0.0, 0.0, kind.most(unseen), "null_corrected_bootstrap")
    found = _resampled(kind, r, c, draws, seed)
    if found is None:
        return Bounds.unknown("null_corrected_bootstrap", "all of the reference lies in one place")

    d, null, alike = found
    chance, chance_seen = float(null.mean()), max(float(alike.mean()) - d, 0.0)
    null_high = float(np.quantile(null, 1 - a)) - chance
    low, high = (float(end - alike.mean()) for end in np.quantile(alike, (a, 1 - a)))
    ends = (d - chance, d - chance - max(null_high, -low), max(d - min(chance, chance_seen) + high, d))
    point, lower, upper = (kind.back(max(end, 0.0)) for end in ends)
    return Bounds.around(point, lower, min(upper, kind.most(1.0)), "null_corrected_bootstrap")


def exceeds(
    reference: Sequence[int],
    current: Sequence[int],
    threshold: float,
    *,
    statistic: str = "total_variation",
    resamples: int = 2000,
    seed: int = 0,
    positions: Sequence[float] = (),
) -> float:
    """The chance of seeing a distance this far above `threshold`, were the true one no larger: a p-value.

    It is the tail at which the lower bound of `distance_interval` reaches the threshold, so the two never
    disagree; with it, many columns can be judged together (`sextant.stats.benjamini_hochberg`). It cannot be
    smaller than 1 / (`resamples` + 1). nan when a histogram is empty.

    Source: as `distance_interval`; p-values of a resampled null: Davison and Hinkley, "Bootstrap methods and
    their application" (1997), section 4.2.

    >>> exceeds([500, 300, 200], [300, 300, 400], 0.1) < 0.001, exceeds([5, 3, 2], [3, 3, 4], 0.1) > 0.1
    (True, True)
    """
    import numpy as np

    limit = at_least_zero("threshold", threshold)
    draws = positive("resamples", resamples)
    r, c = _pair(reference, current)
    kind = _kind(one_of("statistic", statistic, STATISTICS), r, positions)
    if r.sum() == 0 or c.sum() == 0:
        return math.nan
    if (r + c > 0).sum() == 1:
        return 1.0
    found = _resampled(kind, r, c, draws, seed)
    if found is None:
        return math.nan
    d, null, alike = found
    excess = d - float(null.mean()) - kind.there(limit)
    if excess <= 0:
        return 1.0
    beyond = max(int((null - null.mean() >= excess).sum()), int((alike.mean() - alike >= excess).sum()))
    return float(np.float64(1 + beyond) / (draws + 1))


class _Kind(NamedTuple):
    """A distance on the scale on which chance adds up, the way back to its own and from there, and the most it
    can be when no more than this share of the values lies in other bins."""

    scaled: Callable[[NDArray[float64], NDArray[float64]], NDArray[float64]]
    back: Callable[[float], float]
    there: Callable[[float], float]
    most: Callable[[float], float]


def _resampled(
    kind: _Kind, r: NDArray[float64], c: NDArray[float64], draws: int, seed: int
) -> tuple[float, NDArray[float64], NDArray[float64]] | None:
    """The distance seen, those of pairs without drift, and those of pairs as seen; None if there is none."""
    import numpy as np

    rng = np.random.default_rng(whole("seed", seed))
    n, m = int(r.sum()), int(c.sum())
    rows = max(1, _BLOCK // len(r))

    def drawn(p: NDArray[float64], q: NDArray[float64]) -> NDArray[float64]:
        blocks = [min(rows, draws - done) for done in range(0, draws, rows)]
        pairs = ((rng.multinomial(n, p, size=k), rng.multinomial(m, q, size=k)) for k in blocks)
        return np.concatenate([kind.scaled(x.astype(np.float64), y.astype(np.float64)) for x, y in pairs])

    d = float(kind.scaled(r, c))
    if math.isnan(d):
        return None
    pooled = (r + c) / (n + m)
    return d, drawn(pooled, pooled), drawn(r / n, c / m)


def _shares(counts: NDArray[float64]) -> NDArray[float64]:
    shares: NDArray[float64] = counts / counts.sum(axis=-1, keepdims=True)
    return shares


def _total_variation_squared(r: NDArray[float64], c: NDArray[float64]) -> NDArray[float64]:
    distance: NDArray[float64] = abs(_shares(r) - _shares(c)).sum(axis=-1) / 2
    return distance**2


def _jensen_shannon_squared(r: NDArray[float64], c: NDArray[float64]) -> NDArray[float64]:
    import numpy as np

    p, q = _shares(r), _shares(c)
    middle = (p + q) / 2
    used = np.where(middle > 0, middle, 1.0)
    # What has no share adds nothing; its logarithm is not asked for.
    parts = [x * np.log(np.where(x > 0, x / used, 1.0)) for x in (p, q)]
    bits = (parts[0] + parts[1]).sum(axis=-1) / (2 * math.log(2))
    # Equal histograms give a hair below zero in floats.
    divergence: NDArray[float64] = np.clip(bits, 0.0, 1.0)
    return divergence


def _psi(r: NDArray[float64], c: NDArray[float64]) -> NDArray[float64]:
    import numpy as np

    used = (r + c) > 0
    p, q = (np.where(used, np.maximum(x, 0.5), 1.0) / x.sum(axis=-1, keepdims=True) for x in (r, c))
    index: NDArray[float64] = np.where(used, (q - p) * np.log(q / p), 0.0).sum(axis=-1)
    return index


def _hellinger_squared(r: NDArray[float64], c: NDArray[float64]) -> NDArray[float64]:
    import numpy as np

    overlap = np.sqrt(_shares(r) * _shares(c)).sum(axis=-1)
    squared: NDArray[float64] = np.clip(1 - overlap, 0.0, 1.0)
    return squared


def _cramers_v_squared(r: NDArray[float64], c: NDArray[float64]) -> NDArray[float64]:
    import numpy as np

    n, m = r.sum(axis=-1, keepdims=True), c.sum(axis=-1, keepdims=True)
    both = r + c
    expected = both * n / (n + m)
    # With two samples, both rows of the table deviate alike: chi-squared is this, over n and m together.
    terms = np.where(both > 0, (r - expected) ** 2 / np.where(both > 0, both, 1.0), 0.0)
    squared: NDArray[float64] = terms.sum(axis=-1) * ((n + m) / (n * m))[..., 0]
    return squared


def _kolmogorov_smirnov_squared(r: NDArray[float64], c: NDArray[float64]) -> NDArray[float64]:
    gaps: NDArray[float64] = abs((_shares(r) - _shares(c)).cumsum(axis=-1)).max(axis=-1)
    return gaps**2


def _kind(statistic: str, reference: NDArray[float64], positions: Sequence[float]) -> _Kind:
    """The distance by its name; that of Wasserstein needs to know where the bins lie, and the reference's spread."""
    import numpy as np

    if statistic != "wasserstein":
        return _KINDS[statistic]
    at = np.asarray(positions, dtype=np.float64)
    if not np.isfinite(at).all():
        _ = [number(f"positions[{i}]", x) for i, x in enumerate(positions)]
    if len(at) != len(reference) or bool((np.diff(at) < 0).any()):
        raise InvalidInput(
            f"there are {len(at)} positions for {len(reference)} bins",
            rule="each bin has a position, in order",
            todo="give `positions`",
        )
    n = reference.sum()
    mean = float((at * reference).sum() / n) if n else math.nan
    variance = float(((at - mean) ** 2 * reference).sum() / (n - 1)) if n > 1 else 0.0
    spread = math.sqrt(variance) if variance > 0 else math.nan

    def squared(r: NDArray[float64], c: NDArray[float64]) -> NDArray[float64]:
        gaps = abs((_shares(r) - _shares(c)).cumsum(axis=-1))[..., :-1]
        moved: NDArray[float64] = (gaps * np.diff(at)).sum(axis=-1) / spread
        return moved**2

    return _Kind(squared, math.sqrt, _square, lambda share: math.inf)


def _square(value: float) -> float:
    return value * value


# The Jensen-Shannon divergence and Hellinger's square are at most the total variation (Lin 1991; Le Cam), the
# largest gap of sums too, V² at most twice it; the index has no limit.
_KINDS = {
    "total_variation": _Kind(_total_variation_squared, math.sqrt, _square, lambda share: share),
    "jensen_shannon": _Kind(_jensen_shannon_squared, math.sqrt, _square, math.sqrt),
    "hellinger": _Kind(_hellinger_squared, math.sqrt, _square, math.sqrt),
    "psi": _Kind(_psi, float, float, lambda share: math.inf),
    "cramers_v": _Kind(_cramers_v_squared, math.sqrt, _square, lambda share: math.sqrt(min(2 * share, 1.0))),
    "kolmogorov_smirnov": _Kind(_kolmogorov_smirnov_squared, math.sqrt, _square, lambda share: share),
}


def _plain(statistic: str, reference: Sequence[int], current: Sequence[int]) -> float:
    r, c = _pair(reference, current)
    if r.sum() == 0 or c.sum() == 0:
        return math.nan
    kind = _KINDS[statistic]
    return kind.back(float(kind.scaled(r, c)))


def _pair(reference: Sequence[int], current: Sequence[int]) -> tuple[NDArray[float64], NDArray[float64]]:
    import numpy as np

    r, c = row_of_counts("reference", reference), row_of_counts("current", current)
    if len(r) != len(c):
        raise InvalidInput(
            f"the reference has {len(r)} bins, the current {len(c)}", rule="both are counted on the same bins"
        )
    return np.array(r, dtype=np.float64), np.array(c, dtype=np.float64)
