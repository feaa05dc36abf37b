"""Writes about datasets: versions that were committed, and what pipelines tell of their runs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import transaction

from sextant.canonical import canonical
from sextant.chain import body_digest
from sextant.criteria import Setting
from sextant.data.documents import Pipeline, QualityResolution
from sextant.data.openlineage import ENDED, Dataset, RunEvent, key_of
from sextant.data.profile import Profile
from sextant.data.versions import DataVersion
from sextant.errors import Conflict, InvalidInput, NotFound, SextantError
from sextant.evidence import Producer, Version
from sextant.reports import Freshness, PipelineRun
from sextant_server.data import queries
from sextant_server.data.models import DataVersionRow, DayProfile, Run, Written
from sextant_server.jobs.actions import enqueue
from sextant_server.people.mail_models import Channel
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import Caller
from sextant_server.records.actions import _record, add_evidence, lock, put_document, put_subject
from sextant_server.records.models import DocumentRow

#: The most characters of a run's facets that are kept: a whole SQL text fits, a dump does not.
MAX_FACETS = 100_000
MAX_PROFILE = 1_000_000
#: How far a clock that commits may be ahead of this one.
CLOCKS = timedelta(minutes=5)
OLDEST = datetime(1970, 1, 1, tzinfo=UTC)
_FIXED = ("digest", "rows", "columns", "at", "mode", "parent")
#: Versions that a project counts itself.
COUNTED = re.compile(r"v[1-9][0-9]{0,8}")
_ADDRESS = re.compile(r"[\w.+-]+@(?=[\w-]+\.)")


@transaction.atomic
def decide_finding(project: Project, caller: Caller, decision: QualityResolution) -> DocumentRow:
    """What a person decides about a finding of a quality report, in the place of what was decided about it before."""
    told = queries.quality(project, decision.dataset)
    if told is None or decision.finding not in {f.key for f in told[0].findings}:
        raise NotFound(
            f"the latest quality report of {decision.dataset!r} has no finding {decision.finding!r}",
            todo="look at what was found in it",
        )
    lock(project)
    return put_document(project, caller, decision, key=queries.resolution_key(project, decision))


@transaction.atomic
def put_data_version(
    project: Project, caller: Caller, version: DataVersion, *, profile: Mapping[str, Any] | None = None,
    changes: Mapping[str, Any] | None = None,
) -> DataVersionRow:  # fmt: skip
    """Say what a commit made; saying it again changes nothing but its tags, its profile, what it changed since its
    parent, and whether its rows are still there. The newest version becomes the present one: what rests on another
    becomes stale. A project that counts its versions (v1, v2) goes on counting; else they are called by their digest.

    `Conflict` where this number is another version already: two data homes then write under one name.
    """
    for where, moment in (("at", version.at), ("gone_on", version.gone_on)):
        if moment is not None and not OLDEST <= moment <= datetime.now(UTC) + CLOCKS:
            raise InvalidInput(
                f"{moment.isoformat()} can't be", where=where, rule="a moment between 1970 and now",
                todo="set the clock of the machine that commits",
            )  # fmt: skip
    lock(project)
    row = DataVersionRow.objects.filter(project=project, name=version.name, number=version.number).first()
    said = version.plain()
    values = {k: said[k] for k in ("digest", "rows", "mode", "parent", "sources", "recipe", "by", "message")}
    values |= {"columns": said["schema"], "at": version.at, "tags": list(version.tags), "state": version.state,
               "gone_on": version.gone_on}  # fmt: skip
    if row is not None and (odd := [f for f in _FIXED if getattr(row, f) != values[f]]):
        raise Conflict(
            f"version {version.number} of {version.name} is another one here: it has another {odd[0]}",
            rule="a number names one version, and its rows never change",
            todo="commit from the data home that made it, or under another name",
        )
    text = "" if profile is None else _checked(profile)
    before = None if row is None else row.as_recorded()
    row = row or DataVersionRow(project=project, name=version.name, number=version.number)
    for name, value in values.items():
        setattr(row, name, value)
    row.profile = text or row.profile
    row.changes = dict(changes) if changes is not None else row.changes
    if before == row.as_recorded():
        return row
    _record(project, caller, "data_version", [row])
    newest = not DataVersionRow.objects.filter(
        project=project, name=version.name, number__gt=version.number
    ).exists()
    if newest and version.reproducible and before is None:
        depends = [v for v in map(_version, version.sources) if v is not None]
        called = _called(project, version)
        put_subject(project, caller, called, phase="data", depends=depends)
        _refreshed(project, caller, called, version.at, "sextant data commit")
    return row


def _called(project: Project, version: DataVersion) -> Version:
    """What proof calls a version: v3 where the project counts them, else the start of its digest."""
    present = queries.present_version(project, version.name)
    if present is not None and COUNTED.fullmatch(present.version):
        return Version.of("dataset", version.name, f"v{version.number}")
    return version.version


@transaction.atomic
def put_day(
    project: Project, caller: Caller, name: str, day: date, profile: Mapping[str, Any], *, origin: str = "measured"
) -> DayProfile:  # fmt: skip
    """Keep the profile of a dataset's rows of one day, so that days are compared for ever, whatever became of the
    rows. Said again, the day's profile is replaced."""
    _ = Version.of("dataset", name, "days")
    if not OLDEST.date() <= day <= (datetime.now(UTC) + CLOCKS).date() + timedelta(days=1):
        raise InvalidInput(f"{day} can't be", where="day", rule="a day between 1970 and today")
    text = _checked(profile)
    lock(project)
    row = DayProfile.objects.filter(project=project, name=name, day=day).first()
    before = None if row is None else row.as_recorded()
    row = row or DayProfile(project=project, name=name, day=day)
    row.rows, row.origin, row.profile, row.digest = Profile.read(text).rows, origin, text, body_digest(text)
    if before != row.as_recorded():
        _record(project, caller, "day_profile", [row])
    return row


def _checked(profile: Mapping[str, Any]) -> str:
    """A profile as it is kept, or a clear error: what cannot be read again is not taken."""
    text = canonical(dict(profile))
    if len(text) > MAX_PROFILE:
        raise InvalidInput(f"a profile of more than {MAX_PROFILE:,} characters", where="profile")
    Profile.read(text)
    return text


def named(version: DataVersion) -> None:
    """Refuse a name under which no dataset can be."""
    _ = version.version


def _version(text: str) -> Version | None:
    try:
        return Version.parse(text)
    except SextantError:
        return None


def _refreshed(project: Project, caller: Caller, version: Version, at: datetime, by: str) -> None:
    """A dataset that is kept fresh has a new version: the proof of it."""
    for pipeline in queries.pipelines(project):
        if pipeline.dataset == version.name and pipeline.cadence_days is not None:
            add_evidence(project, caller, [_freshness(pipeline, version, at, by)])


def _freshness(pipeline: Pipeline, version: Version, at: datetime, by: str) -> Freshness:
    return Freshness(
        data=version, last_refreshed_at=at, cadence_days=pipeline.cadence_days, estimand="when it last got a new version",
        setting=Setting.MONITORING, at=datetime.now(UTC), producer=Producer(name=by),
    )  # fmt: skip


@transaction.atomic
def tell_overdue(project: Project, now: datetime) -> list[str]:
    """Tell the project's chat channels of each dataset that is overdue, once for each time that it is."""
    told = []
    channels = list(Channel.objects.filter(project=project, active=True))
    for fresh in queries.freshness(project, now):
        if not fresh.overdue or fresh.last is None:
            continue
        told.append(fresh.dataset)
        for channel in channels:
            enqueue(
                "chat.deliver",
                {"channel": channel.pk, "text": f"{project.name}: the data of {fresh.dataset} is overdue. {fresh.said}"},
                project=project, key=f"overdue:{project.pk}:{channel.pk}:{fresh.dataset}:{fresh.last.isoformat()}",
            )  # fmt: skip
    return told


# --- lineage


@transaction.atomic
def add_run_event(project: Project, caller: Caller, event: RunEvent) -> Run:
    """Take an event into its run. Events may come in any order and more than once: a run that has ended stays ended,
    and what it read and wrote only grows. With its end it becomes evidence, and where it wrote a dataset that is to
    be kept fresh, that too."""
    if not OLDEST <= event.eventTime <= datetime.now(UTC) + CLOCKS:
        raise InvalidInput(
            f"{event.eventTime} is no time of something that happened", where="event, eventTime",
            rule="it lies in the past, after 1970, and not in the future",
        )  # fmt: skip
    lock(project)
    row = Run.objects.filter(project=project, run_id=event.run.runId).first()
    row = row or Run(project=project, run_id=event.run.runId)
    at = event.eventTime.astimezone(UTC)
    ended = row.state in ENDED
    row.namespace, row.job = event.job.namespace[:300], event.job.name[:300]
    if event.state == "started" or row.started_at is None:
        row.started_at = min(filter(None, (row.started_at, at)))
    if not ended:
        row.state = (
            event.state if event.state in ENDED or not row.pk or event.state != "started" else row.state
        )
    if event.state in ENDED and not ended:
        row.ended_at = at
    row.seen_at = max(filter(None, (row.seen_at, at)))
    row.inputs = _union(row.inputs, event.inputs)
    row.outputs = _union(row.outputs, event.outputs)
    row.facets = _facets(row.facets, event)
    row.save()
    for wrote, given in ((False, event.inputs), (True, event.outputs)):
        for dataset in given:
            if key := key_of(dataset.name):
                Written.objects.get_or_create(project=project, run=row, dataset=key, wrote=wrote)
    if row.state in ENDED:
        _concluded(project, caller, row)
    return row


def _union(have: list[dict[str, Any]], given: tuple[Dataset, ...]) -> list[dict[str, Any]]:
    found = {(d["namespace"], d["name"]): d for d in have}
    for one in given:
        place = (one.namespace, one.name)
        before = found.get(place, {})
        found[place] = {
            "namespace": one.namespace, "name": one.name, "version": one.version or before.get("version", ""),
            "rows": one.rows if one.rows is not None else before.get("rows"),
        }  # fmt: skip
    return list(found.values())


def _facets(have: dict[str, Any], event: RunEvent) -> dict[str, Any]:
    """The latest words of each facet; all of them are left as they were once there are too many."""
    given = {
        "run": {k: f.model_dump(mode="json") for k, f in event.run.facets.items()},
        "job": {k: f.model_dump(mode="json") for k, f in event.job.facets.items()},
    }
    merged = {part: {**have.get(part, {}), **given[part]} for part in given}
    return merged if len(json.dumps(merged)) <= MAX_FACETS else have


def _concluded(project: Project, caller: Caller, row: Run) -> None:
    if row.evidence_id is not None or row.ended_at is None:
        return
    rows = [d["rows"] for d in row.outputs if d["rows"] is not None]
    name = _impersonal(f"{row.namespace}/{row.job}")[:200]
    evidence = PipelineRun(
        job=name, run=row.run_id, outcome=row.state, started_at=row.started_at, ended_at=row.ended_at,
        inputs=tuple(sorted(_impersonal(d["name"]) for d in row.inputs)),
        outputs=tuple(sorted(_impersonal(d["name"]) for d in row.outputs)), rows=sum(rows) if rows else None,
        estimand="whether the pipeline's job ran to its end", setting=Setting.MONITORING, at=row.ended_at,
        producer=Producer(name="openlineage"),
    )  # fmt: skip
    [(stored, _)] = add_evidence(project, caller, [evidence])
    row.evidence = stored
    row.save(update_fields=["evidence"])
    if row.state == "complete":
        for dataset in row.outputs:
            version = re.sub(r"\s+", "", dataset["version"])[:128] or row.run_id
            if key := key_of(dataset["name"]):
                _refreshed(project, caller, Version.of("dataset", key, version), row.ended_at, "openlineage")


def _impersonal(text: str) -> str:
    """A name without what looks like an account before a host: evidence names nobody."""
    return _ADDRESS.sub("", text)
