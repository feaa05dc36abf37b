"""The drawings of data pages on invented rows, for the style guide."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sextant.data.profile import Bins, Column, Counted, Numbers, Profile, Texts
from sextant.stats.bins import Histogram
from sextant.stats.moments import Moments
from sextant_server.data import drawing, shown
from sextant_server.data.drifting import Cell, Map
from sextant_server.data.models import DayProfile

ROWS = 400
_FEATURES = ("ink", "kind", "pages", "scanner")
_FIRST = date(2026, 10, 26)


@lru_cache(maxsize=1)
def context() -> dict[str, Any]:
    """A profile, two distributions over each other, and a map of features by days."""
    before, now = (_profile(_rows(*drawn)) for drawn in ((0.0, 0.2), (0.8, 0.45)))
    return {
        "profile_columns": shown.columns(now),
        "overlays": [(name, drawing.overlay(before[name], now[name])) for name in ("ink", "kind")],
        "map": drawing.drawn(_map()),
        "lineage": [
            {"sources": [("scans@9", "")], "by": "recipe:clean@a1b2", "made": "forms@14", "state": "complete"},
            {"sources": [("scanner-export", ""), ("returned", "")], "by": "job nightly", "made": "scans@9", "state": "failed"},
        ],
    }  # fmt: skip


def _profile(rows: dict[str, list[Any]]) -> Profile:
    """As measuring gives it; made by hand, as a page of samples is not worth starting an engine."""
    return Profile(
        name="forms", rows=ROWS, columns=tuple(_column(name, values) for name, values in rows.items())
    )


def _column(name: str, values: list[Any]) -> Column:
    there = [v for v in values if v is not None]
    counted = tuple(Counted(value=v, n=n) for v, n in sorted(Counter(there).items()))
    common: dict[str, Any] = {
        "name": name,
        "rows": len(values),
        "nulls": len(values) - len(there),
        "values": counted,
    }
    if isinstance(there[0], bool):
        return Column(**common, type="bool", kind="yes_no")
    if isinstance(there[0], str):
        return Column(
            **common, type="string", kind="text", texts=Texts(lengths=_numbers([len(v) for v in there]))
        )
    return Column(
        **common | {"values": None},
        type="float64",
        kind="number",
        numbers=_numbers(there),
        between=(len(counted),) * 2,
    )


def _numbers(values: Sequence[float]) -> Numbers:
    found = Moments.of([float(v) for v in values])
    return Numbers(
        n=found.n, mean=found.mean, m2=found.m2, minimum=min(values), maximum=max(values),
        bins=Bins.of(Histogram.of([float(v) for v in values])),
    )  # fmt: skip


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
