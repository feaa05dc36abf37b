"""From ratings to the counts that agreement is computed from."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from sextant.data.labels import Ratings, ratings
from sextant.errors import InvalidInput
from sextant.stats.agreement import krippendorff_alpha_nominal
from sextant.tables import engine, table


@pytest.fixture(scope="module")
def on() -> Any:
    found = engine()
    yield found
    found.disconnect()


def counted(on: Any, rows: list[tuple[Any, Any, Any]]) -> Ratings:
    columns = dict(zip(("item", "who", "label"), map(list, zip(*rows, strict=True)), strict=True))
    return ratings(table(pa.table(columns), name="ratings", on=on), item="item", labeler="who", label="label")


def test_by_hand(on: Any) -> None:
    rows = [
        (1, "a", "x"),
        (1, "b", "x"),
        (2, "a", "y"),
        (2, "b", "y"),
        (3, "a", "x"),
        (3, "b", "y"),
        (4, "a", None),
        (5, "b", "x"),
    ]
    found = counted(on, rows)
    assert found.labels == ("x", "y")
    assert dict(zip(found.patterns, found.multiplicity, strict=True)) == {
        (2, 0): 1,
        (0, 2): 1,
        (1, 1): 1,
        (1, 0): 1,
    }
    assert (found.items, found.labelers) == (4, 2)


def test_many_items_are_few_patterns(on: Any) -> None:
    rows = [(i, who, "x" if i % 10 else who) for i in range(1000) for who in "ab"]
    found = counted(on, rows)
    assert sorted(zip(found.patterns, found.multiplicity, strict=True)) == [
        ((0, 0, 2), 900),
        ((1, 1, 0), 100),
    ]


def test_nobody_counts_twice(on: Any) -> None:
    with pytest.raises(InvalidInput, match="1 times somebody rated the same item more than once"):
        counted(on, [(1, "a", "x"), (1, "a", "x"), (1, "b", "y")])


def test_free_text_is_no_rating(on: Any) -> None:
    with pytest.raises(InvalidInput, match="more than 100 different labels"):
        counted(on, [(i, "a", f"thought {i}") for i in range(101)])


def test_no_ratings_at_all(on: Any) -> None:
    found = counted(on, [(1, "a", None)])
    assert (found.patterns, found.items) == ((), 0)


def test_the_textbook_example(on: Any, shared_data: Path) -> None:
    found = read(on, shared_data / "labels" / "krippendorff.csv")
    assert round(krippendorff_alpha_nominal(found.patterns, found.multiplicity), 3) == 0.691


def test_against_counting_in_python(on: Any, shared_data: Path) -> None:
    """800 items, 8,000 real labels."""
    path = shared_data / "labels" / "rte.csv"
    found = read(on, path)
    items: dict[str, Counter[str]] = defaultdict(Counter)
    with path.open() as stream:
        for row in csv.DictReader(stream):
            items[row["item"]][row["label"]] += 1
    wanted = Counter(tuple(c[name] for name in found.labels) for c in items.values())
    assert dict(zip(found.patterns, found.multiplicity, strict=True)) == wanted
    assert (found.items, found.labelers) == (800, 164)


def read(on: Any, path: Path) -> Ratings:
    return ratings(table(path, on=on), item="item", labeler="labeler", label="label")
