"""What other pages show of people: talk about the thing that they are about."""

from __future__ import annotations

from typing import Any

from django import template

register = template.Library()


@register.inclusion_tag("people/talk.html", takes_context=True)
def talk(context: Any, about: str, version: str = "") -> dict[str, Any]:
    """Comments and review requests on a thing, with their forms: `{% talk "criterion:accuracy" row.digest %}`."""
    from sextant_server.people.talk_views import shown

    return shown(context, about, version)
