"""Text of a column: what is wrong with it, by its different values, or by their shapes where these are too many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sextant.data.quality.issues import Issue, among, count_of, grave, where
from sextant.data.quality.looks import DISGUISES, VOCABULARY, Look
from sextant.data.quality.numbers import Gaps
from sextant.data.quality.words import PLAIN_NUMBER, Fault, allowed, faults
from sextant.phrases import with_unit
from sextant.tables import Table

#: Text of more than so many characters is prose: it is not looked at as a category or a code.
LONG = 1000


def text_faults(
    table: Table, look: Look, words: list[tuple[Any, int]] | None, gap: Gaps, rows: int
) -> Iterator[Issue]:
    """What is wrong with the text of a column: by its different values, or by their shapes if they are too many."""
    column = look.column
    if words is None:
        yield from _by_shape(table, look, gap, rows)
        return
    known = [(v, n) for v, n in words if v.strip().lower() not in ("", *DISGUISES)]
    counts = dict(known)
    if not known:
        return
    for fault in faults(known, near_values):
        count = sum(counts[v] for v in fault.values)
        yield _issue(column, fault, count, rows, among(column, list(fault.values)))


def all_numbers(words: list[tuple[Any, int]] | None) -> bool:
    """Whether a column of text has nothing but numbers and words for no value."""
    known = [v for v, _ in words or () if v.strip().lower() not in ("", *DISGUISES)]
    return bool(known) and all(PLAIN_NUMBER.match(v) for v in known)


def _issue(column: str, fault: Fault, count: int, rows: int, concerned: Callable[[Any], Any]) -> Issue:
    share = count / rows
    text = f"{count_of(count, 'value')} of {column} ({with_unit(share, 'share')}): {fault.said}."
    told = {v: w for v, w in fault.values.items() if w is not None}
    mend: dict[str, Any] | None = {**fault.mend, "column": column} if fault.mend else None
    if mend is None and told and len(told) == len(fault.values) and len(told) <= 500:
        mend = {"step": "map", "column": column, "values": told}
    if mend is None and fault.kind == "type":
        mend = {"step": "blank", "column": column, "values": list(fault.values)[:500]}
    return Issue(
        fault.kind,
        column,
        text,
        grave(share),
        count,
        rows,
        fault.fix,
        concerned,
        (column,),
        replace=told,
        mend=(mend,) if mend else (),
    )


_LETTERS = "abcdefghijklmnopqrstuvwxyzàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿœß"


def _by_shape(table: Table, look: Look, gap: Gaps, rows: int) -> Iterator[Issue]:
    """The same tests on the shapes of values (letters as a, digits as 9), where there are too many values to list."""
    column = look.column
    if look.longest > LONG:
        return

    def shaped(c: Any) -> Any:
        return c.lower().translate(_LETTERS + "0123456789", "a" * len(_LETTERS) + "9" * 10)

    kept = table.expr.filter(~gap.test(table.expr[column]))
    value = kept[column]
    tests: dict[str, Callable[[Any], Any]] = {"space": _spaced, "encoding": _garbled}
    row = table.fetch(kept.aggregate(**{k: test(value).cast("int8").sum() for k, test in tests.items()}))[0]
    for kind, test in tests.items():
        if row[kind]:
            yield _issue(column, _BY_TEST[kind], row[kind], rows, _kept(column, gap, test))
    counted = (
        kept.group_by(shape=shaped(value)).aggregate(n=kept.count(), one=value.min()).limit(VOCABULARY + 1)
    )
    shapes = table.fetch(counted)
    if len(shapes) > VOCABULARY or len(shapes) > look.present / 10:
        return
    by_one = {r["one"]: r for r in shapes}
    for fault in faults([(r["one"], r["n"]) for r in shapes]):
        # Only what a shape can tell: not which of two spellings of a word is meant.
        if fault.kind not in ("date", "unit", "type", "format"):
            continue
        bad = [by_one[v]["shape"] for v in fault.values]
        count = sum(by_one[v]["n"] for v in fault.values)
        by_value = Fault(fault.kind, fault.said, fault.fix, {}, fault.mend)
        yield _issue(column, by_value, count, rows, _kept(column, gap, _made_up(shaped, bad)))


def _kept(column: str, gap: Gaps, test: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The rows that have a value, on which a test is true."""
    return where(lambda t: ~gap.test(t[column]) & test(t[column]))


def _made_up(shaped: Callable[[Any], Any], bad: list[str]) -> Callable[[Any], Any]:
    return lambda c: shaped(c).isin(bad)


def _spaced(value: Any) -> Any:
    return value != value.strip()


def _garbled(value: Any) -> Any:
    return value.contains("\ufffd") | value.contains("Ã") | value.contains("â€")


_BY_TEST = {
    "space": Fault(
        "space", "white space before or after the value", "Cut white space at the ends.", {},
        {"step": "standardize", "trim": True},
    ),
    "encoding": Fault(
        "encoding", "characters that were read in a wrong encoding",
        "Read the source again in its own encoding (most often UTF-8).", {},
    ),
}  # fmt: skip


def near_values(rare: list[str], frequent: list[str]) -> dict[str, str]:
    """For each rare value the frequent one that differs from it in the fewest letters, if few enough (`allowed`) and
    no other is as near: letters that are another, missing, too many, or change places with the next (Damerau 1964).

    >>> near_values(["birminghxm", "paris"], ["birmingham", "boaz"])
    {'birminghxm': 'birmingham'}
    >>> near_values(["bnon"], ["bonn", "bern"])
    {'bnon': 'bonn'}
    """
    import duckdb

    # As lists, not as Arrow tables: to make one of a list, pyarrow loads pandas where it is installed.
    given = {"rare": rare, "most": [allowed(len(v)) for v in rare], "frequent": frequent}
    with duckdb.connect() as on:
        # What takes long would draw a bar into what a program reads from us.
        on.execute("SET enable_progress_bar = false")
        rows = on.execute(_NEAREST, given).fetchall()
    nearest: dict[str, list[str]] = {}
    for value, like in rows:
        nearest.setdefault(value, []).append(like)
    return {v: likes[0] for v, likes in nearest.items() if len(likes) == 1}


_NEAREST = """
    WITH one AS (SELECT unnest($rare) AS rare, unnest($most) AS most), other AS (SELECT unnest($frequent) AS frequent)
    SELECT rare, frequent
    FROM (SELECT *, damerau_levenshtein(rare, frequent) AS far FROM one, other WHERE abs(length(rare) - length(frequent)) <= most)
    WHERE far <= most
    QUALIFY rank() OVER (PARTITION BY rare ORDER BY far) = 1
"""
