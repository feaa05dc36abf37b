"""The plan: as a page, and as a file in each format."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from sextant.errors import NotFound
from sextant.lifecycle.plan import Beside, Fitted, Format, Prose, fitted, render
from sextant.lifecycle.plan.content import NOTHING_MEANT
from sextant.verdicts import WORDS
from sextant_server.projects.frame import enter, page
from sextant_server.projects.models import Project
from sextant_server.records import anchors
from sextant_server.records.queries import project_state

#: Each format: its name for a person, and its type on the wire.
FORMATS: dict[Format, tuple[str, str]] = {
    "pdf": ("PDF", "application/pdf"),
    "docx": ("Word", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "md": ("Markdown", "text/markdown; charset=utf-8"),
    "html": ("HTML", "text/html; charset=utf-8"),
}
#: A status's word back to the status, for the tag that shows it.
_STATUSES = {word: status.value for status, word in WORDS.items()} | {"broken": "unmet"}


def fitted_plan(project: Project, *, signed: bool) -> Fitted:
    """The project's plan as it stands, with a signed head of its log if it is to be kept."""
    head = anchors.as_json(anchors.anchor(project, "plan")) if signed else None
    return fitted(project_state(project), summary=project.summary, head=head)


def file(project: Project, form: Any) -> HttpResponse:
    """The plan as a file to keep."""
    if form not in FORMATS:
        raise NotFound(
            f"a plan is not made as {form[:40]!r}", where="format", todo=f"formats are {', '.join(FORMATS)}"
        )
    body = render(fitted_plan(project, signed=True), form)
    name = f"{project.slug}-plan-{timezone.now():%Y-%m-%d}.{form}"
    # Always to be saved: what people wrote is never shown as a page of this site.
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(body, content_type=FORMATS[form][1], headers=headers)


def plan(request: HttpRequest, slug: str) -> HttpResponse:
    """The plan to read, with its downloads."""
    found = enter(request, slug)
    if "format" in request.GET:
        return file(found.project, request.GET["format"])
    made = fitted_plan(found.project, signed=False)
    context = {
        "bare": all(b.meant == NOTHING_MEANT for s in made.plan.sections for b in s.blocks if isinstance(b, Beside)),
        "has_card": bool(found.project.candidate),
        "plan": made.plan, "pages": made.paper.pages, "warnings": made.warnings,
        "formats": [(form, name) for form, (name, _) in FORMATS.items()],
        "sections": [
            {"title": s.title, "phase": s.phase, "blocks": [_shown(b) for b in s.blocks]} for s in made.plan.sections
        ],
    }  # fmt: skip
    return page(request, found, "plan", "lifecycle/plan.html", context)


def _shown(block: object) -> dict[str, object]:
    """A block as the template draws it: a status in a table or a point becomes its tag."""
    if isinstance(block, Prose):
        return {"kind": "prose", "block": block}
    if isinstance(block, Beside):
        points = [{"text": p.text, "status": _STATUSES.get(p.status, "")} for p in block.found]
        return {"kind": "beside", "block": block, "points": points}
    heads: tuple[str, ...] = block.heads  # type: ignore[attr-defined]
    rows = [
        [
            {"head": head, "text": cell, "status": _STATUSES.get(cell, "") if head == "Status" else ""}
            for head, cell in zip(heads, row, strict=True)
        ]
        for row in block.rows  # type: ignore[attr-defined]
    ]
    return {"kind": "table", "block": block, "rows": rows}
