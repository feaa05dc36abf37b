"""What is wrong with one column as a whole, and with its numbers and times: missing, infinite, far out, constant.

**Far out, or only a heavy tail?** Income, delays and counts have long tails, and their largest values are right.
Beyond three widths of the middle half (Tukey 1977, "far out") a value is an outlier only if the tail does not lead
there: from the quantiles at 75, 95 and 99 % the tail's shape is estimated (Pickands 1975, *Annals of Statistics* 3),
never lighter than an exponential, and carried on to the size that `ALARM` of all tables of so many rows would
exceed. A tail that leads beyond Tukey's fences is reported as heavy, and its values are left in peace. If up to a
tenth of the rows lie apart, so that they make the tail themselves, the shape is taken from 64, 88 and 96 %.

A heavy tail may lead far beyond its largest value but one, and then no bound tells that the largest lies alone. What
tells is the gap: on the scale on which the tail is exponential, k times the gap below the k-th largest value is itself
exponential (Rényi 1953, *Acta Mathematica Hungarica* 4). A gap that `ALARM` of all tables would show puts the one to
three values above it far out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sextant.data.quality.issues import RANK, Issue, Severity, count_of, where
from sextant.data.quality.looks import Look, as_number, endless, is_disguise, told
from sextant.phrases import number, with_unit
from sextant.tables import Table, present

#: Numbers that stand for "no value", if they lie far away from all others.
SENTINELS = (-1, -9, -99, -999, -9999, -99999, 99, 999, 9999, 99999, 999999)
#: Days that stand for "no day", likewise.
SENTINEL_DAYS = (date(1, 1, 1), date(1900, 1, 1), date(1970, 1, 1), date(2099, 12, 31), date(9999, 12, 31))
#: One such value may be an accident; a habit shows at least so often.
HABIT = 3
#: In so many of all tables without outliers a column is said to have one, if its tail is as estimated.
ALARM = 0.001
#: So many values may lie alone beyond a gap.
ALONE = 3
#: Fewer numbers than this say nothing about a tail: Tukey's fences decide alone.
TAIL_ROWS = 200


@dataclass(frozen=True, slots=True)
class Fences:
    """Where numbers begin to be far out, and where Tukey alone would have put that. `tails` are those below and above,
    None where there are too few numbers to tell."""

    low: float
    high: float
    near_low: float
    near_high: float
    width: float
    tails: tuple[Tail, Tail] | None = None


@dataclass(frozen=True, slots=True)
class Tail:
    """A tail beyond the hundredth that lies farthest out, which begins at `start`: its shape (0 is exponential, above
    it heavy), one standard error of that, its scale, and the value that it would exceed in `ALARM` of all tables."""

    start: float
    shape: float
    error: float
    scale: float
    bound: float

    @property
    def heavy(self) -> bool:
        """Whether it is heavier than an exponential one, beyond what chance explains."""
        return self.shape > 2 * self.error

    def level(self, value: float) -> float:
        """A value on the scale on which this tail is a standard exponential, its shape taken one error up."""
        beyond, shape = max(value - self.start, 0.0) / self.scale, self.shape + self.error
        return math.log1p(shape * beyond) / shape

    def value(self, level: float) -> float:
        """The value at a level; -inf for one below the tail's start."""
        shape = self.shape + self.error
        return self.start + self.scale * math.expm1(shape * level) / shape if level > 0 else -math.inf

    def alone(self, farthest: Sequence[float]) -> int:
        """How many of the farthest values, the first farthest, lie alone beyond a gap."""
        levels = [self.level(v) for v in farthest]
        for k in range(min(ALONE, len(levels) - 1), 0, -1):
            if k * (levels[k - 1] - levels[k]) > math.log(ALONE / ALARM):
                return k
        return 0


def fences(look: Look) -> Fences | None:
    """Where numbers begin to be far out; None where the middle half of them has no width."""
    if not look.measured or not (width := look.at(0.75) - look.at(0.25)) > 0:
        return None
    near_low, near_high = look.at(0.25) - 3 * width, look.at(0.75) + 3 * width
    if look.sized < TAIL_ROWS:
        return Fences(near_low, near_high, near_low, near_high, width)
    below, above = (_tail(look, sign) for sign in (-1, 1))
    low, high = min(near_low, -below.bound), max(near_high, above.bound)
    return Fences(low, high, near_low, near_high, width, (below, above))


def _tail(look: Look, sign: int) -> Tail:
    """The tail on one side; values of the lower one are taken by the other sign."""

    def at(level: float) -> float:
        return sign * look.at(level if sign > 0 else round(1 - level, 2))

    outer = _carried_on(at(0.75), at(0.95), at(0.99), 0.01, 5, look)
    inner = _carried_on(at(0.64), at(0.88), at(0.96), 0.04, 3, look)
    # A tail twice as heavy outside as inside, and heavier than any that has a mean, is no tail: rows lie apart.
    return inner if outer.shape > 1 and outer.shape > 2 * inner.shape else outer


def _carried_on(q1: float, q2: float, q3: float, beyond: float, ratio: float, look: Look) -> Tail:
    """The tail from three quantiles whose shares beyond fall by `ratio` (the last by this factor too).

    Shape: ln((q3 - q2) / (q2 - q1)) / ln(ratio), at least 0 (exponential); its scale at q3 is
    shape (q3 - q2) / (1 - ratio^-shape). Bound, at one standard error up, since the quantiles are estimates:
    q3 + (q3 - q2) (r^shape - 1) / (1 - ratio^-shape) where r = beyond · rows / ALARM.
    """
    inner = look.sized * beyond
    error = 1.8 / math.sqrt(max(inner, 1.0)) / math.log(ratio)
    if not q3 > q2 > q1:
        return Tail(q3, 0.0, error, math.inf, q3)
    shape = max(math.log((q3 - q2) / (q2 - q1)) / math.log(ratio), 0.0)
    reach = math.log(max(beyond * look.present / ALARM, 1.0))
    careful = shape + error
    wide = (q3 - q2) / -math.expm1(-careful * math.log(ratio))
    bound = q3 + wide * math.expm1(careful * reach) if careful * reach <= 600 else math.inf
    return Tail(q3, shape, error, careful * wide, bound)


@dataclass(frozen=True, slots=True)
class Gaps:
    """How a column says that it has no value: `test` is true where it does not, disguised or not."""

    test: Callable[[Any], Any]
    words: tuple[str, ...] = ()
    numbers: tuple[Any, ...] = ()


def gaps(table: Table, seen: Sequence[Look], disguised: Mapping[str, int]) -> dict[str, Gaps]:
    """How each column says that it has no value. `disguised` says in how many rows a column of text has a word for that."""
    found = {look.column: Gaps(lambda c: ~present(c)) for look in seen}
    asked = {}
    for look in seen:
        if look.text and disguised.get(look.column):
            found[look.column] = Gaps(lambda c: ~present(c) | is_disguise(c))
        for value in () if look.text else _sentinels(look):
            column = table.expr[look.column]
            same = column if column.type().is_numeric() else column.cast("date")
            asked[look.column, value] = (same == value).cast("int8").sum()
    if not asked:
        return found
    row = told(table, {f"s{i}": n for i, n in enumerate(asked.values())})
    used: dict[str, list[Any]] = {}
    for i, (column, value) in enumerate(asked):
        if (row[f"s{i}"] or 0) >= HABIT:
            used.setdefault(column, []).append(value)
    return found | {column: Gaps(_none_of(values), numbers=tuple(values)) for column, values in used.items()}


def _sentinels(look: Look) -> list[Any]:
    """Which numbers or days would stand for no value, as they lie far from the others, if they are in the column."""
    edge = fences(look)
    if edge is None or look.low is None:
        return []
    if look.type.is_numeric():
        return [
            s for s in SENTINELS if not edge.near_low <= s <= edge.near_high and look.low <= s <= look.high
        ]
    ends = {_day(look.low), _day(look.high)}
    return [d for d in SENTINEL_DAYS if d in ends and not edge.near_low <= _seconds(d) <= edge.near_high]


def _none_of(values: list[Any]) -> Callable[[Any], Any]:
    return lambda c: (
        ~present(c) | (c if c.type().is_numeric() else c.cast("date")).isin(values).fill_null(False)
    )


def missing(
    look: Look, found: Gaps, lacking: int, rows: int, *, weighs: bool, as_numbers: bool = False
) -> Iterator[Issue]:
    """No value, or a word or number that stands for none. `as_numbers` says that a column of text has numbers else."""
    if not lacking:
        return
    share, disguised = lacking / rows, lacking - (rows - look.present)
    severity: Severity = "high" if share > 0.5 else "medium" if share > 0.05 else "low"
    if weighs:
        severity = RANK[RANK.index(severity) - 1]
    hidden = f"; {number(disguised)} of them in disguise, such as n/a, blank or -999" if disguised else ""
    text = f"Column {look.column} has no value in {count_of(lacking, 'row')} ({with_unit(share, 'share')}){hidden}."
    fix = (
        "Leave the rows out: a model cannot learn from them."
        if weighs
        else "Find out why, then fill in, flag or leave out."
    )
    if disguised:
        fix = f"Write such values as missing when the data is read. {fix}"
    column, test = look.column, found.test
    mend: list[dict[str, Any]] = []
    if found.numbers and look.type.is_numeric():
        mend.append({"step": "blank", "column": look.column, "values": list(found.numbers)})
    if as_numbers:
        mend.append({"step": "standardize", "column": look.column, "number": True})
    way = "median" if (look.measured and look.type.is_numeric()) or as_numbers else "most_frequent"
    mend.append(
        {"step": "remove", "missing": [look.column]}
        if weighs
        else {"step": "impute", "column": look.column, "with": way}
    )
    yield Issue(
        "missing",
        column,
        text,
        severity,
        lacking,
        rows,
        fix,
        where(lambda t: test(t[column])),
        (column,),
        mend=tuple(mend),
    )


def infinite(look: Look, rows: int) -> Iterator[Issue]:
    if look.infinite:
        column = look.column
        text = f"Column {column} has {count_of(look.infinite, 'infinite value')}."
        yield Issue(
            "infinite", column, text, "high", look.infinite, rows,
            "Find what was divided by zero; write such values as missing.",
            where(lambda t: endless(t[column])), (column,),
            mend=({"step": "blank", "column": column, "infinite": True},),
        )  # fmt: skip


def constant(look: Look, rows: int) -> Iterator[Issue]:
    if rows > 1 and look.low is not None and look.low == look.high and not look.infinite:
        text = f"Column {look.column} has the same value in every row that has one."
        mend = ({"step": "remove", "columns": [look.column]},)
        yield Issue(
            "constant",
            look.column,
            text,
            "low",
            look.present,
            rows,
            "Leave the column out; it tells nothing.",
            mend=mend,
        )


@dataclass(frozen=True, slots=True)
class _Suspect:
    """A column with values beyond the near fences."""

    look: Look
    gaps: Gaps
    edge: Fences

    def size(self, rows: Any) -> tuple[Any, Any]:
        """The column's sizes, and whether each counts: no word or number for none, and not infinite."""
        column = rows[self.look.column]
        size = as_number(column)
        counts = ~self.gaps.test(column) if self.gaps.numbers else present(column)
        return size, counts & ~endless(size) if self.look.infinite else counts

    def beyond(self, rows: Any, low: float, high: float) -> Any:
        size, counts = self.size(rows)
        return counts & ((size < low) | (size > high))

    @property
    def sides(self) -> list[tuple[int, Tail]]:
        """The sides on which something lies beyond the near fence, lower values taken by the other sign."""
        low, high = _size(self.look.low), _size(self.look.high)
        below, above = self.edge.tails or (None, None)
        return [
            (sign, tail)
            for sign, tail, there in ((-1, below, low < self.edge.near_low), (1, above, high > self.edge.near_high))
            if tail and there
        ]  # fmt: skip


def far_out(table: Table, seen: Sequence[Look], found: Mapping[str, Gaps], rows: int) -> Iterator[Issue]:
    """Values beyond where the tail leads; or that the tail is heavy."""
    suspects = []
    for look in seen:
        edge = fences(look)
        if edge is None or (look.type.is_integer() and names_things(look.column)):
            continue
        if _size(look.low) < edge.near_low or _size(look.high) > edge.near_high:
            suspects.append(_Suspect(look, found[look.column], edge))
    counted = _beyond(table, suspects)
    # Where a few values may lie alone beyond a gap, they are looked at, and counted again if they do.
    drawn_in = {}
    for k, suspect in enumerate(suspects):
        edge = _beyond_gaps(table, suspect, counted[k])
        if edge != suspect.edge:
            drawn_in[k] = replace(suspect, edge=edge)
    for (k, suspect), row in zip(drawn_in.items(), _beyond(table, list(drawn_in.values())), strict=True):
        suspects[k], counted[k] = suspect, row
    for suspect, row in zip(suspects, counted, strict=True):
        yield from _far(suspect, row, rows)


#: So many levels below the farthest value, less would be a gap beyond which it is alone.
_NEAR = math.log(ALONE / ALARM) / ALONE * 0.98


def _beyond(table: Table, suspects: Sequence[_Suspect]) -> list[dict[str, Any]]:
    """Of each column: how many values lie beyond its fences, and how many on either side beyond the near ones only;
    how far they go; and how many lie near the farthest on a side. Counted for all in one pass."""
    asked: dict[str, Any] = {}
    for k, suspect in enumerate(suspects):
        edge, (size, counts) = suspect.edge, suspect.size(table.expr)
        tests = {
            "n": (size < edge.low) | (size > edge.high),
            "near0": (size < edge.near_low) & (size >= edge.low),
            "near1": (size > edge.near_high) & (size <= edge.high),
        }
        for sign, tail in suspect.sides:
            farthest = _size(suspect.look.high if sign > 0 else suspect.look.low)
            edge_ = tail.value(tail.level(sign * farthest) - _NEAR)
            tests[f"close{sign}"] = size >= edge_ if sign > 0 else size <= -edge_
        asked |= {f"{name}_{k}": (counts & test).cast("int8").sum() for name, test in tests.items()}
        if suspect.gaps.numbers:
            beyond = suspect.beyond(table.expr, edge.near_low, edge.near_high)
            asked |= {f"low_{k}": size.min(where=beyond), f"high_{k}": size.max(where=beyond)}
    row = told(table, asked)
    return [
        {name.rpartition("_")[0]: value for name, value in row.items() if name.endswith(f"_{k}")}
        for k in range(len(suspects))
    ]


def _far(suspect: _Suspect, row: Mapping[str, Any], rows: int) -> Iterator[Issue]:
    """What is said of a column with values beyond the near fences."""
    look, edge = suspect.look, suspect.edge
    column, count, shown = look.column, row["n"] or 0, _shown(look)
    if not count:
        heavy = [bool(edge.tails and tail.heavy) for tail in edge.tails or ()]
        near = sum(row[f"near{i}"] or 0 for i, is_heavy in enumerate(heavy) if is_heavy)
        # Worth a word where the values move a mean: a hundredth of the rows, or far away.
        if near >= max(HABIT, 0.001 * rows):
            text = (
                f"Column {column} has a heavy tail: {number(near)} values ({with_unit(near / rows, 'share')}) "
                "lie far from the middle, but no farther than the others lead one to expect."
            )
            fix = "Leave them in. Use the logarithm or ranks, and judge by median or quantiles."
            ends = (
                edge.near_low if heavy[0] else -math.inf,
                edge.near_high if heavy[1] else math.inf,
            )
            concerned = where(lambda t: suspect.beyond(t, *ends))
            yield Issue("heavy-tail", column, text, "low", near, rows, fix, concerned, (column,))
        return
    low, high = row.get("low", _size(look.low)), row.get("high", _size(look.high))
    farthest = max(edge.near_low - low, high - edge.near_high)
    text = (
        f"Column {column} has {count_of(count, 'value')} ({with_unit(count / rows, 'share')}) far away from the others: "
        f"below {shown(edge.low)} or above {shown(edge.high)}."
    )
    fix = "Look at the rows: mend what is wrong, and cap or flag what is right but rare."
    severity: Severity = "medium" if farthest > 1000 * edge.width else "low"
    mend = (
        ({"step": "cap", "column": column, "low": edge.low, "high": edge.high},)
        if look.type.is_numeric()
        else ()
    )
    concerned = where(lambda t: suspect.beyond(t, edge.low, edge.high))
    yield Issue("far-out", column, text, severity, count, rows, fix, concerned, (column,), mend=mend)


def names_things(column: str) -> bool:
    """Whether a column's name says that its numbers are names: a phone number lies far from no other.

    >>> [c for c in ("ZipCode", "phone_number", "order-id", "age", "rounds", "paid") if names_things(c)]
    ['ZipCode', 'phone_number', 'order-id']
    """
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", column).lower()
    return bool(_NAMES.search(re.sub(r"[^a-z0-9]+", " ", words)))


_NAMES = re.compile(
    r"\b(id|ids|uuid|code|codes|zip|zipcode|plz|postcode|postal|phone|phonenumber|telephone|fax|number|nr|ssn|isbn|ean|sku)$"
)


def _beyond_gaps(table: Table, suspect: _Suspect, row: Mapping[str, Any]) -> Fences:
    """The fences drawn in to the gap beyond which a few values lie alone."""
    edge = suspect.edge
    low, high = edge.low, edge.high
    kept = table.keep(suspect.beyond(table.expr, edge.near_low, edge.near_high))
    size = as_number(kept.expr[suspect.look.column])
    for sign, tail in suspect.sides:
        # As many near the farthest leave no room for a gap; if it stands for no value, that was no farthest.
        if not suspect.gaps.numbers and (row[f"close{sign}"] or 0) > ALONE:
            continue
        near = edge.near_low if sign < 0 else edge.near_high
        outer = kept.expr.filter(size < near if sign < 0 else size > near).select(v=sign * size)
        farthest = [r["v"] for r in kept.fetch(outer.order_by(outer.v.desc()).limit(ALONE + 1))]
        if len(farthest) <= ALONE:
            # The next one lies inside: no farther than here.
            farthest.append(sign * near)
        if k := tail.alone(farthest):
            # Half way, so that it reads as a place and not as one of the values.
            middle = sign * (farthest[k] + farthest[k - 1]) / 2
            low, high = (max(low, middle), high) if sign < 0 else (low, min(high, middle))
    return replace(edge, low=low, high=high)


def _size(value: Any) -> float:
    return _seconds(value) if isinstance(value, date) else float(value)


def _seconds(value: date) -> float:
    moment = (
        value if isinstance(value, datetime) else datetime(value.year, value.month, value.day, tzinfo=UTC)
    )
    return (moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()


def _day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


def _shown(look: Look) -> Callable[[float], str]:
    """A fence as it is written: times as a day."""
    if look.type.is_numeric():
        return number

    def day(seconds: float) -> str:
        try:
            return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)).date().isoformat()
        except OverflowError:  # before the year 1 or after 9999: farther than any date
            return "any date"

    return day
