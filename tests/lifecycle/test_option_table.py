"""Options side by side: measured before assumed, what is lacking, what turns the winner, and costs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sextant.criteria import Baseline
from sextant.evidence import Declared, Producer, Version
from sextant.lifecycle.option_table import option_table, plain, what_turns_it
from sextant.lifecycle.state import Written
from sextant.model.documents import Guess, ModelOption, ModelRequirements, OptionDecision, Weight
from tests.lifecycle.factory import NOW, criterion, proportion, state, written

ACCURACY = criterion("accuracy", baseline=Baseline(value=0.7, source="the clerks"))
COST = criterion("cost", family="cost", unit="USD", direction="at_most", threshold=0.01)


def guess(value: float) -> tuple[Guess, ...]:
    return (Guess(criterion="accuracy", value=value, source="a paper"),)


def option(key: str, **fields: Any) -> Written:
    return written(ModelOption(name=key.capitalize(), **fields), key)


RULES = option(
    "rules", approach="rules", assumed=guess(0.8), weeks_to_market=1, fixed_cost=100, unit_cost=0.02
)
NET = option("net", model="net@v1", assumed=guess(0.85), weeks_to_market=5, fixed_cost=1000, unit_cost=0.01)
WEIGHTS = OptionDecision(
    chosen="net", volume=5000, weights=(Weight(factor="accuracy", weight=3), Weight(factor="weeks_to_market", weight=1))
)  # fmt: skip


def test_what_is_measured_takes_the_place_of_what_is_assumed() -> None:
    before = option_table(state(criteria=[ACCURACY], documents=[RULES, NET, WEIGHTS]))
    assert before.assumed and before.rows[1].cells["accuracy"].origin == "assumed"
    measured = proportion("accuracy", 90, 100, model=Version.parse("model:net@v1"))
    after = option_table(state(criteria=[ACCURACY], documents=[RULES, NET, WEIGHTS], evidence=[measured]))
    cell = after.rows[1].cells["accuracy"]
    assert (cell.value, cell.origin, cell.digest) == (0.9, "measured", measured.digest())
    assert cell.lower is not None and cell.lower < 0.9


def test_a_declared_cost_is_called_so_and_becomes_the_cost_of_an_answer() -> None:
    said = Declared(
        value=0.004, unit="USD", criterion="cost", estimand="cost", setting="offline", at=NOW, source="the bill",
        source_date=NOW.date(), model=Version.parse("model:net@v1"), producer=Producer(name="test"),
    )  # fmt: skip
    per_one = ModelRequirements(cost="cost", cost_answers=1)
    given: dict[str, Any] = {"criteria": [ACCURACY, COST], "evidence": [said]}
    found = option_table(state(documents=[RULES, NET, WEIGHTS, per_one], **given))
    assert found.rows[1].cells["unit_cost"].value == 0.004
    assert found.rows[1].cells["unit_cost"].origin == found.rows[1].cells["cost"].origin == "declared"
    assert found.costs["net"] == (1000, 0.004)
    # 100 + 0.02 n = 1000 + 0.004 n at n = 56,250.
    assert [(c.one, c.other, c.volume) for c in found.crossings] == [("net", "rules", pytest.approx(56_250))]
    assert found.course[0] == (0.0, "rules") and found.course[1][1] == "net"
    per_thousand = per_one.model_copy(update={"cost_answers": 1000.0})
    less = option_table(state(documents=[RULES, NET, WEIGHTS, per_thousand], **given))
    assert less.costs["net"] == (1000, pytest.approx(4e-6))
    # Where nobody said for how many answers it is, what the option says stands.
    unsaid = option_table(state(documents=[RULES, NET, WEIGHTS, ModelRequirements(cost="cost")], **given))
    assert unsaid.costs["net"] == (1000, 0.01)


def test_who_comes_first_and_what_turns_that() -> None:
    found = option_table(state(criteria=[ACCURACY], documents=[RULES, NET, WEIGHTS]))
    assert [s.option for s in found.ranking] == ["net", "rules"]
    # Of two options one has all and the other nothing of each factor, so they are level at equal weights.
    assert {t.factor: t.weight for t in found.turns} == {"accuracy": 1.0, "weeks_to_market": 3.0}
    said = what_turns_it(found)
    assert said.startswith("Net comes first, until ") and "draws level" in said
    tried = option_table(
        state(criteria=[ACCURACY], documents=[RULES, NET, WEIGHTS]), {"weeks_to_market": 1.0}
    )
    assert tried.ranking[0].option == "rules"


def test_a_number_that_cannot_be_is_not_offered_as_one_that_turns_it() -> None:
    found = option_table(state(criteria=[ACCURACY], documents=[RULES, NET, WEIGHTS]))
    assert found.moves
    for move in found.moves:
        assert move.number is not None
        assert 0 <= move.number <= (1 if move.factor == "accuracy" else 1e9)


def test_what_is_lacking_is_named_and_nobody_wins() -> None:
    bare = option("bare", approach="api")
    found = option_table(state(criteria=[ACCURACY], documents=[RULES, bare, WEIGHTS]))
    assert found.ranking == () and found.lacks == ("Bare has no number for Accuracy, Weeks to market.",)
    assert what_turns_it(found) == ""
    alone = option_table(state(criteria=[ACCURACY], documents=[RULES, WEIGHTS]))
    assert alone.lacks == ("1 option is compared; a choice takes two or more.",)
    nobody = option_table(state())
    assert nobody.lacks == ("No option is compared; a choice takes two or more.",) and not nobody.has_rules


def test_how_it_is_today_is_always_a_row_and_never_wins() -> None:
    found = option_table(state(criteria=[ACCURACY], documents=[RULES, NET, WEIGHTS]))
    assert found.today.cells["accuracy"].value == 0.7 and found.today.key == ""
    assert all(s.option for s in found.ranking)
    assert found.has_rules


def test_before_anything_is_decided_the_requirements_count_one_each() -> None:
    asked = ModelRequirements(quality="accuracy")
    found = option_table(state(criteria=[ACCURACY], documents=[RULES, NET, asked]))
    assert {f.key: f.weight for f in found.factors if f.weight} == {"accuracy": 1.0, "weeks_to_market": 1.0}


def test_what_was_measured_on_data_that_changed_does_not_count() -> None:
    from tests.lifecycle.factory import subject

    old = proportion(
        "accuracy", 90, 100, model=Version.parse("model:net@v1"), data=Version.parse("dataset:test@v1"),
        at=NOW - timedelta(days=9),
    )  # fmt: skip
    found = option_table(
        state(criteria=[ACCURACY], documents=[RULES, NET, WEIGHTS], evidence=[old], subjects=[subject("dataset", "test", "v2")])
    )  # fmt: skip
    assert found.rows[1].cells["accuracy"].origin == "assumed"


def test_all_of_it_is_plain_values() -> None:
    import json

    found = plain(option_table(state(criteria=[ACCURACY], documents=[RULES, NET, WEIGHTS])))
    assert json.loads(json.dumps(found, allow_nan=False))["ranking"][0]["option"] == "net"
