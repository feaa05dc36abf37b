"""Pages of the numbers from elsewhere: all targets that take them, one with its history, the files that show them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from sextant.criteria import Criterion
from sextant.errors import InvalidInput, NotFound, SextantError
from sextant.problem.amounts import amount
from sextant.problem.declared import MOST_ROWS, Reading, read_rows, refuse_undeclarable
from sextant_server.problem import numbers, rereading, sources, steps
from sextant_server.projects.frame import enter, page, put_beside
from sextant_server.projects.overview import Target
from sextant_server.projects.permissions import Access
from sextant_server.records import actions, queries
from sextant_server.records.models import EvidenceRow

_DAY = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class ValueForm(forms.Form):
    """One number, with the file that shows it."""

    value = forms.CharField(
        label="Number", max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="With its unit or without: 0.6, 60 %, 1,200 EUR.",
    )  # fmt: skip
    source = forms.CharField(
        label="Where it comes from", max_length=500, help_text="The dashboard or report."
    )
    day = forms.DateField(label="As of", widget=_DAY)
    aim = forms.CharField(
        label="What was aimed at", max_length=40, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="For that day, if the source says so.",
    )  # fmt: skip
    attachment = forms.FileField(
        label="Attachment", required=False,
        help_text=f"A file that shows it, at most {actions.MAX_ATTACHMENT // 1024 // 1024} MB. It can be erased later.",
    )  # fmt: skip


class RowsForm(forms.Form):
    """Many numbers, pasted."""

    rows = forms.CharField(
        label="Rows", max_length=200_000, widget=forms.Textarea(attrs={"rows": 6}),
        help_text=f"A day, a value, and if you like what was aimed at, in each row; at most {MOST_ROWS:,} rows.",
    )  # fmt: skip
    source = forms.CharField(
        label="Where they come from", max_length=500, help_text="The dashboard or report."
    )


class SqlForm(forms.Form):
    """Numbers read from a database that whoever runs the server has named."""

    source = forms.ChoiceField(label="Database")
    sql = forms.CharField(
        label="SQL", max_length=sources.LONGEST, widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text="One SELECT whose columns are a day, a value and, if you like, what was aimed at.",
    )  # fmt: skip
    again = forms.ChoiceField(
        label="Read it again", choices=list(rereading.CHOICES.items()), required=False,
        help_text="By itself, besides when somebody asks. Days and weeks are those of UTC.",
    )  # fmt: skip


def listed(request: HttpRequest, slug: str) -> HttpResponse:
    """Every target that takes declared numbers, with its latest one, how it moved, and the way to enter the next."""
    found = enter(request, slug)
    state = queries.project_state(found.project)
    known = numbers.histories(found.project)
    takes = numbers.declarable(state.criteria.values())
    kept = rereading.standings(found.project, timezone.now())
    rows = [
        _line(Target(c, state.verdict(c.key)), known.get(c.key, [])) | {"kept": kept.get(c.key)}
        for c in takes
    ]
    context = {
        "rows": rows, "others": [c for c in state.criteria.values() if c not in takes],
        "sources": sources.sources_of(settings.SOURCES, slug),
    }  # fmt: skip
    return page(request, found, "targets", "problem/numbers.html", context)


def _line(one: Target, known: list[numbers.Number]) -> dict[str, Any]:
    """A target as a row of the list."""
    return {"t": one, "last": known[0] if known else None, "trend": numbers.trend(known, one.criterion)}


def target(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """The declared numbers of one target: their history, and three ways to enter more."""
    found: Access = enter(request, slug, "evidence" if request.method == "POST" else "view")
    state = queries.project_state(found.project)
    if key not in state.criteria:
        raise NotFound(f"there is no target {key!r} in {slug}", todo="look at the list of targets")
    criterion = state.criteria[key]
    entering = _Entering(request, found, criterion, slug)
    if request.method == "POST" and entering.done():
        new = sum(made for _, made in entering.stored)
        same = len(entering.stored) - new
        if entering.sent == "again":
            messages.success(
                request, f"It is read again {rereading.CHOICES[entering.again.cleaned_data['again']]}."
            )
            return redirect("target-numbers", slug, key)
        said = f"{new} number{'s' * (new != 1)} stored." if new or not same else "These were there already."
        messages.success(request, said + (f" {same} were there already." if new and same else ""))
        return redirect("target-numbers", slug, key)
    known = numbers.history(found.project, criterion)
    context: dict[str, Any] = {
        "t": Target(criterion, state.verdict(key)), "history": known, "trend": numbers.trend(known, criterion),
        "points": [(n.day, n.evidence.value) for n in reversed(known)], "aims": any(n.evidence.aim is not None for n in known),
        "refused": entering.refused, "forms": entering, "sources": entering.sources,
    }  # fmt: skip
    status = 422 if request.method == "POST" and not entering.preview else 200
    return page(request, found, "targets", "problem/target_numbers.html", context, status=status)


class AgainForm(forms.Form):
    """How often the kept query is read by the worker."""

    again = forms.ChoiceField(label="Read it again", choices=list(rereading.CHOICES.items()))


class _Entering:
    """The three forms of a target's page, of which at most one was sent."""

    def __init__(self, request: HttpRequest, found: Access, criterion: Criterion, slug: str) -> None:
        self.found, self.criterion = found, criterion
        self.sources = sources.sources_of(settings.SOURCES, slug)
        self.sent = next((w for w in ("value", "rows", "sql", "again") if f"enter-{w}" in request.POST), "")
        self.trying = "try" in request.POST
        self.sent = "sql" if self.trying else self.sent
        data: dict[str, Any] = {self.sent: request.POST}
        files = request.FILES if self.sent == "value" else None
        self.value = ValueForm(data.get("value"), files, prefix="v", initial={"day": timezone.now().date()})
        self.rows = RowsForm(data.get("rows"), prefix="r")
        self.kept = rereading.standing(found.project, criterion.key, timezone.now())
        query = self.kept.query if self.kept else None
        first = {"source": query.source, "sql": query.sql} if query else {}
        self.again = AgainForm(data.get("again"), prefix="a", initial=first)
        self.sql = SqlForm(data.get("sql"), prefix="s", initial=first)
        if query:
            del self.sql.fields["again"]  # how often stands by itself then
        field = self.sql.fields["source"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(s.name, f"{s.name} ({s.kind})") for s in self.sources]
        self.stored: list[tuple[EvidenceRow, bool]] = []
        self.preview: list[Reading] = []
        self.refused = ""
        try:
            refuse_undeclarable(criterion)
        except InvalidInput as error:
            self.refused = f"{error.what[:1].upper()}{error.what[1:]}: {error.rule}."

    def done(self) -> bool:
        """Store what was sent, or note what is wrong with it beside its field."""
        form: forms.Form | None = {
            "value": self.value,
            "rows": self.rows,
            "sql": self.sql,
            "again": self.again,
        }.get(self.sent)
        if form is None or not form.is_valid():
            return False
        try:
            self._store(form.cleaned_data)
        except SextantError as error:
            put_beside(form, error)
            return False
        return not self.trying

    def _store(self, data: dict[str, Any]) -> None:
        project, caller, criterion = self.found.project, self.found.caller, self.criterion
        if self.sent == "again":
            steps.change_again(project, caller, criterion.key, data["again"])
            return
        if self.sent == "sql":
            source = sources.find(settings.SOURCES, project.slug, data["source"])
            if self.trying:
                self.preview = sources.readings(source, data["sql"])
            else:
                self.stored = steps.declare_by_sql(
                    project, caller, criterion, source, data["sql"], again=data.get("again") or None
                )
            return
        file = None
        if self.sent == "rows":
            given = read_rows(data["rows"], criterion.unit, today=timezone.now().date())
        else:
            given = [
                Reading(
                    data["day"],
                    self._amount(data, "value"),
                    self._amount(data, "aim") if data["aim"] else None,
                )
            ]
            if data["attachment"] is not None:
                file = (data["attachment"].name, _content(data["attachment"]))
        self.stored = steps.declare_numbers(
            project, caller, criterion, given, source=data["source"], file=file
        )

    def _amount(self, data: dict[str, Any], name: str) -> float:
        try:
            return amount(data[name], self.criterion.unit)
        except InvalidInput as error:
            error.where = name
            raise


def _content(file: Any) -> bytes:
    if file.size > actions.MAX_ATTACHMENT:
        raise InvalidInput(
            f"the file has {file.size:,} bytes", where="attachment",
            rule=f"at most {actions.MAX_ATTACHMENT // 1024 // 1024} MB",
        )  # fmt: skip
    return bytes(file.read())


def attachment(request: HttpRequest, slug: str, digest: str) -> HttpResponse:
    """A file that shows a number, to save: never opened on the site's own address."""
    found = enter(request, slug)
    row = queries.attachment(found.project, digest, content=True)
    if row is None or row.erased_at:
        when = f"; it was erased on {row.erased_at:%Y-%m-%d}" if row and row.erased_at else ""
        raise NotFound(f"there is no attachment {digest[:12]}{when}")
    response = HttpResponse(bytes(row.content), content_type="application/octet-stream")
    name = "".join(c if c.isalnum() or c in "._- " else "_" for c in row.name) or "attachment"
    response["Content-Disposition"] = f'attachment; filename="{name.encode("ascii", "replace").decode()}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def erase(request: HttpRequest, slug: str, digest: str) -> HttpResponse:
    """Take a file away for good; the number that it showed stays, with the file's digest."""
    found = enter(request, slug, "manage")
    if request.method == "POST":
        actions.erase_attachment(found.project, found.caller, digest)
        messages.success(request, "The file is erased. Its digest stays in the proof.")
    return redirect("proof", slug)
