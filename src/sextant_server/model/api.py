"""Runs of training: brought from where they are tracked, against every requirement; options side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Status
from pydantic import AwareDatetime, Field

from sextant.errors import InvalidInput
from sextant.lifecycle.option_table import GIVEN, option_table, plain
from sextant.model.runs import Run
from sextant_server.model import actions, queries
from sextant_server.projects.api import Strict
from sextant_server.projects.permissions import access
from sextant_server.records.queries import project_state

router = Router(tags=["model"])

Kind = Literal["mlflow", "wandb", "python"]


class RunsIn(Strict):
    """Runs of one experiment, at most 1,000: stored together or not at all."""

    kind: Kind
    place: str = Field("", max_length=300)
    experiment: str = Field(min_length=1, max_length=128)
    experiment_name: str = Field("", max_length=250)
    cursor: str | None = Field(None, max_length=64)
    runs: list[Run] = Field(max_length=1000)


class RegisteredIn(Strict):
    name: str = Field(min_length=1, max_length=250)
    version: str = Field(min_length=1, max_length=64, pattern=r"^\S+$")
    run: str = Field("", max_length=128)
    aliases: list[str] = Field([], max_length=50)
    tags: dict[str, str] = Field(default_factory=dict, max_length=200)
    created_at: AwareDatetime | None = None


class FinishedIn(Strict):
    kind: Kind
    place: str = Field("", max_length=300)
    fault: str = Field("", max_length=1000)
    registered: list[RegisteredIn] = Field([], max_length=5000)


class NamedIn(Strict):
    """Which version a run is, as name@version; empty to take it back."""

    model: str = Field(max_length=200)


@router.get("/projects/{slug}/runs")
def list_runs(
    request: HttpRequest, slug: str, experiment: int | None = Query(None, ge=1, lt=2**63),
    before: int | None = Query(None, ge=1, lt=2**63), limit: int = Query(30, ge=1, le=200),
) -> dict[str, Any]:  # fmt: skip
    """The newest runs, each with its verdict on every requirement."""
    found = access(request, slug)
    board = queries.board(found.project, experiment=experiment, before=before, limit=limit)
    return {
        "requirements": [{"criterion": c.criterion.key, "name": c.criterion.name, "side": c.side} for c in board.columns],
        "runs": [queries.row_plain(row) for row in board.rows],
        "more": board.more,
    }  # fmt: skip


@router.put("/projects/{slug}/runs")
def put_runs(request: HttpRequest, slug: str, payload: RunsIn) -> dict[str, Any]:
    """Store what a tracker tells of runs. The same again changes nothing; a number that is none is written "NaN"."""
    found = access(request, slug, "evidence")
    made = actions.put_runs(
        found.project, found.caller, kind=payload.kind, place=payload.place,
        experiment=(payload.experiment, payload.experiment_name), runs=payload.runs, cursor=payload.cursor,
    )  # fmt: skip
    return {"new": made.new, "changed": made.changed, "same": made.same, "ids": made.ids}


@router.get("/projects/{slug}/runs/{run_id}")
def get_run(request: HttpRequest, slug: str, run_id: int) -> dict[str, Any]:
    """One run: all that its tracker said, how its metrics went, and its verdict on every requirement."""
    found = access(request, slug)
    row = queries.run(found.project, run_id)
    board = queries.board(found.project, only=[row.pk])
    return {
        **(queries.row_plain(board.rows[0]) if board.rows else {"id": row.pk, "key": row.outside}),
        "said": row.body,
        "history": {h.metric: h.points for h in queries.histories(row)},
    }


@router.patch("/projects/{slug}/runs/{run_id}")
def name_run(request: HttpRequest, slug: str, run_id: int, payload: NamedIn) -> dict[str, Any]:
    """Say which model version a run is; its numbers become proof about that version."""
    found = access(request, slug, "evidence")
    made = actions.name_run(found.project, found.caller, run_id, payload.model)
    return _settled(made)


@router.get("/projects/{slug}/trackers")
def list_trackers(request: HttpRequest, slug: str) -> list[dict[str, Any]]:
    """Where runs come from, when they were last brought, and why the last bringing over broke off, if it did."""
    found = access(request, slug)
    return [
        {
            "id": t.pk, "kind": t.kind, "place": t.place, "runs": t.count, "synced_at": t.synced_at,
            "fault": t.fault,
        }
        for t in queries.trackers(found.project)
    ]  # fmt: skip


@router.get("/projects/{slug}/trackers/progress")
def tracker_progress(
    request: HttpRequest, slug: str, kind: Kind = Query("mlflow"), place: str = Query("", max_length=300)
) -> dict[str, Any]:
    """How far a tracker has been brought over: where to go on, and which runs had not ended."""
    return queries.progress(access(request, slug).project, kind, place)


@router.post("/projects/{slug}/trackers/finished")
def finish_sync(request: HttpRequest, slug: str, payload: FinishedIn) -> dict[str, Any]:
    """The end of bringing over: with the registry as it is, or the reason why it broke off."""
    found = access(request, slug, "evidence")
    registered = [
        actions.Registered(r.name, r.version, r.run, tuple(r.aliases), r.tags, r.created_at)
        for r in payload.registered
    ]
    made = actions.finish_sync(
        found.project, found.caller, kind=payload.kind, place=payload.place, fault=payload.fault, registered=registered
    )  # fmt: skip
    return _settled(made)


@router.delete("/projects/{slug}/trackers/{tracker_id}", response={204: None})
def forget_tracker(request: HttpRequest, slug: str, tracker_id: int) -> Any:
    """Take a tracker's runs away. Proof that came out of them stays."""
    found = access(request, slug, "edit")
    actions.forget_tracker(found.project, found.caller, tracker_id if 0 < tracker_id < 2**63 else 0)
    return Status(204, None)


@router.get("/projects/{slug}/registered")
def list_registered(
    request: HttpRequest, slug: str, gate: str = Query("evaluation", max_length=40)
) -> list[dict[str, Any]]:
    """Each registered version with its verdicts, and whether the gate holds for it: then it may be called champion."""
    return queries.standing_of_versions(access(request, slug).project, gate)


@router.get("/projects/{slug}/options")
def compare_options(
    request: HttpRequest, slug: str, weights: str = Query("", max_length=2000)
) -> dict[str, Any]:
    """Options side by side: measured and assumed numbers, who comes first, what would change that, and break-even
    points. `weights` such as `accuracy:3,weeks_to_market:1` are tried in the place of those that were decided."""
    state = project_state(access(request, slug).project)
    return plain(option_table(state, read_weights(weights, state.criteria) if weights else None))


def read_weights(text: str, known: Mapping[str, Any]) -> dict[str, float]:
    """Weights as an address has them; `InvalidInput` for what is none."""
    found: dict[str, float] = {}
    for part in text.split(","):
        key, colon, number = part.strip().partition(":")
        try:
            value = float(number) if colon else math.nan
        except ValueError:
            value = math.nan
        if key not in known and key not in GIVEN:
            raise InvalidInput(
                f"there is no {key[:60]!r} to weigh", where="weights",
                todo=f"there is {', '.join([*known, *GIVEN])}"[:900],
            )  # fmt: skip
        if not 0 <= value <= 1e6:
            raise InvalidInput(
                f"{part[:60]!r} is no weight", where="weights", rule="KEY:NUMBER, zero or more"
            )
        found[key] = value
    if not any(found.values()):
        raise InvalidInput("nothing counts", where="weights", rule="one weight is above zero")
    return found


def _settled(made: actions.Settled) -> dict[str, Any]:
    return {"stored": made.stored, "refused": [{"run": run, "why": why} for run, why in made.refused]}
