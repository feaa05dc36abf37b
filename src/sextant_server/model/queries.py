"""Reads: runs against requirements in a fixed number of queries, however many runs there are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from sextant.criteria import Setting
from sextant.errors import NotFound
from sextant.evidence import Version, about
from sextant.lifecycle.matrix import Cell, Column, Row, columns, row
from sextant.lifecycle.state import ProjectState, Stored
from sextant.model.documents import RunMeasures
from sextant.model.runs import Run, key_of
from sextant_server.model.models import Experiment, MetricHistory, RegisteredVersion, Tracker, TrainingRun
from sextant_server.projects.models import Project
from sextant_server.records.models import Latest
from sextant_server.records.queries import _evidence_in, present_document, project_state

#: How many runs a page looks at: the newest.
LOOKED_AT = 100
#: How many rows of the matrix a page shows.
SHOWN = 25


@dataclass(frozen=True, slots=True)
class Board:
    """The newest runs against every requirement. `more` is whether there are earlier ones."""

    state: ProjectState
    columns: list[Column]
    rows: list[Row]
    more: bool


def board(
    project: Project, *, experiment: int | None = None, before: int | None = None, limit: int = LOOKED_AT,
    only: Sequence[int] | None = None, state: ProjectState | None = None,
) -> Board:  # fmt: skip
    """The matrix: the newest runs, or those in `only` in that order, each with its verdict on every requirement."""
    state = state or project_state(project)
    rows = TrainingRun.objects.filter(project=project, deleted=False).select_related("tracker", "experiment")
    if experiment is not None:
        rows = rows.filter(experiment_id=experiment)
    if only is not None:
        rows = rows.filter(pk__in=only)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-at", "-id")[: limit + 1])
    more, found = len(found) > limit, found[:limit]
    if only is not None:
        found.sort(key=lambda r: list(only).index(r.pk))
    shown = columns(state)
    stored = _stored(project, state, shown, {r.model for r in found if r.model})
    made = [
        row(
            state, shown, id=r.pk, run=read_run(r), where=r.tracker.words, experiment=r.experiment.name,
            stored=stored.get(r.model),
        )
        for r in found
    ]  # fmt: skip
    return Board(state, shown, made, more)


def _stored(
    project: Project, state: ProjectState, shown: Iterable[Column], models: set[str]
) -> dict[str, dict[str, list[Stored]]]:
    """The latest offline proof of each target on each of these model versions."""
    if not models:
        return {}
    topics = {about(c.criterion.key, Setting.OFFLINE, c.criterion.slice): c.criterion.key for c in shown}
    pointers = Latest.objects.filter(project=project, topic__in=topics, model__in=models)
    found: dict[str, dict[str, list[Stored]]] = {}
    for pointer in pointers.select_related("evidence__record"):
        ev = pointer.evidence
        stored = Stored(_evidence_in(ev.record.body), ev.digest, ev.record.sequence)
        found.setdefault(pointer.model, {}).setdefault(topics[pointer.topic], []).append(stored)
    return found


def read_run(row: TrainingRun) -> Run:
    """A row as the library's run, with the version that it has here."""
    return Run.model_validate({**row.body, "model": row.model.removeprefix("model:")})


def run(project: Project, number: int) -> TrainingRun:
    """A run by its number here."""
    row = (
        TrainingRun.objects.filter(project=project, pk=number if 0 < number < 2**63 else 0)
        .select_related("tracker", "experiment")
        .first()
    )
    if row is None:
        raise NotFound(f"there is no run {number}", todo="look at the list of runs")
    return row


def histories(row: TrainingRun) -> list[MetricHistory]:
    return list(MetricHistory.objects.filter(run=row).order_by("metric"))


def measures(project: Project) -> RunMeasures | None:
    """What the project says that runs measure, if it says anything."""
    found = present_document(project, RunMeasures.kind, "")
    return RunMeasures.model_validate(json.loads(found.body)) if found else None


def trackers(project: Project) -> list[Tracker]:
    rows = list(Tracker.objects.filter(project=project).order_by("kind", "place"))
    runs = TrainingRun.objects.filter(project=project, deleted=False)
    counted = dict(runs.values_list("tracker").annotate(Count("id")).order_by())
    for tracker in rows:
        tracker.count = counted.get(tracker.pk, 0)
    return rows


def experiments(project: Project, *, limit: int = 200) -> list[Experiment]:
    rows = Experiment.objects.filter(project=project).select_related("tracker").order_by("-id")
    return list(rows[:limit])


def registered(project: Project) -> list[RegisteredVersion]:
    rows = RegisteredVersion.objects.filter(project=project).select_related("tracker")
    return list(rows.order_by("name", "-created_at", "-id")[:500])


def progress(project: Project, kind: str, place: str) -> dict[str, Any]:
    """How far a tracker has been brought over: the cursor of each experiment, and the runs that had not ended."""
    tracker = Tracker.objects.filter(project=project, kind=kind, place=place).first()
    if tracker is None:
        return {"experiments": {}, "open": []}
    open_runs = TrainingRun.objects.filter(tracker=tracker, status="running", deleted=False).order_by("-id")
    return {
        "experiments": dict(tracker.experiments.values_list("outside", "cursor")),
        "open": list(open_runs.values_list("outside", flat=True)[:1000]),
    }


def standing_of_versions(project: Project, phase: str = "evaluation") -> list[dict[str, Any]]:
    """Each registered version with its verdict on every requirement, whether it is the candidate, and whether the gate
    of `phase` holds for it: only then may it be called champion."""
    from sextant.lifecycle.gates import gate
    from sextant.lifecycle.phases import BY_KEY

    if phase not in BY_KEY:
        raise NotFound(f"{phase[:40]!r} is no phase", todo=f"phases are {', '.join(BY_KEY)}")
    state = project_state(project)
    found = gate(state, phase)  # type: ignore[arg-type]
    shown, rows = columns(state), registered(project)
    names = {str(version_of(r)) for r in rows}
    stored = _stored(project, state, shown, names)
    told = []
    for one in rows:
        version = version_of(one)
        made = row(
            state, shown, id=one.pk, run=Run(key=one.run or "-", model=f"{version.name}@{version.version}"),
            where=one.tracker.words, stored=stored.get(str(version)),
        )  # fmt: skip
        candidate = state.candidate == version
        why = ""
        if not candidate:
            why = f"the candidate is {state.candidate or 'not named yet'}"
        elif not found.assessed:
            why = f"the gate of {BY_KEY[phase].name} is not assessed"
        elif not found.open:
            why = "; ".join(f"{i.item.title}: {i.status.value.replace('_', ' ')}" for i in found.blockers[:3])
        told.append(
            {
                "tracker": {"kind": one.tracker.kind, "place": one.tracker.place}, "name": one.name,
                "version": one.version, "model": f"{version.name}@{version.version}", "aliases": one.aliases,
                "candidate": candidate, "holds": candidate and found.assessed and found.open, "why_not": why,
                "verdicts": [cell_plain(c) for c in made.cells],
            }
        )  # fmt: skip
    return told


def version_of(one: RegisteredVersion) -> Version:
    return Version.of("model", key_of(one.name), one.version)


def cell_plain(cell: Cell) -> dict[str, Any]:
    """One answer to a requirement as plain values."""
    v = cell.verdict
    return {
        "criterion": cell.criterion.key, "name": cell.criterion.name, "unit": cell.criterion.unit, "status": v.status.value,
        "word": v.word, "reason": v.reason, "value": v.value, "lower": v.lower, "upper": v.upper, "n": v.n,
        "evidence": cell.digest or None, "origin": v.origin.value if v.origin else None,
    }  # fmt: skip


def row_plain(one: Row) -> dict[str, Any]:
    """A run with its answers as plain values."""
    run = one.run
    return {
        "id": one.id, "key": run.key, "name": run.name, "status": run.status, "at": one.at, "tracker": one.where,
        "experiment": one.experiment, "model": run.model, "ready": one.ready, "met": one.met,
        "verdicts": [cell_plain(c) for c in one.cells],
    }  # fmt: skip
