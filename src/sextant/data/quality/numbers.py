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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sextant.data.quality.issues import RANK, Issue, Severity, count_of, where
from sextant.data.quality.looks import Look, as_number, endless, is_disguise
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


def gaps(table: Table, look: Look, disguised: bool) -> Gaps:
    """How this column says that it has no value. `disguised` tells whether any text in it is a word for that."""
    if look.text:
        return Gaps(lambda c: ~present(c) | is_disguise(c)) if disguised else Gaps(lambda c: ~present(c))
    found = fences(look)
    if found is None or look.low is None:
        return Gaps(lambda c: ~present(c))
    column = table.expr[look.column]
    far: list[Any]
    if column.type().is_numeric():
        near = found.near_low, found.near_high
        far = [s for s in SENTINELS if not near[0] <= s <= near[1] and look.low <= s <= look.high]
    else:
        ends = {_day(look.low), _day(look.high)}
        far = [d for d in SENTINEL_DAYS if d in ends and not found.near_low <= _seconds(d) <= found.near_high]
    if not far:
        return Gaps(lambda c: ~present(c))
    same = column if column.type().is_numeric() else column.cast("date")
    tests = {f"s{i}": (same == s).cast("int8").sum() for i, s in enumerate(far)}
    counted = table.fetch(table.expr.aggregate(**tests))[0]
    used = tuple(s for i, s in enumerate(far) if (counted[f"s{i}"] or 0) >= HABIT)
    if not used:
        return Gaps(lambda c: ~present(c))
    return Gaps(
        lambda c: (
            ~present(c) | (c if c.type().is_numeric() else c.cast("date")).isin(list(used)).fill_null(False)
        ),
        numbers=used,
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


def far_out(table: Table, look: Look, found: Gaps, rows: int) -> Iterator[Issue]:
    """Values beyond where the tail leads; or that the tail is heavy."""
    edge = fences(look)
    if edge is None or (look.type.is_integer() and names_things(look.column)):
        return
    low, high = (_size(look.low), _size(look.high))
    if low >= edge.near_low and high <= edge.near_high:
        return
    column, test = look.column, found.test

    def beyond(t: Any, low: float, high: float) -> Any:
        size = as_number(t[column])
        finite = ~endless(size) if t[column].type().is_floating() else True
        return ~test(t[column]) & ((size < low) | (size > high)) & finite

    kept = table.keep(beyond(table.expr, edge.near_low, edge.near_high))
    size = as_number(kept.expr[column])
    edge = _beyond_gaps(kept, size, edge)
    out = (size < edge.low) | (size > edge.high)
    sides = [(size < edge.near_low, size >= edge.low), (size > edge.near_high, size <= edge.high)]
    heavy = [bool(edge.tails and tail.heavy) for tail in edge.tails or ()]
    asked = {f"near{i}": (near & inside).cast("int8").sum() for i, (near, inside) in enumerate(sides)}
    row = kept.fetch(kept.expr.aggregate(n=out.cast("int8").sum(), low=size.min(), high=size.max(), **asked))[
        0
    ]
    count, shown = row["n"] or 0, _shown(look)
    if not count:
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
            yield Issue(
                "heavy-tail",
                column,
                text,
                "low",
                near,
                rows,
                fix,
                where(lambda t: beyond(t, *ends)),
                (column,),
            )
        return
    farthest = max(edge.near_low - row["low"], row["high"] - edge.near_high)
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
    yield Issue(
        "far-out",
        column,
        text,
        severity,
        count,
        rows,
        fix,
        where(lambda t: beyond(t, edge.low, edge.high)),
        (column,),
        mend=mend,
    )


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


def _beyond_gaps(kept: Table, size: Any, edge: Fences) -> Fences:
    """The fences drawn in to the gap beyond which a few values lie alone."""
    if edge.tails is None:
        return edge
    ends = [edge.low, edge.high]
    for side, (sign, tail) in enumerate(zip((-1, 1), edge.tails, strict=True)):
        signed = sign * size
        outer = kept.expr.filter(size < edge.near_low if sign < 0 else size > edge.near_high).select(v=signed)
        farthest = [r["v"] for r in kept.fetch(outer.order_by(outer.v.desc()).limit(ALONE + 1))]
        if len(farthest) <= ALONE:
            # The next one lies inside: no farther than here.
            farthest.append(sign * (edge.near_low if sign < 0 else edge.near_high))
        if k := tail.alone(farthest):
            # Half way, so that it reads as a place and not as one of the values.
            ends[side] = sign * min(sign * ends[side], (farthest[k] + farthest[k - 1]) / 2)
    return replace(edge, low=ends[0], high=ends[1])


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
