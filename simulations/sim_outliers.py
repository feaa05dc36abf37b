"""Outliers: how often a column without any is said to have one, and how often a planted one is found."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import ibis.expr.datatypes as dt
import numpy as np
from numpy.typing import NDArray

from sextant.data.quality.looks import LEVELS, Look
from sextant.data.quality.numbers import ALARM, ALONE, fences
from simulations.harness import Rate, Rng, Runs, Simulation, count

Numbers = NDArray[np.float64]
KINDS: dict[str, Callable[[Rng, int], Numbers]] = {
    "normal": lambda rng, n: rng.normal(size=n),
    "exponential": lambda rng, n: rng.exponential(size=n),
    "lognormal, spread 1": lambda rng, n: rng.lognormal(0, 1, n),
    "Pareto, index 3": lambda rng, n: rng.pareto(3, n),
}


def _far_out(values: Numbers) -> int:
    """How many values are far out, told as `sextant.data.quality` tells it, but in memory."""
    n = len(values)
    look = Look(
        "x", dt.float64, n, n, low=values.min(), high=values.max(), quantiles=tuple(np.quantile(values, LEVELS)), sized=n
    )  # fmt: skip
    edge = fences(look)
    if edge is None:
        return 0
    far = 0
    for sign, near, end, tail in zip(
        (-1, 1), (edge.near_low, edge.near_high), (edge.low, edge.high), edge.tails or (), strict=True
    ):
        side = sign * values
        beyond = np.sort(side[side > sign * near])[::-1]
        farthest = [*beyond[: ALONE + 1].tolist(), sign * near]
        far += max(int((beyond > sign * end).sum()), tail.alone(farthest[: ALONE + 1]))
    return far


def _simulate(rng: Rng, runs: Runs) -> Iterator[Rate]:
    n = runs(4000)
    for name, draw in KINDS.items():
        for rows in (500, 20_000):
            found = count(_far_out(draw(rng, rows)) > 0 for _ in range(n))
            # Each of two sides has a bound and a gap to be alarmed by.
            yield Rate(
                f"outliers, {rows:,} rows, {name}, none is there", 4 * ALARM, found, n, "at most", 0.002
            )
    for name, draw, factor in (
        ("normal", KINDS["normal"], 4.0),
        ("Pareto, index 3", KINDS["Pareto, index 3"], 60.0),
    ):
        hits = 0
        for _ in range(runs(500)):
            values = draw(rng, 20_000)
            hits += _far_out(np.append(values, factor * values.max())) > 0
        yield Rate(
            f"outliers, 20,000 rows, {name}, one at {factor:g} times the largest",
            0.8,
            hits,
            runs(500),
            "at least",
        )


SIMULATION = Simulation(
    "Is a value called far out where it is, and the largest of a tail left in peace?", _simulate
)
