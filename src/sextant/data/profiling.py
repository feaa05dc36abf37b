"""Measuring a profile: over the rows column by column, by counting them on a small whole number.

A column with few different values is counted by value, and all else follows from those counts. Any other is
counted on its universal bins, with sums centred near its mean, so that a mean of 1.7e9 costs no digits; how
many different values it has comes from a sketch of hashes. Neither needs more memory for more rows.

What is done first is to look at some rows. They decide which way is quicker, and nothing else: what comes out
is the same, whichever rows they were.
"""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from queue import SimpleQueue
from typing import Any

from sextant.data import asking
from sextant.data.counting import (
    One,
    beside,
    counted_rows,
    family_at,
    family_of,
    filled,
    guess,
    hashed,
    how_many,
    is_finite,
    many_numbers,
    many_times,
    plain,
    rows_of,
    written,
)
from sextant.data.profile import (
    LONGEST_SHAPED,
    LONGEST_VALUE,
    MOST_SHAPES,
    MOST_TOP,
    UNKNOWN_ZONE,
    Bins,
    Column,
    Kind,
    Numbers,
    Profile,
    Texts,
    Times,
    Value,
    counted,
    shaped,
    topmost,
)
from sextant.stats import bins as universal
from sextant.stats.bins import Histogram
from sextant.stats.distinct import Distinct, Sketch
from sextant.tables import Table, table

#: So many rows are looked at to choose the way.
_LOOKED_AT = 10_000
#: From so many rows on, several columns are counted at a time, but no more than this.
_WORTH, _MOST_AT_ONCE = 200_000, 8
#: More groups than this are not fetched: then the other way is taken.
_MOST_GROUPS = 50_000
#: Of a text with more different values than this, nobody counts which are frequent.
_MOST_COUNTED = 100_000
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SHAPE_FROM = _LETTERS + _LETTERS.upper() + "0123456789"
_SHAPE_TO = "a" * 26 + "A" * 26 + "9" * 10

Tick = Callable[[int, int], None]


def profile(
    source: Any,
    *,
    columns: Sequence[str] = (),
    name: str | None = None,
    sketches: bool = True,
    tick: Tick | None = None,
) -> Profile:
    """The profile of a table: of all rows and all columns, or of those named.

    `source` is a path, a pattern, a frame, or a `sextant.tables.Table` on any engine; `name` is what the
    profile is called (default: as the table is). Without `sketches` it is quicker, and of numbers and times with
    many different values nobody knows how many there are. `tick(done, of)` is called after each column. Prints as a
    table, renders in a notebook, adds up with the profiles of other parts, and is kept by `save`.

    Raises what `sextant.tables.table` raises for what cannot be read.

    >>> import pyarrow as pa
    >>> found = profile(pa.table({"age": [31, 44, None, 27], "city": ["Oslo", "Oslo", "Bergen", ""]}), name="people")
    >>> found["age"].nulls, found["age"].numbers.mean, found["age"].numbers.maximum
    (1, 34.0, 44)
    >>> [(c.value, c.n) for c in found["city"].values], found["city"].distinct.exact
    ([('', 1), ('Bergen', 1), ('Oslo', 2)], True)
    """
    of = source if isinstance(source, Table) else table(source, name=name)
    for column in columns:
        of.kind(column)
    chosen = tuple(dict.fromkeys(columns)) or of.columns
    source = asking.source_of(of)
    rows = _given_rows(of, source)
    looked = _look(of, chosen, source)
    family = family_at(of)

    def one(side: Table, column: str) -> Column:
        return measured(side, column, rows, looked.get(column, []), family, sketches=sketches, source=source)

    found = []
    for done, measured_one in enumerate(_each(of, chosen, one, rows), 1):
        found.append(measured_one)
        if tick:
            tick(done, len(chosen))
    return Profile(name=name or of.name, rows=rows, engine=_engine(of), columns=tuple(found))


def _each(
    of: Table, names: Sequence[str], one: Callable[[Table, str], Column], rows: int
) -> Iterator[Column]:
    """Each column in turn, or, where there are many rows, as many at a time as there are processors."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    at_once = min(processors, len(names), _MOST_AT_ONCE)
    if rows < _WORTH or at_once < 2:
        yield from (one(of, name) for name in names)
        return
    with beside(of, at_once) as sides, ThreadPoolExecutor(len(sides)) as pool:
        free: SimpleQueue[Table] = SimpleQueue()
        for side in sides:
            free.put(side)

        def next_free(name: str) -> Column:
            side = free.get()
            try:
                return one(side, name)
            finally:
                free.put(side)

        try:
            yield from pool.map(next_free, names)
        finally:
            pool.shutdown(cancel_futures=True)


def measured(
    of: Table,
    name: str,
    rows: int,
    looked: list[Any],
    family: str | None,
    *,
    sketches: bool = True,
    source: str | None = None,
) -> Column:
    """One column. `looked` are some of its values, `family` names the engine's hash; None makes no sketch. `source` is
    the table in DuckDB's SQL."""
    kind, holds = of.kind(name), kind_of(of, name)
    plainly = source if asking.is_plain(kind) else None
    one = One(of, name, kind, rows, [v for v in looked if v is not None], family, sketches, plainly)
    common = {"name": name, "type": _type(kind), "kind": holds, "rows": rows}
    if holds == "nested":
        present = counted_rows(one.table, one.table.expr.filter(filled(of, one.values)))
        why = f"{kind} is not looked into"
        return Column(**common, nulls=rows - present, note=why[:200])
    ways = {"number": _number, "yes_no": _yes_no, "text": _text, "date": _time, "time": _time}
    return Column(**common, **ways[holds](one))


def kind_of(of: Table, name: str) -> Kind:
    """What a column holds."""
    kind = of.kind(name)
    if kind.is_boolean():
        return "yes_no"
    if kind.is_numeric():
        return "number"
    if kind.is_date():
        return "date"
    if kind.is_timestamp():
        return "time"
    return "text" if kind.is_string() or kind.is_uuid() or kind.is_null() else "nested"


def _given_rows(of: Table, source: str | None) -> int:
    if source is None:
        return counted_rows(of, of.expr)
    return int(asking.answered(of, asking.count(source))["n"][0].as_py())


def _type(kind: Any) -> str:
    return str(kind).removeprefix("!")


def _engine(of: Table) -> str:
    return f"{of.engine.name} {of.engine.version}"


def _look(of: Table, names: Iterable[str], source: str | None) -> dict[str, list[Any]]:
    """Some rows, texts cut short. Which rows, is the engine's choice."""
    kinds = {name: of.kind(name) for name in names if kind_of(of, name) != "nested"}
    if not kinds:
        return {}
    if source and all(map(asking.is_plain, kinds.values())):
        found = asking.answered(of, asking.some(source, kinds, _LOOKED_AT, 2 * LONGEST_SHAPED))
    else:
        kept = {}
        for name in kinds:
            values, holds = of.column(name), kind_of(of, name)
            if holds == "text":
                kept[name] = values.cast("string").left(2 * LONGEST_SHAPED)
            else:
                # Times as text: an engine knows times that Python does not.
                kept[name] = values.cast("string") if holds in ("date", "time") else values
        found = rows_of(of, of.expr.limit(_LOOKED_AT).select(**kept))
    return {name: found[name].to_pylist() for name in found.column_names}


# --- by value


def _groups(one: One, *, length: bool = False) -> Any:
    """Rows that hold a value, counted by it, as an Arrow table of `v`, `n`, `h` and, of texts, their `length`; None if
    there are too many values."""
    most = _MOST_GROUPS + 1
    if one.source:
        asked = asking.groups(
            one.source, one.name, one.kind, most, hashes=one.family is not None, length=length
        )
        found = asking.answered(one.of, asked)
    else:
        rows = one.table.expr.filter(filled(one.table, one.values))
        grouped = rows.group_by(v=one.values).aggregate(n=rows.count())
        more: dict[str, Any] = {"length": grouped.v.length()} if length else {}
        if one.family:
            more["h"] = hashed(one.table, grouped.v)
        found = rows_of(one.table, grouped.mutate(**more).limit(most))
    return found if found.num_rows <= _MOST_GROUPS else None


def _by_value(groups: Any) -> dict[Any, int]:
    """Values with their counts. An engine that goes through pandas gives nan as nothing."""
    found: dict[Any, int] = {}
    for value, n in zip(groups["v"].to_pylist(), groups["n"].to_pylist(), strict=True):
        value = math.nan if value is None else value
        found[value] = found.get(value, 0) + n
    return found


def _sketch(one: One, groups: Any) -> dict[str, Any]:
    """The sketch of all finite values that were counted."""
    if one.family is None:
        return {}
    values, hashes = groups["v"].to_pylist(), groups["h"].to_pylist()
    kept = [h for v, h in zip(values, hashes, strict=True) if v is not None and is_finite(v)]
    return written(Sketch.of(family_of(one), kept))


def _yes_no(one: One) -> dict[str, Any]:
    groups = _groups(one)
    found = _by_value(groups)
    return {"nulls": one.rows - sum(found.values()), "values": counted(found), **_sketch(one, groups)}


# --- numbers


def _number(one: One) -> dict[str, Any]:
    if one.few and (groups := _groups(one)) is not None:
        found = _by_value(groups)
        numbers = _counted_numbers(found)
        values = counted({plain(v): n for v, n in found.items() if is_finite(v)})
        nulls = one.rows - sum(found.values())
        return {"nulls": nulls, "values": values, "numbers": numbers, **_sketch(one, groups)}
    return many_numbers(one)


def _counted_numbers(found: dict[Any, int]) -> Numbers:
    """All about numbers that were counted by value."""
    import numpy as np

    finite = sorted(v for v in found if is_finite(v))
    special = {str(v): n for v, n in found.items() if not is_finite(v)}
    numbers = Numbers(
        n=sum(found[v] for v in finite), nan=special.get("nan", 0), above=special.get("inf", 0),
        below=special.get("-inf", 0), bins=Bins(level=0, keys=(), counts=()),
    )  # fmt: skip
    if not finite:
        return numbers
    counts = np.array([found[v] for v in finite], dtype=np.int64)
    base = finite[len(finite) // 2]
    with np.errstate(over="ignore"):
        away = np.array([float(v - base) for v in finite])
        middle = float((away * counts).sum() / counts.sum())
        m2 = float((counts * (away - middle) ** 2).sum())
    return numbers.model_copy(
        update={
            "mean": float(base) + middle, "m2": m2, "minimum": plain(min(finite)), "maximum": plain(max(finite)),
            "bins": Bins.of(Histogram.counted(universal.keys_of([float(v) for v in finite]), counts)),
        }
    )  # fmt: skip


# --- texts


def _text(one: One) -> dict[str, Any]:
    if not one.kind.is_string():
        words = one.table.expr.select(**{one.name: one.values.cast("string")})
        one = replace(
            one, of=Table(one.of.name, words, one.of.engine), kind=words[one.name].type(), source=None
        )
    if guess(one, one.rows) <= _MOST_GROUPS / 2 and all(len(v) <= LONGEST_SHAPED for v in one.looked):
        cut = LONGEST_VALUE + 1
        short = _groups(one, length=True)
        if short is not None and all(n < cut for n in short["length"].to_pylist()):
            return _counted_texts(one, short)
    rows = one.table.expr.filter(filled(one.table, one.values))
    inner = Table(one.of.name, rows.select(v=one.values), one.of.engine)
    long = Table(one.of.name, inner.expr.select(n=inner.expr.v.length()), one.of.engine)
    measuring = One(long, "n", long.kind("n"), 0, [len(v) for v in one.looked], None)
    lengths = _number(replace(measuring, source=asking.source_of(long)))["numbers"]
    about = how_many(one, lengths.n)
    top, slack, shapes = None, 0, None
    if _estimate(about, lengths.n).value <= _MOST_COUNTED:
        top, slack = _top(inner)
        shapes = _shapes(inner, one.looked)
    texts = Texts(lengths=lengths, shapes=shapes)
    return {"nulls": one.rows - lengths.n, "texts": texts, "top": top, "slack": slack, **about}


def _estimate(about: dict[str, Any], n: int) -> Distinct:
    if written := about.get("sketch"):
        return Distinct.sketched(Sketch.read(written.family, written.registers), n)
    low, high = about["between"]
    return Distinct(high, low, high)


def _counted_texts(one: One, groups: Any) -> dict[str, Any]:
    found = _by_value(groups)
    nulls = one.rows - sum(found.values())
    lengths: dict[int, int] = {}
    shapes: dict[str, int] = {}
    for value, n in found.items():
        lengths[len(value)] = lengths.get(len(value), 0) + n
        shape = shape_of(value)
        shapes[shape] = shapes.get(shape, 0) + n
    values = counted(found)
    top, slack = topmost(found) if values is None else (None, 0)
    texts = Texts(lengths=_counted_numbers(lengths), shapes=shaped(shapes))
    return {
        "nulls": nulls,
        "values": values,
        "top": top,
        "slack": slack,
        "texts": texts,
        **_sketch(one, groups),
    }


def _top(inner: Table) -> tuple[Any, int]:
    rows = inner.expr
    grouped = rows.group_by(v=rows.v).aggregate(n=rows.count())
    most = grouped.order_by([grouped.n.desc(), grouped.v]).limit(MOST_TOP + 1)
    found = rows_of(inner, most.mutate(v=most.v.left(LONGEST_VALUE + 1)))
    return topmost(_by_value(found))


def _shapes(inner: Table, looked: list[str]) -> Any:
    """Shapes of the different values, each counted as often as it stands there: an engine takes longer to
    rewrite a text than to count it."""
    import ibis

    if len({shape_of(v) for v in looked}) > MOST_SHAPES:
        return None
    by_value = inner.expr.group_by(v=inner.expr.v).aggregate(n=inner.expr.count())
    alike = ibis.ifelse(
        by_value.v.length() <= LONGEST_SHAPED,
        by_value.v.translate(_SHAPE_FROM, _SHAPE_TO),
        "x" * (LONGEST_SHAPED + 1),
    )
    grouped = by_value.mutate(s=alike).group_by("s").aggregate(n=lambda t: t.n.sum().cast("int64"))
    found = rows_of(inner, grouped.limit(_MOST_GROUPS + 1))
    if found.num_rows > _MOST_GROUPS:
        return None
    summed: dict[str, int] = {}
    for value, n in zip(found["s"].to_pylist(), found["n"].to_pylist(), strict=True):
        shape = shape_of(value)
        summed[shape] = summed.get(shape, 0) + n
    return shaped(summed)


def shape_of(text: str) -> str:
    """What a text looks like: each letter as a or A, each digit as 9, a run of one of them once with a +.

    >>> shape_of("AB-1234"), shape_of("Oslo"), shape_of("x" * 40)
    ('A+-9+', 'Aa+', '...')
    """
    if len(text) > LONGEST_SHAPED:
        return "..."
    signs: list[str] = []
    for sign in text:
        what = "A" if sign.isupper() else "a" if sign.isalpha() else "9" if sign.isdigit() else sign
        if signs and signs[-1].removesuffix("+") == what and what in "Aa9":
            signs[-1] = what + "+"
        else:
            signs.append(what)
    return "".join(signs)


# --- dates and times


def _time(one: One) -> dict[str, Any]:
    import numpy as np
    import pyarrow as pa

    kind = one.kind
    zone = "UTC" if kind.is_timestamp() and kind.timezone else None
    if one.of.engine.name == "pyspark":
        zone = UNKNOWN_ZONE  # Ibis says of all of Spark's times that they have none
    if gone := many_times(one):
        found, about = gone
        low = high = None
        if found.n:
            # From bytes, as from numbers pyarrow loads pandas where it is installed.
            ends = pa.py_buffer(struct.pack("=2q", found.low, found.high))
            low, high = pa.Array.from_buffers(kind.to_pyarrow(), 2, [None, ends])
        return {
            "nulls": one.rows - found.n, "times": _times(low, high, found.histogram), "zone": zone, **about,
        }  # fmt: skip
    import pyarrow.compute as pc

    hour = one.values if kind.is_date() else one.values.truncate("h")
    rows = one.table.expr.filter(filled(one.table, one.values))
    grouped = rows.group_by(key=hour).aggregate(n=rows.count(), low=one.values.min(), high=one.values.max())
    groups = rows_of(one.table, grouped)
    n = int(pc.sum(groups["n"]).as_py() or 0)
    low, high = (pc.min(groups["low"]), pc.max(groups["high"])) if n else (None, None)
    stamp = pa.timestamp("s")
    seconds = groups["key"].cast(stamp if not kind.is_date() else pa.date32(), safe=False)
    seconds = np.array(seconds.cast(stamp, safe=False).cast(pa.int64()).to_pylist(), dtype=np.int64)
    histogram = Histogram.counted(np.floor_divide(seconds, 3600), groups["n"].to_pylist(), "hours")
    values = None
    if kind.is_date():
        days: dict[Value, int] = {}
        for key, count in zip(groups["key"], groups["n"], strict=True):
            days[_iso(key)] = count.as_py()
        values = counted(days)
    return {
        "nulls": one.rows - n,
        "times": _times(low, high, histogram),
        "zone": zone,
        "values": values,
        **(how_many(one, n) if one.sketches else {}),
    }


def _times(low: Any, high: Any, histogram: Histogram) -> Times:
    earliest, latest = (None if end is None else _iso(end) for end in (low, high))
    return Times(earliest=earliest, latest=latest, bins=Bins.of(histogram))


def _iso(moment: Any) -> str:
    """ISO 8601 without a zone: times that have one are told in UTC."""
    from datetime import UTC, datetime

    try:
        value = moment.as_py()
    except (ValueError, OverflowError):
        # An engine knows years that Python does not.
        return str(moment)
    if isinstance(value, datetime) and value.tzinfo is not None:
        value = value.astimezone(UTC).replace(tzinfo=None)
    return str(value.isoformat())
