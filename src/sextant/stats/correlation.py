"""How far two series of numbers go together.

pearson    along a straight line
spearman   by their ranks: whatever grows with the other, also along a curve
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from sextant.errors import InvalidInput
from sextant.stats._checks import number, tail
from sextant.stats.intervals import Bounds, normal_quantile


def pearson(one: Sequence[float], other: Sequence[float], *, level: float = 0.95, sides: int = 2) -> Bounds:
    """Pearson's correlation, with Fisher's z interval.

    The interval is right for numbers that are about normal; with long tails take `spearman`. Undefined for fewer than
    four pairs, and where one side does not vary. Where all points lie on one line no spread was seen to judge by.

    Source: Fisher, "On the probable error of a coefficient of correlation deduced from a small sample" (1921).

    >>> b = pearson([1, 2, 3, 4, 5, 6], [1, 3, 2, 5, 4, 6])
    >>> print(f"{b.value:.3f} [{b.lower:.2f}, {b.upper:.2f}]")
    0.886 [0.26, 0.99]
    """
    a = tail(level, sides)
    x, y = _paired(one, other)
    return _fisher("fisher_z", x, y, lambda r: 1.0, a)


def spearman(one: Sequence[float], other: Sequence[float], *, level: float = 0.95, sides: int = 2) -> Bounds:
    """Spearman's rank correlation; equal values share their ranks.

    Undefined as `pearson` is.

    Source: Bonett and Wright, "Sample size requirements for estimating Pearson, Kendall and Spearman correlations"
    (2000), for the interval.

    >>> b = spearman([1, 2, 3, 4, 5, 6], [1, 3, 2, 5, 4, 60])
    >>> print(f"{b.value:.3f} [{b.lower:.2f}, {b.upper:.2f}]")
    0.886 [0.07, 0.99]
    """
    a = tail(level, sides)
    x, y = _paired(one, other)
    from scipy.stats import rankdata

    return _fisher("bonett_wright", rankdata(x), rankdata(y), lambda r: 1 + r * r / 2, a)


def _paired(one: Sequence[float], other: Sequence[float]) -> tuple[list[float], list[float]]:
    if len(one) != len(other):
        raise InvalidInput(
            f"there are {len(one)} and {len(other)} numbers", rule="one of each for every pair"
        )
    x = [number(f"one[{i}]", v) for i, v in enumerate(one)]
    return x, [number(f"other[{i}]", v) for i, v in enumerate(other)]


def _fisher(
    method: str, x: Sequence[float], y: Sequence[float], spread: Callable[[float], float], a: float
) -> Bounds:
    import numpy as np

    n = len(x)
    if n < 4:
        return Bounds.unknown(
            method, f"a correlation's range needs four pairs, there {'is one' if n == 1 else f'are {n}'}"
        )
    u, v = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    u, v = u - u.mean(), v - v.mean()
    size = math.sqrt(float(u @ u)) * math.sqrt(float(v @ v))
    if size == 0:
        return Bounds.unknown(method, "one side does not vary: nothing can go together with it")
    r = min(max(float(u @ v) / size, -1.0), 1.0)
    if abs(r) > 1 - 1e-12:
        return Bounds.unknown(method, "all points lie on one line: no spread was seen to judge by")
    half = -normal_quantile(a) * math.sqrt(spread(r) / (n - 3))
    z = math.atanh(r)
    return Bounds.around(r, math.tanh(z - half), math.tanh(z + half), method)
