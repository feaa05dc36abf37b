"""Writing `sextant.yaml`: a new one whole, a present one in the very places that change.

A file that people keep is theirs: comments, order, quotes and blank lines stay as they are. So a change is
made in the text, at the marks that the parser gives, and the result is read again before it is handed out:
it says exactly what was wanted and nothing else, or it is refused.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any

from pydantic import BaseModel

from sextant.canonical import Frozen
from sextant.config.load import Place, loads
from sextant.config.model import Config, Rigor
from sextant.criteria import Criterion, Text
from sextant.errors import ConfigError, Conflict
from sextant.evidence import Version


class Settings(Frozen):
    """What both the file and the site say about the project itself."""

    name: Text
    summary: str = ""
    currency: str = "USD"
    rigor: Rigor = "standard"

    @classmethod
    def of(cls, config: Config) -> Settings:
        project = config.project
        return cls(name=project.name, summary=project.summary, currency=project.currency, rigor=config.rigor)


def dump(config: Config) -> str:
    """The text of a project file that says this and leaves out what is as usual."""
    body = {"version": config.version, **_told(config)}
    return "\n".join(_block({name: part}) for name, part in body.items())


def change_criteria(text: str, changes: Mapping[str, Criterion | None], *, file: str = "sextant.yaml") -> str:
    """The file's text with these criteria as given, None for those to take out; everything else stays as it
    is, to the letter. Raises `Conflict` where that cannot be done (a value that is shared by `&` and `*`).

    >>> text = '''project: {slug: a, name: A}
    ... criteria:
    ...   - {key: right, name: Right, family: ml, metric: accuracy, unit: share,
    ...      direction: at_least, threshold: 0.95}   # agreed in May
    ... '''
    >>> higher = loads(text).config.criterion("right").model_copy(update={"threshold": 0.97})
    >>> print(change_criteria(text, {"right": higher}).splitlines()[-1])
         direction: at_least, threshold: 0.97}   # agreed in May
    """
    before = loads(text, file=file).config
    wanted = {c.key: c for c in before.criteria}
    for key, criterion in changes.items():
        wanted.pop(key, None) if criterion is None else wanted.update({key: criterion})
    edited = text
    for key, criterion in changes.items():
        edited = _change(edited, key, criterion)
    return _sure(edited, before.model_copy(update={"criteria": tuple(wanted.values())}), file)


def change_settings(text: str, settings: Settings, *, file: str = "sextant.yaml") -> str:
    """The file's text with the project's name, summary, currency and rigor as given, and nothing else
    changed."""
    before = loads(text, file=file).config
    after = before.model_copy(
        update={
            "project": before.project.model_copy(update=settings.model_dump(exclude={"rigor"})),
            "rigor": settings.rigor,
        }
    )
    edited = text
    for name, value in settings.model_dump().items():
        if getattr(Settings.of(before), name) != value:
            edited = _set(edited, ("rigor",) if name == "rigor" else ("project", name), value)
    return _sure(edited, after, file)


def _sure(text: str, wanted: Config, file: str) -> str:
    try:
        why = (
            ""
            if loads(text, file=file).config.plain() == wanted.plain()
            else "something else would change too"
        )
    except ConfigError as error:
        why = str(error)
    if why:
        raise Conflict(
            "this cannot be changed in the file's text alone",
            where=file,
            rule=why,
            todo="change it by hand; perhaps the file shares a value by & and *",
        )
    return text


# --- one change in the text


def _change(text: str, key: str, wanted: Criterion | None) -> str:
    root = _compose(text)
    items = _at(root, ("criteria",))
    listed = items.value if items is not None and items.id == "sequence" else []
    index = next((i for i, item in enumerate(listed) if _field(item, "key") == key), None)
    if wanted is None:
        return text if index is None else _take_out(text, items, index)
    if index is None:
        return _append(text, root, items, listed, wanted)
    present = loads(text).config.criterion(key)
    told = _told(wanted, defaults=True)
    for name, (old, new) in present.diff(wanted).items():
        place: Place = ("criteria", index, name)
        if isinstance(old, dict) and isinstance(new, dict) and old and new:
            # What goes is taken out last: a group that is empty for a moment would be taken out whole.
            for part in [*new, *(p for p in old if p not in new)]:
                if old.get(part) != new.get(part):
                    text = _set(text, (*place, part), told[name].get(part))
        else:
            text = _set(text, place, told.get(name))
    return text


def _set(text: str, place: Place, value: Any) -> str:
    """Give one field a value, or take it out (None or nothing in it)."""
    mapping = _at(_compose(text), place[:-1])
    pairs = mapping.value
    index = next((i for i, (k, _) in enumerate(pairs) if k.value == place[-1]), None)
    if value is None or value in ({}, [], ()):
        return text if index is None else _remove(text, mapping, index, place)
    if index is not None:
        return _replace(text, pairs[index], _inline(value))
    field = f"{_inline(place[-1])}: {_inline(value)}"
    if mapping.flow_style:
        close = _end(text, mapping) - 1
        return text[:close].rstrip() + (", " if pairs else "") + field + text[close:]
    stop = _line_end(text, _end(text, mapping))
    return f"{text[:stop]}\n{' ' * pairs[0][0].start_mark.column}{field}{text[stop:]}"


def _replace(text: str, pair: tuple[Any, Any], new: str) -> str:
    key, value = pair
    start, stop = value.start_mark.index, _end(text, value)
    if stop > start and (value.id == "scalar" or value.flow_style):
        return text[:start] + new + text[stop:]
    colon = text.index(":", key.end_mark.index) + 1
    return text[:colon] + " " + new + text[max(colon, stop) :]


def _remove(text: str, mapping: Any, index: int, place: Place) -> str:
    pairs = mapping.value
    if len(pairs) == 1:
        return _set(text, place[:-1], None)
    start, stop = pairs[index][0].start_mark.index, _end(text, pairs[index][1])
    if mapping.flow_style:
        if index + 1 < len(pairs):
            return text[:start] + text[pairs[index + 1][0].start_mark.index :]
        return text[: _end(text, pairs[index - 1][1])] + text[stop:]
    line = text.rfind("\n", 0, start) + 1
    if text[line:start].strip():  # it shares its line with the dash of its list
        return text[:start] + text[pairs[index + 1][0].start_mark.index :]
    return text[:line] + text[_line_end(text, stop) + 1 :]


def _take_out(text: str, items: Any, index: int) -> str:
    listed = items.value
    if len(listed) == 1:
        start = items.start_mark.index
        return text[: text.rfind(":", 0, start) + 1] + " []" + text[_end(text, items) :]
    start, stop = listed[index].start_mark.index, _end(text, listed[index])
    if items.flow_style:
        if index + 1 < len(listed):
            return text[:start] + text[listed[index + 1].start_mark.index :]
        return text[: _end(text, listed[index - 1])] + text[stop:]
    line = text.rfind("\n", 0, text.rindex("-", 0, start)) + 1
    return text[:line] + text[_line_end(text, stop) + 1 :]


def _append(text: str, root: Any, items: Any, listed: list[Any], wanted: Criterion) -> str:
    told = _told(wanted)
    if items is None:
        gap = "" if text.endswith("\n") else "\n"
        return f"{text}{gap}\n{_block({'criteria': [told]})}"
    if not listed:
        key = next(k for k, _ in root.value if k.value == "criteria")
        colon = text.index(":", key.end_mark.index) + 1
        stop = max(colon, _end(text, items))
        return text[:colon] + "\n" + _indented(_block([told]), 2) + text[stop:]
    if items.flow_style:
        close = _end(text, items) - 1
        return text[:close].rstrip() + ", " + _inline(told) + text[close:]
    dash = text.rindex("-", 0, listed[-1].start_mark.index)
    column = dash - (text.rfind("\n", 0, dash) + 1)
    stop = _line_end(text, _end(text, listed[-1]))
    return text[:stop] + "\n" + _indented(_block([told]), column) + text[stop:]


# --- the parsed text


def _compose(text: str) -> Any:
    from ruamel.yaml import YAML

    return YAML(typ="safe", pure=True).compose(text)


def _at(node: Any, place: Place) -> Any:
    for part in place:
        if node.id == "sequence" and isinstance(part, int):
            node = node.value[part]
        else:
            node = next((v for k, v in node.value if k.value == part), None) if node.id == "mapping" else None
        if node is None:
            return None
    return node


def _field(node: Any, name: str) -> Any:
    found = _at(node, (name,))
    return None if found is None else found.value


def _end(text: str, node: Any) -> int:
    """Where a part really ends: the parser lets a block end only where the next thing begins."""
    if node.id == "scalar" or node.flow_style or not node.value:
        return int(
            len(text[: node.end_mark.index].rstrip("\n")) if node.id == "scalar" else node.end_mark.index
        )
    last = node.value[-1]
    return _end(text, last[1] if isinstance(last, tuple) else last) or int(last[0].end_mark.index)


def _line_end(text: str, index: int) -> int:
    found = text.find("\n", index)
    return len(text) if found < 0 else found


# --- values to text


def _told(model: BaseModel, *, defaults: bool = False) -> dict[str, Any]:
    """A model as plain values in the order of its fields, without what is not given, or as usual."""
    body: dict[str, Any] = {}
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if value is None or (not defaults and value == field.get_default(call_default_factory=True)):
            continue
        body[name] = _plain(value, short=name in ("model", "guideline"))
    return body


def _plain(value: Any, *, short: bool = False) -> Any:
    if isinstance(value, Version):
        return f"{value.name}@{value.version}" if short else str(value)
    if isinstance(value, BaseModel):
        return _told(value)
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value


def _block(value: Any) -> str:
    """As YAML over several lines; short groups and lists of plain values stay on theirs."""
    return "".join(f"{line}\n" for line in _lines(value))


def _lines(value: Any, depth: int = 0) -> list[str]:
    if isinstance(value, list):
        parts = ([_inline(v)] if _on_one_line(v, depth) else _lines(v, depth + 1) for v in value)
        return [("- " if i == 0 else "  ") + line for part in parts for i, line in enumerate(part)]
    lines = []
    for name, part in value.items():
        if _on_one_line(part, depth + 1):
            lines.append(f"{_inline(name)}: {_inline(part)}")
        else:
            lines += [f"{_inline(name)}:", *(f"  {line}" for line in _lines(part, depth + 1))]
    return lines


def _on_one_line(value: Any, depth: int) -> bool:
    if not isinstance(value, dict | list) or not value:
        return True
    inner = value.values() if isinstance(value, dict) else value
    if any(isinstance(v, dict | list) for v in inner):
        return False
    return isinstance(value, list) or (depth > 1 and len(_inline(value)) < 70)


def _inline(value: Any) -> str:
    """As YAML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_inline(k)}: {_inline(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_inline(v) for v in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return {"nan": ".nan", "inf": ".inf", "-inf": "-.inf"}[str(value)]
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, date):
        return value.isoformat()
    quoted = json.dumps(value, ensure_ascii=False)
    return value if _bare(value) else re.sub(f"[{_UNSEEN}]", lambda found: f"\\u{ord(found[0]):04x}", quoted)


#: Characters that YAML does not take as they are, or that nobody would see.
_UNSEEN = r"\x00-\x1f\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff"


def _bare(text: str) -> bool:
    """Whether a text can stand without quotes, also inside of brackets."""
    from ruamel.yaml import YAML

    plain = rf"[^\W_](?:[^,\[\]{{}}#:&*!|>'\"%`\\{_UNSEEN}]|:(?=[^\W_]))*"
    if not re.fullmatch(plain, text):
        return False
    return text == text.strip() and YAML(typ="safe", pure=True).load(text) == text


def _indented(text: str, by: int) -> str:
    return "\n".join(" " * by + line for line in text.splitlines())
