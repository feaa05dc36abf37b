"""The kinds of job. A new one is a file here, named in this list."""

from __future__ import annotations

from sextant_server.jobs.kinds import (
    audit_verify,
    chat_deliver,
    checks_run,
    data_freshness,
    digest_send,
    jobs_clear,
    mail_deliver,
    numbers_read,
    standings_refresh,
    webhook_deliver,
    wording_tell,
)

__all__ = [
    "audit_verify", "chat_deliver", "checks_run", "data_freshness", "digest_send", "jobs_clear",
    "mail_deliver", "numbers_read", "standings_refresh", "webhook_deliver", "wording_tell",
]  # fmt: skip
