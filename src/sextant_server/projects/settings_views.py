"""Pages of a project's settings: what it is called, who works on it, its tokens and webhooks; and of accounts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import BaseUserCreationForm
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from sextant.errors import Forbidden, SextantError
from sextant.lifecycle.rigor import PROFILES
from sextant_server.jobs.queries import recent
from sextant_server.projects import actions
from sextant_server.projects.frame import enter, page, put_beside, sent
from sextant_server.projects.models import ROLES, SCOPES, Member, Token, Webhook
from sextant_server.projects.permissions import Access, caller


class ProjectSettings(forms.Form):
    """What may be changed of a project."""

    name = forms.CharField(max_length=200, label="Name")
    summary = forms.CharField(
        required=False, label="In one sentence", widget=forms.Textarea(attrs={"rows": 2})
    )
    rigor = forms.ChoiceField(
        label="Rigor",
        widget=forms.RadioSelect,
        choices=[(p.key, f"{p.name}: {p.sentence}") for p in PROFILES.values()],
    )
    currency = forms.CharField(max_length=3, label="Currency", help_text="Three capitals, as in USD.")
    budget = forms.FloatField(required=False, min_value=0, label="Budget", help_text="For the whole project.")
    blocker_days = forms.IntegerField(min_value=1, label="A blocker is late after so many days")
    candidate = forms.CharField(
        required=False,
        label="Model to ship",
        help_text="The exact version that is judged, such as reader@m3.",
    )
    in_service = forms.CharField(required=False, label="Model in service", help_text="What users meet now.")


class MemberForm(forms.Form):
    username = forms.CharField(label="Account", max_length=150)
    role = forms.ChoiceField(label="Role", choices=[(r, r.capitalize()) for r in ROLES], initial="editor")


class TokenForm(forms.Form):
    name = forms.CharField(label="What it is for", max_length=100)
    scopes = forms.MultipleChoiceField(
        label="It may", widget=forms.CheckboxSelectMultiple, initial=["evidence"],
        choices=list(zip(SCOPES, ("read", "read, and store evidence", "read, store evidence, and change things"), strict=True)),
    )  # fmt: skip
    days = forms.IntegerField(label="Good for so many days", min_value=1, max_value=3650, initial=365)


class WebhookForm(forms.Form):
    url = forms.URLField(
        label="Address", assume_scheme="https", help_text="It is told of every decision at a gate."
    )


FORMS: dict[str, type[forms.Form]] = {
    "project": ProjectSettings, "member": MemberForm, "token": TokenForm, "webhook": WebhookForm,
}  # fmt: skip


def settings(request: HttpRequest, slug: str) -> HttpResponse:
    """All settings of a project on one page, for its owners."""
    found = enter(request, slug, "manage")
    project = found.project
    initial = {name: getattr(project, name) for name in ProjectSettings.base_fields}
    made = {
        key: form(initial=initial if key == "project" else None, prefix=key) for key, form in FORMS.items()
    }
    secret, status = "", 200
    if request.method == "POST":
        asked = request.POST.get("form", "")
        if asked in FORMS:
            made[asked] = FORMS[asked](request.POST, prefix=asked)
        try:
            secret = _apply(found, asked, made.get(asked), request)
        except SextantError as error:
            status = error.status
            form = made.get(asked)
            if form is None:
                messages.error(request, str(error))
            else:
                put_beside(form, error)
        else:
            if asked in FORMS and made[asked].errors:
                status = 422
            elif not secret:
                return redirect("settings", slug)
    context = {
        "forms": made, "secret": secret,
        "members": Member.objects.filter(project=project).select_related("user").order_by("user__username"),
        "tokens": Token.objects.filter(project=project).order_by("-id"),
        "webhooks": Webhook.objects.filter(project=project).order_by("id"),
        "jobs": recent(project, limit=15), "roles": ROLES,
    }  # fmt: skip
    return page(request, found, "settings", "projects/settings.html", context, status=status)


def _apply(found: Access, asked: str, form: forms.Form | None, request: HttpRequest) -> str:
    """Do what was asked; a new token's secret, which is shown this once, is all that comes back."""
    project, who = found.project, found.caller
    if form is not None:
        if not form.is_valid():
            return ""
        data: dict[str, Any] = form.cleaned_data
        match asked:
            case "project":
                actions.change_project(project, who, **data)
                messages.success(request, "The settings are saved.")
            case "member":
                actions.set_member(project, who, data["username"], data["role"])
                messages.success(request, f"{data['username']} is {data['role']} now.")
            case "token":
                return actions.make_token(
                    project, who, name=data["name"], scopes=data["scopes"], days=data["days"]
                )[1]
            case "webhook":
                actions.add_webhook(project, who, data["url"])
                messages.success(request, "The address is told of every decision from now on.")
        return ""
    match asked:
        case "remove-member":
            name = request.POST.get("username", "")
            actions.remove_member(project, who, name)
            messages.success(
                request,
                f"{name} is no member any more. If they held anything, People shows what is to hand over.",
            )
        case "revoke-token":
            actions.revoke_token(project, who, _number(request))
        case "remove-webhook":
            actions.remove_webhook(project, who, _number(request))
    return ""


def _number(request: HttpRequest) -> int:
    given = request.POST.get("id", "")
    return int(given) if given.isdigit() else 0


class AccountForm(BaseUserCreationForm):
    """A new account."""

    class Meta:
        model = User
        fields = ("username", "first_name", "last_name", "email")


@login_required
def accounts(request: HttpRequest) -> HttpResponse:
    """All accounts, and making one; for admins."""
    if not caller(request).everything:
        raise Forbidden("only an admin may make accounts", todo="ask the admin of this installation")
    form = AccountForm(sent(request))
    if request.method == "POST" and form.is_valid():
        user = actions.create_account(form)
        messages.success(request, f"{user.get_username()} can sign in now.")
        return redirect(reverse("accounts"))
    context = {"form": form, "users": User.objects.order_by("username")}
    return render(request, "projects/accounts.html", context, status=422 if form.errors else 200)
