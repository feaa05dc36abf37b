"""Pairs of columns in two tables: does a range hold their true difference, is nothing called lost that was kept, and is what
was lost found?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from sextant.data.pairs import MARGIN, Pair, pairs_of
from sextant.tables import engine, table
from simulations.harness import Rate, Rng, Runs, Simulation, count

SIZES = (100, 1_000, 5_000)
#: Correlation of two numbers in the real rows, and what is left of it where it is lost.
REAL, LEFT = 0.7, 0.4


def _rows(rng: Rng, n: int, r: float) -> Any:
    """Two numbers that hang together, a category that hangs on the first, and one that hangs on nothing."""
    x = rng.normal(size=n)
    y = r * x + math.sqrt(1 - r * r) * rng.normal(size=n)
    half = np.where(rng.random(n) < 0.5 + r / 2 * np.sign(x), "high", "low")
    return pa.table({"x": x, "y": y, "half": half, "loose": rng.choice(["a", "b", "c"], n)})


def _found(rng: Rng, n: int, r: float, on: Any) -> tuple[Pair, ...]:
    real, other = (table(_rows(rng, n, each), name="rows", on=on) for each in (REAL, r))
    return pairs_of(real, other, ["x", "y", "half", "loose"])[0]


def _simulate(rng: Rng, runs: Runs) -> Iterator[Rate]:
    on = engine()
    for n in SIZES:
        found = [_found(rng, n, REAL, on) for _ in range(runs(400))]
        wide = count(all(p.lower <= 0 <= p.upper for p in pairs) for pairs in found)
        yield Rate(
            f"pairs, {n:,} rows, none differs: all ranges hold 0", 0.95, wide, len(found), "at least", 0.01
        )
        lost = count(any(p.verdict == "lost" for p in pairs) for pairs in found)
        yield Rate(
            f"pairs, {n:,} rows, none differs: one is called lost", 0.05, lost, len(found), "at most", 0.0
        )
    for n, power in ((1_000, 0.8), (5_000, 0.95)):
        found = [_found(rng, n, LEFT, on) for _ in range(runs(200))]
        seen = count(
            any({p.one, p.other} == {"x", "y"} and p.verdict == "lost" for p in pairs) for pairs in found
        )
        yield Rate(
            f"pairs, {n:,} rows, {REAL} to {LEFT}, which is {REAL - LEFT - MARGIN:.2f} above the margin: found",
            power, seen, len(found), "at least", 0.0,
        )  # fmt: skip


SIMULATION = Simulation(
    "Do columns that hang together alike pass, at every size, and are those found that lost it?", _simulate
)
