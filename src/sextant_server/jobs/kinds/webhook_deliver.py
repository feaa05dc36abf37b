"""`webhook.deliver`: tell a project's webhook something, signed, until it listens."""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from sextant import __version__
from sextant.canonical import canonical
from sextant.errors import Unavailable
from sextant_server.jobs import outgoing
from sextant_server.jobs.registry import Work, job
from sextant_server.projects.models import Webhook


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """The value of `X-Sextant-Signature`: HMAC-SHA256 with the webhook's secret over timestamp, a dot, and
    the body.

    The timestamp stands in `X-Sextant-Timestamp` (seconds since 1970). A receiver computes the same, compares
    in constant time, and refuses what is older than some minutes, so that nothing can be sent again by
    others.

    >>> signature("secret", "1700000000", b"{}")
    'sha256=b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163'
    """
    made = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={made.hexdigest()}"


@job("webhook.deliver", arguments=("webhook", "body"), attempts=14, patience=120)
def deliver(work: Work) -> dict[str, Any]:
    """POST the body. Everything but an answer of 200 to 299 is tried again, for about four hours: a receiver
    that is being set up or repaired shall not miss a decision."""
    hook = Webhook.objects.filter(pk=work.arguments["webhook"], project=work.job.project).first()
    if hook is None or not hook.active:
        return {"sent": False, "why": "the webhook was removed or switched off"}
    body = canonical(work.arguments["body"]).encode()
    timestamp = str(int(time.time()))
    status = outgoing.post(
        hook.url,
        body,
        {
            "Content-Type": "application/json",
            "User-Agent": f"sextant/{__version__}",
            "X-Sextant-Event": str(work.arguments["body"].get("type", "")),
            # The same for every attempt, so that a receiver can tell a repetition.
            "X-Sextant-Delivery": str(work.job.pk),
            "X-Sextant-Timestamp": timestamp,
            "X-Sextant-Signature": signature(hook.secret, timestamp, body),
        },
        to_private=settings.WEBHOOKS_TO_PRIVATE,
    )
    if not 200 <= status < 300:
        moved = (
            ". Redirects are not followed: enter the address that it leads to" if 300 <= status < 400 else ""
        )
        raise Unavailable(
            f"the webhook answered {status}{moved}",
            where=urlsplit(hook.url).hostname,
            rule="200 to 299 means received",
        )
    return {"sent": True, "status": status}
