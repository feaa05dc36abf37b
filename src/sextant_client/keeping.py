"""Keep a version of a dataset in its data home, and tell the project of it: rows here, what they are there.

store = Store(home_of(project))
keep(project, store, "people", table("people.parquet"), message="since May", key="id")
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sextant.errors import InvalidInput, NotFound
from sextant_client.embedded import FOLDER, find_home

if TYPE_CHECKING:
    from sextant.data.versions import Committed, Diff, Erased, Store
    from sextant.tables import Table
    from sextant_client.project import Project

#: As many days as are asked for at once.
MOST_DAYS = 400
#: Two versions that have no more rows together are compared row by row when the second is kept.
COMPARED_ROWS = 5_000_000


def home_of(project: Project, home: Path | None = None) -> Path:
    """Where the versions of a project's datasets lie: `SEXTANT_DATA`, else `data` in the data home."""
    given = os.environ.get("SEXTANT_DATA")
    if given and "://" in given:
        raise InvalidInput(
            f"{given} is an address",
            where="SEXTANT_DATA",
            rule="versions are kept in a folder of this machine, beside their lock",
            todo="name a folder, such as one where the bucket is mounted",
        )
    return (Path(given) if given else (home or find_home() or Path(FOLDER)) / "data") / project.slug


def keep(
    project: Project, store: Store, name: str, rows: Table, *, message: str = "", append: bool = False,
    sources: Sequence[str] = (), recipe: str = "", tags: Sequence[str] = (), key: str | None = None,
) -> Committed:  # fmt: skip
    """Commit rows as a version, keep its profile, compare it with the version before (by `key` where one names a
    row), and tell the project all three.

    Appended rows need no comparing. Two versions of more than 5,000,000 rows together are not compared here, as that
    takes long: `sextant data diff` does, and tells it then.
    """
    from sextant.data.profiling import profile

    made = store.commit(name, rows, message=message, append=append, sources=sources, recipe=recipe, tags=tags)
    version = made.version
    kept = store.profile(name, version.number)
    if kept is None:
        kept = profile(store.read(name, str(version.number))).plain()
        store.keep_profile(name, version.number, kept)
    changes = _changes(store, name, version.number, key) if made.made else None
    tell(project, store, name, {version.number: kept}, {version.number: changes} if changes else {})
    return made


def tell(
    project: Project, store: Store, name: str, profiles: Mapping[int, Any] | None = None,
    changes: Mapping[int, Mapping[str, Any]] | None = None,
) -> None:  # fmt: skip
    """Tell the project of every version that it does not know, or knows otherwise."""
    try:
        known = {v["number"]: (v["tags"], v["state"]) for v in project.dataset(name)["versions"]}
    except NotFound:
        known = {}
    for version in reversed(store.log(name)):
        profile, change = (profiles or {}).get(version.number), (changes or {}).get(version.number)
        if profile or change or known.get(version.number) != (list(version.tags), version.state):
            project.put_data_version(version, profile=profile, changes=change)


def forgotten(project: Project, store: Store, name: str, done: Erased) -> dict[int, Any]:
    """After rows were erased: the profile of the version that is present now, and those that were written anew, to be
    told. The days' profiles that the project keeps lose what only the erased rows held."""
    from sextant.data.profile import Profile
    from sextant.data.profiling import profile
    from sextant.data.versions.erasing import all_listed
    from sextant.data.versions.scrub import without

    number = done.present.number
    if done.versions and store.profile(name, number) is None:
        store.keep_profile(name, number, profile(store.read(name, str(number))).plain())
    if done.versions:
        for day in project.days(name, limit=MOST_DAYS):
            when = date.fromisoformat(day["day"])
            before = Profile.model_validate(project.day(name, when)["profile"])
            after = without(before, done.values if done.values is not None else all_listed(before))
            if after is not before:
                project.put_day(name, when, after.plain(), origin=day["origin"])
    told = {number, *done.profiles} if done.versions else set()
    return {n: kept for n in sorted(told) if (kept := store.profile(name, n)) is not None}


def as_changes(found: Diff, against: int) -> dict[str, Any]:
    """What became of the rows since the version `against`: counts alone, no key and no value."""
    return {
        "against": against, "key": found.key, "added": found.added, "removed": found.removed,
        "changed": found.changed, "same": found.same, "cells": found.cells,
    }  # fmt: skip


def _changes(store: Store, name: str, number: int, key: str | None) -> dict[str, Any] | None:
    from sextant.data.versions import compare
    from sextant.tables import engine

    version = store.find(name, str(number))
    before = store.find(name, str(version.parent)) if version.parent else None
    if before is None:
        return None
    if version.mode == "append":
        added = version.rows - before.rows
        return {
            "against": before.number, "key": None, "added": added, "removed": 0, "changed": 0,
            "same": before.rows, "cells": {},
        }  # fmt: skip
    if not before.reproducible or before.rows + version.rows > COMPARED_ROWS:
        return None
    on = engine()
    try:
        old, new = (store.read(name, str(v.number), on=on) for v in (before, version))
        return as_changes(compare(old, new, key=key, distributions=False), before.number)
    finally:
        on.disconnect()
