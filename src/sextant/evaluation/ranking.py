"""How good ranked lists are: search results and recommendations, by list and over the catalogue.

    ndcg, map, mrr, recall, precision, hit_rate   of the first k items of each list
    click_through_rate                             clicks by items shown, over lists
    diversity, novelty, catalogue_coverage         what the lists show of what there is

A list (a query, a user's page) is a case; ranges are over lists, or over the units that have several.
"""

from __future__ import annotations

from typing import Any

from sextant.errors import InvalidInput
from sextant.evaluation.counting import label
from sextant.evaluation.evaluate import Answer, Evaluation, made
from sextant.evaluation.units import ratio_sums
from sextant.evidence import Count, Mean, Proportion
from sextant.model_evidence import Ratio
from sextant.phrases import number
from sextant.stats.moments import Moments
from sextant.tables import Table
from sextant.tables import table as open_table


def evaluate_lists(
    source: Any,
    *,
    query: str,
    item: str | None = None,
    relevance: str | None = None,
    rank: str | None = None,
    score: str | None = None,
    clicked: str | None = None,
    category: str | None = None,
    popularity: str | None = None,
    catalogue: int | None = None,
    cluster: str | None = None,
    k: int = 10,
    level: float = 0.95,
) -> Evaluation:
    """Every metric of ranked lists that the columns allow, from a table with a row for each item of each list.

    query        the column that names the list: a query, or one page of a user
    item         the item
    relevance    how relevant it is: 0 or 1, or a grade of 0 and more
    rank, score  its place from 1 on, or a score that puts the highest first; one of the two. A relevant item that was
                 not found has a row too, without a rank or score: else recall is that of what was found
    clicked      whether it was clicked
    category     what kind of item: a list is as diverse as pairs of its items differ in it
    popularity   the item's share of all interactions, from 0 to 1: novelty is -log2 of it
    catalogue    how many items there are
    cluster      the unit that has several lists, such as a user
    k            how many items are shown

    NDCG takes the grade as the gain and discounts by the logarithm of the place, as scikit-learn does. Lists without a
    relevant item are left out of NDCG, MAP, MRR and recall, and are counted in precision and hit rate. Raises
    `InvalidInput` for an item that stands twice in a list, a negative grade, a place below 1.

    >>> import pyarrow as pa
    >>> rows = {"q": [1, 1, 1, 2, 2], "place": [1, 2, 3, 1, 2], "good": [0, 1, 1, 1, 0]}
    >>> found = evaluate_lists(pa.table(rows), query="q", rank="place", relevance="good", k=2)
    >>> found["mrr@2"].value, found["recall@2"].value, found["hit_rate@2"].value
    (0.75, 0.75, 1.0)
    """
    import numpy as np

    table = source if isinstance(source, Table) else open_table(source)
    if (rank is None) == (score is None):
        raise InvalidInput(
            "the order is not told", rule="name the column with the rank, or the one with the score"
        )
    if k < 1:
        raise InvalidInput(f"k is {k}", rule="at least one item is shown")
    rows, notes = _ordered(table, query, item, relevance, rank, score, clicked, category, popularity, cluster)
    lists, starts = rows["lists"], rows["starts"]
    place = rows["place"]
    shown = place < k
    unit = rows["unit"]
    answers: list[Answer] = []

    def per_list(metric: str, values: Any, kept: Any = None) -> None:
        answers.append(_mean(metric, values, kept, unit, level))

    if relevance is not None:
        grade, at = rows["relevance"], rows["list"]
        good = grade > 0
        total = np.bincount(at, weights=good, minlength=lists)
        there = total > 0
        if not there.all():
            notes.append(
                f"{number(int((~there).sum()))} lists have no relevant item; they have no NDCG, MAP, MRR, recall."
            )
        hits = np.bincount(at, weights=good & shown, minlength=lists)
        discount = np.where(shown, 1 / np.log2(np.minimum(place, 1e9) + 2), 0.0)
        gained = np.bincount(at, weights=grade * discount, minlength=lists)
        best = _ideal(grade, at, starts, k, lists)
        so_far = np.cumsum(good & np.isfinite(place)) - np.repeat(
            np.concatenate([[0], np.cumsum(good & np.isfinite(place))])[starts[:-1]], np.diff(starts)
        )
        ap = np.bincount(at, weights=np.where(good & shown, so_far / (place + 1), 0.0), minlength=lists)
        first = np.full(lists, np.inf)
        np.minimum.at(first, at[good & shown], place[good & shown])
        with np.errstate(invalid="ignore", divide="ignore"):
            per_list(f"ndcg@{k}", gained / best, there)
            per_list(f"map@{k}", ap / np.minimum(total, k), there)
            per_list(f"mrr@{k}", 1 / (first + 1), there)
            per_list(f"recall@{k}", hits / total, there)
        per_list(f"precision@{k}", hits / k)
        if unit is None:
            share = {"successes": int((hits > 0).sum()), "trials": lists}
            answers.append(made(f"hit_rate@{k}", Proportion, share, level=level))
        else:
            per_list(f"hit_rate@{k}", (hits > 0).astype(float))
    if clicked is not None:
        at = rows["list"][shown]
        top = np.bincount(at, weights=rows["clicked"][shown], minlength=lists)
        bottom = np.bincount(at, minlength=lists).astype(float)
        by = (top, bottom) if unit is None else tuple(np.bincount(unit, weights=v) for v in (top, bottom))
        answers.append(made("click_through_rate", Ratio, ratio_sums(*by), level=level, unit="share"))
    if category is not None:
        values, kept = _diversity(rows["category"], rows["list"], shown, lists)
        per_list(f"diversity@{k}", values, kept)
    if popularity is not None:
        share = rows["popularity"]
        if not ((share > 0) & (share <= 1)).all():
            raise InvalidInput(
                "a popularity lies outside 0 to 1, or is 0",
                where=f"{table.name}, column {popularity}",
                rule="it is an item's share of all interactions",
            )
        at = rows["list"][shown]
        surprise = np.bincount(at, weights=-np.log2(share[shown]), minlength=lists)
        many = np.bincount(at, minlength=lists)
        per_list(f"novelty@{k}", surprise / np.maximum(many, 1), many > 0)
    if item is not None:
        seen = len(np.unique(rows["item"][shown]))
        of = catalogue if catalogue is not None else len(np.unique(rows["item"]))
        if of < seen:
            raise InvalidInput(
                f"{number(seen)} different items are shown, and the catalogue has {number(of)}",
                where=table.name,
                rule="what is shown is in the catalogue",
            )
        answers.append(made(f"catalogue_coverage@{k}", Count, {"value": seen / of, "n": seen}, level=level))
        if catalogue is None:
            notes.append("The catalogue is taken to be what the table holds; say how large it is to be sure.")
    return Evaluation(
        table=table.name, task="ranking", rows=lists, level=level, answers=tuple(answers), notes=tuple(notes)
    )


def _ordered(
    table: Table, query: str, item: str | None, relevance: str | None, rank: str | None, score: str | None,
    clicked: str | None, category: str | None, popularity: str | None, cluster: str | None,
) -> tuple[dict[str, Any], list[str]]:  # fmt: skip
    """The rows list by list in their order, as arrays; `place` counts from 0 and is infinite for what was not found."""
    import numpy as np

    names = {"query": query, "item": item, "category": category, "cluster": cluster}
    numbers = {
        "order": rank or score,
        "relevance": relevance,
        "clicked": clicked,
        "popularity": popularity,
    }
    wanted = {n: table.column(c) for n, c in names.items() if c is not None}
    wanted |= {n: table.numbers(c) for n, c in numbers.items() if c is not None}
    found = table.arrow(table.expr.select(**wanted))
    if not found.num_rows:
        raise InvalidInput("there are no rows", where=table.name)
    columns: dict[str, Any] = {}
    for n in names:
        if n in wanted:
            values = found[n].to_pylist()
            if any(v is None for v in values):
                raise InvalidInput(f"a row has no {names[n]}", where=table.name, rule="every row names it")
            columns[n] = np.unique([label(v) for v in values], return_inverse=True)[1]
    for n in numbers:
        if n in wanted:
            columns[n] = np.array([np.nan if v is None else v for v in found[n].to_pylist()])
    order = columns["order"]
    if rank is not None and (order < 1).any():
        raise InvalidInput(
            "a place is below 1", where=f"{table.name}, column {rank}", rule="the first place is 1"
        )
    order = np.where(np.isnan(order), np.inf, order if rank is not None else -order)
    notes = []
    tie = columns.get("item", np.arange(len(order)))
    sort = np.lexsort((tie, order, columns["query"]))
    columns = {n: c[sort] for n, c in columns.items()}
    order = order[sort]
    at = columns["query"]
    starts = np.concatenate([[0], np.flatnonzero(np.diff(at)) + 1, [len(at)]])
    place = np.arange(len(at), dtype=float) - np.repeat(starts[:-1], np.diff(starts))
    place[np.isinf(order)] = np.inf
    same = (np.diff(at) == 0) & (np.diff(order) == 0) & np.isfinite(order[1:])
    if same.any():
        if rank is not None:
            raise InvalidInput(
                f"{number(int(same.sum()))} places are held by two items of one list",
                where=f"{table.name}, column {rank}",
                rule="each item of a list has its own place",
            )
        notes.append(
            f"{number(int(same.sum()))} items have the score of their neighbour; such ties are put in order of the item."
        )
    if "item" in columns:
        pairs = np.unique(np.stack([at, columns["item"]]), axis=1)
        if pairs.shape[1] < len(at):
            raise InvalidInput(
                f"{number(len(at) - pairs.shape[1])} items stand twice in a list",
                where=table.name,
                rule="an item is shown once in a list",
                todo="keep its first place",
            )
    for n in ("relevance", "clicked"):
        if n in columns:
            columns[n] = np.nan_to_num(columns[n])
    if "relevance" in columns and (columns["relevance"] < 0).any():
        raise InvalidInput("a grade is below 0", where=table.name, rule="relevance is 0 or more")
    lists = len(starts) - 1
    unit = None
    if "cluster" in columns:
        unit = columns["cluster"][starts[:-1]]
        if (columns["cluster"] != np.repeat(unit, np.diff(starts))).any():
            raise InvalidInput("a list belongs to two units", where=table.name, rule="a list is of one unit")
    return {**columns, "list": at, "lists": lists, "starts": starts, "place": place, "unit": unit}, notes


def _ideal(grade: Any, at: Any, starts: Any, k: int, lists: int) -> Any:
    import numpy as np

    sort = np.lexsort((-grade, at))
    place = np.arange(len(at)) - np.repeat(starts[:-1], np.diff(starts))
    discount = np.where(place < k, 1 / np.log2(place + 2), 0.0)
    return np.bincount(at, weights=grade[sort] * discount, minlength=lists)


def _diversity(kind: Any, at: Any, shown: Any, lists: int) -> tuple[Any, Any]:
    """Of all pairs of shown items in a list, how many are of different kinds; lists with one item have none."""
    import numpy as np

    kind, at = kind[shown], at[shown]
    many = np.bincount(at, minlength=lists)
    both, counts = np.unique(np.stack([at, kind]), axis=1, return_counts=True)
    alike = np.bincount(both[0], weights=counts * (counts - 1) / 2, minlength=lists)
    pairs = many * (many - 1) / 2
    return 1 - alike / np.maximum(pairs, 1), pairs > 0


def _mean(metric: str, values: Any, kept: Any, unit: Any, level: float) -> Answer:
    import numpy as np

    there = np.ones(len(values), bool) if kept is None else kept
    if unit is None:
        m = Moments.of(values[there])
        return made(
            metric, Mean, {"n": m.n, "mean": m.mean if m.n else 0.0, "m2": m.m2}, level=level, unit="1"
        )
    top = np.bincount(unit[there], weights=values[there], minlength=int(unit.max()) + 1)
    bottom = np.bincount(unit[there], minlength=int(unit.max()) + 1).astype(float)
    return made(metric, Ratio, ratio_sums(top, bottom), level=level, unit="1")
