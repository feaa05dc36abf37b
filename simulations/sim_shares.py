"""Shares, their differences, rates and sample ratios."""

from __future__ import annotations

from collections.abc import Iterator

from sextant.stats import (
    clopper_pearson,
    difference_proportions,
    poisson_rate,
    sample_ratio_p,
    sample_size_proportions,
    wilson,
)
from simulations.harness import Rate, Rng, Runs, Simulation, count


def _simulate(rng: Rng, runs: Runs) -> Iterator[Rate]:
    n = runs(20_000)
    for trials in (10, 50, 1000):
        p = rng.random(n)
        s = rng.binomial(trials, p)
        found = [wilson(k, trials) for k in s]
        held = count(b.lower <= t <= b.upper for b, t in zip(found, p, strict=True))
        yield Rate(f"wilson, average over shares, {trials} trials", 0.95, held, n, "about", 0.005)
        one = [wilson(k, trials, sides=1).lower for k in s]
        held = count(low <= t for low, t in zip(one, p, strict=True))
        yield Rate(f"wilson, one side, average, {trials} trials", 0.95, held, n, "about", 0.01)
    for trials, share in ((10, 0.03), (50, 0.5), (1000, 0.999)):
        found = [clopper_pearson(k, trials) for k in rng.binomial(trials, share, n)]
        held = count(b.lower <= share <= b.upper for b in found)
        yield Rate(f"clopper_pearson, share {share}, {trials} trials", 0.95, held, n, "at least")
    for n1, n0, low, high in ((15, 25, 0.0, 1.0), (200, 200, 0.0, 0.1), (1000, 9000, 0.0, 1.0)):
        p1, p0 = rng.uniform(low, high, (2, n))
        s1, s0 = rng.binomial(n1, p1), rng.binomial(n0, p0)
        found = [difference_proportions(a, n1, b, n0) for a, b in zip(s1, s0, strict=True)]
        held = count(b.lower <= d <= b.upper for b, d in zip(found, p1 - p0, strict=True))
        what = f"difference_proportions, {n1} and {n0} trials, shares {low:g} to {high:g}"
        yield Rate(what, 0.95, held, n, "about", 0.01)
    for mean in (0.5, 5.0, 300.0):
        found = [poisson_rate(k, 2.0) for k in rng.poisson(2 * mean, n)]
        held = count(b.lower <= mean <= b.upper for b in found)
        yield Rate(f"poisson_rate, {mean:g} events by exposure", 0.95, held, n, "at least")
    alarms = count(sample_ratio_p(list(c), [1, 9]) < 0.01 for c in rng.multinomial(20_000, [0.1, 0.9], n))
    yield Rate("sample_ratio_p below 0.01, split as planned", 0.01, alarms, n, "about", 0.001)
    size = sample_size_proportions(0.10, 0.13)
    s1, s0 = rng.binomial(size, 0.13, n), rng.binomial(size, 0.10, n)
    seen = count(difference_proportions(a, size, b, size).lower > 0 for a, b in zip(s1, s0, strict=True))
    yield Rate(f"power of sample_size_proportions, {size} an arm", 0.8, seen, n, "about", 0.01)


SIMULATION = Simulation("Does an interval for a share hold the truth as often as it says?", _simulate)
