"""The log: append-only, one hash chain per project, its heads anchored outside the database.

Each record's digest covers its place, its predecessor's digest and its body, so whatever is altered, removed,
reordered or put between breaks the chain at a record that can be named. A bare chain cannot show that its end
was cut off, or that whoever owns the database wrote all of it anew; for that, signed heads are handed out with
every gate decision, plan and webhook, and kept in a file beside the database's machine: see `Anchor`.
"""

from __future__ import annotations

import base64
import hashlib
import html
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime, Field, field_serializer

from sextant.canonical import Frozen, canonical, digest
from sextant.errors import InvalidInput

#: What the first record of a project follows.
GENESIS = "0" * 64

#: How far from its place a moved record is looked for, to say "moved" rather than "altered".
_REACH = 50


class Link(Frozen):
    """One record of the log without its body. `body_digest` is the SHA-256 of the body's canonical text."""

    project: str
    sequence: int = Field(ge=1)
    previous: str
    kind: str
    actor: str
    at: AwareDatetime
    body_digest: str

    @field_serializer("at", when_used="json")
    def _utc(self, value: datetime) -> str:
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Record(Link):
    """A link with its digest and, where the log keeps it, the body's canonical text."""

    record_digest: str
    body: str | None = None


def link_digest(link: Link) -> str:
    """The digest that the next record must name."""
    return digest(link.model_dump(mode="json", include=set(Link.model_fields)))


def body_digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()


class Anchor(Frozen):
    """A head of the log, signed with a key that is kept elsewhere than the database.

    `signature` is Ed25519 (RFC 8032) over the canonical form of the other fields, base64. `key` is the public
    half, so anyone can check the signature; whether it is *your* key is for you to compare.
    """

    project: str
    sequence: int = Field(ge=0)
    head: str
    at: AwareDatetime
    reason: str
    key: str = ""
    signature: str = ""

    @field_serializer("at", when_used="json")
    def _utc(self, value: datetime) -> str:
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")

    def signed_text(self) -> bytes:
        return canonical(self.model_dump(mode="json", exclude={"signature"})).encode()

    def genuine(self, public_key: str | None = None) -> bool:
        """Whether the signature is right (and, if given, by this key)."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        if not self.key or not self.signature or (public_key is not None and public_key != self.key):
            return False
        try:
            key = Ed25519PublicKey.from_public_bytes(base64.b64decode(self.key, validate=True))
            key.verify(base64.b64decode(self.signature, validate=True), self.signed_text())
        except (InvalidSignature, ValueError):
            return False
        return True


def sign(anchor: Anchor, private_key: bytes) -> Anchor:
    """The anchor with key and signature, from the 32 bytes of an Ed25519 private key."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.from_private_bytes(private_key)
    named = anchor.model_copy(update={"key": base64.b64encode(key.public_key().public_bytes_raw()).decode()})
    return named.model_copy(update={"signature": base64.b64encode(key.sign(named.signed_text())).decode()})


@dataclass(frozen=True, slots=True)
class Fault:
    """The first record at which the log is not what it was: `sequence`, what happened (`altered`, `removed`,
    `reordered`, `inserted`, `cut_off`, `rewritten`, `body_altered`), and a sentence about it."""

    what: str
    sequence: int
    detail: str


@dataclass(slots=True)
class Verification:
    """What a check of the log found. `limits` says what it cannot tell."""

    project: str
    records: int = 0
    head: str = GENESIS
    fault: Fault | None = None
    anchors_checked: int = 0
    last_anchor: int | None = None
    limits: list[str] = field(default_factory=list)

    @property
    def intact(self) -> bool:
        return self.fault is None


class Verifier:
    """Checks records one by one as they come, in the order that the log gives them; memory does not grow with it.

    Give it every anchor that you hold; then `add` each record, then `finish`.
    """

    def __init__(
        self, project: str, anchors: Iterable[Anchor] = (), *, public_key: str | None = None
    ) -> None:
        self.result = Verification(project)
        self._anchors: dict[int, list[Anchor]] = {}
        self._ignored = 0
        self._good_anchor = 0
        self._before_last = GENESIS
        self._skipped: int | None = None
        for anchor in anchors:
            if anchor.project != project:
                continue
            if not anchor.genuine(public_key):
                self._ignored += 1
                continue
            self._anchors.setdefault(anchor.sequence, []).append(anchor)

    def save(self) -> dict[str, Any]:
        """Where the check stands, as plain values: `restore` goes on from there in another process."""
        done = self.result
        return {
            "records": done.records, "head": done.head, "anchors_checked": done.anchors_checked,
            "good_anchor": self._good_anchor, "before_last": self._before_last, "skipped": self._skipped,
        }  # fmt: skip

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on from what `save` gave, with the next record. Only for a check in which no fault was found."""
        done = self.result
        done.records, done.head, done.anchors_checked = (
            saved["records"],
            saved["head"],
            saved["anchors_checked"],
        )
        self._good_anchor, self._before_last = saved["good_anchor"], saved["before_last"]
        self._skipped = saved["skipped"]

    def add(self, record: Record) -> bool:
        """Take one record; False once a fault was found (the rest can tell nothing more)."""
        done = self.result
        if done.fault:
            return False
        expected = done.records + 1
        if self._skipped is not None:
            done.fault = self._gap(expected, self._skipped, self._place(record, expected))
            return False
        place = self._place(record, expected)
        if place is not None and place > expected:
            # Its place in the line is taken by a later one: the next record tells whether it moved or is gone.
            self._skipped = place
            return True
        done.fault = self._fault(record, expected, place)
        if done.fault:
            return False
        done.records, self._before_last, done.head = expected, done.head, record.record_digest
        for anchor in self._anchors.get(expected, ()):
            done.anchors_checked += 1
            if anchor.head != record.record_digest:
                done.fault = Fault(
                    "rewritten",
                    self._good_anchor + 1,
                    f"the log agrees with itself, but record {expected} is not the one that was anchored on "
                    f"{anchor.at:%Y-%m-%d %H:%M} UTC ({anchor.reason}): something in records {self._good_anchor + 1} to "
                    f"{expected} was rewritten together with all that follows",
                )
                return False
            self._good_anchor = expected
        return True

    def _place(self, record: Record, expected: int) -> int | None:
        """The number under which the record's digest is right, whatever number it carries now; None if altered."""
        near = range(max(1, expected - _REACH), expected + _REACH)
        number: int
        for number in dict.fromkeys((record.sequence, expected, *near)):
            if link_digest(record.model_copy(update={"sequence": number})) == record.record_digest:
                return number
        return None

    def _gap(self, expected: int, found: int, following: int | None) -> Fault:
        if following == expected:
            return Fault(
                "reordered", expected, f"record {found} stands before record {expected}: they were reordered"
            )
        return Fault("removed", expected, f"record {expected} is gone: in its place stands record {found}")

    def _fault(self, record: Record, expected: int, place: int | None) -> Fault | None:
        if place is None:
            return Fault(
                "altered", expected, f"record {expected} ({record.kind}) was altered: its digest does not fit"
            )
        if place < expected:
            # An old record comes once more, or was pushed down by one that was put before it.
            if record.previous == self._before_last and place == expected - 1:
                return Fault(
                    "inserted", place, f"record {place} was put between: the true record {place} follows it"
                )
            return Fault("inserted", expected, f"in the place of record {expected} stands record {place}")
        if record.sequence != expected:
            return Fault("altered", expected, f"record {expected} carries the number {record.sequence}")
        if record.previous != self.result.head:
            first = max(1, expected - 1)
            return Fault(
                "altered", first, f"record {first} was altered and its digest written anew: record {expected} still names "
                "the digest that it had",
            )  # fmt: skip
        if record.body is not None and body_digest(record.body) != record.body_digest:
            return Fault(
                "body_altered", expected, f"the content of record {expected} ({record.kind}) was altered"
            )
        return None

    def finish(self, stored_head: str | None = None, stored_sequence: int | None = None) -> Verification:
        """The result, once every record was added. The stored head is what the database says the last one is."""
        done = self.result
        if not done.fault and self._skipped is not None:
            done.fault = self._gap(done.records + 1, self._skipped, None)
        held = [s for s in self._anchors if s > 0]
        done.last_anchor = max(held, default=None)
        if not done.fault and done.last_anchor is not None and done.last_anchor > done.records:
            anchor = self._anchors[done.last_anchor][0]
            done.fault = Fault(
                "cut_off", done.records + 1,
                f"the log ends at record {done.records}, but record {done.last_anchor} was anchored on "
                f"{anchor.at:%Y-%m-%d %H:%M} UTC ({anchor.reason}): records {done.records + 1} to {done.last_anchor} at least "
                "were cut off",
            )  # fmt: skip
        if (
            not done.fault
            and stored_sequence is not None
            and (stored_sequence, stored_head) != (done.records, done.head)
        ):
            done.fault = Fault(
                "cut_off" if stored_sequence > done.records else "inserted", min(done.records, stored_sequence) + 1,
                f"the log ends at record {done.records}, but its stored head names record {stored_sequence}",
            )  # fmt: skip
        done.limits = self._limits(held)
        return done

    def _limits(self, held: Sequence[int]) -> list[str]:
        done, last = self.result, max(held, default=0)
        said = []
        if self._ignored:
            said.append(
                f"{self._ignored} anchor(s) were left out: their signature is not right or not by the given key."
            )
        if not held:
            said.append(
                "No anchor was given, so it cannot be told whether records were cut off at the end, or whether whoever owns "
                "the database wrote the whole log anew."
            )
        elif done.records > last and not done.fault:
            said.append(
                f"{_span(last + 1, done.records)} came after the last anchor: it cannot be told whether more followed and was "
                "cut off, or whether this was written anew."
            )
        said.append(
            "It cannot be told whether what was recorded was true, only that it is what was recorded."
        )
        return said


def _span(first: int, last: int) -> str:
    return f"Record {first}" if first == last else f"Records {first} to {last}"


def verify(
    project: str,
    records: Iterable[Record],
    anchors: Iterable[Anchor] = (),
    *,
    public_key: str | None = None,
    stored_head: str | None = None,
    stored_sequence: int | None = None,
) -> Verification:
    """Check a whole log against itself and against the anchors that were kept elsewhere.

    Names the first record that was altered, removed, reordered or put between; tells truncation back to the last
    anchor; and says what it cannot tell (`Verification.limits`).
    """
    verifier = Verifier(project, anchors, public_key=public_key)
    for record in records:
        if not verifier.add(record):
            break
    return verifier.finish(stored_head, stored_sequence)


def read_anchors(path: Path) -> list[Anchor]:
    """Every anchor in a file: an anchors file (JSON lines), a stored gate decision or webhook body, or a plan as
    Markdown, HTML, PDF or Word document.

    Anchors are found wherever they stand as a JSON object with the fields of `Anchor`.
    """
    try:
        text = _text_of(path.read_bytes(), str(path))
    except OSError as error:
        raise InvalidInput(f"cannot read it: {error.strerror}", where=str(path)) from error
    found: list[Anchor] = []
    for candidate in _objects(text):
        found.extend(_anchors_in(candidate))
    if not found:
        raise InvalidInput(
            "no anchor stands in this file", where=str(path),
            todo="give an anchors file, a gate decision, a webhook's body or a plan",
        )  # fmt: skip
    return found


#: More of a Word document is not taken apart.
_MOST_UNPACKED = 50_000_000


def _text_of(data: bytes, where: str) -> str:
    """What is written in a file: a PDF's keywords, where the plan keeps its head, a Word document's text, else itself."""
    if data.startswith(b"%PDF-"):
        found = re.findall(rb"<pdf:Keywords>(.*?)</pdf:Keywords>", data, flags=re.DOTALL)
        return html.unescape(b"\n".join(found).decode("utf-8", "replace"))
    if data.startswith(b"PK\x03\x04"):
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as packed:
                body = packed.getinfo("word/document.xml")
                if body.file_size > _MOST_UNPACKED:
                    raise InvalidInput(f"it unpacks to {body.file_size:,} bytes", where=where)
                written = packed.read(body).decode("utf-8", "replace")
        except (KeyError, zipfile.BadZipFile, zlib.error) as error:
            raise InvalidInput("it is no Word document", where=where) from error
        return html.unescape(re.sub(r"<[^>]*>", "", written))
    return data.decode("utf-8", "replace")


def _objects(text: str) -> Iterable[Any]:
    try:
        yield json.loads(text)
        return
    except json.JSONDecodeError:
        pass
    decoder, place = json.JSONDecoder(), 0
    while (match := re.compile(r"\{").search(text, place)) is not None:
        try:
            value, place = decoder.raw_decode(text, match.start())
        except json.JSONDecodeError:
            place = match.start() + 1
        else:
            yield value


def _anchors_in(value: Any) -> Iterable[Anchor]:
    if isinstance(value, dict):
        if {"project", "sequence", "head", "signature"} <= value.keys():
            try:
                yield Anchor.model_validate(value)
            except ValueError as error:
                raise InvalidInput(f"an anchor in it is malformed: {error}") from error
        else:
            for inner in value.values():
                yield from _anchors_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _anchors_in(inner)
