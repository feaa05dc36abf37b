"""The sample of an A/B test: by hand, against statsmodels, and what cannot be told."""

from __future__ import annotations

import math
from typing import Any

import pytest
from statsmodels.stats.power import NormalIndPower, tt_ind_solve_power

from sextant.criteria import Baseline, Criterion
from sextant.evaluation.design import needed_per_arm
from sextant.evaluation.documents import AbDesign


def primary(**fields: Any) -> Criterion:
    plain = {
        "key": "used", "name": "Drafts used", "family": "product", "metric": "used", "unit": "share",
        "direction": "at_least", "threshold": 0.02,
    }  # fmt: skip
    return Criterion.model_validate({**plain, **fields})


def design(**fields: Any) -> AbDesign:
    plain = {"smallest_effect": 0.02, "expected_control": 0.10, "candidate_share": 0.5, "power": 0.8}
    return AbDesign.model_validate({**plain, **fields})


def units(plan: AbDesign, target: Criterion) -> int:
    needed = needed_per_arm(plan, target)
    assert needed.units is not None and needed.undefined is None
    return needed.units


def test_a_share_by_hand() -> None:
    # p0 = 0.10, p1 = 0.12, pooled 0.11: (1.959964 * sqrt(2 * 0.11 * 0.89) + 0.841621 * sqrt(0.09 + 0.1056))^2
    # / 0.02^2 = (0.867258 + 0.372222)^2 / 0.0004 = 3840.8...
    root = 1.959964 * math.sqrt(2 * 0.11 * 0.89) + 0.841621 * math.sqrt(0.1 * 0.9 + 0.12 * 0.88)
    assert units(design(), primary()) == math.ceil((root / 0.02) ** 2) == 3841


def test_a_mean_against_statsmodels() -> None:
    # The z approximation of two means with one spread: effect 3 at a standard deviation of 12 is 0.25.
    reference = NormalIndPower().solve_power(effect_size=0.25, alpha=0.05, power=0.9)
    target = primary(unit="minutes", threshold=3)
    plan = design(smallest_effect=3, expected_spread=12, power=0.9)
    assert units(plan, target) == math.ceil(reference)
    assert units(plan, target) == pytest.approx(
        tt_ind_solve_power(effect_size=0.25, alpha=0.05, power=0.9), rel=0.01
    )


@pytest.mark.parametrize("share", [0.1, 0.25, 0.9])
def test_uneven_arms_against_statsmodels(share: float) -> None:
    small, large = sorted((share, 1 - share))
    reference = NormalIndPower().solve_power(effect_size=0.25, alpha=0.05, power=0.8, ratio=large / small)
    plan = design(smallest_effect=3, expected_spread=12, candidate_share=share)
    assert units(plan, primary(unit="minutes")) == math.ceil(reference)


def test_per_cent_and_fraction_need_the_same() -> None:
    in_percent = design(smallest_effect=2, expected_control=10)
    assert units(in_percent, primary(unit="%", threshold=2)) == units(design(), primary())


def test_the_effect_goes_the_way_that_the_target_wants() -> None:
    upward, downward = primary(), primary(direction="at_most")
    margin = primary(role="guardrail")
    # A share nearer to one half varies more, so the way up from 10 % takes more than the way down.
    assert units(design(), upward) > units(design(), downward)
    assert units(design(), margin) == units(design(), downward)


def test_every_number_of_the_design_counts() -> None:
    base = units(design(), primary())
    assert units(design(power=0.9), primary()) > base
    assert units(design(smallest_effect=0.03), primary()) < base
    assert units(design(expected_control=0.2), primary()) > base
    assert units(design(candidate_share=0.1), primary()) < base
    assert units(design(), primary(level=0.99)) > base
    assert units(design(), primary(sides=1)) < base


def test_the_baseline_stands_in_for_the_control() -> None:
    known = primary(baseline=Baseline(value=0.10, source="the log of May"))
    assert units(design(expected_control=None), known) == units(design(), primary())


@pytest.mark.parametrize(
    ("plan", "target", "said"),
    [
        (design(smallest_effect=None), primary(), "not all given"),
        (design(power=None), primary(), "not all given"),
        (design(candidate_share=None), primary(), "not all given"),
        (design(expected_control=None), primary(), "control shows today"),
        (design(expected_control=3), primary(), "control shows today"),
        (design(smallest_effect=0.95), primary(), "from 0.1 to 1.05"),
        (design(), primary(unit="minutes"), "spreads from unit to unit"),
    ],
)
def test_what_cannot_be_told_says_why(plan: AbDesign, target: Criterion, said: str) -> None:
    needed = needed_per_arm(plan, target)
    assert needed.units is None and needed.undefined and said in needed.undefined
