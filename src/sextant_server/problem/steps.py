"""Steps of phase 1 that touch more than one thing, put together from the actions: all of it is stored, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from django.db import transaction

from sextant import __version__
from sextant.criteria import Criterion
from sextant.errors import Conflict, InvalidInput, NotFound
from sextant.evidence import Producer
from sextant.problem.declared import Reading, declare, refuse_future, refuse_undeclarable
from sextant.problem.documents import Again, DecisionTree, Feasibility, NumberQuery
from sextant.problem.feasibility import SideName
from sextant_server.environment import Source
from sextant_server.lifecycle import actions as lifecycle
from sextant_server.problem.number_actions import note_read
from sextant_server.problem.sources import readings
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import Caller
from sextant_server.records import actions as records
from sextant_server.records import queries
from sextant_server.records.models import CriterionRow, DocumentRow, EvidenceRow, RiskRow

BY_HAND = Producer(name="entered by hand", version=__version__)


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


@transaction.atomic
def declare_numbers(
    project: Project,
    caller: Caller,
    target: Criterion,
    numbers: Sequence[Reading],
    *,
    source: str,
    file: tuple[str, bytes] | None = None,
    by: Producer = BY_HAND,
) -> list[tuple[EvidenceRow, bool]]:
    """Store numbers that were read elsewhere, with the file that shows them if there is one (its name and content).
    The flag says of each whether it is new; the same number of the same day from the same source is found."""
    refuse_future(numbers, datetime.now(UTC).date())
    # What is wrong with the numbers is found before the file is kept.
    declare(target, numbers, source=source, by=by)
    attachment = f"sha256:{records.attach(project, caller, *file).digest}" if file else ""
    made = declare(target, numbers, source=source, attachment=attachment, by=by)
    return records.add_evidence(project, caller, made)


def declare_by_sql(
    project: Project,
    caller: Caller,
    target: Criterion,
    source: Source,
    sql: str,
    *,
    keep: bool = True,
    again: Again | None = None,
) -> list[tuple[EvidenceRow, bool]]:
    """Read a target's numbers by a SELECT and store them; with `keep`, how that is done is written down too, so that
    it can be done again: when asked, and by the worker as often as `again` says (as it was, if None)."""
    refuse_undeclarable(target)
    # Before the transaction: nobody shall wait for a database that is slow.
    found = readings(source, sql)
    by = Producer(
        name=f"SQL on {source.name}", version=__version__, command=f"sextant numbers refresh {target.key}"
    )
    with transaction.atomic():
        stored = declare_numbers(project, caller, target, found, source=f"{source.name}, by SQL", by=by)
        if keep:
            query = NumberQuery(
                source=source.name, sql=sql.strip(), again=again or kept_again(project, target.key)
            )
            records.put_document(project, caller, query, key=target.key)
        note_read(project, target.key)
        return stored


def kept_again(project: Project, key: str) -> Again:
    """How often the kept query of a target is read by the worker."""
    row = queries.present_document(project, NumberQuery.kind, key)
    return NumberQuery.model_validate_json(row.body).again if row else "never"


@transaction.atomic
def change_again(project: Project, caller: Caller, key: str, again: Again) -> None:
    """Say how often the kept query of a target is read by the worker, without reading it."""
    records.lock(project)
    row = queries.present_document(project, NumberQuery.kind, key)
    if row is None:
        raise NotFound(f"no query is kept for {key[:80]}", where="sql", todo="give source and sql")
    query = NumberQuery.model_validate_json(row.body).model_copy(update={"again": again})
    records.put_document(project, caller, query, key=key)
