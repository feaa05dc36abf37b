"""What the records of a run say, as the library's run.

The numbers of fields are those of `wandb_internal.proto`; they never change their meaning.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sextant.errors import InvalidInput
from sextant.model.runs import MOST_NAMES, Reading, Run, Status_, parameters_of, read_run, thinned

_HISTORY, _SUMMARY, _CONFIG, _RUN, _EXIT = 2, 3, 5, 17, 18


@dataclass
class Told:
    """What the records said so far."""

    key: str = ""
    name: str = ""
    project: str = ""
    code: str = ""
    tags: list[str] = field(default_factory=list)
    group: str = ""
    started: float | None = None
    last: float | None = None
    exit: int | None = None
    ended: bool = False
    settings: dict[str, Any] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    history: dict[str, list[tuple[int, float, float]]] = field(default_factory=dict)

    def take(self, record: bytes) -> None:
        """One record of the log; kinds that say nothing of the run's numbers are passed over."""
        for number, value in fields(record):
            if not isinstance(value, bytes):
                continue
            if number == _RUN:
                self._run(value)
            elif number == _CONFIG:
                self._items(value, self.settings)
            elif number == _SUMMARY:
                self._items(value, self.summary)
            elif number == _HISTORY:
                self._step(value)
            elif number == _EXIT:
                self.ended = True
                self.exit = next((int(v) for n, v in fields(value) if n == 1 and isinstance(v, int)), 0)

    def _run(self, message: bytes) -> None:
        for number, value in fields(message):
            if not isinstance(value, bytes):
                continue
            if number == 1:
                self.key = _text(value)
            elif number == 3:
                self.project = _text(value)
            elif number == 4:
                self._items(value, self.settings)
            elif number == 5:
                self._items(value, self.summary)
            elif number == 6:
                self.group = _text(value)
            elif number == 8:
                self.name = _text(value)
            elif number == 10:
                self.tags.append(_text(value))
            elif number == 17:
                parts = dict(fields(value))
                self.started = float(parts.get(1, 0)) + float(parts.get(2, 0)) / 1e9
            elif number == 21:
                self.code = next((_text(v) for n, v in fields(value) if n == 2 and isinstance(v, bytes)), "")

    @staticmethod
    def _items(message: bytes, into: dict[str, Any]) -> None:
        for number, value in fields(message):
            if number == 1 and isinstance(value, bytes):
                name, said = _item(value)
                if name:
                    into[name] = said
            elif number == 2 and isinstance(value, bytes):
                into.pop(_item(value)[0], None)

    def _step(self, message: bytes) -> None:
        values = dict(_item(v) for n, v in fields(message) if n == 1 and isinstance(v, bytes))
        step = values.pop("_step", None)
        at = values.get("_timestamp")
        if not isinstance(step, int | float) or not isinstance(at, int | float):
            return
        self.last = float(at)
        for name, value in values.items():
            if (
                (number := _number(value)) is not None
                and not name.startswith("_")
                and len(self.history) < MOST_NAMES
            ):
                self.history.setdefault(name, []).append((int(step), float(at), number))


def run_of(records: Iterable[bytes], *, where: str) -> tuple[Run, str, bool]:
    """The run that the records tell of, the name of its project, and whether it said of its end: one that did not
    counts as killed. Account, machine and notes are not taken over."""
    told = Told()
    for record in records:
        told.take(record)
    if not told.key:
        raise InvalidInput("it says of no run", where=where, todo="give the folder of an offline run")
    ended = told.last if told.last is not None else told.started
    status: Status_ = "killed" if not told.ended else "finished" if told.exit == 0 else "failed"
    numbers = {
        k: n for k, v in told.summary.items() if not k.startswith("_") and (n := _number(v)) is not None
    }
    for name, points in told.history.items():
        numbers.setdefault(name, points[-1][2])
    at = _moment(ended)
    metrics = {
        name[:250]: Reading(value=value, step=told.history[name][-1][0] if name in told.history else 0, at=at)
        for name, value in list(numbers.items())[:MOST_NAMES]
    }
    settings = {k: v for k, v in told.settings.items() if k != "_wandb"}
    tags = {f"tag:{t}"[:250]: "true" for t in told.tags if t}
    if told.group:
        tags["group"] = told.group[:1000]
    said = {
        "key": told.key, "name": told.name[:1000], "status": status, "started_at": _moment(told.started),
        "ended_at": at, "parameters": parameters_of(settings), "tags": tags,
        "metrics": metrics, "history": {k[:250]: thinned(p) for k, p in told.history.items()}, "code": told.code[:128],
    }  # fmt: skip
    return read_run(said, where=where), told.project or "uncategorized", told.ended


def _item(message: bytes) -> tuple[str, Any]:
    """A named value: its key (parts of a nested one with a dot between) and what it says."""
    key, nested, value = "", [], None
    for number, given in fields(message):
        if not isinstance(given, bytes):
            continue
        if number == 1:
            key = _text(given)
        elif number == 2:
            nested.append(_text(given))
        elif number == 16:
            try:
                value = json.loads(_text(given))
            except ValueError:
                value = None
    return key or ".".join(nested), value


def _number(value: Field | Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    if value in ("NaN", "Infinity", "-Infinity"):
        return float(value)
    return None


def _text(value: bytes) -> str:
    return value.decode("utf-8", errors="replace").replace("\x00", "")


def _moment(seconds: float | None) -> datetime | None:
    if seconds is None or not math.isfinite(seconds) or not 0 < seconds < 4e9:
        return None
    return datetime.fromtimestamp(seconds, UTC)


#: A field of a message: a number, or bytes (a text, a message of its own).
Field = int | float | bytes


def fields(message: bytes) -> Iterator[tuple[int, Field]]:
    """The fields of a protocol-buffer message as they come, each with its number.

    See https://protobuf.dev/programming-guides/encoding/. Raises `InvalidInput` for what is no message.

    >>> list(fields(bytes([0x08, 0x96, 0x01, 0x12, 0x02, 0x68, 0x69])))
    [(1, 150), (2, b'hi')]
    """
    place, end = 0, len(message)
    while place < end:
        tag, place = _varint(message, place)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, place = _varint(message, place)
            yield number, value
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
            if place + size > end:
                raise _no_message()
            yield number, struct.unpack_from("<d" if wire == 1 else "<f", message, place)[0]
            place += size
        elif wire == 2:
            length, place = _varint(message, place)
            if place + length > end:
                raise _no_message()
            yield number, message[place : place + length]
            place += length
        else:
            raise _no_message()


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while place < len(message) and shift < 64:
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7
    raise _no_message()


def _no_message() -> InvalidInput:
    return InvalidInput(
        "a record is no message of Weights & Biases", rule="records are protocol-buffer messages"
    )
