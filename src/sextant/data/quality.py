"""What is wrong with a table: missing, repeated, constant, far out, one-sided. Counted on every row,
gravest first.

Findings hold no contents of cells: they name columns, counts and row numbers, and of the target and the
groups the classes. A row number counts from 1 in the order of the file, without its header.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sextant.phrases import number, with_unit
from sextant.reports import Finding
from sextant.tables import Table, present

Severity = Literal["low", "medium", "high", "critical"]
_RANK: tuple[Severity, ...] = ("critical", "high", "medium", "low")

#: What people write where they have no value, in small letters.
DISGUISES = (
    "n/a",
    "na",
    "nan",
    "null",
    "nil",
    "none",
    "-",
    "--",
    "---",
    ".",
    "?",
    "unknown",
    "missing",
    "not available",
    "#n/a",
    "undefined",
    "tbd",
    "empty",
    "blank",
)
#: Numbers that stand for "no value", if they lie far away from all others.
SENTINELS = (-1, -9, -99, -999, -9999, -99999, 99, 999, 9999, 99999, 999999)
#: A group with fewer rows than this says little about the people in it.
FEW_ROWS = 30
_EXAMPLES = 5
#: So many columns are looked at in one pass.
_AT_ONCE = 50
_CLASSES = 100


def quality(
    table: Table, *, key: str | None = None, target: str | None = None, groups: Sequence[str] = ()
) -> tuple[Finding, ...]:
    """Every finding about a table, the gravest first; empty if nothing was found.

    missing     null, nan, blank text, or a disguise such as "n/a" or -999; more than 50 % is critical in
    the target
                and high elsewhere, more than 5 % is medium (high in the target), less is low (medium)
    repeated    a value of `key` that names several rows (critical); rows equal in everything but the key
    (medium
                from 1 % of rows on, else low)
    constant    a column with one value only (low): it tells nothing
    far out     numbers beyond three times the middle half's width from it (Tukey 1977, "far out"); medium
    if the
                farthest lies a thousand widths away, else low. Not looked for where the middle half has no
                width
    one-sided   of the target: one class is more than 90 % of the rows (high from 99 % on, else medium), or
    a class
                has fewer than 30 rows (medium); of a group column: a group with fewer than 30 rows (low)

    Raises `InvalidInput` for a column that is not there.

    >>> import pyarrow as pa
    >>> from sextant.tables import table
    >>> people = table(pa.table({"id": [1, 2, 2], "city": ["Ulm", "n/a", "Bonn"]}), name="people")
    >>> [(f.key, f.severity, f.count) for f in quality(people, key="id")]
    [('repeated-key-id', 'critical', 1), ('missing-city', 'medium', 1)]
    """
    rows = table.count()
    if rows == 0:
        return (
            Finding(key="empty", text="The table has no rows.", severity="critical", fix="Find out why."),
        )
    numbered = _numbered(table)
    findings = []
    for look in _looks(table):
        absent = _absent(table, look)
        findings += _missing(table, numbered, look, absent, rows, weighs=look.column == target)
        findings += _constant(look, rows)
        findings += _far_out(table, numbered, look, absent, rows) if look.column not in (key, target) else ()
    findings += _repeated(table, numbered, key, rows)
    if target is not None:
        findings += _one_sided(table, target, rows)
    for column in groups:
        findings += _rare_groups(table, column, rows)
    return tuple(sorted(findings, key=lambda f: (_RANK.index(f.severity), -f.count, f.key)))


@dataclass(frozen=True, slots=True)
class _Look:
    """What one pass over the rows tells about a column: how many values it has, how many of these are words
    for no value, its ends, and of numbers the quarter points."""

    column: str
    kind: Any
    present: int
    disguised: int
    low: Any
    high: Any
    quarters: tuple[float, float] | None

    @property
    def fences(self) -> tuple[float, float, float] | None:
        """Where numbers begin to be far out, below and above, and the width of the middle half; None if it
        has none."""
        if self.quarters is None or not (width := self.quarters[1] - self.quarters[0]) > 0:
            return None
        return self.quarters[0] - 3 * width, self.quarters[1] + 3 * width, width

    @property
    def suspicious(self) -> bool:
        """Whether any number is far out at all."""
        return self.fences is not None and (self.low < self.fences[0] or self.high > self.fences[1])


def _looks(table: Table) -> Iterator[_Look]:
    """Every column at a first glance, many columns in one pass."""
    for start in range(0, len(table.columns), _AT_ONCE):
        names = table.columns[start : start + _AT_ONCE]
        wanted: dict[str, Any] = {}
        for i, name in enumerate(names):
            column, there = table.expr[name], present(table.expr[name])
            wanted[f"n{i}"] = there.cast("int8").sum()
            if column.type().is_string():
                wanted[f"d{i}"] = _is_disguise(column).cast("int8").sum()
            if not _is_nested(column):
                wanted[f"low{i}"], wanted[f"high{i}"] = column.min(where=there), column.max(where=there)
            if column.type().is_numeric():
                wanted[f"q{i}"] = column.cast("float64").quantile([0.25, 0.75], where=there)
        row = table.fetch(table.expr.aggregate(**wanted))[0]
        for i, name in enumerate(names):
            quarters = row.get(f"q{i}")
            yield _Look(
                name,
                table.expr[name].type(),
                row[f"n{i}"] or 0,
                row.get(f"d{i}") or 0,
                row.get(f"low{i}"),
                row.get(f"high{i}"),
                tuple(quarters) if quarters else None,
            )


def _absent(table: Table, look: _Look) -> Callable[[Any], Any]:
    """A test for no value, in disguise or not."""
    if look.disguised:
        return lambda c: ~present(c) | _is_disguise(c).fill_null(False)
    if look.suspicious and look.fences is not None:
        low, high, _ = look.fences
        far = [s for s in SENTINELS if not low <= s <= high and look.low <= s <= look.high]
        # One such number may be an accident; a habit shows at least three times.
        if used := [s for s in far if table.count(table.expr.filter(table.expr[look.column] == s)) >= 3]:
            return lambda c: ~present(c) | c.isin(used).fill_null(False)
    return lambda c: ~present(c)


def _missing(
    table: Table, numbered: Table, look: _Look, absent: Callable[[Any], Any], rows: int, *, weighs: bool
) -> list[Finding]:
    count = table.count(table.expr.filter(absent(table.expr[look.column]))) if _may_lack(look, rows) else 0
    if not count:
        return []
    share, disguised = count / rows, count - (rows - look.present)
    grave: Severity = "high" if share > 0.5 else "medium" if share > 0.05 else "low"
    if weighs:
        grave = _RANK[_RANK.index(grave) - 1]
    hidden = f"; {number(disguised)} of them in disguise, such as n/a, blank or -999" if disguised else ""
    text = f"Column {look.column} has no value in {number(count)} rows ({with_unit(share, 'share')}){hidden}."
    fix = (
        "Leave the rows out: a model cannot learn from them."
        if weighs
        else "Find out why, then fill in, flag or leave out."
    )
    if disguised:
        fix = f"Write such values as missing when the data is read. {fix}"
    examples = _rows(numbered, absent(numbered.expr[look.column]))
    return [_finding("missing", look.column, text, grave, count, rows, examples, fix)]


def _may_lack(look: _Look, rows: int) -> bool:
    return look.present < rows or look.disguised > 0 or look.suspicious


def _constant(look: _Look, rows: int) -> list[Finding]:
    if rows < 2 or look.low is None or look.low != look.high:
        return []
    text = f"Column {look.column} has the same value in every row that has one."
    fix = "Leave the column out; it tells nothing."
    return [_finding("constant", look.column, text, "low", look.present, rows, (), fix)]


def _far_out(
    table: Table, numbered: Table, look: _Look, absent: Callable[[Any], Any], rows: int
) -> list[Finding]:
    if not look.suspicious or look.fences is None:
        return []
    low, high, width = look.fences

    def beyond(c: Any) -> Any:
        return ~absent(c) & ((c < low) | (c > high))

    kept = table.keep(beyond(table.expr[look.column]))
    values = kept.expr[look.column].cast("float64")
    row = kept.fetch(kept.expr.aggregate(n=kept.expr.count(), low=values.min(), high=values.max()))[0]
    if not (count := row["n"]):
        return []
    farthest, share = max(low - row["low"], row["high"] - high), count / rows
    text = (
        f"Column {look.column} has {number(count)} values ({with_unit(share, 'share')}) far away from the others: "
        f"below {number(low)} or above {number(high)}."
    )
    fix = "Look at the rows: mend what is wrong, and cap or flag what is right but rare."
    grave: Severity = "medium" if farthest > 1000 * width else "low"
    examples = _rows(numbered, beyond(numbered.expr[look.column]))
    return [_finding("far-out", look.column, text, grave, count, rows, examples, fix)]


def _repeated(table: Table, numbered: Table, key: str | None, rows: int) -> list[Finding]:
    findings = []
    if key is not None:
        named = table.keep(table.present(key))
        groups = named.expr.group_by(key).aggregate(n=named.expr.count())
        many = groups.filter(groups.n > 1)
        found = table.fetch(many.aggregate(keys=many.count(), rows=many.n.sum()))[0]
        if found["keys"]:
            count = found["rows"] - found["keys"]
            text = f"{number(found['keys'])} values of {key} name more than one row; {number(count)} rows are one too many."
            examples = _rows(numbered, numbered.expr[key].isin(many[key]))
            findings.append(
                _finding(
                    "repeated-key",
                    key,
                    text,
                    "critical",
                    count,
                    rows,
                    examples,
                    "Find out which row is right, and keep one.",
                )
            )
    compared = [c for c in table.columns if c != key]
    if not compared:
        return findings
    different = table.expr.select(compared).distinct()
    count = rows - table.count(different)
    if count:
        share = count / rows
        but = f" but {key}" if key is not None else ""
        text = f"{number(count)} rows ({with_unit(share, 'share')}) repeat an earlier one in everything{but}."
        grave: Severity = "medium" if share >= 0.01 else "low"
        examples = _later(numbered, compared)
        findings.append(
            _finding(
                "repeated",
                "",
                text,
                grave,
                count,
                rows,
                examples,
                "Keep one of each, unless they are separate events.",
            )
        )
    return findings


def _one_sided(table: Table, target: str, rows: int) -> list[Finding]:
    counts = _classes(table, target)
    if counts is None or len(counts) < 2:
        return []
    findings = []
    total = sum(counts.values())
    name, most = max(counts.items(), key=lambda item: item[1])
    if most / total > 0.9:
        text = (
            f"{with_unit(most / total, 'share')} of the rows are of one class of {target}, {name}: always answering "
            "it would be right as often."
        )
        grave: Severity = "high" if most / total >= 0.99 else "medium"
        findings.append(
            _finding(
                "one-sided",
                target,
                text,
                grave,
                most,
                rows,
                (),
                "Judge by precision and recall of the rare class, and collect more of it.",
            )
        )
    if rare := {c: n for c, n in counts.items() if n < FEW_ROWS}:
        listed = ", ".join(
            f"{c} ({n})" for c, n in sorted(rare.items(), key=lambda item: item[1])[:_EXAMPLES]
        )
        text = f"{number(len(rare))} of {number(len(counts))} classes of {target} have fewer than {FEW_ROWS} rows: {listed}."
        findings.append(
            _finding(
                "rare-class",
                target,
                text,
                "medium",
                sum(rare.values()),
                rows,
                (),
                "Collect more of them, or merge classes.",
            )
        )
    return findings


def _rare_groups(table: Table, column: str, rows: int) -> list[Finding]:
    counts = _classes(table, column)
    if counts is None or not (rare := {g: n for g, n in counts.items() if n < FEW_ROWS}):
        return []
    listed = ", ".join(f"{g} ({n})" for g, n in sorted(rare.items(), key=lambda item: item[1])[:_EXAMPLES])
    text = f"{number(len(rare))} of {number(len(counts))} groups of {column} have fewer than {FEW_ROWS} rows: {listed}."
    return [
        _finding(
            "rare-group",
            column,
            text,
            "low",
            sum(rare.values()),
            rows,
            (),
            "Collect more of them before judging how they fare.",
        )
    ]


# --- pieces


def _is_disguise(column: Any) -> Any:
    return column.strip().lower().isin(["", *DISGUISES])


def _is_nested(column: Any) -> bool:
    return bool(column.type().is_nested() or column.type().is_json())


def _classes(table: Table, column: str) -> dict[str, int] | None:
    """Rows by class, None for a column of measurements or free text."""
    kept = table.keep(table.present(column))
    name = kept.column(column).cast("string")
    found = kept.fetch(
        kept.expr.group_by(name=name).aggregate(n=kept.expr.count()).order_by("name").limit(_CLASSES + 1)
    )
    return None if len(found) > _CLASSES else {row["name"]: row["n"] for row in found}


def _numbered(table: Table) -> Table:
    """The table with its rows' numbers, in the order of the file."""
    import ibis

    return Table(table.name, table.expr.mutate(sextant_row=ibis.row_number() + 1), table.engine)


def _rows(numbered: Table, test: Any) -> tuple[str, ...]:
    """The first rows on which a test is true."""
    found = numbered.expr.filter(test).select("sextant_row").order_by("sextant_row").limit(_EXAMPLES)
    return tuple(f"row {row['sextant_row']}" for row in numbered.fetch(found, ordered=True))


def _later(numbered: Table, columns: Sequence[str]) -> tuple[str, ...]:
    """The first rows that repeat an earlier one."""
    import ibis

    again = numbered.expr.mutate(nth=ibis.row_number().over(group_by=list(columns), order_by="sextant_row"))
    found = again.filter(again.nth > 0).select("sextant_row").order_by("sextant_row").limit(_EXAMPLES)
    return tuple(f"row {row['sextant_row']}" for row in numbered.fetch(found, ordered=True))


def _finding(
    what: str,
    column: str,
    text: str,
    severity: Severity,
    count: int,
    rows: int,
    examples: tuple[str, ...],
    fix: str,
) -> Finding:
    return Finding(
        key=_key(what, column),
        text=text,
        severity=severity,
        count=count,
        share=min(count / rows, 1.0),
        examples=examples,
        fix=fix,
    )


def _key(what: str, column: str) -> str:
    """A key that stays the same from version to version, so that what was decided about it is found again."""
    slug = re.sub(r"[^a-z0-9_]+", "-", column.lower()).strip("-")[:50]
    if column and slug != column:
        slug = f"{slug}-{hashlib.sha256(column.encode()).hexdigest()[:6]}".strip("-")
    return f"{what}-{slug}" if column else what
