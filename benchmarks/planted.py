"""A table with one fault of each kind in a column of its own, and how many of them a tool names.

`python -m benchmarks.planted TOOL TABLE` prints them. A fault counts as named if the tool says anything of its column
that could be meant by it: of ydata-profiling an alert of one of the kinds that are listed, of whylogs a number that
tells it (it names nothing by itself), of Sextant a finding of that kind.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

from benchmarks.made_table import FOLDER

ROWS = 20_000

#: Column, the kind that Sextant calls it, and the kinds of alerts of ydata-profiling that say the same.
FAULTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("income", "missing", ("MISSING", "EMPTY")),
    ("region", "missing", ("MISSING", "EMPTY")),
    ("age", "missing", ("MISSING", "EMPTY")),
    ("ratio", "infinite", ("INFINITE",)),
    ("source", "constant", ("CONSTANT",)),
    ("weight", "far-out", ("SKEWED",)),
    ("delay", "heavy-tail", ("SKEWED",)),
    ("begun", "date", ("TYPE_DATE", "UNSUPPORTED")),
    ("size", "unit", ("UNSUPPORTED",)),
    ("score", "type", ("UNSUPPORTED",)),
    ("code", "format", ("UNSUPPORTED",)),
    ("colour", "variant", ("DIRTY_CATEGORY",)),
    ("city", "typo", ("DIRTY_CATEGORY",)),
    ("street", "encoding", ("DIRTY_CATEGORY",)),
    ("name", "space", ("DIRTY_CATEGORY",)),
    ("id", "repeated-key", ("DUPLICATES",)),
    ("", "repeated", ("DUPLICATES",)),
    ("note", "near-repeated", ("NEAR_DUPLICATES",)),
    ("state", "dependency", ("HIGH_CORRELATION",)),
    ("after", "leak", ("HIGH_CORRELATION",)),
    ("left", "one-sided", ("IMBALANCE",)),
    ("phone", "gap-by-group", ("MISSING",)),
)


def planted() -> Path:
    """Where the table lies; made once, the same each time."""
    path = FOLDER / "planted.parquet"
    if not path.exists():
        import pyarrow as pa
        import pyarrow.parquet as pq

        FOLDER.mkdir(exist_ok=True)
        pq.write_table(pa.table(_columns(random.Random(4))), path)
    return path


def _columns(chance: random.Random) -> dict[str, list[Any]]:
    """Each column as it should be, and then its fault."""
    rows = range(ROWS)
    states = {"Ulm": "BW", "Bonn": "NRW", "Bremen": "HB", "Kiel": "SH", "Mainz": "RLP"}
    words = [
        f"{a}{b}" for a in ("lo", "mi", "ka", "ten", "ru", "sol") for b in ("ra", "ne", "vik", "dom", "pal")
    ]
    group = [chance.choice("ab") for _ in rows]
    left = [int(chance.random() < 0.03) for _ in rows]
    place = [chance.choice(list(states)) for _ in rows]
    columns: dict[str, list[Any]] = {
        "id": list(rows),
        "group": list(group),
        "income": [None if chance.random() < 0.08 else chance.gauss(3000, 400) for _ in rows],
        "region": [chance.choice(("north", "south", "east", "west")) for _ in rows],
        "age": [chance.randrange(18, 80) for _ in rows],
        "ratio": [chance.gauss(1, 0.1) for _ in rows],
        "source": ["web"] * ROWS,
        "weight": [chance.gauss(70, 10) for _ in rows],
        "delay": [chance.paretovariate(1.3) for _ in rows],
        "begun": [f"2026-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}" for _ in rows],
        "size": [f"{chance.randrange(50, 500)} g" for _ in rows],
        "score": [str(chance.randrange(100)) for _ in rows],
        "code": [f"AB-{chance.randrange(1000):03}" for _ in rows],
        "colour": [chance.choice(("red", "green", "blue")) for _ in rows],
        "city": [chance.choice(("Hamburg", "Dresden", "Leipzig")) for _ in rows],
        "street": [chance.choice(("Süd", "Nord", "Ost")) for _ in rows],
        "name": [chance.choice(("Ada", "Emmy", "Sofia")) for _ in rows],
        "note": [" ".join(chance.choice(words) for _ in range(25)) for _ in rows],
        "place": place,
        "state": [states[p] for p in place],
        "after": [8.0 * flag + chance.random() for flag in left],
        "left": left,
        "phone": [None if g == "b" and chance.random() < 0.3 else f"0{chance.randrange(10**8, 10**9)}" for g in group],
    }  # fmt: skip
    for row in range(200):
        columns["region"][10 * row] = "n/a"
        columns["age"][10 * row + 1] = -999
        columns["begun"][10 * row + 2] = "03/04/2026"
        columns["size"][10 * row + 3] = "0.2 kg"
        columns["score"][10 * row + 4] = "twelve"
        columns["colour"][10 * row + 5] = "Red"
        columns["state"][10 * row + 6] = "BY"
    for row in range(20):
        columns["city"][5000 + row] = "Hambrug"
        columns["street"][5100 + row] = "SÃ¼d"
        columns["name"][5200 + row] = "Ada "
        columns["code"][5300 + row] = "AB/17-x"
        columns["ratio"][5400 + row] = float("inf")
        columns["note"][5500 + row] = columns["note"][row] + " once more"
        columns["id"][5600 + row] = row
    columns["weight"][6000] = 7e7
    for values in columns.values():
        # The last ten rows are the first ten of the middle once more, but for what names them.
        values[-10:] = values[9000:9010]
    columns["id"][-10:] = range(ROWS - 10, ROWS)
    return columns


def _sextant(table: Path) -> list[str]:
    from sextant.data.quality import examine
    from sextant.tables import table as opened

    found = examine(opened(table), key="id", target="left", groups=["group"], examples=False)
    said = {(i.column, i.kind) for i in found.issues}
    return [f"{kind} {column}".strip() for column, kind, _ in FAULTS if (column, kind) in said]


def _ydata(table: Path) -> list[str]:
    import pandas as pd  # type: ignore[import-untyped]  # noqa: TID251  (what the peer takes)
    from ydata_profiling import ProfileReport  # type: ignore[import-not-found]

    found = ProfileReport(pd.read_parquet(table), minimal=True, progress_bar=False).get_description()
    said = {(alert.column_name or "", alert.alert_type.name) for alert in found.alerts}
    return [
        f"{kind} {column}".strip()
        for column, kind, names in FAULTS
        if any((column, n) in said for n in names)
    ]


def _whylogs(table: Path) -> list[str]:
    import pandas as pd  # noqa: TID251  (what the peer takes)
    import whylogs  # type: ignore[import-not-found]

    numbers = whylogs.log(pd.read_parquet(table)).view().to_pandas()
    tells = {
        "missing": lambda of: of["counts/null"] + of["counts/nan"] > 0,
        "gap-by-group": lambda of: of["counts/null"] > 0,
        "infinite": lambda of: of["counts/inf"] > 0,
        "constant": lambda of: round(of["cardinality/est"]) == 1,
        "type": lambda of: of["types/integral"] > 0 and of["types/string"] > 0,
    }
    return [
        f"{k} {c}".strip()
        for c, k, _ in FAULTS
        if c in numbers.index and k in tells and tells[k](numbers.loc[c])
    ]


if __name__ == "__main__":
    print(
        json.dumps(
            {"sextant": _sextant, "ydata": _ydata, "whylogs": _whylogs}[sys.argv[1]](Path(sys.argv[2]))
        )
    )
