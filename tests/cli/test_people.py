"""`sextant sign-link`, `comment` and `review`: a person is named on a folder's database; a token only looks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from sextant.problem.documents import Stakeholder
from sextant_client import Project, connect
from tests.cli.conftest import Shell

MIRA = Stakeholder(name="Mira Sol", role="ml_lead", required=True, email="mira@example.org")


@pytest.fixture
def people(mine: Shell, settings: Settings) -> Shell:
    settings.PUBLIC_URL = "https://sextant.test"
    with connect() as client:
        client.project("forms").put_document(MIRA, "mira")
    return mine


def test_a_link_is_shown_once_listed_and_ended(people: Shell) -> None:
    assert "Nobody was asked" in people("sign-link", "list").out
    made = people("sign-link", "create", "goals", "mira", "--days", "3")
    assert made.out.startswith("https://sextant.test/s/") and "Mira Sol can sign goals" in made.err
    secret = made.out.strip().split("/")[-2]
    [listed] = people("sign-link", "list", "--format", "json").json
    assert (listed["state"], listed["person"], listed["link"]) == ("open", "Mira Sol", "")
    assert secret not in str(listed) and "example.org" not in str(listed)
    assert "leads nowhere" in people("sign-link", "revoke", str(listed["id"])).out
    assert "revoked" in people("sign-link", "list").out
    assert "There are: mira" in people("sign-link", "create", "goals", "bo", code=2).err
    assert "1 to 90 days" in people("sign-link", "create", "goals", "mira", "--days", "0", code=2).err
    assert "no link 999" in people("sign-link", "revoke", "999", code=2).err


def test_where_the_site_is_not_known_no_link_can_be_made(people: Shell, settings: Settings) -> None:
    settings.PUBLIC_URL = ""
    assert "SEXTANT_PUBLIC_URL" in people("sign-link", "create", "goals", "mira", code=2).err


def test_what_is_said_is_listed_resolved_and_erased(people: Shell) -> None:
    said = people("comment", "add", "goals", "@mira can it be done?", "--by", "Ada").out
    assert "by Ada, naming Mira Sol" in said
    people("comment", "add", "document:stakeholder:mira", "Hello", "--by", "Bo")
    [first, second] = people("comment", "list", "--format", "json").json
    assert (first["names"], first["by"], second["by"]) == (["Mira Sol"], "Ada", "Bo")
    key = first["key"]
    assert "resolved by Bo" in people("comment", "resolve", key, "--by", "Bo").out
    assert key not in people("comment", "list", "--open").out
    assert "open again" in people("comment", "resolve", key, "--by", "Bo", "--again").out
    people("comment", "erase", key)
    listed = people("comment", "list", "goals").out
    assert "(erased)" in listed and "can it be done" not in listed and "Hello" not in listed
    assert "no comment" in people("comment", "erase", "0" * 16, code=2).err
    assert "names nothing" in people("comment", "add", "weather", "x", "--by", "Ada", code=2).err


def test_a_review_is_asked_and_answered(people: Shell) -> None:
    assert "asks Mira Sol to review goals" in people("review", "ask", "goals", "mira", "--by", "Ada").out
    [asked] = people("review", "list", "--open", "--format", "json").json
    assert asked["due"] == (datetime.now(UTC).date() + timedelta(days=7)).isoformat()
    assert "asked already" in people("review", "ask", "goals", "mira", "--by", "Ada", code=2).err
    past = people("review", "ask", "goals", "mira", "--by", "Ada", "--due", "2020-01-01", code=2)
    assert "is past" in past.err
    assert (
        "is done, says Mira Sol" in people("review", "answer", asked["key"], "done", "--by", "Mira Sol").out
    )
    assert "done already" in people("review", "answer", asked["key"], "done", "--by", "Mira Sol", code=2).err
    assert asked["key"] not in people("review", "list", "--open").out
    assert asked["key"] in people("review", "list", "goals").out


def test_a_token_looks_and_says_nothing(
    shell: Shell, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.put_document(MIRA, "mira")
    for listing in ("sign-link", "comment", "review"):
        assert shell(listing, "list", "--format", "json").json == []
    if project._connection.where.startswith("http"):
        for given in (
            ("sign-link", "create", "goals", "mira"),
            ("comment", "add", "goals", "x", "--by", "Ada"),
            ("review", "ask", "goals", "mira", "--by", "Ada"),
        ):
            assert "may not" in shell(*given, code=2).err
