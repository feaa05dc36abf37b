"""What no person says of an item: rules, a model. What rules cover and how they do, how far pre-labels sway people, which
labels a model contradicts. All of it is worked out of what is stored."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sextant.data.guidelines import Guideline
from sextant.data.prelabels import Influence, Prelabeled, influence
from sextant.errors import InvalidInput
from sextant_server.labeling.answers import ONE, same, written
from sextant_server.labeling.items import plain
from sextant_server.labeling.models import Dealt, Item, Round, Rules
from sextant_server.labeling.queries import stale_versions
from sextant_server.labeling.results import results

if TYPE_CHECKING:
    import pyarrow as pa

    from sextant.data.label_rules import Labelled, Rule, Votes, Weighed

MOST_RULES, MOST_PATTERN, EXAMPLES = 100, 500, 3
#: Columns of a model's probabilities begin so, and go on with the value.
CHANCE = "p_"


# --- rules


def rules_of(row: Round) -> list[dict[str, Any]]:
    """The round's rules as they are stored."""
    found = Rules.objects.filter(round=row).first()
    return list(found.rules) if found else []


def columns(row: Round) -> list[str]:
    """The columns that rules may look at: what items of the round show."""
    first = row.items.order_by("number").first()
    if first is None:
        return []
    shown = {"text": ["text"], "pair": ["a", "b"], "image": []}.get(first.content["kind"])
    names = [name for name, _ in first.content["cells"]] if shown is None else shown
    return [*names, *(["context"] if "context" in first.content else [])]


def read(row: Round, guideline: Guideline, rules: Sequence[Mapping[str, Any]]) -> list[Rule]:
    """Rules that can be run; `InvalidInput` names the one that cannot, and why. A pattern is RE2's, whose time grows with the
    text alone, and what a rule may say is one of the guideline's values."""
    from sextant.data.label_rules import read_rules

    if row.answer not in ONE:
        raise InvalidInput(
            "rules give one value, and this round asks for something else", where=row.key,
            rule="rules label rounds of one class, a scale or a pair",
        )  # fmt: skip
    if len(rules) > MOST_RULES:
        raise InvalidInput(f"{len(rules):,} rules", rule=f"at most {MOST_RULES}")
    names, known = [str(r.get("name", "")) for r in rules], columns(row)
    for place, rule in enumerate(rules, 1):
        where = f"rule {place}"
        if not str(rule.get("name", "")).strip() or names.count(str(rule.get("name"))) > 1:
            raise InvalidInput(
                "its name is empty or stands twice", where=where, rule="each rule has a name of its own"
            )
        if rule.get("label") not in guideline.choices:
            raise InvalidInput(
                f"{str(rule.get('label'))[:80]!r} is no value of the guideline", where=where,
                rule=f"one of {', '.join(guideline.choices[:20])}",
            )  # fmt: skip
        if rule.get("column") not in known:
            raise InvalidInput(
                f"items have no column {str(rule.get('column'))[:80]!r}", where=where, rule=f"columns are {', '.join(known[:20])}"
            )  # fmt: skip
        if (
            len(str(rule.get("pattern", ""))) > MOST_PATTERN
            or sum(map(len, map(str, rule.get("words", ())))) > MOST_PATTERN
        ):
            raise InvalidInput("it is too long", where=where, rule=f"at most {MOST_PATTERN} characters")
    return read_rules([dict(r) for r in rules])


@dataclass(frozen=True, slots=True)
class Tried:
    """What rules do on the round's items. `examples` has of each rule a few items that it labels: key, what is looked at, and
    the known answer, if there is one."""

    items: int
    covered: int
    known: int
    right: int
    weighed: list[Weighed]
    votes: Votes
    model: Labelled
    keys: list[str]
    examples: dict[str, list[tuple[str, str, str]]]

    def noisy(self) -> dict[str, dict[str, Any] | None]:
        """The noisy label of each item, by its key; None where no rule speaks."""
        sure = self.model.sureness.tolist()
        return {
            key: {"label": self.votes.labels[label], "sure": round(s, 6)} if covered else None
            for key, label, s, covered in zip(
                self.keys, self.model.label.tolist(), sure, self.votes.covered.tolist(), strict=True
            )
        }


def tried(row: Round, guideline: Guideline, rules: Sequence[Mapping[str, Any]]) -> Tried:
    """Run rules on every item of the round. Known answers judge the rules one by one; how often the labels made of all of them
    are right is told from a model that did not see the known answers."""
    from sextant.data.label_rules import apply, label_model, weigh

    ready = read(row, guideline, rules)
    if not ready:
        raise InvalidInput("there are no rules", where=row.key, todo="write one")
    rows = _table(row)
    if not rows.num_rows:
        raise InvalidInput("the round has no items", where=row.key, todo="bring items in first")
    votes = apply(ready, rows, gold=GOLD)
    # Whoever is judged by known answers must not have learned from them.
    unseen = type(votes)(votes.rules, votes.labels, votes.vote, votes.gold * 0 - 1)
    model = label_model(unseen)
    both = votes.covered & (votes.gold >= 0)
    texts = {name: rows[name].to_pylist() for name in {str(r["column"]) for r in rules}}
    keys, gold = rows[KEY].to_pylist(), rows[GOLD].to_pylist()
    examples = {
        str(rule["name"]): [
            (keys[i], str(texts[str(rule["column"])][i])[:200], gold[i] or "")
            for i in (votes.vote[:, place] >= 0).nonzero()[0][:EXAMPLES].tolist()
        ]
        for place, rule in enumerate(rules)
    }
    return Tried(
        rows.num_rows, int(votes.covered.sum()), int(both.sum()), int((model.label[both] == votes.gold[both]).sum()),
        weigh(votes, model), votes, model, keys, examples,
    )  # fmt: skip


#: Columns beside those that items show; an item's own may not be called so.
KEY, GOLD = "sextant key", "sextant gold"


def _table(row: Round) -> pa.Table:
    import pyarrow as pa

    names = columns(row)
    found: dict[str, list[str | None]] = {name: [] for name in [KEY, GOLD, *names]}
    items = Item.objects.filter(round=row).order_by("number").values_list("key", "gold", "content")
    for key, gold, content in items.iterator(chunk_size=2000):
        cells = {**dict(content.get("cells", ())), **content}
        found[KEY].append(key)
        found[GOLD].append(written(gold) or None)
        for name in names:
            found[name].append(cells.get(name))
    return pa.table({name: pa.array(values, pa.string()) for name, values in found.items()})


# --- pre-labels


def prelabels_of(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A table's rows as pre-labels: `id` (or key, item) names the item, `label` (or prediction, prelabel) is what the model
    answered, `p_VALUE` how likely it holds each value.

    >>> prelabels_of([{"id": 7, "p_spam": 0.9, "p_ham": 0.1}])
    [{'key': '7', 'label': '', 'chances': {'spam': 0.9, 'ham': 0.1}}]
    """
    if not rows:
        raise InvalidInput("the table has no rows", where="file")
    names = [str(n) for n in rows[0]]
    key = next((n for n in names if n.lower() in ("id", "key", "item", "item_id")), None)
    label = next((n for n in names if n.lower() in ("label", "prediction", "prelabel")), None)
    chances = [n for n in names if n.startswith(CHANCE)]
    if key is None or (label is None and not chances):
        raise InvalidInput(
            f"it has the columns {', '.join(names[:20])}", where="file",
            rule="a column id, and one called label, or p_ and the value for each, or both",
        )  # fmt: skip
    try:
        return _read_answers(rows, key, label, chances)
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"a probability is no number: {error}", where="file", rule="0 to 1") from error


def _read_answers(
    rows: Sequence[Mapping[str, Any]], key: str, label: str | None, chances: Sequence[str]
) -> list[dict[str, Any]]:
    return [
        {
            "key": plain(row[key]), "label": plain(row[label]) if label else "",
            "chances": {n.removeprefix(CHANCE): float(row[n] or 0) for n in chances} if chances else None,
        }
        for row in rows
    ]  # fmt: skip


def swayed(row: Round) -> Influence | None:
    """How far pre-labels sway who sees them; None where the round has none. Answers that do not count are left out."""
    if not row.prelabels:
        return None
    rows = (
        Dealt.objects.filter(round=row, state="labeled", void=False, item__prelabel__isnull=False)
        .exclude(guideline__in=stale_versions(row))
        .values_list("item__key", "item__shows", "answer", "item__prelabel", "item__gold", "seconds")
    )
    return influence(
        Prelabeled(
            key, shows, same(answer, prelabel), None if gold is None else same(answer, gold),
            None if gold is None else not same(prelabel, gold), seconds,
        )
        for key, shows, answer, prelabel, gold, seconds in rows.iterator(chunk_size=5000)
    )  # fmt: skip


# --- what a model contradicts


@dataclass(frozen=True, slots=True)
class Suspect:
    """An item whose label a model confidently contradicts. `margin` is below zero, the lower the surer."""

    number: int
    key: str
    label: str
    better: str
    margin: float


def suspects(row: Round, guideline: Guideline) -> tuple[float, int, list[Suspect]] | None:
    """The share of labels that are probably wrong, of how many, and which, the surest first; None where no model's
    probabilities are known or nothing is labeled."""
    import numpy as np

    from sextant.data.label_errors import label_errors

    if row.answer not in ONE:
        return None
    items: dict[int, tuple[str, dict[str, float]]] = {
        number: (key, chances or {})
        for number, key, chances in Item.objects.filter(
            round=row, chances__isnull=False, is_gold=False
        ).values_list("number", "key", "chances")
    }
    if not items:
        return None
    made = results(row)
    chosen = next(iter(made.chosen.values()), [])
    labels = list(guideline.choices)
    place = {label: i for i, label in enumerate(labels)}
    # What an expert has decided is not in doubt.
    rows = [c for c in chosen if c.by == "labelers" and c.number in items and c.label in place]
    if len(rows) < 2:
        return None
    p = np.array([[items[c.number][1].get(label, 0.0) for label in labels] for c in rows])
    total = p.sum(axis=1, keepdims=True)
    sure = np.divide(p, total, out=np.full_like(p, 1 / len(labels)), where=total > 0)
    found = label_errors(np.array([place[c.label] for c in rows], dtype=np.int64), sure)
    return (
        found.wrong, len(rows),
        [
            Suspect(rows[i].number, items[rows[i].number][0], rows[i].label, labels[b], m)
            for i, b, m in zip(found.suspects.tolist(), found.better.tolist(), found.margin.tolist(), strict=True)
        ],
    )  # fmt: skip


def finite(value: float) -> float | None:
    """A number for programs: nan as null."""
    return value if math.isfinite(value) else None
