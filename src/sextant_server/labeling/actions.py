"""Writes about guidelines and rounds: a new text, opening a round, bringing items in, inviting raters, pausing them."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Max, Value, When

from sextant.canonical import canonical
from sextant.data.guidelines import Guideline, next_version
from sextant.errors import Conflict, InvalidInput, NotFound
from sextant.evidence import Version
from sextant_server.labeling.items import MOST_ITEMS, Draft
from sextant_server.labeling.models import Dealt, Item, Picture, Rater, Round
from sextant_server.people import mail
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import Caller
from sextant_server.records import actions as records
from sextant_server.records.models import DocumentRow

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
#: What may be set of a round, with its least and its most.
RANGES: dict[str, tuple[float, float]] = {
    "labelers": (1, 20), "most": (1, 30), "settled": (0.5, 1), "gold_share": (0, 0.5), "gold_bar": (0, 1),
    "gold_least": (1, 1000), "lease_minutes": (1, 1440), "rate": (0, 1e6), "budget": (0, 1e12),
}  # fmt: skip
WORDS = {
    "labelers": "labelers an item", "most": "at most an item", "settled": "share that settles",
    "gold_share": "share of known items", "gold_bar": "bar on known items", "gold_least": "known items before a pause",
    "lease_minutes": "minutes for one item", "rate": "rate", "budget": "budget",
}  # fmt: skip
#: From which state a round may go where.
NEXT = {"draft": ("open",), "open": ("paused", "closed"), "paused": ("open", "closed"), "closed": ("open",)}


# --- guidelines


@transaction.atomic
def save_guideline(
    project: Project, caller: Caller, guideline: Guideline, key: str, *, had: int | None = None
) -> DocumentRow:
    """Store a guideline. One without a version gets v1; one whose meaning changed since it was published gets the next
    version, so that no label made before counts as made by it. With its publication it becomes the present version of
    `guideline:KEY`, and what rests on another grows stale."""
    records.lock(project)
    rows = DocumentRow.objects.filter(project=project, kind=Guideline.kind, key=key)
    present = rows.filter(present=True, withdrawn=False).first()
    before = Guideline.model_validate(json.loads(present.body)) if present else None
    version = guideline.version or (before.version if before else "") or "v1"
    if (
        before
        and before.published_on
        and before.meaning() != guideline.meaning()
        and version == before.version
    ):
        version = next_version(version)
    names = [v.value.strip() for v in guideline.values]
    if twice := next((n for n in names if n and names.count(n) > 1), None):
        raise InvalidInput(f"{twice!r} stands twice", where="values", rule="a value is chosen by its name")
    row, merged = records.put_merged(
        project, caller, guideline.model_copy(update={"version": version}), key=key, had=had
    )
    stored = Guideline.model_validate(json.loads(row.body)) if merged else guideline
    if stored.published_on:
        records.put_subject(project, caller, Version.of("guideline", key, version), phase="data")
    return row


# --- rounds


def _say(project: Project, caller: Caller, row: Round) -> Round:
    """Record what the round now says, and store it."""
    [row.record] = records.append(project, caller, [("labeling_round", row.as_recorded())])
    row.save()
    return row


def guideline_of(project: Project, key: str) -> tuple[Guideline, DocumentRow]:
    """The present text of a guideline."""
    row = DocumentRow.objects.filter(
        project=project, kind=Guideline.kind, key=key, present=True, withdrawn=False
    ).first()
    if row is None:
        raise NotFound(f"there is no guideline {key[:80]!r}", where="guideline", todo="write it first")
    return _read(row.body), row


@lru_cache(maxsize=64)
def _read(body: str) -> Guideline:
    """Read once, and not with every answer of every rater."""
    return Guideline.model_validate(json.loads(body))


@transaction.atomic
def put_round(project: Project, caller: Caller, key: str, **given: Any) -> Round:
    """Make a round, or change its settings. Its guideline and the kind of answer stay once it has items."""
    if not _KEY.fullmatch(key):
        raise InvalidInput(
            f"{key[:100]!r} is no key", where="key", rule="small letters, digits, - and _, at most 80",
            todo="for example first-round",
        )  # fmt: skip
    records.lock(project)
    row = Round.objects.filter(project=project, key=key).first() or Round(project=project, key=key)
    before = row.as_recorded() if row.pk else None
    for name, value in given.items():
        setattr(row, name, value)
    for name, (least, most) in RANGES.items():
        value = getattr(row, name)
        if value is not None and not least <= value <= most:
            raise InvalidInput(f"{value:g}", where=name, rule=f"{WORDS[name]}: {least:g} to {most:g}")
    if row.most < row.labelers:
        raise InvalidInput(
            f"{row.most}, and {row.labelers} label each item at first",
            where="most",
            rule="at least as many as at first",
        )
    if row.purpose not in ("labels", "calibration") or row.paid_by not in ("label", "hour"):
        raise InvalidInput(
            f"{row.purpose!r}, {row.paid_by!r}", where="purpose", rule="labels or calibration; label or hour"
        )
    row.name = (row.name or key).strip()[:200]
    if before and before["guideline"] != row.guideline and row.items.exists():
        raise Conflict(
            "the round has items already",
            where="guideline",
            rule="a round has one guideline",
            todo="make another round",
        )
    if before is None or before["guideline"] != row.guideline:
        row.answer = guideline_of(project, row.guideline)[0].answer
    return row if before == row.as_recorded() else _say(project, caller, row)


@transaction.atomic
def add_items(
    project: Project,
    caller: Caller,
    row: Round,
    given: Sequence[Draft],
    *,
    source: str = "",
    open_too: bool = False,
) -> int:
    """Bring items into a round. A key that the round has already is left as it is, so that this may be repeated; returns
    how many came in. An open round takes further items only where `open_too` says that it was meant."""
    records.lock(project)
    row = Round.objects.select_for_update().get(pk=row.pk)
    if row.state not in ("draft", "paused") and not open_too:
        raise Conflict(f"the round is {row.state}", where=row.key, rule="items come in while it is a draft or paused",
                       todo="pause it first")  # fmt: skip
    have = set(row.items.values_list("key", flat=True))
    fresh = [d for d in given if d.key not in have]
    if len(have) + len(fresh) > MOST_ITEMS:
        raise InvalidInput(f"{len(have) + len(fresh):,} items", rule=f"a round holds at most {MOST_ITEMS:,}")
    number = row.items.aggregate(n=Max("number"))["n"] or 0
    pictures = {sha256(d.picture[1]).hexdigest(): d.picture for d in fresh if d.picture}
    Picture.objects.bulk_create(
        [Picture(project=project, digest=k, type=t, content=c) for k, (t, c) in pictures.items()],
        ignore_conflicts=True,
    )
    # A calibration is the same items for all: nothing is settled, everybody gets each.
    wanted = 1000 if row.purpose == "calibration" else row.labelers
    Item.objects.bulk_create(
        [
            Item(
                round=row, number=number + n, key=d.key, content=d.content, gold=d.gold, is_gold=d.gold is not None,
                rank=drawn(f"{project.uid}:{row.key}:{number + n}"), room=0 if d.gold else wanted, wanted=0 if d.gold else wanted,
            )
            for n, d in enumerate(fresh, 1)
        ],
        batch_size=500,
    )  # fmt: skip
    if fresh and (source or row.items_digest):
        row.source, row.items_digest = (source or row.source)[:200], ""
        _say(project, caller, row)
    return len(fresh)


def drawn(seed: str) -> float:
    """A number from 0 to 1 that looks drawn, and is the same for the same words.

    >>> 0 <= drawn("a") < 1, drawn("a") == drawn("a"), drawn("a") == drawn("b")
    (True, True, False)
    """
    return int.from_bytes(sha256(seed.encode()).digest()[:6], "big") / 2**48


def _digest(row: Round) -> str:
    found = sha256()
    for key, content, gold in (
        row.items.order_by("number").values_list("key", "content", "gold").iterator(2000)
    ):
        found.update(canonical([key, content, gold]).encode() + b"\n")
    return found.hexdigest()


def items_changed(project: Project, caller: Caller, row: Round) -> None:
    """What is known of an open round's items has changed: proof from here on rests on others."""
    row.items_digest = _digest(row)
    _say(project, caller, row)


@transaction.atomic
def set_state(project: Project, caller: Caller, row: Round, state: str) -> Round:
    """Open, pause or close a round. It opens once its guideline is published and there is something to label."""
    records.lock(project)
    row = Round.objects.select_for_update().get(pk=row.pk)
    if state == row.state:
        return row
    if state not in NEXT[row.state]:
        raise Conflict(
            f"the round is {row.state}",
            where="state",
            rule=f"from there it goes to {' or '.join(NEXT[row.state])}",
        )
    now = datetime.now(UTC)
    if state == "open":
        guideline, _ = guideline_of(project, row.guideline)
        if guideline.published_on is None or guideline.published_on > now.date():
            raise Conflict(
                f"the guideline {row.guideline} is not published", where="guideline",
                rule="people label by a text that stands", todo="publish it, then open the round",
            )  # fmt: skip
        if guideline.answer != row.answer:
            raise Conflict(
                f"the guideline now asks for {guideline.answer}, the round for {row.answer}",
                todo="make another round",
            )
        if not row.items.filter(is_gold=False).exists():
            raise Conflict("there is nothing to label", where="items", todo="bring items in first")
        row.items_digest = row.items_digest or _digest(row)
        row.opened_at, row.closed_at = row.opened_at or now, None
    if state == "closed":
        row.closed_at = now
    row.state = state
    return _say(project, caller, row)


@transaction.atomic
def set_gold(
    project: Project, caller: Caller, row: Round, numbers: Mapping[int, dict[str, Any] | None]
) -> int:
    """Say of items that their answer is known, or (None) is not; returns how many changed. Before the round opens."""
    records.lock(project)
    row = Round.objects.select_for_update().get(pk=row.pk)
    if row.state != "draft":
        raise Conflict(f"the round is {row.state}", rule="known answers are set before it opens")
    changed = 0
    for item in row.items.filter(number__in=numbers):
        known = numbers[item.number]
        if known != item.gold:
            item.gold, item.is_gold = known, known is not None
            item.room = item.wanted = 0 if item.is_gold else row.labelers
            item.save(update_fields=["gold", "is_gold", "room", "wanted"])
            changed += 1
    return changed


# --- raters


def hashed(secret: str) -> str:
    """How a link is kept."""
    return sha256(f"rater:{secret}".encode()).hexdigest()


@transaction.atomic
def invite(
    project: Project, caller: Caller, row: Round, *, name: str, email: str = "", base: str = ""
) -> tuple[Rater, str]:
    """Give somebody without an account a link that opens their queue in this round and nothing else. Returns the rater
    and the link, which is shown this once; where mail can be sent and there is an address, it is mailed too."""
    from sextant_server.people import mail_actions

    if not name.strip():
        raise InvalidInput(
            "there is no name", where="name", todo="say whom the link is for; a nickname will do"
        )
    to = mail_actions.address(email) if email.strip() else ""
    if row.state == "closed":
        raise Conflict("the round is closed", where=row.key)
    seed = f"rater:{secrets.token_hex(16)}"
    secret = mail.secret(seed)
    made = add_rater(project, caller, row, name=name.strip()[:200], email=to, hashed=hashed(secret))
    if to and mail.is_on() and base:
        mail.send(
            to, f"Please label: {row.name}",
            f"{name.strip()},\n\nyou are asked to label items of {project.name}: {row.name}.\n\n{base}{{secret}}/\n\nYou need "
            "no account. The link is yours alone: who has it labels in your name.\n",
            name=made.name, project=project, about=f"rater:{made.pk}", seed=seed, asked_by=caller.id,
        )  # fmt: skip
    return made, f"{base}{secret}/"


def add_rater(project: Project, caller: Caller, row: Round, **fields: Any) -> Rater:
    """One more labeler, by the next number."""
    records.lock(project)
    number = (row.raters.aggregate(n=Max("number"))["n"] or 0) + 1
    made = Rater.objects.create(round=row, number=number, **fields)
    records.append(
        project, caller, [("labeling_rater", {"round": row.key, "rater": number, "state": "active"})]
    )
    return made


@transaction.atomic
def join(project: Project, caller: Caller, row: Round) -> Rater:
    """The rater that a person with an account is in this round; made when they come for the first time."""
    if caller.user is None:
        raise NotFound("no labeler", todo="sign in, or use your link")
    found = row.raters.filter(user=caller.user).first()
    if found is not None:
        return found
    if row.state != "open":
        raise Conflict(f"the round is {row.state}", where=row.key, todo="come back when it is open")
    records.lock(project)
    return row.raters.filter(user=caller.user).first() or add_rater(
        project, caller, row, name=caller.name[:200], user=caller.user
    )


@transaction.atomic
def forget(project: Project, caller: Caller, rater: Rater) -> None:
    """Erase who a rater is, and what they wrote beside their answers. The answers stay, under their number."""
    records.lock(project)
    if rater.email:
        from sextant_server.people import mail_actions

        mail_actions.forget_address(rater.email, project)
    Dealt.objects.filter(rater=rater).update(note="", reason="")
    Rater.objects.filter(pk=rater.pk).update(name="", email="", user=None, hashed=None, state="ended")
    _give_back(rater)
    records.append(
        project,
        caller,
        [("labeling_rater", {"round": rater.round.key, "rater": rater.number, "state": "erased"})],
    )


@transaction.atomic
def pause(project: Project, caller: Caller, rater: Rater, why: str, *, redeal: bool = True) -> None:
    """Let a rater label no more. With `redeal` their labels count no more, and their items are dealt to others."""
    records.lock(project)
    rater = Rater.objects.select_for_update().select_related("round").get(pk=rater.pk)
    if rater.state != "active":
        return
    Rater.objects.filter(pk=rater.pk).update(state="paused", why=why[:300])
    _give_back(rater)
    if redeal:
        void(Dealt.objects.filter(rater=rater), "paused")
    records.append(
        project, caller,
        [("labeling_rater", {"round": rater.round.key, "rater": rater.number, "state": "paused", "right": rater.gold_right,
                             "seen": rater.gold_seen, "dealt_again": redeal})],
    )  # fmt: skip


def _give_back(rater: Rater) -> None:
    """End what the rater has out."""
    out = list(Dealt.objects.filter(rater=rater, state="out").values_list("pk", "item_id"))
    if Dealt.objects.filter(pk__in=[pk for pk, _ in out], state="out").update(state="expired"):
        Item.objects.filter(pk__in=[i for _, i in out], is_gold=False).update(room=F("room") + 1)


def void(deals: Any, why: str) -> int:
    """Let labels count no more, and make room for another rater at each of their items; returns how many there were."""
    rows = list(
        deals.filter(state="labeled", void=False)
        .values_list("pk", "item_id", "item__is_gold")
        .order_by("item_id")
    )
    for start in range(0, len(rows), 500):
        part = rows[start : start + 500]
        Dealt.objects.filter(pk__in=[pk for pk, _, _ in part]).update(void=True, why_void=why)
        ordinary = [i for _, i, gold in part if not gold]
        many = {
            n: [i for i in set(ordinary) if ordinary.count(i) == n]
            for n in set(map(ordinary.count, ordinary))
        }
        for n, items in many.items():
            _open_again(items, n)
    return len(rows)


def _open_again(items: Iterable[int], many: int) -> None:
    """Items that lost so many labels: they are open again, with room for as many as they lack, also where they were to
    get fewer by now."""
    Item.objects.filter(pk__in=list(items)).exclude(state="ruled").update(
        given=Case(When(given__gte=many, then=F("given") - many), default=Value(0)),
        room=F("room") + many,
        state="open",
    )


@transaction.atomic
def resume(project: Project, caller: Caller, rater: Rater) -> None:
    """Let a paused rater label again; their labels count again. Where others took their place there are more labels."""
    records.lock(project)
    rater = Rater.objects.select_for_update().select_related("round").get(pk=rater.pk)
    if rater.state != "paused":
        return
    deals = Dealt.objects.filter(rater=rater, void=True, why_void="paused")
    items = list(deals.values_list("item_id", flat=True))
    deals.update(void=False, why_void="")
    for item in Item.objects.select_for_update().filter(pk__in=items, is_gold=False).order_by("pk"):
        item.given, item.room = item.given + 1, max(item.room - 1, 0)
        if item.state == "open" and item.given >= item.wanted and not item.room:
            item.state = "settled"
        item.save(update_fields=["given", "room", "state"])
    # From here on they are judged anew: else the next known item would pause them again.
    Rater.objects.filter(pk=rater.pk).update(state="active", why="", gold_seen=0, gold_right=0)
    records.append(
        project,
        caller,
        [("labeling_rater", {"round": rater.round.key, "rater": rater.number, "state": "active"})],
    )


@transaction.atomic
def deal_stale_again(project: Project, caller: Caller, row: Round) -> int:
    """Let labels count no more that were made when the guideline meant something else; their items are dealt again,
    also to those who labeled them before. Returns how many labels that were."""
    from sextant_server.labeling.queries import stale_versions

    records.lock(project)
    old = stale_versions(row)
    count = void(Dealt.objects.filter(round=row, guideline__in=old), "stale") if old else 0
    if count:
        # A label of another meaning does not keep its rater from the item.
        Dealt.objects.filter(round=row, void=True, why_void="stale", state="labeled").update(state="expired")
        records.append(
            project, caller, [("labeling_redeal", {"round": row.key, "labels": count, "why": "meaning"})]
        )
    return count
