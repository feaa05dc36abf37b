"""The steps of a recipe that leave rows out, add some, or mark them."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from sextant.data.steps import Column, Context, Step, changed_by, looked_up
from sextant.errors import InvalidInput
from sextant.tables import Condition, present


class Remove(Step):
    """Leave rows or columns out."""

    drops: ClassVar[bool] = True
    step: Literal["remove"]
    columns: tuple[Column, ...] = Field(default=(), description="Columns to leave out.")
    missing: tuple[Column, ...] = Field(
        default=(), description="Leave out rows without a value in one of these."
    )
    where: dict[Column, Condition] = Field(default_factory=dict, description="Leave out rows with this.")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not (self.columns or self.missing or self.where):
            raise ValueError("say what is left out: columns, missing or where")
        return self

    def said(self) -> str:
        parts = [f"columns {', '.join(self.columns)}"] if self.columns else []
        parts += [f"rows without {' or '.join(self.missing)}"] if self.missing else []
        parts += [f"rows where {' and '.join(self.where)} is as said"] if self.where else []
        return f"Leave out {'; '.join(parts)}"

    def take(self, at: Context) -> tuple[Any, dict[str, Any]]:
        rows = at.rows
        for name in self.missing:
            rows = rows.filter(~at.missing(name))
        if self.where:
            gone = at.table.where(self.where).expr.select(at.row)
            rows = rows.anti_join(gone, at.row)
        for name in self.columns:
            at.column(name)
        return rows.drop(*self.columns) if self.columns else rows, {}


class Flag(Step):
    """Add a yes/no column that says which rows are as described, and change nothing else."""

    step: Literal["flag"]
    where: dict[Column, Condition] = Field(min_length=1, description="Which rows: yes where this holds.")
    into: Column = Field(description="The name of the new column.")

    def said(self) -> str:
        return f"Flag rows by {' and '.join(self.where)} in the new column {self.into}"

    def take(self, at: Context) -> tuple[Any, dict[str, Any]]:
        if self.into in at.table.columns:
            raise InvalidInput(
                f"there is a column {self.into} already",
                where=at.table.name,
                todo="choose another name in `into`",
            )
        marked = at.table.where(self.where).expr.select(at.row).mutate(sextant_hit=True)
        joined = at.rows.left_join(marked, at.row)
        joined = joined.drop(*[c for c in joined.columns if c.endswith("_right")])
        new = joined.sextant_hit.fill_null(False)
        rows = joined.mutate(**{self.into: new}).drop("sextant_hit")
        return rows, {}


class Deduplicate(Step):
    """Keep one of several rows that are the same."""

    drops: ClassVar[bool] = True
    step: Literal["deduplicate"]
    by: tuple[Column, ...] = Field(
        default=(), description="Rows with the same values in these are the same; left out: in all."
    )
    keep: Literal["first", "last"] = Field(
        default="first", description="Which of them stays, in the order of the file."
    )
    near: Column | None = Field(
        default=None, description="A column of text: rows whose texts are nearly the same are the same."
    )
    similarity: float = Field(
        default=0.8, gt=0, le=1, description="Of `near`: the share of word triples in common."
    )

    def said(self) -> str:
        if self.near:
            return f"Keep the {self.keep} of rows whose {self.near} is nearly the same"
        return f"Keep the {self.keep} of rows that are the same" + (
            f" in {', '.join(self.by)}" if self.by and len(self.by) <= 5 else ""
        )

    def take(self, at: Context) -> tuple[Any, dict[str, Any]]:
        import ibis

        if self.near:
            return at.rows.anti_join(self._again(at), at.row), {}
        by = list(self.by) or [c for c in at.table.columns if c != at.row]
        for name in by:
            at.column(name)
        order = at.rows[at.row] if self.keep == "first" else at.rows[at.row].desc()
        place = ibis.row_number().over(group_by=by, order_by=order)
        rows = at.rows.mutate(sextant_nth=place)
        return rows.filter(rows.sextant_nth == 0).drop("sextant_nth"), {}

    def _again(self, at: Context) -> Any:
        """The numbers of the rows that are left out."""
        import ibis
        import pyarrow as pa

        from sextant.data.near import near_duplicates

        column = at.column(str(self.near))
        kept = (
            at.rows.select(row=at.rows[at.row], text=column).filter(lambda t: present(t.text)).order_by("row")
        )
        found = at.table.engine.to_pyarrow(kept)
        groups = near_duplicates(found["text"], similarity=self.similarity).groups
        gone = [i for group in groups for i in (group[1:] if self.keep == "first" else group[:-1])]
        numbers = found["row"].take(pa.array(gone, pa.int64())).combine_chunks()
        return ibis.memtable(pa.table({at.row: numbers}))


class Rebalance(Step):
    """Bring classes nearer to each other: by rows left out, rows repeated, or weights."""

    learns: ClassVar[bool] = True
    drops: ClassVar[bool] = True
    step: Literal["rebalance"]
    column: Column = Field(description="The column of classes.")
    way: Literal["weights", "undersample", "oversample"] = Field(
        default="weights",
        description="A column of weights; rows of frequent classes left out; or of rare ones repeated.",
    )
    most: float = Field(
        default=1, ge=1, description="How many times the rarest class the most frequent may be afterwards."
    )
    seed: int = Field(default=0, ge=0, description="Which rows are taken, by chance.")
    into: Column = Field(default="weight", description="The name of the column of weights.")

    def said(self) -> str:
        how = {
            "weights": f"by weights in {self.into}",
            "undersample": "by leaving out rows",
            "oversample": "by repeating rows",
        }
        return f"Balance the classes of {self.column} {how[self.way]}"

    def learn(self, at: Context) -> dict[str, Any]:
        column = at.column(self.column).cast("string")
        counted = at.rows.select(name=column).group_by("name").aggregate(n=lambda t: t.count())
        found = at.table.fetch(counted.filter(counted.name.notnull()).order_by("name").limit(1001))
        if not 2 <= len(found) <= 1000:
            raise InvalidInput(
                f"{self.column} has {'over 1,000' if len(found) > 1000 else len(found)} classes",
                where=at.table.name,
                rule="between 2 and 1,000 classes are balanced",
            )
        counts = {r["name"]: r["n"] for r in found}
        least, most, total = min(counts.values()), max(counts.values()), sum(counts.values())
        if self.way == "weights":
            return {"weights": {c: total / (len(counts) * n) for c, n in counts.items()}}
        if self.way == "undersample":
            return {"share": {c: min(1.0, self.most * least / n) for c, n in counts.items()}}
        return {"times": {c: max(1.0, most / self.most / n) for c, n in counts.items()}}

    def take(self, at: Context) -> tuple[Any, dict[str, Any]]:
        import ibis

        fitted, name = self.fitted or {}, at.column(self.column).cast("string")
        if "weights" in fitted:
            return changed_by(at, {self.into: looked_up(name, fitted["weights"], ibis.literal(1.0))})
        by = at.rows.mutate(sextant_class=name, sextant_chance=_chance(at.rows[at.row], self.seed))
        # The rows of a class in a random order that its seed settles; so many of them are taken.
        window = ibis.window(group_by="sextant_class", order_by="sextant_chance")
        by = by.mutate(
            sextant_place=ibis.row_number().over(window),
            sextant_all=by.count().over(group_by="sextant_class"),
        )
        wanted = (
            looked_up(by.sextant_class, fitted.get("share") or fitted["times"], ibis.literal(1.0))
            * by.sextant_all
        )
        own = ["sextant_class", "sextant_chance", "sextant_place", "sextant_all"]
        if "share" in fitted:
            return by.filter(by.sextant_place < wanted.round()).drop(*own), {}
        times = (wanted.round() - by.sextant_place - 1).floordiv(by.sextant_all) + 1
        repeated = by.mutate(sextant_again=ibis.range(0, times.cast("int64")).unnest())
        return repeated.drop(*own, "sextant_again"), {}


def _chance(row: Any, seed: int) -> Any:
    """A number that looks random, from a row's number and a seed; the same on every engine (Knuth's multiplicative
    hash, twice, modulo a prime)."""
    prime = 2_147_483_647
    once = ((row.cast("int64") + 1) * 48_271 + (seed + 1) * 69_621) % prime
    return (once * 39_373 + 1) % prime * 16_807 % prime
