"""Does the model serve groups alike? The largest gap between groups in each share that matters, with its range.

selection_rate        called positive: demographic parity
recall                found of those who are: equal opportunity
false_positive_rate   called so of those who are not; with recall: equalized odds
precision             right of those called: predictive parity
accuracy              answered right
false_negative_rate   missed of those who are
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sextant.errors import InvalidInput
from sextant.evaluation.counting import MISSING, label
from sextant.phrases import interval_text, number, number_text
from sextant.stats.gaps import largest_gap, smallest_ratio
from sextant.stats.intervals import Bounds, wilson
from sextant.tables import Scalar, Table, equals, present, same_values
from sextant.tables import table as open_table

METRICS = ("selection_rate", "recall", "false_positive_rate", "precision", "accuracy", "false_negative_rate")
#: Groups with fewer cases tell nothing of themselves; they are left out and named.
FEWEST = 30
#: More groups than this are no groups of people.
MOST = 500


@dataclass(frozen=True, slots=True)
class GroupShares:
    """A share in every group: successes and trials. `small` groups have fewer trials than were asked for."""

    metric: str
    groups: tuple[str, ...]
    successes: tuple[int, ...]
    trials: tuple[int, ...]
    small: tuple[str, ...] = ()

    def gap(self, level: float = 0.95, sides: int = 2) -> Bounds:
        return largest_gap(self.successes, self.trials, level=level, sides=sides)

    def ratio(self, level: float = 0.95, sides: int = 2) -> Bounds:
        return smallest_ratio(self.successes, self.trials, level=level, sides=sides)


@dataclass(frozen=True, slots=True)
class Fairness:
    """Every share by group. `by` are the attributes, taken together where there are several."""

    table: str
    by: tuple[str, ...]
    positive: str
    level: float
    shares: tuple[GroupShares, ...]

    def __getitem__(self, metric: str) -> GroupShares:
        return next(s for s in self.shares if s.metric == metric)

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def fairness(
    source: Any,
    *,
    target: str,
    prediction: str,
    positive: Scalar,
    by: Sequence[str],
    fewest: int = FEWEST,
    level: float = 0.95,
) -> Fairness:
    """Every share of `METRICS` for every group, and the largest gap and smallest ratio between groups, from one pass.

    by      columns whose values are the groups; several are taken together, so that people at their crossing are seen
    fewest  groups with fewer cases than this do not count in a gap

    Raises `InvalidInput` for a column that is not there, or more than 500 groups.

    >>> import pyarrow as pa
    >>> rows = {"is": [1, 1, 0, 0] * 40, "said": [1, 0, 0, 0] * 20 + [1, 1, 0, 1] * 20, "sex": ["f"] * 80 + ["m"] * 80}
    >>> found = fairness(pa.table(rows), target="is", prediction="said", positive=1, by=["sex"])
    >>> b = found["recall"].gap()
    >>> print(f"{b.value:.2f} [{b.lower:.2f}, {b.upper:.2f}]")
    0.50 [0.30, 0.65]
    """
    table = source if isinstance(source, Table) else open_table(source)
    cells = _cells(table, target, prediction, positive, by)
    if len(cells) > MOST:
        raise InvalidInput(
            f"{', '.join(by)} make {number(len(cells))} groups",
            where=table.name,
            rule=f"groups of people have many cases each; at most {MOST} groups",
            todo="take fewer columns, or bands",
        )
    shares = tuple(_shares(metric, cells, fewest) for metric in METRICS)
    return Fairness(table.name, tuple(by), label(positive), level, shares)


def group_shares(
    table: Table, metric: str, *, target: str, prediction: str, positive: Scalar, by: Sequence[str], fewest: int = FEWEST
) -> GroupShares:  # fmt: skip
    """One share for every group; see `fairness`."""
    if metric not in METRICS:
        raise InvalidInput(f"there is no metric {metric!r}", rule=f"metrics are {', '.join(METRICS)}")
    return _shares(metric, _cells(table, target, prediction, positive, by), fewest)


#: Of one group: true and false positives, false and true negatives.
Cells = tuple[int, int, int, int]


def _cells(
    table: Table, target: str, prediction: str, positive: Scalar, by: Sequence[str]
) -> dict[str, Cells]:
    if not by:
        raise InvalidInput("there are no groups", rule="name a column whose values are groups")
    where = f"{table.name}, {target} and {prediction}"
    said, right = same_values(table.column(prediction), table.column(target), where=where)
    is_ = equals(right, positive, where=where)
    called = (present(said) & equals(said, positive, where=where)).fill_null(False)
    made = {f"g{i}": table.column(c) for i, c in enumerate(by)}
    kept = table.expr.select(**made, is_=is_, called=called, known=table.present(target))
    kept = kept.filter(kept.known)
    keys = [f"g{i}" for i in range(len(by))]
    found = table.fetch(kept.group_by([*keys, "is_", "called"]).aggregate(n=kept.count()))
    cells: dict[str, list[int]] = {}
    for row in found:
        values = [MISSING if row[k] is None else label(row[k]) for k in keys]
        name = values[0] if len(by) == 1 else ", ".join(f"{c}={v}" for c, v in zip(by, values, strict=True))
        place = {(True, True): 0, (False, True): 1, (True, False): 2, (False, False): 3}
        cells.setdefault(name, [0, 0, 0, 0])[place[(bool(row["is_"]), bool(row["called"]))]] += row["n"]
    return {name: (c[0], c[1], c[2], c[3]) for name, c in sorted(cells.items())}


def _shares(metric: str, cells: dict[str, Cells], fewest: int) -> GroupShares:
    parts = {}
    for name, (tp, fp, fn, tn) in cells.items():
        parts[name] = {
            "selection_rate": (tp + fp, tp + fp + fn + tn),
            "recall": (tp, tp + fn),
            "false_negative_rate": (fn, tp + fn),
            "false_positive_rate": (fp, fp + tn),
            "precision": (tp, tp + fp),
            "accuracy": (tp + tn, tp + fp + fn + tn),
        }[metric]
    kept = {name: part for name, part in parts.items() if part[1] >= fewest}
    small = tuple(name for name in parts if name not in kept)
    return GroupShares(
        metric, tuple(kept), tuple(s for s, _ in kept.values()), tuple(n for _, n in kept.values()), small
    )


_MEANS = {
    "selection_rate": "are called {positive}",
    "recall": "who are {positive} are found",
    "false_negative_rate": "who are {positive} are missed",
    "false_positive_rate": "who are not {positive} are called so",
    "precision": "who are called {positive} really are",
    "accuracy": "are answered right",
}


def _lines(found: Fairness) -> Iterator[str]:
    from sextant.evaluation.evaluate_text import columns, name_of

    yield f"{found.table}: by {', '.join(found.by)}, about {found.positive}; ranges at {number(found.level * 100)} %"
    yield ""
    rows = []
    for share in found.shares:
        gap, ratio = share.gap(found.level), share.ratio(found.level)
        if gap.undefined:
            rows.append((name_of(share.metric), "–", "–", "–", f"No number: {gap.undefined}."))
            continue
        of = {g: s / n for g, s, n in zip(share.groups, share.successes, share.trials, strict=True)}
        low, high = min(of, key=of.__getitem__), max(of, key=of.__getitem__)
        says = (
            f"Of 100 {_MEANS[share.metric].format(positive=found.positive)}: {number(100 * of[high])} of {high}, "
            f"{number(100 * of[low])} of {low}."
        )
        rows.append(
            (
                name_of(share.metric), number_text(gap.value, "share"), interval_text(gap.lower, gap.upper, "share"),
                "–" if ratio.undefined else f"{ratio.value:.2f} ({ratio.lower:.2f}–{ratio.upper:.2f})", says,
            )
        )  # fmt: skip
    yield from columns(("SHARE", "LARGEST GAP", "RANGE", "SMALLEST RATIO", "WHAT IT MEANS"), rows)
    yield ""
    first = found.shares[0]
    by_metric = [
        dict(zip(s.groups, zip(s.successes, s.trials, strict=True), strict=True)) for s in found.shares
    ]
    yield from columns(
        ("GROUP", "CASES", *(name_of(s.metric).upper() for s in found.shares)),
        [
            (
                group, f"{n:,}",
                *(
                    _one(part[group], found.level) if group in part else "too few"
                    for part in by_metric
                ),
            )
            for group, n in zip(first.groups, first.trials, strict=True)
        ],
    )  # fmt: skip
    if first.small:
        yield f"Too few cases to tell: {', '.join(first.small[:10])}{', ...' if len(first.small) > 10 else ''}."


def _one(part: tuple[int, int], level: float) -> str:
    b = wilson(*part, level=level)
    return f"{number_text(b.value, 'share')} ({interval_text(b.lower, b.upper, 'share')})"
