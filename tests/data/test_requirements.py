"""Rules that can be checked are told from prose."""

from __future__ import annotations

import pytest

from sextant.data.documents import DataRequirement
from sextant.data.requirements import ASPECTS, Rule, read_rule, uncheckable, without_rule


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("rows at least 10,000", Rule("rows", "at_least", 10000)),
        ("rows>=10000", Rule("rows", "at_least", 10000)),
        ("rows ≥ 10000", Rule("rows", "at_least", 10000)),
        ("missing amounts at most 1.5 %", Rule("missing amounts", "at_most", 1.5, "%")),
        ("missing amounts must be no more than 1 %.", Rule("missing amounts", "at_most", 1, "%")),
        ("age of the newest row is at most 30 days", Rule("age of the newest row", "at_most", 30, "days")),
        ("temperature above -5 C", Rule("temperature", "above", -5, "C")),
        ("share of drafts < 10%", Rule("share of drafts", "below", 10, "%")),
        ("language is one of en, de or fr", Rule("language", "one_of", values=("en", "de", "fr"))),
        ("format = parquet", Rule("format", "equal", values=("parquet",))),
        ("columns exactly 65", Rule("columns", "equal", 65)),
    ],
)
def test_rules_are_read(text: str, rule: Rule) -> None:
    assert read_rule(text) == rule


@pytest.mark.parametrize(
    "text",
    ["", "good data", "quality is high", "rows at least many", "at least 5", "rows at least", "margin 5",
     "amounts in the table", "more than enough rows"],
)  # fmt: skip
def test_prose_is_no_rule(text: str) -> None:
    assert read_rule(text) is None


def test_a_requirement_can_be_checked_by_its_target_or_by_its_rule() -> None:
    def asked(**fields: str) -> DataRequirement:
        return DataRequirement.model_validate({"aspect": "quantity", **fields})

    known = {"rows": object()}
    assert uncheckable(asked(criterion="rows"), known) is None
    assert uncheckable(asked(rule="rows at least 5"), {}) is None
    assert "does not exist" in str(uncheckable(asked(criterion="rows", rule="rows at least 5"), {}))
    assert "is not a rule" in str(uncheckable(asked(rule="plenty"), known))
    assert "neither" in str(uncheckable(asked(text="plenty"), known))


def test_the_sides_without_a_requirement_are_named_in_their_order() -> None:
    there = [DataRequirement(aspect="format"), DataRequirement(aspect="sources")]
    assert without_rule(there) == ["quantity", "quality", "labels"]
    assert without_rule(there, labels_needed=False) == ["quantity", "quality"]
    assert without_rule([]) == list(ASPECTS)
