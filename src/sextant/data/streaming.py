"""Counting a column of many different values on its bins as its rows go by: for DuckDB, with NumPy.

DuckDB hands over a column in batches faster than it groups one: a logarithm and a count for each value cost it four
times what they cost NumPy. Rows, sums, least and greatest, bins and the sketch of different values come out of one
pass, and of the rows no more is held than a few batches. Engines other than DuckDB group by the bin themselves
(`sextant.data.profiling`); what comes out is the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sextant.stats import bins as universal
from sextant.stats.bins import Histogram
from sextant.stats.distinct import REGISTER_BITS, REGISTERS, REST_BITS

if TYPE_CHECKING:
    from numpy import int64
    from numpy.typing import NDArray

#: So many rows go by at once: few enough to stay near the processor.
_AT_ONCE = 65_536
#: So many hours are held before they are put together.
_MOST_HELD = 50_000
#: No finite number has a finest bin farther from zero.
_FARTHEST = 1 << 21
_EMPTY = 1 << REST_BITS
_PER_HOUR = {"s": 3600, "ms": 3_600_000, "us": 3_600_000_000, "ns": 3_600_000_000_000}


@dataclass
class Streamed:
    """What is known of a column when its rows have gone by.

    n, nan, above, below  how many are finite, nan, plus and minus infinity
    total, squares        the sums of the distances from the base, and of their squares
    low, high             the least and the greatest finite value; of times, as whole numbers in the column's unit
    histogram             the counts on bins
    least                 of every register, the least rest that any hash had
    """

    n: int = 0
    nan: int = 0
    above: int = 0
    below: int = 0
    total: float = 0.0
    squares: float = 0.0
    low: Any = None
    high: Any = None
    histogram: Histogram = field(default_factory=Histogram)
    least: dict[int, int] = field(default_factory=dict)


def numbers(con: Any, sql: str, base: float, *, level: int, whole: bool) -> Streamed:
    """Go over the numbers `x`, and their hashes `h` if there are any, that a query gives; none is null.

    `level` is how coarse the bins are at least, `base` what sums are taken from: a whole number if the column's
    numbers are `whole`. Sums are inf where squares leave what a float can hold.
    """
    import numpy as np

    found, counted, sketch = Streamed(), _Bins(level), _Least()
    totals, squares = [], []
    floats = np.empty(0)
    for x, hashes in _batches(con, sql):
        if not whole and not math.isfinite(float(x.min()) + float(x.max())):
            kept = np.isfinite(x)
            found.nan += int(np.isnan(x).sum())
            found.above += int((x == math.inf).sum())
            found.below += int((x == -math.inf).sum())
            x, hashes = x[kept], None if hashes is None else hashes[kept]
            if not len(x):
                continue
        if len(floats) < len(x):
            floats = np.empty(len(x))
        v, low, high = floats[: len(x)], x.min(), x.max()
        found.n += len(x)
        found.low = low.item() if found.low is None else min(found.low, low.item())
        found.high = high.item() if found.high is None else max(found.high, high.item())
        with np.errstate(over="ignore", invalid="ignore"):
            if whole and max(abs(int(low) - int(base)), abs(int(high) - int(base))) < 2**63:
                # Away from the base before they become floats, so that large ones keep their last digits.
                np.copyto(v, x.astype(np.int64) - np.int64(base))
            else:
                np.subtract(x, base, out=v, dtype=np.float64)
            totals.append(float(v.sum()))
            v *= v
            squares.append(float(v.sum()))
        counted.add(_keys(x, v, counted.level, signed=low < 0))
        if hashes is not None:
            sketch.add(hashes)
    found.total, found.squares = math.fsum(totals), _sum(squares)
    found.histogram, found.least = counted.histogram(), sketch.found()
    return found


def times(con: Any, sql: str, unit: str) -> Streamed:
    """Go over the times `x`, as whole numbers in their unit since 1970, and their hashes `h`."""
    found, counted, sketch = Streamed(), _Hours(), _Least()
    for x, hashes in _batches(con, sql):
        low, high = int(x.min()), int(x.max())
        found.n += len(x)
        found.low = low if found.low is None else min(found.low, low)
        found.high = high if found.high is None else max(found.high, high)
        counted.add((x // _PER_HOUR[unit]) >> counted.level)
        if hashes is not None:
            sketch.add(hashes)
    found.histogram, found.least = counted.histogram(), sketch.found()
    return found


def _batches(con: Any, sql: str) -> Iterator[tuple[Any, Any]]:
    """The columns `x` and `h` of a query, a batch of rows after the other, without copying. By DLPack, as Arrow's own
    way into NumPy loads pandas where it is installed."""
    import numpy as np
    import pyarrow as pa

    for batch in con.sql(sql).to_arrow_reader(_AT_ONCE):
        if not batch.num_rows:
            continue
        x = batch.column(0)
        if pa.types.is_timestamp(x.type):
            x = x.view(pa.int64())
        yield np.from_dlpack(x), np.from_dlpack(batch.column(1)) if batch.num_columns > 1 else None


def _keys(x: Any, room: NDArray[Any], level: int, *, signed: bool) -> NDArray[int64]:
    """The bins of finite numbers; `room` holds as many floats, and is written over."""
    import numpy as np

    np.abs(x, out=room, dtype=np.float64)
    room += universal.TINY
    np.log(room, out=room)
    room *= universal.PER_LOG / 2**level
    room += (universal.OFFSET - 1) / 2**level + 1
    # No number has a bin below zero here, so cutting off what follows the point is rounding down.
    if signed:
        np.copysign(room, x, out=room)
    keys: NDArray[int64] = room.astype(np.int64)
    return keys


class _Bins:
    """Counts on bins of numbers as batches go by: of every bin that a float can have. Those that none falls into take no
    memory either, as a page of it is given only when it is written to."""

    def __init__(self, level: int) -> None:
        import numpy as np

        self.level = level
        self._middle = (_FARTHEST >> level) + 1
        self._counts = np.zeros(2 * self._middle + 1, np.int64)

    def add(self, keys: NDArray[int64]) -> None:
        """Count these bins; `keys` is written over."""
        import numpy as np

        keys += self._middle
        np.add.at(self._counts, keys, 1)

    def histogram(self) -> Histogram:
        """What was counted, on bins as coarse as that needs."""
        import numpy as np

        found = np.flatnonzero(self._counts)
        return Histogram.counted(found - self._middle, self._counts[found], "log", self.level)


class _Hours:
    """Counts on hours as batches go by, as coarse as they must be by now."""

    def __init__(self) -> None:
        self.level = 0
        self._keys: list[Any] = []
        self._counts: list[Any] = []
        self._held = 0

    def add(self, keys: NDArray[int64]) -> None:
        """Count these bins, which are of the present level."""
        import numpy as np

        low, high = int(keys.min()), int(keys.max())
        if high - low < 4 * len(keys) + 65_536:
            keys -= low
            counts = np.bincount(keys)
            found = np.flatnonzero(counts)
            counts, found = counts[found], found + low
        else:
            found, counts = np.unique(keys, return_counts=True)
        self._keys.append(found)
        self._counts.append(counts)
        self._held += len(found)
        if self._held > _MOST_HELD:
            self.histogram()

    def histogram(self) -> Histogram:
        """What was counted so far, on bins as coarse as that needs."""
        import numpy as np

        if not self._keys:
            return Histogram("hours", self.level)
        joined = np.concatenate(self._keys), np.concatenate(self._counts)
        found = Histogram.counted(*joined, "hours", self.level)
        self._keys, self._counts = [np.array(found.keys, np.int64)], [np.array(found.counts, np.int64)]
        self._held, self.level = len(found.keys), found.level
        return found


class _Least:
    """Of every register of a sketch, the least rest of any hash as batches go by."""

    def __init__(self) -> None:
        import numpy as np

        self._least = np.full(REGISTERS, _EMPTY, dtype=np.int64)
        self._most = np.uint64(2**64 - 1)

    def add(self, hashes: Any) -> None:
        """Take in these, as DuckDB gives them: of 64 bits, the lowest of which is not used."""
        import numpy as np

        # What is above the greatest of the least changes no register.
        near = hashes[hashes <= self._most] >> np.uint64(1)
        if not len(near):
            return
        near = near.astype(np.int64)
        np.minimum.at(self._least, near & (REGISTERS - 1), near >> REGISTER_BITS)
        most = int(self._least.max())
        if most < _EMPTY:
            self._most = np.uint64(((most + 1) << (REGISTER_BITS + 1)) - 1)

    def found(self) -> dict[int, int]:
        import numpy as np

        met = np.flatnonzero(self._least < _EMPTY)
        return dict(zip(met.tolist(), self._least[met].tolist(), strict=True))


def _sum(values: list[float]) -> float:
    return math.fsum(values) if all(map(math.isfinite, values)) else math.inf
