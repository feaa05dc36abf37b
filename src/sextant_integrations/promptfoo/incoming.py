"""Results of promptfoo as evaluations that were run outside: one for each prompt and provider."""

from __future__ import annotations

import json
import math
from datetime import datetime
from pathlib import Path
from typing import Any

from sextant.canonical import digest
from sextant.errors import InvalidInput
from sextant.evaluation.outside import Case, Outside, digest_of_cases

#: Why a result failed, as promptfoo numbers it: 1 an assertion did not hold, 2 the provider broke.
_BROKE = 2


def read(path: str | Path) -> list[Outside]:
    """The evaluations in a file of results, one for each prompt and provider, in their order. Scores are `pass`, `score`
    and each named metric. Test cases that are asked alike are repeats of one.

    Raises `InvalidInput` for what is no such file."""
    file = Path(path)
    try:
        body = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise InvalidInput(
            f"it cannot be read: {error}", where=str(file), todo="is the file whole?"
        ) from error
    results = body.get("results") if isinstance(body, dict) else None
    if (
        not isinstance(results, dict)
        or results.get("version") != 3
        or not isinstance(results.get("results"), list)
    ):
        version = results.get("version") if isinstance(results, dict) else None
        raise InvalidInput(
            f"it holds no results of promptfoo in format 3 (its version is {version!r})", where=str(file),
            todo="write them with `promptfoo eval -o results.json`",
        )  # fmt: skip
    groups: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for one in results["results"]:
        groups.setdefault((_provider(one), int(one.get("promptIdx") or 0)), []).append(one)
    at = _time(results.get("timestamp"), file)
    version = str((body.get("metadata") or {}).get("promptfooVersion") or "")
    duration = (results.get("stats") or {}).get("durationMs")
    several = len({prompt for _, prompt in groups}) > 1
    config = body.get("config") or {}
    title = str(config.get("description") or file.stem)
    return [
        _outside(
            members, provider, at, version, f"{title}, prompt {prompt + 1}" if several else title, duration
        )
        for (provider, prompt), members in groups.items()
    ]


def _outside(
    members: list[dict[str, Any]], provider: str, at: datetime, version: str, name: str, duration: Any
) -> Outside:
    asked = {_asked(one): one.get("vars") for one in members}
    seconds = float(duration) / 1000 if isinstance(duration, int | float) else None
    return Outside(
        tool="promptfoo", tool_version=version, name=name, model=provider, at=at,
        cases=tuple(_case(one) for one in members), data=digest_of_cases(list(asked)),
        runs=max(1, round(len(members) / len(asked))), seconds=seconds,
    )  # fmt: skip


def _case(one: dict[str, Any]) -> Case:
    broke = one.get("failureReason") == _BROKE
    scores = {"pass": float(bool(one.get("success")))}
    named = {"score": one.get("score"), **(one.get("namedScores") or {})}
    scores |= {
        k: float(v)
        for k, v in named.items()
        if isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v)
    }
    labelled = {**(one.get("metadata") or {}), **(one.get("vars") or {})}
    return Case(
        _asked(one), {} if broke else scores, (str(one.get("error") or "an error") if broke else ""),
        {str(k): str(v) for k, v in labelled.items() if isinstance(v, str | int | bool)},
    )  # fmt: skip


def _asked(one: dict[str, Any]) -> str:
    """What a test case asks and demands: a repeat has the same."""
    test = one.get("testCase") or {}
    return digest(
        json.loads(json.dumps({"vars": one.get("vars"), "assert": test.get("assert")}, sort_keys=True))
    )[:16]


def _provider(one: dict[str, Any]) -> str:
    provider = one.get("provider")
    if isinstance(provider, dict):
        return str(provider.get("label") or provider.get("id") or "a provider")
    return str(provider or "a provider")


def _time(text: Any, file: Path) -> datetime:
    try:
        found = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError as error:
        raise InvalidInput(f"{str(text)[:40]!r} is no time", where=f"{file}, results.timestamp") from error
    if found.tzinfo is None:
        raise InvalidInput("its time has no zone", where=f"{file}, results.timestamp")
    return found
