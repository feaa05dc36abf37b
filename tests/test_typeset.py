"""What people wrote is drawn as they wrote it, and nothing else can happen with it."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest

from sextant.errors import InvalidInput, SextantError
from sextant.typeset import BOX, Paper, clean, pdf

DAY = datetime(2026, 11, 25, 9, tzinfo=UTC)
LIST = "= #sys.inputs.title\n#for said in data.said [- #said\n]"


def drawn(*said: str, title: str = "A page", foot: str = "") -> tuple[Paper, str]:
    from pypdf import PdfReader

    paper = pdf(LIST, {"said": said}, title=title, when=DAY, foot=foot)
    pages = PdfReader(io.BytesIO(paper.pdf)).pages
    assert len(pages) == paper.pages
    return paper, "\n".join(page.extract_text().replace("\u200b", "") for page in pages)


@pytest.mark.parametrize(
    "said",
    [
        "*bold* _it_ $x^2$ @ref <label> = heading `code` \\ [a](b)",
        '#read("/etc/passwd") #import "@preview/x:1.0.0": * #panic() #sys.inputs',
        "// not a comment /* neither */",
        "<script>alert(1)</script> &amp; ]]> <w:t>",
        "\"quoted\" 'single' -- --- ... ~ \\u{65e5}",
        "−3.2 % ≥ ≤ × – — “so” Ω Ж ñ ﬁ",
    ],
)
def test_markup_comes_out_as_text(said: str) -> None:
    paper, text = drawn(said, title=f"Title {said}", foot=f"Foot {said}")
    assert said in text.replace("fi", "ﬁ") or said in text
    assert f"Title {said.split()[0]}" in text and f"Foot {said.split()[0]}" in text
    assert paper.missing == ()


def test_what_no_font_has_is_a_box_and_is_said() -> None:
    paper, text = drawn("before \ue000\ue001 after")
    assert f"before {BOX}{BOX} after" in text
    assert paper.missing == ("\ue000", "\ue001")


def test_other_scripts_are_drawn_or_named() -> None:
    paper, text = drawn("日本語 🙂", "שלום")
    for char in "日本語🙂":
        assert (char in text) != (char in paper.missing)
    assert "שלום" in text or "ש" in paper.missing


def test_controls_and_turned_lines_are_taken_out() -> None:
    assert clean("a\x00\x0b\x1f\ufeff\ufffeb\r\nc\x85d\t\u202ee\u2066") == "ab\nc\nd\te"
    assert clean("\ud83d half") == "\ufffd half"
    assert clean("e\u0301") == "é"
    assert "so far" in drawn("\u202eso far\u202c\x00")[1]


def test_a_long_word_stays_on_the_paper() -> None:
    _, text = drawn("w" * 500)
    assert text.count("w") == 500
    assert max(len(line) for line in text.splitlines()) < 130


def test_a_very_long_text_is_drawn_whole() -> None:
    paper, text = drawn("#mark_ " * 30_000)
    assert text.count("#mark_") == 30_000
    assert paper.pages > 20


def test_same_input_same_bytes() -> None:
    assert drawn("so")[0] == drawn("so")[0]


def test_data_is_plain() -> None:
    with pytest.raises(InvalidInput, match="data of a page"):
        pdf(LIST, {"said": [float("nan")]}, title="T", when=DAY)
    with pytest.raises(InvalidInput, match="data of a page"):
        pdf(LIST, {"said": [DAY]}, title="T", when=DAY)


def test_a_fault_of_the_template_says_so() -> None:
    with pytest.raises(SextantError, match="fault of the template"):
        pdf("#nothing_like_it", {}, title="T", when=DAY)
