"""Talk about a thing: its page, and what the forms under other pages send."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from sextant.documents import document_kinds
from sextant.errors import InvalidInput, SextantError
from sextant.lifecycle.checklist import ITEMS
from sextant_server.people import mail, talk, talk_actions
from sextant_server.projects.frame import enter, page
from sextant_server.projects.permissions import Access


class ReviewForm(forms.Form):
    """Asking somebody to look at a thing by a day."""

    who = forms.CharField(max_length=200)
    due = forms.DateField()


def talk_page(request: HttpRequest, slug: str) -> HttpResponse:
    """What was said about the thing that `about` names, and all that one may say to it."""
    found = enter(request, slug, "comment" if request.method == "POST" else "view")
    about = request.POST.get("about", "") or request.GET.get("about", "")
    if request.method == "GET" and not about:
        return redirect("project", slug)
    # What was said of something that is not there any more can still be dealt with.
    where = talk.place(found.project, about, gone=talk.talked_about(found.project, about))
    wrong: dict[str, str] = {}
    if request.method == "POST":
        try:
            said = _done(request, found, about)
        except SextantError as error:
            wrong = {"place": error.where or "", "text": str(error)[:1].upper() + str(error)[1:]}
            status = error.status
        else:
            messages.success(request, said)
            back = request.POST.get("next", "")
            if not url_has_allowed_host_and_scheme(back, None):
                back = where.href
            return redirect(f"{back.partition('#')[0]}#talk")
    context = {"about": about, "where": where, "wrong": wrong, "given": request.POST}
    return page(
        request, found, _tab(about), "people/talk_page.html", context, status=status if wrong else 200
    )


def _tab(about: str) -> str:
    """Where the navigation stands while one talks about a thing."""
    kind, _, rest = about.partition(":")
    name = rest.partition(":")[0]
    if kind == "document":
        return name if name == "brief" else document_kinds()[name].phase
    if kind == "item":
        return ITEMS[rest].phase
    return {"criterion": "targets", "evidence": "proof"}.get(kind, "people")


def _done(request: HttpRequest, found: Access, about: str) -> str:
    """Do what a form asks for; what to say about it."""
    project, who, key = found.project, found.caller, request.POST.get("key", "")
    owner, base = "manage" in found.may, mail.link("", request)
    match request.POST.get("do", ""):
        case "resolve":
            talk_actions.resolve(project, who, key)
            return "The comment is resolved."
        case "read":
            talk_actions.read(project, who, key)
            return "It waits for you no more."
        case "reopen":
            talk_actions.resolve(project, who, key, again=True)
            return "The comment is open again."
        case "erase":
            talk_actions.erase(project, who, key, owner=owner)
            return "The text is erased."
        case "review":
            form = ReviewForm(request.POST)
            if not form.is_valid():
                raise InvalidInput(
                    "say who is asked, and by which day", where="who" if "who" in form.errors else "due"
                )
            made = talk_actions.ask_review(project, who, about, base=base, **form.cleaned_data)
            return f"{made.asked} is asked."
        case "done" | "withdrawn" as state:
            talk_actions.close_review(project, who, key, state=state, owner=owner)
            return "Thank you; it is reviewed." if state == "done" else "The request is withdrawn."
    talk_actions.comment(project, who, about, request.POST.get("text", ""), base=base)
    return "Your comment is there."


def shown(context: Any, about: str, version: str = "") -> dict[str, Any]:
    """What the part under a page shows: what was said about a thing, who is asked, and the forms. Four queries."""
    found: Access = context["access"]
    return {
        "project": found.project, "may": context["may"], "access": found, "about": about, "version": version,
        "comments": talk.comments(found.project, about), "reviews": talk.reviews(found.project, about),
        "people": talk.people(found.project) if "comment" in found.may else [],
        "csrf_token": context.get("csrf_token"), "here": context["request"].path, "wrong": context.get("wrong", {}),
        "given": context.get("given", {}), "me": found.caller,
        "unread": talk.unread(found.caller, found.project, about),
    }  # fmt: skip
