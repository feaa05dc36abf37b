"""Options weighed: worked by hand, and the turning points checked by weighing again on both sides of them."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sextant.errors import InvalidInput
from sextant.model.options import Numbers, break_even, cheapest, moves, rank, sensitivity

# Quality: rules 0 (0.7, worst), net 1 (0.9, best), forest 0.5 (0.8). Time: rules 1 (1 ms), net 0 (81),
# forest 0.75 (21).
NUMBERS = {
    "rules": {"quality": 0.7, "ms": 1.0},
    "forest": {"quality": 0.8, "ms": 21.0},
    "net": {"quality": 0.9, "ms": 81.0},
}
WEIGHTS = {"quality": 3.0, "ms": 1.0}


def scores(weights: dict[str, float], numbers: Numbers = NUMBERS) -> dict[str, float]:
    return {s.option: s.score for s in rank(numbers, weights, lower_is_better=["ms"])}


def test_scores_are_the_weighted_means_of_distances() -> None:
    # rules (0·3 + 1·1)/4, forest (0.5·3 + 0.75·1)/4, net (1·3 + 0·1)/4
    assert scores(WEIGHTS) == pytest.approx({"net": 3 / 4, "forest": 2.25 / 4, "rules": 1 / 4})
    assert list(scores(WEIGHTS)) == ["net", "forest", "rules"]
    assert list(scores({"quality": 1, "ms": 1})) == ["forest", "net", "rules"]


def test_the_direction_and_the_weights_change_the_ranking() -> None:
    assert [s.option for s in rank(NUMBERS, WEIGHTS)] != [
        s.option for s in rank(NUMBERS, WEIGHTS, lower_is_better=["quality", "ms"])
    ]
    assert list(scores({"quality": 1, "ms": 3})) == ["rules", "forest", "net"]


def test_what_is_equal_for_all_counts_for_nobody() -> None:
    same = {option: {**own, "control": 3.0} for option, own in NUMBERS.items()}
    found = rank(same, {**WEIGHTS, "control": 10}, lower_is_better=["ms"])
    assert [s.option for s in found] == ["net", "forest", "rules"]
    assert all(s.parts["control"] == 0 for s in found)
    assert rank(same, {**WEIGHTS, "control": 10}, lower_is_better=["ms", "control"]) == found


def test_the_turning_points_are_where_two_lines_meet() -> None:
    # Net and forest: 3 = 1.5 + 0.75 w at w = 2 for the time; w = 0.5 w + 0.75 at w = 1.5 for the quality.
    found = {t.factor: t for t in sensitivity(NUMBERS, WEIGHTS, lower_is_better=["ms"])}
    assert (found["ms"].weight, found["ms"].winner, found["ms"].now) == (pytest.approx(2), "forest", 1)
    assert (found["quality"].weight, found["quality"].winner) == (pytest.approx(1.5), "forest")
    assert [t.factor for t in sensitivity(NUMBERS, WEIGHTS, lower_is_better=["ms"])] == ["ms", "quality"]


def test_a_winner_in_everything_is_turned_by_no_single_weight() -> None:
    numbers = {"a": {"x": 2.0, "y": 2.0}, "b": {"x": 1.0, "y": 1.0}}
    assert [(t.weight, t.winner) for t in sensitivity(numbers, {"x": 1, "y": 1})] == [
        (None, "a"),
        (None, "a"),
    ]


def test_a_weight_of_nothing_is_a_turn_too_and_of_two_turns_the_nearer_counts() -> None:
    only = {"a": {"x": 2.0}, "b": {"x": 1.0}}
    assert [(t.weight, t.winner) for t in sensitivity(only, {"x": 1.0})] == [(0.0, "b")]
    # Against a at (1, 0): b at (0.75, 0.5) draws level where y weighs 0.5, c at (0, 1) where it weighs 1.
    three = {"a": {"x": 4.0, "y": 0.0}, "b": {"x": 3.0, "y": 2.0}, "c": {"x": 0.0, "y": 4.0}}
    found = {t.factor: t for t in sensitivity(three, {"x": 1.0, "y": 0.25})}
    assert (found["y"].weight, found["y"].winner) == (0.5, "b")


@given(
    table=st.lists(st.tuples(*[st.integers(0, 9)] * 3), min_size=2, max_size=4),
    weights=st.tuples(*[st.integers(1, 9)] * 3),
)
def test_the_winner_changes_at_the_turn_and_not_before(
    table: list[tuple[int, int, int]], weights: tuple[int, int, int]
) -> None:
    numbers = {f"o{i}": dict(zip("xyz", map(float, row), strict=True)) for i, row in enumerate(table)}
    given_weights = dict(zip("xyz", map(float, weights), strict=True))
    best = rank(numbers, given_weights)[0]

    def lead(factor: str, weight: float) -> float:
        """How far the present winner is ahead of the best of the others, at another weight."""
        again = {s.option: s.score for s in rank(numbers, {**given_weights, factor: weight})}
        return again.pop(best.option) - max(again.values())

    for turn in sensitivity(numbers, given_weights):
        if turn.weight is None:
            assert lead(turn.factor, 0.0) > -1e-9 and lead(turn.factor, 1e6) > -1e-9
            continue
        assert abs(lead(turn.factor, turn.weight)) < 1e-9
        assert lead(turn.factor, (turn.now + turn.weight) / 2) > -1e-9


@pytest.mark.parametrize(
    ("fixed", "unit", "other_fixed", "other_unit", "volume"),
    [
        (0, 0.5, 40000, 0.1, 100000),
        (40000, 0.1, 0, 0.5, 100000),
        (0, 0.1, 5, 0.2, None),
        (0, 1, 5, 1, None),
        (5, 0.1, 5, 0.2, None),
    ],
)
def test_costs_break_even_where_their_lines_cross(
    fixed: float, unit: float, other_fixed: float, other_unit: float, volume: float | None
) -> None:
    assert break_even(fixed, unit, other_fixed, other_unit) == (
        None if volume is None else pytest.approx(volume)
    )


@pytest.mark.parametrize(
    ("numbers", "weights", "said"),
    [
        ({"a": {"x": 1.0}}, {"x": 1.0}, "two or more"),
        ({"a": {"x": 1.0}, "b": {"x": 2.0}}, {}, "weights are zero or more"),
        ({"a": {"x": 1.0}, "b": {"x": 2.0}}, {"x": 0.0}, "weights are zero or more"),
        ({"a": {"x": 1.0}, "b": {"x": 2.0}}, {"x": -1.0}, "weights are zero or more"),
        ({"a": {"x": 1.0}, "b": {}}, {"x": 1.0}, "b has no number for x"),
        ({"a": {"x": 1.0}, "b": {"x": float("nan")}}, {"x": 1.0}, "b has no number for x"),
    ],
)
def test_bad_input_is_named(numbers: Numbers, weights: dict[str, float], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        rank(numbers, weights)


_NUMBERS = st.integers(0, 6).map(float)


@settings(max_examples=200)
@example({"a": (0.0, 2.0), "b": (6.0, 1.0), "c": (6.0, 6.0)}, 1, 2, False)
@given(
    st.dictionaries(st.sampled_from("abcd"), st.tuples(_NUMBERS, _NUMBERS), min_size=2),
    st.integers(1, 4), st.integers(1, 4), st.booleans(),
)  # fmt: skip
def test_a_number_moved_less_than_that_leaves_the_winner_and_moved_there_does_not(
    table: dict[str, tuple[float, float]], one: int, other: int, less: bool
) -> None:
    """Each nearest number against trying: up to just before it the winner leads, just beyond it somebody else does or is
    level; where there is none, numbers far and near change nothing."""
    numbers = {o: {"x": x, "y": y} for o, (x, y) in table.items()}
    weights, lower = {"x": float(one), "y": float(other)}, ["y"] if less else []
    ranked = rank(numbers, weights, lower_is_better=lower)
    if len(ranked) > 1 and ranked[0].score - ranked[1].score < 1e-9:
        return
    winner = ranked[0].option

    def leads(option: str, factor: str, number: float) -> bool:
        moved = {o: {**own, factor: number} if o == option else own for o, own in numbers.items()}
        found = {s.option: s.score for s in rank(moved, weights, lower_is_better=lower)}
        return all(found[winner] >= score - 1e-7 for score in found.values())

    for move in moves(numbers, weights, lower_is_better=lower):
        near = [-50.0, -3.0, -0.5, 0.25, 1.1, 2.4, 3.3, 4.7, 6.1, 9.0, 80.0]
        if move.number is None:
            assert move.winner == winner
            assert all(leads(move.option, move.factor, n) for n in near)
            continue
        gap = move.number - move.now
        for share in (0.0, 0.3, 0.7, 0.99):
            assert leads(move.option, move.factor, move.now + share * gap), move
        step = 1e-6 if gap >= 0 else -1e-6
        beyond = [move.number, move.number + step, move.number - step]
        scores = []
        for number in beyond:
            moved = {
                o: {**own, move.factor: number} if o == move.option else own for o, own in numbers.items()
            }
            found = {s.option: s.score for s in rank(moved, weights, lower_is_better=lower)}
            scores.append(found[move.winner] - found[winner])
        assert max(scores) >= -1e-5, move


def test_the_cheapest_over_volume_is_the_cheapest_at_every_volume() -> None:
    costs = {"rent": (0.0, 0.5), "tune": (9000.0, 0.2), "build": (40_000.0, 0.1), "never": (50_000.0, 0.4)}
    course = cheapest(costs)
    assert course == [(0.0, "rent"), (30_000.0, "tune"), (310_000.0, "build")]
    for volume in (0, 100, 29_999, 30_001, 200_000, 310_001, 1e9):
        best = min(costs, key=lambda o: costs[o][0] + costs[o][1] * volume)
        assert [key for at, key in course if at <= volume][-1] == best
    assert cheapest({}) == []
    assert cheapest({"free": (0.0, 0.0), "paid": (0.0, 0.1)}) == [(0.0, "free")]
