"""Runs: what one training said of itself, wherever it was tracked, and what its numbers prove.

A tracker's number is a bare number: it says neither on how many rows it was taken nor how sure it is. So it becomes
proof as far as the run tells more: a share with its number of rows, a mean with their spread, a value with the range
that another tool computed. A bare one is shown and proves nothing, but for what people may declare, such as a cost.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, StringConstraints, field_validator

from sextant.canonical import Frozen
from sextant.criteria import Criterion, Origin, Setting
from sextant.errors import InvalidInput
from sextant.evidence import Declared, Estimate, Interval, Mean, Measurement, Producer, Proportion, Version
from sextant.model.documents import Measures, RunMeasures
from sextant.phrases import number
from sextant.verdicts import Proof, Status, Verdict, judge

Status_ = Literal["running", "finished", "failed", "killed"]
Name = Annotated[str, StringConstraints(min_length=1, max_length=250)]
Short = Annotated[str, StringConstraints(max_length=1000)]
#: How many points of one metric are kept: enough for a line, whatever was logged.
MOST_POINTS = 500
#: How many metrics, parameters and tags of a run are kept.
MOST_NAMES = 1000


class Reading(Frozen):
    """The last value of a metric: it may be nan or infinite, as trackers keep it."""

    value: float
    step: int = Field(default=0, ge=-(2**53), le=2**53)
    at: AwareDatetime | None = None


class Used(Frozen):
    """A dataset that the run read; `context` is what for, such as training or eval."""

    name: Name
    version: Short = ""
    context: Short = ""


class Run(Frozen):
    """One training run as a tracker tells of it. `key` is its id there; `history` each metric's points as
    (step, seconds since 1970, value); `models` what it logged; `model` the version that it is, as name@version."""

    key: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    name: Short = ""
    status: Status_ = "finished"
    started_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    parameters: dict[Name, Short] = Field(default_factory=dict, max_length=MOST_NAMES)
    tags: dict[Name, Short] = Field(default_factory=dict, max_length=MOST_NAMES)
    metrics: dict[Name, Reading] = Field(default_factory=dict, max_length=MOST_NAMES)
    history: dict[Name, tuple[tuple[int, float, float], ...]] = Field(
        default_factory=dict, max_length=MOST_NAMES
    )
    datasets: tuple[Used, ...] = Field((), max_length=100)
    models: tuple[Name, ...] = Field((), max_length=100)
    model: Annotated[str, StringConstraints(max_length=200)] = ""
    code: Annotated[str, StringConstraints(max_length=128)] = ""
    origin: Literal["measured", "simulated"] = "measured"
    deleted: bool = False

    @field_validator("history")
    @classmethod
    def _bounded(cls, value: dict[str, Any]) -> dict[str, Any]:
        if long := [k for k, points in value.items() if len(points) > MOST_POINTS]:
            raise ValueError(f"{long[0]} has more than {MOST_POINTS} points: thin it out first")
        return value

    @field_validator("model")
    @classmethod
    def _versioned(cls, value: str) -> str:
        if value:
            Version.parse(value, "model")
        return value

    @property
    def version(self) -> Version | None:
        """The model version that it is, where somebody said so."""
        return Version.parse(self.model, "model") if self.model else None


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run says about a target: the number, what it proves (None for a bare one), and why no more."""

    criterion: Criterion
    metric: str
    value: float
    at: datetime
    proof: Measurement | None
    lacks: str = ""

    def judge(self, now: datetime, *, allow_simulated: bool = False) -> Verdict:
        """Whether the target holds on this number alone."""
        if self.proof is None:
            return Verdict(
                Status.NOT_ENOUGH, self.lacks, self.criterion.key, value=None if math.isnan(self.value) else self.value,
                setting=Setting.OFFLINE, at=self.at,
            )  # fmt: skip
        return judge(self.criterion, [Proof(self.proof, "")], now=now, allow_simulated=allow_simulated)


def measures_of(document: RunMeasures | None, criterion: Criterion) -> tuple[Measures, ...]:
    """How a target's number is found in a run: as somebody wrote down, else by the target's own names."""
    said = tuple(m for m in document.rows if m.criterion == criterion.key) if document else ()
    if said:
        return said
    names = dict.fromkeys((criterion.key, criterion.metric, criterion.key.replace("-", "_")))
    return tuple(Measures(criterion=criterion.key, metric=name, rows=f"{name}_n") for name in names)


def measured(
    run: Run,
    criterion: Criterion,
    document: RunMeasures | None = None,
    *,
    where: str = "",
    producer: Producer | None = None,
) -> Measured | None:
    """What a run's numbers say about a target; None if it has none for it.

    A share with its number of rows, whose product is a whole number, is a proportion, and its range is Wilson's; a
    mean with number and standard deviation has Student's; a value with both ends logged is an estimate at 95 %. What is
    left is a bare number: declared where the target takes declared numbers, else no proof. `where` names the tracker.

    >>> accuracy = Criterion(key="accuracy", name="Read right", family="ml", metric="accuracy", unit="share",
    ...     direction="at_least", threshold=0.95)
    >>> at = datetime(2026, 3, 2, tzinfo=UTC)
    >>> run = Run(key="r1", ended_at=at, metrics={"accuracy": Reading(value=0.97), "accuracy_n": Reading(value=1000)})
    >>> measured(run, accuracy).judge(at).word
    'met'
    >>> bare = Run(key="r2", ended_at=at, metrics={"accuracy": Reading(value=0.97)})
    >>> measured(bare, accuracy).judge(at).word
    'not enough evidence'
    """
    if Setting.OFFLINE not in criterion.judged_in:
        return None
    for measures in measures_of(document, criterion):
        reading = run.metrics.get(measures.metric)
        if reading is not None:
            return _measured(run, criterion, measures, reading, where, producer or Producer(name="runs"))
    return None


def _measured(
    run: Run, criterion: Criterion, by: Measures, reading: Reading, where: str, producer: Producer
) -> Measured:
    at = reading.at or run.ended_at or run.started_at or datetime.fromtimestamp(0, UTC)
    unit = by.unit or criterion.unit
    value = reading.value

    def bare(why: str) -> Measured:
        return Measured(criterion, by.metric, value, at, None, why)

    if not math.isfinite(value):
        return bare(f"The run's {by.metric} is {_odd(value)}, not a number.")
    shared: dict[str, Any] = {
        "criterion": criterion.key, "unit": unit, "setting": Setting.OFFLINE, "at": at, "producer": producer,
        "estimand": _impersonal(f"{by.metric} of run {run.key}"), "slice": criterion.slice, "model": run.version,
        "measure_digest": criterion.measure_digest, "code": run.code or None, "data": _data(run), "origin": run.origin,
    }  # fmt: skip
    rows = _number(run, by.rows)
    lower, upper = _number(run, by.lower), _number(run, by.upper)
    try:
        if lower is not None and upper is not None:
            interval = Interval(lower=lower, upper=upper, level=0.95, method="as the run logged it")
            if lower == upper:
                return bare(f"Both ends of the range of {by.metric} are {number(lower)}: that is no range.")
            return Measured(
                criterion,
                by.metric,
                value,
                at,
                Estimate(value=value, interval=interval, n=_whole(rows), **shared),
            )
        if rows is not None and (n := _whole(rows)) is not None:
            if unit in ("share", "%"):
                share = value if unit == "share" else value / 100
                hits = round(share * n)
                if 0 <= hits <= n and abs(share * n - hits) <= 1e-6 * n:
                    proof = Proportion.of(successes=hits, trials=n, **{**shared, "unit": "share"})
                    return Measured(criterion, by.metric, value, at, proof)
                return bare(
                    f"{by.metric} is {number(value)}, which is no share of {number(n)} rows, and it came without a range."
                )
            spread = _number(run, by.deviation)
            if spread is not None and spread >= 0 and n > 1:
                mean = Mean.of(mean=value, m2=spread**2 * (n - 1), n=n, **shared)
                return Measured(criterion, by.metric, value, at, mean)
    except ValueError as error:
        return bare(f"The range of {by.metric} does not fit its value: {_first(error)}.")
    if Origin.DECLARED in criterion.admitted_origins and run.origin == "measured":
        said = {k: v for k, v in shared.items() if k != "origin"}
        source = f"run {run.key}" + (f" in {where}" if where else "")
        declared = Declared(value=value, source=_impersonal(source), source_date=at.date(), **said)
        return Measured(criterion, by.metric, value, at, declared)
    return bare("The number came without a sample size or a range, so nobody can say how sure it is.")


def _number(run: Run, name: str) -> float | None:
    """A metric or a parameter of the run as a number, None if it is none."""
    if not name:
        return None
    if name in run.metrics:
        value = run.metrics[name].value
    else:
        try:
            value = float(run.parameters.get(name, ""))
        except ValueError:
            return None
    return value if math.isfinite(value) else None


def _whole(value: float | None) -> int | None:
    return int(value) if value is not None and value > 0 and value == int(value) and value < 2**53 else None


def _data(run: Run) -> Version | None:
    """The dataset that it was measured on: the one that was not for training, if there is just one."""
    others = [d for d in run.datasets if d.context.lower() not in ("train", "training")]
    if len(others) != 1:
        return None
    one = others[0]
    return Version.of("dataset", key_of(one.name), re.sub(r"\s+", "", one.version)[:128] or "unknown")


def key_of(name: str) -> str:
    """A name from outside as a key: small letters, digits, - and _.

    >>> key_of("Form Reader (prod)"), key_of("???")
    ('form-reader-prod', 'x')
    """
    return re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-_")[:80].rstrip("-_") or "x"


def thinned(
    points: list[tuple[int, float, float]], most: int = MOST_POINTS
) -> tuple[tuple[int, float, float], ...]:
    """A metric's points in order of step and time, each once, at most so many: the first, the last, and between them
    evenly. The same step logged twice keeps its last value.

    >>> thinned([(0, 1.0, 0.5), (1, 2.0, 0.7), (1, 3.0, 0.8)])
    ((0, 1.0, 0.5), (1, 3.0, 0.8))
    """
    kept = {step: (step, at, value) for step, at, value in sorted(points, key=lambda p: (p[0], p[1]))}
    rows = list(kept.values())
    if len(rows) <= most:
        return tuple(rows)
    return tuple(rows[round(i * (len(rows) - 1) / (most - 1))] for i in range(most))


def read_run(body: Any, *, where: str = "run") -> Run:
    """Plain values as a run, or a clear error."""
    from pydantic import ValidationError

    from sextant.reports import first_fault

    try:
        return Run.model_validate(body)
    except ValidationError as error:
        raise InvalidInput(first_fault(error), where=where) from error


def parameters_of(values: Mapping[str, Any]) -> dict[str, str]:
    """Settings of any type as the texts that are kept, nested ones with a dot between, long ones cut.

    >>> parameters_of({"C": 3, "net": {"lr": 0.1}})
    {'C': '3', 'net.lr': '0.1'}
    """
    found: dict[str, str] = {}
    waiting = [(str(k), v) for k, v in values.items()]
    while waiting and len(found) < MOST_NAMES:
        name, value = waiting.pop(0)
        if isinstance(value, Mapping) and value:
            waiting[:0] = [(f"{name}.{k}", v) for k, v in value.items()]
        elif name:
            found[name[:250]] = str(value)[:1000]
    return found


_ADDRESS = re.compile(r"[\w.+-]+@(?=[\w-]+\.)")


def _impersonal(text: str) -> str:
    return _ADDRESS.sub("", text)[:1000]


def _odd(value: float) -> str:
    return "nan" if math.isnan(value) else "infinite"


def _first(error: ValueError) -> str:
    errors = getattr(error, "errors", None)
    return str(errors()[0]["msg"]).removeprefix("Value error, ") if errors else str(error)
