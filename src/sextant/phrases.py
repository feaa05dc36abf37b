"""Numbers as a person writes them, the same on the page, the command line and in documents."""

from __future__ import annotations

import math


def number(value: float | None, digits: int = 3) -> str:
    """At least `digits` significant figures, thousands apart, no trailing zeros.

    >>> number(0.98765), number(1234567), number(12.0), number(float("inf"))
    ('0.988', '1,234,567', '12', 'no limit')
    """
    if value is None or math.isnan(value):
        return "unknown"
    if math.isinf(value):
        return "no limit"
    if value == 0:
        return "0"
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{places}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "−")


def with_unit(value: float | None, unit: str) -> str:
    """A number with its unit; a share reads as per cent.

    >>> with_unit(0.989, "share"), with_unit(84, "ms"), with_unit(0.5, "USD")
    ('98.9 %', '84 ms', 'USD 0.5')
    """
    if value is None or not math.isfinite(value):
        return number(value)
    if unit in ("share", "proportion"):
        return f"{_percent(value)} %"
    if len(unit) == 3 and unit.isupper():
        return f"{unit} {number(value)}"
    return f"{number(value)} {unit}" if unit not in ("", "1") else number(value)


def span(lower: float | None, upper: float | None, unit: str) -> str:
    """Two ends with one unit.

    >>> span(0.979, 0.995, "share")
    '97.9 % and 99.5 %'
    """
    return f"{with_unit(lower, unit)} and {with_unit(upper, unit)}"


def _percent(share: float) -> str:
    percent = share * 100
    # Near 0 and 100 the distance to the end is what matters, so keep two figures of that.
    edge = min(abs(percent), abs(100 - percent)) if 0 <= share <= 1 else abs(percent)
    places = 1 if edge == 0 or edge >= 1 else min(4, 1 - math.floor(math.log10(edge)))
    return f"{percent:.{places}f}".rstrip("0").rstrip(".").replace("-", "−")
