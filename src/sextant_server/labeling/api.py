"""Rounds of labeling for programs: settings, items in, labelers, results, labels out."""

from __future__ import annotations

import math
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Status
from pydantic import Field

from sextant.documents import read_document
from sextant.errors import InvalidInput, NotFound
from sextant.stats.intervals import Bounds
from sextant_server.labeling import actions, export, items, queries, results, ruling_actions
from sextant_server.labeling.models import Rater, Round
from sextant_server.people import mail
from sextant_server.projects.api import Strict
from sextant_server.projects.permissions import access

router = Router(tags=["labeling"])


class GuidelineIn(Strict):
    body: dict[str, Any]
    expected_version: int | None = Field(None, ge=0, lt=2**31)


class RoundIn(Strict):
    guideline: str = Field(max_length=80)
    name: str = Field("", max_length=200)
    purpose: Literal["labels", "calibration"] = "labels"
    labelers: int = 3
    most: int = 5
    settled: float = 0.7
    gold_share: float = 0.08
    gold_bar: float = 0.7
    gold_least: int = 10
    paid_by: Literal["label", "hour"] = "label"
    rate: float | None = None
    budget: float | None = None
    lease_minutes: int = 30


class ItemsIn(Strict):
    rows: list[dict[str, Any]] = Field(max_length=10_000)
    kind: Literal["text", "image", "row", "pair"] = "text"
    show: list[str] = Field([], max_length=items.MOST_CELLS)
    other: str = Field("", max_length=200)
    context: str = Field("", max_length=200)
    key: str = Field("", max_length=200)
    gold: str = Field("", max_length=200)
    source: str = Field("", max_length=200)


class StateIn(Strict):
    state: Literal["open", "paused", "closed"]


class LabelerIn(Strict):
    name: str = Field(max_length=200)
    email: str = Field("", max_length=254)


class LabelerStateIn(Strict):
    state: Literal["active", "paused"]
    deal_again: bool = True


class RulingIn(Strict):
    item: str = Field(max_length=200)
    answer: dict[str, Any]
    why: str = Field("", max_length=4000)


@router.put("/projects/{slug}/guidelines/{guideline}")
def put_guideline(request: HttpRequest, slug: str, guideline: str, payload: GuidelineIn) -> dict[str, Any]:
    """Store a guideline. Its version follows from what a label means: one that is published gets the next as soon as the
    task, a value or its criteria change, and labels made before no longer count."""
    found = access(request, slug, "edit")
    given = read_document("guideline", payload.body)
    row = actions.save_guideline(found.project, found.caller, given, guideline, had=payload.expected_version)  # type: ignore[arg-type]
    stored, _ = actions.guideline_of(found.project, guideline)
    return {
        "key": row.key,
        "text": row.version,
        "version": stored.version,
        "published_on": stored.published_on,
    }


@router.get("/projects/{slug}/labeling")
def list_rounds(request: HttpRequest, slug: str) -> list[dict[str, Any]]:
    """Every round of labeling with its settings, the newest first."""
    return [queries.as_plain(row) for row in queries.rounds(access(request, slug).project)]


@router.put("/projects/{slug}/labeling/{round}")
def put_round(request: HttpRequest, slug: str, round: str, payload: RoundIn) -> dict[str, Any]:
    """Make a round, or change its settings. Its guideline stays once it has items."""
    found = access(request, slug, "edit")
    return queries.as_plain(actions.put_round(found.project, found.caller, round, **payload.model_dump()))


@router.get("/projects/{slug}/labeling/{round}")
def get_round(request: HttpRequest, slug: str, round: str) -> dict[str, Any]:
    """A round: its settings, how far it is, and who labels, by number."""
    row = queries.round_of(access(request, slug).project, round)
    told = queries.progress(row)
    return {
        **queries.as_plain(row), "progress": {name: getattr(told, name) for name in told.__slots__},
        "labelers": [_labeler(r) for r in row.raters.order_by("number")],
    }  # fmt: skip


def _labeler(rater: Rater) -> dict[str, Any]:
    return {
        "number": rater.number, "state": rater.state, "why": rater.why, "labels": rater.given, "skipped": rater.skipped,
        "gold_seen": rater.gold_seen, "gold_right": rater.gold_right,
        "seconds_an_item": rater.seconds / rater.given if rater.given else None,
    }  # fmt: skip


@router.post("/projects/{slug}/labeling/{round}/items", response={201: Any})
def add_items(request: HttpRequest, slug: str, round: str, payload: ItemsIn) -> Any:
    """Bring items in: rows, and which of their columns show what (those with usual names are found). A key that the round
    has already is left as it is, so that this may be repeated."""
    found = access(request, slug, "edit")
    row = queries.round_of(found.project, round)
    guideline, _ = actions.guideline_of(found.project, row.guideline)
    if not payload.rows:
        raise InvalidInput("there are no rows", where="rows", todo="give one for each item")
    given = items.Columns(
        payload.kind, tuple(payload.show), payload.other, payload.context, payload.key, payload.gold
    )
    made = items.drafts(payload.rows, items.guessed(given, payload.rows[0]), guideline)
    count = actions.add_items(found.project, found.caller, row, made, source=payload.source)
    return Status(201, {"added": count, "there_already": len(made) - count})


@router.get("/projects/{slug}/labeling/{round}/items")
def get_items(
    request: HttpRequest, slug: str, round: str, after: int = Query(0, ge=0, lt=2**31), limit: int = Query(100, ge=1, le=500)
) -> dict[str, Any]:  # fmt: skip
    """The items with what they show, and the pre-label where labelers are to see it; which answers are known is not told.
    `next` is what to give as `after` for more, null at the end."""
    row = queries.round_of(access(request, slug, "edit").project, round)
    found = queries.items_out(row, after, limit)
    return {"rows": found, "next": found[-1]["number"] if len(found) == limit else None}


@router.post("/projects/{slug}/labeling/{round}/state")
def set_state(request: HttpRequest, slug: str, round: str, payload: StateIn) -> dict[str, Any]:
    """Open, pause or close a round."""
    found = access(request, slug, "edit")
    row = queries.round_of(found.project, round)
    return queries.as_plain(actions.set_state(found.project, found.caller, row, payload.state))


@router.post("/projects/{slug}/labeling/{round}/labelers", response={201: Any})
def invite_labeler(request: HttpRequest, slug: str, round: str, payload: LabelerIn) -> Any:
    """Make a link that opens a queue in this round and nothing else. It is told this once. The name and the address are
    kept beside the round, where they can be erased; everywhere else the labeler is a number."""
    found = access(request, slug, "edit")
    row = queries.round_of(found.project, round)
    base = mail.link("/r/", request)
    rater, link = actions.invite(
        found.project, found.caller, row, name=payload.name, email=payload.email, base=base or "/r/"
    )
    return Status(201, {"number": rater.number, "link": link})


@router.put("/projects/{slug}/labeling/{round}/labelers/{labeler}/state")
def set_labeler_state(
    request: HttpRequest, slug: str, round: str, labeler: int, payload: LabelerStateIn
) -> dict[str, Any]:
    """Pause a labeler, or let them label again. With `deal_again` a paused one's labels no longer count, and their items
    go to others."""
    found = access(request, slug, "edit")
    rater = _rater(queries.round_of(found.project, round), labeler)
    if payload.state == "active":
        actions.resume(found.project, found.caller, rater)
    else:
        actions.pause(found.project, found.caller, rater, "paused by hand", redeal=payload.deal_again)
    rater.refresh_from_db()
    return _labeler(rater)


@router.delete("/projects/{slug}/labeling/{round}/labelers/{labeler}", response={204: None})
def forget_labeler(request: HttpRequest, slug: str, round: str, labeler: int) -> Any:
    """Erase a labeler's name, address and remarks; their link ends, their answers stay under the number."""
    found = access(request, slug, "edit")
    actions.forget(found.project, found.caller, _rater(queries.round_of(found.project, round), labeler))
    return Status(204, None)


def _rater(row: Round, number: int) -> Rater:
    return queries.rater_of(row, number if 0 < number < 2**31 else 0)


@router.get("/projects/{slug}/labeling/{round}/results")
def get_results(request: HttpRequest, slug: str, round: str) -> dict[str, Any]:
    """Agreement, accuracy on known items, labelers by number, one label an item in sums, cost."""
    row = queries.round_of(access(request, slug).project, round)
    made = results.results(row)
    agreed, cost = made.agreement, made.cost
    return {
        "labels": made.labels, "items": made.items, "why": made.why,
        "agreement": {
            "alpha": _bounds(agreed.alpha), "percent": _number(agreed.percent), "items": agreed.items,
            "by_label": {label: _bounds(b) for label, b in agreed.by_label},
        } if agreed else None,
        "nominal": _bounds(made.nominal), "overlap": _bounds(made.overlap),
        "gold": {**(_bounds(made.gold) or {}), "right": made.gold_right, "seen": made.gold_seen},
        "labelers": [
            {**_labeler(rater), "accuracy": _bounds(judged.accuracy) if judged else None,
             "as_consensus": _number(judged.with_others) if judged else None}
            for rater, judged, _ in made.raters
        ],
        "methods": {name: {"wrong_on_known": _number(wrong), "known": many} for name, (wrong, many) in made.errors.items()},
        "one_more": [{"labelers": s.count, "right": s.right, "items": s.items} for s in made.steps],
        "against_known": made.against_gold,
        "cost": {
            "paid": cost.paid, "per_label": _bounds(cost.per_label), "per_item": _number(cost.per_item), "left": cost.left,
            "to_come": _number(cost.to_come), "total": _number(cost.total), "over": cost.over,
        } if cost else None,
    }  # fmt: skip


def _bounds(found: Bounds | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "value": _number(found.value), "lower": _number(found.lower), "upper": _number(found.upper),
        "undefined": found.undefined,
    }  # fmt: skip


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


@router.get("/projects/{slug}/labeling/{round}/labels")
def get_labels(
    request: HttpRequest, slug: str, round: str, shape: Literal["items", "answers", "noisy"] = "items",
    method: Literal["dawid_skene", "weighted", "majority"] = "dawid_skene",
    after: int = Query(0, ge=0, lt=2**31), limit: int = Query(1000, ge=1, le=10_000),
) -> dict[str, Any]:  # fmt: skip
    """The labels: one row an item, or one an answer; or, marked as noisy, what rules say. `next` is what to give as `after`
    for more, null at the end."""
    row = queries.round_of(access(request, slug).project, round)
    found = export.rows(row, shape, method=method)
    more = after + limit
    return {"rows": found[after:more], "next": more if more < len(found) else None}


@router.post("/projects/{slug}/labeling/{round}/rulings", response={201: Any})
def rule(request: HttpRequest, slug: str, round: str, payload: RulingIn) -> Any:
    """An expert's answer to an item, by its key: from here on it is the item's label. The answer is `{"value": ...}`,
    `{"values": [...]}`, `{"spans": [...]}` or `{"text": ...}`, as the guideline asks for."""
    found = access(request, slug, "edit")
    row = queries.round_of(found.project, round)
    item = row.items.filter(key=payload.item).first()
    if item is None:
        raise NotFound(f"there is no item {payload.item[:80]!r}", where=row.key)
    made = ruling_actions.rule(found.project, found.caller, row, item.number, payload.answer, payload.why)
    return Status(201, {"item": item.key, "answer": made.answer, "by": made.by, "at": made.at})


@router.post("/projects/{slug}/labeling/{round}/proof", response={201: Any})
def prove(request: HttpRequest, slug: str, round: str) -> Any:
    """Put what the round proves into the log: agreement, accuracy on known items, the cost of a label."""
    found = access(request, slug, "evidence")
    rows = ruling_actions.prove(found.project, found.caller, queries.round_of(found.project, round))
    return Status(201, [{"kind": r.kind, "digest": r.digest, "criterion": r.criterion or None} for r in rows])
