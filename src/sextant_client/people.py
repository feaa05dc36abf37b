"""Who signs by a link, what people say to each other, and who is asked to look at what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sextant_client.answers import read
from sextant_client.asking import Asking


@dataclass(frozen=True, slots=True)
class SignLink:
    """A stakeholder's link to sign by. `state` is open, signed, revoked, expired, or left where they are asked no more;
    `mail` what became of its mail, None where none was sent; `link` the link itself, in the answer that made it and
    never again."""

    id: int
    subject: str
    stakeholder: str
    person: str
    role: str
    digest: str
    asked_by: str
    asked_at: datetime
    expires_at: datetime
    state: str
    mail: str | None = None
    link: str = ""


@dataclass(frozen=True, slots=True)
class Comment:
    """Something said about a thing (`about`), on one version of it; `names` are those who are named with @. The text of
    one that was erased is empty."""

    key: str
    about: str
    version: str
    text: str
    by: str
    at: datetime
    resolved_by: str
    erased: bool
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """Somebody (`asked`) was asked to look at a thing by a day. `state` is open, done or withdrawn."""

    key: str
    about: str
    asked: str
    by: str
    due: date
    state: str
    closed_by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What somebody gave to another person: the texts of `risks`, the keys of `targets`, what `reviews` were about, and
    how many `links` to sign by ended. `links` and the part itself only where they left."""

    who: str
    to: str
    risks: tuple[str, ...]
    targets: tuple[str, ...]
    reviews: tuple[str, ...]
    links: int


class People(Asking):
    """What people around a project are asked and say. A part of `Project`.

    `about` names a thing: `document:KIND`, `document:KIND:KEY`, `criterion:KEY`, `item:KEY`, `evidence:DIGEST` or
    `goals`. `by` names who speaks where this works on a folder's own database; over a network people speak as
    themselves, and a token may not.
    """

    def sign_links(self) -> list[SignLink]:
        """Who was asked to sign by a link, the newest first."""
        return [read(SignLink, row) for row in self._ask("GET", "sign-links")]

    def ask_to_sign(self, subject: str, stakeholder: str, *, email: str = "", days: int = 14) -> SignLink:
        """Give a stakeholder, by the key of their document, a link to sign the present version of a subject. It goes
        to `email`, else to the address that stands beside their name, where mail can be sent. An earlier link of
        theirs to the same thing ends."""
        body = {"subject": subject, "stakeholder": stakeholder, "email": email, "days": days}
        return read(SignLink, self._ask("POST", "sign-links", body=body))

    def revoke_sign_link(self, link_id: int) -> None:
        """End a link at once. `Conflict` if it was used to sign: a signature stays."""
        self._ask("DELETE", "sign-links", str(link_id), again=False)

    def comments(self, about: str = "", *, only_open: bool = False, limit: int = 100) -> list[Comment]:
        """What was said about a thing, or about all, the oldest first, of the latest `limit`."""
        params = {"about": about, "open": only_open or None, "limit": limit}
        return [read(Comment, row) for row in self._ask("GET", "comments", params=params)]

    def comment(self, about: str, text: str, *, by: str | None = None) -> Comment:
        """Say something about a thing. Who is named with @ is told by mail that they were."""
        return read(Comment, self._ask("POST", "comments", body={"about": about, "text": text, "by": by}))

    def resolve_comment(self, key: str, *, again: bool = False, by: str | None = None) -> Comment:
        """Say that a comment is dealt with; with `again`, that it is open again."""
        body = {"resolved": not again, "by": by}
        return read(Comment, self._ask("PUT", "comments", key, "resolution", body=body))

    def erase_comment(self, key: str) -> None:
        """Erase a comment's text for good. That something was said stays on record."""
        self._ask("DELETE", "comments", key, again=False)

    def hand_over(
        self, who: str, to: str = "", *, targets: bool = True, leaves: bool = False, erase: bool = False
    ) -> HandedOver:
        """Give the open risks, targets and reviews of somebody, by name or key, to another person; without `to` to
        nobody. With `leaves` a stakeholder is none any more and `to` takes their part; with `erase` their address and
        what was written of them is erased for good. A target's owner is part of what was signed: `targets` off leaves
        them."""
        body = {"who": who, "to": to, "targets": targets, "leaves": leaves, "erase": erase}
        return read(HandedOver, self._ask("POST", "hand-overs", body=body))

    def erase_versions(self, kind: str, key: str = "") -> list[int]:
        """Erase what the earlier versions of a document say, for good; of a withdrawn one, all. Returns their
        numbers."""
        return list(self._ask("DELETE", "documents", kind, key or "-", "versions", again=False)["erased"])

    def reviews(self, about: str = "", *, only_open: bool = False, limit: int = 100) -> list[Review]:
        """Who was asked to look at a thing, or at any, the newest first."""
        params = {"about": about, "open": only_open or None, "limit": limit}
        return [read(Review, row) for row in self._ask("GET", "reviews", params=params)]

    def ask_review(self, about: str, who: str, due: date, *, by: str | None = None) -> Review:
        """Ask a member or a stakeholder, by account, key or name, to look at a thing by a day."""
        body = {"about": about, "who": who, "due": due.isoformat(), "by": by}
        return read(Review, self._ask("POST", "reviews", body=body))

    def answer_review(
        self, key: str, state: Literal["done", "withdrawn"], *, by: str | None = None
    ) -> Review:
        """End a request: `done` by who was asked, `withdrawn` by who asked."""
        body = {"state": state, "by": by}
        return read(Review, self._ask("PUT", "reviews", key, "answer", body=body, again=False))
