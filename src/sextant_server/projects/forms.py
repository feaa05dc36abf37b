"""Forms about projects."""

from __future__ import annotations

import re
from typing import Any

from django import forms

from sextant.lifecycle.phases import PHASES
from sextant.lifecycle.rigor import PROFILES


class ProjectForm(forms.Form):
    """Opening a project."""

    name = forms.CharField(
        max_length=200, label="Name", help_text="What people call it, for example: Form reader."
    )
    summary = forms.CharField(
        max_length=1000, required=False, label="In one sentence",
        widget=forms.Textarea(attrs={"rows": 2}), help_text="What it does, and for whom.",
    )  # fmt: skip
    rigor = forms.ChoiceField(
        label="Rigor", initial="standard", widget=forms.RadioSelect,
        choices=[(p.key, f"{p.name}: {p.sentence}") for p in PROFILES.values()],
        help_text="It can be raised later, and nothing is lost.",
    )  # fmt: skip
    opened_at_phase = forms.ChoiceField(
        label="Where it starts", initial="problem",
        choices=[(p.key, f"{p.number} {p.name}") for p in PHASES],
        help_text="A model that is live already may start at Evaluation or Maintenance; earlier gates are not assessed.",
    )  # fmt: skip
    slug = forms.CharField(
        max_length=80, required=False, label="Short name",
        help_text="For addresses and the command line; made from the name if left empty.",
    )  # fmt: skip

    def values(self) -> dict[str, Any]:
        data: dict[str, Any] = dict(self.cleaned_data)
        if not data["slug"]:
            data["slug"] = re.sub(r"[^a-z0-9]+", "-", data["name"].lower()).strip("-")[:80] or "project"
        return data
