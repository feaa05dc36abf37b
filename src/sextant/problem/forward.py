"""The brief as text that can be forwarded: Markdown that reads well as it is, with what is still open at its end."""

from __future__ import annotations

import re
from datetime import date

from sextant.phrases import with_unit
from sextant.problem.documents import Brief


def as_markdown(
    brief: Brief, name: str, *, currency: str, on: date, state: str = "draft", simulated: bool = False
) -> str:
    """The brief under its project's name. `state` is a word or two on how far it is, such as "draft" or "signed by 3
    people"; empty sections are listed at the end and not shown.

    >>> text = as_markdown(Brief(problem="Clerks retype forms.", budget=50000), "Form reader", currency="EUR",
    ...     on=date(2027, 1, 4))
    >>> [line for line in text.splitlines() if line][:6]
    ['# Form reader: project brief', '*2027-01-04, draft*', '## Problem', 'Clerks retype forms.', '## Budget', '€50,000']
    """
    note = " Its people and numbers are made up." if simulated else ""
    lines = [
        f"# {_line(name)}: project brief",
        "",
        f"*{on.isoformat()}, {state}.{note}*" if note else f"*{on.isoformat()}, {state}*",
        "",
    ]
    for field, info in Brief.model_fields.items():
        value = getattr(brief, field)
        if value in ("", (), None):
            continue
        lines += [f"## {info.title}", ""]
        if isinstance(value, tuple):
            lines += [f"- {_line(entry)}" for entry in value]
        elif field == "budget":
            lines.append(with_unit(value, currency))
        elif isinstance(value, date):
            lines.append(value.isoformat())
        else:
            lines.append(_prose(value))
        lines.append("")
    if brief.unwritten:
        lines += [
            "",
            f"Still open: {', '.join(title.lower() if title[1:2].islower() else title for title in brief.unwritten)}.",
            "",
        ]
    return "\n".join(lines)


def _line(text: str) -> str:
    return " ".join(text.split())


def _prose(text: str) -> str:
    """What a person wrote, so that no line of it becomes a heading or a rule of this document."""
    return "\n".join(
        re.sub(r"^(\s*)(#{1,6}\s|={3,}|-{3,})", r"\1\\\2", line.rstrip()) for line in text.strip().split("\n")
    )
