"""The page of what machines say of a round's items: rules, and a model's answers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from sextant.errors import Conflict, InvalidInput, SextantError
from sextant_server.labeling import actions, items, marking, marking_actions, queries
from sextant_server.labeling.answers import ONE
from sextant_server.labeling.marking import GOLD, KEY
from sextant_server.labeling.models import Item, Round
from sextant_server.labeling.round_views import MOST_BYTES, item_shown
from sextant_server.projects.frame import enter, page, put_beside
from sextant_server.projects.permissions import Access

#: So many contradicted labels stand on the page.
SUSPECTS = 20


class RuleForm(forms.Form):
    """One rule: words, or a pattern."""

    name = forms.CharField(label="Name", max_length=80, help_text="Such as: sells something.")
    label = forms.ChoiceField(label="Gives the value")
    column = forms.ChoiceField(label="Looks at")
    words = forms.CharField(
        label="Words", required=False, max_length=marking.MOST_PATTERN,
        help_text="With commas. One of them as a whole word is enough, in capitals or not: buy now, free offer.",
    )  # fmt: skip
    pattern = forms.CharField(
        label="Or a pattern", required=False, max_length=marking.MOST_PATTERN,
        help_text="A regular expression of RE2’s kind, which is quick whatever the text: https?://",
    )  # fmt: skip

    def __init__(self, choices: Any, columns: list[str], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["label"].choices = [(c, c) for c in choices]  # type: ignore[attr-defined]
        self.fields["column"].choices = [(c, c) for c in columns]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if bool(data.get("words", "").strip()) == bool(data.get("pattern", "").strip()):
            self.add_error("words", "Write words, or a pattern below: one of the two.")
        return data

    def rule(self) -> dict[str, Any]:
        data = self.cleaned_data
        words = [w.strip() for w in data["words"].split(",") if w.strip()]
        said = {"words": words} if words else {"pattern": data["pattern"].strip()}
        return {"name": data["name"].strip(), "label": data["label"], "column": data["column"], **said}


class ModelForm(forms.Form):
    """A model's answers as a table."""

    file = forms.FileField(
        label="Table", help_text="One row an item: its key as id, the model’s answer as label, and how likely it holds each "
        "value as p_ and the value (p_spam, p_ham), or one of the two.",
        widget=forms.ClearableFileInput(attrs={"accept": ",".join(items.ENDINGS)}),
    )  # fmt: skip
    show = forms.ChoiceField(
        label="Labelers see it", widget=forms.RadioSelect, initial="random",
        choices=[
            ("random", "for half the items, drawn: then it is measured how far it sways them"),
            ("shown", "for every item"),
            ("hidden", "never"),
        ],
    )  # fmt: skip


def machines(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Rules and their noisy labels; a model's pre-labels, the order by need, and what it contradicts."""
    found = enter(request, slug, "edit" if request.method == "POST" else "view")
    row = queries.round_of(found.project, key)
    guideline, _ = actions.guideline_of(found.project, row.guideline)
    columns = marking.columns(row)
    do = request.POST.get("do", "") if request.method == "POST" else ""
    rule = RuleForm(guideline.choices, columns, request.POST if do in ("rule", "try") else None, prefix="r")
    model = ModelForm(
        request.POST if do == "model" else None, request.FILES if do == "model" else None, prefix="m"
    )
    fault, trial = None, None
    if do:
        try:
            done, trial = _do(request, found, row, do, rule, model)
            if done:
                messages.success(request, done)
                return redirect("labeling-machines", slug, key)
        except SextantError as error:
            if do in ("rule", "try"):
                put_beside(rule, error)
            elif do == "model":
                put_beside(model, error)
            else:
                fault = error
    context = {
        "round": row, "g": guideline, "rule": rule, "model": model, "fault": fault, "asked": do, "trial": trial,
        "can_rule": row.answer in ONE and bool(columns), "has_items": row.items.exists(),
        "columns": [c for c in columns if c not in (KEY, GOLD)],
        **_rules(row, guideline, trial), **_model(found, row, guideline),
    }  # fmt: skip
    bad = bool(fault or rule.errors or model.errors)
    return page(
        request, found, "data", "labeling/machines.html", context, status=(fault.status if fault else 422) if bad else 200
    )  # fmt: skip


def _do(
    request: HttpRequest, found: Access, row: Round, do: str, rule: RuleForm, model: ModelForm
) -> tuple[str, dict[str, Any] | None]:
    """What a button of the page asks for: what to say of it, or a rule to try."""
    project, caller = found.project, found.caller
    rules = marking.rules_of(row)
    if do in ("rule", "try"):
        if not rule.is_valid():
            return "", None
        one = rule.rule()
        if do == "try":
            return "", one
        marking_actions.put_rules(project, caller, row, [*rules, one])
        return f"The rule “{one['name']}” is kept.", None
    if do == "drop":
        name = request.POST.get("name", "")
        left = [r for r in rules if r["name"] != name]
        if len(left) == len(rules):
            raise Conflict(f"there is no rule {name[:80]!r}", where="rules", todo="look at the list")
        marking_actions.put_rules(project, caller, row, left)
        return f"The rule “{name}” is gone.", None
    if do == "noisy":
        covered, many = marking_actions.keep_noisy(project, caller, row)
        return f"{covered:,} of {many:,} items have a noisy label now.", None
    if do == "order":
        many = marking_actions.deal_by_need(project, caller, row)
        return f"{many:,} items are dealt by need now.", None
    if do == "model":
        if not model.is_valid():
            return "", None
        made = marking_actions.put_prelabels(
            project, caller, row, _answers(model.cleaned_data["file"]), show=model.cleaned_data["show"]
        )
        if not made["set"] and not made["chances"]:
            strange, had = made["unknown"], made["had"]
            raise InvalidInput(
                f"no item of the round got one ({strange:,} rows name no item, {had:,} items were labeled before)",
                where="file", rule="the column id holds the items' keys",
            )  # fmt: skip
        rest = "".join(
            f" {made[name]:,} {words}." for name, words in (("unknown", "rows name no item"), ("had", "were labeled before"))
            if made[name]
        )  # fmt: skip
        return f"{made['set']:,} items have a pre-label, {made['chances']:,} probabilities.{rest}", None
    raise InvalidInput(f"{do[:40]!r} cannot be asked for", where="do")


def _answers(file: Any) -> list[dict[str, Any]]:
    """The rows of a file as pre-labels."""
    if file.size > MOST_BYTES:
        raise InvalidInput(f"{file.size:,} bytes", where="file", rule=f"at most {MOST_BYTES:,}")
    rows = items.rows_of_upload(str(file.name), file.read())
    return marking.prelabels_of(rows)


def _rules(row: Round, guideline: Any, trial: dict[str, Any] | None) -> dict[str, Any]:
    """What the stored rules do, and one more that is tried with them."""
    rules = marking.rules_of(row)
    shown: dict[str, Any] = {
        "rules": rules, "tried": None, "silent": "", "noisy": Item.objects.filter(round=row, noisy__isnull=False).count(),
    }  # fmt: skip
    if rules or trial:
        try:
            made = marking.tried(row, guideline, [*rules, *([trial] if trial else [])])
        except SextantError as error:
            shown["silent"] = str(error)
            return shown
        by = {str(r["name"]): r for r in [*rules, *([trial] if trial else [])]}
        shown["tried"] = made
        shown["weighed"] = [
            (w, by[w.name], made.examples[w.name], trial is not None and w.name == trial["name"])
            for w in made.weighed
        ]
        shown["share"] = made.covered / made.items
        shown["right"] = made.right / made.known if made.known else None
    return shown


def _model(found: Access, row: Round, guideline: Any) -> dict[str, Any]:
    """What a model answered, how it sways people, and what it contradicts."""
    of = Item.objects.filter(round=row)
    contradicted = marking.suspects(row, guideline)
    shown: dict[str, Any] = {
        "prelabeled": of.filter(prelabel__isnull=False).count(), "seen": of.filter(shows=True).count(),
        "chances": of.filter(chances__isnull=False).count(), "swayed": marking.swayed(row), "suspects": [],
    }  # fmt: skip
    if contradicted is not None:
        wrong, labeled, rows = contradicted
        there = {i.number: i for i in of.filter(number__in=[s.number for s in rows[:SUSPECTS]])}
        shown |= {
            "wrong": wrong, "labeled": labeled, "doubts": len(rows),
            "suspects": [(s, item_shown(there[s.number], found, row)) for s in rows[:SUSPECTS]],
        }  # fmt: skip
    return shown
