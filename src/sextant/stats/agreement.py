"""How far do labelers agree beyond chance? From counts: one row an item, one column a label.

A row says how many labelers gave the item each label. Large data hold the same few rows again and again, so a
row is given once with its multiplicity: two rows [3, 0] and [2, 1] with multiplicities [900, 100] are a
thousand items, and cost no more than two.

fleiss_kappa                 every item was rated by the same number of people
krippendorff_alpha_nominal   items may differ in their ratings; those with fewer than two are left out
agreement_interval           either, with an interval

Both are 1 for perfect agreement, 0 for what chance would give, below 0 for less than that. Labels are
nominal: no two differ more than others. They are nan where only one label was used, for agreement cannot then
be told from chance.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from sextant.errors import InvalidInput
from sextant.stats._checks import one_of, positive, row_of_counts, tail, whole
from sextant.stats.intervals import Bounds, clopper_pearson

if TYPE_CHECKING:
    from numpy import float64, int64
    from numpy.typing import NDArray

_STATISTICS = ("krippendorff_alpha", "fleiss_kappa")
#: How many numbers a block of resamples may hold at once.
_BLOCK = 4_000_000


class _Table(NamedTuple):
    """Distinct patterns of two ratings or more, how many items show each, and whether chance is computed
    without replacement (Krippendorff) or with (Fleiss)."""

    patterns: NDArray[float64]
    items: NDArray[int64]
    unreplaced: int

    @property
    def disagreement(self) -> NDArray[float64]:
        """Of each pattern: its ordered pairs of different labels, over the ratings less one."""
        ratings: NDArray[float64] = self.patterns.sum(axis=1)
        same: NDArray[float64] = (self.patterns**2).sum(axis=1)
        return (ratings**2 - same) / (ratings - 1)

    def agreement(self, items: NDArray[float64]) -> NDArray[float64]:
        """One minus observed by expected disagreement, for each row of item counts; nan with one label."""
        import numpy as np

        labels = items @ self.patterns
        total = labels.sum(axis=1)
        expected = (total**2 - (labels**2).sum(axis=1)) / np.maximum(total - self.unreplaced, 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(expected > 0, 1 - (items @ self.disagreement) / expected, np.nan)


def fleiss_kappa(patterns: Sequence[Sequence[int]], multiplicity: Sequence[int] | None = None) -> float:
    """Fleiss' kappa of items that were each rated by the same number of people, two or more.

    patterns      rows of label counts
    multiplicity  how many items show each row; one each when not given

    nan without items, or where only one label was used. Raises `InvalidInput` when rows have different
    numbers of ratings (`krippendorff_alpha_nominal` takes those) or fewer than two.

    Source: Fleiss, "Measuring nominal scale agreement among many raters" (1971).

    >>> fleiss_kappa([[2, 0], [1, 1], [0, 2]])   # 1/3 disagree, chance says 1/2
    0.33333333333333337
    """
    return _point(_table(patterns, multiplicity, "fleiss_kappa"))


def krippendorff_alpha_nominal(
    patterns: Sequence[Sequence[int]], multiplicity: Sequence[int] | None = None
) -> float:
    """Krippendorff's alpha for nominal labels; items with fewer than two ratings are left out.

    patterns      rows of label counts
    multiplicity  how many items show each row; one each when not given

    nan when no item has two ratings, or only one label was used.

    Source: Krippendorff, "Content analysis" (3rd ed., 2013), chapter 12.

    >>> round(krippendorff_alpha_nominal([[2, 0], [1, 1], [0, 2], [1, 0]]), 6)   # 1 - 2 / (18 / 5)
    0.444444
    """
    return _point(_table(patterns, multiplicity, "krippendorff_alpha"))


def agreement_interval(
    patterns: Sequence[Sequence[int]],
    multiplicity: Sequence[int] | None = None,
    *,
    statistic: str = "krippendorff_alpha",
    level: float = 0.95,
    sides: int = 2,
    resamples: int = 1000,
    seed: int = 0,
) -> Bounds:
    """Agreement with an interval, by drawing the items anew (percentile bootstrap).

    statistic  "krippendorff_alpha" or "fleiss_kappa"
    resamples  how many times; items are drawn by a multinomial over the patterns, so that a million cost no
               more than a thousand with the same patterns
    seed       the same seed gives the same bounds

    Items are taken as independent; the labelers are taken as they are. Undefined for fewer than two items,
    and where only one label was used. A draw in which only one label turns up counts as the lowest possible
    agreement at the lower end and as perfect at the upper.

    The bootstrap cannot see what did not happen: three items on which all agree would give [1, 1]. Neither bound
    is therefore nearer to the value than the one that follows from the share of items with any disagreement,
    by Clopper and Pearson, at the observed use of labels.

    Source: Efron and Tibshirani, "An introduction to the bootstrap" (1993), chapter 13; over items as in Zapf
    et al., "Measuring inter-rater reliability for nominal data" (2016).

    >>> b = agreement_interval([[3, 0], [2, 1], [1, 2], [0, 3]], [40, 10, 10, 40])
    >>> print(f"{b.value:.3f} [{b.lower:.2f}, {b.upper:.2f}]")
    0.734 [0.61, 0.83]
    """
    import numpy as np

    a = tail(level, sides)
    draws = positive("resamples", resamples)
    table = _table(patterns, multiplicity, one_of("statistic", statistic, _STATISTICS))
    n = int(table.items.sum())
    if n < 2:
        return Bounds.unknown("item_bootstrap", f"two items with two ratings are needed, there {_are(n)}")
    value = _point(table)
    if math.isnan(value):
        return Bounds.unknown(
            "item_bootstrap", "only one label was used: agreement cannot be told from chance"
        )
    rng = np.random.default_rng(whole("seed", seed))
    rows = max(1, _BLOCK // len(table.items))
    found = np.concatenate(
        [
            table.agreement(
                rng.multinomial(n, table.items / n, size=min(rows, draws - done)).astype(np.float64)
            )
            for done in range(0, draws, rows)
        ]
    )
    lower = float(np.quantile(np.nan_to_num(found, nan=-1.0), a))
    upper = float(np.quantile(np.nan_to_num(found, nan=1.0), 1 - a))
    low, high = _by_items(table, value, a)
    return Bounds.around(value, max(min(lower, low), -1.0), max(upper, high), "item_bootstrap")


def _table(patterns: Sequence[Sequence[int]], multiplicity: Sequence[int] | None, statistic: str) -> _Table:
    import numpy as np

    times = [1] * len(patterns) if multiplicity is None else [whole("multiplicity", m) for m in multiplicity]
    if len(times) != len(patterns):
        raise InvalidInput(
            f"there are {len(patterns)} patterns and {len(times)} multiplicities", rule="one for each pattern"
        )
    fleiss = statistic == "fleiss_kappa"
    items: Counter[tuple[int, ...]] = Counter()
    labels = ratings = None
    for i, (pattern, count) in enumerate(zip(patterns, times, strict=True)):
        row = row_of_counts(f"patterns[{i}]", pattern)
        labels = len(row) if labels is None else labels
        if len(row) != labels:
            raise InvalidInput(
                f"patterns[{i}] has {len(row)} labels, the first has {labels}",
                rule="every row counts the same labels",
                todo="write 0 for a label that an item did not get",
            )
        total = sum(row)
        ratings = total if ratings is None else ratings
        if fleiss and (total != ratings or total < 2):
            raise InvalidInput(
                f"patterns[{i}] has {total} ratings, the first has {ratings}",
                rule="Fleiss' kappa needs the same number of ratings for every item, two or more",
                todo="use krippendorff_alpha",
            )
        if total >= 2 and count:
            items[tuple(row)] += count
    return _Table(
        np.array(list(items), dtype=np.float64).reshape(len(items), labels or 0),
        np.array(list(items.values()), dtype=np.int64),
        0 if fleiss else 1,
    )


def _point(table: _Table) -> float:
    return float(table.agreement(table.items[None, :].astype("float64"))[0])


def _by_items(table: _Table, value: float, a: float) -> tuple[float, float]:
    """Bounds from the share of items with any disagreement: value = 1 - share * (disagreement of such items) /
    expected, with the share at either bound. Where none was seen, such an item is taken at its worst."""
    split = table.disagreement > 0
    n, k = int(table.items.sum()), int(table.items[split].sum())
    disputed = clopper_pearson(k, n, level=1 - 2 * a)
    if k:
        return (
            1 - (1 - value) * disputed.upper / disputed.value,
            1 - (1 - value) * disputed.lower / disputed.value,
        )
    import numpy as np

    ratings, labels = table.patterns.sum(axis=1), table.patterns.shape[1]
    # The worst item spreads its ratings over the labels as evenly as whole numbers allow.
    each, more = np.divmod(ratings, labels)
    evenly = more * (each + 1) ** 2 + (labels - more) * each**2
    worst = float(((ratings**2 - evenly) / (ratings - 1)).max())
    used = table.items @ table.patterns
    total = float(used.sum())
    expected = (total**2 - float((used**2).sum())) / (total - table.unreplaced)
    return 1 - disputed.upper * n * worst / expected, 1.0


def _are(count: int) -> str:
    return "is one" if count == 1 else "are none"
