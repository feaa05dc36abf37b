"""Rows that are there twice: by key, exactly, and texts that are nearly the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sextant.data.quality.issues import Issue, Severity, count_of, grave
from sextant.data.quality.looks import Look
from sextant.phrases import with_unit
from sextant.tables import Table, present
from sextant.tables.engines import is_duckdb

#: Texts of at least so many characters on average, in a column where most differ, are compared for near-duplicates.
PROSE = 60
#: And at most so many of them: the comparison takes every text into memory once.
_TEXTS = 200_000
#: If a few columns leave more rows than this share in doubt, all are asked.
_FEW = 0.05


def repeated_keys(table: Table, key: str, rows: int) -> Iterator[Issue]:
    named = table.expr.select(key)
    named = named.filter(present(named[key]))
    groups = named.group_by(key).aggregate(n=named.count())
    many = groups.filter(groups.n > 1)
    found = table.fetch(many.aggregate(keys=many.count(), rows=many.n.sum()))[0]
    if not found["keys"]:
        return
    count = found["rows"] - found["keys"]
    names = "names" if found["keys"] == 1 else "name"
    text = (
        f"{count_of(found['keys'], 'value')} of {key} {names} more than one row; {count_of(count, 'row')} "
        f"{'is' if count == 1 else 'are'} one too many."
    )
    fix = "Find out which row is right, and keep one."
    mend = ({"step": "deduplicate", "by": [key], "keep": "first"},)
    yield Issue(
        "repeated-key",
        key,
        text,
        "critical",
        count,
        rows,
        fix,
        lambda t: t.filter(t[key].isin(many[key])),
        (key,),
        mend=mend,
    )


def repeated_rows(table: Table, seen: Sequence[Look], key: str | None, rows: int) -> Iterator[Issue]:
    """Rows equal to an earlier one in everything but the key. Hashes tell which may be; those are compared."""
    compared = [c for c in table.columns if c != key]
    if not compared:
        return
    candidates = table.expr
    if is_duckdb(table.engine) and len(compared) > 1:
        few = _telling(seen, key, rows)
        candidates, n = _equal_by_hash(table, few or compared)
        if few and n > rows * _FEW:
            candidates, n = _equal_by_hash(table, compared)
        if not n:
            return
    total, different = table.count(candidates), table.count(candidates.select(compared).distinct())
    count = total - different
    if not count:
        return
    share = count / rows
    but = f" but {key}" if key is not None else ""
    repeat = "repeats" if count == 1 else "repeat"
    text = (
        f"{count_of(count, 'row')} ({with_unit(share, 'share')}) {repeat} an earlier one in everything{but}."
    )
    severity: Severity = "medium" if share >= 0.01 else "low"
    fix = "Keep one of each, unless they are separate events."
    mend = ({"step": "deduplicate", "by": compared, "keep": "first"},)
    yield Issue("repeated", "", text, severity, count, rows, fix, _later(compared), mend=mend)


def _telling(seen: Sequence[Look], key: str | None, rows: int) -> list[str]:
    """The columns with the most different values, as many as tell by themselves that nearly all rows differ, if the
    columns do not depend on each other; none, where all together do not."""
    few, room = list[str](), 1000 * rows**2
    for look in sorted((k for k in seen if k.column != key), key=lambda k: -k.distinct):
        few.append(look.column)
        room //= max(look.distinct, 1)
        if not room:
            return few
    return []


def _equal_by_hash(table: Table, columns: Sequence[str]) -> tuple[Any, int]:
    """Rows whose hash of these columns others have, too, and how many they are. A struct hashes as its values do, so
    equal rows have equal hashes; only the others are let go."""
    import ibis

    hashed = table.expr.mutate(sextant_hash=ibis.struct({c: table.expr[c] for c in columns}).hash())
    counted = hashed.group_by("sextant_hash").aggregate(n=hashed.count())
    twice = counted.filter(counted.n > 1)
    found = table.fetch(twice.aggregate(n=twice.n.sum()))[0]["n"]
    return hashed.semi_join(twice, "sextant_hash"), found or 0


def _later(compared: Sequence[str]) -> Callable[[Any], Any]:
    import ibis

    def later(rows: Any) -> Any:
        order = rows["sextant_row"] if "sextant_row" in rows.columns else None
        nth = ibis.row_number().over(group_by=list(compared), order_by=order)
        return rows.mutate(sextant_nth=nth).filter(lambda t: t.sextant_nth > 0).drop("sextant_nth")

    return later


def near_texts(table: Table, look: Look, rows: int, similarity: float) -> Iterator[Issue]:
    """Texts that are nearly the same as an earlier one."""
    from sextant.data.near import near_duplicates

    column = table.expr[look.column]
    if not look.text or look.longest < PROSE or look.distinct < rows / 2 or rows > _TEXTS:
        return
    length = table.fetch(table.expr.aggregate(mean=column.length().mean()))[0]["mean"] or 0
    if length < PROSE:
        return
    # In their order: which of a group is the first is the same each time, on every engine.
    texts = table.arrow(table.expr.filter(present(column)).select(text=column).distinct().order_by("text"))[
        "text"
    ]
    found = near_duplicates(texts, similarity=similarity)
    if not found.pairs:
        return
    again = {texts[later].as_py() for group in found.groups for later in group[1:]}
    values = sorted(again)
    count = table.count(table.expr.filter(column.isin(values)))
    be, groups = "is" if count == 1 else "are", count_of(len(found.groups), "group")
    text = (
        f"In column {look.column} {count_of(count, 'text')} ({with_unit(count / rows, 'share')}) {be} nearly the same as "
        f"another ({groups}; at least {with_unit(similarity, 'share')} of their word triples are shared)."
    )
    fix = "Keep one of each group, and put what is alike on the same side of training and test."
    mend = ({"step": "deduplicate", "near": look.column, "similarity": similarity},)
    concerned = lambda t: t.filter(t[look.column].isin(values))  # noqa: E731
    yield Issue(
        "near-repeated",
        look.column,
        text,
        grave(count / rows),
        count,
        rows,
        fix,
        concerned,
        (look.column,),
        mend=mend,
    )
