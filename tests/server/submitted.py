"""What a browser would send: the forms of a page with what stands in their controls."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse
from django.test import Client


class _Forms(HTMLParser):
    """The forms of a page that are sent by POST, each as its address and its controls."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, list[str]]]] = []
        self._form: dict[str, list[str]] | None = None
        self._select = self._area = ""
        self._chosen: list[str] = []
        self._first: str | None = None
        self._text = ""
        self._template = 0

    def _put(self, name: str, value: str) -> None:
        if self._form is not None and name and not self._template:
            self._form.setdefault(name, []).append(value)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {k: v or "" for k, v in attrs}
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "form" and given.get("method", "").lower() == "post":
            self._form = {}
            self.forms.append((given.get("action", ""), self._form))
        elif tag == "template":
            self._template += 1
        elif tag == "input":
            kind = given.get("type", "text")
            if kind in ("checkbox", "radio"):
                if "checked" in given:
                    self._put(name, value or "on")
            elif kind not in ("submit", "button", "file") and name != "csrfmiddlewaretoken":
                self._put(name, value)
        elif tag == "select":
            self._select, self._chosen, self._first = name, [], None
        elif tag == "option":
            self._first = value if self._first is None else self._first
            if "selected" in given:
                self._chosen.append(value)
        elif tag == "textarea":
            self._area, self._text = name, ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "template":
            self._template -= 1
        elif tag == "select":
            for value in self._chosen or ([self._first] if self._first is not None else []):
                self._put(self._select, value)
        elif tag == "textarea" and self._area:
            # A browser takes away one line break after the tag.
            self._put(self._area, self._text.removeprefix("\n"))
            self._area = ""


def forms(response: HttpResponse) -> list[tuple[str, dict[str, list[str]]]]:
    """The address and the controls of each form of the page that is sent by POST, without signing out."""
    parser = _Forms()
    parser.feed(response.content.decode())
    return [(action, controls) for action, controls in parser.forms if action != "/sign-out/"]


def send(browser: Client, path: str, having: str = "", prefix: str = "", **fill: Any) -> HttpResponse:
    """Open the page, fill in its form (the one with the control `having`) and send it. A control that the page does
    not have cannot be filled in; None empties one. `prefix` stands before the names of all that is filled in."""
    page = browser.get(path)
    assert page.status_code == 200, page.content
    action, controls = next(f for f in forms(page) if not having or having in f[1])
    # Which controls there are, and not only which are filled: what is unchecked is not sent.
    text = page.content.decode()
    for name, value in ((prefix + name, value) for name, value in fill.items()):
        assert f'name="{name}"' in text, f"{path} has no control {name}"
        controls[name] = (
            [] if value is None else list(value) if isinstance(value, list | tuple) else [str(value)]
        )
    return browser.post(action or path, controls)


def errors(response: HttpResponse) -> str:
    """The text of everything on the page that says that something is wrong."""

    class Faults(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.depth, self.said = 0, ""

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            classes = (dict(attrs).get("class") or "").split()
            if self.depth or "errors" in classes or ("notice" in classes and "unmet" in classes):
                self.depth += tag not in ("input", "img", "br", "path", "circle", "use")

        def handle_endtag(self, tag: str) -> None:
            self.depth -= bool(self.depth) and tag not in ("path", "circle", "use")

        def handle_data(self, data: str) -> None:
            self.said += data + " " if self.depth else ""

    found = Faults()
    found.feed(response.content.decode())
    return " ".join(found.said.split())
