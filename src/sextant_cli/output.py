"""What is printed: tables, signs, colours, JSON. On anything but a terminal it is plain and stays as it
is."""

from __future__ import annotations

import json
import math
import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from sextant.verdicts import Status

#: A sign for each status, the same as on the site, so that it can be told without colours.
SIGNS = {
    "met": "✓", "unmet": "✕", "not_enough": "◐", "stale": "↻", "missing": "○", "not_due": "◷", "not_applicable": "⊘",
    "waived": "⚑",
}  # fmt: skip
_COLOURS = {
    "met": "green", "unmet": "red", "not_enough": "yellow", "stale": "yellow", "missing": "yellow", "waived": "cyan",
}  # fmt: skip


def on_terminal() -> bool:
    return sys.stdout.isatty()


def coloured(text: str, **style: Any) -> str:
    """The text with colour where a person looks at it and NO_COLOR does not forbid it."""
    return click.style(text, **style) if on_terminal() and not os.environ.get("NO_COLOR") else text


def status(value: Status, word: str | None = None, *, width: int = 0) -> str:
    """A status as sign and word, as in `✓ met`; `width` pads it so that columns stand under each other."""
    from sextant.verdicts import WORDS

    return coloured(f"{SIGNS[value]} {word or WORDS[value]}".ljust(width), fg=_COLOURS.get(value))


def heading(text: str) -> str:
    return coloured(text, bold=True)


def say(text: str = "") -> None:
    click.echo(text)


def note(text: str) -> None:
    """A word to the person beside the result, so on the error stream: a pipe does not get it."""
    click.echo(text, err=True)


def indented(text: str, by: int) -> str:
    """Text under something, wrapped to a terminal's width; elsewhere in one line, which is stable."""
    lines = textwrap.wrap(text, max(40, _width() - by)) if on_terminal() else [" ".join(text.split())]
    return "\n".join(" " * by + line for line in lines)


def table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], *, empty: str = "There is nothing yet."
) -> None:
    """Columns under headings. On a terminal the last column is wrapped to the width that is left."""
    if not rows:
        say(empty)
        return
    cells = [[" ".join(str(cell).split()) for cell in row] for row in rows]
    widths = [max(len(click.unstyle(r[i])) for r in [list(headings), *cells]) for i in range(len(headings))]
    before = sum(widths[:-1]) + 2 * (len(widths) - 1)
    left = max(20, _width() - before)
    for number, row in enumerate([list(headings), *cells]):
        last = textwrap.wrap(row[-1], left) if on_terminal() else [row[-1]]
        start = "".join(
            cell + " " * (widths[i] - len(click.unstyle(cell)) + 2) for i, cell in enumerate(row[:-1])
        )
        line = (start + (last[0] if last else "")).rstrip()
        say(heading(line) if number == 0 else line)
        for more in last[1:]:
            say(" " * before + more)


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on the error stream while something takes long, where a person sees it; elsewhere nothing. The
    body gets a function that says how many of `total` are done."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)


def as_json(value: Any) -> None:
    """The value as JSON. A number that is none is written as the text "NaN": JSON has no word for it."""
    say(json.dumps(plain(value), ensure_ascii=False, indent=2, allow_nan=False))


def plain(value: Any) -> Any:
    """Any of our values as plain JSON values."""
    if hasattr(value, "model_dump"):
        return plain(value.model_dump(mode="json", exclude_none=True))
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value) if not f.name.startswith("_")}
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(v) for v in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def day(value: date | datetime | None) -> str:
    """A day as 2026-03-31, or a dash."""
    return "–" if value is None else value.strftime("%Y-%m-%d")


def moment(value: datetime | None) -> str:
    """A moment as 2026-03-31 14:05 UTC, or a dash."""
    return "–" if value is None else value.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _width() -> int:
    return shutil.get_terminal_size().columns
