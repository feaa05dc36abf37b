"""A pasted one-pager: every field shows the words that it took; nothing is made up, run, or lost without a word."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sextant.errors import InvalidInput
from sextant.problem.one_pager import GAP, Prefill, read_one_pager
from sextant.problem.plain_text import MOST, plain_text
from sextant.problem.reading import a_date, a_sum, cut

#: The guide's template, filled in with its example.
BRIEF = """# ML Project Brief: Writing Assistant

## Problem Statement
Content marketers spend 3 hours writing a blog post, causing burnout and late posts.
It happens every time they create a post.

## Business Impact
- Current state: 8 posts a month
- Desired state: 12 posts a month
- ROI: $300K over two years

**Target Users**
Content marketing managers at B2B SaaS companies (50-500 employees)

Proposed ML Solution
====================
Generation with a large language model.

## Success Metrics
| Metric Type | Metric | Target | Timeframe |
|---|---|---|---|
| Business | Posts a month | 8 → 12 | 6 months |
| ML | Acceptance rate | >50% | 6 months |
- Product: 60% of sign-ups use it weekly

## Timeline & Resources
- Duration: 6 months
- Team: PM, 2 ML engineers and a designer
- Budget: $200K
- Launch: 31 March 2027

4. Risks & Mitigations
Drafts may be wrong; every draft is edited.

## Catering
Sandwiches for 20.
"""


def honest(found: Prefill) -> None:
    """Each field's words stand in the text, beginning on the line that is named."""
    lines = found.text.split("\n")
    for taken in found.taken:
        first, *_ = taken.words.split("\n")
        assert first in lines[taken.line - 1], taken
        rest = "\n".join(lines[taken.line - 1 :])
        for part in taken.words.split(f"\n{GAP}\n"):
            assert part in rest, taken
            rest = rest[rest.index(part) + len(part) :]


def test_the_guides_template_fills_the_brief_and_the_five_ws() -> None:
    found = read_one_pager(BRIEF)
    honest(found)
    assert found.five_ws.what.startswith("Content marketers spend 3 hours")
    assert found.five_ws.who == "Content marketing managers at B2B SaaS companies (50-500 employees)"
    assert found.five_ws.when == "every time they create a post"
    brief = found.brief
    assert brief.problem.endswith("create a post.")
    assert (brief.impact_now, brief.impact_wanted, brief.roi) == (
        "8 posts a month", "12 posts a month", "$300K over two years",
    )  # fmt: skip
    assert brief.approach == "Generation with a large language model."
    assert brief.business_metrics == ("Posts a month, 8 → 12, 6 months",)
    assert brief.product_metrics == ("60% of sign-ups use it weekly",)
    assert brief.ml_metrics == ("Acceptance rate, >50%, 6 months",)
    assert brief.team == ("PM", "2 ML engineers", "a designer")
    assert (brief.budget, found.currency, brief.ends) == (200_000, "USD", date(2027, 3, 31))
    assert brief.risks == "Drafts may be wrong; every draft is edited."
    assert "Sandwiches" not in str(found.brief) + str(found.five_ws)
    assert [(left.words, left.line) for left in found.left] == [("6 months", 27)]


def test_a_mail_without_headings_is_read_by_its_sentences() -> None:
    found = read_one_pager(
        "Hi all. Our support agents copy 40 order numbers a day, and every tenth one is wrong. Each mistake costs us "
        "12 euros in refunds. It happens at the intake desk, each morning when mail comes in. We'd like to use AI."
    )
    honest(found)
    assert found.five_ws.plain() | {"dismissed": []} == {
        "what": "Our support agents copy 40 order numbers a day, and every tenth one is wrong.",
        "who": "support agents",
        "why": "Each mistake costs us 12 euros in refunds",
        "when": "each morning when mail comes in",
        "where": "at the intake desk",
        "not_validated_reason": "", "dismissed": [],
    }  # fmt: skip
    assert {t.rule for t in found.taken} == {"sentence"}


def test_labels_fill_all_five_ws() -> None:
    said = {
        "what": "Forms are typed twice.",
        "who": "12 clerks",
        "why": "It costs 3 hours.",
        "when": "Daily",
        "where": "At the desk",
    }
    found = read_one_pager("\n".join(f"- **{k.capitalize()}:** {v}" for k, v in said.items()))
    honest(found)
    assert {k: getattr(found.five_ws, k) for k in said} == said


def test_what_cannot_be_taken_is_said() -> None:
    found = read_one_pager(
        "Budget: to be agreed\nDeadline: 3/4/2027\nWho: clerks\nWho: nurses\n# KPIs\nFewer errors"
    )
    assert {left.line: left.why.split(";")[0] for left in found.left} == {
        1: "no sum of money stands there", 2: "no clear date stands there",
        4: "who was filled already, from a line before", 6: "say of each whether it is a business, a product or an ML target",
    }  # fmt: skip
    assert found.five_ws.who == "clerks"
    assert found.brief.budget is None


RICH = """<html><head><title>x</title><style>p{color:red}</style></head><body onload="steal()">
<h2>Problem</h2><p>Clerks <b onclick="x()">retype</b> 600 forms&nbsp;a day.<script>alert("Budget: $1")</script></p>
<h2>Team</h2><ul><li>PM</li><li>Engineer<img src=x onerror=alert(1)></li></ul>
<table><tr><td>Business</td><td>Forms a day</td><td>310 &rarr; 420</td></tr></table>
<iframe src="javascript:alert(1)">frame</iframe><!-- Budget: $2 --></body></html>"""


def test_pasted_rich_text_becomes_plain_text_without_its_scripts() -> None:
    found = read_one_pager(RICH)
    honest(found)
    assert found.five_ws.what == "Clerks retype 600 forms a day."
    assert found.brief.team == ("PM", "Engineer")
    assert found.brief.business_metrics == ("Forms a day, 310 → 420",)
    assert found.brief.budget is None
    for gone in ("alert", "steal", "color", "frame", "<", "onclick"):
        assert gone not in found.text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("2 < 3 and a > b", "2 < 3 and a > b"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("a\x00b\u202ec\ufeff", "abc"),
        ("<p>never closed", "never closed"),
        ("<script>never closed", ""),
        ("<p>a</p><script>x</script", "a\n"),
        ("<p>1 &lt;script&gt; 2</p>", "1 <script> 2"),
        ("", ""),
    ],
)
def test_plain_text_of_odd_input(text: str, plain: str) -> None:
    assert plain_text(text) == plain.strip("\n")


def test_a_brief_of_200_kb_is_read_and_what_did_not_fit_is_said() -> None:
    sentence = "Clerks retype 600 forms a day, and 4 % of the amounts are wrong. "
    text = (
        "# Problem\n" + sentence * 3_000 + "\n# Risks\n" + "Scanners change. " * 300 + "\nBudget: EUR 50,000"
    )
    assert len(text) > 200_000
    found = read_one_pager(text)
    honest(found)
    assert len(found.brief.problem) <= 4_000
    assert found.brief.problem.endswith("are wrong.")
    assert found.brief.budget == 50_000
    assert any("were taken into this field" in left.why for left in found.left)


def test_more_than_anybody_pastes_is_refused_with_the_limit() -> None:
    with pytest.raises(InvalidInput, match="at most 500,000"):
        plain_text("x" * (MOST + 1))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [*BRIEF.split("\n"), *RICH.split("\n"), "Who: clerks", "**", "| a | b", "#", "\u202e"]
        ),
        max_size=25,
    )
)
def test_whatever_the_order_of_lines_each_field_shows_words_of_the_text(lines: list[str]) -> None:
    honest(read_one_pager("\n".join(lines)))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$200K", (200_000, "USD")), ("€ 1.5m", (1_500_000, "EUR")), ("about 50,000 CHF", (50_000, "CHF")),
        ("3 people", None), ("20000", (20_000, None)), ("£4", (4, "GBP")),
    ],
)  # fmt: skip
def test_sums_of_money(text: str, found: tuple[float, str | None] | None) -> None:
    assert a_sum(text) == found


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2027-02-29 or 2027-03-01", date(2027, 3, 1)), ("the 1st of May 2027", date(2027, 5, 1)),
        ("Sept. 3, 2027", date(2027, 9, 3)), ("Q3 2027", None), ("32 May 2027", None),
    ],
)  # fmt: skip
def test_dates(text: str, day: date | None) -> None:
    assert a_date(text) == day


def test_a_long_text_is_cut_at_a_sentence_or_a_word() -> None:
    assert cut("a" * 5_000) == "a" * 2_001
    assert cut("word " * 1_000).endswith("word")
    assert len(cut("One. " * 1_000)) <= 4_000
