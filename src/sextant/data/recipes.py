"""Fixes of a table as a recipe: a list of steps, tried before it is used, and used again on next week's rows.

A recipe never changes its source: it gives a new table. What a step learns from the rows (the median that fills a
gap, the bounds that cap, the value that others agree on, the weight of a class) is kept in the recipe as `fitted`, and
a fitted recipe uses those numbers again, on whatever rows: the test data and next week's are treated as the training
data was. `fit` learns them, `apply` uses them.

| step | learns |
|---|---|
| impute | the mean, median or most frequent value, of all or by group |
| cap | the bounds, where quantiles are asked for |
| agree | for each value of the columns that settle it, the value that most rows have |
| rebalance | how many rows of each class are kept or repeated, or the weight of each |
| remove, flag, blank, standardize, map, split, deduplicate | nothing |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from sextant.canonical import Frozen
from sextant.data.row_steps import Deduplicate, Flag, Rebalance, Remove
from sextant.data.steps import Agree, Blank, Cap, Context, Impute, Map, Split, Standardize, Step
from sextant.errors import Conflict, InvalidInput
from sextant.reports import first_fault
from sextant.tables import Table, files_of
from sextant.tables import write as written

#: The rows' numbers, while steps are taken.
ROW = "sextant_row"

AnyStep = Annotated[
    Impute | Remove | Flag | Cap | Blank | Standardize | Map | Split | Agree | Deduplicate | Rebalance,
    Field(discriminator="step"),
]


class FittedOn(Frozen):
    """The table that a recipe learned its numbers from."""

    table: str
    rows: int
    at: datetime | None = None


class Recipe(Frozen):
    """Steps that are taken one after the other; each sees what those before it left."""

    version: int = Field(default=1, ge=1, le=1, description="The version of the format.")
    about: str = Field(default="", max_length=2000, description="What it is for.")
    steps: tuple[AnyStep, ...] = Field(min_length=1, description="What is done, in this order.")
    fitted_on: FittedOn | None = Field(default=None, description="Where `fitted` numbers come from.")

    @property
    def fitted(self) -> bool:
        """Whether every step that learns something has learned it."""
        return all(not s.learns or s.fitted is not None for s in self.steps)


@dataclass(frozen=True, slots=True)
class Change:
    """What one step did: rows before and after, and how many cells of which column it changed."""

    step: Step
    rows_before: int
    rows_after: int
    cells: Mapping[str, int]
    examples: tuple[tuple[str, Any, Any], ...] = ()

    @property
    def said(self) -> str:
        """The step in one line."""
        return self.step.said()


@dataclass(frozen=True, slots=True)
class Side:
    """A column before or after: rows without a value, different values, and of numbers the mean."""

    missing: int
    distinct: int
    mean: float | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a recipe would do: each step, and each column that it touches before and after (None: it is not there)."""

    changes: tuple[Change, ...]
    rows_before: int
    rows_after: int
    columns: Mapping[str, tuple[Side | None, Side | None]]
    recipe: Recipe


def read_recipe(data: Any, *, where: str = "recipe") -> Recipe:
    """Plain values (as from YAML) as a recipe, or an error that names the step and what is wrong with it."""
    try:
        found: Recipe = TypeAdapter(Recipe).validate_python(data)
    except ValidationError as error:
        raise InvalidInput(
            first_fault(error), where=where, todo="see `docs/how-to/clean-data.md` for the steps"
        ) from error
    return found


def fit(recipe: Recipe, table: Table, *, now: datetime | None = None) -> Recipe:
    """The recipe with what its steps learn from this table. Steps that are fitted already stay as they are.

    >>> import pyarrow as pa
    >>> from sextant.tables import table
    >>> recipe = read_recipe({"steps": [{"step": "impute", "column": "age", "with": "median"}]})
    >>> fit(recipe, table(pa.table({"age": [20, None, 40]}))).steps[0].fitted
    {'value': 30.0}
    """
    return _run(recipe, table, look=False, now=now)[1]


def apply(recipe: Recipe, table: Table, *, now: datetime | None = None) -> tuple[Table, Recipe]:
    """The mended table, and the fitted recipe that gives it again. The table that was given stays as it is; the new
    one is an expression over it, in its order, to be written or committed.

    >>> import pyarrow as pa
    >>> from sextant.tables import table
    >>> recipe = read_recipe({"steps": [{"step": "impute", "column": "age", "with": "median"}]})
    >>> old = table(pa.table({"age": [20, None, 40]}), name="old")
    >>> mended, fitted = apply(recipe, old)
    >>> [r["age"] for r in mended.fetch(mended.expr)]
    [20.0, 30.0, 40.0]
    >>> again, _ = apply(fitted, table(pa.table({"age": [90, None]}), name="next week"))
    >>> [r["age"] for r in again.fetch(again.expr)]
    [90.0, 30.0]
    """
    made, fitted, _ = _run(recipe, table, look=False, now=now)
    return made, fitted


def preview(recipe: Recipe, table: Table, *, now: datetime | None = None) -> Preview:
    """What a recipe would do to a table, counted on all its rows, with nothing written."""
    made, fitted, changes = _run(recipe, table, look=True, now=now)
    touched = dict.fromkeys(c for change in changes for c in change.cells)
    touched |= dict.fromkeys(
        c for c in (*table.columns, *made.columns) if (c in table.columns) != (c in made.columns)
    )
    before, after = _sides(table, touched), _sides(made, touched)
    columns = {c: (before.get(c), after.get(c)) for c in touched}
    return Preview(tuple(changes), table.count(), made.count(), columns, fitted)


def _run(
    recipe: Recipe, table: Table, *, look: bool, now: datetime | None
) -> tuple[Table, Recipe, list[Change]]:
    import ibis

    order = (
        ibis.row_number()
        if table.engine.name == "duckdb"
        else ibis.row_number().over(order_by=table.columns[0])
    )
    rows = table.expr.mutate(**{ROW: order})
    given = table.count()
    steps, changes, count = [], [], given
    for number, step in enumerate(recipe.steps, 1):
        now_ = Table(f"{table.name}, step {number} ({step.step})", rows, table.engine)
        context = Context(now_, ROW)
        if step.learns and step.fitted is None:
            step = step.model_copy(update={"fitted": step.learn(context)})
        left, changed = step.take(context)
        steps.append(step)
        if look:
            left_count = table.count(left) if step.drops else count
            changes.append(_change(step, context, changed, count, left_count))
            count = left_count
        rows = left
    made = Table(f"{table.name}, mended", rows.order_by(ROW).drop(ROW), table.engine)
    about = recipe.fitted_on if recipe.fitted else FittedOn(table=table.name, rows=given, at=now)
    return made, recipe.model_copy(update={"steps": tuple(steps), "fitted_on": about}), changes


def _change(step: Step, context: Context, changed: Mapping[str, Any], before: int, after: int) -> Change:
    """How many cells a step changes, and the first of them."""
    cells: dict[str, int] = {}
    examples: list[tuple[str, Any, Any]] = []
    for column, new in changed.items():
        rows = context.rows
        if column in context.table.columns:
            both = rows.select(ROW, old=rows[column].cast("string"), new=new.cast("string"))
        else:
            both = rows.select(ROW, new=new.cast("string")).mutate(old=None)
            both = both.mutate(old=both.old.cast("string"))
        different = both.filter(~both.old.identical_to(both.new))
        cells[column] = context.table.count(different)
        first = context.table.fetch(different.order_by(ROW).limit(3))
        examples += [(column, r["old"], r["new"]) for r in first]
    return Change(step, before, after, cells, tuple(examples))


def _sides(table: Table, columns: Mapping[str, Any] | Sequence[str]) -> dict[str, Side]:
    from sextant.tables import present

    here = [c for c in columns if c in table.columns]
    if not here:
        return {}
    asked: dict[str, Any] = {}
    for i, name in enumerate(here):
        column = table.expr[name]
        asked[f"m{i}"] = (~present(column)).cast("int8").sum()
        asked[f"d{i}"] = column.cast("string").nunique()
        if column.type().is_numeric():
            asked[f"a{i}"] = column.cast("float64").mean(where=present(column))
    row = table.fetch(table.expr.aggregate(**asked))[0]
    return {c: Side(row[f"m{i}"] or 0, row[f"d{i}"], row.get(f"a{i}")) for i, c in enumerate(here)}


# --- files


def write(table: Table, target: Path, source: str | Path | None = None) -> None:
    """Write a table to a new file (`sextant.tables.write`), never over (a part of) its source: that is a `Conflict`."""
    target = Path(target)
    if source is not None and _is_source(target, source):
        raise Conflict(
            "the recipe would change its own source", where=str(target), rule="a recipe never changes the table it reads",
            todo="name another file after -o",
        )  # fmt: skip
    written(table, target)


def _is_source(target: Path, source: str | Path) -> bool:
    place = target.resolve()
    if Path(source).is_dir():
        return place.is_relative_to(Path(source).resolve())
    return any(place == f.resolve() for f in files_of(source))


def plain(recipe: Recipe) -> dict[str, Any]:
    """A recipe as plain values, what is not set left out."""
    body = recipe.model_dump(mode="json", exclude_defaults=True, by_alias=True)
    steps = [{"step": s.step, **d} for s, d in zip(recipe.steps, body["steps"], strict=True)]
    return {
        "version": recipe.version,
        **{k: v for k, v in body.items() if k not in ("version", "steps")},
        "steps": steps,
    }


def draft(mends: Iterable[Mapping[str, Any]], about: str = "") -> Recipe:
    """A recipe out of what findings suggest, as a start: read it, change it, try it.

    In an order that makes sense: first what is written wrong, then what is missing or far out, then rows and columns.
    """
    order = (
        "standardize",
        "split",
        "map",
        "agree",
        "blank",
        "deduplicate",
        "cap",
        "impute",
        "flag",
        "remove",
        "rebalance",
    )
    found = [dict(m) for m in mends]
    unique = [m for i, m in enumerate(found) if m not in found[:i]]
    gone = {c for m in unique for c in m.get("columns", ()) if m["step"] == "remove"}
    numbers = {m["column"] for m in unique if m["step"] == "standardize" and m.get("number")}
    steps = []
    for m in unique:
        column = m.get("column")
        if m["step"] != "remove" and column in gone:
            continue
        if column in numbers and m["step"] == "blank":
            continue  # what is no number becomes missing anyway
        if column in numbers and m["step"] == "impute":
            m = {**m, "with": "median"}
        steps.append(m)
    if not steps:
        raise InvalidInput(
            "nothing that was found can be mended by a recipe", todo="look at the findings one by one"
        )
    steps.sort(key=lambda m: order.index(m["step"]))
    return read_recipe({"about": about, "steps": steps})
