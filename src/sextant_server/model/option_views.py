"""The page of options: side by side, costs over volume, and what would change the winner."""

from __future__ import annotations

import math

from django.http import HttpRequest, HttpResponse

from sextant.lifecycle.option_table import GIVEN, option_table, what_turns_it
from sextant_server.model.drawing import cost_chart
from sextant_server.projects.frame import enter, page
from sextant_server.records.queries import project_state


def options(request: HttpRequest, slug: str) -> HttpResponse:
    """Every way to build it against everything that counts. `w-KEY` in the address tries other weights; nothing is
    stored by that."""
    found = enter(request, slug)
    state = project_state(found.project)
    tried, faults = _tried(request, {*state.criteria, *GIVEN})
    table = option_table(state, tried)
    compared = [r for r in table.rows if not r.ruled_out]
    by_option = {s.option: s.score for s in table.ranking}
    factors = [
        f
        for f in table.factors
        if f.weight > 0 or any(r.cells[f.key].value is not None for r in (*table.rows, table.today))
    ]
    context = {
        "shown": [
            (r, [(f, r.cells[f.key]) for f in factors], by_option.get(r.key)) for r in (*compared, table.today)
        ],
        "chosen_name": table.name(table.chosen) if table.chosen else "",
        "table": table, "compared": compared, "out": [r for r in table.rows if r.ruled_out],
        "factors": factors,
        "chart": cost_chart(table, found.project.currency), "tried": tried is not None, "faults": faults,
        "ranked": [(s, table.name(s.option)) for s in table.ranking],
        "turns": [(t, table.factor(t.factor).label, table.name(t.winner)) for t in table.turns],
        "moves": [(m, table.factor(m.factor), table.name(m.option), table.name(m.winner)) for m in table.moves[:8]],
        "sensitivity": what_turns_it(table),
        "costs_by": [table.name(k) for k in table.costs],
        "crossings": [(c, table.name(c.one), table.name(c.other)) for c in table.crossings],
        "course": [(volume, table.name(key)) for volume, key in table.course],
    }  # fmt: skip
    return page(request, found, "model", "model/options.html", context)


def _tried(request: HttpRequest, known: set[str]) -> tuple[dict[str, float] | None, list[str]]:
    given = {k.removeprefix("w-"): str(v) for k, v in request.GET.items() if k.startswith("w-")}
    if not given:
        return None, []
    weights: dict[str, float] = {}
    faults = []
    for key, text in given.items():
        try:
            value = float(text or 0)
        except ValueError:
            value = math.nan
        if key not in known or not 0 <= value <= 1e6:
            faults.append(f"{key[:60]}: {text[:20]!r} is no weight; a weight is zero or more")
        else:
            weights[key] = value
    return (None, faults) if faults or not any(weights.values()) else (weights, faults)
