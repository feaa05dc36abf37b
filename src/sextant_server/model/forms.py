"""Forms about runs and check-ins."""

from __future__ import annotations

from django import forms

from sextant_server.records.document_forms import Lines


class NameForm(forms.Form):
    """Which version a run is."""

    model = forms.CharField(
        label="Model version", required=False, max_length=200,
        help_text="As name@version, such as reader@m3. Empty takes the name back.",
    )  # fmt: skip


class CheckInForm(forms.Form):
    """A check-in that took place."""

    held_on = forms.DateField(
        label="Held on", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    trend = forms.CharField(
        label="How is it trending?", required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="From the runs; change it to what you said.",
    )  # fmt: skip
    blockers = forms.CharField(
        label="What stands in the way?", required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="From the list of blockers; “none” if nothing does.",
    )  # fmt: skip
    decisions = forms.CharField(
        label="What was decided?", required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="“Go on as planned” is a decision.",
    )  # fmt: skip
    attendees = Lines(label="Who was there", required=False, help_text="By role.")
