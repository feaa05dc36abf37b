"""A model's answers counted where they lie: confusion counts of all rows and of every group, and rows by their score.

Counts are whole numbers, so the same rows give the same numbers on every engine and with any number of threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sextant.errors import InvalidInput
from sextant.phrases import number
from sextant.stats.scores import ScoreCounts
from sextant.tables import Scalar, Table, equals, numeric, present, same_values

#: What a group is called whose value is missing.
MISSING = "missing"
#: More groups than this are no segments but a column of ids or numbers.
MOST_GROUPS = 100
#: More classes than this are no classes but numbers or free text.
MOST_CLASSES = 200
#: Columns are counted together while their groups make at most so many combinations.
_TOGETHER = 2_000
#: So many rows tell how many groups a column has, which decides only what is counted together.
_LOOKED_AT = 20_000
#: Up to so many rows scores are counted as they are, for more on steps.
MOST_EXACT = 2_000_000
STEPS = 1 << 14


@dataclass(frozen=True, slots=True)
class Confusion:
    """Answers against what was right. `counts` has a row for each of `labels` and a column for each; the last column
    counts missing answers, if there are any. Where units have several rows, `clusters` and `products` are what
    `sextant.stats.confusion` takes."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    clusters: int | None = None
    products: tuple[tuple[int, ...], ...] | None = None

    @property
    def rows(self) -> int:
        return sum(map(sum, self.counts))

    @property
    def right(self) -> int:
        return sum(row[i] for i, row in enumerate(self.counts))


@dataclass(frozen=True, slots=True)
class Counted:
    """The confusion of all rows and of each group of each column, and how many rows had no right answer."""

    all: Confusion
    groups: dict[str, dict[str, Confusion]]
    left_out: int
    strangers: tuple[str, ...] = ()


def label(value: Any) -> str:
    """How a class is written: true and false small, whole numbers without a point."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def confusions(
    table: Table,
    target: str,
    prediction: str,
    *,
    groups: Sequence[str] = (),
    cluster: str | None = None,
    classes: Sequence[str] = (),
) -> Counted:
    """Count the answers of all rows, and of each group of each column in `groups`.

    Rows without a right answer are left out; an answer that is missing is wrong. `classes` are the classes that there
    are, where they are known: an answer that is none of them is then an error. `cluster` names the unit that has several
    rows. Columns with few groups are counted together, so that the rows are gone over a few times at most, however many
    columns there are.

    Raises `InvalidInput` where the two columns cannot be compared, for a column with more than 100 groups, for more than
    200 classes, and where no row has a right answer.

    >>> import pyarrow as pa
    >>> from sextant.tables import table
    >>> rows = {"is": ["a", "a", "b"], "said": ["a", "b", None], "who": ["x", "y", "y"]}
    >>> found = confusions(table(pa.table(rows), name="rows"), "is", "said", groups=["who"])
    >>> found.all.counts, found.groups["who"]["y"].counts
    (((1, 1, 0), (0, 0, 1)), ((0, 1, 0), (0, 0, 1)))
    """
    where = f"{table.name}, {target} and {prediction}"
    said, right = same_values(table.column(prediction), table.column(target), where=where)
    made = {
        "sextant_right": right,
        "sextant_said": said,
        "sextant_known": table.present(target),
        "sextant_answered": present(said),
    }
    for i, group in enumerate(groups):
        made[f"sextant_g{i}"] = table.column(group)
    if cluster is not None:
        made["sextant_unit"] = table.column(cluster)
    expr = table.expr.select(**made)
    cells = ["sextant_right", "sextant_said", "sextant_known", "sextant_answered"]
    by_column: list[dict[str, dict[tuple[Any, Any], int]]] = [{} for _ in groups]
    overall: dict[tuple[Any, Any], int] = {}
    left_out = 0
    for n, together in enumerate(_bundles(table, expr, len(groups)) or [[]]):
        keys = [f"sextant_g{i}" for i in together]
        found = table.arrow(expr.group_by([*keys, *cells]).aggregate(sextant_n=expr.count()))
        _small(table, found.num_rows)
        columns = [found[name].to_pylist() for name in (*keys, *cells, "sextant_n")]
        for *values, is_, was, known, answered, many in zip(*columns, strict=True):
            if not known:
                left_out += many if n == 0 else 0
                continue
            cell = (is_, was if answered else None)
            if n == 0:
                overall[cell] = overall.get(cell, 0) + many
            for i, value in zip(together, values, strict=True):
                name = MISSING if value is None or value != value else label(value)
                counted = by_column[i].setdefault(name, {})
                counted[cell] = counted.get(cell, 0) + many
    if not overall:
        raise InvalidInput(
            "no row has a right answer",
            where=f"{table.name}, column {target}",
            rule="a model is judged on rows whose right answer is known",
        )
    for group, counts in zip(groups, by_column, strict=True):
        if len(counts) > MOST_GROUPS:
            raise InvalidInput(
                f"column {group} has {number(len(counts))} values",
                where=table.name,
                rule=f"a slice is a segment with many rows; at most {MOST_GROUPS} to a column",
                todo="group by a column with few values, such as a band",
            )
    labels = _labels(overall, classes, where)
    strangers = tuple(
        sorted({label(s) for _, s in overall if s is not None} - {label(t) for t, _ in overall})
    )
    unanswered = any(s is None for _, s in overall)
    clusters, products = (
        (None, None) if cluster is None else _products(table, expr, cells, labels, unanswered)
    )
    return Counted(
        Confusion(labels, _matrix(overall, labels, unanswered), clusters, products),
        {
            group: {
                name: Confusion(labels, _matrix(cells_, labels, unanswered))
                for name, cells_ in sorted(counts.items())
            }
            for group, counts in zip(groups, by_column, strict=True)
        },
        left_out,
        strangers,
    )


def _bundles(table: Table, expr: Any, many: int) -> list[list[int]]:
    """Which columns are counted together."""
    if not many:
        return []
    few = expr.limit(_LOOKED_AT)
    sizes = table.fetch(few.aggregate(**{f"n{i}": few[f"sextant_g{i}"].nunique() for i in range(many)}))[0]
    order = sorted(range(many), key=lambda i: sizes[f"n{i}"])
    bundles: list[list[int]] = []
    room = 0
    for i in order:
        groups = sizes[f"n{i}"] + 1
        if bundles and groups <= room:
            bundles[-1].append(i)
            room //= groups
        else:
            bundles.append([i])
            room = _TOGETHER // groups
    return bundles


def _small(table: Table, rows: int) -> None:
    if rows > 4_000_000:
        raise InvalidInput(
            f"the columns make {number(rows)} combinations",
            where=table.name,
            rule="groups and classes have few values",
            todo="leave out columns with ids or numbers",
        )


def _labels(counted: dict[tuple[Any, Any], int], classes: Sequence[str], where: str) -> tuple[str, ...]:
    values = {v for cell in counted for v in cell if v is not None}
    if len(values) > MOST_CLASSES:
        raise InvalidInput(
            f"there are {number(len(values))} different answers",
            where=where,
            rule=f"a classifier has at most {MOST_CLASSES} classes",
            todo="for numbers say --task regression, for texts --task generation",
        )
    ordered = sorted(values, key=lambda v: (isinstance(v, str), v))
    names = [label(v) for v in ordered]
    if classes:
        strange = [n for n in names if n not in classes]
        if strange:
            raise InvalidInput(
                f"{', '.join(strange[:5])} {'is' if len(strange) == 1 else 'are'} none of the classes",
                where=where,
                rule=f"the classes are {', '.join(classes)}",
                todo="mend the spelling, or name the class too",
            )
        return tuple(classes)
    return tuple(names)


def _matrix(
    counted: dict[tuple[Any, Any], int], labels: tuple[str, ...], unanswered: bool
) -> tuple[tuple[int, ...], ...]:
    place = {name: i for i, name in enumerate(labels)}
    rows = [[0] * (len(labels) + unanswered) for _ in labels]
    for (is_, said), many in counted.items():
        rows[place[label(is_)]][len(labels) if said is None else place[label(said)]] += many
    return tuple(map(tuple, rows))


def _products(
    table: Table, expr: Any, cells: list[str], labels: tuple[str, ...], unanswered: bool
) -> tuple[int, tuple[tuple[int, ...], ...]]:
    """How many units there are, and for two cells the sum over units of the product of the unit's counts."""
    import numpy as np
    import scipy.sparse as sparse

    lacking = table.count(expr.filter(~present(expr.sextant_unit) & expr.sextant_known))
    if lacking:
        raise InvalidInput(
            f"{number(lacking)} rows say of no unit that they are its own",
            where=table.name,
            rule="with a cluster column every row names its unit",
        )
    kept = expr.filter(expr.sextant_known)
    found = table.arrow(kept.group_by(["sextant_unit", *cells]).aggregate(sextant_n=kept.count()))
    place = {name: i for i, name in enumerate(labels)}
    width = len(labels) + unanswered
    unit = np.asarray(found["sextant_unit"].combine_chunks().dictionary_encode().indices)
    answers = zip(
        found["sextant_right"].to_pylist(), found["sextant_said"].to_pylist(), found["sextant_answered"].to_pylist(), strict=True
    )  # fmt: skip
    cell = [place[label(t)] * width + (place[label(s)] if ok else len(labels)) for t, s, ok in answers]
    many = found["sextant_n"].to_numpy()
    units = int(unit.max()) + 1
    by_unit = sparse.csr_matrix((many, (unit, cell)), shape=(units, len(labels) * width), dtype=np.int64)
    return units, tuple(map(tuple, (by_unit.T @ by_unit).toarray().tolist()))


@dataclass(frozen=True, slots=True)
class Scores:
    """Rows by their score, with the sums that errors of probabilities need. `on_steps` where the rows were too many to
    keep every score: the scores then stand on steps, which moves an area by at most `moved`. `errors` are n, mean and m2
    of the log loss and the Brier score, None where a score is no probability; `outside` counts such scores. `left_out`
    rows have no right answer or no score."""

    counts: ScoreCounts
    left_out: int
    outside: int
    log_loss: dict[str, Any] | None
    brier: dict[str, Any] | None
    on_steps: bool = False

    @property
    def moved(self) -> float:
        return self.counts.tied / 2 if self.on_steps else 0.0


def scores(table: Table, target: str, score: str, positive: Scalar) -> Scores:
    """Count rows by their score for the class `positive`.

    Up to two million rows every score is kept as it is, and the numbers are exact. For more, probabilities are counted
    on 16,384 steps where the rows lie. Rows without a right answer or a score are left out.

    >>> import pyarrow as pa
    >>> from sextant.tables import table
    >>> rows = {"is": [1, 0, 1], "sure": [0.9, 0.2, None]}
    >>> found = scores(table(pa.table(rows), name="rows"), "is", "sure", 1)
    >>> found.counts.score.tolist(), found.left_out, round(found.brier["mean"], 3)
    ([0.2, 0.9], 1, 0.025)
    """
    where = f"{table.name}, column {target}"
    sure = numeric(table.column(score), where=f"{table.name}, column {score}")
    there = table.present(target) & sure.notnull()
    kept = table.expr.select(
        s=sure, y=equals(table.column(target), positive, where=where).cast("int8"), there=there.fill_null(False)
    )  # fmt: skip
    row = table.fetch(
        kept.aggregate(
            rows=kept.count(),
            known=kept.there.sum(),
            outside=(kept.there & ((kept.s < 0) | (kept.s > 1))).sum(),
            endless=(kept.there & kept.s.isinf()).sum(),
        )
    )[0]
    known, outside = int(row["known"] or 0), int(row["outside"] or 0)
    if row["endless"]:
        raise InvalidInput(
            f"{number(row['endless'])} scores are infinite",
            where=f"{table.name}, column {score}",
            rule="scores are finite numbers",
        )
    if not known:
        raise InvalidInput(
            "no row has both a right answer and a score",
            where=f"{table.name}, {target} and {score}",
            rule="a score is judged on rows whose right answer is known",
        )
    kept = kept.filter(kept.there).select("s", "y")
    lost = int(row["rows"]) - known
    if known <= MOST_EXACT or outside:
        return _exact(table, kept, lost, outside)
    return _on_steps(table, kept, known, lost)


def _exact(table: Table, kept: Any, lost: int, outside: int) -> Scores:
    import numpy as np

    rows = table.arrow(kept)
    s, y = rows["s"].to_numpy(), rows["y"].to_numpy().astype(bool)
    counts = ScoreCounts.of(s, y)
    if outside:
        return Scores(counts, lost, outside, None, None)
    # From the counts and not from the rows, which come in no order: the same rows give the same sums.
    s, p, n = counts.score, counts.positive, counts.negative
    tiny = np.finfo(np.float64).eps
    clipped = np.clip(s, tiny, 1 - tiny)
    return Scores(
        counts,
        lost,
        0,
        _moments([(-np.log(clipped), p), (-np.log1p(-clipped), n)]),
        _moments([((1 - s) ** 2, p), (s**2, n)]),
    )


def _moments(parts: Sequence[tuple[Any, Any]]) -> dict[str, Any]:
    many = sum(int(w.sum()) for _, w in parts)
    mean = sum(float((v * w).sum()) for v, w in parts) / many
    m2 = sum(float((w * (v - mean) ** 2).sum()) for v, w in parts)
    return {"n": many, "mean": mean, "m2": m2}


#: Sums of fractions depend on their order; of whole numbers they do not. Errors are summed in units of 2^-32.
_UNIT = 1 << 32


def _on_steps(table: Table, kept: Any, known: int, lost: int) -> Scores:
    import ibis
    import numpy as np

    step = (kept.s * STEPS).floor().cast("int32").clip(upper=STEPS - 1)
    found = table.arrow(kept.group_by(step=step, y=kept.y).aggregate(n=kept.count()))
    at, y, n = (found[c].to_numpy() for c in ("step", "y", "n"))
    steps = np.unique(at)
    p, q = np.zeros(len(steps), np.int64), np.zeros(len(steps), np.int64)
    for wanted, into in ((1, p), (0, q)):
        into[np.searchsorted(steps, at[y == wanted])] = n[y == wanted]
    tiny = float(np.finfo(np.float64).eps)
    chance = ibis.ifelse(kept.y == 1, kept.s, 1 - kept.s)
    errors = kept.select(loss=-chance.clip(lower=tiny, upper=1 - tiny).ln(), miss=(1 - chance) * (1 - chance))
    whole = {}
    for name in ("loss", "miss"):
        whole[name] = (errors[name] * _UNIT).round().cast("int64").sum()
        whole[f"{name}2"] = (errors[name] * errors[name] * _UNIT).round().cast("int64").sum()
    sums = {k: int(v) / _UNIT for k, v in table.fetch(errors.aggregate(**whole))[0].items()}

    def moments(name: str) -> dict[str, Any]:
        mean = sums[name] / known
        return {"n": known, "mean": mean, "m2": max(sums[f"{name}2"] - known * mean * mean, 0.0)}

    counts = ScoreCounts((steps + 0.5) / STEPS, p, q)
    return Scores(counts, lost, 0, moments("loss"), moments("miss"), on_steps=True)
