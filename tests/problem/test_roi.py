"""The return: worked by hand where nothing is left to chance, by simulation and closed forms elsewhere."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sextant.errors import InvalidInput
from sextant.problem.documents import Roi, Spread
from sextant.problem.roi import outlook, simulate


def sure(value: float) -> Spread:
    return Spread(low=value, likely=value, high=value)


PLAN = Roi(benefit=sure(100), build=sure(1000), run=sure(20), months=24, discount_rate=0)
WIDE = Roi(
    benefit=Spread(low=50, likely=100, high=200), build=Spread(low=800, likely=1000, high=2000),
    run=Spread(low=10, likely=20, high=60), months=24, discount_rate=0.1, build_months=3,
)  # fmt: skip


def test_without_chance_or_interest_it_is_plain_arithmetic() -> None:
    # 24 months of 100 - 20 are 1,920; less 1,000 to build is 920. 1,000 / 80 = 12.5, so back in the 13th
    # month.
    found = simulate(PLAN)
    assert (found.median, found.low, found.high, found.mean) == (920, 920, 920, 920)
    assert (found.chance_of_loss, found.payback_months) == (0.0, 13)


def test_months_to_build_put_the_payback_off() -> None:
    assert simulate(PLAN.model_copy(update={"build_months": 6})).payback_months == 19


def test_interest_is_taken_monthly_at_the_rate_that_makes_the_year() -> None:
    # One payment of 110 at the end of month 12, and nothing before: worth 100 today at 10 % a year.
    roi = Roi(benefit=sure(110), build=sure(0), run=sure(0), build_months=11, months=1, discount_rate=0.1)
    assert simulate(roi).median == pytest.approx(100, rel=1e-12)
    # Building paid at the ends of months 1 and 2, half each.
    roi = Roi(benefit=sure(0), build=sure(200), run=sure(0), build_months=2, months=1, discount_rate=0.1)
    assert simulate(roi).median == pytest.approx(-100 * (1.1 ** (-1 / 12) + 1.1 ** (-2 / 12)), rel=1e-12)


def test_to_come_out_even_is_no_loss_and_back_in_the_last_month() -> None:
    roi = Roi(benefit=sure(100), build=sure(1200), run=sure(0), months=12, discount_rate=0)
    found = simulate(roi)
    assert (found.median, found.chance_of_loss, found.payback_months) == (0, 0.0, 12)
    # The same with interest, where the sum is rounded: the cost is what the benefits are worth.
    worth = simulate(roi.model_copy(update={"build": sure(0), "discount_rate": 0.1})).median
    even = simulate(roi.model_copy(update={"build": sure(worth), "discount_rate": 0.1}))
    assert (even.chance_of_loss, even.payback_months) == (0.0, 12)


@pytest.mark.parametrize(("benefit", "build", "months"), [(10, 0, None), (20, 0, 0), (0, 500, None)])
def test_what_never_comes_back_has_no_payback(benefit: float, build: float, months: int | None) -> None:
    found = simulate(PLAN.model_copy(update={"benefit": sure(benefit), "build": sure(build)}))
    assert found.payback_months == months
    assert found.chance_of_loss == (0.0 if months == 0 else 1.0)


def test_the_draws_have_the_mean_of_pert() -> None:
    # (low + 4 likely + high) / 6 each, and the worth is linear in all three amounts.
    found = simulate(WIDE.model_copy(update={"discount_rate": 0.0}), draws=200_000)
    benefit, build, run = (50 + 400 + 200) / 6, (800 + 4000 + 2000) / 6, (10 + 80 + 60) / 6
    expected = 24 * (benefit - run) - build
    # A PERT's variance is (mean - low)(high - mean) / 7.
    spread = [(650 / 6, 50, 200, 24.0), (6800 / 6, 800, 2000, 1.0), (25.0, 10, 60, 24.0)]
    sd = math.sqrt(sum(k**2 * (m - low) * (high - m) / 7 for m, low, high, k in spread))
    assert abs(found.mean - expected) < 5 * sd / math.sqrt(200_000)


def test_the_share_of_losses_agrees_with_drawing_them_plainly() -> None:
    rng = np.random.default_rng(7)
    loss = 0
    for _ in range(20_000):
        benefit = 50 + 150 * rng.beta(1 + 4 * 50 / 150, 1 + 4 * 100 / 150)
        build = 800 + 1200 * rng.beta(1 + 4 * 200 / 1200, 1 + 4 * 1000 / 1200)
        run = 10 + 50 * rng.beta(1 + 4 * 10 / 50, 1 + 4 * 40 / 50)
        rate = 1.1 ** (1 / 12)
        worth = -sum(build / 3 / rate**m for m in (1, 2, 3))
        worth += sum((benefit - run) / rate**m for m in range(4, 28))
        loss += worth < 0
    found = simulate(WIDE)
    assert abs(found.chance_of_loss - loss / 20_000) < 5 * math.sqrt(2 * 0.25 / 20_000)
    assert found.low < found.median < found.high


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1}, {"months": 30}, {"build_months": 4}, {"discount_rate": 0.2}, {"benefit": sure(100)},
        {"build": sure(1000)}, {"run": sure(20)},
    ],
)  # fmt: skip
def test_every_argument_changes_the_result(change: dict[str, Any]) -> None:
    assert simulate(WIDE.model_copy(update=change)) != simulate(WIDE)
    assert simulate(WIDE, draws=500) != simulate(WIDE)


def test_the_same_seed_gives_the_same_answer() -> None:
    again = Roi.model_validate(WIDE.model_dump())
    simulate.cache_clear()
    first = simulate(WIDE)
    simulate.cache_clear()
    assert simulate(again) == first


@given(
    build=st.floats(0, 1e6), net=st.floats(-1e4, 1e4), months=st.integers(1, 60), rate=st.floats(0, 0.9),
    wait=st.integers(0, 24),
)  # fmt: skip
def test_payback_is_the_first_month_whose_sum_is_not_below_zero(
    build: float, net: float, months: int, rate: float, wait: int
) -> None:
    roi = Roi(
        benefit=sure(max(net, 0)), run=sure(max(-net, 0)), build=sure(build), months=months, discount_rate=rate,
        build_months=wait,
    )  # fmt: skip
    found = simulate(roi, draws=1)
    monthly = (1 + rate) ** (1 / 12)
    cost = sum(build / wait / monthly**m for m in range(1, wait + 1)) if wait else build
    sums = -cost + np.cumsum([net / monthly**m for m in range(wait + 1, wait + months + 1)])
    slack = 1e-6 * (1 + cost)
    if found.payback_months is None:
        assert sums[-1] <= slack
    elif found.payback_months:
        at = found.payback_months - wait - 1
        assert sums[at] >= -slack and (at == 0 or sums[at - 1] <= slack)


def test_bad_input_is_named() -> None:
    with pytest.raises(InvalidInput, match="Running it a month"):
        simulate(Roi(benefit=sure(1), build=sure(1)))
    with pytest.raises(InvalidInput, match="at least one draw"):
        simulate(PLAN, draws=0)
    with pytest.raises(ValidationError, match="low, likely and high must rise, and they are 3, 2"):
        Spread(low=3, high=2)


# --- month by month, how results are spread, and what they hang on


def test_the_running_total_by_hand() -> None:
    # 200 paid over two months, then 60 - 10 a month for three: 0, -100, -200, -150, -100, -50.
    roi = Roi(benefit=sure(60), build=sure(200), run=sure(10), build_months=2, months=3, discount_rate=0)
    found = outlook(roi)
    assert [(m.month, m.low, m.median, m.high) for m in found.months] == [
        (n, v, v, v) for n, v in enumerate([0, -100, -200, -150, -100, -50])
    ]
    assert [(b.start, b.end, b.draws) for b in found.spread] == [(-50, -50, 20_000)]
    # Paid at once, the first month begins at minus the whole price.
    at_once = outlook(roi.model_copy(update={"build_months": 0}))
    assert [m.median for m in at_once.months] == [-200, -150, -100, -50]


def test_the_running_total_ends_in_the_result() -> None:
    for months, build in ((24, 3), (61, 0), (200, 100), (1, 0), (60, 1)):
        roi = WIDE.model_copy(update={"months": months, "build_months": build})
        found = outlook(roi)
        end = found.months[-1]
        result = (found.found.low, found.found.median, found.found.high)
        assert (end.low, end.median, end.high) == pytest.approx(result)
        assert end.month == months + build
        assert len(found.months) <= 62


def test_the_swing_by_hand() -> None:
    # Only the benefit varies, evenly about its middle: PERT over 50, 100, 150 is a beta(3, 3), whose 10th
    # percentile is 0.246636 (tables of the incomplete beta function: I(0.246636; 3, 3) = 0.1).
    roi = Roi(
        benefit=Spread(low=50, likely=100, high=150),
        build=sure(1000),
        run=sure(20),
        months=24,
        discount_rate=0,
    )
    driver = {d.key: d for d in outlook(roi).drivers}
    benefit = driver["benefit"]
    low = 50 + 100 * 0.24663645
    assert benefit.low == pytest.approx(low, abs=1e-5)
    assert benefit.high == pytest.approx(200 - low, abs=1e-5)
    assert benefit.middle == pytest.approx(24 * 80 - 1000)
    assert benefit.at_low == pytest.approx(24 * (low - 20) - 1000, abs=1e-3)
    assert benefit.swing == pytest.approx(2 * 24 * (100 - low), abs=1e-3)
    # 24 (b - 20) = 1000 at b = 61.67; 1920 is the price at which nothing is left; 24 (100 - r) = 1000 at 58.33.
    assert benefit.break_even == pytest.approx(20 + 1000 / 24)
    assert driver["build"].break_even == pytest.approx(1920)
    assert driver["run"].break_even == pytest.approx(100 - 1000 / 24)
    assert (benefit.share, driver["build"].share, driver["build"].swing) == (1, 0, 0)


def test_an_amount_that_can_never_save_it_has_no_break_even() -> None:
    roi = Roi(benefit=sure(10), build=sure(1000), run=sure(20), months=12, discount_rate=0)
    assert {d.key: d.break_even for d in outlook(roi).drivers} == {
        "benefit": pytest.approx(20 + 1000 / 12), "build": None, "run": None,
    }  # fmt: skip
    assert all(math.isnan(d.share) for d in outlook(roi).drivers), "nothing varies"


def test_the_share_of_the_variance_is_what_the_draws_show() -> None:
    # The result is linear in independent amounts, so that an amount's squared correlation with it is its share.
    rng = np.random.default_rng(3)
    guesses = {"benefit": (50, 100, 200), "build": (800, 1000, 2000), "run": (10, 20, 60)}
    draws = {
        key: low
        + (high - low)
        * rng.beta(1 + 4 * (m - low) / (high - low), 1 + 4 * (high - m) / (high - low), 200_000)
        for key, (low, m, high) in guesses.items()
    }
    rate = 1.1 ** (1 / 12)
    using = sum(rate**-m for m in range(4, 28))
    building = sum(rate**-m for m in (1, 2, 3)) / 3
    worth = using * (draws["benefit"] - draws["run"]) - building * draws["build"]
    found = {d.key: d for d in outlook(WIDE).drivers}
    for key, drawn in draws.items():
        r2 = np.corrcoef(drawn, worth)[0, 1] ** 2
        assert found[key].share == pytest.approx(r2, abs=0.01)
        # Its ends are the draws' own percentiles.
        assert (found[key].low, found[key].high) == pytest.approx(np.quantile(drawn, [0.1, 0.9]), rel=0.01)
    assert sum(d.share for d in found.values()) == pytest.approx(1)
    assert [d.key for d in outlook(WIDE).drivers] == sorted(found, key=lambda k: -found[k].swing)


def test_the_spread_counts_every_draw_once_and_sets_losses_apart() -> None:
    found = outlook(WIDE)
    assert sum(b.draws for b in found.spread) == 20_000
    assert all(a.end == pytest.approx(b.start) for a, b in pairwise(found.spread))
    losses = sum(b.draws for b in found.spread if b.end <= 1e-9)
    assert losses / 20_000 == pytest.approx(found.found.chance_of_loss, abs=1e-9)
    assert 10 <= len(found.spread) <= 26


def test_the_bar_is_on_the_middle_and_on_the_chance_of_a_loss() -> None:
    assert outlook(PLAN).passes
    assert outlook(PLAN.model_copy(update={"bar_median": 920.0})).passes
    assert outlook(PLAN.model_copy(update={"bar_median": 921.0})).faults == ("median",)
    assert outlook(WIDE.model_copy(update={"bar_chance_of_loss": 0.1})).faults == ("chance_of_loss",)
