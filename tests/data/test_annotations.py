"""From many labels to one: the published errors, the smallest cases by hand, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from sextant.data.agreeing import agreement
from sextant.data.annotations import Annotations, read_annotations
from sextant.data.consensus import dawid_skene, labelers, majority, one_more, weighted
from sextant.errors import InvalidInput
from sextant.stats import cohen_kappa
from sextant.tables import table

COLUMNS = {"item": "item", "labeler": "who", "label": "label"}


def of(rows: list[tuple[Any, Any, Any]], gold: dict[Any, Any] | None = None, **options: Any) -> Annotations:
    item, who, label = zip(*rows, strict=True)
    made = table(pa.table({"item": list(item), "who": list(who), "label": list(label)}), name="ratings")
    known = None
    if gold:
        known = table(pa.table({"item": list(gold), "gold": list(gold.values())}), name="gold")
    return read_annotations(made, **COLUMNS, gold=known, **options)


def published(folder: Path, name: str) -> Annotations:
    return read_annotations(
        table(folder / "labels" / f"{name}.csv"), item="item", labeler="labeler", label="label",
        gold=table(folder / "labels" / f"{name}_gold.csv"),
    )  # fmt: skip


KEYS: dict[str, Any] = {
    "near": [3, 1, 2, 3, 1], "far apart": [10**12, -5, 7, 10**12, -5], "text": ["b", "a", "10", "b", "a"],
    "numbers as text": ["10", "9", "2", "10", "9"], "gaps": [3, None, 2, 3, 1], "fractions": [1.0, 2.5, None, 1.0, 2.5],
    "unsigned": pa.array([3, 1, 2, 3, 1], pa.uint8()),
    "categories": pa.DictionaryArray.from_arrays(pa.array([2, 1, None, 2, 1]), pa.array(["never", "b", "a"])),
}  # fmt: skip


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("place", ["item", "who", "label"])
def test_a_parquet_file_is_read_as_the_engine_reads_it(tmp_path: Path, kind: str, place: str) -> None:
    columns: dict[str, Any] = {"item": [1, 1, 2, 2, 3], "who": list("ababc"), "label": list("xyxxy")}
    path = tmp_path / "ratings.parquet"
    pq.write_table(pa.table({**columns, place: KEYS[kind], "other": [None] * 5}), path)
    straight, by_engine = (
        read_annotations(source, **COLUMNS, repeats="keep") for source in (path, table(path))
    )
    for name in ("items", "labelers", "labels", "left_out", "repeated"):
        assert getattr(straight, name) == getattr(by_engine, name), name
    for name in ("item", "labeler", "label", "gold"):
        assert getattr(straight, name).tolist() == getattr(by_engine, name).tolist(), name


def test_what_is_wrong_with_a_file_is_said_by_its_name(tmp_path: Path) -> None:
    pq.write_table(pa.table({"item": [1], "who": ["a"], "label": ["x"]}), tmp_path / "r.parquet")
    with pytest.raises(InvalidInput, match="there is no column 'whom'"):
        read_annotations(tmp_path / "r.parquet", item="item", labeler="whom", label="label")
    (tmp_path / "cut.parquet").write_bytes((tmp_path / "r.parquet").read_bytes()[:-9])
    with pytest.raises(InvalidInput, match="not a whole Parquet file"):
        read_annotations(tmp_path / "cut.parquet", **COLUMNS)


# --- published


@pytest.mark.parametrize(
    ("name", "by_majority", "by_dawid_skene"), [("bluebird", 24.07, 10.2), ("rte", 10.31, 7.25)]
)
def test_the_published_errors(
    shared_data: Path, name: str, by_majority: float, by_dawid_skene: float
) -> None:
    """Zhang, Chen, Zhou and Jordan, "Spectral methods meet EM" (2016), table 2."""
    given = published(shared_data, name)
    assert 100 * majority(given).error(given.gold)[0] == pytest.approx(by_majority, abs=0.005)
    assert 100 * dawid_skene(given).error(given.gold)[0] == pytest.approx(by_dawid_skene, abs=0.3)
    right = [person.accuracy.value for person in labelers(given, majority(given))]
    # Known accuracies are the next best thing to learned confusions.
    by_name = {p.name: p for p in labelers(given, majority(given))}
    accuracy = [min(max(by_name[str(name)].accuracy.value, 0.01), 0.99) for name in given.labelers]
    assert weighted(given, accuracy).error(given.gold)[0] < majority(given).error(given.gold)[0]
    assert min(right) < 0.5


def test_the_patients_of_dawid_and_skene(shared_data: Path) -> None:
    """Their own data, with three ratings by one observer; table 2 gives .40 .42 .11 .07."""
    source = table(shared_data / "labels" / "anesthesia.csv")
    columns = {"item": "item", "labeler": "rater", "label": "rating"}
    with pytest.raises(InvalidInput, match="90 times somebody rated an item again"):
        read_annotations(source, **columns)
    given = read_annotations(source, **columns, repeats="keep")
    found = dawid_skene(given, smoothing=0)
    assert found.prevalence == pytest.approx([0.40, 0.42, 0.11, 0.07], abs=0.005)
    assert given.n == 45 * 7
    assert read_annotations(source, **columns, repeats="first").n == 45 * 5
    with pytest.raises(InvalidInput, match="second of an item"):
        agreement(given)


# --- by hand


def test_majority_by_hand() -> None:
    given = of(
        [(1, "a", "x"), (1, "b", "x"), (1, "c", "y"), (2, "a", "x"), (2, "b", "y")], {1: "x", 2: "y", 9: "x"}
    )
    found = majority(given)
    assert (found.label.tolist(), found.tied.tolist()) == ([0, 0], [False, True])
    assert found.sureness == pytest.approx([2 / 3, 1 / 2])
    # Item 1 is right, item 2 half: 1/4 wrong. An item that nobody rated does not count.
    assert found.error(given.gold) == (0.25, 2)
    assert found.unsure(0.6).tolist() == [1]
    assert found.unsure(0.7).tolist() == [1, 0]


def test_weights_by_hand() -> None:
    # One who is right nine times in ten outweighs two who are right six times in ten: 9 > 1.5 * 1.5.
    given = of([(1, "a", "x"), (1, "b", "y"), (1, "c", "y")])
    found = weighted(given, [0.9, 0.6, 0.6])
    assert found.label.tolist() == [0]
    assert found.share[0] == pytest.approx([9 / 11.25, 2.25 / 11.25])
    # Who is wrong more often than a guess speaks for the other label.
    assert weighted(of([(1, "a", "x")]), [0.2]).label.tolist() == [0]
    assert weighted(of([(1, "a", "x"), (2, "a", "y")]), [0.2]).label.tolist() == [1, 0]
    with pytest.raises(InvalidInput, match="strictly between 0 and 1"):
        weighted(given, [0.9, 0.6, 1.0])


def test_who_always_turns_labels_round_is_understood() -> None:
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 2, 200)
    rows = [(i, who, int(t)) for i, t in enumerate(truth) for who in ("a", "b")]
    rows += [(i, "turned", int(1 - t)) for i, t in enumerate(truth)]
    found = dawid_skene(of(rows))
    assert (found.label == truth).all()
    assert found.confusion is not None
    assert found.confusion[2][0, 1] > 0.99


def test_labels_stand_in_their_order_and_items_by_their_name() -> None:
    given = of([(1.0, "a", 10.0), (2.0, "a", 9.0), (3.0, "a", 2.5)], {1: 10, 2: 9})
    assert given.labels == ("2.5", "9", "10")
    assert given.gold.tolist() == [2, 1, -1]


def test_one_labeler_or_one_label_teaches_nothing() -> None:
    alone = of([(1, "a", "x"), (2, "a", "y")])
    assert dawid_skene(alone).method == "majority"
    same = of([(i, w, "x") for i in (1, 2) for w in "ab"])
    assert dawid_skene(same).method == "majority"
    found = agreement(same)
    assert "only one label" in str(found.alpha.undefined)
    assert "two items" in str(agreement(alone).alpha.undefined)


def test_what_one_more_labeler_brings() -> None:
    rng = np.random.default_rng(2)
    truth = rng.integers(0, 2, 3000)
    rows = [(i, w, int(t if rng.random() < 0.8 else 1 - t)) for i, t in enumerate(truth) for w in "abc"]
    given = of(rows, dict(enumerate(truth.tolist())))
    steps = one_more(given, given.gold)
    # One is right 0.8 of the time; of two the tie counts half, so 0.64 + 0.16; of three 0.512 + 0.384.
    assert [s.right for s in steps] == pytest.approx([0.8, 0.8, 0.896], abs=0.02)
    assert [s.items for s in steps] == [3000] * 3
    assert one_more(given, given.gold, seed=1) == one_more(given, given.gold, seed=1)


def test_agreement_takes_pairs_and_labels_apart() -> None:
    rows = [(i, w, "xyz"[i % 3]) for i in range(60) for w in "ab"]
    rows += [(i, "c", "xzy"[i % 3]) for i in range(60)]
    given = of(rows)
    found = agreement(given)
    assert [(p.one, p.other) for p in found.pairs][-1] == ("a", "b")
    assert found.pairs[-1].kappa.value == 1.0
    assert found.pairs[0].kappa.value == pytest.approx(cohen_kappa(given.confusion(0, 2).tolist()))
    assert found.by_label[-1][0] == "x"
    assert found.fleiss is not None
    assert found.items == 60
    assert agreement(of([*rows, (60, "a", "x"), (60, "b", "x")])).fleiss is None
    with pytest.raises(InvalidInput, match="'x' is no number"):
        agreement(given, metric="interval")


def test_a_metric_changes_alpha() -> None:
    # Labels that are used unevenly, so that their order and their distance are not the same thing.
    rows = [(i, w, [0, 0, 0, 1, 9][(i + (w == "b") * (i % 4 == 0)) % 5]) for i in range(40) for w in "ab"]
    given = of(rows)
    found = {
        metric: agreement(given, metric=metric).alpha.value for metric in ("nominal", "ordinal", "interval")
    }
    assert len(set(found.values())) == 3


# --- properties


ratings = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 4), st.sampled_from("xyz")),
    min_size=1,
    max_size=60,
    unique_by=lambda r: r[:2],
)


@drawn(ratings)
def test_shares_add_up_and_order_does_not_matter(rows: list[tuple[int, int, str]]) -> None:
    given, turned = of(rows), of(rows[::-1])
    for method in (majority, dawid_skene):
        one, other = method(given), method(turned)
        assert one.share.sum(axis=1) == pytest.approx(np.ones(len(given.items)))
        assert one.share == pytest.approx(other.share, abs=1e-6)
    assert given.votes.tolist() == turned.votes.tolist()
    patterns, times = given.patterns()
    assert sum(sum(row) * n for row, n in zip(patterns, times, strict=True)) == len(rows)


# --- bad input


@pytest.mark.parametrize(
    ("rows", "gold", "words"),
    [
        ([(None, "a", "x")], None, "no ratings"),
        ([(1, "a", "x"), (1, "a", "y")], None, "the first time a item 1"),
        ([(i, "a", f"text {i}") for i in range(101)], None, "101 different labels"),
        ([(1, "a", "x")], {1: "z"}, "known to be 'z'"),
    ],
)
def test_what_is_refused(rows: list[tuple[Any, Any, Any]], gold: dict[Any, Any] | None, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        of(rows, gold)


def test_known_labels_given_twice() -> None:
    ratings_ = table(pa.table({"item": [1, 1], "who": ["a", "b"], "label": ["x", "y"]}), name="ratings")
    same = table(pa.table({"item": [1, 1], "gold": ["x", "x"]}), name="gold")
    assert read_annotations(ratings_, **COLUMNS, gold=same).gold.tolist() == [0]
    other = table(pa.table({"item": [1, 1], "gold": ["x", "y"]}), name="gold")
    with pytest.raises(InvalidInput, match=r"is known to be '[xy]' and '[xy]'"):
        read_annotations(ratings_, **COLUMNS, gold=other)


def test_rows_without_a_value_are_counted() -> None:
    given = of([(1, "a", "x"), (None, "a", "x"), (2, None, "x"), (2, "a", None)])
    assert (given.n, given.left_out) == (1, 3)
