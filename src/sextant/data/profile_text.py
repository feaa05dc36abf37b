"""A profile as a person reads it: as a table of text with small bars, and as a table of HTML for notebooks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from sextant.data.profile import WORDS
from sextant.phrases import number

if TYPE_CHECKING:
    from sextant.data.profile import Column, Profile
    from sextant.stats.bins import Histogram

_BLOCKS = "▁▂▃▄▅▆▇█"
BARS = 12
_HEADINGS = ("COLUMN", "HOLDS", "MISSING", "DIFFERENT", "FROM … TO", "TYPICAL", "")


def rows(profile: Profile) -> list[tuple[str, ...]]:
    """A line for each column: name, what it holds, the share missing, how many different values, from where
    to where, what is typical, and bars."""
    return [
        (
            c.name, WORDS[c.kind], _missing(c), _distinct(c), _range(c), _typical(c), drawn(bars(c)),
        )
        for c in profile.columns
    ]  # fmt: skip


def as_text(profile: Profile) -> str:
    """The profile as text, one line a column."""
    cells = [_HEADINGS, *rows(profile)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(_HEADINGS))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in cells]
    return "\n".join([_title(profile), "", *lines])


def as_html(profile: Profile) -> str:
    """The profile as a table of HTML that stands for itself: no style, no script."""
    head = "".join(f"<th>{escape(h.capitalize())}</th>" for h in (*_HEADINGS[:-1], "Values"))
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row[:-1]) + f"<td>{_svg(bars(c))}</td></tr>"
        for row, c in zip(rows(profile), profile.columns, strict=True)
    )
    return f"<table><caption>{escape(_title(profile))}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def bars(column: Column, most: int = BARS) -> list[int]:
    """Counts to be drawn: of numbers and times on bins of equal width from the 1st to the 99th percentile, what
    lies beyond in the outermost; of everything else, the most frequent values."""
    if column.numbers and column.numbers.n and column.kind == "number":
        if column.values is not None and len(column.values) <= most:
            return [c.n for c in column.values]
        low, high = (column.quantile(q).value for q in (0.01, 0.99))
        return _equal(column.numbers.histogram, low, high, most)
    if column.times and column.times.histogram.counts:
        histogram = column.times.histogram
        return _equal(
            histogram, histogram.edges(histogram.keys[0])[0], histogram.edges(histogram.keys[-1])[1], most
        )
    listed = column.values if column.values is not None else column.top
    return sorted((c.n for c in listed or ()), reverse=True)[:most]


def drawn(counts: Sequence[int]) -> str:
    """Counts as blocks of height.

    >>> drawn([0, 1, 2, 4])
    ' ▂▄█'
    """
    top = max(counts, default=0)
    return "".join(_BLOCKS[max(math.ceil(8 * n / top), 1) - 1] if n else " " for n in counts)


def _equal(histogram: Histogram, low: float, high: float, most: int) -> list[int]:
    found = [0.0] * most
    if not high > low:
        return [histogram.total]
    step = (high - low) / most
    for key, n in zip(histogram.keys, histogram.counts, strict=True):
        begins, ends = histogram.edges(key)
        first, last = (min(max(int((at - low) / step), 0), most - 1) for at in (begins, ends))
        # A bin that reaches over several bars is shared out among them.
        for bar in range(first, last + 1):
            found[bar] += n / (last - first + 1)
    return [round(n) for n in found]


def _svg(counts: Sequence[int]) -> str:
    top, width, height = max(counts, default=0), 8, 24
    if not top:
        return ""
    drawn = "".join(
        f'<rect x="{i * width}" y="{height - max(height * n / top, 1):.1f}" width="{width - 1}" '
        f'height="{max(height * n / top, 1):.1f}" fill="currentColor" opacity="0.6"/>'
        for i, n in enumerate(counts)
        if n
    )
    said = f"{len(counts)} bars, the highest {number(top)}"
    return (
        f'<svg width="{len(counts) * width}" height="{height}" role="img" aria-label="{said}">{drawn}</svg>'
    )


def _title(profile: Profile) -> str:
    columns = len(profile.columns)
    return f"{profile.name}: {number(profile.rows)} rows, {columns} column{'s' * (columns != 1)}"


def _missing(column: Column) -> str:
    if not column.missing:
        return "none"
    share = column.missing / column.rows
    return "all" if share == 1 else "under 0.1 %" if share < 0.001 else f"{share:.1%}".replace("%", " %")


def _distinct(column: Column) -> str:
    if column.kind == "nested":
        return ""
    found = column.distinct
    if found.exact:
        return number(int(found.value))
    if found.sketch:
        return f"about {number(found.value)}"
    return f"{number(int(found.lower))} to {number(int(found.upper))}"


def _range(column: Column) -> str:
    if column.kind == "number" and column.numbers and column.numbers.n:
        return f"{_short(column.numbers.minimum)} … {_short(column.numbers.maximum)}"
    if column.times and column.times.earliest:
        cut = 10 if column.kind == "date" else 16
        return " … ".join(
            str(t)[:cut].replace("T", " ") for t in (column.times.earliest, column.times.latest)
        )
    if column.texts and column.texts.lengths.n:
        low, high = column.texts.lengths.minimum, column.texts.lengths.maximum
        return f"{low} characters" if low == high else f"{low} … {high} characters"
    return ""


def _typical(column: Column) -> str:
    if column.note:
        return column.note
    if column.kind == "number" and column.numbers:
        odd = [
            f"{number(n)} {word}"
            for n, word in ((column.numbers.above, "+infinite"), (column.numbers.below, "−infinite"))
            if n
        ]
        if not column.numbers.n:
            return ", ".join(odd)
        middle = column.quantile(0.5).value
        said = f"mean {number(column.numbers.mean)}, median {number(middle)}"
        return ", ".join([f"{said}, sd {number(column.numbers.deviation)}", *odd])
    listed = column.values if column.values is not None else column.top
    if listed and column.kind != "date":
        first = max(listed, key=lambda c: c.n)
        share = first.n / max(column.n, 1)
        return f"{'under 1 %' if share < 0.01 else f'{100 * share:.0f} %'} {_quoted(first.value)}"
    return ""


def _quoted(value: object) -> str:
    text = " ".join(str(value).split()) if isinstance(value, str) else str(value).lower()
    return "empty" if not text else text if len(text) <= 24 else text[:23] + "…"


def _short(value: int | float | str | None) -> str:
    return (
        number(float(value))
        if isinstance(value, float)
        else f"{value:,}"
        if isinstance(value, int)
        else str(value)
    )
