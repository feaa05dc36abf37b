"""How like real rows are synthetic ones, and is any of them a copy? Six questions, each with its answer and its range.

columns     is each column distributed alike (`sextant.data.drift`), with the same gaps and categories?
told apart  can a classifier say which row is synthetic (`sextant.data.domain`)?
pairs       do columns that hang together in the real rows do so in the synthetic ones (`sextant.data.pairs`)?
copies      which synthetic rows equal a real one in every column: then they are no invention, and give a person away
use         does a model that learned from synthetic rows do as well on real ones (train on synthetic, test on real)?

None of them shows that people are safe: a row that is nearly a real one is no copy, and is not counted.

Source of the questions: Jordon and others, "Synthetic data: what, why and how?" (2022); of the last: Esteban, Hyland and
Rätsch, "Real-valued (medical) time series generation with recurrent conditional GANs" (2017).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from sextant.canonical import Frozen
from sextant.data.domain import (
    LEAST_ROWS,
    MOST_ROWS,
    THRESHOLD,
    Apart,
    features_of,
    one_thread,
    sampled,
    tell_apart,
)
from sextant.data.drift import drift
from sextant.data.drift_report import DriftReport
from sextant.data.pairs import MARGIN, Pair, pairs_of
from sextant.errors import InvalidInput
from sextant.stats.intervals import difference_proportions, mean_t
from sextant.stats.moments import Moments
from sextant.tables import Table, engine, table

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: A model that learned from synthetic rows may be right so much less often; of errors, so large a part of the others'.
WORSE = 0.05
#: Numbers with no more different values than this are classes.
_MOST_CLASSES = 20

Answer = Literal["met", "unmet", "open", "not_asked"]


class Copies(Frozen):
    """Rows that are equal in all `columns`.

    rows, of     how many synthetic rows equal a real row, of how many
    single       of those, how many equal a row that stands once among the real ones
    twins, real  how many real rows have an equal one among the real ones, of how many: what chance makes of rows that hold
                 little, and so what is to be expected of synthetic rows without any copying
    """

    rows: int
    of: int
    single: int
    twins: int
    real: int
    columns: tuple[str, ...]

    @property
    def answer(self) -> Answer:
        """Unmet if more are equal than chance explains: one is enough where no two real rows are."""
        if not self.rows:
            return "met"
        if not self.twins:
            return "unmet"
        more = difference_proportions(self.rows, self.of, self.twins, self.real)
        return "unmet" if more.lower > 0 else "met" if more.upper <= 0 or more.value <= 0 else "open"


class Use(Frozen):
    """What a model learns from synthetic rows, judged on real rows that neither has seen.

    target      the column that is predicted; `classes` says whether it is a class, then scores are shares that are right,
                else mean absolute errors
    real, synthetic, naive   the score after learning from real rows, from synthetic ones, and of always saying the most
                frequent class or the median
    worse, lower, upper   by how much the synthetic one is worse on the same rows, with its range: it is the mean of `n`
                differences with the sum of squared deviations `m2`
    unseen      whether the rows were such that the synthetic ones surely were not made from: only then is it a fair test
    """

    target: str
    classes: bool
    real: float
    synthetic: float
    naive: float
    worse: float
    lower: float
    upper: float
    n: int
    m2: float
    unseen: bool
    allowed: float

    @property
    def answer(self) -> Answer:
        return "met" if self.upper <= self.allowed else "unmet" if self.lower > self.allowed else "open"


class Likeness(Frozen):
    """How like the real rows the synthetic ones are: what `likeness` gives."""

    real: str
    synthetic: str
    drift: DriftReport
    apart: Apart
    pairs: tuple[Pair, ...]
    pairs_left_out: int = Field(
        default=0, description="Columns that no pair was looked at of, as there are many."
    )
    copies: Copies
    use: Use | None = None

    @property
    def farthest(self) -> Any:
        """The column that is least alike, of those that counts decide; None where there is none."""
        found = [c for c in self.drift.columns if c.decided_on is not None and not math.isnan(c.value)]
        return max(found, key=lambda c: c.value, default=None)

    @property
    def points(self) -> tuple[tuple[str, Answer, str], ...]:
        """Each question with its answer in a sentence; no value of any row is in it."""
        from sextant.data.synthetic_text import points

        return points(self)

    @property
    def holds(self) -> bool:
        """Whether nothing was found against it."""
        return not any(answer == "unmet" for _, answer, _ in self.points)

    def __str__(self) -> str:
        from sextant.data.synthetic_text import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from sextant.data.synthetic_text import as_html

        return as_html(self)


def likeness(
    real: Any, synthetic: Any, *, columns: Sequence[str] = (), but: Sequence[str] = (), target: str | None = None,
    test: Any = None, threshold: float = 0.1, apart: float = THRESHOLD, level: float = 0.95, seed: int = 0,
) -> Likeness:  # fmt: skip
    """How like real rows synthetic ones are.

    real, synthetic  tables (a path, a frame, a `Table`), both on one engine
    columns    which; default: all that both have, without those of `but`: keys, which are of course other ones
    target     the column that a model would predict: then one learns from either side, and both are judged on `test`,
               real rows that the synthetic ones were not made from; without it on a half of the real rows, which is kinder
    threshold  from which share of rows on a column is distributed otherwise
    apart      from which area on a classifier tells them apart: 0.55 is in 55 of 100 pairs

    >>> import numpy as np, pyarrow as pa
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=800); y = x + rng.normal(size=800) / 2
    >>> real = pa.table({"x": x, "y": y})
    >>> found = likeness(real, pa.table({"x": rng.permutation(x), "y": y}))   # each column alone is the same
    >>> found.drift.drifted, [(p.one, p.other, p.verdict) for p in found.pairs], found.apart.verdict
    ((), [('x', 'y', 'lost')], 'drifted')
    """
    old, new, held = _opened(real, synthetic, test)
    chosen = tuple(columns) or tuple(c for c in old.columns if c in new.columns and c not in but)
    for name in chosen:
        old.column(name), new.column(name)
    if not chosen:
        raise InvalidInput(
            f"{old.name} and {new.name} have no column in common", todo="compare tables of the same kind"
        )
    if empty := [t.name for t in (old, new) if not t.count()]:
        raise InvalidInput("it has no rows", where=empty[0], rule="real and synthetic rows are compared")
    moved = drift(old, new, columns=chosen, threshold=threshold, level=level, seed=seed)
    told = tell_apart(old, new, chosen, threshold=apart, level=level, seed=seed)
    pairs, left_out = pairs_of(old, new, chosen, margin=MARGIN, level=level, seed=seed)
    return Likeness(
        real=old.name, synthetic=new.name, drift=moved, apart=told, pairs=pairs, pairs_left_out=left_out,
        copies=_copies(old, new, chosen),
        use=_use(old, new, held, chosen, target, level, seed) if target is not None else None,
    )  # fmt: skip


def _opened(real: Any, synthetic: Any, test: Any) -> tuple[Table, Table, Table | None]:
    """All on one engine: rows are looked for among each other."""
    given = [t for t in (real, synthetic, test) if isinstance(t, Table)]
    on = given[0].engine if given else engine()
    if any(t.engine is not on for t in given):
        raise InvalidInput("the tables lie on different engines", todo="open them with `on=` the same engine")
    old, new, held = (
        t if t is None or isinstance(t, Table) else table(t, on=on) for t in (real, synthetic, test)
    )
    assert old is not None and new is not None  # noqa: S101 - only the test may be left out
    return old, new, held


# --- copies


def _copies(real: Table, synthetic: Table, columns: Sequence[str]) -> Copies:
    """Every row is looked at, by one GROUP BY over both; a missing value equals a missing value."""
    import ibis

    sides = []
    for side, other, mine in ((real, synthetic, True), (synthetic, real, False)):
        chosen = {f"c{i}": _comparable(side.column(c), other.column(c)) for i, c in enumerate(columns)}
        sides.append(side.expr.select(**chosen, real=ibis.literal(mine)))
    both = sides[0].union(sides[1])
    grouped = both.group_by([f"c{i}" for i in range(len(columns))]).aggregate(
        r=both.real.cast("int64").sum(), s=(~both.real).cast("int64").sum()
    )
    r, s, none = grouped.r, grouped.s, ibis.literal(0)
    found = real.fetch(
        grouped.aggregate(
            rows=ibis.ifelse(r > 0, s, none).sum(), of=s.sum(), single=ibis.ifelse(r == 1, s, none).sum(),
            twins=ibis.ifelse(r > 1, r, none).sum(), real=r.sum(),
        )
    )[0]  # fmt: skip
    return Copies(**{k: int(v or 0) for k, v in found.items()}, columns=tuple(columns))


def _comparable(mine: Any, theirs: Any) -> Any:
    one, other = mine.type(), theirs.type()
    if one.is_numeric() and other.is_numeric():
        value = mine.cast("float64") if one != other or one.is_floating() else mine
        # What is no number is no value, on every engine alike.
        return value.isnan().ifelse(None, value) if value.type().is_floating() else value
    return mine if one == other else mine.cast("string")


# --- use


def _use(
    real: Table, synthetic: Table, test: Table | None, columns: Sequence[str], target: str, level: float, seed: int
) -> Use:  # fmt: skip
    import numpy as np
    import pyarrow as pa

    if target not in columns:
        raise InvalidInput(
            f"{target!r} is not among the columns that are compared", where="target", todo="name one of them"
        )
    told = [c for c in columns if c != target]
    sides = [sampled(t, columns, MOST_ROWS, seed)[0] for t in (real, synthetic, test) if t is not None]
    sides = [side.filter(side[target].is_valid()) for side in sides]
    if test is None:
        order = np.random.default_rng(seed).permutation(sides[0].num_rows)
        half = len(order) // 2
        sides = [sides[0].take(order[half:]), sides[1], sides[0].take(order[:half])]
    if few := [s.num_rows for s in sides if s.num_rows < LEAST_ROWS]:
        raise InvalidInput(
            f"a side has {few[0]} rows with a value of {target}", where="target",
            rule=f"it takes {LEAST_ROWS} to learn from, and as many to be judged on",
        )  # fmt: skip
    joined = pa.concat_tables([sides[0], sides[2]], promote_options="permissive")
    values, categorical, _ = features_of(joined, sides[1], told)
    if not values:
        raise InvalidInput(
            "no column is left that a model could learn from", where="target", todo="name more `columns`"
        )
    matrix = np.column_stack([values[n] for n in values])
    a, b = sides[0].num_rows, joined.num_rows
    parts = {"real": matrix[:a], "test": matrix[a:b], "synthetic": matrix[b:]}
    truth = {
        k: side[target].to_pylist() for k, side in zip(("real", "synthetic", "test"), sides, strict=True)
    }
    classes = not _is_number(sides, target) or len(set(truth["real"]) | set(truth["test"])) <= _MOST_CLASSES
    # One class whether a side writes 1 or 1.0.
    called = (lambda v: str(float(v))) if _is_number(sides, target) else str
    right = {k: np.array([called(v) if classes else float(v) for v in t]) for k, t in truth.items()}
    mask = [n in categorical for n in values]
    loss = {
        k: _loss(parts[k], right[k], parts["test"], right["test"], mask, classes, seed) for k in ("real", "synthetic")
    }  # fmt: skip
    if classes:
        names, n = np.unique(right["real"], return_counts=True)
        naive = float((right["test"] == names[n.argmax()]).mean())
        scores = [1 - float(loss[k].mean()) for k in ("real", "synthetic")]
    else:
        naive = float(np.abs(right["test"] - np.median(right["real"])).mean())
        scores = [float(loss[k].mean()) for k in ("real", "synthetic")]
    each = Moments.of((loss["synthetic"] - loss["real"]).tolist())
    bounds = mean_t(each.n, each.mean, each.m2, level=level)
    return Use(
        target=target, classes=classes, real=scores[0], synthetic=scores[1], naive=naive, worse=each.mean,
        lower=bounds.lower, upper=bounds.upper, n=each.n, m2=each.m2, unseen=test is not None,
        allowed=WORSE if classes else WORSE * scores[0],
    )  # fmt: skip


def _is_number(sides: Sequence[Any], target: str) -> bool:
    import pyarrow as pa

    return all(
        pa.types.is_integer(s[target].type) or pa.types.is_floating(s[target].type) or pa.types.is_decimal(s[target].type)
        for s in sides
    )  # fmt: skip


def _loss(
    rows: NDArray[Any], right: NDArray[Any], test: NDArray[Any], truth: NDArray[Any], categorical: list[bool],
    classes: bool, seed: int,
) -> NDArray[Any]:  # fmt: skip
    """What each test row costs after learning from these rows: 1 for a wrong class, or how far off the number is."""
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    options: dict[str, Any] = {
        "max_iter": 100, "max_leaf_nodes": 15, "learning_rate": 0.1, "early_stopping": False,
        "categorical_features": categorical, "random_state": seed,
    }  # fmt: skip
    lost: NDArray[Any]
    with one_thread():
        if not classes:
            made = HistGradientBoostingRegressor(loss="absolute_error", **options).fit(rows, right)
            lost = np.abs(made.predict(test) - truth)
        elif len(np.unique(right)) < 2:
            lost = (truth != right[0]).astype(float)
        else:
            sorted_out = HistGradientBoostingClassifier(**options).fit(rows, right)
            lost = (sorted_out.predict(test) != truth).astype(float)
    return lost
