"""Drift by a classifier: does it hold its tongue where nothing happened, at every size, and speak up where it did?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from sextant.data.contents import _by_directions, _by_words
from sextant.data.domain import MOST_ROWS, Apart, _trees, held_out, judged
from simulations.harness import Rate, Rng, Runs, Simulation, count

SIZES = (100, 1_000, 1_000_000)
#: Of columns that hang together: two standard normal ones, at first independent of each other, then by so much.
CORRELATION = 0.7
#: Of texts: the share of the words of every text that are drawn from four words that were not there before.
NEW_WORDS = 0.15
#: Of embeddings: by how many standard deviations the first two of eight directions move.
MOVED = 0.7
_VOCABULARY = [f"word{i}" for i in range(40)]
_NEW = [f"new{i}" for i in range(4)]


def _apart(one: Any, other: Any, fit: Any, seed: int, threshold: float) -> Apart:
    """As the detectors do it, from the sample on: of a million rows they look at 10,000."""
    label = np.repeat([0, 1], [len(one), len(other)])
    rows = np.concatenate([one, other])
    found, _, _ = held_out(rows, label, fit, seed)
    common = {
        "threshold": threshold,
        "level": 0.95,
        "seed": seed,
        "rows": (len(one), len(other)),
        "of": (len(one),) * 2,
    }
    return judged(found, common)


def _together(rng: Rng, n: int, drifted: bool) -> Any:
    x, y = rng.normal(size=(2, n))
    r = CORRELATION if drifted else 0.0
    return np.column_stack([x, r * x + math.sqrt(1 - r * r) * y, rng.normal(size=n)])


def _texts(rng: Rng, n: int, drifted: bool) -> Any:
    words = rng.choice(_VOCABULARY, (n, 12))
    if drifted:
        words = np.where(rng.random((n, 12)) < NEW_WORDS, rng.choice(_NEW, (n, 12)), words)
    held = np.empty(n, dtype=object)
    held[:] = words.tolist()
    return held


def _embeddings(rng: Rng, n: int, drifted: bool) -> Any:
    found = rng.normal(size=(n, 8))
    found[:, :2] += MOVED * drifted
    return found


METHODS: dict[str, tuple[Any, Any, str]] = {
    "all columns together": (
        _together,
        lambda seed: _trees([False] * 3, seed),
        f"correlation {CORRELATION:g}",
    ),
    "free text": (_texts, lambda seed: _by_words, f"{100 * NEW_WORDS:.0f} % new words"),
    "embeddings": (_embeddings, lambda seed: _by_directions, f"two directions moved by {MOVED:g} sd"),
}


def _simulate(rng: Rng, runs: Runs) -> Iterator[Rate]:
    for method, (draw, fit, effect) in METHODS.items():
        powers = {}
        for size in SIZES:
            looked_at = min(size, MOST_ROWS)
            # A run on 10,000 rows takes seconds.
            n = runs(200) if size < MOST_ROWS else max(runs(200) // 8, 8)
            for drifted in (False, True):
                found = [
                    _apart(draw(rng, looked_at, False), draw(rng, looked_at, drifted), fit(seed), seed, 0.55)
                    for seed in range(n)
                ]
                if drifted:
                    powers[size] = [one.verdict == "drifted" for one in found]
                    continue
                # Against no threshold at all it is a test of any difference: the hardest case for false alarms. The
                # range has two sides.
                alarms = count(one.lower > 0.5 for one in found)
                yield Rate(
                    f"{method}, 2 × {size:,}, none, any drift: false alarms", 0.025, alarms, n, "at most"
                )
                alarms = count(one.verdict == "drifted" for one in found)
                yield Rate(
                    f"{method}, 2 × {size:,}, none, above 0.55: false alarms", 0.05, alarms, n, "at most"
                )
        for size in SIZES[1:]:
            yield Rate(
                f"{method}, 2 × {size:,}, {effect}: power",
                0.8,
                count(powers[size]),
                len(powers[size]),
                "at least",
            )
        small = float(np.mean(powers[SIZES[0]]))
        grown = powers[SIZES[1]]
        yield Rate(f"{method}: more rows see no less", small, count(grown), len(grown), "at least")


SIMULATION = Simulation(
    "Does a classifier tell tables, texts and embeddings apart only where they differ, and where they do?",
    _simulate,
)
