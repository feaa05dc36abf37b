"""How far pre-labels sway people: items drawn to show theirs or not, three labels each that depend on the item."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sextant.data.prelabels import Prelabeled, influence
from simulations.harness import Rate, Rng, Runs, Simulation, count


def _simulate(rng: Rng, runs: Runs) -> Iterator[Rate]:
    n = runs(1_000)
    for items, sway in ((40, 0.0), (200, 0.0), (40, 0.15), (200, 0.15)):
        found = []
        for _ in range(n):
            # How often people agree with the model differs from item to item; seeing it adds the same to each.
            agree = rng.beta(4.0, 2.0, items) * (1 - 0.15)
            shown = rng.permutation(items) < items // 2
            same = rng.random((items, 3)) < (agree + sway * shown)[:, None]
            rows = [
                Prelabeled(str(i), bool(shown[i]), bool(s))
                for i in range(items)
                for s in np.asarray(same[i]).tolist()
            ]
            found.append(influence(rows).same.difference)
        held = count(not b.undefined and b.lower <= sway <= b.upper for b in found)
        yield Rate(f"influence, {items} items, sway {sway:g}", 0.95, held, n, "about", 0.015)


SIMULATION = Simulation(
    "Does the interval for what seeing a pre-label does hold the truth as often?", _simulate
)
