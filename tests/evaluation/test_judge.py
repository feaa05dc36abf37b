"""A judge against people: by hand, against published figures, and what must not count."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from sextant.errors import InvalidInput
from sextant.evaluation.judge import Both, Columns, Pairs, calibrate, moments, read, shares
from sextant.stats import cohen_kappa
from sextant.tables import table


def rated(columns: Columns, *, scores: bool = False, **values: list[Any]) -> Both:
    return read(table(pa.table(values), name="rated"), columns, scores=scores)


def pandalm(folder: Path) -> tuple[list[dict[str, Any]], Both]:
    """The published test set; as its authors do, a tie and an answer that nobody can read are class 0."""
    said = {row["idx"]: row["gpt_result"] for row in json.loads((folder / "pandalm_gpt35.json").read_text())}
    rows = [
        {"idx": row["idx"], "gpt": {"1": 1, "2": 2}.get(said[row["idx"]], 0),
         **{f"annotator{i}": row[f"annotator{i}"] for i in (1, 2, 3)},
         **{f"response{i}": str(row[f"response{i}"]) for i in (1, 2)}}
        for row in json.loads((folder / "pandalm_testset.json").read_text())
    ]  # fmt: skip
    people = ("annotator1", "annotator2", "annotator3")
    lengths = ("response1", "response2")
    return rows, read(
        table(pa.Table.from_pylist(rows), name="pandalm"), Columns("gpt", people, "idx", lengths=lengths)
    )


def test_the_published_figures_of_gpt_35_come_out(shared_data: Path) -> None:
    # PandaLM's README: pairwise kappas of the annotators, and the accuracy of GPT-3.5 against their majority.
    rows, both = pandalm(shared_data / "generation")
    kappas = []
    for one, other in ((1, 2), (1, 3), (2, 3)):
        met = [[0] * 3 for _ in range(3)]
        for row in rows:
            met[row[f"annotator{one}"]][row[f"annotator{other}"]] += 1
        kappas.append(round(cohen_kappa(met), 3))
    assert sorted(kappas) == [0.852, 0.862, 0.879]
    found = calibrate(both, statistic="accuracy", pairs=Pairs("1", "2"))
    assert (found.outputs, found.undecided, found.people) == (999, 0, 3)
    assert round(found.agreement.value, 4) == 0.7107
    assert found.agreement.lower < 0.7107 < found.agreement.upper
    # It agrees with people less than they do among themselves, and likes long answers less than they do.
    assert found.people_agree is not None and found.judge_agrees is not None
    assert found.people_agree > 0.9 > found.judge_agrees
    longer = next(p for p in found.preferences if p.of == "longer")
    assert longer.bounds.upper < 0 and "less than people do" in longer.said
    assert found.holds(0.65)[0] and not found.holds(0.7)[0]
    beyond, why = found.holds(0.65, bias_bar=0.01)
    assert not beyond and "at most 0.01 is allowed" in why


def test_by_hand() -> None:
    # People: good, good, bad, nobody; the judge: good, bad, bad, good. Row 5 no person looked at.
    both = rated(
        Columns("said", ("a", "b")), said=["good", "bad", None, "good", "good"],
        a=["good", "good", "bad", "good", None], b=["good", None, "bad", "bad", None],
    )  # fmt: skip
    assert (both.people, both.judge, both.undecided, both.unread) == (
        ["good", "good", "bad"], ["good", "bad", ""], 1, 1,
    )  # fmt: skip
    assert shares(both, "good") == ((1, 0), (1, 1))
    found = calibrate(both, statistic="accuracy")
    # Two people on one output: rows 1 and 3, the same both times. Judge and a person: of 5 answers 2 are met.
    assert found.agreement.value == pytest.approx(1 / 3)
    assert (found.people_agree, found.judge_agrees) == (1.0, 2 / 5)


def test_of_words_and_numbers_that_mean_one_thing() -> None:
    both = rated(Columns("said", ("a",)), said=[1.0, 2.0, None], a=[1, 2, 1])
    assert both.judge == ["1", "2", ""]
    assert calibrate(both, statistic="accuracy").agreement.value == pytest.approx(2 / 3)


def test_a_judge_that_looks_at_the_place_is_found() -> None:
    # In ten pairs it says "first" whichever stands there, in thirty it keeps to its answer.
    said = ["first"] * 10 + ["first", "second", "tie"] * 10
    other = ["first"] * 10 + ["second", "first", "tie"] * 10
    both = rated(Columns("said", ("a",), swapped="swapped"), said=said, swapped=other, a=["second"] * 40)
    found = calibrate(both, pairs=Pairs())
    assert found.steady is not None and found.steady.value == pytest.approx(30 / 40)
    place = found.preferences[0]
    # Ten of forty pairs lean to the first place by a half each: 0.125 beyond a fair half.
    assert (place.of, place.n, place.bounds.value) == ("first", 40, pytest.approx(0.125))
    assert place.bounds.lower > 0 and "more than people do" in place.said


def test_preferences_are_measured_against_people() -> None:
    # The longer answer is the better one half of the time by people; the judge always takes it.
    both = rated(
        Columns("said", ("a",), lengths=("x", "y"), makers=("m", "n")), said=["first", "second"] * 20,
        a=["first", "first"] * 20, x=["long answer", "short"] * 20, y=["short", "long answer"] * 20,
        m=["ours", "theirs"] * 20, n=["theirs", "theirs"] * 20,
    )  # fmt: skip
    found = {p.of: p for p in calibrate(both, pairs=Pairs(), own="ours").preferences}
    # Half of the pairs: people give the longer one 0 and the judge 1, so in all 0.5 of a win more.
    assert found["longer"].bounds.value == pytest.approx(0.5)
    # Of its own family are 20 answers, which people and judge both prefer: nothing beyond, with a range all the same.
    own = found["own"]
    assert (own.n, own.bounds.value) == (20, 0.0)
    assert own.bounds.lower < -0.1 and own.bounds.upper > 0.1


def test_scores() -> None:
    people = [1.0, 2.0, 3.0, 4.0, 5.0, 3.0]
    both = rated(
        Columns("said", ("a", "b"), lengths=("words",), before="old"), scores=True, said=[1, 2, 3, 5, 5, 4],
        a=people, b=people, words=[10, 20, 30, 40, 50, 60], old=[1, 1, 1, 1, 1, 1],
    )  # fmt: skip
    found = calibrate(both, statistic="weighted_kappa")
    assert found.agreement.value > 0.8
    assert calibrate(both, statistic="spearman").agreement.value > 0.9
    # The longer three are scored 2/3 too high, the shorter three right.
    assert found.preferences[0].bounds.value == pytest.approx(2 / 3)
    assert found.changed is not None and found.changed.better.value > 0
    assert moments(both)["people_mean"] == pytest.approx(3.0)
    with pytest.raises(InvalidInput, match="cohen_kappa takes words"):
        calibrate(both)


def test_a_new_version_is_held_against_the_old_one() -> None:
    old, new = ["good"] * 30 + ["bad"] * 10, ["good"] * 25 + ["bad"] * 15
    both = rated(Columns("said", ("a",), before="old"), said=new, old=old, a=["good"] * 20 + ["bad"] * 20)
    changed = calibrate(both, statistic="accuracy").changed
    assert changed is not None and changed.changed.value == pytest.approx(5 / 40)
    assert changed.better.value == pytest.approx(5 / 40) and changed.better.lower > 0


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"said": ["x"], "a": [None]}, "no output was judged by people and the judge both"),
        ({"said": ["x", "y"], "a": ["x", "y"], "id": [1, 1]}, "'1' stands in column id 2 times"),
        ({"said": ["x"]}, "no column 'a'"),
    ],
)
def test_bad_input(values: dict[str, list[Any]], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        rated(Columns("said", ("a",), item="id" if "id" in values else None), **values)
    with pytest.raises(InvalidInput, match="row 2, column said"):
        rated(Columns("said", ("a",)), scores=True, said=["1", "well"], a=["1", "1"])


def test_what_cannot_be_told_does_not_hold() -> None:
    both = rated(Columns("said", ("a",)), said=["good"] * 9, a=["good"] * 9)
    holds, why = calibrate(both).holds(0.1)
    assert not holds and "could not be computed" in why
