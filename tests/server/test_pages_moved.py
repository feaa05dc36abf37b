"""What pages move: compressed, without telling secrets by their length, and little at a first visit."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from sextant_server.people import sign_actions
from sextant_server.projects.models import Project
from tests.browser.rich import rich_project
from tests.server.world import LOCAL, account

pytestmark = pytest.mark.django_db

#: What a person opens first; a phase, a target and a document stand for their kind.
MAIN = {
    "project": (), "brief": (), "plan": (), "phase": ("problem",), "targets": (), "target": ("accuracy",), "proof": (),
    "risks": (), "timeline": (), "log": (), "five-ws": (), "meeting": (),
}  # fmt: skip
#: The most that a first visit may move, charts apart.
MOST = 150_000


@pytest.fixture
def ada(db: None) -> User:
    return account("ada", is_superuser=True)


def _browser(user: User | None, accepts: str = "gzip, deflate, br") -> Client:
    made = Client(headers={"accept-encoding": accepts})
    if user is not None:
        made.force_login(user)
    return made


def _tokens(text: str) -> set[str]:
    return set(re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"|X-CSRFToken": "([^"]+)"', text)[0])


def test_a_page_goes_out_compressed_to_who_can_read_that(ada: User) -> None:
    plain, packed = _browser(ada, "identity").get("/new/"), _browser(ada).get("/new/")
    assert "Content-Encoding" not in plain
    assert packed["Content-Encoding"] == "gzip"
    assert int(packed["Content-Length"]) == len(packed.content) < len(plain.content) / 2
    assert "Accept-Encoding" in packed["Vary"]
    assert b"Open a project" in gzip.decompress(packed.content)


def test_answers_to_programs_and_files_go_out_as_they_are(ada: User) -> None:
    rich_project()
    browser = _browser(ada)
    for path in ("/api/v1/openapi.json", "/p/forms/risks/?csv", "/healthz"):
        assert "Content-Encoding" not in browser.get(path)


def test_the_length_of_a_page_tells_nothing_of_its_token(ada: User) -> None:
    """BREACH: who can make a page repeat a guess, and sees how long it gets, must not learn a secret in it. So the
    token is masked anew in every answer, and every answer is longer by a random number of bytes."""
    browser = _browser(ada)
    answers = [browser.get("/new/") for _ in range(12)]
    texts = [gzip.decompress(a.content).decode() for a in answers]
    tokens = [t for text in texts for t in _tokens(text) if t]
    assert len(set(tokens)) == len(answers)
    assert all(browser.cookies["csrftoken"].value not in text for text in texts)
    assert len({len(a.content) for a in answers}) > 1
    # Apart from the token a page says the same each time, so that nothing else can be told apart by it.
    assert len({re.sub("|".join(tokens), "", text) for text in texts}) == 1


def test_no_page_repeats_what_opens_something(ada: User) -> None:
    """A session's key, a password that was tried, the address of a link to sign: none comes back in a page."""
    project = rich_project()
    _, link = sign_actions.invite(
        project, LOCAL, subject="brief", stakeholder="mira", base="https://sextant.test/s/", email="m@example.org"
    )  # fmt: skip
    secret = link.rstrip("/").rpartition("/")[2]
    page = _browser(None).get(f"/s/{secret}/")
    assert page.status_code == 200
    assert secret not in gzip.decompress(page.content).decode()
    browser = _browser(ada)
    assert browser.cookies["sessionid"].value not in gzip.decompress(browser.get("/new/").content).decode()
    tried = _browser(None).post("/sign-in/", {"username": "ada", "password": "Correct-Horse-7"})
    assert "Correct-Horse-7" not in gzip.decompress(tried.content).decode()


def _addresses(project: Project) -> list[str]:
    own = [reverse(name, args=[project.slug, *more]) for name, more in MAIN.items()]
    return [*own, "/", "/today/", "/portfolio/", "/opportunities/", "/new/"]


def test_a_first_visit_moves_little(ada: User) -> None:
    """The page as it is sent, and each style, script and picture that it names as it is stored: 150 KB at most."""
    browser = _browser(ada)
    moved = {}
    for path in _addresses(rich_project()):
        answer = browser.get(path)
        assert answer.status_code == 200, path
        text = gzip.decompress(answer.content).decode()
        files = set(re.findall(r'(?:href|src)="/static/([^"]+)"', text))
        assert len(files) >= 7, path
        assert not re.search(r'(?:src|href)="(?:https?:)?//[^"]+\.(?:css|js|woff2?|png)', text), path
        moved[path] = len(answer.content) + sum(Path(str(finders.find(f))).stat().st_size for f in files)
    assert {path: n for path, n in moved.items() if n > MOST} == {}
