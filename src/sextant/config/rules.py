"""Rules that a table must keep, as `sextant.yaml` and a file of rules write them down."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from sextant.canonical import Frozen
from sextant.criteria import MAX_DAYS, Key
from sextant.tables import Scalar

Column = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Kind = Literal["number", "text", "date", "yes_no", "nested"]

_RELATION = re.compile(r"\s*(?P<left>.+?)\s*(?P<sign><=|>=|<|>|!=|==?)\s*(?P<right>.+?)\s*\Z")


class QualityRule(Frozen):
    """What every row of a table must keep; a row without a value breaks only `required`."""

    name: Key | None = Field(
        default=None, description="What findings call it. Left out: the column and what is asked."
    )
    column: Column | None = Field(default=None, description="The column that the rule is about.")
    required: bool = Field(
        default=False, description="Whether every row has a value (n/a and blank are none)."
    )
    at_least: float | datetime | date | None = Field(default=None, description="This or more.")
    at_most: float | datetime | date | None = Field(default=None, description="This or less.")
    one_of: tuple[Scalar, ...] = Field(default=(), description="The only values that may occur.")
    matches: str | None = Field(
        default=None, max_length=1000, description="A regular expression that the whole value matches."
    )
    holds: Kind | None = Field(default=None, description="What kind of values the column holds.")
    fresh_within_days: float | None = Field(
        default=None, gt=0, le=MAX_DAYS, description="The newest value is at most so many days old."
    )
    unique: tuple[Column, ...] = Field(
        default=(), description="Columns that together have different values in every row."
    )
    relation: str | None = Field(
        default=None, max_length=500, description="Two columns compared, such as: ended >= started"
    )
    columns: tuple[Column, ...] = Field(
        default=(), description="The only columns that the table has, in any order."
    )
    allow: float = Field(default=0, ge=0, lt=1, description="The share of rows that may break it.")
    severity: Literal["low", "medium", "high", "critical"] = Field(
        default="high", description="How grave it is if the rule is broken."
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        of_column = [self.required, self.at_least is not None, self.at_most is not None, bool(self.one_of)]
        of_column += [self.matches is not None, self.holds is not None, self.fresh_within_days is not None]
        whole = [bool(self.unique), self.relation is not None, bool(self.columns)]
        if any(of_column) != (self.column is not None):
            raise ValueError(
                "`column` says which column the rule is about"
                if self.column is None
                else "a rule on a column asks required, at_least, at_most, one_of, matches, holds or fresh_within_days"
            )
        if sum(whole) + (self.column is not None) != 1:
            raise ValueError("a rule is about one thing: a `column`, `unique`, a `relation` or `columns`")
        if self.matches is not None:
            try:
                re.compile(self.matches)
            except re.error as error:
                raise ValueError(f"{self.matches!r} is no regular expression: {error}") from error
        if self.relation is not None and not _RELATION.match(self.relation):
            raise ValueError(
                f"{self.relation!r} is no relation: write column, a sign (<= < >= > = !=) and column"
            )
        return self

    @property
    def id(self) -> str:
        """What findings call it: its name, or what it is about."""
        if self.name:
            return self.name
        if self.column:
            asked = [
                word
                for word, given in (
                    ("required", self.required), ("range", self.at_least is not None or self.at_most is not None),
                    ("set", bool(self.one_of)), ("pattern", self.matches), ("kind", self.holds),
                    ("fresh", self.fresh_within_days),
                )
                if given
            ]  # fmt: skip
            return f"{self.column}-{'-'.join(asked)}"
        if self.unique:
            return f"{'-'.join(self.unique)}-unique"
        return f"{self.relation}-relation" if self.relation else "columns"

    def sides(self) -> tuple[str, str, str]:
        """The two columns of a relation and the sign between them."""
        found = _RELATION.match(self.relation or "")
        if not found:
            raise ValueError("the rule has no relation")
        return found["left"], found["sign"], found["right"]
