"""The sheet of targets: entered, pasted, out and in as CSV, as fast as in a spreadsheet; saved whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, get_args

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone

from sextant.criteria import Criterion, Family, Origin
from sextant.errors import Conflict, InvalidInput, SextantError
from sextant.lifecycle.state import ProjectState
from sextant.problem.brief import metric_line
from sextant.problem.targets import COLUMNS, SUGGESTIONS, key_of, read_row, row_of, unbound
from sextant_server.lifecycle import csv_io
from sextant_server.people import lead
from sextant_server.problem import steps
from sextant_server.projects.frame import enter, page
from sextant_server.projects.permissions import Access
from sextant_server.records.queries import project_state

PREFIX = "t"
#: More targets than this nobody follows.
MOST = 200
_HELP = {
    "target": "with unit or %", "baseline": "the number today", "due": "a day, or 6 months after first use",
    "measured_from": "a day",
}  # fmt: skip


def _text(column: str, size: int = 0, **attrs: str) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off", **({"size": str(size)} if size else {}), **attrs})
    return forms.CharField(
        required=False, label=COLUMNS[column], help_text=_HELP.get(column, ""), max_length=4000, widget=widget
    )


class RowForm(forms.Form):
    """One target. Cells are read by `sextant.problem.targets`, so that the command line reads the same."""

    key = forms.CharField(required=False, widget=forms.HiddenInput, max_length=80)
    had = forms.CharField(required=False, widget=forms.HiddenInput, max_length=64)
    name = _text("name", 24)
    family = forms.ChoiceField(
        label=COLUMNS["family"], required=False, initial="business",
        choices=[(f, "ML" if f == "ml" else f.capitalize()) for f in get_args(Family)],
    )  # fmt: skip
    metric = _text("metric", 14, list="metrics")
    unit = _text("unit", 6, list="units")
    baseline = _text("baseline", 6)
    baseline_source = _text("baseline_source", 14)
    direction = forms.ChoiceField(
        label=COLUMNS["direction"], required=False, initial="at_least",
        choices=[("at_least", "at least"), ("at_most", "at most")],
    )  # fmt: skip
    target = _text("target", 6)
    due = _text("due", 10)
    owner = _text("owner", 10)
    measured_by = _text("measured_by", 14)
    measured_owner = _text("measured_owner", 10)
    measured_from = _text("measured_from", 9)


TargetGrid = forms.formset_factory(RowForm, extra=0, can_delete=True, max_num=MOST, absolute_max=MOST)
_CELLS = tuple(name for name in RowForm.base_fields if name != "had")


def sheet(request: HttpRequest, slug: str) -> HttpResponse:
    """All targets in one sheet. What a row says twice about is asked, and stands if one says that it is meant so."""
    found: Access = enter(request, slug, "edit" if request.method == "POST" else "view")
    state = project_state(found.project)
    listed = {k: c for k, c in state.criteria.items() if c.role == "target"}
    rows = [{**row_of(c), "had": c.digest()} for c in listed.values()]
    if "csv" in request.GET:
        return csv_io.response(f"{slug}-targets.csv", tuple(COLUMNS), rows)
    fault, asked, grid = "", False, _grid(rows)
    if request.method == "POST":
        try:
            data = _uploaded(request, rows) if "upload" in request.POST else request.POST.copy()
        except SextantError as error:
            fault, data = str(error), _posted(rows)
        if "add" in request.POST:
            _suggest(data, request.POST["add"])
        grid = TargetGrid(data, initial=rows, prefix=PREFIX)
        if not fault and "add" not in request.POST:
            fault, asked = _save(
                found, grid, state, sure="sure" in request.POST, update="upload" in request.POST
            )
            if not fault and not asked:
                messages.success(request, "The targets are saved.")
                return redirect("target-sheet", slug)
    context = {
        "grid": grid, "fault": fault, "asked": asked, "rows": rows, "said": [metric_line(c) for c in listed.values()],
        "lead": lead.word(found.project, state), "unmeasured": list(_unmeasured(state)), "lacking": _lacking(state),
        "guardrails": [c for c in state.criteria.values() if c.role == "guardrail"],
        "suggestions": [
            (family, [(n, s) for n, s in enumerate(SUGGESTIONS) if s.family == family])
            for family in ("business", "product", "ml")
        ],
        "metrics": sorted({s.metric for s in SUGGESTIONS} | {c.metric for c in listed.values()}),
        "units": sorted({s.unit for s in SUGGESTIONS} | {c.unit for c in listed.values()}),
    }  # fmt: skip
    status = 422 if fault or asked else 200
    return page(request, found, "targets", "problem/sheet.html", context, status=status)


def _grid(rows: list[dict[str, str]]) -> Any:
    grid = TargetGrid(initial=rows, prefix=PREFIX)
    # An empty sheet invites to write: blank rows, which are no targets until they say something.
    grid.extra = 0 if rows else 3
    return grid


def _posted(rows: list[dict[str, str]]) -> QueryDict:
    """Rows as a form would send them."""
    data = QueryDict(mutable=True)
    for place, row in enumerate(rows):
        for column in (*_CELLS, "had"):
            data[f"{PREFIX}-{place}-{column}"] = row.get(column, "")
    data[f"{PREFIX}-TOTAL_FORMS"], data[f"{PREFIX}-INITIAL_FORMS"] = str(len(rows)), "0"
    return data


def _uploaded(request: HttpRequest, rows: list[dict[str, str]]) -> QueryDict:
    """The sheet with the rows of a CSV file put in: a row of a target that is there changes it, the others are new."""
    file = request.FILES.get("file")
    if file is None:
        raise InvalidInput("no file was chosen")
    merged = {row["key"]: dict(row) for row in rows}
    given = csv_io.read(file.read(), tuple(COLUMNS), needs=("name",))
    if len(given) + len(rows) > MOST:
        raise InvalidInput(f"the file has {len(given)} rows", rule=f"a sheet holds at most {MOST}")
    for number, row in enumerate(given):
        key = row.get("key") or key_of(row.get("name", "")) or f"row-{number}"
        merged[key] = {**merged.get(key, {}), **row}
    return _posted(list(merged.values()))


def _suggest(data: QueryDict, which: str) -> None:
    """Put a suggested metric into the sheet, without storing anything: into the first blank row, else a new one."""
    total = int(data.get(f"{PREFIX}-TOTAL_FORMS") or 0)
    if not which.isdigit() or int(which) >= len(SUGGESTIONS) or total >= MOST:
        return
    one = SUGGESTIONS[int(which)]
    place = next((n for n in range(total) if not data.get(f"{PREFIX}-{n}-name")), total)
    values = {
        "family": one.family, "name": one.name, "metric": one.metric, "unit": one.unit, "direction": one.direction,
        "measured_by": one.measured_by,
    }  # fmt: skip
    for column, value in values.items():
        data[f"{PREFIX}-{place}-{column}"] = value
    data[f"{PREFIX}-TOTAL_FORMS"] = str(max(total, place + 1))


def _save(found: Access, grid: Any, state: ProjectState, *, sure: bool, update: bool) -> tuple[str, bool]:
    """Store the sheet; else the fault as a sentence, and whether there are only questions. What is wrong is marked in
    its cell. With `update` a row without a key may be of a target that is there."""
    nothing = "Nothing was saved yet. See what is marked in the sheet."
    if not grid.is_valid():
        return nothing, False
    today = timezone.now().date()
    made, retire, had, places = [], [], {}, {}
    wrong = asked = False
    for form in grid.forms:
        row = form.cleaned_data
        key = row.get("key") or ""
        if not any(row.get(c) for c in _CELLS if c not in ("family", "direction")):
            continue
        before = state.criteria.get(key)
        if row.get("DELETE"):
            retire += [key] if before else []
            continue
        one, faults = _read(row, before, state, today, update=update)
        if one and one.key in places:
            form.add_error("name", "Two rows have this short name; give one of them another name.")
            wrong = True
        for each in faults:
            if each[2] and sure:
                continue
            wrong, asked = wrong or not each[2], asked or each[2]
            form.add_error(each[0] if each[0] in form.fields else "name", each[1])
        if one:
            places[one.key] = form
            made.append(one)
            if row.get("had") and before:
                had[one.key] = row["had"]
    if wrong or asked:
        return ("" if not wrong else nothing), asked and not wrong
    try:
        steps.put_targets(found.project, found.caller, made, retire=retire, had=had)
    except Conflict:
        _show_theirs(found, grid, places, had)
        return "Somebody else changed targets meanwhile. Save again to put yours in place of theirs.", False
    except SextantError as error:
        return str(error), False
    return "", False


def _read(
    row: dict[str, Any], before: Criterion | None, state: ProjectState, today: date, *, update: bool
) -> tuple[Criterion | None, list[tuple[str, str, bool]]]:
    """A row as a target, with what is wrong with it and asked about it: (column, words, whether it is a question)."""
    same = state.criteria.get(key_of(row.get("name") or "")) if before is None else None
    if same is not None and not update:
        return None, [("name", f"There is a target {same.key} already.", False)]
    one, faults = read_row(row, today=today, before=before or same)
    # What is as it was needs no second word.
    unchanged = one is not None and one == before
    return one, [(f.column, f.said, f.question) for f in faults if not (unchanged and f.question)]


def _show_theirs(found: Access, grid: Any, places: dict[str, Any], had: dict[str, str]) -> None:
    """Say beside each row that somebody else changed what it says now, and let the next saving know of it."""
    now = project_state(found.project).criteria
    for key, form in places.items():
        if key in had and key in now and now[key].digest() not in (had[key],):
            form.add_error("name", f"It says now: {metric_line(now[key])}.")
            grid.data[form.add_prefix("had")] = now[key].digest()


def _unmeasured(state: ProjectState) -> Iterator[tuple[Criterion, tuple[str, ...]]]:
    """Targets of the three kinds that nothing measures, with what is not said yet of how they will be."""
    for criterion in state.criteria.values():
        if criterion.family in ("business", "product", "ml") and criterion.key not in state.not_applicable:
            lacks = unbound(criterion)
            admitted = {*criterion.admitted_origins, *((Origin.SIMULATED,) if state.simulated else ())}
            measured = any(p.evidence.origin in admitted for p in state.proofs(criterion))
            if lacks and not measured:
                yield criterion, lacks


def _lacking(state: ProjectState) -> list[str]:
    """The kinds of which there is no target yet."""
    there = {c.family for c in state.criteria.values()}
    return [
        word
        for family, word in (("business", "business"), ("product", "product"), ("ml", "ML"))
        if family not in there
    ]
