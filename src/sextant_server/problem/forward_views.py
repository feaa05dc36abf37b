"""The brief as it can be forwarded, minutes after a project was opened."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from sextant.lifecycle.phases import BY_KEY
from sextant.problem.documents import Brief
from sextant.problem.forward import as_markdown
from sextant_server.projects.frame import enter, page
from sextant_server.records import queries
from sextant_server.records.document_forms import readable
from sextant_server.records.models import SignatureRow

#: What it costs, whose currency the project knows and the brief does not.
_BUDGET = Brief.model_fields["budget"].title


def forward(request: HttpRequest, slug: str) -> HttpResponse:
    """The brief to read, copy and download."""
    found = enter(request, slug)
    project = found.project
    row = queries.present_document(project, "brief", "")
    brief = Brief.model_validate(json.loads(row.body)) if row else Brief()
    signed = (
        SignatureRow.objects.filter(project=project, subject="brief", digest=row.digest)
        .values("person")
        .distinct()
        .count()
        if row
        else 0
    )
    state = f"signed by {signed} {'person' if signed == 1 else 'people'}" if signed else "draft"
    text = as_markdown(
        brief,
        project.name,
        currency=project.currency,
        on=timezone.now().date(),
        state=state,
        simulated=project.simulated,
    )
    if "md" in request.GET:
        return HttpResponse(
            text, content_type="text/markdown; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{slug}-brief.md"'},
        )  # fmt: skip
    context = {
        "row": row, "read": [
            (label, f"{value} {project.currency}" if label == _BUDGET else value, type_)
            for label, value, type_ in readable(brief)
        ], "unwritten": brief.unwritten if row else (), "text": text, "state": state,
        "info": BY_KEY["problem"],
    }  # fmt: skip
    return page(request, found, "brief", "problem/forward.html", context)
