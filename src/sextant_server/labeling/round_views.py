"""Pages of rounds: the list, and one round with its items, labelers and settings."""

from __future__ import annotations

import json
import re
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from sextant.data.guidelines import TASK_KINDS, Guideline
from sextant.errors import InvalidInput, SextantError
from sextant_server.labeling import actions, items, queries
from sextant_server.labeling.forms import BeginForm, InviteForm, ItemsForm, RoundForm
from sextant_server.labeling.models import Round
from sextant_server.people import mail
from sextant_server.projects.frame import enter, page, put_beside, sent
from sextant_server.projects.permissions import Access
from sextant_server.records import queries as records

#: The largest table and the most pictures that a browser may send at once.
MOST_BYTES, MOST_FILES = 50 * 1024 * 1024, 500


def _guidelines(found: Access) -> list[tuple[str, str]]:
    rows = records.present_documents(found.project, Guideline.kind)
    return [
        (r.key, f"{r.key} ({TASK_KINDS[json.loads(r.body).get('answer', 'choice')].lower()})") for r in rows
    ]


def labeling(request: HttpRequest, slug: str) -> HttpResponse:
    """Every round with how far it is, and the way to a new one."""
    found = enter(request, slug, "edit" if request.method == "POST" else "view")
    written = _guidelines(found)
    form = BeginForm(written, sent(request), initial={"guideline": request.GET.get("guideline", "")})
    if request.method == "POST" and form.is_valid():
        taken = {r.key for r in queries.rounds(found.project)}
        name = (
            re.sub(r"[^a-z0-9]+", "-", form.cleaned_data["name"].lower()).strip("-")[:60].strip("-")
            or "round"
        )
        key = next(
            k for n in range(1, len(taken) + 2) if (k := name if n == 1 else f"{name}-{n}") not in taken
        )
        try:
            row = actions.put_round(found.project, found.caller, key, **form.cleaned_data)
        except SextantError as error:
            put_beside(form, error)
        else:
            messages.success(request, "The round is made. Bring items in, then open it.")
            return redirect("labeling-round", slug, row.key)
    rows = [(row, queries.progress(row)) for row in queries.rounds(found.project)[:30]]
    context = {"rows": rows, "form": form, "guidelines": written, "states": queries.STATES}
    return page(request, found, "data", "labeling/rounds.html", context, status=422 if form.errors else 200)


def round_page(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """One round: what to do next, its items, who labels, its settings."""
    found = enter(request, slug, "edit" if request.method == "POST" else "view")
    row = queries.round_of(found.project, key)
    do = request.POST.get("do", "") if request.method == "POST" else ""
    has_items = row.items.exists()
    forms: dict[str, Any] = {
        "settings": RoundForm(
            _guidelines(found), request.POST if do == "settings" else None, initial=row.as_recorded(),
            has_items=has_items, prefix="s",
        ),
        "items": ItemsForm(request.POST if do == "items" else None, request.FILES if do == "items" else None, prefix="i"),
        "invite": InviteForm(request.POST if do == "invite" else None, prefix="r"),
    }  # fmt: skip
    link, fault = "", None
    if do:
        try:
            done, link = _do(request, found, row, do, forms)
            if done:
                messages.success(request, done)
                return redirect("labeling-round", slug, key)
        except SextantError as error:
            if do in forms:
                put_beside(forms[do], error)
            else:
                fault = error
    return _shown(request, found, row, forms, link=link, fault=fault, asked=do)


def _do(request: HttpRequest, found: Access, row: Round, do: str, forms: dict[str, Any]) -> tuple[str, str]:
    """What a button of the page asks for: what to say of it, and a link that is shown this once."""
    project, caller = found.project, found.caller
    if do in ("open", "paused", "closed"):
        actions.set_state(project, caller, row, do)
        return f"The round is {do}.", ""
    if do == "stale":
        count = actions.deal_stale_again(project, caller, row)
        return f"{count:,} labels count no more; their items are dealt again.", ""
    if do in ("pause", "keep", "resume", "forget"):
        number = request.POST.get("rater", "")
        rater = queries.rater_of(row, int(number) if number.isdigit() and len(number) < 9 else 0)
        if do == "resume":
            actions.resume(project, caller, rater)
            return "They label again, and their labels count again.", ""
        if do == "forget":
            actions.forget(project, caller, rater)
            return "Their name, address and remarks are erased. Their answers stay, under a number.", ""
        actions.pause(project, caller, rater, "paused by hand", redeal=do == "pause")
        return "They label no more.", ""
    if do not in forms:
        raise InvalidInput(f"{do[:40]!r} cannot be asked for", where="do")
    form = forms[do]
    if not form.is_valid():
        return "", ""
    if do == "settings":
        actions.put_round(project, caller, row.key, **form.cleaned_data)
        return "The settings are saved.", ""
    if do == "invite":
        base = mail.link("/r/", request)
        rater, link = actions.invite(project, caller, row, base=base, **form.cleaned_data)
        if rater.email and mail.is_on():
            return f"The link to {rater.called} is on its way.", ""
        return "", link
    count = _bring(request, found, row, form)
    return f"{count:,} item{'s' * (count != 1)} came in.", ""


def _bring(request: HttpRequest, found: Access, row: Round, form: ItemsForm) -> int:
    guideline, _ = actions.guideline_of(found.project, row.guideline)
    pictures = request.FILES.getlist("pictures")
    file, dataset = form.cleaned_data["file"], form.cleaned_data["dataset"].strip()
    if pictures:
        if len(pictures) > MOST_FILES:
            raise InvalidInput(
                f"{len(pictures):,} pictures at once", where="pictures", rule=f"at most {MOST_FILES}"
            )
        rows = [{"id": p.name, "image": p.read(items.MOST_PICTURE + 1)} for p in pictures]
        made = items.drafts(rows, items.Columns("image", ("image",), key="id"), guideline)
        return actions.add_items(found.project, found.caller, row, made, source=f"{len(pictures)} pictures")
    if file:
        if file.size > MOST_BYTES:
            raise InvalidInput(f"{file.size:,} bytes", where="file", rule=f"at most {MOST_BYTES:,}")
        source, rows = str(file.name)[:200], items.rows_of_upload(str(file.name), file.read())
    elif dataset:
        source, rows = items.rows_of_dataset(found.project, dataset)
    else:
        raise InvalidInput(
            "there is nothing to bring in", where="file", todo="choose a file, pictures, or a data set"
        )
    if not rows:
        raise InvalidInput("the table has no rows", where="file")
    columns = items.guessed(form.columns(), rows[0])
    return actions.add_items(
        found.project, found.caller, row, items.drafts(rows, columns, guideline), source=source
    )


def _shown(
    request: HttpRequest, found: Access, row: Round, forms: dict[str, Any], *, link: str, fault: SextantError | None, asked: str
) -> HttpResponse:  # fmt: skip
    progress = queries.progress(row)
    guideline, _ = actions.guideline_of(found.project, row.guideline)
    raters = list(row.raters.order_by("number"))
    context = {
        "round": row, "state": queries.STATES[row.state], "p": progress, "g": guideline, "kind": TASK_KINDS[row.answer],
        "raters": raters, "forms": forms, "link": link, "fault": fault, "asked": asked, "published": bool(guideline.published_on),
        "items": [item_shown(i, found, row) for i in row.items.order_by("number")[:5]],
        "share": progress.gold / max(progress.items + progress.gold, 1), "mail_on": mail.is_on(),
        "spends": row.rate is not None, "next": NEXT_STEP.get(row.state, ""),
        "open_url": reverse("label", args=[found.project.slug, row.key]), "linked": queries.linked(row),
    }  # fmt: skip
    bad = bool(fault) or any(f.errors for f in forms.values())
    status = fault.status if fault else 422 if bad else 200
    return page(request, found, "data", "labeling/round.html", context, status=status)


NEXT_STEP = {"draft": "open", "open": "paused", "paused": "open"}


def item_shown(item: Any, found: Access, row: Round) -> dict[str, Any]:
    """An item as the page shows it."""
    shown = {"item": item.content, "row": item}
    if item.content["kind"] == "image":
        shown["picture"] = reverse(
            "labeling-picture", args=[found.project.slug, row.key, item.content["digest"]]
        )
    return shown


def picture(request: HttpRequest, slug: str, key: str, digest: str) -> HttpResponse:
    """A picture of the round, for who sees the project."""
    found = enter(request, slug)
    queries.round_of(found.project, key)
    row = queries.picture(found.project, digest)
    response = HttpResponse(bytes(row.content), content_type=row.type)
    response["Cache-Control"] = "private, max-age=3600"
    response["X-Content-Type-Options"] = "nosniff"
    return response
