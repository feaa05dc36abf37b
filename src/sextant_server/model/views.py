"""Pages of runs: the matrix of requirements, one run, several side by side, and how runs are read."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from sextant.errors import InvalidInput, SextantError
from sextant.lifecycle.matrix import Row, main_target, trade_offs, trend, trend_sentence
from sextant.model.documents import ModelRequirements, RunMeasures
from sextant.model.runs import measures_of
from sextant.stats.intervals import difference_proportions
from sextant_server.model import actions, drawing, queries
from sextant_server.model.forms import NameForm
from sextant_server.problem.writing import Writing
from sextant_server.projects.frame import enter, page, put_beside, sent

#: How many runs stand side by side.
MOST_COMPARED = 6


def runs(request: HttpRequest, slug: str) -> HttpResponse:
    """Every run against every requirement; how the main target is heading; what is traded for what."""
    found = enter(request, slug)
    project = found.project
    chosen = _whole(request.GET.get("experiment", ""))
    board = queries.board(project, experiment=chosen)
    main = main_target(board.columns)
    points = trend(board.rows, main.key) if main else []
    trades = trade_offs(board.rows, board.columns)
    requirements = board.state.one(ModelRequirements)
    trackers = queries.trackers(project)
    context = {
        "board": board, "rows": board.rows[: queries.SHOWN], "shown": min(len(board.rows), queries.SHOWN),
        "main": main, "points": [(p.at, p.value, p.lower, p.upper) for p in points],
        "said": trend_sentence(points, main) if main else "",
        "trades": trades, "scatter": drawing.scatter(trades, board.rows) if trades is not None else None,
        "front": [r for r in board.rows if r.id in trades.best][:12] if trades is not None else [],
        "ready": [r for r in board.rows if r.ready][:5],
        "requirements": requirements, "trackers": trackers, "experiments": queries.experiments(project),
        "experiment": chosen, "measures": queries.measures(project),
        "broken": [t for t in trackers if t.fault],
    }  # fmt: skip
    return page(request, found, "runs", "model/runs.html", context)


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and int(text) < 2**63 else None


def run(request: HttpRequest, slug: str, run_id: int) -> HttpResponse:
    """One run: its verdicts, how its metrics went, and which version it is."""
    found = enter(request, slug, "evidence" if request.method == "POST" else "view")
    row = queries.run(found.project, run_id)
    form = NameForm(sent(request), initial={"model": row.model.removeprefix("model:")})
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.name_run(found.project, found.caller, row.pk, form.cleaned_data["model"])
        except SextantError as error:
            if isinstance(error, InvalidInput) and error.where is None:
                error.where = "model"
            put_beside(form, error)
        else:
            if not form.cleaned_data["model"]:
                messages.success(request, "The run has no version any more. Proof that is stored stays.")
            else:
                messages.success(
                    request, f"Kept. {made.stored} new records of proof follow from its numbers."
                )
            for _, why in made.refused:
                messages.warning(request, f"A number of it is no proof: {why}.")
            return redirect("training-run", slug, row.pk)
    board = queries.board(found.project, only=[row.pk])
    said = queries.read_run(row)
    context = {
        "row": row, "run": said, "cells": board.rows[0].cells if board.rows else (),
        "histories": [
            (h.metric, [(p[0], _real(p[2])) for p in h.points]) for h in queries.histories(row) if len(h.points) > 1
        ][:12],
        "metrics": sorted(said.metrics.items()), "parameters": sorted(said.parameters.items()),
        "tags": sorted(said.tags.items()), "form": form,
        "read_as": [(c.criterion, measures_of(queries.measures(found.project), c.criterion)) for c in board.columns],
    }  # fmt: skip
    return page(request, found, "runs", "model/run.html", context, status=422 if form.errors else 200)


def _real(value: Any) -> float | None:
    """A stored point's value; nan and infinity are stored as texts, and leave a gap."""
    return None if isinstance(value, str) else value


def compare(request: HttpRequest, slug: str) -> HttpResponse:
    """Up to six runs side by side: verdicts, and where their parameters and metrics differ."""
    found = enter(request, slug)
    numbers = list(dict.fromkeys(n for n in map(_whole, request.GET.getlist("run")) if n))[:MOST_COMPARED]
    board = queries.board(found.project, only=numbers) if numbers else None
    rows = board.rows if board else []
    context: dict[str, Any] = {
        "board": board, "rows": rows, "most": MOST_COMPARED,
        "requirements": [
            (c, [r.cells[i] for r in rows], _apart(rows, i)) for i, c in enumerate(board.columns)
        ] if board else [],
        "parameters": _side_by_side(rows, "parameters"),
        "metrics": _side_by_side(rows, "metrics"),
    }  # fmt: skip
    return page(request, found, "runs", "model/compare.html", context)


def _apart(rows: list[Row], place: int) -> str:
    """Of two runs: whether their numbers for a requirement differ by more than chance, where both are shares of rows."""
    if len(rows) != 2:
        return ""
    one, other = (r.cells[place].verdict for r in rows)
    criterion = rows[0].cells[place].criterion
    if criterion.unit != "share" or None in (one.value, other.value, one.n, other.n, one.lower, other.lower):
        return ""
    hits = [round((v.value or 0) * (v.n or 0)) for v in (one, other)]
    found = difference_proportions(hits[0], one.n or 0, hits[1], other.n or 0)
    if found.lower <= 0 <= found.upper:
        return "The difference may be chance."
    return f"The {'first' if found.value > 0 else 'second'} is higher by more than chance makes."


def _side_by_side(rows: list[Row], what: str) -> list[tuple[str, list[Any], bool]]:
    """Each name with every run's value and whether they differ, those that differ first."""
    values = [getattr(r.run, what) for r in rows]
    names = sorted({name for own in values for name in own})
    found = []
    for name in names[:200]:
        own = [v.get(name) for v in values]
        plain = [getattr(o, "value", o) for o in own]
        found.append((name, plain, len({str(p) for p in plain}) > 1))
    return sorted(found, key=lambda f: (not f[2], f[0]))


def measures(request: HttpRequest, slug: str) -> HttpResponse:
    """Which number of a run measures which target: a line each. Saving it looks at every named run again."""
    found = enter(request, slug, "edit" if request.method == "POST" else "view")
    writing = Writing(request, found, RunMeasures)
    if request.method == "POST" and writing.stored():
        made = actions.settle(found.project, found.caller)
        messages.success(request, f"Kept. {made.stored} new records of proof follow from it.")
        return redirect("runs", slug)
    board = queries.board(found.project, limit=20)
    names = sorted({name for r in board.rows for name in r.run.metrics})
    context = {
        **writing.context(), "columns": board.columns, "names": names[:100],
        "read_as": [(c.criterion, measures_of(writing.written, c.criterion)) for c in board.columns],
    }  # fmt: skip
    return page(
        request,
        found,
        "runs",
        "model/measures.html",
        context,
        status=writing.status if request.method == "POST" else 200,
    )
