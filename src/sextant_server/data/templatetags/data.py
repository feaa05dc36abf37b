"""Filters of the pages of datasets: `{% load data %}`."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def percent(share: float) -> str:
    """A share as the number of a width in percent.

    >>> percent(0.256)
    '25.6'
    """
    return f"{100 * share:.1f}"
