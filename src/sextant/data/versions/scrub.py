"""A kept profile without what only one person's rows held: exact values go, counts by bins stay.

A profile lists values (all of them where there are few, else the most frequent) and names the least and the greatest.
Where a person's rows are erased, none of these may be theirs alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sextant.data.profile import Bins, Column, Counted, Numbers, Profile, Times, topmost

#: How coarse bins get that hold what goes: 4 % of a value, and six weeks.
COARSE_NUMBERS, COARSE_TIMES = 6, 10


def without(profile: Profile, values: Mapping[str, Iterable[Any]]) -> Profile:
    """The profile without these values of each column, or the same one if it names none of them.

    A value that goes leaves a gap: what was counted whole is then known as the most frequent values alone, with a
    bound for what is not listed. Bins that hold it become coarse (4 % of a value; six weeks), and a minimum or a maximum
    that goes is rounded outwards to the end of its bin. How many rows lie in such a bin, lengths and shapes of texts,
    and counts of rows stay.

    >>> import pyarrow as pa
    >>> from sextant.data.profiling import profile
    >>> found = profile(pa.table({"mail": ["a@b.no", "c@d.no", "c@d.no"], "age": [97, 40, 41]}), name="people")
    >>> kept = without(found, {"mail": ["a@b.no"], "age": [97]})
    >>> [c.value for c in kept["mail"].top], kept["mail"].slack, kept["age"].numbers.maximum > 97
    (['c@d.no'], 1, True)
    """
    gone = {name: {_as_text(v) for v in listed if v is not None} for name, listed in values.items()}
    columns = tuple(_column(c, gone.get(c.name, set())) for c in profile.columns)
    return profile if columns == profile.columns else profile.model_copy(update={"columns": columns})


def _column(column: Column, gone: set[str]) -> Column:
    change: dict[str, Any] = {}
    listed = column.values if column.values is not None else column.top
    if listed is not None and any(_as_text(c.value) in gone for c in listed):
        change |= _listed(column, listed, gone)
    if column.numbers and (numbers := _numbers(column.numbers, gone)) != column.numbers:
        change["numbers"] = numbers
    if column.times and (times := _times(column.times, gone)) != column.times:
        change["times"] = times
    if not change:
        return column
    # `distinct` of a column whose values were counted comes from them: without, two bounds are left.
    if column.values is not None and not column.sketch and "values" in change:
        change["between"] = (float(len(change["top"])), float(len(column.values)))
    return column.model_copy(update=change)


def _listed(column: Column, listed: tuple[Counted, ...], gone: set[str]) -> dict[str, Any]:
    kept = {c.value: c.n for c in listed if _as_text(c.value) not in gone}
    most = max(c.n for c in listed if _as_text(c.value) in gone)
    top, slack = topmost(kept, max(column.slack, most))
    return {"values": None, "top": top, "slack": slack}


def _numbers(numbers: Numbers, gone: set[str]) -> Numbers:
    low, high = (None if end is None else float(end) for end in (numbers.minimum, numbers.maximum))
    inside = [
        v
        for v in map(_number, gone)
        if v is not None and low is not None and high is not None and low <= v <= high
    ]
    if not inside or not numbers.histogram.keys:
        return numbers
    found = numbers.histogram.at(max(numbers.histogram.level, COARSE_NUMBERS))
    change: dict[str, Any] = {"bins": Bins.of(found)}
    if low in inside:
        change["minimum"] = found.edges(found.keys[0])[0]
    if high in inside:
        change["maximum"] = found.edges(found.keys[-1])[1]
    return numbers.model_copy(update=change)


def _times(times: Times, gone: set[str]) -> Times:
    if times.earliest is None or times.latest is None or not times.histogram.keys:
        return times
    ends = tuple(_moment(end) for end in (times.earliest, times.latest))
    inside = [m for m in map(_moment, gone) if m and ends[0] and ends[1] and ends[0] <= m <= ends[1]]
    if not inside:
        return times
    found = times.histogram.at(max(times.histogram.level, COARSE_TIMES))
    change: dict[str, Any] = {"bins": Bins.of(found)}
    for said, end, key, side in ((times.earliest, ends[0], 0, 0), (times.latest, ends[1], -1, 1)):
        if end in inside:
            rounded = datetime.fromtimestamp(found.edges(found.keys[key])[side], UTC).replace(tzinfo=None)
            text = rounded.isoformat() if "T" in said else rounded.date().isoformat()
            change["latest" if side else "earliest"] = text + ("+00:00" if said.endswith("+00:00") else "")
    return times.model_copy(update=change)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    """A day or a time, as one in UTC without saying so."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found


def _as_text(value: Any) -> str:
    """One way to write a value, so that 3, 3.0 and the decimal 3.00 are one."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(float(value))
    try:
        return repr(float(value)) if not isinstance(value, str) else value
    except (TypeError, ValueError):
        return str(value)
