"""Rounds that are labeled in another tool too, for programs: items out, where they are, what was answered there.

Who pushes and pulls is a program of the user's, which has the tool's token: no token comes here.
"""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Status
from pydantic import AwareDatetime, Field

from sextant_server.labeling import actions, link_actions, queries
from sextant_server.labeling.models import Item
from sextant_server.projects.api import Strict
from sextant_server.projects.permissions import access

router = Router(tags=["labeling"])
Tool = Literal["label_studio"]
#: A number in another tool.
_MOST = 2**63


class LinkIn(Strict):
    address: str = Field(max_length=300)
    number: int = Field(ge=1, lt=_MOST)
    guideline: int = Field(ge=1, lt=2**31)


class TasksIn(Strict):
    tasks: dict[str, int] = Field({}, max_length=1000)
    gone: list[int] = Field([], max_length=10_000)


class AnnotationIn(Strict):
    number: int = Field(ge=1, lt=_MOST)
    task: int = Field(ge=0, lt=_MOST)
    item: str = Field("", max_length=200)
    who: int = Field(ge=0, lt=_MOST)
    answer: dict[str, Any] | None = None
    note: str = Field("", max_length=10_000)
    seconds: float | None = Field(None, ge=0, lt=1e9, allow_inf_nan=False)
    truth: bool = False
    cancelled: bool = False
    at: AwareDatetime
    fault: str = Field("", max_length=1000)


class OutsiderIn(Strict):
    number: int = Field(ge=0, lt=_MOST)
    email: str = Field("", max_length=254)
    name: str = Field("", max_length=200)


class AnnotationsIn(Strict):
    annotations: list[AnnotationIn] = Field([], max_length=1000)
    people: list[OutsiderIn] = Field([], max_length=1000)
    deleted: list[int] = Field([], max_length=10_000)


@router.get("/projects/{slug}/labeling/{round}/links/{tool}")
def get_link(request: HttpRequest, slug: str, round: str, tool: Tool) -> dict[str, Any]:
    """Where a round is labeled too (`link`, null if nowhere), and what is needed to bring it there: the guideline, the kind
    of its items, and the marker by which its project is found again."""
    found = access(request, slug)
    row = queries.round_of(found.project, round)
    guideline, document = actions.guideline_of(found.project, row.guideline)
    first = row.items.order_by("number").first()
    return {
        "link": queries.linked(row, tool), "marker": f"sextant:{found.project.uid}:{row.key}", "state": row.state,
        "guideline": guideline.plain(), "guideline_version": document.version,
        "kind": first.content["kind"] if first else None,
        "context": Item.objects.filter(round=row, content__has_key="context").exists(),
        "labelers": row.labelers if row.purpose == "labels" else 100,
    }  # fmt: skip


@router.put("/projects/{slug}/labeling/{round}/links/{tool}")
def put_link(request: HttpRequest, slug: str, round: str, tool: Tool, payload: LinkIn) -> dict[str, Any]:
    """Say which project there is the round's, and which version of the guideline is shown in it."""
    found = access(request, slug, "edit")
    row = queries.round_of(found.project, round)
    link_actions.put_link(found.project, found.caller, row, tool=tool, **payload.model_dump())
    return queries.linked(row, tool) or {}


@router.get("/projects/{slug}/labeling/{round}/links/{tool}/tasks")
def get_tasks(
    request: HttpRequest, slug: str, round: str, tool: Tool, after: int = Query(0, ge=0, lt=_MOST),
    limit: int = Query(1000, ge=1, le=10_000),
) -> dict[str, Any]:  # fmt: skip
    """Which item is which task there."""
    link = queries.link_of(queries.round_of(access(request, slug).project, round), tool)
    rows = list(
        link.tasks.filter(number__gt=after).order_by("number").values_list("item__key", "number")[:limit]
    )
    return {"tasks": dict(rows), "next": rows[-1][1] if len(rows) == limit else None}


@router.post("/projects/{slug}/labeling/{round}/links/{tool}/tasks", response={201: Any})
def put_tasks(request: HttpRequest, slug: str, round: str, tool: Tool, payload: TasksIn) -> Any:
    """Remember which item is which task there, and forget tasks that are gone. It may be repeated."""
    found = access(request, slug, "edit")
    link = queries.link_of(queries.round_of(found.project, round), tool)
    gone = link_actions.forget_tasks(link, payload.gone) if payload.gone else 0
    return Status(201, {"added": link_actions.put_tasks(link, payload.tasks), "gone": gone})


@router.get("/projects/{slug}/labeling/{round}/links/{tool}/annotations")
def get_annotations(
    request: HttpRequest, slug: str, round: str, tool: Tool, after: int = Query(0, ge=0, lt=_MOST),
    limit: int = Query(1000, ge=1, le=10_000),
) -> dict[str, Any]:  # fmt: skip
    """The annotations that came in from there, with what became of each: label, skip, truth (a known answer), second (its
    labeler's second, which does not count), refused or deleted."""
    link = queries.link_of(queries.round_of(access(request, slug).project, round), tool)
    rows = link.annotations.filter(number__gt=after).order_by("number").select_related("item")[:limit]
    found = [
        {"number": r.number, "item": r.item.key if r.item else "", "state": r.state, "why": r.why}
        for r in rows
    ]
    return {"rows": found, "next": found[-1]["number"] if len(found) == limit else None}


@router.post("/projects/{slug}/labeling/{round}/links/{tool}/annotations", response={201: Any})
def put_annotations(request: HttpRequest, slug: str, round: str, tool: Tool, payload: AnnotationsIn) -> Any:
    """Bring annotations in, each once, as it is there now, and mark those that were deleted there. Labelers are told by
    their number there; their address finds them among this round's labelers and the project's members."""
    found = access(request, slug, "edit")
    link = queries.link_of(queries.round_of(found.project, round), tool)
    deleted = (
        link_actions.mark_deleted(found.project, found.caller, link, payload.deleted)
        if payload.deleted
        else 0
    )
    made = link_actions.take(
        found.project, found.caller, link,
        [link_actions.Foreign(**one.model_dump()) for one in payload.annotations],
        [link_actions.Outsider(**one.model_dump()) for one in payload.people],
    )  # fmt: skip
    return Status(
        201,
        {
            "new": made.new, "changed": made.changed, "same": made.same, "deleted": deleted, "labels": made.labels,
            "skips": made.skips, "truths": made.truths, "seconds": made.seconds,
            "refused": [{"number": n, "item": i, "why": w} for n, i, w in made.refused],
        },
    )  # fmt: skip
