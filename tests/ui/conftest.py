"""The site in this process, and a real browser that looks at it: no port, no server, no database."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from mimetypes import guess_type
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from playwright.sync_api import Browser, Page, Route, sync_playwright
from pytest_django import Settings

ORIGIN = "http://sextant.test"
POLICY = "default-src 'self'; style-src 'self'; script-src 'self'; img-src 'self' data:"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

Open = Callable[..., Page]


@pytest.fixture
def site(settings: Settings) -> Client:
    """A client of the small site, with DEBUG so that the style guide answers."""
    settings.ROOT_URLCONF = "tests.ui.urls"
    settings.DEBUG = True
    settings.STATIC_ROOT = None  # nothing is collected here; the browser's static files come from the finders
    return Client(raise_request_exception=False)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, once for each file of tests: its event loop must not outlive them."""
    program = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield found
        found.close()


def _answer(client: Client, route: Route) -> None:
    """A request of the browser, answered by Django or from the static files, under the strict policy."""
    request = route.request
    address = urlsplit(request.url)
    if address.path.startswith("/static/"):
        found = finders.find(address.path.removeprefix("/static/"))
        if not found:
            route.fulfill(status=404, body=f"no static file {address.path}")
            return
        body = Path(str(found)).read_bytes()
        kind = "text/javascript" if str(found).endswith(".js") else guess_type(str(found))[0]
        route.fulfill(status=200, body=body, content_type=kind)
        return
    sent = request.post_data_buffer or b""
    kind = request.headers.get("content-type", "application/octet-stream")
    target = address.path + (f"?{address.query}" if address.query else "")
    response = client.generic(request.method, target, sent, content_type=kind)
    headers = {"content-type": response["Content-Type"], "content-security-policy": POLICY}
    route.fulfill(status=response.status_code, body=response.content, headers=headers)


@pytest.fixture
def visit(browser: Browser, site: Client) -> Iterator[Open]:
    """Open an address in a fresh browser context; a console error, exception or CSP report fails the test.

    `expected` is part of the one message that a test provokes.
    """
    troubles: list[str] = []
    contexts = []

    def start(
        path: str = "/styleguide/",
        *,
        width: int = 1440,
        scheme: str = "light",
        expected: str = "",
        **more: Any,
    ) -> Page:
        def note(text: str) -> None:
            if not expected or expected not in text:
                troubles.append(text)

        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, base_url=ORIGIN, **more
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        context.route("**/*", lambda route: _answer(site, route))
        page = context.new_page()
        page.on("console", lambda m: note(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: note(str(error)))
        page.add_init_script(
            "document.addEventListener('securitypolicyviolation', e =>"
            " console.error(`CSP: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}`))"
        )
        page.goto(path)
        return page

    yield start
    for context in contexts:
        context.close()
    assert troubles == []
