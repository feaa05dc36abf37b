"""Computing evidence once more: from the sums that it holds, and from the rows that it was taken from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sextant.config import Config
from sextant.errors import InvalidInput, SextantError
from sextant.evidence import Evidence, Measurement
from sextant.lifecycle.measures.runs import run
from sextant.reports import Experiment, Slices, first_fault
from sextant.stats.intervals import wilson
from sextant.stats.sample_ratio import sample_ratio_p
from sextant.tables import digest_of

#: Sums of floats may differ in the last digits between versions of an engine.
TOLERANCE = 1e-9
#: What says how the run went, and not what came out.
_NOT_COMPARED = {"producer", "recipe", "code", "at"}


@dataclass(frozen=True, slots=True)
class Recomputed:
    """Whether the evidence came out again. `from_statistics` and `from_rows` are None where that way is not
    open, and `note` then says why; `equal` needs one of them at least. `differences` names each field with
    what is stored and what came out."""

    equal: bool
    from_statistics: bool | None
    from_rows: bool | None
    differences: tuple[str, ...] = ()
    note: str = ""


def recompute(evidence: Evidence, root: str | Path) -> Recomputed:
    """Compute evidence again: from its sufficient statistics always, from its rows where files with the
    same digest lie under `root`. Numbers are equal to 1e-9 of their size, everything else exactly."""
    sums = _from_statistics(evidence)
    rows, why = _from_rows(evidence, Path(root))
    differences = [f"from the statistics: {d}" for d in sums or ()] + [
        f"from the rows: {d}" for d in rows or ()
    ]
    ways = [way for way in (sums, rows) if way is not None]
    if sums is None:
        why = "; ".join(part for part in ("it holds no sums that it could be computed from", why) if part)
    return Recomputed(
        equal=bool(ways) and not differences,
        from_statistics=None if sums is None else not sums,
        from_rows=None if rows is None else not rows,
        differences=tuple(differences),
        note=why,
    )


def _from_statistics(evidence: Evidence) -> list[str] | None:
    if isinstance(evidence, Slices):
        again = [wilson(row.successes, row.trials) for row in evidence.rows]
        return _differences(
            [{"lower": r.lower, "upper": r.upper} for r in evidence.rows],
            [{"lower": b.lower, "upper": b.upper} for b in again],
        )
    if isinstance(evidence, Experiment):
        chance = sample_ratio_p([evidence.arms[a] for a in evidence.shares], list(evidence.shares.values()))
        return _differences({"sample_ratio_p": evidence.sample_ratio_p}, {"sample_ratio_p": chance})
    if not isinstance(evidence, Measurement):
        return None
    found = evidence.recompute()
    if found is None:
        return None
    stored: dict[str, Any] = {"value": evidence.value, "undefined": evidence.undefined}
    now: dict[str, Any] = {"value": found.value, "undefined": found.undefined}
    if evidence.interval:
        stored |= {
            "lower": evidence.interval.lower,
            "upper": evidence.interval.upper,
            "method": evidence.interval.method,
        }
        now |= {"lower": found.lower, "upper": found.upper, "method": found.method}
    return _differences(stored, now)


def _from_rows(evidence: Evidence, root: Path) -> tuple[list[str] | None, str]:
    recipe = evidence.recipe
    if recipe is None:
        return None, "nobody wrote down how it was computed from rows"
    for path, known in recipe.inputs.items():
        try:
            if digest_of(root / path) != known:
                return None, f"{path} has changed since"
        except SextantError as error:
            return None, f"{path}: {error.what}"
    try:
        config = Config.model_validate({"project": {"slug": "recipe", "name": "recipe"}, **recipe.arguments})
    except ValidationError as error:
        raise InvalidInput(
            first_fault(error), where="recipe", rule="a recipe holds the checks of a project file"
        ) from error
    found = run(config, config.checks[0], root, now=evidence.at, code=evidence.code)
    same = [e for e in found if (e.topic, e.criterion) == (evidence.topic, evidence.criterion)]
    if not same:
        return ["the check gives no such record any more"], ""
    return _differences(_compared(evidence), _compared(same[0])), ""


def _compared(evidence: Evidence) -> dict[str, Any]:
    return {k: v for k, v in evidence.plain().items() if k not in _NOT_COMPARED}


def _differences(stored: Any, now: Any, place: str = "") -> list[str]:
    if isinstance(stored, dict) and isinstance(now, dict):
        return [
            d
            for k in sorted(stored.keys() | now.keys(), key=str)
            for d in _differences(stored.get(k), now.get(k), f"{place}.{k}" if place else str(k))
        ]
    if isinstance(stored, list) and isinstance(now, list) and len(stored) == len(now):
        return [
            d
            for i, (a, b) in enumerate(zip(stored, now, strict=True))
            for d in _differences(a, b, f"{place}[{i}]")
        ]
    return [] if _same(stored, now) else [f"{place} is stored as {stored} and comes out as {now}"]


def _same(stored: Any, now: Any) -> bool:
    if isinstance(stored, float) or isinstance(now, float):
        try:
            one, other = float(stored), float(now)
        except (TypeError, ValueError):
            return False
        return (math.isnan(one) and math.isnan(other)) or math.isclose(
            one, other, rel_tol=TOLERANCE, abs_tol=1e-12
        )
    return bool(stored == now)
