"""The kinds of job. A new one is a file here, named in this list."""

from __future__ import annotations

from sextant_server.jobs.kinds import audit_verify, chat_deliver, checks_run, mail_deliver, webhook_deliver

__all__ = ["audit_verify", "chat_deliver", "checks_run", "mail_deliver", "webhook_deliver"]
