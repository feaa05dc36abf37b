"""A form out of a document's type: each field becomes a control, a part a group, a list of parts a grid.

The type says everything: titles are labels, descriptions are help, and pydantic's faults land beside the field that
they are about. So a new kind of document has its page the moment it is declared.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Literal, Union, get_args, get_origin

from django import forms
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from sextant.canonical import Frozen
from sextant.documents import Document
from sextant_server.records.faults import in_words

#: Short texts get one line; what a person writes sentences into gets a box.
_ONE_LINE = (
    "key",
    "name",
    "role",
    "owner",
    "unit",
    "version",
    "channel",
    "person",
    "email",
    "url",
    "flag",
    "by",
)
_MOST_ROWS = 500


def _bare(annotation: Any) -> Any:
    """The type without `| None`."""
    if get_origin(annotation) in (Union, types.UnionType):
        inner = [a for a in get_args(annotation) if a is not type(None)]
        return _bare(inner[0]) if len(inner) == 1 else annotation
    if get_origin(annotation) is not None and hasattr(annotation, "__metadata__"):
        return _bare(get_args(annotation)[0])
    return annotation


def _part(annotation: Any) -> type[BaseModel] | None:
    kind = _bare(annotation)
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _row(annotation: Any) -> type[BaseModel] | None:
    kind = _bare(annotation)
    return _part(get_args(kind)[0]) if get_origin(kind) is tuple else None


class Lines(forms.CharField):
    """Several short texts, one a line."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 4}), **options)
        if "one a line" not in self.help_text.lower():
            self.help_text = f"{self.help_text} One a line.".strip()

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> Any:
        return [line.strip() for line in str(super().clean(value) or "").splitlines() if line.strip()]


def control(name: str, info: FieldInfo, *, in_grid: bool = False) -> forms.Field:
    """One simple field as a form field. Nothing is required here: what is missing is judged by the check."""
    kind = _bare(info.annotation)
    shared: dict[str, Any] = {
        "label": info.title or name.replace("_", " ").capitalize(),
        "help_text": "" if in_grid else info.description or "",
        "required": info.is_required() and kind is not bool,
    }
    if get_origin(kind) is Literal:
        words = [(v, str(v).replace("_", " ")) for v in get_args(kind)]
        if info.default is None or info.is_required():
            words.insert(0, ("", "choose"))
        few = len(words) <= 4 and not in_grid and info.default is not None and not info.is_required()
        return forms.ChoiceField(choices=words, widget=forms.RadioSelect if few else forms.Select, **shared)
    if get_origin(kind) is tuple:
        return Lines(**shared)
    if kind is bool:
        return forms.BooleanField(**shared)
    if kind is int:
        return forms.IntegerField(**shared)
    if kind is float:
        return forms.FloatField(widget=forms.NumberInput(attrs={"step": "any"}), **shared)
    if kind is date:
        return forms.DateField(widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **shared)
    if kind is datetime:
        return forms.DateTimeField(widget=forms.DateTimeInput(attrs={"type": "datetime-local"}), **shared)
    short = in_grid or any(name == w or name.endswith(f"_{w}") for w in _ONE_LINE)
    widget = forms.TextInput() if short else forms.Textarea(attrs={"rows": 3})
    return forms.CharField(widget=widget, **shared)


def _form(model: type[BaseModel], *, in_grid: bool = False) -> type[forms.Form]:
    simple = {
        name: control(name, info, in_grid=in_grid)
        for name, info in model.model_fields.items()
        if not _part(info.annotation) and not _row(info.annotation)
    }
    return type(f"{model.__name__}Form", (forms.Form,), simple)


def _given(form: forms.Form) -> dict[str, Any]:
    """What was filled in: an empty control says nothing, so that the type's own default stands."""
    return {
        name: value
        for name, value in form.cleaned_data.items()
        if name not in ("DELETE", "ORDER")
        and value is not None
        and (value != "" or form.fields[name].required)
    }


class DocumentForm:
    """All the forms of one document: the simple fields, a form for each part, a grid for each list of parts.

    `parts` gives them in the order of the type. After `is_valid()`, `document` is what was written.
    """

    document: Document

    def __init__(self, kind: type[Document], data: Any = None, initial: dict[str, Any] | None = None) -> None:
        self.kind, self.bound = kind, data is not None
        initial = initial or {}
        self.main = _form(kind)(data, initial=initial, prefix="d")
        self.groups: dict[str, forms.Form] = {}
        self.grids: dict[str, Any] = {}
        for name, info in kind.model_fields.items():
            if part := _part(info.annotation):
                self.groups[name] = _form(part)(data, initial=initial.get(name) or {}, prefix=f"d-{name}")
            elif row := _row(info.annotation):
                made = forms.formset_factory(
                    _form(row, in_grid=True), extra=0 if initial.get(name) else 2, can_delete=True,
                    max_num=_MOST_ROWS, absolute_max=_MOST_ROWS,
                )  # fmt: skip
                rows = [dict(r) for r in initial.get(name) or ()]
                self.grids[name] = made(data, initial=rows, prefix=f"d-{name}")
                for form in self.grids[name].forms:
                    form.empty_permitted = True
        self.faults: list[str] = []

    @property
    def parts(self) -> Iterator[dict[str, Any]]:
        for name, info in self.kind.model_fields.items():
            label = info.title or name.replace("_", " ").capitalize()
            if name in self.groups:
                yield {
                    "type": "group",
                    "label": label,
                    "help": info.description or "",
                    "form": self.groups[name],
                }
            elif name in self.grids:
                yield {
                    "type": "grid",
                    "label": label,
                    "help": info.description or "",
                    "formset": self.grids[name],
                }
            else:
                yield {"type": "field", "name": name, "field": self.main[name]}

    @property
    def wrong(self) -> bool:
        return bool(
            self.faults or self.main.errors or any(g.errors for g in self.groups.values())
            or any(f.errors for g in self.grids.values() for f in g.forms)
        )  # fmt: skip

    def is_valid(self) -> bool:
        forms_ok = [self.main.is_valid(), *(g.is_valid() for g in self.groups.values())]
        if not all([*forms_ok, *(g.is_valid() for g in self.grids.values())]):
            return False
        body = self._body()
        try:
            self.document = self.kind.model_validate(body)
        except ValidationError as error:
            for fault in error.errors(include_url=False):
                self._place(fault["loc"], in_words(fault))
            return False
        return True

    def _rows(self, name: str) -> list[forms.Form]:
        return [
            f
            for f in self.grids[name].forms
            if f.has_changed() or f.initial
            if not f.cleaned_data.get("DELETE")
        ]

    def _body(self) -> dict[str, Any]:
        body = _given(self.main)
        body |= {name: given for name, group in self.groups.items() if (given := _given(group))}
        body |= {name: [_given(f) for f in self._rows(name)] for name in self.grids}
        return body

    def _place(self, loc: tuple[int | str, ...], message: str) -> None:
        """Put a fault beside the control that it is about."""
        name = str(loc[0]) if loc else ""
        if name in self.groups:
            inner = str(loc[1]) if len(loc) > 1 else ""
            self.groups[name].add_error(inner if inner in self.groups[name].fields else None, message)
        elif name in self.grids and len(loc) > 1 and isinstance(loc[1], int):
            form = self._rows(name)[loc[1]]
            inner = str(loc[2]) if len(loc) > 2 else ""
            form.add_error(inner if inner in form.fields else None, message)
        elif name in self.main.fields:
            self.main.add_error(name, message)
        else:
            self.faults.append(message)


def shown(kind: type[Document]) -> dict[str, Any]:
    """A kind as templates read it (they would call a class, and make an empty document of it)."""
    return {"kind": kind.kind, "label": kind.label, "help": kind.help, "many": kind.many, "phase": kind.phase}


def readable(document: Frozen) -> list[tuple[str, Any, str]]:
    """A document for reading: (label, value, type) where type is text, list, group or grid; empty fields are left out."""
    found: list[tuple[str, Any, str]] = []
    for name, info in type(document).model_fields.items():
        value = getattr(document, name)
        label = info.title or name.replace("_", " ").capitalize()
        if value in (None, "", (), {}):
            continue
        if isinstance(value, BaseModel):
            found.append((label, readable(value), "group"))  # type: ignore[arg-type]
        elif isinstance(value, tuple) and isinstance(value[0], BaseModel):
            columns = [i.title or n for n, i in type(value[0]).model_fields.items()]
            rows = [[_plain(cell) for cell in r.model_dump().values()] for r in value]
            found.append((label, {"columns": columns, "rows": rows}, "grid"))
        elif isinstance(value, tuple):
            found.append((label, list(value), "list"))
        else:
            shown = str(value).replace("_", " ") if get_origin(_bare(info.annotation)) is Literal else value
            found.append((label, _plain(shown), "text"))
    return found


def _plain(value: Any) -> Any:
    """A simple value as a person writes it, and nothing of it lost: 50000.0 is 50,000, a day has its month in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:,.12g}"
    if isinstance(value, date) and not isinstance(value, datetime):
        return f"{value.day} {value:%B %Y}"
    return value
