"""The table that benchmarks of data read: twenty columns of the kinds that tables have, made once and kept."""
# ruff: noqa: S608 - the tables are our own, their names are made above

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.harness import ROOT

FOLDER = ROOT / ".benchmarks"
_BELL = "(random() + random() + random() + random() + random() + random() - 3)"
_COLUMNS = [
    *(f"{_BELL} * {i + 1} + {10 * i} AS f{i}" for i in range(8)),
    *(f"exp({_BELL} * {i + 1}) AS s{i}" for i in range(3)),
    "i AS id",
    "CAST(random() * 100 AS INT) AS age",
    "CAST(random() * random() * 1e6 AS INT) AS amount",
    "CAST(random() * 5 AS INT) AS stars",
    "'c' || CAST(random() * random() * 40 AS INT) AS city",
    "'k' || CAST(random() * random() * 5000 AS INT) AS sku",
    "['red', 'green', 'blue'][1 + CAST(floor(random() * 3) AS INT)] AS colour",
    "random() < 0.3 AS flag",
    "TIMESTAMP '2026-01-01' + to_seconds(CAST(random() * 8e6 AS BIGINT)) AS moment",
]
_SUMS = {"VARCHAR": "sum(strlen({}))", "BOOLEAN": "sum({}::INT)", "TIMESTAMP": "sum(epoch_us({}))"}


def path(rows: int, seed: int) -> Path:
    """Where the table of so many rows lies; the same seed gives the same rows."""
    made = FOLDER / f"{rows}-{seed}.parquet"
    if not made.exists():
        import duckdb

        FOLDER.mkdir(exist_ok=True)
        with duckdb.connect() as on:
            # One thread, so that the seed decides every row.
            on.execute("SET threads = 1")
            on.execute(f"SELECT setseed({seed / 1000})")
            part = made.with_suffix(".part")
            on.execute(
                f"COPY (SELECT {', '.join(_COLUMNS)} FROM range({rows}) t(i)) TO '{part}' (FORMAT parquet)"
            )
            part.rename(made)
    return made


def read_and_sum(table: Path) -> None:
    """The least that any program could do: DuckDB reads every column and sums it."""
    import duckdb

    with duckdb.connect() as on:
        columns = on.execute(f"DESCRIBE SELECT * FROM '{table}'").fetchall()
        sums = [_SUMS.get(kind, "sum({})").format(f'"{name}"') for name, kind, *_ in columns]
        on.execute(f"SELECT count(*), {', '.join(sums)} FROM '{table}'").fetchall()


def count_histograms(tables: list[Path]) -> None:
    """The least for drift: DuckDB counts each column of both in a few bins, and nothing else."""
    import duckdb

    with duckdb.connect() as on:
        for table in tables:
            for name, kind, *_ in on.execute(f"DESCRIBE SELECT * FROM '{table}'").fetchall():
                number = kind in ("DOUBLE", "INTEGER", "BIGINT")
                bin_ = f'CAST(floor(ln(abs("{name}") + 1e-300)) AS SMALLINT)' if number else f'"{name}"'
                bin_ = f"date_trunc('day', \"{name}\")" if kind == "TIMESTAMP" else bin_
                on.execute(f"SELECT {bin_}, count(*) FROM '{table}' GROUP BY 1").fetchall()


if __name__ == "__main__":
    what, *tables = sys.argv[1:]
    {
        "sum": lambda: read_and_sum(Path(tables[0])),
        "count": lambda: count_histograms([Path(t) for t in tables]),
    }[what]()
