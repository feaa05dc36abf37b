"""Targets as rows of a sheet: what is read, what is refused beside its cell, what is asked, and back again."""

from __future__ import annotations

from datetime import date
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sextant.criteria import MAX_DAYS, Criterion, Family
from sextant.errors import InvalidInput
from sextant.problem.amounts import amount, day
from sextant.problem.targets import (
    COLUMNS,
    SUGGESTIONS,
    Fault,
    questions,
    read_row,
    row_of,
    timeframe,
    unbound,
)

TODAY = date(2026, 3, 2)
ROW = {
    "name": "Posts a month", "family": "business", "metric": "posts published", "unit": "posts", "baseline": "8",
    "baseline_source": "CMS", "direction": "at least", "target": "12", "due": "6 months", "owner": "Product manager",
    "measured_by": "count in the CMS", "measured_owner": "Analyst", "measured_from": "2026-04-01",
}  # fmt: skip


def read(**changed: str) -> tuple[Criterion | None, list[Fault]]:
    return read_row({**ROW, **changed}, today=TODAY)


def faults(**changed: str) -> dict[str, str]:
    made, found = read(**changed)
    assert made is None
    return {f.column: f.said for f in found if not f.question}


def test_the_guides_own_targets_are_entered_as_rows() -> None:
    rows = [
        {**ROW, "name": "Blog posts published a month", "target": "12"},
        {"name": "Weekly active users", "family": "product", "unit": "share", "target": "60 %", "due": "3 months"},
        {"name": "Drafts a week and user", "family": "product", "unit": "drafts", "target": "3", "due": "3 months"},
        {"name": "Rating by users", "family": "ml", "unit": "points", "target": "4", "due": "3 months"},
        {"name": "Acceptance rate", "family": "ml", "unit": "share", "direction": ">", "target": "0.5", "due": "6 months"},
    ]  # fmt: skip
    made = []
    for row in rows:
        one, found = read_row(row, today=TODAY)
        assert one is not None
        assert found == []
        made.append((one.key, one.threshold, one.due_days_after_exposure))
    assert made == [
        ("blog-posts-published-a-month", 12, 183), ("weekly-active-users", 0.6, 91), ("drafts-a-week-and-user", 3, 91),
        ("rating-by-users", 4, 91), ("acceptance-rate", 0.5, 183),
    ]  # fmt: skip


def test_a_row_says_all_of_a_target() -> None:
    made, found = read()
    assert found == []
    assert made == Criterion(
        key="posts-a-month", name="Posts a month", family="business", metric="posts published", unit="posts",
        direction="at_least", threshold=12, owner="Product manager", due_days_after_exposure=183,
        baseline={"value": 8, "source": "CMS"},
        binding={"measured_by": "count in the CMS", "owner": "Analyst", "starts": date(2026, 4, 1)},
    )  # fmt: skip


def test_a_row_of_a_target_gives_it_again() -> None:
    made, _ = read(due="2026-09-30", target="0.125", unit="share", baseline="0.1")
    assert made is not None
    assert read_row(row_of(made), today=TODAY, before=made) == (made, [])
    assert set(row_of(made)) == set(COLUMNS)


def test_what_the_sheet_does_not_show_stays() -> None:
    before = Criterion(
        key="posts", name="Posts", family="business", metric="posts", unit="posts", direction="at_least",
        threshold=10, level=0.9, sides=1, minimum_n=30, slice={"blog": "main"}, note="As agreed.",
        baseline={"value": 8, "source": "CMS", "at": date(2026, 1, 1)}, due=date(2025, 1, 1),
    )  # fmt: skip
    made, found = read_row({**row_of(before), "target": "12"}, today=TODAY, before=before)
    assert found == [], "a due date that has passed stays, if it was there before"
    assert made == before.model_copy(update={"threshold": 12})
    moved, _ = read_row({**row_of(before), "baseline": "9"}, today=TODAY, before=before)
    assert moved is not None
    assert moved.baseline is not None
    assert moved.baseline.at is None, "another value is not of the old day"
    later, found = read_row({**row_of(before), "due": "2025-06-01"}, today=TODAY, before=before)
    assert later is None
    assert [f.column for f in found] == ["due"]


@pytest.mark.parametrize(
    ("changed", "column", "said"),
    [
        ({"name": ""}, "name", "Write what must hold"),
        ({"unit": ""}, "unit", "Write the unit"),
        ({"target": ""}, "target", "Write the number to reach"),
        ({"target": "a dozen"}, "target", "“a dozen” is no number"),
        ({"family": "marketing"}, "family", "is no kind"),
        ({"direction": "sideways"}, "direction", "is no direction"),
        ({"baseline_source": ""}, "baseline_source", "where today's value comes from"),
        ({"baseline": ""}, "baseline", "Write today's value"),
        ({"due": "2026-03-01"}, "due", "has passed"),
        ({"due": "soon"}, "due", "6 months after first use"),
        ({"due": "3000 years"}, "due", "at most 36,500"),
        ({"measured_by": ""}, "measured_by", "Say what measures it"),
        ({"measured_from": "03/04/2026"}, "measured_from", "may be two days"),
        ({"owner": "ada@example.com"}, "owner", "e-mail address"),
        ({"name": "!!!"}, "name", "short name"),
        ({"name": "x" * 4001}, "name", "at most 4000"),
    ],
)
def test_what_is_wrong_stands_beside_its_cell(changed: dict[str, str], column: str, said: str) -> None:
    found = faults(**changed)
    assert said in found[column]
    assert set(found) == {column}


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert set(faults(name="", target="x", due="y")) == {"name", "target", "due"}


def test_today_is_no_day_that_has_passed() -> None:
    made, found = read(due="2026-03-02", measured_from="")
    assert (made is not None, found) == (True, [])


@pytest.mark.parametrize(
    ("changed", "column"),
    [
        ({"direction": "at most"}, "direction"),
        ({"baseline": "12"}, "direction"),
        ({"baseline": "15"}, "direction"),
        ({"unit": "share", "target": "60", "baseline": "0.1"}, "target"),
        ({"unit": "share", "target": "0.9", "baseline": "10"}, "baseline"),
        ({"due": "2026-03-20"}, "measured_from"),
    ],
)
def test_what_is_hardly_meant_is_asked_and_may_stand(changed: dict[str, str], column: str) -> None:
    made, found = read(**changed)
    assert made is not None
    assert {f.column for f in found} >= {column}
    assert all(f.question for f in found)


def test_a_guardrails_margin_is_not_held_against_todays_value() -> None:
    limit = Criterion(
        key="wait", name="Wait", family="system", metric="wait", unit="s", direction="at_most", threshold=1,
        role="guardrail", baseline={"value": 0.5, "source": "log"},
    )  # fmt: skip
    assert questions(limit) == []


def test_what_is_not_said_of_how_it_is_measured() -> None:
    made, _ = read()
    assert made is not None
    assert unbound(made) == ()
    without, _ = read(measured_by="", measured_owner="", measured_from="")
    assert without is not None
    assert unbound(without) == ("how", "from when"), "its owner sees to that"
    nobody, _ = read(measured_owner="", owner="")
    assert nobody is not None
    assert unbound(nobody) == ("by whom",)


def test_every_suggestion_makes_a_target_once_it_has_its_number() -> None:
    for one in SUGGESTIONS:
        row = {
            "name": one.name,
            "family": one.family,
            "metric": one.metric,
            "unit": one.unit,
            "target": "0.5",
        }
        made, found = read_row(
            {**row, "direction": one.direction, "measured_by": one.measured_by}, today=TODAY
        )
        assert made is not None
        assert found == []
        assert made.key == one.key
    assert {s.family for s in SUGGESTIONS} == {"business", "product", "ml"}
    assert {s.family for s in SUGGESTIONS} < set(get_args(Family))
    assert len({s.key for s in SUGGESTIONS}) == len(SUGGESTIONS)


@given(st.integers(0, MAX_DAYS))
def test_a_timeframe_reads_back_as_the_same_days(days: int) -> None:
    made, found = read(due=timeframe(days))
    assert found == []
    assert made is not None
    assert made.due_days_after_exposure == days


# --- amounts and days


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("12", "", 12), ("12 posts", "posts", 12), ("60%", "share", 0.6), ("60 %", "%", 60), ("1,200", "", 1200),
        ("$1,200.50", "USD", 1200.5), ("1200 EUR", "EUR", 1200), ("1.234,5", "", 1234.5), ("1,5", "", 1.5),
        ("12,25", "", 12.25), ("−3", "", -3), ("1 234 567", "", 1_234_567), ("1'000", "", 1000), ("1e3", "", 1000),
        (".5", "share", 0.5), ("0.7 %", "share", 0.007), ("€ 300", "EUR", 300), ("14.5 %", "share", 0.145),
    ],
)  # fmt: skip
def test_an_amount_is_read_as_people_write_it(text: str, unit: str, value: float) -> None:
    assert amount(text, unit) == value


@pytest.mark.parametrize(
    "text", ["", "twelve", "1,23,456", "1.2.3", "nan", "inf", "1e999", "9" * 41, "12 apples", "--3", "1 2"]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="is no number"):
        amount(text, "posts")


@pytest.mark.parametrize(
    ("text", "unit", "fits"),
    [
        ("60 %", "EUR", False), ("60 %", "% of revenue", True), ("60 %", "", True), ("€ 5", "USD", False),
        ("$5", "CAD", True), ("5 €", "EUR a month", True), ("£5", "posts", False), ("€5", "", True),
    ],
)  # fmt: skip
def test_a_sign_of_another_unit_is_told(text: str, unit: str, fits: bool) -> None:
    if fits:
        assert amount(text, unit) in (5, 60)
        return
    with pytest.raises(InvalidInput, match="has the sign"):
        amount(text, unit)


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_an_amount_as_python_writes_it(value: float) -> None:
    assert amount(repr(value)) == value


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-03-31", date(2026, 3, 31)), ("2026-3-1", date(2026, 3, 1)), ("31.03.2026", date(2026, 3, 31)),
        ("31/03/2026", date(2026, 3, 31)), ("03/31/2026", date(2026, 3, 31)), ("05/05/2026", date(2026, 5, 5)),
        ("2024-02", date(2024, 2, 29)), ("Dec 2026", date(2026, 12, 31)), ("march 2026", date(2026, 3, 31)),
        ("2026-03-31 00:00:00", date(2026, 3, 31)), ("2026-03-31T12:00:00Z", date(2026, 3, 31)),
    ],
)  # fmt: skip
def test_a_day_is_read_as_people_write_it(text: str, when: date) -> None:
    assert day(text) == when


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-13-01", "30.02.2026", "03/04/2026", "26-03-31", "Foo 2026", "0000-01"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        day(text)
