"""The page of the return: guesses in, the range of what may come of them out, worked out anew as one types."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from sextant.errors import SextantError
from sextant.problem.brief import returns
from sextant.problem.documents import Roi
from sextant.problem.roi import outlook
from sextant_server.problem.roi_drawing import histogram, tornado
from sextant_server.problem.writing import Writing
from sextant_server.projects.frame import enter, page
from sextant_server.projects.permissions import Access

SPREADS = ("benefit", "build", "run")
REST = ("build_months", "months", "discount_rate", "seed")
BARS = ("bar_median", "bar_chance_of_loss")


def roi(request: HttpRequest, slug: str) -> HttpResponse:
    """Three guesses of each amount; the range of the return, the chance of a loss, the payback, and what it hangs on."""
    found: Access = enter(request, slug, "edit" if request.method == "POST" else "view")
    writing = Writing(request, found, Roi)
    if request.method == "POST":
        if "preview" in request.POST:
            said = {"project": found.project, **_result(writing, found.project.currency)}
            return render(request, "problem/roi_result.html", said)
        if writing.stored():
            messages.success(request, "The calculation is saved.")
            return redirect("roi", slug)
    form = writing.form
    context = {
        **writing.context(),
        **_result(writing, found.project.currency),
        "spreads": [
            {
                "name": name, "title": Roi.model_fields[name].title, "help": Roi.model_fields[name].description,
                "form": form.groups[name],
            }
            for name in SPREADS
        ],
        "rest": [form.main[name] for name in REST],
        "bars": [form.main[name] for name in BARS],
    }  # fmt: skip
    status = writing.status if request.method == "POST" else 200
    return page(request, found, "problem", "problem/roi.html", context, status=status)


def _result(writing: Writing[Roi], currency: str) -> dict[str, Any]:
    """What `problem/roi_result.html` reads: of what was just typed, else of what is stored."""
    document = writing.written or Roi()
    if writing.form.bound:
        if not writing.form.is_valid():
            return {"waits": "Some of it cannot be read yet.", "faults": _faults(writing)}
        document = writing.sent
    if document.unset:
        return {"waits": f"Still to be filled in: {', '.join(document.unset)}.", "faults": []}
    try:
        found = outlook(document)
    except SextantError as error:
        return {"waits": str(error), "faults": []}
    return {
        "outlook": found, "roi": document, "currency": currency, "said": returns(document, currency),
        "histogram": histogram(found, currency), "tornado": tornado(found),
        "fan": [(m.month, m.median, m.low, m.high) for m in found.months],
        "bar": {
            "median": "median" not in found.faults, "chance": "chance_of_loss" not in found.faults,
        },
    }  # fmt: skip


def _faults(writing: Writing[Roi]) -> list[str]:
    """What is wrong with the guesses, each with the amount that it is about."""
    found = []
    for name, form in (("", writing.form.main), *writing.form.groups.items()):
        about = f"{Roi.model_fields[name].title}: " if name else ""
        for field, errors in form.errors.items():
            label = "" if field == "__all__" else f"{form.fields[field].label}: "
            found += [f"{about}{label}{error}" for error in errors]
    return found + writing.form.faults
