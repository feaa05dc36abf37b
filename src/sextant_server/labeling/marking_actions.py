"""Writes about what no person says of an item: rules and their noisy labels, a model's pre-labels, the order by need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from sextant.canonical import canonical
from sextant.chain import body_digest
from sextant.errors import Conflict, InvalidInput
from sextant_server.labeling import marking
from sextant_server.labeling.actions import drawn, guideline_of
from sextant_server.labeling.answers import ONE, read_answer
from sextant_server.labeling.models import Dealt, Item, Round, Rules
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import Caller
from sextant_server.records import actions as records

SHOWS = ("random", "shown", "hidden")
#: So many items are put in order at a time.
BATCH = 50


@transaction.atomic
def put_rules(
    project: Project, caller: Caller, row: Round, rules: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Store a round's rules, all of them at once."""
    records.lock(project)
    guideline, _ = guideline_of(project, row.guideline)
    marking.read(row, guideline, rules)
    made = Rules.objects.filter(round=row).first() or Rules(project=project, round=row)
    made.rules, made.round = [dict(r) for r in rules], row
    if made.pk is None or canonical(made.as_recorded()) != made.record.body:
        [made.record] = records.append(project, caller, [("labeling_rules", made.as_recorded())])
    made.save()
    return list(made.rules)


@transaction.atomic
def keep_noisy(project: Project, caller: Caller, row: Round) -> tuple[int, int]:
    """Run the rules and keep the label that they give each item, marked as noisy: people's labels and every result stay as
    they are. Returns how many items got one, of how many."""
    records.lock(project)
    guideline, _ = guideline_of(project, row.guideline)
    rules = marking.rules_of(row)
    found = marking.tried(row, guideline, rules)
    labels = found.noisy()
    rows = list(Item.objects.filter(round=row).only("pk", "key", "noisy"))
    for item in rows:
        item.noisy = labels.get(item.key)
    Item.objects.bulk_update(rows, ["noisy"], batch_size=500)
    said = {
        "round": row.key,
        "rules": body_digest(canonical(rules)),
        "items": found.items,
        "covered": found.covered,
    }
    records.append(project, caller, [("labeling_noisy", said)])
    return found.covered, found.items


@transaction.atomic
def put_prelabels(
    project: Project, caller: Caller, row: Round, given: Sequence[Mapping[str, Any]], *, show: str = "random"
) -> dict[str, int]:
    """Store what a model answered: of each row the item's `key`, its answer (`label`, as text), and how likely it holds each
    value (`chances`), or one of both. With `show` at random every second item's is shown to who labels it, drawn by item.

    An item that somebody has had already gets the chances, but no pre-label: who labeled it did not see one.
    """
    if show not in SHOWS:
        raise InvalidInput(f"{show[:40]!r}", where="show", rule=f"one of {', '.join(SHOWS)}")
    records.lock(project)
    row = Round.objects.select_for_update().get(pk=row.pk)
    if row.prelabels and row.prelabels != show:
        raise Conflict(
            f"pre-labels of this round are {row.prelabels}", where="show",
            rule="how they are shown stays, so that it can be compared",
            todo="make another round",
        )  # fmt: skip
    guideline, _ = guideline_of(project, row.guideline)
    items = {i.key: i for i in row.items.filter(key__in=[str(r.get("key", "")) for r in given])}
    had = set(Dealt.objects.filter(round=row, item__in=items.values()).values_list("item_id", flat=True))
    counts = {"set": 0, "chances": 0, "had": 0, "unknown": 0}
    for place, one in enumerate(given, 1):
        item = items.get(str(one.get("key", "")))
        if item is None:
            counts["unknown"] += 1
            continue
        chances = _chances(one.get("chances"), guideline.choices, f"row {place}")
        if chances:
            item.chances = chances
            counts["chances"] += 1
        label = str(one.get("label") or "") or (
            max(chances, key=lambda c: chances[c]) if chances and row.answer in ONE else ""
        )
        if not label:
            continue
        if item.pk in had:
            counts["had"] += 1
            continue
        item.prelabel = _answer(guideline, item, label, f"row {place}")
        item.shows = show == "shown" or (
            show == "random" and drawn(f"{project.uid}:{row.key}:{item.number}:prelabel") < 0.5
        )
        counts["set"] += 1
    Item.objects.bulk_update(items.values(), ["prelabel", "shows", "chances"], batch_size=500)
    if counts["set"] and not row.prelabels:
        row.prelabels = show
        [row.record] = records.append(project, caller, [("labeling_round", row.as_recorded())])
        row.save()
    return counts


def _chances(given: Any, choices: Sequence[str], where: str) -> dict[str, float]:
    if not given:
        return {}
    found = {str(k): float(v) for k, v in dict(given).items()}
    if strange := sorted(set(found) - set(choices)):
        raise InvalidInput(
            f"{strange[0][:80]!r} is no value of the guideline",
            where=where,
            rule=f"one of {', '.join(choices[:20])}",
        )
    if not all(0 <= v <= 1 for v in found.values()) or abs(sum(found.values()) - 1) > 1e-3:
        raise InvalidInput(
            "its probabilities do not add up to 1", where=where, rule="each 0 to 1, together 1"
        )
    return found


def _answer(guideline: Any, item: Item, label: str, where: str) -> dict[str, Any]:
    given: dict[str, Any] = {"value": label, "text": label, "spans": label}
    given["values"] = [] if label == "none" else [part.strip() for part in label.split("|")]
    try:
        return read_answer(guideline, item.content, given)
    except InvalidInput as error:
        error.where = where
        raise


@transaction.atomic
def deal_by_need(project: Project, caller: Caller, row: Round) -> int:
    """Deal first what a model is least sure of, and of that what differs. Items that somebody was dealt keep their place;
    those without probabilities come last. Returns how many were put in order."""
    import numpy as np

    from sextant.data.suggest import suggest, uncertainty

    records.lock(project)
    row = Round.objects.select_for_update().get(pk=row.pk)
    guideline, _ = guideline_of(project, row.guideline)
    rows = list(row.items.filter(is_gold=False, rank__lt=1).order_by("rank"))
    known = [i for i in rows if i.chances]
    if not known:
        raise Conflict(
            "no model's probabilities are known", where=row.key, rule="the order comes from how unsure a model is",
            todo="bring its answers in with probabilities",
        )  # fmt: skip
    p = np.array([[(i.chances or {}).get(c, 0.0) for c in guideline.choices] for i in known])
    unsure, features = uncertainty(p), _features(known)
    order: list[int] = []
    left = np.arange(len(known))
    while len(left):
        # Fifty at a time, chosen for their difference among the five hundred least sure.
        part = suggest(unsure[left], BATCH, features=None if features is None else features[left])
        order += left[part].tolist()
        left = np.delete(left, part)
    ordered = [known[n] for n in order] + [i for i in rows if not i.chances]
    for place, item in enumerate(ordered):
        item.rank = place / len(ordered)
    Item.objects.bulk_update(ordered, ["rank"], batch_size=500)
    records.append(
        project, caller, [("labeling_order", {"round": row.key, "by": "entropy", "items": len(known)})]
    )
    return len(known)


def _features(items: Sequence[Item]) -> Any:
    """Words of the items' texts as numbers, for what differs; None for pictures, and where there are too many to compare."""
    if len(items) > 2000 or items[0].content["kind"] == "image":
        return None
    from sklearn.feature_extraction.text import HashingVectorizer

    texts = [" ".join(str(v) for v in _texts(i.content)) for i in items]
    return HashingVectorizer(n_features=256, alternate_sign=False).transform(texts).toarray()


def _texts(content: Mapping[str, Any]) -> list[Any]:
    return [value for _, value in content.get("cells", ())] + [content.get(k, "") for k in ("text", "a", "b")]
