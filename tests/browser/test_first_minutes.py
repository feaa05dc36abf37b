"""A new user on an empty database: to a brief that can be forwarded in each of the four ways, and on towards a gate."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from sextant_server.projects.models import Project
from sextant_server.records.models import DocumentRow
from tests.browser.conftest import Visit

pytestmark = pytest.mark.django_db

FIVE_WS = {
    "what": "Agents sort 900 tickets a day by hand, 40 seconds each, and 12 % go to the wrong team",
    "who": "The 14 first-line agents of a telecom's support centre in Leeds",
    "why": "A ticket at the wrong team waits 9 hours longer, and costs 60,000 pounds a year",
    "when": "Every working day, when the inbox is opened at eight",
    "where": "In the inbox, when a ticket is opened for the first time",
}
ONE_PAGER = """Ticket triage

Problem
Agents sort 900 support tickets a day by hand, 40 seconds each, and 12 % go to the wrong team.

Users
The 14 first-line agents in Leeds

Budget
80,000 EUR
"""


def _begin(visit: Visit, way: str) -> Page:
    page = visit("/")
    page.get_by_role("link", name=way).click()
    return page


def _can_be_forwarded(page: Page, words: str) -> None:
    page.wait_for_url("**/brief/forward/")
    expect(page.get_by_text("Ready to be forwarded")).to_be_visible()
    expect(page.get_by_role("button", name="Copy the brief")).to_be_visible()
    expect(page.locator("main .card").first).to_contain_text(words)


def test_from_scratch_there_is_a_brief_after_two_pages(visit: Visit) -> None:
    page = _begin(visit, "Start from scratch")
    page.get_by_label("Name", exact=True).fill("Ticket triage")
    page.get_by_role("button", name="Open the project").click()
    page.wait_for_url("**/five-ws/")
    for name, answer in FIVE_WS.items():
        page.locator(f"[name={name}]").fill(answer)
        expect(page.locator(f"#read-{name}")).to_contain_text("Clear.")
    page.get_by_role("button", name="Save, and draft the brief").click()
    _can_be_forwarded(page, "900 tickets a day")
    # Nothing on the overview leads nowhere: each thing that blocks has its one button.
    page.get_by_role("navigation", name="Ticket triage").get_by_role("link", name="Overview").click()
    blocking = page.get_by_role("region", name="What blocks Problem")
    for number in range(blocking.get_by_role("link").count()):
        address = blocking.get_by_role("link").nth(number).get_attribute("href")
        there = visit(str(address))
        expect(there.get_by_role("heading", level=1)).to_be_visible()
        assert there.locator("main form").count(), f"nothing can be done at {address}"


def test_a_one_pager_brings_its_name_along(visit: Visit) -> None:
    page = _begin(visit, "Paste your one-pager")
    page.get_by_label("Your one-pager").fill(ONE_PAGER)
    page.get_by_role("button", name="Read it").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Ticket triage")
    page.get_by_role("button", name="Open the project").click()
    _can_be_forwarded(page, "80,000 EUR")


def test_a_copy_of_the_example_is_complete(visit: Visit) -> None:
    page = _begin(visit, "Copy the example")
    page.get_by_role("button", name="Copy the example").click()
    _can_be_forwarded(page, "blog post")
    expect(page.get_by_text("Every section says something.")).to_be_visible()


def test_a_live_model_has_a_status_the_same_day(visit: Visit) -> None:
    page = _begin(visit, "Start in the middle")
    for label, text in {
        "Name": "Churn score", "Model and version": "churn@v3", "The number that matters most": "Calls that were right",
        "Unit": "share", "The bar": "0.8", "What it is now": "0.84", "Where it is read": "the weekly report",
        "Who watches it": "product manager",
    }.items():  # fmt: skip
        page.get_by_label(label, exact=label != "What it is now").fill(text)
    page.get_by_role("button", name="Open the project").click()
    page.wait_for_url("**/targets/**")
    expect(page.locator(".verdict-line")).to_contain_text("Met")
    # A number that somebody read elsewhere has no range, and none is made up.
    expect(page.locator("main")).not_to_contain_text("84–84")
    assert DocumentRow.objects.filter(project=Project.objects.get(), kind="monitor").exists()
