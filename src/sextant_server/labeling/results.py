"""What came of a round: agreement, accuracy on known items, one label an item, cost. Worked out of its answers.

Only answers that count are looked at: not those of paused raters, and not those made when the guideline meant something
else. A page asks for the same again and again, so the latest results are kept in memory as long as no answer changes.
"""

from __future__ import annotations

import math
import threading
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Any

from django.db.models import Count, Max, Q, Sum

from sextant.data.agreeing import Agreement, agreement
from sextant.data.annotations import Annotations
from sextant.data.consensus import (
    Consensus,
    Labeler,
    Step,
    dawid_skene,
    labelers,
    majority,
    one_more,
    weighted,
)
from sextant.data.labels import MOST_LABELS
from sextant.stats.agreement import agreement_interval
from sextant.stats.intervals import Bounds, mean_t, wilson
from sextant_server.labeling.answers import ONE, overlap, written
from sextant_server.labeling.models import Dealt, Item, Rater, Round, Ruling
from sextant_server.labeling.queries import stale_versions, texts
from sextant_server.records.models import DocumentRow

METHODS = ("dawid_skene", "weighted", "majority")
#: So many items at least stand behind each point of agreement over time.
LEAST_POINT, MOST_POINTS = 12, 8


@dataclass(frozen=True, slots=True)
class Given:
    """One answer that counts. `label` is it as one text."""

    item: int
    rater: int
    label: str
    answer: Mapping[str, Any]
    at: datetime
    seconds: float
    gold: bool
    version: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """One label for an item: what it is, how likely, how many gave theirs, and who decided (`labelers` or `expert`)."""

    number: int
    label: str
    sure: float
    count: int
    tied: bool
    by: str


@dataclass(frozen=True, slots=True)
class Cost:
    """What labels cost so far, in the project's currency. `per_label` and `per_item` are nan before there is one;
    `left` is about how many labels are to come, `to_come` what they will cost. All None where no rate is set."""

    paid: float
    per_label: Bounds
    per_item: float
    left: int
    to_come: float
    total: float
    over: float | None


@dataclass(frozen=True, slots=True)
class Results:
    """Everything about a round. What cannot be worked out is None, and `why` says why."""

    labels: int
    items: int
    versions: dict[int, str]
    agreement: Agreement | None
    nominal: Bounds | None
    overlap: Bounds | None
    why: str
    course: list[tuple[datetime, float, float, float]]
    gold: Bounds
    gold_right: int
    gold_seen: int
    raters: list[tuple[Rater, Labeler | None, float]]
    confusions: list[tuple[str, str, int]]
    chosen: dict[str, list[Chosen]]
    steps: list[Step]
    against_gold: bool
    errors: dict[str, tuple[float, int]]
    pace: float | None
    cost: Cost | None
    patterns: tuple[tuple[tuple[int, ...], ...], tuple[int, ...]] | None
    costs: tuple[int, float, float]


_kept: OrderedDict[int, tuple[Any, Results]] = OrderedDict()
_lock = threading.Lock()


def results(row: Round) -> Results:
    """The round's results; worked out anew only if an answer, a ruling, the guideline or a setting changed."""
    found = Dealt.objects.filter(round=row).aggregate(
        n=Count("id", filter=Q(state="labeled")), void=Count("id", filter=Q(void=True)), at=Max("at"), revised=Sum("revised")
    )  # fmt: skip
    told = DocumentRow.objects.filter(
        project_id=row.project_id, kind="guideline", key=row.guideline
    ).aggregate(n=Max("version"))
    rulings = Ruling.objects.filter(round=row).aggregate(n=Max("record_id"))
    raters = Rater.objects.filter(round=row).aggregate(
        n=Count("id"), active=Count("id", filter=Q(state="active"))
    )
    sign = (*found.values(), told["n"], rulings["n"], *raters.values(), row.record_id)
    with _lock:
        kept = _kept.get(row.pk)
    if kept is not None and kept[0] == sign:
        return kept[1]
    made = work_out(row)
    with _lock:
        _kept[row.pk] = (sign, made)
        _kept.move_to_end(row.pk)
        while len(_kept) > 16:
            _kept.popitem(last=False)
    return made


def given_of(row: Round, old: Sequence[int] = ()) -> list[Given]:
    """The answers that count, in the order in which they were given."""
    rows = (
        Dealt.objects.filter(round=row, state="labeled", void=False)
        .exclude(guideline__in=old)
        .order_by("at", "id")
        .values_list("item__number", "rater__number", "answer", "at", "seconds", "item__is_gold", "guideline")
    )
    return [
        Given(item, rater, written(answer), answer, at, seconds or 0.0, gold, version)
        for item, rater, answer, at, seconds, gold, version in rows.iterator(chunk_size=5000)
        if answer is not None and at is not None
    ]


def counted(rows: Sequence[Given], choices: Sequence[str], gold: Mapping[int, str]) -> Annotations:
    """Answers as the library counts them. Labels stand in the guideline's order, others after them."""
    import numpy as np

    seen = dict.fromkeys(r.label for r in rows)
    labels = [c for c in choices if c in seen or c in gold.values()]
    labels += sorted(label for label in {*seen, *gold.values()} if label not in choices)
    items, people = sorted({r.item for r in rows}), sorted({r.rater for r in rows})
    item, rater = ({v: i for i, v in enumerate(numbers)} for numbers in (items, people))
    label = {v: i for i, v in enumerate(labels)}
    return Annotations(
        tuple(items), tuple(people), tuple(labels),
        np.array([item[r.item] for r in rows], dtype=np.int64), np.array([rater[r.rater] for r in rows], dtype=np.int64),
        np.array([label[r.label] for r in rows], dtype=np.int64),
        np.array([label.get(gold.get(i, ""), -1) for i in items], dtype=np.int64),
    )  # fmt: skip


def work_out(row: Round) -> Results:
    """All of it, from the answers."""
    known_texts = texts(row)
    guideline = known_texts[max(known_texts)]
    rows = given_of(row, stale_versions(row, known_texts))
    gold = {
        n: written(a) for n, a in Item.objects.filter(round=row, is_gold=True).values_list("number", "gold")
    }
    # Known items are for judging people: everybody has them, and they would speak louder than the others.
    plain = [r for r in rows if not r.gold or row.purpose == "calibration"]
    people = {r.number: r for r in Rater.objects.filter(round=row).order_by("number")}
    words = len({r.label for r in plain})
    countable = row.answer in ONE or (row.answer in ("choices", "spans") and words <= MOST_LABELS)
    given = counted(plain, guideline.choices, {}) if plain and countable else None
    whole = counted(rows, guideline.choices, gold) if rows and countable else None
    # On a scale one place apart is less of a disagreement than four.
    metric = "ordinal" if row.answer == "rating" else "nominal"
    agreed, why = None, ""
    if row.answer == "note":
        why = "free notes are not counted"
    elif given is None:
        why = "there are no labels yet" if not plain else f"{words:,} different answers are too many to count"
    else:
        agreed = agreement(given, metric=metric, most_pairs=45)
        why = agreed.alpha.undefined or ""
    nominal = agreement_interval(*given.patterns()) if given is not None and metric != "nominal" else None
    answers = [r for r in rows if r.gold]
    right = sum(r.label == gold.get(r.item) for r in answers)
    consensus = _consensus(whole) if whole is not None and row.answer != "note" else {}
    judged = labelers(whole, consensus["dawid_skene"]) if whole is not None and consensus else []
    by_number = {one.name: one for one in judged}
    spent = dict.fromkeys(people, 0.0)
    for r in rows:
        spent[r.rater] = spent.get(r.rater, 0.0) + r.seconds
    counts = Counter(r.rater for r in rows)
    many = sum(i >= 0 for i in whole.gold.tolist()) if whole is not None else 0
    steps: list[Step] = []
    if whole is not None and consensus:
        steps = one_more(whole, whole.gold if many >= 10 else consensus["dawid_skene"].label)
    return Results(
        labels=len(rows), items=len({r.item for r in plain}),
        versions={v: known_texts[v].version for v in sorted({r.version for r in rows}) if v in known_texts},
        agreement=agreed, nominal=nominal, overlap=_overlap(plain) if row.answer in ("choices", "spans") else None, why=why,
        course=_course(plain, guideline.choices, metric) if given is not None else [],
        gold=wilson(right, len(answers)), gold_right=right, gold_seen=len(answers),
        raters=[(p, by_number.get(str(n)), spent[n] / counts[n] if counts[n] else math.nan) for n, p in people.items()],
        confusions=[(t, g, n) for (t, g), n in Counter((gold[r.item], r.label) for r in answers).most_common() if t != g][:10],
        chosen={name: _chosen(row, whole, c) for name, c in consensus.items()} if whole is not None else {},
        steps=steps, against_gold=many >= 10,
        errors={name: c.error(whole.gold) for name, c in consensus.items()} if whole is not None else {},
        pace=sum(r.seconds for r in rows) / len(rows) if rows else None,
        cost=_cost(row, people.values()), patterns=_patterns(given), costs=_costs(row, rows),
    )  # fmt: skip


def _patterns(given: Annotations | None) -> tuple[tuple[tuple[int, ...], ...], tuple[int, ...]] | None:
    if given is None:
        return None
    patterns, times = given.patterns()
    return tuple(tuple(map(int, p)) for p in patterns), tuple(map(int, times))


def _consensus(given: Annotations) -> dict[str, Consensus]:
    import numpy as np

    found = {"dawid_skene": dawid_skene(given), "majority": majority(given)}
    truth = given.gold[given.item]
    size = len(given.labelers)
    right = np.bincount(given.labeler[(truth >= 0) & (truth == given.label)], minlength=size)
    total = np.bincount(given.labeler[truth >= 0], minlength=size)
    if total.sum():
        # One right and one wrong answer more keep a rate off 0 and 1, and who met no known item at a half.
        found["weighted"] = weighted(given, ((right + 1) / (total + 2)).tolist())
    return {name: found[name] for name in METHODS if name in found}


def _chosen(row: Round, given: Annotations, found: Consensus) -> list[Chosen]:
    ruled = {n: written(a) for n, a in Ruling.objects.filter(round=row).values_list("item__number", "answer")}
    counts = given.votes.sum(axis=1).tolist()
    gold = {n for n, known in zip(given.items, given.gold.tolist(), strict=True) if known >= 0}
    made = [
        Chosen(number, ruled[number], 1.0, counts[i], False, "expert")
        if number in ruled
        else Chosen(
            number, given.labels[int(found.label[i])], float(found.sureness[i]), counts[i], bool(found.tied[i]), "labelers"
        )
        for i, number in enumerate(given.items)
        if number not in gold
    ]  # fmt: skip
    seen = {one.number for one in made}
    return made + [Chosen(n, label, 1.0, 0, False, "expert") for n, label in ruled.items() if n not in seen]


def _overlap(rows: Sequence[Given]) -> Bounds:
    """The mean over items of how far each two answers overlap, with an interval that takes an item as one."""
    by_item: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for r in rows:
        by_item[r.item].append(r.answer)
    means = []
    for answers in by_item.values():
        pairs = [overlap(a, b) for a, b in combinations(answers, 2)]
        if pairs:
            means.append(sum(pairs) / len(pairs))
    if len(means) < 2:
        return Bounds(math.nan, math.nan, math.nan, "t", "fewer than two items have two answers")
    mean = math.fsum(means) / len(means)
    return mean_t(len(means), mean, math.fsum((m - mean) ** 2 for m in means))


def _course(
    rows: Sequence[Given], choices: Sequence[str], metric: str
) -> list[tuple[datetime, float, float, float]]:
    """Agreement over time: items in the order in which they were done, in stretches of the same size."""
    done = {r.item: r.at for r in rows}
    count = Counter(r.item for r in rows)
    order = sorted((i for i in done if count[i] > 1), key=lambda i: done[i])
    points = min(MOST_POINTS, len(order) // LEAST_POINT)
    if points < 2:
        return []
    found = []
    for n in range(points):
        part = set(order[len(order) * n // points : len(order) * (n + 1) // points])
        given = counted([r for r in rows if r.item in part], choices, {})
        alpha = agreement(given, metric=metric, most_pairs=0).alpha
        found.append((max(done[i] for i in part), alpha.value, alpha.lower, alpha.upper))
    return found


def _costs(row: Round, rows: Sequence[Given]) -> tuple[int, float, float]:
    """How many labels were paid, their mean cost and the sum of squared deviations from it."""
    if not row.rate or not rows:
        return 0, math.nan, 0.0
    if row.paid_by == "label":
        return len(rows), row.rate, 0.0
    each = [r.seconds / 3600 * row.rate for r in rows]
    mean = math.fsum(each) / len(each)
    return len(each), mean, math.fsum((c - mean) ** 2 for c in each)


def _cost(row: Round, people: Any) -> Cost | None:
    """Everything that was paid counts, also labels that are void now."""
    if not row.rate:
        return None
    given, seconds = (sum(getattr(p, name) for p in people) for name in ("given", "seconds"))
    paid = given * row.rate if row.paid_by == "label" else seconds / 3600 * row.rate
    items = row.items.filter(is_gold=False).aggregate(
        room=Sum("room"),
        done=Count("id", filter=~Q(state="open")),
        wanted=Sum("wanted", filter=~Q(state="open")),
    )
    out = Dealt.objects.filter(round=row, state="out").count()
    # Items that are done got so many labels each; those that are not will need as many more than they ask for now.
    grows = items["wanted"] / (items["done"] * row.labelers) if items["done"] else 1.0
    left = 0
    if row.purpose == "labels" and row.state != "closed":
        left = math.ceil(((items["room"] or 0) + out) * max(grows, 1.0) / (1 - row.gold_share))
    mean = paid / given if given else (row.rate if row.paid_by == "label" else math.nan)
    if row.paid_by == "label":
        per_label = Bounds(row.rate, row.rate, row.rate, "full_count")
    else:
        n, value, m2 = _costs(row, given_of(row))
        per_label = (
            mean_t(n, value, m2) if n > 1 else Bounds(math.nan, math.nan, math.nan, "t", "too few labels")
        )
    to_come = left * mean
    total = paid + (to_come if left else 0.0)
    over = total - row.budget if row.budget is not None and total > row.budget else None
    return Cost(
        paid, per_label, paid / items["done"] if items["done"] else math.nan, left, to_come, total, over
    )
