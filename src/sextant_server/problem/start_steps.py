"""Steps of the first ten minutes, put together from the actions: a project with what is known of it, and its brief."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from django.db import transaction

from sextant.criteria import Criterion
from sextant.documents import Document
from sextant.evidence import Evidence
from sextant.lifecycle.live import Live
from sextant.problem import example as worked
from sextant.problem.documents import Brief
from sextant_server.lifecycle.actions import put_risks
from sextant_server.people.brief_views import drafted
from sextant_server.projects.actions import change_project, create_project
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import Caller
from sextant_server.records.actions import add_evidence, lock, put_criteria, put_document
from sextant_server.records.models import DocumentRow
from sextant_server.records.queries import project_state


@transaction.atomic
def start_project(
    caller: Caller,
    *,
    documents: Iterable[tuple[str, Document]] = (),
    criteria: Sequence[Criterion] = (),
    risks: Sequence[Mapping[str, Any]] = (),
    evidence: Sequence[Evidence] = (),
    **settings: Any,
) -> Project:
    """Open a project with what is known of it already, all of it or nothing. `documents` are pairs of key and
    document; `settings` as `create_project` and `change_project` take them."""
    later = {k: settings.pop(k) for k in ("candidate", "in_service", "exposed_at") if k in settings}
    project = create_project(caller, **settings)
    if later := {k: v for k, v in later.items() if v}:
        change_project(project, caller, **later)
    if criteria:
        put_criteria(project, caller, criteria)
    if risks:
        put_risks(project, caller, [dict(risk) for risk in risks])
    for key, document in documents:
        put_document(project, caller, document, key=key)
    if evidence:
        add_evidence(project, caller, evidence)
    return project


def start_live(caller: Caller, given: Live, **settings: Any) -> Project:
    """Open a project for a model that is live: its number watched, its first review on a day, its earlier phases not
    assessed."""
    return start_project(
        caller, documents=given.documents, criteria=[given.criterion], evidence=given.evidence, **given.settings,
        **settings,
    )  # fmt: skip


def start_example(caller: Caller, *, slug: str, name: str, rigor: str, starts: date) -> Project:
    """Open a copy of the worked example, marked as simulated."""
    found = worked.example(starts)
    return start_project(
        caller, slug=slug, name=name, summary=worked.SUMMARY, rigor=rigor, simulated=True,
        currency=worked.CURRENCY, budget=worked.BUDGET, start=starts, documents=found.documents,
        criteria=found.criteria, risks=[asdict(risk) for risk in found.risks],
    )  # fmt: skip


@transaction.atomic
def draft_brief(project: Project, caller: Caller) -> DocumentRow:
    """Fill in every section of the brief that the rest of the project can fill; what is written stays."""
    lock(project)
    state = project_state(project)
    stored = state.one(Brief)
    return put_document(project, caller, drafted(state, stored[0] if stored else Brief()))
