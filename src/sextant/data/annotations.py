"""Many people's labels of many items, one rating a row, as whole numbers that are quick to count.

`read_annotations` reads any table; what follows (`consensus`, agreement by class and by pair) works on its arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sextant.data.labels import MOST_LABELS
from sextant.errors import InvalidInput
from sextant.tables import Table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: What to do where somebody rated an item more than once.
REPEATS = ("refuse", "keep", "first")


@dataclass(frozen=True, eq=False)
class Annotations:
    """Ratings as three arrays of one length, each a place in the names beside it.

    items, labelers   the names, as the table has them
    labels            the labels as text, in their order: numbers by size, words by alphabet
    item, labeler, label   of each rating
    gold              of each item the place of its known label, -1 where none is known
    left_out          rows without an item, a labeler or a label
    repeated          ratings by somebody who had rated the item before
    """

    items: tuple[Any, ...]
    labelers: tuple[Any, ...]
    labels: tuple[str, ...]
    item: NDArray[np.int64]
    labeler: NDArray[np.int64]
    label: NDArray[np.int64]
    gold: NDArray[np.int64]
    left_out: int = 0
    repeated: int = 0

    @property
    def n(self) -> int:
        """How many ratings there are."""
        return len(self.item)

    @cached_property
    def votes(self) -> NDArray[np.int64]:
        """Items by labels: how many ratings of each label an item got."""
        import numpy as np

        size = len(self.items), len(self.labels)
        flat = np.bincount(self.item * size[1] + self.label, minlength=size[0] * size[1])
        counted: NDArray[np.int64] = flat.reshape(size)
        return counted

    def patterns(self) -> tuple[list[list[int]], list[int]]:
        """The votes as agreement reads them: each distinct row, and how many items show it."""
        import numpy as np

        votes, base = self.votes, int(self.votes.max()) + 1
        if base ** votes.shape[1] < 2**62:
            # A row of small counts is one number, and numbers sort faster than rows.
            code = votes @ base ** np.arange(votes.shape[1])
            _, first, times = np.unique(code, return_index=True, return_counts=True)
            return votes[first].tolist(), times.tolist()
        rows, times = np.unique(votes, axis=0, return_counts=True)
        return rows.tolist(), times.tolist()

    def confusion(self, one: int, other: int) -> NDArray[np.int64]:
        """Labels by labels: the items that two labelers both rated, the first's label in the row."""
        import numpy as np

        first, second = (np.full(len(self.items), -1) for _ in range(2))
        for found, who in ((first, one), (second, other)):
            own = self.labeler == who
            found[self.item[own]] = self.label[own]
        both = (first >= 0) & (second >= 0)
        k = len(self.labels)
        table: NDArray[np.int64] = np.bincount(first[both] * k + second[both], minlength=k * k).reshape(k, k)
        return table


def read_annotations(
    table: Table,
    *,
    item: str,
    labeler: str,
    label: str,
    gold: Table | None = None,
    gold_item: str | None = None,
    gold_label: str | None = None,
    repeats: str = "refuse",
) -> Annotations:
    """Read a table with one rating a row.

    item, labeler, label   its columns; rows in which one of them is missing are left out and counted
    gold                   a table of known labels, one an item; `gold_item` (default: as `item`) and `gold_label`
                           (default: "gold") are its columns. The same row twice is taken once; two different
                           labels of one item are an error; an item that nobody rated does not matter
    repeats                where somebody rated an item again: "refuse" (an error), "keep" (each counts, as in Dawid
                           and Skene's own data) or "first" (the first in the table's order)

    Raises `InvalidInput` for more than 100 different labels, for a table without ratings, and for a known label
    that no rating has.

    >>> import pyarrow as pa
    >>> from sextant.tables import table
    >>> rows = {"item": [7, 7, 8], "who": ["a", "b", "a"], "label": ["yes", "no", "yes"]}
    >>> a = read_annotations(table(pa.table(rows), name="ratings"), item="item", labeler="who", label="label")
    >>> a.items, a.labels, a.votes.tolist()
    ((7, 8), ('no', 'yes'), [[1, 1], [0, 1]])
    """
    import numpy as np

    if repeats not in REPEATS:
        raise InvalidInput(f"repeats is {repeats!r}", rule=f"one of {', '.join(REPEATS)}")
    kept = table.keep(table.present(item) & table.present(labeler) & table.present(label))
    columns = kept.expr.select(
        item=table.column(item), labeler=table.column(labeler), label=_text(table, label)
    )
    found = kept.engine.to_pyarrow(columns)
    if not found.num_rows:
        raise InvalidInput(
            "there are no ratings", where=table.name, rule="one rating a row, with item, labeler and label"
        )
    (items, of_item), (labelers, of_labeler), (labels, of_label) = (
        _coded(found[name]) for name in ("item", "labeler", "label")
    )
    if len(labels) > MOST_LABELS:
        raise InvalidInput(
            f"column {label} has {len(labels):,} different labels", where=table.name,
            rule=f"labels are chosen from a short list, at most {MOST_LABELS}",
        )  # fmt: skip
    pair = of_item * len(labelers) + of_labeler
    _, first = np.unique(pair, return_index=True)
    repeated = len(pair) - len(first)
    if repeated and repeats == "refuse":
        seen = np.zeros(len(pair), dtype=bool)
        seen[first] = True
        row = int(np.flatnonzero(~seen)[0])
        raise InvalidInput(
            f"{repeated:,} times somebody rated an item again, "
            f"the first time {labelers[of_labeler[row]]} item {items[of_item[row]]}",
            where=table.name, rule="one rating for each item and labeler",
            todo="say what a second rating means: --repeats keep (each counts) or --repeats first",
        )  # fmt: skip
    if repeats == "first":
        keep = np.sort(first)
        of_item, of_labeler, of_label = of_item[keep], of_labeler[keep], of_label[keep]
    known = np.full(len(items), -1)
    if gold is not None:
        _known(known, gold, gold_item or item, gold_label or "gold", items, labels)
    return Annotations(
        tuple(items), tuple(labelers), tuple(labels), of_item, of_labeler, of_label, known,
        left_out=table.count() - found.num_rows, repeated=repeated,
    )  # fmt: skip


def _text(table: Table, name: str) -> Any:
    """Labels as text; a whole number in a column of fractions (2.0) is written as a whole number."""
    column = table.column(name)
    if column.type().is_floating():
        whole = (column == column.round()) & (column.abs() < 1e15)
        return whole.ifelse(column.cast("int64").cast("string"), column.cast("string"))
    return column.cast("string")


def _coded(column: Any) -> tuple[list[Any], NDArray[np.int64]]:
    """The different values in their order, and of each row its value's place."""
    import numpy as np

    encoded = column.combine_chunks().dictionary_encode()
    values = encoded.dictionary.to_pylist()
    places = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    try:
        order = np.argsort(np.array([float(v) for v in values]), kind="stable")
    except (TypeError, ValueError):
        order = np.array(sorted(range(len(values)), key=lambda i: str(values[i])), dtype=np.int64)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return [values[i] for i in order], rank[places]


def _key(value: Any) -> str:
    """An item's name as both tables have it, also where one of them read its whole numbers as fractions."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _known(
    known: NDArray[np.int64], gold: Table, key: str, label: str, items: Sequence[Any], labels: Sequence[str]
) -> None:
    """Fill in of each item the place of its known label."""
    kept = gold.expr.filter(gold.present(key) & gold.present(label))
    rows = gold.fetch(kept.select(item=gold.column(key), label=_text(gold, label)).distinct())
    place, of_label = {_key(v): i for i, v in enumerate(items)}, {v: i for i, v in enumerate(labels)}
    for row in rows:
        at = place.get(_key(row["item"]))
        if at is None:
            continue
        if row["label"] not in of_label:
            raise InvalidInput(
                f"item {row['item']} is known to be {row['label']!r}", where=f"{gold.name}, column {label}",
                rule=f"known labels are among those that were given: {', '.join(labels[:20])}",
            )  # fmt: skip
        if known[at] not in (-1, of_label[row["label"]]):
            raise InvalidInput(
                f"item {row['item']} is known to be {labels[known[at]]!r} and {row['label']!r}", where=gold.name,
                rule="one known label an item", todo="settle it, or leave the item out",
            )  # fmt: skip
        known[at] = of_label[row["label"]]
