"""The timeline as a drawing: a bar a phase, planned above actual, today and the forecast as lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sextant.lifecycle.phases import BY_KEY
from sextant.lifecycle.timeline import Forecast, Timeline

WIDTH, LABEL, ROW, TOP = 900, 120, 40, 26


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time in the drawing's own units; `open` while it has no end yet."""

    x: float
    y: float
    width: float
    open: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    y: float
    planned: Bar | None
    actual: Bar | None
    text: str

    @property
    def text_y(self) -> float:
        return self.y + 22


@dataclass(frozen=True, slots=True)
class Gantt:
    """The drawing: rows, month lines, today, and the forecast of the ship date as a band with its median."""

    height: int
    rows: list[Row]
    months: list[tuple[float, str]]
    today: float | None
    band: tuple[float, float] | None
    median: float | None
    width: int = WIDTH

    @property
    def band_width(self) -> float:
        return max(round(self.band[1] - self.band[0], 1), 2) if self.band else 0


def gantt(plan: Timeline, ahead: Forecast, today: date) -> Gantt | None:
    """The drawing of a timeline; None where no date is known."""
    days = [
        d for line in plan.lines for d in (line.planned_start, line.planned_end, line.actual_start, line.actual_end) if d
    ]  # fmt: skip
    if not days:
        return None
    days += [today, *(d for d in (ahead.earliest, ahead.latest, ahead.shipped) if d)]
    first, last = min(days) - timedelta(days=3), max(days) + timedelta(days=3)
    scale = (WIDTH - LABEL) / max((last - first).days, 1)

    def x(day: date) -> float:
        return round(LABEL + (day - first).days * scale, 1)

    rows = []
    for place, line in enumerate(plan.lines):
        y = TOP + place * ROW
        name = BY_KEY[line.phase].name
        planned = actual = None
        if line.planned_start and line.planned_end:
            planned = Bar(x(line.planned_start), y + 6, max(x(line.planned_end) - x(line.planned_start), 3))
        if line.actual_start:
            end = line.actual_end or max(today, line.actual_start)
            actual = Bar(
                x(line.actual_start), y + 20, max(x(end) - x(line.actual_start), 3), line.actual_end is None
            )
        rows.append(
            Row(
                name, y, planned, actual, _said(name, line.planned_start, line.planned_end, line.actual_start)
            )
        )
    months, day = [], date(first.year, first.month, 1)
    while day <= last:
        if day >= first:
            months.append((x(day), f"{day:%b}" if day.month > 1 else f"{day:%b %Y}"))
        day = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    step = 1 + len(months) // 14
    band = (x(ahead.earliest), x(ahead.latest)) if ahead.earliest and ahead.latest else None
    point = ahead.shipped or ahead.median
    return Gantt(TOP + len(rows) * ROW + 6, rows, months[::step], x(today), band, x(point) if point else None)


def _said(name: str, start: date | None, end: date | None, began: date | None) -> str:
    planned = f"planned {start} to {end}" if start and end else "not planned"
    return f"{name}: {planned}" + (f", began {began}" if began else "")
