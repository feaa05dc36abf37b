"""Every pair of colours that meet on a page, in both themes: text reads, edges are seen (WCAG 2.2, 1.4.3 and 1.4.11)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import sextant_server.ui

TOKENS = Path(sextant_server.ui.__file__).parent / "static/ui/tokens.css"
SURFACES = {"paper", "card", "sunk"}
TEXTS = {"ink", "ink-2", "ink-3", "brass", "met", "unmet", "unsure", "quiet"}
#: What a control or a range is known by, not read: 3 to 1 is enough.
EDGES = {"edge", "focus"}
#: Lines that only divide say nothing.
HAIRLINES = {"line", "line-2"}


def colours() -> dict[str, tuple[str, str]]:
    """Name to (light, dark)."""
    found = re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", TOKENS.read_text())
    return {name: (light, dark) for name, light, dark in found}


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio, WCAG 2.2: from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def pairs() -> list[tuple[str, str, float]]:
    """(what lies on top, what lies under it, the least contrast)."""
    softs = {name for name in colours() if name.endswith("-soft")}
    found = [(text, surface, 4.5) for text in TEXTS for surface in SURFACES]
    found += [(soft.removesuffix("-soft"), soft, 4.5) for soft in softs]
    found += [(ink, soft, 4.5) for ink in ("ink", "ink-2", "ink-3") for soft in softs]
    # A filled button writes in the colour of the card.
    found += [("card", fill, 4.5) for fill in ("ink", "ink-2", "unmet")]
    found += [(edge, surface, 3.0) for edge in EDGES for surface in SURFACES]
    # The gauge's range lies on the good side's shade, the value on the range.
    return [*sorted(found), ("edge", "met-soft", 3.0), ("ink", "edge", 3.0)]


def test_the_formula_gives_the_published_ends() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # the well-known near miss


def test_every_colour_has_its_place_here() -> None:
    softs = {name for name in colours() if name.endswith("-soft")}
    assert set(colours()) == SURFACES | TEXTS | EDGES | HAIRLINES | softs
    assert TOKENS.read_text().count("#") == 2 * len(colours()), "a colour stands outside light-dark()"


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("top", "under", "least"), pairs())
def test_pair_can_be_told_apart(top: str, under: str, least: float, theme: int) -> None:
    known = colours()
    ratio = contrast(known[top][theme], known[under][theme])
    assert ratio >= least, f"{top} on {under}: {ratio:.2f}"


def test_no_style_sheet_has_colours_of_its_own() -> None:
    for sheet in TOKENS.parent.glob("*.css"):
        if sheet != TOKENS:
            assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)", sheet.read_text()) == [], sheet.name
