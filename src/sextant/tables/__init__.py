"""Any table as one expression, computed where its rows are.

conditions   what a column is asked for, and columns made comparable
table        a table under the name that messages use
engines      DuckDB, Spark, or a database by its address
files        which files a path stands for, and the digest of their bytes
faults       what an engine complains of, as file, line and rule
sources      `table()`: files, folders, frames, Delta, SQLite, databases, Spark
writing      a table as a file for others, whole or not at all
"""

from __future__ import annotations

from sextant.tables.conditions import (
    Condition,
    Range,
    Scalar,
    equals,
    numeric,
    present,
    same_values,
)
from sextant.tables.engines import engine
from sextant.tables.files import FORMATS, digest_of, files_of, is_address
from sextant.tables.sources import table
from sextant.tables.table import Table, known_column
from sextant.tables.writing import write

__all__ = [
    "FORMATS", "Condition", "Range", "Scalar", "Table", "digest_of", "engine", "equals", "files_of", "is_address", "known_column",
    "numeric", "present", "same_values", "table", "write",
]  # fmt: skip
