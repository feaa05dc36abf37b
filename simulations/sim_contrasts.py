"""Contrasts of an experiment's arms: do their intervals hold the truth, adjusted, as ratios, over periods, and looked
at every day for sixty days?"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from sextant.stats import (
    Comoments,
    Contrast,
    Measure,
    contrast,
    e_discoveries,
    holm,
    sample_ratio_e,
    sample_ratio_p,
)
from simulations.harness import Rate, Rng, Runs, Simulation

Floats = NDArray[np.float64]
DAYS, A_DAY = 60, 100


def _units(rng: Rng, n: int) -> Floats:
    """Outcome, what was known before, and a denominator; skewed, and going together."""
    before = rng.gamma(2, 1, n)
    views = rng.poisson(2 + before) + 1.0
    return np.column_stack([views * rng.gamma(2, 0.5, n) + before, before, views])


def _arms(rows: Floats, candidate: NDArray[np.bool_]) -> tuple[Comoments, Comoments]:
    return Comoments.of(rows[candidate]), Comoments.of(rows[~candidate])


def _holds(found: Contrast, truth: float = 0.0) -> bool:
    return found.difference.lower <= truth <= found.difference.upper


def _daily(rng: Rng, draw: Callable[[Rng, int], Floats]) -> list[tuple[Comoments, Comoments]]:
    """An A/A test's sums at the end of each day."""
    shown, one, other = [], Comoments.none(3), Comoments.none(3)
    for _ in range(DAYS):
        rows = draw(rng, A_DAY)
        new, old = _arms(rows, np.arange(A_DAY) % 2 == 0)
        one, other = one + new, other + old
        shown.append((one, other))
    return shown


def _simulate(rng: Rng, runs: Runs) -> Iterator[Rate]:
    n = runs(2000)
    measures = {
        "mean": Measure(0),
        "CUPED": Measure(0, None, 1),
        "ratio": Measure(0, 2),
        "ratio, CUPED": Measure(0, 2, 1),
    }
    held = dict.fromkeys(measures, 0)
    for _ in range(n):
        rows = _units(rng, 1000)
        pair = _arms(rows, rng.random(1000) < 0.3)
        for name, measure in measures.items():
            held[name] += _holds(contrast(measure, [pair]))
    for name, count in held.items():
        yield Rate(f"{name}, 1,000 skewed units, 30 % candidate", 0.95, count, n, "about", 0.01)

    # Shares go from 5 to 50 % while the rate goes from 10 to 14 %, without any effect.
    mixed = within = 0
    for _ in range(n):
        pairs = []
        for share, rate in ((0.05, 0.10), (0.5, 0.14)):
            bought = (rng.random((3000, 1)) < rate).astype(float)
            pairs.append(_arms(bought, rng.random(3000) < share))
        within += not _holds(contrast(Measure(), pairs))
        mixed += not _holds(contrast(Measure(), [(pairs[0][0] + pairs[1][0], pairs[0][1] + pairs[1][1])]))
    yield Rate("rising share, no effect: compared within periods, wrong", 0.05, within, n, "about", 0.01)
    yield Rate("rising share, no effect: all mixed, wrong", 0.05, mixed, n, "above")

    once = ever = power = 0
    adjusted = 0
    fewer = runs(1000)
    for _ in range(fewer):
        looks = _daily(rng, _units)
        once += any(not _holds(contrast(Measure(), [pair])) for pair in looks)
        found = [contrast(Measure(), [pair], continuous=True) for pair in looks]
        ever += any(not _holds(c) for c in found if not c.difference.undefined)
        known = (contrast(Measure(0, None, 1), [pair], continuous=True) for pair in looks)
        adjusted += any(not _holds(c) for c in known if not c.difference.undefined)
        one, other = looks[-1]
        moved = Comoments(one.n, (one.means[0] + 0.6, *one.means[1:]), one.products)
        power += contrast(Measure(0, None, 1), [(moved, other)], continuous=True).difference.lower > 0
    yield Rate("60 daily looks, A/A: one-look interval ever wrong", 0.05, once, fewer, "above")
    yield Rate("60 daily looks, A/A: continuous interval ever wrong", 0.05, ever, fewer, "at most")
    yield Rate(
        "60 daily looks, A/A: continuous interval with CUPED ever wrong", 0.05, adjusted, fewer, "at most"
    )
    yield Rate(
        "6,000 units, an effect of 0.6: continuous interval with CUPED finds it",
        0.8,
        power,
        fewer,
        "at least",
    )

    looked = single = 0
    for _ in range(n):
        seen = np.cumsum(rng.binomial(A_DAY, 0.5, DAYS)).tolist()
        splits = [(k, A_DAY * day - k) for day, k in enumerate(seen, 1)]
        looked += any(sample_ratio_e(split, [1, 1]) >= 20 for split in splits)
        single += any(sample_ratio_p(split, [1, 1]) < 0.05 for split in splits)
    yield Rate("60 daily looks at a sound split: sample_ratio_e ever above 20", 0.05, looked, n, "at most")
    yield Rate("60 daily looks at a sound split: sample_ratio_p ever below 0.05", 0.05, single, n, "above")

    # Ten metrics that go together, three of them moved; stopped at the first finding.
    false = families = 0.0
    for _ in range(fewer):
        shared = rng.normal(size=(2000, 1))
        rows = 0.5 * shared + rng.normal(size=(2000, 10))
        new = rng.random(2000) < 0.5
        rows[new, :3] += 0.25
        one, other = _arms(rows, new)
        found = [contrast(Measure(i), [(one, other)], continuous=True) for i in range(10)]
        chosen = e_discoveries([c.e for c in found])
        false += sum(chosen[3:]) / max(sum(chosen), 1)
        families += any(
            p < 0.05 for p in holm([contrast(Measure(i), [(one, other)]).p for i in range(3, 10)])
        )
    yield Rate(
        "ten metrics, three moved: false share of e-BH's findings", 0.05, round(false), fewer, "at most"
    )
    yield Rate("seven metrics without effect: Holm finds any", 0.05, round(families), fewer, "at most")


SIMULATION = Simulation("Do contrasts hold what they promise?", _simulate)
