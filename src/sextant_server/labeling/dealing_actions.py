"""Writes while people label: the next item for a rater, their answer, a skip, a look back.

Many raters come at once, so nothing here waits for the project's log, and a transaction waits for at most one row, its
own item's, before it takes others that nobody holds (SKIP LOCKED on PostgreSQL; SQLite lets one writer in at a time).
`Item.room` counts how many raters may still get an item: it falls by one with each deal and rises when a deal ends
without an answer, so no item is forgotten and none gets more labels than it wants, but for an answer that came after
its time was up: that is kept too.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from sextant.data.guidelines import Guideline
from sextant.errors import Conflict, InvalidInput, NotFound
from sextant_server.labeling import actions
from sextant_server.labeling.answers import read_answer, same, settled_share
from sextant_server.labeling.models import Dealt, Item, Rater, Round
from sextant_server.projects.permissions import Caller

#: Longer than this nobody looks at one item: they went away, and their pace is not measured by it.
MOST_SECONDS = 1800
#: A word on why an item was skipped, and what a note may be long.
MOST_REASON, MOST_NOTE = 300, 4000
WHY_SKIPPED = (
    "I cannot tell",
    "It is broken or unreadable",
    "The guideline does not cover it",
    "I would rather not see it",
)


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of an answer: the next deal, or None with the reason in `over`; the rater as they are now; and the deal
    that was answered, which is what they look back at."""

    next: Dealt | None
    over: str = ""
    rater: Rater | None = None
    answered: Dealt | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rater sent for a deal: an answer, or the reason for skipping it."""

    given: Mapping[str, Any]
    note: str = ""
    skip: str = ""


def next_item(rater: Rater) -> Saved:
    """What the rater is to label now: what they have out already, else the next."""
    _take_back(rater.round_id)
    with transaction.atomic():
        return _next(Rater.objects.select_related("round").get(pk=rater.pk), wait=True)


def give_answer(rater: Rater, deal: int, answer: Answer, guideline: Guideline, version: int) -> Saved:
    """Store an answer and deal the next item, in one transaction. The same answer sent twice is stored once; another one
    to an item that was answered before takes its place."""
    note, skip = answer.note.strip(), answer.skip.strip()
    if len(note) > MOST_NOTE:
        raise InvalidInput(
            f"the remark has {len(note):,} characters", where="note", rule=f"at most {MOST_NOTE:,}"
        )
    _take_back(rater.round_id, every=LOOK_EVERY)
    with transaction.atomic():
        row = (
            Dealt.objects.select_for_update(of=("self", "item"))
            .select_related("item", "rater", "round")
            .filter(pk=deal, rater_id=rater.pk)
            .first()
        )
        if row is None:
            raise NotFound("this item was not dealt to you", todo="go on with the item that you have")
        row.rater.round = row.round
        _may(row.rater, row.round)
        if row.void:
            raise Conflict("the item was given to others meanwhile", todo="go on with the next one")
        if skip:
            _skip(row, skip[:MOST_REASON], note)
        else:
            value = read_answer(guideline, row.item.content, answer.given)
            _label(row, value, note, version, guideline.answer)
        under = under_the_bar(row.rater)
        found = Saved(None, "paused", row.rater) if under else _next(row.rater)
    if under:
        actions.pause(row.round.project, Caller(local=True), row.rater, under)
    if found.over == "done":
        # Others may have held the last items for a moment. Nothing is held here any more, so they may be waited for.
        found = next_item(rater)
    return replace(found, answered=None if under else row)


def _may(rater: Rater, round_: Round) -> None:
    if rater.state != "active":
        raise Conflict(
            "you do not label in this round any more",
            rule=rater.why or "it was ended",
            todo="ask who invited you",
        )
    if round_.state != "open":
        raise Conflict(f"the round is {round_.state}", todo="come back when it is open")


def _label(row: Dealt, value: dict[str, Any], note: str, version: int, kind: str) -> None:
    now, before = datetime.now(UTC), row.state
    if before == "labeled" and row.answer == value and row.note == note:
        return
    known = row.item.gold
    right = row.item.is_gold and same(value, known)
    rater = Rater.objects.filter(pk=row.rater_id)
    if before == "labeled":
        was_right = row.item.is_gold and same(row.answer, known)
        row.revised += 1
        rater.update(gold_right=F("gold_right") + int(right) - int(was_right), last_at=now)
        row.rater.gold_right += int(right) - int(was_right)
    else:
        row.seconds = min(max((now - row.dealt_at).total_seconds(), 0.0), MOST_SECONDS)
        gold, skipped = int(row.item.is_gold), int(before == "skipped")
        rater.update(
            given=F("given") + 1, seconds=F("seconds") + row.seconds, last_at=now, skipped=F("skipped") - skipped,
            gold_seen=F("gold_seen") + gold, gold_right=F("gold_right") + int(right),
        )  # fmt: skip
        row.rater.given, row.rater.seconds = row.rater.given + 1, row.rater.seconds + row.seconds
        row.rater.gold_seen += gold
        row.rater.gold_right += int(right)
    row.answer, row.note, row.state, row.reason = value, note, "labeled", ""
    row.guideline, row.at = version, row.at if before == "labeled" else now
    row.save(update_fields=["answer", "note", "state", "reason", "guideline", "at", "seconds", "revised"])
    if not row.item.is_gold:
        _count(row, before, kind)


def _count(row: Dealt, before: str, kind: str) -> None:
    """The item has one more label, or another one: is it settled now?"""
    item = row.item
    if before != "labeled":
        item.given += 1
        if before != "out":
            # It came late, or after a skip: the room that it left had been given away.
            item.room = max(item.room - 1, 0)
    if item.state != "ruled" and item.given >= item.wanted and not item.room:
        settle(item, row.round, kind)
    item.save(update_fields=["given", "room", "wanted", "rank", "state", "disputed"])


def settle(item: Item, round_: Round, kind: str) -> None:
    """An item has as many labels as it was to get: it is settled, gets one more, or is for an expert."""
    deals = Dealt.objects.filter(item=item, state="labeled", void=False)
    answers = [answer for answer in deals.values_list("answer", flat=True) if answer is not None]
    share = 1.0 if kind == "note" else settled_share(answers)
    item.disputed = 1 - share
    if share >= round_.settled - 1e-9:
        item.state = "settled"
    elif item.wanted < round_.most:
        item.wanted, item.room, item.rank, item.state = item.wanted + 1, 1, 2 - item.disputed, "open"
    else:
        item.state = "disputed"


def _skip(row: Dealt, reason: str, note: str) -> None:
    now, before = datetime.now(UTC), row.state
    if before == "labeled":
        raise Conflict("you answered it already", todo="change the answer instead")
    row.state, row.reason, row.note, row.at = "skipped", reason, note, now
    row.save(update_fields=["state", "reason", "note", "at"])
    if before == "skipped":
        return
    Rater.objects.filter(pk=row.rater_id).update(skipped=F("skipped") + 1, last_at=now)
    if row.item.is_gold:
        return
    item = row.item
    item.skips += 1
    if before == "out":
        item.room += 1
    # As many as were to label it would not: an expert looks at it.
    if (
        item.skips >= row.round.labelers
        and not item.given
        and item.state == "open"
        and row.round.purpose == "labels"
    ):
        item.state, item.room, item.disputed = "disputed", 0, 1.0
    item.save(update_fields=["skips", "room", "state", "disputed"])


def under_the_bar(rater: Rater) -> str:
    """Why a rater is paused from here on; empty if they are not. A calibration pauses nobody."""
    seen, right, round_ = rater.gold_seen, rater.gold_right, rater.round
    if round_.purpose != "labels" or seen < round_.gold_least or right >= round_.gold_bar * seen - 1e-9:
        return ""
    return f"{right} of {seen} items with a known answer were right; the bar is {round_.gold_bar:.0%}"


# --- dealing

#: Seconds between two looks for deals whose time is up while answers come in, and when this process last looked.
LOOK_EVERY = 1.0
_looked: dict[int, float] = {}


def _take_back(round_id: int, *, every: float = 0.0) -> None:
    """End deals whose time is up, so that others get the items. It looks first, at most once in `every` seconds, and mostly
    there is nothing to do."""
    seen = time.monotonic()
    if seen - _looked.get(round_id, -every) < every:
        return
    _looked[round_id] = seen
    late = Dealt.objects.filter(round_id=round_id, state="out", until__lt=datetime.now(UTC))
    if not late.exists():
        return
    with transaction.atomic():
        rows = list(
            late.select_for_update(skip_locked=True, of=("self",))
            .order_by("item_id")
            .values_list("pk", "item_id")[:200]
        )
        Dealt.objects.filter(pk__in=[pk for pk, _ in rows]).update(state="expired")
        for _, item in rows:
            Item.objects.filter(pk=item, is_gold=False).update(room=F("room") + 1)


def _next(rater: Rater, *, wait: bool = False) -> Saved:
    round_ = rater.round
    if rater.state != "active":
        return Saved(None, "paused", rater)
    if round_.state != "open":
        return Saved(None, round_.state, rater)
    now = datetime.now(UTC)
    until = now + timedelta(minutes=round_.lease_minutes)
    have = Dealt.objects.filter(rater=rater, state="out").select_related("item").order_by("-dealt_at").first()
    if have is not None:
        Dealt.objects.filter(pk=have.pk).update(until=until)
        return Saved(have, "", rater)
    if _spent(round_):
        return Saved(None, "spent", rater)
    item, again = (_gold(rater) if _gold_is_due(rater) else None), False
    if item is None:
        item, again = _ordinary(rater, wait=wait)
    if item is None:
        return Saved(None, "done", rater)
    if not item.is_gold:
        Item.objects.filter(pk=item.pk).update(room=F("room") - 1)
    Rater.objects.filter(pk=rater.pk).update(dealt=F("dealt") + 1)
    # It may have been theirs before, until its time was up.
    deal = Dealt.objects.filter(item=item, rater=rater).first() if again else None
    if deal is not None:
        deal.state, deal.until, deal.dealt_at, deal.void, deal.why_void = "out", until, now, False, ""
        deal.save(update_fields=["state", "until", "dealt_at", "void", "why_void"])
    else:
        deal = Dealt.objects.create(round=round_, item=item, rater=rater, until=until, dealt_at=now)
    deal.item = item
    return Saved(deal, "", rater)


def _spent(round_: Round) -> bool:
    """Whether the budget does not pay for one more label, those that are out counted."""
    if round_.budget is None or not round_.rate:
        return False
    sums = round_.raters.aggregate(given=Coalesce(Sum("given"), 0), seconds=Coalesce(Sum("seconds"), 0.0))
    if round_.paid_by == "hour":
        return bool(sums["seconds"] / 3600 * round_.rate >= round_.budget)
    out = Dealt.objects.filter(round=round_, state="out").count()
    return bool((sums["given"] + out + 1) * round_.rate > round_.budget + 1e-9)


def _gold_is_due(rater: Rater) -> bool:
    """Of each stretch of items one is known, at a place that the rater cannot foretell."""
    share = rater.round.gold_share
    if share <= 0:
        return False
    stretch = max(round(1 / share), 1)
    block, place = divmod(rater.dealt, stretch)
    return int(actions.drawn(f"{rater.pk}:{block}") * stretch) == place


def _unseen(rater: Rater, *, also_expired: bool = False) -> QuerySet[Item]:
    mine = Dealt.objects.filter(item=OuterRef("pk"), rater=rater)
    if also_expired:
        mine = mine.exclude(state="expired")
    return Item.objects.filter(~Exists(mine), round=rater.round)


def _gold(rater: Rater) -> Item | None:
    """A known item that the rater has not seen, begun from another place for each."""
    rows = _unseen(rater).filter(is_gold=True).order_by("rank")
    start = actions.drawn(f"{rater.pk}")
    return rows.filter(rank__gte=start).first() or rows.first()


def _ordinary(rater: Rater, *, wait: bool) -> tuple[Item | None, bool]:
    """The first item with room that the rater did not have; one whose time was up comes back to them last, and the flag
    says that it may be such a one. What somebody else holds at this moment is passed over, or with `wait` waited for once
    nothing else is left."""
    asks = [(again, True) for again in (False, True)] + (
        [(again, False) for again in (False, True)] if wait else []
    )
    for again, skip in asks:
        rows = _unseen(rater, also_expired=again).filter(Q(room__gt=0) & Q(is_gold=False)).order_by("rank")
        found = rows.select_for_update(skip_locked=skip, of=("self",)).first()
        if found is not None:
            return found, again
    return None, False


# --- before the first item


@transaction.atomic
def ready(rater: Rater) -> None:
    """The rater has read the guideline and answered its questions."""
    Rater.objects.filter(pk=rater.pk).update(ready=True)
