"""Reports: evidence that is a typed finding, not one number. Gate items read them.

Each names its `topic`, so that the latest report on one thing is found without reading the history.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from sextant.canonical import Frozen
from sextant.criteria import MAX_DAYS, Key, Text
from sextant.errors import InvalidInput
from sextant.evidence import (
    Agreement,
    Count,
    Declared,
    Drift,
    Estimate,
    Evidence,
    Mean,
    MeanDifference,
    Measurement,
    Proportion,
    ProportionDifference,
    Quantile,
    Separability,
    Version,
)
from sextant.judgements import JudgedMean, JudgedShare
from sextant.model_evidence import (
    Area,
    AveragePrecision,
    Calibration,
    Classification,
    Gap,
    PairedDifference,
    Ratio,
)


class Finding(Frozen):
    """Something that was found: how often, how bad, with what to do about it.

    Of a table: the column (empty: the whole), what it would cost a model, and its impact, the share of rows times
    what such a row loses. Examples name rows and hold no contents.
    """

    key: Key
    text: Text
    severity: Literal["low", "medium", "high", "critical"]
    count: int = Field(default=1, ge=0)
    share: float | None = Field(default=None, ge=0, le=1)
    examples: tuple[str, ...] = ()
    fix: str = ""
    column: str = ""
    cost: str = ""
    impact: float | None = Field(default=None, ge=0, le=1)


class QualityReport(Evidence):
    """What is wrong with one version of a dataset. `data` names the version."""

    kind: Literal["quality_report"] = "quality_report"
    data: Version
    rows: int = Field(ge=0)
    columns: int = Field(ge=0)
    findings: tuple[Finding, ...] = ()
    scheduled: bool = False

    @property
    def topic(self) -> str:
        return f"quality_report:{self.data.name}"


class LeakageReport(Evidence):
    """How many test rows the training data holds too."""

    kind: Literal["leakage_report"] = "leakage_report"
    data: Version
    train: Version
    test_rows: int = Field(ge=0)
    shared_rows: int = Field(ge=0)

    @property
    def topic(self) -> str:
        return f"leakage_report:{self.data.name}"


class SliceRow(Frozen):
    """One slice: how many came out right of how many, the range of the share, and the p-value after correction."""

    slice: dict[str, str]
    successes: int = Field(ge=0)
    trials: int = Field(ge=0)
    lower: float
    upper: float
    adjusted_p: float | None = None

    @property
    def share(self) -> float | None:
        """The share that came out right; None where there were no cases."""
        return self.successes / self.trials if self.trials else None


class Slices(Evidence):
    """The metric on every slice that was looked at: successes and trials of each, the worst first."""

    kind: Literal["slices"] = "slices"
    metric: Text
    rows: tuple[SliceRow, ...]

    @property
    def topic(self) -> str:
        return f"slices:{self.metric}"


class Experiment(Evidence):
    """A concluded A/B test: arms, the sample-ratio check, and what the signed rule says. Effects are measurements."""

    kind: Literal["experiment"] = "experiment"
    name: Key
    design_digest: str
    arms: dict[str, int]
    shares: dict[str, float]
    sample_ratio_p: float
    started_at: AwareDatetime
    ended_at: AwareDatetime
    concluded: bool
    rule_says: Literal["ship", "iterate", "kill", "keep_running"]
    why: Text

    @property
    def topic(self) -> str:
        return f"experiment:{self.name}"


class JudgeBias(Frozen):
    """What a judge prefers beyond what people prefer: of 1, how much more often (or, of scores, by how much), with its
    range. `of` is the answer shown first, the longer one, or its own."""

    of: Literal["first", "longer", "own"]
    value: float
    lower: float
    upper: float
    n: int = Field(ge=0)


class JudgeChange(Frozen):
    """An earlier version of a judge on the same outputs: the share of verdicts that are other now, and how much more
    often (or, of scores, by how much) the present one agrees with people, with its range."""

    version: Text
    n: int = Field(ge=0)
    changed: int = Field(ge=0)
    value: float
    lower: float
    upper: float


class JudgeCalibration(Evidence):
    """How far one version of a judge agrees with people, and what it prefers beyond them. Only a judge that `holds`
    may judge."""

    kind: Literal["judge_calibration"] = "judge_calibration"
    judge: Version
    statistic: Literal["accuracy", "cohen_kappa", "weighted_kappa", "pearson", "spearman"]
    value: float
    lower: float
    upper: float
    level: float = Field(default=0.95, gt=0, lt=1)
    bar: float
    outputs: int = Field(ge=0)
    undecided: int = Field(default=0, ge=0)
    people: int = Field(ge=1)
    people_agree: float | None = None
    judge_agrees: float | None = None
    biases: tuple[JudgeBias, ...] = ()
    bias_bar: float | None = Field(default=None, gt=0)
    changed: JudgeChange | None = None
    calibrated: bool
    why: Text

    @property
    def topic(self) -> str:
        return f"judge_calibration:{self.judge.name}"


class HumanStudy(Evidence):
    """A finished study in which people rated outputs of the candidate."""

    kind: Literal["human_study"] = "human_study"
    name: Key
    raters: Literal["internal", "beta", "users", "crowd"]
    rater_count: int = Field(ge=0)
    ratings: int = Field(ge=0)
    planned_ratings: int = Field(ge=1)
    agreement: float
    agreement_lower: float
    agreement_bar: float
    finished: bool
    criteria: tuple[Key, ...] = ()

    @property
    def topic(self) -> str:
        return f"human_study:{self.name}"


RED_TEAM = ("harmful_output", "jailbreak", "privacy_leak", "hallucination", "brittleness")


class RedTeamRun(Evidence):
    """Attacks of one category on the candidate, and what broke. A finding stays open until it is re-tested away."""

    kind: Literal["red_team_run"] = "red_team_run"
    model: Version
    category: Literal["harmful_output", "jailbreak", "privacy_leak", "hallucination", "brittleness"]
    attempts: int = Field(ge=0)
    successes: int = Field(ge=0)
    findings: tuple[Finding, ...] = ()
    retested: tuple[Key, ...] = ()

    @property
    def topic(self) -> str:
        return f"red_team_run:{self.category}"


class RolloutStep(Evidence):
    """One step of a rollout: the share it ran at, how long, and what was decided on which verdicts."""

    kind: Literal["rollout_step"] = "rollout_step"
    rollout: Key
    step: int = Field(ge=0)
    share: float = Field(ge=0, le=1)
    exposed: int = Field(ge=0)
    decision: Literal["start", "advance", "hold", "roll_back", "complete"]
    why: Text
    verdicts: dict[str, str] = Field(default_factory=dict)
    rolled_back_to: Version | None = None

    @property
    def topic(self) -> str:
        return f"rollout_step:{self.rollout}:{self.step}"


class MonitorSample(Evidence):
    """A monitor received data: the proof that it lives. `monitor` is the key of its plan."""

    kind: Literal["monitor_sample"] = "monitor_sample"
    monitor: Key
    received: int = Field(ge=1)
    last_received_at: AwareDatetime

    @property
    def topic(self) -> str:
        return f"monitor_sample:{self.monitor}"


class ChannelTest(Evidence):
    """A test alert went through a channel and was received."""

    kind: Literal["channel_test"] = "channel_test"
    channel: Key
    delivered: bool
    seconds: float = Field(ge=0)

    @property
    def topic(self) -> str:
        return f"channel_test:{self.channel}"


class RollbackDrill(Evidence):
    """A way back was taken on purpose, and timed by a client that saw the old answer, then the new one."""

    kind: Literal["rollback_drill"] = "rollback_drill"
    deployment: Version
    way: Literal["before_feature", "last_good_model"]
    restored: bool
    seconds: float = Field(ge=0)
    target_seconds: float = Field(gt=0)

    @property
    def topic(self) -> str:
        return f"rollback_drill:{self.way}"


class DriftRun(Evidence):
    """One run of the scheduled drift check on the model in service: what was looked at and what drifted."""

    kind: Literal["drift_run"] = "drift_run"
    model: Version
    type: Literal["data", "concept"]
    subject: Version
    checked: tuple[str, ...]
    drifted: tuple[str, ...] = ()
    next_due: AwareDatetime | None = None

    @property
    def topic(self) -> str:
        return f"drift_run:{self.type}"


RETRAINING = ("collect", "combine", "retrain", "evaluate", "compare", "deploy")


class RetrainingRun(Evidence):
    """A retraining, or its dry run: which of the six steps succeeded, and what came out."""

    kind: Literal["retraining_run"] = "retraining_run"
    dry_run: bool
    steps: dict[Literal["collect", "combine", "retrain", "evaluate", "compare", "deploy"], bool]
    outcome: Literal["deployed", "kept", "failed", "dry"]
    why: Text
    produced: Version | None = None

    @property
    def topic(self) -> str:
        return "retraining_run:dry" if self.dry_run else "retraining_run:real"


class Freshness(Evidence):
    """When a dataset last got a new version, and whether that is within its cadence."""

    kind: Literal["freshness"] = "freshness"
    data: Version
    last_refreshed_at: AwareDatetime
    cadence_days: float = Field(gt=0, le=MAX_DAYS)

    @property
    def topic(self) -> str:
        return f"freshness:{self.data.name}"


class Likeness(Frozen):
    """One question about synthetic rows: its answer, and why, in sentences without any value of a row."""

    title: Text
    answer: Literal["met", "unmet", "open", "not_asked"]
    said: Text


class SyntheticReport(Evidence):
    """How like real rows the synthetic rows of a dataset are: columns, gaps, told apart, pairs, copies, use."""

    kind: Literal["synthetic_report"] = "synthetic_report"
    data: Version
    real: Version
    rows: int = Field(ge=0)
    real_rows: int = Field(ge=0)
    points: tuple[Likeness, ...]

    @property
    def topic(self) -> str:
        return f"synthetic_report:{self.data.name}"


class PipelineRun(Evidence):
    """A pipeline's job ran to its end, as OpenLineage tells: what it read and wrote, and how it came out."""

    kind: Literal["pipeline_run"] = "pipeline_run"
    job: Text
    run: Text
    outcome: Literal["complete", "failed", "aborted"]
    started_at: AwareDatetime | None = None
    ended_at: AwareDatetime
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    rows: int | None = Field(default=None, ge=0)

    @property
    def topic(self) -> str:
        return f"pipeline_run:{self.job}"


class ModelRun(Evidence):
    """One trained (or hand-written) model: its approach, parameters, training data, and what training took."""

    kind: Literal["model_run"] = "model_run"
    model: Version
    approach: Text
    baseline: bool = False
    parameters: dict[str, str | float | int | bool] = Field(default_factory=dict)
    training_seconds: float | None = Field(default=None, ge=0)
    training_cost: float | None = Field(default=None, ge=0)

    @property
    def topic(self) -> str:
        return f"model_run:{self.model.name}"


MEASUREMENTS: tuple[type[Measurement], ...] = (
    Proportion, Mean, Quantile, ProportionDifference, MeanDifference, Agreement, Drift, Separability, Count, Declared, Estimate,
    JudgedShare, JudgedMean, Classification, Area, AveragePrecision, Calibration, Ratio, PairedDifference, Gap,
)  # fmt: skip
REPORTS: tuple[type[Evidence], ...] = (
    QualityReport, LeakageReport, Slices, Experiment, HumanStudy, RedTeamRun, RolloutStep, MonitorSample, ChannelTest,
    RollbackDrill, DriftRun, RetrainingRun, Freshness, ModelRun, PipelineRun, JudgeCalibration, SyntheticReport,
)  # fmt: skip

AnyEvidence = Annotated[
    Proportion | Mean | Quantile | ProportionDifference | MeanDifference | Agreement | Drift | Separability | Count
    | Declared | Estimate | QualityReport | LeakageReport | Slices | Experiment | HumanStudy | RedTeamRun | RolloutStep
    | MonitorSample | ChannelTest | RollbackDrill | DriftRun | RetrainingRun | Freshness | ModelRun | PipelineRun
    | JudgedShare | JudgedMean | JudgeCalibration
    | Classification | Area | AveragePrecision | Calibration | Ratio | PairedDifference | Gap | SyntheticReport,
    Field(discriminator="kind"),
]  # fmt: skip

KINDS: dict[str, type[Evidence]] = {k.model_fields["kind"].default: k for k in (*MEASUREMENTS, *REPORTS)}
_ADAPTER: TypeAdapter[Any] = TypeAdapter(AnyEvidence)


#: Stands for the number that is still to be computed; it never leaves `read_evidence`.
_TO_COMPUTE = "to be computed"


def _without_number(data: Any) -> Any:
    """The values with a mark where the number is left to its statistics; all others as they are."""
    kind = (
        KINDS.get(data.get("kind", ""))
        if isinstance(data, dict) and isinstance(data.get("kind"), str)
        else None
    )
    computes = kind is not None and issubclass(kind, Measurement) and kind not in (Count, Declared, Estimate)
    if not computes or {"value", "interval", "undefined"} & data.keys():
        return data
    return {**data, "value": "NaN", "undefined": _TO_COMPUTE}


def read_evidence(data: Any, *, where: str = "evidence") -> Evidence:
    """Plain values (as from JSON) as the evidence kind that `data["kind"]` names, or a clear error.

    A measurement that comes with its sufficient statistics and without value and interval gets both from them, at
    95 %.
    """
    try:
        evidence: Evidence = _ADAPTER.validate_python(_without_number(data))
        if isinstance(evidence, Measurement) and evidence.undefined == _TO_COMPUTE:
            given = {name: getattr(evidence, name) for name in type(evidence).model_fields if name in data}
            evidence = type(evidence).of(**given)
    except ValidationError as error:
        unknown = any(fault["type"].startswith("union_tag") for fault in error.errors(include_url=False))
        todo = f"kinds are {', '.join(KINDS)}" if unknown else None
        raise InvalidInput(first_fault(error), where=where, todo=todo) from error
    if evidence.schema_version > 1:
        raise InvalidInput(
            f"schema_version {evidence.schema_version} is newer than this Sextant reads", where=where,
            todo="upgrade Sextant",
        )  # fmt: skip
    return evidence


def first_fault(error: ValidationError) -> str:
    """pydantic's faults in one plain line: field, what is wrong with it, what was given."""
    lines = []
    for fault in error.errors(include_url=False)[:5]:
        field = ".".join(str(part) for part in fault["loc"]) or "the whole"
        given = fault.get("input")
        shown = f" (given: {str(given)[:60]!r})" if isinstance(given, str | int | float | bool) else ""
        lines.append(f"{field}: {fault['msg'].removeprefix('Value error, ')}{shown}")
    more = error.error_count() - len(lines)
    return "; ".join(lines) + (f"; and {more} more" if more > 0 else "")
