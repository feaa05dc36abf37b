"""Do columns hang together in two tables alike? How strongly each two do, in both, and whether that differs.

Of two numbers it is Spearman's rank correlation, from -1 to 1; wherever a category is among the two, Cramér's V without
what chance alone would show, from 0 to 1, numbers cut at the fifths of the reference. Rows that lack one of both values are
left aside.

Source: Bonett and Wright, "Sample size requirements for estimating Pearson, Kendall and Spearman correlations" (2000), for
the error of a rank correlation; Bergsma, "A bias-correction for Cramér's V" (2013); Zou, "Toward using confidence intervals
to compare correlations" (2007), for the range of a difference.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Literal

from sextant.canonical import Frozen
from sextant.data.domain import LEAST_ROWS, MOST_ROWS, features_of, sampled
from sextant.tables import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: By so much a pair's strength may differ.
MARGIN = 0.15
#: Pairs of no more columns than this are looked at, the first ones of the table.
MOST_COLUMNS = 30
#: Of a category, the most frequent values; all others go together.
_MOST_VALUES = 12
_FIFTHS = 5
_RESAMPLES = 200


class Pair(Frozen):
    """Two columns, and how strongly they hang together.

    measure   spearman (from -1 to 1) or cramers_v (from 0 to 1)
    real, synthetic   its strength in either table
    lower, upper      the range of their difference, synthetic minus real, wide enough for all pairs at once
    verdict   kept: it differs by no more than the margin; lost: it differs by more (it may be weaker, stronger or the other
              way round); open: the rows do not decide it
    """

    one: str
    other: str
    measure: Literal["spearman", "cramers_v"]
    real: float
    synthetic: float
    lower: float
    upper: float
    verdict: Literal["kept", "lost", "open"]


def pairs_of(
    real: Table, synthetic: Table, columns: Sequence[str], *, margin: float = MARGIN, level: float = 0.95, seed: int = 0,
    most: int = MOST_ROWS,
) -> tuple[tuple[Pair, ...], int]:  # fmt: skip
    """Each two of the columns, those that differ most first; and how many columns were too many to be looked at.

    Columns that a classifier leaves out (ids, free text, times, nested values) have no pairs, nor have pairs with fewer
    than 30 rows that hold both values on one side. No more than `most` rows of either table are looked at, drawn by `seed`.
    """
    import numpy as np

    rows = [sampled(t, columns, most, seed)[0] for t in (real, synthetic)]
    values, categorical, _ = features_of(rows[0], rows[1], columns)
    names = list(values)[:MOST_COLUMNS]
    n = rows[0].num_rows
    sides = [{k: v[:n] for k, v in values.items()}, {k: v[n:] for k, v in values.items()}]
    # Nothing that does not vary hangs together with anything.
    names = [k for k in names if all(len(np.unique(s[k][~np.isnan(s[k])])) > 1 for s in sides)]
    asked = list(combinations(names, 2))
    rng = np.random.default_rng(seed)
    z = NormalDist().inv_cdf(1 - (1 - level) / 2 / max(len(asked), 1))
    coded = {k: _coded(sides[0][k], sides[1][k], k in categorical) for k in names}
    found = []
    for one, other in asked:
        if not {one, other} & categorical:
            both = [_spearman(s[one], s[other], z) for s in sides]
        else:
            (first, n1), (second, n2) = coded[one], coded[other]
            both = [_cramer(a, b, (n1, n2), z, rng) for a, b in zip(first, second, strict=True)]
        if None in both:
            continue
        found.append(
            _pair(one, other, "spearman" if not {one, other} & categorical else "cramers_v", both, margin)
        )
    ranked = sorted(found, key=lambda p: (-abs(p.synthetic - p.real), p.one, p.other))
    return tuple(ranked), max(len(values) - MOST_COLUMNS, 0)


#: A strength with its range.
_Ranged = tuple[float, float, float]


def _pair(one: str, other: str, measure: Any, both: Sequence[_Ranged | None], margin: float) -> Pair:
    (r, r_low, r_high), (s, s_low, s_high) = (b for b in both if b is not None)
    lower = s - r - math.hypot(s - s_low, r_high - r)
    upper = s - r + math.hypot(s_high - s, r - r_low)
    verdict: Literal["kept", "lost", "open"] = "open"
    if lower > margin or upper < -margin:
        verdict = "lost"
    elif -margin <= lower and upper <= margin:
        verdict = "kept"
    return Pair(
        one=one, other=other, measure=measure, real=r, synthetic=s, lower=lower, upper=upper, verdict=verdict
    )


def _spearman(x: NDArray[Any], y: NDArray[Any], z: float) -> _Ranged | None:
    import numpy as np
    from scipy.stats import rankdata

    kept = ~(np.isnan(x) | np.isnan(y))
    n = int(kept.sum())
    if n < LEAST_ROWS:
        return None
    a, b = rankdata(x[kept]), rankdata(y[kept])
    if a.std() == 0 or b.std() == 0:
        return None
    r = float(np.clip(np.corrcoef(a, b)[0, 1], -1, 1))
    # The logarithm has no end at a perfect correlation.
    middle = math.atanh(max(min(r, 1 - 1e-12), -1 + 1e-12))
    away = z * math.sqrt((1 + r * r / 2) / (n - 3))
    return r, min(math.tanh(middle - away), r), max(math.tanh(middle + away), r)


def _coded(real: NDArray[Any], synthetic: NDArray[Any], category: bool) -> tuple[list[NDArray[Any]], int]:
    """Both sides as whole numbers from 0 on, -1 for missing, and how many there are: the most frequent categories, or
    fifths of the reference."""
    import numpy as np

    if category:
        both = [
            np.where(np.isnan(side), -1, np.minimum(side, _MOST_VALUES)).astype(int)
            for side in (real, synthetic)
        ]
        return both, _MOST_VALUES + 1
    there = real[~np.isnan(real)]
    edges = np.unique(np.quantile(there, np.arange(1, _FIFTHS) / _FIFTHS))
    both = [
        np.where(np.isnan(side), -1, np.searchsorted(edges, side, side="left")) for side in (real, synthetic)
    ]
    return both, len(edges) + 1


def _cramer(
    x: NDArray[Any], y: NDArray[Any], shape: tuple[int, int], z: float, rng: Any
) -> _Ranged | None:  # fmt: skip
    """With a range by the bootstrap's standard error over the table of both."""
    import numpy as np

    kept = (x >= 0) & (y >= 0)
    n = int(kept.sum())
    if n < LEAST_ROWS:
        return None
    counts = np.bincount(x[kept] * shape[1] + y[kept], minlength=shape[0] * shape[1]).astype(float)
    value = float(_strength(counts[None], shape)[0])
    drawn = rng.multinomial(n, counts / n, size=_RESAMPLES).astype(float)
    away = z * float(_strength(drawn, shape).std(ddof=1))
    return value, max(value - away, 0.0), min(value + away, 1.0)


def _strength(counts: NDArray[Any], shape: tuple[int, int]) -> NDArray[Any]:
    """Bergsma's V of each of several tables; 0 where a side has one value."""
    import numpy as np

    tables = counts.reshape(-1, *shape)
    n = tables.sum(axis=(1, 2))
    down, across = tables.sum(axis=2), tables.sum(axis=1)
    expected = down[:, :, None] * across[:, None, :] / n[:, None, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        square = np.nan_to_num((tables - expected) ** 2 / expected).sum(axis=(1, 2)) / n
    k, m = (down > 0).sum(axis=1), (across > 0).sum(axis=1)
    freed = np.maximum(square - (k - 1) * (m - 1) / (n - 1), 0.0)
    k, m = k - (k - 1) ** 2 / (n - 1), m - (m - 1) ** 2 / (n - 1)
    room = np.minimum(k, m) - 1
    return np.where(room > 0, np.sqrt(freed / np.where(room > 0, room, 1.0)), 0.0).clip(0, 1)
