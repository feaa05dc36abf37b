"""The first ten minutes from a shell: opportunities, four ways to begin, the five Ws and the brief."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Shell

LIST = "Title,Problem,Value,Feasibility,Data,Risk\nRead forms,Clerks type 600 forms a day,5,4,4,2\nSort mail,,3,5,2,1\n"


def lay(shell: Shell, name: str, text: str) -> str:
    Path(shell.folder, name).write_text(text, encoding="utf-8")
    return name


def test_opportunities_come_in_are_compared_and_one_is_opened(mine: Shell) -> None:
    assert mine("opportunities", "import", lay(mine, "list.csv", LIST)).out == "Stored 2 rows.\n"
    found = mine("opportunities", "list", "--format", "json").json
    assert [(o["key"], o["score"], o["rank"]) for o in found["opportunities"]] == [
        ("read-forms", 83.75 + 1.25, 1), ("sort-mail", 65.0, 2),
    ]  # fmt: skip
    assert "Read forms" in mine("opportunities", "list").out
    assert mine("opportunities", "weights", "--risk", "0", "--format", "json").json["risk"] == 0
    out = mine("opportunities", "export").out
    assert out.startswith("key,title,problem,value,feasibility,data,risk,lead,note,score")
    assert "Opened the project read-forms" in mine("opportunities", "open", "read-forms").out
    assert mine("five-ws", "--project", "read-forms", "--format", "json").json[0]["question"] == "who"
    assert "opened from" in mine("opportunities", "open", "read-forms", "--slug", "again", code=2).err
    mine("opportunities", "remove", "sort-mail")
    assert "there is no opportunity" in mine("opportunities", "remove", "sort-mail", code=2).err


@pytest.mark.parametrize(
    ("text", "said"),
    [("Title,Value\nA,9\n", "row 2, value: '9' is no rating"), ("Name\nA\n", "no column 'name' is known")],
)
def test_a_list_with_a_fault_is_refused(mine: Shell, text: str, said: str) -> None:
    assert said in mine("opportunities", "import", lay(mine, "list.csv", text), code=2).err


def test_a_one_pager_becomes_a_brief(mine: Shell) -> None:
    file = lay(
        mine, "one.md", "# Problem\nClerks type 600 forms a day.\n\nBudget: EUR 50,000\nDuration: 6 months\n"
    )
    told = mine("new", "Form reader", "--one-pager", file)
    assert "heading" in told.out and "Clerks type 600 forms a day." in told.out
    assert "Line 5 was not taken" in told.err
    brief = mine("brief", "--project", "form-reader").out
    assert brief.startswith("# Form reader: project brief")
    assert "€50,000" in brief


def test_the_example_and_a_live_model(mine: Shell) -> None:
    mine("new", "Drafts", "--example")
    assert "people and numbers are made up" in mine("brief", "--project", "drafts").out
    assert mine("five-ws", "--project", "drafts", "--format", "json").json is not None
    assert "at maintenance" in mine("new", "Reader", "--live", "reader@v3").out
    given = ["--metric", "Forms read right", "--unit", "share", "--bar", "90 %", "--source", "the board"]
    given += ["--watched-by", "PM", "--value", "93 %", "--since", "2026-01-05"]
    assert "Forms read right is watched" in mine("new", "Read on", "--live", "reader@v3", *given).out
    status = mine("status", "--project", "read-on", "--format", "json").json
    assert "forms-read-right" in str(status) and "met" in str(status)
    assert mine("documents", "list", "--project", "read-on").out.count("monitor") == 1
    assert mine("new", "Plain", "--rigor", "light").out == "Opened the project plain.\n"
    assert "there is no brief yet" in mine("brief", "--project", "plain", code=2).err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--example", "--live", "a@1"], "choose one"), (["--phase", "evaluation"], "give --live too"),
        (["--live", "reader"], "names no version"), (["--one-pager", "gone.md"], "cannot read it"),
        (["--metric", "a"], "give --live too"),
        (["--live", "a@1", "--metric", "a", "--unit", "ms"], "lacks --bar, --source, --watched-by"),
        (["--live", "a@1", "--metric", "a", "--unit", "ms", "--bar", "few", "--source", "b", "--watched-by", "c"], "no number"),
    ],
)  # fmt: skip
def test_a_beginning_that_makes_no_sense_is_told(mine: Shell, arguments: list[str], said: str) -> None:
    assert said.lower() in mine("new", "A", *arguments, code=2).err.lower()
