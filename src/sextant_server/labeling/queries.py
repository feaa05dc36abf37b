"""Reads: a project's rounds, what a round has, a rater's place in it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, Sum

from sextant.data.guidelines import Guideline
from sextant.errors import NotFound
from sextant_server.labeling.actions import hashed
from sextant_server.labeling.models import Dealt, Item, Link, Picture, Rater, Round, Ruling
from sextant_server.projects.models import Member, Project
from sextant_server.projects.permissions import ALLOWED, Caller
from sextant_server.records.models import DocumentRow, RestsOn

STATES = {"draft": "Being made", "open": "Open", "paused": "Paused", "closed": "Closed"}


def rounds(project: Project) -> list[Round]:
    """Every round, the newest first."""
    return list(Round.objects.filter(project=project).order_by("-id"))


def round_of(project: Project, key: str) -> Round:
    row = Round.objects.filter(project=project, key=key).select_related("project").first()
    if row is None:
        raise NotFound(
            f"there is no labeling round {key[:80]!r}", where=project.slug, todo="look at the list of rounds"
        )
    return row


def rater_of(row: Round, number: int) -> Rater:
    found = row.raters.filter(number=number).select_related("round").first()
    if found is None:
        raise NotFound(
            f"there is no labeler {number}", where=row.key, todo="look at the list of its labelers"
        )
    return found


def by_link(secret: str) -> Rater:
    """Whose link it is."""
    found = (
        Rater.objects.filter(hashed=hashed(secret)).select_related("round__project").first()
        if len(secret) == 64
        else None
    )
    if found is None:
        raise NotFound("this link opens nothing", todo="ask who gave it to you for another")
    return found


def to_label(caller: Caller, project: Project | None = None) -> list[Round]:
    """The open rounds in which a person may label."""
    if caller.user is None:
        return []
    may = [role for role, allowed in ALLOWED.items() if "rate" in allowed]
    rows = Round.objects.filter(state="open").select_related("project").order_by("-id")
    rows = rows if project is None else rows.filter(project=project)
    if not caller.everything:
        rows = rows.filter(
            project__in=Member.objects.filter(user=caller.user, role__in=may).values("project_id")
        )
    return list(rows)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a round is. `labels` count, `void` did; `wanted` is what the items now ask for; `out` is with raters."""

    items: int
    gold: int
    done: int
    disputed: int
    ruled: int
    labels: int
    void: int
    wanted: int
    out: int
    skipped: int
    stale: int


def progress(row: Round) -> Progress:
    """Two queries, and one more for labels of an earlier meaning."""
    items = Item.objects.filter(round=row).aggregate(
        items=Count("id", filter=Q(is_gold=False)), gold=Count("id", filter=Q(is_gold=True)),
        done=Count("id", filter=Q(state__in=("settled", "ruled"))), disputed=Count("id", filter=Q(state="disputed")),
        ruled=Count("id", filter=Q(state="ruled")), wanted=Sum("wanted", filter=~Q(state="ruled")),
    )  # fmt: skip
    labeled = Q(state="labeled")
    deals = Dealt.objects.filter(round=row).aggregate(
        labels=Count("id", filter=labeled & Q(void=False)), void=Count("id", filter=Q(void=True)),
        out=Count("id", filter=Q(state="out")), skipped=Count("id", filter=Q(state="skipped")),
    )  # fmt: skip
    old = stale_versions(row)
    stale = (
        Dealt.objects.filter(round=row, state="labeled", void=False, guideline__in=old).count() if old else 0
    )
    return Progress(**{**items, "wanted": items["wanted"] or 0}, **deals, stale=stale)


def texts(row: Round) -> dict[int, Guideline]:
    """Every version of the round's guideline that a label was made by, and the present one, by number."""
    rows = DocumentRow.objects.filter(project_id=row.project_id, kind=Guideline.kind, key=row.guideline)
    used = set(
        Dealt.objects.filter(round=row, state="labeled")
        .order_by()
        .values_list("guideline", flat=True)
        .distinct()
    )
    return {
        r.version: Guideline.model_validate(json.loads(r.body))
        for r in rows.filter(Q(version__in=used) | Q(present=True))
    }


def stale_versions(row: Round, known: dict[int, Guideline] | None = None) -> list[int]:
    """The versions of the guideline whose meaning is not the present one's."""
    found = texts(row) if known is None else known
    if not found:
        return []
    now = found[max(found)].meaning()
    return [number for number, text in found.items() if text.meaning() != now]


#: So many items to go are counted; beyond it the page says that there are more.
MOST_COUNTED = 500


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rater stands: how many they labeled, about how many are left for them (`more` says that there are more than
    were counted), and their pace in seconds."""

    given: int
    left: int
    more: bool
    pace: float | None

    @property
    def total(self) -> int:
        return 0 if self.more else self.given + self.left


def place(rater: Rater) -> Place:
    """`left` counts items that still have room, of those that the rater did not have; known items come on top."""
    mine = Dealt.objects.filter(item=OuterRef("pk"), rater=rater).exclude(state="expired")
    rows = Item.objects.filter(~Exists(mine), round_id=rater.round_id, room__gt=0, is_gold=False)
    left = rows.order_by("rank")[: MOST_COUNTED + 1].count()
    pace = rater.seconds / rater.given if rater.given else None
    return Place(rater.given, min(left, MOST_COUNTED), left > MOST_COUNTED, pace)


def looked_back(rater: Rater, deal: int) -> Dealt:
    """An item that the rater answered, to change the answer."""
    found = (
        Dealt.objects.filter(rater=rater, pk=deal, state__in=("labeled", "skipped"), void=False)
        .select_related("item")
        .first()
    )
    if found is None:
        raise NotFound("you did not answer that item", todo="go on with the one that you have")
    return found


def before(rater: Rater, deal: Dealt | None) -> Dealt | None:
    """What the rater answered before this one, or last of all."""
    rows = Dealt.objects.filter(rater=rater, state__in=("labeled", "skipped"), void=False)
    if deal is not None and deal.at is not None:
        rows = rows.filter(Q(at__lt=deal.at) | Q(at=deal.at, pk__lt=deal.pk))
    return rows.order_by("-at", "-id").first()


def picture(project: Project, digest: str) -> Picture:
    found = Picture.objects.filter(project=project, digest=digest).first()
    if found is None:
        raise NotFound("there is no such picture")
    return found


def shows(rater: Rater, digest: str) -> bool:
    """Whether the rater was dealt an item with this picture."""
    return Dealt.objects.filter(rater=rater, item__content__digest=digest).exists()


def disputed(row: Round, limit: int = 50) -> list[Item]:
    """Items for an expert, the most disputed first."""
    return list(row.items.filter(state="disputed").order_by("-disputed", "number")[:limit])


def labels_of(items: Sequence[Item]) -> dict[int, list[Dealt]]:
    """What counts of each item, in the order in which it was given."""
    found: dict[int, list[Dealt]] = {item.pk: [] for item in items}
    rows = Dealt.objects.filter(item__in=items, state__in=("labeled", "skipped"), void=False).select_related(
        "rater"
    )
    for deal in rows.order_by("at", "id"):
        found[deal.item_id].append(deal)
    return found


def rulings(row: Round) -> list[Ruling]:
    return list(Ruling.objects.filter(round=row).select_related("item").order_by("-id")[:50])


def as_plain(row: Round) -> dict[str, Any]:
    """A round's settings and state, for programs."""
    return {
        **row.as_recorded(),
        "opened_at": row.opened_at,
        "closed_at": row.closed_at,
        "made_at": row.made_at,
    }


@dataclass(frozen=True, slots=True)
class Proved:
    """Agreement that was put into the log: on which version of the guideline, on how many items, and when."""

    digest: str
    version: str
    value: float
    lower: float
    upper: float
    items: int
    at: Any


def proved(row: Round, limit: int = 8) -> list[Proved]:
    """How far labelers agreed by this guideline, of this round and of others, the latest first: before and after a talk
    about it, or a new text of it."""
    found = []
    rests = RestsOn.objects.filter(
        project_id=row.project_id, subject=f"guideline:{row.guideline}", evidence__kind="agreement"
    ).select_related("evidence__record")
    for one in rests.order_by("-evidence")[:limit]:
        body = one.evidence.record.content
        if isinstance(body.get("value"), int | float) and (interval := body.get("interval")):
            found.append(
                Proved(
                    one.evidence.digest, one.version, body["value"], interval["lower"], interval["upper"], body.get("n") or 0,
                    one.evidence.at,
                )
            )  # fmt: skip
    return found


# --- another tool


def link_of(row: Round, tool: str = "label_studio") -> Link:
    """Where the round is labeled too."""
    found = Link.objects.filter(round=row, tool=tool, ended=False).select_related("round__project").first()
    if found is None:
        raise NotFound(
            "the round is labeled nowhere else", where=row.key, todo=f"sextant labels push {row.key}"
        )
    return found


def linked(row: Round, tool: str = "label_studio") -> dict[str, Any] | None:
    """The same for programs and pages, with how many tasks are there and what became of the annotations; None if there is
    no such place."""
    found = Link.objects.filter(round=row, tool=tool, ended=False).first()
    if found is None:
        return None
    states = dict(found.annotations.order_by().values_list("state").annotate(n=Count("id")))
    return {
        "tool": found.tool, "address": found.address, "number": found.number, "guideline": found.guideline,
        "pushed_at": found.pushed_at, "pulled_at": found.pulled_at, "tasks": found.tasks.count(),
        "annotations": {s: states.get(s, 0) for s in ("label", "skip", "truth", "second", "refused", "deleted")},
    }  # fmt: skip


def items_out(row: Round, after: int, limit: int) -> list[dict[str, Any]]:
    """Items with what they show, pictures as data: addresses. Nothing tells a known item from another."""
    import base64

    found = list(Item.objects.filter(round=row, number__gt=after).order_by("number")[:limit])
    digests = {i.content["digest"] for i in found if i.content["kind"] == "image"}
    pictures = {
        p.digest: f"data:{p.type};base64,{base64.b64encode(bytes(p.content)).decode()}"
        for p in Picture.objects.filter(project_id=row.project_id, digest__in=digests)
    }
    made = []
    for i in found:
        content = i.content
        if content["kind"] == "image":
            content = {**content, "picture": pictures.get(content["digest"], "")}
        shown = i.prelabel if i.shows else None
        made.append({"number": i.number, "key": i.key, "content": content, "prelabel": shown})
    return made
