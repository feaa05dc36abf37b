"""Runs by two numbers at once, and what options cost over volume. Geometry only; the templates draw it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sextant.lifecycle.matrix import Row, TradeOffs
from sextant.lifecycle.option_table import OptionTable
from sextant.phrases import number_text
from sextant_server.ui.drawing import Axis, Tick

HEIGHT, TOP, FOOT = 260, 16, 40
_LEFT, _RIGHT = 90, 975


@dataclass(frozen=True, slots=True)
class Dot:
    """One run: where it lies, whether it stands on the front, and what is said of it."""

    id: int
    x: float
    y: float
    best: bool
    said: str


@dataclass(frozen=True, slots=True)
class Scatter:
    """Runs by two numbers, with the bars of both and the front as a stair."""

    dots: tuple[Dot, ...]
    stair: str
    x_bar: float | None
    y_bar: float | None
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    x_label: str
    y_label: str
    text: str
    height: int = HEIGHT
    floor: int = HEIGHT - FOOT


def scatter(found: TradeOffs, rows: Sequence[Row]) -> Scatter | None:
    """The first factor upwards against the second across; None where no run has all numbers."""
    if not found.numbers:
        return None
    y_of, x_of = found.factors[0], found.factors[1]
    xs = [n[x_of.key] for n in found.numbers.values()]
    ys = [n[y_of.key] for n in found.numbers.values()]
    x_axis = Axis([*xs, x_of.bar], unit=x_of.unit, room=0.06)
    y_axis = Axis([*ys, y_of.bar], unit=y_of.unit, room=0.08)

    def across(value: float) -> float:
        return round((_LEFT + (_RIGHT - _LEFT) * x_axis.at(value)) / 10, 2)

    def down(value: float) -> float:
        return round(TOP + (HEIGHT - TOP - FOOT) * (1 - y_axis.at(value)), 1)

    names = {r.id: r.run.name or r.run.key for r in rows}
    best = set(found.best)
    dots = []
    for number, own in found.numbers.items():
        parts = [f"{c.name} {number_text(own[c.key], c.unit)}" for c in found.factors]
        dots.append(
            Dot(
                number,
                across(own[x_of.key]),
                down(own[y_of.key]),
                number in best,
                f"{names[number]}: {', '.join(parts)}",
            )
        )
    # With a third factor the front is no line on these two.
    stair = ""
    if len(found.factors) == 2 and len(best) > 1:
        edge = sorted(((d.x * 10, d.y) for d in dots if d.best), key=lambda p: p)
        stair = "M" + "L".join(f"{x:.1f} {y}" for x, y in edge)
    many = len(found.numbers)
    text = (
        f"{many} run{'s' * (many != 1)} by {y_of.name} and {x_of.name}; {len(best)} of them nobody beats in "
        f"{' and '.join(c.name for c in found.factors)} at once"
    )
    return Scatter(
        tuple(sorted(dots, key=lambda d: d.best)), stair, across(x_of.bar), down(y_of.bar),
        tuple(Tick(across(t), number_text(t, x_of.unit)) for t in x_axis.ticks(4) if x_axis.low <= t <= x_axis.high),
        tuple(Tick(down(t), number_text(t, y_of.unit)) for t in y_axis.ticks(3) if y_axis.low <= t <= y_axis.high),
        x_of.name, y_of.name, text,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class CostLine:
    """One option's cost over volume: `style` tells it apart without colour, `at` is where its name stands."""

    key: str
    name: str
    path: str
    style: int
    end: float


@dataclass(frozen=True, slots=True)
class CostChart:
    """What each option costs over the number of answers, from none to `most`."""

    lines: tuple[CostLine, ...]
    crossings: tuple[tuple[float, float], ...]
    volume: float | None
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    text: str
    most: float
    rows: tuple[tuple[float, tuple[float, ...], str], ...]
    height: int = HEIGHT
    floor: int = HEIGHT - FOOT


def cost_chart(table: OptionTable, currency: str) -> CostChart | None:
    """Fixed and running cost as lines; None where no option says both. It reaches a quarter beyond the last crossing and
    beyond the volume that is expected, whichever is farther."""
    if not table.costs:
        return None
    ends = [c.volume for c in table.crossings] + ([table.volume] if table.volume else [])
    most = 1.25 * max(ends) if ends else _first_volume(table.costs)
    x_axis = Axis([0.0, most], room=0.0)
    top = max(once + each * most for once, each in table.costs.values())
    y_axis = Axis([0.0, top or 1.0], room=0.06)

    def across(value: float) -> float:
        return round((_LEFT + (_RIGHT - _LEFT) * x_axis.at(value)) / 10, 2)

    def down(value: float) -> float:
        return round(TOP + (HEIGHT - TOP - FOOT) * (1 - y_axis.at(value)), 1)

    lines = []
    for style, (key, (once, each)) in enumerate(table.costs.items()):
        path = f"M{across(0) * 10:.1f} {down(once)}L{across(most) * 10:.1f} {down(once + each * most)}"
        lines.append(CostLine(key, table.name(key), path, style % 4, down(once + each * most)))
    crossings = []
    for c in table.crossings:
        once, each = table.costs[c.one]
        crossings.append((across(c.volume), down(once + each * c.volume)))
    shown = sorted(
        {0.0, *(c.volume for c in table.crossings), *([table.volume] if table.volume else []), most}
    )
    rows = []
    for volume in shown[:20]:
        costs = tuple(once + each * volume for once, each in table.costs.values())
        rows.append((volume, costs, table.name(list(table.costs)[costs.index(min(costs))])))
    first = table.course[0][1]
    text = f"Cost over the number of answers: {table.name(first)} is the cheapest at first"
    for volume, key in table.course[1:]:
        text += f", {table.name(key)} from {number_text(volume)} answers on"
    return CostChart(
        tuple(lines), tuple(crossings), across(table.volume) if table.volume else None,
        tuple(Tick(across(t), number_text(t, compact=True)) for t in x_axis.ticks(4) if 0 <= t <= most),
        tuple(Tick(down(t), number_text(t, currency, compact=True)) for t in y_axis.ticks(3) if t >= 0),
        text, most, tuple(rows),
    )  # fmt: skip


def _first_volume(costs: Mapping[str, tuple[float, float]]) -> float:
    """A volume at which running costs are seen beside what is paid once: a round number."""
    ratios = [once / each for once, each in costs.values() if each > 0 and once > 0]
    return 10.0 ** math.ceil(math.log10(max(ratios))) if ratios else 1000.0
