"""Opportunities are scored by their weights and nothing else, and the ranking says what it hangs on."""

from __future__ import annotations

import pytest

from sextant.errors import InvalidInput
from sextant.problem.opportunities import (
    SIDES,
    Opportunity,
    Tip,
    Weights,
    rank,
    read_opportunity,
    read_weights,
    score,
    tips,
)


def one(key: str, *ratings: int | None, **more: object) -> Opportunity:
    return Opportunity.model_validate(
        {"key": key, "title": key, **dict(zip(SIDES, ratings, strict=False)), **more}
    )


def test_the_score_is_the_weighted_mean_with_risk_turned_round() -> None:
    # 40 × (5-1)/4 + 25 × (3-1)/4 + 20 × (2-1)/4 + 15 × (5-4)/4 = 40 + 12.5 + 5 + 3.75, out of 100.
    assert score(one("a", 5, 3, 2, 4)) == 61.25
    assert score(one("best", 5, 5, 5, 1)) == 100
    assert score(one("worst", 1, 1, 1, 5)) == 0


@pytest.mark.parametrize("side", SIDES)
def test_each_weight_and_each_rating_changes_the_score(side: str) -> None:
    given = one("a", 4, 3, 2, 2)
    assert score(given, Weights(**{side: 80})) != score(given)
    assert score(given.model_copy(update={side: 5})) != score(given)


def test_only_the_proportion_of_weights_matters() -> None:
    given = one("a", 5, 3, 2, 4)
    assert score(given, Weights(value=80, feasibility=50, data=40, risk=30)) == score(given)


def test_what_is_not_rated_has_no_score_and_comes_last() -> None:
    found = rank([one("open", 5, None, 5, 1), one("low", 1, 1, 1, 5), one("high", 5, 5, 5, 1)])
    assert [(s.opportunity.key, s.rank) for s in found] == [("high", 1), ("low", 2), ("open", None)]
    assert found[2].unrated == ("feasibility",)
    # A side without weight need not be rated.
    assert score(one("open", 5, None, 5, 1), Weights(feasibility=0)) == 100


def test_equal_scores_share_a_rank() -> None:
    found = rank([one("b", 3, 3, 3, 3), one("a", 3, 3, 3, 3), one("c", 1, 1, 1, 1)])
    assert [(s.opportunity.key, s.rank) for s in found] == [("a", 1), ("b", 1), ("c", 3)]


def test_the_choice_says_which_weight_it_hangs_on() -> None:
    listed = [one("bold", 5, 2, 2, 4), one("sure", 2, 5, 5, 1)]
    assert rank(listed)[0].opportunity.key == "sure"
    assert tips(listed, Weights(value=60, feasibility=13, data=13, risk=14)) == (
        Tip("value", "half", "sure"),
    )
    assert tips([one("only", 3, 3, 3, 3)]) == tips([]) == ()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"value": "6"}, "row 2, value: '6' is no rating (a whole number from 1 to 5)"),
        ({"risk": "high"}, "row 2, risk: 'high' is no rating"),
        ({"title": " "}, "row 2, title"),
        ({"colour": "red"}, "row 2, colour"),
    ],
)
def test_a_fault_names_its_place(values: dict[str, str], said: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        read_opportunity({"key": "a", "title": "A", **values}, where="row 2")
    assert str(raised.value).startswith(said)


def test_an_empty_rating_is_none_and_weights_count_for_something() -> None:
    assert read_opportunity({"key": "a", "title": "A", "value": " "}, where="row 1").value is None
    with pytest.raises(InvalidInput, match="one weight at least must be above 0"):
        read_weights(dict.fromkeys(SIDES, 0))
    with pytest.raises(InvalidInput, match="weight of risk"):
        read_weights({"risk": -1})
