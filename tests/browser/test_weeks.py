"""The weeks in a browser: what waits, the portfolio, the presentation by its keys and without JavaScript."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sextant.problem.documents import Stakeholder
from sextant.problem.meetings import Meeting
from sextant_server.lifecycle import actions as lifecycle
from sextant_server.records import actions as records
from sextant_server.records.models import Exemption
from sextant_server.weeks.models import Waiting
from tests.browser.conftest import Visit
from tests.browser.rich import rich_project
from tests.browser.test_every_page import look
from tests.server.weeks.test_today import BRIEF
from tests.server.world import LOCAL, open_project

pytestmark = pytest.mark.django_db
TODAY = datetime.now(UTC).date()


@pytest.mark.parametrize(
    "path", ["/today/", "/portfolio/", "/digest/", "/p/forms/waivers/", "/p/forms/meeting/"]
)
def test_pages_with_much_to_show(visit: Visit, path: str) -> None:
    project = rich_project()
    open_project("second")
    records.put_document(project, LOCAL, BRIEF)
    records.put_document(
        project, LOCAL, Stakeholder(name="Maria Silva", email="m@example.com", required=True), key="maria"
    )
    records.put_document(
        project, LOCAL, Meeting(held_on=TODAY, attendees=("sponsor",), decisions=("Go on",)), key="first"
    )
    for item in ("1a", "1b"):
        lifecycle.waive(
            project, LOCAL, lifecycle.AskedWaiver(item, "it may wait", TODAY + timedelta(days=5)), by="Ada"
        )
    Exemption.objects.filter(target="1a").update(until=TODAY - timedelta(days=3))
    look(visit, path)


def test_the_presentation_goes_by_keys(visit: Visit) -> None:
    rich_project()
    page = visit("/p/forms/meeting/present/")
    count = page.locator("[data-slide-count]")
    slides = page.locator(".slide").count()
    assert count.inner_text() == f"1 of {slides}"
    for key, place in (
        ("ArrowRight", 2),
        ("PageDown", 3),
        (" ", 4),
        ("ArrowLeft", 3),
        ("End", slides),
        ("Home", 1),
    ):
        page.keyboard.press(key)
        page.wait_for_function(
            "text => document.querySelector('[data-slide-count]').textContent === text",
            arg=f"{place} of {slides}",
        )
        page.wait_for_function(
            "place => Math.abs(document.querySelectorAll('.slide')[place].getBoundingClientRect().top) < 2",
            arg=place - 1,
        )


def test_the_presentation_is_a_long_page_without_javascript(visit: Visit) -> None:
    rich_project()
    page = visit("/p/forms/meeting/present/", java_script_enabled=False)
    assert page.locator(".slide").count() >= 6
    assert page.get_by_text("The decision needed").is_visible()
    assert page.locator("[data-slide-count]").is_hidden()


def test_from_a_wait_to_its_one_action(visit: Visit) -> None:
    project = open_project()
    for item in ("1a", "1b", "1c", "1d", "1e", "1f"):
        lifecycle.not_applicable(project, LOCAL, item, "a drill", by="Ada")
    page = visit("/today/")
    page.get_by_role("link", name="Decide the gate").click()
    page.wait_for_url("**/p/forms/phases/problem/#decide")
    assert Waiting.objects.filter(kind="gate").exists()
