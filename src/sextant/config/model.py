"""What a `sextant.yaml` may say, as types. The JSON Schema that editors use is made from them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from sextant.canonical import Frozen
from sextant.config.checks import AnyCheck
from sextant.config.fields import Datasets, ModelVersion, Versions
from sextant.config.rules import QualityRule
from sextant.criteria import MAX_DAYS, Criterion, Key, Text

#: The profiles of `sextant.lifecycle.rigor`, which stands above this module; a test holds the two together.
Rigor = Literal["light", "standard", "regulated"]
Column = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Path = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Measured = Literal["measured", "simulated"]


class Project(Frozen):
    """Name, purpose and currency of the project."""

    slug: Key = Field(description="Short name for addresses and commands: small letters, digits, - and _.")
    name: Text = Field(description="Name as people say it.")
    summary: str = Field(
        default="",
        max_length=4000,
        description="What it is for, in a sentence or two that a newcomer understands.",
    )
    currency: str = Field(
        default="USD",
        pattern="^[A-Z]{3}$",
        description="Money is counted in it: three capitals, such as EUR.",
    )


class Dataset(Frozen):
    """A table of rows: a file, a folder of files of one format, or a pattern such as `logs/*.parquet`."""

    path: Path = Field(
        description="Where it lies, seen from this file: Parquet, CSV, JSON lines, a folder of them, Delta."
    )
    role: Literal["train", "test", "reference", "production", "other"] = Field(
        default="other", description="What it is for. Models learn from `train` and are judged on `test`."
    )
    key: Column | None = Field(
        default=None, description="The column that names a row; no two rows have the same value in it."
    )
    target: Column | None = Field(default=None, description="The column that holds the right answer.")
    groups: tuple[Column, ...] = Field(
        default=(),
        description="Columns with few values that results are also shown by, such as region or device.",
    )
    features: tuple[Column, ...] = Field(
        default=(),
        description="Columns that a model learns from. Left out: all but key, target, groups and time.",
    )
    time: Column | None = Field(default=None, description="The column that says when a row came to be.")
    cadence_days: float | None = Field(
        default=None,
        gt=0,
        le=MAX_DAYS,
        description="How often new rows should come, in days; a freshness check needs it.",
    )
    rules: tuple[QualityRule, ...] = Field(
        default=(), description="What its rows must keep; the quality check finds what breaks them."
    )
    version: Text | None = Field(
        default=None,
        max_length=128,
        description="Its version, such as v3. Left out: the first 12 digits of the digest of its content.",
    )
    origin: Measured = Field(
        default="measured",
        description="`simulated` if the rows are invented; they are then never shown as real.",
    )


class Predictions(Frozen):
    """What a model answered, row by row, beside the right answers."""

    path: Path = Field(description="Where the answers lie, seen from this file; formats as for a dataset.")
    model: ModelVersion = Field(description="The exact model that answered, as name@version.")
    prediction: Column = Field(description="The column that holds the model's answer.")
    dataset: Annotated[Key | None, Datasets] = Field(
        default=None, description="The dataset whose rows were answered; joined by the key column of both."
    )
    train: Annotated[Key | None, Datasets] = Field(
        default=None,
        description="The dataset that the model learned from; then leakage is checked for every number.",
    )
    target: Column | None = Field(
        default=None, description="The column that holds the right answer. Left out: the target of `dataset`."
    )
    score: Column | None = Field(
        default=None,
        description="The column that holds how sure the model was of the positive class, 0 to 1.",
    )
    key: Column | None = Field(default=None, description="The column that names the row, as in `dataset`.")
    groups: tuple[Column, ...] = Field(
        default=(), description="Columns that results are also shown by. Left out: the groups of `dataset`."
    )
    depends: Versions = Field(
        default=(),
        description="What else the answers rest on, as kind:name@version, such as prompt:system@v2.",
    )
    origin: Measured = Field(
        default="measured", description="`simulated` if the answers or the people behind them are invented."
    )


class Config(Frozen):
    """A project as code: what must hold, on which data, and the checks that measure it."""

    version: Literal[1] = Field(default=1, description="The version of this file's format.")
    project: Project = Field(description="Which project this is.")
    rigor: Rigor = Field(
        default="standard",
        description="What blocks: light (ten items), standard (all 32), regulated (all, a second person).",
    )
    criteria: tuple[Criterion, ...] = Field(
        default=(), description="The targets and guardrails: what must hold, each with a unit and a bar."
    )
    datasets: dict[Key, Dataset] = Field(
        default_factory=dict, description="The project's tables, each under a name of its own."
    )
    predictions: dict[Key, Predictions] = Field(
        default_factory=dict, description="Answers of models, each under a name of its own."
    )
    checks: tuple[AnyCheck, ...] = Field(
        default=(), description="What `sextant check` measures: from which table, for which target."
    )

    def criterion(self, key: str) -> Criterion:
        return next(c for c in self.criteria if c.key == key)

    def tables(self) -> Iterator[tuple[str, Dataset | Predictions]]:
        """Every table by its name: the datasets, then the predictions."""
        yield from self.datasets.items()
        yield from self.predictions.items()
