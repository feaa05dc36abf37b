"""Writes about runs: what a tracker tells of them, which version one is, and the proof that follows from both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from sextant import __version__
from sextant.acceptance import accept
from sextant.canonical import digest
from sextant.criteria import Origin, Setting
from sextant.errors import Conflict, InvalidInput, NotFound, SextantError
from sextant.evidence import Evidence, Producer, Version
from sextant.model.documents import RunMeasures
from sextant.model.runs import MOST_NAMES, Run, key_of, measured
from sextant.reports import ModelRun
from sextant_server.model import queries
from sextant_server.model.models import Experiment, MetricHistory, RegisteredVersion, Tracker, TrainingRun
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import Caller
from sextant_server.records.actions import add_evidence, lock
from sextant_server.records.models import EvidenceRow
from sextant_server.records.queries import criteria

#: Of how many runs with a version, the newest, the proof is looked at again.
MOST_VERSIONS = 500
#: What makes a run's numbers proof, as the log names it.
_AGAIN = {"mlflow": "sextant runs sync mlflow", "wandb": "sextant runs read wandb", "python": "log_run"}


@dataclass
class Brought:
    """What became of runs that were brought."""

    new: int = 0
    changed: int = 0
    same: int = 0
    ids: list[int] = field(default_factory=list)


@dataclass
class Settled:
    """What became of proof out of runs: how many records were made, and of which runs it was refused, and why."""

    stored: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Registered:
    """A version in a tracker's registry."""

    name: str
    version: str
    run: str = ""
    aliases: tuple[str, ...] = ()
    tags: dict[str, str] = field(default_factory=dict)
    created_at: datetime | None = None


@transaction.atomic
def put_runs(
    project: Project, caller: Caller, *, kind: str, place: str, experiment: tuple[str, str], runs: Sequence[Run],
    cursor: str | None = None,
) -> Brought:  # fmt: skip
    """Store what a tracker tells of these runs of one experiment, all of them or none, and up to where it was brought
    (`cursor`). The same again changes nothing. What somebody said of a run here, its version, stays."""
    lock(project)
    tracker = tracker_of(project, kind, place)
    number, name = experiment
    group, _ = Experiment.objects.get_or_create(
        project=project, tracker=tracker, outside=number, defaults={"name": name}
    )
    if (name and group.name != name) or (cursor is not None and group.cursor != cursor):
        group.name, group.cursor = name or group.name, group.cursor if cursor is None else cursor
        group.save(update_fields=["name", "cursor"])
    keys = [run.key for run in runs]
    if len(set(keys)) < len(keys):
        twice = next(k for k in keys if keys.count(k) > 1)
        raise InvalidInput(f"the run {twice} is given twice", where="runs", rule="a key names one run")
    have = {r.outside: r for r in TrainingRun.objects.filter(tracker=tracker, outside__in=keys)}
    now, found = datetime.now(UTC), Brought()
    fresh: list[TrainingRun] = []
    changed: list[TrainingRun] = []
    histories: list[tuple[TrainingRun, Run]] = []
    points: dict[str, dict[str, Any]] = {}
    for run in runs:
        row, body = have.get(run.key), run.plain()
        said = digest(body)
        if row is not None and row.digest == said and row.experiment_id == group.pk:
            found.same += 1
            continue
        new = row is None
        row = row or TrainingRun(project=project, tracker=tracker, outside=run.key)
        row.experiment, row.digest, row.seen_at = group, said, now
        row.name, row.status, row.deleted = run.name, run.status, run.deleted
        row.at = run.started_at or run.ended_at or (now if new else row.at)
        row.model = str(run.version) if run.version else row.model
        points[run.key] = body.pop("history", {})
        row.body = body
        (fresh if new else changed).append(row)
        if run.history or not new:
            histories.append((row, run))
    TrainingRun.objects.bulk_create(fresh, batch_size=200)
    if changed:
        fields = ["experiment", "digest", "seen_at", "name", "status", "deleted", "at", "model", "body"]
        TrainingRun.objects.bulk_update(changed, fields, batch_size=100)
    if histories:
        MetricHistory.objects.filter(run__in=[row for row, _ in histories if row in changed]).delete()
        MetricHistory.objects.bulk_create(
            [
                MetricHistory(run=row, metric=metric, points=kept)
                for row, run in histories
                for metric, kept in points[run.key].items()
            ],
            batch_size=500,
        )
    found.new, found.changed = len(fresh), len(changed)
    made = {**{k: r.pk for k, r in have.items()}, **{r.outside: r.pk for r in fresh}}
    found.ids = [made[key] for key in keys]
    return found


def tracker_of(project: Project, kind: str, place: str) -> Tracker:
    """The tracker of a project, made if it is not there."""
    if kind not in Tracker.KINDS:
        raise InvalidInput(
            f"{kind[:40]!r} is no tracker", where="kind", rule=f"one of {', '.join(Tracker.KINDS)}"
        )
    return Tracker.objects.get_or_create(project=project, kind=kind, place=place)[0]


@transaction.atomic
def finish_sync(
    project: Project, caller: Caller, *, kind: str, place: str, fault: str = "", registered: Sequence[Registered] = (),
) -> Settled:  # fmt: skip
    """The end of bringing over, good or bad: with the registry as it now is, or with the reason why it broke off. A run
    that is registered as a version is that version, and its numbers become proof."""
    lock(project)
    tracker = tracker_of(project, kind, place)
    tracker.fault = fault[:1000]
    if fault:
        tracker.save(update_fields=["fault"])
        return Settled()
    tracker.synced_at = datetime.now(UTC)
    tracker.save(update_fields=["synced_at", "fault"])
    RegisteredVersion.objects.filter(tracker=tracker).delete()
    RegisteredVersion.objects.bulk_create(
        [
            RegisteredVersion(
                project=project, tracker=tracker, name=one.name, version=one.version, run=one.run,
                aliases=sorted(one.aliases), tags=one.tags, created_at=one.created_at,
            )
            for one in registered
        ],
        batch_size=200,
    )  # fmt: skip
    by_run: dict[str, str] = {}
    for one in registered:
        # Of several versions out of one run, the run is the last.
        if one.run:
            by_run[one.run] = str(Version.of("model", key_of(one.name), one.version))
    unnamed = TrainingRun.objects.filter(tracker=tracker, model="", outside__in=by_run)
    for row in unnamed:
        row.model = by_run[row.outside]
        row.save(update_fields=["model"])
    return settle(project, caller)


@transaction.atomic
def name_run(project: Project, caller: Caller, number: int, model: str) -> Settled:
    """Say which model version a run is; its numbers become proof about that version. An empty `model` takes the name
    away again: proof that is stored stays, since it was measured on what was called so."""
    lock(project)
    row = queries.run(project, number)
    version = str(Version.parse(model, "model")) if model else ""
    other = (
        TrainingRun.objects.filter(project=project, model=version).exclude(pk=row.pk).first()
        if version
        else None
    )
    if other is not None:
        raise Conflict(
            f"{version} is the run {other.name or other.outside} already", where="model",
            rule="a version is one run's", todo="give another version, or take the name from that run",
        )  # fmt: skip
    row.model = version
    row.save(update_fields=["model"])
    return settle(project, caller, only=[row]) if version else Settled()


@transaction.atomic
def settle(project: Project, caller: Caller, *, only: Iterable[TrainingRun] | None = None) -> Settled:
    """Let the numbers of runs that are versions become proof, by what the project says that runs measure. What is there
    already is found; what cannot be true by what it says of itself is passed over, and named."""
    rows = (
        list(only)
        if only is not None
        else list(
            TrainingRun.objects.filter(project=project, deleted=False)
            .exclude(model="")
            .select_related("tracker")
            .order_by("-at", "-id")[:MOST_VERSIONS]
        )
    )
    found = Settled()
    if not rows:
        return found
    known, document = criteria(project), queries.measures(project)
    # Of a version whose training is told of already, by whomever, it is not told twice.
    told = set(EvidenceRow.objects.filter(project=project, kind="model_run").values_list("model", flat=True))
    made: list[Evidence] = []
    for row in rows:
        run = queries.read_run(row)
        for one in _proofs(row, run, known.values(), document, training=row.model not in told):
            try:
                accept(one)
            except SextantError as error:
                found.refused.append((run.key, error.what))
            else:
                made.append(one)
    for first in range(0, len(made), 500):
        found.stored += sum(new for _, new in add_evidence(project, caller, made[first : first + 500]))
    return found


def _proofs(
    row: TrainingRun, run: Run, known: Iterable[Any], document: RunMeasures | None, *, training: bool
) -> Iterable[Evidence]:
    producer = Producer(name=row.tracker.kind, command=_AGAIN[row.tracker.kind])
    for criterion in known:
        one = measured(run, criterion, document, where=row.tracker.words, producer=producer)
        if one is not None and one.proof is not None:
            yield one.proof
    at = run.ended_at or run.started_at
    if run.version is None or at is None or not training:
        return
    took = (run.ended_at - run.started_at).total_seconds() if run.ended_at and run.started_at else None
    yield ModelRun(
        model=run.version, approach=f"run {run.key}", baseline=run.tags.get("baseline", "").lower() == "true",
        parameters=dict(list(run.parameters.items())[:MOST_NAMES]), training_seconds=max(took, 0.0) if took else None,
        estimand=f"training of {run.version}", setting=Setting.OFFLINE, at=at, code=run.code or None,
        origin=Origin(run.origin), producer=Producer(name="sextant", version=__version__),
    )  # fmt: skip


@transaction.atomic
def forget_tracker(project: Project, caller: Caller, number: int) -> None:
    """Take a tracker's runs away. Proof that came out of them stays in the log."""
    lock(project)
    row = Tracker.objects.filter(project=project, pk=number).first()
    if row is None:
        raise NotFound(f"there is no tracker {number}", todo="look at the list of trackers")
    row.delete()
