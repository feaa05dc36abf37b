"""What looking again and again does to an ordinary interval, and not to a confidence sequence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.stats import (
    Bounds,
    confidence_sequence_difference,
    confidence_sequence_mean,
    confidence_sequence_proportion,
    difference_means,
)
from simulations.harness import Rate, Rng, Runs, Simulation

Floats = NDArray[np.float64]
Draw = Callable[[Rng, int], Floats]


def _normal(rng: Rng, n: int) -> Floats:
    return rng.normal(5.0, 2.0, n)


def _lognormal(rng: Rng, n: int) -> Floats:
    return rng.lognormal(size=n)


def _events(share: float) -> Draw:
    return lambda rng, n: (rng.random(n) < share).astype(np.float64)


def _running(values: Floats, looks: NDArray[np.int64]) -> list[tuple[int, float, float]]:
    """Count, mean and squared deviations of the values so far, at each look."""
    # Around the overall mean, so that the squares lose nothing.
    shift = values.mean() if values.size else 0.0
    total = np.concatenate([[0.0], np.cumsum(values - shift)])[looks]
    square = np.concatenate([[0.0], np.cumsum((values - shift) ** 2)])[looks]
    n = np.maximum(looks, 1)
    return list(
        zip(
            looks.tolist(),
            (total / n + shift).tolist(),
            np.maximum(square - total**2 / n, 0.0).tolist(),
            strict=True,
        )
    )


def _ever_wrong(looks: Iterator[tuple[Any, ...]], method: Callable[..., Bounds], truth: float) -> bool:
    # A comparison with nan is false: an interval that is not yet defined claims nothing.
    return any(b.lower > truth or b.upper < truth for b in (method(*look) for look in looks))


def _compared(
    rng: Rng, draw: Draw, share: float, units: int, every: int
) -> Iterator[tuple[int, float, float, int, float, float]]:
    """An A/A test: both arms alike, looked at whenever so many more units have come."""
    values, candidate = draw(rng, units), rng.random(units) < share
    ends = np.arange(every, units + 1, every)
    ones = _running(values[candidate], np.cumsum(candidate, dtype=np.int64)[ends - 1])
    noughts = _running(values[~candidate], np.cumsum(~candidate, dtype=np.int64)[ends - 1])
    return ((*a, *b) for a, b in zip(ones, noughts, strict=True) if a[0] and b[0])


def _simulate(rng: Rng, runs: Runs) -> Iterator[Rate]:
    n = runs(2000)
    for what, draw in (("normal values", _normal), ("2 % events", _events(0.02))):
        for method, rule in ((difference_means, "above"), (confidence_sequence_difference, "at most")):
            wrong = sum(_ever_wrong(_compared(rng, draw, 0.5, 28 * 200, 200), method, 0.0) for _ in range(n))
            name = f"{method.__name__}, A/A, 28 daily looks, {what}"
            yield Rate(name, 0.05, wrong, n, rule)
    for what, draw, share, slack in (
        ("normal values", _normal, 0.5, 0.0),
        ("lognormal values", _lognormal, 0.5, 0.0),
        ("2 % events", _events(0.02), 0.5, 0.0),
        ("normal values", _normal, 0.1, 0.0),
        ("10 % events", _events(0.1), 0.1, 0.0),
        ("2 % events", _events(0.02), 0.1, 0.02),
    ):
        wrong = sum(
            _ever_wrong(_compared(rng, draw, share, 6000, 40), confidence_sequence_difference, 0.0)
            for _ in range(n)
        )
        name = f"confidence_sequence_difference, A/A {share:.0%}, 150 looks, {what}"
        yield Rate(name, 0.05, wrong, n, "at most", slack)
    every = np.arange(10, 3001, 10)
    for what, draw, truth, slack in (
        ("normal values", _normal, 5.0, 0.0),
        ("30 % events", _events(0.3), 0.3, 0.0),
        ("exponential values", lambda r, k: r.exponential(size=k), 1.0, 0.01),
    ):
        wrong = sum(
            _ever_wrong(iter(_running(draw(rng, 3000), every)), confidence_sequence_mean, truth)
            for _ in range(n)
        )
        yield Rate(f"confidence_sequence_mean, 300 looks, {what}", 0.05, wrong, n, "at most", slack)
    below = sum(
        any(
            confidence_sequence_mean(*look, sides=1).lower > 5.0
            for look in _running(_normal(rng, 3000), every)
        )
        for _ in range(n)
    )
    yield Rate("confidence_sequence_mean, 1 side, 300 looks, normal values", 0.05, below, n, "at most")
    for p in (0.005, 0.1, 0.5):
        for sides in (1, 2):

            @cache
            def wrong_at(s: int, t: int, p: float = p, sides: int = sides) -> bool:
                found = confidence_sequence_proportion(s, t, sides=sides)
                return found.lower > p or (sides == 2 and found.upper < p)

            paths = np.cumsum(rng.random((n, 500)) < p, axis=1).tolist()
            wrong = sum(any(wrong_at(s, t) for t, s in enumerate(path, start=1)) for path in paths)
            name = f"confidence_sequence_proportion, {sides} side{'s' * (sides - 1)}, share {p}, 500 looks"
            yield Rate(name, 0.05, wrong, n, "at most")


SIMULATION = Simulation(
    "How often is the truth excluded at any look? One look's interval is shown for what it does.", _simulate
)
