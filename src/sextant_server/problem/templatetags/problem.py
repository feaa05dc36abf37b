"""What phase 1 has to say on other pages: {% load problem %}.

{% reading project target %}    a notice where the target's number could not be read again; nothing where all is well
"""

from __future__ import annotations

from django import template
from django.utils import timezone

from sextant.criteria import Criterion, Origin
from sextant_server.problem import rereading
from sextant_server.projects.models import Project

register = template.Library()


@register.inclusion_tag("problem/reading.html")
def reading(project: Project, target: Criterion) -> dict[str, object]:
    """Asks the database only for a target that takes declared numbers."""
    takes = Origin.DECLARED in target.admitted_origins
    return {"kept": rereading.standing(project, target.key, timezone.now()) if takes else None}
