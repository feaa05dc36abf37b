"""What the statistics accept, checked in one place; every breach raises `InvalidInput`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from sextant.errors import InvalidInput


def whole(name: str, value: Any) -> int:
    """A count: zero or more, without a fraction. Databases return sums as floats, so 3.0 is taken as 3."""
    try:
        count = int(value)
        fits = bool(count == value) and count >= 0
    except (TypeError, ValueError, OverflowError):
        fits = False
    if not fits:
        raise InvalidInput(f"{name} is {value!r}", rule="a count is a whole number, zero or more")
    return count


def number(name: str, value: Any) -> float:
    """A finite number."""
    try:
        result = float(value)
    except (TypeError, ValueError):
        result = math.nan
    if not math.isfinite(result):
        raise InvalidInput(f"{name} is {value!r}", rule="a finite number is needed")
    return result


def at_least_zero(name: str, value: Any) -> float:
    """A finite number, zero or more: a sum of squares, a time, an amount of exposure."""
    result = number(name, value)
    if result < 0:
        raise InvalidInput(f"{name} is {result!r}", rule="it cannot be below zero")
    return result


def inside(name: str, value: Any, low: float, high: float) -> float:
    """A number strictly between `low` and `high`."""
    result = number(name, value)
    if not low < result < high:
        raise InvalidInput(
            f"{name} is {result!r}", rule=f"it lies between {low:g} and {high:g}, both excluded"
        )
    return result


def positive(name: str, value: Any) -> int:
    """A whole number, one or more: how many resamples, at which n to tune."""
    count = whole(name, value)
    if count == 0:
        raise InvalidInput(f"{name} is 0", rule="at least one is needed")
    return count


def share_of(name: str, part: Any, of: str, total: Any) -> tuple[int, int]:
    """Two counts, the first a part of the second."""
    some, every = whole(name, part), whole(of, total)
    if some > every:
        raise InvalidInput(f"{name} is {some} and {of} is {every}", rule=f"{name} cannot be above {of}")
    return some, every


def tail(level: Any, sides: Any) -> float:
    """The probability left outside at each end: (1 - level) / 2 for two sides, 1 - level for one."""
    if sides not in (1, 2):
        raise InvalidInput(f"sides is {sides!r}", rule="1 (one-sided bounds) or 2 (a two-sided interval)")
    # A one-sided bound at 50 % or less would lie on the wrong side of the estimate.
    confidence = inside("level", level, 0.0 if sides == 2 else 0.5, 1.0)
    return (1.0 - confidence) / int(sides)


def one_of(name: str, value: str, known: Sequence[str]) -> str:
    """One of the names that are known."""
    if value not in known:
        raise InvalidInput(f"{name} is {value!r}", rule=f"one of {', '.join(known)}")
    return value


def row_of_counts(name: str, values: Sequence[int]) -> list[int]:
    """A row of counts; there is at least one."""
    # Most are what they should be; a name is made only for what is not.
    if values and set(map(type, values)) == {int} and min(values) >= 0:
        return list(values)
    row = [v if type(v) is int and v >= 0 else whole(f"{name}[{i}]", v) for i, v in enumerate(values)]
    if not row:
        raise InvalidInput(f"{name} is empty", rule="at least one count is needed")
    return row
