"""The plan says what the state says, in every format, on three pages, whatever people wrote."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from sextant.chain import read_anchors
from sextant.errors import InvalidInput
from sextant.lifecycle.gates import gates
from sextant.lifecycle.phases import PHASES
from sextant.lifecycle.plan import MOST_PAGES, Beside, Fitted, Plan, Table, fitted, paper, plan, render
from sextant.lifecycle.plan.content import NOTHING_FOUND, NOTHING_MEANT
from sextant.lifecycle.plan.words import ROOMS, Shortener
from sextant.lifecycle.state import Decision, PhasePlan, ProjectState, Risk
from sextant.problem.documents import Brief, FiveWs, Intent
from tests.lifecycle.factory import NOW, criterion, proportion, state

PHASE_KEYS = [info.key for info in PHASES]
HEAD = {
    "project": "3f1c", "sequence": 12, "head": "ab" * 32, "at": "2026-06-15T12:00:00.000000Z", "reason": "plan",
    "key": "A" * 43 + "=", "signature": "B" * 86 + "==",
}  # fmt: skip
FORMATS = ("pdf", "docx", "md", "html")


def a_state(**overrides: Any) -> ProjectState:
    """A project under way: two targets with proof, one without, dates, money, risks, a decision."""
    return state(
        documents=[
            Intent(**{key: f"In {key} we mean to do the {n}th thing." for n, key in enumerate(PHASE_KEYS)}),
            FiveWs(what="Clerks type 1,900 forms a day"),
        ],
        criteria=[
            criterion("accuracy", threshold=0.95, due=date(2026, 9, 1)),
            criterion("recall", threshold=0.9),
            criterion("posts", unit="posts", family="business", threshold=12, due_days_after_exposure=180),
        ],
        evidence=[proportion("accuracy", 988, 1000), proportion("recall", 850, 1000)],
        plans=[
            PhasePlan("problem", date(2026, 3, 2), date(2026, 3, 13), date(2026, 3, 3), date(2026, 3, 16), planned_cost=900)
        ],
        risks=(
            Risk("ink", "data", "The ink fades", 4, 5, "Data lead", "Scan twice"),
            Risk("law", "deployment", "A new law", 1, 2, status="closed"),
        ),
        budget=20_000.0,
        decisions=(Decision("problem", 1, "pass", "Ada Quist", NOW - timedelta(days=80)),),
        **overrides,
    )  # fmt: skip


def texts(made: Fitted) -> dict[str, str]:
    """What somebody reads in each format, without any white space: lines are broken where they are."""
    import docx
    from pypdf import PdfReader

    pages = PdfReader(io.BytesIO(render(made, "pdf"))).pages
    document = docx.Document(io.BytesIO(render(made, "docx")))
    parts = [p.text for p in document.paragraphs]
    parts += [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    markdown = re.sub(r"\\(.)", r"\1", render(made, "md").decode())
    page = unescape(re.sub(r"<style>.*?</style>|<[^>]*>", " ", render(made, "html").decode(), flags=re.S))
    found = {
        "pdf": "".join(p.extract_text() for p in pages),
        "docx": "".join(parts),
        "md": markdown,
        "html": page,
    }
    return {form: squeezed(text) for form, text in found.items()}


def squeezed(text: str) -> str:
    return re.sub(r"[\s\u200b]", "", text)


def said(made: Plan) -> list[str]:
    """Every cell, point and sentence of the plan."""
    found = [made.title, made.subtitle, made.summary]
    for section in made.sections:
        found.append(section.title)
        for block in section.blocks:
            if isinstance(block, Beside):
                found += [
                    block.meant,
                    *(text for p in block.found for text in (p.text, p.status.capitalize())),
                ]
            elif isinstance(block, Table):
                found += (
                    [*block.heads, *(cell for row in block.rows for cell in row), block.after]
                    if block.rows
                    else [block.empty]
                )
            else:
                found.append(block.text)
    return found


def test_every_format_says_the_same() -> None:
    made = fitted(a_state(), summary="Reads forms, 3 % faster.", head=HEAD)
    for form, text in texts(made).items():
        assert [words for words in said(made.plan) if squeezed(words) not in text] == [], form


def test_every_number_and_status_of_the_state_is_in_it() -> None:
    now = a_state()
    wanted = [
        "at least 95 %", "98.8 % (97.91–99.31 %)", "1 Sep 2026", "at least 90 %", "85 % (82.7–87.1 %)", "180 days in use",
        "at least 12 posts", "2 Mar 2026 to 13 Mar 2026", "3 Mar 2026 to 16 Mar 2026", "3 days late", "4 × 5", "1 × 2",
        "open", "closed", "$20,000", "$900", "passed by Ada Quist on 27 Mar 2026",
        *(f"{g.met} of {len(g.items)} items met" for g in gates(now) if g.decision),
        *(now.verdict(key).word for key in now.criteria),
    ]  # fmt: skip
    assert {now.verdict(key).word for key in now.criteria} >= {"met", "not met"}
    for form, text in texts(fitted(now)).items():
        assert [words for words in wanted if squeezed(words) not in text] == [], form


def test_on_the_first_day_it_is_made_of_intents_alone() -> None:
    intent = Intent(**{key: f"Meant for {key}." for key in PHASE_KEYS})
    made = plan(state(documents=[intent]))
    for section in made.sections:
        for block in section.blocks:
            if isinstance(block, Beside):
                assert block.meant == f"Meant for {section.phase}."
                assert [p.text for p in block.found] == [NOTHING_FOUND] or section.phase == "problem"


def test_without_an_intent_the_brief_and_the_five_ws_stand_in() -> None:
    made = plan(
        state(documents=[Brief(approach="Rent a model."), FiveWs(what="Clerks type", who="12 clerks.")])
    )
    beside = {s.phase: s.blocks[0] for s in made.sections if s.phase}
    problem, model, data = beside["problem"], beside["model"], beside["data"]
    assert isinstance(problem, Beside) and isinstance(model, Beside) and isinstance(data, Beside)
    assert (problem.meant, problem.source) == ("Clerks type. 12 clerks.", "from the five Ws")
    assert (model.meant, model.source) == ("Rent a model.", "from the brief")
    assert (data.meant, data.source) == (NOTHING_MEANT, "")


def test_a_gate_that_is_not_assessed_says_so() -> None:
    made = plan(state(opened_at_phase="deployment"))
    first = made.sections[0].blocks[0]
    assert isinstance(first, Beside)
    assert [p.text for p in first.found] == ["The project began later, so this gate is not assessed."]


HOSTILE = [
    '*b* #read("/etc/passwd") $x$ @ref <lab> = h\n#set page(width: 1pt)',
    "<script>alert(1)</script> &amp; ]]> </w:t></w:r> <img src=x onerror=alert(1)>",
    "a\x00\x01\x0b\x1f\ufffe\ud83d <b>",
    "| cell | [link](javascript:alert(1)) `code` ![](x) \\| # h",
    "שלום \u202eevil\u202c 12",
    "日本語 🙂👩‍👩‍👧 मानक",
    "w" * 900,
]


@pytest.mark.parametrize(
    "words", HOSTILE, ids=["typst", "html", "control", "markdown", "bidi", "scripts", "long"]
)
def test_what_people_wrote_comes_out_as_text(words: str) -> None:
    whole = dict.fromkeys(PHASE_KEYS, words)
    now = a_state(name=f"Forms {words[:40]}")
    intent = Intent.model_validate(whole) if "\ud83d" not in words else Intent()
    now.documents = {"intent": state(documents=[intent]).documents["intent"]}
    now.risks = (Risk("x", "data", words, 3, 3, words, words),)
    made = fitted(now, summary=words)
    assert made.paper.pages <= MOST_PAGES
    page, text = render(made, "html").decode(), render(made, "md").decode()
    assert "<script>" not in page and "<img" not in page and "<script>" not in text
    assert not re.search(r"(?<!\\)\]\(javascript", text)
    assert "\u202e" not in page and "\x00" not in page
    found = texts(made)
    token = squeezed(words.splitlines()[0])[:12]
    if words.startswith(("*", "<", "w")):
        for form in FORMATS:
            assert token in found[form], form
    if "日" in words:
        assert "日本語🙂" in found["docx"] and "日本語🙂" in found["html"]
        for char in "日本語🙂":
            assert (char in found["pdf"]) != (char in made.paper.missing)
        assert any("No font" in w for w in made.warnings) == bool(made.paper.missing)


def test_200_kb_in_every_field_is_shortened_by_the_rule_that_it_states() -> None:
    long = "A sentence of a few words. " * 7_600
    now = a_state(name=long[:5000])
    now.risks = tuple(Risk(f"r{n}", "data", long, 3, 3, long, long) for n in range(40))
    now.criteria = {f"c{n}": criterion(f"c{n}", name=long[:4000].strip()) for n in range(60)}
    # An intent holds 4,000 characters; a document from before a limit may hold more.
    object.__setattr__(now.documents["intent"][0].document, "data", long)
    made = fitted(now, summary=long)
    assert made.paper.pages <= MOST_PAGES
    assert made.warnings == ()
    assert "the intent for Data" in made.plan.note and "ends at its last sentence" in made.plan.note
    for text in texts(made).values():
        assert re.search(r"And[34]\dmoretargets,intheproject\.", text)
        assert squeezed("ends at its last sentence or word that fits") in text
    assert ROOMS[-1].targets == 16


def test_over_three_pages_a_warning_says_what_to_shorten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paper, "MOST_PAGES", 0)
    now = a_state()
    object.__setattr__(now.documents["intent"][0].document, "data", "So long. " * 300)
    [warning] = fitted(now).warnings
    assert re.fullmatch(
        r"It has \d pages?; 0 is the most\. Shorten the intent for Data \(2,700 characters\)\.", warning
    )


@pytest.mark.parametrize("limit", [20, 60, 200])
def test_a_shortened_text_is_a_beginning_and_no_longer_than_there_is_room(limit: int) -> None:
    text = "First things first. Then the second, which is longer; and the third! Is there more? " * 4
    short = Shortener()(text, limit, "it")
    assert len(short) <= limit and short.endswith(" …") and text.startswith(short.removesuffix(" …"))


def test_the_room_decides_how_much_is_said() -> None:
    now = a_state()
    now.risks = tuple(Risk(f"r{n}", "data", f"Risk {n} " * 20, 3, 3) for n in range(20))
    sizes = [len("".join(said(plan(now, room=room)))) for room in ROOMS]
    assert sizes == sorted(sizes, reverse=True) and len(set(sizes)) == len(sizes)


@pytest.mark.parametrize("form", FORMATS)
def test_the_signed_head_is_read_back_from_every_format(tmp_path: Path, form: Any) -> None:
    kept = tmp_path / f"plan.{form}"
    kept.write_bytes(render(fitted(a_state(), head=HEAD), form))
    [anchor] = read_anchors(kept)
    assert json.loads(anchor.model_dump_json()) == HEAD
    kept.write_bytes(render(fitted(a_state()), form))
    with pytest.raises(InvalidInput, match="no anchor stands in this file"):
        read_anchors(kept)


def _zip(**files: bytes) -> bytes:
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, body in files.items():
            packed.writestr(name, body)
    return out.getvalue()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (lambda: b"PK\x03\x04 no", "no Word document"),
        (lambda: _zip(other=b"x"), "no Word document"),
        (lambda: _zip(**{"word/document.xml": b"0" * 50_000_001}), "unpacks to"),
        (lambda: b"%PDF-1.7 nothing", "no anchor"),
    ],
)
def test_a_file_that_is_no_plan_is_refused_clearly(
    tmp_path: Path, body: Callable[[], bytes], says: str
) -> None:
    kept = tmp_path / "plan"
    kept.write_bytes(body())
    with pytest.raises(InvalidInput, match=says):
        read_anchors(kept)
