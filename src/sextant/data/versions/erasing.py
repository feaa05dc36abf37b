"""What kept profiles still say of a person whose rows are erased, and how it is taken out of them.

A version that had the rows is profiled again without them, while its other rows are still there. Of a version whose
rows went earlier only the profile is left: from it every value goes that the erased rows held and no other row of the
present version does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sextant.data.profile import Profile
from sextant.data.versions.scrub import without
from sextant.tables import Table, engine

if TYPE_CHECKING:
    from sextant.data.versions.store import DataVersion, Store

#: Of more erased rows than this, all listed values go from the profiles of versions without rows.
MOST_ROWS = 100_000

Values = dict[str, set[Any]]


def scrub(
    store: Store, name: str, where: Mapping[str, Any], touched: Iterable[DataVersion], others: Iterable[int]
) -> tuple[tuple[int, ...], Values | None]:
    """Take a person out of the kept profiles. `touched` are versions that hold their rows, `others` those that
    cannot be searched. Returns the versions whose profile was written anew, and the values that only the erased rows
    held (None: more than are compared). Before any row is deleted, and safe to do again."""
    from sextant.data.profiling import profile

    anew: list[int] = []
    values: Values | None = {}
    kinds: dict[str, str] = {}
    on = engine("duckdb")
    try:
        for version in touched:
            rows = store.read(name, str(version.number), on=on)
            theirs = _theirs(rows, where)
            if values is not None:
                values = _collected(rows, theirs, values)
            kept = store.profile(name, version.number)
            if kept is not None:
                called = str(kept.get("name", rows.name))
                store.keep_profile(name, version.number, profile(rows.keep(~theirs), name=called).plain())
                anew.append(version.number)
            kinds |= dict(version.schema)
        if values is not None:
            values = _alone(store, name, where, values, kinds, on)
    finally:
        on.disconnect()
    for number in others:
        kept = store.profile(name, number)
        if kept is None:
            continue
        before = Profile.model_validate(kept)
        after = without(before, values if values is not None else all_listed(before))
        if after is not before:
            store.keep_profile(name, number, after.plain())
            anew.append(number)
    return tuple(sorted(anew)), values


def all_listed(profile: Profile) -> dict[str, list[Any]]:
    """Every value that a profile lists, and each column's least and greatest."""
    found: dict[str, list[Any]] = {}
    for column in profile.columns:
        listed: list[Any] = [c.value for c in column.values or column.top or ()]
        if column.numbers:
            listed += [column.numbers.minimum, column.numbers.maximum]
        if column.times:
            listed += [column.times.earliest, column.times.latest]
        found[column.name] = listed
    return found


def _theirs(rows: Table, where: Mapping[str, Any]) -> Any:
    """Whether a row is one of those to be erased; a missing value is nobody's."""
    import ibis

    found: Any = ibis.literal(True)
    for name, value in where.items():
        column = rows.column(name)
        wanted = ibis.literal(value).cast(column.type())
        found = found & (column.notnull() & (column == wanted)).fill_null(False)
    return found


def _collected(rows: Table, theirs: Any, values: Values) -> Values | None:
    """The values of the rows to be erased, by column, with those that were found before; None for too many."""
    plain = [c for c, kind in rows.expr.schema().items() if not kind.is_nested() and not kind.is_binary()]
    found = rows.fetch(rows.expr.filter(theirs).select(plain).limit(MOST_ROWS + 1)) if plain else []
    if len(found) > MOST_ROWS:
        return None
    for name in plain:
        values.setdefault(name, set()).update(row[name] for row in found if row[name] is not None)
    return values


def _alone(
    store: Store, name: str, where: Mapping[str, Any], values: Values, kinds: Mapping[str, str], on: Any
) -> Values:
    """Of the values those that no other row of the present version holds; a column that holds another type there
    shares nothing."""
    rows, present = store.read(name, on=on), dict(store.find(name).schema)
    if all(column in rows.columns for column in where):
        rows = rows.keep(~_theirs(rows, where))
    left: Values = {}
    for column, listed in values.items():
        shared: set[Any] = set()
        if listed and present.get(column) == kinds[column]:
            held = rows.expr.filter(rows.expr[column].isin(list(listed)))
            shared = {row[column] for row in rows.fetch(held.select(column).distinct())}
        left[column] = listed - shared
    return left
