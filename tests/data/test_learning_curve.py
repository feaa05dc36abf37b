"""How many rows are needed: the curve, its ranges, and what it refuses."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sextant.data.learning_curve import EXPONENTS, learning_curve, measure_runs, rule_of_thumb
from sextant.errors import InvalidInput

SIZES = (100, 200, 400, 800, 1600, 3200)


def exact(limit: float, scale: float, exponent: float) -> list[tuple[float, float]]:
    """Runs on a curve, but for a hair that alternates."""
    return [(n, limit - scale * n**-exponent + (-1) ** i * 1e-6) for i, n in enumerate(SIZES)]


def test_by_hand() -> None:
    # 0.9 - 2 n^-1/2: at 10,000 rows 0.9 - 0.02 = 0.88, and 0.88 needs (2 / 0.02)^2 = 10,000 rows.
    curve = learning_curve(exact(0.9, 2, 0.5), bounds=(0, 1))
    assert (curve.limit, curve.exponent) == (pytest.approx(0.9, abs=0.005), pytest.approx(0.5, abs=0.02))
    expected = curve.at(10_000)
    assert expected.lower is not None and expected.upper is not None and expected.value is not None
    assert expected.value == pytest.approx(0.88, abs=0.002)
    needed = curve.needed(0.88)
    assert needed.answer == "more" and needed.rows == pytest.approx(10_000, rel=0.1)
    assert (
        needed.lower is not None
        and needed.upper is not None
        and needed.lower < 10_500
        and needed.upper > 9_500
    )


def test_an_error_falls_as_a_score_rises() -> None:
    scores = exact(0.9, 2, 0.5)
    up = learning_curve(scores, bounds=(0, 1)).needed(0.87)
    down = learning_curve([(n, 1 - s) for n, s in scores], better="lower", bounds=(0, 1)).needed(0.13)
    assert (up.answer, up.rows, up.lower, up.upper) == pytest.approx(
        (down.answer, down.rows, down.lower, down.upper)
    )


def test_what_is_reached_what_never_is_and_what_nobody_can_tell() -> None:
    curve = learning_curve(exact(0.9, 2, 0.5), bounds=(0, 1))
    assert curve.needed(0.8).answer == "reached"
    never = curve.needed(0.95)
    assert (never.answer, never.rows, never.upper) == ("out_of_reach", None, None)
    assert never.numbers == (math.inf, 0.0, math.inf)
    rng = np.random.default_rng(2)
    noisy = learning_curve([(n, s + rng.normal(0, 0.01)) for n, s in exact(0.9, 2, 0.5)], bounds=(0, 1))
    unsure = noisy.needed(0.895)
    assert unsure.answer == "cannot_tell" and unsure.upper is None
    assert "do not tell how many rows" in unsure.why


def test_more_runs_and_known_errors_narrow_the_range() -> None:
    rng = np.random.default_rng(3)

    def width(repeats: int) -> float:
        runs = [(n, s + rng.normal(0, 0.005)) for n, s in exact(0.9, 2, 0.5) for _ in range(repeats)]
        found = learning_curve(runs, bounds=(0, 1)).at(6400)
        assert found.lower is not None and found.upper is not None
        return found.upper - found.lower

    assert width(40) < width(2)
    # A run that is off, and is known to be unsure, hardly counts.
    runs = [(*r, 0.001) for r in exact(0.9, 2, 0.5)]
    off = [*runs, (1600, 0.5, 1.0)]
    assert learning_curve(off, bounds=(0, 1)).score(6400) == pytest.approx(
        learning_curve(runs).score(6400), abs=0.001
    )


def test_a_higher_level_gives_a_wider_range() -> None:
    runs = [
        (n, s + e) for (n, s), e in zip(exact(0.9, 2, 0.5), (1e-3, -2e-3, 1e-3, 0, -1e-3, 1e-3), strict=True)
    ]
    narrow, wide = (learning_curve(runs, level=level).at(6400) for level in (0.8, 0.99))
    assert wide.lower is None or narrow.lower is None or wide.lower < narrow.lower


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        (exact(0.9, 2, 0.5)[:4], "there are 4 runs with 4 different"),
        ([(100, 0.5)] * 10, "there are 10 runs with 1 different"),
        ([(n, 0.9 - 0.1 * i) for i, n in enumerate(SIZES)], "does not get higher"),
        ([(n, 0.9) for n in SIZES], "does not get higher"),
        ([(0, 0.5), *exact(0.9, 2, 0.5)], "above 0"),
        ([(100, math.nan), *exact(0.9, 2, 0.5)], "finite"),
        ([(100, 1.5), *exact(0.9, 2, 0.5)], "between 0 and 1"),
        ([(100, 0.5, 0.1), *exact(0.9, 2, 0.5)], "not pairs"),
    ],
)
def test_what_is_no_curve_is_refused(runs: list[tuple[float, ...]], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        learning_curve(runs, bounds=(0, 1))


def test_real_training_runs_tell_what_twice_as_many_rows_give() -> None:
    from sklearn.datasets import load_digits
    from sklearn.naive_bayes import GaussianNB

    digits = load_digits()
    rng = np.random.default_rng(0)
    order = rng.permutation(len(digits.target))
    test, pool = order[:500], order[500:]

    def train(rows: int, seed: int) -> float:
        drawn = np.random.default_rng(seed).choice(pool, rows, replace=False)
        model = GaussianNB(var_smoothing=1e-2).fit(digits.data[drawn], digits.target[drawn])
        return float(model.score(digits.data[test], digits.target[test]))

    curve = learning_curve(measure_runs(train, [40, 80, 160, 320, 640], repeats=8), bounds=(0, 1))
    later = np.mean([s for _, s in measure_runs(train, [1280], repeats=3, seed=99)])
    expected = curve.at(1280)
    assert expected.lower is not None and expected.upper is not None
    assert expected.lower - 0.01 <= later <= expected.upper + 0.01
    assert expected.upper - expected.lower < 0.1
    assert EXPONENTS[0] < curve.exponent < EXPONENTS[1]


def test_the_rule_of_thumb() -> None:
    assert (rule_of_thumb("simple"), rule_of_thumb("complex"), rule_of_thumb("fine_tuning")) == (
        (1_000, 10_000), (100_000, 1_000_000), (100, 1_000),
    )  # fmt: skip
    with pytest.raises(InvalidInput, match="kinds are simple"):
        rule_of_thumb("hard")  # type: ignore[arg-type]
