"""One rate, nominal and measured, and what may lie between them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
#: Standard errors of the measured rate that chance is granted: it passes them once in 16,000 rows.
GRANTED = 4.0

Rng = np.random.Generator
#: How many runs of those in a full simulation are to be made.
Runs = Callable[[int], int]


@dataclass(frozen=True)
class Rate:
    """What was counted, over which runs, and the rule that it is held to.

    what      the method and the data
    nominal   the rate that the method promises
    hits, runs  how often it happened, of how many
    rule      "about", "at least", "at most", or "above" for what a wrong use is expected to exceed
    slack     how far the method's own approximation may be off, on top of chance
    """

    what: str
    nominal: float
    hits: int
    runs: int
    rule: str
    slack: float = 0.0

    @property
    def measured(self) -> float:
        return self.hits / self.runs

    @property
    def allowed(self) -> tuple[float, float]:
        """The lowest and the highest measured rate that is in order."""
        room = self.slack + GRANTED * math.sqrt(self.nominal * (1 - self.nominal) / self.runs)
        low = 0.0 if self.rule == "at most" else self.nominal - room
        high = 1.0 if self.rule in ("at least", "above") else self.nominal + room
        if self.rule == "above":
            low = self.nominal + room
        return max(low, 0.0), min(high, 1.0)

    @property
    def holds(self) -> bool:
        low, high = self.allowed
        return low <= self.measured <= high


@dataclass(frozen=True)
class Simulation:
    """A question and the rates that answer it; the same seed gives the same rates."""

    question: str
    simulate: Callable[[Rng, Runs], Iterator[Rate]]

    def run(self, seed: int, quick: bool = False) -> list[Rate]:
        return list(self.simulate(np.random.default_rng(seed), lambda n: max(n // 10, 50) if quick else n))


def count(outcomes: Iterable[bool]) -> int:
    """How many are true."""
    return sum(map(bool, outcomes))


def table(rates: list[Rate]) -> str:
    """The rates as a Markdown table, a rate outside what is allowed marked."""
    head = ("what", "rule", "nominal", "measured", "allowed", "runs", "")
    rows = [
        (
            rate.what,
            rate.rule,
            f"{rate.nominal:.3f}",
            f"{rate.measured:.4f}",
            "{:.4f} to {:.4f}".format(*rate.allowed),
            f"{rate.runs:,}",
            "ok" if rate.holds else "OUTSIDE",
        )
        for rate in rates
    ]
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    lines = [
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |"
        for row in [head, tuple("-" * w for w in widths), *rows]
    ]
    return "\n".join(lines)
