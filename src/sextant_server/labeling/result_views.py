"""Pages of what came of a round: its results, and the items that an expert settles."""

from __future__ import annotations

import math
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from sextant.errors import SextantError
from sextant_server.labeling import actions, export, marking, queries, results, ruling_actions
from sextant_server.labeling.answers import typed_spans, written
from sextant_server.labeling.label_views import controls
from sextant_server.labeling.models import Round
from sextant_server.labeling.round_views import item_shown
from sextant_server.projects.frame import enter, page
from sextant_server.projects.permissions import Access

#: An item whose label is less sure than this is looked at by an expert.
UNSURE = 0.9
METHOD_WORDS = {
    "dawid_skene": "Dawid–Skene", "weighted": "Weighted by accuracy on known items", "majority": "Majority",
}  # fmt: skip


def result_page(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Agreement, accuracy, one label an item, cost; and the button that puts the proof into the log."""
    found = enter(request, slug, "evidence" if request.method == "POST" else "view")
    row = queries.round_of(found.project, key)
    fault = None
    if request.method == "POST":
        try:
            stored = ruling_actions.prove(found.project, found.caller, row)
        except SextantError as error:
            fault = error
        else:
            messages.success(
                request, f"{len(stored)} piece{'s' * (len(stored) != 1)} of proof stand in the log."
            )
            return redirect("labeling-results", slug, key)
    return page(
        request, found, "data", "labeling/results.html", {"fault": fault, **_context(found, row, request.GET.get("method", ""))},
        status=fault.status if fault else 200,
    )  # fmt: skip


def _context(found: Access, row: Round, asked: str) -> dict[str, Any]:
    made = results.results(row)
    guideline, _ = actions.guideline_of(found.project, row.guideline)
    method = asked if asked in made.chosen else next(iter(made.chosen), "")
    chosen = made.chosen.get(method, [])
    names = {str(r.number): r.called for r, _, _ in made.raters}
    unsure = [c for c in chosen if c.by == "labelers" and (c.tied or c.sure < UNSURE)]
    share = lambda label: sum(c.label == label for c in chosen)  # noqa: E731
    labels = list(dict.fromkeys([*guideline.choices, *(c.label for c in chosen)]))
    agreed = made.agreement
    alpha = agreed.alpha if agreed else None
    return {
        "round": row, "p": queries.progress(row), "r": made, "g": guideline, "method": method,
        "fits": _fits(alpha, guideline.agreement_bar),
        "methods": [(name, METHOD_WORDS[name], name == method, made.errors.get(name)) for name in made.chosen],
        "counts": [(label, share(label), share(label) / len(chosen)) for label in labels[:50] if chosen and share(label)],
        "unsure": len(unsure), "chosen": len(chosen), "alpha": alpha,
        "by_label": agreed.by_label if agreed else (),
        "pairs": [(names.get(p.one, p.one), names.get(p.other, p.other), p) for p in (agreed.pairs[:10] if agreed else ())],
        "course": made.course, "steps": [(str(s.count), s.right) for s in made.steps[:8]], "step_items": made.steps[:8],
        "gain": _gain(made.steps, row.labelers), "raters": made.raters, "state": queries.STATES[row.state],
        "currency": found.project.currency, "fastest": _pace(made), "stale": queries.progress(row).stale,
        "proved": queries.proved(row), "swayed": marking.swayed(row),
    }  # fmt: skip


def _fits(alpha: Any, bar: float) -> str:
    """How the agreement stands to its bar, as a verdict."""
    if alpha is None or alpha.undefined:
        return "missing"
    return "met" if alpha.lower >= bar else "unmet" if alpha.upper < bar else "not_enough"


def _gain(steps: Any, labelers: int) -> tuple[int, float, float] | None:
    """What one labeler an item more than there are brings: how right it is now and then."""
    by = {s.count: s.right for s in steps}
    return (labelers, by[labelers], by[labelers + 1]) if labelers in by and labelers + 1 in by else None


def _pace(made: results.Results) -> list[str]:
    """Labelers who are more than three times as quick as the middle one: perhaps they do not read."""
    paces = sorted(p for _, _, p in made.raters if not math.isnan(p))
    if len(paces) < 3:
        return []
    middle = paces[len(paces) // 2]
    return [r.called for r, _, p in made.raters if not math.isnan(p) and r.given >= 10 and p * 3 < middle]


def rulings(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """The items that labelers do not settle, the most disputed first, for an expert to decide."""
    found = enter(request, slug, "edit" if request.method == "POST" else "view")
    row = queries.round_of(found.project, key)
    guideline, _ = actions.guideline_of(found.project, row.guideline)
    fault, at = None, 0
    if request.method == "POST":
        number = request.POST.get("number", "")
        at = int(number) if number.isdigit() and len(number) < 9 else 0
        try:
            ruling_actions.rule(
                found.project,
                found.caller,
                row,
                at,
                _sent(request, row, at, guideline),
                request.POST.get("why", ""),
            )
        except SextantError as error:
            fault = error
        else:
            messages.success(request, "Decided. It is this item's label from here on.")
            return redirect("labeling-rulings", slug, key)
    asked: dict[int, Any] = {}
    if (one := request.GET.get("item", "")).isdigit() and len(one) < 9:
        # What a model contradicts is looked at here too.
        asked = {i.number: i for i in row.items.filter(number=int(one), is_gold=False)}
    asked |= {i.number: i for i in queries.disputed(row, 20)}
    if len(asked) < 20 and row.purpose == "labels":
        made = results.results(row)
        chosen = next(iter(made.chosen.values()), [])
        unsure = sorted(
            (c for c in chosen if c.by == "labelers" and (c.tied or c.sure < UNSURE)), key=lambda c: c.sure
        )
        numbers = [c.number for c in unsure if c.number not in asked][: 20 - len(asked)]
        # One that still gets labels may be decided too: then it gets no more.
        found_items = row.items.filter(number__in=numbers, state__in=("settled", "open"), given__gt=0)
        asked |= {i.number: i for i in sorted(found_items, key=lambda i: numbers.index(i.number))}
    labels = queries.labels_of(list(asked.values()))
    cards = [
        {**item_shown(i, found, row), "labels": [(d, written(d.answer)) for d in labels[i.pk]],
         "choices": controls(guideline, None),
         "fault": fault if i.number == at else None}
        for i in asked.values()
    ]  # fmt: skip
    context = {
        "round": row, "g": guideline, "cards": cards, "fault": fault if at not in asked else None,
        "told": [(r, written(r.answer)) for r in queries.rulings(row)],
    }  # fmt: skip
    return page(
        request, found, "data", "labeling/rulings.html", context, status=fault.status if fault else 200
    )


def _sent(request: HttpRequest, row: Round, number: int, guideline: Any) -> dict[str, Any]:
    sent = request.POST
    given: dict[str, Any] = {
        "value": sent.get("value"),
        "text": sent.get("text"),
        "values": sent.getlist("values"),
    }
    if guideline.answer == "choices" and not given["values"] and not sent.get("none"):
        given["values"] = None
    if guideline.answer == "spans":
        item = row.items.filter(number=number).first()
        text = str(item.content.get("text", "")) if item else ""
        given["spans"] = typed_spans(text, sent.get("lines", ""), guideline.choices)
    return given


def labels_file(request: HttpRequest, slug: str, key: str, shape: str, ending: str) -> HttpResponse:
    """The labels as a file."""
    found = enter(request, slug)
    return export.response(
        queries.round_of(found.project, key), shape, ending, request.GET.get("method", "dawid_skene")
    )
