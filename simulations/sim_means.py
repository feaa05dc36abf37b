"""Means, their differences, ratios and quantiles."""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import NormalDist

import numpy as np

from sextant.stats import Moments, difference_means, mean_t, quantile_ranks, ratio
from simulations.harness import Rate, Rng, Runs, Simulation, count


def _simulate(rng: Rng, runs: Runs) -> Iterator[Rate]:
    n = runs(10_000)
    for size, what, data, truth, slack in (
        (4, "normal", rng.normal(7.0, 3.0, (n, 4)), 7.0, 0.0),
        (50, "exponential", rng.exponential(size=(n, 50)), 1.0, 0.025),
        (2000, "exponential", rng.exponential(size=(n, 2000)), 1.0, 0.003),
    ):
        found = [mean_t(m.n, m.mean, m.m2) for m in map(Moments.of, data)]
        held = count(b.lower <= truth <= b.upper for b in found)
        yield Rate(f"mean_t, {size} {what} values", 0.95, held, n, "about", slack)
    for n1, n0 in ((8, 40), (100, 100)):
        one = map(Moments.of, rng.normal(1.0, 5.0, (n, n1)))
        nought = map(Moments.of, rng.normal(0.0, 1.0, (n, n0)))
        pairs = zip(one, nought, strict=True)
        found = [difference_means(a.n, a.mean, a.m2, b.n, b.mean, b.m2) for a, b in pairs]
        held = count(b.lower <= 1.0 <= b.upper for b in found)
        yield Rate(f"difference_means, {n1} and {n0}, spreads 5 and 1", 0.95, held, n, "about", 0.003)
    for size in (20, 500):
        held = 0
        for _ in range(n):
            y = rng.poisson(4.0, size) + 1.0
            x = rng.binomial(y.astype(int), 0.3)
            dx, dy = x - x.mean(), y - y.mean()
            b = ratio(size, x.mean(), y.mean(), dx @ dx, dy @ dy, dx @ dy)
            held += b.lower <= 0.3 <= b.upper
        yield Rate(f"ratio, clicks by views of {size} users", 0.95, int(held), n, "about", 0.012)
    for size, q in ((30, 0.5), (1000, 0.5), (1000, 0.95), (1000, 0.99)):
        truth = math.exp(NormalDist().inv_cdf(q))
        values = np.sort(rng.lognormal(size=(n, size)), axis=1)
        _, low, high = quantile_ranks(size, q)
        below = values[:, low - 1] <= truth
        above = truth <= values[:, high - 1] if high <= size else True
        held = count(below & above)
        yield Rate(f"quantile_ranks, {q:g} of {size} lognormal values", 0.95, held, n, "at least")


SIMULATION = Simulation("Does an interval for a mean, ratio or quantile hold the truth as often?", _simulate)
