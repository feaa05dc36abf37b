"""The worked example holds together: its own rules find nothing to mend, and all that it says is in the brief."""

from __future__ import annotations

from datetime import date

from sextant.problem import example as worked
from sextant.problem.decision_tree import PURSUE, walk
from sextant.problem.documents import Side
from sextant.problem.five_ws import open_remarks
from sextant.problem.roi import simulate

FOUND = worked.example(date(2027, 1, 4))


def test_the_five_ws_are_clear() -> None:
    assert [r for r in open_remarks(worked.FIVE_WS) if r.severity == "must"] == []


def test_the_tree_ends_in_a_project_and_gives_every_reason() -> None:
    found = walk(worked.DECISION_TREE)
    assert found.outcome == PURSUE
    assert found.unreasoned == ()


def test_the_return_clears_its_own_bar() -> None:
    found = simulate(worked.ROI)
    assert found.median >= worked.ROI.bar_median
    assert found.chance_of_loss <= worked.ROI.bar_chance_of_loss


def test_each_caution_has_its_risk_with_a_mitigation() -> None:
    cured = {risk.key for risk in worked.RISKS if risk.mitigation}
    sides = [getattr(worked.FEASIBILITY, name) for name in type(worked.FEASIBILITY).model_fields]
    assert {side.risk for side in sides if isinstance(side, Side) and side.verdict == "caution"} <= cured


def test_the_brief_is_complete_and_the_five_targets_are_the_guides() -> None:
    assert FOUND.brief.unwritten == ()
    assert {(c.name, c.family, c.threshold) for c in FOUND.criteria} == {
        ("Blog posts published a month", "business", 12),
        ("Sign-ups who use it in a week", "product", 0.6),
        ("Drafts a user asks for in a week", "product", 3),
        ("Users' rating of a draft", "ml", 4),
        ("Drafts that users publish", "ml", 0.5),
    }
    assert all(c.binding and c.binding.starts for c in FOUND.criteria)
