"""What the file says and what the site says, brought together without either losing anything.

Both may change between two meetings. `base` is what both said at the last one, as digests. A thing that one
side changed goes to the other; a thing that both changed differently is a conflict that a person settles.
Nothing is overwritten without being shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

from sextant.canonical import Frozen, canonical

T = TypeVar("T", bound=Frozen)

#: The key under which the project's own settings go along with the criteria; no criterion can be called so.
PROJECT = ":project"


class Change(StrEnum):
    """What happened to a thing since the last meeting, and so who gives it to whom."""

    SAME = "same"
    FILE_CHANGED = "file_changed"
    FILE_ADDED = "file_added"
    FILE_REMOVED = "file_removed"
    SITE_CHANGED = "site_changed"
    SITE_ADDED = "site_added"
    SITE_REMOVED = "site_removed"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Row(Generic[T]):
    """One thing on both sides, None where a side does not have it. `fields` has what differs, as (site,
    file)."""

    key: str
    change: Change
    file: T | None
    site: T | None
    fields: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    def __str__(self) -> str:
        """The change as a diff: `-` is what the site says, `+` what the file says."""
        head = f"{self.key.removeprefix(':')}: {_WORDS[self.change]}"
        lines = []
        for name, (site, file) in self.fields.items():
            lines += [f"  - {name}: {canonical(site)}"] if site is not None else []
            lines += [f"  + {name}: {canonical(file)}"] if file is not None else []
        return "\n".join([head, *lines])


_WORDS = {
    Change.SAME: "the same on both sides",
    Change.FILE_CHANGED: "changed in the file",
    Change.FILE_ADDED: "new in the file",
    Change.FILE_REMOVED: "taken out of the file",
    Change.SITE_CHANGED: "changed on the site",
    Change.SITE_ADDED: "new on the site",
    Change.SITE_REMOVED: "taken out on the site",
    Change.CONFLICT: "changed on both sides, and differently: say which is right",
}


@dataclass(frozen=True, slots=True)
class Reconciliation(Generic[T]):
    """What is to be done so that both sides say the same. `to_site` and `to_file` are what each has to take
    over, None for what it has to take out; what is in conflict is in neither until `settle` says which side
    is right."""

    rows: tuple[Row[T], ...]

    @property
    def conflicts(self) -> tuple[Row[T], ...]:
        return tuple(r for r in self.rows if r.change is Change.CONFLICT)

    @property
    def same(self) -> bool:
        return all(r.change is Change.SAME for r in self.rows)

    @property
    def to_site(self) -> dict[str, T | None]:
        return {r.key: r.file for r in self.rows if r.change.startswith("file_")}

    @property
    def to_file(self) -> dict[str, T | None]:
        return {r.key: r.site for r in self.rows if r.change.startswith("site_")}

    def settle(self, choices: Mapping[str, str]) -> Reconciliation[T]:
        """The same with conflicts decided: `{key: "file"}` or `{key: "site"}` says whose word counts."""
        return Reconciliation(tuple(_settled(r, choices.get(r.key)) for r in self.rows))

    def __str__(self) -> str:
        return "\n".join(str(r) for r in self.rows if r.change is not Change.SAME) or "Both say the same."


def reconcile(base: Mapping[str, str], file: Mapping[str, T], site: Mapping[str, T]) -> Reconciliation[T]:
    """Compare what the file and the site say, by key, against the digests of what both said last.

    Without a base (a first meeting) what only one side has is new there, and what differs is a conflict.

    >>> from sextant.config import Settings
    >>> old, new = Settings(name="Reader"), Settings(name="Digit reader")
    >>> print(reconcile({"a": old.digest()}, {"a": new}, {"a": old}))
    a: changed in the file
      - name: "Reader"
      + name: "Digit reader"
    """
    keys = [*site, *(k for k in file if k not in site)]
    return Reconciliation(tuple(_row(k, base.get(k), file.get(k), site.get(k)) for k in keys))


def _row(key: str, base: str | None, file: T | None, site: T | None) -> Row[T]:
    mine, theirs = (None if side is None else side.digest() for side in (file, site))
    if mine == theirs:
        change = Change.SAME
    elif theirs == base:
        change = _kind("file", base, mine)
    elif mine == base:
        change = _kind("site", base, theirs)
    else:
        change = Change.CONFLICT
    return Row(key, change, file, site, _differences(site, file))


def _kind(side: str, base: str | None, now: str | None) -> Change:
    return Change(
        f"{side}_added" if base is None else f"{side}_removed" if now is None else f"{side}_changed"
    )


def _settled(row: Row[T], choice: str | None) -> Row[T]:
    if row.change is not Change.CONFLICT or choice not in ("file", "site"):
        return row
    winner, loser = (row.file, row.site) if choice == "file" else (row.site, row.file)
    kind = "added" if loser is None else "removed" if winner is None else "changed"
    return Row(row.key, Change(f"{choice}_{kind}"), row.file, row.site, row.fields)


def _differences(site: Frozen | None, file: Frozen | None) -> dict[str, tuple[Any, Any]]:
    theirs, mine = (side.plain() if side is not None else {} for side in (site, file))
    return {
        k: (theirs.get(k), mine.get(k)) for k in [*theirs, *(k for k in mine if k not in theirs)]
        if theirs.get(k) != mine.get(k)
    }  # fmt: skip
