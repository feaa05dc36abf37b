"""The pages of the numbers from elsewhere: one typed with its file, many pasted, some read by SQL."""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from sextant.criteria import Criterion
from sextant.evidence import Declared
from sextant_server.environment import Source
from sextant_server.projects import actions as projects
from sextant_server.projects.models import Project
from sextant_server.records import actions, audit, queries
from sextant_server.records.models import Attachment, DocumentRow, EvidenceRow, Record
from tests.server.submitted import errors, send
from tests.server.world import ACCURACY, LOCAL, account, client, open_project

pytestmark = pytest.mark.django_db

PATH = "/p/forms/numbers/posts/"
POSTS = Criterion(
    key="posts", name="Posts a month", family="business", metric="posts", unit="posts", direction="at_least", threshold=12
)  # fmt: skip
PICTURE = b"\x89PNG\r\n\x1a\n not really"


@pytest.fixture
def project(ada: User) -> Project:
    made = open_project(owner=ada)
    actions.put_criteria(made, LOCAL, [POSTS, ACCURACY])
    return made


def declared() -> list[Declared]:
    found = [queries.read(row) for row in EvidenceRow.objects.select_related("record").order_by("at", "id")]
    assert all(isinstance(one, Declared) for one in found)
    return found  # type: ignore[return-value]


def value(browser: Client, **fill: Any) -> Any:
    given = {"v-value": "11", "v-source": "the dashboard", "v-day": "2026-03-31", "enter-value": "1", **fill}
    return browser.post(PATH, {k: v for k, v in given.items() if v is not None})


def test_a_number_with_the_file_that_shows_it(browser: Client, project: Project) -> None:
    file = SimpleUploadedFile("C:\\Ada's board.png", PICTURE)
    assert value(browser, **{"v-aim": "12", "v-attachment": file}).status_code == 302
    [one] = declared()
    assert (one.value, one.aim, one.source, one.source_date) == (11, 12, "the dashboard", date(2026, 3, 31))
    kept = Attachment.objects.get()
    assert one.attachment == f"sha256:{kept.digest}"
    assert (kept.name, bytes(kept.content), kept.by) == ("Ada's board.png", PICTURE, "Ada Lovelace")
    assert not Record.objects.filter(body__contains="board.png").exists(), "the log holds no name"
    page = browser.get(PATH).content.decode()
    assert "11 posts as of 31 Mar 2026, from the dashboard." in page
    assert "reached what was aimed at on 0 of 1 days" in page
    proof = browser.get(f"/p/forms/proof/{EvidenceRow.objects.get().digest}/").content.decode()
    assert f"/p/forms/attachments/{kept.digest}/" in proof
    saved = browser.get(f"/p/forms/attachments/{kept.digest}/")
    assert saved.content == PICTURE
    assert saved["Content-Type"] == "application/octet-stream"
    assert saved["Content-Disposition"] == 'attachment; filename="Ada_s board.png"'
    assert saved["X-Content-Type-Options"] == "nosniff"


def test_a_file_is_erased_and_the_number_stays(browser: Client, project: Project) -> None:
    value(browser, **{"v-attachment": SimpleUploadedFile("board.png", PICTURE)})
    digest = Attachment.objects.get().digest
    erase = f"/p/forms/attachments/{digest}/erase/"
    assert browser.get(erase).status_code == 302
    assert Attachment.objects.get().erased_at is None, "looking erases nothing"
    assert browser.post(erase).status_code == 302
    gone = Attachment.objects.get()
    assert (gone.name, bytes(gone.content), gone.size) == ("", b"", len(PICTURE))
    assert browser.get(f"/p/forms/attachments/{digest}/").status_code == 404
    assert declared()[0].attachment == f"sha256:{digest}"
    assert "erased" in browser.get(f"/p/forms/proof/{EvidenceRow.objects.get().digest}/").content.decode()
    assert [r.content["erased"] for r in Record.objects.filter(kind="attachment").order_by("id")] == [
        False,
        True,
    ]
    assert audit.projections(project) == []
    # The same file again is there again.
    value(browser, **{"v-day": "2026-02-28", "v-attachment": SimpleUploadedFile("b.png", PICTURE)})
    assert bytes(Attachment.objects.get().content) == PICTURE


@pytest.mark.parametrize(
    ("fill", "said"),
    [
        ({"v-value": "many"}, "“many” is no number"),
        ({"v-value": None}, "This field is required"),
        ({"v-source": ""}, "This field is required"),
        ({"v-source": "ada@example.com"}, "e-mail address"),
        ({"v-day": (datetime.now(UTC).date() + timedelta(days=1)).isoformat()}, "has not come yet"),
        ({"v-attachment": SimpleUploadedFile("empty.png", b"")}, "The submitted file is empty"),
    ],
)
def test_what_is_wrong_with_a_number_is_said_and_nothing_is_stored(
    browser: Client, project: Project, fill: dict[str, Any], said: str
) -> None:
    response = value(browser, **fill)
    assert response.status_code == 422
    assert said in errors(response)
    assert not EvidenceRow.objects.exists()
    assert not Attachment.objects.exists()


def test_a_file_that_is_too_large_is_not_read(
    browser: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "MAX_ATTACHMENT", 10)
    response = value(browser, **{"v-attachment": SimpleUploadedFile("board.png", PICTURE)})
    assert response.status_code == 422
    assert f"The file has {len(PICTURE)} bytes" in errors(response)
    assert not Attachment.objects.exists()


def pasted(browser: Client, rows: str) -> Any:
    return browser.post(PATH, {"r-rows": rows, "r-source": "the CMS", "enter-rows": "1"})


def test_rows_are_pasted_once(browser: Client, project: Project) -> None:
    rows = "Day\tPosts\tPlan\n2026-01-31\t8\t8\n2026-02-28\t9\t10\n2026-03-31\t12\t12"
    assert pasted(browser, rows).status_code == 302
    assert [(d.source_date.month, d.value, d.aim) for d in declared()] == [(1, 8, 8), (2, 9, 10), (3, 12, 12)]
    assert pasted(browser, rows).status_code == 302
    assert len(declared()) == 3, "the same rows again are found"
    page = browser.get(PATH)
    assert page.context["t"].verdict.status.value == "met"
    assert "4 posts more than on 31 Jan 2026" in page.content.decode()
    assert "reached what was aimed at on 2 of 3 days" in page.content.decode()
    assert "Show the numbers" in page.content.decode()


def test_an_older_day_that_is_entered_later_does_not_speak(browser: Client, project: Project) -> None:
    pasted(browser, "2026-03-31;12")
    pasted(browser, "2025-12-31;3")
    assert browser.get(PATH).context["t"].verdict.value == 12
    # Another number for a day that is there corrects it, in the history too.
    pasted(browser, "2026-03-31;11")
    assert browser.get(PATH).context["t"].verdict.value == 11
    assert [n.evidence.value for n in browser.get(PATH).context["history"]] == [11, 3]


def test_rows_with_a_fault_are_all_left_out(browser: Client, project: Project) -> None:
    response = pasted(browser, "2026-01-31;8\n2026-02-28;many")
    assert response.status_code == 422
    assert "Row 2: value “many” is no number" in errors(response)
    assert not EvidenceRow.objects.exists()


def test_what_takes_no_declared_number_says_so_and_offers_no_form(browser: Client, project: Project) -> None:
    page = browser.get("/p/forms/numbers/accuracy/").content.decode()
    assert "Digits read right takes no declared number" in page
    assert "Store it" not in page
    given = {"v-value": "1", "v-source": "x", "v-day": "2026-03-31", "enter-value": "1"}
    assert browser.post("/p/forms/numbers/accuracy/", given).status_code == 422
    assert not EvidenceRow.objects.exists()
    assert browser.get("/p/forms/numbers/nothing/").status_code == 404


def test_the_list_says_what_is_known_of_each(browser: Client, project: Project) -> None:
    page = browser.get("/p/forms/numbers/").content.decode()
    assert "none yet" in page
    assert "Measured, not declared:" in page
    pasted(browser, "2026-03-31;12")
    assert "12 posts as of 31 Mar 2026" in browser.get("/p/forms/numbers/").content.decode()


# --- by SQL


@pytest.fixture
def source(settings: Settings, tmp_path: Path) -> Path:
    path = tmp_path / "numbers.db"
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE posts (day TEXT, n INTEGER)")
        made.executemany("INSERT INTO posts VALUES (?, ?)", [("2026-02-28", 8), ("2026-03-31", 11)])
    made.close()
    settings.SOURCES = {
        "sales": Source("sales", f"sqlite:///{path}"),
        "own": Source("own", "sqlite:////x", frozenset({"b"})),
    }
    return path


def query(
    browser: Client, sql: str = "SELECT day, n FROM posts", button: str = "enter-sql", name: str = "sales"
) -> Any:
    return browser.post(PATH, {"s-source": name, "s-sql": sql, button: "1"})


def test_a_select_is_tried_and_stored_and_kept(browser: Client, project: Project, source: Path) -> None:
    tried = query(browser, button="try")
    assert tried.status_code == 200
    assert "What it gives: 2 rows" in tried.content.decode()
    assert not EvidenceRow.objects.exists()
    assert query(browser).status_code == 302
    assert [d.value for d in declared()] == [8, 11]
    assert {d.source for d in declared()} == {"sales, by SQL"}
    assert DocumentRow.objects.get(kind="number_query").key == "posts"
    assert not Record.objects.filter(body__contains="FROM posts").exists(), "the log holds no query"
    page = browser.get(PATH).content.decode()
    assert "SELECT day, n FROM posts" in page, "it is there to be read again"
    assert str(source) not in page
    with sqlite3.connect(source) as more:
        more.execute("INSERT INTO posts VALUES ('2026-04-30', 13)")
    more.close()
    assert query(browser).status_code == 302
    assert [d.value for d in declared()] == [8, 11, 13], "what was there is found"


def test_what_is_no_select_and_what_is_away(browser: Client, project: Project, source: Path) -> None:
    for sql, said in (
        ("DELETE FROM posts", "It is no SELECT"),
        ("SELECT n FROM posts", "Row 1: it has 1 column"),
        ("SELECT elsewhere FROM posts", "The database says: no such column: elsewhere"),
    ):
        response = query(browser, sql)
        assert response.status_code == 422
        assert said in errors(response), errors(response)
    assert "Select a valid choice" in errors(query(browser, name="own")), "it is another project's"
    source.unlink()
    away = query(browser)
    assert away.status_code == 422
    assert "the source sales cannot be reached" in errors(away).lower()
    assert str(source) not in away.content.decode()
    assert not EvidenceRow.objects.exists()


def test_who_may_not_store_reads_no_database(project: Project, source: Path) -> None:
    projects.set_member(project, LOCAL, account("bob").username, "reader")
    bob = client(User.objects.get(username="bob"))
    assert bob.get(PATH).status_code == 200
    assert "Read from a database" not in bob.get(PATH).content.decode()
    assert query(bob, button="try").status_code == 403


def test_a_number_of_the_other_page_is_of_its_day_too(browser: Client, project: Project) -> None:
    fill = {"type": "declared", "value": "9", "source": "x", "source_date": "2026-02-28"}
    assert send(browser, "/p/forms/targets/posts/number/", **fill).status_code == 302
    assert declared()[0].at == datetime(2026, 2, 28, tzinfo=UTC)
