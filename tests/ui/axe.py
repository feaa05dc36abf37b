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


def violations(page: Page) -> list[str]:
    """What axe-core finds on the page as it stands, one line for each element; empty when nothing is wrong: WCAG 2.2
    to level AA and axe-core's best practices."""
    return _found(page, {"type": "tag", "values": RULES})


def contrast(page: Page) -> list[str]:
    """The same of contrast alone, which is all that another theme changes."""
    return _found(page, {"type": "rule", "values": ["color-contrast"]})


def _found(page: Page, rules: dict[str, object]) -> list[str]:
    # Evaluated by the browser itself, so that a Content-Security-Policy does not stand in the way.
    if not page.evaluate("'axe' in window"):
        page.evaluate(source() + "\n;undefined")
    found = page.evaluate(
        "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})"
        ".then(result => result.violations.flatMap(rule => rule.nodes.map(node =>"
        " `${rule.id} (${rule.impact}): ${rule.help}: ${node.html.slice(0, 160)}: ${node.failureSummary}`)))",
        rules,
    )
    return [str(line) for line in found]
