"""`table()`: any source as one expression on one engine."""

from __future__ import annotations

import glob
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from sextant.errors import InvalidInput, Unavailable
from sextant.tables import engines
from sextant.tables.faults import errors_of, explained
from sextant.tables.files import FORMATS, alike, distinct, files_of, header, is_address, suffix, whole_gzip
from sextant.tables.sqlite import read_sqlite
from sextant.tables.table import Table
from sextant.tables.views import View, quoted


def table(source: Any, *, name: str | None = None, on: Any = None, version: int | None = None) -> Table:
    """Any table: a path (a file, a folder, a pattern such as `logs/*.parquet`), a frame, or a database's
    address.

    `name` is what messages call it (default: the path), `on` the engine to open it on (default: the one that
    SEXTANT_ENGINE names, else a new DuckDB); `version` is a Delta table's (default: the present one).

    - Text files are read once, whole, into the engine, so a fault in the last line shows here; Parquet stays
      where it is. A CSV file has its columns' names in the first line, comma, semicolon, tab or | between,
      UTF-8. Files of one table have the same columns.
    - A folder with a Delta log is a Delta table. One that uses a feature which cannot be read, such as deletion
      vectors, is an error: a bare list of its files would count rows that were deleted.
    - A frame is of pandas, Polars, Arrow or Spark, or an Ibis expression. Spark's stays on its cluster.
    - `postgres://user@host/database#schema.table`, and whatever else Ibis connects to, stays in its database,
      which does the work; with `on` its rows are brought to that engine. `sqlite:///shop.db#orders` is always
      brought: SQLite keeps rows and computes little.

    No row is skipped and none is sampled: what cannot be read whole is an error. Raises `InvalidInput` with
    file, line and rule; `Unavailable` if there is no file or nobody answers.

    >>> import pyarrow as pa
    >>> from sextant.tables import Range
    >>> t = table(pa.table({"x": [1, 2, None]}), name="small")
    >>> t.columns, t.count(), t.where({"x": Range(at_least=2)}).count()
    (('x',), 3, 1)
    """
    if version is not None and not (isinstance(source, str | Path) and Path(source, "_delta_log").is_dir()):
        raise InvalidInput(
            "only a Delta table has versions", where=name or str(source), todo="leave version out"
        )
    if is_address(source):
        return _checked(_addressed(source, name or engines.shown(source), on))
    if not isinstance(source, str | Path):
        return _checked(_given(source, name or "the frame", on))
    on = on if on is not None else engines.engine()
    name = name or str(source)
    if Path(source, "_delta_log").is_dir():
        return _checked(Table(name, _delta(Path(source), on, version), on))
    files = files_of(source)
    for path in files:
        if path.stat().st_size == 0:
            raise InvalidInput(
                "the file is empty", where=str(path), todo="write it anew, with its columns' names"
            )
        if path.suffix == ".gz":
            whole_gzip(path)
    return _checked(Table(name, _files(files, FORMATS[suffix(files[0])], str(source), on), on))


def fresh(what: str) -> str:
    """A name that no other table of this process has."""
    global _made
    _made += 1
    return f"sextant_{what}_{_made}"


_made = 0


def bring(schema: Any, batches: Iterable[Any], on: Any) -> Any:
    """Record batches as a table of an engine: streamed into DuckDB, through memory elsewhere."""
    import pyarrow as pa

    name = fresh("rows")
    if engines.is_duckdb(on):
        on.con.register(name, pa.RecordBatchReader.from_batches(schema, batches))
        try:
            return on.create_table(fresh("rows"), obj=on.table(name), temp=True)
        finally:
            on.con.unregister(name)
    rows = pa.Table.from_batches(list(batches), schema=schema)
    if engines.is_spark(on):
        on._session.createDataFrame(rows).createOrReplaceTempView(name)
        return on.table(name)
    return on.create_table(name, obj=rows, temp=True)


def _checked(made: Table) -> Table:
    distinct(list(made.columns), made.name)
    return made


# --- files


def _files(files: list[Path], kind: str, source: str, on: Any) -> Any:
    if kind == "parquet":
        return _parquet(files, on)
    # One reader of text for all engines, so that types and faults are the same on each.
    reader = on if engines.is_duckdb(on) else engines.engine("duckdb")
    try:
        expr = {"csv": _csv, "jsonl": _jsonl}[kind](files, reader)
        kept = reader.create_table(fresh("rows"), obj=expr, temp=True)
    except errors_of(reader) as error:
        raise explained(error, source, files) from error
    return kept if reader is on else bring(kept.schema().to_pyarrow(), engines.batches(reader, kept), on)


def _parquet(files: list[Path], on: Any) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    names: list[str] | None = None
    kinds: dict[str, tuple[str, Path]] = {}
    for path in files:
        try:
            schema = pq.read_schema(path)
        except (pa.ArrowInvalid, OSError) as error:
            raise InvalidInput(
                "it is not a whole Parquet file",
                where=str(path),
                rule=str(error).splitlines()[0],
                todo="it may have been cut off while it was written: write it anew",
            ) from error
        distinct(schema.names, str(path))
        names = alike(names, schema.names, files[0], path)
        for column in schema:
            _same_kind(column, path, kinds)
    if engines.is_duckdb(on):
        made = View(fresh("parquet"), on)
        listed = ", ".join("'" + glob.escape(str(p)).replace("'", "''") + "'" for p in files)
        asked = f"FROM read_parquet([{listed}], union_by_name=true)"
        on.con.execute(f"CREATE TEMPORARY VIEW {made.source} AS {asked}")
        # A column of which nobody knows the kind, as it is empty, is taken as text.
        empty = [name for name in made.kinds if name not in kinds]
        if not empty:
            return made
        import ibis

        return made.expression().mutate(**{name: ibis.null("string") for name in empty})
    if engines.is_spark(on):
        # Every worker opens the files itself: they lie where all see them.
        view = fresh("parquet")
        on._session.read.option("mergeSchema", "true").parquet(
            *(_literally(p) for p in files)
        ).createOrReplaceTempView(view)
        return on.table(view)
    # Here, as it brings pandas along where that is installed.
    import pyarrow.dataset as ds

    scanned = ds.dataset([str(p) for p in files], format="parquet")
    return bring(scanned.schema, scanned.to_batches(), on)


def _same_kind(column: Any, path: Path, kinds: dict[str, tuple[str, Path]]) -> None:
    """Numbers may be wider in one file than in another; what is a number in one and text in another is no column."""
    import pyarrow.types as kind

    tests = {
        "numbers": (kind.is_integer, kind.is_floating, kind.is_decimal), "yes/no values": (kind.is_boolean,),
        "text": (kind.is_string, kind.is_large_string, kind.is_string_view, kind.is_dictionary),
        "dates or times": (kind.is_temporal,),
    }  # fmt: skip
    if kind.is_null(column.type):
        return
    holds = next((w for w, alike in tests.items() if any(t(column.type) for t in alike)), "other values")
    before, where = kinds.setdefault(column.name, (holds, path))
    if before != holds:
        raise InvalidInput(
            f"column {column.name} holds {before} in {where.name} and {holds} in {path.name}",
            where=str(path),
            rule="the files of one table hold the same",
            todo="write one of them anew",
        )


def _literally(path: Path) -> str:
    """A path as Hadoop reads it: without its signs for any."""
    text = str(path.resolve())
    return "".join(f"\\{c}" if c in "*?[]{}\\" else c for c in text)


def _csv(files: list[Path], on: Any) -> Any:
    delimiter, names = "", None
    for path in files:
        between, found = header(path)
        delimiter, names = delimiter or between, alike(names, found, files[0], path)
    listed = [glob.escape(str(p)) for p in files]
    # Whatever is left to be guessed, DuckDB guesses until something fits: a ragged file becomes one column
    # of text, lines that begin with # are skipped. So only the types are left to it, and those on all rows.
    settings: dict[str, Any] = {
        "header": True, "skip": 0, "delim": delimiter, "quote": '"', "escape": '"', "comment": "", "sample_size": -1,
        "union_by_name": True,
    }  # fmt: skip
    read = on.read_csv(listed, table_name=fresh("csv"), **settings)
    # To DuckDB yes, no, y, n, t and f are true and false as well. They are what somebody wrote, and stay it.
    guessed = [name for name, kind in read.schema().items() if kind.is_boolean()]
    if not guessed:
        return read
    words = on.read_csv(listed, table_name=fresh("csv"), types=dict.fromkeys(guessed, "VARCHAR"), **settings)
    plain = words.aggregate(
        **{name: (words[name].strip().lower().isin(["true", "false"])).all() for name in guessed}
    )
    kept = on.con.sql(on.compile(plain)).to_arrow_table().to_pylist()[0]
    written = [name for name in guessed if kept[name] is False]
    if not written:
        return read
    return on.read_csv(listed, table_name=fresh("csv"), types=dict.fromkeys(written, "VARCHAR"), **settings)


def _jsonl(files: list[Path], on: Any) -> Any:
    view = fresh("json")
    read = on.read_json(
        [glob.escape(str(p)) for p in files],
        table_name=view,
        format="newline_delimited",
        records="true",
        sample_size=-1,
        union_by_name=True,
        ignore_errors=False,
    )
    # What holds a number in one line and a word in another is text, as it is in CSV; what holds objects stays as it is.
    mixed = [name for name, kind in read.schema().items() if kind.is_json()]
    if not mixed:
        return read
    tests = ", ".join(f"bool_or(json_type({quoted(m)}) IN ('OBJECT', 'ARRAY'))" for m in mixed)
    nested = on.con.execute(f"SELECT {tests} FROM {quoted(view)}").fetchone()  # noqa: S608 - columns, quoted
    words = [m for m, is_nested in zip(mixed, nested, strict=True) if not is_nested]
    if not words:
        return read
    as_text = ", ".join(f"{quoted(m)} ->> '$' AS {quoted(m)}" for m in words)
    plain = fresh("json")
    on.con.execute(
        f"CREATE TEMPORARY VIEW {quoted(plain)} AS FROM {quoted(view)} SELECT * REPLACE ({as_text})"
    )
    return on.table(plain)


# --- Delta

#: What a Delta table may ask of its readers. Anything else would be read wrongly.
READS = frozenset({"timestampNtz", "v2Checkpoint", "vacuumProtocolCheck"})


def delta(path: Path, version: int | None = None) -> Any:
    """A Delta table at a version, once it is certain that all that its readers must know is known here."""
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError

    try:
        found = DeltaTable(path, version=version)
        protocol = found.protocol()
    except (DeltaError, OSError, ValueError) as error:
        raise InvalidInput(
            "the Delta table cannot be read" + (f" at version {version}" if version is not None else ""),
            where=str(path),
            rule=str(error).splitlines()[0],
        ) from error
    asked = set(protocol.reader_features or ()) - READS
    if protocol.min_reader_version == 2:
        asked.add("columnMapping")
    elif protocol.min_reader_version > 3:
        asked.add(f"reader version {protocol.min_reader_version}")
    if asked:
        raise InvalidInput(
            f"the Delta table uses {', '.join(sorted(asked))}",
            where=str(path),
            rule="its files alone would give wrong rows, so it is not read at all",
            todo="write it without them, for deletion vectors by REORG TABLE ... APPLY (PURGE)",
        )
    return found


def _delta(path: Path, on: Any, version: int | None) -> Any:
    found = delta(path, version)
    dataset = found.to_pyarrow_dataset()
    files = (
        []
        if found.metadata().partition_columns
        else [Path(unquote(urlsplit(f).path)) for f in found.file_uris()]
    )
    # The files of a checked version, without deletion vectors, are its rows. DuckDB reads them in less memory than
    # through Arrow, whose scanner runs ahead of who takes; but only where each has the table's own columns.
    if files and (engines.is_spark(on) or (engines.is_duckdb(on) and _plain(files, dataset.schema))):
        return _parquet(files, on)
    if engines.is_duckdb(on):
        name = fresh("delta")
        on.con.register(name, dataset)
        return on.table(name)
    return bring(dataset.schema, dataset.to_batches(), on)


def _plain(files: list[Path], schema: Any) -> bool:
    """Whether each file has these columns with these types in this order: none was added or widened since."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return all(
            [(f.name, f.type) for f in pq.read_schema(path)] == [(f.name, f.type) for f in schema]
            for path in files
        )
    except (pa.ArrowInvalid, OSError):
        return False  # what is wrong with it is said where it is read


# --- frames and databases


def _given(source: Any, name: str, on: Any) -> Table:
    if type(source).__module__.startswith("pyspark.") and hasattr(source, "createOrReplaceTempView"):
        here = engines.spark(source.sparkSession)
        view = fresh("spark")
        source.createOrReplaceTempView(view)
        return _moved(here.table(view), here, name, on)
    if type(source).__module__.startswith("ibis."):
        here = source.get_backend()
        # Ibis brings its own rows in memory to the engine when it runs a question itself.
        getattr(here, "_run_pre_execute_hooks", lambda expr: None)(source)
        return _moved(source, here, name, on)
    import pyarrow as pa

    rows = _frame(source, name)
    on = on if on is not None else engines.engine()
    if engines.is_duckdb(on):
        return Table(name, on.create_table(fresh("frame"), obj=rows, temp=True), on)
    return Table(name, bring(rows.schema, pa.Table.to_batches(rows), on), on)


def _moved(expr: Any, here: Any, name: str, on: Any) -> Table:
    """An expression where its rows are, or, where another engine is meant, its rows over there."""
    there = on is None or engines.same(on, here) or (engines.is_spark(on) and engines.is_spark(here))
    if there:
        return Table(name, expr, on if on is not None and engines.same(on, here) else here)
    try:
        return Table(name, bring(expr.schema().to_pyarrow(), engines.batches(here, expr), on), on)
    except errors_of(here) as error:
        raise explained(error, name, []) from error


def _frame(source: Any, name: str) -> Any:
    import narwhals as nw
    import pyarrow as pa

    if isinstance(source, pa.RecordBatch | pa.RecordBatchReader):
        source = pa.Table.from_batches([source]) if isinstance(source, pa.RecordBatch) else source.read_all()
    if not isinstance(source, pa.Table):
        try:
            frame = nw.from_native(source)
        except TypeError as error:
            raise InvalidInput(
                f"a {type(source).__name__} is no table",
                where=name,
                todo="give a path, or a frame of pandas, Polars, Arrow or Spark",
            ) from error
        except nw.exceptions.DuplicateError as error:
            distinct([str(c) for c in source.columns], name)
            raise InvalidInput("two of its columns have one name", where=name, todo="rename one") from error
        try:
            source = (frame.collect() if isinstance(frame, nw.LazyFrame) else frame).to_arrow()
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise InvalidInput(
                "; ".join(map(str, error.args)),
                where=name,
                rule="a column holds values of one kind",
                todo="make it text, with astype(str), or numbers",
            ) from error
    if not source.num_columns:
        raise InvalidInput("it has no columns", where=name, rule="a table has at least one")
    distinct([str(c) for c in source.column_names], name)
    # A column of which nobody knows the kind, as it is empty, is taken as text.
    kinds = [(str(f.name), pa.string() if pa.types.is_null(f.type) else f.type) for f in source.schema]
    return pa.table(
        [c.cast(k) for c, (_, k) in zip(source.columns, kinds, strict=True)], schema=pa.schema(kinds)
    )


def _addressed(source: str, name: str, on: Any) -> Table:
    parts = urlsplit(source)
    wanted = unquote(parts.fragment)
    if parts.scheme in ("http", "https", "s3", "gs", "ftp", "hdfs", "file"):
        raise InvalidInput(
            f"{engines.shown(source)} is an address of files",
            rule="files are read from folders of this machine, tables from databases",
            todo="copy it here first",
        )
    if parts.scheme == "sqlite":
        return read_sqlite(source, wanted, name, on if on is not None else engines.engine())
    here = engines.engine(source)
    stays = False
    try:
        found = _moved(_named(here, wanted, engines.shown(source.split("#")[0])), here, name, on)
        stays = found.engine is here
        return found
    except errors_of(here) as error:
        raise explained(error, name, []) from error
    finally:
        if not stays:
            here.disconnect()


def _listed(here: Any, place: str) -> list[str]:
    if not engines.is_duckdb(here):
        return list(here.list_tables(database=place) if place else here.list_tables())
    # Ibis 12 asks for a method that DuckDB 2 does not have any more.
    asked = "SELECT table_name FROM information_schema.tables WHERE table_schema = ?"
    return [name for (name,) in here.con.execute(asked, [place or "main"]).fetchall()]


def _named(here: Any, wanted: str, where: str) -> Any:
    """The table of a database that an address names."""
    place, _, last = wanted.rpartition(".")
    there = _listed(here, place)
    if last not in there:
        raise Unavailable(
            f"it has no table {wanted!r}" if wanted else "the address names no table",
            where=where,
            rule=f"there is {', '.join(sorted(there)[:20]) or 'none'}",
            todo="write it after a #, such as postgres://host/shop#orders",
        )
    return here.table(last, database=place) if place else here.table(last)
