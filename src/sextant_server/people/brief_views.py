"""The page of the brief: every section with where it comes from, what the project says otherwise by now, who signed, and
what changed between any two versions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from sextant.errors import NotFound, SextantError
from sextant.lifecycle.state import ProjectState
from sextant.problem.brief import compose
from sextant.problem.documents import Brief, Feasibility, FiveWs, Roi, Stakeholder
from sextant.revisions import Section, changes
from sextant_server.people import lead, signing
from sextant_server.projects.frame import enter, page
from sextant_server.records import actions, queries
from sextant_server.records.models import DocumentRow

#: Where what a section says is written first: the words for it, the kind of page, and its argument.
SOURCES: dict[str, tuple[str, str, str]] = {
    "problem": ("the five Ws", "documents", "five_ws"),
    "target_users": ("the five Ws", "documents", "five_ws"),
    "impact_now": ("the baselines of the business targets", "targets", ""),
    "impact_wanted": ("the business targets", "targets", ""),
    "roi": ("the return on investment", "documents", "roi"),
    "business_metrics": ("the business targets", "targets", ""),
    "product_metrics": ("the product targets", "targets", ""),
    "ml_metrics": ("the ML targets", "targets", ""),
    "feasibility": ("feasibility", "documents", "feasibility"),
    "starts": ("the timeline", "timeline", ""),
    "ends": ("the timeline", "timeline", ""),
    "team": ("the stakeholders", "people", ""),
    "budget": ("the project's settings", "settings", ""),
    "risks": ("the risks", "risks", ""),
}


@dataclass(frozen=True, slots=True)
class Part:
    """A section of the brief on its page: its text, where it comes from, and the page of that."""

    section: Section
    source: str
    href: str


def drafted(state: ProjectState, brief: Brief) -> Brief:
    """The brief as the rest of the project fills it in today."""
    starts = [p.planned_start for p in state.plans.values() if p.planned_start]
    shipping = state.plans.get("deployment")
    one = {kind: (found[0] if (found := state.one(kind)) else None) for kind in (FiveWs, Roi, Feasibility)}
    return compose(
        brief, currency=state.currency,
        five_ws=one[FiveWs], roi=one[Roi], feasibility=one[Feasibility],  # type: ignore[arg-type]
        stakeholders=[person for person, _ in state.all(Stakeholder)],
        criteria=[c for c in state.criteria.values() if c.key not in state.not_applicable],
        risks=[(r.text, r.mitigation) for r in state.risks if r.status == "open"],
        starts=min(starts, default=None), ends=shipping.planned_end if shipping else None, budget=state.budget,
    )  # fmt: skip


def brief(request: HttpRequest, slug: str) -> HttpResponse:
    """Read the brief; draft it, or take over what the project says by now."""
    found = enter(request, slug, "edit" if request.method == "POST" else "view")
    state = queries.project_state(found.project)
    stored = state.one(Brief)
    present = stored[0] if stored else Brief()
    error = ""
    if request.method == "POST":
        had = request.POST.get("version", "")
        try:
            actions.put_document(
                found.project, found.caller, drafted(state, present),
                expected_version=int(had) if had.isdigit() and len(had) < 10 else None,
            )  # fmt: skip
        except SextantError as raised:
            error = str(raised)
        else:
            messages.success(request, "The brief says what the project says.")
            return redirect("brief", slug)
    offer = changes(
        signing.of_document(present, state.currency),
        signing.of_document(drafted(state, present), state.currency),
    )
    digest = stored[1].digest if stored else ""
    context: dict[str, Any] = {
        "stored": stored[1] if stored else None, "error": error, "offer": offer,
        "lead": lead.word(found.project, state),
        "opens": any(c.material for c in offer), "unwritten": present.unwritten if stored else (),
        "parts": [_part(s, slug) for s in signing.of_document(present, state.currency)],
        "signers": signing.signers(found.project, state, "brief", digest) if stored else [],
        "versions": queries.document_versions(found.project, "brief", ""),
    }  # fmt: skip
    needed = [s for s in context["signers"] if s.person.required]
    context |= {
        "needed": needed, "done": [s for s in needed if s.standing in ("signed", "wording")],
        "write": reverse("document", args=[slug, "brief", "-"]),
    }  # fmt: skip
    return page(request, found, "brief", "people/brief.html", context, status=409 if error else 200)


def _part(section: Section, slug: str) -> Part:
    words, name, argument = SOURCES.get(section.name, ("", "", ""))
    href = reverse(name, args=[slug, argument] if argument else [slug]) if name else ""
    return Part(section, words, href)


def compare(request: HttpRequest, slug: str) -> HttpResponse:
    """What changed between two versions of the brief, which `from` and `to` name; the last two where they do not."""
    found = enter(request, slug)
    versions = queries.document_versions(found.project, "brief", "", limit=200)
    if not versions:
        raise NotFound("there is no brief to compare yet", todo="draft it first")
    newest = versions[0].version
    later = _number(request.GET.get("to"), newest)
    earlier = _number(request.GET.get("from"), max(later - 1, 1))
    rows = [queries.document_version(found.project, "brief", "", n) for n in (earlier, later)]
    before, after = (_read(row, found.project.currency) for row in rows)
    context = {
        "versions": versions, "earlier": rows[0], "later": rows[1], "changes": changes(before, after),
        "digests_differ": rows[0].digest != rows[1].digest,
    }  # fmt: skip
    return page(request, found, "brief", "people/compare.html", context)


def _read(row: DocumentRow, currency: str) -> list[Section]:
    return signing.of_document(Brief.model_validate(json.loads(row.body)), currency) if row.body else []


def _number(given: str | None, otherwise: int) -> int:
    return int(given) if given and given.isdigit() and len(given) < 10 else otherwise
