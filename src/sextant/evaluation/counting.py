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
STEPS = 1 << 13


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
    made = {"sextant_right": _or_null(right), "sextant_said": _or_null(said)}
    for i, group in enumerate(groups):
        made[f"sextant_g{i}"] = table.column(group)
    if cluster is not None:
        made["sextant_unit"] = table.column(cluster)
    expr = table.expr.select(**made)
    cells = ["sextant_right", "sextant_said"]
    by_column: list[dict[str, dict[tuple[Any, Any], int]]] = [{} for _ in groups]
    overall: dict[tuple[Any, Any], int] = {}
    left_out = 0
    for n, together in enumerate(_bundles(table, expr, len(groups)) or [[]]):
        keys = [f"sextant_g{i}" for i in together]
        found = table.arrow(expr.group_by([*keys, *cells]).aggregate(sextant_n=expr.count()))
        _small(table, found.num_rows)
        columns = [found[name].to_pylist() for name in (*keys, *cells, "sextant_n")]
        for *values, is_, was, many in zip(*columns, strict=True):
            if is_ is None:
                left_out += many if n == 0 else 0
                continue
            cell = (is_, was)
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


def _or_null(column: Any) -> Any:
    """A column with nan as null, so that missing is one thing."""
    import ibis

    return ibis.ifelse(present(column), column, None) if column.type().is_floating() else column


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

    lacking = table.count(expr.filter(~present(expr.sextant_unit) & expr.sextant_right.notnull()))
    if lacking:
        raise InvalidInput(
            f"{number(lacking)} rows say of no unit that they are its own",
            where=table.name,
            rule="with a cluster column every row names its unit",
        )
    kept = expr.filter(expr.sextant_right.notnull())
    found = table.arrow(kept.group_by(["sextant_unit", *cells]).aggregate(sextant_n=kept.count()))
    place = {name: i for i, name in enumerate(labels)}
    width = len(labels) + unanswered
    unit = np.asarray(found["sextant_unit"].combine_chunks().dictionary_encode().indices)
    answers = zip(found["sextant_right"].to_pylist(), found["sextant_said"].to_pylist(), strict=True)
    cell = [place[label(t)] * width + (len(labels) if s is None else place[label(s)]) for t, s in answers]
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
    on 8,192 steps where the rows lie. Rows without a right answer or a score are left out.

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
    if table.count() <= MOST_EXACT:
        return _exact(table, kept)
    return _on_steps(table, kept)


def _faults(known: int, endless: int, where: str) -> None:
    if endless:
        raise InvalidInput(
            f"{number(endless)} scores are infinite", where=where, rule="scores are finite numbers"
        )
    if not known:
        raise InvalidInput(
            "no row has both a right answer and a score",
            where=where,
            rule="a score is judged on rows whose right answer is known",
        )


def _exact(table: Table, kept: Any) -> Scores:
    import numpy as np

    rows = table.arrow(kept.filter(kept.there).select("s", "y"))
    lost = table.count() - rows.num_rows
    s, y = rows["s"].to_numpy(), rows["y"].to_numpy().astype(bool)
    _faults(len(s), int(np.isinf(s).sum()), f"{table.name}, the score")
    counts = ScoreCounts.of(s, y)
    outside = int(((s < 0) | (s > 1)).sum())
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


def _on_steps(table: Table, kept: Any) -> Scores:
    import ibis
    import numpy as np

    tiny = float(np.finfo(np.float64).eps)
    known = kept.filter(kept.there).select("s", "y")
    chance = ibis.ifelse(known.y == 1, known.s, 1 - known.s)
    errors = known.select(
        s=known.s, loss=-chance.clip(lower=tiny, upper=1 - tiny).ln(), miss=(1 - chance) * (1 - chance)
    )
    row = table.fetch(
        errors.aggregate(
            n=errors.count(), low=errors.s.min(), high=errors.s.max(), loss=errors.loss.sum(),
            loss2=(errors.loss * errors.loss).sum(), miss=errors.miss.sum(), miss2=(errors.miss * errors.miss).sum(),
        )
    )[0]  # fmt: skip
    n = int(row["n"])
    _faults(
        n, int(n > 0 and max(abs(row["low"]), abs(row["high"])) == float("inf")), f"{table.name}, the score"
    )
    if row["low"] < 0 or row["high"] > 1:
        return _exact(table, kept)
    cell = (known.s * STEPS).floor().cast("int32").clip(upper=STEPS - 1) * 2 + known.y.cast("int32")
    found = table.arrow(known.group_by(cell=cell).aggregate(n=known.count()))
    counted = np.bincount(found["cell"].to_numpy(), weights=found["n"].to_numpy(), minlength=2 * STEPS)
    both = counted.astype(np.int64).reshape(STEPS, 2)
    steps = np.flatnonzero(both.sum(1))

    def moments(name: str) -> dict[str, Any]:
        # The engine adds in any order, which changes the last digits; twelve of them are the same every time.
        total, squares = float(f"{row[name]:.12g}"), float(f"{row[f'{name}2']:.12g}")
        mean = total / n
        return {"n": n, "mean": mean, "m2": max(squares - n * mean * mean, 0.0)}

    counts = ScoreCounts((steps + 0.5) / STEPS, both[steps, 1], both[steps, 0])
    return Scores(counts, table.count() - n, 0, moments("loss"), moments("miss"), on_steps=True)
