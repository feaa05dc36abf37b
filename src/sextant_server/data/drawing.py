"""Where the shapes of data pages run: two distributions over each other, and a map of features by days."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sextant.data.profile import Column
from sextant.phrases import number
from sextant.stats.bins import Histogram
from sextant_server.data.drifting import Cell, Map
from sextant_server.data.models import DayProfile

#: Two distributions: so many bars of numbers, so many words, on a field of so many units.
BARS, NAMES, WIDTH, HEIGHT = 32, 12, 1000, 160
#: The map: how wide names at most, and how wide and high squares are, in pixels.
LABEL, SQUARE, ROW, HEAD = 170, 36, 28, 26


@dataclass(frozen=True, slots=True)
class Line:
    """One value or range of values, and its share of the rows then and now."""

    label: str
    before: float
    now: float


@dataclass(frozen=True, slots=True)
class Overlay:
    """Two distributions: paths on a field 1000 wide for numbers (empty for words), ticks below, and the table."""

    before: str
    now: str
    ticks: tuple[tuple[float, str, str], ...]
    lines: tuple[Line, ...]
    said: str


def overlay(before: Column, now: Column) -> Overlay | None:
    """A column then and now, by shares of its rows, missing ones last; None where nothing can be drawn."""
    old, new = (side.numbers for side in (before, now))
    missing = Line("missing", *(c.missing / c.rows if c.rows else 0.0 for c in (before, now)))
    if before.kind != now.kind:
        return None
    if before.kind == "number" and old and new and old.n and new.n:
        values = {float(v.value) for c in (before, now) for v in c.values or ()}
        few = before.values is not None and now.values is not None and len(values) <= NAMES
        if not few:
            return _numbers(before, now, missing)
    lines = [*_words(before, now), missing]
    if not any(line.before or line.now for line in lines):
        return None
    far = max(lines, key=lambda line: abs(line.now - line.before))
    return Overlay(
        "", "", (), tuple(lines), f"{far.label}: {_percent(far.before)} then, {_percent(far.now)} now"
    )


def _numbers(before: Column, now: Column, missing: Line) -> Overlay:
    ends = [c.quantile(q).value for c in (before, now) for q in (0.005, 0.995)]
    low, high = min(ends), max(ends)
    if not high > low:
        low, high = low - 0.5, high + 0.5
    shares = [
        _shares(c.numbers.histogram, low, high, c.rows) if c.numbers else [0.0] * BARS for c in (before, now)
    ]
    top = max(max(s) for s in shares) or 1.0
    step = (high - low) / BARS
    lines = tuple(
        Line(f"{number(low + i * step)} to {number(low + (i + 1) * step)}", shares[0][i], shares[1][i])
        for i in range(BARS)
    )
    ticks = tuple(
        (round(100 * at, 1), number(low + at * (high - low)), "start" if at == 0 else "end" if at == 1 else "middle")
        for at in (0, 0.25, 0.5, 0.75, 1)
    )  # fmt: skip
    middle = [number(c.quantile(0.5).value) for c in (before, now)]
    return Overlay(
        _area(shares[0], top), _steps(shares[1], top), ticks, (*lines, missing),
        f"from {number(low)} to {number(high)}; the middle was at {middle[0]} and is at {middle[1]}",
    )  # fmt: skip


def _shares(of: Histogram, low: float, high: float, rows: int) -> list[float]:
    """The share of all rows in each of the bars; what lies beyond the ends is in the outermost."""
    found, step = [0.0] * BARS, (high - low) / BARS
    for key, n in zip(of.keys, of.counts, strict=True):
        begins, ends = of.edges(key)
        wide = max(ends - begins, 0.0)
        first, last = (min(max(int((at - low) / step), 0), BARS - 1) for at in (begins, ends))
        for bar in range(first, last + 1):
            inside = min(ends, low + (bar + 1) * step) - max(begins, low + bar * step)
            part = 1.0 if first == last else max(inside, 0.0) / wide if wide else 1.0 / (last - first + 1)
            found[bar] += n * part
    total = sum(found)
    scale = of.total / total / rows if total and rows else 0.0
    return [x * scale for x in found]


def _words(before: Column, now: Column) -> list[Line]:
    counts = [
        {str(v.value): v.n for v in (c.values if c.values is not None else c.top or ())}
        for c in (before, now)
    ]
    if before.kind == "number":
        names = sorted({*counts[0], *counts[1]}, key=float)
    else:
        names = sorted(
            {*counts[0], *counts[1]}, key=lambda w: (-(counts[0].get(w, 0) + counts[1].get(w, 0)), w)
        )
    shown, rows = names[:NAMES], (max(before.rows, 1), max(now.rows, 1))
    lines = [Line(_name(w), *(counts[i].get(w, 0) / rows[i] for i in (0, 1))) for w in shown]
    rest = [
        max(c.present - sum(counts[i].get(w, 0) for w in shown), 0) / rows[i]
        for i, c in enumerate((before, now))
    ]
    return [*lines, Line("all others", *rest)] if any(rest) else lines


def _name(word: str) -> str:
    text = " ".join(word.split()) or "(empty)"
    return text if len(text) <= 40 else text[:39] + "…"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.095 or share == 0 else f"{100 * share:.1f} %"


def _area(shares: Sequence[float], top: float) -> str:
    step = WIDTH / len(shares)
    parts = [f"M0 {HEIGHT}"]
    for i, share in enumerate(shares):
        y = HEIGHT * (1 - share / top)
        parts.append(f"L{i * step:.1f} {y:.1f}L{(i + 1) * step:.1f} {y:.1f}")
    return "".join([*parts, f"L{WIDTH} {HEIGHT}Z"])


def _steps(shares: Sequence[float], top: float) -> str:
    return "M" + _area(shares, top)[len(f"M0 {HEIGHT}L") : -len(f"L{WIDTH} {HEIGHT}Z")]


# --- the map


@dataclass(frozen=True, slots=True)
class Square:
    """One cell of the map: where it is, how far from still (0) to far (4), what stands in it and what it says."""

    x: int
    y: int
    level: int
    text: str
    said: str
    day: date
    feature: str
    cell: Cell


@dataclass(frozen=True, slots=True)
class Drawn:
    """The map as squares, with the words at its edges."""

    width: int
    height: int
    days: tuple[tuple[int, str], ...]
    names: tuple[tuple[int, str, str], ...]
    squares: tuple[Square, ...]


def drawn(found: Map) -> Drawn:
    """A map as squares: features down, days across."""
    squares = []
    # No wider than the names are: on a phone each day that is seen counts.
    label = min(LABEL, 14 + 8 * max((len(_cut(name)) for name in found.features), default=0))
    for down, feature in enumerate(found.features):
        for across, row in enumerate(found.days):
            cell = found.cells.get((feature, row.day)) or Cell(
                feature, "not_compared", why="it was not there that day"
            )
            squares.append(
                Square(
                    label + across * SQUARE, HEAD + down * ROW, _level(cell, found.threshold), _short(cell),
                    f"{feature} on {row.day:%-d %B}: {words(cell)}", row.day, feature, cell,
                )
            )  # fmt: skip
    return Drawn(
        label + SQUARE * len(found.days), HEAD + ROW * len(found.features),
        tuple((label + i * SQUARE + 17, _day(found.days, i)) for i in range(len(found.days))),
        tuple((HEAD + i * ROW + ROW // 2, _cut(name), name) for i, name in enumerate(found.features)),
        tuple(squares),
    )  # fmt: skip


def _day(days: Sequence[DayProfile], i: int) -> str:
    """The day of the month; of the first, and where a month begins, with the month."""
    day = days[i].day
    return f"{day.day} {day:%b}" if i == 0 or days[i - 1].day.month != day.month else str(day.day)


def words(cell: Cell) -> str:
    """What a cell says, in words."""
    if cell.value is None or cell.lower is None or cell.upper is None:
        return f"not compared: {cell.why}"
    word = {"drifted": "drifted", "steady": "steady", "open": "too few rows to tell"}[cell.verdict]
    return f"{word}; {_percent(cell.value)} of rows moved ({_percent(cell.lower)} to {_percent(cell.upper)})"


def _level(cell: Cell, threshold: float) -> int:
    if cell.value is None:
        return -1
    return sum(cell.value >= threshold * times for times in (0.5, 1, 2, 4))


def _short(cell: Cell) -> str:
    return "–" if cell.value is None or math.isnan(cell.value) else f"{100 * cell.value:.0f}"


def _cut(name: str) -> str:
    return name if len(name) <= 22 else name[:21] + "…"
