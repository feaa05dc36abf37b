"""Whether to build it: the six questions, the return, and numbers that somebody read elsewhere."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sextant.errors import InvalidInput
from sextant_client.answers import Added, read
from sextant_client.asking import Asking

if TYPE_CHECKING:
    from sextant.problem.declared import Reading
    from sextant.problem.documents import Again


@dataclass(frozen=True, slots=True)
class DeclaredNumber:
    """A number of one day with its source; `aim` is what was aimed at, `attachment` the digest of the file that shows
    it, `digest` that of the evidence."""

    day: date
    value: float
    aim: float | None
    source: str
    attachment: str
    digest: str


@dataclass(frozen=True, slots=True)
class Query:
    """How a target's numbers are read by SQL: from which source, how often again (`never`, `daily`, `weekly`), when it
    was last tried and last read, why not if it could not be (`fault`, else empty), and all that in a sentence."""

    source: str
    sql: str
    again: str
    tried_at: datetime | None
    read_at: datetime | None
    fault: str
    said: str


class Deciding(Asking):
    """What a project can be asked about whether to build it. A part of `Project`."""

    def decision_tree(self) -> dict[str, Any]:
        """Where the six questions lead as they are answered now: `outcome`, `title`, `advice`, `goes_on`, the `path`,
        and the titles of the answers that have no reason (`unreasoned`)."""
        found: dict[str, Any] = self._ask("GET", "decision-tree")
        return found

    def returns(self) -> dict[str, Any]:
        """The return worked out, as `sextant.problem.roi.Outlook` names it; only `unset` while ranges are missing."""
        found: dict[str, Any] = self._ask("GET", "return")
        return found

    def sources(self) -> dict[str, str]:
        """The databases that numbers may be read from: name and kind."""
        return {row["name"]: row["kind"] for row in self._ask("GET", "sources")}

    def numbers(self, key: str) -> list[DeclaredNumber]:
        """The declared numbers of a target, a day each, the newest first."""
        return [read(DeclaredNumber, row) for row in self._ask("GET", "numbers", key)]

    def declare(
        self, key: str, readings: Iterable[Reading], *, source: str, file: str | Path | None = None
    ) -> list[Added]:
        """Store numbers for a target that were read elsewhere, all or none, with a file that shows them. The same
        number of the same day from the same source is found, not doubled."""
        rows = [{"day": r.day.isoformat(), "value": r.value, "aim": r.aim} for r in readings]
        body = {"source": source, "rows": rows, "file": _file(Path(file)) if file else None}
        return [read(Added, row) for row in self._ask("POST", "numbers", key, body=body, again=True)]

    def declare_by_sql(
        self, key: str, source: str = "", sql: str = "", *, again: Again | None = None
    ) -> list[Added]:
        """Read a target's numbers by one SELECT from a named database, store them, and keep the query. Without source
        and sql the kept query is read again. `again` is how often the worker reads it by itself; as it was if None."""
        body = {"source": source, "sql": sql, "again": again}
        return [read(Added, row) for row in self._ask("POST", "numbers", key, "sql", body=body, again=True)]

    def number_query(self, key: str) -> Query:
        """The kept query of a target, and how its last reading went."""
        return read(Query, self._ask("GET", "numbers", key, "sql"))

    def read_numbers_again(self, key: str, again: Again) -> Query:
        """Say how often the worker reads the kept query of a target by itself, without reading it now."""
        return read(Query, self._ask("PATCH", "numbers", key, "sql", body={"again": again}))

    def attachment(self, digest: str) -> bytes:
        """The file that shows a number; empty once it was erased."""
        return base64.b64decode(self._ask("GET", "attachments", digest.removeprefix("sha256:"))["content"])

    def erase_attachment(self, digest: str) -> None:
        """Erase a file for good. The numbers that it showed stay, with its digest."""
        self._ask("DELETE", "attachments", digest.removeprefix("sha256:"), again=False)


def _file(path: Path) -> dict[str, str]:
    try:
        return {"name": path.name, "content": base64.b64encode(path.read_bytes()).decode()}
    except OSError as error:
        raise InvalidInput(f"cannot read it: {error.strerror}", where=str(path)) from error
