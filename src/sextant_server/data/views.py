"""Pages of datasets: what there is, each one's home, versions and what differs between two, and drift by the day."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from sextant.data.profile import Profile
from sextant.errors import NotFound
from sextant_server.data import drawing, drifting, queries, shown
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
    _known(project, dataset)
    rows = _versions(project, dataset)
    runs = queries.runs(project, dataset)
    last = queries.last_runs(runs, dataset)
    fresh = next((f for f in queries.freshness(project, now) if f.dataset == dataset), None)
    told = queries.quality(project, dataset)
    report, digest = told or (None, "")
    dealt = queries.dealt(project, report, now.date())
    likeness, likeness_digest = queries.synthetic(project, dataset) or (None, "")
    profiled = queries.newest_profile(project, dataset)
    profile = shown.read_profile(profiled.profile) if profiled else None
    subject = queries.present_version(project, dataset)
    context = {
        "name": dataset, "rows": rows, "newest": rows[0] if rows else None, "subject": subject, "fresh": fresh,
        "report": report, "report_digest": digest, "dealt": dealt,
        "likeness": likeness, "likeness_digest": likeness_digest,
        "open_count": sum(bool(d.open) for d in dealt),
        "profiled": profiled, "columns": shown.columns(profile, shown.COLUMNS) if profile else None,
        "column_count": len(profile.columns) if profile else 0,
        "lineage": shown.steps(queries.lineage(rows, runs, dataset)[:12], queries.names(project) - {dataset}),
        "jobs": last, "shown": queries.SHOWN,
        "day_count": len(drifting.days(project, dataset)),
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


def data_diff(request: HttpRequest, slug: str, dataset: str, before: int, after: int) -> HttpResponse:
    """What differs between two versions: rows where somebody compared them, columns, and how values are spread."""
    found = enter(request, slug)
    old, new = (queries.version(found.project, dataset, n if 0 < n < 2**31 else 0) for n in (before, after))
    was, now = (shown.read_profile(row.profile) for row in (old, new))
    context = {
        "name": dataset, "before": old, "after": new, "before_text": str(old.number), "after_text": str(new.number),
        "changes": new.changes if new.changes.get("against") == old.number else None,
        "schema": shown.schema_diff(old, new),
        "moved": shown.moved(was, now) if was and now else None,
    }  # fmt: skip
    return page(request, found, "datasets", "data/diff.html", context)


def data_drift(request: HttpRequest, slug: str, dataset: str) -> HttpResponse:
    """How a dataset's days moved away from a reference: a map of features by days."""
    found = enter(request, slug)
    project = found.project
    _known(project, dataset)
    days = drifting.days(project, dataset)
    against = drifting.reference(project, dataset, request.GET.get("against", "")) if days else None
    heat = drifting.heat(project, dataset, against, days) if against else None
    last = (
        [heat.cells[f, days[-1].day] for f in heat.features if (f, days[-1].day) in heat.cells]
        if heat
        else []
    )
    context = {
        "name": dataset, "days": days, "against": against, "heat": heat, "map": drawing.drawn(heat) if heat else None,
        "offered": drifting.offered(project, dataset) if days else [],
        "lately": [(c, drawing.words(c)) for c in last if c.verdict == "drifted"],
        "checks": drifting.last_checks(project, dataset)[:24],
        "days_last": days[-1].day.isoformat() if days else "",
        "simulated": any(d.origin == "simulated" for d in days),
    }  # fmt: skip
    return page(request, found, "datasets", "data/drift.html", context)


def data_drift_cell(request: HttpRequest, slug: str, dataset: str, day: str) -> HttpResponse:
    """One feature on one day: both distributions over each other, and what is said of them."""
    found = enter(request, slug)
    project, feature = found.project, request.GET.get("feature", "")
    if not feature:
        return redirect("data-drift", slug, dataset)
    row, earlier, later = queries.day(project, dataset, day)
    against = drifting.reference(project, dataset, request.GET.get("against", ""))
    if against is None:
        raise NotFound(f"there is nothing to compare {dataset[:80]} with", todo="keep a version of it")
    threshold = drifting.threshold_of(project)
    one = drifting.cell(against, row, feature, threshold)
    columns = [Profile.read(text)[feature] for text in (against.text, row.profile)]
    context = {
        "name": dataset, "day": row, "feature": feature, "against": against, "drift": one, "threshold": threshold,
        "verdict": {"drifted": "unmet", "steady": "met", "open": "not_enough"}.get(one.verdict, "missing"),
        "overlay": drawing.overlay(*columns), "earlier": earlier, "later": later,
        "compared": one.verdict != "not_compared",
        "distances": [(shown.DISTANCES.get(k, k), v) for k, v in one.distances.items()],
    }  # fmt: skip
    return page(request, found, "datasets", "data/cell.html", context)


def _known(project: Project, name: str) -> None:
    if not queries.known(project, name):
        raise NotFound(
            f"there is no dataset {name[:80]!r} in {project.slug}", todo="look at the list of datasets"
        )
