"""`chat.deliver`: tell a chat channel something, until it listens."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from sextant import __version__
from sextant.canonical import canonical
from sextant.errors import InvalidInput, Unavailable
from sextant_server.jobs import outgoing
from sextant_server.jobs.registry import Work, job
from sextant_server.people.mail_models import Channel


@job("chat.deliver", arguments=("channel", "text"), attempts=10, patience=120)
def deliver(work: Work) -> dict[str, Any]:
    """POST `{"text": ...}`. A channel that is gone (400 to 499 but 408 and 429) fails at once; what may pass is tried
    again for about an hour and a half."""
    channel = Channel.objects.filter(pk=work.arguments["channel"], project=work.job.project).first()
    if channel is None or not channel.active:
        return {"sent": False, "why": "the channel was removed or switched off"}
    status = outgoing.post(
        channel.url, canonical({"text": work.arguments["text"]}).encode(),
        {"Content-Type": "application/json", "User-Agent": f"sextant/{__version__}"},
        to_private=settings.WEBHOOKS_TO_PRIVATE,
    )  # fmt: skip
    if 200 <= status < 300:
        return {"sent": True, "status": status}
    host = urlsplit(channel.url).hostname
    if 400 <= status < 500 and status not in (408, 429):
        raise InvalidInput(
            f"the channel {channel.name} answered {status}", where=host, rule="200 means received",
            todo="make a new incoming webhook there, and enter its address",
        )  # fmt: skip
    raise Unavailable(f"the channel {channel.name} answered {status}", where=host, rule="200 means received")
