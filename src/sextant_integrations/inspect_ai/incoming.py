"""A log of inspect-ai as an evaluation that was run outside. Its own package is not needed.

A `.json` log is one object. A `.eval` log is a zip: `header.json`, and one file for each sample in each epoch, packed by
Zstandard, which Python's own zipfile does not read before 3.14.
"""

from __future__ import annotations

import json
import math
import struct
import zipfile
import zlib
from datetime import datetime
from pathlib import Path
from typing import Any

from sextant.errors import InvalidInput
from sextant.evaluation.outside import Case, Outside, digest_of_cases

#: Grades as inspect-ai turns them into numbers: correct, incorrect, partial, no answer.
_GRADES = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}
_WORDS = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
_ZSTANDARD = 93
#: No sample is larger when unpacked: what is, is no log.
_MOST_BYTES = 512 * 1024 * 1024


def read(path: str | Path) -> Outside:
    """The evaluation in a log. Raises `InvalidInput` for what is none, is cut short, or is of another format."""
    file = Path(path)
    header, samples = _eval(file) if file.suffix == ".eval" else _json(file)
    about = header.get("eval")
    if not isinstance(about, dict) or header.get("version") != 2:
        raise InvalidInput(
            f"it is no log of inspect-ai in format 2 (its version is {header.get('version')!r})",
            where=str(file),
        )
    dataset, config = about.get("dataset") or {}, about.get("config") or {}
    stats = header.get("stats") or {}
    began, ended = _time(stats.get("started_at")), _time(stats.get("completed_at"))
    at = ended or began or _time(about.get("created"))
    if at is None:
        raise InvalidInput("it does not say when it was run", where=str(file))
    status = str(header.get("status"))
    revision = about.get("revision") or {}
    return Outside(
        tool="inspect-ai", tool_version=str((about.get("packages") or {}).get("inspect_ai", "")),
        name=str(about.get("task") or dataset.get("name") or file.stem), model=str(about.get("model") or "a model"), at=at,
        cases=tuple(_case(one, f"{file}, sample {one.get('id')!r}") for one in samples),
        data=digest_of_cases([{"id": i, "asked": a, "right": r} for i, (a, r) in _asked(samples).items()]),
        planned=_planned(dataset, config), runs=int(config.get("epochs") or 1), finished=status == "success",
        why="" if status == "success" else f"its status is {status}",
        seconds=(ended - began).total_seconds() if began and ended and ended >= began else None,
        code=str(revision["commit"]) if revision.get("commit") else None,
    )  # fmt: skip


def _planned(dataset: dict[str, Any], config: dict[str, Any]) -> int | None:
    """How many samples the data set has. That a run was limited to some is no whole test set."""
    count = dataset.get("samples")
    return int(count) if isinstance(count, int) else None


def _case(sample: dict[str, Any], where: str) -> Case:
    scores: dict[str, float] = {}
    for scorer, score in (sample.get("scores") or {}).items():
        value = score.get("value") if isinstance(score, dict) else score
        parts = {f"{scorer}.{k}": v for k, v in value.items()} if isinstance(value, dict) else {scorer: value}
        for name, part in parts.items():
            if (found := _value(part)) is not None:
                scores[name] = found
    error = sample.get("error")
    labelled = {
        k: str(v) for k, v in (sample.get("metadata") or {}).items() if isinstance(v, str | int | bool)
    }
    said = (
        "" if error is None else str(error.get("message") if isinstance(error, dict) else error) or "an error"
    )
    if "id" not in sample:
        raise InvalidInput("a sample has no id", where=where)
    return Case(str(sample["id"]), scores, said, labelled)


def _value(value: Any) -> float | None:
    """A score as a number, as inspect-ai itself takes it; None where it is a text of another kind."""
    if isinstance(value, bool | int | float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, str):
        if value in _GRADES:
            return _GRADES[value]
        if value.lower() in _WORDS:
            return _WORDS[value.lower()]
        try:
            found = float(value)
        except ValueError:
            return None
        return found if math.isfinite(found) else None
    return None


def _asked(samples: list[dict[str, Any]]) -> dict[str, tuple[Any, Any]]:
    return {str(s.get("id")): (s.get("input"), s.get("target")) for s in samples}


def _time(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else None


def _json(file: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    try:
        body = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise InvalidInput(
            f"it cannot be read: {error}", where=str(file), todo="is the log whole?"
        ) from error
    if not isinstance(body, dict):
        raise InvalidInput("it is no log of inspect-ai", where=str(file))
    return body, list(body.get("samples") or [])


def _eval(file: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    try:
        with zipfile.ZipFile(file) as packed:
            names = packed.namelist()
            if "header.json" not in names:
                raise InvalidInput(
                    "it has no header: its run was cut short", where=str(file),
                    todo="finish the run (inspect eval-retry), then read the log again",
                )  # fmt: skip
            header = _member(packed, "header.json")
            listed = [name for name in names if name.startswith("samples/") and name.endswith(".json")]
            return header, [_member(packed, name) for name in listed]
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, struct.error) as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput(
            f"it cannot be read: {error}", where=str(file), todo="is the log whole?"
        ) from error


def _member(packed: zipfile.ZipFile, name: str) -> dict[str, Any]:
    info = packed.getinfo(name)
    if info.file_size > _MOST_BYTES:
        raise ValueError(f"{name} is {info.file_size} bytes when unpacked")
    if info.compress_type != _ZSTANDARD:
        body = json.loads(packed.read(info))
    else:
        import pyarrow as pa

        # The local header: 26 bytes, then the lengths of the name and of what else stands before the contents.
        assert packed.fp is not None  # noqa: S101 - it is open
        packed.fp.seek(info.header_offset + 26)
        lengths = struct.unpack("<HH", packed.fp.read(4))
        packed.fp.seek(info.header_offset + 30 + sum(lengths))
        raw = packed.fp.read(info.compress_size)
        with pa.CompressedInputStream(pa.BufferReader(raw), "zstd") as unpacked:
            text = unpacked.read(info.file_size + 1)
        if len(text) != info.file_size or zlib.crc32(text) != info.CRC:
            raise ValueError(f"{name} is damaged")
        body = json.loads(text)
    if not isinstance(body, dict):
        raise ValueError(f"{name} is no object")
    return body
