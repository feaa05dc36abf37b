"""Metrics of a score where one unit (a user, a document) has several rows: the same numbers, ranges as wide as they must
be."""

from __future__ import annotations

from typing import Any

from sextant.evaluation.counting import label
from sextant.evaluation.evaluate import Answer, made
from sextant.model_evidence import Area, Ratio
from sextant.stats.scores import ScoreCounts, roc_area
from sextant.tables import Scalar, Table, equals


def clustered_scores(
    table: Table, target: str, score: str, positive: Scalar, cluster: str, *, level: float = 0.95
) -> dict[str, Answer]:
    """The area under the ROC curve, log loss and Brier score by unit.

    The area's spread is summed over units of what each row adds to it.

    Source: Obuchowski, "Nonparametric analysis of clustered ROC curve data" (1997).
    """
    import numpy as np

    sure = table.numbers(score)
    is_positive = equals(table.column(target), positive, where=f"{table.name}, column {target}").cast("int8")
    kept = table.expr.select(s=sure, y=is_positive, u=table.column(cluster))
    rows = table.arrow(kept.filter(kept.s.notnull() & kept.y.notnull()))
    s, y = rows["s"].to_numpy(), rows["y"].to_numpy().astype(bool)
    names = [label(v) for v in rows["u"].to_pylist()]
    units, unit = np.unique(np.asarray(names, dtype=object).astype(str), return_inverse=True)
    # In one order, whatever order the engine gave them in.
    order = np.lexsort((s, y, unit))
    s, y, unit = s[order], y[order], unit[order]
    counts = ScoreCounts.of(s, y)
    area = roc_area(counts)
    found: dict[str, Answer] = {}
    statistics: dict[str, Any] = {
        "positives": area.positives, "negatives": area.negatives, "area": area.area, "m2_over": area.m2_over,
        "m2_under": area.m2_under,
    }  # fmt: skip
    if area.positives and area.negatives:
        at = np.searchsorted(counts.score, s)
        over = (np.cumsum(counts.negative) - counts.negative / 2) / area.negatives
        under = 1 - (np.cumsum(counts.positive) - counts.positive / 2) / area.positives
        adds = np.where(y, (over[at] - area.area) / area.positives, (under[at] - area.area) / area.negatives)
        by_unit = np.bincount(unit, weights=adds, minlength=len(units))
        statistics |= {"units": len(units), "squares": float((by_unit**2).sum())}
    found["roc_auc"] = made("roc_auc", Area, statistics, level=level)
    if len(s) and s.min() >= 0 and s.max() <= 1:
        tiny = np.finfo(np.float64).eps
        chance = np.clip(np.where(y, s, 1 - s), tiny, 1 - tiny)
        for metric, errors, name in (
            ("log_loss", -np.log(chance), "nats"),
            ("brier", np.where(y, 1 - s, s) ** 2, "1"),
        ):
            top = np.bincount(unit, weights=errors, minlength=len(units))
            bottom = np.bincount(unit, minlength=len(units)).astype(float)
            found[metric] = made(metric, Ratio, ratio_sums(top, bottom), level=level, unit=name)
    return found


def ratio_sums(top: Any, bottom: Any) -> dict[str, Any]:
    """What a ratio of two sums needs, from what each unit adds to either."""
    a, b = float(top.mean()), float(bottom.mean())
    return {
        "n": len(top), "mean_num": a, "mean_den": b, "m2_num": float(((top - a) ** 2).sum()),
        "m2_den": float(((bottom - b) ** 2).sum()), "m11": float(((top - a) * (bottom - b)).sum()),
    }  # fmt: skip
