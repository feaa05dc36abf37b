"""How far a model's pre-labels sway the people who see them: labels where it was shown beside labels where it was hidden."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sextant.stats.intervals import Bounds, difference_means, mean_t, wilson
from sextant.stats.moments import Moments


@dataclass(frozen=True, slots=True)
class Prelabeled:
    """One person's label of an item that a model labeled before.

    item     which item
    shown    whether the person saw the pre-label; drawn for the item, so that both halves are alike but for that
    same     whether the label is the pre-label
    right    whether it is the known answer; None where none is known
    misled   whether the pre-label is known to be wrong; None where no answer is known
    seconds  how long it took; None where that was not measured
    """

    item: str
    shown: bool
    same: bool
    right: bool | None = None
    misled: bool | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """A mean over items where the pre-label was shown, where it was hidden, and the difference of the two. Of an item with
    several labels its mean counts once: the item is what was drawn. Undefined where a half has fewer than two items."""

    shown: Bounds
    hidden: Bounds
    difference: Bounds
    items_shown: int
    items_hidden: int


@dataclass(frozen=True, slots=True)
class Influence:
    """What seeing the pre-label does.

    labels    how many labels were looked at
    same      the share of labels that are the pre-label
    right     the share of labels that are right, of items whose answer is known
    followed  the share of labels that are the pre-label although it is known to be wrong
    seconds   how long a label takes
    """

    labels: int
    same: Compared
    right: Compared
    followed: Compared
    seconds: Compared

    def sentence(self) -> str:
        """The main thing in words."""
        d = self.same.difference
        if d.undefined:
            few = min(self.same.items_shown, self.same.items_hidden) < 2
            why = "fewer than two items of a half are labeled" if few else d.undefined
            return f"Nobody can tell yet whether seeing the pre-label sways people: {why}."
        less, more = 100 * d.lower, 100 * d.upper
        if d.lower > 0:
            text = f"Who sees the pre-label gives it {less:.0f} to {more:.0f} points more often than who does not: it sways them."
        elif d.upper < 0:
            text = f"Who sees the pre-label gives it {-more:.0f} to {-less:.0f} points less often: it puts them off."
        else:
            text = f"No sway was seen; from {less:.0f} to {more:.0f} points are possible."
        right = self.right.difference
        if not right.undefined and right.upper < 0:
            text += " They are wrong more often with it."
        elif not right.undefined and right.lower > 0:
            text += " They are right more often with it."
        return text


def influence(labels: Iterable[Prelabeled], *, level: float = 0.95) -> Influence:
    """Compare labels where the pre-label was shown with labels where it was hidden.

    Whether an item's is shown must have been drawn for the item before anybody labeled it; else the halves differ in more
    than that, and so does what is measured. The means are over items, with Welch's interval for their difference; where one
    half is all the same, Wilson's limits of both are combined.

    Source: a comparison of two groups of drawn units (Imbens and Rubin, "Causal inference for statistics, social, and
    biomedical sciences", 2015, chapter 6); the combination is Newcombe's (1998, method 10).

    >>> rows = [Prelabeled(str(n), shown=n % 2 == 0, same=n % 2 == 0 or n % 3 == 0) for n in range(40)]
    >>> found = influence(rows)
    >>> found.same.shown.value, found.same.hidden.value
    (1.0, 0.35)
    >>> found.sentence()
    'Who sees the pre-label gives it 37 to 88 points more often than who does not: it sways them.'
    """
    rows = list(labels)
    return Influence(
        len(rows),
        _compared(rows, lambda r: float(r.same), level),
        _compared(rows, lambda r: None if r.right is None else float(r.right), level),
        _compared(rows, lambda r: float(r.same) if r.misled else None, level),
        _compared(rows, lambda r: r.seconds, level, share=False),
    )


def _compared(
    rows: Sequence[Prelabeled], value: Callable[[Prelabeled], float | None], level: float, *, share: bool = True
) -> Compared:  # fmt: skip
    halves: dict[bool, dict[str, list[float]]] = {True: defaultdict(list), False: defaultdict(list)}
    for row in rows:
        if (found := value(row)) is not None:
            halves[row.shown][row.item].append(found)
    shown, hidden = (Moments.of([sum(v) / len(v) for v in halves[half].values()]) for half in (True, False))
    one, nought = _mean(shown, level, share), _mean(hidden, level, share)
    if (shown.m2 and hidden.m2) or one.undefined or nought.undefined:
        difference = difference_means(
            shown.n, shown.mean, shown.m2, hidden.n, hidden.mean, hidden.m2, level=level
        )
    else:
        d = one.value - nought.value
        low = d - math.hypot(one.value - one.lower, nought.upper - nought.value)
        high = d + math.hypot(one.upper - one.value, nought.value - nought.lower)
        difference = Bounds.around(d, low, high, "hybrid_score")
    return Compared(one, nought, difference, shown.n, hidden.n)


def _mean(half: Moments, level: float, share: bool) -> Bounds:
    """Of a share that is none or all in every item no spread was seen: Wilson's interval says what is possible all the same."""
    if share and half.n > 1 and half.m2 == 0 and half.mean in (0.0, 1.0):
        return wilson(int(half.mean) * half.n, half.n, level=level)
    return mean_t(half.n, half.mean, half.m2, level=level)
