"""The page on which what somebody holds goes to another person."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from sextant.errors import SextantError
from sextant_server.people import leave_actions, leaving, mail, signing, talk
from sextant_server.projects.frame import enter, page, put_beside, sent
from sextant_server.records.queries import project_state


class HandOverForm(forms.Form):
    """Who takes what somebody holds, and what becomes of them."""

    to = forms.ChoiceField(label="Who takes it", required=False)
    targets = forms.BooleanField(
        required=False, initial=True, label="Targets too",
        help_text="A target's owner is part of the goals that were signed: a new one asks for new signatures.",
    )  # fmt: skip
    leaves = forms.BooleanField(
        required=False, label="They are a stakeholder no more",
        help_text="Their open links end and they are asked for no signature. Who takes it must sign, or decides, where they did.",
    )  # fmt: skip
    erase = forms.BooleanField(
        required=False, label="Erase their address and what was written of them, for good",
        help_text="Name and part of a signature stay in the log, with what was signed.",
    )  # fmt: skip


def hand_over(request: HttpRequest, slug: str) -> HttpResponse:
    """What somebody holds, and giving it to another person."""
    found = enter(request, slug, "edit" if request.method == "POST" else "view")
    everybody = leaving.everybody(found.project)
    who = request.POST.get("who", "") or request.GET.get("who", "")
    if not who:
        return redirect("people", slug)
    one = leave_actions.find(everybody, who, "who")
    form = HandOverForm(sent(request), initial={"targets": True, "leaves": bool(one.key) and one.here})
    field = form.fields["to"]
    assert isinstance(field, forms.ChoiceField)  # noqa: S101  (as declared above)
    field.choices = [("", "Nobody: it is to be given later")] + [
        (p.name, p.name) for p in everybody if p.here and not p.names & one.names
    ]
    if not one.key:
        del form.fields["leaves"], form.fields["erase"]
    elif not one.here:
        del form.fields["leaves"]
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data.get("erase"):
            found.require("manage")
        try:
            made = leave_actions.hand_over(
                found.project, found.caller, one.name, base=mail.link("", request), **form.cleaned_data
            )
        except SextantError as error:
            put_beside(form, error)
        else:
            messages.success(request, f"What {made.who} held is {made.to or 'nobody'}’s now.")
            return redirect("people", slug)
    state = project_state(found.project)
    held = leaving.held(found.project, state, one)
    held_targets = "targets" in form.fields and held.targets
    if not held_targets:
        del form.fields["targets"]
    if "manage" not in found.may:
        form.fields.pop("erase", None)
    places = talk.places([(found.project, r.about) for r in held.reviews])
    context = {
        "reviews": [(r, places[found.project.pk, r.about]) for r in held.reviews],
        "one": one, "held": held, "form": form, "who": one.name,
        "signatures": [(s, signing.title(s)) for s in held.signatures],
        "nothing": not (held.orphaned or held.signatures or held.links),
    }  # fmt: skip
    return page(
        request, found, "people", "people/hand_over.html", context, status=422 if form.errors else 200
    )
