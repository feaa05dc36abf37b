"""Chat: a message to the channels of a project, in the form that Slack's incoming webhooks take (Mattermost, Rocket.Chat
and others take it too).

    from sextant_server.people import chat

    chat.say(project, f"*{chat.plain(project.name)}*: 2 things wait", key="digest:2026-48")
"""

from __future__ import annotations

from sextant_server.jobs.actions import enqueue
from sextant_server.jobs.models import Job
from sextant_server.people.mail_models import Channel
from sextant_server.projects.models import Project


def plain(text: str) -> str:
    """Text that the chat shows as it stands: it can be no link and call nobody.

    >>> plain("<!channel> R&D")
    '&lt;!channel&gt; R&amp;D'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def say(project: Project, text: str, *, key: str | None = None, asked_by: str = "") -> list[Job]:
    """Tell every channel of the project, by the worker. `text` is in Slack's mrkdwn; what people wrote goes through
    `plain` first. `key` makes saying twice the same as saying once."""
    return [
        enqueue(
            "chat.deliver", {"channel": channel.pk, "text": text}, project=project,
            key=None if key is None else f"chat:{channel.pk}:{key}", asked_by=asked_by,
        )
        for channel in Channel.objects.filter(project=project, active=True).order_by("id")
    ]  # fmt: skip
