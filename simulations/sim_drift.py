"""The verdict on drift: does it hold its tongue where nothing happened, whatever the size, and speak up where it did?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sextant.stats import auc, benjamini_hochberg, distance_interval, exceeds
from simulations.harness import Rate, Rng, Runs, Simulation, count

BINS = 10
AT = list(range(BINS))
#: Of each distance, from where on it is called drift; a shift by 0.8 standard deviations is well beyond each.
THRESHOLDS = {
    "total_variation": 0.1, "jensen_shannon": 0.1, "hellinger": 0.1, "psi": 0.1, "cramers_v": 0.1,
    "kolmogorov_smirnov": 0.1, "wasserstein": 0.25,
}  # fmt: skip
SHIFT = 0.8
SIZES = (100, 1_000, 1_000_000)


def _bell(shift: float) -> NDArray[np.float64]:
    """A bell on ten bins, as it is and moved to the right by so many standard deviations."""
    at = np.linspace(-2.25, 2.25, BINS) - shift
    weights = np.exp(-(at**2) / 2)
    return np.asarray(weights / weights.sum())


def _alarms(rng: Rng, n: int, size: int, statistic: str, threshold: float, shift: float) -> list[bool]:
    before, after = _bell(0.0), _bell(shift)
    return [
        exceeds(
            rng.multinomial(size, before).tolist(), rng.multinomial(size, after).tolist(), threshold,
            statistic=statistic, resamples=200, seed=seed, positions=AT if statistic == "wasserstein" else (),
        ) <= 0.05
        for seed in range(n)
    ]  # fmt: skip


def _simulate(rng: Rng, runs: Runs) -> Iterator[Rate]:
    n = runs(600)
    for statistic, threshold in THRESHOLDS.items():
        powers = {}
        for size in SIZES:
            # Against no threshold at all it is a test of any difference: the hardest case for false alarms.
            for limit, what in ((0.0, "any drift"), (threshold, f"drift above {threshold:g}")):
                alarms = count(_alarms(rng, n, size, statistic, limit, 0.0))
                yield Rate(
                    f"{statistic}, 2 × {size:,}, none, {what}: false alarms", 0.05, alarms, n, "at most"
                )
            powers[size] = _alarms(rng, n, size, statistic, threshold, SHIFT)
        for size in SIZES[1:]:
            yield Rate(
                f"{statistic}, 2 × {size:,}, shift {SHIFT:g} sd: power",
                0.8,
                count(powers[size]),
                n,
                "at least",
            )
        grown = count(large >= small for small, large in zip(powers[100], powers[1000], strict=True))
        yield Rate(f"{statistic}: more rows see no less", 0.95, grown, n, "at least")
    yield _many_columns(rng, n)
    yield from _scores(rng, runs(3000))
    found = [_wasserstein_holds(rng, seed) for seed in range(n)]
    yield Rate(
        "distance_interval, wasserstein, 2 × 1,000, shift 0.4: lower", 0.95, count(found), n, "at least", 0.01
    )


def _many_columns(rng: Rng, n: int) -> Rate:
    """Fifteen of twenty columns lie exactly on the threshold, the worst that still is no drift; five far beyond. Of
    those called drifted, how many are wrong, on average over runs?"""
    edge, far = np.array([0.3, 0.3, 0.4]), np.array([0.1, 0.1, 0.8])
    base = np.array([0.4, 0.3, 0.3])
    wrong = drawn = 0
    for seed in range(n):
        chances = [
            exceeds(
                rng.multinomial(2000, base).tolist(),
                rng.multinomial(2000, after).tolist(),
                0.1,
                resamples=400,
                seed=seed,
            )
            for after in [edge] * 15 + [far] * 5
        ]
        called = [p <= 0.05 for p in benjamini_hochberg(chances)]
        # A share of false calls is drawn once a run, so that runs count alike.
        if any(called):
            wrong += bool(rng.random() < sum(called[:15]) / sum(called))
        drawn += 1
    return Rate(
        "twenty columns, fifteen on the threshold: false discoveries", 0.05, wrong, drawn, "at most", 0.01
    )


def _scores(rng: Rng, n: int) -> Iterator[Rate]:
    from statistics import NormalDist

    for size, shift in ((60, 0.0), (60, 1.0), (1000, 0.3)):
        truth = NormalDist().cdf(shift / 2**0.5)
        found = [auc([(rng.normal(size=size), rng.normal(shift, size=size))]) for _ in range(n)]
        held = count(b.lower <= truth <= b.upper for b in found)
        yield Rate(f"auc, 2 × {size:,}, area {truth:.2f}", 0.95, held, n, "about", 0.01)


def _wasserstein_holds(rng: Rng, seed: int) -> bool:
    before, after = _bell(0.0), _bell(0.4)
    mean = (before * AT).sum()
    spread = np.sqrt((before * (np.array(AT) - mean) ** 2).sum())
    truth = abs((before - after).cumsum())[:-1].sum() / spread
    found = distance_interval(
        rng.multinomial(1000, before).tolist(), rng.multinomial(1000, after).tolist(), statistic="wasserstein",
        sides=1, resamples=200, seed=seed, positions=AT,
    )  # fmt: skip
    return bool(found.lower <= truth)


SIMULATION = Simulation(
    "Is drift called only where there is drift, at every size, and called where there is?", _simulate
)
