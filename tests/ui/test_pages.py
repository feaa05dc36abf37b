"""Every template, and the pages that belong to no project."""

from __future__ import annotations

import json
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import get_template
from django.test import Client
from pytest_django import Settings

import sextant_server

TEMPLATES = sorted(Path(sextant_server.__file__).parent.glob("*/templates/**/*.html"))
UI = Path(sextant_server.__file__).parent / "ui"


class Page(HTMLParser):
    """What a strict policy and a screen reader care about."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.ids: Counter[str] = Counter()
        self.refers: list[str] = []
        self.assets: list[str] = []
        self._in_script = False
        self._in_template = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self._in_template += tag == "template"
        if tag == "style" or "style" in known or any(n.startswith(("on", "hx-on")) for n in known):
            self.inline.append(f"<{tag} {known}>")
        if any((v or "").strip().lower().startswith("javascript:") for v in known.values()):
            self.inline.append(f"<{tag} {known}>")
        self._in_script = tag == "script"
        if tag == "script" and (source := known.get("src")):
            self.assets.append(source)
        if tag == "link" and known.get("rel") == "stylesheet":
            self.assets.append(known.get("href") or "")
        if not self._in_template:
            self.ids.update([i for i in [known.get("id")] if i])
            for name in ("for", "aria-describedby", "aria-labelledby", "aria-controls"):
                self.refers += (known.get(name) or "").split()

    def handle_endtag(self, tag: str) -> None:
        self._in_template -= tag == "template"
        self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script and data.strip():
            self.inline.append(data)


#: Sent by mail: no policy of ours reaches there, and a style sheet would be loaded from elsewhere.
MAILS = {"people/wording_mail.html", "weeks/digest.html"}


def test_there_are_templates() -> None:
    assert len(TEMPLATES) > 15


@pytest.mark.parametrize(
    "path",
    [p for p in TEMPLATES if f"{p.parent.name}/{p.name}" not in MAILS],
    ids=lambda p: f"{p.parent.name}/{p.name}",
)
def test_no_template_has_an_inline_style_or_script(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert Page(re.sub(r"{%.*?%}|{{.*?}}|{#.*?#}", "", text, flags=re.S)).inline == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_every_template_compiles(path: Path) -> None:
    get_template(str(path).split("/templates/", 1)[1])


def test_style_guide_is_sound_html(site: Client) -> None:
    page = Page(site.get("/styleguide/").content.decode())
    assert page.inline == []
    assert {i: n for i, n in page.ids.items() if n > 1} == {}
    assert [r for r in page.refers if r not in page.ids] == []


def test_style_guide_is_for_developers(site: Client, settings: Settings) -> None:
    settings.DEBUG = False
    assert site.get("/styleguide/").status_code == 404


def test_style_guide_shows_every_component() -> None:
    """A component that the guide does not show is one that nobody looks at."""
    # Filters change words, and draw nothing that could be looked at.
    tags = re.findall(r"@register\.\w+_tag(?:\([^)]*\))?\ndef (\w+)", (UI / "templatetags/ui.py").read_text())
    assert len(tags) > 15
    shown = "".join(p.read_text() for p in (UI / "templates/ui").glob("*.html"))
    assert [tag for tag in tags if f"{{% {tag} " not in shown] == []


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/nowhere/", 404, "There is nothing here"),
        ("/forbidden/", 403, "You may not do this"),
        ("/bad/", 400, "could not be understood"),
        ("/broken/", 500, "Something went wrong on our side"),
    ],
)
def test_errors_have_pages_for_people_and_problems_for_programs(
    site: Client, settings: Settings, path: str, status: int, words: str
) -> None:
    settings.DEBUG = False
    page = site.get(path)
    assert page.status_code == status
    assert words in page.content.decode()
    assert Page(page.content.decode()).inline == []
    problem = site.get("/api" + path)
    assert problem.status_code == status
    assert problem["Content-Type"] == "application/problem+json"
    assert json.loads(problem.content)["status"] == status


def test_an_expired_form_says_so(settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.ui.urls"
    settings.STATIC_ROOT = None
    answer = Client(enforce_csrf_checks=True).post("/sign-in/", {})
    assert answer.status_code == 403
    assert "This page was open too long" in answer.content.decode()


def test_first_visit_is_light(site: Client, settings: Settings) -> None:
    """Styles, scripts and page of a first visit stay under 150 KB uncompressed, with 40 KB of that left for a page."""
    settings.DEBUG = False
    html = site.get("/sign-in/").content
    assets = Page(html.decode()).assets
    assert len(assets) >= 6
    weight = sum(Path(str(finders.find(a.removeprefix("/static/")))).stat().st_size for a in assets)
    assert weight + len(html) < 110_000
