"""Labels that turn out not to be trusted take every number about a model along that rests on them."""

from __future__ import annotations

from typing import Any

import pytest

from sextant.criteria import Origin
from sextant.data.documents import Guideline
from sextant.evidence import Agreement, Evidence, Proportion, Soundness, Version
from sextant.lifecycle.checks.evaluation import CHECKS
from sextant.lifecycle.label_trust import labels_hold
from sextant.lifecycle.staleness import Subject
from sextant.lifecycle.state import ProjectState
from sextant.verdicts import Status
from tests.lifecycle.factory import DATA, MODEL, criterion, day, proportion, state, subject, written

V1, V2 = (Version.parse(f"guideline:digit@{v}") for v in ("v1", "v2"))
DIGIT = Guideline(task="Which digit?", version="v1", agreement_bar=0.67)
TARGET = criterion("accuracy", threshold=0.95)
FIELDS: dict[str, Any] = {
    "setting": "offline",
    "at": day(0),
    "origin": "measured",
    "producer": {"name": "sextant labeling"},
}
HELD = tuple(Soundness(rule=rule, holds=True) for rule in ("held_out", "no_leakage"))
#: 985 of 1,000 by labels that were made by the guideline's first version.
RIGHT = proportion("accuracy", 985, 1000, model=MODEL, data=DATA, soundness=HELD, depends=(V1,))


def agreement(agree: int, differ: int, on: Version = V1, **fields: Any) -> Agreement:
    patterns, times = ((2, 0), (0, 2), (1, 1)), (agree // 2, agree - agree // 2, differ)
    given = {**FIELDS, "unit": "alpha", "estimand": "agreement", "depends": (on,), **fields}
    return Agreement.of(patterns=patterns, multiplicity=times, **given)


def gold(right: int, seen: int, on: Version = V1, **fields: Any) -> Proportion:
    unseen = (Soundness(rule="gold_unseen", holds=True),)
    given = {**FIELDS, "unit": "share", "estimand": "right", "depends": (on,), "soundness": unseen, **fields}
    return Proportion.of(successes=right, trials=seen, **given)


def at(*evidence: Evidence, now: str = "v1", **fields: Any) -> ProjectState:
    base: dict[str, Any] = {
        "criteria": [TARGET], "candidate": MODEL, "documents": [written(DIGIT, "digit")],
        "subjects": [subject("dataset", "test"), subject("guideline", "digit", now)],
    }  # fmt: skip
    return state(evidence=evidence, **{**base, **fields})


GOOD, BAD = agreement(196, 4), agreement(120, 80)
NO = "There is proof, but it does not count: it does not hold that "


@pytest.mark.parametrize(
    ("proved", "status", "said"),
    [
        ([GOOD], Status.MET, "98.5 %"),
        ([GOOD, gold(190, 200)], Status.MET, "98.5 %"),
        # 9 of 10 may be chance: the low end is 0.6.
        ([GOOD, gold(9, 10)], Status.MISSING, NO + "the labelers are right often enough where the answer is known (by"),
        ([GOOD, gold(100, 200)], Status.MISSING, "at least 70 % must be"),
        ([BAD], Status.MISSING, NO + "the labelers agreed well enough (they agree at 0.2"),
        ([agreement(168, 32)], Status.MISSING, "the bar is 0.67"),
        ([agreement(0, 0)], Status.MISSING, "agreement by digit v1 is not known"),
        # What was proved of another version, or is invented, says nothing of these labels.
        ([agreement(120, 80, V2), GOOD], Status.MET, "98.5 %"),
        ([agreement(120, 80, origin=Origin.SIMULATED), gold(1, 200, origin=Origin.SIMULATED)], Status.MET, "98.5 %"),
        ([], Status.MET, "98.5 %"),
    ],
)  # fmt: skip
def test_a_number_counts_as_far_as_its_labels_do(proved: list[Evidence], status: Status, said: str) -> None:
    verdict = at(RIGHT, *proved).verdict("accuracy")
    assert verdict.status is status, verdict.reason
    assert said in verdict.reason


def test_the_labels_are_found_through_the_data_that_they_made() -> None:
    through = RIGHT.model_copy(update={"depends": ()})
    made = Subject("dataset", "test", DATA.version, "data", depends=(V1,))
    assert at(through, BAD).verdict("accuracy").status is Status.MET
    assert at(through, BAD, subjects=[made]).verdict("accuracy").status is Status.MISSING


def test_another_meaning_of_the_guideline_makes_it_stale() -> None:
    verdict = at(RIGHT, GOOD, now="v2").verdict("accuracy")
    assert verdict.status is Status.STALE
    assert verdict.reason == "Must be measured again: guideline digit is now v2, and it was taken on v1."


def test_a_target_on_the_labelers_sets_their_bar() -> None:
    strict = criterion("right_on_gold", threshold=0.98)
    found = gold(190, 200, criterion="right_on_gold")
    held = at(RIGHT, found, criteria=[TARGET, strict])
    assert held.verdict("accuracy").status is Status.MISSING
    assert "at least 98 % must be" in held.verdict("accuracy").reason


def test_the_proof_of_the_labels_themselves_is_not_held_against_itself() -> None:
    held = at(RIGHT, BAD)
    assert labels_hold(held, BAD) == ()
    assert [s.holds for s in labels_hold(held, RIGHT)] == [False]


def test_the_gate_takes_the_rounds_word_that_labelers_agreed() -> None:
    """Item 4a asks that the labels were agreed on: the number itself, or the round whose guideline it names, may say so."""
    assert CHECKS["4a"](at(RIGHT, GOOD)).status is Status.MET
    without = CHECKS["4a"](at(RIGHT))
    assert without.status is Status.MISSING and "nobody checked that the labelers agreed" in without.reason
    assert "does not count" in CHECKS["4a"](at(RIGHT, BAD)).reason


def test_two_guidelines_do_not_hide_each_other() -> None:
    other = Version.parse("guideline:tone@v1")
    assert GOOD.topic != agreement(196, 4, other).topic
    assert gold(9, 10).topic != gold(9, 10, other).topic
