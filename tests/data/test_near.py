"""Near-duplicate texts: what is reported is exact, and what was planted is found."""

from __future__ import annotations

import numpy as np
import pytest

from sextant.data.near import near_duplicates, overlooked, rows_of_band
from sextant.errors import InvalidInput

Pair = tuple[int, int]


def corpus(texts: int, words: int, planted: int, seed: int, changed: int) -> tuple[list[str], list[Pair]]:
    """Texts of random words, the first `2 * planted` of them in pairs that differ in so many places."""
    rng = np.random.default_rng(seed)
    weights = 1 / np.arange(1, 5001)
    drawn = rng.choice(5000, (texts, words), p=weights / weights.sum())
    pairs = []
    for k in range(planted):
        one, other = 2 * k, 2 * k + 1
        drawn[other] = drawn[one]
        drawn[other, rng.choice(words, changed, replace=False)] = rng.choice(5000, changed)
        pairs.append((one, other))
    return [" ".join(f"w{i}" for i in row) for row in drawn], pairs


def triples(text: str) -> set[tuple[str, ...]]:
    words = text.lower().split()
    return {tuple(words[i : i + 3]) for i in range(max(len(words) - 2, 1))} if words else set()


def shared(one: str, other: str) -> float:
    a, b = triples(one), triples(other)
    return len(a & b) / len(a | b)


@pytest.mark.parametrize("similarity", [0.5, 0.7, 0.8, 0.95])
def test_every_pair_is_exact_and_the_planted_are_found(similarity: float) -> None:
    texts, pairs = corpus(800, 300, 200, seed=int(similarity * 100), changed=round((1 - similarity) * 45))
    found = {(a, b): s for a, b, s in near_duplicates(texts, similarity=similarity).pairs}
    for (a, b), said in found.items():
        assert a < b and said == pytest.approx(shared(texts[a], texts[b]), abs=1e-12) and said >= similarity
    wanted = [p for p in pairs if shared(texts[p[0]], texts[p[1]]) >= similarity]
    assert len(wanted) >= 50
    assert sum(p in found for p in wanted) / len(wanted) >= 0.98


def test_by_hand() -> None:
    # "a b c d" has the triples abc, bcd; "a b c d e" also cde: 2 of 3 are shared.
    found = near_duplicates(["a b c d", "A b  c D e", "x y"], similarity=0.6)
    assert found.pairs == ((0, 1, 2 / 3),) and found.groups == ((0, 1),)
    assert near_duplicates(["a b c d", "a b c d e"], similarity=0.7).pairs == ()


def test_groups_blank_and_short_texts() -> None:
    base = " ".join(f"word{i}" for i in range(60))
    texts = [None, "", "  ", "yes", base, "no", base + " more", "yes", base, "one two", "one two"]
    found = near_duplicates(texts, similarity=0.9)
    assert found.groups == ((3, 7), (4, 6, 8), (9, 10))
    assert near_duplicates([]).groups == near_duplicates([None, ""]).groups == ()
    # A thousand equal texts are one group, and not half a million pairs.
    many = near_duplicates([base] * 1000)
    assert len(many.groups) == 1 and len(many.groups[0]) == 1000 and len(many.pairs) < 2000
    with pytest.raises(InvalidInput, match="above 0 and up to 1"):
        near_duplicates([], similarity=0)


def test_bands_overlook_as_few_as_they_say() -> None:
    for similarity in (0.3, 0.5, 0.7, 0.8, 0.9, 0.99):
        rows = rows_of_band(similarity)
        assert overlooked(similarity, rows) <= 0.01 or rows == 1
        assert overlooked(similarity, rows + 1) > 0.01 or rows == 32
