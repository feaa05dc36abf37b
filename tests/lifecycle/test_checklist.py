"""The registries are whole: 32 items, a check for each, six phases."""

from __future__ import annotations

from typing import get_args

from sextant.criteria import Phase
from sextant.documents import document_kinds
from sextant.lifecycle.checklist import CHECKLIST, ITEMS
from sextant.lifecycle.checks import CHECKS
from sextant.lifecycle.help import HELP
from sextant.lifecycle.phases import BY_KEY
from sextant.lifecycle.steps import STEPS


def test_every_item_has_a_check_and_no_check_is_without_an_item() -> None:
    assert len(CHECKLIST) == len(ITEMS) == 32
    assert CHECKS.keys() == ITEMS.keys()


def test_ten_items_block_at_every_rigor() -> None:
    assert [i.key for i in CHECKLIST if i.starred] == [
        "1a",
        "1b",
        "1c",
        "1f",
        "2f",
        "4a",
        "4d",
        "4e",
        "5b",
        "5c",
    ]


def test_what_a_persons_word_decides() -> None:
    assert [i.key for i in CHECKLIST if i.signed] == ["1e", "1f", "3a", "4b", "4e"]


def test_every_step_of_every_phase_has_its_help() -> None:
    per_phase = dict.fromkeys(BY_KEY, 0)
    for number, step in enumerate(STEPS):
        assert step.key.startswith(f"{step.info.number}.")
        per_phase[step.phase] += 1
        assert step.key == f"{step.info.number}.{per_phase[step.phase]}", number
        assert step.goals and step.part and len(step.ask) >= 2 and step.avoid
        assert all(question.endswith(("?", ".")) and instead for question, instead in step.avoid)
    assert list(per_phase.values()) == [5, 5, 4, 4, 4, 4]


def test_steps_name_documents_that_exist_and_every_item_belongs_to_one() -> None:
    written = [kind for step in STEPS for kind in step.kinds]
    assert len(written) == len(set(written))
    assert set(written) <= set(document_kinds())
    assert all(document_kinds()[kind].phase == step.phase for step in STEPS for kind in step.kinds)
    assert {item for step in STEPS for item in step.items} == set(ITEMS)
    assert all(ITEMS[item].phase in (step.phase, "evaluation") for step in STEPS for item in step.items)


def test_the_phases() -> None:
    assert tuple(BY_KEY) == get_args(Phase) == tuple(HELP)
    assert {i.phase for i in CHECKLIST} == set(BY_KEY)
