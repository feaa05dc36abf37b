"""Accessibility of a page in the browser, as axe-core sees it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

HERE = Path(__file__).resolve().parent
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def source() -> str:
    """axe-core's program, from the nearest node_modules; the test is skipped where it is not installed."""
    for folder in (HERE, HERE.parent, HERE.parents[1]):
        found = folder / "node_modules" / "axe-core" / "axe.min.js"
        if found.is_file():
            return found.read_text(encoding="utf-8")
    pytest.skip("axe-core is not installed: run `npm ci` in tests/ui")


def violations(page: Page, rules: list[str] | None = None) -> list[str]:
    """What axe-core finds on the page as it stands, one line for each element; empty when nothing is wrong.

    `rules` are axe-core's tags: WCAG 2.2 to level AA and its best practices, when none are given. Evaluated
    by the browser itself, so that a Content-Security-Policy does not stand in the way.
    """
    page.evaluate(source() + "\n;undefined")
    found = page.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})"
        ".then(result => result.violations.flatMap(rule => rule.nodes.map(node =>"
        " `${rule.id} (${rule.impact}): ${rule.help}: ${node.html.slice(0, 160)}: ${node.failureSummary}`)))",
        rules or RULES,
    )
    return [str(line) for line in found]
