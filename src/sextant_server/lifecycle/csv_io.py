"""CSV that a spreadsheet reads and writes: no cell becomes a formula, and a fault names its row and column."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpResponse

from sextant.errors import InvalidInput

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
#: More than this is no risk register and no timeline.
MOST = 1_000_000


def safe(value: Any) -> str:
    """A cell that a spreadsheet shows as text: what would begin a formula gets an apostrophe before it."""
    text = "" if value is None else str(value)
    # What has an apostrophe already gets one more, so that reading it takes away just this one.
    if text.lstrip("'").startswith(_FORMULA) and not _is_number(text):
        return f"'{text}"
    return text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def response(name: str, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> HttpResponse:
    """A CSV file to save, with a byte-order mark so that Excel reads it as UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([safe(row.get(c)) for c in columns])
    return HttpResponse(
        "\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )  # fmt: skip


def read(data: bytes, columns: Sequence[str], *, needs: Sequence[str]) -> list[dict[str, str]]:
    """The rows of an uploaded CSV file by column name, or an error that names row and column."""
    if len(data) > MOST:
        raise InvalidInput(f"the file has {len(data):,} bytes", rule=f"at most {MOST:,}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"byte {error.start} is not UTF-8", todo="save the file as CSV UTF-8 in your spreadsheet"
        ) from error
    first = text.partition("\n")[0]
    lines = list(csv.reader(io.StringIO(text), delimiter=max(",;\t", key=first.count)))
    if not lines:
        raise InvalidInput("the file is empty", todo=f"give a first row with {', '.join(columns)}")
    head = [h.strip().lower().replace(" ", "_") for h in lines[0]]
    unknown, missing = set(head) - set(columns) - {""}, set(needs) - set(head)
    if unknown or missing:
        said = [f"no column {c!r} is known" for c in sorted(unknown)] + [
            f"the column {c!r} is missing" for c in missing
        ]
        raise InvalidInput("; ".join(said), where="row 1", rule=f"columns are {', '.join(columns)}")
    rows = []
    for number, line in enumerate(lines[1:], 2):
        if not any(cell.strip() for cell in line):
            continue
        if len(line) > len(head):
            raise InvalidInput(
                f"it has {len(line)} cells, the first row has {len(head)}", where=f"row {number}"
            )
        rows.append({h: _unsafe(cell) for h, cell in zip(head, line, strict=False) if h})
    return rows


def _unsafe(cell: str) -> str:
    """The cell without the apostrophe that `safe` put before it."""
    text = cell.strip()
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(_FORMULA) else text
