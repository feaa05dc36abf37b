"""Which of many nobody beats: against the definition, pair by pair."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sextant.errors import InvalidInput
from sextant.model.fronts import front


@given(st.lists(st.tuples(*[st.integers(0, 4)] * 3), max_size=12))
def test_the_front_is_whom_nobody_beats(points: list[tuple[int, int, int]]) -> None:
    numbers = {
        f"r{i}": {"q": float(a), "ms": float(b), "usd": float(c)} for i, (a, b, c) in enumerate(points)
    }

    def beats(one: dict[str, float], other: dict[str, float]) -> bool:
        as_good = one["q"] >= other["q"] and one["ms"] <= other["ms"] and one["usd"] <= other["usd"]
        return as_good and one != other

    expected = {n for n, own in numbers.items() if not any(beats(o, own) for o in numbers.values())}
    assert set(front(numbers, ["q", "ms", "usd"], lower_is_better=["ms", "usd"])) == expected


def test_whoever_lacks_a_number_is_an_error() -> None:
    with pytest.raises(InvalidInput, match="b has no number for ms"):
        front({"a": {"q": 1, "ms": 2}, "b": {"q": 1, "ms": float("nan")}}, ["q", "ms"])
    with pytest.raises(InvalidInput, match="nothing to compare by"):
        front({"a": {}}, [])
    assert front({}, ["q"]) == ()
