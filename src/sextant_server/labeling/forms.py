"""Forms of a round: its settings, the items that come in, who is invited."""

from __future__ import annotations

from typing import Any

from django import forms

from sextant_server.labeling.items import ENDINGS, KINDS, Columns

PURPOSES = [
    ("labels", "Labels: each item gets a few labelers"),
    ("calibration", "Calibration: everybody labels the same items"),
]


def _number(label: str, help_text: str = "", **options: Any) -> forms.FloatField:
    return forms.FloatField(
        label=label, help_text=help_text, widget=forms.NumberInput(attrs={"step": "any"}), **options
    )


class RoundForm(forms.Form):
    """The settings of a round. What they may be is `actions.RANGES`'s to say."""

    name = forms.CharField(label="Name", max_length=200, help_text="Such as: spam, first 500 messages.")
    guideline = forms.ChoiceField(label="Guideline", help_text="What labelers choose from.")
    purpose = forms.ChoiceField(
        label="Purpose", choices=PURPOSES,
        widget=forms.RadioSelect, initial="labels",
        help_text="A calibration shows whether people understand the guideline alike before labels are paid for.",
    )  # fmt: skip
    labelers = forms.IntegerField(label="Labelers an item", initial=3, help_text="Three to five are usual.")
    most = forms.IntegerField(
        label="At most",
        initial=5,
        help_text="An item on which they disagree gets one more at a time, up to so many.",
    )
    settled = _number(
        "Settled at",
        "The share of its labelers that must agree on an item: with 0.7 two of three are not enough, three of four are.",
        initial=0.7,
    )
    gold_share = _number(
        "Share of known items",
        "Items with a known answer come among the others, unmarked; 0.05 to 0.1 is usual.",
        initial=0.08,
    )
    gold_bar = _number(
        "Bar on known items",
        "Who gets a smaller share of them right is paused, and their items go to others.",
        initial=0.7,
    )
    gold_least = forms.IntegerField(
        label="Known items before a pause", initial=10, help_text="Nobody is paused on fewer."
    )
    paid_by = forms.ChoiceField(
        label="Paid by",
        choices=[("label", "the label"), ("hour", "the hour, as measured")],
        widget=forms.RadioSelect,
        initial="label",
    )
    rate = _number("Rate", "For one label or one hour, in the project's currency.", required=False)
    budget = _number("Budget", "No more is dealt once it is used up. Empty: no limit.", required=False)
    lease_minutes = forms.IntegerField(
        label="Minutes for one item",
        initial=30,
        help_text="After so long without an answer it goes to somebody else.",
    )

    def __init__(
        self, guidelines: list[tuple[str, str]], *args: Any, has_items: bool = False, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.fields["guideline"].choices = guidelines  # type: ignore[attr-defined]
        if has_items:
            self.fields["guideline"].disabled = self.fields["purpose"].disabled = True


class BeginForm(forms.Form):
    """What a new round needs; the rest has its usual values until somebody sets it."""

    name = forms.CharField(label="Name", max_length=200, help_text="Such as: spam, first 500 messages.")
    guideline = forms.ChoiceField(label="Guideline")
    purpose = forms.ChoiceField(
        label="Purpose", choices=PURPOSES,
        widget=forms.RadioSelect, initial="labels",
    )  # fmt: skip

    def __init__(self, guidelines: list[tuple[str, str]], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["guideline"].choices = guidelines  # type: ignore[attr-defined]


class ItemsForm(forms.Form):
    """A table or a data set, and which of its columns show what. Columns with usual names are found."""

    file = forms.FileField(
        label="Table", required=False, help_text=f"One row an item: {', '.join(ENDINGS)}.",
        widget=forms.ClearableFileInput(attrs={"accept": ",".join(ENDINGS)}),
    )  # fmt: skip
    dataset = forms.CharField(
        label="Or a data set",
        required=False,
        max_length=200,
        help_text="As name or name@version, out of this server's data home.",
    )
    kind = forms.ChoiceField(label="An item is", choices=list(KINDS.items()))
    show = forms.CharField(
        label="Column to show", required=False, max_length=2000,
        help_text="Found if it is called text, image or a. Of a table's row several, with commas; all if empty.",
    )  # fmt: skip
    other = forms.CharField(
        label="Column of the second text",
        required=False,
        max_length=200,
        help_text="Of a pair; found if it is called b.",
    )
    context = forms.CharField(
        label="Column shown above",
        required=False,
        max_length=200,
        help_text="Such as the question that was answered.",
    )
    key = forms.CharField(
        label="Column that names an item",
        required=False,
        max_length=200,
        help_text="Found if it is called id; else the rows are counted.",
    )
    gold = forms.CharField(
        label="Column of the known answer", required=False, max_length=200,
        help_text="Found if it is called gold or known. Rows that have one are used to judge labelers, unmarked.",
    )  # fmt: skip

    def columns(self) -> Columns:
        data = self.cleaned_data
        show = tuple(part.strip() for part in data["show"].split(",") if part.strip())
        return Columns(
            data["kind"], show, *(data[name].strip() for name in ("other", "context", "key", "gold"))
        )


class InviteForm(forms.Form):
    name = forms.CharField(
        label="Name", max_length=200, help_text="For you alone; everywhere else they are a number."
    )
    email = forms.EmailField(
        label="Mail address",
        required=False,
        help_text="The link goes there where mail can be sent. It can be erased.",
    )


class RuleForm(forms.Form):
    """An expert's word on an item."""

    number = forms.IntegerField(widget=forms.HiddenInput)
    why = forms.CharField(
        label="Why", required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 2})
    )
