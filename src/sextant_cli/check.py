"""`sextant check`: run the checks of sextant.yaml and store what they found."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import click

from sextant.config import Change, Config
from sextant.criteria import Criterion
from sextant.errors import Conflict, InvalidInput, SextantError
from sextant.evidence import Evidence
from sextant.lifecycle.measures import Inputs, Planned, available, run
from sextant.lifecycle.measures.repeats import code_version, told_today
from sextant_cli import output
from sextant_cli.common import as_json_option, on_client
from sextant_cli.status import verdict_table
from sextant_cli.sync import Meeting, file_option, meet, refuse_conflicts, to_site
from sextant_client.client import Client
from sextant_client.project import Project


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one check: `stored` are the digests of new evidence, `unchanged` is how much of it was
    said already today; `missing` says which inputs are not there, `error` why it could not be run."""

    name: str
    stored: tuple[str, ...] = ()
    unchanged: int = 0
    missing: tuple[str, ...] = ()
    error: str = ""
    what: tuple[str, ...] = ()


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--dry-run", is_flag=True, help="Say what would be run and what is missing; change nothing.")
@file_option
@as_json_option
@on_client(create=True)
def check(client: Client, names: tuple[str, ...], dry_run: bool, path: Path | None, form: str) -> int:
    """Run the checks of sextant.yaml and store what they found.

    All of them, or those called NAME.

    First the file and the site are brought together: what changed in the file alone goes to the site and is
    shown; what changed on the site alone counts, and waits for `sextant sync` to write it into the file;
    where both changed the same target differently, nothing is done and the exit code is 2. Then each check
    runs whose files are there. All that one check found is stored together. What was said
    already today is not said again.

    The exit code is 0 also when a target is not met: that is for `sextant gate` to say. It is 2 when a
    check could not be run on the files that are there.
    """
    return measure(meet(client, path), names, dry_run=dry_run, form=form)


def measure(
    meeting: Meeting,
    names: Sequence[str] = (),
    *,
    dry_run: bool = False,
    form: str = "text",
    show: bool = True,
) -> int:
    """Bring file and site together (and `show` what differs), run the checks, store what they found, and
    tell."""
    if meeting.created:
        output.note(f"Made the project {meeting.project.slug}.")
    if show and not meeting.found.same and not meeting.created:
        output.note(str(meeting.found))
    refuse_conflicts(meeting)
    config, root = _present(meeting), meeting.path.resolve().parent
    planned = _chosen(available(config, root), names)
    if dry_run:
        _tell([Done(p.id, missing=p.missing) for p in planned], form, meeting.project, dry_run=True)
        return 0
    to_site(meeting, file_too=False)
    code, done = code_version(root), []
    with output.progress("Checks", len(planned)) as tick, Inputs(config, root) as inputs:
        for number, plan in enumerate(planned, 1):
            done.append(_run(meeting.project, inputs, plan, code))
            tick(number)
    _tell(done, form, meeting.project)
    return 2 if any(d.error for d in done) else 0


def _present(meeting: Meeting) -> Config:
    """The file's word with the site's later changes: what is measured is what counts now."""
    gone = [r.key for r in meeting.found.rows if r.change is Change.SITE_REMOVED]
    if gone:
        raise Conflict(
            f"{', '.join(gone)} was taken out on the site and still stands in the file",
            where=str(meeting.path),
            todo="run `sextant sync`, which takes it out of the file too",
        )
    changed = {k: c for k, c in meeting.found.to_file.items() if isinstance(c, Criterion)}
    mine = meeting.loaded.config.criteria
    kept = tuple(changed.pop(c.key, c) for c in mine)
    return meeting.loaded.config.model_copy(update={"criteria": (*kept, *changed.values())})


def _chosen(planned: Sequence[Planned], names: Sequence[str]) -> list[Planned]:
    known = [p.id for p in planned]
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise InvalidInput(
                f"there is no check called {name!r}",
                rule=f"there is {', '.join(known) or 'none'}",
                todo=f"did you mean {near[0]}?" if near else "",
            )
    return [p for p in planned if not names or p.id in names]


def _run(project: Project, inputs: Inputs, plan: Planned, code: str | None) -> Done:
    if not plan.ready:
        return Done(plan.id, missing=plan.missing)
    try:
        found = run(inputs.config, plan.spec, inputs.root, now=datetime.now(UTC), code=code, inputs=inputs)
        new = [e for e in found if not _told_today(project, e)]
        added = project.add_evidence(new)
        _declare(project, inputs.config, found)
    except SextantError as error:
        return Done(plan.id, error=str(error))
    return Done(
        plan.id, tuple(a.digest for a in added), len(found) - len(new), what=tuple(e.estimand for e in found)
    )


def _told_today(project: Project, evidence: Evidence) -> bool:
    """Whether the latest evidence of this topic is of this day and says the same: a record is appended when
    something changed, and once a day, not with every run."""
    latest = next(
        (
            s.evidence
            for s in islice(project.evidence(criterion=evidence.criterion or "", kind=evidence.kind), 200)
            if s.evidence.topic == evidence.topic
        ),
        None,
    )
    return told_today(latest, evidence)


def _declare(project: Project, config: Config, found: Sequence[Evidence]) -> None:
    """Say that the versions of the file's datasets which were just read are the present ones, so that what
    rests on earlier ones becomes stale. A table of answers is no dataset of its own. A version that is
    present already is left alone: saying it again would end its being under work."""
    present = {s.key: s.version for s in project.subjects()}
    read = {
        v.subject: v for e in found for v in e.rests_on if v.kind == "dataset" and v.name in config.datasets
    }
    for subject, version in read.items():
        if present.get(subject) != version.version:
            project.put_subject(version)


def _tell(done: Sequence[Done], form: str, project: Project, *, dry_run: bool = False) -> None:
    if form == "json":
        verdicts = {} if dry_run else project.verdicts()
        output.as_json({"project": project.slug, "checks": done, "verdicts": verdicts})
        return
    rows = [(d.name, _became(d, dry_run), d.error or "; ".join(d.missing or d.what)) for d in done]
    output.table(("CHECK", "RUN", "WHAT"), rows, empty="There are no checks: write some into sextant.yaml.")
    if not dry_run:
        output.say()
        verdict_table(project)


def _became(done: Done, dry_run: bool) -> str:
    if done.error:
        return output.coloured("failed", fg="red")
    if done.missing:
        return output.coloured("not run, missing", fg="yellow")
    if dry_run:
        return "would run"
    return "stored" if done.stored else "unchanged"
