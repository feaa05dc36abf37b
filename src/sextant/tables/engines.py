"""Where expressions are computed: DuckDB in this process, a Spark cluster, or a database.

One setting moves the same code: `SEXTANT_ENGINE`, or the address that is given.

| address | engine |
|---|---|
| (nothing), `duckdb` | a DuckDB of one's own, out of core |
| `duckdb://shop.duckdb`, `duckdb:////data/shop.duckdb` | a DuckDB file, from here or from the root; it is only read |
| `spark://HOST:PORT?spark.driver.host=...` | a Spark cluster by its master; every parameter is a Spark setting |
| `spark-local://4` | Spark in this process, on so many cores |
| `postgres://...`, `trino://...`, `clickhouse://...`, `snowflake://...`, `bigquery://...` | what Ibis connects to |
"""

from __future__ import annotations

import atexit
import os
import tempfile
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit
from weakref import WeakSet

from sextant.errors import InvalidInput, Unavailable

SETTING = "SEXTANT_ENGINE"


def engine(address: str | None = None) -> Any:
    """An engine as an Ibis backend: the one at `address`, else the one that SEXTANT_ENGINE names, else a
    fresh DuckDB of one's own.

    DuckDB downloads nothing and keeps times in UTC. Tables that are to be joined are opened on one engine;
    `disconnect()` ends it (a Spark session, which others may use, goes on). Raises `InvalidInput` for an
    address that no backend reads, `Unavailable` where nobody answers or its package is not installed.

    >>> on = engine()
    >>> on.name
    'duckdb'
    """
    address = address or os.environ.get(SETTING) or "duckdb"
    if address == "duckdb":
        return DuckDB()
    scheme = urlsplit(address).scheme
    if scheme in ("spark", "spark-local"):
        return _spark(address)
    return _database(address, scheme)


def is_duckdb(on: Any) -> bool:
    return bool(on.name == "duckdb")


def is_spark(on: Any) -> bool:
    return bool(on.name == "pyspark")


def shown(address: str) -> str:
    """An address without its password.

    >>> shown("postgres://me:secret@host/db#people")
    'postgres://me@host/db#people'
    """
    parts = urlsplit(address)
    if parts.password is None:
        return address
    return address.replace(f":{parts.password}@", "@", 1)


def arrow(on: Any, expr: Any) -> Any:
    """An expression's rows as an Arrow table."""
    if is_duckdb(on):
        return _from_duckdb(on, expr)
    if not is_spark(on):
        return on.to_pyarrow(expr)
    # Not through pandas, as Ibis would: there a whole number beside a missing one becomes a float, and long
    # ids run together.
    return on._session.sql(on.compile(expr.as_table())).toArrow()


def _from_duckdb(on: Any, expr: Any) -> Any:
    """Asked directly: Ibis would load pandas on the way, where it is installed, and that takes longer than most
    questions. What Ibis alone can bring, rows kept in the expression and a column of no type, it brings."""
    from ibis.expr.operations import InMemoryTable

    expr = expr.as_table()
    if expr.op().find(InMemoryTable) or any(kind.is_null() for kind in expr.schema().types):
        return on.to_pyarrow(expr)
    return expr.__pyarrow_result__(on.con.sql(on.compile(expr)).to_arrow_table())


def batches(on: Any, expr: Any, *, rows: int = 65_536) -> Iterator[Any]:
    """An expression's rows as Arrow record batches, one after the other, never all at once (from Spark one partition
    at a time). Until the last one is taken the engine does nothing else."""
    if is_spark(on):
        yield from _spark_batches(on, expr)
    elif is_duckdb(on):
        # Ibis 12 asks for a method that DuckDB 2 does not have any more.
        relation = on.con.sql(on.compile(expr.as_table()))
        read = getattr(relation, "to_arrow_reader", None) or relation.fetch_arrow_reader
        yield from read(rows)
    else:
        yield from on.to_pyarrow_batches(expr, chunk_size=rows)


def _spark_batches(on: Any, expr: Any) -> Iterator[Any]:
    """Each worker packs its batches as Arrow streams; the driver holds one partition of them at a time. Workers whose
    Python has no pyarrow cannot: then all rows come at once, packed by Spark itself."""
    import pyarrow as pa

    def packed(batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa

        for batch in batches:
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, batch.schema) as stream:
                stream.write_batch(batch)
            yield pa.record_batch({"stream": pa.array([sink.getvalue().to_pybytes()], pa.binary())})

    found, begun = on._session.sql(on.compile(expr.as_table())), False
    try:
        for part in found.mapInArrow(packed, "stream binary").toLocalIterator():
            begun = True
            with pa.ipc.open_stream(bytes(part["stream"])) as stream:
                yield from stream
    except Exception as error:  # it comes as one of several of Spark's and of the bridge to it
        if begun or "No module named 'pyarrow'" not in str(error):
            raise
        yield from found.toArrow().to_batches()


#: Those that are open: what they laid on the disk because memory was short goes with them, however a process ends.
_OPEN: WeakSet[DuckDB] = WeakSet()


@atexit.register
def _close() -> None:
    for one in list(_OPEN):
        one.disconnect()


class DuckDB:
    """A DuckDB of one's own: its connection at once, and as Ibis's backend, of which it has everything else, when
    something else is asked for. A question in SQL costs nothing of Ibis then, whose import takes longer."""

    name = "duckdb"

    def __init__(self, file: str = "") -> None:
        """In memory, or on a DuckDB file, which is read and never written to."""
        import duckdb

        spill = Path(tempfile.gettempdir(), f"sextant-{os.getpid()}")
        settings: dict[str, Any] = {
            "autoinstall_known_extensions": False, "temp_directory": str(spill), "TimeZone": "UTC",
            "python_enable_replacements": False,
        }  # fmt: skip
        self.con = duckdb.connect(file or ":memory:", read_only=bool(file), config=settings)
        _OPEN.add(self)
        self.version = duckdb.__version__
        # A Parquet file's statistics leave nan out, and DuckDB 2.0 takes them for the whole truth: it answers
        # "no" to every isnan() without looking. See docs/decisions.
        self.con.execute("SET disabled_optimizers = 'statistics_propagation'")
        # What takes long would draw a bar into what a program reads from us.
        self.con.execute("SET enable_progress_bar = false")

    @cached_property
    def ibis(self) -> Any:
        import ibis

        return ibis.duckdb.from_connection(self.con)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.ibis, name)

    def disconnect(self) -> None:
        self.con.close()


def same(one: Any, two: Any) -> bool:
    """Whether two are one engine, whichever way it is held."""
    return one is two or any(
        isinstance(a, DuckDB) and a.__dict__.get("ibis") is b for a, b in ((one, two), (two, one))
    )


def spark(session: Any) -> Any:
    """A Spark session as an engine. Ending the engine leaves the session alone: it is somebody's."""
    import ibis

    made = ibis.pyspark.connect(session)
    made.disconnect = lambda: None
    return made


def _spark(address: str) -> Any:
    parts = urlsplit(address)
    master = f"spark://{parts.netloc}" if parts.scheme == "spark" else f"local[{parts.netloc or '*'}]"
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise Unavailable(
            "pyspark is not installed", where=SETTING, todo="install Sextant with its extra: sextant[spark]"
        ) from error
    builder = SparkSession.builder.master(master).appName("sextant")
    # Times are UTC here as everywhere.
    settings = {
        "spark.sql.session.timeZone": "UTC",
        "spark.ui.enabled": "false",
        **dict(parse_qsl(parts.query)),
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    try:
        return spark(builder.getOrCreate())
    except (PySparkException, RuntimeError) as error:
        raise Unavailable(
            f"no Spark cluster answers: {str(error).splitlines()[0]}", where=shown(address)
        ) from error


def _database(address: str, scheme: str) -> Any:
    import ibis

    if not scheme:
        raise InvalidInput(
            f"{address!r} is no engine", where=SETTING, rule="duckdb, spark://HOST:PORT, or an address that Ibis reads"
        )  # fmt: skip
    base = urlsplit(address)._replace(fragment="").geturl()
    try:
        if scheme == "duckdb":
            parts = urlsplit(address.split("#")[0])
            return DuckDB(
                unquote(parts.netloc + (parts.path.removeprefix("/") if not parts.netloc else parts.path))
            )
        return cast(Any, ibis.connect(base))
    except ImportError as error:
        raise Unavailable(
            f"{scheme} needs a package that is not installed: {error.name}",
            where=shown(base),
            todo=f"install ibis-framework[{scheme}]",
        ) from error
    except ValueError as error:
        raise InvalidInput(
            str(error).splitlines()[0], where=shown(base), todo="see the addresses that Ibis reads"
        ) from error
    # Each backend raises its own driver's errors, which have no common root.
    except Exception as error:
        raise Unavailable(
            f"it cannot be reached: {str(error).splitlines()[0] if str(error) else type(error).__name__}",
            where=shown(base),
        ) from error
