"""A table's profile: some KB for each column, whatever the number of rows, and the profiles of parts add up.

`sextant.data.profiling` measures one; this is what it says, how two add up, and how it is written down.

    whole = sum(parts[1:], parts[0])

Counts, minimum and maximum, histograms and the counts of values are then exactly those of the whole, mean and
spread to the last digits of a float, the number of different values as its sketch is. Only the most frequent
values of a text with many are known between two bounds (`Column.top`, `Column.slack`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from sextant.canonical import Frozen
from sextant.errors import InvalidInput, Unavailable
from sextant.stats.bins import Histogram, Within
from sextant.stats.distinct import Distinct, Sketch
from sextant.stats.moments import Moments

#: The version of the format: bins, sketches and rules of adding are fixed by it.
FORMAT = 1
#: With no more different values than this, each is counted.
MOST_VALUES = 256
#: A value longer than this is not written down.
LONGEST_VALUE = 200
#: Of a text with more, so many of the most frequent are kept.
MOST_TOP = 64
#: Texts of up to so many characters have a shape; with more different shapes than MOST_SHAPES none are kept.
LONGEST_SHAPED, MOST_SHAPES = 32, 64

#: Of times from an engine that does not say whether they have a zone.
UNKNOWN_ZONE = "unknown"

Kind = Literal["number", "yes_no", "text", "date", "time", "nested"]
Value = bool | int | float | str
WORDS: dict[str, str] = {
    "number": "numbers", "yes_no": "yes/no values", "text": "text", "date": "dates", "time": "times",
    "nested": "nested values",
}  # fmt: skip


class Bins(Frozen):
    """A histogram on universal bins, written down: the first bin, then the gap to each next one."""

    level: int = Field(ge=0)
    keys: tuple[int, ...]
    counts: tuple[int, ...]

    @classmethod
    def of(cls, found: Histogram) -> Self:
        gaps = [b - a for a, b in zip((0, *found.keys), found.keys, strict=False)]
        return cls(level=found.level, keys=tuple(gaps), counts=found.counts)

    def histogram(self, scale: Literal["log", "hours"]) -> Histogram:
        from itertools import accumulate

        return Histogram(scale, self.level, tuple(accumulate(self.keys)), self.counts)


class Numbers(Frozen):
    """What is known of numbers. `n` are the finite ones; nan and the infinite are counted apart.

    `minimum` and `maximum` are exact: whole numbers of any size as such, decimals as text.
    """

    n: int = Field(ge=0)
    nan: int = Field(default=0, ge=0)
    above: int = Field(default=0, ge=0, description="How many are plus infinity.")
    below: int = Field(default=0, ge=0, description="How many are minus infinity.")
    mean: float = math.nan
    m2: float = Field(default=0.0, ge=0)
    minimum: int | float | str | None = None
    maximum: int | float | str | None = None
    bins: Bins

    @cached_property
    def histogram(self) -> Histogram:
        return self.bins.histogram("log")

    @property
    def deviation(self) -> float:
        """The sample standard deviation; nan for fewer than two numbers, inf where it is beyond a float."""
        return math.sqrt(self.m2 / (self.n - 1)) if self.n > 1 else math.nan

    def quantile(self, q: float) -> Within:
        """A quantile and the bin that it lies in."""
        if not self.n:
            return Within(math.nan, math.nan, math.nan)
        return self.histogram.quantile(q, least=float(self.minimum or 0), most=float(self.maximum or 0))

    def __add__(self, other: Numbers) -> Numbers:
        mean, m2 = self.mean, self.m2 + other.m2
        if math.isfinite(m2):
            both = Moments(self.n, self.mean, self.m2) + Moments(other.n, other.mean, other.m2)
            mean, m2 = both.mean, both.m2
        elif self.n and other.n:
            mean = self.mean + (other.mean - self.mean) * (other.n / (self.n + other.n))
        elif other.n:
            mean = other.mean
        return Numbers(
            n=self.n + other.n, nan=self.nan + other.nan, above=self.above + other.above,
            below=self.below + other.below, mean=mean, m2=m2,
            minimum=_least(min, self.minimum, other.minimum), maximum=_least(max, self.maximum, other.maximum),
            bins=Bins.of(self.histogram + other.histogram),
        )  # fmt: skip


class Shape(Frozen):
    """What texts look like: each letter as a or A, each digit as 9, a run of one sign once with a +."""

    shape: str
    n: int = Field(ge=1)


class Texts(Frozen):
    """What is known of texts: their lengths in characters, and their shapes where there are few.

    A length of 0 is an empty text. `shapes` is None where there are more than 64; texts of more than 32
    characters have the shape `...`.
    """

    lengths: Numbers
    shapes: tuple[Shape, ...] | None = None

    def __add__(self, other: Texts) -> Texts:
        shapes = None
        if self.shapes is not None and other.shapes is not None:
            found = _summed((s.shape, s.n) for s in (*self.shapes, *other.shapes))
            shapes = shaped(found)
        return Texts(lengths=self.lengths + other.lengths, shapes=shapes)


class Times(Frozen):
    """From when to when, as ISO 8601 (in UTC if the column has a zone), and how many in each hour, or in as many
    hours as the level says."""

    earliest: str | None = None
    latest: str | None = None
    bins: Bins

    @cached_property
    def histogram(self) -> Histogram:
        return self.bins.histogram("hours")

    def __add__(self, other: Times) -> Times:
        return Times(
            earliest=_least(min, self.earliest, other.earliest), latest=_least(max, self.latest, other.latest),
            bins=Bins.of(self.histogram + other.histogram),
        )  # fmt: skip


class Counted(Frozen):
    """A value and how many rows hold it."""

    value: Value
    n: int = Field(ge=1)


class Hashes(Frozen):
    """A sketch of distinct values, written down."""

    family: str
    registers: str


class Column(Frozen):
    """What is known of one column.

    rows, nulls   all rows, and those without a value; nan is no null
    values        every value with its count, by value, where there are no more than 256; else None
    top, slack    of texts with more: the most frequent, the first most often. A count is exact or too low by no
                  more than `slack`, and no value that is not listed is more frequent than that. After a
                  profile was measured, counts are exact; adding profiles makes them bounds
    sketch, between  how many different values there are, if they are not all counted: by a sketch, or two bounds
    note          why the values were not looked at
    """

    name: str
    type: str
    kind: Kind
    rows: int = Field(ge=0)
    nulls: int = Field(ge=0)
    values: tuple[Counted, ...] | None = None
    top: tuple[Counted, ...] | None = None
    slack: int = Field(default=0, ge=0)
    sketch: Hashes | None = None
    between: tuple[float, float] | None = None
    zone: str | None = None
    numbers: Numbers | None = None
    texts: Texts | None = None
    times: Times | None = None
    note: str | None = None

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.nulls > self.rows:
            raise ValueError(f"{self.nulls} nulls in {self.rows} rows")
        if self.sketch:
            _ = self._hashes
        return self

    @property
    def n(self) -> int:
        """How many rows hold a value; nan counts as one."""
        return self.rows - self.nulls

    @property
    def missing(self) -> int:
        """How many rows hold nothing that can be used: null or nan."""
        return self.nulls + (self.numbers.nan if self.numbers else 0)

    @property
    def present(self) -> int:
        return self.rows - self.missing

    @cached_property
    def distinct(self) -> Distinct:
        """How many different values there are, nan and the infinite aside."""
        if self.values is not None:
            return Distinct.exactly(len(self.values), self._hashes)
        if self._hashes:
            return Distinct.sketched(self._hashes, float(self.numbers.n if self.numbers else self.n))
        lower, upper = self.between or (0.0, float(self.n))
        return Distinct(upper, lower, upper)

    def quantile(self, q: float) -> Within:
        """A quantile of a column of numbers: exact where every value is counted, else with its bin."""
        if self.numbers is None or not self.numbers.n:
            return Within(math.nan, math.nan, math.nan)
        if self.values is None:
            return self.numbers.quantile(q)
        rank, upto = max(math.ceil(q * self.numbers.n - 1e-9), 1), 0
        for counted in self.values:
            upto += counted.n
            if upto >= rank:
                break
        return Within(*(float(counted.value),) * 3)

    @cached_property
    def _hashes(self) -> Sketch | None:
        return Sketch.read(self.sketch.family, self.sketch.registers) if self.sketch else None

    def __add__(self, other: Column) -> Column:
        """The column of both parts together. Raises `InvalidInput` where they hold different things."""
        one, two = self, other
        if one.kind != two.kind:
            # A part that holds nothing says nothing about the kind either.
            if one.n and two.n:
                raise InvalidInput(
                    f"it holds {WORDS[one.kind]} in one part and {WORDS[two.kind]} in the other",
                    where=f"column {self.name}",
                    rule="parts of one table hold the same",
                    todo="write both alike, and profile the one that was changed again",
                )
            full, empty = (one, two) if one.n else (two, one)
            return full.model_copy(update={"rows": full.rows + empty.rows, "nulls": full.nulls + empty.nulls})
        if one.n and two.n and one.zone != two.zone and UNKNOWN_ZONE not in (one.zone, two.zone):
            raise InvalidInput(
                f"one part is in {one.zone or 'no zone'}, the other in {two.zone or 'no zone'}",
                where=f"column {self.name}",
                rule="times are compared when both have a zone, or neither",
            )
        values = _both_values(one, two)
        top, slack = (None, 0) if values is not None else _both_tops(one, two)
        sketch, between = _both_distinct(one, two, values)
        return Column(
            name=one.name, type=one.type if one.type == two.type else _types(one.type, two.type), kind=one.kind,
            rows=one.rows + two.rows, nulls=one.nulls + two.nulls, values=values, top=top, slack=slack,
            sketch=sketch, between=between, zone=one.zone if one.n else two.zone,
            numbers=_sum(one.numbers, two.numbers), texts=_sum(one.texts, two.texts),
            times=_sum(one.times, two.times), note=one.note or two.note,
        )  # fmt: skip


class Profile(Frozen):
    """What is known of a table: its rows, and each column.

    `sum` of profiles of parts is the profile of the whole, in whichever order; the name is that of the first.
    Reads and writes JSON: `save`, `Profile.load`.
    """

    format: Literal[1] = 1
    name: str
    rows: int = Field(ge=0)
    engine: str = ""
    columns: tuple[Column, ...]

    def __getitem__(self, name: str) -> Column:
        found = next((c for c in self.columns if c.name == name), None)
        if found is None:
            raise InvalidInput(
                f"there is no column {name!r}",
                where=self.name,
                rule=f"columns are {', '.join(c.name for c in self.columns[:20])}",
            )
        return found

    def only(self, columns: Iterable[str]) -> Profile:
        """The same of these columns alone."""
        return self.model_copy(update={"columns": tuple(self[name] for name in columns)})

    def __add__(self, other: Profile) -> Profile:
        if not isinstance(other, Profile):
            return NotImplemented
        mine, theirs = ({c.name: c for c in p.columns} for p in (self, other))
        if odd := sorted(mine.keys() ^ theirs.keys()):
            raise InvalidInput(
                f"{self.name} and {other.name} have different columns: {', '.join(odd[:5])}",
                rule="the parts of one table have the same columns",
                todo="leave those columns out of both profiles",
            )
        return Profile(
            name=self.name, rows=self.rows + other.rows,
            engine=self.engine if self.engine == other.engine else _types(self.engine, other.engine),
            columns=tuple(column + theirs[name] for name, column in mine.items()),
        )  # fmt: skip

    def text(self) -> str:
        """As JSON, one column a line."""
        plain = self.plain()
        columns = plain.pop("columns")
        lines = ",\n  ".join(json.dumps(c, ensure_ascii=False, separators=(",", ":")) for c in columns)
        head = json.dumps(plain, ensure_ascii=False, separators=(",", ":"))[:-1]
        return f'{head},"columns":[\n  {lines}\n]}}\n'

    def save(self, path: str | Path) -> None:
        """Write it down as JSON."""
        try:
            Path(path).write_text(self.text(), encoding="utf-8")
        except OSError as error:
            raise Unavailable(f"cannot write it: {error.strerror}", where=str(path)) from error

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote. Raises `InvalidInput` for anything else, also for another format."""
        try:
            return cls.read(Path(path).read_text(encoding="utf-8"), where=str(path))
        except OSError as error:
            raise Unavailable(f"cannot read it: {error.strerror}", where=str(path)) from error
        except UnicodeDecodeError as error:
            raise InvalidInput("it is not UTF-8 text", where=str(path)) from error

    @classmethod
    def read(cls, text: str, *, where: str = "profile") -> Self:
        """A profile from its JSON."""
        try:
            plain = json.loads(text)
        except json.JSONDecodeError as error:
            raise InvalidInput(f"it is no JSON: {error.msg}", where=f"{where}:{error.lineno}") from error
        if not isinstance(plain, dict) or "columns" not in plain:
            raise InvalidInput(
                "it is no profile", where=where, todo="make one: `sextant profile TABLE -o FILE`"
            )
        if plain.get("format") != FORMAT:
            raise InvalidInput(
                f"it is a profile of format {plain.get('format')!r}",
                where=where,
                rule=f"this version reads and adds format {FORMAT}; bins of another do not fit",
                todo="profile the table again",
            )
        try:
            return cls.model_validate(plain)
        except ValidationError as error:
            from sextant.reports import first_fault

            raise InvalidInput(first_fault(error), where=where) from error

    def __str__(self) -> str:
        from sextant.data.profile_text import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from sextant.data.profile_text import as_html

        return as_html(self)


def shaped(found: dict[str, int]) -> tuple[Shape, ...] | None:
    """Shapes, the most frequent first; None for too many."""
    if len(found) > MOST_SHAPES:
        return None
    return tuple(Shape(shape=s, n=n) for s, n in sorted(found.items(), key=lambda item: (-item[1], item[0])))


def counted(found: dict[Value, int]) -> tuple[Counted, ...] | None:
    """Values with their counts, by value; None for too many, or for one too long to be written down."""
    if len(found) > MOST_VALUES or any(isinstance(v, str) and len(v) > LONGEST_VALUE for v in found):
        return None
    return tuple(Counted(value=v, n=found[v]) for v in sorted(found, key=_rank))


def topmost(found: dict[Value, int], slack: int = 0) -> tuple[tuple[Counted, ...], int]:
    """The most frequent values that are short enough, and the most that any other may have."""
    ranked = sorted(found.items(), key=lambda item: (-item[1], str(item[0])))
    kept = [(v, n) for v, n in ranked if not isinstance(v, str) or len(v) <= LONGEST_VALUE][:MOST_TOP]
    names = {v for v, _ in kept}
    others = max((n for v, n in ranked if v not in names), default=0)
    return tuple(Counted(value=v, n=n) for v, n in kept), others + slack


def _both_values(one: Column, two: Column) -> tuple[Counted, ...] | None:
    if one.values is None or two.values is None:
        return None
    return counted(_summed((c.value, c.n) for c in (*one.values, *two.values)))


def _both_tops(one: Column, two: Column) -> tuple[tuple[Counted, ...] | None, int]:
    tops = [c.values if c.values is not None else c.top for c in (one, two)]
    if tops[0] is None or tops[1] is None:
        return None, 0
    return topmost(_summed((c.value, c.n) for c in (*tops[0], *tops[1])), one.slack + two.slack)


def _both_distinct(
    one: Column, two: Column, values: tuple[Counted, ...] | None
) -> tuple[Hashes | None, tuple[float, float] | None]:
    if not one.n or not two.n:
        # What holds nothing has no hashes either.
        other = two if not one.n else one
        return other.sketch, None if values is not None or other.sketch else other.between
    added = one.distinct + two.distinct
    if added.sketch:
        return Hashes(family=added.sketch.family, registers=added.sketch.text()), None
    return None, None if values is not None else (added.lower, added.upper)


def _sum(one: Any, two: Any) -> Any:
    return one + two if one is not None and two is not None else one if two is None else two


def _summed(pairs: Iterable[tuple[Any, int]]) -> dict[Any, int]:
    found: dict[Any, int] = {}
    for value, n in pairs:
        found[value] = found.get(value, 0) + n
    return found


def _least(choose: Any, one: Any, two: Any) -> Any:
    if one is None or two is None:
        return one if two is None else two
    if isinstance(one, str) and isinstance(two, str) and not _is_decimal(one):
        return choose(one, two)
    return choose(one, two, key=lambda v: Decimal(v) if isinstance(v, str) else v)


def _is_decimal(text: str) -> bool:
    return text.isascii() and text.removeprefix("-").replace(".", "", 1).isdigit()


def _rank(value: Value) -> tuple[int, Any, str]:
    if isinstance(value, str):
        return (0, Decimal(value), value) if _is_decimal(value) else (1, value, value)
    return (0, value, "")


def _types(one: str, two: str) -> str:
    """Both names, each once."""
    return " or ".join(dict.fromkeys([*one.split(" or "), *two.split(" or ")]))
