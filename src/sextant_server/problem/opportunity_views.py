"""Pages of the opportunities: the list as a grid and as a ranking, and opening a project from one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from sextant.errors import Conflict, InvalidInput, SextantError
from sextant.problem.opportunities import ASKS, SIDES, Opportunity, Scored, rank, read_weights, tips
from sextant_server.lifecycle import csv_io
from sextant_server.problem import opportunity_actions as actions
from sextant_server.problem import queries
from sextant_server.problem.forms import OpenForm, OpportunityGrid, WeightsForm
from sextant_server.problem.models import OpportunityRow
from sextant_server.projects.frame import put_beside, sent
from sextant_server.projects.permissions import Caller, caller

COLUMNS = OpportunityRow.FIELDS


@login_required
def opportunities(request: HttpRequest) -> HttpResponse:
    """The list: ranked by stated weights, to be edited as a sheet, to go out and come in as CSV."""
    who = caller(request)
    actions.require_weighing(who)
    rows = queries.opportunities()
    weights = queries.weights()
    if "csv" in request.GET:
        scores = {s.opportunity.key: s.score for s in rank([r.opportunity() for r in rows], weights)}
        plain = [{**row.plain(), "score": scores[row.key]} for row in rows]
        return csv_io.response("opportunities.csv", (*COLUMNS, "score"), plain)
    grid, weighing = _grid(rows), WeightsForm(weights=weights)
    fault: SextantError | str = ""
    if request.method == "POST" and "weigh" in request.POST:
        weighing = WeightsForm(request.POST, weights=weights)
        if weighing.is_valid():
            try:
                actions.put_weights(who, read_weights(weighing.cleaned_data))
            except SextantError as error:
                put_beside(weighing, error)
            else:
                messages.success(request, "The weights are saved. The ranking follows them.")
                return redirect("opportunities")
    elif request.method == "POST":
        grid, fault = _store(request, who, rows)
        if not fault:
            messages.success(request, "The list is saved.")
            return redirect("opportunities")
    said = [row.opportunity() for row in rows]
    context = {
        "grid": grid, "weighing": weighing, "fault": fault, "rows": rows, "ranked": _ranked(rows, said, weights),
        "tips": tips(said, weights), "weights": [(s, weights.share(s)) for s in SIDES], "asks": ASKS.items(),
        "changed": _changed(grid, rows) if isinstance(fault, Conflict) else [],
    }  # fmt: skip
    status = (409 if isinstance(fault, Conflict) else 422) if fault or weighing.errors else 200
    return render(request, "problem/opportunities.html", context, status=status)


def _grid(rows: list[OpportunityRow]) -> Any:
    """The list as a grid. An empty one invites to write: three blank lines."""
    grid = OpportunityGrid(initial=[{**row.plain(), "seen": row.seen} for row in rows], prefix="list")
    grid.extra = 0 if rows else 3
    return grid


def _store(request: HttpRequest, who: Caller, rows: list[OpportunityRow]) -> tuple[Any, SextantError | str]:
    """Store what was typed or uploaded; the grid to show if that failed, and why it did."""
    if "upload" in request.POST:
        try:
            file = request.FILES.get("file")
            if file is None:
                raise InvalidInput("no file was chosen", todo="choose a CSV file first")
            # A score is worked out, not taken: a list that went out with scores comes in again.
            listed = csv_io.read(file.read(), (*COLUMNS, "score"), needs=("title",))
            actions.put_opportunities(who, listed, by_title=True)
        except SextantError as error:
            return _grid(rows), error
        return _grid(rows), ""
    grid = OpportunityGrid(request.POST, prefix="list")
    if not grid.is_valid():
        return grid, "Nothing was saved yet. See what is marked in the grid."
    given = [form.cleaned_data for form in grid.forms if form.cleaned_data.get("title")]
    kept = [{k: v for k, v in row.items() if k != "DELETE"} for row in given if not row["DELETE"]]
    # What was emptied in the sheet is emptied in the list, so a rating that is None is said, not left out.
    try:
        actions.put_opportunities(
            who,
            [_said(row) for row in kept],
            remove=[row["key"] for row in given if row["DELETE"] and row["key"]],
        )
    except SextantError as error:
        return grid, error
    return grid, ""


def _said(row: dict[str, Any]) -> dict[str, Any]:
    return {k: "" if v is None else v for k, v in row.items()}


def _changed(grid: Any, rows: list[OpportunityRow]) -> list[OpportunityRow]:
    """The lines that somebody else changed since this sheet was read. From now on they count as read."""
    standing = {row.key: row for row in rows}
    found = []
    grid.data = grid.data.copy()
    for form in grid.forms:
        row = standing.get(form.cleaned_data.get("key", "")) if form.is_valid() else None
        if row is not None and form.cleaned_data["seen"] != row.seen:
            found.append(row)
            grid.data[f"{form.prefix}-seen"] = row.seen
    for form in grid.forms:
        form.data = grid.data
    return found


def _ranked(rows: list[OpportunityRow], said: list[Opportunity], weights: Any) -> list[dict[str, Any]]:
    by_key = {row.key: row for row in rows}
    return [{"scored": s, "row": by_key[s.opportunity.key], "why": _why(s)} for s in rank(said, weights)]


def _why(scored: Scored) -> str:
    """What the score is made of, or what is still missing for one."""
    if scored.score is None:
        return f"not rated yet: {', '.join(scored.unrated)}"
    return ", ".join(f"{side} {points:.0f}" for side, points in scored.parts.items())


@login_required
def opened(request: HttpRequest, key: str) -> HttpResponse:
    """Open a project from an opportunity."""
    who = caller(request)
    actions.require_weighing(who)
    row = queries.opportunity(key)
    form = OpenForm(sent(request), initial={"name": row.title, "rigor": "standard"})
    if request.method == "POST" and form.is_valid():
        try:
            project = actions.open_opportunity(who, row, **form.settings())
        except SextantError as error:
            put_beside(form, error)
        else:
            messages.success(request, f"{project.name} is open. Say next what the problem is.")
            return redirect("five-ws", project.slug)
    context = {"form": form, "row": row, "problem": row.problem}
    return render(request, "problem/open.html", context, status=422 if form.errors else 200)
