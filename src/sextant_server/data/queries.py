"""Reads about datasets: what there is, how fresh it is, where it came from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.db.models import Max, Q

from sextant.data.documents import Pipeline, QualityResolution
from sextant.data.findings import Dealt, dealt_with
from sextant.errors import NotFound, SextantError
from sextant.phrases import number
from sextant.reports import Finding, Freshness, QualityReport, SyntheticReport, read_evidence
from sextant_server.data.models import DataVersionRow, DayProfile, Run, Written
from sextant_server.projects.models import Project
from sextant_server.records.models import DocumentRow, Latest, SubjectRow

#: So many versions and runs are shown at once.
SHOWN = 30


@dataclass(frozen=True, slots=True)
class Fresh:
    """How fresh a dataset is: when it was last refreshed, how often it should be, and whether it is overdue."""

    dataset: str
    owner: str
    last: datetime | None
    cadence_days: float | None
    overdue: bool
    said: str


@dataclass(frozen=True, slots=True)
class Edge:
    """One step of a dataset's descent: what was made, from what, by what, when."""

    made: str
    sources: tuple[str, ...]
    by: str
    at: datetime
    state: str = "complete"


@dataclass(frozen=True, slots=True)
class Listed:
    """One dataset in the list of all: what is known of it, of whatever kind. `version` is what evidence calls it."""

    name: str
    version: str
    row: DataVersionRow | None
    fresh: Fresh | None
    report: QualityReport | None
    open: tuple[Dealt, ...]

    @property
    def rows(self) -> int | None:
        """How many rows it has, by its newest version or else by its quality report."""
        return self.row.rows if self.row else self.report.rows if self.report else None

    @property
    def came(self) -> datetime | None:
        """When its newest rows came."""
        return self.fresh.last if self.fresh and self.fresh.last else self.row.at if self.row else None

    @property
    def waits(self) -> int:
        """How much it asks for attention: overdue before open findings before what nobody has checked."""
        return 4 * bool(self.fresh and self.fresh.overdue) + 2 * bool(self.open) + (self.report is None)


def pipelines(project: Project) -> list[Pipeline]:
    """The project's pipelines as they now read."""
    rows = DocumentRow.objects.filter(project=project, kind="pipeline", present=True, withdrawn=False)
    return [Pipeline.model_validate(json.loads(row.body)) for row in rows.order_by("key")]


def with_pipelines() -> list[Project]:
    """The projects that keep data coming."""
    kept = DocumentRow.objects.filter(kind="pipeline", present=True, withdrawn=False).values("project")
    return list(Project.objects.filter(pk__in=kept))


def file_slug(folder: str) -> str:
    """Which project the file in a folder is about; empty if there is none that can be read."""
    from sextant.config import load

    path = Path(folder, "sextant.yaml") if folder else None
    if path is None or not path.is_file():
        return ""
    try:
        return load(path).config.project.slug
    except SextantError:
        return ""


def freshness(project: Project, now: datetime) -> list[Fresh]:
    """Each dataset that a pipeline is to keep fresh: when its newest version, the newest run that wrote it, or the
    newest row that a freshness check found, came."""
    planned = pipelines(project)
    names = [p.dataset for p in planned]
    seen: dict[str, datetime] = dict(
        DataVersionRow.objects.filter(project=project, name__in=names).values_list("name").annotate(Max("at"))
    )
    runs = (
        Written.objects.filter(project=project, dataset__in=names, wrote=True, run__state="complete")
        .values_list("dataset")
        .annotate(Max("run__ended_at"))
    )
    for name, at in [*runs, *_measured(project, names)]:
        seen[name] = max(filter(None, (seen.get(name), at)))
    return [_fresh(p, seen.get(p.dataset), now) for p in planned]


def _measured(project: Project, names: Sequence[str]) -> list[tuple[str, datetime]]:
    """When each dataset was last refreshed by the latest freshness check of it."""
    latest = Latest.objects.filter(
        project=project, topic__in=[f"freshness:{n}" for n in names], model="*"
    ).select_related("evidence__record")
    read = (read_evidence(row.evidence.record.content) for row in latest)
    return [(r.data.name, r.last_refreshed_at) for r in read if isinstance(r, Freshness)]


def _fresh(pipeline: Pipeline, last: datetime | None, now: datetime) -> Fresh:
    cadence = pipeline.cadence_days
    if last is None:
        return Fresh(pipeline.dataset, pipeline.owner, None, cadence, False, "No version of it was seen yet.")
    if cadence is None:
        return Fresh(
            pipeline.dataset, pipeline.owner, last, None, False, "How often it should come is not said."
        )
    due = last + timedelta(days=cadence)
    late = (now - due) / timedelta(days=1)
    said = f"It should come every {number(cadence)} days; the next was due on {due:%Y-%m-%d %H:%M} UTC."
    if late <= 0:
        said = f"It should come every {number(cadence)} days; the next is due on {due:%Y-%m-%d %H:%M} UTC."
    return Fresh(pipeline.dataset, pipeline.owner, last, cadence, late > 0, said)


def datasets(project: Project) -> list[DataVersionRow]:
    """The newest version of every dataset."""
    newest = DataVersionRow.objects.filter(project=project).values("name").annotate(number=Max("number"))
    wanted = Q()
    for row in newest:
        wanted |= Q(name=row["name"], number=row["number"])
    if not wanted:
        return []
    return list(DataVersionRow.objects.filter(wanted, project=project).defer("profile").order_by("name"))


def listed(project: Project, now: datetime) -> list[Listed]:
    """Every dataset that anything is known of: named as a subject, kept, planned, written by a run, or checked for
    faults. What asks for attention stands first."""
    fresh = {f.dataset: f for f in freshness(project, now)}
    rows = {row.name: row for row in datasets(project)}
    present = {s.name: s.version for s in SubjectRow.objects.filter(project=project, kind="dataset")}
    written = set(
        Written.objects.filter(project=project, wrote=True).values_list("dataset", flat=True).distinct()
    )
    daily = set(DayProfile.objects.filter(project=project).values_list("name", flat=True).distinct())
    reports = _reports(project)
    decided = resolutions(project)
    found = []
    for name in {*fresh, *rows, *present, *written, *daily, *reports}:
        report = reports.get(name)
        dealt = dealt_with(report, decided, now.date()) if report else []
        found.append(
            Listed(name, present.get(name, ""), rows.get(name), fresh.get(name), report, tuple(d for d in dealt if d.open))
        )  # fmt: skip
    return sorted(found, key=lambda e: (-e.waits, e.name))


def names(project: Project) -> set[str]:
    """The names of the datasets that have a version, or that proof rests on."""
    kept = DataVersionRow.objects.filter(project=project).values_list("name", flat=True).distinct()
    named = SubjectRow.objects.filter(project=project, kind="dataset").values_list("name", flat=True)
    return {*kept, *named}


def known(project: Project, name: str) -> bool:
    """Whether anything is known of a dataset of this name."""
    of = {"project": project}
    return (
        DataVersionRow.objects.filter(name=name, **of).exists()
        or SubjectRow.objects.filter(kind="dataset", name=name, **of).exists()
        or Written.objects.filter(dataset=name, **of).exists()
        or DayProfile.objects.filter(name=name, **of).exists()
        or Latest.objects.filter(topic=f"quality_report:{name}", **of).exists()
        or any(p.dataset == name for p in pipelines(project))
    )


def resolutions(project: Project) -> list[QualityResolution]:
    """What was decided about findings of quality reports."""
    rows = DocumentRow.objects.filter(
        project=project, kind="quality_resolution", present=True, withdrawn=False
    )
    return [QualityResolution.model_validate(json.loads(row.body)) for row in rows.order_by("key")]


def resolution_key(project: Project, decision: QualityResolution) -> str:
    """The key of the document that says what is decided about this finding: of the one there is, else a new one."""
    rows = DocumentRow.objects.filter(project=project, kind="quality_resolution", present=True)
    for row in rows.order_by("-key"):
        body = json.loads(row.body)
        if (body["dataset"], body["finding"]) == (decision.dataset, decision.finding):
            return row.key
    plain = f"{decision.dataset}-{decision.finding}"
    return plain if len(plain) <= 80 else f"{plain[:67]}-{sha256(plain.encode()).hexdigest()[:12]}"


def present_version(project: Project, name: str) -> SubjectRow | None:
    """What the project now takes for a dataset's present version."""
    return SubjectRow.objects.filter(project=project, kind="dataset", name=name).first()


def versions(project: Project, name: str, *, limit: int = SHOWN) -> list[DataVersionRow]:
    """A dataset's versions, the newest first; NotFound for a dataset without any."""
    found = list(
        DataVersionRow.objects.filter(project=project, name=name).defer("profile").order_by("-number")[:limit]
    )
    if not found:
        known = sorted({row.name for row in datasets(project)})
        raise NotFound(
            f"there is no dataset {name[:80]!r} in {project.slug}",
            rule=f"there is {', '.join(known) or 'none'}",
            todo="commit one with `sextant data commit`",
        )
    return found


def version(project: Project, name: str, number: int) -> DataVersionRow:
    """One version; NotFound for any other."""
    found = DataVersionRow.objects.filter(project=project, name=name, number=number).first()
    if found is None:
        versions(project, name, limit=1)
        raise NotFound(
            f"{name[:80]} has no version {number} in {project.slug}", todo="look at the list of its versions"
        )
    return found


def newest_profile(project: Project, name: str) -> DataVersionRow | None:
    """The newest version that was told with its profile."""
    return (
        DataVersionRow.objects.filter(project=project, name=name)
        .exclude(profile="")
        .order_by("-number")
        .first()
    )


def neighbour(project: Project, name: str, number: int, step: int) -> int | None:
    """The number of the next version before (-1) or after (1) this one."""
    found = DataVersionRow.objects.filter(project=project, name=name)
    found = found.filter(number__gt=number) if step > 0 else found.filter(number__lt=number)
    return found.order_by("number" if step > 0 else "-number").values_list("number", flat=True).first()


def day(project: Project, name: str, text: str) -> tuple[DayProfile, date | None, date | None]:
    """A day's profile (`text` is the day, as in 2026-06-01), and the days with one before and after it; NotFound for
    a day that has none."""
    rows = DayProfile.objects.filter(project=project, name=name)
    try:
        when = date.fromisoformat(text)
    except ValueError as error:
        raise NotFound(f"{text[:40]!r} is no day", rule="write it as in 2026-06-01") from error
    found = rows.filter(day=when).first()
    if found is None:
        if not known(project, name):
            versions(project, name, limit=1)
        raise NotFound(f"no profile of {name[:80]} on {when} is kept", todo="look at the days on its page")
    days = rows.values_list("day", flat=True)
    return (
        found,
        days.filter(day__lt=when).order_by("-day").first(),
        days.filter(day__gt=when).order_by("day").first(),
    )


def runs(project: Project, name: str, *, limit: int = SHOWN) -> list[Run]:
    """The latest runs that wrote or read a dataset, the newest first."""
    touched = Written.objects.filter(project=project, dataset=name).values("run")
    return list(Run.objects.filter(pk__in=touched).defer("facets").order_by("-seen_at")[:limit])


def lineage(rows: Sequence[DataVersionRow], found: Sequence[Run], name: str) -> list[Edge]:
    """Where a dataset's versions came from: by their commits, and by the runs that wrote it; the newest first."""
    edges = [
        Edge(f"version {row.number}", tuple(row.sources), row.recipe or "commit", row.at)
        for row in rows
        if row.sources or row.recipe
    ]
    from sextant.data.openlineage import key_of

    for run in found:
        written = [d["name"] for d in run.outputs if key_of(d["name"]) == name]
        if written:
            sources = tuple(d["name"] for d in run.inputs)
            edges.append(Edge(written[0], sources, run.job, run.ended_at or run.seen_at, run.state))
    return sorted(edges, key=lambda e: e.at, reverse=True)


def last_runs(found: Sequence[Run], name: str) -> list[Run]:
    """The last run of each job that writes a dataset, the newest first; `found` are runs, the newest first."""
    from sextant.data.openlineage import key_of

    last: dict[tuple[str, str], Run] = {}
    for run in found:
        if any(key_of(d["name"]) == name for d in run.outputs):
            last.setdefault((run.namespace, run.job), run)
    return list(last.values())


def dealt(project: Project, report: QualityReport | None, today: date) -> list[Dealt]:
    """The findings of a report with what was decided on each, the gravest first."""
    return dealt_with(report, resolutions(project), today) if report else []


def _reports(project: Project) -> dict[str, QualityReport]:
    """The latest quality report of every dataset."""
    latest = Latest.objects.filter(
        project=project, topic__startswith="quality_report:", model="*"
    ).select_related("evidence__record")
    read = (read_evidence(row.evidence.record.content) for row in latest)
    return {r.data.name: r for r in read if isinstance(r, QualityReport)}


def quality(project: Project, name: str) -> tuple[QualityReport, str] | None:
    """The latest quality report on a dataset, with its digest."""
    latest = (
        Latest.objects.filter(project=project, topic=f"quality_report:{name}", model="*")
        .select_related("evidence__record")
        .first()
    )
    found = latest and read_evidence(latest.evidence.record.content)
    return (found, latest.evidence.digest) if latest and isinstance(found, QualityReport) else None


def synthetic(project: Project, name: str) -> tuple[SyntheticReport, str] | None:
    """The latest comparison of its rows, which are synthetic, with real ones; with its digest."""
    latest = (
        Latest.objects.filter(project=project, topic=f"synthetic_report:{name}", model="*")
        .select_related("evidence__record")
        .first()
    )
    found = latest and read_evidence(latest.evidence.record.content)
    return (found, latest.evidence.digest) if latest and isinstance(found, SyntheticReport) else None


_RANK = ("critical", "high", "medium", "low")


def by_impact(findings: Sequence[Finding]) -> list[Finding]:
    """The gravest first; of one severity those that touch the most rows."""
    return sorted(findings, key=lambda f: (_RANK.index(f.severity), -f.count))


def as_plain(row: DataVersionRow) -> dict[str, Any]:
    """A version as the API tells it."""
    return {
        "name": row.name, "number": row.number, "digest": row.digest, "rows": row.rows, "columns": row.columns,
        "at": row.at, "by": row.by, "message": row.message, "mode": row.mode, "parent": row.parent,
        "sources": row.sources, "recipe": row.recipe, "tags": row.tags, "state": row.state, "gone_on": row.gone_on,
        "changes": row.changes or None,
    }  # fmt: skip
