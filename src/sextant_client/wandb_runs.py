"""Weights & Biases and a project brought together: each run folder is read whole or refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sextant.errors import SextantError
from sextant.model.runs import Run
from sextant_integrations.wandb.client import CutShort, logs, records
from sextant_integrations.wandb.incoming import run_of

if TYPE_CHECKING:
    from sextant_client.project import Project

KIND = "wandb"
#: How many runs are stored at once: their histories make them long.
PART = 100


def read(log: Path, *, partial: bool = False) -> tuple[Run, str]:
    """The run in a .wandb file, and the name of its project.

    A file that is cut short, or that does not tell of the run's end, is refused; with `partial` it is read as far as it
    goes, and the run counts as killed. One that is whole is as it is, `partial` or not.
    """
    run, project, ended = run_of(_until_cut(log) if partial else records(log), where=str(log))
    if not ended and not partial:
        raise CutShort(
            "it has no end: the run still goes on, it was killed, or the file was cut short", where=str(log),
            rule="a run that was finished says so in its last record",
            todo="wait for its end, or copy the folder again; if the run was killed, read it with --partial",
        )  # fmt: skip
    return run, project


def _until_cut(log: Path) -> Iterator[bytes]:
    try:
        yield from records(log)
    except CutShort:
        return


def bring(
    project: Project, folder: Path, *, partial: bool = False
) -> tuple[dict[str, Any], list[SextantError]]:
    """Store the runs in a run folder, or in those below a folder: what became of them (`new`, `changed`, `same`,
    `stored`, `refused`), and why some were not read. `NotFound` where there is none."""
    by_project: dict[str, list[Run]] = {}
    faults: list[SextantError] = []
    for log in logs(folder):
        try:
            run, where = read(log, partial=partial)
        except SextantError as error:
            faults.append(error)
        else:
            by_project.setdefault(where, []).append(run)
    found: dict[str, Any] = {"new": 0, "changed": 0, "same": 0, "stored": 0, "refused": []}
    for where, runs in by_project.items():
        for first in range(0, len(runs), PART):
            made = project.put_runs(KIND, "", where, runs[first : first + PART], name=where)
            found |= {k: found[k] + made[k] for k in ("new", "changed", "same")}
    if by_project:
        found |= project.finish_sync(KIND, "")
    return found, faults
