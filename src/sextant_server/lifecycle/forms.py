"""Forms at a gate."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django import forms

from sextant.lifecycle.gates import ItemState
from sextant_server.lifecycle.actions import AskedWaiver
from sextant_server.records.models import Exemption

DATE = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class DecisionForm(forms.Form):
    """The decision on a gate. Where something blocks, passing asks for a waiver of each blocking item."""

    outcome = forms.ChoiceField(
        label="Decision", widget=forms.RadioSelect,
        choices=[
            ("pass", "Pass: go on to the next phase"),
            ("hold", "Hold: not yet, we go on working here"),
            ("stop", "Stop: the project ends here"),
        ],
    )  # fmt: skip
    note = forms.CharField(
        label="Why",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Kept with the decision.",
    )

    def __init__(
        self, data: Any = None, *, blockers: Iterable[ItemState], max_days: int, today: date
    ) -> None:
        super().__init__(data)
        self.blockers = list(blockers)
        if not self.blockers:
            self.fields["outcome"].initial = "pass"
        for item in self.blockers:
            key = item.item.key
            self.fields[f"reason_{key}"] = forms.CharField(
                required=False, label=f"Waiver for {key}: why it may wait", widget=forms.Textarea(attrs={"rows": 2}),
                help_text=item.item.title,
            )  # fmt: skip
            self.fields[f"until_{key}"] = forms.DateField(
                required=False, label=f"Waiver for {key}: until", widget=DATE,
                initial=today + timedelta(days=min(30, max_days)), help_text=f"At most {max_days} days from now.",
            )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("outcome") == "pass":
            for item in self.blockers:
                key = item.item.key
                if not data.get(f"reason_{key}"):
                    self.add_error(
                        f"reason_{key}", "It blocks the gate. Say why it may wait, or hold the gate."
                    )
                if not data.get(f"until_{key}"):
                    self.add_error(f"until_{key}", "Give the day on which the waiver ends.")
        return data

    def waivers(self) -> list[AskedWaiver]:
        if self.cleaned_data["outcome"] != "pass":
            return []
        return [
            AskedWaiver(
                i.item.key,
                self.cleaned_data[f"reason_{i.item.key}"],
                self.cleaned_data[f"until_{i.item.key}"],
            )
            for i in self.blockers
        ]

    @property
    def waiver_fields(self) -> list[tuple[ItemState, forms.BoundField, forms.BoundField]]:
        """For the page: each blocker with its two fields."""
        return [(i, self[f"reason_{i.item.key}"], self[f"until_{i.item.key}"]) for i in self.blockers]


class ExemptForm(forms.Form):
    """A waiver or "not applicable" of one item or target."""

    TYPES = [
        ("waiver", "Waive it for a while: it matters, and it may wait"),
        ("not_applicable", "Not applicable: it does not fit this project"),
    ]

    type = forms.ChoiceField(label="What", widget=forms.RadioSelect, initial="waiver", choices=TYPES)
    reason = forms.CharField(label="Why", widget=forms.Textarea(attrs={"rows": 3}))
    until = forms.DateField(
        label="Until", required=False, widget=DATE, help_text="A waiver ends by itself on this day."
    )

    def __init__(self, data: Any = None, *, part: bool = False) -> None:
        super().__init__(data)
        if part:
            # A part of an item fits the project or not; what may wait is the item.
            self.fields["type"] = forms.ChoiceField(
                label="What", widget=forms.RadioSelect, initial="not_applicable", choices=self.TYPES[1:]
            )
            del self.fields["until"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("type") == "waiver" and not data.get("until") and "until" not in self.errors:
            self.add_error("until", "A waiver has an end. Give its day.")
        return data


class EndForm(forms.Form):
    """Taking a waiver or "not applicable" back."""

    turned_out = forms.ChoiceField(
        label="How did it turn out?", required=False, widget=forms.RadioSelect, initial="later",
        choices=[("later", "I cannot tell yet"), *Exemption.TURNED_OUT.items()],
    )  # fmt: skip
    outcome = forms.CharField(
        label="In a few words", required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Kept with it, so that the next waiver can be judged by the last.",
    )  # fmt: skip

    def __init__(self, data: Any = None, *, waiver: bool = True) -> None:
        super().__init__(data)
        if not waiver:
            del self.fields["turned_out"]

    def clean_turned_out(self) -> str:
        said: str = self.cleaned_data["turned_out"]
        return "" if said == "later" else said


class BackForm(forms.Form):
    """Going back to a phase."""

    reason = forms.CharField(
        label="What was learned", widget=forms.Textarea(attrs={"rows": 2}),
        help_text="For example: faded ink is missing from the training images.",
    )  # fmt: skip
    subjects = forms.MultipleChoiceField(
        label="What is worked on again", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="Proof that rests on these becomes stale; nothing else does.",
    )  # fmt: skip

    def __init__(self, data: Any = None, *, subjects: Iterable[tuple[str, str]]) -> None:
        super().__init__(data)
        choices = list(subjects)
        field = self.fields["subjects"]
        if isinstance(field, forms.MultipleChoiceField):
            field.choices = choices
        field.initial = [key for key, _ in choices]
        if not choices:
            del self.fields["subjects"]
