"""CSV over the web: `sextant.sheets` does the reading and the writing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpResponse

from sextant.sheets import MOST, cell, read_csv, write_csv

safe, read = cell, read_csv
__all__ = ["MOST", "read", "response", "safe"]


def response(name: str, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> HttpResponse:
    """A CSV file to save, with a byte-order mark so that Excel reads it as UTF-8."""
    return HttpResponse(
        "\ufeff" + write_csv(columns, rows), content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )  # fmt: skip
