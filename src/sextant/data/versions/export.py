"""A version's rows as a file for others: Parquet as they are, CSV with formulas made harmless."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import Any

from sextant.errors import InvalidInput
from sextant.tables import Table

#: What makes a spreadsheet take text for a formula (OWASP, "CSV Injection").
_FORMULA = r"^[=+\-@\t\r]"


def write_out(table: Table, path: Path) -> None:
    """Write all rows, streamed. The file is there whole or not at all."""
    import pyarrow.csv as csv
    import pyarrow.parquet as pq

    if path.suffix not in (".parquet", ".csv"):
        raise InvalidInput(
            f"{path.name} is in no format that is written", rule="the name ends in .parquet or .csv"
        )
    schema = table.expr.schema().to_pyarrow()
    fresh = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        if path.suffix == ".parquet":
            with pq.ParquetWriter(fresh, schema, compression="zstd") as writer:
                for batch in table.batches():
                    writer.write_batch(batch.cast(schema))
        else:
            with csv.CSVWriter(fresh, schema) as writer:
                for batch in table.batches():
                    writer.write_batch(_harmless(batch.cast(schema)))
        os.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


def _harmless(batch: Any) -> Any:
    """Text that begins like a formula gets an apostrophe before it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = []
    for values in batch.columns:
        if pa.types.is_string(values.type):
            risky = pc.match_substring_regex(values, _FORMULA)
            values = pc.if_else(risky, pc.binary_join_element_wise("'", values, ""), values)
        columns.append(values)
    return pa.record_batch(columns, schema=batch.schema)
