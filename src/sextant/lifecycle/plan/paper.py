"""The plan as PDF, and the room that every format takes: the first that fits three pages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import lru_cache
from typing import Any, Literal

from sextant.lifecycle.plan.content import Beside, Plan, Prose, plan
from sextant.lifecycle.plan.words import ROOMS
from sextant.lifecycle.state import ProjectState
from sextant.typeset import Paper, pdf

#: Two to three pages: what somebody reads before a meeting.
MOST_PAGES = 3
Format = Literal["pdf", "docx", "md", "html"]

TEMPLATE = """\
#let quiet(body) = text(size: 8.5pt, fill: muted, body)
= #data.title
#quiet(data.subtitle)

#if data.summary != "" [#data.summary]
#for section in data.sections {
  heading(level: 2, section.title)
  for block in section.blocks {
    if block.kind == "prose" { par(block.text) }
    if block.kind == "beside" {
      grid(columns: (2fr, 3fr), column-gutter: 14pt,
        [#quiet[Intent#if block.source != "" [ (#block.source)]] \\ #block.meant],
        [#quiet[So far]
         #list(tight: true, spacing: 0.5em, marker: text(fill: muted)[–], body-indent: 4pt,
           ..block.found.map(p => if p.status != "" [*#p.status:* #p.text] else [#p.text]))])
    }
    if block.kind == "table" {
      if block.rows.len() == 0 { par(block.empty) } else {
        set text(size: 8.5pt, hyphenate: false)
        set par(leading: 0.45em)
        table(columns: block.widths.map(w => w * 1fr), table.header(..block.heads), ..block.rows.flatten())
        if block.after != "" { par(block.after) }
      }
    }
  }
}
#if data.head != "" {
  heading(level: 2)[Signed head of the log]
  quiet[Keep this file where the log is not: #raw("sextant audit verify --head FILE") holds the log against it.]
  block(above: 4pt, text(size: 6pt, font: "DejaVu Sans Mono", data.head))
}
#if data.note != "" { v(4pt); quiet(data.note) }
"""


@dataclass(frozen=True, slots=True)
class Fitted:
    """The plan in the roomiest form that fits, and its PDF. `warnings` are whole sentences: what to shorten where even
    the tightest has too many pages, which letters no font here has."""

    plan: Plan
    paper: Paper
    warnings: tuple[str, ...] = ()


def fitted(state: ProjectState, *, summary: str = "", head: Mapping[str, Any] | None = None) -> Fitted:
    """The plan with the most room that keeps it to three pages; the tightest, with a warning, if none does."""
    for room in ROOMS:
        made = plan(state, summary=summary, head=head, room=room)
        paper = _drawn(made)
        if paper.pages <= MOST_PAGES:
            break
    return Fitted(made, paper, tuple(_warnings(made, paper)))


def render(found: Fitted, form: Format) -> bytes:
    """One of the four formats as it is written to a file."""
    from sextant.lifecycle.plan.markdown import markdown
    from sextant.lifecycle.plan.web import html
    from sextant.lifecycle.plan.word import word

    if form == "pdf":
        return found.paper.pdf
    if form == "docx":
        return word(found.plan)
    return (markdown(found.plan) if form == "md" else html(found.plan)).encode()


def _warnings(made: Plan, paper: Paper) -> list[str]:
    found = []
    if paper.pages > MOST_PAGES:
        cut = {name: length for name, length in made.cut if name != "findings"}
        longest = sorted(cut.items(), key=lambda entry: -entry[1])[:3]
        what = ", ".join(f"{name} ({length:,} characters)" for name, length in longest)
        todo = f"Shorten {what}." if what else "Give fewer targets or risks."
        found.append(f"It has {paper.pages} pages; {MOST_PAGES} is the most. {todo}")
    if paper.missing:
        shown = " ".join(paper.missing[:12]) + (" …" if len(paper.missing) > 12 else "")
        found.append(
            f"No font on the server has {shown}: the PDF shows a box for each. The other formats hold them; a font for "
            "that script, installed on the server, mends it."
        )
    return found


def _drawn(made: Plan) -> Paper:
    head = "" if made.head is None else json.dumps(made.head, ensure_ascii=True)
    data = {
        "title": made.title, "subtitle": made.subtitle, "summary": made.summary, "note": made.note, "head": head,
        "sections": [
            {"title": s.title, "blocks": [_plain(b) for b in s.blocks]} for s in made.sections
        ],
    }  # fmt: skip
    return _cached(json.dumps(data), made.title, datetime.combine(made.at.date(), time(), UTC), head)


@lru_cache(maxsize=16)
def _cached(data: str, title: str, when: datetime, head: str) -> Paper:
    # The head stands in the document's properties too, where it can be read without taking the pages apart.
    return pdf(TEMPLATE, json.loads(data), title=title, when=when, foot=title, keywords=head)


def _plain(block: Any) -> dict[str, Any]:
    if isinstance(block, Prose):
        return {"kind": "prose", "text": block.text}
    if isinstance(block, Beside):
        found = [{"status": p.status.capitalize(), "text": p.text} for p in block.found]
        return {"kind": "beside", "meant": block.meant, "source": block.source, "found": found}
    return {
        "kind": "table", "heads": list(block.heads), "rows": [list(row) for row in block.rows],
        "empty": block.empty, "after": block.after, "widths": _widths(block.heads, block.rows),
    }  # fmt: skip


def _widths(heads: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> list[float]:
    """A column's share of the width: about as its longest texts ask for, between a little and a lot."""
    longest = [
        sorted(len(cell) for cell in column)[-1 - len(rows) // 5] for column in zip(*rows, heads, strict=True)
    ]
    return [min(max(length, 9), 34) ** 0.75 for length in longest]
