"""Pages of signing: what is signed and by whom, asking somebody, what changed since, and who has a say at all."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from sextant.errors import NotFound, SextantError
from sextant.lifecycle.state import ProjectState
from sextant.problem.documents import Stakeholder
from sextant_server.people import (
    leaving,
    mail,
    mail_actions,
    sign_actions,
    signing,
    talk,
    talk_actions,
    wording,
    wording_actions,
)
from sextant_server.people.mail_models import Channel
from sextant_server.projects.frame import enter, page, put_beside, sent
from sextant_server.projects.models import Member, Project
from sextant_server.projects.permissions import Access
from sextant_server.records import actions as records
from sextant_server.records import queries
from sextant_server.records.models import DocumentRow, Head, SignatureRow

#: Where a stakeholder's link begins; its secret comes behind.
LINKS = "/s/"


def _present(found: Access, subject: str) -> tuple[ProjectState, str]:
    """The project's state, and the digest of what can be signed now; NotFound for what cannot."""
    state = queries.project_state(found.project)
    present = queries.signable(found.project, state)
    if subject not in present:
        raise NotFound(f"{signing.title(subject).lower()} cannot be signed yet", todo="write it first")
    return state, present[subject]


def sign(request: HttpRequest, slug: str, subject: str) -> HttpResponse:
    """Sign the present version of something, with what is signed in full view. A signature on an earlier version is
    refused, and what changed is shown."""
    found = enter(request, slug, "sign" if request.method == "POST" else "view")
    state, digest = _present(found, subject)
    error, changed = "", []
    if request.method == "POST":
        try:
            records.sign(
                found.project, found.caller, subject=subject, digest=request.POST.get("digest", ""),
                person=found.caller.name, role=request.POST.get("role", "")[:80] or found.role,
            )  # fmt: skip
        except SextantError as raised:
            error = str(raised)
            seen = request.POST.get("sequence", "")
            changed = (
                signing.since(found.project, state, subject, int(seen))
                if seen.isdigit() and len(seen) < 19
                else []
            )
        else:
            messages.success(request, "Signed. A material change asks for a new signature.")
            return redirect("sign", slug, subject)
    about = talk_actions.about_signed(subject)
    listed = signing.signers(found.project, state, subject, digest)
    me = next((s for s in listed if s.person.is_person(found.caller.name)), None)
    others = SignatureRow.objects.filter(project=found.project, subject=subject).select_related("record")
    context = {
        "subject": subject, "title": signing.title(subject), "digest": digest, "error": error, "changed": changed,
        "about": about,
        "heard": talk.heard(state, talk.comments(found.project, about), digest) if subject == "goals" else [],
        "sequence": Head.objects.get(project=found.project).sequence, "sections": signing.contents(state, subject),
        "signers": listed, "me": me, "mail_on": mail.is_on(), "mail_off": mail.OFF,
        "others": [
            r for r in others.order_by("-id")[:50]
            if not any(s.person.is_person(r.person) for s in listed)
        ],
        "roles": sorted({s.person.role for s in listed}) or ["product", "ml_lead", "sponsor"],
    }  # fmt: skip
    return page(request, found, "people", "people/sign.html", context, status=409 if error else 200)


def since(request: HttpRequest, slug: str, subject: str, number: int) -> HttpResponse:
    """What changed in something since the log had so many records: since somebody signed it. Who signed says here that
    they have read what changed in its wording."""
    found = enter(request, slug)
    if request.method == "POST":
        wording_actions.read(found.project, found.caller, subject, number)
        messages.success(request, "It waits for you no more.")
        return redirect("changed-since", slug, subject, number)
    state, digest = _present(found, subject)
    signed = (
        SignatureRow.objects.filter(project=found.project, subject=subject, record__sequence=number)
        .select_related("record")
        .first()
    )
    if signed is None:
        raise NotFound(f"record {number} of the log is no signature of the {signing.title(subject).lower()}")
    context = {
        "subject": subject, "title": signing.title(subject), "signed": signed, "stands": signed.digest == digest,
        "changes": signing.since(found.project, state, subject, number),
        "unread": signed in [
            w.signature for w in wording.unread(found.caller, Project.objects.filter(pk=found.project.pk))
        ],
    }  # fmt: skip
    return page(request, found, "people", "people/since.html", context)


class AskForm(forms.Form):
    """Asking a stakeholder to sign."""

    stakeholder = forms.ChoiceField(label="Who")
    email = forms.EmailField(
        required=False, label="E-mail address", max_length=254,
        help_text="Link and code go there. It is kept apart from the log and can be erased. Empty: the address that stands "
        "beside the name.",
    )  # fmt: skip
    days = forms.IntegerField(
        label="The link is good for so many days", min_value=1, max_value=sign_actions.MAX_DAYS, initial=14
    )


def ask(request: HttpRequest, slug: str, subject: str) -> HttpResponse:
    """Ask a stakeholder to sign, by a link that is shown this once and mailed where mail can be sent; or take it back."""
    found = enter(request, slug, "edit")
    if request.method == "POST" and "revoke" in request.POST:
        given = request.POST["revoke"]
        row = sign_actions.revoke(
            found.project, found.caller, int(given) if given.isdigit() and len(given) < 19 else 0
        )
        messages.success(request, f"The link of {row.person} leads nowhere now.")
        return redirect("sign", slug, subject)
    state, digest = _present(found, subject)
    listed = signing.signers(found.project, state, subject, digest)
    form = AskForm(sent(request), initial={"stakeholder": request.GET.get("who", ""), "days": 14})
    field = form.fields["stakeholder"]
    assert isinstance(field, forms.ChoiceField)  # noqa: S101  (as declared above)
    field.choices = [
        (s.key, f"{s.person.name}, {s.person.role.replace('_', ' ')}")
        for s in listed
        if s.standing not in ("signed", "wording")
    ]
    made = None
    if request.method == "POST" and form.is_valid():
        try:
            made = sign_actions.invite(
                found.project,
                found.caller,
                subject=subject,
                base=mail.link(LINKS, request),
                **form.cleaned_data,
            )
        except SextantError as error:
            put_beside(form, error)
    context = {
        "subject": subject, "title": signing.title(subject), "form": form, "made": made, "choices": field.choices,
        "mail_on": mail.is_on(), "mail_off": mail.OFF, "stakeholders": listed,
    }  # fmt: skip
    return page(request, found, "people", "people/ask.html", context, status=422 if form.errors else 200)


class ChannelForm(forms.Form):
    """A chat channel that the project tells things."""

    name = forms.CharField(max_length=80, label="Channel", help_text="What people call it, such as #forms.")
    url = forms.URLField(
        max_length=500, assume_scheme="https", label="Address of its incoming webhook",
        help_text="Slack, Mattermost and others make one. Who has it may write there, so it is shown to nobody again.",
    )  # fmt: skip


def people(request: HttpRequest, slug: str) -> HttpResponse:
    """Who has a say, where their signatures stand, who works on it, and where it tells what happens."""
    found = enter(request, slug)
    form = ChannelForm(sent(request) if request.POST.get("do") == "channel" else None)
    if request.method == "POST":
        found.require("manage")
        if request.POST.get("do") == "forget":
            sign_actions.forget(found.project, found.caller, request.POST.get("who", ""))
            messages.success(
                request,
                "The address is erased: from links, from the outbox, and from what was written of them.",
            )
            return redirect("people", slug)
        if request.POST.get("do") == "remove-channel":
            given = request.POST.get("id", "")
            mail_actions.remove_channel(
                found.project, found.caller, int(given) if given.isdigit() and len(given) < 19 else 0
            )
            messages.success(request, "The channel is told no more.")
            return redirect("people", slug)
        if form.is_valid():
            try:
                mail_actions.add_channel(found.project, found.caller, **form.cleaned_data)
            except SextantError as error:
                put_beside(form, error)
            else:
                messages.success(request, "The channel is told from now on.")
                return redirect("people", slug)
    state = queries.project_state(found.project)
    present = queries.signable(found.project, state)
    subjects = [s for s in ("goals", "brief") if s in present]
    by_subject = {
        s: {x.key: x for x in signing.signers(found.project, state, s, present[s])} for s in subjects
    }
    earlier = set(
        DocumentRow.objects.filter(
            project=found.project, kind="stakeholder", present=False, body__contains="@"
        ).values_list("key", flat=True)
    )
    rows: list[dict[str, Any]] = [
        {
            "key": w.key, "person": w.document,
            "stands": [(s, signing.title(s), by_subject[s][w.key]) for s in subjects],
            "address": w.document.email or w.key in earlier
            or any((link := by_subject[s][w.key].invitation) and link.email for s in subjects),
        }
        for w in state.documents.get("stakeholder", ())
        if isinstance(w.document, Stakeholder)
    ]  # fmt: skip
    gone = [one for one in leaving.everybody(found.project) if not one.here]
    holds = leaving.all_held(found.project, state, gone) if gone else []
    context = {
        "left": [
            {"name": one.name, "key": one.key, "held": held} for one, held in zip(gone, holds, strict=True)
        ],
        "rows": rows, "subjects": [signing.title(s) for s in subjects],
        "members": Member.objects.filter(project=found.project).select_related("user").order_by("user__username"),
        "channels": Channel.objects.filter(project=found.project).order_by("id"), "form": form,
        "mail_on": mail.is_on(), "mail_off": mail.OFF, "add": reverse("new-document", args=[slug, "stakeholder"]),
    }  # fmt: skip
    return page(request, found, "people", "people/people.html", context, status=422 if form.errors else 200)
