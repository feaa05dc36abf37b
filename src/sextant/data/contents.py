"""Drift in what no histogram holds: free text, by its words, and embeddings, by their directions.

Both are judged by how well a classifier tells the values of two tables apart (`sextant.data.domain`). Of texts it is
also told how long they are, how many of their words the reference does not know, and which words came and went; of
embeddings, how far their centre has moved.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sextant.canonical import Frozen
from sextant.data.domain import LEAST_ROWS, MOST_ROWS, Apart, held_out, judged, sampled
from sextant.stats.intervals import difference_means
from sextant.stats.moments import Moments
from sextant.tables import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: No more than so many characters of a text are looked at: what is behind them seldom says where it comes from.
_MOST_CHARACTERS = 20_000
#: The classifier knows so many words, the most frequent.
_MOST_WORDS = 20_000
#: A word has come or gone if it stands in at least this share of the texts of one side, and in none of the other.
_FREQUENT = 0.01
_LISTED = 10
_WORD = re.compile(r"\w+")


class Words(Frozen):
    """What became of a column of free text.

    length     the mean number of words, before and now
    unknown    the share of words that the reference does not know, before (of texts that its vocabulary was not taken
               from) and now, each text counting alike
    more_unknown, lower, upper   by how much that share has risen, with its range
    new, gone  words that stand in at least one of a hundred texts of one side and in none of the other's
    before, now   words by which the classifier knows a text of either side, those that weigh most first
    """

    length: tuple[float, float]
    unknown: tuple[float, float]
    more_unknown: float
    lower: float
    upper: float
    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    now: tuple[str, ...] = ()


def texts_apart(
    reference: Table, current: Table, column: str, *, threshold: float, level: float = 0.95, seed: int = 0,
    most: int = MOST_ROWS,
) -> tuple[Apart, Words | None]:  # fmt: skip
    """How well texts of two tables can be told apart by their words, and what became of the words.

    The classifier is logistic regression on which words and pairs of neighbouring words a text holds. Empty and
    missing texts are left aside. Words are runs of letters and digits, capitals aside.

    >>> import pyarrow as pa
    >>> from sextant.tables import engine, table
    >>> on = engine()
    >>> rows = [f"the parcel number {i} came late" for i in range(200)], [f"the invoice number {i} is wrong" for i in range(200)]
    >>> before, now = (table(pa.table({"said": texts}), name="messages", on=on) for texts in rows)
    >>> found, words = texts_apart(before, now, "said", threshold=0.55)
    >>> found.verdict, found.area, words.new[:2]
    ('drifted', 1.0, ('invoice', 'is'))
    """
    import numpy as np

    sides = [
        sampled(Table(t.name, _texts(t, column), t.engine), [column], most, seed)
        for t in (reference, current)
    ]
    split = [[_WORD.findall(v.lower()) for v in rows[column].to_pylist()] for rows, _ in sides]
    common = _common(split, [of for _, of in sides], threshold, level, seed)
    if min(map(len, split)) < LEAST_ROWS:
        return Apart(verdict="not_compared", why=_too_few(common["rows"], "texts"), **common), None
    held = np.empty(sum(map(len, split)), dtype=object)
    held[:] = [words for side in split for words in side]
    label = np.repeat([0, 1], common["rows"])
    found, _, score = held_out(held, label, _by_words, seed)
    words = _words(split[0], split[1], level, seed)
    if found.bounds(level).lower > 0.5:
        words = words.model_copy(update=_telling(score))
    return judged(found, common), words


def embeddings_apart(
    reference: Table, current: Table, column: str, *, threshold: float, level: float = 0.95, seed: int = 0,
    most: int = MOST_ROWS,
) -> tuple[Apart, float]:  # fmt: skip
    """How well embeddings of two tables can be told apart, and how far their centre has moved.

    The classifier is logistic regression on every direction and its square, so that it sees a centre that moves and a
    cloud that grows alike. The second value is the distance between both centres in parts of the reference's
    spread (the root of the summed variances), less what chance would show. Missing embeddings are left aside.
    """
    import numpy as np

    sides = []
    for t in (reference, current):
        rows, of = sampled(
            Table(t.name, t.expr.filter(t.column(column).notnull()), t.engine), [column], most, seed
        )
        sides.append((rows[column].to_pylist(), of))
    common = _common([side for side, _ in sides], [of for _, of in sides], threshold, level, seed)
    if min(common["rows"]) < LEAST_ROWS:
        return Apart(verdict="not_compared", why=_too_few(common["rows"], "embeddings"), **common), math.nan
    lengths = {len(v) for side, _ in sides for v in side}
    if len(lengths) > 1:
        why = f"its values have from {min(lengths)} to {max(lengths)} directions, and embeddings have as many each"
        return Apart(verdict="not_compared", why=why, **common), math.nan
    matrix = np.array([v for side, _ in sides for v in side], dtype=np.float64)
    if not np.isfinite(matrix).all():
        why = "some of its values are no finite numbers"
        return Apart(verdict="not_compared", why=why, **common), math.nan
    label = np.repeat([0, 1], common["rows"])
    found, _, _ = held_out(matrix, label, _by_directions, seed)
    return judged(found, common), _centres(matrix[label == 0], matrix[label == 1])


def _texts(of: Table, column: str) -> Any:
    values = of.column(column).cast("string")
    kept = of.expr.filter(values.notnull() & (values.strip() != ""))
    return kept.select(**{column: kept[column].cast("string").left(_MOST_CHARACTERS)})


def _common(
    sides: Sequence[Sequence[Any]], of: Sequence[int], threshold: float, level: float, seed: int
) -> dict[str, Any]:
    return {
        "rows": tuple(map(len, sides)), "of": tuple(of), "threshold": threshold, "level": level, "seed": seed,
    }  # fmt: skip


def _too_few(rows: Sequence[int], what: str) -> str:
    return f"there are {min(rows)} {what} on one side, and it takes {LEAST_ROWS}"


# --- classifiers


class _Bag:
    """Which words and pairs of words a text holds, as scikit-learn's vectorizer takes them."""

    def __call__(self, words: list[str]) -> list[str]:
        return [*words, *(f"{a} {b}" for a, b in pairwise(words))]


def _by_words(rows: Any, label: NDArray[Any]) -> Callable[[Any], NDArray[Any]]:
    from sklearn.feature_extraction.text import CountVectorizer

    # A word of a single text says nothing about another.
    bag = CountVectorizer(analyzer=_Bag(), binary=True, min_df=2, max_features=_MOST_WORDS)
    try:
        model = _logistic(bag.fit_transform(rows), label, strength=1.0)
    except ValueError:  # no word stands in two texts
        return lambda more: _nothing(more)

    def score(more: Any) -> NDArray[Any]:
        found: NDArray[Any] = model.decision_function(bag.transform(more))
        return found

    score.weights = {word: float(model.coef_[0][at]) for word, at in bag.vocabulary_.items()}  # type: ignore[attr-defined]
    return score


def _by_directions(rows: Any, label: NDArray[Any]) -> Callable[[Any], NDArray[Any]]:
    import numpy as np

    mean, spread = rows.mean(axis=0), rows.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)

    def seen(some: Any) -> Any:
        z = (some - mean) / spread
        # A direction's square beside the direction itself, both on one scale; what lies far out is drawn in.
        return np.hstack([z, np.clip((z * z - 1) / math.sqrt(2), -5, 5)])

    model = _logistic(seen(rows), label, strength=0.05)
    return lambda more: model.decision_function(seen(more))


def _logistic(rows: Any, label: NDArray[Any], *, strength: float) -> Any:
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    made = LogisticRegression(C=strength, class_weight="balanced", max_iter=200, tol=1e-3)
    with warnings.catch_warnings():
        # A classifier that has not quite settled scores nearly as well, and is judged by its scores.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return made.fit(rows, label)


def _nothing(rows: Any) -> NDArray[Any]:
    import numpy as np

    return np.zeros(len(rows))


# --- what is told beside


def _telling(score: Any) -> dict[str, tuple[str, ...]]:
    """The words that weigh most for either side."""
    weights: dict[str, float] = getattr(score, "weights", {})
    ranked = sorted(weights, key=lambda word: (-abs(weights[word]), word))
    return {
        "before": tuple(w for w in ranked if weights[w] < 0)[:_LISTED],
        "now": tuple(w for w in ranked if weights[w] > 0)[:_LISTED],
    }


def _words(old: Sequence[Sequence[str]], new: Sequence[Sequence[str]], level: float, seed: int) -> Words:
    """The vocabulary is that of a half of the reference, so that its other half tells how many words it does not know
    without any drift."""
    import numpy as np

    order = np.random.default_rng(seed).permutation(len(old))
    half, rest = ([old[i] for i in part] for part in np.array_split(order, 2))
    known = {word for words in half for word in words}
    shares = [
        [sum(w not in known for w in words) / len(words) for words in side if words] for side in (rest, new)
    ]
    means = [float(np.mean(side)) if side else math.nan for side in shares]
    was, now = (Moments.of(side) for side in shares)
    bounds = difference_means(now.n, now.mean, now.m2, was.n, was.mean, was.m2, level=level)
    often = [Counter(word for words in side for word in set(words)) for side in (old, new)]
    came, went = (
        tuple(
            w for w in sorted(has, key=lambda w, has=has: (-has[w], w))  # type: ignore[misc]
            if has[w] >= max(_FREQUENT * size, 2) and w not in lacks
        )[:_LISTED]
        for has, lacks, size in ((often[1], often[0], len(new)), (often[0], often[1], len(old)))
    )  # fmt: skip
    return Words(
        length=(float(np.mean([len(w) for w in old])), float(np.mean([len(w) for w in new]))),
        unknown=(means[0], means[1]), more_unknown=bounds.value, lower=bounds.lower, upper=bounds.upper, new=came,
        gone=went,
    )  # fmt: skip


def _centres(old: NDArray[Any], new: NDArray[Any]) -> float:
    """The distance between both centres, its square freed of what so few rows would show by chance."""
    spread = float(old.var(axis=0, ddof=1).sum())
    if not spread:
        return math.nan
    chance = spread / len(old) + float(new.var(axis=0, ddof=1).sum()) / len(new)
    moved = float(((old.mean(axis=0) - new.mean(axis=0)) ** 2).sum())
    return math.sqrt(max(moved - chance, 0.0) / spread)
