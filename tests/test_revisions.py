"""What changed between two versions: the words that went and came, and whether signatures are about them."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from sextant.criteria import Baseline, Criterion
from sextant.lifecycle.goals import goal_sections, goals_digest
from sextant.lifecycle.state import PhasePlan, ProjectState
from sextant.problem.documents import Brief
from sextant.revisions import changes, sections, word_diff

POSTS = Criterion(
    key="posts", name="Posts a month", family="business", metric="posts published", unit="posts", direction="at_least",
    threshold=12, baseline=Baseline(value=8, source="CMS"), due=date(2027, 5, 1),
)  # fmt: skip


@given(st.text(" ab.\n", max_size=60), st.text(" ab.\n", max_size=60))
def test_the_words_that_stayed_and_came_are_the_new_text(before: str, after: str) -> None:
    runs = word_diff(before, after)
    assert "".join(text for what, text in runs if what != "gone").split() == after.split()
    assert "".join(text for what, text in runs if what != "new").split() == before.split()


def test_only_what_signatures_are_about_is_material() -> None:
    before = Brief(problem="Clerks retype 400 forms.", budget=8000.0, ml_metrics=("recall", "latency"))
    after = Brief(problem="Clerks retype 450 forms.", budget=9000.5, ml_metrics=("recall",), done="It runs.")
    found = {c.name: c for c in changes(sections(before), sections(after))}
    assert {name: c.material for name, c in found.items()} == {
        "problem": False, "ml_metrics": True, "budget": True, "done": True,
    }  # fmt: skip
    assert found["problem"].words == (
        ("same", "Clerks retype"),
        ("gone", " 400"),
        ("new", " 450"),
        ("same", " forms."),
    )
    assert found["budget"].words == (("gone", "8000"), ("new", " 9000.5"))
    assert found["ml_metrics"].words == (("same", "recall"), ("gone", "\nlatency"))
    assert before.material_digest() != after.material_digest()
    assert before.material_digest() == before.model_copy(update={"problem": "x"}).material_digest()


def state(*criteria: Criterion, **dates: date) -> ProjectState:
    plan = PhasePlan("data", planned_start=date(2026, 3, 2), **dates)
    return ProjectState(
        "p", "P", datetime.now(UTC), criteria={c.key: c for c in criteria}, plans={"data": plan}
    )


def test_whatever_re_opens_the_goals_can_be_seen() -> None:
    """Every field of a criterion that changes the digest changes what a person is shown, and no other does."""
    before = state(POSTS)
    others = {
        "name": "Posts", "family": "product", "metric": "drafts", "unit": "drafts", "direction": "at_most",
        "threshold": 12.0000001, "role": "guardrail", "phase": "model", "slice": {"size": "small"}, "level": 0.9,
        "sides": 1, "minimum_n": 30, "settings": ("experiment",), "kinds": ("count",), "origins": ("simulated",),
        "requires": ("leakage",), "continuous": True, "baseline": Baseline(value=8, source="the dashboard"),
        "due": date(2027, 6, 1), "due_days_after_exposure": 30, "max_age_days": 9.0, "leading": "clicks",
        "owner": "Product", "binding": None, "note": "as agreed",
    }  # fmt: skip
    assert others.keys() == Criterion.model_fields.keys() - {"key"}
    for name, value in others.items():
        after = state(
            Criterion.model_validate(
                {**POSTS.model_dump(), **({"due": None} if "after" in name else {}), name: value}
            )
        )
        seen = bool(changes(goal_sections(before), goal_sections(after)))
        assert seen is (goals_digest(before) != goals_digest(after)), name
        assert seen is (name not in ("binding", "note")), name
    moved = replace(before, plans=state(POSTS, planned_end=date(2026, 5, 1)).plans)
    [change] = changes(goal_sections(before), goal_sections(moved))
    assert change.label == "Timeline, Data"
    [gone] = changes(goal_sections(before), goal_sections(replace(before, criteria={})))
    assert {what for what, _ in gone.words} == {"gone"}


def test_two_long_texts_are_compared_in_a_moment() -> None:
    long = " ".join(f"word{n % 97}." for n in range(40_000))
    began = time.perf_counter()
    runs = word_diff(long, long.replace("word5.", "other."))
    assert time.perf_counter() - began < 20
    assert ("gone", long) in runs or len(runs) > 2
