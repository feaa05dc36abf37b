"""Steps of phase 1 that touch more than one thing, put together from the actions: all of it is stored, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.db import transaction

from sextant.criteria import Criterion
from sextant.errors import Conflict, InvalidInput
from sextant.problem.documents import DecisionTree, Feasibility
from sextant.problem.feasibility import SideName
from sextant_server.lifecycle import actions as lifecycle
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import Caller
from sextant_server.records import actions as records
from sextant_server.records.models import CriterionRow, DocumentRow, RiskRow


@transaction.atomic
def make_oversight(
    project: Project,
    caller: Caller,
    tree: DecisionTree,
    target: Criterion,
    *,
    expected_version: int | None = None,
) -> DocumentRow:
    """Store the target that judges an oversight plan, and the answers that name it."""
    records.lock(project)
    if CriterionRow.objects.filter(project=project, key=target.key, retired=False).exists():
        raise InvalidInput(
            f"there is a target {target.key} already",
            where="name",
            todo="choose it, or give yours another name",
        )
    records.put_criteria(project, caller, [target])
    named = tree.model_copy(update={"oversight_criterion": target.key})
    return records.put_document(project, caller, named, expected_version=expected_version)


@transaction.atomic
def cover_caution(
    project: Project,
    caller: Caller,
    feasibility: Feasibility,
    side: SideName,
    *,
    text: str,
    mitigation: str,
    owner: str = "",
    expected_version: int | None = None,
) -> DocumentRow:
    """Put the risk behind a caution into the register, and name it on that side of feasibility."""
    records.lock(project)
    taken = set(RiskRow.objects.filter(project=project).values_list("key", flat=True))
    key = next(
        k for n in range(1, len(taken) + 2) if (k := f"{side}-caution" + f"-{n}" * (n > 1)) not in taken
    )
    risk = {"key": key, "text": text, "mitigation": mitigation, "owner": owner, "phase": "problem"}
    lifecycle.put_risks(project, caller, [risk], replace_all=False)
    covered = getattr(feasibility, side).model_copy(update={"risk": key})
    named = feasibility.model_copy(update={side: covered})
    return records.put_document(project, caller, named, expected_version=expected_version)


@transaction.atomic
def put_targets(
    project: Project,
    caller: Caller,
    targets: Sequence[Criterion],
    *,
    retire: Iterable[str] = (),
    had: Mapping[str, str] | None = None,
) -> list[CriterionRow]:
    """Store the rows of a sheet, all of them or none. `had` holds for each target the digest that its writer had
    before them; where it reads otherwise by now, and is not what they write, somebody else changed it."""
    records.lock(project)
    if had:
        standing = {r.key: r for r in CriterionRow.objects.filter(project=project, key__in=had)}
        changed = [
            c.key for c in targets
            if c.key in had and c.key in standing and standing[c.key].digest not in (had[c.key], c.digest())
        ]  # fmt: skip
        if changed:
            raise Conflict(f"changed meanwhile: {', '.join(changed)}", todo="look at what they say now")
    return records.put_criteria(project, caller, targets, retire=retire)
