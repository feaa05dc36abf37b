"""How far a column's values have moved between two tables, and whether that is more than chance.

Both tables are profiled, or come as stored profiles; each column is counted in both on bins of the reference.
`drift` gives an answer for each column by the size of the change with its range, never by a p-value alone: with
a million rows everything differs, with a hundred nothing does. See docs/why/drift.md.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sextant.data import asking
from sextant.data.contents import embeddings_apart, texts_apart
from sextant.data.counting import rows_of
from sextant.data.domain import THRESHOLD, tell_apart
from sextant.data.drift_report import ColumnDrift, Decided, DriftReport
from sextant.data.profile import WORDS, Column, Profile, Value
from sextant.data.profiling import kind_of, profile
from sextant.errors import InvalidInput
from sextant.stats import bins as universal
from sextant.stats import distances
from sextant.stats._checks import at_least_zero, inside, one_of, positive
from sextant.stats.bins import Histogram, coarsened
from sextant.stats.homogeneity import benjamini_hochberg, chi_squared_p, kolmogorov_smirnov_p
from sextant.tables import Table, table

#: Of text and other categories, the most frequent in the reference; all others go together.
MOST_CATEGORIES = 30
#: Distances that go by the order of the values are computed on no more bins than this.
_MOST_FINE = 128
_ORDERED = ("kolmogorov_smirnov", "wasserstein")
#: Text that is this long on average is read; what is shorter, and hardly ever twice the same, is an id.
_SHORTEST_TEXT = 16
#: How often pairs are drawn for a column's range, and for its chance: more where only their number is in the way.
_FOR_THE_RANGE = 300
_RESAMPLES, _MOST_RESAMPLES = 2000, 200_000


@dataclass(frozen=True, slots=True)
class Histograms:
    """Counts of one column in both tables on the same bins. For numbers, `edges` part the bins; for
    categories there are none. The last bin holds the missing; with categories, the one before it all that
    are not listed in `names`."""

    feature: str
    reference: tuple[int, ...]
    current: tuple[int, ...]
    edges: tuple[float, ...] = ()
    names: tuple[Value, ...] = ()


def drift(
    reference: Any,
    current: Any,
    *,
    columns: Sequence[str] = (),
    statistic: str = "total_variation",
    threshold: float = 0.1,
    bins: int = 10,
    level: float = 0.95,
    seed: int = 0,
    contents: bool = True,
    multivariate: bool = False,
) -> DriftReport:
    """What has moved between two tables, column by column.

    reference, current  tables (a path, a frame, a `Table`) or profiles (also a path that ends in .json)
    columns    which; default: all that both have
    statistic  the distance that decides, one of `sextant.stats.distances.STATISTICS`
    threshold  from which distance on it matters; 0.1 of "total_variation" is a tenth of all rows
    bins       into how many bins numbers are cut, each with about as many rows of the reference
    level      how sure a verdict must be; of the columns called drifted, no more than 1 - level are wrong on average
    seed       the same seed gives the same ranges
    contents   whether free text and embeddings are compared as well, by a classifier: it takes some seconds a column, and
               the tables themselves, not their profiles
    multivariate  whether a classifier is asked as well how far all columns together tell the tables apart
               (`sextant.data.domain`); tables only

    Stored profiles give the same answers as the tables that they were made of, except for texts with more than
    256 different values: of those a profile knows only bounds, and what is nearest to no drift is taken.

    >>> import pyarrow as pa
    >>> old, new = pa.table({"x": list(range(1000))}), pa.table({"x": list(range(300, 1300))})
    >>> found = drift(old, new)
    >>> found.drifted, round(found["x"].value, 1)
    (('x',), 0.3)
    """
    one_of("statistic", statistic, distances.STATISTICS)
    at_least_zero("threshold", threshold)
    inside("level", level, 0.5, 1.0)
    if positive("bins", bins) < 2:
        raise InvalidInput(
            f"bins is {bins}", rule="into one bin all values fall, whatever they are: at least 2"
        )
    old, new = _opened(reference), _opened(current)
    names, theirs = (_names(side) for side in (old, new))
    both = tuple(columns) or tuple(n for n in names if n in theirs)
    before, now = (_profiled(side, both) for side in (old, new))
    if not both:
        raise InvalidInput(
            f"{before.name} and {now.name} have no column in common", todo="compare tables of the same kind"
        )
    tables = (old, new) if isinstance(old, Table) and isinstance(new, Table) else None
    if multivariate and tables is None:
        raise InvalidInput(
            "a profile does not say which values stand in one row",
            where=f"{before.name} to {now.name}",
            rule="all columns together are compared in tables",
            todo="give the tables themselves",
        )
    found = [_looked_at(before[n], now[n], tables, statistic, threshold, bins, level, seed) for n in both]
    if tables is not None and contents:
        found = [_read(one, before[one.said.name], tables, level, seed) for one in found]
    judged = _together(found, statistic, threshold, level, seed)
    return DriftReport(
        reference=before.name, current=now.name, reference_rows=before.rows, current_rows=now.rows,
        statistic=statistic, threshold=threshold, level=level, columns=tuple(judged),
        only_before=() if columns else tuple(n for n in names if n not in theirs),
        only_now=() if columns else tuple(n for n in theirs if n not in names),
        together=tell_apart(*tables, both, level=level, seed=seed) if multivariate and tables else None,
    )  # fmt: skip


def histograms(reference: Table, current: Table, column: str, *, bins: int = 10) -> Histograms:
    """Count a column's values in both tables.

    Numbers are cut at the reference's quantiles, so that each bin holds about as many of its rows. With up to
    256 different values these are the exact ones (a value that is very frequent takes several quantiles, and
    there are fewer bins); else they are the nearest edges of universal bins, and there are as many bins as
    asked. A bin holds the values above the edge before it, up to and with its own. Everything else is counted
    by category: the 30 most frequent in the reference, the rest together. Missing values are a bin of their
    own, so that a column that goes silent has drifted.

    Raises `InvalidInput` for a column that one of them lacks, that holds numbers in one and text in the
    other, that holds dates or times (they always move on), or that has hardly any two rows alike, such as
    an id or free text.

    >>> import pyarrow as pa
    >>> from sextant.tables import engine, table
    >>> on = engine()
    >>> old, new = (table(pa.table({"x": x}), name="x", on=on) for x in ([1, 2, 3, 4], [4, 5, None, 1]))
    >>> histograms(old, new, "x", bins=2)
    Histograms(feature='x', reference=(2, 2, 0), current=(1, 2, 1), edges=(2.5,), names=())
    """
    before, now = (_profiled(side, (column,))[column] for side in (reference, current))
    where = f"{reference.name}, column {column}"
    if why := _unsuited(before):
        raise InvalidInput(
            why,
            where=where,
            rule="drift is looked for in numbers and categories",
            todo="leave the column out",
        )
    if _unlike(before, now):
        raise InvalidInput(
            f"it holds {WORDS[before.kind]} in {reference.name} and {WORDS[now.kind]} in {current.name}",
            where=f"column {column}",
            rule="only values of one kind can be compared",
        )
    return compared(before, now, bins=bins, tables=(reference, current))


def unsuited(of: Table, column: str) -> str:
    """Why drift cannot be looked for in a column, as half a sentence; empty if it can."""
    kind = kind_of(of, column)
    if kind in ("number", "yes_no"):
        of.column(column)
        return ""
    return _unsuited(_profiled(of, (column,))[column])


def incomparable(reference: Column, current: Column) -> str:
    """Why two profiles of a column cannot be compared, as a sentence; empty if they can."""
    return _unlike(reference, current) or _unsuited(reference) or _nothing(reference, current)


def compared(
    reference: Column, current: Column, *, bins: int = 10, tables: tuple[Table, Table] | None = None
) -> Histograms:
    """Both columns on bins of the reference, by their profiles. `tables` are asked for the categories that a
    profile does not count."""
    r, c = reference, current
    if r.kind != "number":
        return _by_category(r, c, tables)
    assert r.numbers is not None and c.numbers is not None  # noqa: S101 - numbers have them
    if r.values is not None and c.values is not None:
        edges = _quantile_edges(r, bins)
        old, new = (_below([(float(v.value), v.n) for v in side.values or ()], edges) for side in (r, c))
    else:
        found = coarsened(r.numbers.histogram, c.numbers.histogram, bins)
        edges, old, new = found.edges, found.reference, found.current
    # The infinite lie beyond all edges.
    old, new = (
        (counts[0] + n.below, *counts[1:-1], counts[-1] + n.above)
        if len(counts) > 1
        else (counts[0] + n.below + n.above,)
        for counts, n in ((old, r.numbers), (new, c.numbers))
    )
    return Histograms(r.name, (*old, r.missing), (*new, c.missing), edges)


# --- one column


@dataclass(frozen=True, slots=True)
class _Looked:
    """A column on its way to a verdict: what is said of it, and the counts that decide."""

    said: ColumnDrift
    counts: tuple[tuple[int, ...], tuple[int, ...]] | None = None
    positions: tuple[float, ...] = ()


def _looked_at(
    r: Column, c: Column, tables: tuple[Table, Table] | None, statistic: str, threshold: float, bins: int,
    level: float, seed: int,
) -> _Looked:  # fmt: skip
    common: dict[str, Any] = {
        "name": r.name,
        "kind": r.kind,
        "missing": (_share(r.missing, r.rows), _share(c.missing, c.rows)),
    }
    if why := incomparable(r, c):
        return _Looked(ColumnDrift(**common, verdict="not_compared", why=why))
    found = compared(r, c, bins=bins, tables=tables)
    common |= {
        "edges": found.edges,
        "names": found.names,
        "reference": found.reference,
        "current": found.current,
    }
    plain = distances.plainly(found.reference, found.current)
    tests = {"chi_squared": chi_squared_p(found.reference, found.current)}
    counts = (found.reference, found.current)
    positions: tuple[float, ...] = ()
    ordered = r.kind == "number" and bool(r.numbers and c.numbers and r.numbers.n and c.numbers.n)
    if ordered:
        fine = _fine(r, c)
        plain["kolmogorov_smirnov"] = distances.kolmogorov_smirnov(*fine[1:])
        plain["wasserstein"] = distances.wasserstein(fine[1], fine[2], fine[0])
        tests["kolmogorov_smirnov"] = kolmogorov_smirnov_p(
            plain["kolmogorov_smirnov"], sum(fine[1]), sum(fine[2])
        )
        common["outside"] = _outside(r, c)
        if statistic in _ORDERED:
            positions, *both = _fine(r, c, most=_MOST_FINE)
            counts = (both[0], both[1])
    elif statistic in _ORDERED:
        lacks = "one of them lacks finite numbers" if r.kind == "number" else "categories have no order"
        return _Looked(ColumnDrift(**common, verdict="not_compared", why=f"{lacks}, which {statistic} needs"))
    elif r.kind != "number":
        common |= _new_and_gone(r, c)
    bounds = distances.distance_interval(
        *counts,
        statistic=statistic,
        level=level,
        resamples=_FOR_THE_RANGE,
        seed=seed,
        positions=positions if statistic == "wasserstein" else (),
    )
    if bounds.undefined:
        return _Looked(
            ColumnDrift(**common, verdict="not_compared", why=bounds.undefined, distances=plain, tests=tests)
        )
    said = ColumnDrift(
        **common, verdict="steady" if bounds.upper <= threshold else "open", value=bounds.value, lower=bounds.lower,
        upper=bounds.upper, distances={k: v for k, v in plain.items() if not math.isnan(v)}, tests=tests,
        decided_on=Decided(
            reference=counts[0], current=counts[1], positions=positions if statistic == "wasserstein" else ()
        ),
    )  # fmt: skip
    return _Looked(said, counts, positions if statistic == "wasserstein" else ())


def _read(looked: _Looked, column: Column, tables: tuple[Table, Table], level: float, seed: int) -> _Looked:
    """The same, with what a classifier says of values that were not compared: free text and embeddings."""
    said = looked.said
    if said.verdict != "not_compared" or not all(said.name in t.columns for t in tables):
        return looked
    kinds = [t.kind(said.name) for t in tables]
    asked: dict[str, Any] = {"threshold": THRESHOLD, "level": level, "seed": seed}
    more: dict[str, Any]
    if all(k.is_array() and k.value_type.is_floating() for k in kinds):
        apart, centre = embeddings_apart(*tables, said.name, **asked)
        more = {"kind": "embedding", "centre": None if math.isnan(centre) else centre}
    elif said.kind == "text" and all(k.is_string() for k in kinds) and _reads_as_text(column):
        apart, words = texts_apart(*tables, said.name, **asked)
        more = {"kind": "free text", "words": words}
    else:
        return looked
    more |= {
        "apart": apart, "verdict": apart.verdict, "why": apart.why, "value": apart.area, "lower": apart.lower,
        "upper": apart.upper, "p": apart.p,
    }  # fmt: skip
    return _Looked(said.model_copy(update=more))


def _reads_as_text(column: Column) -> bool:
    """Whether values are long enough to be sentences, and no ids."""
    return bool(column.texts and column.texts.lengths.n and column.texts.lengths.mean >= _SHORTEST_TEXT)


def _together(
    found: Sequence[_Looked], statistic: str, threshold: float, level: float, seed: int
) -> list[ColumnDrift]:
    """The verdicts of all columns at once. A p-value is drawn anew, more finely, as long as only its coarseness
    stands in the way."""
    counted = [i for i, one in enumerate(found) if one.counts]
    chances = {i: one.said.p for i, one in enumerate(found) if one.said.p is not None}
    judged = sorted([*counted, *chances])
    draws = dict.fromkeys(counted, _RESAMPLES)
    again = list(counted)
    adjusted = (
        dict(zip(judged, benjamini_hochberg([chances[i] for i in judged]), strict=True))
        if not counted
        else {}
    )
    while again:
        for i in again:
            one = found[i]
            assert one.counts is not None  # noqa: S101 - chosen above
            chances[i] = (
                1.0 if one.said.value <= threshold else distances.exceeds(
                    *one.counts, threshold, statistic=statistic, resamples=draws[i], seed=seed, positions=one.positions
                )
            )  # fmt: skip
        adjusted = dict(zip(judged, benjamini_hochberg([chances[i] for i in judged]), strict=True))
        again = [
            i for i in counted
            if adjusted[i] > 1 - level and chances[i] <= 1 / draws[i] and draws[i] < _MOST_RESAMPLES
        ]  # fmt: skip
        for i in again:
            draws[i] *= 10
    said = []
    for i, one in enumerate(found):
        if i not in chances:
            said.append(one.said)
            continue
        update: dict[str, Any] = {"p": chances[i], "adjusted": adjusted[i]}
        if adjusted[i] <= 1 - level:
            update["verdict"] = "drifted"
        elif one.said.verdict == "drifted":
            update["verdict"] = "open"
        said.append(one.said.model_copy(update=update))
    return said


def _unsuited(column: Column) -> str:
    """Why drift cannot be looked for in a column, as half a sentence; empty if it can."""
    if column.kind in ("date", "time"):
        return "dates and times always move on"
    if column.kind == "nested":
        return "it holds nested values"
    if column.kind == "text" and column.distinct.value > MOST_CATEGORIES:
        different = column.distinct.value
        if different > column.n / 2:
            about = "" if column.distinct.exact else "about "
            return f"{about}{different:.0f} of its {column.n} values are different, as in an id or free text"
    return ""


def _unlike(r: Column, c: Column) -> str:
    if r.kind == c.kind or not r.present or not c.present:
        return ""
    return f"it holds {WORDS[r.kind]} in the reference and {WORDS[c.kind]} in the current"


def _nothing(r: Column, c: Column) -> str:
    if not r.rows or not c.rows:
        return f"there are no rows in the {'reference' if not r.rows else 'current'}"
    return (
        "" if r.kind == c.kind else f"there is no value in the {'reference' if not r.present else 'current'}"
    )


def _share(part: int, of: int) -> float:
    return part / of if of else math.nan


def _quantile_edges(column: Column, bins: int) -> tuple[float, ...]:
    """The quantiles of values that are all counted, between two of them where one falls between."""
    values = [(float(v.value), v.n) for v in column.values or ()]
    total = sum(n for _, n in values)
    if not total:
        return ()

    def ranked(rank: int) -> float:
        upto = -1
        for value, n in values:
            upto += n
            if upto >= rank:
                return value
        return values[-1][0]

    edges = set()
    for i in range(1, bins):
        at = (total - 1) * i / bins
        low, high = ranked(math.floor(at)), ranked(math.ceil(at))
        edges.add(low + (high - low) * (at - math.floor(at)))
    return tuple(sorted(edges))


def _below(values: Sequence[tuple[float, int]], edges: Sequence[float]) -> tuple[int, ...]:
    counts = [0] * (len(edges) + 1)
    for value, n in values:
        counts[bisect_left(edges, value)] += n
    return tuple(counts)


def _fine(
    r: Column, c: Column, *, most: int = 0
) -> tuple[tuple[float, ...], tuple[int, ...], tuple[int, ...]]:
    """Where values lie, and how many in both: exactly where all are counted, else the middles of bins; on no more
    than `most`, if it is given."""
    if r.values is not None and c.values is not None and (not most or len(r.values) + len(c.values) <= most):
        old, new = ({float(v.value): v.n for v in side.values or ()} for side in (r, c))
        at = sorted(old.keys() | new.keys())
        return tuple(at), tuple(old.get(x, 0) for x in at), tuple(new.get(x, 0) for x in at)
    assert r.numbers is not None and c.numbers is not None  # noqa: S101 - numbers have them
    one, two = r.numbers.histogram, c.numbers.histogram
    level = max(one.level, two.level)
    while True:
        one, two = one.at(level), two.at(level)
        keys = sorted({*one.keys, *two.keys})
        if not most or len(keys) <= most or level >= universal.COARSEST["log"]:
            break
        level += 1
    counts = [dict(zip(side.keys, side.counts, strict=True)) for side in (one, two)]
    none = [0] * len(keys)
    return (
        universal.middles(keys, level),
        tuple(map(counts[0].get, keys, none)),
        tuple(map(counts[1].get, keys, none)),
    )


def _outside(r: Column, c: Column) -> float:
    """The share of current numbers beyond the reference's range: exactly, or at least, by whole bins."""
    if (
        r.numbers is None
        or c.numbers is None
        or r.numbers.minimum is None
        or r.numbers.maximum is None
        or not c.numbers.n
    ):
        return 0.0
    low, high = float(r.numbers.minimum), float(r.numbers.maximum)
    if c.values is not None:
        beyond = sum(v.n for v in c.values if not low <= float(v.value) <= high)
    else:
        histogram = c.numbers.histogram
        first, last = (Histogram.of([end]).at(histogram.level).keys[0] for end in (low, high))
        keys = histogram.keys
        inside_range = slice(bisect_left(keys, first), bisect_right(keys, last))
        beyond = histogram.total - sum(histogram.counts[inside_range])
    return beyond / c.numbers.n


# --- categories


def _by_category(r: Column, c: Column, tables: tuple[Table, Table] | None) -> Histograms:
    listed = r.values if r.values is not None else r.top or ()
    ranked = sorted(listed, key=lambda v: (-v.n, str(v.value)))[:MOST_CATEGORIES]
    names = tuple(v.value for v in ranked)
    old = tuple(v.n for v in ranked)
    if c.values is None and tables is not None:
        new = _counted_in(tables[1], c.name, names)
    else:
        known = {v.value: v.n for v in (c.values if c.values is not None else c.top or ())}
        # What is not listed may be anything up to the slack: what is nearest to no drift is taken.
        room = 0 if c.values is not None else c.slack
        new = tuple(
            known.get(name, min(room, round(n / max(r.present, 1) * c.present)))
            for name, n in zip(names, old, strict=True)
        )
    return Histograms(
        r.name, (*old, max(r.present - sum(old), 0), r.missing), (*new, max(c.present - sum(new), 0), c.missing),
        names=names,
    )  # fmt: skip


def _counted_in(of: Table, column: str, names: Sequence[Value]) -> tuple[int, ...]:
    if not names:
        return ()
    asked = [str(n) for n in names]
    if of.kind(column).is_string() and (source := asking.source_of(of)):
        rows = asking.answered(of, asking.of_these(source, column), [asked])
    else:
        values = of.column(column).cast("string")
        listed = of.expr.filter(values.isin(asked))
        rows = rows_of(of, listed.group_by(v=listed[column].cast("string")).aggregate(n=listed.count()))
    found = {row["v"]: row["n"] for row in rows.to_pylist()}
    return tuple(int(found.get(name, 0)) for name in asked)


def _new_and_gone(r: Column, c: Column) -> dict[str, tuple[Value, ...]]:
    """Categories that only one has, the most frequent first. New is certain if the reference counts all of its
    values, gone if the current does."""
    old, new = (
        {v.value: v.n for v in (side.values if side.values is not None else side.top or ())}
        for side in (r, c)
    )
    return {
        key: tuple(sorted((v for v in has if v not in lacks), key=lambda v, has=has: (-has[v], str(v))))  # type: ignore[misc]
        if whole else ()
        for key, has, lacks, whole in (("new", new, old, r.values is not None), ("gone", old, new, c.values is not None))
    }  # fmt: skip


# --- tables and profiles


def _opened(source: Any) -> Table | Profile:
    if isinstance(source, Table | Profile):
        return source
    if isinstance(source, str | Path) and str(source).endswith(".json"):
        return Profile.load(source)
    return table(source)


def _names(side: Table | Profile) -> tuple[str, ...]:
    return side.columns if isinstance(side, Table) else tuple(c.name for c in side.columns)


def _profiled(side: Table | Profile, columns: Sequence[str]) -> Profile:
    if isinstance(side, Profile):
        return side.only(columns)
    return (
        profile(side, columns=columns, sketches=False)
        if columns
        else Profile(name=side.name, rows=0, columns=())
    )
