"""Where does the model fail? Slices of one attribute and of two that do worse than the rest, found and not only looked
up; and the cases themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from sextant.errors import InvalidInput
from sextant.evaluation.counting import MISSING, label
from sextant.evaluation.evaluate import fisher
from sextant.phrases import interval_text, number, number_text
from sextant.stats.homogeneity import benjamini_hochberg
from sextant.stats.intervals import Bounds, difference_proportions, wilson
from sextant.tables import Table, present, same_values

#: Columns with more values than this are cut into bands if they hold numbers, and passed over if not.
MOST_VALUES = 20
BANDS = 4
#: More columns than this make too many pairs to be looked through.
MOST_COLUMNS = 60


@dataclass(frozen=True, slots=True)
class Worse:
    """A slice that does worse: its share of right answers beside that of all other rows. `adjusted_p` is the chance of
    so large a gap by luck, adjusted for every slice that was looked at; `lost` how many answers would be right more if
    it did as well as the rest."""

    slice: dict[str, str]
    right: int
    rows: int
    share: Bounds
    gap: Bounds
    adjusted_p: float
    lost: float


@dataclass(frozen=True, slots=True)
class Search:
    """What was found: slices that do worse by more than luck, those that cost most first; `looked_at` slices in all."""

    table: str
    rows: int
    right: int
    looked_at: int
    level: float
    worse: tuple[Worse, ...]
    passed_over: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def worst_slices(
    table: Table,
    *,
    target: str,
    prediction: str,
    columns: Sequence[str] = (),
    fewest: int = 50,
    false_alarms: float = 0.05,
    level: float = 0.95,
) -> Search:
    """Every value of every column, and every pair of values of two columns, looked at for a share of right answers that
    lies below the rest's.

    columns       which columns; left out, all but target and prediction
    fewest        slices with fewer rows are not looked at
    false_alarms  of the slices that are shown, at most this share are luck

    Numbers with many values are cut into four bands of equally many rows; texts with many values are passed over, and
    named. A pair is shown only if it does worse than each of its two parts alone would have it: by more than luck
    against either part's remaining rows. Chances are Fisher's exact ones, adjusted over all slices and pairs (Benjamini
    and Yekutieli, for slices overlap).

    Source: Benjamini and Yekutieli, "The control of the false discovery rate in multiple testing under dependency"
    (2001); the search by one and two attributes: Chung and others, "Slice Finder" (2019).

    >>> import pyarrow as pa
    >>> from sextant.tables import table
    >>> n = 400
    >>> rows = {"is": [1] * n, "said": [0 if i % 2 and i % 4 == 3 else 1 for i in range(n)],
    ...         "device": ["phone" if i % 2 else "desk" for i in range(n)], "new": [str(i % 4 > 1) for i in range(n)]}
    >>> found = worst_slices(table(pa.table(rows), name="rows"), target="is", prediction="said")
    >>> [(w.slice, w.rows) for w in found.worse][0]
    ({'device': 'phone', 'new': 'True'}, 100)
    """
    import math

    where = f"{table.name}, {target} and {prediction}"
    said, right = same_values(table.column(prediction), table.column(target), where=where)
    asked = list(columns) or [c for c in table.columns if c not in (target, prediction)]
    base = table.expr.mutate(
        sextant_ok=(present(said) & (said == right)).fill_null(False), sextant_known=table.present(target)
    )
    base = base.filter(base.sextant_known)
    keys, passed = _keys(table, base, asked, explicit=bool(columns))
    if len(keys) > MOST_COLUMNS:
        raise InvalidInput(
            f"there are {number(len(keys))} columns",
            where=table.name,
            rule=f"at most {MOST_COLUMNS} are looked through in pairs",
            todo="name the ones that matter",
        )
    kept = base.select(ok=base.sextant_ok.cast("int8"), **{f"k{i}": e for i, (_, e) in enumerate(keys)})
    total = table.fetch(kept.aggregate(n=kept.count(), s=kept.ok.sum()))[0]
    rows, hits = int(total["n"]), int(total["s"] or 0)
    if not rows:
        raise InvalidInput("no row has a right answer", where=f"{table.name}, column {target}")
    names = [name for name, _ in keys]
    found: dict[tuple[tuple[str, str], ...], tuple[int, int]] = {}
    for group in [*((i,) for i in range(len(keys))), *combinations(range(len(keys)), 2)]:
        by = [f"k{i}" for i in group]
        for row in table.fetch(kept.group_by(by).aggregate(n=kept.count(), s=kept.ok.sum())):
            key = tuple((names[i], row[f"k{i}"]) for i in group)
            found[key] = (int(row["s"]), int(row["n"]))
    chances = {
        key: fisher(s, n, hits - s, rows - n)
        for key, (s, n) in found.items()
        if fewest <= n < rows and rows - n >= 1
    }
    looked = {key: p for key, p in chances.items() if p is not None}
    harmonic = math.fsum(1 / i for i in range(1, len(looked) + 1))
    adjusted = dict(
        zip(
            looked,
            (min(p * harmonic, 1.0) for p in benjamini_hochberg([min(p, 1.0) for p in looked.values()])),
            strict=True,
        )
    )
    worse = []
    for key, p in adjusted.items():
        s, n = found[key]
        if p > false_alarms or s / n >= (hits - s) / (rows - n):
            continue
        if len(key) == 2 and not _beyond_its_parts(key, found, false_alarms):
            continue
        gap = difference_proportions(s, n, hits - s, rows - n, level=level)
        worse.append(Worse(dict(key), s, n, wilson(s, n, level=level), gap, p, max(-gap.value, 0.0) * n))
    worse.sort(key=lambda w: (-round(w.lost, 6), w.share.value, sorted(w.slice.items())))
    return Search(table.name, rows, hits, len(looked), level, tuple(worse), tuple(passed))


def _beyond_its_parts(
    key: tuple[tuple[str, str], ...], found: dict[tuple[tuple[str, str], ...], tuple[int, int]], bar: float
) -> bool:
    """Whether a pair does worse than what is left of each of its parts."""
    s, n = found[key]
    for part in key:
        ps, pn = found[(part,)]
        if pn == n:
            return False
        if s / n >= (ps - s) / (pn - n) or (fisher(s, n, ps - s, pn - n) or 1.0) > bar:
            return False
    return True


def _keys(
    table: Table, base: Any, asked: Sequence[str], *, explicit: bool
) -> tuple[list[tuple[str, Any]], list[tuple[str, str]]]:
    """Each column as text of a few values, or why it is passed over."""
    import ibis

    for c in asked:
        table.column(c)
    sizes = (
        table.fetch(base.aggregate(**{f"n{i}": base[c].nunique() for i, c in enumerate(asked)}))[0]
        if asked
        else {}
    )
    keys, passed = [], []
    for i, c in enumerate(asked):
        column, many = base[c], sizes[f"n{i}"]
        kind = column.type()
        if many < 1 or (many == 1 and not explicit):
            passed.append((c, "it has one value"))
        elif many <= MOST_VALUES and not kind.is_nested():
            text = column.cast("string") if not kind.is_floating() else column.round(6).cast("string")
            keys.append((c, ibis.ifelse(present(column), text, MISSING)))
        elif kind.is_numeric():
            cuts = table.fetch(
                base.aggregate(
                    **{f"q{j}": column.cast("float64").quantile(j / BANDS) for j in range(1, BANDS)}
                )
            )[0]
            edges = sorted({float(cuts[f"q{j}"]) for j in range(1, BANDS)})
            keys.append((c, _bands(column, edges)))
        else:
            passed.append((c, f"it has {number(many)} values that are no numbers"))
    return keys, passed


def _bands(column: Any, edges: Sequence[float]) -> Any:
    import ibis

    # From the last band to the first, each inside the one before.
    text: Any = ibis.literal(f"above {number(edges[-1], 4)}")
    for i in range(len(edges) - 1, -1, -1):
        low = f"{number(edges[i - 1], 4)} to " if i else "up to "
        text = ibis.ifelse(column <= edges[i], f"{low}{number(edges[i], 4)}", text)
    return ibis.ifelse(present(column), text, MISSING)


@dataclass(frozen=True, slots=True)
class Case:
    """A case that was answered wrong, with the columns that were asked for."""

    right: str
    answered: str
    shown: dict[str, Any]


def wrong_cases(
    table: Table, *, target: str, prediction: str, score: str | None = None, show: Sequence[str] = (),
    where: dict[str, str] | None = None, most: int = 10,
) -> list[Case]:  # fmt: skip
    """Cases that were answered wrong, those that the model was surest of first where there is a score for its answer; else in
    the order of the columns shown. `where` keeps those of a slice.

    >>> import pyarrow as pa
    >>> from sextant.tables import table
    >>> rows = {"is": ["a", "b"], "said": ["a", "a"], "text": ["x", "y"]}
    >>> wrong_cases(table(pa.table(rows), name="rows"), target="is", prediction="said", show=["text"])
    [Case(right='b', answered='a', shown={'text': 'y'})]
    """
    kept = table.where(dict(where or {}))
    said, right = same_values(kept.column(prediction), kept.column(target), where=table.name)
    wrong = kept.expr.mutate(sextant_right=right, sextant_said=said).filter(
        kept.present(target) & ~(present(said) & (said == right)).fill_null(False)
    )
    columns = list(show) or [c for c in kept.columns if c not in (target, prediction)]
    for c in columns:
        kept.column(c)
    if score is not None:
        sure = (kept.numbers(score) - 0.5).abs()
        wrong = wrong.order_by([sure.desc(), *columns])
    else:
        wrong = wrong.order_by([c for c in columns if not wrong[c].type().is_nested()] or ["sextant_right"])
    found = table.fetch(wrong.select("sextant_right", "sextant_said", *columns).limit(most))
    return [
        Case(
            label(r["sextant_right"]),
            "no answer" if r["sextant_said"] is None else label(r["sextant_said"]),
            {c: r[c] for c in columns},
        )
        for r in found
    ]


@dataclass(frozen=True, slots=True)
class Cluster:
    """Wrong cases whose texts hang together: words that mark them, how many, and one in the middle of them."""

    words: tuple[str, ...]
    cases: int
    example: str


def error_clusters(texts: Sequence[str], *, most: int = 5, seed: int = 0) -> list[Cluster]:
    """Wrong cases gathered by their words, the largest first: what do the errors have in common?

    Texts are weighed by words (TF-IDF), brought down to a few directions and gathered by k-means; how many clusters is
    chosen by the silhouette, up to `most`. Words that come in most texts mark none. Up to 20,000 texts, drawn by `seed`
    where there are more.

    Source: Rousseeuw, "Silhouettes: a graphical aid to the interpretation and validation of cluster analysis" (1987).

    >>> texts = ["refund the order please", "a refund for my order", "refund of an order"] * 5
    >>> found = error_clusters([*texts, *["password reset link", "reset my password", "the password link"] * 4], most=2)
    >>> found[0].cases, found[1].cases
    (15, 12)
    """
    import numpy as np
    from sklearn.cluster import KMeans
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.metrics import silhouette_score
    from sklearn.preprocessing import normalize

    kept = [t for t in texts if t and t.strip()]
    if len(kept) < 6:
        return [Cluster((), len(kept), kept[0])] if kept else []
    rng = np.random.default_rng(seed)
    if len(kept) > 20_000:
        kept = [kept[i] for i in sorted(rng.choice(len(kept), 20_000, replace=False))]
    vectorizer = TfidfVectorizer(
        max_df=0.8, min_df=2, stop_words="english", sublinear_tf=True, max_features=20_000
    )
    try:
        weights = vectorizer.fit_transform(kept)
    except ValueError:
        return [Cluster((), len(kept), kept[0])]
    size = min(50, weights.shape[1] - 1, len(kept) - 1)
    points = (
        normalize(TruncatedSVD(size, random_state=seed).fit_transform(weights))
        if size > 1
        else weights.toarray()
    )
    best: tuple[float, Any] | None = None
    for k in range(2, min(most, len(np.unique(points.round(9), axis=0))) + 1):
        labels = KMeans(k, n_init=5, random_state=seed).fit_predict(points)
        if len(np.unique(labels)) < 2:
            continue
        value = float(silhouette_score(points, labels, sample_size=min(2000, len(kept)), random_state=seed))
        if best is None or value > best[0] + 1e-9:
            best = (value, labels)
    if best is None:
        return [Cluster((), len(kept), kept[0])]
    words = vectorizer.get_feature_names_out()
    overall = np.asarray(weights.mean(0)).ravel()
    found = []
    for c in np.unique(best[1]):
        inside = np.flatnonzero(best[1] == c)
        lift = np.asarray(weights[inside].mean(0)).ravel() - overall
        top = [str(words[i]) for i in np.argsort(-lift, kind="stable")[:5] if lift[i] > 0]
        middle = points[inside].mean(0)
        nearest = inside[int(np.argmin(((points[inside] - middle) ** 2).sum(1)))]
        found.append(Cluster(tuple(top), len(inside), kept[int(nearest)]))
    return sorted(found, key=lambda c: (-c.cases, c.words))


def _lines(found: Search) -> Iterator[str]:
    from sextant.evaluation.evaluate_text import chance, columns

    yield (
        f"{found.table}: {number_text(found.right / found.rows, 'share')} of {number(found.rows)} answers are right; "
        f"{number(found.looked_at)} slices were looked at"
    )
    for column, why in found.passed_over:
        yield f"! {column} was passed over: {why}."
    yield ""
    if not found.worse:
        yield "No slice does worse than the rest by more than luck."
        return
    yield from columns(
        ("SLICE", "ROWS", "RIGHT", "RANGE", "BESIDE THE REST", "LOST ANSWERS", "BY CHANCE"),
        [
            (
                ", ".join(f"{k}={v}" for k, v in w.slice.items()), f"{w.rows:,}", number_text(w.share.value, "share"),
                interval_text(w.share.lower, w.share.upper, "share"),
                number_text(w.gap.value, "share", difference=True), f"{w.lost:,.0f}", chance(w.adjusted_p),
            )
            for w in found.worse[:20]
        ],
    )  # fmt: skip
    if len(found.worse) > 20:
        yield f"... and {len(found.worse) - 20} more."
    yield "LOST ANSWERS: so many more would be right if the slice did as well as the rest."
