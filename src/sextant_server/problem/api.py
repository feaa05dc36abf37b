"""The installation's opportunities, and the start in the middle."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Status

from sextant.lifecycle.live import Start, live
from sextant.problem.opportunities import rank, read_weights
from sextant_server.problem import opportunity_actions as actions
from sextant_server.problem import queries, start_steps
from sextant_server.projects.api import ProjectOut, Strict
from sextant_server.projects.permissions import caller

router = Router(tags=["opportunities"])


class OpportunityIn(Strict):
    """Fields that are not given stay as they are; null empties a rating. `seen` is what the row's `seen` was when it
    was read: given, a meanwhile change is a conflict."""

    key: str = ""
    title: str | None = None
    problem: str | None = None
    value: int | None = None
    feasibility: int | None = None
    data: int | None = None
    risk: int | None = None
    lead: str | None = None
    note: str | None = None
    seen: str = ""


class WeightsIn(Strict):
    value: float
    feasibility: float
    data: float
    risk: float


class Opening(Strict):
    slug: str
    name: str
    rigor: str = "standard"


class LiveIn(Strict):
    """A model that is live, and the number that shows whether it does its job; `value` is what it is today."""

    slug: str
    name: str
    model: str
    metric: str
    unit: str
    threshold: float
    source: str
    watched_by: str
    direction: Literal["at_least", "at_most"] = "at_least"
    family: Literal["product", "ml", "business", "system", "cost"] = "product"
    value: float | None = None
    since: date | None = None
    start: Start = "maintenance"
    rigor: str = "standard"
    summary: str = ""
    currency: str = "USD"


@router.post("/live-projects", response={201: ProjectOut}, tags=["projects"])
def start_live(request: HttpRequest, payload: LiveIn) -> Any:
    """Open a project in the middle, for a model that is live: a target with its monitor, its number of today, the day
    of the first review. Phases before its start are not assessed."""
    said = payload.dict()
    settings = {name: said.pop(name) for name in ("slug", "name", "rigor", "summary", "currency")}
    given = live(**said, today=timezone.now().date())
    return Status(201, start_steps.start_live(caller(request), given, **settings))


def _listed() -> dict[str, Any]:
    """The list as plain values: the best first, each with its score, its parts and the project that came of it."""
    rows, weights = {r.key: r for r in queries.opportunities()}, queries.weights()
    found = []
    for s in rank([r.opportunity() for r in rows.values()], weights):
        row = rows[s.opportunity.key]
        found.append(
            {
                **row.plain(), "seen": row.seen, "score": s.score, "rank": s.rank, "parts": s.parts,
                "unrated": list(s.unrated), "project": row.project.slug if row.project else None,
            }
        )  # fmt: skip
    return {"weights": weights.model_dump(), "opportunities": found}


@router.get("/opportunities")
def list_opportunities(request: HttpRequest) -> dict[str, Any]:
    """The list, the best first, with the weights that scored it. It belongs to the installation, not to a project."""
    actions.require_weighing(caller(request))
    return _listed()


@router.put("/opportunities")
def put_opportunities(
    request: HttpRequest, payload: list[OpportunityIn], by_title: bool = False
) -> dict[str, Any]:
    """Store rows by their key; those that are not given stay. A row without a key is new; with `by_title` it is the
    one of the same title, if there is one."""
    rows = []
    for one in payload:
        given = one.dict(exclude_unset=True)
        # An absent field stays; a null says that there is no rating.
        rows.append({k: "" if v is None else v for k, v in given.items()})
    actions.put_opportunities(caller(request), rows, by_title=by_title)
    return _listed()


@router.delete("/opportunities/{key}", response={204: None})
def remove_opportunity(request: HttpRequest, key: str) -> Any:
    """Take an opportunity off the list. A project that was opened from it stays."""
    who = caller(request)
    actions.require_weighing(who)
    actions.put_opportunities(who, [], remove=[queries.opportunity(key).key])
    return Status(204, None)


@router.put("/opportunities-weights")
def put_weights(request: HttpRequest, payload: WeightsIn) -> dict[str, Any]:
    """Say how much each side counts; only the proportion matters."""
    return actions.put_weights(caller(request), read_weights(payload.dict())).model_dump()


@router.post("/opportunities/{key}/project", response={201: ProjectOut})
def open_opportunity(request: HttpRequest, key: str, payload: Opening) -> Any:
    """Open a project from an opportunity; its problem becomes the first of the five Ws."""
    who = caller(request)
    actions.require_weighing(who)
    return Status(201, actions.open_opportunity(who, queries.opportunity(key), **payload.dict()))
