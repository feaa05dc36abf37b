"""The checks that a `sextant.yaml` may ask for: one class a kind, told apart by `check`."""

from __future__ import annotations

from typing import Annotated, Literal, Self, get_args

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from sextant.canonical import Frozen
from sextant.config.check import SETTING as _SETTING
from sextant.config.check import WHERE as _WHERE
from sextant.config.check import Check, Column, Where
from sextant.config.data_checks import Profile, Synthetic
from sextant.config.fields import (
    Answers,
    Criteria,
    Datasets,
    GuidelineVersion,
    JudgeVersion,
    ModelVersion,
    Tables,
)
from sextant.criteria import MAX_DAYS, Key, Setting
from sextant.stats.distances import Statistic

Digest = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]

#: What a number computed by a check is counted in, where the check decides that and not the column.
SHARES = ("accuracy", "precision", "recall", "false_positive_rate", "share_true")
#: Metrics about one class, which `positive` names.
ONE_CLASS = (
    "precision", "recall", "false_positive_rate", "specificity", "f1", "brier", "roc_auc", "pr_auc", "log_loss",
    "calibration_error",
)  # fmt: skip
#: Metrics of a confusion matrix as a whole: two models are compared by them case by case.
OF_COUNTS = (
    "specificity", "f1", "balanced_accuracy", "precision_macro", "recall_macro", "f1_macro", "precision_weighted",
    "f1_weighted",
)  # fmt: skip
#: Metrics that read the score, and metrics of numbers, beside mae, mse and brier.
OF_SCORES = ("roc_auc", "pr_auc", "log_loss", "calibration_error")
OF_NUMBERS = ("rmse", "r2")


class Evaluation(Check):
    """A model's answers against the right ones: a share, or a mean error."""

    about = "predictions"
    check: Literal["evaluation"]
    criterion: Annotated[Key, Criteria] = Field(description="The target that the number judges.")
    predictions: Annotated[Key, Answers] = Field(description="The answers that are judged.")
    metric: Literal[
        "accuracy", "precision", "recall", "false_positive_rate", "share_true", "mae", "mse", "brier", "specificity", "f1",
        "balanced_accuracy", "precision_macro", "recall_macro", "f1_macro", "precision_weighted", "f1_weighted", "roc_auc",
        "pr_auc", "log_loss", "calibration_error", "rmse", "r2",
    ] = Field(
        description="What is computed: a share of answers, an average over classes, how a score does, or a mean error."
    )  # fmt: skip
    positive: bool | int | float | str | None = Field(
        default=None,
        description="The class that precision, recall, F1, false_positive_rate and scores are about.",
    )
    cluster: Column | None = Field(
        default=None,
        description="The unit that has several rows, such as a user: the range is widened for it.",
    )
    column: Column | None = Field(default=None, description="The yes/no column that share_true counts.")
    against: Annotated[Key | None, Answers] = Field(
        default=None,
        description="Answers of another model on the same rows: the number is then the difference to it.",
    )
    where: Where = _WHERE
    setting: Setting = _SETTING
    labels_agreed_by: Annotated[Key | None, Criteria] = Field(
        default=None,
        description="The target, judged by an agreement check, that says whether the labels can be trusted.",
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        needs_class = self.metric in ONE_CLASS
        if needs_class != (self.positive is not None):
            raise ValueError(
                f"{self.metric} is about one class: name it in `positive`"
                if needs_class
                else f"`positive` has no effect on {self.metric}: leave it out"
            )
        if (self.metric == "share_true") != (self.column is not None):
            raise ValueError("`column` goes with share_true, and share_true with `column`")
        if self.against and self.metric in (*OF_SCORES, *OF_NUMBERS):
            raise ValueError(f"{self.metric} has no difference between two models here; leave `against` out")
        if self.cluster and (self.against or self.metric in ("share_true", "pr_auc", "calibration_error")):
            raise ValueError(
                "`cluster` goes with a metric of one model's answers, and not with pr_auc or calibration"
            )
        return self


class Fairness(Check):
    """How far groups lie apart in a share of answers: the largest gap between any two, or the smallest ratio."""

    about = "predictions"
    check: Literal["fairness"]
    criterion: Annotated[Key, Criteria] = Field(description="The target that the gap judges.")
    predictions: Annotated[Key, Answers] = Field(description="The answers that are judged.")
    metric: Literal[
        "selection_rate", "recall", "false_positive_rate", "precision", "accuracy", "false_negative_rate"
    ] = Field(description="What is compared between groups; selection_rate is how many are called positive.")
    positive: bool | int | float | str = Field(description="The class that it is about.")
    by: tuple[Column, ...] = Field(
        min_length=1, description="Columns whose values are the groups; several are taken together."
    )
    statistic: Literal["difference", "ratio"] = Field(
        default="difference",
        description="The largest difference, or the smallest ratio (four-fifths rule: 0.8).",
    )
    fewest: int = Field(default=30, ge=1, description="Groups with fewer cases than this do not count.")
    where: Where = _WHERE
    setting: Setting = _SETTING


class Mean(Check):
    """The mean of a column of numbers; of a yes/no column, the share of yes."""

    about = "table"
    check: Literal["mean"]
    criterion: Annotated[Key, Criteria] = Field(description="The target that the number judges.")
    table: Annotated[Key, Tables] = Field(description="The dataset or predictions that hold the column.")
    column: Column = Field(description="The column.")
    unit: str | None = Field(
        default=None, description="Its unit, if it is not that of the target: s or ms, share or %."
    )
    where: Where = _WHERE
    setting: Setting = _SETTING


class Quantile(Check):
    """A quantile of a column, such as the 95th percentile of latency."""

    about = "table"
    check: Literal["quantile"]
    criterion: Annotated[Key, Criteria] = Field(description="The target that the number judges.")
    table: Annotated[Key, Tables] = Field(description="The dataset or predictions that hold the column.")
    column: Column = Field(description="The column.")
    q: float = Field(gt=0, lt=1, description="Which quantile: 0.95 for the 95th percentile.")
    unit: str | None = Field(default=None, description="Its unit, if it is not that of the target: s or ms.")
    where: Where = _WHERE
    setting: Setting = _SETTING


class Rows(Check):
    """How many rows there are: a full count, without a range."""

    about = "table"
    check: Literal["rows"]
    criterion: Annotated[Key, Criteria] = Field(description="The target that the number judges.")
    table: Annotated[Key, Tables] = Field(description="The dataset or predictions whose rows are counted.")
    where: Where = _WHERE
    setting: Setting = _SETTING


class Total(Check):
    """The sum of a column: everything is added, so there is no range."""

    about = "table"
    check: Literal["total"]
    criterion: Annotated[Key, Criteria] = Field(description="The target that the number judges.")
    table: Annotated[Key, Tables] = Field(description="The dataset or predictions that hold the column.")
    column: Column = Field(description="The column.")
    unit: str | None = Field(default=None, description="Its unit, if it is not that of the target.")
    where: Where = _WHERE
    setting: Setting = _SETTING


class Quality(Check):
    """What is wrong with a dataset: missing, repeated, constant, far out, unbalanced."""

    about = "dataset"
    check: Literal["quality"]
    dataset: Annotated[Key, Datasets] = Field(description="The dataset that is looked at.")
    scheduled: bool = Field(default=False, description="Whether this runs on a schedule, and not by hand.")


class Freshness(Check):
    """When the newest row came, against the dataset's cadence."""

    about = "dataset"
    check: Literal["freshness"]
    dataset: Annotated[Key, Datasets] = Field(description="A dataset with `time` and `cadence_days`.")


class Leakage(Check):
    """Whether the training data holds rows of the test data."""

    about = "dataset"
    check: Literal["leakage"]
    dataset: Annotated[Key, Datasets] = Field(description="The test data.")
    train: Annotated[Key, Datasets] = Field(description="The training data.")


class Slices(Check):
    """One number for each group, the worst first, and which differ from the rest by more than chance."""

    about = "predictions"
    check: Literal["slices"]
    predictions: Annotated[Key, Answers] = Field(description="The answers that are judged.")
    metric: Literal["accuracy", "precision", "recall", "false_positive_rate"] = Field(
        default="accuracy", description="What is computed for each group."
    )
    positive: bool | int | float | str | None = Field(
        default=None, description="The class that precision, recall and false_positive_rate are about."
    )
    by: tuple[Column, ...] = Field(
        default=(), description="Columns to group by, one at a time. Left out: the groups."
    )
    where: Where = _WHERE
    setting: Setting = _SETTING

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.metric == "accuracy") != (self.positive is None):
            raise ValueError(
                "`positive` names the class that precision, recall and false_positive_rate are about"
            )
        return self


class Drift(Check):
    """How far each column's values have moved between two tables; of free text and embeddings, how well a classifier
    tells them apart."""

    about = "current"
    check: Literal["drift"]
    reference: Annotated[Key, Datasets] = Field(
        description="How it was: usually what the model learned from."
    )
    current: Annotated[Key, Datasets] = Field(description="How it is now.")
    threshold: float = Field(
        gt=0,
        description="From which distance on a column has drifted; the low end of the range must be above it. What a "
        "classifier tells apart has drifted from 0.55 on: it says in 55 of 100 pairs which is which.",
    )
    columns: tuple[Column, ...] = Field(
        default=(), description="Which columns. Left out: the features that both have."
    )
    statistic: Statistic = Field(
        default="total_variation",
        description="The distance: total_variation is the share of rows that moved.",
    )
    bins: int = Field(
        default=10, ge=2, le=100, description="Into how many bins numbers are cut, by the reference."
    )
    together: bool = Field(
        default=False,
        description="Whether a classifier is asked as well how far all columns together tell the tables apart.",
    )
    model: ModelVersion | None = Field(
        default=None, description="The model in service that reads these columns, as name@version."
    )
    cadence_days: float | None = Field(
        default=None, gt=0, le=MAX_DAYS, description="How often this runs, in days."
    )
    setting: Setting = Field(default=Setting.MONITORING, description="Where the current rows come from.")


class Agreement(Check):
    """How far people agree on labels, beyond chance."""

    about = "dataset"
    check: Literal["agreement"]
    dataset: Annotated[Key, Datasets] = Field(description="A table with one rating a row.")
    criterion: Annotated[Key | None, Criteria] = Field(
        default=None, description="The target that the number judges; without one it is a calibration."
    )
    item: Column = Field(description="The column that names what was rated.")
    labeler: Column = Field(description="The column that names who rated, by an id.")
    label: Column = Field(description="The column with the rating.")
    statistic: Literal["krippendorff_alpha", "fleiss_kappa"] = Field(
        default="krippendorff_alpha",
        description="Alpha takes items with different numbers of ratings; kappa does not.",
    )
    guideline: GuidelineVersion | None = Field(
        default=None, description="The guideline that was followed, as name@version: the number rests on it."
    )
    setting: Setting = _SETTING


class LearningCurve(Check):
    """How many rows a model needs to learn from, by a power law through training runs with different numbers of rows."""

    about = "dataset"
    check: Literal["learning_curve"]
    dataset: Annotated[Key, Datasets] = Field(description="A table with one training run a row.")
    criterion: Annotated[Key, Criteria] = Field(
        description="The target on rows that it judges: how many are needed, at most those that can be had."
    )
    reaches: Annotated[Key, Criteria] = Field(description="The target that the score of a run must reach.")
    rows: Column = Field(description="The column that says how many rows the run was trained on.")
    score: Column = Field(description="The column with its score, in the unit of `reaches`.")
    setting: Setting = _SETTING


class Outcome(Frozen):
    """One thing that an experiment measures on every unit."""

    criterion: Annotated[Key, Criteria] = Field(description="The target or guardrail that the effect judges.")
    column: Column = Field(description="The column with the unit's outcome: yes/no, or a number.")
    measure: Literal["effect", "candidate"] = Field(
        default="effect",
        description="`effect`: candidate minus control. `candidate`: its own value, for an absolute bar.",
    )


class Experiment(Check):
    """An A/B test: one row for each unit, such as a user, with its arm and its outcomes."""

    about = "dataset"
    check: Literal["experiment"]
    dataset: Annotated[Key, Datasets] = Field(description="The table of units; its key is the unit.")
    arm: Column = Field(description="The column that says which arm the unit was in.")
    candidate: str = Field(description="The arm with the new experience, as the column calls it.")
    control: str = Field(description="The arm with the old one.")
    candidate_share: float = Field(
        default=0.5, gt=0, lt=1, description="The planned share of units in the candidate."
    )
    outcomes: tuple[Outcome, ...] = Field(
        min_length=1, description="What is compared, the primary one among them."
    )
    primary: Annotated[Key, Criteria] = Field(description="The criterion that decides.")
    planned_per_arm: int = Field(
        ge=1, description="Units that the smaller arm needs before the test may conclude."
    )
    planned_days: float = Field(
        gt=0, le=MAX_DAYS, description="Days that the test runs before it may conclude."
    )
    started: AwareDatetime | None = Field(
        default=None, description="When it began. Left out: the first `time`."
    )
    ended: AwareDatetime | None = Field(
        default=None, description="The last day counted. Left out: the last `time`."
    )
    model: ModelVersion | None = Field(
        default=None, description="The model in the candidate arm, as name@version."
    )
    design: Digest | None = Field(
        default=None, description="Digest of the signed design. Left out: that of what is written here."
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        keys = [o.criterion for o in self.outcomes]
        if self.primary not in keys:
            raise ValueError(f"the primary criterion {self.primary} is not among the outcomes")
        if len(set(keys)) < len(keys):
            raise ValueError("two outcomes judge one criterion")
        if self.candidate == self.control:
            raise ValueError("candidate and control are the same arm")
        return self


class Judge(Check):
    """What a judge, such as a language model, says of many outputs, corrected by how it errs on those that people
    judged too. It counts only where the judge agrees with people."""

    about = "dataset"
    check: Literal["judge"]
    criterion: Annotated[Key, Criteria] = Field(description="The target that the number judges.")
    dataset: Annotated[Key, Datasets] = Field(
        description="The judged outputs: one a row, with what the judge said."
    )
    verdict: Column = Field(description="The column with what the judge said, in both datasets.")
    positive: str | None = Field(
        default=None,
        description="Which word is a success. Left out: the verdicts are scores, and the mean is taken.",
    )
    judge: JudgeVersion = Field(
        description="The judge that judged them, as name@version: its model, its prompt and its settings are its version."
    )
    calibration: Annotated[Key | None, Datasets] = Field(
        default=None,
        description="Outputs that people judged too: one a row, with what each person said in a column.",
    )
    people: tuple[Column, ...] = Field(
        default=(), description="The columns of `calibration` with what people said."
    )
    calibrated: JudgeVersion | None = Field(
        default=None, description="The judge that judged the rows of `calibration`, as name@version."
    )
    item: Column | None = Field(
        default=None,
        description="The column that names the output, in both datasets; prediction_powered needs it.",
    )
    correction: Literal["rogan_gladen", "prediction_powered"] = Field(
        default="rogan_gladen",
        description="rogan_gladen: people judged outputs from elsewhere. prediction_powered: some of these, drawn by lot.",
    )
    statistic: Literal["accuracy", "cohen_kappa", "weighted_kappa", "pearson", "spearman"] = Field(
        default="cohen_kappa",
        description="How agreement with people is measured; the last three are for scores.",
    )
    bar: float = Field(
        default=0.6,
        gt=0,
        lt=1,
        description="What the low end of that agreement must reach for the judge to count.",
    )
    bias_bar: float | None = Field(
        default=None,
        gt=0,
        description="How much more than people it may prefer something, such as longer answers.",
    )
    first: str | None = Field(
        default=None, description="Of two answers side by side: the word for the one shown first."
    )
    second: str | None = Field(default=None, description="The word for the one shown second.")
    swapped: Column | None = Field(
        default=None, description="What the judge said with the two in the other order, in `calibration`."
    )
    lengths: tuple[Column, ...] = Field(
        default=(),
        max_length=2,
        description="Columns of `calibration` with the output, or both answers, or their length.",
    )
    makers: tuple[Column, ...] = Field(
        default=(),
        max_length=2,
        description="Columns of `calibration` with the model that made the output, or each answer.",
    )
    own: str | None = Field(
        default=None, description="The model of the judge's own family, as `makers` has it."
    )
    before: Column | None = Field(
        default=None, description="What an earlier version of the judge said, in `calibration`."
    )
    train: Annotated[Key | None, Datasets] = Field(
        default=None, description="What the model learned from: the judged rows are looked up in it."
    )
    labels_agreed_by: Annotated[Key | None, Criteria] = Field(
        default=None, description="The target, judged by an agreement check, that says whether people agreed."
    )
    model: ModelVersion | None = Field(
        default=None, description="The model whose outputs are judged, as name@version."
    )
    where: Where = _WHERE
    setting: Setting = _SETTING

    @model_validator(mode="after")
    def _complete(self) -> Self:
        of_scores = self.statistic in ("weighted_kappa", "pearson", "spearman")
        if of_scores != (self.positive is None):
            raise ValueError(
                f"{self.statistic} is for scores, which have no `positive`"
                if of_scores
                else f"{self.statistic} is for words: name in `positive` which of them is a success"
            )
        if of_scores and self.correction != "prediction_powered":
            raise ValueError("scores are corrected by prediction_powered only")
        if self.correction == "prediction_powered" and self.calibration and self.item is None:
            raise ValueError(
                "prediction_powered needs `item`, to tell the outputs that people judged from the rest"
            )
        if (self.calibration is None) != (not self.people) or (self.calibration is None) != (
            self.calibrated is None
        ):
            raise ValueError("`calibration`, `people` and `calibrated` go together")
        if (self.first is None) != (self.second is None):
            raise ValueError("`first` and `second` go together")
        if (self.swapped or len(self.lengths) == 2 or len(self.makers) == 2) and self.first is None:
            raise ValueError("two answers side by side have words for them: name `first` and `second`")
        if bool(self.makers) != (self.own is not None):
            raise ValueError("`makers` and `own` go together")
        return self


AnyCheck = Annotated[
    Evaluation
    | Fairness
    | Mean
    | Quantile
    | Rows
    | Total
    | Quality
    | Freshness
    | Leakage
    | Slices
    | Drift
    | Agreement
    | LearningCurve
    | Profile
    | Synthetic
    | Experiment
    | Judge,
    Field(discriminator="check"),
]
CHECKS: dict[str, type[Check]] = {
    get_args(cls.model_fields["check"].annotation)[0]: cls for cls in get_args(get_args(AnyCheck)[0])
}
