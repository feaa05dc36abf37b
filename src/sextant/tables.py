"""Any table as one expression: a file, several files, a folder or a frame, read by DuckDB through Ibis.

`table()` reads Parquet, CSV, JSON lines, Delta, Arrow, pandas and Polars, always whole: types are decided
on every row and no row is skipped, so what cannot be read is an error with file and line, never a smaller
table. `digest_of()` says which bytes those were.

Columns and conditions are Ibis expressions; nothing here is put together as SQL text.
"""

from __future__ import annotations

import csv
import difflib
import glob
import gzip
import hashlib
import math
import os
import re
import tempfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import IO, Annotated, Any, cast

from pydantic import Discriminator, Tag, model_validator

from sextant.canonical import Frozen, digest
from sextant.errors import Conflict, InvalidInput, Unavailable

#: How a file is read, by how its name ends.
FORMATS = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".csv.gz": "csv",
    ".tsv.gz": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".jsonl.gz": "jsonl",
    ".ndjson.gz": "jsonl",
}


class Range(Frozen):
    """A condition on one column: between two ends, or whether the value is missing. At least one part is
    given.

    `at_least` and `at_most` include their end, `above` and `below` do not; ends are numbers, dates or times.
    """

    at_least: float | datetime | date | None = None
    at_most: float | datetime | date | None = None
    above: float | datetime | date | None = None
    below: float | datetime | date | None = None
    missing: bool | None = None

    @model_validator(mode="after")
    def _something(self) -> Range:
        if not self.model_fields_set:
            raise ValueError("a condition says at_least, at_most, above, below or missing")
        return self


Scalar = bool | int | float | str | date


def _shape(value: Any) -> str:
    return "range" if isinstance(value, dict | Range) else "any" if isinstance(value, list | tuple) else "one"


#: What a column is asked for: a value, any of several, or a range.
Condition = Annotated[
    Annotated[Scalar, Tag("one")]
    | Annotated[tuple[Scalar, ...], Tag("any")]
    | Annotated[Range, Tag("range")],
    Discriminator(_shape),
]


def engine() -> Any:
    """A fresh DuckDB of one's own, as an Ibis backend: nothing is downloaded, times are UTC. Tables that
    are to be joined are opened on one engine; `disconnect()` ends it."""
    import ibis

    spill = Path(tempfile.gettempdir(), f"sextant-{os.getpid()}")
    return ibis.duckdb.connect(autoinstall_known_extensions=False, temp_directory=str(spill), TimeZone="UTC")


@dataclass(frozen=True, slots=True)
class Table:
    """A table under the name that messages use, as an Ibis expression on its engine."""

    name: str
    expr: Any
    engine: Any

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.expr.columns)

    def column(self, name: str) -> Any:
        """The column's expression, or an error that names the nearest ones."""
        if name not in self.columns:
            near = difflib.get_close_matches(name, self.columns, 1, 0.6)
            listed = ", ".join(self.columns[:20]) + (", ..." if len(self.columns) > 20 else "")
            raise InvalidInput(
                f"there is no column {name!r}",
                where=self.name,
                rule=f"columns are {listed}",
                todo=f"did you mean {near[0]!r}?" if near else "name one of them",
            )
        return self.expr[name]

    def numbers(self, name: str) -> Any:
        """The column as numbers in 64-bit floats, yes/no as 1 and 0, missing (null and nan) as null."""
        return numeric(self.column(name), where=f"{self.name}, column {name}")

    def present(self, name: str) -> Any:
        """Whether the row has a value in this column: neither null nor nan."""
        return present(self.column(name))

    def where(self, conditions: Mapping[str, Condition]) -> Table:
        """The rows on which every condition holds. A single value is equality, several mean any of them."""
        kept = self.expr
        for name, condition in conditions.items():
            kept = kept.filter(_holds(self.column(name), condition, f"{self.name}, column {name}"))
        return replace(self, expr=kept)

    def keep(self, predicate: Any) -> Table:
        """The rows on which an expression over this table is true."""
        return replace(self, expr=self.expr.filter(predicate))

    def count(self, expr: Any = None) -> int:
        """How many rows there are, of the table or of another expression over it."""
        rows = self.expr if expr is None else expr
        return cast(int, self.fetch(rows.aggregate(n=rows.count()))[0]["n"])

    def fetch(self, expr: Any, *, ordered: bool = False) -> list[dict[str, Any]]:
        """Run an expression and return its rows.

        With `ordered` the rows are gone over in their order by one thread: sums of floats depend on the
        order in the last digit, and the same rows must give the same numbers.
        """
        try:
            if ordered:
                self.engine.con.execute("SET threads = 1")
            return cast("list[dict[str, Any]]", self.engine.to_pyarrow(expr).to_pylist())
        except _duckdb_error() as error:
            raise _explained(error, self.name, []) from error
        finally:
            if ordered:
                self.engine.con.execute("RESET threads")

    def one(self, **aggregates: Any) -> dict[str, Any]:
        """One row of aggregates, gone over in order."""
        return self.fetch(self.expr.aggregate(**aggregates), ordered=True)[0]

    def exact_sum(self, name: str) -> float:
        """The sum of a column, missing values left out, exact but for one rounding at the end."""
        self.numbers(name)
        column = self.column(name)
        if not column.type().is_floating():
            whole = column.cast("int8") if column.type().is_boolean() else column
            whole = whole.cast("decimal(38, 0)") if whole.type().is_integer() else whole
            total = self.fetch(self.expr.aggregate(total=whole.sum()))[0]["total"]
            return float(total or 0)
        values = self.engine.to_pyarrow(self.expr.filter(present(column)).select(value=column))["value"]
        return math.fsum(value for chunk in values.chunks for value in chunk.to_pylist())


def table(source: Any, *, name: str | None = None, on: Any = None) -> Table:
    """Any table: a path (a file, a folder, a pattern such as `logs/*.parquet`), or a frame in memory.

    `name` is what messages call it (default: the path), `on` the engine to open it on (default: a new one).
    Text files are read once, whole, into the engine, so a fault in the last line shows here; Parquet stays
    where it is. A CSV file has its columns' names in the first line, comma, semicolon, tab or | between,
    UTF-8. Files of one table have the same columns. Raises `InvalidInput` with file, line and rule;
    `Unavailable` if there is no file.

    >>> import pyarrow as pa
    >>> t = table(pa.table({"x": [1, 2, None]}), name="small")
    >>> t.columns, t.count(), t.where({"x": Range(at_least=2)}).count()
    (('x',), 3, 1)
    """
    on = on if on is not None else engine()
    if not isinstance(source, str | Path):
        return _frame(source, name or "the frame", on)
    name = name or str(source)
    if Path(source, "_delta_log").is_dir():
        return _checked(Table(name, _delta(Path(source), on), on))
    files = files_of(source)
    kind = FORMATS[_suffix(files[0])]
    for path in files:
        if path.stat().st_size == 0:
            raise InvalidInput(
                "the file is empty", where=str(path), todo="write it anew, with its columns' names"
            )
        if path.suffix == ".gz":
            _whole_gzip(path)
    read = {"parquet": _parquet, "csv": _csv, "jsonl": _jsonl}[kind]
    try:
        expr = read(files, on)
        if kind != "parquet":
            expr = on.create_table(_fresh("rows"), obj=expr, temp=True)
    except _duckdb_error() as error:
        raise _explained(error, str(source), files) from error
    return _checked(Table(name, expr, on))


def digest_of(source: str | Path) -> str:
    """SHA-256 of a file's bytes; for a folder or a pattern, of the files' names with theirs. Names are
    counted from the folder on, so that a copy elsewhere has the same digest. Raises `Conflict` if a file
    changes meanwhile."""
    path = Path(source)
    if path.is_file():
        return _file_digest(path)
    base = path if path.is_dir() else _fixed(path)
    files = (
        sorted(p for p in path.rglob("*") if p.is_file())
        if Path(path, "_delta_log").is_dir()
        else files_of(path)
    )
    return digest([[p.relative_to(base).as_posix(), _file_digest(p)] for p in files])


def files_of(source: str | Path) -> list[Path]:
    """The files that a path, a folder or a pattern stands for, sorted; all of one format. In a folder,
    hidden files and those that begin with `_` are passed over, as Spark and Hive do."""
    text, path = str(source), Path(source)
    if "://" in text:
        raise InvalidInput(
            f"{text} is an address", rule="tables are read from files", todo="copy it here first"
        )
    if path.is_file():
        found = [path]
    elif path.is_dir():
        hidden = re.compile(r"^[._]")
        found = [
            p
            for p in path.rglob("*")
            if p.is_file()
            and _suffix(p)
            and not any(hidden.match(part) for part in p.relative_to(path).parts)
        ]
    else:
        found = [Path(p) for p in glob.glob(text, recursive=True) if Path(p).is_file()]
    if not found:
        rule = f"files end in {', '.join(FORMATS)}" if path.is_dir() else None
        raise Unavailable(
            "there is no such file" if not path.is_dir() else "the folder holds no table",
            where=text,
            rule=rule,
        )
    kinds = {FORMATS.get(_suffix(p), "") for p in found}
    if "" in kinds:
        odd = next(p for p in found if not _suffix(p))
        raise InvalidInput(
            f"{odd.name} is in no format that is known", where=text, rule=f"files end in {', '.join(FORMATS)}"
        )
    if len(kinds) > 1:
        raise InvalidInput(
            f"it holds files of several formats: {', '.join(sorted(kinds))}",
            where=text,
            rule="the files of one table have one format",
            todo=f"name a pattern, such as {text}/*.csv",
        )
    return sorted(found)


def present(column: Any) -> Any:
    """Whether a value is there: neither null nor nan."""
    return (
        column.notnull() & ~column.isnan().fill_null(False)
        if column.type().is_floating()
        else column.notnull()
    )


def numeric(column: Any, *, where: str) -> Any:
    """A column as 64-bit floats, missing as null; an error if it holds text or dates."""
    import ibis

    kind = column.type()
    if not (kind.is_numeric() or kind.is_boolean()):
        raise InvalidInput(
            f"it holds {_kind(kind)}", where=where, rule="numbers are needed here", todo="name another column"
        )
    number = (column.cast("int8") if kind.is_boolean() else column).cast("float64")
    return ibis.ifelse(present(column), number, None) if kind.is_floating() else number


def same_values(left: Any, right: Any, *, where: str) -> tuple[Any, Any]:
    """Two columns made comparable: numbers and yes/no as numbers, everything else only with its own kind."""
    one, two = left.type(), right.type()
    if (one.is_string() and two.is_string()) or one == two:
        return left, right
    if all(t.is_numeric() or t.is_boolean() for t in (one, two)):
        if one.is_integer() and two.is_integer():
            return left, right
        return numeric(left, where=where), numeric(right, where=where)
    raise InvalidInput(
        f"one holds {_kind(one)} and the other {_kind(two)}",
        where=where,
        rule="only values of one kind can be compared",
        todo="write both files alike: numbers without quotes, text with them",
    )


def equals(column: Any, value: Scalar, *, where: str) -> Any:
    """Whether the column has this value; text such as `"3"` fits a column of numbers, and 3 a column of
    text."""
    kind = column.type()
    if kind.is_boolean():
        known = {"true": True, "false": False, "1": True, "0": False}
        if _text(value) not in known:
            raise InvalidInput(
                f"{value!r} is neither true nor false", where=where, rule="the column holds yes/no values"
            )
        return column == known[_text(value)]
    if kind.is_numeric():
        number = _number(value)
        if number is None:
            raise InvalidInput(f"{value!r} is not a number", where=where, rule="the column holds numbers")
        return column == number
    return column.cast("string") == _text(value)


def _holds(column: Any, condition: Condition, where: str) -> Any:
    if not isinstance(condition, Range):
        values: Iterable[Scalar] = condition if isinstance(condition, tuple) else (condition,)
        tests = [equals(column, v, where=where) for v in values]
        return _all(tests, any_of=True)
    tests = []
    for end, compare in (
        ("at_least", "__ge__"),
        ("at_most", "__le__"),
        ("above", "__gt__"),
        ("below", "__lt__"),
    ):
        if (limit := getattr(condition, end)) is not None:
            timed = isinstance(limit, date)
            if timed != column.type().is_temporal() or not (timed or column.type().is_numeric()):
                raise InvalidInput(
                    f"{end} {limit} does not fit a column of {_kind(column.type())}",
                    where=where,
                    rule="numbers are compared with numbers, dates with dates",
                )
            tests.append(present(column) & getattr(column, compare)(limit))
    if condition.missing is not None:
        tests.append(~present(column) if condition.missing else present(column))
    return _all(tests)


def _all(tests: list[Any], *, any_of: bool = False) -> Any:
    joined = tests[0]
    for test in tests[1:]:
        joined = joined | test if any_of else joined & test
    return joined


def _number(value: Scalar) -> int | float | None:
    if isinstance(value, bool):
        return int(value)
    # Whole numbers stay whole: as floats, long ids would run together.
    for read in (int, float):
        try:
            found = read(_text(value))
        except ValueError:
            continue
        return None if math.isnan(found) else found
    return None


def _text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _kind(kind: Any) -> str:
    """A column type in words."""
    for test, word in (
        ("is_boolean", "yes/no values"),
        ("is_numeric", "numbers"),
        ("is_string", "text"),
        ("is_temporal", "dates or times"),
    ):
        if getattr(kind, test)():
            return word
    return "nested values"


# --- reading


def _frame(source: Any, name: str, on: Any) -> Table:
    import narwhals as nw
    import pyarrow as pa

    if not isinstance(source, pa.Table):
        try:
            frame = nw.from_native(source)
        except TypeError as error:
            raise InvalidInput(
                f"a {type(source).__name__} is no table",
                where=name,
                todo="give a path, or a frame of pandas, Polars or Arrow",
            ) from error
        source = (frame.collect() if isinstance(frame, nw.LazyFrame) else frame).to_arrow()
    _distinct([str(c) for c in source.column_names], name)
    # A column of which nobody knows the kind, as it is empty, is taken as text.
    kinds = [(str(f.name), pa.string() if pa.types.is_null(f.type) else f.type) for f in source.schema]
    rows = pa.table(
        [c.cast(k) for c, (_, k) in zip(source.columns, kinds, strict=True)], schema=pa.schema(kinds)
    )
    return Table(name, on.create_table(_fresh("frame"), obj=rows, temp=True), on)


def _parquet(files: list[Path], on: Any) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    names: list[str] | None = None
    for path in files:
        try:
            found = pq.read_schema(path).names
        except (pa.ArrowInvalid, OSError) as error:
            raise InvalidInput(
                "it is not a whole Parquet file",
                where=str(path),
                rule=str(error).splitlines()[0],
                todo="it may have been cut off while it was written: write it anew",
            ) from error
        names = _alike(names, found, files[0], path)
    return on.read_parquet(
        [glob.escape(str(p)) for p in files], table_name=_fresh("parquet"), union_by_name=True
    )


def _csv(files: list[Path], on: Any) -> Any:
    delimiter, names = "", None
    for path in files:
        between, found = _header(path)
        delimiter, names = delimiter or between, _alike(names, found, files[0], path)
    # Whatever is left to be guessed, DuckDB guesses until something fits: a ragged file becomes one column
    # of text, lines that begin with # are skipped. So only the types are left to it, and those on all rows.
    return on.read_csv(
        [glob.escape(str(p)) for p in files],
        table_name=_fresh("csv"),
        header=True,
        skip=0,
        delim=delimiter,
        quote='"',
        escape='"',
        comment="",
        sample_size=-1,
        union_by_name=True,
    )


def _jsonl(files: list[Path], on: Any) -> Any:
    return on.read_json(
        [glob.escape(str(p)) for p in files],
        table_name=_fresh("json"),
        format="newline_delimited",
        records="true",
        sample_size=-1,
        union_by_name=True,
        ignore_errors=False,
    )


def _delta(path: Path, on: Any) -> Any:
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError

    try:
        # Refuses features that it cannot read, such as deletion vectors; a bare list of files would count
        # dead rows.
        dataset = DeltaTable(path).to_pyarrow_dataset()
    except DeltaError as error:
        raise InvalidInput(
            "the Delta table cannot be read", where=str(path), rule=str(error).splitlines()[0]
        ) from error
    name = _fresh("delta")
    on.con.register(name, dataset)
    return on.table(name)


def _whole_gzip(path: Path) -> None:
    """DuckDB takes a gzip file that was cut off for one that ends there."""
    try:
        with gzip.open(path) as stream:
            while stream.read(1 << 20):
                pass
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InvalidInput("it is not a whole gzip file", where=str(path), todo="compress it anew") from error


def _header(path: Path) -> tuple[str, list[str]]:
    """What stands between columns, and the columns' names: the separator that cuts the first line into
    most."""
    best: tuple[str, list[str]] = (",", [])
    for delimiter in ",;\t|":
        with _open(path) as stream:
            try:
                names = next(csv.reader(stream, delimiter=delimiter))
            except (UnicodeDecodeError, StopIteration, csv.Error) as error:
                raise _unreadable(path) from error
        if len(names) > len(best[1]):
            best = (delimiter, names)
    _distinct([n for n in best[1] if n], str(path))
    return best


def _open(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return cast("IO[str]", gzip.open(path, "rt", encoding="utf-8-sig", newline=""))
    return open(path, encoding="utf-8-sig", newline="")


def _alike(first: list[str] | None, found: list[str], one: Path, other: Path) -> list[str]:
    if first is not None and set(first) != set(found):
        odd = ", ".join(sorted(set(first) ^ set(found))[:5])
        raise InvalidInput(
            f"{one.name} and {other.name} have different columns: {odd}",
            where=str(other),
            rule="the files of one table have the same columns",
        )
    return first or found


def _checked(made: Table) -> Table:
    _distinct(list(made.columns), made.name)
    return made


def _distinct(names: list[str], where: str) -> None:
    """DuckDB does not tell capitals apart and quietly renames the second of two equal names."""
    seen: set[str] = set()
    for name in names:
        if name.casefold() in seen:
            raise InvalidInput(
                f"there are two columns called {name!r}",
                where=where,
                rule="columns have different names, capitals aside",
                todo="rename one",
            )
        seen.add(name.casefold())


def _suffix(path: Path) -> str:
    name = path.name.lower()
    return next((s for s in sorted(FORMATS, key=len, reverse=True) if name.endswith(s)), "")


def _fixed(path: Path) -> Path:
    """The part of a pattern before its first wildcard."""
    parts: list[str] = []
    for part in path.parts:
        if glob.has_magic(part):
            break
        parts.append(part)
    return Path(*parts)


def _file_digest(path: Path) -> str:
    before = path.stat()
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    after = path.stat()
    if (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size):
        raise Conflict(
            "the file changed while it was read", where=str(path), todo="run it again when it is written"
        )
    return found


_made = 0


def _fresh(what: str) -> str:
    global _made
    _made += 1
    return f"sextant_{what}_{_made}"


# --- errors


def _duckdb_error() -> type[Exception]:
    import duckdb

    return duckdb.Error


def _explained(error: Exception, name: str, files: list[Path]) -> InvalidInput | Unavailable:
    """DuckDB's complaint as file, line and rule."""
    text = str(error)
    if any(_suffix(p).startswith((".csv", ".tsv")) for p in files):
        for path in files:
            if fault := _csv_fault(path):
                return fault
    if found := re.search(r'in file "([^"]+)", at byte (\d+) in line (\d+): (.+?)\.', text):
        file, byte, line, what = found.groups()
        return InvalidInput(
            f"line {line} is no JSON: {what} at byte {byte}", where=file, rule="each line is one JSON object"
        )
    if "non-record JSON" in text:
        return InvalidInput(
            "a line is not an object", where=name, rule='each line is one JSON object, {"column": value}'
        )
    first = re.sub(r"^\w[\w ]* Error: ", "", text.split("\n")[0])
    if "No space left" in text or type(error).__name__ == "IOException":
        return Unavailable(first, where=name)
    return InvalidInput(first, where=name)


def _csv_fault(path: Path) -> InvalidInput | None:
    """The first line that is not like the header, found by reading again with Python's own reader."""
    try:
        delimiter, names = _header(path)
        with _open(path) as stream:
            reader = csv.reader(stream, delimiter=delimiter, strict=True)
            begins = 1
            for row in reader:
                if row and len(row) != len(names):
                    return InvalidInput(
                        f"line {begins} has {len(row)} values and the first line names {len(names)} columns",
                        where=f"{path}:{begins}",
                        rule="every line has one value for each column",
                        todo=f"put values that hold {delimiter!r} in double quotes",
                    )
                begins = reader.line_num + 1
    except UnicodeDecodeError:
        return _unreadable(path)
    except csv.Error as error:
        if "limit" in str(error):  # a value longer than Python's reader takes; DuckDB's own words must do
            return None
        return InvalidInput(
            f"a quote that opens in line {begins} is not closed as it should be",
            where=f"{path}:{begins}",
            rule='a value in double quotes ends with one, and "" stands for one inside',
        )
    except InvalidInput as fault:
        return fault
    return None


def _unreadable(path: Path) -> InvalidInput:
    """Where the bytes stop being UTF-8."""
    where, what = str(path), "it is not UTF-8 text"
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                where, what = f"{path}:{number}", f"line {number} is not UTF-8 text"
                break
    return InvalidInput(what, where=where, rule="text files are in UTF-8", todo="save it as UTF-8")
