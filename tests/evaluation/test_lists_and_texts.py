"""Ranked lists and generated texts: against scikit-learn and sacrebleu, published vectors and figures, by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import sacrebleu
from scipy.stats import spearmanr
from sklearn.metrics import average_precision_score, ndcg_score

from sextant.errors import InvalidInput
from sextant.evaluation.generation import evaluate_texts, token_f1
from sextant.evaluation.ranking import evaluate_lists
from sextant.evaluation.rouge import rouge_l, rouge_lsum, rouge_n

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "generation"


@pytest.fixture(scope="module")
def lists() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    q, n = 30, 12
    return {
        "q": np.repeat(np.arange(q), n), "item": np.tile(np.arange(n), q), "score": rng.random(q * n),
        "grade": rng.integers(0, 3, q * n), "user": np.repeat(np.arange(q) // 3, n), "clicked": rng.random(q * n) < 0.2,
    }  # fmt: skip


def test_lists_agree_with_scikit_learn(lists: dict[str, Any]) -> None:
    found = evaluate_lists(pa.table(lists), query="q", item="item", score="score", relevance="grade", k=5)
    grade, score = lists["grade"].reshape(30, 12), lists["score"].reshape(30, 12)
    assert found["ndcg@5"].value == pytest.approx(ndcg_score(grade, score, k=5))
    whole = evaluate_lists(pa.table(lists), query="q", score="score", relevance="grade", k=12)
    expected = [average_precision_score(g > 0, s) for g, s in zip(grade, score, strict=True)]
    assert whole["map@12"].value == pytest.approx(np.mean(expected))


def test_lists_by_hand() -> None:
    # List 1: relevant at places 2 and 3; list 2: at place 1, and one that was never found.
    rows = {
        "q": [1, 1, 1, 2, 2, 2], "place": [1, 2, 3, 1, 2, None], "good": [0, 1, 1, 1, 0, 1],
        "kind": ["a", "a", "b", "a", "b", "b"], "share": [0.5, 0.25, 0.25, 0.5, 0.125, 0.1], "id": list("abcabd"),
        "hit": [0, 1, 0, 0, 0, 0],
    }  # fmt: skip
    found = evaluate_lists(
        pa.table(rows), query="q", item="id", rank="place", relevance="good", category="kind", popularity="share",
        clicked="hit", catalogue=10, k=3,
    )  # fmt: skip
    value = {a.metric: a.statistics.get("mean", a.value) for a in found.answers}
    assert value["mrr@3"] == pytest.approx((1 / 2 + 1) / 2)
    assert value["recall@3"] == pytest.approx((1 + 1 / 2) / 2)
    assert value["precision@3"] == pytest.approx((2 / 3 + 1 / 3) / 2)
    assert value["map@3"] == pytest.approx(((1 / 2 + 2 / 3) / 2 + 1 / 2) / 2)
    gain = (1 / math.log2(3) + 1 / 2) / (1 + 1 / math.log2(3)), 1 / (1 + 1 / math.log2(3))
    assert value["ndcg@3"] == pytest.approx(sum(gain) / 2)
    assert value["diversity@3"] == pytest.approx((2 / 3 + 1) / 2)
    assert value["novelty@3"] == pytest.approx(((1 + 2 + 2) / 3 + (1 + 3) / 2) / 2)
    assert value["catalogue_coverage@3"] == pytest.approx(0.3)


def test_lists_of_one_user_hang_together(lists: dict[str, Any]) -> None:
    alone = evaluate_lists(pa.table(lists), query="q", score="score", clicked="clicked", relevance="grade")
    users = evaluate_lists(
        pa.table(lists), query="q", score="score", clicked="clicked", relevance="grade", cluster="user"
    )
    for metric in ("ndcg@10", "click_through_rate"):
        assert users[metric].value == pytest.approx(alone[metric].value)
    top = np.argsort(-lists["score"].reshape(30, 12))[:, :10]
    clicks = np.take_along_axis(lists["clicked"].reshape(30, 12), top, 1)
    assert alone["click_through_rate"].value == pytest.approx(clicks.mean())
    assert users["ndcg@10"].n == 10 and alone["ndcg@10"].n == 30


@pytest.mark.parametrize(
    ("rows", "options", "said"),
    [
        ({"q": [1, 1], "p": [1, 1]}, {"rank": "p"}, "held by two items"),
        ({"q": [1], "p": [0]}, {"rank": "p"}, "below 1"),
        ({"q": [1, 1], "p": [1, 2], "i": [7, 7]}, {"rank": "p", "item": "i"}, "stand twice"),
        ({"q": [1], "p": [1], "g": [-1]}, {"rank": "p", "relevance": "g"}, "below 0"),
        ({"q": [1], "p": [1]}, {}, "the order is not told"),
        ({"q": [1], "p": [1], "i": [1]}, {"rank": "p", "item": "i", "catalogue": 0}, "catalogue has 0"),
    ],
)
def test_lists_that_are_none(rows: dict[str, Any], options: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        evaluate_lists(pa.table(rows), query="q", **options)


TEXTS = {
    "said": ["the cat sat on the mat", "a dog barks loudly", "", "hello there world"],
    "right": ["the cat is on the mat", "a dog barks loudly", "nothing at all", "hello world out there"],
    "also": ["there is a cat on the mat", None, None, "hello there my world"],
    "doc": [1, 1, 2, 3],
}


def test_texts_agree_with_sacrebleu() -> None:
    found = evaluate_texts(pa.table(TEXTS), text="said", references=["right", "also"], resamples=200)
    streams = [TEXTS["right"], TEXTS["also"]]
    assert found["bleu"].value == pytest.approx(sacrebleu.corpus_bleu(TEXTS["said"], streams).score)
    assert found["chrf"].value == pytest.approx(sacrebleu.corpus_chrf(TEXTS["said"], streams).score)
    assert found["bleu"].lower < found["bleu"].value < found["bleu"].upper
    assert found["exact_match"].statistics == {"successes": 1, "trials": 4}
    by = evaluate_texts(pa.table(TEXTS), text="said", references=["right"], cluster="doc", resamples=200)
    assert by["rouge1"].n == 3


def test_words_by_hand() -> None:
    assert token_f1("The cat sat.", "a cat sat down") == 0.8  # two of two and of three words
    assert token_f1("the", "") == 1.0 and token_f1("cat", "") == 0.0
    rows = {"said": ["x y", "z"], "log": [-2 * math.log(4), -3 * math.log(4)], "n": [2, 3], "src": ["a", ""],
            "stars": [4, None]}  # fmt: skip
    found = evaluate_texts(
        pa.table(rows), text="said", logprob="log", tokens="n", citations="src", rating="stars"
    )
    assert "denominator" in (found["perplexity"].undefined or "")  # two texts tell of no spread
    assert found["citation_coverage"].statistics == {"successes": 1, "trials": 2}
    assert any("1 texts have no rating" in note for note in found.notes)
    rows["log"] = [-2 * math.log(4), -3 * math.log(9)]
    many = pa.table({k: list(v) * 40 for k, v in rows.items()})
    again = evaluate_texts(many, logprob="log", tokens="n")["perplexity"]
    assert again.value == pytest.approx((4**2 * 9**3) ** (1 / 5))
    with pytest.raises(InvalidInput, match="above 0"):
        evaluate_texts(pa.table({**rows, "log": [0.5, -1.0]}), logprob="log", tokens="n")
    with pytest.raises(InvalidInput, match="row 2 has no reference"):
        evaluate_texts(
            pa.table({"said": ["a", "b"], "right": ["a", None]}), text="said", references=["right"]
        )


@pytest.mark.skipif(not (SHARED / "rouge_vectors.json").exists(), reason="the shared data is not here")
def test_rouge_gives_the_published_vectors() -> None:
    """All that need no stemmer, six of them from ROUGE-1.5.5 itself."""
    measures = {
        "rouge1": lambda r, t: rouge_n(r, t, 1),
        "rouge2": lambda r, t: rouge_n(r, t, 2),
        "rougeL": rouge_l,
        "rougeLsum": rouge_lsum,
    }
    vectors = [
        v for v in json.loads((SHARED / "rouge_vectors.json").read_text())["vectors"] if not v["use_stemmer"]
    ]
    assert len(vectors) == 13
    for v in vectors:
        found = measures[v["metric"]](v["target"], v["prediction"])
        assert (found.recall, found.precision, found.f) == pytest.approx(
            (v["recall"], v["precision"], v["fmeasure"]), abs=1e-5
        )


@pytest.mark.skipif(not (SHARED / "SummEval.jsonl").exists(), reason="the shared data is not here")
def test_rouge_goes_with_people_nearly_as_published() -> None:
    """Of the first 30 articles; the published figures (.17 .16 .12 .33) are of all 100, with a stemmer."""
    lines = (SHARED / "SummEval_refs.jsonl").read_text().splitlines()[:30]
    references = {json.loads(line)["doc_id"]: json.loads(line)["references"][:4] for line in lines}
    by: dict[str, list[tuple[float, float]]] = {}
    for line in (SHARED / "SummEval.jsonl").read_text().splitlines():
        one = json.loads(line)
        if one["doc_id"] in references:
            f = np.mean([rouge_n(r, one["summary"], 1).f for r in references[one["doc_id"]]])
            by.setdefault(one["doc_id"], []).append((float(f), one["scores"]["relevance"]))
    found = np.mean([spearmanr(*zip(*pairs, strict=True)).statistic for pairs in by.values()])
    assert len(by) == 30 and found == pytest.approx(0.33, abs=0.08)
