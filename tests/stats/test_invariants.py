"""What holds for every interval that the package offers, over one registry that must be complete."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sextant.stats as package
from sextant.stats import Bounds, quantile_ranks
from tests.stats.model_intervals import ENTRIES

Args = tuple[Any, ...]


@dataclass(frozen=True)
class Entry:
    """One interval function: arguments it may get, what is true of them, how each parameter can be changed.

    args      draws positional arguments for which the result is defined
    grow      the same data, so many times over
    mirror    arguments and bounds of the mirrored problem; None where there is none
    changed   a base call, and for every parameter a value that must change the result
    exact     False where bounds are drawn at random: their ends then move by chance
    paired    whether sides=1 at a level is sides=2 at 2 * level - 1
    """

    args: st.SearchStrategy[Args]
    grow: Callable[[Args, int], Args]
    mirror: Callable[[Args, Bounds], tuple[Args, Bounds]] | None
    base: dict[str, Any]
    changed: dict[str, Any]
    exact: bool = True
    paired: bool = True


def negated(b: Bounds, about: float = 0.0) -> Bounds:
    return replace(b, value=about - b.value, lower=about - b.upper, upper=about - b.lower)


number = st.floats(-1e3, 1e3)
squares = st.floats(0.1, 1e4)
sized = st.integers(2, 10_000)
large = st.integers(50, 10_000)
share = st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
mean = st.tuples(sized, number, squares)
large_mean = st.tuples(large, number, squares)
two_shares = st.tuples(share, share).map(lambda two: (*two[0], *two[1]))
two_means = st.tuples(mean, mean).map(lambda two: (*two[0], *two[1]))
two_large_means = st.tuples(large_mean, large_mean).map(lambda two: (*two[0], *two[1]))
#: A denominator far from zero, and a cross product that the sums of squares allow.
ratios = st.tuples(
    st.integers(30, 5000), number, st.floats(50, 1e3), squares, st.floats(0.1, 100), st.floats(-0.9, 0.9)
).map(lambda a: (*a[:5], a[5] * math.sqrt(a[3] * a[4])))
patterns = (
    st.lists(st.integers(0, 60), min_size=3, max_size=3)
    .filter(lambda times: sum(times) > 10 and times[0] + times[1] > 0 and times[1] + times[2] > 0)
    .map(lambda times: ([[3, 0], [2, 1], [0, 3]], times))
)
histograms = st.tuples(*[st.lists(st.integers(1, 80), min_size=3, max_size=3) for _ in range(2)])
scores = st.tuples(*[st.lists(st.integers(0, 9).map(float), min_size=12, max_size=20) for _ in range(2)])


#: What a judge said of many, and people against judge on some: the judge is better than a coin by far.
judgements = st.tuples(
    st.integers(200, 400), st.just(600), st.lists(st.integers(1, 9), min_size=2, max_size=2)
).map(lambda a: (a[0], a[1], [[60, a[2][0]], [a[2][1], 70]]))
both_scored = st.tuples(
    number, number, number, st.floats(1, 100), st.floats(1, 100), st.floats(-0.9, 0.9)
).map(lambda a: (600, a[0], a[3] * 6, 80, a[1], a[4], a[2], a[3], a[5] * math.sqrt(a[3] * a[4])))
pairs = (
    st.lists(
        st.tuples(st.integers(0, 50), st.integers(0, 50)),
        min_size=8,
        max_size=20,
        unique_by=(lambda p: p[0], lambda p: p[1]),
    )
    .filter(
        lambda p: sorted(p) != sorted(p, key=lambda q: q[1]) and sorted(p) != sorted(p, key=lambda q: -q[1])
    )
    .map(lambda p: tuple(map(list, zip(*p, strict=True))))
)


def times_first(a: Args, k: int) -> Args:
    return tuple(x * k for x in a)


def times_moments(a: Args, k: int) -> Args:
    return tuple(x if i % 3 == 1 else x * k for i, x in enumerate(a))


def swap(a: Args, b: Bounds) -> tuple[Args, Bounds]:
    half = len(a) // 2
    return (*a[half:], *a[:half]), negated(b)


def flip_share(a: Args, b: Bounds) -> tuple[Args, Bounds]:
    return (a[1] - a[0], a[1]), negated(b, about=1.0)


def flip_mean(a: Args, b: Bounds) -> tuple[Args, Bounds]:
    return (a[0], -a[1], *a[2:]), negated(b)


def flip_ratio(a: Args, b: Bounds) -> tuple[Args, Bounds]:
    return (a[0], -a[1], *a[2:5], -a[5]), negated(b)


COMMON = {"level": 0.9, "sides": 1}
MEAN = {"n": 80, "mean": 1.0, "m2": 9.0}
TWO_MEANS = {"n1": 80, "mean1": 1.0, "m2_1": 9.0, "n0": 70, "mean0": 2.0, "m2_0": 8.0}

REGISTRY: dict[str, Entry] = {
    "wilson": Entry(
        share, times_first, flip_share, {"successes": 3, "trials": 9}, {"successes": 4, "trials": 8, **COMMON}
    ),
    "clopper_pearson": Entry(
        share, times_first, flip_share, {"successes": 3, "trials": 9}, {"successes": 4, "trials": 8, **COMMON}
    ),
    "mean_t": Entry(mean, times_moments, flip_mean, MEAN, {"n": 81, "mean": 2.0, "m2": 8.0, **COMMON}),
    "difference_proportions": Entry(
        two_shares,
        times_first,
        swap,
        {"s1": 3, "n1": 9, "s0": 4, "n0": 8},
        {"s1": 4, "n1": 10, "s0": 5, "n0": 9, **COMMON},
    ),
    "difference_means": Entry(
        two_means, times_moments, swap, TWO_MEANS, {k: v + 1 for k, v in TWO_MEANS.items()} | COMMON
    ),
    "ratio": Entry(
        ratios,
        lambda a, k: (a[0] * k, *a[1:3], *(x * k for x in a[3:])),
        flip_ratio,
        {"n": 80, "mean_num": 1.0, "mean_den": 5.0, "m2_num": 4.0, "m2_den": 6.0, "m11": 1.0},
        {"n": 90, "mean_num": 2.0, "mean_den": 6.0, "m2_num": 5.0, "m2_den": 7.0, "m11": 2.0, **COMMON},
    ),
    "poisson_rate": Entry(
        st.tuples(st.integers(0, 1000), st.floats(0.1, 1e4)),
        times_first,
        None,
        {"events": 3, "exposure": 10.0},
        {"events": 4, "exposure": 11.0, **COMMON},
    ),
    "confidence_sequence_proportion": Entry(
        share,
        times_first,
        flip_share,
        {"successes": 3, "trials": 9},
        {"successes": 4, "trials": 8, **COMMON},
        paired=False,
    ),
    "confidence_sequence_mean": Entry(
        large_mean,
        times_moments,
        flip_mean,
        MEAN,
        {"n": 81, "mean": 2.0, "m2": 8.0, "n_tuned": 100, **COMMON},
        paired=False,
    ),
    "confidence_sequence_difference": Entry(
        two_large_means,
        times_moments,
        swap,
        TWO_MEANS,
        {k: v + 1 for k, v in TWO_MEANS.items()} | {"n_tuned": 100} | COMMON,
        paired=False,
    ),
    "agreement_interval": Entry(
        patterns,
        lambda a, k: (a[0], [x * k for x in a[1]]),
        # Names of labels do not matter.
        lambda a, b: (([row[::-1] for row in a[0]], a[1]), b),
        {"patterns": [[3, 0], [2, 1], [0, 3]], "multiplicity": [40, 20, 30]},
        {
            "patterns": [[3, 0], [1, 2], [0, 3]],
            "multiplicity": [40, 25, 30],
            "statistic": "fleiss_kappa",
            "resamples": 300,
            "seed": 1,
            **COMMON,
        },
        exact=False,
    ),
    "cohen_interval": Entry(
        st.tuples(st.lists(st.integers(2, 60), min_size=4, max_size=4)).map(
            lambda a: ([a[0][:2], a[0][2:]],)
        ),
        lambda a, k: ([[x * k for x in row] for row in a[0]],),
        None,
        {"confusion": [[40, 5, 1], [5, 50, 4], [1, 3, 20]]},
        {
            "confusion": [[40, 9, 1], [5, 50, 4], [1, 3, 20]],
            "weights": "linear",
            "resamples": 300,
            "seed": 1,
            **COMMON,
        },
        exact=False,
    ),
    "krippendorff_interval": Entry(
        patterns,
        lambda a, k: (a[0], [x * k for x in a[1]]),
        None,
        {
            "patterns": [[3, 0, 0], [2, 1, 0], [0, 0, 3]],
            "multiplicity": [40, 20, 30],
            "metric": "interval",
            "values": [1, 2, 3],
        },
        {
            "patterns": [[3, 0, 0], [1, 2, 0], [0, 0, 3]],
            "multiplicity": [40, 25, 30],
            "metric": "ordinal",
            "values": [1, 2, 9],
            "resamples": 300,
            "seed": 1,
            **COMMON,
        },
        exact=False,
    ),
    "judged_share": Entry(
        judgements,
        lambda a, k: (a[0] * k, a[1] * k, [[x * k for x in row] for row in a[2]]),
        lambda a, b: ((a[1] - a[0], a[1], [row[::-1] for row in a[2][::-1]]), negated(b, about=1.0)),
        {"successes": 300, "trials": 600, "both": [[60, 5], [8, 70]]},
        {
            "successes": 310,
            "trials": 620,
            "both": [[60, 9], [8, 70]],
            "correction": "prediction_powered",
            **COMMON,
        },
    ),
    "judged_mean": Entry(
        both_scored,
        lambda a, k: (a[0] * k, a[1], a[2] * k, a[3] * k, a[4], a[5] * k, a[6], *(x * k for x in a[7:])),
        lambda a, b: ((a[0], -a[1], a[2], a[3], -a[4], a[5], -a[6], *a[7:]), negated(b)),
        {
            "trials": 400,
            "mean": 3.0,
            "m2": 300.0,
            "n": 80,
            "people": 3.2,
            "people_m2": 90.0,
            "judge": 3.1,
            "judge_m2": 80.0,
            "m11": 60.0,
        },
        {
            "trials": 500,
            "mean": 3.5,
            "m2": 400.0,
            "n": 90,
            "people": 3.0,
            "people_m2": 95.0,
            "judge": 3.3,
            "judge_m2": 70.0,
            "m11": 50.0,
            **COMMON,
        },
    ),
    "pearson": Entry(
        pairs,
        lambda a, k: tuple(x * k for x in a),
        lambda a, b: ((a[0], [-y for y in a[1]]), negated(b)),
        {"one": [1, 2, 3, 4, 5], "other": [1, 3, 2, 5, 4]},
        {"one": [1, 2, 3, 4, 9], "other": [1, 3, 2, 5, 6], **COMMON},
    ),
    "spearman": Entry(
        pairs,
        lambda a, k: tuple(x * k for x in a),
        lambda a, b: ((a[0], [-y for y in a[1]]), negated(b)),
        {"one": [1, 2, 3, 4, 5], "other": [1, 3, 2, 5, 4]},
        {"one": [1, 2, 3, 5, 4], "other": [3, 1, 2, 5, 4], **COMMON},
    ),
    "auc": Entry(
        scores.map(lambda two: ([two],)),
        lambda a, k: ([(x * k, y * k) for x, y in a[0]],),
        lambda a, b: (([(y, x) for x, y in a[0]],), negated(b, about=1.0)),
        {"folds": [([1.0, 2.0, 3.0], [2.0, 3.0, 5.0])]},
        {"folds": [([1.0, 2.0, 3.0], [2.0, 3.0, 2.5])], **COMMON},
    ),
    "distance_interval": Entry(
        histograms,
        lambda a, k: tuple([x * k for x in h] for h in a),
        None,
        # Where the bins lie matters for this distance alone.
        {
            "reference": [50, 30, 20],
            "current": [20, 30, 50],
            "statistic": "wasserstein",
            "positions": [0, 1, 2],
        },
        {
            "reference": [50, 20, 30],
            "current": [10, 30, 60],
            "statistic": "jensen_shannon",
            "positions": [0, 1, 9],
            "resamples": 300,
            "seed": 1,
            **COMMON,
        },
        exact=False,
    ),
}
REGISTRY |= {
    name: Entry(args, grow, None, base, changed, exact)
    for name, (args, grow, base, changed, exact) in ENTRIES.items()
}
EVERY = pytest.mark.parametrize("name", REGISTRY)


def function(name: str) -> Callable[..., Bounds]:
    found: Callable[..., Bounds] = getattr(package, name)
    return found


def width(b: Bounds) -> float:
    return b.upper - b.lower


def near(b: Bounds) -> Any:
    scale = max(abs(b.value), width(b)) if math.isfinite(width(b)) else 1.0
    return pytest.approx((b.value, b.lower, b.upper), rel=1e-9, abs=1e-9 * scale)


def test_the_registry_is_complete() -> None:
    intervals = {
        name
        for name in package.__all__
        if inspect.isfunction(getattr(package, name))
        and inspect.signature(getattr(package, name)).return_annotation == "Bounds"
    }
    assert set(REGISTRY) == intervals


@EVERY
@settings(max_examples=30)
@given(data=st.data(), level=st.floats(0.55, 0.995), sides=st.sampled_from([1, 2]))
def test_it_holds_its_value_and_is_defined(name: str, data: st.DataObject, level: float, sides: int) -> None:
    found = function(name)(*data.draw(REGISTRY[name].args), level=level, sides=sides)
    assert found.undefined is None
    assert found.lower <= found.value <= found.upper
    assert found.method


@EVERY
@settings(max_examples=20)
@given(data=st.data(), low=st.floats(0.55, 0.8), more=st.floats(0.05, 0.19))
def test_more_confidence_is_wider(name: str, data: st.DataObject, low: float, more: float) -> None:
    args = data.draw(REGISTRY[name].args)
    narrow, wide = (function(name)(*args, level=level) for level in (low, low + more))
    assert wide.lower <= narrow.lower
    assert narrow.upper <= wide.upper


@EVERY
@settings(max_examples=20)
@given(data=st.data())
def test_the_same_data_four_times_over_is_narrower(name: str, data: st.DataObject) -> None:
    entry = REGISTRY[name]
    args = data.draw(entry.args)
    less, more = function(name)(*args), function(name)(*entry.grow(args, 4))
    assert width(more) < width(less) or (not entry.exact and width(more) < width(less) * 1.2)


@pytest.mark.parametrize("name", [name for name, entry in REGISTRY.items() if entry.paired])
@settings(max_examples=20)
@given(data=st.data(), level=st.floats(0.6, 0.99))
def test_one_side_at_a_level_is_two_sides_at_twice_that_less_one(
    name: str, data: st.DataObject, level: float
) -> None:
    args = data.draw(REGISTRY[name].args)
    one, two = function(name)(*args, level=level, sides=1), function(name)(*args, level=2 * level - 1)
    assert (one.value, one.lower, one.upper) == near(two)


@pytest.mark.parametrize("name", [name for name, entry in REGISTRY.items() if not entry.paired])
@settings(max_examples=20)
@given(data=st.data(), level=st.floats(0.8, 0.99))
def test_one_sided_bounds_of_a_sequence_are_no_narrower_than_their_pair(
    name: str, data: st.DataObject, level: float
) -> None:
    args = data.draw(REGISTRY[name].args)
    one, two = function(name)(*args, level=level, sides=1), function(name)(*args, level=2 * level - 1)
    assert one.value == two.value
    if name != "confidence_sequence_proportion":  # its one-sided mixture knows the side, and may be sharper
        assert one.lower <= two.lower
        assert two.upper <= one.upper


@pytest.mark.parametrize("name", [name for name, entry in REGISTRY.items() if entry.mirror])
@settings(max_examples=20)
@given(data=st.data(), sides=st.sampled_from([1, 2]))
def test_the_mirrored_problem_has_the_mirrored_answer(name: str, data: st.DataObject, sides: int) -> None:
    mirror = REGISTRY[name].mirror
    assert mirror is not None
    args = data.draw(REGISTRY[name].args)
    mirrored, expected = mirror(args, function(name)(*args, sides=sides))
    found = function(name)(*mirrored, sides=sides)
    assert (found.value, found.lower, found.upper) == near(expected)


@EVERY
def test_every_parameter_has_its_effect(name: str) -> None:
    entry, call = REGISTRY[name], function(name)
    assert set(entry.changed) == set(inspect.signature(call).parameters)
    base = call(**entry.base)
    for parameter, value in entry.changed.items():
        assert call(**{**entry.base, parameter: value}) != base, parameter


@EVERY
def test_the_same_question_has_the_same_answer(name: str) -> None:
    base = REGISTRY[name].base
    assert function(name)(**base) == function(name)(**base)


def test_bounds_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Bounds(0.5, 0.4, 0.6, "wilson").value = 1.0  # type: ignore[misc]


@given(n=st.integers(1, 500), percent=st.integers(1, 99), level=st.floats(0.55, 0.99))
def test_quantile_ranks_are_mirrored_and_paired(n: int, percent: int, level: float) -> None:
    _, lower, upper = quantile_ranks(n, percent / 100, level=level)
    _, mirrored_lower, mirrored_upper = quantile_ranks(n, (100 - percent) / 100, level=level)
    assert (mirrored_lower, mirrored_upper) == (n + 1 - upper, n + 1 - lower)
    assert quantile_ranks(n, percent / 100, level=(1 + level) / 2, sides=1)[1:] == (lower, upper)


def test_every_parameter_of_the_rest_has_its_effect() -> None:
    assert len({quantile_ranks(*args) for args in ((100, 0.5), (90, 0.5), (100, 0.6))}) == 3
    assert (
        quantile_ranks(100, 0.5, level=0.8) != quantile_ranks(100, 0.5) != quantile_ranks(100, 0.5, sides=1)
    )
    size = package.sample_size_proportions
    calls = [size(0.1, 0.2), size(0.12, 0.2), size(0.1, 0.25), size(0.1, 0.2, power=0.9)]
    calls += [size(0.1, 0.2, level=0.9), size(0.1, 0.2, level=0.99, sides=1)]
    assert len(set(calls)) == len(calls)
