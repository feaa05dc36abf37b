"""Forms of the four ways to begin."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from sextant.errors import InvalidInput
from sextant.lifecycle.live import Live, live
from sextant.problem.amounts import amount
from sextant.problem.plain_text import MOST
from sextant_server.problem.forms import OpenForm


class ScratchForm(OpenForm):
    """A name is enough."""

    summary = forms.CharField(
        max_length=1000, required=False, label="In one sentence", help_text="What it does, and for whom.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    field_order = ("name", "summary", "rigor", "slug")


class PasteForm(OpenForm):
    """A one-pager; its name is asked for once its text was read."""

    text = forms.CharField(
        label="Your one-pager", max_length=MOST, strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "data-paste-rich": ""}),
        help_text="Out of a document, a wiki or a mail. Headings are understood; formatting, pictures and scripts are dropped.",
    )  # fmt: skip
    field_order = ("text", "name", "rigor", "slug")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("name", "rigor"):
            self.fields[name].required = False

    def named(self) -> bool:
        """Whether it has a name by now; says so beside the field if not."""
        if self.cleaned_data.get("name"):
            return True
        self.add_error("name", "This field is required.")
        return False


class ExampleForm(OpenForm):
    """The example under its own name, or under yours."""

    def __init__(self, *args: Any, taken: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if taken:
            self.fields[
                "slug"
            ].help_text = "There is a project of the example's own short name already: give another one here or change the name."


class LiveForm(OpenForm):
    """A model that is live: what it is, since when, and one number that shows whether it does its job."""

    start = forms.ChoiceField(
        label="Where it starts", widget=forms.RadioSelect,
        choices=[
            ("maintenance", "6 Maintenance: users rely on it; watch it, review it, improve it"),
            ("evaluation", "4 Evaluation: it is built and perhaps tried out; find out whether it is good enough"),
        ],
        help_text="Phases before it are shown as not assessed. You can still fill them in.",
    )  # fmt: skip
    model = forms.CharField(
        max_length=200, label="Model and version", help_text="As you call them, for example: reader@v3.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    since = forms.DateField(
        label="In use since",
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text="Leave empty if no user meets it yet.",
    )
    metric = forms.CharField(
        max_length=200, label="The number that matters most",
        help_text="One that you can read somewhere today, for example: forms read without a correction.",
    )  # fmt: skip
    family = forms.ChoiceField(
        label="Its kind",
        choices=[("product", "what users do"), ("ml", "how good the model is"), ("business", "what the business gets"),
                 ("system", "how the system runs"), ("cost", "what it costs")],
    )  # fmt: skip
    unit = forms.CharField(
        max_length=60, label="Unit", help_text="share (0.9 is 90 %), ms, USD, posts, points …"
    )
    direction = forms.ChoiceField(
        label="It must be", choices=[("at_least", "at least"), ("at_most", "at most")]
    )
    threshold = forms.CharField(
        label="The bar", max_length=40, help_text="With its unit or without: 0.9, 90 %, 1,200 EUR.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    value = forms.CharField(
        label="What it is now", required=False, max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="If you can read it today: then there is a status today. It is shown as declared.",
    )  # fmt: skip
    source = forms.CharField(
        max_length=500, label="Where it is read", help_text="The dashboard, report or query."
    )
    watched_by = forms.CharField(
        max_length=200, label="Who watches it", help_text="A role, such as product manager."
    )
    field_order = (
        "name", "start", "model", "since", "metric", "family", "unit", "direction", "threshold", "value",
        "source", "watched_by", "rigor", "slug",
    )  # fmt: skip

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        self._today = today
        super().__init__(*args, **options)

    def live(self) -> Live:
        """The project's parts; InvalidInput names the field at fault."""
        said = {k: v for k, v in self.cleaned_data.items() if k not in ("name", "slug", "rigor")}
        for name in ("threshold", "value"):
            try:
                said[name] = amount(said[name], said["unit"]) if said[name] else None
            except InvalidInput as error:
                error.where = name
                raise
        return live(**said, today=self._today)
