"""The registries are whole: 32 items, a check for each, six phases."""

from __future__ import annotations

from typing import get_args

from sextant.criteria import Phase
from sextant.lifecycle.checklist import CHECKLIST, ITEMS
from sextant.lifecycle.checks import CHECKS
from sextant.lifecycle.help import HELP
from sextant.lifecycle.phases import BY_KEY


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


def test_the_phases() -> None:
    assert tuple(BY_KEY) == get_args(Phase) == tuple(HELP)
    assert {i.phase for i in CHECKLIST} == set(BY_KEY)
