"""People around a project: what is sent to them, what they were asked, what they say.

Addresses and what people wrote stand in tables of their own, from which they can be erased; the log names a person by
role and name, and keeps digests.
"""

from __future__ import annotations

from sextant_server.people.mail_models import Channel, Mail
from sextant_server.people.sign_models import Invitation, Notice
from sextant_server.people.talk_models import Comment, Mention, Review

__all__ = ["Channel", "Comment", "Invitation", "Mail", "Mention", "Notice", "Review"]
