"""A histogram on bins that are the same everywhere, so that the histograms of parts add up to that of the whole.

Bins that are cut by the data (ten between minimum and maximum, ten of equal count) differ from part to part,
and cannot be added. These are fixed for ever: for numbers by sign and logarithm, for times by the hour. Every
value falls into a *finest* bin; a histogram that would need more than `MOST_BINS` of them puts two neighbours
together, and again, until it fits. That is `level`, and it depends on the values alone: whichever way they
were parted, and in whichever order the parts are added, the sum is the histogram of the whole.

Source: the logarithmic bins are those of Masson, Rim and Lee, "DDSketch" (2019), their being put together in
pairs that of Epicoco et al., "UDDSketch: accurate tracking of quantiles in data streams" (2020).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

from sextant.errors import InvalidInput
from sextant.stats._checks import inside, one_of, positive, row_of_counts, whole

if TYPE_CHECKING:
    from numpy import int64
    from numpy.typing import NDArray

#: The finest bins of numbers: so many for each doubling, 0.068 % wide.
FINEST = 1024
#: What is added before the logarithm, so that 0 has one: numbers nearer to zero than this count as zero.
TINY = 1e-300
#: ln(|x| + TINY) * PER_LOG + OFFSET, rounded down, is the finest bin of a number without its sign. The offset
#: puts zero into bin 0, and no edge near a number that people write: engines differ in a logarithm's last
#: digit, and must not differ in the bin.
PER_LOG = FINEST / math.log(2)
OFFSET = 1_020_496.9114
#: A histogram has no more bins than this.
MOST_BINS = 512
_SCALES = ("log", "hours")
#: The level at which no histogram can need more bins.
COARSEST = {"log": 13, "hours": 40}


class Within(NamedTuple):
    """A value that is known up to the bin that it lies in: the truth is not outside `lower` to `upper`.

    >>> Histogram.of([3.0]).quantile(0.5, least=3.0, most=3.0)
    Within(value=3.0, lower=3.0, upper=3.0)
    """

    value: float
    lower: float
    upper: float


def keys_of(values: Any) -> NDArray[int64]:
    """The finest bins of finite numbers, as the engines compute them.

    >>> keys_of([0.0, 1.0, 2.0, -2.0]).tolist()
    [0, 1020496, 1021520, -1021520]
    """
    import numpy as np

    x = np.asarray(values, dtype=np.float64)
    keys: NDArray[int64] = (np.floor(np.log(np.abs(x) + TINY) * PER_LOG + OFFSET) * np.sign(x)).astype(
        np.int64
    )
    return keys


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts of values on bins that never change.

    scale   "log": numbers by sign and logarithm; "hours": times by whole hours since 1970 (UTC)
    level   so often neighbouring bins were put together in pairs; a bin of numbers is then
            2 ** (2 ** level / 1024) - 1 wide, in parts of its value
    keys    the bins that hold something, in order
    counts  how many values each holds, above zero

    >>> part, rest = Histogram.of([1.0, 1.5]), Histogram.of([-3.0, 1.5])
    >>> (part + rest).counts
    (1, 1, 2)
    >>> part + rest == Histogram.of([-3.0, 1.0, 1.5, 1.5])
    True
    """

    scale: Literal["log", "hours"] = "log"
    level: int = 0
    keys: tuple[int, ...] = ()
    counts: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        one_of("scale", self.scale, _SCALES)
        if whole("level", self.level) > COARSEST[self.scale]:
            raise InvalidInput(f"level is {self.level}", rule=f"at most {COARSEST[self.scale]}")
        if len(self.keys) != len(self.counts):
            raise InvalidInput(
                f"there are {len(self.keys)} bins and {len(self.counts)} counts",
                rule="each bin has its count",
            )
        if any(a >= b for a, b in zip(self.keys, self.keys[1:], strict=False)):
            raise InvalidInput("the bins are not in order", rule="each bin stands once, the lowest first")
        if self.counts and min(row_of_counts("counts", self.counts)) == 0:
            raise InvalidInput("a bin is empty", rule="a bin that holds nothing is left out")

    @classmethod
    def of(cls, values: Any, scale: Literal["log", "hours"] = "log") -> Self:
        """The histogram of finite numbers; of times, as seconds since 1970 in UTC."""
        import numpy as np

        x = np.asarray(values, dtype=np.float64).ravel()
        if not np.isfinite(x).all():
            raise InvalidInput("not all values are finite", rule="count what is missing or infinite apart")
        keys = keys_of(x) if scale == "log" else np.floor(x / 3600).astype(np.int64)
        return cls.counted(keys, np.ones(len(keys), dtype=np.int64), scale)

    @classmethod
    def counted(cls, keys: Any, counts: Any, scale: Literal["log", "hours"] = "log", level: int = 0) -> Self:
        """The histogram of bins with their counts, in any order, also repeated: as coarse as it must be."""
        import numpy as np

        k, n = np.asarray(keys, dtype=np.int64), np.asarray(counts, dtype=np.int64)
        while True:
            found, where = np.unique(k, return_inverse=True)
            if len(found) <= MOST_BINS:
                break
            k, level = _coarser(k, 1, scale), level + 1
        sums = np.zeros(len(found), dtype=np.int64)
        np.add.at(sums, where, n)
        kept = sums > 0
        return cls(scale, level, tuple(found[kept].tolist()), tuple(sums[kept].tolist()))

    def __add__(self, other: Histogram) -> Histogram:
        if not isinstance(other, Histogram):
            return NotImplemented
        if self.scale != other.scale:
            raise InvalidInput("one histogram is of numbers and one of times", rule="only one kind adds up")
        level = max(self.level, other.level)
        one, two = self.at(level), other.at(level)
        return Histogram.counted((*one.keys, *two.keys), (*one.counts, *two.counts), self.scale, level)

    def at(self, level: int) -> Histogram:
        """The same, with bins put together up to this level. Raises `InvalidInput` for a finer one."""
        if level == self.level:
            return self
        if level < self.level:
            raise InvalidInput(
                f"level {level} is finer than {self.level}", rule="bins cannot be parted again"
            )
        import numpy as np

        keys = _coarser(np.array(self.keys, dtype=np.int64), level - self.level, self.scale)
        return Histogram.counted(keys, self.counts, self.scale, level)

    @property
    def total(self) -> int:
        """How many values were counted."""
        return sum(self.counts)

    @property
    def width(self) -> float:
        """How wide a bin is: of numbers, as a part of its value; of times, in hours."""
        return 2.0 ** (2**self.level / FINEST) - 1 if self.scale == "log" else float(2**self.level)

    def edges(self, key: int) -> tuple[float, float]:
        """Where a bin begins and ends: of times, in seconds since 1970. The end belongs to it for negative
        numbers, the beginning for all others."""
        if self.scale == "hours":
            return key * 2**self.level * 3600.0, (key + 1) * 2**self.level * 3600.0
        if key == 0:
            return 0.0, 0.0
        low, high = ((m << self.level) + 1 for m in (abs(key) - 1, abs(key)))
        ends = sorted(math.copysign(_number_at(at), key) for at in (low, high))
        return ends[0], ends[1]

    def quantile(self, q: float, *, least: float = -math.inf, most: float = math.inf) -> Within:
        """The value below which a share `q` of all values lies (of the ordered values, that of rank q * n,
        rounded up), with the ends of its bin. `least` and `most` are the exact minimum and maximum, where
        they are known. nan when nothing was counted.

        >>> q = Histogram.of(range(1, 1001)).quantile(0.5)
        >>> q.lower <= 500 <= q.upper, q.upper / q.lower < 1.02
        (True, True)
        """
        if not self.counts:
            return Within(math.nan, math.nan, math.nan)
        share = 0.0 if q == 0 else 1.0 if q == 1 else inside("q", q, 0.0, 1.0)
        rank = max(math.ceil(share * self.total - 1e-9), 1)
        before = 0
        for key, count in zip(self.keys, self.counts, strict=True):  # noqa: B007
            if before + count >= rank:
                break
            before += count
        low, high = (min(max(end, least), most) for end in self.edges(key))
        at = low + (high - low) * (rank - before - 0.5) / count
        return Within(min(max(at, low), high), low, high)


class Common(NamedTuple):
    """Two histograms on the bins of one of them. `edges` part the bins; `rounding` is how far, in parts of
    its value, an edge lies from where it was asked to be at most.

    >>> coarsened(Histogram.of([1, 2, 3, 4]), Histogram.of([2, 9]), bins=2).current
    (1, 1)
    """

    reference: tuple[int, ...]
    current: tuple[int, ...]
    edges: tuple[float, ...]
    rounding: float


def coarsened(reference: Histogram, current: Histogram, bins: int) -> Common:
    """Both histograms on as many bins as asked, each with about as many values of the reference.

    Edges are those of the fixed bins that lie nearest to the reference's quantiles, so both are counted
    exactly; only where the reference has fewer different bins than asked there are fewer.

    >>> found = coarsened(Histogram.of(range(1, 101)), Histogram.of(range(26, 126)), bins=4)
    >>> found.reference, found.current
    ((25, 25, 25, 25), (0, 25, 25, 50))
    """
    from bisect import bisect_left

    level = max(reference.level, current.level)
    old, new = reference.at(level), current.at(level)
    upto, total = list(accumulate(old.counts)), old.total
    # A cut after the i-th bin of the reference; each one once, moved on where several quantiles fall together.
    cuts: list[int] = []
    for i in range(1, positive("bins", bins)):
        at, wanted = bisect_left(upto, total * i / bins), total * i / bins
        if at > 0 and wanted - upto[at - 1] < upto[min(at, len(upto) - 1)] - wanted:
            at -= 1
        at = max(at, cuts[-1] + 1 if cuts else 0)
        if at >= len(upto) - 1:
            break
        cuts.append(at)
    keys = [old.keys[at] for at in cuts]
    return Common(
        _parted(old, keys),
        _parted(new, keys),
        tuple(_end(old, key) for key in keys),
        old.width / 2 if old.scale == "log" else old.width,
    )


def middles(keys: Sequence[int], level: int) -> tuple[float, ...]:
    """Where the middle of each bin of numbers lies.

    >>> [round(at, 2) for at in middles([-1021520, 0, 1020496], level=0)]
    [-2.0, 0.0, 1.0]
    """
    import numpy as np

    away = np.abs(np.asarray(keys, dtype=np.int64))
    low, high = (((m << level) + 1 - OFFSET) / FINEST for m in (away - 1, away))
    with np.errstate(over="ignore"):
        ends = [np.minimum(np.maximum(2.0**at - TINY, 0.0), np.finfo(np.float64).max) for at in (low, high)]
    at = (ends[0] / 2 + ends[1] / 2) * np.sign(np.asarray(keys, dtype=np.int64))
    return tuple(at.tolist())


def _end(histogram: Histogram, key: int) -> float:
    return histogram.edges(key)[1]


def _parted(histogram: Histogram, keys: Sequence[int]) -> tuple[int, ...]:
    from bisect import bisect_right

    # Keys are in order: what lies between two cuts stands together.
    ends = [bisect_right(histogram.keys, key) for key in keys]
    return tuple(
        sum(histogram.counts[a:b]) for a, b in zip([0, *ends], [*ends, len(histogram.keys)], strict=True)
    )


def _coarser(keys: NDArray[int64], steps: int, scale: str) -> NDArray[int64]:
    import numpy as np

    if scale == "hours":
        return keys >> steps
    away = np.abs(keys)
    # Zero stays a bin of its own.
    joined: NDArray[int64] = np.where(away == 0, 0, (((away - 1) >> steps) + 1) * np.sign(keys))
    return joined


def _number_at(key: int) -> float:
    """Where the finest bin begins, without its sign."""
    exponent = (key - OFFSET) / FINEST
    if exponent >= 1024:
        return math.inf
    return float(max(2.0**exponent - TINY, 0.0))
