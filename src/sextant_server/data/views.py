"""Pages of datasets: what there is, each one's home, and each version."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse

from sextant.errors import NotFound
from sextant_server.data import queries, shown
from sextant_server.data.models import DataVersionRow
from sextant_server.projects.frame import enter, page
from sextant_server.projects.models import Project


def datasets(request: HttpRequest, slug: str) -> HttpResponse:
    """Every dataset that anything is known of, what asks for attention first."""
    found = enter(request, slug)
    entries = queries.listed(found.project, datetime.now(UTC))
    lines = [{"of": e, "open": shown.open_by_severity(e.open)} for e in entries]
    return page(request, found, "datasets", "data/datasets.html", {"entries": lines})


def dataset(request: HttpRequest, slug: str, dataset: str) -> HttpResponse:
    """A dataset's home: what is to be done about it, its profile, what is wrong, its versions, where it came from."""
    found = enter(request, slug)
    project, now = found.project, datetime.now(UTC)
    if not queries.known(project, dataset):
        raise NotFound(
            f"there is no dataset {dataset[:80]!r} in {project.slug}", todo="look at the list of datasets"
        )
    rows = _versions(project, dataset)
    runs = queries.runs(project, dataset)
    last = queries.last_runs(runs, dataset)
    fresh = next((f for f in queries.freshness(project, now) if f.dataset == dataset), None)
    told = queries.quality(project, dataset)
    report, digest = told or (None, "")
    dealt = queries.dealt(project, report, now.date())
    profiled = queries.newest_profile(project, dataset)
    profile = shown.read_profile(profiled.profile) if profiled else None
    subject = queries.present_version(project, dataset)
    context = {
        "name": dataset, "rows": rows, "newest": rows[0] if rows else None, "subject": subject, "fresh": fresh,
        "report": report, "report_digest": digest, "dealt": dealt,
        "open_count": sum(bool(d.open) for d in dealt),
        "profiled": profiled, "columns": shown.columns(profile, shown.COLUMNS) if profile else None,
        "column_count": len(profile.columns) if profile else 0,
        "lineage": queries.lineage(rows, runs, dataset), "jobs": last, "shown": queries.SHOWN,
        "pipeline": next((p for p in queries.pipelines(project) if p.dataset == dataset), None),
        "to_do": shown.to_do(
            dataset, fresh=fresh, report=report is not None, dealt=dealt, profiled=profile is not None,
            versioned=bool(rows), last_run=last[0] if last else None, report_at=report.at if report else None,
            newest=rows[0] if rows else None,
        ),
    }  # fmt: skip
    return page(request, found, "datasets", "data/dataset.html", context)


def data_version(request: HttpRequest, slug: str, dataset: str, number: int) -> HttpResponse:
    """One version: what its commit says of it, and all columns of its profile."""
    found = enter(request, slug)
    row = queries.version(found.project, dataset, number if 0 < number < 2**31 else 0)
    profile = shown.read_profile(row.profile)
    context = {
        "name": dataset,
        "version": row,
        "columns": shown.columns(profile) if profile else None,
        "earlier": queries.neighbour(found.project, dataset, number, -1),
        "later": queries.neighbour(found.project, dataset, number, 1),
    }
    return page(request, found, "datasets", "data/version.html", context)


def _versions(project: Project, name: str) -> list[DataVersionRow]:
    try:
        return queries.versions(project, name)
    except NotFound:
        return []
