"""Simple controls without the template engine: a sheet of twenty rows holds hundreds of them, and each costs more in a
template than all else in its cell. What they say is the same; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

_INPUTS = {
    f"django/forms/widgets/{name}.html"
    for name in (
        "text",
        "number",
        "hidden",
        "date",
        "datetime",
        "time",
        "email",
        "url",
        "password",
        "checkbox",
    )
}
_TEXTAREA = "django/forms/widgets/textarea.html"
_SELECT = "django/forms/widgets/select.html"


def _attributes(attrs: Mapping[str, Any]) -> SafeString:
    """As `django/forms/widgets/attrs.html`: True alone is the name, False is left out."""
    return format_html_join(
        "",
        " {}{}",
        (
            (name, "" if value is True else format_html('="{}"', str(value)))
            for name, value in attrs.items()
            if value is not False
        ),
    )


def _input(widget: Mapping[str, Any]) -> SafeString:
    value = widget["value"]
    said = "" if value is None else format_html(' value="{}"', str(value))
    return format_html(
        '<input type="{}" name="{}"{}{}>', widget["type"], widget["name"], said, _attributes(widget["attrs"])
    )


def _textarea(widget: Mapping[str, Any]) -> SafeString:
    value = widget["value"] or ""
    return format_html(
        '<textarea name="{}"{}>\n{}</textarea>', widget["name"], _attributes(widget["attrs"]), str(value)
    )


def _option(option: Mapping[str, Any]) -> SafeString:
    return format_html(
        '<option value="{}"{}>{}</option>',
        str(option["value"]),
        _attributes(option["attrs"]),
        option["label"],
    )


def _select(widget: Mapping[str, Any]) -> SafeString:
    said = []
    for group, options, _ in widget["optgroups"]:
        inner = SafeString("".join(_option(o) for o in options))
        said.append(format_html('<optgroup label="{}">{}</optgroup>', group, inner) if group else inner)
    return format_html(
        '<select name="{}"{}>{}</select>',
        widget["name"],
        _attributes(widget["attrs"]),
        SafeString("".join(said)),
    )


class Quick(DjangoTemplates):
    """Django's own renderer, but for the controls that sheets are made of."""

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        widget = context.get("widget")
        if widget is None:
            return super().render(template_name, context, request)
        if template_name in _INPUTS:
            return _input(widget)
        if template_name == _TEXTAREA:
            return _textarea(widget)
        if template_name == _SELECT:
            return _select(widget)
        return super().render(template_name, context, request)
