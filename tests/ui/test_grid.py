"""The grid as a sheet: keys, paste, undo, faults beside the cell, and the plain form under it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.ui.axe import violations
from tests.ui.conftest import Open


def cell(page: Page, name: str, row: int) -> Locator:
    return page.get_by_label(f"{name}, row {row}", exact=True)


def focused(page: Page) -> str | None:
    return page.evaluate("document.activeElement.getAttribute('aria-label')")


def paste(page: Page, text: str) -> bool:
    """Paste into what has the focus, as the browser does; whether the page took it over."""
    return page.evaluate(
        """text => { const data = new DataTransfer(); data.setData('text/plain', text);
          return !document.activeElement.dispatchEvent(
            new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true})); }""",
        text,
    )


def rows(page: Page) -> int:
    return page.locator("[data-grid] tbody tr").count()


def total(page: Page) -> str:
    return page.locator("[name=risks-TOTAL_FORMS]").input_value()


def said(page: Page) -> Locator:
    return page.locator("[data-grid-say]")


def test_arrow_keys_go_from_cell_to_cell(visit: Open) -> None:
    page = visit()
    cell(page, "Risk", 1).focus()
    page.keyboard.press("ArrowDown")
    assert focused(page) == "Risk, row 2"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert focused(page) == "Cost, row 2"
    page.keyboard.press("ArrowDown")
    assert focused(page) == "Cost, row 3"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert focused(page) == "Cost, row 1"
    assert cell(page, "Cost", 1).input_value() == "12000", "arrow keys go on and do not count"
    page.keyboard.press("ArrowUp")
    assert focused(page) == "Cost, row 1", "above the first row there is nothing"


def test_in_a_text_arrow_keys_leave_at_its_ends_only(visit: Open) -> None:
    page = visit()
    cell(page, "Risk", 2).click()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    assert focused(page) == "Risk, row 2"
    page.keyboard.press("ArrowRight")
    assert focused(page) == "Risk, row 2"
    page.keyboard.press("ArrowRight")
    assert focused(page) == "Likelihood, row 2"
    page.keyboard.press("ArrowLeft")
    # Entered by a key, the cell is taken whole: typing replaces it, F2 edits it.
    page.keyboard.press("F2")
    page.keyboard.type("!")
    assert cell(page, "Risk", 2).input_value() == "Scanner model changes!"
    page.keyboard.press("ArrowUp")
    page.keyboard.type("Another")
    assert cell(page, "Risk", 1).input_value() == "Another"


def test_selects_and_dates_keep_their_arrow_keys(visit: Open) -> None:
    page = visit()
    cell(page, "Likelihood", 2).focus()
    page.keyboard.press("ArrowDown")
    assert focused(page) == "Likelihood, row 2"
    assert cell(page, "Likelihood", 2).input_value() == "medium"
    cell(page, "Review", 2).focus()
    page.keyboard.press("ArrowUp")
    assert focused(page) == "Review, row 2"
    assert cell(page, "Review", 2).input_value() == "2027-02-15"


def test_enter_goes_down_and_adds_a_row_below_the_last(visit: Open) -> None:
    page = visit()
    cell(page, "Mitigation", 3).focus()
    page.keyboard.press("Enter")
    assert focused(page) == "Mitigation, row 4"
    page.keyboard.press("Shift+Enter")
    assert focused(page) == "Mitigation, row 3"
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert focused(page) == "Mitigation, row 4", (
        "below an empty row nothing is added, so that the grid can be left"
    )
    page.keyboard.type("Train the clerks")
    page.keyboard.press("Enter")
    assert focused(page) == "Mitigation, row 5"
    assert total(page) == "5"
    assert cell(page, "Mitigation", 5).get_attribute("name") == "risks-4-mitigation"
    assert page.url.endswith("/styleguide/"), "Enter never sends the form"


def test_tab_goes_on_as_everywhere_and_leaves_the_grid(visit: Open) -> None:
    page = visit()
    cell(page, "Risk", 1).focus()
    page.keyboard.press("Tab")
    assert focused(page) == "Likelihood, row 1"
    page.keyboard.press("Shift+Tab")
    assert focused(page) == "Risk, row 1"
    page.get_by_label("Delete row 4").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent.trim()") == "Add a risk"


def test_paste_from_a_spreadsheet_fills_cells_and_adds_rows(visit: Open) -> None:
    page = visit()
    cell(page, "Risk", 4).focus()
    block = (
        "Postmarks cover digits\tHigh\t1,500\t2026-12-24\tCrop them\r\n"
        '"Two\nlines, ""quoted"""\tlow\t\t\t\r\n'
        "Third\tmedium\t7\t\tx\r\n"
    )
    assert paste(page, block)
    assert rows(page) == 6
    assert total(page) == "6"
    assert cell(page, "Likelihood", 4).input_value() == "high"
    assert cell(page, "Cost", 4).input_value() == "1500"
    assert cell(page, "Review", 4).input_value() == "2026-12-24"
    assert cell(page, "Risk", 5).input_value() == 'Two lines, "quoted"'
    assert cell(page, "Risk", 6).input_value() == "Third"
    expect(said(page)).to_contain_text("Pasted 3 rows.")
    assert violations(page) == []


def test_numbers_and_days_are_pasted_as_people_write_them(visit: Open) -> None:
    """As `sextant.problem.amounts` reads them; what may mean two things stays out and is told beside its cell."""
    page = visit()
    told = {
        "1,5": "1.5", "1,500": "1500", "€ 1.234,50": "1234.50", "1,200 EUR": "1200", "$ 3": "3", "1 234 567": "1234567",
        "1'200": "1200", "\u22127": "-7", "60 %": None, "1,2,3": None, "twelve": None,
    }  # fmt: skip
    for text, wanted in told.items():
        cell(page, "Cost", 4).fill("")
        cell(page, "Cost", 4).focus()
        assert paste(page, f"{text}\t2026-12-24")
        assert cell(page, "Cost", 4).input_value() == (wanted or ""), text
    days = {
        "24.12.2026": "2026-12-24", "24/12/2026": "2026-12-24", "12/24/2026": "2026-12-24", "2026-1-5": "2026-01-05",
        "03/04/2026": None, "2026-02-30": None, "soon": None,
    }  # fmt: skip
    for text, wanted in days.items():
        cell(page, "Review", 4).fill("")
        cell(page, "Review", 4).focus()
        assert paste(page, f"{text}\tx")
        assert cell(page, "Review", 4).input_value() == (wanted or ""), text
    expect(said(page)).to_contain_text("1 cell did not fit")


def test_paste_of_csv_with_headings_finds_its_columns(visit: Open) -> None:
    page = visit()
    cell(page, "Risk", 4).focus()
    assert paste(page, 'Mitigation,Risk,Likelihood\n"Look, twice",Smudges,High\nNone,Stains,Low\n')
    assert rows(page) == 5
    assert cell(page, "Risk", 4).input_value() == "Smudges"
    assert cell(page, "Mitigation", 4).input_value() == "Look, twice"
    assert cell(page, "Risk", 5).input_value() == "Stains"


def test_one_cell_is_pasted_as_text(visit: Open) -> None:
    page = visit()
    cell(page, "Risk", 4).focus()
    assert not paste(page, "just words, with a comma\n")
    assert rows(page) == 4


def test_ctrl_z_takes_a_paste_back_but_not_what_was_typed_since(visit: Open) -> None:
    page = visit()
    cell(page, "Risk", 3).focus()
    paste(page, "A\thigh\nB\tlow\nC\tlow\n")
    assert rows(page) == 5
    cell(page, "Risk", 4).fill("typed by hand")
    cell(page, "Risk", 3).focus()
    page.keyboard.press("Control+z")
    assert cell(page, "Risk", 3).input_value() == "Clerks stop checking"
    assert cell(page, "Likelihood", 3).input_value() == "medium"
    assert cell(page, "Risk", 4).input_value() == "typed by hand"
    assert rows(page) == 4
    assert total(page) == "4"
    expect(said(page)).to_contain_text("taken back")


def test_two_pastes_are_taken_back_one_after_the_other(visit: Open) -> None:
    page = visit()
    cell(page, "Risk", 1).focus()
    paste(page, "first\thigh")
    paste(page, "second\tlow")
    assert cell(page, "Risk", 1).input_value() == "second"
    page.keyboard.press("Control+z")
    assert cell(page, "Risk", 1).input_value() == "first"
    said_button = page.get_by_role("button", name="Take it back")
    assert said_button.count() == 0
    page.keyboard.press("Control+z")
    assert cell(page, "Risk", 1).input_value() == "Faded ink is read badly"


def test_the_button_takes_a_paste_back_too(visit: Open) -> None:
    page = visit(width=390)
    cell(page, "Risk", 1).focus()
    paste(page, "x\tlow\ny\tlow")
    page.get_by_role("button", name="Take it back").click()
    assert cell(page, "Risk", 1).input_value() == "Faded ink is read badly"


def test_what_does_not_fit_stays_out_and_says_why_beside_the_cell(visit: Open) -> None:
    page = visit()
    cell(page, "Risk", 1).focus()
    paste(page, "Faded\tterrible\tabout ten\t04/12/2026\tCrop\n")
    likelihood, cost, review = (cell(page, n, 1) for n in ("Likelihood", "Cost", "Review"))
    assert likelihood.input_value() == "high"
    assert cost.input_value() == "12000"
    assert review.input_value() == "2026-12-01"
    for control, words in (
        (likelihood, "“terrible” is not one of: Low, Medium, High."),
        (cost, "“about ten” is not a number."),
        (review, "“04/12/2026” is not a date like 2026-11-23."),
    ):
        assert control.get_attribute("aria-invalid") == "true"
        fault, column = str(control.get_attribute("aria-describedby")).split()
        expect(page.locator(f"[id='{fault}']")).to_have_text(words)
        assert page.locator(f"th[id='{column}']").count() == 1
    expect(said(page)).to_contain_text("3 cells did not fit")
    assert violations(page) == []
    likelihood.select_option("low")
    assert likelihood.get_attribute("aria-invalid") is None
    assert page.get_by_text("is not one of").count() == 0


def test_no_more_rows_than_the_form_takes(visit: Open) -> None:
    page = visit()
    page.locator("[data-grid]").evaluate("grid => grid.dataset.most = '5'")
    cell(page, "Risk", 4).focus()
    paste(page, "a\tlow\nb\tlow\nc\tlow\nd\tlow")
    assert rows(page) == 5
    expect(said(page)).to_contain_text("2 rows were left out: this sheet holds at most 5.")
    page.get_by_role("button", name="Add a risk").click()
    assert rows(page) == 5
    expect(said(page)).to_have_text("This sheet holds at most 5 rows.")


def test_rows_are_marked_for_deletion_and_back(visit: Open) -> None:
    page = visit()
    cell(page, "Risk", 2).focus()
    page.keyboard.press("Control+Delete")
    expect(page.get_by_label("Delete row 2")).to_be_checked()
    page.keyboard.press("Control+Delete")
    expect(page.get_by_label("Delete row 2")).not_to_be_checked()


@pytest.mark.parametrize("width", [390, 1440])
def test_what_was_filled_in_arrives(visit: Open, width: int) -> None:
    """Paste, add and delete, send: Django reads the formset as it stands."""
    page = visit(width=width)
    page.get_by_role("button", name="Add a risk").click()
    assert focused(page) == "Risk, row 5"
    paste(page, "Fifth\thigh\t5")
    cell(page, "Risk", 1).focus()
    page.keyboard.press("Control+Delete")
    with page.expect_navigation():
        page.get_by_role("button", name="Save the risks").click()
    # Rows 1 to 5 came: one marked for deletion, one blank.
    expect(page.get_by_role("status").filter(has_text="rows are in order")).to_contain_text("5 rows")
    assert cell(page, "Risk", 5).input_value() == "Fifth"


def test_errors_of_the_server_stand_beside_their_cells(visit: Open) -> None:
    page = visit()
    cell(page, "Mitigation", 4).fill("Nobody knows of what")
    with page.expect_navigation():
        page.get_by_role("button", name="Save the risks").click()
    risk = cell(page, "Risk", 4)
    assert risk.get_attribute("aria-invalid") == "true"
    expect(page.locator(f"[id='{risk.get_attribute('aria-describedby')}']")).to_have_text(
        "This field is required."
    )
    assert violations(page) == []


def test_the_grid_is_a_plain_form_without_javascript(visit: Open) -> None:
    page = visit(java_script_enabled=False)
    cell(page, "Risk", 4).fill("By hand")
    cell(page, "Likelihood", 4).select_option("Low")
    with page.expect_navigation():
        page.get_by_role("button", name="Save the risks").click()
    expect(page.get_by_role("status").filter(has_text="rows are in order")).to_contain_text("4 rows")
    assert cell(page, "Risk", 4).input_value() == "By hand"


def test_on_a_phone_each_row_is_a_card_with_its_headings(visit: Open) -> None:
    page = visit(width=390)
    box = page.locator("[data-grid] tbody tr").first.bounding_box()
    assert box is not None
    assert box["width"] <= 358
    heading = page.locator("[data-grid] td").nth(1).evaluate("td => getComputedStyle(td, '::before').content")
    assert heading == '"Likelihood"'
