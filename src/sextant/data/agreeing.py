"""How far labelers agree: all together, label by label, and each two of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sextant.data.annotations import Annotations
from sextant.errors import InvalidInput
from sextant.stats.agreement import agreement_interval, fleiss_kappa
from sextant.stats.coincidence import cohen_interval, krippendorff_interval, percent_agreement
from sextant.stats.intervals import Bounds


@dataclass(frozen=True, slots=True)
class Pair:
    """Two labelers on the items that both rated: Cohen's kappa, and the share of them on which they agree."""

    one: str
    other: str
    items: int
    same: float
    kappa: Bounds


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far all agree.

    alpha      Krippendorff's alpha by `metric`, with its interval
    metric     "nominal", "ordinal" or "interval"
    percent    the share of pairs of ratings of one item that agree; nan without such a pair
    fleiss     Fleiss' kappa, None where items have different numbers of ratings
    by_label   alpha of each label against all others, the lowest first: which label is unclear
    pairs      each two labelers with at least two items in common, the least agreeing first
    items      items with two ratings or more, which is what agreement is about
    """

    alpha: Bounds
    metric: str
    percent: float
    fleiss: float | None
    by_label: tuple[tuple[str, Bounds], ...]
    pairs: tuple[Pair, ...]
    items: int


def agreement(
    given: Annotations, *, metric: str = "nominal", level: float = 0.95, most_pairs: int = 200, seed: int = 0
) -> Agreement:
    """Agreement beyond chance, all together and taken apart.

    metric      "nominal"; "ordinal" (the labels are taken in their order) or "interval" (labels must be numbers)
    level       of every interval
    most_pairs  pairs of labelers are looked at only where there are at most so many of them; else none is
    seed        the same seed draws the same

    Somebody's second rating of an item would count as a second person's agreement with the first: raises
    `InvalidInput` if there is one.

    >>> import pyarrow as pa
    >>> from sextant.data.annotations import read_annotations
    >>> from sextant.tables import table
    >>> rows = {"item": [1, 1, 2, 2, 3, 3], "who": ["a", "b"] * 3, "label": ["x", "x", "y", "y", "x", "y"]}
    >>> given = read_annotations(table(pa.table(rows), name="r"), item="item", labeler="who", label="label")
    >>> found = agreement(given)
    >>> round(found.alpha.value, 3), round(found.percent, 3), [(p.one, p.other) for p in found.pairs]
    (0.444, 0.667, [('a', 'b')])
    """
    if given.repeated and given.n != len({*zip(given.item.tolist(), given.labeler.tolist(), strict=True)}):
        raise InvalidInput(
            f"{given.repeated:,} ratings are somebody's second of an item", rule="agreement is between different people",
            todo="keep the first of each (repeats first)",
        )  # fmt: skip
    patterns, times = given.patterns()
    values = _numbers(given.labels) if metric == "interval" else None
    if metric == "nominal":
        alpha = agreement_interval(patterns, times, level=level, seed=seed)
    else:
        alpha = krippendorff_interval(patterns, times, metric=metric, values=values, level=level, seed=seed)
    sizes = {sum(row) for row in patterns}
    by_label = []
    for place, label in enumerate(given.labels):
        against = [[row[place], sum(row) - row[place]] for row in patterns]
        by_label.append((label, agreement_interval(against, times, level=level, seed=seed)))
    return Agreement(
        alpha, metric, percent_agreement(patterns, times),
        fleiss_kappa(patterns, times) if len(sizes) == 1 and min(sizes) > 1 else None,
        tuple(sorted(by_label, key=lambda one: _low(one[1]))),
        _pairs(given, "none" if metric == "nominal" else "quadratic", level, most_pairs, seed),
        sum(t for row, t in zip(patterns, times, strict=True) if sum(row) > 1),
    )  # fmt: skip


def _pairs(given: Annotations, weights: str, level: float, most: int, seed: int) -> tuple[Pair, ...]:
    people = len(given.labelers)
    if people * (people - 1) // 2 > most:
        return ()
    found = []
    for one in range(people):
        for other in range(one + 1, people):
            table = given.confusion(one, other)
            n = int(table.sum())
            if n >= 2:
                kappa = cohen_interval(table.tolist(), weights=weights, level=level, resamples=500, seed=seed)
                same = float(table.trace()) / n
                found.append(Pair(str(given.labelers[one]), str(given.labelers[other]), n, same, kappa))
    return tuple(sorted(found, key=lambda pair: _low(pair.kappa)))


def _low(bounds: Bounds) -> float:
    """To sort by: what is undefined comes last."""
    return 2.0 if bounds.undefined else bounds.value


def _numbers(labels: Sequence[str]) -> list[float]:
    try:
        return [float(label) for label in labels]
    except ValueError as error:
        word = next(label for label in labels if not _is_number(label))
        raise InvalidInput(
            f"the label {word!r} is no number", rule="the interval metric takes differences of labels",
            todo="use ordinal if they have an order, else nominal",
        ) from error  # fmt: skip


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
