"""Forms about the weeks."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms

from sextant_server.records.document_forms import Lines
from sextant_server.records.models import Exemption


class RhythmForm(forms.Form):
    """How a person is told."""

    email = forms.EmailField(label="E-mail address", required=False, max_length=254)
    zone = forms.ChoiceField(
        label="Time zone", help_text="Monday's mail comes at seven in the morning there."
    )
    digest = forms.BooleanField(label="Send me Monday's mail", required=False)

    def __init__(self, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        field = self.fields["zone"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(name, name.replace("_", " ")) for name in sorted(available_timezones())]


class MeetingForm(forms.Form):
    """A meeting that took place."""

    held_on = forms.DateField(
        label="Held on", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    attendees = Lines(label="Who was there", required=False, help_text="By role.")
    decisions = Lines(
        label="What was decided", required=False,
        help_text="“Go on as planned” is a decision.",
    )  # fmt: skip
    notes = forms.CharField(
        label="Notes", required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 2})
    )


class OutcomeForm(forms.Form):
    """How a waiver turned out."""

    number = forms.IntegerField(widget=forms.HiddenInput)
    turned_out = forms.ChoiceField(
        label="How did it turn out?", widget=forms.RadioSelect, choices=list(Exemption.TURNED_OUT.items())
    )
    outcome = forms.CharField(
        label="In a few words", required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 2})
    )
