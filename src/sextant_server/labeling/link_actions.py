"""Writes about rounds that are labeled in another tool too: where, which items are there, and what was answered there.

An annotation comes in once however often it is pulled: it is known by its number there. One that was changed replaces
what it said before, one that was deleted is marked and counts no more. Its labeler is a rater here: whoever has the same
mail address among this round's labelers or the project's members, else one of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from sextant.canonical import canonical
from sextant.chain import body_digest
from sextant.data.guidelines import Guideline
from sextant.errors import Conflict, InvalidInput, NotFound
from sextant_server.labeling import actions
from sextant_server.labeling.actions import guideline_of
from sextant_server.labeling.answers import read_answer, same
from sextant_server.labeling.dealing_actions import MOST_NOTE, MOST_SECONDS, settle, under_the_bar
from sextant_server.labeling.models import Dealt, Item, Link, LinkedAnnotation, LinkedTask, Rater, Round
from sextant_server.projects.models import Member, Project
from sextant_server.projects.permissions import Caller
from sextant_server.records import actions as records

TOOLS = ("label_studio",)


@transaction.atomic
def put_link(
    project: Project, caller: Caller, row: Round, *, tool: str, address: str, number: int, guideline: int
) -> Link:
    """Say where a round is labeled too, and which version of the guideline is shown there. Another project takes the place
    of the one before, whose answers stay."""
    if tool not in TOOLS:
        raise InvalidInput(f"{tool[:40]!r}", where="tool", rule=f"one of {', '.join(TOOLS)}")
    address = address.rstrip("/")
    if not address.startswith(("http://", "https://")) or "@" in address:
        raise InvalidInput(
            "it is no address", where="address", rule="http:// or https://, without a name or a password"
        )
    records.lock(project)
    row = Round.objects.select_for_update().get(pk=row.pk)
    _, document = guideline_of(project, row.guideline)
    if not 0 < guideline <= document.version:
        raise InvalidInput(f"the guideline has no version {guideline}", where="guideline")
    found = row.links.filter(tool=tool, ended=False).first()
    if found is not None and (found.address, found.number) != (address, number):
        found.ended = True
        _say(project, caller, found)
        found = None
    if found is None:
        found = row.links.filter(tool=tool, address=address, number=number).first() or Link(
            project=project, round=row, tool=tool, address=address, number=number, guideline=0
        )
    now = datetime.now(UTC)
    if found.guideline != guideline or found.ended:
        if found.guideline != guideline:
            found.since = [*found.since, [now.isoformat(), guideline]]
        found.guideline, found.ended, found.round = guideline, False, row
        _say(project, caller, found)
    Link.objects.filter(pk=found.pk).update(pushed_at=now)
    found.pushed_at = now
    return found


def _say(project: Project, caller: Caller, link: Link) -> None:
    [link.record] = records.append(project, caller, [("labeling_link", link.as_recorded())])
    link.save()


@transaction.atomic
def put_tasks(link: Link, numbers: Mapping[str, int]) -> int:
    """Remember which item is which task there, by the item's key; returns how many were new."""
    items = dict(Item.objects.filter(round_id=link.round_id, key__in=numbers).values_list("key", "pk"))
    if strange := sorted(set(numbers) - set(items)):
        raise NotFound(f"the round has no item {strange[0][:80]!r}", where="tasks")
    have = set(link.tasks.filter(item__in=items.values()).values_list("item_id", flat=True))
    taken = set(link.tasks.filter(number__in=numbers.values()).values_list("number", flat=True))
    fresh = [
        LinkedTask(link=link, item_id=items[key], number=number)
        for key, number in numbers.items()
        if items[key] not in have and number not in taken
    ]
    return len(LinkedTask.objects.bulk_create(fresh, batch_size=500))


@transaction.atomic
def forget_tasks(link: Link, numbers: Sequence[int]) -> int:
    """Forget tasks that were deleted there, so that their items may be sent again."""
    return link.tasks.filter(number__in=numbers).delete()[0]


@dataclass(frozen=True, slots=True)
class Outsider:
    """Who somebody is in the other tool: their number, and what the tool says of them."""

    number: int
    email: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Foreign:
    """An annotation as it is there. `answer` is None where it was skipped, or where `fault` says why it cannot be read."""

    number: int
    task: int
    item: str
    who: int
    answer: Mapping[str, Any] | None
    at: datetime
    note: str = ""
    seconds: float | None = None
    truth: bool = False
    cancelled: bool = False
    fault: str = ""

    def digest(self) -> str:
        return body_digest(
            canonical(
                [self.answer, self.note, self.truth, self.cancelled, self.fault, self.item, self.seconds]
            )
        )


@dataclass(slots=True)
class Taken:
    """What came of a batch. `same` were known already. `refused` says of each what is wrong: [number, item, why]."""

    new: int = 0
    changed: int = 0
    same: int = 0
    labels: int = 0
    skips: int = 0
    truths: int = 0
    seconds: int = 0
    refused: list[tuple[int, str, str]] = field(default_factory=list)


@transaction.atomic
def take(
    project: Project, caller: Caller, link: Link, given: Sequence[Foreign], people: Sequence[Outsider]
) -> Taken:
    """Bring annotations in: each once, as it is there now."""
    records.lock(project)
    row = Round.objects.select_for_update().get(pk=link.round_id)
    if row.state not in ("open", "paused"):
        raise Conflict(
            f"the round is {row.state}", where=row.key, rule="answers come in while it is open or paused",
            todo="open it, then pull again",
        )  # fmt: skip
    link.round = row
    guideline, _ = guideline_of(project, row.guideline)
    found = Taken()
    desk = _Desk(project, caller, link, guideline, {p.number: p for p in people})
    for one in given:
        _take_one(desk, one, found)
    _after(desk)
    # Looked at once all are in: a labeler's later answer puts an earlier one of the same batch out.
    states = Counter(LinkedAnnotation.objects.filter(pk__in=desk.taken).values_list("state", flat=True))
    found.labels, found.skips, found.truths, found.seconds = (
        states[s] for s in ("label", "skip", "truth", "second")
    )
    Link.objects.filter(pk=link.pk).update(pulled_at=datetime.now(UTC))
    return found


@transaction.atomic
def mark_deleted(project: Project, caller: Caller, link: Link, numbers: Sequence[int]) -> int:
    """Mark annotations that are not there any more: they count no more. Where their labeler gave a second one, that one
    comes in with the next pull."""
    records.lock(project)
    link.round = Round.objects.select_for_update().get(pk=link.round_id)
    guideline, _ = guideline_of(project, link.round.guideline)
    desk = _Desk(project, caller, link, guideline, {})
    rows = link.annotations.filter(number__in=numbers).exclude(state="deleted").select_related("item")
    count = 0
    for known in rows.order_by("item_id", "pk"):
        _undo(desk, known, "deleted")
        known.state, known.deal = "deleted", None
        known.save(update_fields=["state", "deal"])
        link.annotations.filter(item=known.item, who=known.who, state="second").update(said="")
        count += 1
    _after(desk)
    return count


# --- one annotation


@dataclass(slots=True)
class _Desk:
    """What is needed for each annotation of a batch, and what has changed so far."""

    project: Project
    caller: Caller
    link: Link
    guideline: Guideline
    people: Mapping[int, Outsider]
    raters: dict[int, Rater] = field(default_factory=dict)
    touched: set[int] = field(default_factory=set)
    taken: list[int] = field(default_factory=list)
    gold_changed: bool = False


def _take_one(desk: _Desk, given: Foreign, found: Taken) -> None:
    known = desk.link.annotations.filter(number=given.number).select_related("item", "deal").first()
    said = given.digest()
    again = known is not None and known.said == said and known.state != "deleted"
    if known is not None and again and known.state != "refused":
        found.same += 1
        return
    if known is not None:
        _undo(desk, known, "deleted")
    else:
        known = LinkedAnnotation(link=desk.link, number=given.number)
    new, before = known.pk is None, known.state
    item = _item(desk.link, given)
    known.item, known.who, known.deal, known.why = item, given.who, None, ""
    known.changed, known.said = given.at, said
    try:
        known.state, known.deal = _told(desk, given, item)
    except (InvalidInput, Conflict) as error:
        known.state, known.why = "refused", str(error)[:300]
        found.refused.append((given.number, given.item, known.why))
    known.save()
    if again and before == known.state:
        found.same += 1
        return
    found.new += int(new)
    found.changed += int(not new)
    desk.taken.append(known.pk)


def _item(link: Link, given: Foreign) -> Item | None:
    task = link.tasks.filter(number=given.task).first()
    rows = Item.objects.select_for_update().filter(round_id=link.round_id)
    return (rows.filter(pk=task.item_id) if task else rows.filter(key=given.item)).first()


def _told(desk: _Desk, given: Foreign, item: Item | None) -> tuple[str, Dealt | None]:
    """What an annotation is here, and the deal that it became."""
    if item is None:
        raise InvalidInput(
            "its task is no item of this round", todo="leave only pushed tasks in that project"
        )
    if given.fault:
        raise InvalidInput(given.fault)
    if given.truth and not given.cancelled:
        _set_truth(desk, item, read_answer(desk.guideline, item.content, given.answer or {}))
        return "truth", None
    answer = None if given.cancelled else read_answer(desk.guideline, item.content, given.answer or {})
    rater = _rater(desk, given.who)
    deal = Dealt.objects.select_for_update().filter(item=item, rater=rater).first()
    if (
        deal is not None
        and deal.state in ("labeled", "skipped")
        and deal.why_void not in ("deleted", "stale")
    ):
        other = deal.annotations.first()
        if other is None or other.changed >= given.at:
            return "second", None
        # The later of the two counts.
        _undo(desk, other, "deleted")
        LinkedAnnotation.objects.filter(pk=other.pk).update(state="second", deal=None)
        deal.refresh_from_db()
        item.refresh_from_db()
    return ("skip" if answer is None else "label"), _put(desk, item, rater, deal, given, answer)


def _rater(desk: _Desk, who: int) -> Rater:
    """Who the labeler is here: by their number there, by their mail address among this round's labelers, by that of a
    member; else somebody new, kept apart. Who was erased stays a number."""
    if who in desk.raters:
        return desk.raters[who]
    row, outside = desk.link.round, f"{desk.link.tool}:{desk.link.address}:{who}"
    about = desk.people.get(who, Outsider(who))
    found = row.raters.filter(outside=outside).first()
    if found is None and about.email:
        found = row.raters.filter(email__iexact=about.email, outside="").exclude(state="ended").first()
        members = Member.objects.filter(project=desk.project, user__email__iexact=about.email)
        member = members.select_related("user").first()
        if found is None and member is not None:
            found = row.raters.filter(user=member.user, outside="").first()
        if found is None:
            found = actions.add_rater(
                desk.project, desk.caller, row, name=(about.name or about.email)[:200], email=about.email[:254],
                user=member.user if member and not row.raters.filter(user=member.user).exists() else None,
            )  # fmt: skip
    if found is None:
        found = actions.add_rater(desk.project, desk.caller, row, name=about.name[:200])
    if found.outside != outside:
        Rater.objects.filter(pk=found.pk).update(outside=outside)
    desk.raters[who] = found
    return found


def _put(
    desk: _Desk, item: Item, rater: Rater, deal: Dealt | None, given: Foreign, answer: dict[str, Any] | None
) -> Dealt:  # fmt: skip
    """Store the answer, or the skip, and count it."""
    row = desk.link.round
    seconds = None if given.seconds is None else min(given.seconds, MOST_SECONDS)
    at = min(given.at, datetime.now(UTC))
    was_out = deal is not None and deal.state == "out"
    deal = deal or Dealt(round=row, item=item, rater=rater)
    again = deal.pk is not None
    deal.until, deal.dealt_at, deal.at = at, at - timedelta(seconds=seconds or 0), at
    # Of somebody who was erased no words are kept.
    state = Rater.objects.values_list("state", flat=True).get(pk=rater.pk)
    note = "" if state == "ended" else given.note[:MOST_NOTE]
    deal.note, deal.seconds, deal.guideline = note, seconds, _version(desk.link, at)
    deal.revised += int(again)
    if answer is None:
        deal.state, deal.answer, deal.void, deal.why_void = "skipped", None, False, ""
        deal.reason = "Skipped in Label Studio"
        Rater.objects.filter(pk=rater.pk).update(skipped=F("skipped") + 1, last_at=at)
        item.skips += 1
        if was_out and not item.is_gold:
            item.room += 1
        item.save(update_fields=["skips", "room"])
        deal.save()
        return deal
    # A paused labeler's label is kept, and counts if they are let label again.
    paused = state == "paused"
    deal.state, deal.answer, deal.reason = "labeled", answer, ""
    deal.void, deal.why_void = paused, "paused" if paused else ""
    deal.save()
    right = item.is_gold and same(answer, item.gold)
    Rater.objects.filter(pk=rater.pk).update(
        given=F("given") + 1, seconds=F("seconds") + (seconds or 0), last_at=at,
        gold_seen=F("gold_seen") + int(item.is_gold), gold_right=F("gold_right") + int(right),
    )  # fmt: skip
    desk.touched.add(rater.pk)
    if not item.is_gold and not paused:
        item.given += 1
        if not was_out:
            item.room = max(item.room - 1, 0)
        _settled(item, row, desk.guideline.answer)
    return deal


def _settled(item: Item, row: Round, kind: str) -> None:
    if item.state != "ruled" and item.given >= item.wanted and not item.room:
        settle(item, row, kind)
    item.save(update_fields=["given", "room", "wanted", "rank", "state", "disputed"])


def _version(link: Link, at: datetime) -> int:
    """The version of the guideline that labelers saw there at a time."""
    shown = [number for since, number in link.since if datetime.fromisoformat(since) <= at]
    return int(shown[-1] if shown else link.since[0][1])


def _undo(desk: _Desk, known: LinkedAnnotation, why: str) -> None:
    """Take back what an annotation did. The row of its answer stays, marked."""
    item = known.item
    if item is None:
        return
    item = known.item = Item.objects.select_for_update().get(pk=item.pk)
    if known.state == "truth":
        others = desk.link.annotations.filter(item=item, state="truth").exclude(pk=known.pk)
        if not others.exists():
            _set_truth(desk, item, None)
        return
    deal = known.deal
    if deal is None:
        return
    rater = Rater.objects.filter(pk=deal.rater_id)
    if deal.state == "skipped":
        rater.update(skipped=F("skipped") - 1)
        item.skips = max(item.skips - 1, 0)
        item.save(update_fields=["skips"])
        Dealt.objects.filter(pk=deal.pk).update(state="expired", reason="")
        return
    if deal.state != "labeled":
        return
    right = item.is_gold and same(deal.answer, item.gold)
    rater.update(
        given=F("given") - 1, seconds=F("seconds") - (deal.seconds or 0),
        gold_seen=F("gold_seen") - int(item.is_gold), gold_right=F("gold_right") - int(right),
    )  # fmt: skip
    if not deal.void and not item.is_gold:
        item.given, item.room = max(item.given - 1, 0), item.room + 1
        item.state = item.state if item.state == "ruled" else "open"
        item.room = 0 if item.state == "ruled" else item.room
        item.save(update_fields=["given", "room", "state"])
    Dealt.objects.filter(pk=deal.pk).update(void=True, why_void=why)


def _set_truth(desk: _Desk, item: Item, known: dict[str, Any] | None) -> None:
    """An item's answer is known from here on, or (None) is not; who labeled it is judged by it."""
    ours = item.is_gold and not desk.link.annotations.filter(item=item, state="truth").exists()
    if known is not None and ours:
        if not same(known, item.gold):
            raise Conflict(
                "its known answer is another one here", rule="known answers are set before the round opens"
            )
        return
    if known is not None and item.is_gold and not same(known, item.gold):
        raise Conflict("another annotation of it is marked as ground truth, with another answer")
    if known is not None and item.state == "ruled":
        raise Conflict("an expert has decided this item here")
    if item.gold == known:
        return
    labels = Dealt.objects.filter(item=item, state="labeled", void=False)
    for deal in labels:
        seen = int(known is not None) - int(item.is_gold)
        right = int(known is not None and same(deal.answer, known))
        right -= int(item.is_gold and same(deal.answer, item.gold))
        Rater.objects.filter(pk=deal.rater_id).update(
            gold_seen=F("gold_seen") + seen, gold_right=F("gold_right") + right
        )
        desk.touched.add(deal.rater_id)
    item.gold, item.is_gold, item.state, desk.gold_changed = known, known is not None, "open", True
    item.given = 0 if known is not None else labels.count()
    item.wanted = 0 if known is not None else desk.link.round.labelers
    item.room = max(item.wanted - item.given, 0)
    item.save(update_fields=["gold", "is_gold", "state", "given", "wanted", "room"])
    if known is None:
        _settled(item, desk.link.round, desk.guideline.answer)


def _after(desk: _Desk) -> None:
    """After a batch: who is under the bar is paused, and the digest of the items says which answers are known."""
    row = desk.link.round
    for rater in Rater.objects.filter(pk__in=desk.touched, state="active").select_related("round"):
        if why := under_the_bar(rater):
            actions.pause(desk.project, Caller(local=True), rater, why)
    if desk.gold_changed:
        actions.items_changed(desk.project, desk.caller, row)
