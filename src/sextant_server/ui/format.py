"""How the pages write numbers, ranges and ages: as the library does, see `sextant.phrases`."""

from __future__ import annotations

from sextant.phrases import (
    BARE,
    DASH,
    MINUS,
    NO_LIMIT,
    SHARES,
    UNKNOWN,
    age_text,
    day_text,
    interval_text,
    number_text,
    to_decimal,
)

__all__ = [
    "BARE",
    "DASH",
    "MINUS",
    "NO_LIMIT",
    "SHARES",
    "UNKNOWN",
    "age_text",
    "day_text",
    "interval_text",
    "number_text",
    "to_decimal",
]
