"""Every page, empty and full, wide and narrow, light and dark: it fits, can be read by all, and breaks no rule."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import get_resolver, reverse
from playwright.sync_api import Page

from sextant_server.jobs.models import Job
from sextant_server.model.models import TrainingRun
from sextant_server.problem import opportunity_actions as opportunities
from sextant_server.projects.models import Project
from sextant_server.records.models import DecisionRow, SignatureRow
from sextant_server.weeks.digest import stop_token
from tests.browser.conftest import Visit
from tests.browser.rich import LONG, NOW, kinds, rich_project
from tests.server.world import LOCAL, open_project
from tests.ui.axe import contrast, violations

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
    "meeting": {}, "present": {}, "waivers": {}, "datasets": {}, "runs": {}, "run-measures": {}, "options": {},
    "check-in": {}, "compare-runs": {},
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
    "training-run": {},
    "dataset-quality": {"dataset": "scans"}, "finding": {"dataset": "scans", "finding": "missing-said"},
}  # fmt: skip
OUTSIDE = (
    "home", "new-project", "new-from-text", "new-live", "new-example", "opportunities", "accounts", "password", "today",
    "rhythm", "digest", "portfolio",
)  # fmt: skip
REPORTS = (
    "proportion",
    "experiment",
    "slices",
    "rollout_step",
    "quality_report",
    "declared",
    "judge_calibration",
)


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
        assert contrast(page) == [], f"{width}, not {scheme}"


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
    if name == "training-run":
        given["run_id"] = TrainingRun.objects.latest("id").pk
    if name == "compare-runs":
        asked = "&".join(f"run={pk}" for pk in TrainingRun.objects.values_list("pk", flat=True)[:3])
        return f"{reverse(name, args=[project.slug])}?{asked}"
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


#: Pages that other tests of this folder look at.
ELSEWHERE = {
    "evidence", "open-opportunity", "guest-sign", "guidelines", "new-guideline", "guideline", "labeling", "my-labeling",
    "labeling-round", "labeling-results", "labeling-rulings", "label-home", "guideline-version", "label", "guest-label",
    "labeling-machines",
}  # fmt: skip
#: What answers with a file, a part of a page, a redirect or a problem, and the page that developers look at.
NO_PAGE = {
    "ask-opinion", "attachment", "card", "decide", "erase-attachment", "erase-document", "guest-picture", "healthz", "logout",
    "meeting-sheet", "label-picture", "labeling-file", "labeling-picture", "read-answer",
    "remind", "run", "start", "styleguide", "verify", "withdraw-document",
}  # fmt: skip


def _addresses(patterns: list[Any]) -> set[str]:
    """The names of all addresses of pages."""
    inner = {n for p in patterns if hasattr(p, "url_patterns") for n in _addresses(p.url_patterns)}
    return inner | {p.name for p in patterns if getattr(p, "name", None)}


def test_every_address_is_looked_at() -> None:
    pages = _addresses([p for p in get_resolver().url_patterns if not str(p.pattern).startswith("api/")])
    alone = {"login", "digest-stop"}
    assert pages - {*EMPTY, *FULL, *OUTSIDE, *ELSEWHERE, *alone} == NO_PAGE


def test_pages_of_who_is_not_signed_in(visit: Visit, ada: User) -> None:
    for path in ("/sign-in/", f"/digest/stop/{stop_token(ada)}/"):
        for width in (390, 1440):
            page = visit(path, width=width, guest=True)
            assert _too_wide(page) == []
            assert violations(page) == [], path
    lost = visit("/nowhere/", refused="status of 404")
    assert violations(lost) == []


#: The order of what can be reached with Tab, and what the focus looks like where it is.
REACHABLE = """() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')]
  .filter(e => e.tabIndex >= 0 && !e.disabled && e.type !== 'hidden' && e.checkVisibility({visibilityProperty: true})
    && !(e.type === 'radio' && e.name && !e.checked && document.querySelector(`[name="${e.name}"]:checked`)))
  .map((e, n) => (e.dataset.walk = n, n))"""
HERE = """() => { const e = document.activeElement, s = getComputedStyle(e);
  return [Number(e.dataset.walk ?? -1), s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 1,
  e.outerHTML.slice(0, 120)] }"""


@pytest.mark.parametrize("name", ["project", "five-ws", "risks", "brief", "roi"])
def test_tab_goes_through_all_of_a_page_and_the_focus_is_seen(visit: Visit, name: str) -> None:
    """In the order of the page, with no trap, from the keyboard alone."""
    rich_project()
    page = visit(reverse(name, args=["forms"]), reduced_motion="reduce")
    count = len(page.evaluate(REACHABLE))
    assert count > 20
    met = []
    for _ in range(3 * count):
        page.keyboard.press("Tab")
        number, seen, what = page.evaluate(HERE)
        if met and number in (met[0], -1):
            break
        if number != (met[-1] if met else None):  # a date has several parts
            met.append(number)
        # A label shows the focus of the box that it hides.
        assert seen or "checkbox" in what, f"no focus is seen on {what}"
    assert [n for n in met if n >= 0] == sorted(set(met) - {-1})
    assert set(range(count)) <= set(met)
