"""Datasets with their versions and freshness, and events of pipelines as OpenLineage has them."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from datetime import UTC, date, datetime
from typing import Any, Literal

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from ninja import Query, Router, Status
from pydantic import AwareDatetime, Field

from sextant.data.openlineage import read_event
from sextant.data.versions import DataVersion
from sextant.errors import Forbidden, InvalidInput
from sextant_server.data import actions, drifting, queries
from sextant_server.data.models import DayProfile
from sextant_server.projects.api import Strict
from sextant_server.projects.permissions import access, caller

router = Router(tags=["data"])


class ChangesIn(Strict):
    """What became of the rows of the version `against`: counts alone."""

    against: int = Field(ge=1, lt=2**31)
    key: str | None = Field(None, max_length=200)
    added: int = Field(ge=0, lt=2**63)
    removed: int = Field(ge=0, lt=2**63)
    changed: int = Field(0, ge=0, lt=2**63)
    same: int = Field(ge=0, lt=2**63)
    cells: dict[str, int] = Field(default_factory=dict, max_length=5000)


class DayIn(Strict):
    profile: dict[str, Any]
    origin: Literal["measured", "simulated"] = "measured"


class DataVersionIn(Strict):
    digest: str = Field(pattern="^[0-9a-f]{64}$")
    rows: int = Field(ge=0, lt=2**63)
    columns: list[tuple[str, str]] = Field([], max_length=5000)
    at: AwareDatetime
    by: str = Field("", max_length=200)
    message: str = Field("", max_length=4000)
    mode: Literal["replace", "append", "erase"] = "replace"
    parent: int | None = Field(None, ge=1, lt=2**31)
    sources: list[str] = Field([], max_length=500)
    recipe: str = Field("", max_length=300)
    tags: list[str] = Field([], max_length=100)
    state: Literal["kept", "erased", "expired"] = "kept"
    gone_on: AwareDatetime | None = None
    profile: dict[str, Any] | None = None
    changes: ChangesIn | None = None


@router.get("/projects/{slug}/datasets")
def list_datasets(request: HttpRequest, slug: str) -> dict[str, Any]:
    """Every dataset at its newest version, and how fresh those are that a pipeline keeps."""
    found = access(request, slug)
    return {
        "datasets": [queries.as_plain(row) for row in queries.datasets(found.project)],
        "freshness": [_fresh(f) for f in queries.freshness(found.project, datetime.now(UTC))],
    }


@router.get("/projects/{slug}/datasets/{dataset}")
def get_dataset(
    request: HttpRequest, slug: str, dataset: str, limit: int = Query(30, ge=1, le=500)
) -> dict[str, Any]:
    """A dataset: its versions, the newest first, where they came from, and how fresh it is."""
    found = access(request, slug)
    rows = queries.versions(found.project, dataset, limit=limit)
    edges = queries.lineage(rows, queries.runs(found.project, dataset), dataset)
    fresh = [f for f in queries.freshness(found.project, datetime.now(UTC)) if f.dataset == dataset]
    return {
        "versions": [queries.as_plain(row) for row in rows],
        "lineage": [
            {"made": e.made, "sources": e.sources, "by": e.by, "at": e.at, "state": e.state} for e in edges
        ],
        "freshness": _fresh(fresh[0]) if fresh else None,
    }


@router.get("/projects/{slug}/datasets/{dataset}/versions/{number}")
def get_data_version(request: HttpRequest, slug: str, dataset: str, number: int) -> dict[str, Any]:
    """One version, with its profile if one was kept."""
    row = queries.version(access(request, slug).project, dataset, number if 0 < number < 2**31 else 0)
    return {**queries.as_plain(row), "profile": json.loads(row.profile) if row.profile else None}


@router.put("/projects/{slug}/datasets/{dataset}/versions/{number}")
def put_data_version(
    request: HttpRequest, slug: str, dataset: str, number: int, payload: DataVersionIn
) -> dict[str, Any]:
    """Say what a commit made. The rows stay in their data home; the newest version becomes the present one."""
    found = access(request, slug, "evidence")
    if not 0 < number < 2**31:
        raise InvalidInput(f"version {number}", where="number", rule="versions are counted from 1")
    if payload.at > datetime.now(UTC) + actions.CLOCKS:
        raise InvalidInput(f"{payload.at} lies in the future", where="at")
    version = DataVersion(
        dataset, number, payload.digest, payload.rows, "", tuple(payload.columns), payload.at, payload.by,
        payload.message, payload.mode, payload.parent, tuple(payload.sources), payload.recipe, tuple(payload.tags),
        payload.state, payload.gone_on,
    )  # fmt: skip
    actions.named(version)
    row = actions.put_data_version(
        found.project, found.caller, version, profile=payload.profile,
        changes=payload.changes.model_dump() if payload.changes else None,
    )  # fmt: skip
    return queries.as_plain(row)


@router.get("/projects/{slug}/datasets/{dataset}/days")
def list_days(
    request: HttpRequest, slug: str, dataset: str, limit: int = Query(28, ge=1, le=400)
) -> dict[str, Any]:
    """The days of a dataset whose profile is kept, the newest `limit` of them, the earliest first."""
    found = access(request, slug)
    rows = drifting.days(found.project, dataset, most=limit)
    if not rows and not queries.known(found.project, dataset):
        queries.versions(found.project, dataset, limit=1)
    return {"days": [_day(row) for row in rows]}


@router.get("/projects/{slug}/datasets/{dataset}/days/{day}")
def get_day(request: HttpRequest, slug: str, dataset: str, day: date) -> dict[str, Any]:
    """One day of a dataset, with its profile."""
    row, _, _ = queries.day(access(request, slug).project, dataset, day.isoformat())
    return {**_day(row), "profile": json.loads(row.profile)}


@router.put("/projects/{slug}/datasets/{dataset}/days/{day}")
def put_day(request: HttpRequest, slug: str, dataset: str, day: date, payload: DayIn) -> dict[str, Any]:
    """Keep the profile of a dataset's rows of one day. Said again, it is replaced."""
    found = access(request, slug, "evidence")
    row = actions.put_day(found.project, found.caller, dataset, day, payload.profile, origin=payload.origin)
    return _day(row)


def _day(row: DayProfile) -> dict[str, Any]:
    return {"day": row.day, "rows": row.rows, "origin": row.origin, "digest": row.digest}


def _fresh(fresh: queries.Fresh) -> dict[str, Any]:
    return {
        "dataset": fresh.dataset, "owner": fresh.owner, "last": fresh.last, "cadence_days": fresh.cadence_days,
        "overdue": fresh.overdue, "said": fresh.said,
    }  # fmt: skip


# --- lineage


@router.post("/lineage", response={201: Any})
def add_lineage(request: HttpRequest) -> Any:
    """An OpenLineage event as the body, into the project of the token.

    The event is as https://openlineage.io/spec/2-0-2/OpenLineage.json has it; the body may be compressed by gzip. Runs
    are kept; a description of a job or a dataset without a run is taken and not kept.
    """
    who = caller(request)
    if who.token is None:
        raise Forbidden(
            "events come from programs", rule="the token says which project they are about",
            todo="make a token with the scope evidence, and send it as Authorization: Bearer TOKEN",
        )  # fmt: skip
    found = access(request, who.token.project.slug, "evidence")
    event = read_event(_body(request))
    if event is None:
        return Status(201, {"run": None, "kept": False})
    run = actions.add_run_event(found.project, found.caller, event)
    return Status(201, {"run": run.run_id, "state": run.state, "kept": True})


def _body(request: HttpRequest) -> Any:
    from sextant_server.api import Body

    if request.headers.get("Content-Encoding", "").lower() == "gzip":
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(request.body)) as stream:
                text = stream.read(most + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise InvalidInput(
                "it is no whole gzip", where="body", rule="as its Content-Encoding says"
            ) from error
        if len(text) > most:
            raise RequestDataTooBig("the body is too large once it is unpacked")
        request._body = text
    return Body().parse_body(request)
