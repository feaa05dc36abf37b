"""The return as drawings: how results are spread, and what they hang on. Geometry only; the templates draw it."""

from __future__ import annotations

from dataclasses import dataclass

from sextant.phrases import interval_text, number_text
from sextant.problem.roi import Driver, Outlook

HEIGHT, TOP, FOOT = 170, 18, 24


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: percent across, pixels down; `loss` is whether it lies below zero."""

    x: float
    width: float
    y: float
    height: float
    loss: bool


@dataclass(frozen=True, slots=True)
class Histogram:
    """How results are spread: bars, the line at zero, both ends in words, and the same as rows of a table."""

    bars: tuple[Bar, ...]
    zero: float | None
    low: str
    high: str
    text: str
    rows: tuple[tuple[str, int, float], ...]
    height: int = HEIGHT
    floor: int = HEIGHT - FOOT


@dataclass(frozen=True, slots=True)
class Swing:
    """One amount's bar in the tornado, in percent of the width."""

    driver: Driver
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Tornado:
    """What the result hangs on: a bar an amount, all on one scale, and the line where they meet."""

    swings: tuple[Swing, ...]
    middle: float
    zero: float | None


def histogram(found: Outlook, unit: str) -> Histogram:
    """The spread of an outlook's results as a drawing."""
    spread = found.spread
    low, high = spread[0].start, spread[-1].end
    if high <= low:
        low, high = low - 1, high + 1
    most = max(one.draws for one in spread)

    def x(value: float) -> float:
        return round(100 * (value - low) / (high - low), 2)

    bars = []
    for one in spread:
        tall = round((HEIGHT - TOP - FOOT) * one.draws / most, 1)
        left, width = x(one.start), max(x(one.end) - x(one.start) - 0.3, 0.6)
        bars.append(Bar(left, round(width, 2), HEIGHT - FOOT - tall, tall, one.end <= 0 and one.start < 0))
    rows = [
        (interval_text(one.start, one.end, unit, digits=3), one.draws, one.draws / found.found.draws)
        for one in spread
    ]
    r = found.found
    text = (
        f"Of {r.draws:,} draws, {number_text(r.chance_of_loss, 'share')} end in a loss; eight of ten lie between "
        f"{number_text(r.low, unit)} and {number_text(r.high, unit)}."
    )
    return Histogram(
        tuple(bars), x(0) if low < 0 < high else None, number_text(low, unit), number_text(high, unit), text,
        tuple(rows),
    )  # fmt: skip


def tornado(found: Outlook) -> Tornado | None:
    """What the outlook's result hangs on as a drawing; None where nothing varies."""
    ends = [value for d in found.drivers for value in (d.at_low, d.at_high)]
    low, high = min(ends), max(ends)
    if high <= low:
        return None
    pad = (high - low) * 0.04

    def x(value: float) -> float:
        return round(100 * (value - low + pad) / (high - low + 2 * pad), 2)

    swings = [
        Swing(d, x(min(d.at_low, d.at_high)), max(round(x(max(d.at_low, d.at_high)) - x(min(d.at_low, d.at_high)), 2), 0.5))
        for d in found.drivers
    ]  # fmt: skip
    return Tornado(tuple(swings), x(found.drivers[0].middle), x(0) if low < 0 < high else None)
