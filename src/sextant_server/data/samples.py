"""The drawings of data pages on invented rows, for the style guide."""

from __future__ import annotations

import random
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sextant_server.data import drawing, shown
from sextant_server.data.drifting import Cell, Map
from sextant_server.data.models import DayProfile

ROWS = 400
_FEATURES = ("ink", "kind", "pages", "scanner")
_FIRST = date(2026, 10, 26)


@lru_cache(maxsize=1)
def context() -> dict[str, Any]:
    """A profile, two distributions over each other, and a map of features by days."""
    import pyarrow as pa

    from sextant.data.profiling import profile

    before, now = (profile(pa.table(_rows(*drawn))) for drawn in ((0.0, 0.2), (0.8, 0.45)))
    return {
        "profile_columns": shown.columns(now),
        "overlays": [(name, drawing.overlay(before[name], now[name])) for name in ("ink", "kind")],
        "map": drawing.drawn(_map()),
        "lineage": [
            {"sources": [("scans@9", "")], "by": "recipe:clean@a1b2", "made": "forms@14", "state": "complete"},
            {"sources": [("scanner-export", ""), ("returned", "")], "by": "job nightly", "made": "scans@9", "state": "failed"},
        ],
    }  # fmt: skip


def _rows(shift: float, photocopies: float) -> dict[str, list[Any]]:
    rng = random.Random(7)  # noqa: S311 - invented rows, no secret
    kinds = ("photocopy", "original", "faded")
    return {
        "ink": [None if rng.random() < 0.05 else round(rng.gauss(5 + shift, 1), 2) for _ in range(ROWS)],
        "kind": rng.choices(kinds, (photocopies, 0.8 - photocopies, 0.2), k=ROWS),
        "read": [rng.random() < 0.9 for _ in range(ROWS)],
    }


def _map() -> Map:
    days = tuple(DayProfile(name="forms", day=_FIRST + timedelta(days=i), rows=ROWS) for i in range(10))
    found = {}
    for down, feature in enumerate(_FEATURES):
        for across, day in enumerate(days):
            value = 0.05 * max(across - 2 * down, 0) * (3 - down) / 2
            if (down, across) == (3, 4):
                found[feature, day.day] = Cell(feature, "not_compared", why="it was empty that day")
                continue
            low, high = max(value - 0.05, 0.0), value + 0.05
            verdict: Any = "drifted" if low > 0.1 else "steady" if high <= 0.1 else "open"
            found[feature, day.day] = Cell(feature, verdict, value, low, high)
    return Map(days, _FEATURES, found, 0, 0.1)
