"""The first ten minutes on the site: four ways to begin, the five Ws read as one types, talks, and the brief."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.test import Client
from pytest_django import Settings

from sextant.errors import Unavailable
from sextant.problem.documents import Brief, FiveWs, Interview
from sextant.verdicts import Status
from sextant_server.problem import opinion
from sextant_server.projects.models import Project
from sextant_server.records import actions, queries
from tests.server.world import LOCAL

pytestmark = pytest.mark.django_db

CLEAR = {
    "what": "Clerks type 600 paper forms a day, and 4 % end up wrong", "who": "The 12 clerks of two county offices",
    "why": "Each wrong amount takes 25 minutes to put right", "when": "Every working day",
    "where": "At the typing step, when the clerk reads the scan",
}  # fmt: skip


def five(project: Project) -> FiveWs:
    row = queries.present_document(project, "five_ws", "")
    return FiveWs.model_validate(json.loads(row.body)) if row else FiveWs()


def text(browser: Client, path: str) -> str:
    return browser.get(path).content.decode()


# --- four ways


def test_from_a_name_to_a_brief_that_can_be_forwarded(browser: Client) -> None:
    opened = browser.post("/new/", {"name": "Form reader", "rigor": "light"})
    assert opened["Location"] == "/p/form-reader/five-ws/"
    drafted = browser.post(opened["Location"], {**CLEAR, "version": "0", "brief": "1"})
    assert drafted["Location"] == "/p/form-reader/brief/forward/"
    page = browser.get(drafted["Location"] + "?md")
    assert page["Content-Type"].startswith("text/markdown")
    said = page.content.decode()
    assert said.startswith("# Form reader: project brief")
    assert all(CLEAR[q] in said for q in CLEAR)
    assert "Still open:" in said
    assert Project.objects.get(slug="form-reader").rigor == "light"


ONE_PAGER = "# Problem\nClerks type 600 forms a day.\n\n# Target users\nThe 12 clerks\n\nBudget: EUR 50,000\n"


def test_a_one_pager_is_shown_with_its_words_and_only_what_is_ticked_is_kept(browser: Client) -> None:
    shown = browser.post("/new/paste/", {"text": ONE_PAGER, "read": "1"}).content.decode()
    assert "Line 2" in shown and "under the heading “Problem”" in shown
    assert not Project.objects.exists()
    keep = ["five_ws.what", "brief.problem", "brief.budget"]
    sent = {"text": ONE_PAGER, "open": "1", "name": "Forms", "rigor": "standard", "keep": keep}
    assert browser.post("/new/paste/", sent)["Location"] == "/p/forms/brief/forward/"
    project = Project.objects.get(slug="forms")
    assert project.currency == "EUR"
    assert (five(project).what, five(project).who) == ("Clerks type 600 forms a day.", "")
    row = queries.present_document(project, "brief", "")
    assert row is not None
    assert Brief.model_validate(json.loads(row.body)).budget == 50_000


def test_a_one_pager_without_a_name_opens_nothing_and_keeps_the_text(browser: Client) -> None:
    response = browser.post("/new/paste/", {"text": ONE_PAGER, "open": "1"})
    assert response.status_code == 422
    assert "Clerks type 600 forms a day." in response.content.decode()
    assert not Project.objects.exists()


def test_a_pasted_script_is_neither_run_nor_kept(browser: Client) -> None:
    rich = "<h1>Problem</h1><p>Clerks <b>type</b> 600 forms.</p><script>alert(1)</script><img src=x onerror=alert(2)>"
    shown = browser.post("/new/paste/", {"text": rich, "read": "1"}).content.decode()
    assert "<blockquote>Clerks type 600 forms.</blockquote>" in shown
    assert "<script>alert" not in shown and "<img src=x" not in shown


def test_a_brief_of_200_kb_is_read_and_one_beyond_all_bounds_refused(browser: Client) -> None:
    long = "# Problem\n" + "Clerks type 600 forms a day. " * 7_000
    assert len(long) > 200_000
    assert browser.post("/new/paste/", {"text": long, "read": "1"}).status_code == 200
    response = browser.post("/new/paste/", {"text": "x" * 500_001, "read": "1"})
    assert response.status_code == 422
    assert "at most 500000 characters" in response.content.decode()


LIVE = {
    "name": "Reader", "start": "maintenance", "model": "Reader@v3", "since": "2026-01-05",
    "metric": "Forms read right", "family": "product", "unit": "share", "direction": "at_least", "threshold": "90 %",
    "value": "0.93", "source": "dashboard", "watched_by": "PM", "rigor": "standard",
}  # fmt: skip


def test_a_live_model_has_a_status_a_monitor_and_a_review_on_the_same_day(browser: Client) -> None:
    assert browser.post("/new/live/", LIVE)["Location"] == "/p/reader/targets/forms-read-right/"
    state = queries.project_state(Project.objects.get(slug="reader"))
    assert state.verdict("forms-read-right").status is Status.MET
    assert str(state.in_service) == "model:reader@v3"
    assert state.opened_at_phase == "maintenance"
    assert {"monitor", "review_plan"} <= state.documents.keys()
    assert "not assessed" in text(browser, "/p/reader/")


@pytest.mark.parametrize(
    ("fill", "said"),
    [
        ({"model": "@"}, "names no model"), ({"since": "2999-01-01"}, "has not come yet"),
        ({"threshold": "nan"}, "“nan” is no number"), ({"value": "much"}, "“much” is no number"),
        ({"metric": ""}, "This field is required"), ({"start": "data"}, "not one of the available"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_live_model_stands_beside_its_field(
    browser: Client, fill: dict[str, str], said: str
) -> None:
    response = browser.post("/new/live/", {**LIVE, **fill})
    assert response.status_code == 422
    assert said in response.content.decode()
    assert not Project.objects.exists()


def test_the_example_is_copied_whole_and_marked_as_simulated(browser: Client) -> None:
    assert browser.post("/new/example/", {"name": "Drafts", "rigor": "light"}).status_code == 302
    project = Project.objects.get(slug="drafts")
    state = queries.project_state(project)
    assert project.simulated
    assert len(state.criteria) == 5
    assert {"five_ws", "decision_tree", "roi", "feasibility", "brief", "interview"} <= state.documents.keys()
    again = browser.post("/new/example/", {"name": "Drafts", "rigor": "light"})
    assert again.status_code == 422
    assert "There is a project" in again.content.decode()


# --- the five Ws


def test_an_answer_is_read_without_being_stored(browser: Client, project: Project) -> None:
    read = browser.post("/p/forms/five-ws/read/", {"why": "We need AI <b>"}).content.decode()
    assert "solution not problem" in read and "Set aside" in read
    assert "AI <b>" not in read
    assert "Clear." in browser.post("/p/forms/five-ws/read/", {"what": CLEAR["what"]}).content.decode()
    assert queries.present_document(project, "five_ws", "") is None


def test_a_remark_is_set_aside_with_a_reason_and_lapses_with_the_words(
    browser: Client, project: Project
) -> None:
    path, given = "/p/forms/five-ws/", {**CLEAR, "where": "In our administration"}
    refused = browser.post(path, {**given, "version": "0", "aside": "where:no_step"})
    assert refused.status_code == 422
    assert "it has no reason" in refused.content.decode()
    browser.post(
        path, {**given, "version": "0", "aside": "where:no_step", "reason-where-no_step": "All of it"}
    )
    assert [(d.rule, d.reason) for d in five(project).dismissed] == [("no_step", "All of it")]
    assert "All of it" in text(browser, path)
    browser.post(path, {**given, "where": "In our whole administration", "version": "1"})
    assert five(project).dismissed == ()
    gone = browser.post(
        path, {**CLEAR, "version": "2", "aside": "where:no_step", "reason-where-no_step": "x"}
    )
    assert gone.status_code == 422


def test_two_editors_of_different_answers_keep_both(browser: Client, project: Project) -> None:
    actions.put_document(project, LOCAL, FiveWs(**CLEAR))
    actions.put_document(project, LOCAL, FiveWs(**{**CLEAR, "who": "The 14 clerks of three offices"}))
    response = browser.post(
        "/p/forms/five-ws/", {**CLEAR, "when": "Each Monday", "version": "1"}, follow=True
    )
    assert "their Who is kept" in response.content.decode()
    assert (five(project).who, five(project).when) == ("The 14 clerks of three offices", "Each Monday")


@pytest.mark.parametrize("path", ["/p/forms/five-ws/", "/p/forms/write/five_ws/-/"])
def test_two_editors_of_one_answer_are_told_and_nothing_is_lost(
    browser: Client, project: Project, path: str
) -> None:
    actions.put_document(project, LOCAL, FiveWs(**CLEAR))
    actions.put_document(project, LOCAL, FiveWs(**{**CLEAR, "who": "Theirs"}))
    prefix = "d-" if "write" in path else ""
    given = {f"{prefix}{k}": v for k, v in {**CLEAR, "who": "Mine"}.items()}
    grid = {"d-dismissed-TOTAL_FORMS": "0", "d-dismissed-INITIAL_FORMS": "0"}
    response = browser.post(path, {**given, **grid, "version": "1"})
    page = response.content.decode()
    assert response.status_code == 409
    assert "Mine" in page and "Theirs" in page and "changed Who meanwhile" in page
    assert five(project).who == "Theirs"
    # What was sent back has seen theirs: sending it again is a decision.
    assert browser.post(path, {**given, **grid, "version": "2"}).status_code == 302
    assert five(project).who == "Mine"


# --- talks


TALK = {
    "role": "Clerk, 3 years",
    "held_on": "2026-01-05",
    "quotes": "“I misread sevens.”\n",
    "notes": "Types all day.",
}


def test_a_talk_is_evidence_with_its_quotes(browser: Client, project: Project) -> None:
    assert browser.post("/p/forms/talks/", TALK).status_code == 302
    [row] = queries.present_documents(project, "interview")
    talk = Interview.model_validate(json.loads(row.body))
    assert (row.key, talk.quotes) == ("talk-1", ("I misread sevens.",))
    assert "<blockquote>I misread sevens.</blockquote>" in text(browser, "/p/forms/talks/")
    assert "1 talk with users" in text(browser, "/p/forms/five-ws/")


@pytest.mark.parametrize(
    ("fill", "said"),
    [
        ({"role": "ann@example.com"}, "may tell who it was"), ({"notes": "Call +49 170 1234567"}, "may tell who it was"),
        ({"held_on": "2999-01-01"}, "has not been held"), ({"notes": ""}, "This field is required"),
    ],
)  # fmt: skip
def test_a_talk_names_nobody_and_was_held(
    browser: Client, project: Project, fill: dict[str, str], said: str
) -> None:
    response = browser.post("/p/forms/talks/", {**TALK, **fill})
    assert response.status_code == 422
    assert said in response.content.decode()
    assert not queries.present_documents(project, "interview")


# --- an opinion


class Model(BaseHTTPRequestHandler):
    """A small server that speaks chat completions, well or badly, by the name of the model."""

    asked: list[tuple[str | None, dict[str, object]]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append((self.headers.get("Authorization"), body))
        kind = body["model"]
        said = {"choices": [{"message": {"content": "“<script>x</script>” is vague.\x1b[31m"}}]}
        answers = {
            "good": json.dumps(said).encode(), "html": b"<h1>no</h1>", "empty": b'{"choices": []}', "list": b"[1]",
            "null": b'{"choices": [{"message": {"content": null}}]}', "huge": b"x" * 400_000, "deep": b"[" * 100_000,
        }  # fmt: skip
        try:
            self.send_response({"away": 302, "down": 503, "busy": 429, "closed": 401}.get(kind, 200))
            if kind == "away":
                self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()
            if kind == "drip":
                for _ in range(30):
                    self.wfile.write(b" ")
                    self.wfile.flush()
                    time.sleep(0.1)
            self.wfile.write(answers.get(kind, b""))
        except OSError:
            pass  # the other side has had enough

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def model(settings: Settings) -> Iterator[Settings]:
    """The small server, as the model that gives opinions."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    Model.asked.clear()
    settings.OPINION_URL = f"http://127.0.0.1:{server.server_port}/v1"
    settings.OPINION_MODEL, settings.OPINION_KEY, settings.OPINION_SECONDS = "good", "very-secret", 2
    yield settings
    server.shutdown()
    server.server_close()


def test_an_opinion_is_marked_as_the_models_and_never_counted(
    browser: Client, project: Project, model: Settings
) -> None:
    assert "Ask good for its opinion" in text(browser, "/p/forms/five-ws/")
    said = browser.post("/p/forms/five-ws/opinion/", CLEAR, headers={"HX-Request": "true"}).content.decode()
    assert "Opinion of good" in said and "counts for nothing" in said
    assert "&lt;script&gt;x" in said and "\x1b" not in said
    [(key, body)] = Model.asked
    assert key == "Bearer very-secret"
    assert CLEAR["what"] in str(body["messages"])
    assert queries.present_document(project, "five_ws", "") is None


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("html", "no chat completion"), ("empty", "no chat completion"), ("list", "no chat completion"),
        ("deep", "no chat completion"), ("null", "has no text"), ("huge", "more than 200,000 bytes"),
        ("away", "status 302"), ("down", "status 503"),
        ("busy", "asked too often just now"), ("closed", "does not take the key"), ("drip", "more than 2 seconds"),
    ],
)  # fmt: skip
def test_a_model_that_misbehaves_is_told_in_words_without_the_key(
    model: Settings, kind: str, words: str
) -> None:
    model.OPINION_MODEL = kind
    began = time.monotonic()
    with pytest.raises(Unavailable) as raised:
        opinion.ask(CLEAR)
    assert words in str(raised.value)
    assert f"opinion of {kind}" in str(raised.value)
    assert "very-secret" not in str(raised.value)
    assert time.monotonic() - began < 5


def test_nobody_there_and_nobody_set_up(settings: Settings, browser: Client, project: Project) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        settings.OPINION_URL, settings.OPINION_MODEL = f"http://127.0.0.1:{free.getsockname()[1]}/v1", "gone"
        with pytest.raises(Unavailable, match="could not be reached"):
            opinion.ask(CLEAR)
    settings.OPINION_URL = ""
    assert "for its opinion" not in text(browser, "/p/forms/five-ws/")
    assert "no language model is set up" in browser.post("/p/forms/five-ws/opinion/", CLEAR).content.decode()
