"""Writes after people labeled: an expert's word on items that they do not settle, and proof into the log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from sextant.criteria import Criterion, Origin, Setting
from sextant.errors import Conflict, InvalidInput, NotFound
from sextant.evidence import Agreement, Count, Evidence, Mean, Producer, Proportion, Soundness, Version
from sextant_server.labeling.actions import guideline_of
from sextant_server.labeling.answers import read_answer
from sextant_server.labeling.models import Item, Round, Ruling
from sextant_server.labeling.results import Results, results
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import Caller
from sextant_server.records import actions as records
from sextant_server.records.models import EvidenceRow
from sextant_server.records.queries import criteria

#: Metrics of targets that a round's proof is measured for, where the project has just one of such a target.
AGREEMENT, GOLD, COST = (
    ("krippendorff_alpha", "agreement"),
    ("gold_accuracy", "labeler_accuracy"),
    ("cost_per_label",),
)


@transaction.atomic
def rule(
    project: Project, caller: Caller, row: Round, number: int, given: Mapping[str, Any], why: str = ""
) -> Ruling:
    """An expert's answer to an item: from here on it is the item's label. Ruling again changes it."""
    records.lock(project)
    item = Item.objects.select_for_update().filter(round=row, number=number).first()
    if item is None:
        raise NotFound(f"there is no item {number}", where=row.key)
    if item.is_gold:
        raise Conflict("the answer of this item is known", where=f"item {number}")
    guideline, _ = guideline_of(project, row.guideline)
    value = read_answer(guideline, item.content, given)
    if len(why) > 4000:
        raise InvalidInput(f"the reason has {len(why):,} characters", where="why", rule="at most 4,000")
    made = Ruling.objects.filter(item=item).first() or Ruling(project=project, round=row, item=item)
    made.answer, made.why, made.by, made.at = value, why.strip(), caller.name, datetime.now(UTC)
    made.round, made.item = row, item
    [made.record] = records.append(project, caller, [("labeling_ruling", made.as_recorded())])
    made.save()
    item.state, item.room = "ruled", 0
    item.save(update_fields=["state", "room"])
    return made


def proof(project: Project, row: Round, found: Results) -> list[Evidence]:
    """What a round proves: how far labelers agree, how often they are right where the answer is known, what a label
    costs. Nothing of what cannot be told."""
    guideline, _ = guideline_of(project, row.guideline)
    if not guideline.version:
        raise Conflict("the guideline has no version", where=row.guideline, todo="save it once more")
    targets = criteria(project)
    common: dict[str, Any] = {
        "setting": Setting.OFFLINE, "at": datetime.now(UTC),
        "origin": Origin.SIMULATED if project.simulated else Origin.MEASURED,
        "producer": Producer(name="sextant labeling", command=f"sextant labels prove {row.key}"),
        "depends": (Version.of("guideline", row.guideline, guideline.version),),
        "data": Version.of("dataset", f"{row.key}-items"[:80], row.items_digest[:12]) if row.items_digest else None,
    }  # fmt: skip
    made: list[Evidence] = []
    people = sum(1 for _, judged, _ in found.raters if judged is not None)
    if found.patterns is not None and found.agreement is not None and not found.agreement.alpha.undefined:
        patterns, times = found.patterns
        target = _target(targets, AGREEMENT)
        scale = None if found.agreement.metric == "nominal" else found.agreement.metric
        said = f"agreement of {people} labelers on {found.agreement.items} items of round {row.key}, beyond chance"
        made.append(
            Agreement.of(
                patterns=patterns, multiplicity=times, unit=target.unit if target else "alpha",
                criterion=target.key if target else None, metric=scale,
                estimand=f"{said}, by places on the scale" if scale else said, **common,
            )
        )  # fmt: skip
    if found.gold_seen:
        target = _target(targets, GOLD)
        made.append(
            Proportion.of(
                successes=found.gold_right, trials=found.gold_seen, unit="share", criterion=target.key if target else None,
                estimand=f"share of answers that were right where the answer was known, round {row.key}",
                soundness=(Soundness(rule="gold_unseen", holds=True, detail="known items came among the others, unmarked"),),
                **common,
            )
        )  # fmt: skip
    many, mean, m2 = found.costs
    target = _target(targets, COST)
    if many > 1 and target is not None:
        fields = {
            "unit": target.unit,
            "criterion": target.key,
            "estimand": f"cost of a label in round {row.key}",
            **common,
        }
        if row.paid_by == "hour" and m2 > 0:
            made.append(Mean.of(n=many, mean=mean, m2=m2, **fields))
        else:
            made.append(Count.of(value=mean, n=many, **fields))
    return made


def _target(targets: Mapping[str, Criterion], metrics: tuple[str, ...]) -> Criterion | None:
    found = [c for c in targets.values() if c.metric.strip().lower().replace(" ", "_") in metrics]
    return found[0] if len(found) == 1 else None


def prove(project: Project, caller: Caller, row: Round) -> list[EvidenceRow]:
    """Put a round's proof into the log: it decides whether the guideline works and what labels cost, until the guideline
    means something else."""
    made = proof(project, row, results(row))
    if not made:
        raise Conflict(
            "there is nothing to prove yet", where=row.key, rule="agreement needs items with two labels or more",
            todo="let people label first",
        )  # fmt: skip
    with transaction.atomic():
        return [stored for stored, _ in records.add_evidence(project, caller, made)]
