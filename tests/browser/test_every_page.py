"""Every page, empty and full, wide and narrow, light and dark: it fits, can be read by all, and breaks no rule."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from sextant_server.jobs.models import Job
from sextant_server.problem import opportunity_actions as opportunities
from sextant_server.projects.models import Project
from sextant_server.records.models import DecisionRow, SignatureRow
from tests.browser.conftest import Visit
from tests.browser.rich import LONG, NOW, kinds, rich_project
from tests.server.world import LOCAL, open_project
from tests.ui.axe import violations

pytestmark = pytest.mark.django_db

#: Pages of any project, and those that need something to be there.
EMPTY = {
    "project": {}, "plan": {}, "targets": {}, "proof": {}, "risks": {}, "timeline": {}, "decisions": {}, "log": {},
    "settings": {},
    "new-target": {}, "phase": {"phase": "evaluation"}, "back": {"phase": "data"}, "exempt": {"target": "4d:jailbreak"},
    "documents": {"kind": "data_source"}, "new-document": {"kind": "data_source"},
    "document": {"kind": "rollout_plan", "key": "-"}, "sign": {"subject": "goals"}, "five-ws": {}, "interviews": {},
    "forward-brief": {},
    "tree": {}, "roi": {}, "feasibility": {}, "target-sheet": {}, "numbers": {},
    "people": {}, "brief": {}, "ask-to-sign": {"subject": "goals"},
    "meeting": {}, "present": {}, "waivers": {}, "datasets": {},
}  # fmt: skip
FULL = {
    **EMPTY, "phase": {"phase": "problem"}, "exempt": {"target": "1d"}, "document": {"kind": "five_ws", "key": "-"},
    "document-version": {"kind": "five_ws", "key": "-", "number": 1}, "target": {"key": "accuracy"},
    "edit-target": {"key": "faded"}, "retire-target": {"key": "accuracy"}, "enter-number": {"key": "posts"},
    "decided": {}, "job": {}, "changed-since": {"subject": "brief"}, "compare-briefs": {}, "talk": {}, "hand-over": {},
    "target-numbers": {"key": "clerks"},
    "dataset": {"dataset": "scans"}, "data-version": {"dataset": "scans", "number": 1},
    "data-diff": {"dataset": "scans", "before": 1, "after": 2}, "data-drift": {"dataset": "scans"},
    "data-drift-cell": {"dataset": "scans"},
}  # fmt: skip
OUTSIDE = (
    "home", "new-project", "new-from-text", "new-live", "new-example", "opportunities", "accounts", "password", "today",
    "rhythm", "digest", "portfolio",
)  # fmt: skip
REPORTS = ("proportion", "experiment", "slices", "rollout_step", "quality_report", "declared")


def _too_wide(page: Page) -> list[str]:
    return page.evaluate(
        "() => document.documentElement.scrollWidth <= innerWidth ? []"
        " : [...document.querySelectorAll('body *')]"
        ".filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 160))"
    )


def look(visit: Visit, path: str) -> None:
    """The page at both widths and in both themes, folded and unfolded."""
    for width, scheme in ((390, "light"), (1440, "dark")):
        page = visit(path, width=width, scheme=scheme)
        assert page.locator("h1").count() == 1
        assert page.title().endswith("Sextant")
        assert _too_wide(page) == [], width
        page.locator("main details:not([open]) > summary").evaluate_all("all => all.forEach(s => s.click())")
        assert _too_wide(page) == [], f"{width}, unfolded"
        assert violations(page) == [], f"{width}, {scheme}"
        page.emulate_media(color_scheme="dark" if scheme == "light" else "light")
        assert violations(page, ["wcag2aa"]) == [], f"{width}, not {scheme}"


@pytest.mark.parametrize("name", EMPTY)
def test_page_of_an_empty_project(visit: Visit, name: str) -> None:
    open_project()
    look(visit, reverse(name, kwargs={"slug": "forms", **EMPTY[name]}))


def _address(name: str, project: Project) -> str:
    if name == "talk":
        return reverse("talk", args=[project.slug]) + "?about=item:1a"
    if name == "hand-over":
        return reverse("hand-over", args=[project.slug]) + "?who=long"
    given = dict(FULL[name])
    if name == "data-drift-cell":
        day = {"day": NOW.date().isoformat()}
        return reverse(name, kwargs={"slug": project.slug, **given, **day}) + "?feature=digit"
    if name == "decided":
        given["number"] = DecisionRow.objects.latest("id").pk
    if name == "job":
        given["number"] = Job.objects.latest("id").pk
    if name == "changed-since":
        given["number"] = SignatureRow.objects.get(subject="brief").record.sequence
    return reverse(name, kwargs={"slug": project.slug, **given})


@pytest.mark.parametrize("name", FULL)
def test_page_of_a_full_project(visit: Visit, name: str) -> None:
    project = rich_project()
    # A job that waits would be asked for every second.
    Job.objects.update(
        state="done", result={"intact": True, "records": 7, "limits": ["a copy of everything"]}
    )
    look(visit, _address(name, project))


@pytest.mark.parametrize("kind", REPORTS)
def test_page_of_proof(visit: Visit, kind: str) -> None:
    project = rich_project()
    look(visit, reverse("evidence", args=[project.slug, kinds(project)[kind]]))


@pytest.mark.parametrize("name", OUTSIDE)
def test_page_outside_of_projects(visit: Visit, name: str) -> None:
    look(visit, reverse(name))


def test_list_of_projects_with_some(visit: Visit) -> None:
    rich_project()
    open_project("empty")
    look(visit, "/")


def test_list_of_opportunities_with_some(visit: Visit) -> None:
    opportunities.put_opportunities(
        LOCAL,
        [{"title": f"{LONG} {n}", "problem": LONG, "value": n, "feasibility": 3, "data": 3, "risk": 6 - n} for n in (2, 3, 5)]
        + [{"title": "Not rated"}],
    )  # fmt: skip
    look(visit, "/opportunities/")
    look(visit, "/opportunities/not-rated/open/")
