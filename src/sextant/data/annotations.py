"""Many people's labels of many items, one rating a row, as whole numbers that are quick to count.

`read_annotations` reads any table; what follows (`consensus`, agreement by class and by pair) works on its arrays.
"""

from __future__ import annotations

import functools
import itertools
import operator
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sextant.data.labels import MOST_LABELS
from sextant.errors import InvalidInput

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from sextant.tables import Table

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
    table: Table | str | Path,
    *,
    item: str,
    labeler: str,
    label: str,
    gold: Table | str | Path | None = None,
    gold_item: str | None = None,
    gold_label: str | None = None,
    repeats: str = "refuse",
) -> Annotations:
    """Read a table with one rating a row.

    table                  the table, or where one is: a file, a folder, an address
    item, labeler, label   its columns; rows in which one of them is missing are left out and counted
    gold                   a table of known labels, or where it is, one an item; `gold_item` (default: as `item`) and
                           `gold_label` (default: "gold") are its columns. The same row twice is taken once; two
                           different labels of one item are an error; an item that nobody rated does not matter
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
    name, found, left_out = _found(table, (item, labeler), label)
    if not found.num_rows:
        raise InvalidInput(
            "there are no ratings", where=name, rule="one rating a row, with item, labeler and label"
        )
    (items, of_item), (labelers, of_labeler), (labels, of_label) = (
        _coded(found.column(place)) for place in range(3)
    )
    if len(labels) > MOST_LABELS:
        raise InvalidInput(
            f"column {label} has {len(labels):,} different labels", where=name,
            rule=f"labels are chosen from a short list, at most {MOST_LABELS}",
        )  # fmt: skip
    pair = of_item * len(labelers) + of_labeler
    ordered = np.sort(pair)
    repeated = int((ordered[1:] == ordered[:-1]).sum())
    if repeated and repeats != "keep":
        _, first = np.unique(pair, return_index=True)
        if repeats == "refuse":
            seen = np.zeros(len(pair), dtype=bool)
            seen[first] = True
            row = int(np.flatnonzero(~seen)[0])
            raise InvalidInput(
                f"{repeated:,} times somebody rated an item again, "
                f"the first time {labelers[of_labeler[row]]} item {items[of_item[row]]}",
                where=name, rule="one rating for each item and labeler",
                todo="say what a second rating means: --repeats keep (each counts) or --repeats first",
            )  # fmt: skip
        keep = np.sort(first)
        of_item, of_labeler, of_label = of_item[keep], of_labeler[keep], of_label[keep]
    known = np.full(len(items), -1)
    if gold is not None:
        _known(known, gold, gold_item or item, gold_label or "gold", items, labels)
    return Annotations(
        tuple(items), tuple(labelers), tuple(labels), of_item, of_labeler, of_label, known,
        left_out=left_out, repeated=repeated,
    )  # fmt: skip


def _found(source: Table | str | Path, plain: tuple[str, ...], text: str) -> tuple[str, pa.Table, int]:
    """What messages call the table; its rows without a gap, `plain` columns as they are and `text` as text; how many
    rows had one."""
    read = _parquet(Path(source), (*plain, text)) if isinstance(source, str | Path) else None
    if read is not None:
        kept = read.drop_null() if any(column.null_count for column in read.columns) else read
        return str(source), kept, read.num_rows - kept.num_rows
    if isinstance(source, str | Path):
        from sextant.tables import engine, table

        on = engine()
        try:
            return _found(table(source, on=on), plain, text)
        finally:
            on.disconnect()
    given = source
    present = [given.present(name) for name in (*plain, text)]
    kept = given.keep(functools.reduce(operator.and_, present))
    columns = {f"c{n}": given.column(name) for n, name in enumerate(plain)}
    found = kept.engine.to_pyarrow(kept.expr.select(**columns, text=_text(given, text)))
    return given.name, found, given.count() - found.num_rows


def _parquet(path: Path, names: Sequence[str]) -> pa.Table | None:
    """These columns of one Parquet file, the last as text: what an engine would give, without the second that it takes
    to start one. None where that is not certain: other files, other types, another engine."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if path.suffix != ".parquet" or not path.is_file() or os.environ.get("SEXTANT_ENGINE"):
        return None
    try:
        schema = pq.read_schema(path)
        kinds = {name: schema.field(name).type for name in names}
        words = [name for name, kind in kinds.items() if pa.types.is_string(kind)]
        if not all(name in words or pa.types.is_integer(kind) for name, kind in kinds.items()):
            return None
        # Not `read_table`: it would bring all of pandas along. Text stays as the few values that it is made of.
        read = pq.ParquetFile(path, read_dictionary=words).read(columns=list(kinds))
    except (pa.ArrowException, KeyError, OSError):
        return None  # what is wrong with it is said by the engine
    columns = [read[name] for name in names]
    columns[-1] = columns[-1] if names[-1] in words else columns[-1].cast(pa.string())
    return pa.table(columns, names=[str(n) for n in range(len(names))])


def _text(table: Table, name: str) -> Any:
    """Labels as text; a whole number in a column of fractions (2.0) is written as a whole number."""
    column = table.column(name)
    if column.type().is_floating():
        whole = (column == column.round()) & (column.abs() < 1e15)
        return whole.ifelse(column.cast("int64").cast("string"), column.cast("string"))
    return column.cast("string")


def _coded(column: pa.ChunkedArray) -> tuple[list[Any], NDArray[np.int64]]:
    """The different values in their order, numbers by size, and of each row its value's place."""
    import numpy as np
    import pyarrow as pa

    whole = pa.types.is_integer(column.type)
    if whole:
        numbers = np.from_dlpack(column.combine_chunks())
        least, most = int(numbers.min()), int(numbers.max())
        if most - least < 4 * len(numbers) and most < 2**63:
            # Numbers that lie close together need no sorting: each has its place in a row of all.
            near: NDArray[np.int64] = np.asarray(numbers, dtype=np.int64) - least
            return _used(list(range(least, most + 1)), near)
    encoded = (
        column.unify_dictionaries() if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    )
    encoded = encoded.combine_chunks()
    values, places = _used(encoded.dictionary.to_pylist(), np.from_dlpack(encoded.indices))
    try:
        order = np.argsort(np.array(values if whole else [float(v) for v in values]), kind="stable")
    except (TypeError, ValueError):
        order = np.array(sorted(range(len(values)), key=lambda i: str(values[i])), dtype=np.int64)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return [values[i] for i in order.tolist()], rank[places]


def _used(values: list[Any], places: NDArray[Any]) -> tuple[list[Any], NDArray[np.int64]]:
    """The values that some row has, and of each row the place of its value among them."""
    import numpy as np

    used = np.bincount(places, minlength=len(values)) > 0
    return list(itertools.compress(values, used.tolist())), (np.cumsum(used) - 1)[places]


def _key(value: Any) -> str:
    """An item's name as both tables have it, also where one of them read its whole numbers as fractions."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _known(
    known: NDArray[np.int64],
    gold: Table | str | Path,
    key: str,
    label: str,
    items: Sequence[Any],
    labels: Sequence[str],
) -> None:
    """Fill in of each item the place of its known label."""
    name, found, _ = _found(gold, (key,), label)
    place, of_label = {_key(v): i for i, v in enumerate(items)}, {v: i for i, v in enumerate(labels)}
    for what, word in dict.fromkeys(zip(*(column.to_pylist() for column in found.columns), strict=True)):
        at = place.get(_key(what))
        if at is None:
            continue
        if word not in of_label:
            raise InvalidInput(
                f"item {what} is known to be {word!r}", where=f"{name}, column {label}",
                rule=f"known labels are among those that were given: {', '.join(labels[:20])}",
            )  # fmt: skip
        if known[at] not in (-1, of_label[word]):
            raise InvalidInput(
                f"item {what} is known to be {labels[known[at]]!r} and {word!r}", where=name,
                rule="one known label an item", todo="settle it, or leave the item out",
            )  # fmt: skip
        known[at] = of_label[word]
