"""Computing evidence once more: from the sums that it holds, and from the rows that it was taken from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sextant.acceptance import differences, from_statistics
from sextant.config import Config
from sextant.errors import InvalidInput, SextantError
from sextant.evidence import Evidence
from sextant.lifecycle.measures.runs import run
from sextant.reports import first_fault
from sextant.tables import digest_of

#: What says how the run went, and not what came out.
_NOT_COMPARED = {"producer", "recipe", "code", "at", "scheduled"}


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
    sums = from_statistics(evidence)
    rows, why = _from_rows(evidence, Path(root))
    different = [f"from the statistics: {d}" for d in sums or ()] + [
        f"from the rows: {d}" for d in rows or ()
    ]
    ways = [way for way in (sums, rows) if way is not None]
    if sums is None:
        why = "; ".join(part for part in ("it holds no sums that it could be computed from", why) if part)
    return Recomputed(
        equal=bool(ways) and not different,
        from_statistics=None if sums is None else not sums,
        from_rows=None if rows is None else not rows,
        differences=tuple(different),
        note=why,
    )


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
    return differences(_compared(evidence), _compared(same[0])), ""


def _compared(evidence: Evidence) -> dict[str, Any]:
    return {k: v for k, v in evidence.plain().items() if k not in _NOT_COMPARED}
