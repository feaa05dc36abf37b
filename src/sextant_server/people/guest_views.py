"""The page behind a stakeholder's link: read the exact version, and sign it with the code that came by mail. No account."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from sextant.errors import Conflict, NotFound, SextantError
from sextant_server.people import mail, sign_actions, signing, talk_actions
from sextant_server.people.sign_models import Invitation
from sextant_server.people.talk_models import Comment
from sextant_server.records import queries
from sextant_server.records.models import Head


def guest(request: HttpRequest, secret: str) -> HttpResponse:
    """Read, ask for a code, sign. Opening it changes nothing, so a mail scanner that does is harmless."""
    try:
        link = signing.invitation_of(secret)
    except NotFound:
        return _kept_private(render(request, "people/guest_over.html", status=404))
    error: SextantError | None = None
    if request.method == "POST":
        try:
            if request.POST.get("do") == "code":
                sign_actions.send_code(link)
            elif request.POST.get("do") == "comment":
                if why := signing.over(link, queries.project_state(link.project)):
                    raise Conflict(sign_actions.OVER[why])
                talk_actions.comment_by_link(link, request.POST.get("text", ""))
            else:
                sign_actions.sign_by_link(
                    link, digest=request.POST.get("digest", ""), code=request.POST.get("code", "")
                )
            return _kept_private(redirect("guest-sign", secret))
        except SextantError as raised:
            error = raised
            link.refresh_from_db()
    return _kept_private(_shown(request, link, error))


def _shown(request: HttpRequest, link: Invitation, error: SextantError | None) -> HttpResponse:
    state = queries.project_state(link.project)
    over = signing.over(link, state)
    context = {
        "link": link, "project": link.project, "title": signing.title(link.subject), "over": over,
        "words": sign_actions.OVER.get(over, ""), "error": error,
    }  # fmt: skip
    if over and link.signature is None:
        return render(request, "people/guest_over.html", context, status=410)
    digest = queries.signable(link.project, state).get(link.subject)
    if over == "signed" and link.signature is not None:
        signed_at = link.signature.record.sequence
        context |= {
            "signed": link.signature, "stands": link.signature.digest == digest,
            "sections": signing.contents_then(link.project, state, link.subject, signed_at),
            "changes": signing.since(link.project, state, link.subject, signed_at),
        }  # fmt: skip
        return render(request, "people/guest_signed.html", context)
    if digest is None:
        return render(
            request,
            "people/guest_over.html",
            context | {"words": "there is nothing to sign any more"},
            status=410,
        )
    seen = request.POST.get("sequence", "")
    read_at = int(seen) if seen.isdigit() and len(seen) < 19 else link.sequence
    sent = mail.deliveries(link.project, [f"code:{link.pk}"]).get(f"code:{link.pk}")
    context |= {
        "digest": digest, "sequence": Head.objects.get(project=link.project).sequence,
        "sections": signing.contents(state, link.subject),
        "changes": signing.since(link.project, state, link.subject, read_at),
        "reread": request.method == "POST" and request.POST.get("digest", digest) != digest,
        "mail_on": mail.is_on() and bool(link.email), "mail_off": mail.OFF,
        "code": sent if link.code_hashed and link.code_until and link.code_until > timezone.now() else None,
        "minutes": sign_actions.CODE_MINUTES, "text": request.POST.get("text", ""),
        "said": Comment.objects.filter(project=link.project, by_id=f"link:{link.pk}").order_by("id")[:100],
    }  # fmt: skip
    return render(request, "people/guest.html", context, status=error.status if error else 200)


def _kept_private(response: HttpResponse) -> HttpResponse:
    """The address opens the page: no cache keeps it, and no search engine lists it."""
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
