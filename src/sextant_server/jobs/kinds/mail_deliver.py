"""`mail.deliver`: hand a mail of the outbox to the mail server."""

from __future__ import annotations

import smtplib
from datetime import UTC, datetime
from email.utils import formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from sextant.errors import InvalidInput, Unavailable
from sextant_server.jobs.registry import Work, job
from sextant_server.people import mail_actions
from sextant_server.people.mail import code, secret
from sextant_server.people.mail_models import Mail


@job("mail.deliver", arguments=("mail",), attempts=10, patience=120)
def deliver(work: Work) -> dict[str, Any]:
    """Send it once; a server that does not answer, or says "later", is asked again for about an hour and a half. What
    it refuses for good fails at once. A second sending after a fault has the same Message-ID, so that a mailbox can
    tell."""
    row = Mail.objects.filter(pk=work.arguments["mail"]).first()
    if row is None or not row.to:
        return {"sent": False, "why": "the mail was erased"}
    if row.sent_at:
        return {"sent": True}
    if row.until and row.until < datetime.now(UTC):
        return {"sent": False, "why": "it was of no more use when it could have been sent"}
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2]
    server = get_connection()
    message = EmailMultiAlternatives(
        connection=server,
        subject=row.subject,
        body=_opened(row, row.text),
        to=[formataddr((row.name, row.to)) if row.name else row.to],
        headers={
            "Message-ID": f"<sextant.{row.pk}.{int(row.created_at.timestamp())}@{host}>",
            "Auto-Submitted": "auto-generated",
            **(
                {
                    "List-Unsubscribe": f"<{row.unsubscribe}>",
                    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                }
                if row.unsubscribe
                else {}
            ),
        },
    )
    if row.html:
        message.attach_alternative(_opened(row, row.html), "text/html")
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        raise _refused(code, said, row.to) from error
    except smtplib.SMTPResponseException as error:
        raise _refused(
            # A server that does not know us, or that is set up wrongly here, can be mended.
            400 if isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPHeloError) else error.smtp_code,
            error.smtp_error, row.to,
        ) from error  # fmt: skip
    except (OSError, smtplib.SMTPException) as error:
        raise Unavailable(f"the mail server does not answer: {error}", where=settings.EMAIL_HOST) from error
    finally:
        # Django leaves the line open where the encryption was refused.
        server.close()
    mail_actions.sent(row)
    return {"sent": True}


def _opened(row: Mail, text: str) -> str:
    """The text with the secrets that it has room for."""
    if not row.seed:
        return text
    return text.replace("{secret}", secret(row.seed)).replace("{code}", code(row.seed))


def _refused(code: int, said: bytes | str, address: str) -> InvalidInput | Unavailable:
    """The server's own words, without the address that they mostly repeat."""
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    words = " ".join(text.replace(address, "the address").split())[:300]
    if 500 <= code < 600:
        return InvalidInput(f"the mail server refused it: {code} {words}", where=settings.EMAIL_HOST)
    return Unavailable(f"the mail server did not take it: {words}", where=settings.EMAIL_HOST)
