"""The model card, as the file that a model repository wants."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse

from sextant.errors import InvalidInput
from sextant.lifecycle.card import card
from sextant_server.projects.frame import enter
from sextant_server.projects.models import Project
from sextant_server.records.queries import project_state

_TASK = re.compile("[a-z0-9][a-z0-9-]{0,59}")


def file(project: Project, task: str) -> HttpResponse:
    """The card of the candidate as a file to keep, named as Hugging Face wants it."""
    if not _TASK.fullmatch(task):
        raise InvalidInput(
            f"{task[:60]!r} is no task",
            where="task",
            rule="small letters, digits and -, as in text-classification",
        )
    body = card(project_state(project), summary=project.summary, task=task)
    # Always to be saved: what people wrote is never shown as a page of this site.
    headers = {"Content-Disposition": 'attachment; filename="README.md"', "Cache-Control": "no-store"}
    return HttpResponse(body, content_type="text/markdown; charset=utf-8", headers=headers)


def download(request: HttpRequest, slug: str) -> HttpResponse:
    """The card, to be put beside the model."""
    found = enter(request, slug)
    return file(found.project, request.GET.get("task") or "other")
