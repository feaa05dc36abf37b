"""Labels by rule: what rules see, and whether the model of them is right where the truth is known."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from sextant.data.label_rules import (
    SILENT,
    Rule,
    Votes,
    apply,
    function,
    keyword,
    label_model,
    pattern,
    read_rules,
    weigh,
)
from sextant.errors import InvalidInput


def planted(
    rng: np.random.Generator, n: int, rates: list[tuple[float, float]], k: int = 2
) -> tuple[Votes, np.ndarray]:
    """Votes of rules with these (coverage, accuracy), and the truth."""
    truth = rng.choice(k, n, p=[0.3] + [0.7 / (k - 1)] * (k - 1))
    columns = []
    for covers, right in rates:
        wrong = (truth + rng.integers(1, k, n)) % k
        said = np.where(rng.random(n) < right, truth, wrong)
        columns.append(np.where(rng.random(n) < covers, said, SILENT))
    names = tuple(f"r{i}" for i in range(len(rates)))
    return Votes(names, tuple("abcdef"[:k]), np.stack(columns, 1), np.full(n, SILENT)), truth


@pytest.mark.parametrize("k", [2, 4])
def test_the_model_learns_how_good_rules_are(k: int) -> None:
    rates = [(0.6, 0.9), (0.6, 0.65), (0.5, 0.6), (0.4, 0.85), (0.7, 0.6)]
    votes, truth = planted(np.random.default_rng(1), 20_000, rates, k)
    found = label_model(votes)
    assert found.converged
    assert found.right == pytest.approx([right for _, right in rates], abs=0.03)
    assert found.prevalence[0] == pytest.approx(0.3, abs=0.03)
    counts = np.stack([(votes.vote == label).sum(1) for label in range(k)], 1)
    best = counts == counts.max(1, keepdims=True)
    majority = (best[np.arange(len(truth)), truth] / best.sum(1))[votes.covered].mean()
    assert (found.label == truth)[votes.covered].mean() > majority + 0.03
    # How sure it says that it is, it is.
    sure = votes.covered & (found.sureness > 0.9)
    assert (found.label == truth)[sure].mean() == pytest.approx(found.sureness[sure].mean(), abs=0.02)


def test_a_rule_that_knows_one_label_only_tells_by_speaking() -> None:
    rng = np.random.default_rng(2)
    truth = rng.integers(0, 2, 5_000)
    speaks = [rng.random(5_000) < np.where(truth == label, 0.6, 0.1) for label in (0, 0, 1, 1)]
    vote = np.stack([np.where(s, label, SILENT) for s, label in zip(speaks, (0, 0, 1, 1), strict=True)], 1)
    found = label_model(Votes(tuple("wxyz"), ("a", "b"), vote, np.full(5_000, SILENT)))
    spoken = (vote != SILENT).any(1)
    assert (found.label == truth)[spoken].mean() > 0.84
    assert (found.label[~spoken] == SILENT).all()


def test_known_labels_right_what_rules_get_wrong_together() -> None:
    votes, truth = planted(np.random.default_rng(3), 4_000, [(0.9, 0.3), (0.9, 0.3), (0.9, 0.35)])
    gold = votes.gold.copy()
    gold[:400] = truth[:400]
    misled = (label_model(votes).label == truth)[400:].mean()
    taught = (label_model(Votes(votes.rules, votes.labels, votes.vote, gold)).label == truth)[400:].mean()
    assert misled < 0.4 < 0.6 < taught


def test_weighing() -> None:
    vote = np.array([[0, 0], [0, 1], [1, SILENT], [SILENT, SILENT]])
    first, second = weigh(Votes(("one", "two"), ("a", "b"), vote, np.array([0, 1, 1, SILENT])))
    assert (first.coverage, first.overlap, first.conflict, first.on_gold) == (0.75, 0.5, 0.25, 3)
    assert first.right.value == pytest.approx(2 / 3)
    assert (second.coverage, second.overlap, second.conflict, second.right.value) == (0.5, 0.5, 0.25, 1.0)


def test_words_are_whole_words_in_any_script() -> None:
    rule = keyword("city", "yes", column="t", words=["Łódź", "Kyiv city", "c++"])
    said = rule.votes(
        pa.table({"t": ["w Łódź.", "łódź", "Łódźki", "kyiv  city", "use c++!", "c+", None, ""]})
    )
    assert said == ["yes", "yes", None, "yes", "yes", None, None, None]


def test_a_pattern_takes_time_in_proportion() -> None:
    rule = pattern("slow", "yes", column="t", pattern="(a+)+$")
    assert rule.votes(pa.table({"t": ["a" * 100_000 + "b"]})) == [None]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "no list"),
        ([{"name": "a", "label": "x", "column": "t"}], "rule 1"),
        (
            [{"name": "a", "label": "x", "column": "t", "words": [], "pattern": "b"}],
            "either words or pattern",
        ),
        ([{"name": "a", "label": "x", "column": "t", "words": [False]}], "quote what is no text"),
        ([{"name": "a", "label": "x", "column": "t", "words": [" "]}], "none empty"),
        ([{"name": "a", "label": "x", "column": "t", "pattern": "(?=b)"}], "no look-ahead"),
        ([3], "rule 1"),
    ],
)
def test_bad_rules(body: object, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        read_rules(body, where="rules.yaml")


def test_bad_use() -> None:
    rows = pa.table({"t": ["x"]})
    said = keyword("a", "yes", column="t", words=["x"])
    for rules, table, words in (
        ([], rows, "no rules"),
        ([said, said], rows, "one name"),
        ([said], rows.slice(0, 0), "no rows"),
        ([keyword("a", "yes", column="u", words=["x"])], rows, "columns are t"),
        ([keyword("a", "yes", column="t", words=["y"])], rows, "no rule says anything"),
        ([function("f", lambda row: row["nothing"])], rows, "row 1"),
    ):
        with pytest.raises(InvalidInput, match=words):
            apply(rules, table)
    with pytest.raises(InvalidInput):
        label_model(apply([said], rows), smoothing=0)


REFUSALS = (
    keyword("sorry", "refuse", column="said", words=["sorry", "apologize"]),
    keyword("cannot", "refuse", column="said", words=["I cannot", "I can't", "unable to", "not able to"]),
    keyword("harm", "refuse", column="said", words=["illegal", "unethical", "harmful", "inappropriate"]),
    pattern("steps", "comply", column="said", pattern=r"(?m)^\s*(\d+\.|[-*•]) "),
    keyword("here", "comply", column="said", words=["here are", "here is", "you can", "for example"]),
    Rule("long", lambda t: ["comply" if len(v) > 900 else None for v in t["said"].to_pylist()]),
)


def test_on_answers_that_two_people_labeled(shared_data: Path) -> None:
    """Rules that are no better than a guess (`long`) outvote the good ones, and the model finds them out."""
    file = shared_data / "redteam/xstest/model_completions/llama2orig.csv"
    with file.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    votes = apply(REFUSALS, pa.table({"said": [r["completion"] for r in rows]}))
    truth = np.array([0 if r["final_label"].startswith("1") else 1 for r in rows])
    found = label_model(votes)
    assert votes.labels == ("comply", "refuse")
    counts = np.stack([(votes.vote == label).sum(1) for label in (0, 1)], 1)
    best = counts == counts.max(1, keepdims=True)
    majority = (best[np.arange(len(truth)), truth] / best.sum(1))[votes.covered].mean()
    assert (found.label == truth)[votes.covered].mean() > max(0.84, majority + 0.05)
    right = dict(zip(votes.rules, found.right, strict=True))
    assert right["cannot"] > 0.9 and right["long"] < 0.4
