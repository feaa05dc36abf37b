"""The plan as a Word document. The signed head stands in it as text, so that it can be read without Word."""

from __future__ import annotations

import io
import json
from datetime import UTC
from typing import Any

from sextant.lifecycle.plan.content import Beside, Plan, Prose, Table
from sextant.typeset import clean

_MARGIN_CM = 1.9


def word(plan: Plan) -> bytes:
    """The whole document. Control characters, which the format cannot hold, are left out of what people wrote."""
    import docx
    from docx.shared import Cm, Pt, RGBColor

    document = docx.Document()
    page = document.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Cm(_MARGIN_CM)
    normal = document.styles["Normal"]
    normal.font.size, normal.font.name = Pt(9.5), "Calibri"
    normal.paragraph_format.space_after = Pt(3)
    for name, size in (("Title", 18), ("Heading 2", 11.5)):
        style = document.styles[name]
        style.font.size, style.font.name, style.font.color.rgb = (
            Pt(size),
            "Calibri",
            RGBColor(0x14, 0x20, 0x2E),
        )
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(8), Pt(3)
    _properties(document, plan)

    document.add_paragraph(clean(plan.title), style="Title")
    _quiet(document.add_paragraph(), plan.subtitle)
    if plan.summary:
        document.add_paragraph(clean(plan.summary))
    for section in plan.sections:
        document.add_paragraph(section.title, style="Heading 2")
        for block in section.blocks:
            _block(document, block)
    if plan.head:
        document.add_paragraph("Signed head of the log", style="Heading 2")
        document.add_paragraph(
            "Keep this file where the log is not: sextant audit verify --head FILE holds the log against it."
        )
        small = document.add_paragraph().add_run(json.dumps(plan.head, ensure_ascii=True))
        small.font.size, small.font.name = Pt(7), "Consolas"
    if plan.note:
        _quiet(document.add_paragraph(), plan.note)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _properties(document: Any, plan: Plan) -> None:
    at = plan.at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    core = document.core_properties
    core.title, core.author, core.created, core.modified = clean(plan.title)[:250], "Sextant", at, at
    core.comments = ""


def _quiet(paragraph: Any, text: str) -> None:
    from docx.shared import Pt, RGBColor

    run = paragraph.add_run(clean(text))
    run.font.size, run.font.color.rgb = Pt(8.5), RGBColor(0x5C, 0x68, 0x78)


def _block(document: Any, block: Prose | Beside | Table) -> None:
    if isinstance(block, Prose):
        document.add_paragraph(clean(block.text))
    elif isinstance(block, Beside):
        table = _table(document, 1, 2)
        left, right = table.rows[0].cells
        _quiet(left.paragraphs[0], f"Intent{f' ({block.source})' if block.source else ''}")
        left.add_paragraph(clean(block.meant))
        _quiet(right.paragraphs[0], "So far")
        for point in block.found:
            paragraph = right.add_paragraph()
            if point.status:
                paragraph.add_run(f"{clean(point.status.capitalize())}: ").bold = True
            paragraph.add_run(clean(point.text))
    elif not block.rows:
        document.add_paragraph(block.empty)
    else:
        table = _table(document, 1 + len(block.rows), len(block.heads))
        for cell, head in zip(table.rows[0].cells, block.heads, strict=True):
            cell.paragraphs[0].add_run(head).bold = True
        for line, row in zip(table.rows[1:], block.rows, strict=True):
            for cell, text in zip(line.cells, row, strict=True):
                cell.paragraphs[0].add_run(clean(text))
        if block.after:
            document.add_paragraph(block.after)


def _table(document: Any, rows: int, columns: int) -> Any:
    """A table whose cells stand close; between it and what follows is a little room."""
    from docx.shared import Pt

    table = document.add_table(rows=rows, cols=columns, style="Light List" if rows > 1 else "Normal Table")
    for row in table.rows:
        for cell in row.cells:
            cell.paragraphs[0].paragraph_format.space_after = Pt(1)
    return table
