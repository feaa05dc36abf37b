"""What people do, in a real browser: from the keyboard alone, and by pasting out of a spreadsheet."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from sextant_server.jobs.models import Job
from sextant_server.projects.models import Project
from sextant_server.records import queries
from sextant_server.records.models import RiskRow
from tests.browser.conftest import Visit
from tests.browser.rich import rich_project
from tests.server.world import open_project

pytestmark = pytest.mark.django_db


def reach(page: Page, name: str) -> None:
    """Press Tab until the control of this name has the focus, as who has no mouse would."""
    for _ in range(80):
        page.keyboard.press("Tab")
        found = page.evaluate(
            "() => { const e = document.activeElement; return [e.textContent.trim(), e.getAttribute('aria-label') || '',"
            " ...[...(e.labels || [])].map(l => l.textContent.trim())] }"
        )
        if name in found:
            return
    raise AssertionError(f"Tab does not reach {name!r}")


def test_a_project_and_its_first_target_from_the_keyboard_alone(visit: Visit) -> None:
    page = visit("/")
    reach(page, "Open a project")
    page.keyboard.press("Enter")
    page.wait_for_url("**/new/")
    reach(page, "Name")
    page.keyboard.type("Form reader")
    reach(page, "Open the project")
    page.keyboard.press("Enter")
    page.wait_for_url("**/p/form-reader/five-ws/")
    expect(page.get_by_role("heading", level=1)).to_have_text("The five Ws")
    reach(page, "Overview")
    page.keyboard.press("Enter")
    page.wait_for_url("**/p/form-reader/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Form reader")
    reach(page, "Write a target")
    page.keyboard.press("Enter")
    page.wait_for_url("**/new-target/")
    for label, text in (
        ("Target", "Digits read right"),
        ("Measured as", "accuracy"),
        ("Unit", "share"),
        ("The bar", "0.95"),
    ):
        reach(page, label)
        page.keyboard.type(text)
    reach(page, "Save the target")
    page.keyboard.press("Enter")
    page.wait_for_url("**/targets/digits-read-right/")
    project = Project.objects.get(slug="form-reader")
    assert queries.criteria(project)["digits-read-right"].threshold == 0.95


def test_a_block_of_a_spreadsheet_is_pasted_into_the_risks(visit: Visit) -> None:
    open_project()
    page = visit("/p/forms/risks/")
    block = "Ink fades\tData\t4\t5\nScanners change\tDeployment\t2\t3\nClerks leave\tProblem\t1\t2"
    cell = page.locator('[name="risks-0-text"]')
    cell.focus()
    cell.evaluate(
        "(e, text) => { const data = new DataTransfer(); data.setData('text/plain', text);"
        " e.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true})) }",
        block,
    )
    expect(page.locator('[name="risks-2-text"]')).to_have_value("Clerks leave")
    page.get_by_role("button", name="Save the risks").click()
    expect(page.get_by_text("The risk register is saved.")).to_be_visible()
    assert [(r.text, r.phase, r.likelihood, r.impact) for r in RiskRow.objects.order_by("position")] == [
        ("Ink fades", "data", 4, 5),
        ("Scanners change", "deployment", 2, 3),
        ("Clerks leave", "problem", 1, 2),
    ]


def test_a_job_is_followed_until_it_ends(visit: Visit) -> None:
    rich_project()
    job = Job.objects.latest("id")
    page = visit(f"/p/forms/jobs/{job.pk}/")
    expect(page.get_by_role("status").filter(has_text="Waiting")).to_be_visible()
    Job.objects.filter(pk=job.pk).update(state="done", result={"intact": True, "records": 7})
    expect(page.get_by_text("All 7 records are what they were")).to_be_visible()


def test_more_of_the_log_comes_in_place(visit: Visit) -> None:
    rich_project()
    page = visit("/p/forms/log/")
    entries = page.locator("#records > li:not(.more)")
    expect(entries).to_have_count(50)
    page.locator("#records .more a").click()
    expect(entries).not_to_have_count(50)


def test_an_answer_is_read_as_it_is_typed(visit: Visit) -> None:
    open_project()
    page = visit("/p/forms/five-ws/")
    page.locator("[name=why]").press_sequentially("We need AI")
    remark = page.locator("#read-why li").first
    expect(remark).to_contain_text("solution not problem")
    remark.get_by_text("Set aside", exact=True).click()
    # What is unfolded stays while another answer is written.
    page.locator("[name=when]").press_sequentially("Every Monday morning")
    expect(page.locator("#read-when")).to_contain_text("Clear.")
    remark.get_by_label("What makes it clear as it stands").fill("It is our trade")
    remark.get_by_role("button", name="Set aside, and save").click()
    expect(page.get_by_text("It is our trade")).to_be_visible()
    expect(page.locator("[name=when]")).to_have_value("Every Monday morning")


def test_a_rich_paste_keeps_its_headings_and_runs_no_script(visit: Visit) -> None:
    page = visit("/new/paste/")
    field = page.get_by_label("Your one-pager")
    field.evaluate(
        "(e, html) => { e.focus(); const d = new DataTransfer(); d.setData('text/html', html); d.setData('text/plain', 'x');"
        " e.dispatchEvent(new ClipboardEvent('paste', {clipboardData: d, bubbles: true, cancelable: true})) }",
        "<h2>Problem</h2><p>Clerks <b>type</b> 600 forms.</p><script>window.hit = 1</script><img src=x onerror='window.hit = 2'>"
        "<ul><li>One</li><li>Two</li></ul>",
    )
    expect(field).to_have_value("## Problem\n\nClerks type 600 forms.\n\n- One\n- Two")
    assert page.evaluate("window.hit") is None
