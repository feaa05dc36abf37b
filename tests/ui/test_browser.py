"""The style guide in a real browser: nothing breaks or overflows, everything can be reached and read."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings

from tests.ui.axe import violations
from tests.ui.conftest import Open

WIDTHS = [390, 1440]
SCHEMES = ["light", "dark"]


def _too_wide(page: Page) -> list[str]:
    return page.evaluate(
        "() => document.documentElement.scrollWidth <= innerWidth ? []"
        " : [...document.querySelectorAll('body *')]"
        ".filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 120))"
    )


@pytest.mark.parametrize("width", WIDTHS)
def test_style_guide_fits_its_window(visit: Open, width: int) -> None:
    page = visit(width=width)
    assert _too_wide(page) == []
    page.locator("details:not(.menu) > summary").evaluate_all("all => all.forEach(s => s.click())")
    assert _too_wide(page) == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_style_guide_is_accessible(visit: Open, width: int, scheme: str) -> None:
    page = visit(width=width, scheme=scheme)
    page.locator("details:not(.menu) > summary").evaluate_all("all => all.forEach(s => s.click())")
    assert violations(page) == []


@pytest.mark.parametrize("path", ["/sign-in/", "/sign-in/?next=/x/", "/nowhere/", "/forbidden/", "/bad/"])
def test_other_pages_are_accessible(visit: Open, settings: Settings, path: str) -> None:
    settings.DEBUG = False
    page = visit(path, width=390, expected="the server responded with a status of 4")
    assert page.locator("h1").count() == 1
    assert _too_wide(page) == []
    assert violations(page) == []


def test_a_finger_hits_everything_on_a_phone(visit: Open) -> None:
    """Whatever is pressed is at least 44 px high at 390 px; links within a sentence are text and exempt."""
    page = visit(width=390)
    pressed = (
        "button, .act, select, summary, .subnav a, .main-nav a, .brand, "
        "input:not([type=hidden], [type=checkbox], [type=radio]), label:has([type=checkbox], [type=radio])"
    )
    small = page.locator(pressed).evaluate_all(
        "all => all.filter(e => e.getClientRects().length && e.getBoundingClientRect().height < 43.5)"
        ".map(e => `${e.outerHTML.slice(0, 100)} ${e.getBoundingClientRect().height}`)"
    )
    assert small == []


def test_theme_is_kept_and_does_not_flash(visit: Open) -> None:
    page = visit(scheme="light")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.get_by_role("button", name="Switch to the dark theme").click()
    dark = page.evaluate(paper)
    assert dark != light
    # Before anything is drawn, the theme is there: the script that runs first has set it when the body opens.
    page.add_init_script(
        "new MutationObserver((_, o) => { if (document.body) {"
        " window.themeAtFirst = document.documentElement.dataset.theme; o.disconnect(); } })"
        ".observe(document, {childList: true, subtree: true})"
    )
    page.reload()
    assert page.evaluate("window.themeAtFirst") == "dark"
    assert page.evaluate(paper) == dark
    # Back on what the system says, the choice is forgotten.
    page.get_by_role("button", name="Switch to the light theme").click()
    assert page.evaluate("localStorage.getItem('sextant-theme')") is None
    assert page.evaluate(paper) == light


def test_print_is_on_paper_whatever_the_theme(visit: Open) -> None:
    page = visit(scheme="dark")
    page.emulate_media(media="print")
    ink = page.evaluate("getComputedStyle(document.body).color")
    assert ink == "rgb(20, 32, 46)"
    assert not page.locator(".subnav").is_visible()
    assert not page.get_by_role("button", name="Save the risks").is_visible()


def test_confirmation_asks_first(visit: Open) -> None:
    page = visit()
    sent: list[str] = []
    page.on("request", lambda r: sent.append(r.method) if r.method == "POST" else None)
    page.get_by_role("button", name="Delete …").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Delete the risk “Scanner model changes”?")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Delete …").click()
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    assert sent == []
    page.get_by_role("button", name="Delete …").click()
    with page.expect_navigation():
        dialog.get_by_role("button", name="Delete the risk").click()
    assert sent == ["POST"]


def test_htmx_asks_with_the_same_dialog(visit: Open) -> None:
    page = visit()
    sent: list[str] = []
    page.on("request", lambda r: sent.append(r.url) if "after=14" in r.url else None)
    page.evaluate(
        """() => { const link = document.querySelector('div.more a');
          for (const [k, v] of Object.entries({'hx-get': '/styleguide/?after=14', 'hx-target': '#copied',
            'hx-select': '#copied', 'hx-confirm': 'Load older ones?'})) link.setAttribute(k, v);
          htmx.process(link); }"""
    )
    page.locator("div.more a").click()
    expect(page.get_by_role("dialog")).to_contain_text("Load older ones?")
    assert sent == []
    with page.expect_response("**/styleguide/?after=14"):
        page.get_by_role("dialog").get_by_role("button", name="Yes").click()


def test_more_entries_are_added_in_place(visit: Open) -> None:
    page = visit()
    entries = page.locator("#lately > li:not(.more)")
    before = entries.count()
    page.locator("#lately .more a").click()
    # The style guide answers with the same page, so that as many come again, and one new link with them.
    expect(entries).to_have_count(2 * before)
    expect(page.locator("#lately .more")).to_have_count(1)
    assert "after=" not in page.url


def test_a_failed_htmx_request_says_so(visit: Open) -> None:
    page = visit(expected="503")
    page.route("**/failing/", lambda route: route.fulfill(status=503, body="down"))
    page.evaluate("htmx.ajax('GET', '/failing/', '#copied')")
    notice = page.locator("#messages .notice")
    expect(notice).to_contain_text("error 503")
    notice.get_by_role("button", name="Close").click()
    expect(notice).to_have_count(0)


def test_notice_closes_and_focus_is_not_lost(visit: Open) -> None:
    page = visit()
    page.get_by_role("button", name="Close this message").click()
    assert page.get_by_text("The decision was recorded.").count() == 0
    assert page.evaluate("document.activeElement.id") == "main"


def test_copy_says_that_it_copied(visit: Open) -> None:
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    button = page.get_by_role("button", name="Copy the key")
    button.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()


def test_menu_closes_on_escape_and_gives_focus_back(visit: Open) -> None:
    page = visit()
    summary = page.locator("details.menu > summary")
    summary.click()
    expect(page.get_by_role("link", name="Tokens")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Tokens")).to_be_hidden()
    assert page.evaluate("document.activeElement.matches('details.menu > summary')")
    summary.click()
    page.locator("h1").click()
    expect(page.get_by_role("link", name="Tokens")).to_be_hidden()


def test_skip_link_comes_first(visit: Open) -> None:
    page = visit()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_ages_agree_with_the_server_and_go_on(visit: Open) -> None:
    """The browser writes each age in the server's own words, and keeps it right while the page is open."""
    page = visit()
    ages = page.locator("time[data-age]")
    said = ages.all_text_contents()
    source = page.evaluate("fetch('/styleguide/').then(r => r.text())")
    page.evaluate(
        "text => { window.served = [...new DOMParser().parseFromString(text, 'text/html')"
        ".querySelectorAll('time[data-age]')].map(t => t.textContent) }",
        source,
    )
    assert said == page.evaluate("window.served")
    page.clock.install()
    page.reload()
    page.clock.fast_forward(60 * 60 * 1000)
    assert "just now" not in page.locator("time[data-age]").all_text_contents()


def test_without_javascript_nothing_dead_is_shown(visit: Open) -> None:
    page = visit(java_script_enabled=False)
    for name in ("Switch to the dark theme", "Add a risk", "Close this message"):
        assert not page.get_by_role("button", name=name).is_visible()
    assert page.get_by_label("Delete row 1").count() == 1
