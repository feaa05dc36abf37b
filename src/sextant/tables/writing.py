"""A table as a file for others: Parquet as it is, CSV with formulas made harmless; whole or not at all."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sextant.errors import Conflict, InvalidInput, Unavailable
from sextant.sheets import FORMULA, NUMBER, cell
from sextant.tables import engines
from sextant.tables.faults import errors_of, explained
from sextant.tables.table import Table

#: What a table is written as, by the end of the file's name.
WRITTEN = (".parquet", ".csv")


def write(table: Table, target: str | Path, *, replace: bool = False) -> None:
    """Write all rows to a new file, Parquet or CSV by its name, never all in memory. In CSV, text that a spreadsheet
    would run as a formula gets an apostrophe in front (`sextant.sheets.cell`).

    Raises `Conflict` if the file is there already, unless `replace` is set, and `Unavailable` if it cannot be written.

    >>> import pyarrow as pa
    >>> from tempfile import TemporaryDirectory
    >>> from sextant.tables import table
    >>> with TemporaryDirectory() as folder:
    ...     write(table(pa.table({"said": ["=1+1", "-5"]})), Path(folder, "out.csv"))
    ...     print(Path(folder, "out.csv").read_text().split())
    ['said', "'=1+1", '-5']
    """
    target = Path(target)
    if target.suffix not in WRITTEN:
        raise InvalidInput(
            f"{target.name} names no format", where=str(target), rule="a table is written as .parquet or .csv"
        )
    if target.exists() and not replace:
        raise Conflict(
            "it is there already", where=str(target), rule="a new file is written, and none overwritten",
            todo="name another file after -o",
        )  # fmt: skip
    part = target.with_name(f".{uuid.uuid4().hex}{target.suffix}")
    try:
        _all_rows(table if target.suffix == ".parquet" else harmless(table), part)
        os.replace(part, target)
    except OSError as error:
        raise Unavailable(error.strerror or "it cannot be written", where=str(target)) from error
    finally:
        part.unlink(missing_ok=True)


def harmless(table: Table) -> Table:
    """The table with an apostrophe before every text, and every column's name, that a spreadsheet would run."""
    import ibis

    changed: dict[str, Any] = {}
    for name in table.columns:
        column = table.expr[name]
        if column.type().is_string():
            risky = column.re_search(FORMULA) & ~column.re_search(NUMBER)
            column = ibis.ifelse(risky.fill_null(False), ibis.literal("'") + column, column)
        changed[cell(name)] = column
    return Table(table.name, table.expr.select(**changed), table.engine)


def _all_rows(table: Table, part: Path) -> None:
    on, csv = table.engine, part.suffix == ".csv"
    if not engines.is_duckdb(on):
        _batch_by_batch(table, part, csv)
        return
    if not part.parent.is_dir():
        raise FileNotFoundError(None, "there is no such folder")
    try:
        on.to_csv(table.expr, part) if csv else on.to_parquet(table.expr, part, compression="zstd")
    except errors_of(on) as error:
        raise explained(error, table.name, []) from error


def _batch_by_batch(table: Table, part: Path, csv: bool) -> None:
    """From an engine elsewhere, whose own files would lie with it."""
    import pyarrow.csv
    import pyarrow.parquet

    schema = table.expr.schema().to_pyarrow()
    batches: Iterator[Any] = (batch.cast(schema) for batch in table.batches())
    made = pyarrow.csv.CSVWriter if csv else pyarrow.parquet.ParquetWriter
    with made(part, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
