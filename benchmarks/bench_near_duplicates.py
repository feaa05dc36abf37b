"""Are near-duplicates among 20,000 texts found at once? They are looked for before every split into training and test."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from benchmarks.harness import Bar, Benchmark, Side

TEXTS, WORDS, PLANTED, SIMILARITY = 20_000, 200, 1_000, 0.8
HERE = "benchmarks.bench_near_duplicates"

BENCHMARK = Benchmark(
    question=(
        "How long does it take to find the near-duplicates among 20,000 texts of 200 words, 1,000 of them planted (at least "
        "0.8 of their word triples in common)? The work alone; the bar on recall is 95 % of the planted pairs."
    ),
    sides=[
        Side("sextant", "ours", ["{ours}/python", "-m", HERE, "ours"], reports=True),
        Side("reading the words", "roofline", ["{ours}/python", "-m", HERE, "read"], reports=True),
        Side("datasketch", "peer", ["{datasketch}/python", "-m", HERE, "datasketch"], reports=True),
    ],
    bar=[Bar(1 / 5, of=["datasketch"])],
    peers=["datasketch"],
    runs=3,
)


def _texts() -> tuple[list[str], set[tuple[int, int]]]:
    """The texts, and the planted pairs: a copy has two to six words of 200 replaced."""
    import random

    rng = random.Random(5)
    vocabulary = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in "bdfgklmnprstvz"]
    texts = [rng.choices(vocabulary, k=WORDS) for _ in range(TEXTS - PLANTED)]
    pairs = set()
    for one in rng.sample(range(TEXTS - PLANTED), PLANTED):
        copy = list(texts[one])
        for place in rng.sample(range(WORDS), rng.randint(2, 6)):
            copy[place] = rng.choice(vocabulary)
        pairs.add((one, len(texts)))
        texts.append(copy)
    triples = [set(zip(t, t[1:], t[2:], strict=False)) for t in texts]
    near = {
        (a, b) for a, b in pairs if len(triples[a] & triples[b]) >= SIMILARITY * len(triples[a] | triples[b])
    }
    return [" ".join(t) for t in texts], near


def main(side: str) -> dict[str, float]:
    """Seconds of the work alone, and the share of the planted pairs that were found."""
    texts, near = _texts()
    if side == "datasketch":
        found, seconds = _datasketch(texts)
    elif side == "read":
        begun = time.perf_counter()
        sum(len(t.split()) for t in texts)
        return {"seconds": time.perf_counter() - begun}
    else:
        from sextant.data.near import near_duplicates

        near_duplicates(texts[:2])  # whatever is imported where it is used
        begun = time.perf_counter()
        found = {(a, b) for a, b, _ in near_duplicates(texts, similarity=SIMILARITY).pairs}
        seconds = time.perf_counter() - begun
    recall = 100 * len(found & near) / len(near)
    if side == "ours" and recall < 95:
        raise SystemExit(f"only {recall:.1f} % of the planted pairs were found")
    return {"seconds": seconds, "planted pairs": len(near), "% found": recall}


def _datasketch(texts: list[str]) -> tuple[set[tuple[int, int]], float]:
    """As its manual shows it: a MinHash of each text's word triples, 128 permutations, all put into one index."""
    from datasketch import MinHash, MinHashLSH  # type: ignore[import-not-found]

    begun = time.perf_counter()
    index: Any = MinHashLSH(threshold=SIMILARITY, num_perm=128)
    found = set()
    for number, text in enumerate(texts):
        words = text.split()
        sketch = MinHash(num_perm=128)
        sketch.update_batch([" ".join(words[i : i + 3]).encode() for i in range(len(words) - 2)])
        found |= {(int(other), number) for other in index.query(sketch)}
        index.insert(number, sketch)
    return found, time.perf_counter() - begun


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
