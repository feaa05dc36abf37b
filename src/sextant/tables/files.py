"""Which files a path stands for, the digest of their bytes, and whether they are whole."""

from __future__ import annotations

import csv
import glob
import gzip
import hashlib
import re
import zlib
from pathlib import Path
from typing import IO, Any, cast

from sextant.canonical import digest
from sextant.errors import Conflict, InvalidInput, Unavailable
from sextant.tables.engines import shown

#: How a file is read, by how its name ends.
FORMATS = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".csv.gz": "csv",
    ".tsv.gz": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".jsonl.gz": "jsonl",
    ".ndjson.gz": "jsonl",
}


def is_address(source: Any) -> bool:
    """Whether a source is the address of a table in a database, and no path.

    >>> is_address("postgres://host/shop#orders"), is_address("logs/*.parquet")
    (True, False)
    """
    return isinstance(source, str) and "://" in source


def digest_of(source: str | Path) -> str:
    """SHA-256 of a file's bytes; for a folder or a pattern, of the files' names with theirs. Names are
    counted from the folder on, so that a copy elsewhere has the same digest. Raises `Conflict` if a file
    changes meanwhile."""
    path = Path(source)
    if path.is_file():
        return _file_digest(path)
    base = path if path.is_dir() else _fixed(path)
    files = (
        sorted(p for p in path.rglob("*") if p.is_file())
        if Path(path, "_delta_log").is_dir()
        else files_of(path)
    )
    return digest([[p.relative_to(base).as_posix(), _file_digest(p)] for p in files])


def files_of(source: str | Path) -> list[Path]:
    """The files that a path, a folder or a pattern stands for, sorted; all of one format. In a folder,
    hidden files and those that begin with `_` are passed over, as Spark and Hive do."""
    text, path = str(source), Path(source)
    if is_address(text):
        raise InvalidInput(f"{shown(text)} is an address", rule="this takes files", todo="copy it here first")
    if path.is_file():
        found = [path]
    elif path.is_dir():
        hidden = re.compile(r"^[._]")
        found = [
            p
            for p in path.rglob("*")
            if p.is_file() and suffix(p) and not any(hidden.match(part) for part in p.relative_to(path).parts)
        ]
    else:
        found = [Path(p) for p in glob.glob(text, recursive=True) if Path(p).is_file()]
    if not found:
        rule = f"files end in {', '.join(FORMATS)}" if path.is_dir() else None
        raise Unavailable(
            "there is no such file" if not path.is_dir() else "the folder holds no table",
            where=text,
            rule=rule,
        )
    kinds = {FORMATS.get(suffix(p), "") for p in found}
    if "" in kinds:
        odd = next(p for p in found if not suffix(p))
        raise InvalidInput(
            f"{odd.name} is in no format that is known", where=text, rule=f"files end in {', '.join(FORMATS)}"
        )
    if len(kinds) > 1:
        raise InvalidInput(
            f"it holds files of several formats: {', '.join(sorted(kinds))}",
            where=text,
            rule="the files of one table have one format",
            todo=f"name a pattern, such as {text}/*.csv",
        )
    return sorted(found)


def whole_gzip(path: Path) -> None:
    """DuckDB takes a gzip file that was cut off for one that ends there."""
    try:
        with gzip.open(path) as stream:
            while stream.read(1 << 20):
                pass
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InvalidInput("it is not a whole gzip file", where=str(path), todo="compress it anew") from error


def header(path: Path) -> tuple[str, list[str]]:
    """What stands between columns, and the columns' names: the separator that cuts the first line into
    most."""
    best: tuple[str, list[str]] = (",", [])
    for delimiter in ",;\t|":
        with opened(path) as stream:
            try:
                names = next(csv.reader(stream, delimiter=delimiter))
            except (UnicodeDecodeError, StopIteration, csv.Error) as error:
                raise unreadable(path) from error
        if len(names) > len(best[1]):
            best = (delimiter, names)
    distinct([n for n in best[1] if n], str(path))
    return best


def opened(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return cast("IO[str]", gzip.open(path, "rt", encoding="utf-8-sig", newline=""))
    return open(path, encoding="utf-8-sig", newline="")


def alike(first: list[str] | None, found: list[str], one: Path, other: Path) -> list[str]:
    if first is not None and set(first) != set(found):
        odd = ", ".join(sorted(set(first) ^ set(found))[:5])
        raise InvalidInput(
            f"{one.name} and {other.name} have different columns: {odd}",
            where=str(other),
            rule="the files of one table have the same columns",
        )
    return first or found


def distinct(names: list[str], where: str) -> None:
    """DuckDB does not tell capitals apart and quietly renames the second of two equal names."""
    seen: set[str] = set()
    for name in names:
        if name.casefold() in seen:
            raise InvalidInput(
                f"there are two columns called {name!r}",
                where=where,
                rule="columns have different names, capitals aside",
                todo="rename one",
            )
        seen.add(name.casefold())


def suffix(path: Path) -> str:
    name = path.name.lower()
    return next((s for s in sorted(FORMATS, key=len, reverse=True) if name.endswith(s)), "")


def _fixed(path: Path) -> Path:
    """The part of a pattern before its first wildcard."""
    parts: list[str] = []
    for part in path.parts:
        if glob.has_magic(part):
            break
        parts.append(part)
    return Path(*parts)


def _file_digest(path: Path) -> str:
    before = path.stat()
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    after = path.stat()
    if (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size):
        raise Conflict(
            "the file changed while it was read", where=str(path), todo="run it again when it is written"
        )
    return found


def unreadable(path: Path) -> InvalidInput:
    """Where the bytes stop being UTF-8."""
    where, what = str(path), "it is not UTF-8 text"
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                where, what = f"{path}:{number}", f"line {number} is not UTF-8 text"
                break
    return InvalidInput(what, where=where, rule="text files are in UTF-8", todo="save it as UTF-8")
