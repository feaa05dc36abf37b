"""Moments: exact merging, and the trap of a mean that is large beside the spread."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sextant.errors import InvalidInput
from sextant.stats import Moments

values = st.lists(st.floats(-1e6, 1e6), max_size=40)


def test_by_hand() -> None:
    # 1, 2, 3, 4: mean 5/2, squared deviations 9/4 + 1/4 + 1/4 + 9/4 = 5.
    assert Moments.of([1, 2, 3, 4]) == Moments(4, 2.5, 5.0)
    assert Moments.of([1, 2, 3, 4]).variance == pytest.approx(5 / 3)
    # 1, 2 and 3, 4: 1/2 + 1/2, and the gap 2 squared times 2 * 2 / 4.
    assert Moments(2, 1.5, 0.5) + Moments(2, 3.5, 0.5) == Moments(4, 2.5, 5.0)


def test_nothing_is_the_neutral_element() -> None:
    some = Moments.of([1.0, 5.0])
    assert Moments() + some == some + Moments() == some
    assert Moments.of([]).n == 0
    assert math.isnan(Moments().mean)
    assert math.isnan(Moments.of([3.0]).variance)


@given(values, values)
def test_parts_add_up_to_the_whole(a: list[float], b: list[float]) -> None:
    merged, whole = Moments.of(a) + Moments.of(b), Moments.of(a + b)
    scale = max((abs(x) for x in a + b), default=1.0)
    assert merged.n == whole.n
    assert merged.mean == pytest.approx(whole.mean, abs=1e-12 * scale, nan_ok=True)
    assert merged.m2 == pytest.approx(whole.m2, rel=1e-9, abs=1e-12 * scale**2)


@given(values, values, values)
def test_order_does_not_matter(a: list[float], b: list[float], c: list[float]) -> None:
    x, y, z = Moments.of(a), Moments.of(b), Moments.of(c)
    for one, other in (((x + y) + z, x + (y + z)), (x + y, y + x)):
        assert one.mean == pytest.approx(other.mean, abs=1e-8, nan_ok=True)
        assert one.m2 == pytest.approx(other.m2, rel=1e-9, abs=1e-6)


@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=30))
def test_against_exact_fractions(whole: list[int]) -> None:
    mean = Fraction(sum(whole), len(whole))
    m2 = sum((x - mean) ** 2 for x in whole)
    found = Moments.of(whole)
    assert found.mean == pytest.approx(float(mean), abs=1e-12)
    assert found.m2 == pytest.approx(float(m2), rel=1e-12, abs=1e-9)


def test_a_million_times_of_day_keep_their_variance() -> None:
    # Seconds since 1970, ten different ones: the variance of 0, ..., 9 is 99/12 = 8.25.
    n = 1_000_000
    times = 1.7e9 + np.arange(n) % 10
    expected = 8.25 * n / (n - 1)
    in_parts = sum((Moments.of(part) for part in np.array_split(times, 997)), Moments())
    for found in (Moments.of(times), in_parts):
        assert found.n == n
        assert found.mean == pytest.approx(1.7e9 + 4.5, rel=1e-15)
        assert found.variance == pytest.approx(expected, rel=1e-9)
    # What raw sums of squares make of it; should this ever hold, the centred form has lost its reason.
    raw = (float(times @ times) - float(times.sum()) ** 2 / n) / (n - 1)
    assert abs(raw - expected) > 10


def test_unequal_parts_keep_their_mean() -> None:
    # A trillion values and one more, which moves the mean by its share.
    big = Moments(10**12, 1.7e9, 1e12)
    assert (big + Moments(1, 1.7e9 + 1e6, 0.0)).mean == pytest.approx(1.7e9 + 1e-6, abs=3e-7)


@pytest.mark.parametrize(
    "call",
    [
        lambda: Moments.of([1.0, math.nan]),
        lambda: Moments.of([math.inf]),
        lambda: Moments(-1, 0.0, 0.0),
        lambda: Moments(2, math.nan, 0.0),
        lambda: Moments(2, 0.0, -1.0),
        lambda: Moments(0, 1.0, 0.0),
        lambda: Moments(0, math.nan, 1.0),
    ],
)
def test_what_cannot_be_is_refused(call: object) -> None:
    with pytest.raises(InvalidInput):
        call()  # type: ignore[operator]


def test_only_moments_add_to_moments() -> None:
    with pytest.raises(TypeError):
        Moments() + 1  # type: ignore[operator]
