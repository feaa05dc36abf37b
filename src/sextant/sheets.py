"""Rows in and out of spreadsheets: no cell becomes a formula, and a fault names its row and column."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sextant.errors import InvalidInput

#: What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection"), also behind the apostrophes that an
#: earlier writing put there, unless the whole is a NUMBER. Both are read by engines too: no looking ahead.
FORMULA = r"^'*[=+\-@\t\r\n]"
NUMBER = r"^[+-]([0-9]+[.,]?[0-9]*|[.,][0-9]+)([eE][+-]?[0-9]+)?$"
#: More bytes than this are no sheet that a person wrote.
MOST = 1_000_000


def cell(value: Any) -> str:
    """A value as a spreadsheet shows it: text, never a formula. What would begin one gets an apostrophe before it.

    >>> cell("=1+1"), cell(-3), cell(None)
    ("'=1+1", '-3', '')
    """
    text = "" if value is None else str(value)
    # What has an apostrophe already gets one more, so that reading it takes away just this one.
    return f"'{text}" if re.search(FORMULA, text) and not re.fullmatch(NUMBER[1:-1], text) else text


def write_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows as CSV, with the columns' names first."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell(row.get(c)) for c in columns])
    return out.getvalue()


def read_csv(data: bytes, columns: Sequence[str], *, needs: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a CSV file by column name, or an error that names row and column. Empty lines are left out.

    Commas, semicolons and tabs separate, whichever the first row has most of; `needs` are the columns that must be
    there.

    >>> read_csv(b"Title;Value\\nRead forms;5\\n", ("title", "value"), needs=("title",))
    [{'title': 'Read forms', 'value': '5'}]
    """
    if len(data) > MOST:
        raise InvalidInput(f"the file has {len(data):,} bytes", rule=f"at most {MOST:,}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"byte {error.start} is not UTF-8", todo="save the file as CSV UTF-8 in your spreadsheet"
        ) from error
    first = text.partition("\n")[0]
    try:
        lines = list(csv.reader(io.StringIO(text), delimiter=max(",;\t", key=first.count)))
    except csv.Error as error:
        raise InvalidInput(
            f"it is no CSV: {error}", todo="save the file as CSV in your spreadsheet"
        ) from error
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
        if not any(part.strip() for part in line):
            continue
        if len(line) > len(head):
            raise InvalidInput(
                f"it has {len(line)} cells, the first row has {len(head)}", where=f"row {number}"
            )
        rows.append({h: _read_cell(part) for h, part in zip(head, line, strict=False) if h})
    return rows


def _read_cell(part: str) -> str:
    """The cell without the apostrophe that `cell` put before it."""
    text = part.strip()
    return text[1:] if text.startswith("'") and re.search(FORMULA, text) else text
