"""The decision tree: every outcome is reached, in order, and only through the answers that lead there."""

from __future__ import annotations

from itertools import product

import pytest

from sextant.problem.decision_tree import OUTCOMES, OVERSIGHT, PURSUE, QUESTIONS, UNDECIDED, walk
from sextant.problem.documents import DecisionTree

ON = {question: leads_on for question, leads_on, _ in QUESTIONS}
PLAN = {"oversight_plan": "Two people read each letter.", "oversight_criterion": "letters_read"}


def other(answer: str) -> str:
    return "no" if answer == "yes" else "yes"


def test_all_answers_that_lead_on_end_in_pursue() -> None:
    found = walk(DecisionTree.model_validate(ON))
    assert found.outcome is PURSUE and found.outcome.goes_on
    assert [step.question for step in found.path] == list(ON)
    assert not any(step.stops for step in found.path)


@pytest.mark.parametrize(("question", "stop"), [(q, stop) for q, _, stop in QUESTIONS])
def test_the_other_answer_stops_at_its_question(question: str, stop: object) -> None:
    found = walk(DecisionTree.model_validate({**ON, question: other(ON[question])}))
    assert found.outcome is stop and not found.outcome.goes_on
    assert found.path[-1].question == question and found.path[-1].stops
    open_there = walk(DecisionTree.model_validate({**ON, question: "unknown"}))
    assert open_there.outcome is UNDECIDED and open_there.path[-1].question == question


@pytest.mark.parametrize("left_out", [(), ("oversight_plan",), ("oversight_criterion",)])
def test_no_room_for_errors_leads_on_only_with_a_whole_oversight_plan(left_out: tuple[str, ...]) -> None:
    plan = {k: v for k, v in PLAN.items() if k not in left_out}
    found = walk(DecisionTree.model_validate({**ON, "errors_tolerable": "no", **plan}))
    assert found.outcome.goes_on is not bool(left_out)
    assert (found.outcome is OVERSIGHT) is not bool(left_out)


def test_a_plan_changes_nothing_where_errors_are_tolerated() -> None:
    assert walk(DecisionTree.model_validate({**ON, **PLAN})).outcome is PURSUE


def test_every_combination_of_answers_ends_and_every_outcome_is_reached() -> None:
    ends = set()
    for answers in product(("yes", "no", "unknown"), repeat=len(ON)):
        for plan in ({}, PLAN):
            found = walk(DecisionTree.model_validate({**dict(zip(ON, answers, strict=True)), **plan}))
            # The first question that is not answered the way that leads on decides, whatever comes after it.
            first = next((i for i, step in enumerate(found.path) if step.stops), None)
            assert first is None or first == len(found.path) - 1
            assert found.outcome.goes_on is (first is None)
            ends.add(found.outcome.key)
    assert ends == {outcome.key for outcome in OUTCOMES}


def test_only_answered_questions_on_the_path_need_a_reason() -> None:
    tree = DecisionTree(well_defined="yes", well_defined_reason="Counted monthly.", rules_enough="yes")
    assert walk(tree).unreasoned == ("Simple rules",)
    assert walk(DecisionTree()).unreasoned == ()
