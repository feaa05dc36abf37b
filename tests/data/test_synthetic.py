"""Synthetic rows beside real ones: each question answered right on rows that are made so, and worked by hand where it can be."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from sextant.data.pairs import _cramer, _spearman, pairs_of
from sextant.data.synthetic import Copies, Likeness, likeness
from sextant.errors import InvalidInput
from sextant.tables import engine, table


def people(
    n: int, seed: int, *, r: float = 0.8, towns: tuple[str, ...] = ("Ulm", "Bonn", "Jena")
) -> pa.Table:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    y = r * x + math.sqrt(1 - r * r) * rng.normal(size=n)
    left = np.where(x + y + rng.normal(size=n) > 0, "yes", "no")
    return pa.table({"id": np.arange(n), "x": x, "y": y, "town": rng.choice(towns, n), "left": left})


@pytest.fixture(scope="module")
def good() -> Likeness:
    return likeness(
        people(1200, 1), people(1200, 2), but=["id"], target="left", test=people(400, 3), apart=0.6
    )


@pytest.fixture(scope="module")
def bad() -> Likeness:
    """The pair is gone, a town is invented, ten rows are copied, and what is predicted is noise."""
    real, made = people(1200, 1), people(900, 5, r=0.0, towns=("Ulm", "Bonn", "Atlantis"))
    left = np.random.default_rng(6).choice(["yes", "no"], 900)
    made = made.set_column(4, "left", pa.array(left))
    return likeness(real, pa.concat_tables([made, real.slice(7, 10)]), but=["id"], target="left")


def test_rows_of_the_same_making_pass(good: Likeness) -> None:
    assert good.holds
    assert [answer for _, answer, _ in good.points] == ["met"] * 6
    assert good.use is not None and good.use.unseen and good.use.real > good.use.naive + 0.1
    assert "No synthetic row equals a real one in all 4 columns." in str(good)
    assert "id" not in {c.name for c in good.drift.columns}


def test_what_is_wrong_is_said(bad: Likeness) -> None:
    assert not bad.holds
    answers = {title: answer for title, answer, _ in bad.points}
    assert answers == dict.fromkeys(answers, "unmet")
    assert next((p.one, p.other) for p in bad.pairs if p.verdict == "lost") == ("x", "y")
    assert bad.drift["town"].new == ("Atlantis",)
    assert (bad.copies.rows, bad.copies.of, bad.copies.single, bad.copies.twins) == (10, 910, 10, 0)
    assert bad.use is not None and bad.use.lower > bad.use.allowed and not bad.use.unseen
    said = str(bad)
    assert "town, new: Atlantis" in said and "x with y (0." in said
    # Values of rows stay out of the sentences that are kept as proof.
    assert not any("Atlantis" in sentence for _, _, sentence in bad.points)
    assert "<caption>" in bad._repr_html_()


def test_copies_by_hand() -> None:
    """Real rows a1 (twice), b2, and one without a number; synthetic b2 (twice), a1, without a number, c3."""
    real = pa.table({"t": ["a", "a", "b", "c"], "n": pa.array([1, 1, 2, None], pa.int64())})
    made = pa.table({"t": ["b", "b", "a", "c", "c"], "n": pa.array([2.0, 2.0, 1.0, None, 3.0])})
    found = likeness(real, made).copies
    assert (found.rows, found.of, found.single, found.twins, found.real) == (4, 5, 3, 2, 4)


@pytest.mark.parametrize(
    ("rows", "of", "twins", "real", "answer"),
    [
        (0, 1000, 0, 1000, "met"),
        (1, 1000, 0, 1000, "unmet"),  # where no two real rows are equal, one copy is one too many
        (300, 1000, 300, 1000, "met"),
        (320, 1000, 300, 1000, "open"),
        (900, 1000, 300, 1000, "unmet"),
    ],
)
def test_as_many_equal_rows_as_chance_makes_are_no_copying(
    rows: int, of: int, twins: int, real: int, answer: str
) -> None:
    assert Copies(rows=rows, of=of, single=0, twins=twins, real=real, columns=("x",)).answer == answer


def test_a_number_is_predicted_too() -> None:
    found = likeness(people(600, 1), people(600, 5, r=0.0), columns=["x", "y"], target="y").use
    assert found is not None and not found.classes
    assert found.answer == "unmet" and found.real < found.synthetic
    assert found.allowed == pytest.approx(0.05 * found.real)


def test_classes_are_the_same_however_they_are_written() -> None:
    real = people(300, 1).drop_columns(["left"])
    whole = real.append_column("left", pa.array(np.random.default_rng(0).integers(0, 2, 300)))
    broken = real.append_column("left", whole["left"].cast(pa.float64()))
    found = likeness(whole, broken, columns=["x", "left"], target="left").use
    assert found is not None and found.classes and found.synthetic >= 0.4


def test_the_rank_correlation_is_that_of_scipy() -> None:
    from scipy.stats import spearmanr

    rng = np.random.default_rng(0)
    x = rng.normal(size=200)
    y = np.exp(x) + rng.normal(size=200)
    y[:20] = math.nan
    found = _spearman(x, y, 1.96)
    assert found is not None
    assert found[0] == pytest.approx(spearmanr(x[20:], y[20:]).statistic)
    assert found[1] < found[0] < found[2]
    assert _spearman(x[:25], x[:25], 1.96) is None


def test_the_strength_of_categories_by_hand() -> None:
    """50 + 50 on the diagonal: chi-squared is n, so phi-squared is 1; freed of (k-1)(m-1)/(n-1) = 1/99 it is 98/99, and
    the room is 2 - 1/99 - 1 = 98/99: the strength is 1. Of independent halves it is 0."""
    one = np.repeat([0, 1], 50)
    assert _cramer(one, one, (2, 2), 1.96, np.random.default_rng(0)) == pytest.approx((1.0, 1.0, 1.0))
    other = np.tile([0, 1], 50)
    found = _cramer(one, other, (2, 2), 1.96, np.random.default_rng(0))
    assert found is not None and found[0] == 0.0


def test_pairs_keep_to_what_varies_and_to_thirty_columns() -> None:
    on = engine()
    rng = np.random.default_rng(0)
    wide = {f"c{i:02}": rng.normal(size=60) for i in range(32)} | {"c01": np.ones(60)}
    tables = [table(pa.table(wide), name="w", on=on) for _ in range(2)]
    found, left_out = pairs_of(*tables, list(wide))
    assert left_out == 2 and len(found) == 29 * 28 // 2
    assert all(p.real == p.synthetic for p in found)


def test_bad_input_says_what_is_wrong() -> None:
    real, made = people(100, 1), people(100, 2)
    with pytest.raises(InvalidInput, match="not among the columns"):
        likeness(real, made, columns=["x"], target="left")
    with pytest.raises(InvalidInput, match="no column in common"):
        likeness(real, pa.table({"z": [1]}))
    with pytest.raises(InvalidInput, match="different engines"):
        likeness(table(real, on=engine()), table(made, on=engine()))
    with pytest.raises(InvalidInput, match="rows with a value of left"):
        likeness(real.slice(0, 40), made, target="left")
    with pytest.raises(InvalidInput, match="no column 'nope'"):
        likeness(real, made, columns=["nope"])


def test_hardly_any_rows_are_an_answer_and_none_an_error() -> None:
    few: Any = likeness(people(5, 1), people(3, 2), but=["id"])
    answers = {title: answer for title, answer, _ in few.points}
    assert answers["Told apart"] == answers["Pairs of columns"] == "not_asked"
    with pytest.raises(InvalidInput, match="no rows"):
        likeness(people(50, 1), people(0, 2), but=["id"])
