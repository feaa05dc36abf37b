"""Texts that are nearly the same: found by MinHash, told by comparing.

A text is the set of its word triples (shingles; Broder 1997, "On the resemblance and containment of documents"), two
are near-duplicates if they share at least `similarity` of the triples of both (Jaccard). Comparing all pairs is out of
the question, so each text gets a sketch: its triples are hashed once and fall into bins, the smallest hash of each bin
is kept, and an empty bin borrows from another (Li, Owen, Zhang 2012, "One permutation hashing"; Shrivastava 2017,
"Optimal densification"). Texts that agree in a whole band of bins are candidates (Leskovec, Rajaraman, Ullman,
*Mining of Massive Datasets*, section 3.4), as are short texts that share any triple. Candidates are compared exactly, so
what is reported is right; what may be overlooked is a pair that meets in no band: `overlooked()` of those just at
`similarity`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sextant.errors import InvalidInput

#: Words in a shingle.
WORDS = 3
#: Bins of a sketch. Bands of `rows` bins each: as many rows as leave few pairs overlooked.
BINS = 128
#: Odd numbers, one for each word of a shingle: of xxHash (Collet 2012).
_FACTORS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)
#: Of pairs that are just similar enough, so many may be overlooked.
_OVERLOOKED = 0.01
#: Of texts with at most so many shingles, any that they share makes candidates.
SHORT = 16
#: In a bucket with more texts than this, each is compared with the first only.
_CROWD = 60


@dataclass(frozen=True, slots=True)
class Near:
    """Near-duplicates among texts. `pairs` are (earlier, later, share of triples in common), `groups` the texts that
    hang together by pairs, each from its first text on. Exactly equal texts are in `groups`, and each pair of neighbours
    of them is in `pairs`."""

    pairs: tuple[tuple[int, int, float], ...]
    groups: tuple[tuple[int, ...], ...]


def rows_of_band(similarity: float) -> int:
    """So many bins make a band: the most for which at most `_OVERLOOKED` of pairs at this similarity meet in none."""
    return max((r for r in range(1, 33) if overlooked(similarity, r) <= _OVERLOOKED), default=1)


def overlooked(similarity: float, rows: int) -> float:
    """The share of pairs of this similarity that agree in no band of so many bins.

    >>> round(overlooked(0.5, 4), 3)
    0.127
    """
    return float((1 - similarity**rows) ** (BINS // rows))


def near_duplicates(texts: Any, *, similarity: float = 0.8) -> Near:
    """Pairs and groups of texts (a list of strings, or an Arrow array of them) that share at least `similarity` of
    their word triples. Words are told apart by white space, capitals do not count; a text of fewer than three words
    is one shingle. A text that is null or blank is near to none.

    >>> a = "the quick brown fox jumps over the lazy dog near the river"
    >>> near_duplicates([a, "something else altogether it is", a + " bank"], similarity=0.8).groups
    ((0, 2),)

    Raises `InvalidInput` if `similarity` is not above 0 and at most 1.
    """
    import numpy as np

    if not 0 < similarity <= 1:
        raise InvalidInput(f"similarity is {similarity}", rule="a similarity lies above 0 and up to 1")
    shingles, starts, sizes = _shingles(texts)
    filled = np.flatnonzero(sizes)
    if len(filled) < 2:
        return Near((), ())
    sketches = _sketches(shingles, starts[filled], sizes[filled])
    found = [
        *_candidates(sketches, rows_of_band(similarity)),
        *_short_candidates(shingles, starts[filled], sizes[filled]),
    ]
    candidates = _different(found, len(filled))
    one, other = filled[candidates[:, 0]], filled[candidates[:, 1]]
    shared = _jaccard(shingles, starts, sizes, one, other)
    kept = shared >= similarity - 1e-12
    pairs = sorted(
        (int(min(a, b)), int(max(a, b)), float(s))
        for a, b, s in zip(one[kept], other[kept], shared[kept], strict=True)
    )
    return Near(tuple(pairs), _groups((a, b) for a, b, _ in pairs))


def _shingles(texts: Any) -> tuple[Any, Any, Any]:
    """The hashed word triples of all texts, sorted and each once within a text: hashes, where each text's begin, and
    how many it has."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    given = texts if isinstance(texts, pa.Array | pa.ChunkedArray) else pa.array(texts, pa.string())
    given = given.combine_chunks() if isinstance(given, pa.ChunkedArray) else given
    split = pc.utf8_split_whitespace(pc.utf8_trim_whitespace(pc.fill_null(pc.utf8_lower(given), "")))
    flat = split.flatten()
    lengths = pc.list_value_length(split).to_numpy(zero_copy_only=False).astype(np.int64)
    encoded = flat.dictionary_encode() if len(flat) else None
    # A blank text splits into one empty word.
    if encoded is None:
        return np.empty(0, np.uint64), np.zeros(len(given), np.int64), np.zeros(len(given), np.int64)
    blank = pc.equal(pc.utf8_length(pc.utf8_trim_whitespace(pc.fill_null(given, ""))), 0).to_numpy(
        zero_copy_only=False
    )
    vocabulary = _hashes(encoded.dictionary)
    codes = vocabulary[encoded.indices.to_numpy(zero_copy_only=False)]
    ends = np.cumsum(lengths)
    begins = ends - lengths
    owner = np.repeat(np.arange(len(lengths)), lengths)
    place = np.arange(len(codes)) - begins[owner]
    first = place <= np.maximum(lengths[owner] - WORDS, 0)
    first &= ~blank[owner]
    # A sum of the words' hashes, each times an odd number of its own, so that their order counts.
    mixed = np.zeros(len(codes), dtype=np.uint64)
    short = lengths[owner] < WORDS
    with np.errstate(over="ignore"):
        for step, factor in enumerate(_FACTORS):
            later = codes[step:] * np.uint64(factor)
            if short.any():
                later[(short & (place + step >= lengths[owner]))[: len(later)]] = 0
            mixed[: len(later)] += later
        mixed = _mix(mixed)
    # Text and hash in one number, so that one sort puts each text's hashes in order; the hash gives up the bits that
    # the text's number takes: of a million texts it keeps 44, and two different triples of a text are told apart.
    bits = np.uint64(max(len(lengths) - 1, 1).bit_length())
    packed = (owner[first].astype(np.uint64) << (np.uint64(64) - bits)) | (mixed[first] >> bits)
    packed.sort()
    new = np.ones(len(packed), dtype=bool)
    np.not_equal(packed[1:], packed[:-1], out=new[1:])
    packed = packed[new]
    owner, mixed = (packed >> (np.uint64(64) - bits)).astype(np.int64), packed << bits
    sizes = np.bincount(owner, minlength=len(lengths)).astype(np.int64)
    return mixed, np.cumsum(sizes) - sizes, sizes


def _hashes(words: Any) -> Any:
    """64 bits for each word, the same on every machine and day."""
    import hashlib

    import numpy as np

    joined = b"".join(hashlib.blake2b(w.encode(), digest_size=8).digest() for w in words.to_pylist())
    return np.frombuffer(joined, dtype="<u8").astype(np.uint64)


def _mix(x: Any) -> Any:
    """The finisher of splitmix64 (Steele, Lea, Flood 2014): every bit of the result depends on every bit given."""
    import numpy as np

    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _sketches(shingles: Any, starts: Any, sizes: Any) -> Any:
    """The smallest hash in each bin of each text; the bins are told by a hash's top bits."""
    import numpy as np

    texts = np.repeat(np.arange(len(sizes)), sizes)
    first = np.repeat(starts - (np.cumsum(sizes) - sizes), sizes)
    hashes = shingles[np.arange(len(texts)) + first]
    bins = (hashes >> np.uint64(57)).astype(np.int64)
    # Hashes are sorted within a text, so bins are too, and the first of a bin is its smallest.
    place = texts * BINS + bins
    lead = np.ones(len(place), dtype=bool)
    lead[1:] = place[1:] != place[:-1]
    empty = np.uint64(0xFFFFFFFFFFFFFFFF)
    flat = np.full(len(sizes) * BINS, empty)
    flat[place[lead]] = hashes[lead]
    sketches = flat.reshape(len(sizes), BINS)
    with np.errstate(over="ignore"):
        for attempt in range(1, 200):
            holes = sketches == empty
            if not holes.any():
                break
            text, at = np.nonzero(holes)
            # Every text asks the same other bin, at random: two texts that borrow, borrow alike.
            draw = _mix(np.arange(BINS, dtype=np.uint64) + np.uint64(attempt * 1_000_003))
            asked = sketches[text, (draw % np.uint64(BINS)).astype(np.int64)[at]]
            # Marked with the borrowing bin, so that a borrowed value equals only one borrowed alike.
            given = asked != empty
            borrowed = _mix(asked[given] + at[given].astype(np.uint64) + np.uint64(1))
            sketches[text[given], at[given]] = borrowed
    return sketches


def _candidates(sketches: Any, rows: int) -> Iterator[Any]:
    """Pairs of texts that agree in a whole band."""
    import numpy as np

    for start in range(0, BINS - rows + 1, rows):
        key = np.zeros(len(sketches), dtype=np.uint64)
        with np.errstate(over="ignore"):
            for column in range(start, start + rows):
                key = _mix(key * np.uint64(31) + sketches[:, column])
        yield from _alike(key, np.arange(len(sketches)))


def _short_candidates(shingles: Any, starts: Any, sizes: Any) -> Iterator[Any]:
    """Pairs of short texts with any shingle in common: so few are left to chance by a sketch."""
    import numpy as np

    short = np.flatnonzero(sizes <= SHORT)
    if len(short):
        yield from _alike(_taken(shingles, starts[short], sizes[short]), np.repeat(short, sizes[short]))


def _alike(key: Any, of: Any) -> Iterator[Any]:
    """Pairs among those whose keys are equal."""
    import numpy as np

    order = np.argsort(key, kind="stable")
    ordered = key[order]
    edges = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1], True])
    lengths = np.diff(edges)
    begins = edges[:-1]
    for length in np.unique(lengths[lengths > 1]):
        members = of[order[begins[lengths == length][:, None] + np.arange(length)]]
        if length <= _CROWD:
            a, b = np.triu_indices(length, 1)
        else:
            a = np.r_[np.zeros(length - 1, np.int64), np.arange(length - 2)]
            b = np.r_[np.arange(1, length), np.arange(1, length - 1)]
        yield np.stack([members[:, a].ravel(), members[:, b].ravel()], axis=1)


def _different(found: list[Any], many: int) -> Any:
    """Each pair once, the smaller first."""
    import numpy as np

    if not found:
        return np.empty((0, 2), dtype=np.int64)
    pairs = np.concatenate(found)
    pairs.sort(axis=1)
    code = np.unique(pairs[:, 0] * np.int64(many) + pairs[:, 1])
    return np.stack([code // many, code % many], axis=1)


def _jaccard(shingles: Any, starts: Any, sizes: Any, one: Any, other: Any) -> Any:
    """The share of triples that two texts have in common, of those of both; exact, many pairs at a time."""
    import numpy as np

    shared = np.empty(len(one))
    for begin in range(0, len(one), 20_000):
        a, b = one[begin : begin + 20_000], other[begin : begin + 20_000]
        pair = np.r_[np.repeat(np.arange(len(a)), sizes[a]), np.repeat(np.arange(len(b)), sizes[b])]
        hashes = np.r_[_taken(shingles, starts[a], sizes[a]), _taken(shingles, starts[b], sizes[b])]
        order = np.lexsort((hashes, pair))
        pair, hashes = pair[order], hashes[order]
        twice = (hashes[1:] == hashes[:-1]) & (pair[1:] == pair[:-1])
        both = np.bincount(pair[1:][twice], minlength=len(a))
        shared[begin : begin + 20_000] = both / (sizes[a] + sizes[b] - both)
    return shared


def _taken(values: Any, starts: Any, sizes: Any) -> Any:
    """Runs of values, one behind the other."""
    import numpy as np

    offset = np.repeat(starts - (np.cumsum(sizes) - sizes), sizes)
    return values[np.arange(int(sizes.sum())) + offset]


def _groups(pairs: Iterable[tuple[int, int]]) -> tuple[tuple[int, ...], ...]:
    """What hangs together by pairs, each group sorted, by its first."""
    parent: dict[int, int] = {}

    def root(x: int) -> int:
        while parent.setdefault(x, x) != x:
            parent[x] = parent[parent[x]]
            x = parent[x]
        return x

    for a, b in pairs:
        one, two = root(a), root(b)
        parent[max(one, two)] = min(one, two)
    found: dict[int, list[int]] = {}
    for x in sorted(parent):
        found.setdefault(root(x), []).append(x)
    return tuple(tuple(g) for g in found.values())
