"""Numbers, ranges and ages as text."""

from __future__ import annotations

import doctest
import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sextant import phrases
from sextant.errors import InvalidInput
from sextant_server.ui import drawing
from sextant_server.ui.format import age_text, day_text, interval_text, number_text

NAN, INF = math.nan, math.inf
ANY = st.floats(allow_nan=True, allow_infinity=True)
UNITS = st.sampled_from(["share", "count", "ms", "USD", "EUR/month", "CHF", ""])


@pytest.mark.parametrize("module", [phrases, drawing])
def test_examples_run(module: Any) -> None:
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize(
    ("value", "unit", "options", "text"),
    [
        (0.989, "share", {}, "98.9 %"),
        (0.5, "proportion", {}, "50 %"),
        (1, "share", {}, "100 %"),
        (0, "share", {}, "0 %"),
        (0.0042, "share", {}, "0.42 %"),
        (0.99996, "share", {}, "99.996 %"),  # counted from 100, so that it never reads as all of them
        (0.1 + 0.2, "share", {}, "30 %"),  # the noise of binary fractions is not shown
        (1.103, "share", {}, "110.3 %"),
        (1797, "count", {}, "1,797"),
        (12345678, "", {}, "12,345,678"),
        (12345.678, "", {}, "12,346"),
        (84.27, "ms", {}, "84.3 ms"),
        (84.0, "ms", {}, "84 ms"),
        (0.012345, "s", {}, "0.0123 s"),
        (-84.27, "ms", {}, "−84.3 ms"),
        (-0.0, "ms", {}, "0 ms"),
        (1.25e-9, "s", {}, "1.25 × 10⁻⁹ s"),
        (5e-324, "", {}, "5 × 10⁻³²⁴"),
        (1.5e300, "", {}, "1.5 × 10³⁰⁰"),
        (10**400, "", {}, "1 × 10⁴⁰⁰"),
        (61000, "USD", {}, "$61,000"),
        (12.5, "EUR", {}, "€12.50"),
        (0.5, "USD", {}, "$0.50"),
        (1234.56, "GBP", {}, "£1,235"),
        (0.0042, "USD/request", {}, "$0.0042 / request"),
        (500, "CHF", {}, "CHF 500"),
        (-3.5, "USD", {}, "−$3.50"),
        (1234.56, "GBP", {"exact": True}, "£1,234.56"),
        (0.98765, "share", {"exact": True}, "98.765 %"),
        (61000, "USD", {"compact": True}, "$61k"),
        (999, "", {"compact": True}, "999"),
        (999_499, "", {"compact": True}, "999k"),
        (999_500, "", {"compact": True}, "1M"),
        (1_250_000, "", {"compact": True}, "1.25M"),
        (2.5e12, "", {"compact": True}, "2.5T"),
        (0.0231, "share", {"difference": True}, "+2.31 points"),
        (-0.02, "share", {"difference": True}, "−2 points"),
        (0.0, "share", {"difference": True}, "0 points"),
        (3, "ms", {"difference": True}, "+3 ms"),
        (84.27, "ms", {"digits": 2}, "84 ms"),
        (0.97996, "share", {"against": 0.98}, "97.996 %"),
        (200.00001, "ms", {"against": 200}, "200.00001 ms"),
        (0.98, "share", {"against": 0.98}, "98 %"),
        (0.97, "share", {"against": NAN}, "97 %"),
        (0.97, "share", {"against": INF}, "97 %"),
        (None, "share", {}, "unknown"),
        (NAN, "share", {}, "unknown"),
        (INF, "ms", {}, "no limit"),
        (-INF, "ms", {}, "no limit"),
        (Decimal("0.989"), "share", {}, "98.9 %"),
        (Decimal("NaN"), "", {}, "unknown"),
        (np.float32(0.5), "share", {}, "50 %"),
        (np.int64(1797), "count", {}, "1,797"),
    ],
)
def test_number(value: Any, unit: str, options: dict[str, Any], text: str) -> None:
    assert number_text(value, unit, **options) == text


def test_sentences_and_pages_write_alike() -> None:
    for value in (0.5, 0.97996, 61000, -3.5, 1e-9, 1.5e300, NAN, INF, None):
        for unit in ("share", "ms", "USD", "CHF", "EUR/month", "1", ""):
            assert phrases.with_unit(value, unit) == number_text(value, unit)
        assert phrases.number(value) == number_text(value)


@pytest.mark.parametrize("value", ["0.9", True, object(), [1]])
def test_what_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(InvalidInput, match="not a number"):
        number_text(value)


@given(ANY, UNITS, st.booleans(), st.booleans())
def test_any_float_can_be_written(value: float, unit: str, difference: bool, exact: bool) -> None:
    text = number_text(value, unit, difference=difference, exact=exact, against=0.5)
    assert text == text.strip()
    assert "-" not in text, "a minus is a minus sign"
    assert ("unknown" in text) == math.isnan(value)


def read(text: str) -> Decimal:
    """The number that a text without prefix, unit or power of ten says."""
    return Decimal(text.replace(",", "").replace("−", "-").split(" ")[0])


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_a_value_is_never_rounded_onto_the_bar_or_over_it(value: float, bar: float) -> None:
    """Unless it differs from the bar by less than a trillionth, which is noise."""
    if abs(value) < 1e-3 or abs(value - bar) < 1e-11:
        return
    assert (read(number_text(value, "ms", against=bar)) > Decimal(repr(bar))) == (value > bar)
    lower, upper = sorted((value, value + 1))
    ends = interval_text(lower, upper, "ms", against=bar).replace(" to ", "–").split("–")
    assert (read(ends[0]) > Decimal(repr(bar))) == (lower > bar)


@given(st.floats(1e-7, 1 - 1e-7))
def test_a_share_is_none_or_all_only_if_it_is(share: float) -> None:
    assert number_text(share, "share") not in ("0 %", "100 %")


@pytest.mark.parametrize(
    ("lower", "upper", "unit", "options", "text"),
    [
        (0.979, 0.995, "share", {}, "97.9–99.5 %"),
        (0.879, 0.95, "share", {}, "87.9–95.0 %"),
        (81, 88, "ms", {}, "81–88 ms"),
        (81.234, 88, "ms", {}, "81.2–88.0 ms"),
        (61, 75.5, "USD", {}, "$61.00–$75.50"),
        (0.98, 0.98, "share", {}, "98–98 %"),
        (-1, 2, "x", {}, "−1 to 2 x"),
        (-0.023, 0.011, "share", {"difference": True}, "−2.3 to +1.1 points"),
        (1e-9, 2e-9, "s", {}, "1 × 10⁻⁹ to 2 × 10⁻⁹ s"),
        (None, 88, "ms", {}, "up to 88 ms"),
        (-INF, 88, "ms", {}, "up to 88 ms"),
        (0.979, INF, "share", {}, "97.9 % or more"),
        (0.979, NAN, "share", {}, "97.9 % or more"),
        (-INF, INF, "", {}, "any value"),
        (None, None, "", {}, "no range"),
        (NAN, NAN, "", {}, "no range"),
        (0.97999, 0.995, "share", {"against": 0.98}, "97.999–99.500 %"),
        (0.98, 0.995, "share", {"against": 0.98}, "98.0–99.5 %"),
    ],
)
def test_interval(lower: Any, upper: Any, unit: str, options: dict[str, Any], text: str) -> None:
    assert interval_text(lower, upper, unit, **options) == text


@given(ANY, ANY, UNITS, st.booleans())
def test_any_range_can_be_written(lower: float, upper: float, unit: str, difference: bool) -> None:
    assert "nan" not in interval_text(lower, upper, unit, difference=difference, against=lower)


NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("gap", "text"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=44), "just now"),
        (timedelta(seconds=45), "1 min ago"),
        (timedelta(minutes=59), "59 min ago"),
        (timedelta(minutes=59, seconds=45), "1 h ago"),
        (timedelta(hours=2, minutes=5), "2 h ago"),
        (timedelta(hours=23, minutes=40), "1 day ago"),
        (timedelta(days=13), "13 days ago"),
        (timedelta(days=14), "9 Nov"),
        (timedelta(days=400), "19 Oct 2025"),
        (-timedelta(minutes=12), "in 12 min"),
        (-timedelta(days=6), "in 6 days"),
        (-timedelta(days=60), "22 Jan 2027"),
    ],
)
def test_age_of_a_moment(gap: timedelta, text: str) -> None:
    assert age_text(NOW - gap, NOW) == text
    elsewhere = (NOW - gap).astimezone(timezone(timedelta(hours=9)))
    if "Nov" not in text:
        assert age_text(elsewhere, NOW) == text, "the zone does not matter"


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (0, "today"),
        (1, "tomorrow"),
        (-1, "yesterday"),
        (-3, "3 days ago"),
        (14, "in 14 days"),
        (15, "8 Dec"),
        (-330, "28 Dec 2025"),
    ],
)
def test_age_of_a_day(days: int, text: str) -> None:
    assert age_text(date(2026, 11, 23) + timedelta(days=days), NOW) == text


def test_day() -> None:
    assert day_text(date(2026, 2, 3), NOW) == "3 Feb"
