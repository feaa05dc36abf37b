"""Pages: today, its settings, Monday's digest, the portfolio, waivers and how they turned out."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt

from sextant.errors import Conflict, InvalidInput, NotFound, SextantError
from sextant_server.lifecycle import actions as lifecycle
from sextant_server.lifecycle.csv_io import response as as_csv
from sextant_server.people import mail
from sextant_server.projects.frame import enter, page, put_beside, sent
from sextant_server.projects.permissions import caller
from sextant_server.records.models import Exemption
from sextant_server.records.queries import criteria
from sextant_server.weeks import actions, queries
from sextant_server.weeks import digest as digests
from sextant_server.weeks import waivers as waiving
from sextant_server.weeks.forms import OutcomeForm, RhythmForm
from sextant_server.weeks.models import Rhythm

#: What one row of the portfolio holds as CSV.
COLUMNS = (
    "project", "name", "state", "phase", "gate", "blockers", "met", "unmet", "not_enough", "other", "ships", "shipped",
    "newest_evidence", "as_of",
)  # fmt: skip
#: The heads of the portfolio's columns, and what each sorts by first.
HEADS = (
    ("Project", "name"), ("State", "-state"), ("Phase", "phase"), ("Blocks", "-blockers"), ("Targets", "-unmet"),
    ("Ships", "ships"), ("Newest proof", "evidence"),
)  # fmt: skip


@login_required
def start(request: HttpRequest) -> HttpResponse:
    """Where one lands after signing in: on Today if something waits, else on the projects."""
    return redirect("today" if queries.waiting_for(_person(request)) else "home")


def _person(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User):
        raise NotFound("nobody is signed in")
    return user


@login_required
def today(request: HttpRequest) -> HttpResponse:
    """All that waits for me, and what I wait for, across projects."""
    day = queries.today(caller(request))
    return render(request, "weeks/today.html", {"day": day, "mail_on": mail.is_on(), "mail_off": mail.OFF})


def remind(request: HttpRequest, slug: str) -> HttpResponse:
    """Remind the person whom something waits for."""
    found = enter(request, slug, "comment")
    if request.method != "POST":
        return redirect("today")
    queries.kept_of(found.project)
    try:
        actions.nudge(found.project, found.caller, request.POST.get("key", ""))
    except SextantError as error:
        if error.status == 404:
            raise
        messages.error(request, f"{str(error)[:1].upper()}{str(error)[1:]}.")
    else:
        messages.success(request, "The reminder is on its way, and recorded.")
    return redirect("today")


@login_required
def rhythm(request: HttpRequest) -> HttpResponse:
    """How a person wants to be told."""
    user = _person(request)
    have = Rhythm.objects.filter(user=user).first() or Rhythm(user=user)
    initial = {"email": user.email, "zone": have.zone, "digest": have.digest}
    form = RhythmForm(sent(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.save_rhythm(user, **form.cleaned_data)
        except SextantError as error:
            put_beside(form, error)
        else:
            messages.success(request, "Saved.")
            return redirect("rhythm")
    context = {"form": form, "mail_on": mail.is_on(), "mail_off": mail.OFF}
    return render(request, "weeks/rhythm.html", context, status=422 if form.errors else 200)


@login_required
def digest(request: HttpRequest) -> HttpResponse:
    """What Monday's mail would say now."""
    made = digests.digest(caller(request))
    text, _ = digests.rendered(made, None)
    return render(request, "weeks/digest_page.html", {"d": made, "text": text, "root": ""})


@csrf_exempt
def digest_stop(request: HttpRequest, token: str) -> HttpResponse:
    """End Monday's mail by the link in it, without signing in: looking at the page ends nothing (a mail program may
    do that), the button does, and so does the mail program's own (RFC 8058)."""
    user = digests.of_token(token)
    if user is None:
        raise NotFound(
            "this link ends nobody's mail", todo="sign in, and switch it off under Today, Settings"
        )
    done = request.method == "POST"
    if done:
        actions.stop_digest(user)
    return render(request, "weeks/stop.html", {"done": done})


@login_required
def portfolio(request: HttpRequest) -> HttpResponse:
    """Many projects side by side; `?format=csv` gives all of them as a file."""
    who, order = caller(request), request.GET.get("order", "-state")
    number = request.GET.get("page", "1")
    if not number.isdigit() or len(number) > 9:
        raise InvalidInput(f"{number[:20]!r} is no page", where="page", rule="a whole number")
    if request.GET.get("format") == "csv":
        found = queries.portfolio(who, order=order, size=10_000)
        return as_csv("portfolio.csv", COLUMNS, [_csv(row) for row in found.rows])
    found = queries.portfolio(who, order=order, page=int(number))
    base = reverse("portfolio")
    heads = [
        {
            "label": label,
            "sorted": ("descending" if order.startswith("-") else "ascending")
            if order.lstrip("-") == key.lstrip("-")
            else "",
            "href": f"{base}?{urlencode({'order': _turned(order, key)})}",
        }
        for label, key in HEADS
    ]
    pages = {
        name: f"{base}?{urlencode({'order': order, 'page': found.page + step})}"
        for name, step in (("earlier", -1), ("later", 1)) if 1 <= found.page + step <= found.pages
    }  # fmt: skip
    context = {
        "found": found,
        "heads": heads,
        "pages": pages,
        "csv": f"{base}?{urlencode({'order': order, 'format': 'csv'})}",
    }
    return render(request, "weeks/portfolio.html", context)


def _turned(order: str, key: str) -> str:
    """The same column the other way round, another in its own."""
    if order == key:
        return key[1:] if key.startswith("-") else f"-{key}"
    return key


def _csv(row: dict[str, Any]) -> dict[str, Any]:
    project, kept = row["project"], row["kept"]
    out: dict[str, Any] = {"project": project.slug, "name": project.name}
    if kept is None:
        return out
    return out | {
        "state": kept.body["word"], "phase": kept.phase, "gate": kept.gate, "blockers": kept.blockers, "met": kept.met,
        "unmet": kept.unmet, "not_enough": kept.not_enough, "other": kept.other,
        "ships": kept.ships.isoformat() if kept.ships else "", "shipped": "yes" if kept.shipped else "no",
        "newest_evidence": kept.evidence_at.isoformat(timespec="seconds") if kept.evidence_at else "",
        "as_of": kept.made_at.isoformat(timespec="seconds"),
    }  # fmt: skip


def waivers(request: HttpRequest, slug: str) -> HttpResponse:
    """Waivers in force, those that ran out and want a word, and how the others turned out."""
    found = enter(request, slug, "decide" if request.method == "POST" else "view")
    form = OutcomeForm(sent(request))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        row = Exemption.objects.filter(project=found.project, pk=data["number"], type="waiver").first()
        if row is None:
            raise NotFound(f"there is no waiver {data['number']} in {slug}", todo="look at the list again")
        try:
            lifecycle.tell_outcome(
                found.project, found.caller, row.target, data["turned_out"], data["outcome"], number=row.pk
            )
        except Conflict as error:
            # Its form is not on the page any more.
            messages.error(request, f"{str(error)[:1].upper()}{str(error)[1:]}.")
            return redirect("waivers", slug)
        except SextantError as error:
            put_beside(form, error)
        else:
            messages.success(request, "Kept with the waiver.")
            return redirect("waivers", slug)
    names = {key: c.name for key, c in criteria(found.project).items()}
    listed = waiving.waivers(found.project)
    context = {
        "w": listed,
        "running": [{**_shown(r, names), "soon": waiving.soon(r)} for r in listed.running],
        "over": [{**_shown(r, names), "form": _form_of(r, form)} for r in listed.over],
        "told": [{**_shown(r, names), "word": Exemption.TURNED_OUT[r.turned_out]} for r in listed.told],
        "words": [(Exemption.TURNED_OUT[k], listed.counts[k]) for k in Exemption.TURNED_OUT],
    }
    return page(request, found, "waivers", "weeks/waivers.html", context, status=422 if form.errors else 200)


def _shown(row: Exemption, names: dict[str, str]) -> dict[str, Any]:
    return {"row": row, "name": waiving.named(row.target, names)}


def _form_of(row: Exemption, given: OutcomeForm) -> OutcomeForm:
    """The form of one waiver: as it was sent, if it was this one's and has a fault."""
    if given.errors and given.data.get("number") == str(row.pk):
        return given
    return OutcomeForm(initial={"number": row.pk}, auto_id=f"w{row.pk}_%s")
