"""How people labeled: from one rating a row to the counts that agreement is computed from."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sextant.errors import InvalidInput

if TYPE_CHECKING:
    from sextant.tables import Table

#: More different labels than this are free text, not a rating.
MOST_LABELS = 100


@dataclass(frozen=True, slots=True)
class Ratings:
    """Items by label: each pattern says how many ratings of each label an item got, with how many items got
    just that. Patterns and labels are in a fixed order; `items` and `labelers` are how many there are."""

    patterns: tuple[tuple[int, ...], ...]
    multiplicity: tuple[int, ...]
    labels: tuple[str, ...]
    items: int
    labelers: int


def ratings(table: Table, *, item: str, labeler: str, label: str) -> Ratings:
    """Count a table with one rating a row. Rows without a label are no ratings and are left out.

    Raises `InvalidInput` when somebody rated an item more than once: the second rating is not a second
    person's, and would make people look as if they agreed. Also for more than 100 different labels.

    >>> import pyarrow as pa
    >>> from sextant.tables import table
    >>> rows = {"item": [1, 1, 2, 2], "who": ["a", "b", "a", "b"], "label": ["yes", "yes", "no", "yes"]}
    >>> ratings(table(pa.table(rows), name="ratings"), item="item", labeler="who", label="label")
    Ratings(patterns=((1, 1), (0, 2)), multiplicity=(1, 1), labels=('no', 'yes'), items=2, labelers=2)
    """
    kept = table.keep(table.present(item) & table.present(labeler) & table.present(label))
    who, what = kept.expr[labeler], kept.expr[item]
    twice = kept.expr.group_by([item, labeler]).aggregate(n=kept.expr.count())
    twice = twice.filter(twice.n > 1)
    if again := kept.count(twice):
        raise InvalidInput(
            f"{again} times somebody rated the same item more than once",
            where=table.name,
            rule="agreement is counted between different people",
            todo="keep one rating for each item and labeler",
        )
    counted = kept.expr.group_by(item=what, label=kept.expr[label].cast("string")).aggregate(
        n=kept.expr.count()
    )
    labels = sorted(
        row["label"] for row in kept.fetch(counted.select("label").distinct().limit(MOST_LABELS + 1))
    )
    if len(labels) > MOST_LABELS:
        raise InvalidInput(
            f"column {label} has more than {MOST_LABELS} different labels",
            where=table.name,
            rule="labels are chosen from a short list",
        )
    each = {f"l{i}": counted.n.sum(where=counted.label == name) for i, name in enumerate(labels)}
    wide = counted.group_by("item").aggregate(**each) if labels else None
    # Items with the same counts are one pattern: a million items are a few hundred rows here.
    found: Counter[tuple[int, ...]] = Counter()
    if wide is not None:
        columns = list(each)
        same = wide.group_by([wide[c].fill_null(0).name(c) for c in columns]).aggregate(times=wide.count())
        for row in kept.fetch(same):
            found[tuple(row[c] for c in columns)] += row["times"]
    people = kept.fetch(kept.expr.aggregate(items=what.nunique(), labelers=who.nunique()))[0]
    ordered = sorted(found.items(), reverse=True)
    return Ratings(
        tuple(pattern for pattern, _ in ordered),
        tuple(times for _, times in ordered),
        tuple(labels),
        people["items"],
        people["labelers"],
    )
