"""The labeling page: one item, its answer, the next. For members who may rate, and for whoever holds a rater's link.

It works without JavaScript; with it the next item comes in without a new page, keys answer, and passages are marked with
the pointer. Nothing on it tells a known item from another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from sextant.data.guidelines import Guideline
from sextant.errors import NotFound, SextantError
from sextant_server.labeling import actions, dealing_actions, queries
from sextant_server.labeling.answers import ONE, typed_spans
from sextant_server.labeling.dealing_actions import WHY_SKIPPED, Answer
from sextant_server.labeling.models import Dealt, Rater
from sextant_server.projects.frame import enter
from sextant_server.projects.permissions import caller

#: Why there is nothing to label, in words.
OVER = {
    "done": (
        "You are done",
        "Every item has the labels that it needs, or you have had it already. Thank you.",
    ),
    "paused": ("This round is paused for you", "Nothing is asked of you now."),
    "closed": ("This round is closed", "Thank you for your labels."),
    "draft": ("This round has not begun", "Come back when it is open."),
    "spent": ("The budget of this round is used up", "No more labels are paid for now. Thank you."),
}


@dataclass(frozen=True, slots=True)
class Desk:
    """Who labels, and where their pages are."""

    rater: Rater
    here: str
    picture: str

    def picture_url(self, digest: str) -> str:
        return self.picture.replace("DIGEST", digest)


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Every round in which the person may label."""
    return render(request, "labeling/home.html", {"rounds": queries.to_label(caller(request))})


def mine(request: HttpRequest, slug: str) -> HttpResponse:
    """The rounds of a project in which the person may label."""
    found = enter(request, slug, "rate")
    rounds = queries.to_label(found.caller, found.project)
    return render(request, "labeling/home.html", {"rounds": rounds, "project": found.project})


def label(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Label, as somebody with an account."""
    found = enter(request, slug, "rate")
    row = queries.round_of(found.project, key)
    rater = actions.join(found.project, found.caller, row)
    return _work(
        request,
        Desk(rater, reverse("label", args=[slug, key]), reverse("label-picture", args=[slug, key, "DIGEST"])),
    )


def label_picture(request: HttpRequest, slug: str, key: str, digest: str) -> HttpResponse:
    """A picture of an item that was dealt to the person."""
    found = enter(request, slug, "rate")
    row = queries.round_of(found.project, key)
    rater = row.raters.filter(user=found.caller.user).first() if found.caller.user else None
    return _picture(rater, digest)


def guest(request: HttpRequest, secret: str) -> HttpResponse:
    """Label by a link. It opens this queue and nothing else."""
    try:
        rater = queries.by_link(secret)
    except NotFound:
        return _private(
            render(
                request,
                "labeling/over.html",
                {"title": "This link opens nothing", "text": "Ask who gave it to you for another."},
                status=404,
            )
        )
    desk = Desk(
        rater, reverse("guest-label", args=[secret]), reverse("guest-picture", args=[secret, "DIGEST"])
    )
    return _private(_work(request, desk))


def guest_picture(request: HttpRequest, secret: str, digest: str) -> HttpResponse:
    """A picture of an item that was dealt by this link."""
    return _private(_picture(queries.by_link(secret), digest))


def _private(response: HttpResponse) -> HttpResponse:
    """The address opens the page: no cache keeps it, and no search engine lists it."""
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _picture(rater: Rater | None, digest: str) -> HttpResponse:
    if rater is None or not queries.shows(rater, digest):
        raise NotFound("there is no such picture")
    found = queries.picture(rater.round.project, digest)
    response = HttpResponse(bytes(found.content), content_type=found.type)
    response["Cache-Control"] = "private, max-age=3600"
    response["X-Content-Type-Options"] = "nosniff"
    return response


# --- the page


def _work(request: HttpRequest, desk: Desk) -> HttpResponse:
    rater = desk.rater
    guideline, document = actions.guideline_of(rater.round.project, rater.round.guideline)
    if not rater.ready and rater.state == "active" and rater.round.state == "open":
        return _begin(request, desk, guideline)
    fault: SextantError | None = None
    back: Dealt | None = None
    if request.method == "POST":
        number = request.POST.get("deal", "")
        deal = int(number) if number.isdigit() and len(number) < 19 else 0
        try:
            answer = read(request, guideline, rater, deal)
            found = dealing_actions.give_answer(rater, deal, answer, guideline, document.version)
        except SextantError as error:
            fault = error
            back = Dealt.objects.filter(pk=deal, rater=rater, void=False).select_related("item").first()
        else:
            if not request.headers.get("HX-Request"):
                return redirect(desk.here)
            desk = Desk(found.rater or rater, desk.here, desk.picture)
            return _shown(request, desk, guideline, found.next, over=found.over, answered=found.answered)
    elif (asked := request.GET.get("back", "")).isdigit() and len(asked) < 19:
        back = queries.looked_back(rater, int(asked))
    if back is not None and (fault is None or fault.where):
        return _shown(request, desk, guideline, back, fault=fault, looking=back.state != "out")
    now = dealing_actions.next_item(rater)
    return _shown(request, desk, guideline, now.next, over=now.over, fault=fault)


def read(request: HttpRequest, guideline: Guideline, rater: Rater, deal: int) -> Answer:
    """What the form sent."""
    sent = request.POST
    note = sent.get("note", "")
    if sent.get("do") == "skip":
        return Answer(
            {}, note, sent.get("own_reason", "").strip() or sent.get("reason", "").strip() or WHY_SKIPPED[0]
        )
    given: dict[str, Any] = {"value": sent.get("value"), "text": sent.get("text")}
    if guideline.answer == "choices":
        given["values"] = sent.getlist("values") if sent.getlist("values") or sent.get("none") else None
        if sent.get("none"):
            given["values"] = []
    if guideline.answer == "spans":
        given["spans"] = sent.get("spans", "[]")
        if sent.get("lines", "").strip():
            item = Dealt.objects.filter(pk=deal, rater=rater).select_related("item").first()
            text = str(item.item.content.get("text", "")) if item else ""
            given["spans"] = typed_spans(text, sent["lines"], guideline.choices)
    return Answer(given, note)


def _shown(
    request: HttpRequest, desk: Desk, guideline: Guideline, deal: Dealt | None, *, over: str = "",
    fault: SextantError | None = None, looking: bool = False, answered: Dealt | None = None,
) -> HttpResponse:  # fmt: skip
    rater = desk.rater
    # What was answered this moment is the latest; an answer that was changed is not.
    fresh = answered is not None and not answered.revised and not answered.void
    earlier = answered if fresh else queries.before(rater, deal if looking else None)
    context: dict[str, Any] = {
        "round": rater.round, "rater": rater, "here": desk.here, "deal": deal, "g": guideline, "fault": fault,
        "looking": looking, "back": earlier, "place": queries.place(rater), "skips": WHY_SKIPPED,
        "over": OVER.get(over, OVER["done"]) if deal is None else None, "why": rater.why if over == "paused" else "",
    }  # fmt: skip
    if deal is not None:
        # What a model answered stands there already, and says so, where this item's is shown.
        filled = (
            deal.item.prelabel if deal.item.shows and deal.answer is None and deal.state == "out" else None
        )
        context |= shown_item(deal.item.content, desk) | {
            "choices": controls(guideline, deal.answer or filled)
        }
        context["answer"], context["filled"] = deal.answer or filled or {}, filled is not None
        context["open_note"] = bool(deal.note)
    template = "labeling/work.html" if request.headers.get("HX-Request") else "labeling/label.html"
    return render(
        request,
        template,
        context,
        status=fault.status if fault and not request.headers.get("HX-Request") else 200,
    )


def shown_item(content: Mapping[str, Any], desk: Desk | None = None, picture: str = "") -> dict[str, Any]:
    """An item as templates show it."""
    found: dict[str, Any] = {"item": content}
    if content["kind"] == "image":
        found["picture"] = (
            desk.picture_url(content["digest"]) if desk else picture.replace("DIGEST", content["digest"])
        )
    return found


def controls(guideline: Guideline, answer: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """What can be chosen, each with its key on the keyboard; what was chosen before is chosen."""
    chosen = {answer["value"]} if answer and "value" in answer else set((answer or {}).get("values", ()))
    explained = {v.value.strip(): v for v in guideline.values}
    # Not s, u and 0: they skip, go back and say that none applies.
    keys = "123456789abcdefghijklmnopqrtvwxyz"
    return [
        {
            "value": c,
            "key": keys[n] if n < len(keys) else "",
            "on": c in chosen,
            "criteria": explained[c].criteria,
            "n": n % 8,
        }
        for n, c in enumerate(guideline.choices)
    ]


def _begin(request: HttpRequest, desk: Desk, guideline: Guideline) -> HttpResponse:
    """Read the guideline, answer its questions, begin."""
    one = guideline.answer in ONE
    questions = [
        {"n": n, "q": q, "given": request.POST.get(f"q{n}", ""), "right": not one or request.POST.get(f"q{n}", "") == q.answer}
        for n, q in enumerate(guideline.questions)
    ]  # fmt: skip
    tried = request.method == "POST"
    if tried and all(q["right"] for q in questions):
        dealing_actions.ready(desk.rater)
        return redirect(desk.here)
    context = {
        "round": desk.rater.round, "rater": desk.rater, "here": desk.here, "g": guideline, "questions": questions,
        "tried": tried, "one": one,
    }  # fmt: skip
    return render(request, "labeling/begin.html", context, status=422 if tried else 200)
