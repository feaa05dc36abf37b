"""Measuring a profile: over the rows column by column, by counting them on a small whole number.

A column with few different values is counted by value, and all else follows from those counts. Any other is
counted on its universal bins, with sums centred near its mean, so that a mean of 1.7e9 costs no digits; how
many different values it has comes from a sketch of hashes. Neither needs more memory for more rows.

What is done first is to look at some rows. They decide which way is quicker, and nothing else: what comes out
is the same, whichever rows they were.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from sextant.data.profile import (
    LONGEST_SHAPED,
    LONGEST_VALUE,
    MOST_SHAPES,
    MOST_TOP,
    MOST_VALUES,
    UNKNOWN_ZONE,
    Bins,
    Column,
    Hashes,
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
from sextant.errors import InvalidInput
from sextant.stats import bins as universal
from sextant.stats.bins import Histogram
from sextant.stats.distinct import REGISTER_BITS, REGISTERS, REST_BITS, Distinct, Sketch
from sextant.tables import Table, table
from sextant.tables.engines import is_duckdb
from sextant.tables.faults import errors_of, explained

#: So many rows are looked at to choose the way.
_LOOKED_AT = 10_000
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
        of.column(column)
    chosen = tuple(dict.fromkeys(columns)) or of.columns
    rows = _rows(of, of.expr.aggregate(n=of.expr.count()))["n"][0].as_py()
    looked = _look(of, chosen)
    family = _family(of)
    found = []
    for done, column in enumerate(chosen, 1):
        found.append(measured(of, column, rows, looked.get(column, []), family, sketches=sketches))
        if tick:
            tick(done, len(chosen))
    return Profile(name=name or of.name, rows=rows, engine=_engine(of), columns=tuple(found))


def measured(
    of: Table, name: str, rows: int, looked: list[Any], family: str | None, *, sketches: bool = True
) -> Column:
    """One column. `looked` are some of its values, `family` names the engine's hash; None makes no sketch."""
    kind = kind_of(of, name)
    alone = Table(of.name, of.expr.select(name), of.engine)
    one = _One(alone, name, alone.column(name), rows, [v for v in looked if v is not None], family, sketches)
    common = {"name": name, "type": _type(one.values), "kind": kind, "rows": rows}
    if kind == "nested":
        present = alone.count(alone.expr.filter(_there(of, one.values)))
        why = f"{one.values.type()} is not looked into"
        return Column(**common, nulls=rows - present, note=why[:200])
    ways = {"number": _number, "yes_no": _yes_no, "text": _text, "date": _time, "time": _time}
    return Column(**common, **ways[kind](one))


def kind_of(of: Table, name: str) -> Kind:
    """What a column holds."""
    kind = of.column(name).type()
    if kind.is_boolean():
        return "yes_no"
    if kind.is_numeric():
        return "number"
    if kind.is_date():
        return "date"
    if kind.is_timestamp():
        return "time"
    return "text" if kind.is_string() or kind.is_uuid() or kind.is_null() else "nested"


def _there(of: Table, values: Any) -> Any:
    """Whether a row has a value, also nan. To Ibis, nan of Spark is null."""
    import ibis.expr.datatypes as dt

    if of.engine.name == "pyspark":
        return _builtin("isnotnull", dt.boolean)(values)
    return values.notnull()


def _type(values: Any) -> str:
    return str(values.type()).removeprefix("!")


def _engine(of: Table) -> str:
    return f"{of.engine.name} {of.engine.version}"


def _rows(of: Table, expr: Any) -> Any:
    """The rows of an expression as an Arrow table. DuckDB is asked directly: on its way through Ibis, pandas would
    be loaded where it is installed, and each of many small questions would take longer."""
    if not is_duckdb(of.engine):
        return of.arrow(expr)
    try:
        return of.engine.con.sql(of.engine.compile(expr)).to_arrow_table()
    except errors_of(of.engine) as error:
        raise explained(error, of.name, []) from error


@dataclass(frozen=True, slots=True)
class _One:
    """A column on its way to a profile."""

    table: Table
    name: str
    values: Any
    rows: int
    looked: list[Any]
    family: str | None
    sketches: bool = True

    @property
    def few(self) -> bool:
        """Whether counting by value looks quicker."""
        return self.different <= MOST_VALUES

    @property
    def different(self) -> int:
        """How many of the values looked at are different."""
        return len({v for v in self.looked if _finite(v)})


def _look(of: Table, names: Iterable[str]) -> dict[str, list[Any]]:
    """Some rows, texts cut short. Which rows, is the engine's choice."""
    kept = {}
    for name in names:
        values = of.column(name)
        if kind_of(of, name) == "text":
            kept[name] = values.cast("string").left(2 * LONGEST_SHAPED)
        elif kind_of(of, name) in ("number", "yes_no"):
            kept[name] = values
        elif kind_of(of, name) in ("date", "time"):
            # As text: an engine knows times that Python does not.
            kept[name] = values.cast("string")
    if not kept:
        return {}
    found = _rows(of, of.expr.limit(_LOOKED_AT).select(**kept))
    return {name: found[name].to_pylist() for name in found.column_names}


# --- by value


def _groups(one: _One, **also: Any) -> Any:
    """Rows that hold a value, counted by it, as an Arrow table of `v`, `n`, `h` and more; None if there are too
    many values."""
    there = one.table.expr.filter(_there(one.table, one.values))
    grouped = there.group_by(v=one.values).aggregate(n=there.count())
    more: dict[str, Any] = {key: value(grouped.v) for key, value in also.items()}
    if one.family:
        more["h"] = _hashed(one.table, grouped.v)
    found = _rows(one.table, grouped.mutate(**more).limit(_MOST_GROUPS + 1))
    return found if found.num_rows <= _MOST_GROUPS else None


def _by_value(groups: Any) -> dict[Any, int]:
    """Values with their counts. An engine that goes through pandas gives nan as nothing."""
    found: dict[Any, int] = {}
    for value, n in zip(groups["v"].to_pylist(), groups["n"].to_pylist(), strict=True):
        value = math.nan if value is None else value
        found[value] = found.get(value, 0) + n
    return found


def _sketch(one: _One, groups: Any) -> dict[str, Any]:
    """The sketch of all finite values that were counted."""
    if one.family is None:
        return {}
    values, hashes = groups["v"].to_pylist(), groups["h"].to_pylist()
    kept = [h for v, h in zip(values, hashes, strict=True) if v is not None and _finite(v)]
    return _written(Sketch.of(_family_of(one), kept))


def _written(sketch: Sketch) -> dict[str, Any]:
    return {"sketch": Hashes(family=sketch.family, registers=sketch.text())}


def _yes_no(one: _One) -> dict[str, Any]:
    groups = _groups(one)
    found = _by_value(groups)
    return {"nulls": one.rows - sum(found.values()), "values": counted(found), **_sketch(one, groups)}


# --- numbers


def _number(one: _One) -> dict[str, Any]:
    if one.few and (groups := _groups(one)) is not None:
        found = _by_value(groups)
        numbers = _counted_numbers(found)
        values = counted({_plain(v): n for v, n in found.items() if _finite(v)})
        nulls = one.rows - sum(found.values())
        return {"nulls": nulls, "values": values, "numbers": numbers, **_sketch(one, groups)}
    nulls, numbers = _binned(one)
    return {"nulls": nulls, "numbers": numbers, **(_distinct(one, numbers.n) if one.sketches else {})}


def _finite(value: Any) -> bool:
    return not isinstance(value, float) or math.isfinite(value)


def _plain(value: Any) -> int | float | str:
    """A decimal as text without trailing zeros, so that 1.1 and 1.10 are one value."""
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"
    return value + 0.0 if isinstance(value, float) else int(value)


def _counted_numbers(found: dict[Any, int]) -> Numbers:
    """All about numbers that were counted by value."""
    import numpy as np

    finite = [v for v in found if _finite(v)]
    special = {str(v): n for v, n in found.items() if not _finite(v)}
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
            "mean": float(base) + middle, "m2": m2, "minimum": _plain(min(finite)), "maximum": _plain(max(finite)),
            "bins": Bins.of(Histogram.counted(universal.keys_of([float(v) for v in finite]), counts)),
        }
    )  # fmt: skip


def _binned(one: _One) -> tuple[int, Numbers]:
    """How many nulls there are, and all about numbers that are counted on their bins."""
    finite = sorted(v for v in one.looked if _finite(v))
    base: Any = finite[len(finite) // 2] if finite else 0
    whole = one.values.type().is_integer() and not _wide(one.values.type())
    try:
        nulls, numbers = _binned_about(one, int(base) if whole else float(base), whole=whole)
    except InvalidInput:
        if not whole:
            raise
        # Differences of very large whole numbers leave the engine's own whole numbers.
        nulls, numbers = _binned_about(one, float(base), whole=False)
        whole = False
    slip = (numbers.mean - float(base)) ** 2 * numbers.n
    if math.isfinite(numbers.m2) and slip > 1e4 * numbers.m2 > 0:
        nulls, numbers = _binned_about(one, int(numbers.mean) if whole else numbers.mean, whole=whole)
    return nulls, numbers


def _binned_about(one: _One, base: Any, *, whole: bool) -> tuple[int, Numbers]:
    import ibis
    import pyarrow.compute as pc

    x = one.values.cast("float64")
    away = x - base
    if whole:
        away = (one.values.cast("int64") - ibis.literal(base, type="int64")).cast("float64")
    # The whole needs bins at least as coarse as some of its rows do.
    level = Histogram.of([float(v) for v in one.looked if _finite(v)]).level
    log = (x.abs() + universal.TINY).ln() * (universal.PER_LOG / 2**level)
    # What is no finite number has no bin.
    key = (_floor()(log + ((universal.OFFSET - 1) / 2**level + 1)) * x.sign()).try_cast("int32")
    rows = one.table.expr.filter(_there(one.table, one.values))
    found = _rows(
        one.table,
        rows.group_by(key=key).aggregate(
            n=rows.count(), s=away.sum(), ss=(away * away).sum(), low=one.values.min(), high=one.values.max()
        ),
    )
    there = sum(found["n"].to_pylist())
    found = found.filter(pc.is_valid(found["key"]))
    n, s, ss, low, high = (found[name].to_pylist() for name in ("n", "s", "ss", "low", "high"))
    total = sum(n)
    nan, above, below = _special(one) if there > total else (0, 0, 0)
    numbers = Numbers(n=total, nan=nan, above=above, below=below, bins=Bins(level=0, keys=(), counts=()))
    if not total:
        return one.rows - there, numbers
    slip = math.fsum(s) / total
    m2 = math.fsum(ss) - slip**2 * total if all(map(math.isfinite, ss)) else math.inf
    return one.rows - there, numbers.model_copy(
        update={
            "mean": base + slip, "m2": max(m2, 0.0), "minimum": _plain(min(low)), "maximum": _plain(max(high)),
            "bins": Bins.of(Histogram.counted(found["key"].to_numpy(), n, level=level)),
        }
    )  # fmt: skip


def _special(one: _One) -> tuple[int, int, int]:
    """How many are nan, plus and minus infinity."""
    x = one.values
    # Engines order nan above infinity.
    tests = (x.isnan(), (x > sys.float_info.max) & ~x.isnan(), x < -sys.float_info.max)
    found = one.table.fetch(
        one.table.expr.aggregate(**{f"c{i}": test.cast("int64").sum() for i, test in enumerate(tests)})
    )[0]
    return int(found["c0"] or 0), int(found["c1"] or 0), int(found["c2"] or 0)


# --- texts


def _text(one: _One) -> dict[str, Any]:
    one = _One(one.table, one.name, one.values.cast("string"), one.rows, one.looked, one.family)
    if _guess(one, one.rows) <= _MOST_GROUPS / 2 and all(len(v) <= LONGEST_SHAPED for v in one.looked):
        cut = LONGEST_VALUE + 1
        short = _groups(one, length=lambda v: v.length())
        if short is not None and all(n < cut for n in short["length"].to_pylist()):
            return _counted_texts(one, short)
    there = one.table.expr.filter(_there(one.table, one.values))
    inner = Table(one.table.name, there.select(v=one.values), one.table.engine)
    values = inner.column("v")
    lengths = _number(_One(inner, "v", values.length(), 0, [len(v) for v in one.looked], None))["numbers"]
    about = _distinct(one, lengths.n)
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


def _counted_texts(one: _One, groups: Any) -> dict[str, Any]:
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
    found = _rows(inner, most.mutate(v=most.v.left(LONGEST_VALUE + 1)))
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
    found = _rows(inner, grouped.limit(_MOST_GROUPS + 1))
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


def _time(one: _One) -> dict[str, Any]:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = one.values.type()
    hour = one.values if kind.is_date() else one.values.truncate("h")
    rows = one.table.expr.filter(_there(one.table, one.values))
    grouped = rows.group_by(key=hour).aggregate(n=rows.count(), low=one.values.min(), high=one.values.max())
    found = _rows(one.table, grouped)
    n = int(pc.sum(found["n"]).as_py() or 0)
    stamp = pa.timestamp("s")
    seconds = found["key"].cast(stamp if not kind.is_date() else pa.date32(), safe=False)
    seconds = seconds.cast(stamp, safe=False).cast(pa.int64()).to_numpy()
    histogram = Histogram.counted(np.floor_divide(seconds, 3600), found["n"].to_numpy(), "hours")
    times = Times(
        earliest=_iso(pc.min(found["low"])) if n else None, latest=_iso(pc.max(found["high"])) if n else None,
        bins=Bins.of(histogram),
    )  # fmt: skip
    values = None
    if kind.is_date():
        days: dict[Value, int] = {}
        for key, count in zip(found["key"], found["n"], strict=True):
            days[_iso(key)] = count.as_py()
        values = counted(days)
    zone = "UTC" if kind.is_timestamp() and kind.timezone else None
    if one.table.engine.name == "pyspark":
        zone = UNKNOWN_ZONE  # Ibis says of all of Spark's times that they have none
    return {
        "nulls": one.rows - n,
        "times": times,
        "zone": zone,
        "values": values,
        **(_distinct(one, n) if one.sketches else {}),
    }


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


# --- how many different


@cache
def _functions() -> dict[str, Callable[[Any], Any]]:
    """Each engine's hash of 64 bits, as a whole number from 0 up to 2**63."""
    import ibis.expr.datatypes as dt

    of_duckdb, of_spark = _builtin("hash", dt.uint64), _builtin("xxhash64", dt.int64)
    return {
        "duckdb": lambda x: (of_duckdb(x) >> 1).cast("int64"),
        "pyspark": lambda x: of_spark(x) & ((1 << 63) - 1),
    }


@cache
def _floor() -> Any:
    """Rounds down and stays a float: Ibis's own makes a whole number, and infinity is none."""
    import ibis.expr.datatypes as dt

    return _builtin("floor", dt.float64)


@cache
def _builtin(name: str, returns: Any) -> Any:
    """A function that the engine has, of one argument of any type."""
    import ibis

    def function(x):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        raise NotImplementedError

    # Ibis reads the type from the annotation, which stands as text in this module.
    function.__annotations__ = {"return": returns}
    function.__name__ = name
    return ibis.udf.scalar.builtin(function, name=name)


def _hashed(of: Table, values: Any) -> Any:
    """The hash of values, the same for one number whichever width it is kept in."""
    kind = values.type()
    if kind.is_integer():
        values = values if _wide(kind) else values.cast("int64")
    elif kind.is_floating():
        values = values.cast("float64") + 0.0  # which makes -0.0 the same as 0.0
    elif kind.is_decimal():
        whole = kind.scale == 0 and (kind.precision or 99) <= 18
        values = values.cast("int64") if whole else values.cast("float64")
    elif kind.is_boolean():
        values = values.cast("int64")
    elif kind.is_date():
        values = values.cast("timestamp")
    return _functions()[of.engine.name](values)


def _wide(kind: Any) -> bool:
    """Whether whole numbers may be beyond 64 bits with a sign."""
    return bool(kind.is_integer() and kind.is_unsigned_integer() and kind.nbytes == 8)


def _family(of: Table) -> str | None:
    """The engine's hash by name and by what it gives, as it may change with a version; None if it has none
    that is known."""
    import ibis

    if of.engine.name not in _functions():
        return None
    hashed = _functions()[of.engine.name]
    probes = [ibis.literal(42, type="int64"), ibis.literal(0.5, type="float64"), ibis.literal("sextant")]
    asked = ibis.literal(1).as_table().select(**{f"h{i}": hashed(probe) for i, probe in enumerate(probes)})
    given = [int(column[0].as_py()) for column in _rows(of, asked).columns]
    return f"{of.engine.name}-{sum(given) % 2**32:08x}"


def _family_of(one: _One) -> str:
    """Whole numbers and floats hash differently: each has a family of its own."""
    kind = one.values.type()
    if kind.is_decimal():
        whole = kind.scale == 0 and (kind.precision or 99) <= 18
        return f"{one.family}-{'whole' if whole else 'float'}"
    if kind.is_temporal():
        return f"{one.family}-time"
    if kind.is_integer() or kind.is_boolean():
        return f"{one.family}-{'wide' if _wide(kind) else 'whole'}"
    return f"{one.family}-{'float' if kind.is_floating() else 'text'}"


def _distinct(one: _One, n: int) -> dict[str, Any]:
    """How many different values there are: as a sketch, or, where the engine has no hash, counted."""
    kept = _there(one.table, one.values)
    if one.values.type().is_floating():
        # nan is above all numbers to an engine.
        kept = kept & (one.values.abs() <= sys.float_info.max)
    rows = one.table.expr.filter(kept)
    if one.family is None:
        exact = float(one.table.fetch(rows.aggregate(n=one.values.nunique()))[0]["n"])
        return {"between": (exact, exact)}
    hashed = rows.select(h=_hashed(one.table, one.values))
    guess = _guess(one, n)
    share = 20 * REGISTERS / guess if guess else 1.0
    found = _least(one, hashed, share) if share < 0.25 else {}
    # Every register was met by a hash that small, so no greater one matters.
    if len(found) < REGISTERS:
        found = _least(one, hashed, 1.0)
    return _written(Sketch.least(_family_of(one), found))


def _guess(one: _One, n: int) -> float:
    """About how many different values there are, by the birthday problem: of those looked at, how many are
    alike?"""
    looked, different = len([v for v in one.looked if _finite(v)]), one.different
    if looked <= different:
        return n
    return min(n, max(looked**2 / (2 * (looked - different)), different))


def _least(one: _One, hashed: Any, share: float) -> dict[int, int]:
    if share < 1:
        hashed = hashed.filter(hashed.h < int(share * 2**REST_BITS) << REGISTER_BITS)
    rest = hashed.h.__rshift__(REGISTER_BITS)
    register = (hashed.h & (REGISTERS - 1)).cast("int16")
    found = _rows(one.table, hashed.group_by(register=register).aggregate(rest=rest.min()))
    return dict(zip(found["register"].to_pylist(), found["rest"].to_pylist(), strict=True))
