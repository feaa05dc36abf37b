"""Where the lines of gauges and charts run."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sextant.errors import InvalidInput
from sextant_server.ui.drawing import CHART_HEIGHT, GAUGE_WIDTH, Axis, Point, bars, gauge, line_chart

NAN, INF = math.nan, math.inf
ANY = st.none() | st.floats(allow_nan=True, allow_infinity=True)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
TODAY = date(2026, 11, 23)


def test_gauge_of_a_share_by_hand() -> None:
    """0.5 in 0.4 to 0.6 against 0.55: the numbers span 0.2, 15 % room on each side gives 0.37 to 0.63, so that the
    value is at (0.5 - 0.37) / 0.26 = 1/2 of the 144 pixels between the margins of 8."""
    drawn = gauge(0.5, 0.4, 0.6, 0.55, "at_least", "share")
    assert drawn.value == 80.0
    assert drawn.range_from == pytest.approx(8 + 144 * 0.03 / 0.26, abs=0.05)
    assert drawn.range_width == pytest.approx(144 * 0.2 / 0.26, abs=0.15)
    assert drawn.bar == pytest.approx(8 + 144 * 0.18 / 0.26, abs=0.05)
    assert drawn.good_from == drawn.bar
    assert drawn.text == "50 %, range 40–60 %; target at least 55 %"


def test_the_good_side_lies_where_the_direction_says() -> None:
    more, less = gauge(1, 0, 2, 1.5, "at_least"), gauge(1, 0, 2, 1.5, "at_most")
    assert more.bar is not None
    assert (more.good_from, more.good_width) == (more.bar, pytest.approx(GAUGE_WIDTH - more.bar))
    assert (less.good_from, less.good_width) == (0.0, less.bar)
    assert less.text == "1, range 0–2; target at most 1.5"


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ((438, None, None, 600, "at_least", "count"), "438; target at least 600"),
        ((None, None, None, 0.9, "at_least", "share"), "unknown; target at least 90 %"),
        ((NAN, NAN, NAN, 0.9, "at_least", "share"), "unknown; target at least 90 %"),
        ((3.1, -INF, 4.4, 5, "at_most", "s"), "3.1 s, range up to 4.4 s; target at most 5 s"),
        ((3.1, 2, INF, None, "at_most", "s"), "3.1 s, range 2 s or more"),
        ((0.98, 0.98, 0.98, 0.98, "at_least", "share"), "98 %, range 98–98 %; target at least 98 %"),
        ((9, 1, 2, 5, "at_most", ""), "9, range 1–2 (the value lies outside its range); target at most 5"),
        ((0.97996, 0.97, 0.99, 0.98, "at_least", "share"), "97.996 %, range 97–99 %; target at least 98 %"),
        ((1, 0, 2, NAN, "at_least", ""), "1, range 0–2"),
    ],
)
def test_gauge_says_what_it_shows(numbers: tuple[Any, ...], text: str) -> None:
    assert gauge(*numbers).text == text


def test_gauge_of_an_exact_count_draws_no_range_and_its_start() -> None:
    drawn = gauge(438, None, None, 600, "at_least", "count", baseline=410)
    assert drawn.range_from is None
    assert drawn.baseline is not None
    assert drawn.value is not None
    assert drawn.bar is not None
    assert drawn.baseline < drawn.value < drawn.bar
    assert drawn.text == "438; started at 410; target at least 600"


def test_gauge_without_limit_runs_to_the_edge() -> None:
    drawn = gauge(3.1, -INF, INF, 5, "at_most")
    assert (drawn.open_below, drawn.open_above) == (True, True)
    assert drawn.range_from == 2.0
    assert drawn.range_width == GAUGE_WIDTH - 4


def test_gauge_of_nothing_draws_nothing() -> None:
    drawn = gauge(None)
    assert (drawn.value, drawn.bar, drawn.range_from, drawn.good_from) == (None, None, None, None)
    assert drawn.text == "unknown"


def test_zero_width_can_still_be_seen() -> None:
    assert gauge(5, 5, 5, 5, "at_least").range_width == 2.0


def test_unknown_direction_is_refused() -> None:
    with pytest.raises(InvalidInput, match="at_least or at_most"):
        gauge(1, 0, 2, 1, "up")


@given(ANY, ANY, ANY, ANY, ANY, st.sampled_from(["at_least", "at_most"]), st.sampled_from(["share", "ms"]))
def test_gauge_stays_within_its_field(
    value: float | None,
    lower: float | None,
    upper: float | None,
    threshold: float | None,
    baseline: float | None,
    direction: str,
    unit: str,
) -> None:
    drawn = gauge(value, lower, upper, threshold, direction, unit, baseline=baseline)
    for at in (drawn.value, drawn.bar, drawn.baseline, drawn.good_from, drawn.range_from):
        assert at is None or (math.isfinite(at) and 0 <= at <= GAUGE_WIDTH)
    for start, width in ((drawn.range_from, drawn.range_width), (drawn.good_from, drawn.good_width)):
        assert (start is None) == (width is None)
        if start is not None and width is not None:
            assert 0 <= width <= GAUGE_WIDTH + 2
            assert start + width <= GAUGE_WIDTH + 2.1


@given(st.lists(FINITE, min_size=4, max_size=4))
def test_gauge_keeps_the_order_of_the_numbers(numbers: list[float]) -> None:
    low, value, bar, high = sorted(numbers)
    drawn = gauge(value, low, high, bar, "at_least")
    assert drawn.value is not None
    assert drawn.bar is not None
    assert drawn.range_from is not None
    assert drawn.range_width is not None
    assert drawn.range_from <= drawn.value <= drawn.bar <= drawn.range_from + drawn.range_width + 0.2


@given(st.lists(FINITE, min_size=1, max_size=5), st.integers(2, 6))
def test_axis_shows_every_number_and_its_ticks_lie_on_it(numbers: list[float], wanted: int) -> None:
    axis = Axis(numbers)
    assert all(-1e-9 <= axis.at(x) <= 1 + 1e-9 for x in numbers)
    ticks = axis.ticks(wanted)
    assert len(ticks) <= 2 * wanted + 2
    assert all(math.isfinite(t) and -1e-3 <= axis.at(t) <= 1 + 1e-3 for t in ticks)


def test_numbers_that_floats_hardly_tell_apart_are_one_number() -> None:
    axis = Axis([1.0, 1.0000000000000002])
    assert axis.ticks(4) == [0.5, 0.75, 1.0, 1.25, 1.5]
    assert axis.at(1.0) == pytest.approx(0.5)


def test_axis_of_shares_ends_at_all_and_of_counts_at_none() -> None:
    assert Axis([0.9, 1.0], unit="share").high == 1.0
    assert Axis([0.01, 0.1], unit="share").low == 0.0
    assert Axis([3.0, 100.0]).low == 0.0
    assert Axis([-3.0, 100.0]).low < -3


def test_ticks_are_round() -> None:
    assert Axis([0.0, 100.0], room=0).ticks(4) == [0, 25, 50, 75, 100]
    assert Axis([0.0, 9.0], room=0).ticks(4) == [0, 2.5, 5, 7.5]


def days(*values: Any) -> list[Point]:
    return [Point(TODAY - timedelta(days=len(values) - 1 - i), v) for i, v in enumerate(values)]


def test_line_has_a_gap_where_a_value_is_missing() -> None:
    chart = line_chart(days(1, 2, None, 4, NAN, 6, INF), "Load", now=TODAY)
    assert chart is not None
    assert len(re.findall("M", chart.line)) == 3
    assert len(chart.dots) == 4
    assert chart.text == "Load: 4 values, 17 Nov to 22 Nov; latest 6, lowest 1, highest 6"
    assert [row.x_text for row in chart.rows][-1] == "23 Nov"
    assert len(chart.rows) == 7, "the table keeps what the line leaves out"


def test_line_of_nothing_is_nothing() -> None:
    assert line_chart([], "Load", now=TODAY) is None
    assert line_chart(days(None, NAN), "Load", now=TODAY) is None


def test_line_of_one_value() -> None:
    chart = line_chart(days(0.5), "Load", "share", 0.6, "at_most", now=TODAY)
    assert chart is not None
    assert chart.text == "Load: one value, 23 Nov; latest 50 %; target at most 60 %"
    assert len(chart.x_ticks) == 1


def test_band_follows_the_points_that_have_both_ends() -> None:
    points = [Point(1, 5, 4, 6), Point(2, 5, 3, 7), Point(3, 5, None, 6), Point(4, 5, 4, 6)]
    chart = line_chart(points, "Load", now=TODAY)
    assert chart is not None
    assert chart.band.count("Z") == 2
    assert chart.ranges


def test_points_are_put_in_order() -> None:
    forth, back = days(1, 2, 3), days(1, 2, 3)[::-1]
    assert line_chart(forth, "Load", now=TODAY) == line_chart(back, "Load", now=TODAY)


def test_time_of_day_where_the_line_is_short() -> None:
    start = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    hours = [Point(start + timedelta(hours=h), h) for h in range(4)]
    chart = line_chart(hours, "Load", now=TODAY)
    assert chart is not None
    assert [t.text for t in chart.x_ticks] == ["08:00", "09:00", "10:00", "11:00"]
    assert chart.rows[0].x_text == "23 Nov, 08:00"


def test_the_good_side_of_a_line() -> None:
    up, down = (line_chart(days(1, 3), "Load", "", 2, d, now=TODAY) for d in ("at_least", "at_most"))
    assert up is not None
    assert down is not None
    assert up.good_from is not None
    assert up.good_height is not None
    assert down.good_from == up.bar == up.good_from + up.good_height


def test_a_place_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no place on a line"):
        line_chart([Point(NAN, 1)], "Load", now=TODAY)


@given(st.lists(st.tuples(FINITE, ANY, ANY, ANY), max_size=6), ANY)
def test_any_line_stays_within_its_field(points: list[tuple[Any, ...]], threshold: float | None) -> None:
    chart = line_chart(points, "Load", "ms", threshold, now=TODAY)
    if chart is None:
        return
    for number in re.findall(r"-?\d+(?:\.\d+)?", chart.line + chart.band):
        assert -1 <= float(number) <= 1001
    assert all(0 <= x <= 100 and -1 <= y <= CHART_HEIGHT + 1 for x, y in chart.dots)
    assert "nan" not in chart.line + chart.band + chart.text


def test_bars_start_at_zero_on_one_scale() -> None:
    small, large, below, none = bars([("a", 1), ("b", 2, 1.5, 2.5), ("c", -1), ("d", None)], threshold=1.5)
    assert small.width * 2 == pytest.approx(large.width, abs=0.02)
    assert below.from_ + below.width == pytest.approx(small.from_, abs=0.02)
    assert none.width == 0
    assert small.range_from is None
    assert large.range_from is not None
    assert small.bar == large.bar
