"""Checks of what data is like: the numbers of its profile, and synthetic rows beside real ones."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sextant.canonical import Frozen
from sextant.config.check import SETTING as _SETTING
from sextant.config.check import WHERE as _WHERE
from sextant.config.check import Check, Column, Where
from sextant.config.fields import Criteria, Datasets
from sextant.criteria import Key, Setting


class Profile(Check):
    """One number of a dataset's profile, for what data must be like: how much, how complete, how recent, in what range,
    how many of the rarest class. All rows are counted."""

    about = "dataset"
    check: Literal["profile"]
    criterion: Annotated[Key, Criteria] = Field(description="The target that the number judges.")
    dataset: Annotated[Key, Datasets] = Field(description="The dataset that is profiled.")
    measure: Literal["rows", "missing", "distinct", "rarest", "minimum", "maximum", "mean", "age_days"] = (
        Field(
            description="rows; missing: the share of rows without a value (without `column`: of the column that lacks most); "
            "distinct: how many different values; rarest: how many rows the rarest value has, such as the smallest class; "
            "minimum, maximum, mean: of numbers; age_days: how many days ago the newest time was."
        )
    )
    column: Column | None = Field(default=None, description="The column; not for rows.")
    unit: str | None = Field(default=None, description="Its unit, if it is not that of the target.")
    where: Where = _WHERE
    setting: Setting = _SETTING

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.measure == "rows" and self.column is not None:
            raise ValueError("`column` has no effect on rows: leave it out")
        if self.measure not in ("rows", "missing") and self.column is None:
            raise ValueError(f"{self.measure} is about one column: name it in `column`")
        return self


class Likeness(Frozen):
    """One thing that synthetic rows are judged by."""

    criterion: Annotated[Key, Criteria] = Field(description="The target that the number judges.")
    measure: Literal["told_apart", "farthest_column", "copied_rows", "worse_by"] = Field(
        description="told_apart: in what share of pairs a classifier says which row is synthetic, 0.5 by chance; "
        "farthest_column: the share of rows by which the least alike column differs; copied_rows: how many synthetic rows "
        "are exact copies of a real one; worse_by: how much worse a model does on real rows that learned from synthetic "
        "ones than one that learned from real ones (needs `target`)."
    )


class Synthetic(Check):
    """How like real rows synthetic ones are, whether a classifier tells them apart, and whether they copy real ones."""

    about = "synthetic"
    check: Literal["synthetic"]
    real: Annotated[Key, Datasets] = Field(description="The real rows.")
    synthetic: Annotated[Key, Datasets] = Field(description="The synthetic rows.")
    outcomes: tuple[Likeness, ...] = Field(
        default=(), description="What is judged by targets, if anything is."
    )
    columns: tuple[Column, ...] = Field(
        default=(), description="Which columns. Left out: those that both have, but for keys."
    )
    target: Column | None = Field(
        default=None, description="The column that a model would learn to predict, for worse_by."
    )
    test: Annotated[Key | None, Datasets] = Field(
        default=None,
        description="Real rows that the synthetic ones were not made from, for worse_by. Left out: a half of `real`.",
    )
    setting: Setting = _SETTING

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if any(o.measure == "worse_by" for o in self.outcomes) and self.target is None:
            raise ValueError("worse_by is about one column that a model predicts: name it in `target`")
        if self.test is not None and self.target is None:
            raise ValueError(
                "`test` has no effect without `target`: leave it out, or name the column that is predicted"
            )
        keys = [o.criterion for o in self.outcomes]
        if len(set(keys)) < len(keys):
            raise ValueError("two outcomes judge one criterion")
        return self
