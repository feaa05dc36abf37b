"""Writes of the installation's opportunities: the list, its weights, and the project that comes of one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction

from sextant.errors import Conflict, Forbidden, InvalidInput
from sextant.problem.documents import FiveWs
from sextant.problem.opportunities import MOST, SIDES, Opportunity, Weights, read_opportunity
from sextant_server.problem.models import OpportunityRow, OpportunityWeights, seen_of
from sextant_server.problem.start_steps import start_project
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import Caller, may_weigh


def require_weighing(caller: Caller) -> None:
    if not may_weigh(caller):
        raise Forbidden(
            "you may not see the list of opportunities", rule="it is for those who work on projects here",
            todo="ask an owner of a project for a role in it",
        )  # fmt: skip


@transaction.atomic
def put_opportunities(
    caller: Caller, rows: Sequence[Mapping[str, Any]], *, remove: Iterable[str] = (), by_title: bool = False
) -> list[OpportunityRow]:
    """Store rows: new ones, and changed ones by their key; those that are not given stay as they are.

    A row may carry `seen`, what its writer last read (`OpportunityRow.seen`): if somebody else changed it since, and
    it says something else, nothing at all is stored and the Conflict names it. `by_title` takes a row without a key
    for the one with the same title, as an uploaded sheet means it. `remove` are keys that leave the list.
    """
    require_weighing(caller)
    standing = {row.key: row for row in OpportunityRow.objects.select_for_update()}
    titles = {row.title.casefold(): row.key for row in standing.values()}
    place = max((row.position for row in standing.values()), default=0)
    stored: list[OpportunityRow] = []
    given: set[str] = set()
    for number, values in enumerate(rows, 1):
        where = f"row {number}"
        plain = {k: v for k, v in values.items() if k in OpportunityRow.FIELDS and v is not None}
        title = str(plain.get("title", "")).strip()
        key = str(plain.get("key") or "").strip()
        if not key:
            same = titles.get(title.casefold())
            if same is not None and not by_title:
                raise Conflict(
                    f"there is an opportunity called {title[:80]!r} already",
                    where=where,
                    todo="choose another title",
                )
            key = same if same is not None else _free_key(title, {*standing, *given})
        if key in given:
            raise InvalidInput(f"{key!r} is given twice", where=where, rule="a key names one opportunity")
        given.add(key)
        titles.setdefault(title.casefold(), key)
        row = standing.get(key)
        said = read_opportunity({**_kept(row, values), **plain, "key": key}, where=where)
        if row is None:
            place += 1
            row = OpportunityRow(key=key, position=place)
        elif said == row.opportunity() or values.get("seen") == seen_of(said):
            # It says what it said, or what its writer read: then what others wrote meanwhile stands.
            stored.append(row)
            continue
        elif values.get("seen") and values["seen"] != row.seen:
            raise Conflict(
                f"somebody else changed “{row.title}” meanwhile", where=where, rule="nothing was stored",
                todo="look at what it says now, then save again",
            )  # fmt: skip
        for field, value in said.model_dump().items():
            setattr(row, field, value)
        row.changed_by = caller.user
        row.save()
        stored.append(row)
    gone = set(remove)
    if len({*standing, *given} - gone) > MOST:
        raise InvalidInput(f"the list would hold more than {MOST} opportunities", todo="remove some first")
    OpportunityRow.objects.filter(key__in=gone).delete()
    return [row for row in stored if row.key not in gone]


def _kept(row: OpportunityRow | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """What a row says already of the fields that are not given."""
    return {} if row is None else {k: v for k, v in row.plain().items() if k not in values}


def _free_key(title: str, taken: set[str]) -> str:
    wanted = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60].strip("-") or "opportunity"
    key, number = wanted, 2
    while key in taken:
        key, number = f"{wanted}-{number}", number + 1
    return key


@transaction.atomic
def put_weights(caller: Caller, weights: Weights) -> Weights:
    """Say how much each side counts, for everybody who looks at the list."""
    require_weighing(caller)
    row = OpportunityWeights.objects.select_for_update().first() or OpportunityWeights()
    for side in SIDES:
        setattr(row, side, getattr(weights, side))
    row.save()
    return weights


@transaction.atomic
def open_opportunity(
    caller: Caller, row: OpportunityRow, *, slug: str, name: str, rigor: str = "standard"
) -> Project:
    """Open a project from an opportunity: its problem becomes the first of the five Ws."""
    require_weighing(caller)
    row = OpportunityRow.objects.select_for_update().get(pk=row.pk)
    if row.project_id is not None:
        raise Conflict(f"a project was opened from “{row.title}” already", todo="go on there")
    said: Opportunity = row.opportunity()
    documents = [("", FiveWs(what=said.problem))] if said.problem else []
    project = start_project(
        caller, slug=slug, name=name, summary=said.problem[:1000], rigor=rigor, documents=documents
    )
    row.project = project
    row.save()
    return project
