"""The plan on two or three pages: on the first day from what is meant, later beside it what was measured.

The map, in reading order:

    words       how a target, a range, a day and a text that must be short are written
    content     the plan of a project's state: sections of text, pairs, tables
    markdown    as Markdown
    web         as one HTML file
    word        as a Word document
    paper       as PDF, shortened until it fits three pages
"""

from __future__ import annotations

from sextant.lifecycle.plan.content import Beside, Plan, Point, Prose, Section, Table, plan
from sextant.lifecycle.plan.paper import MOST_PAGES, Fitted, Format, fitted, render

__all__ = [
    "MOST_PAGES", "Beside", "Fitted", "Format", "Plan", "Point", "Prose", "Section", "Table", "fitted", "plan", "render",
]  # fmt: skip
