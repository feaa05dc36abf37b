"""The files of a kept dataset: rows written as Parquet in one pass, and what Delta has words for."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sextant.data.versions.rowsum import Rowsum
from sextant.errors import InvalidInput

#: A file is closed once it has so many bytes; one row group holds so many rows.
FILE_BYTES = 256 * 1024 * 1024
GROUP_ROWS = 131_072


@dataclass(frozen=True, slots=True)
class Written:
    """One file of rows, in a place of its own until it is committed."""

    path: Path
    rows: int


def storable(schema: Any, where: str) -> Any:
    """An Arrow schema as Delta keeps it: no unsigned numbers, one precision of times, all of them in UTC.

    Raises `InvalidInput` for a column that would not come back as it was.
    """
    import pyarrow as pa

    return pa.schema([pa.field(f.name, _kept(f.type, f"{where}, column {f.name}")) for f in schema])


def _kept(kind: Any, where: str) -> Any:
    import pyarrow as pa

    t = pa.types
    if t.is_null(kind) or t.is_large_string(kind) or kind == pa.string_view():
        return pa.string()
    if t.is_unsigned_integer(kind):
        wider = {8: pa.int16(), 16: pa.int32(), 32: pa.int64(), 64: pa.decimal128(20, 0)}
        return wider[kind.bit_width]
    if t.is_float16(kind):
        return pa.float32()
    if t.is_timestamp(kind):
        return pa.timestamp("us", tz="UTC")
    if t.is_date(kind):
        return pa.date32()
    if t.is_dictionary(kind):
        return _kept(kind.value_type, where)
    if t.is_large_binary(kind) or t.is_fixed_size_binary(kind):
        return pa.binary()
    if t.is_list(kind) or t.is_large_list(kind):
        return pa.list_(_kept(kind.value_type, where))
    if t.is_struct(kind):
        return pa.struct([pa.field(f.name, _kept(f.type, where)) for f in kind])
    if t.is_map(kind):
        return pa.map_(_kept(kind.key_type, where), _kept(kind.item_type, where))
    if t.is_decimal(kind) and kind.precision > 38:
        raise InvalidInput(f"it holds {kind}", where=where, rule="decimals have at most 38 digits")
    if t.is_time(kind) or t.is_duration(kind):
        raise InvalidInput(
            f"it holds {kind}", where=where, rule="Delta has no such type",
            todo="keep seconds as a number, or the text of it",
        )  # fmt: skip
    return kind


def write(
    batches: Iterable[Any], schema: Any, folder: Path, where: str, step: Callable[[int], None] | None = None
) -> tuple[list[Written], Rowsum]:
    """Write record batches as Parquet files into a folder, and sum their rows on the way. One pass, and never
    more in memory than a row group."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    found = Rowsum(tuple(sorted(schema.names)))
    done: list[Written] = []
    path, writer, rows = folder, None, 0
    waiting: list[Any] = []

    def flush(end: bool) -> None:
        nonlocal path, writer, rows
        if waiting:
            if writer is None:
                path, rows = folder / f"{uuid.uuid4().hex}.parquet", 0
                writer = pq.ParquetWriter(path, schema, compression="zstd")
            part = pa.Table.from_batches(waiting, schema=schema)
            writer.write_table(part, row_group_size=GROUP_ROWS)
            rows += part.num_rows
            waiting.clear()
        if writer is not None and (end or path.stat().st_size > FILE_BYTES):
            writer.close()
            _on_disk(path)
            done.append(Written(path, rows))
            writer = None

    try:
        for batch in batches:
            if batch.num_rows == 0:
                continue
            kept = _cast(batch, schema, where)
            found = found.add(kept)
            waiting.append(kept)
            if sum(b.num_rows for b in waiting) >= GROUP_ROWS:
                flush(end=False)
                if step is not None:
                    step(found.rows)
        flush(end=True)
    finally:
        if writer is not None:
            writer.close()
    return done, found


def _cast(batch: Any, schema: Any, where: str) -> Any:
    import pyarrow as pa

    columns = []
    for field in schema:
        values = batch.column(batch.schema.get_field_index(field.name))
        if pa.types.is_timestamp(values.type) and values.type.tz is None:
            values = values.cast(pa.timestamp(values.type.unit, tz="UTC"))
        try:
            columns.append(values.cast(field.type))
        except pa.ArrowInvalid as error:
            raise InvalidInput(
                str(error).splitlines()[0], where=f"{where}, column {field.name}",
                rule=f"it is kept as {field.type}", todo="round it, or keep it as text",
            ) from error  # fmt: skip
    return pa.record_batch(columns, schema=schema)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Nobody else on this machine is in here meanwhile. The lock goes with the process, however that ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)


@contextmanager
def staging(parent: Path) -> Iterator[Path]:
    """A folder of one's own for files that are not committed yet; what killed writers left is removed."""
    parent.mkdir(parents=True, exist_ok=True)
    for other in parent.iterdir():
        if other.is_dir():
            _remove_if_dead(other)
    mine = parent / uuid.uuid4().hex
    mine.mkdir()
    with (mine / "writer.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield mine
        finally:
            shutil.rmtree(mine, ignore_errors=True)


def _remove_if_dead(folder: Path) -> None:
    try:
        with (folder / "writer.lock").open("r") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    except (BlockingIOError, FileNotFoundError):
        return  # its writer lives, or has only just begun


def write_json(path: Path, value: Any) -> None:
    """A file that is the old one or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    fresh.write_text(json.dumps(value, indent=1, sort_keys=True), encoding="utf-8")
    _on_disk(fresh)
    fresh.replace(path)
    _on_disk(path.parent)


def _on_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
