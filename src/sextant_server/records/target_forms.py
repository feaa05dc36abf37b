"""Forms for targets, and for numbers that a person enters."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, get_args

from django import forms
from pydantic import ValidationError

from sextant import __version__
from sextant.criteria import Criterion, Family, Phase, Setting
from sextant.evidence import Count, Declared, Evidence
from sextant_server.records.faults import in_words

DATE = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
LONG = forms.Textarea(attrs={"rows": 2})


def _words(values: Any) -> list[tuple[str, str]]:
    return [(str(v), str(v).replace("_", " ")) for v in values]


class CriterionForm(forms.Form):
    """A target: what must hold. The few fields that every target has come first."""

    name = forms.CharField(label="Target", help_text="As a person would say it: Digits read right.")
    family = forms.ChoiceField(label="Kind", choices=_words(get_args(Family)))
    metric = forms.CharField(
        label="Measured as", help_text="The metric's standard name: accuracy, p95 latency, posts a month."
    )
    unit = forms.CharField(label="Unit", help_text="share (0.95 is 95 %), ms, USD, posts, points ...")
    direction = forms.ChoiceField(label="Must be", choices=[("at_least", "at least"), ("at_most", "at most")])
    threshold = forms.FloatField(
        label="The bar", help_text="In the unit: 0.95 for 95 % when the unit is share."
    )
    owner = forms.CharField(label="Owner", required=False, help_text="A role, such as ML lead.")
    due = forms.DateField(
        label="Due on", required=False, widget=DATE, help_text="Before that day it is not asked for."
    )
    baseline_value = forms.FloatField(label="Today's value", required=False)
    baseline_source = forms.CharField(label="Where today's value comes from", required=False)
    baseline_at = forms.DateField(label="Today's value: read on", required=False, widget=DATE)
    measured_by = forms.CharField(
        label="What measures it", required=False, help_text="A check, an event count, a dashboard."
    )
    measured_owner = forms.CharField(label="Who sees to that", required=False)
    measured_from = forms.DateField(label="Measured from", required=False, widget=DATE)

    role = forms.ChoiceField(
        label="Role",
        choices=[
            ("target", "a target to reach"),
            ("guardrail", "a guardrail: the largest loss that is acceptable"),
        ],
    )
    level = forms.FloatField(
        label="How sure", initial=0.95, help_text="0.95 means that one in twenty ranges misses the truth."
    )
    sides = forms.TypedChoiceField(
        label="Ends that count",
        coerce=int,
        choices=[("2", "both ends of the range"), ("1", "each end by itself")],
    )
    minimum_n = forms.IntegerField(label="Smallest sample", initial=1, min_value=1)
    max_age_days = forms.FloatField(label="Good for so many days", required=False)
    due_days_after_exposure = forms.IntegerField(
        label="Due so many days after first use", required=False, min_value=0
    )
    slice = forms.CharField(
        label="Only where", required=False, help_text="For example: ink = faded. Several with commas."
    )
    settings = forms.MultipleChoiceField(
        label="Judged in",
        required=False,
        choices=_words(s.value for s in Setting),
        widget=forms.CheckboxSelectMultiple,
    )
    requires = forms.CharField(
        label="Proof must have",
        required=False,
        help_text="Such as held_out, no_leakage, labels_agreed; with commas.",
    )
    continuous = forms.BooleanField(label="It is watched all the time", required=False)
    leading = forms.CharField(
        label="Stands in until due", required=False, help_text="The key of another target."
    )
    phase = forms.ChoiceField(label="Phase", required=False, choices=[("", "any"), *_words(get_args(Phase))])
    note = forms.CharField(label="Note", required=False, widget=LONG)
    key = forms.CharField(
        label="Short name", required=False, help_text="Made from the target's name if left empty."
    )

    BASIC = ("name", "family", "metric", "unit", "direction", "threshold", "owner", "due")
    TODAY = (
        "baseline_value",
        "baseline_source",
        "baseline_at",
        "measured_by",
        "measured_owner",
        "measured_from",
    )

    criterion: Criterion

    def groups(self) -> list[tuple[str, bool, list[forms.BoundField]]]:
        """The fields in three groups: heading, whether it starts open, fields."""
        rest = [f for f in self.fields if f not in self.BASIC and f not in self.TODAY]
        wrong = set(self.errors)
        return [
            ("The target", True, [self[f] for f in self.BASIC]),
            (
                "Today's value, and what measures it",
                bool(wrong & set(self.TODAY)),
                [self[f] for f in self.TODAY],
            ),
            ("Details", bool(wrong & set(rest)), [self[f] for f in rest]),
        ]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return data
        try:
            self.criterion = Criterion.model_validate(self._plain(data))
        except ValidationError as error:
            for fault in error.errors(include_url=False):
                field = {"baseline": "baseline_source", "binding": "measured_by"}.get(str(fault["loc"][0]), fault["loc"][0]) if (
                    fault["loc"]
                ) else None  # fmt: skip
                self.add_error(field if field in self.fields else None, in_words(fault))
        except ValueError as error:
            self.add_error("slice", str(error))
        return data

    def _plain(self, data: dict[str, Any]) -> dict[str, Any]:
        simple = (
            "name", "family", "metric", "unit", "direction", "threshold", "role", "level", "sides", "minimum_n",
            "max_age_days", "due", "due_days_after_exposure", "continuous", "owner", "leading", "phase", "note",
        )  # fmt: skip
        made = {f: data[f] for f in simple if data.get(f) not in (None, "")}
        made["key"] = data["key"] or re.sub(r"[^a-z0-9]+", "-", data["name"].lower()).strip("-")[:80]
        made["settings"] = data["settings"]
        made["requires"] = [part.strip() for part in data["requires"].split(",") if part.strip()]
        made["slice"] = _slice(data["slice"])
        if data["baseline_value"] is not None or data["baseline_source"]:
            made["baseline"] = {
                "value": data["baseline_value"], "source": data["baseline_source"], "at": data["baseline_at"],
            }  # fmt: skip
        if data["measured_by"]:
            made["binding"] = {
                "measured_by": data["measured_by"], "owner": data["measured_owner"] or None,
                "starts": data["measured_from"],
            }  # fmt: skip
        return made

    @classmethod
    def of(cls, criterion: Criterion) -> dict[str, Any]:
        """A criterion as the form's first values."""
        data: dict[str, Any] = criterion.model_dump()
        data["slice"] = ", ".join(f"{k} = {v}" for k, v in criterion.slice.items())
        data["requires"] = ", ".join(criterion.requires)
        data["settings"] = [s.value for s in criterion.settings]
        if criterion.baseline:
            data |= {f"baseline_{k}": v for k, v in criterion.baseline.model_dump().items()}
        if criterion.binding:
            b = criterion.binding
            data |= {"measured_by": b.measured_by, "measured_owner": b.owner, "measured_from": b.starts}
        return data


def _slice(text: str) -> dict[str, str]:
    found = {}
    for part in (p.strip() for p in text.split(",") if p.strip()):
        name, equals, value = part.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise ValueError(f"{part!r} is no condition; write it as column = value")
        found[name.strip()] = value.strip()
    return found


class NumberForm(forms.Form):
    """A number that a person enters: read elsewhere (declared), or a full count."""

    type = forms.ChoiceField(
        label="What it is", widget=forms.RadioSelect, initial="declared",
        choices=[
            ("declared", "A number that I read elsewhere; it is shown as declared"),
            ("count", "A full count: everything was counted, nothing sampled"),
        ],
    )  # fmt: skip
    value = forms.FloatField(label="Number")
    source = forms.CharField(
        label="Where it comes from", max_length=500, help_text="The dashboard, report or query."
    )
    source_date = forms.DateField(label="As of", widget=DATE)
    attachment = forms.CharField(label="Attachment", required=False, help_text="A link or a file's name.")

    def evidence(self, criterion: Criterion) -> Evidence:
        data = self.cleaned_data
        common: dict[str, Any] = {
            "criterion": criterion.key, "unit": criterion.unit, "slice": criterion.slice, "estimand": criterion.metric,
            "setting": Setting.REVIEW if Setting.REVIEW in criterion.judged_in else criterion.judged_in[-1],
            "value": data["value"], "producer": {"name": "entered by hand", "version": __version__},
        }  # fmt: skip
        # As of its day, so that the latest day speaks however late somebody enters an older one.
        day = datetime.combine(data["source_date"], datetime.min.time(), UTC)
        if data["type"] == "count":
            return Count.model_validate(
                common | {"at": day, "note": f"counted from: {data['source']}", "origin": "measured"}
            )
        return Declared.model_validate(
            common
            | {
                "at": day, "source": data["source"], "source_date": data["source_date"],
                "attachment": data["attachment"],
            }
        )  # fmt: skip
