"""A table's rows as items to label: which column shows what, and which holds the known answer."""

from __future__ import annotations

import base64
import binascii
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings

from sextant.data.guidelines import Guideline
from sextant.errors import InvalidInput
from sextant_server.labeling.answers import read_answer
from sextant_server.projects.models import Project

#: What an item may be, and in words.
KINDS = {"text": "A text", "image": "A picture", "row": "A table's row", "pair": "Two texts to compare"}
MOST_ITEMS, MOST_TEXT, MOST_CELLS = 200_000, 20_000, 60
MOST_PICTURE = 5 * 1024 * 1024
#: Files that hold tables. What a browser sends is stored under such an ending and nothing else of its name.
ENDINGS = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson", ".json")
_SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF87a": "image/gif", b"GIF89a": "image/gif",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column shows what. `show` is the text, the picture or the first of two texts; of a row the cells to show, all
    if empty. `other` is the second of two texts, `context` what stands above the item, `key` names an item, `gold`
    holds its known answer."""

    kind: str
    show: tuple[str, ...] = ()
    other: str = ""
    context: str = ""
    key: str = ""
    gold: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """An item as it is brought in. `picture` is the bytes that it shows, if any."""

    key: str
    content: dict[str, Any]
    gold: dict[str, Any] | None = None
    picture: tuple[str, bytes] | None = None


def drafts(rows: Iterable[Mapping[str, Any]], columns: Columns, guideline: Guideline) -> list[Draft]:
    """Rows as items, or an error that names the row. Rows with nothing to show are refused, keys are kept apart."""
    if columns.kind not in KINDS:
        raise InvalidInput(
            f"{columns.kind!r} is no kind of item", where="kind", rule=f"one of {', '.join(KINDS)}"
        )
    if guideline.answer == "spans" and columns.kind != "text":
        raise InvalidInput("passages are marked in a text", where="kind", todo="bring the items in as texts")
    found, keys = [], set[str]()
    for number, row in enumerate(rows, 1):
        if number > MOST_ITEMS:
            raise InvalidInput(f"there are more than {MOST_ITEMS:,} rows", todo="make several rounds of them")
        place = f"row {number}"
        key = _cell(row, columns.key, place)[:200] if columns.key else str(number)
        if not key or key in keys:
            what = "it has no key" if not key else f"the key {key[:80]!r} stands twice"
            raise InvalidInput(what, where=f"{place}, column {columns.key}", rule="a key names one item")
        keys.add(key)
        content, picture = _content(row, columns, place)
        known = _known(row, columns.gold, guideline, content, place)
        found.append(Draft(key, content, known, picture))
    if not found:
        raise InvalidInput("the table has no rows", where="file", todo="give one row for each item")
    return found


def _cell(row: Mapping[str, Any], name: str, place: str) -> str:
    if name not in row:
        raise InvalidInput(
            f"there is no column {name!r}", where=place, rule=f"columns are {', '.join(map(str, row))}"
        )
    return plain(row[name])


def plain(value: Any) -> str:
    """A cell as text: whole numbers without a fraction, days as the calendar writes them; nothing is empty."""
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return value.isoformat() if isinstance(value, date) else str(value).strip()


def _content(
    row: Mapping[str, Any], columns: Columns, place: str
) -> tuple[dict[str, Any], tuple[str, bytes] | None]:
    above = {"context": _cell(row, columns.context, place)[:MOST_TEXT]} if columns.context else {}
    if columns.kind == "row":
        names = columns.show or tuple(
            n for n in map(str, row) if n not in (columns.key, columns.gold, columns.context)
        )
        if len(names) > MOST_CELLS:
            raise InvalidInput(
                f"a row of {len(names)} cells", rule=f"at most {MOST_CELLS}", todo="choose the columns"
            )
        return {"kind": "row", "cells": [[n, _cell(row, n, place)[:MOST_TEXT]] for n in names], **above}, None
    if not columns.show:
        raise InvalidInput(
            "no column is chosen", where="show", todo="say which column holds what labelers see"
        )
    first = columns.show[0]
    if columns.kind == "image":
        if first not in row:
            _cell(row, first, place)
        type_, data = picture_of(row[first], f"{place}, column {first}")
        return {"kind": "image", "digest": sha256(data).hexdigest(), **above}, (type_, data)
    texts = [
        _shown(row, name, place) for name in ([first, columns.other] if columns.kind == "pair" else [first])
    ]
    if columns.kind == "pair":
        return {"kind": "pair", "a": texts[0], "b": texts[1], **above}, None
    return {"kind": "text", "text": texts[0], **above}, None


def _shown(row: Mapping[str, Any], name: str, place: str) -> str:
    text = _cell(row, name, place)
    if not text:
        raise InvalidInput(
            "there is nothing to show", where=f"{place}, column {name}", todo="leave the row out"
        )
    if len(text) > MOST_TEXT:
        raise InvalidInput(
            f"a text of {len(text):,} characters",
            where=f"{place}, column {name}",
            rule=f"at most {MOST_TEXT:,}",
        )
    return text


def picture_of(value: Any, where: str) -> tuple[str, bytes]:
    """A picture's type and bytes: from bytes, from a data: address, or from {"bytes": ...} as image columns have it. The
    type is read from the bytes; SVG is none, for it can hold scripts."""
    if isinstance(value, Mapping):
        value = value.get("bytes")
    if isinstance(value, str) and value.startswith("data:"):
        try:
            value = base64.b64decode(value.partition(",")[2], validate=True)
        except (binascii.Error, ValueError) as error:
            raise InvalidInput("the picture's data: address cannot be read", where=where) from error
    if not isinstance(value, bytes) or not value:
        raise InvalidInput(
            "there is no picture", where=where, rule="bytes, or a data: address",
            todo="put the picture itself into the table: pages load nothing from elsewhere",
        )  # fmt: skip
    if len(value) > MOST_PICTURE:
        raise InvalidInput(
            f"a picture of {len(value):,} bytes", where=where, rule=f"at most {MOST_PICTURE:,}"
        )
    type_ = next((t for head, t in _SIGNATURES.items() if value.startswith(head)), None)
    if type_ is None and value[:4] == b"RIFF" and value[8:12] == b"WEBP":
        type_ = "image/webp"
    if type_ is None:
        raise InvalidInput("it is no picture", where=where, rule="PNG, JPEG, GIF or WebP")
    return type_, value


def _known(
    row: Mapping[str, Any], name: str, guideline: Guideline, content: dict[str, Any], place: str
) -> dict[str, Any] | None:
    text = _cell(row, name, place) if name else ""
    if not text:
        return None
    given: dict[str, Any] = {"value": text, "text": text, "spans": text}
    given["values"] = [] if text == "none" else [part.strip() for part in text.split("|")]
    try:
        return read_answer(guideline, content, given)
    except InvalidInput as error:
        error.where = f"{place}, column {name}"
        raise


def rows_of_upload(name: str, content: bytes) -> list[dict[str, Any]]:
    """The rows of a file that a browser sent."""
    ending = Path(name.lower()).suffix
    if ending not in ENDINGS:
        raise InvalidInput(
            f"{name[:80]!r} is no table that can be read",
            where="file",
            rule=f"a file ending in {', '.join(ENDINGS)}",
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"upload{ending}"
        path.write_bytes(content)
        try:
            return list(rows_of(path))
        except InvalidInput as error:
            # Whoever sent the file does not know where it lay here.
            error.what = error.what.replace(str(path), name[:80])
            error.where = (error.where or "").replace(str(path), name[:80]) or "file"
            raise


def rows_of(source: Any) -> Iterator[dict[str, Any]]:
    """The rows of any table that can be read, in its order."""
    from sextant.tables import engine, table

    on = engine()
    try:
        for batch in table(source, on=on).batches():
            yield from batch.to_pylist()
    finally:
        on.disconnect()


def rows_of_dataset(project: Project, reference: str) -> tuple[str, list[dict[str, Any]]]:
    """The rows of a dataset's version that is kept in this server's data home, and the version's full name."""
    from sextant.data.versions import Store
    from sextant.tables import engine

    name, _, wanted = reference.partition("@")
    store, on = Store(Path(settings.HOME) / "data" / project.slug), engine()
    try:
        version = store.find(name, wanted)
        rows = [row for batch in store.read(name, wanted, on=on).batches() for row in batch.to_pylist()]
    finally:
        on.disconnect()
    return str(version.version), rows


def guessed(columns: Columns, names: Iterable[str]) -> Columns:
    """Columns that were not named, by the names that are usual: id, text, image, a and b, gold."""
    left = list(names)

    def pick(given: str, *usual: str) -> str:
        return given or next((n for n in left if n.lower() in usual), "")

    gold = pick(columns.gold, "gold", "known", "known_answer")
    key = pick(columns.key, "id", "key", "item", "item_id")
    show, other = columns.show, columns.other
    if not show and columns.kind in ("text", "image"):
        usual = (
            ("text", "message", "content", "body") if columns.kind == "text" else ("image", "picture", "img")
        )
        rest = [n for n in left if n not in (gold, key, columns.context)]
        found = pick("", *usual) or (rest[0] if len(rest) == 1 else "")
        show = (found,) if found else ()
    if columns.kind == "pair":
        show = show or tuple(n for n in left if n.lower() in ("a", "first", "left"))[:1]
        other = pick(other, "b", "second", "right")
    context = pick(columns.context, "prompt", "question") if columns.kind == "pair" else columns.context
    return Columns(columns.kind, show, other, context, key, gold)
