"""Pages with grids: the risk register and the timeline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from sextant.errors import InvalidInput, SextantError
from sextant.lifecycle.phases import BY_KEY
from sextant.lifecycle.timeline import data_share, forecast, spending, timeline
from sextant_server.lifecycle import actions, csv_io
from sextant_server.lifecycle.gantt import gantt
from sextant_server.lifecycle.grid_forms import PlanGrid, RiskGrid
from sextant_server.projects.frame import enter, page
from sextant_server.projects.permissions import Access
from sextant_server.records.models import PlanRow
from sextant_server.records.queries import plans, project_state
from sextant_server.records.queries import risks as stored_risks

RISK_COLUMNS = ("key", "phase", "text", "likelihood", "impact", "owner", "mitigation", "review_on", "status")
PLAN_COLUMNS = ("phase", *PlanRow.FIELDS)
Store = Callable[[list[dict[str, Any]]], None]


def _upload(request: HttpRequest, columns: Sequence[str], needs: Sequence[str], store: Store) -> str:
    """Store an uploaded CSV file; the fault as a sentence, or nothing."""
    try:
        file = request.FILES.get("file")
        if file is None:
            raise InvalidInput("no file was chosen")
        store(csv_io.read(file.read(), columns, needs=needs))
    except SextantError as error:
        return str(error)
    return ""


def risks(request: HttpRequest, slug: str) -> HttpResponse:
    """The risk register: a grid to edit and paste into, CSV out and in, and how the risks lie."""
    found: Access = enter(request, slug, "edit" if request.method == "POST" else "view")
    rows = [r.as_recorded() for r in stored_risks(found.project)]
    if "csv" in request.GET:
        return csv_io.response(f"{slug}-risks.csv", RISK_COLUMNS, rows)
    grid, fault = RiskGrid(initial=rows, prefix="risks"), ""
    # An empty register invites to write: two blank rows, which are no risks until they say something.
    grid.extra = 0 if rows else 2
    if request.method == "POST":
        store: Store = lambda given: actions.put_risks(found.project, found.caller, given)  # noqa: E731
        if "upload" in request.POST:
            fault = _upload(request, RISK_COLUMNS, ("text",), store)
        else:
            grid = RiskGrid(request.POST, initial=rows, prefix="risks")
            if grid.is_valid():
                try:
                    store(
                        [
                            f.cleaned_data
                            for f in grid.forms
                            if f.cleaned_data.get("text") and not f.cleaned_data["DELETE"]
                        ]
                    )
                except SextantError as error:
                    fault = str(error)
            else:
                fault = "Nothing was saved yet. See what is marked in the grid."
        if not fault:
            messages.success(request, "The risk register is saved.")
            return redirect("risks", slug)
    today = timezone.now().date()
    context = {
        "grid": grid, "fault": fault, "rows": sorted(rows, key=lambda r: -r["likelihood"] * r["impact"]),
        "overdue": [r for r in rows if r["review_on"] and r["review_on"] < today.isoformat() and r["status"] == "open"],
        "matrix": matrix(rows),
    }  # fmt: skip
    return page(request, found, "risks", "lifecycle/risks.html", context, status=422 if fault else 200)


def matrix(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Likelihood by impact, the likeliest first: how many open risks lie in each cell, and how grave the cell is."""
    lines = []
    for likelihood in range(5, 0, -1):
        cells = []
        for impact in range(1, 6):
            here = [
                r for r in rows
                if (r["likelihood"], r["impact"]) == (likelihood, impact) and r["status"] in ("open", "accepted")
            ]  # fmt: skip
            score = likelihood * impact
            cells.append(
                {"risks": here, "tone": "high" if score >= 15 else "middle" if score >= 8 else "low"}
            )
        lines.append({"likelihood": likelihood, "cells": cells})
    return lines


def _round(row: dict[str, Any]) -> dict[str, Any]:
    """Whole amounts without a fraction, as a person would type them."""
    return {k: int(v) if isinstance(v, float) and v.is_integer() else v for k, v in row.items()}


def timeline_page(request: HttpRequest, slug: str) -> HttpResponse:
    """The timeline: planned against actual, the forecast, money and effort; a grid to edit, CSV out and in."""
    found: Access = enter(request, slug, "edit" if request.method == "POST" else "view")
    stored = {r.phase: r.as_recorded() for r in plans(found.project)}
    rows = [_round(stored.get(key, {"phase": key})) for key in BY_KEY]
    if "csv" in request.GET:
        return csv_io.response(f"{slug}-timeline.csv", PLAN_COLUMNS, rows)
    grid, fault = PlanGrid(initial=rows, prefix="plan"), ""
    if request.method == "POST":
        store: Store = lambda given: actions.put_plans(found.project, found.caller, given)  # noqa: E731
        if "upload" in request.POST:
            fault = _upload(request, PLAN_COLUMNS, ("phase",), store)
        else:
            grid = PlanGrid(request.POST, initial=rows, prefix="plan")
            if grid.is_valid():
                try:
                    store([f.cleaned_data for f in grid.forms if f.cleaned_data.get("phase")])
                except SextantError as error:
                    fault = str(error)
            else:
                fault = "Nothing was saved yet. See what is marked in the grid."
        if not fault:
            messages.success(request, "The timeline is saved.")
            return redirect("timeline", slug)
    state = project_state(found.project)
    plan, ahead, money = timeline(state), forecast(state), spending(state)
    context = {
        "grid": grid, "fault": fault, "warnings": [*plan.warnings, *money.warnings],
        "plan": plan, "forecast": ahead, "spending": money,
        "share": data_share(state.plans), "chart": gantt(plan, ahead, state.now.date()),
        "lines": [{"info": BY_KEY[line.phase], "line": line} for line in plan.lines],
    }  # fmt: skip
    return page(request, found, "timeline", "lifecycle/timeline.html", context, status=422 if fault else 200)
