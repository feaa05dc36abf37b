"""Can a classifier tell the rows of two tables apart, and by which columns? Drift that no single column shows.

Rows of both are put together, a classifier learns to tell which table a row comes from, and its scores of rows that it
has not seen are held against the truth: an area under the ROC curve of 0.5 means that it cannot tell, 1 that it always
can. It learns from one half of the rows and is judged on the other, so learning by heart gains nothing. With a million
rows no small difference becomes drift, as the area must exceed a threshold.

Why halves, and not each row scored by a classifier fitted without it (cross-fitting): what chance put into two folds
helps each score the other, so their areas rise together, and an interval that takes them as apart is too narrow. Without
any drift its lower end lay above 0.5 in 10 to 15 of 100 simulated pairs of tables, where it should in 2.5.

Source: Lopez-Paz and Oquab, "Revisiting classifier two-sample tests" (2017); that it is the best single detector among
those compared: Rabanser, Günnemann and Lipton, "Failing loudly" (2019).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from sextant.canonical import Frozen
from sextant.data.counting import counted_rows
from sextant.stats._checks import inside
from sextant.stats.auc import Auc, area_of, auc
from sextant.tables import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: No more rows of either table than this are looked at; they are drawn at random.
MOST_ROWS = 10_000
#: With fewer rows in either table nothing is said.
LEAST_ROWS = 30
#: From which area on it is drift: a random row of the one table looks more like it in 55 of 100 pairs.
THRESHOLD = 0.55
#: Of a text with more different values, all but the most frequent go together.
_MOST_CATEGORIES = 200
#: With no more than this, text is categories even where hardly any two are alike.
_FEW = 30

Verdict = Literal["drifted", "steady", "open", "not_compared"]


class Tells(Frozen):
    """A feature by which the two are told apart. `drop` is by how much the area falls when its values are shuffled
    among rows; of features that say the same, each falls less than both together."""

    feature: str
    drop: float


class Apart(Frozen):
    """How well two tables can be told apart.

    verdict    drifted: the area lies above the threshold, as sure as `level` says; steady: it lies below; open: the
               rows do not decide it; not compared: see `why`
    area, lower, upper   the area under the ROC curve, and its range; `error` is its standard error, on so many rows of
               either table as `held` says
    p          the chance of this much, were the true area no more than the threshold
    rows       how many rows of either table were looked at, of how many (`of`): where they are fewer, they were drawn
               at random
    tells      by which features, those that tell most first
    left_out   columns that were not used, and why
    """

    verdict: Verdict
    why: str = ""
    area: float = math.nan
    lower: float = math.nan
    upper: float = math.nan
    error: float = math.nan
    held: tuple[int, int] = (0, 0)
    level: float = 0.95
    threshold: float = THRESHOLD
    p: float | None = None
    rows: tuple[int, int] = (0, 0)
    of: tuple[int, int] = (0, 0)
    seed: int = 0
    tells: tuple[Tells, ...] = ()
    left_out: dict[str, str] = Field(default_factory=dict)

    @property
    def sampled(self) -> bool:
        return self.rows != self.of


#: Learns from rows and from which table each is (0 the reference, 1 the current), and gives what scores others.
Fit = Callable[[Any, "NDArray[Any]"], Callable[[Any], "NDArray[Any]"]]


def tell_apart(
    reference: Table, current: Table, columns: Sequence[str], *, threshold: float = THRESHOLD, level: float = 0.95,
    seed: int = 0, most: int = MOST_ROWS,
) -> Apart:  # fmt: skip
    """How well the rows of two tables can be told apart by these columns, all taken together.

    Numbers are taken as they are, yes/no as 0 and 1, text by its 200 most frequent values; what is missing is a value
    of its own. Dates and times, which always move on, ids and free text, and nested values are left out, and named.
    The classifier is gradient boosting of small trees. No more than `most` rows of either table are looked at, drawn
    by `seed`; rows are taken to be independent of each other.

    >>> import numpy as np, pyarrow as pa
    >>> from sextant.tables import engine, table
    >>> rng, on = np.random.default_rng(0), engine()
    >>> x, y = rng.normal(size=(2, 1000))
    >>> apart = table(pa.table({"x": x, "y": y}), name="before", on=on)
    >>> alike = table(pa.table({"x": x, "y": x + 0.3 * y}), name="now", on=on)
    >>> found = tell_apart(apart, alike, ["x", "y"])   # each column alone looks nearly the same
    >>> found.verdict, found.area > 0.75
    ('drifted', True)
    """
    inside("threshold", threshold, 0.5, 1.0)
    inside("level", level, 0.5, 1.0)
    sides = [sampled(t, columns, most, seed) for t in (reference, current)]
    common: dict[str, Any] = {
        "level": level, "threshold": threshold, "seed": seed, "rows": tuple(rows.num_rows for rows, _ in sides),
        "of": tuple(of for _, of in sides),
    }  # fmt: skip
    if min(common["rows"]) < LEAST_ROWS:
        why = f"there are {min(common['rows'])} rows on one side, and it takes {LEAST_ROWS}"
        return Apart(verdict="not_compared", why=why, **common)
    values, categorical, left_out = features_of(sides[0][0], sides[1][0], columns)
    common["left_out"] = left_out
    if not values:
        return Apart(verdict="not_compared", why="no column can be used", **common)
    import numpy as np

    names = list(values)
    matrix = np.column_stack([values[name] for name in names])
    label = np.repeat([0, 1], common["rows"])
    found, held, score = held_out(matrix, label, _trees([n in categorical for n in names], seed), seed)
    told = found.bounds(level).lower > 0.5
    tells = _what_tells(matrix[held], label[held], names, score, seed) if told else ()
    return judged(found, common, tells)


def judged(of: Auc, common: dict[str, Any], tells: Sequence[Tells] = ()) -> Apart:
    """An area as an answer."""
    threshold, level = common["threshold"], common["level"]
    found = of.bounds(level)
    if found.undefined:
        return Apart(verdict="not_compared", why=found.undefined, **common)
    verdict: Verdict = "steady" if found.upper <= threshold else "open"
    p = _chance(found.value, found.lower, found.upper, threshold, level)
    if p <= 1 - level:
        verdict = "drifted"
    return Apart(
        verdict=verdict, area=found.value, lower=found.lower, upper=found.upper, error=of.error,
        held=(of.first, of.second), p=p, tells=tuple(tells), **common,
    )  # fmt: skip


def _chance(area: float, lower: float, upper: float, threshold: float, level: float) -> float:
    """The tail at which the lower bound reaches the threshold."""
    if area <= threshold:
        return 1.0
    if not (lower > 0 and upper < 1):
        return 1 - level if lower > threshold else 1.0

    def logit(x: float) -> float:
        return math.log(x / (1 - x))

    error = (logit(upper) - logit(lower)) / (2 * NormalDist().inv_cdf((1 + level) / 2))
    return 1 - NormalDist().cdf((logit(area) - logit(threshold)) / error)


# --- learning from one half, judged on the other


def held_out(
    rows: Any, label: NDArray[Any], fit: Fit, seed: int
) -> tuple[Auc, NDArray[Any], Callable[[Any], NDArray[Any]]]:
    """The area of scores, with its error, by a classifier that has not seen the rows which it scores; which rows
    those were, half of either side, and what scored them."""
    import numpy as np

    rng = np.random.default_rng(seed)
    held = np.zeros(len(label), dtype=bool)
    for side in (0, 1):
        at = rng.permutation(np.flatnonzero(label == side))
        held[at[: len(at) // 2]] = True
    with one_thread():
        score = fit(rows[~held], label[~held])
        given, truth = score(rows[held]), label[held]
    return area_of([(given[truth == 0], given[truth == 1])]), held, score


def one_thread() -> Any:
    """Within it, scikit-learn keeps to one thread: for so few rows several wait for each other longer than they
    work, above all where the machine has other things to do."""
    import sklearn.ensemble  # noqa: F401  (only what is loaded can be held)
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1)


def _trees(categorical: list[bool], seed: int) -> Fit:
    def fit(rows: Any, label: NDArray[Any]) -> Callable[[Any], NDArray[Any]]:
        from sklearn.ensemble import HistGradientBoostingClassifier

        made = HistGradientBoostingClassifier(
            max_iter=60, max_leaf_nodes=15, learning_rate=0.1, early_stopping=False, categorical_features=categorical,
            class_weight="balanced", random_state=seed,
        ).fit(rows, label)  # fmt: skip
        return lambda more: made.decision_function(more)

    return fit


def _what_tells(
    rows: NDArray[Any],
    label: NDArray[Any],
    names: Sequence[str],
    score: Callable[[Any], NDArray[Any]],
    seed: int,
) -> list[Tells]:
    """By how much the area falls when one feature's values are shuffled among the rows (Breiman 2001, section 10)."""
    import numpy as np

    rng = np.random.default_rng(seed)

    def area(some: Any) -> float:
        given = score(some)
        return auc([(given[label == 0], given[label == 1])]).value

    with one_thread():
        whole = area(rows)
        drops = []
        for i in range(len(names)):
            shuffled = rows.copy()
            shuffled[:, i] = rng.permutation(shuffled[:, i])
            drops.append(whole - area(shuffled))
    order = np.argsort(-np.array(drops))
    # What falls by less than this is as well chance.
    return [Tells(feature=names[i], drop=float(drops[i])) for i in order if drops[i] > 0.005]


# --- rows and features


def sampled(of: Table, columns: Sequence[str], most: int, seed: int) -> tuple[Any, int]:
    """So many rows at most as an Arrow table, drawn at random where there are more; and how many there are."""
    import numpy as np

    chosen = of.expr.select(*columns)
    rows = counted_rows(of, of.expr)
    if rows <= most:
        return of.arrow(chosen), rows
    # Each row by itself with a chance that leaves too few once in a million times; what is too much is drawn again.
    share = min((most + 5 * math.sqrt(most) + 5) / rows, 1.0)
    found = of.arrow(chosen.sample(share, method="row", seed=seed), ordered=True)
    if found.num_rows > most:
        kept = np.random.default_rng(seed).choice(found.num_rows, most, replace=False)
        found = found.take(np.sort(kept))
    return found, rows


def features_of(
    reference: Any, current: Any, columns: Sequence[str]
) -> tuple[dict[str, Any], set[str], dict[str, str]]:
    """What the classifier sees of each column, as floats, nan for missing; which of them are categories; and which
    columns are left out."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    values: dict[str, Any] = {}
    categorical: set[str] = set()
    left_out: dict[str, str] = {}
    for name in columns:
        one, two = reference[name], current[name]
        if _number(one.type) and _number(two.type):
            both = [pc.cast(side, pa.float64(), safe=False) for side in (one, two)]
            found = np.array([math.nan if v is None else v for side in both for v in side.to_pylist()])
            # Trees ask on which side of a value a row lies: a very large one will do for the infinite.
            values[name] = np.clip(found, -1e300, 1e300)
        elif pa.types.is_temporal(one.type) or pa.types.is_temporal(two.type):
            left_out[name] = "dates and times always move on"
        elif pa.types.is_nested(one.type) or pa.types.is_nested(two.type):
            left_out[name] = "it holds nested values"
        elif _text(one.type) and _text(two.type):
            both = [v for side in (one, two) for v in side.to_pylist()]
            counted = pc.value_counts(pa.array(both, pa.string())).to_pylist()
            there = [row for row in counted if row["values"] is not None]
            if len(there) > max(_FEW, sum(row["counts"] for row in there) / 2):
                left_out[name] = "hardly any two of its values are alike, as in an id or free text"
                continue
            ranked = sorted(there, key=lambda row: (-row["counts"], row["values"]))[:_MOST_CATEGORIES]
            code = {row["values"]: float(i) for i, row in enumerate(ranked)}
            values[name] = np.array([math.nan if v is None else code.get(v, float(len(code))) for v in both])
            categorical.add(name)
        else:
            left_out[name] = f"it holds {one.type} and {two.type}"
    return values, categorical, left_out


def _number(kind: Any) -> bool:
    import pyarrow as pa

    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_boolean(kind)
    )  # fmt: skip


def _text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind))
