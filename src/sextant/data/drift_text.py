"""A drift report as a person reads it: what has moved first, as text and as HTML for notebooks."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

from sextant.data.profile_text import drawn
from sextant.phrases import number

if TYPE_CHECKING:
    from sextant.data.drift_report import ColumnDrift, DriftReport

VERDICTS = {
    "drifted": "✕ drifted",
    "open": "◐ not clear",
    "steady": "✓ steady",
    "not_compared": "○ not compared",
}
#: What each distance means, in half a sentence.
MEANINGS = {
    "total_variation": "the share of rows that would have to hold another value",
    "jensen_shannon": "from 0, the same, to 1, nothing in common",
    "hellinger": "from 0, the same, to 1, nothing in common",
    "psi": "the population stability index",
    "cramers_v": "from 0, the same, to 1, nothing in common",
    "kolmogorov_smirnov": "the largest gap between the cumulated shares",
    "wasserstein": "how far values moved on average, in standard deviations of the reference",
}
_HEADINGS = ("COLUMN", "VERDICT", "MOVED BY", "MISSING", "WHAT", "BEFORE", "NOW")


def rows(report: DriftReport) -> list[tuple[str, ...]]:
    """A line for each column, what has moved most first."""
    order = list(VERDICTS)
    listed = sorted(
        report.columns, key=lambda c: (order.index(c.verdict), -c.value if not math.isnan(c.value) else 0)
    )
    return [
        (
            c.name,
            VERDICTS[c.verdict],
            _moved(c, report.statistic),
            _missing(c),
            _what(c),
            _bars(c.reference),
            _bars(c.current),
        )
        for c in listed
    ]


def as_text(report: DriftReport) -> str:
    """The report as text, one line a column."""
    cells = [_HEADINGS, *rows(report)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(_HEADINGS))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in cells]
    return "\n".join([_title(report), "", *lines, *_only(report), *_together(report)])


def as_html(report: DriftReport) -> str:
    """The report as a table of HTML that stands for itself: no style, no script."""
    head = "".join(f"<th>{escape(h.capitalize())}</th>" for h in _HEADINGS)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows(report)
    )
    after = "".join(f"<p>{escape(line)}</p>" for line in (*_only(report), *_together(report)) if line)
    title = escape(" ".join(_title(report).split()))
    return (
        f"<table><caption>{title}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{after}"
    )


def _title(report: DriftReport) -> str:
    compared = sum(c.verdict != "not_compared" for c in report.columns)
    drifted = len(report.drifted)
    said = f"{drifted or 'none'} of {compared} columns drifted" if compared else "no column can be compared"
    return (
        f"{report.reference} ({number(report.reference_rows)} rows) to {report.current} "
        f"({number(report.current_rows)} rows): {said}\n"
        f"by {report.statistic.replace('_', ' ')} above {number(report.threshold)}, {MEANINGS[report.statistic]}"
    )


def _only(report: DriftReport) -> list[str]:
    said = [
        f"Only {when}: {', '.join(names[:20])}."
        for when, names in (("before", report.only_before), ("now", report.only_now))
        if names
    ]
    return ["", *said] if said else []


def _together(report: DriftReport) -> list[str]:
    """What a classifier says of all columns together, and of free text and embeddings; and how many rows it saw."""
    said = []
    if apart := report.together:
        if apart.verdict == "not_compared":
            said.append(f"All columns together: not compared, as {apart.why}.")
        else:
            said.append(
                f"All columns together: {VERDICTS[apart.verdict]}. A classifier tells a row of one table from a row of the "
                f"other in {100 * apart.area:.1f} % of pairs ({100 * apart.lower:.1f} to {100 * apart.upper:.1f}); by chance "
                f"in 50 %, and from {100 * apart.threshold:.0f} % on it counts as drift."
            )
            if apart.tells:
                said.append(f"It goes by {', '.join(t.feature for t in apart.tells[:5])}.")
    seen = [a for a in (report.together, *(c.apart for c in report.columns)) if a and a.sampled]
    if seen:
        most = " and ".join(number(n) for n in seen[0].rows)
        said.append(f"The classifier saw {most} rows, drawn at random; everything else counts all rows.")
    return ["", *said] if said else []


def _moved(c: ColumnDrift, statistic: str) -> str:
    if math.isnan(c.value):
        return ""
    if c.apart:
        return f"told apart {c.value:.2f} ({c.lower:.2f} to {c.upper:.2f})"
    if statistic in ("total_variation", "kolmogorov_smirnov"):
        return f"{100 * c.value:.1f} % ({100 * c.lower:.1f} to {100 * c.upper:.1f})"
    return f"{number(c.value)} ({number(c.lower)} to {number(c.upper)})"


def _missing(c: ColumnDrift) -> str:
    before, now = c.missing
    if not before and not now:
        return "none"
    return " → ".join("?" if math.isnan(share) else f"{100 * share:.1f} %" for share in (before, now))


def _what(c: ColumnDrift) -> str:
    if c.why:
        return c.why
    said = []
    for words, values in (("new", c.new), ("gone", c.gone)):
        if values:
            more = f" and {len(values) - 3} more" if len(values) > 3 else ""
            said.append(f"{words}: {', '.join(_short(v) for v in values[:3])}{more}")
    if c.words:
        before, now = (f"{100 * share:.1f} %" for share in c.words.unknown)
        said.append(f"words that the reference does not know: {before} → {now}")
        for what, listed in (("new", c.words.new), ("gone", c.words.gone)):
            if listed:
                said.append(f"{what}: {', '.join(listed[:3])}")
    if c.centre:
        said.append(f"centre moved by {number(c.centre)} of the spread")
    if c.outside >= 0.001:
        said.append(f"{100 * c.outside:.1f} % beyond the former range")
    return "; ".join(said)


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return "(empty)" if not text else text if len(text) <= 24 else text[:23] + "…"


def _bars(counts: tuple[int, ...]) -> str:
    # The last bin holds the missing; it is told beside.
    return drawn(counts[:-1][:20]) if len(counts) > 1 else ""
