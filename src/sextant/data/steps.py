"""The steps of a recipe that change values: what each asks for, what it learns, and what it does to the rows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from sextant.canonical import Frozen
from sextant.data.quality.looks import endless, is_disguise
from sextant.errors import InvalidInput
from sextant.phrases import number
from sextant.tables import Scalar, Table, present

Column = Annotated[str, StringConstraints(min_length=1, max_length=200)]
#: So many groups, or values that others agree on, fit into a recipe.
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Context:
    """The rows as the steps before left them, with their numbers in the column `row`."""

    table: Table
    row: str

    @property
    def rows(self) -> Any:
        return self.table.expr

    def column(self, name: str) -> Any:
        if name == self.row or name not in self.table.columns:
            # The error that names the columns, without our own.
            replace(self.table, expr=self.rows.drop(self.row)).column(name)
        return self.table.expr[name]

    def missing(self, name: str) -> Any:
        """Whether a row has no value in a column, or a word for that."""
        column = self.column(name)
        return ~present(column) | is_disguise(column) if column.type().is_string() else ~present(column)


class Step(Frozen):
    """What every step has."""

    #: Whether it learns something from the rows, and whether it may leave rows out or add some.
    learns: ClassVar[bool] = False
    drops: ClassVar[bool] = False

    step: str
    fitted: dict[str, Any] | None = Field(default=None, description="What it learned; written by Sextant.")

    def said(self) -> str:
        """The step in one line."""
        raise NotImplementedError

    def learn(self, at: Context) -> dict[str, Any]:
        """What it learns from these rows."""
        raise NotImplementedError

    def take(self, at: Context) -> tuple[Any, dict[str, Any]]:
        """The rows afterwards, and the new value of each column that it changes."""
        raise NotImplementedError

    def numbers(self, at: Context, name: str) -> Any:
        column = at.column(name)
        if not column.type().is_numeric():
            raise InvalidInput(
                f"column {name} holds no numbers", where=at.table.name, rule=f"{self.step} needs numbers here",
                todo="standardize the column with `number: true` first, if it is numbers written as text",
            )  # fmt: skip
        return column


def changed_by(at: Context, new: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    return at.rows.mutate(**new), new


class Impute(Step):
    """Fill in what is missing."""

    learns: ClassVar[bool] = True
    step: Literal["impute"]
    column: Column = Field(description="The column with gaps.")
    with_: Literal["mean", "median", "most_frequent", "value"] = Field(
        alias="with", description="What is filled in."
    )
    value: Scalar | None = Field(default=None, description="The value, if `with` is value.")
    by: Column | None = Field(
        default=None, description="Learn it by group of this column; a new group gets that of all."
    )
    flag: bool = Field(default=False, description="Add a column that says where it was missing.")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.with_ == "value") != (self.value is not None):
            raise ValueError("`value` goes with `with: value`, and that with `value`")
        return self

    def said(self) -> str:
        what = f"the value {self.value}" if self.with_ == "value" else f"the {self.with_.replace('_', ' ')}"
        return f"Fill gaps in {self.column} with {what}" + (f" of its {self.by}" if self.by else "")

    def learn(self, at: Context) -> dict[str, Any]:
        if self.with_ == "value":
            return {"value": self.value}
        column = at.column(self.column) if self.with_ == "most_frequent" else self.numbers(at, self.column)
        kept = at.rows.select(
            value=column, gap=at.missing(self.column), **({"by": at.column(self.by)} if self.by else {})
        )
        kept = kept.filter(~kept.gap)
        if self.with_ == "most_frequent":
            found = _most_frequent(at, kept, [])
        else:
            found = at.table.fetch(kept.aggregate(value=_middle(kept.value, self.with_)))
        if not found or found[0]["value"] is None:
            raise InvalidInput(f"column {self.column} has no value to learn from", where=at.table.name)
        learned: dict[str, Any] = {"value": found[0]["value"]}
        if self.by:
            if self.with_ == "most_frequent":
                groups = _most_frequent(at, kept, ["by"])
            else:
                groups = at.table.fetch(
                    kept.group_by("by").aggregate(value=_middle(kept.value, self.with_)).limit(_MOST + 1)
                )
            if len(groups) > _MOST:
                raise InvalidInput(
                    f"{self.by} has more than {_MOST} groups",
                    where=at.table.name,
                    todo="group by another column",
                )
            learned["by"] = {str(g["by"]): g["value"] for g in groups if g["by"] is not None}
        return learned

    def take(self, at: Context) -> tuple[Any, dict[str, Any]]:
        import ibis

        fitted, column = self.fitted or {}, at.column(self.column)
        whole = column.type().is_integer() and any(
            _fraction(v) for v in (fitted["value"], *fitted.get("by", {}).values())
        )
        column = column.cast("float64") if whole else column
        fill: Any = ibis.literal(fitted["value"])
        if self.by:
            groups = fitted.get("by", {})
            fill = looked_up(at.column(self.by).cast("string"), groups, fill)
        new = {self.column: ibis.ifelse(at.missing(self.column), fill, column)}
        if self.flag:
            new[f"{self.column}_was_missing"] = at.missing(self.column)
        return changed_by(at, new)


class Cap(Step):
    """Bring numbers beyond a bound back to it."""

    learns: ClassVar[bool] = True
    step: Literal["cap"]
    column: Column = Field(description="The column of numbers.")
    low: float | None = Field(default=None, description="The least value.")
    high: float | None = Field(default=None, description="The greatest value.")
    quantiles: tuple[float, float] | None = Field(
        default=None, description="Learn the bounds as quantiles, such as [0.01, 0.99]."
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.quantiles is None) == (self.low is None and self.high is None):
            raise ValueError("give `quantiles`, or `low` or `high` or both")
        if self.quantiles is not None and not 0 <= self.quantiles[0] < self.quantiles[1] <= 1:
            raise ValueError("quantiles are two shares, the lower first")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError("`low` is below `high`")
        return self

    def said(self) -> str:
        if self.quantiles:
            return f"Cap {self.column} at its quantiles {self.quantiles[0]:g} and {self.quantiles[1]:g}"
        ends = [f"below {number(self.low)}"] * (self.low is not None) + [
            f"above {number(self.high or 0)}"
        ] * (self.high is not None)
        return f"Cap {self.column} {' and '.join(ends)}"

    def learn(self, at: Context) -> dict[str, Any]:
        if self.quantiles is None:
            return {k: v for k, v in (("low", self.low), ("high", self.high)) if v is not None}
        column = self.numbers(at, self.column)
        value = column.cast("float64").quantile(list(self.quantiles), where=present(column))
        found = at.table.fetch(at.rows.aggregate(ends=value))[0]["ends"]
        if not found or found[0] is None:
            raise InvalidInput(f"column {self.column} has no value to learn from", where=at.table.name)
        return {"low": found[0], "high": found[1]}

    def take(self, at: Context) -> tuple[Any, dict[str, Any]]:
        import ibis

        fitted, column = self.fitted or {}, self.numbers(at, self.column)
        whole = column.type().is_integer() and any(_fraction(v) for v in fitted.values())
        capped = column.cast("float64") if whole else column
        there = present(column)
        if "low" in fitted:
            capped = ibis.ifelse(
                there & (column < fitted["low"]), ibis.literal(fitted["low"]).cast(capped.type()), capped
            )
        if "high" in fitted:
            capped = ibis.ifelse(
                there & (column > fitted["high"]), ibis.literal(fitted["high"]).cast(capped.type()), capped
            )
        return changed_by(at, {self.column: capped})


class Blank(Step):
    """Write as missing what is no value: words and numbers that stand for none, or infinite numbers."""

    step: Literal["blank"]
    column: Column = Field(description="The column.")
    values: tuple[Scalar, ...] = Field(default=(), description="These values.")
    disguised: bool = Field(default=False, description="n/a, unknown, blank and the like.")
    infinite: bool = Field(default=False, description="Numbers without end.")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not (self.values or self.disguised or self.infinite):
            raise ValueError("say what is no value: values, disguised or infinite")
        return self

    def said(self) -> str:
        parts = (
            [f"{len(self.values)} values"] * bool(self.values)
            + ["words for none"] * self.disguised
            + ["infinite numbers"] * self.infinite
        )
        return f"Write {' and '.join(parts)} in {self.column} as missing"

    def take(self, at: Context) -> tuple[Any, dict[str, Any]]:
        import ibis

        column = at.column(self.column)
        gone = ~present(column)
        if self.values:
            text = column.cast("string").isin([str(v) for v in self.values])
            gone = gone | (
                text
                if not column.type().is_numeric()
                else column.isin([v for v in self.values if not isinstance(v, str)])
            )
        if self.disguised and column.type().is_string():
            gone = gone | is_disguise(column)
        if self.infinite and column.type().is_floating():
            gone = gone | endless(column)
        return changed_by(
            at, {self.column: ibis.ifelse(gone.fill_null(False), ibis.null(column.type()), column)}
        )


class Standardize(Step):
    """Write values in one way."""

    step: Literal["standardize"]
    column: Column = Field(description="The column of text.")
    trim: bool = Field(
        default=False, description="Cut white space at the ends, make doubled and unseen spaces one."
    )
    case: Literal["lower", "upper"] | None = Field(
        default=None, description="All small letters, or all capitals."
    )
    number: bool = Field(default=False, description="Keep the number alone, as a number.")
    units: dict[str, float] = Field(
        default_factory=dict, description="What a unit is multiplied by, such as {kg: 1000, g: 1}."
    )
    date: tuple[str, ...] = Field(
        default=(), description="Ways in which dates are written, such as '%d/%m/%Y'; tried in this order."
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not (self.trim or self.case or self.number or self.date):
            raise ValueError("say how it is written: trim, case, number or date")
        if self.number and self.date:
            raise ValueError("a column becomes numbers or dates, not both")
        if self.units and not self.number:
            raise ValueError("`units` goes with `number: true`")
        return self

    def said(self) -> str:
        parts = ["without needless spaces"] * self.trim + [f"in {self.case} case"] * bool(self.case)
        parts += ["as numbers"] * self.number + ["as dates"] * bool(self.date)
        return f"Write {self.column} {', '.join(parts)}"

    def take(self, at: Context) -> tuple[Any, dict[str, Any]]:
        import ibis

        column = at.column(self.column)
        if not column.type().is_string():
            if self.number and column.type().is_numeric():
                return changed_by(at, {self.column: column})
            raise InvalidInput(
                f"column {self.column} holds no text", where=at.table.name, rule="text is written in one way"
            )
        text = column
        if self.trim:
            text = text.re_replace("[\u00a0\u200b\u200c\u200d\u2060\ufeff\t\n\r ]+", " ").strip()
        if self.case:
            text = text.lower() if self.case == "lower" else text.upper()
        if self.number:
            digits = text.re_extract(r"([+-]?[0-9][0-9,']*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)", 1)
            value = ibis.ifelse(digits == "", ibis.null("string"), digits.re_replace("[,']", "")).try_cast(
                "float64"
            )
            if self.units:
                beside = text.lower().re_replace("[0-9.,' +-]+", "").strip()
                value = value * looked_up(
                    beside, {k.lower(): v for k, v in self.units.items()}, ibis.literal(1.0)
                )
            text = value
        if self.date:
            tried = [text.try_cast("timestamp") if f == "iso" else _day(text, f) for f in self.date]
            text = ibis.coalesce(*tried)
        return changed_by(at, {self.column: text})


class Map(Step):
    """Write some values as others."""

    step: Literal["map"]
    column: Column = Field(description="The column.")
    values: dict[str, Scalar | None] = Field(min_length=1, description="What stands there, and what should.")

    def said(self) -> str:
        return f"Write {len(self.values)} values of {self.column} as others"

    def take(self, at: Context) -> tuple[Any, dict[str, Any]]:
        column = at.column(self.column)
        return changed_by(
            at, {self.column: looked_up(column.cast("string"), self.values, column).cast(column.type())}
        )


class Split(Step):
    """Move the last word of one column into another that is empty there: "Ulm BW"."""

    step: Literal["split"]
    column: Column = Field(description="The column that has both.")
    into: Column = Field(
        description="The column that is empty there; only words that it has elsewhere are moved."
    )

    def said(self) -> str:
        return f"Move the last word of {self.column} to {self.into}, where that is empty"

    def take(self, at: Context) -> tuple[Any, dict[str, Any]]:
        import ibis

        full, empty = at.column(self.column), at.column(self.into)
        if not (full.type().is_string() and empty.type().is_string()):
            raise InvalidInput(
                "both columns hold text", where=at.table.name, rule="words are moved between columns of text"
            )
        kept = at.rows.filter(~at.missing(self.into))
        known = at.table.fetch(kept.select(v=kept[self.into]).distinct().limit(_MOST))
        last = full.strip().re_extract(r"\s(\S+)$", 1)
        moved = at.missing(self.into) & last.isin([r["v"] for r in known]).fill_null(False)
        shorter = full.strip().re_replace(r"\s+\S+$", "")
        return changed_by(
            at, {self.column: ibis.ifelse(moved, shorter, full), self.into: ibis.ifelse(moved, last, empty)}
        )


class Agree(Step):
    """Write what other rows say that agree in another column: the same clinic has one city."""

    learns: ClassVar[bool] = True
    step: Literal["agree"]
    column: Column = Field(description="The column that is mended.")
    by: tuple[tuple[Column, ...], ...] = Field(
        min_length=1, description="The columns that settle it, each one or two together."
    )

    def said(self) -> str:
        return f"Write in {self.column} what most rows with the same {' or '.join(' and '.join(b) for b in self.by)} say"

    def learn(self, at: Context) -> dict[str, Any]:
        learned = []
        for of in self.by:
            kept = at.rows.select(key=_key(at, of), to=at.column(self.column), gap=at.missing(self.column))
            kept = kept.filter(~kept.gap & kept.key.notnull())
            pairs = kept.group_by("key", "to").aggregate(n=kept.count())
            groups = pairs.group_by("key").aggregate(
                best=pairs.to.argmax(pairs.n), total=pairs.n.sum(), top=pairs.n.max()
            )
            clear = groups.filter((groups.total >= 3) & (groups.top * 3 >= groups.total * 2))
            found = at.table.fetch(clear.select("key", "best").limit(_MOST + 1))
            if len(found) > _MOST:
                raise InvalidInput(
                    f"{' and '.join(of)} has more than {_MOST} values",
                    where=at.table.name,
                    todo="settle by another column",
                )
            learned.append({r["key"]: r["best"] for r in found})
        return {"says": learned}

    def take(self, at: Context) -> tuple[Any, dict[str, Any]]:
        import ibis

        column = at.column(self.column)
        says = [
            looked_up(_key(at, of), said, ibis.null(column.type())).cast(column.type())
            for of, said in zip(self.by, (self.fitted or {})["says"], strict=True)
        ]
        against = sum(
            (s != column).fill_null(False).cast("int8") - (s == column).fill_null(False).cast("int8")
            for s in says
        )
        # The first that denies it: they are ordered with the surest first.
        other = ibis.coalesce(
            *[ibis.ifelse((s != column).fill_null(False), s, ibis.null(column.type())) for s in says]
        )
        wrong = (against > 0) & ~at.missing(self.column)
        return changed_by(at, {self.column: ibis.ifelse(wrong, other, column)})


# --- pieces


def _middle(value: Any, how: str) -> Any:
    return value.cast("float64").mean() if how == "mean" else value.cast("float64").quantile(0.5)


def _most_frequent(at: Context, kept: Any, by: list[str]) -> list[dict[str, Any]]:
    """The most frequent value; of equally frequent ones the smallest."""
    counted = kept.group_by(*by, "value").aggregate(n=kept.count())
    import ibis

    place = ibis.row_number().over(group_by=by or None, order_by=[counted.n.desc(), counted.value])
    first = counted.mutate(place=place).filter(lambda t: t.place == 0)
    return at.table.fetch(first.limit(_MOST + 1))


def _fraction(value: Any) -> bool:
    return isinstance(value, float) and not value.is_integer()


def looked_up(column: Any, values: Mapping[str, Any], otherwise: Any) -> Any:
    """What a mapping gives for a value, else something else."""
    if not values:
        return otherwise
    return column.cases(*values.items(), else_=otherwise)


def _day(text: Any, form: str) -> Any:
    """The text as a date, written so; null where it is not."""
    import ibis

    parts = {"%d": r"(\d{1,2})", "%m": r"(\d{1,2})", "%Y": r"(\d{4})"}
    order = [form[i : i + 2] for i in range(len(form) - 1) if form[i : i + 2] in parts]
    if sorted(order) != ["%Y", "%d", "%m"]:
        raise InvalidInput(
            f"{form!r} is no way to write a date",
            rule="it has %d, %m and %Y once each, such as %d/%m/%Y, or is iso",
        )
    pattern = "^\\s*" + re.escape(form) + "\\s*$"
    for code, group in parts.items():
        pattern = pattern.replace(re.escape(code), group)
    place = {code: i + 1 for i, code in enumerate(order)}
    year, month, day = (text.re_extract(pattern, place[c]) for c in ("%Y", "%m", "%d"))
    written = year + "-" + month.lpad(2, "0") + "-" + day.lpad(2, "0")
    return ibis.ifelse(text.re_search(pattern), written, ibis.null("string")).try_cast("timestamp")


def _key(at: Context, of: tuple[str, ...]) -> Any:
    """One text for the values of one or two columns; null where one is missing."""
    joined = at.column(of[0]).cast("string")
    for other in of[1:]:
        joined = joined + "\u001f" + at.column(other).cast("string")
    return joined
