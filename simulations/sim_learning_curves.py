"""Learning curves: whether the ranges of the rows needed and of a later score hold, and what is refused."""

from __future__ import annotations

import math
from collections.abc import Iterator

from sextant.data.learning_curve import LearningCurve, learning_curve
from sextant.errors import InvalidInput
from simulations.harness import Rate, Rng, Runs, Simulation, count

SIZES = (250, 500, 1000, 2000, 4000, 8000)
#: Limit, scale and exponent of what the runs are drawn from, and a target between the largest run and the limit.
TRUE = {"steep": (0.92, 3.0, 0.5, 0.90), "slow": (0.95, 1.0, 0.25, 0.87)}


def _curve(
    rng: Rng, limit: float, scale: float, exponent: float, repeats: int, noise: float
) -> LearningCurve | None:
    runs = [(n, limit - scale * n**-exponent + rng.normal(0, noise)) for n in SIZES for _ in range(repeats)]
    try:
        return learning_curve(runs, bounds=(0, 1))
    except InvalidInput:
        return None


def _fits(curve: LearningCurve, rows: float, score: float) -> bool:
    """Whether a curve with this score at so many rows still fits: that is what both ranges are the ends of, and quick
    enough to be asked thousands of times."""
    return curve._fitter.left(rows, score) <= curve._worst


def _coverage(rng: Rng, runs: Runs) -> Iterator[Rate]:
    """Tightly: of 300 ranges, 93 and 97 of a hundred are both within chance of 95."""
    n = runs(4000)
    for name, (limit, scale, exponent, target) in TRUE.items():
        truth, later = (scale / (limit - target)) ** (1 / exponent), limit - scale * 50_000**-exponent
        for repeats, noise in ((1, 0.004), (5, 0.01)):
            found = [c for _ in range(n) if (c := _curve(rng, limit, scale, exponent, repeats, noise))]
            what = f"learning curve, {name}, {repeats} run{'s' * (repeats > 1)} a size"
            for said, rows, score in (
                ("rows needed lie within the range", truth, target), ("score with 50,000 rows lies within", 50_000.0, later),
                ("limit lies within", math.inf, limit),
            ):  # fmt: skip
                held = count(_fits(c, rows, score) for c in found)
                yield Rate(f"{what}, {said}", 0.95, held, len(found), "at least", 0.005)


def _simulate(rng: Rng, runs: Runs) -> Iterator[Rate]:
    yield from _coverage(rng, runs)
    n = runs(300)
    for name, (limit, scale, exponent, target) in TRUE.items():
        truth = (scale / (limit - target)) ** (1 / exponent)
        for repeats, noise in ((1, 0.004), (5, 0.01)):
            found = [c for _ in range(n) if (c := _curve(rng, limit, scale, exponent, repeats, noise))]
            answers = [c.needed(target) for c in found]
            what = f"learning curve, {name}, {repeats} run{'s' * (repeats > 1)} a size"
            held = count(
                a.answer != "out_of_reach"
                and (a.lower or 0) <= truth
                and (a.upper is None or truth <= a.upper)
                for a in answers
            )
            yield Rate(f"{what}, rows needed", 0.95, held, len(found), "at least", 0.02)
            ranges, later = [c.at(50_000) for c in found], limit - scale * 50_000**-exponent
            held = count(
                (r.lower is None or r.lower <= later) and (r.upper is None or later <= r.upper)
                for r in ranges
            )
            yield Rate(f"{what}, score with 50,000 rows", 0.95, held, len(found), "at least", 0.02)
            wrong = count(c.needed(limit + 0.01).answer in ("reached", "more") for c in found)
            yield Rate(
                f"{what}, rows for a target beyond the limit", 0.05, wrong, len(found), "at most", 0.01
            )
    # Scores that have nothing to do with the rows: a curve is fitted in few.
    flat = count(_curve(rng, 0.8, 0.0, 0.5, 3, 0.01) is not None for _ in range(n))
    yield Rate("learning curve, level, is fitted all the same", 0.05, flat, n, "at most", 0.02)


SIMULATION = Simulation(
    "Do the ranges of a learning curve hold, and does it refuse what it cannot tell?", _simulate
)
