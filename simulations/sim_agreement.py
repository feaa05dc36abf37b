"""Agreement of labelers who err independently of each other."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sextant.stats import agreement_interval, cohen_interval, krippendorff_interval
from simulations.harness import Rate, Rng, Runs, Simulation, count


def _simulate(rng: Rng, runs: Runs) -> Iterator[Rate]:
    n = runs(3000)
    for items, raters, shares, error in (
        (20, 2, (0.5, 0.5), 0.02),
        (50, 3, (0.5, 0.5), 0.05),
        (200, 3, (0.9, 0.1), 0.05),
        (200, 5, (0.4, 0.3, 0.2, 0.1), 0.1),
    ):
        given = np.array(shares)
        # A rater errs with this chance, and then to any other label alike.
        rates = np.full((len(given), len(given)), error / (len(given) - 1))
        np.fill_diagonal(rates, 1 - error)
        truth = _alpha(given, rates)
        found = [_once(rng, items, raters, given, rates, seed) for seed in range(n)]
        what = f"agreement_interval, {items} items by {raters}, alpha {truth:.2f}"
        # Where only one label turned up nothing was claimed.
        lower = count(not low > truth for low, _ in found)
        yield Rate(f"{what}, lower bound", 0.95, lower, n, "at least", 0.005)
        upper = count(not high < truth for _, high in found)
        yield Rate(f"{what}, upper bound", 0.95, upper, n, "at least", 0.005)

    pairs: tuple[tuple[int, tuple[float, ...], float], ...] = (
        (30, (0.5, 0.5), 0.05), (200, (0.8, 0.2), 0.1), (200, (0.4, 0.3, 0.3), 0.1),
    )  # fmt: skip
    for items, used, error in pairs:
        given = np.array(used)
        rates = np.full((len(given), len(given)), error / (len(given) - 1))
        np.fill_diagonal(rates, 1 - error)
        # Both err alike, so that alpha of infinitely many items is kappa too.
        truth = _alpha(given, rates)
        found = [_pair(rng, items, given, rates, seed) for seed in range(n)]
        what = f"cohen_interval, {items} items, kappa {truth:.2f}"
        yield Rate(
            f"{what}, lower bound", 0.95, count(not low > truth for low, _ in found), n, "at least", 0.005
        )
        yield Rate(
            f"{what}, upper bound", 0.95, count(not high < truth for _, high in found), n, "at least", 0.005
        )

    for items, raters, three, error in ((50, 3, (0.3, 0.4, 0.3), 0.1), (200, 3, (0.6, 0.3, 0.1), 0.2)):
        given = np.array(three)
        rates = np.full((3, 3), error / 2)
        np.fill_diagonal(rates, 1 - error)
        truth = _alpha_of_numbers(given, rates)
        bounds = [_numbers(rng, items, raters, given, rates, seed) for seed in range(n)]
        what = f"krippendorff_interval, {items} items by {raters}, alpha of numbers {truth:.2f}"
        lower = count(not low > truth for low, _ in bounds)
        yield Rate(f"{what}, lower bound", 0.95, lower, n, "at least", 0.005)
        upper = count(not high < truth for _, high in bounds)
        yield Rate(f"{what}, upper bound", 0.95, upper, n, "at least", 0.005)


def _alpha_of_numbers(given: NDArray[np.float64], rates: NDArray[np.float64]) -> float:
    """Of infinitely many items, labels being 1, 2, 3: 1 - (squared distance within an item) / (between any two)."""
    apart = np.subtract.outer(np.arange(3.0), np.arange(3.0)) ** 2
    used = given @ rates
    return float(1 - np.einsum("t,ti,tj,ij->", given, rates, rates, apart) / (used @ apart @ used))


def _numbers(
    rng: Rng, items: int, raters: int, given: NDArray[np.float64], rates: NDArray[np.float64], seed: int
) -> tuple[float, float]:
    truths = rng.choice(len(given), size=items, p=given)
    patterns = [rng.multinomial(raters, rates[label]).tolist() for label in truths]
    found = krippendorff_interval(patterns, metric="interval", sides=1, resamples=400, seed=seed)
    return found.lower, found.upper


def _pair(
    rng: Rng, items: int, given: NDArray[np.float64], rates: NDArray[np.float64], seed: int
) -> tuple[float, float]:
    together = np.einsum("t,ti,tj->ij", given, rates, rates)
    table = rng.multinomial(items, together.ravel()).reshape(together.shape)
    found = cohen_interval(table.tolist(), sides=1, resamples=400, seed=seed)
    return found.lower, found.upper


def _alpha(given: NDArray[np.float64], rates: NDArray[np.float64]) -> float:
    """Of infinitely many items: 1 - (two raters differ on an item) / (any two labels differ)."""
    used = given @ rates
    return float(1 - (1 - given @ (rates**2).sum(axis=1)) / (1 - (used**2).sum()))


def _once(
    rng: Rng,
    items: int,
    raters: int,
    given: NDArray[np.float64],
    rates: NDArray[np.float64],
    seed: int,
) -> tuple[float, float]:
    truths = rng.choice(len(given), size=items, p=given)
    patterns = [rng.multinomial(raters, rates[label]).tolist() for label in truths]
    found = agreement_interval(patterns, sides=1, resamples=400, seed=seed)
    return found.lower, found.upper


SIMULATION = Simulation("Does each one-sided bound on agreement lie on its side of the truth?", _simulate)
