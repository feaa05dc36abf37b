"""Declared numbers: what is read out of pasted rows and of a database's, and what becomes evidence."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from sextant.acceptance import accept
from sextant.criteria import Criterion, Origin, Setting
from sextant.errors import InvalidInput
from sextant.problem.declared import MOST_ROWS, Reading, declare, read_rows, reading, refuse_future
from sextant.verdicts import Proof, Status, judge

TODAY = date(2026, 4, 1)
POSTS = Criterion(
    key="posts", name="Posts a month", family="business", metric="posts published", unit="posts",
    direction="at_least", threshold=12,
)  # fmt: skip


def rows(text: str, unit: str = "posts") -> list[Reading]:
    return read_rows(text, unit, today=TODAY)


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-28\t8\t9\n2026-03-31\t11\t12",
        "Day\tPosts\tPlan\n2026-03-31\t11\t12\n2026-02-28\t8\t9\n",
        "2026-02-28;8;9\r\n2026-03-31;11;12\r\n",
        "date,value,target\n2026-02-28,8,9\n\n2026-03-31,11 posts,12",
        'Day,Posts,Plan\n"28.02.2026","8","9"\n"31.03.2026","11","12"',
        "2026-03-31,11,12\n2026-02-28,8,9\n2026-03-31,11,12",
    ],
)
def test_rows_as_a_spreadsheet_gives_them(text: str) -> None:
    assert rows(text) == [Reading(date(2026, 2, 28), 8, 9), Reading(date(2026, 3, 31), 11, 12)]


def test_the_third_column_may_be_left_out_also_in_some_rows() -> None:
    assert [r.aim for r in rows("2026-01-31;8;\n2026-02-28;9\n2026-03-31;9;10")] == [None, None, 10]
    assert [r.value for r in rows("2026-01;60 %\n2026-02;0.7", "share")] == [0.6, 0.7]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no row"),
        ("Day;Posts", "only a heading"),
        ("2026-03-31", "row 1: it has 1 cell"),
        ("2026-03-31;1;2;3", "row 1: it has 4 cells"),
        ("2026-03-31;many", "row 1: value “many” is no number"),
        ("Day;Posts\nsoon;3", "row 2: day “soon” is no day"),
        ("2026-04-02;3", "row 1: 2026-04-02 has not come yet"),
        ("1850-01-01;3", "row 1: 1850-01-01 is too long ago"),
        ("2026-03-31;3\n2026-03-31;4", "row 2: 2026-03-31 stands twice"),
        ("03/04/2026;3", "may be two days"),
    ],
)
def test_rows_that_cannot_be_read_are_named(text: str, said: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        rows(text)
    assert said in str(raised.value)


def test_all_rows_at_fault_are_counted_and_none_is_taken() -> None:
    with pytest.raises(InvalidInput) as raised:
        rows("2026-03-31;1\n" + "x;1\n" * 7)
    said = str(raised.value)
    assert said.count("row ") == 5
    assert "and 2 more (all rows are taken, or none)" in said


def test_so_many_rows_are_too_many() -> None:
    days = [(date(2020, 1, 1) + timedelta(days=n)).isoformat() for n in range(MOST_ROWS + 1)]
    assert len(rows("\n".join(f"{d};1" for d in days[1:]))) == MOST_ROWS
    with pytest.raises(InvalidInput, match=r"1,001 rows \(at most 1,000 at once\)"):
        rows("\n".join(f"{d};1" for d in days))


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ((date(2026, 3, 31), 3), Reading(date(2026, 3, 31), 3.0)),
        (("2026-03-31", Decimal("3.5"), None), Reading(date(2026, 3, 31), 3.5)),
        ((datetime(2026, 3, 31, 23, 30, tzinfo=UTC), 3.5, 4), Reading(date(2026, 3, 31), 3.5, 4.0)),
        (
            (datetime(2026, 3, 31, 23, 30, tzinfo=timezone(-timedelta(hours=2))), 1),
            Reading(date(2026, 4, 1), 1.0),
        ),
    ],
)
def test_a_row_of_a_database(row: tuple[Any, ...], found: Reading) -> None:
    assert reading(row) == found


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ((3,), "1 column"), ((1, 2, 3, 4), "4 columns"), ((3, 3), "first column holds a int"),
        ((None, 3), "first column holds nothing"), ((TODAY, None), "second column holds nothing"),
        ((TODAY, "3"), "second column holds a str"), ((TODAY, True), "holds a bool"),
        ((TODAY, float("nan")), "holds nan"), ((TODAY, 3, "x"), "third column holds a str"), (("soon", 3), "is no day"),
    ],
)  # fmt: skip
def test_a_row_of_a_database_that_is_no_number_of_a_day(row: tuple[Any, ...], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        reading(row)


def test_a_number_becomes_evidence_with_its_source_and_day() -> None:
    [made] = declare(POSTS, [Reading(date(2026, 3, 31), 11, 12)], source="CMS", attachment="sha256:ab")
    assert (made.kind, made.origin, made.setting) == ("declared", Origin.DECLARED, Setting.REVIEW)
    assert (made.value, made.aim, made.unit, made.source_date) == (11, 12, "posts", date(2026, 3, 31))
    assert (made.source, made.attachment, made.at) == ("CMS", "sha256:ab", datetime(2026, 3, 31, tzinfo=UTC))
    accept(made)
    # The same row entered later is the same evidence.
    [again] = declare(POSTS, [Reading(date(2026, 3, 31), 11, 12)], source="CMS", attachment="sha256:ab")
    assert again.digest() == made.digest()
    without = declare(POSTS, [Reading(date(2026, 3, 31), 11)], source="CMS")[0]
    assert "aim" not in without.plain(), "what is not said leaves older records as they are"


def test_a_declared_number_judges_on_its_value() -> None:
    for value, status in ((11, Status.UNMET), (12, Status.MET)):
        [made] = declare(POSTS, [Reading(date(2026, 3, 31), value)], source="CMS")
        made = made.model_copy(update={"measure_digest": POSTS.measure_digest})
        assert judge(POSTS, [Proof(made, made.digest())]).status is status


def test_what_takes_no_declared_number_says_so() -> None:
    one = [Reading(TODAY, 1)]
    ml = POSTS.model_copy(update={"family": "ml"})
    with pytest.raises(InvalidInput, match="takes no declared number"):
        declare(ml, one, source="x")
    assert declare(ml.model_copy(update={"origins": (Origin.DECLARED,)}), one, source="x")
    with pytest.raises(InvalidInput, match="is a guardrail"):
        declare(POSTS.model_copy(update={"role": "guardrail"}), one, source="x")


def test_a_source_names_no_person_and_is_there() -> None:
    for source in ("ada@example.com told me", ""):
        with pytest.raises(InvalidInput):
            declare(POSTS, [Reading(TODAY, 1)], source=source)


def test_what_has_not_come_is_refused() -> None:
    refuse_future([Reading(TODAY, 1)], TODAY)
    with pytest.raises(InvalidInput, match="2026-04-02 has not come yet"):
        refuse_future([Reading(TODAY + timedelta(days=1), 1)], TODAY)
