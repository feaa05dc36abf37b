"""Labeling in a browser: on a phone and on a desk, with keys, with the pointer, and without JavaScript."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from sextant.data.guidelines import Guideline, HardCase, LabelValue, Question
from sextant_server.labeling import actions, items, ruling_actions
from sextant_server.labeling.models import Dealt, Round
from sextant_server.projects.models import Project
from tests.browser.conftest import Visit
from tests.browser.test_every_page import look
from tests.server.labeling.making import SPAM, helped_round, lively_round, make_round
from tests.server.world import LOCAL, open_project

pytestmark = pytest.mark.django_db

ASKED = SPAM.model_copy(
    update={
        "hard_cases": (HardCase(case="A newsletter that you ordered", value="ham", why="You asked for it."),),
        "questions": (Question(item="You have won a car", answer="spam", why="Nobody gives away cars."),),
    }
)


def _link(row: Round) -> str:
    return actions.invite(row.project, LOCAL, row, name="Ann", base="/r/")[1]


@pytest.fixture
def project() -> Project:
    return open_project()


@pytest.mark.parametrize("name", ["guidelines", "new-guideline", "labeling", "my-labeling"])
def test_page_of_an_empty_project(visit: Visit, project: Project, name: str) -> None:
    look(visit, reverse(name, args=[project.slug]))


@pytest.mark.parametrize(
    "name",
    [
        "guidelines",
        "guideline",
        "guideline-version",
        "labeling",
        "labeling-round",
        "labeling-results",
        "labeling-rulings",
        "label-home",
    ],
)
def test_page_of_a_round_that_was_labeled(visit: Visit, project: Project, name: str) -> None:
    row = lively_round(project)
    ruling_actions.prove(project, LOCAL, row)
    keys: dict[str, list[object]] = {
        "guideline": ["forms", "spam"],
        "guideline-version": ["forms", "spam", 1],
        "guidelines": ["forms"],
        "labeling": ["forms"],
        "label-home": [],
    }
    look(visit, reverse(name, args=keys.get(name, ["forms", row.key])))


def test_machines_of_a_round_without_anything(visit: Visit, project: Project) -> None:
    make_round(project, many=2)
    look(visit, reverse("labeling-machines", args=["forms", "first"]))


@pytest.mark.parametrize(
    "name", ["labeling-machines", "labeling-results", "labeling-round", "labeling-rulings"]
)
def test_page_of_a_round_with_rules_and_a_model(visit: Visit, project: Project, name: str) -> None:
    helped_round(project)
    look(visit, reverse(name, args=["forms", "first"]))


def test_a_rule_is_tried_and_kept(visit: Visit, project: Project) -> None:
    make_round(project, many=10)
    page = visit(reverse("labeling-machines", args=["forms", "first"]))
    page.get_by_label("Name").fill("even")
    page.get_by_label("Or a pattern").fill("[02468]$")
    page.get_by_role("button", name="Try it first").click()
    expect(page.get_by_text("tried, not kept")).to_be_visible()
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_text("The rule “even” is kept.")).to_be_visible()
    page.get_by_role("button", name="Keep their labels as noisy").click()
    expect(page.get_by_text("5 items have a noisy label, kept apart")).to_be_visible()


def test_a_rater_reads_answers_and_labels_by_keys_on_a_phone(visit: Visit, project: Project) -> None:
    row = make_round(project, many=3, guideline=ASKED, labelers=1, most=1)
    link = _link(row)
    look(visit, link)
    page = visit(link, width=390, guest=True, refused="422")
    page.get_by_role("radio", name="ham").check()
    page.get_by_role("button", name="Check my answers").click()
    expect(page.get_by_text("Nobody gives away cars.")).to_be_visible()
    page.get_by_role("radio", name="spam").check()
    page.get_by_role("button", name="Check my answers").click()
    expect(page.locator(".item-text")).to_contain_text("message")
    first = page.locator(".item-text").inner_text()
    # Keys are heard once the page's program runs.
    page.wait_for_load_state("load")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.locator(".item-text")).not_to_have_text(first)
    page.keyboard.press("u")
    expect(page.locator(".item-text")).to_have_text(first)
    page.wait_for_load_state("load")
    expect(page.get_by_role("radio", name="spam")).to_be_checked()
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.locator(".item-text")).not_to_have_text(first)
    expect(page.get_by_text("1 done")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Nothing was chosen")
    page.wait_for_load_state("load")
    page.keyboard.press("s")
    skipped = page.locator(".item-text").inner_text()
    page.get_by_role("button", name="Skip this item").click()
    expect(page.locator(".item-text")).not_to_have_text(skipped)
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="You are done")).to_be_visible()
    found = list(Dealt.objects.order_by("id").values_list("state", "answer", "revised"))
    assert found == [
        ("labeled", {"value": "ham"}, 1),
        ("skipped", None, 0),
        ("labeled", {"value": "spam"}, 0),
    ]


def test_passages_are_marked_with_the_pointer(visit: Visit, project: Project) -> None:
    names = Guideline(
        task="Mark every person.", answer="spans", published_on=SPAM.published_on,
        values=(LabelValue(value="person", criteria="A name.", examples="Ada\nBob"), LabelValue(value="place", criteria="x")),
    )  # fmt: skip
    actions.save_guideline(project, LOCAL, names, "names")
    row = actions.put_round(project, LOCAL, "names", guideline="names", labelers=1, most=1)
    made = items.drafts([{"text": "🙂 Ada met Bob in Rome."}], items.Columns("text", ("text",)), names)
    actions.add_items(project, LOCAL, row, made)
    actions.set_state(project, LOCAL, row, "open")
    page = visit(_link(row), guest=True)
    page.get_by_role("button", name="Begin").click()
    page.wait_for_selector("[data-text]")
    page.evaluate(
        """() => { const node = document.querySelector('[data-text]').firstChild, range = document.createRange();
        range.setStart(node, 3); range.setEnd(node, 7); getSelection().removeAllRanges(); getSelection().addRange(range);
        document.dispatchEvent(new PointerEvent('pointerup')); }"""
    )
    expect(page.get_by_role("button", name="Take away person: Ada")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="You are done")).to_be_visible()
    [answer] = Dealt.objects.values_list("answer", flat=True)
    assert answer == {"spans": [{"start": 2, "end": 5, "label": "person", "text": "Ada"}]}


def test_labeling_without_javascript(visit: Visit, project: Project) -> None:
    row = make_round(project, many=2, labelers=1, most=1)
    page = visit(_link(row), width=390, guest=True, java_script_enabled=False)
    page.get_by_role("button", name="Begin").click()
    for _ in range(2):
        page.get_by_label("ham").check()
        page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="You are done")).to_be_visible()
    assert Dealt.objects.filter(state="labeled").count() == 2
