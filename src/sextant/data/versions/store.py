"""A data home: every dataset in a folder of its own, every version of it a version of one Delta table.

    HOME/NAME/rows/        the Delta table; anybody who reads Delta can read it
    HOME/NAME/notes.json   tags, and versions whose rows are gone
    HOME/NAME/profiles/    what is kept of a version when its rows are gone
    HOME/NAME/staging/     files of commits that are being written

What a version says of itself (digest, message, where it came from) is in its Delta commit, so that it is there
with the rows or not at all. Files are written beside and moved in only under a lock, and a killed commit leaves
no version. The log's statistics of files hold counts alone: a smallest and a largest name would be personal data
that no erasing reaches.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from sextant.data.versions import files
from sextant.data.versions.erasing import scrub
from sextant.data.versions.rowsum import Rowsum, rowsum
from sextant.errors import Conflict, IntegrityFault, InvalidInput, NotFound, Unavailable
from sextant.evidence import Version
from sextant.tables import Table, engine, table
from sextant.tables.sources import delta

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
_TAG = re.compile(r"[a-z][a-z0-9._-]{0,39}")
_NUMBER = re.compile(r"v?(\d{1,9})")
_DIGEST = re.compile(r"[0-9a-f]{8,64}")
_KEY = "sextant"

State = Literal["kept", "erased", "expired"]


@dataclass(frozen=True, slots=True)
class DataVersion:
    """One version of a dataset. `number` counts the commits; `digest` is of its rows; `parent` is the version it
    followed. `state` is `kept`, or why its rows are gone: a person's data was erased from it, or its time was
    up; it is then no longer reproducible."""

    name: str
    number: int
    digest: str
    rows: int
    total: str
    schema: tuple[tuple[str, str], ...]
    at: datetime
    by: str = ""
    message: str = ""
    mode: Literal["replace", "append", "erase"] = "replace"
    parent: int | None = None
    sources: tuple[str, ...] = ()
    recipe: str = ""
    tags: tuple[str, ...] = ()
    state: State = "kept"
    gone_on: datetime | None = None

    @property
    def short(self) -> str:
        """The start of its digest: the version that evidence rests on, so that the same rows are one version."""
        return self.digest[:12]

    @property
    def version(self) -> Version:
        return Version.of("dataset", self.name, self.short)

    @property
    def reproducible(self) -> bool:
        return self.state == "kept"

    @property
    def sum(self) -> Rowsum:
        return Rowsum(tuple(sorted(n for n, _ in self.schema)), self.rows, int(self.total, 16))

    def plain(self) -> dict[str, Any]:
        """What its commit says of it."""
        return {
            "digest": self.digest, "rows": self.rows, "total": self.total, "schema": [list(c) for c in self.schema],
            "at": self.at.astimezone(UTC).isoformat(), "by": self.by, "message": self.message, "mode": self.mode,
            "parent": self.parent, "sources": list(self.sources), "recipe": self.recipe,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Committed:
    """The version that has the rows now; `made` is False where the present one had them already."""

    version: DataVersion
    made: bool


@dataclass(frozen=True, slots=True)
class Erased:
    """What erasing did: how many rows went from the present version, which versions can no longer be had again,
    which could not be searched as they lack the column, how many files were deleted, whose kept profiles were written
    anew, and which values (by column) only the erased rows held; None if those are more than are compared."""

    rows: int
    versions: tuple[int, ...]
    unsearched: tuple[int, ...]
    files: int
    present: DataVersion
    profiles: tuple[int, ...] = ()
    values: dict[str, set[Any]] | None = field(default_factory=dict)


@dataclass(slots=True)
class _Notes:
    tags: dict[str, int] = field(default_factory=dict)
    gone: dict[int, tuple[str, str]] = field(default_factory=dict)


class Store:
    """The datasets under a data home, a folder of this machine.

    >>> import tempfile, pyarrow as pa
    >>> from sextant.tables import table
    >>> home = Store(tempfile.mkdtemp())
    >>> first = home.commit("people", table(pa.table({"id": [1, 2]})), message="the first two")
    >>> again = home.commit("people", table(pa.table({"id": [2, 1]})))
    >>> first.made, again.made, again.version.number, home.read("people").count()
    (True, False, 1, 2)
    """

    def __init__(self, home: str | Path) -> None:
        self.home = Path(home)

    def names(self) -> list[str]:
        """Every dataset, in alphabetical order."""
        return sorted(p.parent.name for p in self.home.glob("*/rows") if (p / "_delta_log").is_dir())

    # --- committing

    def commit(
        self, name: str, rows: Table, *, message: str = "", by: str = "", append: bool = False,
        sources: Sequence[Version | str] = (), recipe: str = "", tags: Sequence[str] = (),
        expected: int | None = None, at: datetime | None = None, step: Callable[[int], None] | None = None,
    ) -> Committed:  # fmt: skip
        """Keep rows as a new version, unless the present version has the same rows.

        With `append` they are added to the present version's, at the cost of their own size alone; the columns
        must be the same. `sources` and `recipe` say what they were made from. With `expected` (the number of
        the version that the writer knows; 0 for none) a version that somebody made meanwhile is a `Conflict`;
        without it, of two writers at once each makes a version, one after the other.

        The rows are streamed: memory holds a row group, not the table. A kill at any point leaves the new
        version whole or not at all.
        """
        self._named(name)
        for tag in tags:
            _tag(tag)
        schema = files.storable(rows.expr.schema().to_pyarrow(), rows.name)
        moment = (at or datetime.now(UTC)).astimezone(UTC)
        with files.staging(self.home / name / "staging") as folder:
            written, found = files.write(rows.batches(), schema, folder, rows.name, step)
            with self._locked(name):
                before = self._present(name)
                _expect(name, before, expected)
                if append and before is not None:
                    _same_columns(before, schema, rows.name)
                    found = before.sum + found
                made = DataVersion(
                    name, 0, found.digest, found.rows, f"{found.total:032x}",
                    tuple((f.name, str(f.type)) for f in schema), moment, by, message,
                    "append" if append and before else "replace", before.number if before else None,
                    tuple(map(str, sources)), recipe,
                )  # fmt: skip
                same = before is not None and before.digest == made.digest and before.schema == made.schema
                if before is not None and same:
                    self._add_tags(name, before.number, tags)
                    return Committed(self.find(name, str(before.number)), made=False)
                number = self._transact(name, made, written, schema)
                self._add_tags(name, number, tags)
                return Committed(self.find(name, str(number)), made=True)

    def _transact(self, name: str, made: DataVersion, written: Sequence[files.Written], schema: Any) -> int:
        """Move the files in, and make them a version in one step. Under the lock."""
        from deltalake import CommitProperties, DeltaTable, Schema
        from deltalake.transaction import AddAction

        rows = self.rows(name)
        if not (rows / "_delta_log").is_dir():
            # Our log keeps every version's word: Delta would forget those older than a month.
            DeltaTable.create(
                str(rows),
                schema=schema,
                mode="ignore",
                configuration={"delta.enableExpiredLogCleanup": "false"},
            )
        actions = []
        for file in written:
            target = rows / file.path.name
            file.path.rename(target)
            # Counts alone: a smallest and a largest value would stand in the log for ever.
            actions.append(
                AddAction(
                    target.name, target.stat().st_size, {}, int(time.time() * 1000), True,
                    json.dumps({"numRecords": file.rows}),
                )
            )  # fmt: skip
        present = DeltaTable(str(rows))
        present.create_write_transaction(
            actions, "append" if made.mode == "append" else "overwrite", Schema.from_arrow(schema),
            commit_properties=CommitProperties(custom_metadata={_KEY: json.dumps(made.plain())}),
        )  # fmt: skip
        return int(DeltaTable(str(rows)).version())

    # --- reading

    def log(self, name: str) -> list[DataVersion]:
        """Every version, the newest first. `NotFound` for a dataset that is not there."""
        found = self._log(name)
        if not found:
            known = ", ".join(self.names()) or "none"
            raise NotFound(f"there is no dataset {name!r}", where=str(self.home), todo=f"there is: {known}")
        return found

    def find(self, name: str, wanted: str = "") -> DataVersion:
        """A version by its number (`3` or `v3`), a tag, or the start of its digest (eight digits or more); without
        any the newest. Of several versions with the same rows the newest that is kept."""
        found = self.log(name)
        if not wanted:
            return found[0]
        number = _NUMBER.fullmatch(wanted)
        fit = [v for v in found if wanted in v.tags] or [
            v for v in found if number and v.number == int(number[1])
        ]
        if not fit and _DIGEST.fullmatch(wanted):
            fit = [v for v in found if v.digest.startswith(wanted)]
            fit = [v for v in fit if v.reproducible] or fit
            if len({v.digest for v in fit}) > 1:
                raise InvalidInput(
                    f"several versions begin with {wanted}", where=name, todo="give more of its digits"
                )
        if not fit:
            tags = sorted(t for v in found for t in v.tags)
            raise NotFound(
                f"{name} has no version {wanted[:80]!r}",
                rule=f"it has 1 to {found[0].number}" + (f", and the tags {', '.join(tags)}" if tags else ""),
            )
        return fit[0]

    def read(self, name: str, wanted: str = "", *, on: Any = None) -> Table:
        """A version's rows. `Conflict` where they are gone."""
        version = self.kept(name, wanted)
        return table(self.rows(name), name=f"{name}@{version.short}", on=on, version=version.number)

    def kept(self, name: str, wanted: str = "") -> DataVersion:
        """A version that can still be read."""
        found = self.find(name, wanted)
        if not found.reproducible:
            why = "a person's data was erased from it" if found.state == "erased" else "its time was up"
            raise Conflict(
                f"version {found.number} of {name} is no longer reproducible: {why}"
                + (f" on {found.gone_on.date()}" if found.gone_on else ""),
                todo="its profile is kept",
            )
        return found

    def verify(self, name: str, wanted: str = "") -> DataVersion:
        """Read a version's rows and sum them again. `IntegrityFault` if they are not what was committed."""
        version = self.kept(name, wanted)
        on = engine("duckdb")
        try:
            found = rowsum(self.read(name, str(version.number), on=on))
        except (InvalidInput, Unavailable) as error:
            raise IntegrityFault(
                f"version {version.number} of {name} cannot be read any more: {error.what}",
                where=str(self.rows(name)),
            ) from error
        finally:
            on.disconnect()
        if found.digest != version.digest:
            raise IntegrityFault(
                f"version {version.number} of {name} does not have the rows that were committed",
                where=str(self.rows(name)),
                rule=f"{version.rows:,} rows with digest {version.short}, found {found.rows:,} with {found.digest[:12]}",
            )
        return version

    def rows(self, name: str) -> Path:
        """The Delta table's folder."""
        return self.home / self._named(name) / "rows"

    # --- tags and profiles

    def tag(self, name: str, wanted: str, tag: str) -> DataVersion:
        """Give a version a name. A tag that names another version moves here."""
        _tag(tag)
        with self._locked(name):
            found = self.find(name, wanted)
            self._add_tags(name, found.number, [tag])
        return self.find(name, str(found.number))

    def untag(self, name: str, tag: str) -> None:
        """Take a tag away; the version stays."""
        with self._locked(name):
            notes = self._notes(name)
            if tag not in notes.tags:
                raise NotFound(
                    f"{name} has no tag {tag!r}", todo=f"it has {', '.join(sorted(notes.tags)) or 'none'}"
                )
            del notes.tags[tag]
            self._write_notes(name, notes)

    def keep_profile(self, name: str, number: int, profile: Any) -> None:
        """Keep a version's profile (plain values): it stays when the rows are gone."""
        files.write_json(self.home / self._named(name) / "profiles" / f"{number}.json", profile)

    def profile(self, name: str, number: int) -> Any | None:
        """A version's profile, as it was kept; None if none was."""
        path = self.home / self._named(name) / "profiles" / f"{number}.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None

    # --- what goes

    def retain(
        self, name: str, *, last: int | None = None, days: float | None = None, pinned: Iterable[str] = (),
        now: datetime | None = None, dry_run: bool = False,
    ) -> list[DataVersion]:  # fmt: skip
        """Let the rows of old versions go: those that are neither among the `last` ones, nor younger than so many
        `days`, nor tagged, nor `pinned` by the start of their digest or as counted (v3). The present one always stays. Returns
        those that go, or with `dry_run` would go."""
        if last is None and days is None:
            raise InvalidInput("it says neither how many nor how old", rule="give last, or days, or both")
        now = now or datetime.now(UTC)
        held = tuple(pinned)
        with self._locked(name):
            going = [
                v
                for place, v in enumerate([v for v in self.log(name) if v.reproducible])
                if place >= max(last or 0, 1)
                and not (days is not None and v.at > now - timedelta(days=days))
                and not v.tags
                and not any(v.digest.startswith(p) or p == f"v{v.number}" for p in held)
            ]
            if going and not dry_run:
                self._let_go(name, {v.number for v in going}, "expired", now)
                self._sweep(name)
        return going

    def erase(
        self,
        name: str,
        where: Mapping[str, Any],
        *,
        by: str = "",
        message: str = "",
        now: datetime | None = None,
    ) -> Erased:
        """Erase a person's rows: those in which every column has the value that is given, from every version.

        The present version is written anew without them. Earlier versions that hold such rows lose all their
        rows: they are no longer reproducible and keep their profile, measured again without the erased rows.
        Profiles of versions whose rows went earlier lose every value that only those rows held. Then every file that
        held them is deleted, which does not reach backups and copies elsewhere. The values themselves are recorded
        nowhere.
        Run it again if it was interrupted: nothing is told as done before it is.
        """
        if not where:
            raise InvalidInput("it names nobody", rule="give at least one column and its value")
        now = (now or datetime.now(UTC)).astimezone(UTC)
        with files.staging(self.home / self._named(name) / "staging") as folder, self._locked(name):
            versions = [v for v in self.log(name) if v.reproducible]
            holding = {v.number: self._holding(name, v, where) for v in versions}
            present = self.log(name)[0]
            if holding.get(present.number):
                kept = self._matching(name, present, where, negate=True)
                schema = kept.projected_schema
                written, found = files.write(kept.to_batches(), schema, folder, name)
                made = DataVersion(
                    name, 0, found.digest, found.rows, f"{found.total:032x}", present.schema, now, by,
                    message or f"Rows erased by {', '.join(where)}: {holding[present.number]}", "erase",
                    present.number, present.sources, f"erased from version {present.number}",
                )  # fmt: skip
                self._transact(name, made, written, schema)
            touched = {number for number, rows in holding.items() if rows}
            anew, values = scrub(
                self, name, where, [v for v in versions if v.number in touched],
                [v.number for v in self.log(name) if not v.reproducible or holding.get(v.number, 0) is None],
            ) if touched else ((), {})  # fmt: skip
            if touched:
                self._let_go(name, touched, "erased", now)
            gone = self._sweep(name)
            unsearched = tuple(sorted(n for n, rows in holding.items() if rows is None))
            return Erased(
                holding.get(present.number) or 0, tuple(sorted(touched)), unsearched, gone, self.log(name)[0],
                anew, values,
            )  # fmt: skip

    def _holding(self, name: str, version: DataVersion, where: Mapping[str, Any]) -> int | None:
        """How many such rows a version has; None if it lacks a column."""
        if any(column not in dict(version.schema) for column in where):
            return None
        return int(self._matching(name, version, where).count_rows())

    def _matching(
        self, name: str, version: DataVersion, where: Mapping[str, Any], *, negate: bool = False
    ) -> Any:
        import pyarrow as pa
        import pyarrow.dataset as ds

        dataset = delta(self.rows(name), version.number).to_pyarrow_dataset()
        is_them: Any = ds.scalar(True)
        for column, value in where.items():
            kind = dataset.schema.field(column).type
            try:
                wanted = (
                    pa.scalar(str(value)).cast(kind)
                    if isinstance(value, str)
                    else pa.scalar(value).cast(kind)
                )
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
                raise InvalidInput(
                    f"{value!r} is no value of it", where=f"{name}, column {column}", rule=f"it holds {kind}"
                ) from error
            # A missing value is nobody's.
            is_them = is_them & ds.field(column).is_valid() & (ds.field(column) == wanted)
        # Without running far ahead of who takes the rows: memory is for batches, not for the table.
        return dataset.scanner(
            filter=~is_them if negate else is_them, batch_size=65_536, batch_readahead=2, fragment_readahead=1
        )  # fmt: skip

    def _let_go(self, name: str, numbers: Iterable[int], why: str, now: datetime) -> None:
        notes = self._notes(name)
        for number in numbers:
            notes.gone.setdefault(number, (why, now.isoformat()))
        self._write_notes(name, notes)

    def _sweep(self, name: str) -> int:
        """Delete every file of rows that no kept version has: what went, and what killed writers left. Under the
        lock, as files are moved in under it too. Returns how many."""
        rows = self.rows(name)
        needed: set[str] = set()
        for version in self._log(name):
            if version.reproducible:
                needed |= {uri.rsplit("/", 1)[-1] for uri in delta(rows, version.number).file_uris()}
        going = [p for p in rows.glob("*.parquet") if p.name not in needed]
        for path in going:
            path.unlink()
        return len(going)

    # --- how it is kept

    def _named(self, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise InvalidInput(
                f"{name[:100]!r} is no name of a dataset", rule="small letters, digits, - and _, at most 80"
            )
        return name

    def _locked(self, name: str) -> Any:
        return files.locked(self.home / self._named(name) / "lock")

    def _present(self, name: str) -> DataVersion | None:
        found = self._log(name)
        if found and self._newest(name) != found[0].number:
            raise Conflict(
                f"version {self._newest(name)} of {name} was written by another program",
                where=str(self.rows(name)),
                rule="versions here are made by commit alone",
                todo="commit those rows under another name",
            )
        return found[0] if found else None

    def _newest(self, name: str) -> int:
        from deltalake import DeltaTable

        return int(DeltaTable(str(self.rows(name))).version())

    def _log(self, name: str) -> list[DataVersion]:
        rows = self.rows(name)
        if not (rows / "_delta_log").is_dir():
            return []
        notes = self._notes(name)
        said = [(int(e["version"]), e[_KEY]) for e in delta(rows).history() if _KEY in e]
        return [_read(name, number, text, notes) for number, text in sorted(said, reverse=True)]

    def _notes(self, name: str) -> _Notes:
        path = self.home / self._named(name) / "notes.json"
        if not path.is_file():
            return _Notes()
        said = json.loads(path.read_text(encoding="utf-8"))
        return _Notes(dict(said["tags"]), {int(n): (w[0], w[1]) for n, w in said["gone"].items()})

    def _write_notes(self, name: str, notes: _Notes) -> None:
        gone = {str(n): list(w) for n, w in notes.gone.items()}
        files.write_json(self.home / name / "notes.json", {"tags": notes.tags, "gone": gone})

    def _add_tags(self, name: str, number: int, tags: Iterable[str]) -> None:
        fresh = dict.fromkeys(tags, number)
        if fresh:
            notes = self._notes(name)
            notes.tags |= fresh
            self._write_notes(name, notes)


def _read(name: str, number: int, text: str, notes: _Notes) -> DataVersion:
    said = json.loads(text)
    why, when = notes.gone.get(number, ("kept", ""))
    made = DataVersion(
        name, number, said["digest"], said["rows"], said["total"], tuple((c[0], c[1]) for c in said["schema"]),
        datetime.fromisoformat(said["at"]), said["by"], said["message"], said["mode"], said["parent"],
        tuple(said["sources"]), said["recipe"],
    )  # fmt: skip
    tags = tuple(sorted(t for t, n in notes.tags.items() if n == number))
    return replace(made, tags=tags, state=why, gone_on=datetime.fromisoformat(when) if when else None)  # type: ignore[arg-type]


def _expect(name: str, before: DataVersion | None, expected: int | None) -> None:
    present = before.number if before else 0
    if expected is not None and expected != present:
        raise Conflict(
            f"{name} was changed meanwhile: it is at version {present}, you had {expected}",
            todo="look at the present version, and commit again",
        )


def _same_columns(before: DataVersion, schema: Any, where: str) -> None:
    mine = {f.name: str(f.type) for f in schema}
    if odd := sorted(set(mine.items()) ^ set(before.schema)):
        raise InvalidInput(
            f"columns differ from the present version's: {', '.join(sorted({c for c, _ in odd}))}",
            where=where,
            rule="rows are appended to rows with the same columns and types",
            todo="commit the whole table without append",
        )


def _tag(tag: str) -> None:
    if not _TAG.fullmatch(tag) or _NUMBER.fullmatch(tag) or _DIGEST.fullmatch(tag):
        raise InvalidInput(
            f"{tag[:60]!r} is no tag",
            rule="it begins with a small letter, has letters, digits, . _ -, at most 40, and looks like no version",
        )
