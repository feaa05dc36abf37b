"""Controls drawn without templates say what Django's own say."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates

from sextant_server.ui.rendering import Quick

HOSTILE = "\"><script>alert(1)</script>&amp; 'x'"
CHOICES = [("", "choose"), (1, "one"), ("b", HOSTILE), ("Group", [("c", "see"), (HOSTILE, "dee")])]
WIDGETS: list[tuple[forms.Widget, list[Any]]] = [
    (forms.TextInput({"size": "6", "autocomplete": "off"}), [None, "", "a b", HOSTILE, 0]),
    (forms.NumberInput({"step": "any", "min": 0}), [None, 0, 0.1, 1e-9, 12345]),
    (forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), [None, date(2026, 11, 25), "no day"]),
    (forms.HiddenInput(), [None, "x", HOSTILE]),
    (forms.CheckboxInput(), [None, True, False, "on"]),
    (forms.Textarea({"rows": 1, "data-line": ""}), [None, "", "a\n\n b", HOSTILE]),
    (forms.Select(choices=CHOICES), [None, "", 1, "1", "b", HOSTILE, "unknown"]),
    (forms.RadioSelect(choices=CHOICES[:2]), [None, 1]),
    (forms.CheckboxSelectMultiple(choices=CHOICES[:3]), [None, ["b"]]),
]
ATTRS = {"id": "id_x", "aria-label": HOSTILE, "required": True, "disabled": False, "maxlength": "40"}


def _squeezed(html: str) -> str:
    """Without the blanks between tags, which a browser drops in a select."""
    return re.sub(r">\s+<", "><", html) if "<select" in html else html.strip()


@pytest.mark.parametrize(("widget", "values"), WIDGETS, ids=lambda given: type(given).__name__)
def test_a_control_is_what_django_would_draw(widget: forms.Widget, values: list[Any]) -> None:
    for value in values:
        ours = widget.render("x", value, dict(ATTRS), renderer=Quick())
        theirs = widget.render("x", value, dict(ATTRS), renderer=DjangoTemplates())
        assert _squeezed(ours) == _squeezed(theirs)
