"""The labels of a round as a table: one row an item, or one row an answer."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from typing import Any

from django.http import HttpResponse

from sextant.errors import InvalidInput
from sextant.sheets import write_csv
from sextant_server.labeling.answers import written
from sextant_server.labeling.models import Dealt, Item, Round, Ruling
from sextant_server.labeling.queries import stale_versions
from sextant_server.labeling.results import METHODS, results

ENDINGS = ("csv", "jsonl", "parquet")
#: One row an item, one row an answer, one row an item with what rules say of it.
SHAPES = ("items", "answers", "noisy")
COLUMNS = {
    "items": ("item", "label", "sure", "answers", "decided_by", "state", "known"),
    "answers": ("item", "labeler", "label", "answer", "seconds", "at", "guideline", "counts", "known", "remark", "skipped"),
    "noisy": ("item", "label", "sure", "source", "noisy"),
}  # fmt: skip


def rows(row: Round, shape: str, *, method: str = "dawid_skene") -> list[dict[str, Any]]:
    """The table's rows. Labelers stand there by their number, never by name."""
    if shape not in SHAPES:
        raise InvalidInput(f"{shape[:40]!r}", where="shape", rule=f"one of {', '.join(SHAPES)}")
    if shape == "noisy":
        return list(_noisy(row))
    return list(_items(row, method)) if shape == "items" else list(_answers(row))


def _noisy(row: Round) -> Iterator[dict[str, Any]]:
    """What rules say: for training, not for judging a model, and marked as such in each row."""
    items = Item.objects.filter(round=row, noisy__isnull=False).order_by("number")
    for key, noisy in items.values_list("key", "noisy").iterator(chunk_size=2000):
        said: dict[str, Any] = noisy or {}
        yield {"item": key, "label": said["label"], "sure": said["sure"], "source": "rules", "noisy": True}


def _items(row: Round, method: str) -> Iterator[dict[str, Any]]:
    if method not in METHODS:
        raise InvalidInput(f"{method[:40]!r}", where="method", rule=f"one of {', '.join(METHODS)}")
    found = results(row)
    chosen = {c.number: c for c in found.chosen.get(method, found.chosen.get("majority", []))}
    rulings = {
        n: written(a) for n, a in Ruling.objects.filter(round=row).values_list("item__number", "answer")
    }
    for item in Item.objects.filter(round=row).order_by("number"):
        one = chosen.get(item.number)
        label = one.label if one else rulings.get(item.number)
        yield {
            "item": item.key, "label": written(item.gold) if item.is_gold else label,
            "sure": None if item.is_gold or one is None else round(one.sure, 6), "answers": one.count if one else 0,
            "decided_by": "known" if item.is_gold else (one.by if one else ("expert" if label else None)),
            "state": item.state, "known": item.is_gold,
        }  # fmt: skip


def _answers(row: Round) -> Iterator[dict[str, Any]]:
    old = set(stale_versions(row))
    deals = Dealt.objects.filter(round=row, state__in=("labeled", "skipped")).select_related("item", "rater")
    for deal in deals.order_by("item__number", "at", "id").iterator(chunk_size=2000):
        labeled = deal.state == "labeled"
        yield {
            "item": deal.item.key, "labeler": f"labeler-{deal.rater.number}",
            "label": written(deal.answer) if labeled else None,
            "answer": json.dumps(deal.answer, ensure_ascii=False) if labeled else None,
            "seconds": round(deal.seconds, 3) if deal.seconds is not None else None,
            "at": deal.at.isoformat() if deal.at else None, "guideline": deal.guideline or None,
            "counts": labeled and not deal.void and deal.guideline not in old, "known": deal.item.is_gold,
            "remark": deal.note or None, "skipped": deal.reason or None,
        }  # fmt: skip


def table(found: Sequence[dict[str, Any]], columns: Sequence[str], ending: str) -> bytes:
    """Rows as a file. In CSV no cell becomes a formula."""
    if ending == "csv":
        return ("\ufeff" + write_csv(columns, found)).encode()
    if ending == "jsonl":
        return "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in found).encode()
    if ending != "parquet":
        raise InvalidInput(f"{ending[:20]!r}", where="format", rule=f"one of {', '.join(ENDINGS)}")
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {"sure": pa.float64(), "seconds": pa.float64(), "answers": pa.int64(), "guideline": pa.int64(),
             "counts": pa.bool_(), "known": pa.bool_(), "noisy": pa.bool_()}  # fmt: skip
    schema = pa.schema([(c, kinds.get(c, pa.string())) for c in columns])
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(found), schema=schema), out)
    return out.getvalue()


TYPES = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}


def response(row: Round, shape: str, ending: str, method: str = "dawid_skene") -> HttpResponse:
    """The file to save."""
    if ending not in ENDINGS:
        raise InvalidInput(f"{ending[:20]!r}", where="format", rule=f"one of {', '.join(ENDINGS)}")
    made = HttpResponse(
        table(rows(row, shape, method=method), COLUMNS[shape], ending), content_type=TYPES[ending]
    )
    made["Content-Disposition"] = f'attachment; filename="{row.key}-{shape}.{ending}"'
    return made
