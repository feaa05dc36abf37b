"""The whole site in this process, and a real browser in which a person is signed in: no port and no server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from mimetypes import guess_type
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, Page, Route

from tests.server.world import account, client
from tests.ui.conftest import browser

__all__ = ["browser"]

#: Secure, as browsers ask for some of the headers that Django sends.
ORIGIN = "https://sextant.test"
Visit = Callable[..., Page]


@pytest.fixture(autouse=True, scope="module")
def _database_beside_an_event_loop() -> Iterator[None]:
    """Playwright runs its event loop in this thread; Django would refuse the database while one runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture
def ada(db: None) -> User:
    return account("ada", first_name="Ada", last_name="Lovelace", is_superuser=True)


def _answer(signed_in: Client, route: Route) -> None:
    """A request of the browser, answered by Django with all its headers, or from the static files."""
    request, address = route.request, urlsplit(route.request.url)
    if address.path.startswith("/static/"):
        found = finders.find(address.path.removeprefix("/static/"))
        assert found, f"no static file {address.path}"
        kind = "text/javascript" if str(found).endswith(".js") else guess_type(str(found))[0]
        route.fulfill(status=200, body=Path(str(found)).read_bytes(), content_type=kind)
        return
    target = address.path + (f"?{address.query}" if address.query else "")
    kind = request.headers.get("content-type", "application/octet-stream")
    headers = {k: v for k, v in request.headers.items() if k.startswith("hx-")}
    response = signed_in.generic(
        request.method, target, request.post_data_buffer or b"", content_type=kind, headers=headers
    )
    if response.status_code in (301, 302):
        # Chromium would follow a redirect past us, into a network that has no such host.
        onward = f'<!doctype html><meta http-equiv="refresh" content="0;url={response["Location"]}">'
        route.fulfill(status=200, body=onward, content_type="text/html")
        return
    route.fulfill(status=response.status_code, body=response.content, headers=dict(response.items()))


@pytest.fixture
def visit(browser: Browser, ada: User) -> Iterator[Visit]:
    """Open an address in a fresh browser in which Ada is signed in, or nobody (`guest`); a console error, an exception
    or a report of the Content-Security-Policy fails the test."""
    troubles: list[str] = []
    contexts = []
    ours = connections["default"]

    def start(
        path: str,
        *,
        width: int = 1440,
        scheme: str = "light",
        guest: bool = False,
        refused: str = "",
        **more: Any,
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, base_url=ORIGIN, **more
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        signed_in = client(None if guest else ada)

        def answer(route: Route) -> None:
            # Within the event loop Django would open another connection, which sees nothing of this test's.
            connections["default"] = ours
            _answer(signed_in, route)

        context.route("**/*", answer)
        page = context.new_page()
        # The browser reports an answer of 4xx as an error; `refused` says that one is meant.
        page.on(
            "console",
            lambda m: (
                troubles.append(m.text)
                if m.type in ("error", "warning") and not (refused and refused in m.text)
                else None
            ),
        )
        page.on("pageerror", lambda error: troubles.append(str(error)))
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
