"""`audit.verify`: check a project's whole log, and whether the tables still say what it says."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sextant_server.jobs.registry import Work, job
from sextant_server.records import audit

#: Differences beyond so many are counted, not listed.
LISTED = 100


@job("audit.verify")
def verify(work: Work) -> dict[str, Any]:
    """The result says `intact`, the first `fault` if there is one, what cannot be told (`limits`), and which
    rows do not say what the log says (`rows`, the first hundred of `differing`)."""

    def step(read: int, total: int, saved: dict[str, Any]) -> None:
        fraction = 0.9 * min(1.0, read / max(1, total))
        work.step(fraction, f"Checked {read:,} of {total:,} records", checkpoint=saved)

    found = audit.check(work.project, saved=work.checkpoint, step=step)
    work.step(0.9, f"Checked {found.records:,} records; comparing the tables with them")
    rows = audit.projections(work.project)
    return {
        **asdict(found), "intact": found.intact and not rows, "differing": len(rows), "rows": rows[:LISTED],
    }  # fmt: skip
