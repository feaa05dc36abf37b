"""Writes about mail and chat: the outbox, what left it, and the channels of a project."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from sextant.errors import Conflict, InvalidInput, Unavailable
from sextant_server.jobs.actions import enqueue
from sextant_server.people.mail_models import Channel, Mail
from sextant_server.projects.actions import stop_telling, web_address
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import Caller

#: The most characters of a mail's text.
MAX_TEXT = 100_000


def address(given: str, where: str = "email") -> str:
    """A mail address, checked; InvalidInput for what is none."""
    text = given.strip()
    try:
        if len(text) > 254:
            raise ValidationError("")
        validate_email(text)
    except ValidationError as error:
        raise InvalidInput(
            f"{text[:100]!r} is no mail address", where=where, rule="name@host, at most 254 characters"
        ) from error
    return text


@transaction.atomic
def send(
    to: str,
    subject: str,
    text: str,
    *,
    html: str = "",
    name: str = "",
    unsubscribe: str = "",
    project: Project | None = None,
    about: str = "",
    key: str | None = None,
    seed: str = "",
    until: datetime | None = None,
    asked_by: str = "",
) -> Mail:
    """Put a mail into the outbox; it leaves once the transaction commits.

    `html` is the same words set for the eye, loading nothing from elsewhere; `unsubscribe` the address of a POST that
    ends such mail. `about` is what the mail is for, by which pages find what became of it. `key` makes sending twice
    the same as sending once, for ever. After `until` it is not sent any more. With `seed`, `{secret}` and `{code}` in
    the text become `mail.secret(seed)` and `mail.code(seed)` as it leaves. Unavailable where no mail server is set.
    """
    if not settings.MAIL_ON:
        raise Unavailable(
            "no mail can be sent", rule="no mail server is set", todo="set SEXTANT_SMTP_URL, and start again"
        )
    if max(len(text), len(html)) > MAX_TEXT:
        raise InvalidInput(
            f"a mail of {max(len(text), len(html)):,} characters", rule=f"at most {MAX_TEXT:,}"
        )
    if key is not None and (found := Mail.objects.filter(key=key).first()):
        return found
    try:
        with transaction.atomic():
            made = Mail.objects.create(
                to=address(to), name=_one_line(name), subject=_one_line(subject), text=text, html=html,
                unsubscribe=unsubscribe, project=project, about=about,
                key=key, seed=seed, until=until,
            )  # fmt: skip
    except IntegrityError:
        # Somebody sent with the same key between our look and our write.
        return Mail.objects.get(key=key)
    made.job = enqueue("mail.deliver", {"mail": made.pk}, project=project, asked_by=asked_by)
    made.save(update_fields=["job"])
    return made


def _one_line(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f\s]+", " ", text).strip()[:200]


def sent(mail: Mail) -> None:
    """It is with the mail server. What it said is not kept where it held a secret."""
    kept = {"text": "", "html": "", "seed": ""} if mail.seed else {}
    Mail.objects.filter(pk=mail.pk).update(sent_at=datetime.now(UTC), **kept)


@transaction.atomic
def forget_address(to: str, project: Project | None = None) -> int:
    """Erase an address, with the name and the text of what was sent there, from the outbox. Returns of how many mails."""
    rows = Mail.objects.filter(to__iexact=to)
    if project is not None:
        rows = rows.filter(project=project)
    return rows.update(to="", name="", text="", html="", unsubscribe="", seed="")


# --- channels


@transaction.atomic
def add_channel(project: Project, caller: Caller, *, name: str, url: str) -> Channel:
    """Tell a chat channel things from now on. The log names the host only: who has the address may write there."""
    from sextant_server.records.actions import append, lock

    lock(project)
    web_address(url, secret=True)
    if not 1 <= len(name.strip()) <= 80:
        raise InvalidInput(f"a name of {len(name.strip())} characters", where="name", rule="1 to 80")
    if Channel.objects.filter(project=project, url=url).exists():
        raise Conflict("this channel is told already", where="url")
    made = Channel.objects.create(project=project, name=name.strip(), url=url)
    append(
        project,
        caller,
        [("channel", {"channel": made.pk, "name": made.name, "host": urlsplit(url).hostname})],
    )
    return made


def remove_channel(project: Project, caller: Caller, channel_id: int) -> None:
    """Tell a channel no more, and forget its address."""
    stop_telling(project, caller, Channel, "channel", channel_id)
