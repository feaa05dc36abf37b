"""Can a classifier tell two tables apart: columns together, free text, embeddings."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from sextant.data.contents import embeddings_apart, texts_apart
from sextant.data.domain import held_out, sampled, tell_apart
from sextant.data.drift import drift
from sextant.errors import InvalidInput
from sextant.tables import Table, engine, table

WORDS = [
    "the",
    "parcel",
    "came",
    "late",
    "and",
    "nobody",
    "answered",
    "my",
    "call",
    "about",
    "order",
    "please",
    "help",
]


@pytest.fixture(scope="module")
def on() -> Any:
    found = engine()
    yield found
    found.disconnect()


def of(on: Any, name: str = "rows", **columns: Any) -> Table:
    return table(pa.table(columns), name=name, on=on)


def pair(rng: np.random.Generator, n: int, r: float) -> dict[str, Any]:
    """Two columns of which each is a standard normal, whatever their correlation."""
    x, y = rng.normal(size=(2, n))
    return {"x": x, "y": r * x + math.sqrt(1 - r * r) * y, "noise": rng.normal(size=n)}


def said(rng: np.random.Generator, n: int, *more: str) -> list[str]:
    return [
        " ".join([*rng.choice([*WORDS, *more], rng.integers(8, 16)), str(rng.integers(10**9))])
        for _ in range(n)
    ]


def test_what_no_single_column_shows(on: Any) -> None:
    rng = np.random.default_rng(1)
    before, now = of(on, **pair(rng, 700, 0.0)), of(on, **pair(rng, 700, 0.8))
    found = drift(before, now, multivariate=True)
    assert found.drifted == ()
    together = found.together
    assert together is not None and together.verdict == "drifted" and together.lower > 0.58
    # By the two that hang together, not by the third.
    assert {t.feature for t in together.tells[:2]} == {"x", "y"}
    assert "All columns together: ✕ drifted" in str(found) and "It goes by" in found._repr_html_()


def test_nothing_has_moved(on: Any) -> None:
    rng = np.random.default_rng(2)
    before, now = (of(on, **pair(rng, 1500, 0.5)) for _ in range(2))
    found = tell_apart(before, now, ["x", "y", "noise"])
    assert found.verdict == "steady" and found.lower < 0.5 < found.upper + 0.02 and found.tells == ()
    assert not found.sampled


def test_categories_missing_values_and_yes_no_tell(on: Any) -> None:
    rng = np.random.default_rng(3)
    n = 200
    for column in (
        {"c": [rng.choice(["a", "b"], n), rng.choice(["a", "c"], n)]},
        {"c": [rng.normal(size=n), np.where(rng.random(n) < 0.5, np.nan, rng.normal(size=n))]},
        {"c": [rng.random(n) < 0.1, rng.random(n) < 0.8]},
        {"c": [rng.normal(size=n), np.where(rng.random(n) < 0.5, np.inf, rng.normal(size=n))]},
    ):
        before, now = (of(on, c=side, d=rng.normal(size=n)) for side in column["c"])
        found = tell_apart(before, now, ["c", "d"])
        assert found.verdict == "drifted" and found.tells[0].feature == "c"


def test_what_is_left_out_is_named(on: Any) -> None:
    one, other = (
        of(on, at=pa.array(range(50), pa.timestamp("s")), id=[f"{i}{side}" for i in range(50)], list=[[1]] * 50, x=[x] * 50)
        for side, x in (("a", "a"), ("b", 1))
    )  # fmt: skip
    found = tell_apart(one, other, ["at", "id", "list", "x"])
    assert found.verdict == "not_compared" and found.left_out.keys() == {"at", "id", "list", "x"}
    few = tell_apart(of(on, x=[1, 2]), of(on, x=[1, 2]), ["x"])
    assert few.verdict == "not_compared" and "2 rows" in few.why


def test_a_sample_says_so_and_is_the_same_again(on: Any) -> None:
    rows = of(on, x=list(range(50_000)))
    one, other = (sampled(rows, ["x"], 1000, seed)[0]["x"].to_pylist() for seed in (5, 5))
    assert one == other and len(one) == 1000 and one != sampled(rows, ["x"], 1000, 6)[0]["x"].to_pylist()
    # Drawn from all over: the mean of 1,000 of them lies within five standard errors.
    assert abs(np.mean(one) - 24_999.5) < 5 * 14_434 / math.sqrt(1000)
    found = tell_apart(rows, rows, ["x"], most=1000)
    assert found.sampled and found.rows == (1000, 1000) and found.of == (50_000, 50_000)


def test_rows_are_scored_by_a_classifier_that_has_not_seen_them() -> None:
    rows, label = np.arange(100.0)[:, None], np.repeat([0, 1], 50)
    seen: list[set[float]] = []

    def fit(some: Any, _: Any) -> Any:
        seen.append(set(some[:, 0]))

        def score(more: Any) -> Any:
            assert not seen[-1] & set(more[:, 0])
            return more[:, 0]

        return score

    found, held, _ = held_out(rows, label, fit, 0)
    assert len(seen) == 1 and held.sum() == 50 and held[:50].sum() == 25
    assert found.value == 1.0  # the score is the row's number, and the second table's are all higher


def test_free_text(on: Any) -> None:
    rng = np.random.default_rng(4)
    before = of(on, said=[*said(rng, 1200), None, " "])
    same, moved = of(on, said=said(rng, 1200)), of(on, said=said(rng, 1200, "invoice", "chatbot"))
    quiet, loud = drift(before, same)["said"], drift(before, moved)["said"]
    assert (quiet.verdict, loud.verdict) == ("steady", "drifted") and loud.kind == "free text"
    assert quiet.words is not None and loud.words is not None
    assert quiet.words.lower < 0 < quiet.words.upper and loud.words.lower > 0.05
    assert set(loud.words.new) == {"invoice", "chatbot"} and {"invoice", "chatbot"} <= set(loud.words.now)
    assert (
        loud.words.length[0] == pytest.approx(12.5, abs=0.5)
        and loud.apart is not None
        and loud.apart.rows == (1200, 1200)
    )
    without = drift(before, moved, contents=False)["said"]
    assert without.verdict == "not_compared" and "free text" in without.why


def test_texts_without_a_word_in_common_and_too_few(on: Any) -> None:
    # Not one word stands in two texts, so nothing can be learned.
    once = [
        of(on, said=[f"w{side}{i}a w{side}{i}b w{side}{i}c w{side}{i}d" for i in range(40)]) for side in "xy"
    ]
    found, words = texts_apart(*once, "said", threshold=0.55)
    assert found.area == 0.5 and words is not None and words.unknown[1] == 1.0
    few, none = texts_apart(of(on, said=["a b"]), once[0], "said", threshold=0.55)
    assert few.verdict == "not_compared" and none is None


def test_embeddings(on: Any) -> None:
    rng = np.random.default_rng(5)

    def cloud(shift: float = 0.0, grown: float = 1.0) -> Table:
        rows = rng.normal(size=(500, 16)) * grown
        rows[:, 0] += shift
        return of(on, e=pa.array(list(rows.astype(np.float32)), pa.list_(pa.float32(), 16)))

    before = cloud()
    same, moved, grown = (drift(before, now)["e"] for now in (cloud(), cloud(shift=1.0), cloud(grown=1.3)))
    assert (same.verdict, moved.verdict, grown.verdict) == ("steady", "drifted", "drifted")
    # Moved by one in one direction of sixteen: a quarter of the spread, the root of 16.
    assert moved.centre == pytest.approx(0.25, abs=0.03) and moved.kind == "embedding"
    assert (grown.centre or 0) < 0.05


def test_embeddings_that_cannot_be_compared(on: Any) -> None:
    rows = [[0.0, 1.0]] * 40
    for now, why in (
        ([[1.0]] * 40, "from 1 to 2"),
        ([[math.nan, 1.0]] * 40, "no finite"),
        ([[1.0, 2.0]], "1 embeddings"),
    ):
        found, _ = embeddings_apart(of(on, e=rows), of(on, e=now), "e", threshold=0.55)
        assert found.verdict == "not_compared" and why in found.why


def test_profiles_do_not_say_which_values_stand_in_one_row(on: Any) -> None:
    from sextant.data.profiling import profile

    rows = of(on, x=[1, 2, 3])
    with pytest.raises(InvalidInput, match="one row"):
        drift(profile(rows), profile(rows), multivariate=True)
    with pytest.raises(InvalidInput, match="threshold"):
        tell_apart(rows, rows, ["x"], threshold=0.4)
