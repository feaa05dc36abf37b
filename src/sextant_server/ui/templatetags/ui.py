"""The components of the visual language, as template tags: `{% load ui %}`.

    {% verdict_tag "met" %}                                     a verdict: word and shape
    {% number 0.989 "share" %}  {% interval .979 .995 "share" %}   a number, a range
    {% gauge .989 .979 .995 .98 "at_least" "share" %}           range, value and bar on one line
    {% age when %}                                              how long ago
    {% course phases %}                                         the six phases
    {% chart_line points "Accuracy" "share" %}                  a time series; {% chart_bars %} named values
    {% meter 2 5 "Criteria met" %}                              so much of so much
    {% field form.name %}  {% grid formset "Risks" %}           forms
    {% step_help "1.1" %}  {% step_help kind="five_ws" %}       the help panel of a step, or of work around the phases
    {% subnav items %}  {% more url %}  {% icon "add" %}  {% origin_badge origin %}  {% mark %}

Undefined numbers (None, nan) are written as "unknown", never as a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django import template
from django.forms import BaseFormSet, BoundField
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sextant.errors import InvalidInput
from sextant.lifecycle.around import BY_WORK
from sextant.lifecycle.steps import BY_STEP, step_for
from sextant_server.ui import drawing
from sextant_server.ui.format import age_text, interval_text, number_text, to_decimal
from sextant_server.ui.icons import ICONS, STATUSES

register = template.Library()


def _one_of(name: str, value: Any, known: Iterable[str]) -> str:
    text = str(value)
    names = list(known)
    if text not in names:
        raise InvalidInput(f"{name} is {text!r}", rule=f"{name} is one of {', '.join(names)}")
    return text


def _get(item: Any, name: str, default: Any = None) -> Any:
    """A field of a mapping or an object, so that views may pass either."""
    found = item.get(name) if isinstance(item, Mapping) else getattr(item, name, None)
    return default if found is None else found


def _now() -> datetime:
    return timezone.localtime()


@register.filter
def words(value: Any) -> str:
    """A name as a person writes it: `quality_report` reads "quality report", `ml_lead` "ML lead"."""
    return " ".join("ML" if word == "ml" else word for word in str(value).replace("_", " ").split(" "))


@register.filter
def dated(text: Any) -> str:
    """A sentence with its days as a person writes them: "until 2027-01-24" reads "until 24 Jan 2027".

    What is no day of the calendar (2026-02-31), and a day that belongs to a longer name (v2026-01-24), stay.
    """
    return _DAY.sub(_in_words, str(text))


_DAY = re.compile(r"(?<![\w:.@/-])(\d{4}-\d{2}-\d{2})(?![\w@/-])")


def _in_words(found: re.Match[str]) -> str:
    try:
        day = date.fromisoformat(found[1])
    except ValueError:
        return found[1]
    return f"{day.day} {day:%b %Y}"


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A small drawing in the colour of the text. Hidden from screen readers unless it has a `label`.

    `{% icon "add" %} Add a risk`, or alone: `{% icon "simulated" "simulated" %}`.
    """
    drawn = SafeString(ICONS[_one_of("icon", name, ICONS)])
    if label:
        return format_html(
            '<svg class="i" viewBox="0 0 16 16" role="img"><title>{}</title>{}</svg>', label, drawn
        )
    return format_html('<svg class="i" viewBox="0 0 16 16" aria-hidden="true">{}</svg>', drawn)


@register.simple_tag
def mark() -> SafeString:
    """The sextant: a sector of a circle with its arm. Decoration beside the name, so hidden from readers."""
    return SafeString(
        '<svg class="mark" viewBox="0 0 32 32" aria-hidden="true">'
        '<path class="frame" d="M16 5L5.5 23.5M16 5l10.5 18.5M9.4 16.6h13.2"/>'
        '<path class="limb" d="M5.5 23.5A22 22 0 0 0 26.5 23.5"/>'
        '<path class="arm" d="M16 5l4.2 23"/><circle class="arm-end" cx="16" cy="5" r="2.6"/></svg>'
    )


@register.simple_tag
def verdict_tag(status: str, label: str = "", simulated: bool = False) -> SafeString:
    """A verdict as word and shape; colour only repeats what they say.

    `status`: met, unmet, not_enough, stale, missing, not_due, not_applicable, waived or not_assessed;
    anything else raises. `label` replaces the word ("Broken" for a guardrail). `simulated` adds that badge.

    `{% verdict_tag verdict.status %}`, `{% verdict_tag "unmet" label="Broken" simulated=True %}`
    """
    known = STATUSES[_one_of("status", status, STATUSES)]
    tag = format_html(
        '<span class="tag {}{}" data-status="{}">{}{}</span>',
        known.tone,
        " hollow" if known.hollow else "",
        status,
        icon(str(status)),
        label or known.word,
    )
    return format_html("{} {}", tag, origin_badge("simulated")) if simulated else tag


@register.simple_tag
def origin_badge(origin: str) -> SafeString:
    """Where a number comes from, when it was not measured: simulated or declared. Measured shows nothing."""
    if _one_of("origin", origin, ("measured", "simulated", "declared")) == "measured":
        return SafeString("")
    return format_html('<span class="badge {}">{}{}</span>', origin, icon(origin), origin)


@register.simple_tag
def number(
    value: Any,
    unit: str = "",
    digits: int = 3,
    against: Any = None,
    exact: bool = False,
    difference: bool = False,
    compact: bool = False,
    why: str = "",
) -> SafeString:
    """A number with its unit, as `<data value="0.989">98.9 %</data>`: readable by people and by programs.

    Options as in `ui.format.number_text`. None and nan give "unknown", followed by `why` when it is given.

    `{% number 0.989 "share" %}` 98.9 %, `{% number bar unit exact=True %}`, `{% number v unit against=bar %}`
    """
    text = number_text(
        value,
        unit,
        digits=digits,
        against=against,
        exact=exact,
        difference=difference,
        compact=compact,
    )
    if to_decimal(value) is None:
        reason = format_html("<small>{}</small>", why) if why else ""
        return format_html('<span class="n none">{}</span>{}', text, reason)
    return format_html('<data class="n" value="{}">{}</data>', value, text)


@register.simple_tag
def interval(
    lower: Any,
    upper: Any,
    unit: str = "",
    digits: int = 3,
    against: Any = None,
    difference: bool = False,
) -> SafeString:
    """A range with its unit, both ends with the same decimals. Options as in `ui.format.interval_text`.

    `{% interval 0.979 0.995 "share" %}` 97.9–99.5 %; an end without limit: "up to 88 ms", "12 or more".
    """
    text = interval_text(lower, upper, unit, digits=digits, against=against, difference=difference)
    return format_html('<span class="n range">{}</span>', text)


@register.simple_tag
def age(when: datetime | date | None, never: str = "never", now: datetime | None = None) -> SafeString:
    """How long ago (or in how long), with the exact time on hover; the page keeps it right while it is open.

    A date is compared by days; a time without zone is read in the current zone; None gives `never`.
    """
    if when is None:
        return format_html('<span class="none">{}</span>', never)
    present = now or _now()
    if not isinstance(when, datetime):
        return format_html(
            '<time class="age" datetime="{}" title="{}">{}</time>',
            when.isoformat(),
            f"{when.day} {when:%b %Y}",
            age_text(when, present),
        )
    aware = timezone.localtime(when if timezone.is_aware(when) else timezone.make_aware(when))
    return format_html(
        '<time class="age" datetime="{}" title="{}" data-age>{}</time>',
        aware.isoformat(timespec="seconds"),
        f"{aware.day} {aware:%b %Y, %H:%M %Z}",
        age_text(aware, present),
    )


@register.inclusion_tag("ui/gauge.html")
def gauge(
    value: Any,
    lower: Any = None,
    upper: Any = None,
    threshold: Any = None,
    direction: str = "at_least",
    unit: str = "",
    baseline: Any = None,
    difference: bool = False,
) -> dict[str, Any]:
    """Range, value and bar on one line, the good side shaded; its text alternative says the same.

    No `lower` and `upper`: an exact count. An infinite end runs to the edge with an arrow. A value that is
    None or nan is not drawn. `baseline` is a hollow mark where things started. `difference` as in `number`.

    `{% gauge 0.989 0.979 0.995 0.98 "at_least" "share" %}`
    """
    drawn = drawing.gauge(
        value, lower, upper, threshold, direction, unit, baseline=baseline, difference=difference
    )
    return {"g": drawn, "width": drawing.GAUGE_WIDTH}


@register.inclusion_tag("ui/course.html")
def course(phases: Iterable[Any], label: str = "Phases") -> dict[str, Any]:
    """The phases as one course: a line on the desk, a column on the phone.

    Each phase (mapping or object): `name`; `state` done, here, ahead or not_assessed; and if wanted `sub` (a
    few words), `href`, `iteration` (from 2 on it is marked), `back_from` (the name of the later phase from
    which one went back to this one: drawn as an arc), `progress` (0 to 1: how far this phase has come).
    """
    items = list(phases)
    names = [str(_get(item, "name")) for item in items]
    steps = []
    for place, item in enumerate(items):
        state = _one_of("state", _get(item, "state"), ("done", "here", "ahead", "not_assessed"))
        iteration = int(_get(item, "iteration", 1))
        source = str(_get(item, "back_from", ""))
        if source and names.index(_one_of("back_from", source, names)) <= place:
            raise InvalidInput(
                f"phase {names[place]!r} goes back from {source!r}", rule="one goes back from a later phase"
            )
        steps.append(
            {
                "name": names[place],
                "sub": _get(item, "sub", ""),
                "href": _get(item, "href", ""),
                "state": state,
                "iteration": iteration,
                "back_from": source,
                "span": names.index(source) - place if source else 0,
                "progress": round(100 * min(max(float(_get(item, "progress", 0)), 0), 1)),
            }
        )
    return {"steps": steps, "label": label, "returns": any(s["span"] for s in steps)}


@register.inclusion_tag("ui/chart_line.html")
def chart_line(
    points: Iterable[Sequence[Any]],
    label: str,
    unit: str = "",
    threshold: Any = None,
    direction: str = "at_least",
    x_label: str = "When",
    difference: bool = False,
) -> dict[str, Any]:
    """A time series drawn on the server: line, range and bar, with the numbers as a table in `<details>`.

    `points`: (x, y) or (x, y, lower, upper), x a date, a time or a number; see `ui.drawing.Point`. A y of
    None or nan is a gap. Without any value the figure says so. `difference` as in `number`.

    `{% chart_line points "Digits read right" "share" 0.98 %}`
    """
    local = [
        (timezone.localtime(p[0]), *p[1:])
        if isinstance(p[0], datetime) and timezone.is_aware(p[0])
        else tuple(p)
        for p in points
    ]
    chart = drawing.line_chart(
        local, label, unit, threshold, direction, now=_now().date(), difference=difference
    )
    return {
        "chart": chart,
        "label": label,
        "unit": unit,
        "threshold": threshold,
        "x_label": x_label,
        "difference": difference,
    }


@register.inclusion_tag("ui/chart_bars.html")
def chart_bars(
    items: Iterable[Sequence[Any]],
    label: str,
    unit: str = "",
    threshold: Any = None,
    direction: str = "at_least",
    name_label: str = "Name",
    difference: bool = False,
) -> dict[str, Any]:
    """Named values as a table with a bar in each row: (name, value) or (name, value, lower, upper).

    All bars start at zero on one scale; the target is a line through all of them. `difference` as in `number`.
    """
    drawing.check_direction(direction)
    rows = drawing.bars(items, unit, threshold)
    return {
        "rows": rows,
        "label": label,
        "unit": unit,
        "threshold": threshold if drawing.as_float(threshold) is not None else None,
        "side": "at least" if direction == "at_least" else "at most",
        "name_label": name_label,
        "difference": difference,
    }


@register.inclusion_tag("ui/meter.html")
def meter(value: Any, total: Any, label: str, unit: str = "", planned: Any = None) -> dict[str, Any]:
    """So much of so much: criteria met, budget spent. More than all is drawn full, and said.

    `planned` puts a brass line where one meant to be by now. Nothing is drawn when `total` is not above zero.
    """
    done, whole, plan = (drawing.as_float(x) for x in (value, total, planned))
    drawn = done is not None and whole is not None and whole > 0
    text = f"{label}: {number_text(value, unit)} of {number_text(total, unit)}"
    if plan is not None:
        text += f", {number_text(planned, unit)} planned by now"
    over = done is not None and whole is not None and done > whole
    return {
        "text": text + (", more than all of it" if over else ""),
        "over": over,
        "width": round(100 * min(max(done / whole, 0), 1), 1) if drawn and done and whole else 0,
        "planned": round(100 * min(max(plan / whole, 0), 1), 1) if drawn and plan and whole else None,
    }


@register.inclusion_tag("ui/field.html")
def field(bound: BoundField, optional: bool = True) -> dict[str, Any]:
    """One form field: label, help, control, and its errors beside it, joined by `aria-describedby`.

    What need not be filled in is marked so; not with `optional=False`, for a form in which that is all of it.
    """
    kind = getattr(bound.field.widget, "input_type", "")
    return {
        "field": bound,
        "optional": optional,
        "check": kind == "checkbox" and not bound.field.widget.use_fieldset,
        "group": bound.field.widget.use_fieldset,
    }


@register.inclusion_tag("ui/grid.html")
def grid(formset: BaseFormSet[Any], caption: str, add_label: str = "Add a row") -> dict[str, Any]:
    """A formset as an editable table: a plain form without JavaScript, with it a grid with keys and paste.

    Put it inside a `<form>` with its `csrf_token` and a submit button. `can_delete` gives each row a delete
    box. Columns are the visible fields of the form; hidden ones (the id of a model's row) travel along. Give
    each choice an empty one first: Django takes a row without any value as blank, and skips it.
    """
    empty = formset.empty_form
    columns = [f for f in empty.visible_fields() if f.name not in ("DELETE", "ORDER")]
    faults = _grid_faults(formset)
    return {
        "formset": formset,
        "faults": faults[:MOST_FAULTS],
        "more_faults": len(faults[MOST_FAULTS:]),
        "caption": caption,
        "add_label": add_label,
        "columns": [
            {
                "id": _column_id(empty, f),
                "label": f.label,
                "required": f.field.required,
                "help": f.help_text,
            }
            for f in columns
        ],
        "rows": [_grid_row(form, str(place + 1)) for place, form in enumerate(formset.forms)],
        "blank": _grid_row(empty, "__row__"),
        "deletes": formset.can_delete,
        "most": formset.max_num,
    }


#: So many faults of a grid are listed above it; the rest are counted, and stand in their cells.
MOST_FAULTS = 20


def _grid_faults(formset: BaseFormSet[Any]) -> list[dict[str, Any]]:
    """What is wrong in which cell, since a wide or long table hides it: row, column, words, and the cell's id."""
    if not formset.is_bound:
        return []
    return [
        {"row": row, "label": bound.label, "said": said, "id": bound.auto_id}
        for row, form in enumerate(formset.forms, 1)
        for bound in form.visible_fields()
        for said in bound.errors
    ]


def _grid_row(form: Any, row: str) -> dict[str, Any]:
    """The cells of one form of a formset, each control with a name of its own for screen readers."""
    cells = []
    remove = None
    for bound in form.visible_fields():
        attrs = {"aria-label": f"{bound.label}, row {row}"}
        if bound.name == "DELETE":
            remove = bound.as_widget(attrs={"aria-label": f"Delete row {row}"})
        elif bound.name != "ORDER":
            # Said here, because Django would point at a help text in the cell; ours stands above the column.
            attrs["aria-describedby"] = f"{bound.auto_id}_error" if bound.errors else _column_id(form, bound)
            cells.append({"field": bound, "control": bound.as_widget(attrs=attrs)})
    blank = not form.is_bound and not any(form.initial.values())
    return {"form": form, "cells": cells, "remove": remove, "blank": blank and row.isdigit()}


def _column_id(form: Any, bound: BoundField) -> str:
    """The id of a column's head: the same for every row of one formset."""
    return f"{(form.prefix or '').rpartition('-')[0]}-{bound.name}-column"


@register.inclusion_tag("ui/subnav.html")
def subnav(items: Iterable[Any], label: str = "Project") -> dict[str, Any]:
    """The pages of one project. Each item (mapping or object): `label`, `href`; if wanted `current`, `count`.

    `label` names the navigation for screen readers.
    """
    return {
        "label": label,
        "items": [
            {key: _get(item, key, "") for key in ("label", "href", "current", "count")} for item in items
        ],
    }


@register.inclusion_tag("ui/step_help.html")
def step_help(step: str = "", kind: str = "") -> dict[str, Any]:
    """The help panel of a step: by its number, by the name of work around the phases (`opportunities`, `meeting`), or by
    a kind of document that is written in it. Nothing for a kind that belongs to no step. Open or closed is remembered
    in the browser."""
    if kind:
        return {"step": step_for(kind)}
    return {"step": BY_STEP[step]} if step in BY_STEP else {"step": BY_WORK[step], "around": True}


@register.inclusion_tag("ui/more.html")
def more(url: str | None, label: str = "Show more", within: str = "", columns: int = 0) -> dict[str, Any]:
    """The link to the next page of a list that is read by key; nothing when `url` is empty.

    With `within` (the id of a `<ul>` or `<ol>`), the next entries are added in place: put the tag last inside
    that list; the next page must hold a list of the same id. In a table, `within` is the id of the `<tbody>`
    and `columns` its width.
    """
    return {"url": url, "label": label, "within": within, "columns": columns}
