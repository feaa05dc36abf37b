"""Rules, a model's pre-labels, and what a model contradicts, for programs."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Status
from pydantic import Field

from sextant.data.prelabels import Compared
from sextant.errors import Conflict
from sextant.stats.intervals import Bounds
from sextant_server.labeling import actions, marking, marking_actions, queries
from sextant_server.labeling.marking import finite
from sextant_server.projects.api import Strict
from sextant_server.projects.permissions import access

router = Router(tags=["labeling"])


class RuleIn(Strict):
    name: str = Field(max_length=80)
    label: str = Field(max_length=200)
    column: str = Field(max_length=200)
    words: list[str] | None = Field(None, max_length=100)
    pattern: str | None = Field(None, max_length=marking.MOST_PATTERN)


class RulesIn(Strict):
    rules: list[RuleIn] = Field(max_length=marking.MOST_RULES)


class PrelabelIn(Strict):
    key: str = Field(max_length=200)
    label: str = Field("", max_length=10_000)
    chances: dict[str, float] | None = None


class PrelabelsIn(Strict):
    rows: list[PrelabelIn] = Field(max_length=10_000)
    show: Literal["random", "shown", "hidden"] = "random"


@router.get("/projects/{slug}/labeling/{round}/rules")
def get_rules(request: HttpRequest, slug: str, round: str) -> dict[str, Any]:
    """The rules of a round, and the columns that they may look at."""
    row = queries.round_of(access(request, slug).project, round)
    return {"rules": marking.rules_of(row), "columns": marking.columns(row)}


@router.put("/projects/{slug}/labeling/{round}/rules")
def put_rules(request: HttpRequest, slug: str, round: str, payload: RulesIn) -> dict[str, Any]:
    """Store a round's rules, all at once: each with a name, the label that it gives, the column that it looks at, and either
    words or a pattern of RE2's kind."""
    found = access(request, slug, "edit")
    row = queries.round_of(found.project, round)
    rules = [{k: v for k, v in one.model_dump().items() if v is not None} for one in payload.rules]
    return {"rules": marking_actions.put_rules(found.project, found.caller, row, rules)}


@router.get("/projects/{slug}/labeling/{round}/rules/results")
def try_rules(request: HttpRequest, slug: str, round: str) -> dict[str, Any]:
    """What the rules do on the round's items: coverage, overlap, conflict, accuracy on known answers, examples."""
    found = access(request, slug)
    row = queries.round_of(found.project, round)
    guideline, _ = actions.guideline_of(found.project, row.guideline)
    rules = marking.rules_of(row)
    if not rules:
        raise Conflict("there are no rules", where=row.key, todo="store some first")
    made = marking.tried(row, guideline, rules)
    return {
        "items": made.items, "covered": made.covered, "known": made.known, "right": made.right,
        "rules": [
            {"name": w.name, "coverage": w.coverage, "overlap": w.overlap, "conflict": w.conflict, "on_gold": w.on_gold,
             "right": _bounds(w.right), "by_model": finite(w.learned),
             "examples": [{"item": k, "shows": t, "known": g or None} for k, t, g in made.examples[w.name]]}
            for w in made.weighed
        ],
    }  # fmt: skip


@router.post("/projects/{slug}/labeling/{round}/rules/labels", response={201: Any})
def keep_noisy(request: HttpRequest, slug: str, round: str) -> Any:
    """Keep the label that the rules give each item, marked as noisy. People's labels and results stay as they are."""
    found = access(request, slug, "edit")
    covered, items = marking_actions.keep_noisy(
        found.project, found.caller, queries.round_of(found.project, round)
    )
    return Status(201, {"covered": covered, "items": items})


@router.post("/projects/{slug}/labeling/{round}/prelabels", response={201: Any})
def put_prelabels(request: HttpRequest, slug: str, round: str, payload: PrelabelsIn) -> Any:
    """Bring in what a model answered: of each item its label, its probabilities, or both. Whether labelers see it is drawn by
    item (`random`), or the same for all."""
    found = access(request, slug, "edit")
    row = queries.round_of(found.project, round)
    rows = [one.model_dump() for one in payload.rows]
    return Status(
        201, marking_actions.put_prelabels(found.project, found.caller, row, rows, show=payload.show)
    )


@router.get("/projects/{slug}/labeling/{round}/prelabels")
def get_influence(request: HttpRequest, slug: str, round: str) -> dict[str, Any]:
    """How far pre-labels sway who sees them: agreement with the pre-label, accuracy, following a wrong one, and pace, where
    it was shown, where it was hidden, and the difference with its interval."""
    row = queries.round_of(access(request, slug).project, round)
    found = marking.swayed(row)
    if found is None:
        return {"show": None, "labels": 0, "sentence": "This round has no pre-labels.", "same": None, "right": None,
                "followed": None, "seconds": None}  # fmt: skip
    return {
        "show": row.prelabels, "labels": found.labels, "sentence": found.sentence(), "same": _compared(found.same),
        "right": _compared(found.right), "followed": _compared(found.followed), "seconds": _compared(found.seconds),
    }  # fmt: skip


@router.post("/projects/{slug}/labeling/{round}/order", response={201: Any})
def order(request: HttpRequest, slug: str, round: str) -> Any:
    """Deal first what the model is least sure of, and of that what differs."""
    found = access(request, slug, "edit")
    row = queries.round_of(found.project, round)
    return Status(201, {"items": marking_actions.deal_by_need(found.project, found.caller, row)})


@router.get("/projects/{slug}/labeling/{round}/suspects")
def get_suspects(
    request: HttpRequest, slug: str, round: str, limit: int = Query(100, ge=1, le=10_000)
) -> dict[str, Any]:
    """Labels that the model confidently contradicts, the surest first, for an expert to look at."""
    found = access(request, slug)
    row = queries.round_of(found.project, round)
    guideline, _ = actions.guideline_of(found.project, row.guideline)
    made = marking.suspects(row, guideline)
    if made is None:
        return {"wrong": None, "items": 0, "rows": []}
    wrong, items, rows = made
    return {
        "wrong": wrong, "items": items,
        "rows": [{"item": s.key, "label": s.label, "probably": s.better, "margin": s.margin} for s in rows[:limit]],
    }  # fmt: skip


def _bounds(found: Bounds) -> dict[str, Any]:
    return {
        "value": finite(found.value), "lower": finite(found.lower), "upper": finite(found.upper), "undefined": found.undefined,
    }  # fmt: skip


def _compared(found: Compared) -> dict[str, Any]:
    return {
        "shown": _bounds(found.shown), "hidden": _bounds(found.hidden), "difference": _bounds(found.difference),
        "items_shown": found.items_shown, "items_hidden": found.items_hidden,
    }  # fmt: skip
