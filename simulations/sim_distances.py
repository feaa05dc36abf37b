"""Drift between histograms: false alarms where there is none, coverage where there is some."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sextant.stats import distance_interval, jensen_shannon, psi, total_variation
from simulations.harness import Rate, Rng, Runs, Simulation, count

PLAIN = {"total_variation": total_variation, "jensen_shannon": jensen_shannon, "psi": psi}


def _bell(bins: int, shift: float) -> NDArray[np.float64]:
    at = np.linspace(-2.5, 2.5, bins) - shift
    weights = np.exp(-(at**2) / 2)
    return np.asarray(weights / weights.sum())


def _simulate(rng: Rng, runs: Runs) -> Iterator[Rate]:
    n = runs(1500)
    for statistic, plain in PLAIN.items():
        for size, bins in ((100, 20), (1000, 20), (100_000, 20), (1000, 2)):
            for shift in (0.0, 0.4):
                before, after = _bell(bins, 0.0), _bell(bins, shift)
                found = [
                    distance_interval(
                        rng.multinomial(size, before).tolist(),
                        rng.multinomial(size, after).tolist(),
                        statistic=statistic,
                        sides=1,
                        resamples=200,
                        seed=seed,
                    )
                    for seed in range(n)
                ]
                what = f"distance_interval, {statistic}, 2 × {size:,} in {bins} bins"
                if shift == 0:
                    alarms = count(b.lower > 0 for b in found)
                    yield Rate(f"{what}, false alarms", 0.05, alarms, n, "at most")
                else:
                    # Of so large a sample that chance has no part in it.
                    truth = plain((before * 1e12).astype(int).tolist(), (after * 1e12).astype(int).tolist())
                    below = count(b.lower <= truth for b in found)
                    yield Rate(f"{what}, drift {truth:.3f}, lower", 0.95, below, n, "at least", 0.01)
                    above = count(b.upper >= truth for b in found)
                    yield Rate(f"{what}, drift {truth:.3f}, upper", 0.95, above, n, "at least", 0.05)


SIMULATION = Simulation("Is drift seen only where there is drift, and its size held?", _simulate)
