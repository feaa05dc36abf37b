"""Run folders and their .wandb files: LevelDB's record log around protocol-buffer messages, read without either library.

The file begins with 7 bytes (":W&B", 0xBEE1, version 0) and goes on in blocks of 32 KiB. A record is one or several
fragments, each with a checksum, a length and whether it is the whole record, its first, middle or last part; a fragment
never crosses a block, and fewer than 7 bytes at a block's end are zeros.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from sextant.errors import InvalidInput, NotFound, Unavailable

MAGIC = b":W&B\xe1\xbe\x00"
BLOCK = 32 * 1024
HEAD = struct.Struct("<IHB")
FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4
#: A larger record than any that holds a number: a guard against a file that is none.
MOST_RECORD = 64 * 1024 * 1024


class CutShort(InvalidInput):
    """The file ends before its end: what was read so far is sound."""


def logs(folder: Path) -> list[Path]:
    """The .wandb files in a run folder, or in the run folders below a folder; `folder` may be such a file itself."""
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        raise NotFound("there is no such folder", where=str(folder))
    # `latest-run` is a link to one of the others.
    found = sorted(p for p in folder.glob("*.wandb"))
    if not found:
        below = [*folder.glob("*run-*"), *folder.glob("wandb/*run-*")]
        found = sorted(p for f in below if f.is_dir() and not f.is_symlink() for p in f.glob("*.wandb"))
    if not found:
        raise NotFound(
            "there is no run of Weights & Biases in it", where=str(folder),
            rule="a run's folder holds a file such as run-abc123.wandb",
            todo="give the folder named wandb, or one of the run folders in it",
        )  # fmt: skip
    return found


def records(path: Path) -> Iterator[bytes]:
    """The records of the file in order. Raises `CutShort` where it ends in the middle of one, and `InvalidInput` where
    it is no such file, or a checksum does not hold."""
    try:
        stream = path.open("rb")
    except OSError as error:
        raise Unavailable(f"cannot read it: {error.strerror}", where=str(path)) from error
    with stream:
        if stream.read(len(MAGIC)) != MAGIC:
            raise InvalidInput(
                "it is no log of Weights & Biases", where=str(path), rule="such a file begins with :W&B",
                todo="give the folder that `wandb` made, such as wandb/offline-run-20260302_101500-abc123",
            )  # fmt: skip
        place, held = len(MAGIC), b""
        open_record = False
        while True:
            left = BLOCK - place % BLOCK
            if left < HEAD.size:
                place += len(stream.read(left))
                continue
            head = stream.read(HEAD.size)
            if not head:
                if open_record:
                    raise _cut(path, place)
                return
            if len(head) < HEAD.size:
                raise _cut(path, place)
            checksum, length, kind = HEAD.unpack(head)
            if kind == 0 and length == 0:
                # A block that was laid out ahead and never written.
                if stream.read(1):
                    raise _broken(path, place)
                return
            if kind not in (FULL, FIRST, MIDDLE, LAST) or length > left - HEAD.size:
                raise _broken(path, place)
            body = stream.read(length)
            if len(body) < length:
                raise _cut(path, place)
            if zlib.crc32(body, zlib.crc32(bytes([kind]))) != checksum:
                raise _broken(path, place)
            if (kind in (FULL, FIRST)) == open_record or len(held) + length > MOST_RECORD:
                raise _broken(path, place)
            place += HEAD.size + length
            held += body
            open_record = kind in (FIRST, MIDDLE)
            if not open_record:
                yield held
                held = b""


def _cut(path: Path, place: int) -> CutShort:
    return CutShort(
        f"it ends in the middle of a record, after {place:,} bytes", where=str(path),
        rule="a run that was finished ends with a whole record",
        todo="copy the folder again from where the run was made; if the run was killed there, read it with --partial",
    )  # fmt: skip


def _broken(path: Path, place: int) -> InvalidInput:
    return InvalidInput(
        f"it is damaged: the checksum at byte {place:,} does not hold", where=str(path),
        todo="copy the folder again from where the run was made",
    )  # fmt: skip
