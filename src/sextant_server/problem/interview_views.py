"""Talks with users: what they said, in their own words. They show that the problem is theirs."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from sextant.errors import SextantError
from sextant.lifecycle.phases import BY_KEY
from sextant.problem.documents import Interview
from sextant_server.projects.frame import enter, page, put_beside, sent
from sextant_server.records import actions, queries

#: What names a person in notes that are kept for ever: an address or a telephone number.
_NAMES_SOMEBODY = re.compile(r"[\w.+-]+@[\w-]+\.\w+|(?<![\w.])\+?\d[\d ()/-]{8,}\d(?![\w.])")


class TalkForm(forms.Form):
    """One talk, as it is written down afterwards."""

    role = forms.CharField(
        label="Who, by role", max_length=200, help_text="Such as: clerk, 3 years in the mail room. Never a name.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    held_on = forms.DateField(
        label="Held on", widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    quotes = forms.CharField(
        label="In their own words", required=False, max_length=8000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One quote a line, as they said it.",
    )  # fmt: skip
    notes = forms.CharField(
        label="What you learned", max_length=4000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What they do today, how often, and what it costs them.",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in ("role", "quotes", "notes"):
            if found := _NAMES_SOMEBODY.search(str(data.get(name, ""))):
                self.add_error(
                    name, f"“{found[0].strip()}” may tell who it was. Leave addresses and numbers out."
                )
        return data

    def interview(self) -> Interview:
        data = self.cleaned_data
        quotes = [q.strip().strip("\"“”„'‘’").strip() for q in data["quotes"].splitlines() if q.strip()]
        return Interview(
            role=data["role"],
            held_on=data["held_on"],
            notes=data["notes"],
            quotes=tuple(q for q in quotes if q),
        )


def interviews(request: HttpRequest, slug: str) -> HttpResponse:
    """All talks with their quotes, the latest first, and a form to add the next."""
    found = enter(request, slug, "edit" if request.method == "POST" else "view")
    today = timezone.now().date()
    form = TalkForm(sent(request), initial={"held_on": today})
    rows = queries.present_documents(found.project, Interview.kind)
    if request.method == "POST" and form.is_valid():
        taken = {row.key for row in rows}
        key = next(k for n in range(1, len(taken) + 2) if (k := f"talk-{n}") not in taken)
        try:
            if form.cleaned_data["held_on"] > today:
                form.add_error("held_on", "A talk that has not been held has no notes yet.")
            else:
                actions.put_document(found.project, found.caller, form.interview(), key=key)
                messages.success(request, "The talk is written down.")
                return redirect("interviews", slug)
        except SextantError as error:
            put_beside(form, error)
    talks = [(row, Interview.model_validate(json.loads(row.body))) for row in rows]
    talks.sort(key=lambda pair: (pair[1].held_on or date.min, pair[0].key), reverse=True)
    context = {
        "form": form, "talks": [{"row": row, "talk": talk} for row, talk in talks], "info": BY_KEY["problem"],
        "quotes": sum(len(talk.quotes) for _, talk in talks),
    }  # fmt: skip
    return page(
        request, found, "problem", "problem/interviews.html", context, status=422 if form.errors else 200
    )
