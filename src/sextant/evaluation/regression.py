"""How far predicted numbers are off: mean, squared, median and relative error, bias and R², overall and by group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sextant.errors import InvalidInput
from sextant.evaluation.counting import MISSING, MOST_GROUPS, label
from sextant.evaluation.evaluate import Answer, Evaluation, Segment, made
from sextant.evaluation.metrics import column_quantile, moments, sums
from sextant.evidence import Mean, Quantile
from sextant.model_evidence import Ratio
from sextant.phrases import number
from sextant.stats.homogeneity import benjamini_hochberg
from sextant.stats.intervals import difference_means
from sextant.tables import Table, numeric, present


def predicted(table: Table, target: str, prediction: str) -> tuple[Table, int]:
    """The rows with a right answer, it and the model's as numbers in `sextant_truth` and `sextant_said`; how many rows
    have no right answer. A row without a prediction is an error."""
    truth = numeric(table.column(target), where=f"{table.name}, column {target}")
    said = numeric(table.column(prediction), where=f"{table.name}, column {prediction}")
    all_ = table.expr.mutate(sextant_truth=truth, sextant_said=said)
    known = replace(table, expr=all_.filter(present(all_.sextant_truth)))
    left_out = table.count() - known.count()
    silent = known.keep(~present(known.expr.sextant_said)).count()
    if silent:
        raise InvalidInput(
            f"{number(silent)} rows have no answer of the model",
            where=f"{table.name}, column {prediction}",
            rule="a mean error needs an answer for every row; leaving the hardest rows out would flatter the model",
            todo="fill in what the product does then",
        )
    return known, left_out


def evaluate_numbers(
    table: Table, target: str, prediction: str, groups: Sequence[str], cluster: str | None, level: float
) -> Evaluation:
    """Every metric of predicted numbers; see `sextant.evaluation.evaluate.evaluate`. A row without a prediction is an
    error: leaving the hardest rows out would flatter the model."""
    known, left_out = predicted(table, target, prediction)
    rows = known.count()
    if not rows:
        raise InvalidInput("no row has a right answer", where=f"{table.name}, column {target}")
    expr = known.expr
    off = expr.sextant_said - expr.sextant_truth
    scored = replace(known, expr=expr.mutate(sextant_off=off, sextant_abs=off.abs(), sextant_sq=off * off))
    answers = _answers(scored, cluster, level)
    notes = [f"{number(left_out)} rows without a right answer are left out."] if left_out else []
    return Evaluation(
        table=table.name,
        task="regression",
        rows=rows,
        level=level,
        answers=tuple(answers),
        left_out=left_out,
        segments=_segments(scored, groups, level),
        notes=tuple(notes),
    )


def _answers(scored: Table, cluster: str | None, level: float) -> list[Answer]:
    e = scored.expr
    centre = scored.one(
        truth=e.sextant_truth.mean(),
        off=e.sextant_off.mean(),
        abs=e.sextant_abs.mean(),
        sq=e.sextant_sq.mean(),
    )
    away = e.sextant_truth - centre["truth"]
    scored = replace(scored, expr=e.mutate(sextant_spread=away * away, sextant_one=1.0))
    if cluster is None:
        row = scored.one(
            **sums(e.sextant_abs, centre["abs"], "abs_"), **sums(e.sextant_off, centre["off"], "off_")
        )
        mae = made("mae", Mean, moments(row, centre["abs"], "abs_", where=scored.name), level=level, unit="1")
        bias = made(
            "bias", Mean, moments(row, centre["off"], "off_", where=scored.name), level=level, unit="1"
        )
    else:
        mae, bias = (
            made(m, Ratio, unit_sums(scored, c, "sextant_one", cluster), level=level, unit="1")
            for m, c in (("mae", "sextant_abs"), ("bias", "sextant_off"))
        )
    squares = unit_sums(scored, "sextant_sq", "sextant_one", cluster)
    fit = unit_sums(scored, "sextant_sq", "sextant_spread", cluster)
    answers = [
        mae,
        made("rmse", Ratio, {**squares, "shown": "root"}, level=level, unit="1"),
        bias,
        made("r2", Ratio, {**fit, "shown": "one_minus"}, level=level, unit="1"),
    ]
    if cluster is None:
        middle = column_quantile(scored, "sextant_abs", 0.5, level=level)
        answers.append(made("median_absolute_error", Quantile, middle.statistics, level=level, unit="1"))
        if not scored.keep(scored.expr.sextant_truth == 0).count():
            share = scored.expr.sextant_abs / scored.expr.sextant_truth.abs()
            relative = replace(scored, expr=scored.expr.mutate(sextant_rel=share))
            mean = relative.one(m=relative.expr.sextant_rel.mean())["m"]
            row = relative.one(**sums(relative.expr.sextant_rel, mean))
            answers.append(made("mape", Mean, moments(row, mean, where=scored.name), level=level))
    return answers


def unit_sums(table: Table, top: str, bottom: str, unit: str | None = None) -> dict[str, Any]:
    """What the ratio of two summed columns needs (see `sextant.stats.ratio`), over rows or over units that have several.

    >>> import pyarrow as pa
    >>> from sextant.tables import table
    >>> t = table(pa.table({"clicks": [1, 0, 1], "views": [2, 3, 4], "who": ["a", "a", "b"]}), name="log")
    >>> unit_sums(t, "clicks", "views", "who")["n"]
    2
    """
    e = table.expr
    if unit is None:
        by = e.select(a=e[top].cast("float64"), b=e[bottom].cast("float64"))
    else:
        by = e.group_by(u=table.column(unit)).aggregate(
            a=e[top].cast("float64").sum(), b=e[bottom].cast("float64").sum()
        )
        by = by.order_by("u")
    # Centred in a second pass: sums of products of the numbers themselves would lose their spread.
    units = replace(table, expr=by)
    first = units.one(n=by.count(), a=by.a.mean(), b=by.b.mean())
    n, a, b = int(first["n"]), first["a"] or 0.0, first["b"] or 0.0
    da, db = by.a - a, by.b - b
    row = units.one(a2=(da * da).sum(), b2=(db * db).sum(), ab=(da * db).sum())
    return {
        "n": n, "mean_num": a, "mean_den": b, "m2_num": row["a2"] or 0.0, "m2_den": row["b2"] or 0.0,
        "m11": row["ab"] or 0.0,
    }  # fmt: skip


def _segments(scored: Table, groups: Sequence[str], level: float) -> tuple[Segment, ...]:
    """The mean absolute error of each group, the worst first; compared with the rest by Welch's test, adjusted."""
    from scipy.stats import t as student

    rows, chances = [], []
    e = scored.expr
    shift = scored.one(m=e.sextant_abs.mean())["m"] if groups else 0.0
    for group in groups:
        keyed = e.mutate(sextant_g=scored.column(group))
        by = keyed.group_by("sextant_g").aggregate(**sums(keyed.sextant_abs, shift))
        found = scored.fetch(by.order_by("sextant_g").limit(MOST_GROUPS + 1), ordered=True)
        if len(found) > MOST_GROUPS:
            raise InvalidInput(
                f"column {group} has more than {MOST_GROUPS} values",
                where=scored.name,
                rule="a slice is a segment with many rows",
                todo="group by a column with few values, such as a band",
            )
        parts = [moments(row, shift, where=scored.name) for row in found]
        for i, (row, part) in enumerate(zip(found, parts, strict=True)):
            name = MISSING if row["sextant_g"] is None else label(row["sextant_g"])
            rest = _joined([p for j, p in enumerate(parts) if j != i])
            chance = None
            if part["n"] > 1 and rest["n"] > 1:
                b = difference_means(part["n"], part["mean"], part["m2"], rest["n"], rest["mean"], rest["m2"])
                if not b.undefined:
                    spread = (b.upper - b.lower) / 2
                    degrees = min(part["n"], rest["n"]) - 1
                    t = abs(b.value) / (spread / float(student.ppf(0.975, max(degrees, 1))))
                    chance = float(2 * student.sf(t, max(degrees, 1)))
            rows.append(Segment({group: name}, part["n"], (made("mae", Mean, part, level=level, unit="1"),)))
            chances.append(chance)
    adjusted = iter(benjamini_hochberg([min(p, 1.0) for p in chances if p is not None]))
    rows = [
        r if c is None else replace(r, adjusted_p=next(adjusted)) for r, c in zip(rows, chances, strict=True)
    ]
    worst = sorted(rows, key=lambda r: -(r.answers[0].lower if not r.answers[0].undefined else -1e308))
    return tuple(worst)


def _joined(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    from sextant.stats.moments import Moments

    total = sum((Moments(p["n"], p["mean"], p["m2"]) for p in parts if p["n"]), Moments())
    return {"n": total.n, "mean": total.mean, "m2": total.m2}
