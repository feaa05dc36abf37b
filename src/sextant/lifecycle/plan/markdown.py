"""The plan as Markdown: what people wrote is escaped, so that it reads as they wrote it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from sextant.lifecycle.plan.content import Beside, Plan, Prose, Table
from sextant.typeset import clean

#: What means something within a line; and what does at its beginning.
_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~$])")
_START = re.compile(r"^(\s*)([-+=>]|\d+[.)])")


def markdown(plan: Plan) -> str:
    """The whole document."""
    return "\n".join(_lines(plan)) + "\n"


def escaped(text: str) -> str:
    """One line of plain text as Markdown that shows it as it is.

    >>> print(escaped("*bold* <b> a|b"), escaped("- a list"), escaped("1. a list"))
    \\*bold\\* \\<b\\> a\\|b \\- a list 1\\. a list
    """
    text = _MARKS.sub(r"\\\1", " ".join(clean(text).split()))
    return _START.sub(lambda m: f"{m[1]}{m[2][:-1]}\\{m[2][-1]}", text)


def _lines(plan: Plan) -> Iterator[str]:
    yield f"# {escaped(plan.title)}"
    yield f"\n*{escaped(plan.subtitle)}*"
    if plan.summary:
        yield f"\n{escaped(plan.summary)}"
    for section in plan.sections:
        yield f"\n## {section.title}"
        for block in section.blocks:
            yield ""
            yield from _block(block)
    if plan.head:
        yield "\n## Signed head of the log\n"
        yield "Keep this file where the log is not: `sextant audit verify --head FILE` holds the log against it.\n"
        yield "```json"
        yield json.dumps(plan.head, ensure_ascii=True, indent=2)
        yield "```"
    if plan.note:
        yield f"\n*{escaped(plan.note)}*"


def _block(block: Prose | Beside | Table) -> Iterator[str]:
    if isinstance(block, Prose):
        yield escaped(block.text)
    elif isinstance(block, Beside):
        source = f" ({block.source})" if block.source else ""
        yield f"**Intent{source}:** {escaped(block.meant)}\n"
        yield "**So far:**\n"
        for point in block.found:
            yield f"- {escaped(point.whole)}"
    elif not block.rows:
        yield block.empty
    else:
        yield f"| {' | '.join(block.heads)} |"
        yield f"|{' --- |' * len(block.heads)}"
        for row in block.rows:
            yield f"| {' | '.join(escaped(cell) for cell in row)} |"
        if block.after:
            yield f"\n{block.after}"
