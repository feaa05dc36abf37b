"""Commands on whether to build it: the tree, the return, targets as a sheet, numbers from elsewhere."""

from __future__ import annotations

import sqlite3
from datetime import date

import pytest
from pytest_django import Settings

from sextant.criteria import Criterion
from sextant.errors import InvalidInput, NotFound
from sextant.problem.declared import Reading
from sextant.problem.documents import DecisionTree, Roi, Spread
from sextant_client import Project
from sextant_server.environment import Source
from tests.cli.conftest import Shell

POSTS = Criterion(
    key="posts", name="Posts a month", family="business", metric="posts", unit="posts", direction="at_least", threshold=12
)  # fmt: skip


def test_the_tree_says_where_it_leads(shell: Shell, project: Project) -> None:
    assert "Clear problem: not answered yet." in shell("tree").out
    project.put_document(
        DecisionTree(well_defined="yes", rules_enough="yes", rules_enough_reason="They did.")
    )
    out = shell("tree").out
    assert "Simple rules: yes. They did." in out
    assert "Use rules: Solve it with rules" in out
    assert shell("tree", "--format", "json").json["outcome"] == "rules"


def test_the_return_is_worked_out(shell: Shell, project: Project) -> None:
    assert "Still to be filled in: Benefit a month" in shell("roi").out
    wide, sure = Spread(low=50, likely=100, high=200), Spread(low=10, likely=10, high=10)
    project.put_document(Roi(benefit=wide, build=Spread(low=800, likely=1000, high=2000), run=sure))
    out = shell("roi").out
    assert "The chance of a loss is" in out
    assert "It clears the project's bar." in out
    found = shell("roi", "--format", "json").json
    assert found["drivers"][0]["key"] == "benefit"
    assert len(found["months"]) == 25
    project.put_document(Roi(benefit=sure, build=sure, run=sure))
    assert "nan" not in shell("roi").out.lower()


def test_targets_go_out_and_in_as_a_sheet(shell: Shell, project: Project) -> None:
    project.put_criteria([POSTS])
    out = shell("criteria", "sheet").out
    assert out.startswith("key,name,family")
    assert "1 target stored." in shell("criteria", "load", "-", stdin=out).out
    assert [c for c in project.criteria() if c.key == "posts"] == [POSTS], "what comes back is what went out"
    more = "name;family;unit;target;baseline;baseline_source\nPosts a month;business;posts;14;;\nRecall;ml;share;90 %;;\n"
    assert "2 targets stored." in shell("criteria", "load", "-", stdin=more).out
    made = {c.key: c.threshold for c in project.criteria()}
    assert (made["posts-a-month"], made["recall"]) == (14, 0.9)


def test_a_sheet_that_is_not_right_stores_nothing_and_says_where(shell: Shell, project: Project) -> None:
    before = project.criteria()
    bad = "name,unit,family,target\nA,posts,business,1\nB,posts,business,many\n"
    assert "row 3, target: “many” is no number" in shell("criteria", "load", "-", code=2, stdin=bad).err
    assert "no column 'colour'" in shell("criteria", "load", "-", code=2, stdin="name,colour\n").err
    assert "cannot read it" in shell("criteria", "load", "nowhere.csv", code=2).err
    turned = "name,unit,family,target,baseline,baseline_source\nA,posts,business,1,5,CMS\n"
    assert "clears the bar of 1 posts already" in shell("criteria", "load", "-", code=2, stdin=turned).err
    assert project.criteria() == before
    assert "1 target stored." in shell("criteria", "load", "-", "--sure", stdin=turned).out


def test_numbers_are_typed_and_pasted(shell: Shell, project: Project) -> None:
    project.put_criteria([POSTS])
    (shell.folder / "board.png").write_bytes(b"a picture")
    typed = (
        "numbers",
        "add",
        "posts",
        "11 posts",
        "--source",
        "the board",
        "--day",
        "31.03.2026",
        "--aim",
        "12",
    )
    assert "1 stored, 0 there already." in shell(*typed, "--file", "board.png").out
    rows = "Day;Posts\n2026-01-31;8\n2026-02-28;9\n"
    assert "2 stored" in shell("numbers", "paste", "posts", "-", "--source", "CMS", stdin=rows).out
    assert "0 stored, 2 there" in shell("numbers", "paste", "posts", "-", "--source", "CMS", stdin=rows).out
    lines = shell("numbers", "list", "posts").out.splitlines()
    assert lines[1].split("  ")[0] == "2026-03-31"
    [latest, *_] = project.numbers("posts")
    assert (latest.value, latest.aim, latest.source) == (11, 12, "the board")
    assert project.attachment(latest.attachment) == b"a picture"


def test_what_is_wrong_with_numbers_is_said(shell: Shell, project: Project) -> None:
    project.put_criteria([POSTS])
    assert "Targets are: " in shell("numbers", "add", "x", "1", "--source", "b", code=2).err
    assert "is no number" in shell("numbers", "add", "posts", "many", "--source", "b", code=2).err
    late = shell("numbers", "add", "posts", "1", "--source", "b", "--day", "2100-01-01", code=2)
    assert "has not come yet" in late.err
    assert (
        "row 1: "
        in shell("numbers", "paste", "posts", "-", "--source", "b", code=2, stdin="x;1\n2026-01-01;1").err
    )
    assert (
        "cannot read it"
        in shell("numbers", "add", "posts", "1", "--source", "b", "--file", "no.png", code=2).err
    )
    assert project.numbers("posts") == []
    with pytest.raises(NotFound, match="Targets are"):
        project.numbers("x")
    with pytest.raises(InvalidInput):
        project.declare("posts", [Reading(date(2026, 1, 1), 1)], source="")


def test_numbers_are_read_by_sql_and_read_again(mine: Shell, settings: Settings) -> None:
    from sextant_client import connect

    path = mine.folder / "numbers.db"
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE posts (day TEXT, n INTEGER)")
        made.execute("INSERT INTO posts VALUES ('2026-02-28', 8)")
    made.close()
    settings.SOURCES = {"sales": Source("sales", f"sqlite:///{path}")}
    with connect() as found:
        found.project(mine.slug).put_criteria([POSTS])
    assert mine("numbers", "sources").out.splitlines()[1].split() == ["sales", "SQLite"]
    assert "o query is kept" in mine("numbers", "refresh", "posts", code=2).err
    query = "SELECT day, n FROM posts"
    assert "1 stored" in mine("numbers", "sql", "posts", "sales", "-", stdin=query).out
    assert "0 stored, 1 there" in mine("numbers", "refresh", "posts").out
    assert "only when somebody asks; last read just now" in mine("numbers", "query", "posts").out
    assert "each Monday" in mine("numbers", "query", "posts", "--again", "weekly").out
    again = mine("numbers", "query", "posts", "--format", "json").json
    assert (again["source"], again["sql"], again["again"], again["fault"]) == ("sales", query, "weekly", "")
    assert "0 stored" in mine("numbers", "sql", "posts", "sales", "-", "--again", "daily", stdin=query).out
    assert "each day" in mine("numbers", "query", "posts").out
    assert "no source 'own'" in mine("numbers", "sql", "posts", "own", "-", code=2, stdin=query).err
    assert (
        "it is no SELECT"
        in mine("numbers", "sql", "posts", "sales", "-", code=2, stdin="DROP TABLE posts").err
    )
