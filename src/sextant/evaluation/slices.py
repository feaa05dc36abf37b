"""Which segments do worse, and by more than chance: one number for each group, the worst first."""

from __future__ import annotations

from collections.abc import Sequence

from sextant.errors import InvalidInput
from sextant.evaluation.metrics import Scored
from sextant.reports import SliceRow
from sextant.stats.homogeneity import benjamini_hochberg
from sextant.stats.intervals import wilson

#: More groups than this are no segments but a column of ids or numbers.
MOST_GROUPS = 100


def slices(scored: Scored, by: Sequence[str], *, level: float = 0.95) -> tuple[SliceRow, ...]:
    """A share metric for every value of every column in `by`.

    Each slice is compared with the rest of its column by Fisher's exact test; the p-values of all slices
    together are adjusted so that of those below a bar, at most that share are false alarms (Benjamini and
    Hochberg 1995). A slice that is its whole column has nothing to be compared with, and no p-value. The
    range of each is Wilson's, two-sided at `level`. First come the slices that are worst even at the good
    end of their range, so that three unlucky rows do not stand before three thousand bad ones. Rows without
    a value form the slice `missing`.

    Raises `InvalidInput` for a metric that is not a share, or a column with more than 100 values.

    >>> import pyarrow as pa
    >>> from sextant.evaluation.metrics import score
    >>> from sextant.tables import table
    >>> rows = {"is": ["x"] * 40, "said": ["x"] * 30 + ["y"] * 10, "device": ["desk"] * 20 + ["phone"] * 20}
    >>> found = slices(score(table(pa.table(rows), name="rows"), "accuracy", target="is", prediction="said"), ["device"])
    >>> [(r.slice, r.successes, r.trials, round(r.adjusted_p, 5)) for r in found]
    [({'device': 'phone'}, 10, 20, 0.00044), ({'device': 'desk'}, 20, 20, 0.00044)]
    """
    if not scored.is_share:
        raise InvalidInput(f"{scored.metric} is no share", rule="slices are made of shares")
    rows: list[SliceRow] = []
    chances: list[float | None] = []
    for column in by:
        counts = _counts(scored, column)
        right, all_ = sum(s for s, _ in counts.values()), sum(n for _, n in counts.values())
        for value, (successes, trials) in counts.items():
            bounds = wilson(successes, trials, level=level)
            rows.append(
                SliceRow(
                    slice={column: value},
                    successes=successes,
                    trials=trials,
                    lower=bounds.lower,
                    upper=bounds.upper,
                )
            )
            chances.append(_fisher(successes, trials, right - successes, all_ - trials))
    adjusted = iter(benjamini_hochberg([min(p, 1.0) for p in chances if p is not None]))
    rows = [
        row if chance is None else row.model_copy(update={"adjusted_p": next(adjusted)})
        for row, chance in zip(rows, chances, strict=True)
    ]
    more_is_worse = scored.metric == "false_positive_rate"
    return tuple(
        sorted(rows, key=lambda r: (-r.lower if more_is_worse else r.upper, sorted(r.slice.items())))
    )


def _counts(scored: Scored, column: str) -> dict[str, tuple[int, int]]:
    """Successes and trials of each value, as text, in the order of the text."""
    table = scored.table
    group = table.column(column).cast("string").fill_null("missing")
    kept = table.expr.select(group=group, value=table.expr[scored.value].cast("int8"))
    found = table.fetch(
        kept.group_by("group")
        .aggregate(successes=kept.value.sum(), trials=kept.count())
        .order_by("group")
        .limit(MOST_GROUPS + 1)
    )
    if len(found) > MOST_GROUPS:
        raise InvalidInput(
            f"column {column} has more than {MOST_GROUPS} values",
            where=table.name,
            rule="a slice is a segment with many rows",
            todo="group by a column with few values, such as a band",
        )
    return {row["group"]: (row["successes"], row["trials"]) for row in found}


def _fisher(successes: int, trials: int, others_right: int, others: int) -> float | None:
    if others == 0 or trials == 0:
        return None
    from scipy.stats import fisher_exact

    return float(
        fisher_exact([[successes, trials - successes], [others_right, others - others_right]]).pvalue
    )
