"""The editor of a guideline: its task, its values, hard cases and questions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from pydantic import ValidationError

from sextant.data.guidelines import TASK_KINDS, Guideline
from sextant_server.records.faults import in_words

#: What a scale and a comparison begin with, so that nobody faces an empty table.
STARTS: dict[str, tuple[str, ...]] = {
    "rating": ("1", "2", "3", "4", "5"),
    "pair": ("A is better", "B is better", "Equally good"),
}


def _box(label: str, rows: int = 2, **options: Any) -> forms.CharField:
    return forms.CharField(
        label=label, required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": rows}), **options
    )


class TextForm(forms.Form):
    """What stands above the values."""

    task = _box(
        "The task",
        3,
        help_text="What the labeler looks at and what they decide. One question, in their words.",
    )
    answer = forms.ChoiceField(
        label="What they give", choices=list(TASK_KINDS.items()), widget=forms.RadioSelect, initial="choice"
    )
    agreement_bar = forms.FloatField(
        label="Least agreement", min_value=0.01, max_value=1, initial=0.667,
        widget=forms.NumberInput(attrs={"step": "any"}),
        help_text="How far labelers must agree beyond chance: 0.667 allows tentative conclusions, 0.8 firm ones.",
    )  # fmt: skip
    publish = forms.BooleanField(
        label="Publish it", required=False,
        help_text="From today on labelers work by it. A later change of the task, a value or its criteria makes a new "
        "version, and labels made before no longer count as made by it.",
    )  # fmt: skip


class ValueForm(forms.Form):
    value = forms.CharField(label="Value", max_length=200)
    criteria = _box("Criteria", 3, help_text="What must be true, one a line")
    examples = _box("Examples", 3, help_text="Two or three, one a line")


class CaseForm(forms.Form):
    case = _box("Case")
    value = forms.CharField(label="Decided as", required=False, max_length=200)
    why = _box("Because")


class QuestionForm(forms.Form):
    item = _box("Item")
    answer = forms.CharField(label="Answer", required=False, max_length=200)
    why = _box("Because", help_text="What they are told afterwards")


def _set(form: type[forms.Form]) -> Any:
    return forms.formset_factory(form, extra=1, can_delete=True, max_num=200, absolute_max=200)


ValueSet, CaseSet, QuestionSet = _set(ValueForm), _set(CaseForm), _set(QuestionForm)


class GuidelineForm:
    """All of it; after `is_valid()` the guideline is in `guideline`."""

    guideline: Guideline

    def __init__(self, data: Any = None, given: Guideline | None = None, answer: str = "choice") -> None:
        self.given = given
        start = (
            given.plain()
            if given
            else {"values": [{"value": v} for v in STARTS.get(answer, ())], "answer": answer}
        )
        main = {k: start[k] for k in ("task", "answer", "agreement_bar") if k in start}
        self.main = TextForm(
            data, initial={**main, "publish": bool(given and given.published_on)}, prefix="g"
        )
        self.values, self.cases, self.questions = (
            kind(data, initial=start.get(name, []), prefix=f"g-{name}")
            for kind, name in ((ValueSet, "values"), (CaseSet, "hard_cases"), (QuestionSet, "questions"))
        )
        self.faults: list[str] = []

    @property
    def sets(self) -> Iterable[Any]:
        return (self.values, self.cases, self.questions)

    @property
    def wrong(self) -> bool:
        return bool(self.faults or self.main.errors or any(f.errors for s in self.sets for f in s.forms))

    def is_valid(self, today: date) -> bool:
        if not all([self.main.is_valid(), *(s.is_valid() for s in self.sets)]):
            return False
        data = self.main.cleaned_data
        values, cases, questions = (
            [
                {k: v for k, v in f.cleaned_data.items() if k != "DELETE"}
                for f in s.forms
                if f.cleaned_data and not f.cleaned_data.get("DELETE") and any(f.cleaned_data.values())
            ]
            for s in self.sets
        )
        published = self.given.published_on if self.given and data["publish"] else None
        try:
            self.guideline = Guideline.model_validate(
                {
                    "version": self.given.version if self.given else "", "task": data["task"], "answer": data["answer"],
                    "agreement_bar": data["agreement_bar"], "values": values, "hard_cases": cases, "questions": questions,
                    "published_on": (published or today) if data["publish"] else None,
                }
            )  # fmt: skip
        except ValidationError as error:
            self.faults += [in_words(fault) for fault in error.errors(include_url=False)]
            return False
        if data["publish"]:
            self.faults += lacking(self.guideline)
        return not self.faults


def lacking(guideline: Guideline) -> list[str]:
    """What a guideline lacks before people can label by it."""
    found = [] if guideline.task else ["Say what the task is."]
    least = {"note": 0, "spans": 1}.get(guideline.answer, 2)
    if len(guideline.choices) < least:
        found.append("Name at least one class." if least == 1 else "Name at least two values to choose from.")
    for question in guideline.questions:
        if guideline.answer in ("choice", "rating", "pair") and question.answer not in guideline.choices:
            found.append(
                f"The question “{question.item[:60]}” is answered by “{question.answer}”, which is no value."
            )
    return found
