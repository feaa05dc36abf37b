"""Forms of the opportunities and of the first ten minutes."""

from __future__ import annotations

import re
from typing import Any

from django import forms

from sextant.lifecycle.rigor import PROFILES
from sextant.problem.opportunities import ASKS, MOST, SIDES, Weights

_RATINGS = [("", "–"), *((n, str(n)) for n in range(1, 6))]


def _rating(side: str) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=side.capitalize(), required=False, coerce=int, empty_value=None, choices=_RATINGS
    )


def _line(label: str, **more: Any) -> forms.CharField:
    """A line that wraps in its cell, so that all of it is seen."""
    return forms.CharField(label=label, widget=forms.Textarea(attrs={"rows": 1, "data-line": ""}), **more)


class OpportunityForm(forms.Form):
    """One line of the list. `seen` is what the line said when it was read."""

    key = forms.CharField(required=False, widget=forms.HiddenInput)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    title = forms.CharField(label="Opportunity", max_length=200)
    problem = _line("What goes wrong today", required=False, max_length=4000)
    value = _rating("value")
    feasibility = _rating("feasibility")
    data = _rating("data")  # type: ignore[assignment]
    risk = _rating("risk")
    lead = forms.CharField(label="Who would lead it", required=False, max_length=200)
    note = _line("Note", required=False, max_length=4000)


OpportunityGrid = forms.formset_factory(
    OpportunityForm, extra=0, can_delete=True, max_num=MOST, absolute_max=MOST
)


class WeightsForm(forms.Form):
    """How much each side counts."""

    def __init__(self, data: Any = None, *, weights: Weights) -> None:
        super().__init__(data, initial=weights.model_dump())
        for side in SIDES:
            self.fields[side] = forms.FloatField(
                label=side.capitalize(), min_value=0, max_value=100, help_text=ASKS[side],
                widget=forms.NumberInput(attrs={"step": "any", "min": 0, "max": 100}),
            )  # fmt: skip


class OpenForm(forms.Form):
    """What any new project is asked: its name and how strict its gates are."""

    name = forms.CharField(
        max_length=200, label="Name", help_text="What people call it, for example: Form reader.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    rigor = forms.ChoiceField(
        label="Rigor", initial="standard", widget=forms.RadioSelect,
        choices=[(p.key, f"{p.name}: {p.sentence}") for p in PROFILES.values()],
        help_text="How much must hold before a phase is passed. It can be raised later, and nothing is lost.",
    )  # fmt: skip
    slug = forms.CharField(
        max_length=80, required=False, label="Short name",
        help_text="For addresses and the command line; made from the name if left empty.",
    )  # fmt: skip

    def settings(self) -> dict[str, Any]:
        """What `start_project` is to be given of it."""
        data = self.cleaned_data
        slug = data["slug"] or re.sub(r"[^a-z0-9]+", "-", data["name"].lower()).strip("-")[:80].strip("-")
        return {"name": data["name"], "rigor": data["rigor"], "slug": slug or "project"}
