"""Metrics of a model's answers: confusion matrices, areas under curves, calibration, pairs, gaps, resamples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from sextant.stats import (
    ScoreCounts,
    auc_interval,
    auc_units_interval,
    average_precision,
    average_precision_interval,
    bootstrap_confusion,
    bootstrap_difference,
    bootstrap_scores,
    bootstrap_units,
    calibration_interval,
    confusion_metric,
    difference_confusion,
    difference_paired,
    largest_gap,
    mcnemar_p,
    permutation_p,
    reliability,
    roc_area,
    smallest_ratio,
)
from simulations.harness import Rate, Rng, Runs, Simulation, count

#: How often each cell of the matrix comes: right classes down, answers across; no answer at all in the last column.
THREE = np.array([[0.40, 0.06, 0.03, 0.01], [0.04, 0.22, 0.03, 0.01], [0.03, 0.02, 0.14, 0.01]])
TWO = np.array([[0.62, 0.08], [0.09, 0.21]])
AVERAGES = (
    "balanced_accuracy",
    "precision_macro",
    "f1_macro",
    "f1_weighted",
    "precision_weighted",
    "f1_micro",
)
#: (right, first answer, second answer) and how often.
PAIRS = [(t, x, y) for t in (0, 1) for x in (0, 1) for y in (0, 1)]
OFTEN = np.array([0.50, 0.04, 0.05, 0.06, 0.05, 0.04, 0.07, 0.19])


def _holds(bounds: Any, truth: float) -> bool:
    return bool(bounds.lower <= truth <= bounds.upper)


def _matrices(rng: Rng, runs: Runs) -> Iterator[Rate]:
    n = runs(4000)
    for rows in (60, 500):
        drawn = rng.multinomial(rows, THREE.ravel(), n).reshape(n, 3, 4)
        for metric in AVERAGES:
            truth = confusion_metric(metric, (THREE * 1e6).round().astype(int).tolist()).value
            held = count(_holds(confusion_metric(metric, m.tolist()), truth) for m in drawn)
            yield Rate(f"confusion_metric, {metric}, {rows} rows", 0.95, held, n, "about", 0.02)
        drawn = rng.multinomial(rows, TWO.ravel(), n).reshape(n, 2, 2)
        for metric in ("f1", "precision", "recall"):
            truth = confusion_metric(metric, (TWO * 1e6).round().astype(int).tolist(), positive=1).value
            found = [confusion_metric(metric, m.tolist(), positive=1) for m in drawn]
            yield Rate(
                f"confusion_metric, {metric}, {rows} rows",
                0.95,
                count(_holds(b, truth) for b in found),
                n,
                "about",
                0.02,
            )
        few = runs(1000)
        truth = confusion_metric("f1", (TWO * 1e6).round().astype(int).tolist(), positive=1).value
        held = count(
            _holds(bootstrap_confusion("f1", m.tolist(), positive_class=1, resamples=500), truth)
            for m in drawn[:few]
        )
        yield Rate(f"bootstrap_confusion, f1, {rows} rows", 0.95, held, few, "about", 0.03)


def _units(rng: Rng, runs: Runs) -> Iterator[Rate]:
    """Forty users with ten rows each, some of whom the model serves worse."""
    n, users, each = runs(2000), 60, 10
    held = naive = boot = area_held = 0
    for _ in range(n):
        skill = rng.beta(4, 1, users)
        y = rng.random((users, each)) < 0.4
        right = rng.random((users, each)) < skill[:, None]
        cells = np.stack(
            [(~y & right).sum(1), (~y & ~right).sum(1), (y & ~right).sum(1), (y & right).sum(1)], 1
        )
        counts = cells.sum(0).reshape(2, 2).tolist()
        b = confusion_metric("accuracy", counts, clusters=users, products=(cells.T @ cells).tolist())
        held += _holds(b, 0.8)
        naive += _holds(confusion_metric("accuracy", counts), 0.8)
        sums = np.stack([cells[:, 0] + cells[:, 3], cells.sum(1)], 1)
        boot += _holds(bootstrap_units(sums, lambda t: t[:, 0] / t[:, 1], resamples=400), 0.8)
        # Scores that tell apart as well in every user, but lie higher for some.
        s = rng.normal(size=(users, each)) + y + rng.normal(size=(users, 1))
        c = ScoreCounts.of(s.ravel(), y.ravel())
        a = roc_area(c)
        at = np.searchsorted(c.score, s)
        over = (np.cumsum(c.negative) - c.negative / 2) / a.negatives
        under = 1 - (np.cumsum(c.positive) - c.positive / 2) / a.positives
        adds = np.where(y, (over[at] - a.area) / a.positives, (under[at] - a.area) / a.negatives).sum(1)
        area_held += _holds(
            auc_units_interval(users, a.area, float((adds**2).sum())), 0.691462
        )  # Phi(1 / sqrt(4))
    yield Rate("confusion_metric, accuracy by unit, 60 units", 0.95, held, n, "about", 0.02)
    yield Rate("the same rows taken as unrelated: the range misses", 0.05, n - naive, n, "above")
    yield Rate("bootstrap_units, accuracy, 60 units", 0.95, boot, n, "about", 0.03)
    yield Rate("auc_units_interval, 60 units", 0.95, area_held, n, "about", 0.02)


def _scores(rng: Rng, runs: Runs) -> Iterator[Rate]:
    n = runs(2000)
    for rows in (80, 600):
        areas = precisions = boots = 0
        few = max(n // 4, 50)
        for i in range(n):
            y = rng.random(rows) < 0.3
            y[:2], y[2:4] = True, False
            c = ScoreCounts.of(rng.normal(size=rows) + 1.0 * y, y)
            a = roc_area(c)
            areas += _holds(auc_interval(a.positives, a.negatives, a.area, a.m2_over, a.m2_under), 0.7602499)
            precisions += _holds(average_precision_interval(a.positives, average_precision(c)), _AP)
            if i < few:
                boots += _holds(bootstrap_scores("roc_auc", c, resamples=400), 0.7602499)
        yield Rate(f"auc_interval, {rows} rows", 0.95, areas, n, "about", 0.02)
        yield Rate(f"average_precision_interval, {rows} rows", 0.95, precisions, n, "about", 0.04)
        yield Rate(f"bootstrap_scores, roc_auc, {rows} rows", 0.95, boots, few, "about", 0.03)
    for rows in (100, 2000):
        for what, power in (("a calibrated score", 1.0), ("a score that says too much", 1.5)):
            held = 0
            truth = 0.0 if power == 1.0 else _ECE
            for _ in range(n):
                p = rng.beta(1, 2, rows)
                steps = reliability(ScoreCounts.of(p, rng.random(rows) < p**power))
                b = calibration_interval(
                    [s.rows for s in steps], [s.mean_score for s in steps], [s.positives for s in steps],
                    [s.m2 for s in steps],
                )  # fmt: skip
                held += _holds(b, truth)
            yield Rate(f"calibration_interval, {what}, {rows} rows", 0.95, held, n, "at least")


def _truths() -> tuple[float, float]:
    """The area under the precision-recall curve of two normal scores a deviation apart, 30 % positive; and the
    calibration error, on 15 steps, of a score p that comes true with chance p^1.5, p being Beta(1, 2)."""
    from scipy.stats import norm

    t = np.linspace(-9, 10, 400_001)
    hits, alarms = 0.3 * norm.sf(t - 1), 0.7 * norm.sf(t)
    with np.errstate(invalid="ignore"):
        precision = np.nan_to_num(hits / (hits + alarms), nan=1.0)
    area = float(np.trapezoid(precision * norm.pdf(t - 1), t))
    p = (np.arange(1_500_000) + 0.5) / 1_500_000
    weight = 2 * (1 - p) / 1_500_000
    gaps = (weight * (p**1.5 - p)).reshape(15, -1).sum(1)
    return area, float(np.abs(gaps).sum())


_AP, _ECE = _truths()


def _pairs(rng: Rng, runs: Runs) -> Iterator[Rate]:
    n = runs(3000)
    exact = [(*c, round(p * 10**6)) for c, p in zip(PAIRS, OFTEN, strict=True)]
    for rows in (60, 400):
        drawn = rng.multinomial(rows, OFTEN, n)
        cases = [[(*c, int(k)) for c, k in zip(PAIRS, row, strict=True) if k] for row in drawn]
        for metric, about in (("f1", 1), ("f1_macro", None), ("accuracy", None)):
            truth = difference_confusion(metric, exact, positive=about).value
            held = count(_holds(difference_confusion(metric, c, positive=about), truth) for c in cases)
            yield Rate(f"difference_confusion, {metric}, {rows} cases", 0.95, held, n, "about", 0.03)
        few = max(n // 6, 50)
        truth = difference_confusion("f1", exact, positive=1).value
        held = count(
            _holds(bootstrap_difference("f1", c, positive=1, resamples=400), truth) for c in cases[:few]
        )
        yield Rate(f"bootstrap_difference, f1, {rows} cases", 0.95, held, few, "about", 0.03)
        both = rng.multinomial(rows, [0.7, 0.1, 0.06, 0.14], n)
        held = count(_holds(difference_paired(*map(int, row)), 0.04) for row in both)
        yield Rate(f"difference_paired, {rows} cases", 0.95, held, n, "about", 0.02)
        even = rng.multinomial(rows, [0.7, 0.1, 0.1, 0.1], n)
        alarms = count(mcnemar_p(int(row[1]), int(row[2])) <= 0.05 for row in even)
        yield Rate(f"mcnemar_p at most 0.05, equal models, {rows} cases", 0.055, alarms, n, "at most")
        alarms = 0
        for row in rng.multinomial(rows, [0.5, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.2], few):
            one = [(*c, int(k)) for c, k in zip(PAIRS, row, strict=True) if k]
            alarms += permutation_p("f1", one, positive=1, resamples=400) <= 0.05
        yield Rate(
            f"permutation_p at most 0.05, equal models, {rows} cases", 0.05, alarms, few, "at most", 0.01
        )


def _gaps(rng: Rng, runs: Runs) -> Iterator[Rate]:
    n = runs(3000)
    for groups, rows in ((2, 50), (3, 200), (8, 50), (8, 500)):
        for spread in (0.0, 0.2):
            shares = np.linspace(0.5 - spread / 2, 0.5 + spread / 2, groups)
            drawn = rng.binomial(rows, shares, (n, groups)).tolist()
            held = count(_holds(largest_gap(s, [rows] * groups), spread) for s in drawn)
            yield Rate(f"largest_gap, {groups} groups of {rows}, {spread:g} apart", 0.95, held, n, "at least")
            truth = shares.min() / shares.max()
            held = count(_holds(smallest_ratio(s, [rows] * groups), truth) for s in drawn)
            yield Rate(
                f"smallest_ratio, {groups} groups of {rows}, ratio {truth:.2f}", 0.95, held, n, "at least"
            )


def _simulate(rng: Rng, runs: Runs) -> Iterator[Rate]:
    for part in (_matrices, _units, _scores, _pairs, _gaps):
        yield from part(rng, runs)


SIMULATION = Simulation("Does each range of a model's metric hold the truth as often as it says?", _simulate)
