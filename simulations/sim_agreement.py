"""Agreement of labelers who err independently of each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from sextant.stats import agreement_interval, cohen_interval, krippendorff_interval
from sextant.stats.intervals import Bounds
from simulations.harness import Rate, Rng, Runs, Simulation, count

Floats = NDArray[np.float64]
#: What of drawn items is handed to the interval: the generator, how many items by how many raters, how often each label is
#: right, how often each is given for it, and the seed of the bootstrap.
Drawn = Callable[[Rng, int, int, Floats, Floats, int], Bounds]


def _simulate(rng: Rng, runs: Runs) -> Iterator[Rate]:
    n = runs(3000)
    for what, drawn, apart, items, raters, shares, error in _cases():
        given = np.array(shares)
        # A rater errs with this chance, and then to any other label alike.
        rates = np.full((len(given), len(given)), error / (len(given) - 1))
        np.fill_diagonal(rates, 1 - error)
        truth = _alpha(given, rates, apart(len(given)))
        found = [drawn(rng, items, raters, given, rates, seed) for seed in range(n)]
        said = f"{what}, {items} items by {raters}, {truth:.2f}"
        # Where only one label turned up nothing was claimed.
        lower = count(not bounds.lower > truth for bounds in found)
        yield Rate(f"{said}, lower bound", 0.95, lower, n, "at least", 0.005)
        upper = count(not bounds.upper < truth for bounds in found)
        yield Rate(f"{said}, upper bound", 0.95, upper, n, "at least", 0.005)


def _cases() -> Iterator[tuple[str, Drawn, Callable[[int], Floats], int, int, tuple[float, ...], float]]:
    """What it is called, how it is drawn, how far labels lie apart, items, raters, shares of the labels, chance of an error."""
    for items, raters, shares, error in (
        (20, 2, (0.5, 0.5), 0.02), (50, 3, (0.5, 0.5), 0.05), (200, 3, (0.9, 0.1), 0.05), (200, 5, (0.4, 0.3, 0.2, 0.1), 0.1),
    ):  # fmt: skip
        yield "agreement_interval", _nominal, _alike, items, raters, shares, error
    # Both raters err alike, so that alpha of infinitely many items is kappa too.
    for items, used, error in ((30, (0.5, 0.5), 0.05), (200, (0.8, 0.2), 0.1), (200, (0.4, 0.3, 0.3), 0.1)):
        yield "cohen_interval", _pair, _alike, items, 2, used, error
    for items, three, error in ((50, (0.3, 0.4, 0.3), 0.1), (200, (0.6, 0.3, 0.1), 0.2)):
        yield "krippendorff_interval of numbers", _numbers, _squared, items, 3, three, error


def _alike(labels: int) -> Floats:
    return 1.0 - np.eye(labels)


def _squared(labels: int) -> Floats:
    """Labels being 1, 2, 3 ..."""
    far: Floats = np.subtract.outer(np.arange(float(labels)), np.arange(float(labels))) ** 2
    return far


def _alpha(given: Floats, rates: Floats, apart: Floats) -> float:
    """Of infinitely many items: 1 - (how far two raters of an item lie apart) / (how far any two labels do)."""
    used = given @ rates
    return float(1 - np.einsum("t,ti,tj,ij->", given, rates, rates, apart) / (used @ apart @ used))


def _counts(rng: Rng, items: int, raters: int, given: Floats, rates: Floats) -> list[list[int]]:
    return [rng.multinomial(raters, rates[t]).tolist() for t in rng.choice(len(given), size=items, p=given)]


def _nominal(rng: Rng, items: int, raters: int, given: Floats, rates: Floats, seed: int) -> Bounds:
    counts = _counts(rng, items, raters, given, rates)
    return agreement_interval(counts, sides=1, resamples=400, seed=seed)


def _numbers(rng: Rng, items: int, raters: int, given: Floats, rates: Floats, seed: int) -> Bounds:
    counts = _counts(rng, items, raters, given, rates)
    return krippendorff_interval(counts, metric="interval", sides=1, resamples=400, seed=seed)


def _pair(rng: Rng, items: int, raters: int, given: Floats, rates: Floats, seed: int) -> Bounds:
    together = np.einsum("t,ti,tj->ij", given, rates, rates)
    table = rng.multinomial(items, together.ravel()).reshape(together.shape)
    return cohen_interval(table.tolist(), sides=1, resamples=400, seed=seed)


SIMULATION = Simulation("Does each one-sided bound on agreement lie on its side of the truth?", _simulate)
