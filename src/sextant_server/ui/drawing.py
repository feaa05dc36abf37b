"""Where the lines of gauges and charts run: geometry only, the templates draw it.

Widths are percentages or a field of fixed size, never styles, so that drawings scale without an inline style
and letters keep their size on a phone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal, NamedTuple

from sextant.errors import InvalidInput

from .format import SHARES, day_text, interval_text, number_text, to_decimal

Direction = Literal["at_least", "at_most"]
GAUGE_WIDTH, GAUGE_PAD = 160, 8
CHART_HEIGHT = 200
#: The plot's margins in per mille of the width and in pixels of the height.
_LEFT, _RIGHT, _TOP, _BOTTOM = 90, 975, 18, 26


class Point(NamedTuple):
    """One measurement on a line: a day, a time or a number, with its range if it has one."""

    x: Any
    y: Any
    lower: Any = None
    upper: Any = None


def as_float(value: Any) -> float | None:
    """`value` as a finite float, None where there is nothing to draw (absent, nan, infinite)."""
    exact = to_decimal(value)
    number = float(exact) if exact is not None else math.nan
    return number if math.isfinite(number) else None


def check_direction(direction: str) -> None:
    """Raise `InvalidInput` unless the direction is one of the two that a target knows."""
    if direction not in ("at_least", "at_most"):
        raise InvalidInput(
            f"direction is {direction!r}", rule="the direction of a target is at_least or at_most"
        )


class Axis:
    """A scale chosen from the numbers that it must show, with room at both ends.

    Shares stay within 0 and 1, and what is never negative does not start below zero. Works for numbers whose
    difference overflows, and for one number alone.

    >>> axis = Axis([0.9, 1.0], unit="share")
    >>> axis.high, axis.at(1.0)
    (1.0, 1.0)
    """

    def __init__(self, numbers: Iterable[float], *, unit: str = "", room: float = 0.15) -> None:
        shown = list(numbers) or [0.0, 1.0]
        # Everything is computed in units of the largest number, so that no difference overflows; what is so near
        # to zero that floats lose their digits there is drawn as zero.
        largest = max(abs(x) for x in shown)
        self._unit = largest if largest > 1e-300 else 1.0
        scaled = [x / self._unit for x in shown]
        low, high = min(scaled), max(scaled)
        # Numbers that agree in twelve figures are one number: between them floats have no room for a scale.
        pad = (high - low) * room if high - low > 1e-12 else 0.5
        self._low, self._high = low - pad, high + pad
        if low >= 0:
            self._low = max(self._low, 0.0)
        if unit in SHARES and min(shown) >= 0 and max(shown) <= 1:
            self._high = min(self._high, 1 / self._unit)

    @property
    def low(self) -> float:
        """The number at the left or lower end; finite, however large the numbers."""
        return self._bounded(self._low)

    @property
    def high(self) -> float:
        """The number at the right or upper end."""
        return self._bounded(self._high)

    def _bounded(self, scaled: float) -> float:
        product = scaled * self._unit
        return product if math.isfinite(product) else math.copysign(self._unit, product)

    def at(self, number: float) -> float:
        """Where a number lies: 0 at the low end, 1 at the high end."""
        return (number / self._unit - self._low) / (self._high - self._low)

    def ticks(self, wanted: int = 4) -> list[float]:
        """About so many round numbers within the scale."""
        span = self._high - self._low
        if not math.isfinite(self._unit * span):
            return [self.low, self.high]
        raw = span * self._unit / wanted
        power = 10.0 ** math.floor(math.log10(raw)) if raw > 0 else 0.0
        if power == 0.0:
            return [self.low, self.high]
        step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * (1 - 1e-9))
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [i * step for i in range(first, last + 1)]


@dataclass(frozen=True, slots=True)
class Gauge:
    """The lines of one gauge in pixels; None where something is not drawn."""

    text: str
    value: float | None
    baseline: float | None
    bar: float | None
    good_from: float | None
    good_width: float | None
    range_from: float | None
    range_width: float | None
    open_below: bool
    open_above: bool
    at_least: bool


def gauge(
    value: Any,
    lower: Any = None,
    upper: Any = None,
    threshold: Any = None,
    direction: str = "at_least",
    unit: str = "",
    *,
    baseline: Any = None,
    difference: bool = False,
) -> Gauge:
    """Range, value and bar of one measurement on one line, with the good side known.

    `lower` and `upper` absent: an exact number, no range is drawn. An infinite or undefined end runs to the
    edge with an arrow. A value that is absent or nan is not drawn; the text says so.
    """
    check_direction(direction)
    point, bar, start = as_float(value), as_float(threshold), as_float(baseline)
    exact = to_decimal(lower) is None and to_decimal(upper) is None
    low, high = as_float(lower), as_float(upper)
    axis = Axis([x for x in (point, low, high, bar, start) if x is not None], unit=unit)

    def place(number: float) -> float:
        return round(GAUGE_PAD + (GAUGE_WIDTH - 2 * GAUGE_PAD) * axis.at(number), 1)

    left, right = 2.0 if low is None else place(low), GAUGE_WIDTH - 2.0 if high is None else place(high)
    bar_at = None if bar is None else place(bar)
    good_from = bar_at if direction == "at_least" else None if bar_at is None else 0.0
    good_to = bar_at if direction == "at_most" else GAUGE_WIDTH
    return Gauge(
        text=_gauge_text(value, lower, upper, threshold, direction, unit, baseline, difference),
        value=None if point is None else place(point),
        baseline=None if start is None else place(start),
        bar=bar_at,
        good_from=good_from,
        good_width=None if good_from is None or good_to is None else round(good_to - good_from, 1),
        range_from=None if exact else min(left, right),
        range_width=None if exact else round(max(abs(right - left), 2.0), 1),
        open_below=not exact and low is None,
        open_above=not exact and high is None,
        at_least=direction == "at_least",
    )


def _gauge_text(
    value: Any,
    lower: Any,
    upper: Any,
    threshold: Any,
    direction: str,
    unit: str,
    baseline: Any,
    difference: bool,
) -> str:
    """What the gauge shows, in words."""
    parts = [number_text(value, unit, against=threshold, difference=difference)]
    low, high, point = to_decimal(lower), to_decimal(upper), to_decimal(value)
    if low is not None or high is not None:
        span = interval_text(lower, upper, unit, against=threshold, difference=difference)
        parts[0] += f", range {span}"
        outside = point is not None and (
            (low is not None and point < low) or (high is not None and point > high)
        )
        parts[0] += " (the value lies outside its range)" if outside else ""
    if to_decimal(baseline) is not None:
        parts.append(f"started at {number_text(baseline, unit, difference=difference)}")
    if as_float(threshold) is not None:
        side = "at least" if direction == "at_least" else "at most"
        parts.append(f"target {side} {number_text(threshold, unit, exact=True, difference=difference)}")
    return "; ".join(parts)


class Tick(NamedTuple):
    """A mark on an axis: its place (percent across, or pixels down), its words and how they are anchored."""

    at: float
    text: str
    anchor: str = "middle"


class Row(NamedTuple):
    """A line of the table beside a chart."""

    x_text: str
    value: Any
    lower: Any
    upper: Any


@dataclass(frozen=True, slots=True)
class LineChart:
    """The lines of one time series: percent across, pixels down; paths on a field 1000 wide."""

    text: str
    rows: list[Row]
    ranges: bool
    line: str
    band: str
    dots: list[tuple[float, float]]
    bar: float | None
    bar_text: str
    good_from: float | None
    good_height: float | None
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    height: int = CHART_HEIGHT


def _x_number(x: Any) -> float:
    if isinstance(x, datetime):
        return x.timestamp()
    if isinstance(x, date):
        return float(x.toordinal() * 86400)
    number = as_float(x)
    if number is None:
        raise InvalidInput(f"{x!r} is no place on a line", rule="x is a date, a time or a finite number")
    return number


def x_text(x: Any, now: date, *, span_seconds: float = math.inf, exact: bool = False) -> str:
    """A place on the x axis in words: the day, or the time of day where the line covers less than two days.

    `exact` gives both, for a table.
    """
    if isinstance(x, datetime) and exact:
        return f"{day_text(x, now)}, {x:%H:%M}"
    if isinstance(x, datetime) and span_seconds < 2 * 86400:
        return f"{x:%H:%M}"
    if isinstance(x, date):
        return day_text(x, now)
    return number_text(x, digits=4)


def _x_ticks(xs: Sequence[Any], axis: Axis, places: Sequence[float], now: date) -> list[Tick]:
    """Ends and thirds of the line, or round numbers; the outermost words stay inside the drawing."""
    low, high = min(places), max(places)
    first = xs[places.index(low)]
    marks: list[tuple[float, str]] = []
    if isinstance(first, date):
        for step in (0, 1 / 3, 2 / 3, 1):
            gap = timedelta(seconds=(high - low) * step)
            if not isinstance(first, datetime):
                gap = timedelta(days=round(gap / timedelta(days=1)))
            marks.append((low + gap.total_seconds(), x_text(first + gap, now, span_seconds=high - low)))
    else:
        marks = [(tick, x_text(tick, now)) for tick in axis.ticks()]
    seen: dict[str, float] = {}
    for at, text in marks:
        seen.setdefault(text, at)
    found = [Tick(_across(axis.at(at)), text) for text, at in seen.items()]
    return [t._replace(anchor="start" if t.at < 15 else "end" if t.at > 88 else "middle") for t in found]


def _across(share: float) -> float:
    """Percent of the width."""
    return round((_LEFT + (_RIGHT - _LEFT) * share) / 10, 2)


def _down(share: float) -> float:
    """Pixels from the top."""
    return round(_TOP + (CHART_HEIGHT - _TOP - _BOTTOM) * (1 - share), 1)


def line_chart(
    points: Iterable[Sequence[Any]],
    label: str,
    unit: str = "",
    threshold: Any = None,
    direction: str = "at_least",
    *,
    now: date,
    difference: bool = False,
) -> LineChart | None:
    """A time series with ranges and bar; None when no point has a finite value.

    Each point is (x, y) or (x, y, lower, upper), as `Point`; x a date, a time or a number, all of one kind.
    A y that is absent, nan or infinite leaves a gap in the line; a range is drawn where both ends are finite.
    """
    check_direction(direction)
    given = sorted((Point(*p) for p in points), key=lambda p: _x_number(p.x))
    values = [as_float(p.y) for p in given]
    known = [y for y in values if y is not None]
    if not known:
        return None
    limits = [(as_float(p.lower), as_float(p.upper)) for p in given]
    bar = as_float(threshold)
    numbers = known + [x for pair in limits for x in pair if x is not None] + ([] if bar is None else [bar])
    y_axis = Axis(numbers, unit=unit, room=0.08)
    places = [_x_number(p.x) for p in given]
    x_axis = Axis(places, room=0.0)
    across = [_across(x_axis.at(x)) for x in places]
    bar_at = None if bar is None else _down(y_axis.at(bar))
    side = "at least" if direction == "at_least" else "at most"
    good_from = None if bar_at is None else float(_TOP) if direction == "at_least" else bar_at
    good_to = bar_at if direction == "at_least" else float(CHART_HEIGHT - _BOTTOM)
    return LineChart(
        text=_line_text(
            given, values, label, unit, threshold if bar is not None else None, side, now, difference
        ),
        rows=[Row(x_text(p.x, now, exact=True), p.y, p.lower, p.upper) for p in given],
        ranges=any(pair != (None, None) for pair in limits),
        line=_path(across, values, y_axis),
        band=_band(across, limits, y_axis),
        dots=[(x, _down(y_axis.at(y))) for x, y in zip(across, values, strict=True) if y is not None]
        if len(known) <= 60
        else [],
        bar=bar_at,
        bar_text=""
        if bar is None
        else f"target {side} {number_text(threshold, unit, exact=True, difference=difference)}",
        good_from=good_from,
        good_height=None if good_from is None or good_to is None else round(good_to - good_from, 1),
        x_ticks=_x_ticks([p.x for p in given], x_axis, places, now),
        y_ticks=[
            Tick(_down(y_axis.at(t)), number_text(t, unit, difference=difference)) for t in y_axis.ticks(3)
        ],
    )


def _path(across: Sequence[float], values: Sequence[float | None], axis: Axis) -> str:
    steps, pen = [], "M"
    for x, y in zip(across, values, strict=True):
        if y is None:
            pen = "M"
            continue
        steps.append(f"{pen}{x * 10:.1f} {_down(axis.at(y))}")
        pen = "L"
    return "".join(steps)


def _band(across: Sequence[float], limits: Sequence[tuple[float | None, float | None]], axis: Axis) -> str:
    """One closed shape for each run of points that have both ends."""
    shapes: list[str] = []
    run: list[tuple[float, float, float]] = []
    for x, (low, high) in [*zip(across, limits, strict=True), (0.0, (None, None))]:
        if low is not None and high is not None:
            run.append((x * 10, _down(axis.at(low)), _down(axis.at(high))))
        elif run:
            upper = "L".join(f"{px:.1f} {top}" for px, _, top in run)
            lower = "L".join(f"{px:.1f} {bottom}" for px, bottom, _ in reversed(run))
            shapes.append(f"M{upper}L{lower}Z")
            run = []
    return "".join(shapes)


def _line_text(
    given: Sequence[Point],
    values: Sequence[float | None],
    label: str,
    unit: str,
    threshold: Any,
    side: str,
    now: date,
    difference: bool,
) -> str:
    """What the line shows, in words."""

    def say(number: Any, **options: Any) -> str:
        return number_text(number, unit, difference=difference, **options)

    known = [(p, y) for p, y in zip(given, values, strict=True) if y is not None]
    numbers = [y for _, y in known]
    many = f"{len(known)} values" if len(known) > 1 else "one value"
    span = x_text(known[0][0].x, now)
    if len(known) > 1:
        span = f"{span} to {x_text(known[-1][0].x, now)}"
    text = f"{label}: {many}, {span}; latest {say(numbers[-1], against=threshold)}"
    if len(known) > 1:
        text += f", lowest {say(min(numbers))}, highest {say(max(numbers))}"
    if threshold is not None:
        text += f"; target {side} {say(threshold, exact=True)}"
    return text


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a bar chart, in percent of the width."""

    name: str
    value: Any
    lower: Any
    upper: Any
    from_: float
    width: float
    range_from: float | None
    range_width: float | None
    bar: float | None


def bars(items: Iterable[Sequence[Any]], unit: str = "", threshold: Any = None) -> list[Bar]:
    """Named values as bars from zero on one scale, each (name, value) or (name, value, lower, upper)."""
    rows = [(str(i[0]), i[1], *(i[2:4] if len(i) >= 4 else (None, None))) for i in items]
    finite = [[as_float(x) for x in row[1:]] for row in rows]
    threshold_at = as_float(threshold)
    numbers = [x for row in finite for x in row if x is not None]
    axis = Axis([0.0, *numbers, *([] if threshold_at is None else [threshold_at])], unit=unit, room=0.04)
    zero = 100 * axis.at(0.0)
    drawn = []
    for (name, value, lower, upper), (point, low, high) in zip(rows, finite, strict=True):
        end = zero if point is None else 100 * axis.at(point)
        both = low is not None and high is not None
        start = 100 * axis.at(low) if low is not None and both else None
        stop = 100 * axis.at(high) if high is not None and both else None
        drawn.append(
            Bar(
                name=name,
                value=value,
                lower=lower,
                upper=upper,
                from_=round(min(zero, end), 2),
                width=round(abs(end - zero), 2),
                range_from=None if start is None else round(start, 2),
                range_width=None if start is None or stop is None else round(max(stop - start, 0.5), 2),
                bar=None if threshold_at is None else round(100 * axis.at(threshold_at), 2),
            )
        )
    return drawn
