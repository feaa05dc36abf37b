"""ROUGE: how far a text overlaps with a reference, by words, pairs of words, and the longest run of words in order.

The words are those of the usual implementation: small letters and digits, everything else between them a gap. Without a
stemmer: `running` and `runs` are different words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_GAP = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Overlap:
    """Precision (of the text's words, those in the reference), recall (of the reference's, those in the text) and f, the
    harmonic mean of the two."""

    precision: float
    recall: float
    f: float

    @classmethod
    def of(cls, shared: int, said: int, wanted: int) -> Overlap:
        precision, recall = shared / said if said else 0.0, shared / wanted if wanted else 0.0
        total = precision + recall
        return cls(precision, recall, 2 * precision * recall / total if total else 0.0)


def words(text: str) -> list[str]:
    """The words that ROUGE counts.

    >>> words("It's 9 o'clock!")
    ['it', 's', '9', 'o', 'clock']
    """
    return [w for w in _GAP.sub(" ", text.lower()).split(" ") if w]


def rouge_n(reference: str, text: str, n: int) -> Overlap:
    """Runs of n words that both have.

    Source: Lin, "ROUGE: a package for automatic evaluation of summaries" (2004), section 2.

    >>> rouge_n("testing one two", "testing one", 2)
    Overlap(precision=1.0, recall=0.5, f=0.6666666666666666)
    """
    wanted, said = _runs(words(reference), n), _runs(words(text), n)
    shared = sum((wanted & said).values())
    return Overlap.of(shared, sum(said.values()), sum(wanted.values()))


def _runs(tokens: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))


def rouge_l(reference: str, text: str) -> Overlap:
    """The longest run of words that stands in both in one order, with gaps.

    Source: Lin (2004), section 3.

    >>> rouge_l("testing one two", "testing two").recall
    0.6666666666666666
    """
    wanted, said = words(reference), words(text)
    return Overlap.of(len(_common(wanted, said)), len(said), len(wanted))


def rouge_lsum(reference: str, text: str) -> Overlap:
    """The same line by line: of each line of the reference, the words that stand in order in some line of the text.

    Source: Lin (2004), section 3.2, summary-level.

    >>> rouge_lsum("w1 w2 w3 w4 w5", "w1 w2 w6 w7 w8\\nw1 w3 w8 w9 w5").recall
    0.8
    """
    wanted = [w for w in map(words, reference.split("\n")) if w]
    said = [w for w in map(words, text.split("\n")) if w]
    left_said, left_wanted = Counter(t for s in said for t in s), Counter(t for w in wanted for t in w)
    many_said, many_wanted, shared = sum(left_said.values()), sum(left_wanted.values()), 0
    for line in wanted:
        union = sorted({i for other in said for i in _common(line, other)})
        for i in union:
            word = line[i]
            # A word counts no more often than either side has it.
            if left_said[word] > 0 and left_wanted[word] > 0:
                left_said[word] -= 1
                left_wanted[word] -= 1
                shared += 1
    return Overlap.of(shared, many_said, many_wanted)


def _common(one: Sequence[str], other: Sequence[str]) -> list[int]:
    """The places in `one` of a longest common subsequence."""
    table = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i, a in enumerate(one, 1):
        above, row = table[i - 1], table[i]
        for j, b in enumerate(other, 1):
            row[j] = above[j - 1] + 1 if a == b else max(above[j], row[j - 1])
    found, i, j = [], len(one), len(other)
    while i and j:
        if one[i - 1] == other[j - 1]:
            found.append(i - 1)
            i, j = i - 1, j - 1
        elif table[i][j - 1] > table[i - 1][j]:
            j -= 1
        else:
            i -= 1
    return found[::-1]
