"""Shares and means by a judge, corrected by its errors; and correlations."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sextant.stats import judged_mean, judged_share, mean_t, pearson, spearman, wilson
from sextant.stats.moments import Moments
from simulations.harness import Rate, Rng, Runs, Simulation, count

#: True share, how often a good one and a bad one are recognised, outputs that people judged.
_CASES = (
    (0.1, 0.95, 0.7, 100),
    (0.7, 0.9, 0.9, 100),
    (0.9, 0.9, 0.7, 100),
    (0.97, 0.9, 0.9, 300),
    (0.5, 0.8, 0.7, 60),
)


def _simulate(rng: Rng, runs: Runs) -> Iterator[Rate]:
    n, trials = runs(4000), 1000
    for share, on_good, on_bad, rated in _CASES:
        case = f"share {share}, {on_good} and {on_bad} recognised, {rated} rated"
        rate = share * on_good + (1 - share) * (1 - on_bad)
        called = rng.binomial(trials, rate, n)
        cells = [share * on_good, share * (1 - on_good), (1 - share) * (1 - on_bad), (1 - share) * on_bad]
        drawn = [[[d, c], [b, a]] for a, b, c, d in rng.multinomial(rated, cells, n).tolist()]
        found = [
            judged_share(k, trials, both, correction="prediction_powered")
            for k, both in zip(called, drawn, strict=True)
        ]
        held = count(b.lower <= share <= b.upper for b in found)
        yield Rate(f"judged_share, prediction_powered, {case}", 0.95, held, n, "at least", 0.015)
        raw = count(b.lower <= share <= b.upper for b in (wilson(k, trials) for k in called))
        if abs(rate - share) > 0.05:
            yield Rate(
                f"misses of the judge's own share with Wilson's interval, {case}", 0.05, n - raw, n, "above"
            )
        # People judged half good and half bad outputs from elsewhere.
        half = rated // 2
        hit, passed = rng.binomial(half, on_good, n), rng.binomial(half, on_bad, n)
        found = [
            judged_share(k, trials, [[q, half - q], [half - p, p]])
            for k, p, q in zip(called, hit, passed, strict=True)
        ]
        told = [b for b in found if not b.undefined]
        held = count(b.lower <= share <= b.upper for b in told)
        yield Rate(f"judged_share, rogan_gladen, {case}", 0.95, held, len(told), "at least", 0.015)
    n = runs(3000)
    for rated, noise in ((30, 0.5), (200, 2.0)):
        held = 0
        for _ in range(n):
            truth = rng.gamma(2.0, 1.0, 1000 + rated)
            said = 0.5 + 0.8 * truth + noise * rng.normal(size=truth.size)
            y, f = truth[:rated], said[:rated]
            alone, people, judge = Moments.of(said[rated:]), Moments.of(y), Moments.of(f)
            cross = float(((y - people.mean) * (f - judge.mean)).sum())
            b = judged_mean(
                alone.n, alone.mean, alone.m2, rated, people.mean, people.m2, judge.mean, judge.m2, cross
            )
            held += b.lower <= 2.0 <= b.upper
        yield Rate(f"judged_mean, skewed scores, {rated} rated", 0.95, held, n, "about", 0.02)
    for name, method in (("pearson", pearson), ("spearman", spearman)):
        for true, size in ((0.0, 20), (0.8, 50)):
            # Of normal numbers Spearman's correlation is 6 / pi asin(r / 2).
            aim = true if name == "pearson" else 6 / np.pi * np.arcsin(true / 2)
            held = 0
            for _ in range(n):
                x = rng.normal(size=size)
                b = method(list(x), list(true * x + np.sqrt(1 - true**2) * rng.normal(size=size)))
                held += b.lower <= aim <= b.upper
            yield Rate(f"{name}, {true} of normal numbers, {size} pairs", 0.95, held, n, "about", 0.015)
    # What a judge prefers beyond people is a mean of few different values.
    held = 0
    for _ in range(n):
        lean = Moments.of(rng.choice([-1, -0.5, 0, 0.5, 1], 80, p=[0.03, 0.07, 0.7, 0.13, 0.07]))
        b = mean_t(lean.n, lean.mean, lean.m2)
        held += b.lower <= 0.07 <= b.upper
    yield Rate("mean_t of a preference, 80 pairs", 0.95, held, n, "about", 0.015)


SIMULATION = Simulation("Does a judge's number, corrected, hold what people would say?", _simulate)
