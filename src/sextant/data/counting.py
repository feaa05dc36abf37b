"""The ways in which a profile counts a column of many different values: on its bins, and how many there are.

DuckDB hands its rows over and NumPy counts them (`sextant.data.streaming`); any other engine groups them by their bin
and hands over the groups. Both give the same.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, cached_property
from threading import Lock
from typing import Any

from sextant.data import asking, streaming
from sextant.data.profile import MOST_VALUES, Bins, Hashes, Numbers
from sextant.errors import InvalidInput
from sextant.stats import bins as universal
from sextant.stats.bins import Histogram
from sextant.stats.distinct import REGISTER_BITS, REGISTERS, REST_BITS, Sketch
from sextant.tables import Table
from sextant.tables.engines import is_duckdb
from sextant.tables.faults import errors_of, explained


def rows_of(of: Table, expr: Any) -> Any:
    """The rows of an expression as an Arrow table. DuckDB is asked directly: on its way through Ibis, pandas would
    be loaded where it is installed, and each of many small questions would take longer."""
    return asking.answered(of, of.engine.compile(expr)) if is_duckdb(of.engine) else of.arrow(expr)


@dataclass(frozen=True, slots=True)
class _Beside:
    """A DuckDB through one more connection, on which another column is counted at the same time."""

    on: Any
    con: Any
    name: str = "duckdb"

    def compile(self, expr: Any) -> str:
        # Ibis does not say that two threads may write SQL at once.
        with _WRITING:
            return str(self.on.compile(expr))


_WRITING = Lock()


@contextmanager
def beside(of: Table, wanted: int) -> Iterator[list[Table]]:
    """The table as often as asked, each on a connection of its own; fewer where it lies on the one connection, as a
    frame does and text that was read into DuckDB."""
    opened: list[Table] = []
    if source := asking.source_of(of):
        views = of.engine.con.execute(
            "SELECT sql FROM duckdb_views() WHERE temporary AND NOT internal AND sql LIKE '%read_parquet(%'"
        ).fetchall()
        for _ in range(wanted):
            side = of.engine.con.cursor()
            try:
                for (view,) in views:
                    side.execute(view)
                side.sql(f"FROM {source} LIMIT 0")
            except errors_of(of.engine):
                side.close()
                break
            opened.append(Table(of.name, of.view or of.expr, _Beside(of.engine, side)))
    try:
        yield opened or [of]
    finally:
        for table in opened:
            table.engine.con.close()


def counted_rows(of: Table, expr: Any) -> int:
    """How many rows an expression has."""
    return int(rows_of(of, expr.aggregate(n=expr.count()))["n"][0].as_py())


def filled(of: Table, values: Any) -> Any:
    """Whether a row has a value, also nan. To Ibis, nan of Spark is null."""
    import ibis.expr.datatypes as dt

    if of.engine.name == "pyspark":
        return _builtin("isnotnull", dt.boolean)(values)
    return values.notnull()


@dataclass(frozen=True)
class One:
    """A column on its way to a profile. `looked` are some of its values, `family` names the engine's hash; None makes
    no sketch. `source` is what DuckDB is asked, where the column is plain."""

    of: Table
    name: str
    kind: Any
    rows: int
    looked: list[Any]
    family: str | None
    sketches: bool = True
    source: str | None = None

    @cached_property
    def table(self) -> Table:
        """The column alone."""
        return Table(self.of.name, self.of.expr.select(self.name), self.of.engine)

    @property
    def values(self) -> Any:
        return self.table.column(self.name)

    @property
    def few(self) -> bool:
        """Whether counting by value looks quicker."""
        return self.different <= MOST_VALUES

    @property
    def different(self) -> int:
        """How many of the values looked at are different."""
        return len({v for v in self.looked if is_finite(v)})


def is_finite(value: Any) -> bool:
    return not isinstance(value, float) or math.isfinite(value)


def plain(value: Any) -> int | float | str:
    """A decimal as text without trailing zeros, so that 1.1 and 1.10 are one value."""
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"
    return value + 0.0 if isinstance(value, float) else int(value)


def many_numbers(one: One) -> dict[str, Any]:
    """Of a column of many different numbers: how many nulls there are, all about the numbers, and how many
    different ones."""
    if _goes_by(one):
        return _streamed_numbers(one)
    known = [v for v in one.looked if is_finite(v)]
    base: Any = sorted(known)[len(known) // 2] if known else 0
    whole = _whole(one)
    try:
        nulls, numbers = _binned_about(one, int(base) if whole else float(base), whole=whole)
    except InvalidInput:
        if not whole:
            raise
        # Differences of very large whole numbers leave the engine's own whole numbers.
        nulls, numbers = _binned_about(one, float(base), whole=False)
        whole = False
    if _far(numbers, base):
        nulls, numbers = _binned_about(one, int(numbers.mean) if whole else numbers.mean, whole=whole)
    return {"nulls": nulls, "numbers": numbers, **(how_many(one, numbers.n) if one.sketches else {})}


def many_times(one: One) -> tuple[streaming.Streamed, dict[str, Any]] | None:
    """Of a column of times, what its rows give as they go by, and how many different ones; None where the engine
    counts them itself."""
    if not _goes_by(one):
        return None
    found = _gone_by(one, lambda con, sql: streaming.times(con, sql, one.kind.to_pyarrow().unit))
    return found, _sketched(one, found)


def _goes_by(one: One) -> bool:
    """Whether the rows go by, instead of being grouped by the engine."""
    kind = one.kind
    return one.source is not None and (kind.is_integer() or kind.is_floating() or kind.is_timestamp())


def _streamed_numbers(one: One) -> dict[str, Any]:
    known = [v for v in one.looked if is_finite(v)]
    base: Any = sorted(known)[len(known) // 2] if known else 0
    whole, level = _whole(one), _level(one)

    def go(con: Any, sql: str) -> streaming.Streamed:
        return streaming.numbers(con, sql, base, level=level, whole=whole)

    for _ in range(2):
        found = _gone_by(one, go)
        numbers = Numbers(
            n=found.n, nan=found.nan, above=found.above, below=found.below, bins=Bins.of(found.histogram)
        )
        if not found.n:
            break
        slip = found.total / found.n
        m2 = found.squares - slip**2 * found.n if math.isfinite(found.squares) else math.inf
        numbers = numbers.model_copy(
            update={
                "mean": base + slip, "m2": max(m2, 0.0), "minimum": plain(found.low), "maximum": plain(found.high),
            }
        )  # fmt: skip
        if not _far(numbers, base):
            break
        base = int(numbers.mean) if whole else numbers.mean
    nulls = one.rows - found.n - found.nan - found.above - found.below
    return {"nulls": nulls, "numbers": numbers, **_sketched(one, found)}


def _gone_by(one: One, go: Callable[[Any, str], streaming.Streamed]) -> streaming.Streamed:
    assert one.source is not None  # noqa: S101 - asked before
    try:
        return go(
            one.of.engine.con,
            asking.going_by(one.source, one.name, one.kind, hashes=bool(one.family and one.sketches)),
        )
    except errors_of(one.of.engine) as error:
        raise explained(error, one.of.name, []) from error


def _sketched(one: One, found: streaming.Streamed) -> dict[str, Any]:
    return written(Sketch.least(family_of(one), found.least)) if one.family and one.sketches else {}


def _whole(one: One) -> bool:
    """Whether they are whole numbers of up to 64 bits."""
    return bool(one.kind.is_integer() and not wide(one.kind))


def _level(one: One) -> int:
    """How coarse bins are at least: the whole needs bins no finer than some of its rows do."""
    return Histogram.of([float(v) for v in one.looked if is_finite(v)]).level


def _far(numbers: Numbers, base: Any) -> bool:
    """Whether the mean lies so far from the base that the sums have lost digits of the spread."""
    slip = (numbers.mean - float(base)) ** 2 * numbers.n
    return math.isfinite(numbers.m2) and slip > 1e4 * numbers.m2 > 0


def _binned_about(one: One, base: Any, *, whole: bool) -> tuple[int, Numbers]:
    import ibis
    import pyarrow.compute as pc

    x = one.values.cast("float64")
    away = x - base
    if whole:
        away = (one.values.cast("int64") - ibis.literal(base, type="int64")).cast("float64")
    level = _level(one)
    log = (x.abs() + universal.TINY).ln() * (universal.PER_LOG / 2**level)
    # What is no finite number has no bin.
    key = (_floor()(log + ((universal.OFFSET - 1) / 2**level + 1)) * x.sign()).try_cast("int32")
    rows = one.table.expr.filter(filled(one.table, one.values))
    found = rows_of(
        one.table,
        rows.group_by(key=key).aggregate(
            n=rows.count(), s=away.sum(), ss=(away * away).sum(), low=one.values.min(), high=one.values.max()
        ),
    )
    held = sum(found["n"].to_pylist())
    found = found.filter(pc.is_valid(found["key"]))
    n, s, ss, low, high = (found[name].to_pylist() for name in ("n", "s", "ss", "low", "high"))
    total = sum(n)
    nan, above, below = _special(one) if held > total else (0, 0, 0)
    numbers = Numbers(n=total, nan=nan, above=above, below=below, bins=Bins(level=0, keys=(), counts=()))
    if not total:
        return one.rows - held, numbers
    slip = math.fsum(s) / total
    m2 = math.fsum(ss) - slip**2 * total if all(map(math.isfinite, ss)) else math.inf
    return one.rows - held, numbers.model_copy(
        update={
            "mean": base + slip, "m2": max(m2, 0.0), "minimum": plain(min(low)), "maximum": plain(max(high)),
            "bins": Bins.of(Histogram.counted(found["key"].to_numpy(), n, level=level)),
        }
    )  # fmt: skip


def _special(one: One) -> tuple[int, int, int]:
    """How many are nan, plus and minus infinity."""
    x = one.values
    # Engines order nan above infinity.
    tests = (x.isnan(), (x > sys.float_info.max) & ~x.isnan(), x < -sys.float_info.max)
    found = rows_of(
        one.table,
        one.table.expr.aggregate(**{f"c{i}": test.cast("int64").sum() for i, test in enumerate(tests)}),
    ).to_pylist()[0]
    return int(found["c0"] or 0), int(found["c1"] or 0), int(found["c2"] or 0)


# --- how many different


@cache
def _functions() -> dict[str, Callable[[Any], Any]]:
    """Each engine's hash of 64 bits, as a whole number from 0 up to 2**63."""
    import ibis.expr.datatypes as dt

    of_spark = _builtin("xxhash64", dt.int64)
    return {
        "duckdb": lambda x: (_duckdb_hash()(x) >> 1).cast("int64"),
        "pyspark": lambda x: of_spark(x) & ((1 << 63) - 1),
    }


@cache
def _duckdb_hash() -> Any:
    """DuckDB's hash of 64 bits, all of them used."""
    import ibis.expr.datatypes as dt

    return _builtin("hash", dt.uint64)


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
        """Never called: Ibis writes the engine's own function into its SQL."""

    # Ibis reads the type from the annotation, which stands as text in this module.
    function.__annotations__ = {"return": returns}
    function.__name__ = name
    return ibis.udf.scalar.builtin(function, name=name)


def hashed(of: Table, values: Any) -> Any:
    """The hash of values."""
    return _functions()[of.engine.name](hashable(values))


def hashable(values: Any) -> Any:
    """What is hashed for values: the same for one number whichever width it is kept in."""
    kind = values.type()
    if kind.is_integer():
        values = values if wide(kind) else values.cast("int64")
    elif kind.is_floating():
        values = values.cast("float64") + 0.0  # which makes -0.0 the same as 0.0
    elif kind.is_decimal():
        whole = kind.scale == 0 and (kind.precision or 99) <= 18
        values = values.cast("int64") if whole else values.cast("float64")
    elif kind.is_boolean():
        values = values.cast("int64")
    elif kind.is_date():
        values = values.cast("timestamp")
    return values


def wide(kind: Any) -> bool:
    """Whether whole numbers may be beyond 64 bits with a sign."""
    return bool(kind.is_integer() and kind.is_unsigned_integer() and kind.nbytes == 8)


def family_at(of: Table) -> str | None:
    """The engine's hash by name and by what it gives, as it may change with a version; None if it has none
    that is known."""
    if is_duckdb(of.engine):
        given = _given(asking.answered(of, asking.family()))
        return f"duckdb-{sum(given) % 2**32:08x}"
    if of.engine.name not in _functions():
        return None
    import ibis

    function = _functions()[of.engine.name]
    probes = [ibis.literal(42, type="int64"), ibis.literal(0.5, type="float64"), ibis.literal("sextant")]
    asked = ibis.literal(1).as_table().select(**{f"h{i}": function(probe) for i, probe in enumerate(probes)})
    return f"{of.engine.name}-{sum(_given(rows_of(of, asked))) % 2**32:08x}"


def _given(found: Any) -> list[int]:
    return [int(column[0].as_py()) for column in found.columns]


def family_of(one: One) -> str:
    """Whole numbers and floats hash differently: each has a family of its own."""
    kind = one.kind
    if kind.is_decimal():
        whole = kind.scale == 0 and (kind.precision or 99) <= 18
        return f"{one.family}-{'whole' if whole else 'float'}"
    if kind.is_temporal():
        return f"{one.family}-time"
    if kind.is_integer() or kind.is_boolean():
        return f"{one.family}-{'wide' if wide(kind) else 'whole'}"
    return f"{one.family}-{'float' if kind.is_floating() else 'text'}"


def how_many(one: One, n: int) -> dict[str, Any]:
    """How many different values there are: as a sketch, or, where the engine has no hash, counted."""
    kept = filled(one.table, one.values)
    if one.kind.is_floating():
        # nan is above all numbers to an engine.
        kept = kept & (one.values.abs() <= sys.float_info.max)
    rows = one.table.expr.filter(kept)
    if one.family is None:
        exact = float(rows_of(one.table, rows.aggregate(n=one.values.nunique()))["n"][0].as_py())
        return {"between": (exact, exact)}
    hashes = rows.select(h=hashed(one.table, one.values))
    about = guess(one, n)
    share = 20 * REGISTERS / about if about else 1.0
    found = _least(one, hashes, share) if share < 0.25 else {}
    # Every register was met by a hash that small, so no greater one matters.
    if len(found) < REGISTERS:
        found = _least(one, hashes, 1.0)
    return written(Sketch.least(family_of(one), found))


def guess(one: One, n: int) -> float:
    """About how many different values there are, by the birthday problem: of those looked at, how many are
    alike?"""
    looked, different = len([v for v in one.looked if is_finite(v)]), one.different
    if looked <= different:
        return n
    return min(n, max(looked**2 / (2 * (looked - different)), different))


def _least(one: One, hashes: Any, share: float) -> dict[int, int]:
    if share < 1:
        hashes = hashes.filter(hashes.h < int(share * 2**REST_BITS) << REGISTER_BITS)
    rest = hashes.h.__rshift__(REGISTER_BITS)
    register = (hashes.h & (REGISTERS - 1)).cast("int16")
    found = rows_of(one.table, hashes.group_by(register=register).aggregate(rest=rest.min()))
    return dict(zip(found["register"].to_pylist(), found["rest"].to_pylist(), strict=True))


def written(sketch: Sketch) -> dict[str, Any]:
    return {"sketch": Hashes(family=sketch.family, registers=sketch.text())}
