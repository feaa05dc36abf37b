"""Grids of the risk register and the timeline."""

from __future__ import annotations

from typing import Any

from django import forms

from sextant.lifecycle.phases import PHASES

_SCALE = [(n, str(n)) for n in range(1, 6)]


def _day(label: str) -> forms.DateField:
    return forms.DateField(
        required=False, label=label, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )


def _amount(label: str) -> forms.FloatField:
    widget = forms.NumberInput(attrs={"step": "any", "min": "0"})
    return forms.FloatField(required=False, min_value=0, label=label, widget=widget)


def _line(label: str, **more: Any) -> forms.CharField:
    """A line that wraps in its cell, so that all of it is seen."""
    return forms.CharField(label=label, widget=forms.Textarea(attrs={"rows": 1, "data-line": ""}), **more)


class RiskForm(forms.Form):
    """One risk."""

    key = forms.CharField(required=False, widget=forms.HiddenInput)
    text = _line("What might happen", max_length=1000)
    phase = forms.ChoiceField(label="Phase", choices=[(p.key, p.name) for p in PHASES], initial=PHASES[0].key)
    likelihood = forms.TypedChoiceField(label="Likelihood", coerce=int, choices=_SCALE, initial=3)
    impact = forms.TypedChoiceField(label="Impact", coerce=int, choices=_SCALE, initial=3)
    owner = forms.CharField(label="Owner", required=False, max_length=200)
    mitigation = _line("What we do about it", required=False, max_length=2000)
    review_on = _day("Look again on")
    status = forms.ChoiceField(
        label="Status",
        choices=[(s, s.capitalize()) for s in ("open", "mitigated", "accepted", "closed")],
        initial="open",
    )


class PlanForm(forms.Form):
    """One phase of the timeline."""

    phase = forms.ChoiceField(label="Phase", choices=[(p.key, p.name) for p in PHASES])
    planned_start = _day("Planned from")
    planned_end = _day("Planned to")
    actual_start = _day("Began")
    actual_end = _day("Ended")
    planned_effort_days = _amount("Planned days of work")
    spent_effort_days = _amount("Spent days of work")
    planned_cost = _amount("Planned cost")
    spent_cost = _amount("Spent")


RiskGrid = forms.formset_factory(RiskForm, extra=0, can_delete=True, max_num=500, absolute_max=500)
PlanGrid = forms.formset_factory(PlanForm, extra=0, max_num=len(PHASES), absolute_max=len(PHASES))
