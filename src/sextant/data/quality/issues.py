"""What was found, with what it would cost a model and how grave that is: by a rule that can be read."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from sextant.phrases import number
from sextant.tables import Table
from sextant.tables.engines import is_duckdb

if TYPE_CHECKING:
    from sextant.reports import Finding

Severity = Literal["low", "medium", "high", "critical"]
RANK: tuple[Severity, ...] = ("critical", "high", "medium", "low")

#: So many rows are shown of each.
EXAMPLES = 5
#: A value in an example is cut to so many characters.
_SHOWN = 60
#: What is found in fewer rows than this is low, in more than the second medium, else high.
_LOW, _HIGH = 0.01, 0.2


@dataclass(frozen=True, slots=True)
class Cost:
    """What one affected row loses: `weight` from 0 (nothing) to 1 (all that it could teach), and why."""

    weight: float
    why: str


#: By kind of finding. `impact` is the share of affected rows times the weight.
COSTS: dict[str, Cost] = {
    "empty": Cost(1, "There is nothing to learn from."),
    "repeated-key": Cost(1, "A joined table gets wrong rows, and the same row can be in training and in test."),
    "leak": Cost(1, "A model looks perfect in tests and fails in use, where the column is not known yet."),
    "rule": Cost(1, "It breaks what was agreed about this data."),
    "dependency": Cost(0.9, "Two columns contradict each other, so one of them teaches something false."),
    "type": Cost(0.8, "The column is read as text, or the value is lost when it is read as a number."),
    "unit": Cost(0.8, "Equal amounts look different, often by a factor of 100 or 1,000."),
    "merged": Cost(0.8, "One column is empty and another has a value that is seen nowhere else."),
    "infinite": Cost(0.8, "Sums, means and most trainers fail on it."),
    "missing": Cost(0.6, "The model has to guess the value, or the row is left out."),
    "date": Cost(0.7, "Days and months change places, and order in time is lost."),
    "format": Cost(0.6, "A value that is written otherwise is a value never seen before."),
    "typo": Cost(0.6, "A misspelt value is a category of its own, with too few rows to learn from."),
    "variant": Cost(0.5, "One thing becomes several categories, each with fewer rows."),
    "encoding": Cost(0.5, "Words with such characters do not equal the same words elsewhere."),
    "space": Cost(0.4, "Values that look equal are not, so joins and categories come apart."),
    "far-out": Cost(0.5, "A few values pull means, scales and squared errors towards themselves."),
    "one-sided": Cost(0.5, "A model that always gives the frequent answer looks good and is useless."),
    "rare-class": Cost(0.5, "There is too little to learn the class from, and to judge it by."),
    "near-repeated": Cost(0.4, "What is said twice counts twice, and leaks from training into test."),
    "repeated": Cost(0.4, "What is there twice counts twice, and leaks from training into test."),
    "gap-by-group": Cost(0.4, "Filling in the gaps treats the groups differently."),
    "rare-group": Cost(0.3, "How well the model serves this group cannot be told."),
    "heavy-tail": Cost(0.1, "Means are unstable; the values themselves may be right."),
    "constant": Cost(0.05, "It tells nothing, and costs time."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Example:
    """A row where it was seen: its number in the file, its key, and the value. Never leaves the machine by itself."""

    row: int | None
    key: str | None
    value: str | None

    def __str__(self) -> str:
        place = f"row {self.row}" if self.row is not None else f"key {self.key}"
        return place


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong with a table.

    `concerned` narrows a table to the rows where it is seen (None where it is about the whole); `replace` are the
    values that should stand there instead, as far as they can be told; `mend` are steps of a recipe that do what
    `fix` says. `columns` are those whose cells are wrong, `needs` those that `concerned` reads (default: the same);
    `name` tells several of one kind and column apart.
    """

    kind: str
    column: str
    text: str
    severity: Severity
    count: int
    rows: int
    fix: str
    concerned: Callable[[Any], Any] | None = None
    columns: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()
    replace: dict[str, str] = field(default_factory=dict)
    mend: tuple[dict[str, Any], ...] = ()
    name: str = ""

    @property
    def key(self) -> str:
        """A name that stays the same from version to version, so that what was decided about it is found again."""
        named = self.name or self.column
        slug = re.sub(r"[^a-z0-9_]+", "-", named.lower()).strip("-")[:50]
        if named and slug != named:
            slug = f"{slug}-{hashlib.sha256(named.encode()).hexdigest()[:6]}".strip("-")
        return f"{self.kind}-{slug}" if named else self.kind

    @property
    def share(self) -> float:
        """The share of rows that it concerns."""
        return min(self.count / self.rows, 1.0) if self.rows else 1.0

    @property
    def impact(self) -> float:
        """The share of rows times what such a row loses: 0 to 1."""
        return self.share * COSTS[self.kind].weight

    @property
    def cost(self) -> str:
        """What it would cost a model, in words."""
        return COSTS[self.kind].why

    def finding(self) -> Finding:
        """The same as evidence keeps it: without contents of cells and without keys, rows by their number."""
        from sextant.reports import Finding

        numbers = tuple(str(e) for e in self.examples if e.row is not None)
        return Finding(
            key=self.key, text=self.text, severity=self.severity, count=self.count, share=self.share, examples=numbers,
            fix=self.fix, column=self.column, cost=self.cost, impact=self.impact,
        )  # fmt: skip


def count_of(n: int, what: str) -> str:
    """A number with what is counted, in the plural where it is not one.

    >>> count_of(1, "row"), count_of(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{number(n)} {what}{'' if n == 1 else 's'}"


def grave(share: float) -> Severity:
    """How grave what concerns this share of rows is, where nothing else is said."""
    return "low" if share < _LOW else "medium" if share < _HIGH else "high"


def ranked(issues: Sequence[Issue]) -> tuple[Issue, ...]:
    """The gravest first; of equals, what costs most."""
    return tuple(sorted(issues, key=lambda i: (RANK.index(i.severity), -i.impact, i.key)))


def with_examples(table: Table, issue: Issue, key: str | None) -> Issue:
    """The same with the first rows in which it is seen."""
    first = _first if is_duckdb(table.engine) else _by_key
    return replace(issue, examples=first(issue, table, key))


def _first(issue: Issue, table: Table, key: str | None) -> tuple[Example, ...]:
    if issue.concerned is None:
        return ()
    # Of few columns: Ibis takes as long to write a query as there are columns in it.
    rows = numbered(replace(table, expr=table.expr.select(*_needed(issue, table, key))))
    # The first of them in their order: which they are is the same each time.
    found = issue.concerned(rows.expr).order_by("sextant_row").limit(EXAMPLES)
    return _examples(issue, rows, found, key)


def _needed(issue: Issue, table: Table, *more: str | None) -> list[str]:
    needs = issue.needs or issue.columns or table.columns
    return [n for n in dict.fromkeys((*more, *needs)) if n]


def _by_key(issue: Issue, table: Table, key: str | None) -> tuple[Example, ...]:
    """Where rows have no number, as on a cluster: by key, and none without one."""
    if issue.concerned is None or key is None:
        return ()
    narrow = table.expr.select(*_needed(issue, table, key))
    return _examples(issue, table, issue.concerned(narrow).order_by(key).limit(EXAMPLES), key)


def _examples(issue: Issue, table: Table, found: Any, key: str | None) -> tuple[Example, ...]:
    wanted = [n for n in ("sextant_row", key, issue.column) if n and n in found.columns]
    return tuple(
        Example(
            row.get("sextant_row"),
            None if key is None else _short(row[key]),
            _short(row[issue.column]) if issue.column in wanted else None,
        )
        for row in table.fetch(found.select(*dict.fromkeys(wanted)))
    )


def _short(value: Any) -> str | None:
    if value is None:
        return None
    text = str(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def numbered(table: Table) -> Table:
    """The table with its rows' numbers, in the order of the file."""
    import ibis

    return Table(table.name, table.expr.mutate(sextant_row=ibis.row_number() + 1), table.engine)


def where(test: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The rows on which a test of a table is true."""
    return lambda rows: rows.filter(test(rows))


def among(column: str, values: Sequence[Any]) -> Callable[[Any], Any]:
    """The rows whose value is one of these."""
    listed = list(values)
    return lambda rows: rows.filter(rows[column].isin(listed))
