"""A digest of a table's rows: the same for the same rows, whatever their order, files, types' widths and engine.

The construction is an additive multiset hash: AdHash (Bellare and Micciancio, "A new paradigm for collision-free
hashing", 1997, section 5) in the multiset form of Clarke et al. ("Incremental multiset hash functions and their
application to memory integrity checking", 2003, MSet-Add-Hash). Each row is written down in one way (below), hashed
by BLAKE2b to 128 bits, and the hashes are added modulo 2^128, beside a count of rows. So parts that were summed
apart add up, rows that are appended cost only themselves, and rows that are taken out are subtracted.

**What it cannot do.** Two tables that differ by accident have one digest with a chance of about 2^-128. Against
somebody who makes up rows to hit a wanted sum it is weak: with many rows of free choice a sum of 128 bits is hit in
far fewer than 2^64 steps (Wagner, "A generalized birthday problem", 2002). The log's own digests (SHA-256 over
records) do not rest on it.

**How a row is written down.** Columns in the order of their names; each value as one byte for its sort and 16 bytes:
a missing value is all zero; yes/no; whole numbers by value, so 32 and 64 bits are alike, and a decimal without a
fraction is a whole number; other decimals by their shortest text; floats by their bits as 64-bit floats, with one nan
and one zero; dates in days; times in microseconds UTC (a time without a zone is taken as UTC) with what is left in
nanoseconds; text and bytes by their BLAKE2b; lists and structures by the BLAKE2b of their canonical JSON. A float is
never alike a whole number: `1.0` and `1` are two values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from sextant.canonical import canonical, digest
from sextant.errors import InvalidInput, Unavailable
from sextant.tables import Table
from sextant.tables.engines import is_spark
from sextant.tables.faults import errors_of, explained

if TYPE_CHECKING:
    import numpy as np

FORMAT = 1
_MODULUS = 1 << 128
#: One byte for the sort of value, 16 for the value.
_WIDTH = 17
_SORTS = {
    "missing": 0, "yes_no": 1, "whole": 2, "float": 3, "decimal": 4, "date": 5, "timestamp": 6, "time": 7,
    "duration": 8, "text": 9, "bytes": 10, "nested": 11,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rowsum:
    """How many rows, and the sum of their hashes; `columns` are their names in order."""

    columns: tuple[str, ...]
    rows: int = 0
    total: int = 0

    def __add__(self, other: Rowsum) -> Rowsum:
        self._alike(other)
        return Rowsum(self.columns, self.rows + other.rows, (self.total + other.total) % _MODULUS)

    def __sub__(self, other: Rowsum) -> Rowsum:
        self._alike(other)
        return Rowsum(self.columns, self.rows - other.rows, (self.total - other.total) % _MODULUS)

    def _alike(self, other: Rowsum) -> None:
        if self.columns != other.columns:
            raise InvalidInput("two tables with different columns have no common sum")

    @property
    def digest(self) -> str:
        """64 hexadecimal digits, over the names of the columns, the count and the sum."""
        return digest(
            {"format": FORMAT, "columns": self.columns, "rows": self.rows, "sum": f"{self.total:032x}"}
        )

    def add(self, batch: Any) -> Rowsum:
        """With the rows of an Arrow record batch."""
        names = tuple(sorted(batch.schema.names))
        return self + Rowsum(names, batch.num_rows, _total(batch, names))


def rowsum(source: Table | Iterable[Any], columns: Iterable[str] | None = None) -> Rowsum:
    """The sum over a table, or over Arrow record batches that all have the same `columns`.

    Goes over the rows once, a batch at a time. On Spark each worker sums its own part.

    >>> import pyarrow as pa
    >>> from sextant.tables import table
    >>> one = table(pa.table({"x": pa.array([1, 2], pa.int64()), "y": ["a", None]}))
    >>> other = table(pa.table({"y": [None, "a"], "x": pa.array([2, 1], pa.int8())}))
    >>> rowsum(one) == rowsum(other), rowsum(one).digest[:12]
    (True, '52e9ff3ca224')
    """
    if isinstance(source, Table):
        if is_spark(source.engine):
            return _on_spark(source)
        columns, source = source.columns, source.batches()
    found = Rowsum(tuple(sorted(columns or ())))
    for batch in source:
        found = found.add(batch)
    return found


def _on_spark(table: Table) -> Rowsum:
    """The same function over each worker's batches: only one small row a part comes back."""
    names = tuple(sorted(table.columns))
    rows = table.engine._session.sql(table.engine.compile(table.expr))

    def part(batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa

        found = Rowsum(names)
        for batch in batches:
            found = found.add(batch)
        yield pa.record_batch({"rows": [found.rows], "total": [f"{found.total:032x}"]})

    found = Rowsum(names)
    try:
        parts = rows.mapInArrow(part, "rows long, total string").collect()
    except errors_of(table.engine) as error:
        if any(f"No module named '{name}'" in str(error) for name in ("sextant", "pyarrow")):
            raise Unavailable(
                "the workers have no Sextant", where=table.name, rule="each sums its own rows",
                todo="install it where they run, and name their Python by PYSPARK_PYTHON",
            ) from error  # fmt: skip
        raise explained(error, table.name, []) from error
    for row in parts:
        found += Rowsum(names, row["rows"], int(row["total"], 16))
    return found


def _total(batch: Any, names: tuple[str, ...]) -> int:
    """The sum of the hashes of a batch's rows, modulo 2^128."""
    import numpy as np

    if not batch.num_rows:
        return 0
    written = np.zeros((batch.num_rows, _WIDTH * len(names)), np.uint8)
    for i, name in enumerate(names):
        index = batch.schema.get_field_index(name)
        _write(batch.column(index), written[:, i * _WIDTH : (i + 1) * _WIDTH], name)
    flat, width = memoryview(written.tobytes()), _WIDTH * len(names)
    hashes = b"".join(
        [blake2b(flat[at : at + width], digest_size=16).digest() for at in range(0, len(flat), width)]
        if width
        else [blake2b(digest_size=16).digest()] * batch.num_rows
    )
    # Four limbs of 32 bits: each sum of less than 2^32 of them fits into 64 bits.
    limbs = np.frombuffer(hashes, "<u4").reshape(-1, 4).astype(np.uint64).sum(axis=0)
    return sum(int(limb) << (32 * i) for i, limb in enumerate(limbs)) % _MODULUS


def _write(values: Any, to: np.ndarray[Any, Any], name: str) -> None:
    """Write a column's values down, each into its 17 bytes."""
    import numpy as np
    import pyarrow as pa

    kind = values.type
    if pa.types.is_null(kind):
        return
    there = np.asarray(values.is_valid())
    if pa.types.is_boolean(kind):
        _fixed(to, there, "yes_no", values.cast(pa.int8()).cast(pa.int64()))
    elif pa.types.is_integer(kind) and kind != pa.uint64():
        _fixed(to, there, "whole", values.cast(pa.int64()))
    elif pa.types.is_floating(kind):
        floats = _numpy(values.cast(pa.float64()), 0.0).copy()
        floats[floats == 0] = 0.0
        floats[np.isnan(floats)] = np.nan
        _put(to, there, "float", floats.view(np.int64))
    elif pa.types.is_date(kind):
        _fixed(to, there, "date", values.cast(pa.date32()).cast(pa.int32()).cast(pa.int64()))
    elif pa.types.is_timestamp(kind) or pa.types.is_duration(kind) or pa.types.is_time(kind):
        sort = (
            "timestamp" if pa.types.is_timestamp(kind) else "time" if pa.types.is_time(kind) else "duration"
        )
        bits = pa.int32() if pa.types.is_time32(kind) else pa.int64()
        units = _numpy(values.cast(bits).cast(pa.int64()), 0)
        if kind.unit == "ns":
            _put(to, there, sort, units // 1000, units % 1000)
        else:
            _put(to, there, sort, units * {"s": 1_000_000, "ms": 1000, "us": 1}[kind.unit])
    elif pa.types.is_decimal(kind) or kind == pa.uint64():
        _each(values, to, there, _exact)
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind) or kind == pa.string_view():
        _each(values, to, there, _text)
    elif pa.types.is_dictionary(kind):
        _write(values.cast(kind.value_type), to, name)
    elif pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        _each(values, to, there, _bytes)
    elif pa.types.is_nested(kind):
        for row, value in enumerate(values.to_pylist()):
            if value is not None:
                to[row] = np.frombuffer(_nested(value), np.uint8)
    else:
        raise InvalidInput(
            f"it holds {kind}", where=f"column {name}", rule="no digest is defined for such values"
        )


def _numpy(values: Any, missing: Any) -> np.ndarray[Any, Any]:
    found: np.ndarray[Any, Any] = values.fill_null(missing).to_numpy(zero_copy_only=False)
    return found


def _fixed(to: np.ndarray[Any, Any], there: np.ndarray[Any, Any], sort: str, values: Any) -> None:
    _put(to, there, sort, _numpy(values, 0))


def _put(
    to: np.ndarray[Any, Any], there: np.ndarray[Any, Any], sort: str, low: np.ndarray[Any, Any],
    high: np.ndarray[Any, Any] | None = None,
) -> None:  # fmt: skip
    """Eight bytes, or twice eight, of each value that is there; the others stay zero."""
    import numpy as np

    to[:, 0] = np.where(there, _SORTS[sort], 0)
    for at, part in ((1, low), (9, high)):
        if part is not None:
            to[:, at : at + 8] = np.where(there, part, 0).astype("<i8").view(np.uint8).reshape(-1, 8)


def _each(values: Any, to: np.ndarray[Any, Any], there: np.ndarray[Any, Any], write: Any) -> None:
    """Every different value written once."""
    import numpy as np

    coded = values.dictionary_encode()
    known = b"".join(write(value) for value in coded.dictionary.to_pylist())
    if not known:
        return
    table = np.frombuffer(known, np.uint8).reshape(-1, _WIDTH)
    to[:] = np.where(there[:, None], table[_numpy(coded.indices, 0)], 0)


def _exact(value: int | Decimal) -> bytes:
    if value == int(value) and -(2**63) <= value < 2**63:
        return bytes([_SORTS["whole"]]) + int(value).to_bytes(8, "little", signed=True) + bytes(8)
    shortest = str(int(value)) if value == int(value) else format(Decimal(value).normalize(), "f")
    return bytes([_SORTS["decimal"]]) + blake2b(shortest.encode(), digest_size=16).digest()


def _text(value: str) -> bytes:
    return bytes([_SORTS["text"]]) + blake2b(value.encode(), digest_size=16).digest()


def _bytes(value: bytes) -> bytes:
    return bytes([_SORTS["bytes"]]) + blake2b(value, digest_size=16).digest()


def _nested(value: Any) -> bytes:
    return bytes([_SORTS["nested"]]) + blake2b(canonical(_plain(value)).encode(), digest_size=16).digest()


def _plain(value: Any) -> Any:
    """Nested values as canonical JSON has words for."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, bytes):
        return value.hex()
    return (
        value if isinstance(value, bool | int | float | str | None) or hasattr(value, "year") else str(value)
    )
