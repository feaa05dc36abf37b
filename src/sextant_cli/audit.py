"""`sextant audit`: whether the log still says what it said. Verified here, not by the server that keeps
it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import click

from sextant.chain import Anchor, Verification, Verifier, read_anchors
from sextant_cli import output
from sextant_cli.common import as_json_option, on_project
from sextant_client.answers import RowFault
from sextant_client.project import Project


@click.group()
def audit() -> None:
    """Check that the log still says what it said."""


@audit.command()
@click.option(
    "--head", "heads", multiple=True, type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="A file with a signed head kept elsewhere: a plan, a decision, an anchors file. Repeatable.",
)  # fmt: skip
@click.option("--public-key", metavar="BASE64", help="Count only heads signed with this key.")
@as_json_option
@on_project
def verify(project: Project, heads: tuple[Path, ...], public_key: str | None, form: str) -> int:
    """Verify the whole log; exit 1 if it is not what it was.

    Downloads the log and checks on this machine that each record fits its place, its content and its
    predecessor, and the heads that were kept elsewhere: those given and those that the server kept. Then
    that the tables still say what the log says. Names the first bad record, and says what such a check
    cannot tell.
    """
    given = [anchor for path in heads for anchor in read_anchors(path)]
    other = sorted({a.project for a in given} - {project.info.uid})
    with output.progress(f"Verifying the log of {project.slug}", project.head().sequence) as tick:
        found = check(project, given, public_key, tick)
    rows = [] if found.fault else project.faults()
    if other:
        found.limits.insert(0, f"{len(other)} given head(s) belong to another project and were left out.")
    if form == "json":
        output.as_json({"intact": found.intact and not rows, **asdict(found), "rows": rows})
    else:
        _tell(project, found, rows)
    return 0 if found.intact and not rows else 1


def check(
    project: Project, given: Sequence[Anchor], public_key: str | None, tick: Callable[[int], None]
) -> Verification:
    """Verify the log as it comes. Records that were added meanwhile are checked too."""
    verifier = Verifier(project.info.uid, [*given, *project.head().anchors], public_key=public_key)
    seen, last, sound = 0, 0, True
    while True:
        before = seen
        for record in project.log(after=last):
            sound = verifier.add(record)
            if not sound:
                break
            seen, last = seen + 1, record.sequence
            tick(seen)
        head = project.head()
        if not sound or seen >= head.sequence or seen == before:
            return verifier.finish(head.head, head.sequence)


def _tell(project: Project, found: Verification, rows: Sequence[RowFault]) -> None:
    if found.fault:
        output.say(f"{project.slug}: the log is not what it was, from record {found.fault.sequence} on.")
        output.say(f"  {found.fault.what.replace('_', ' ')}: {found.fault.detail}.")
    else:
        anchors = f"{found.anchors_checked} signed head(s)" if found.anchors_checked else "no signed head"
        output.say(f"{project.slug}: the log is intact: {found.records} records, checked against {anchors}.")
        output.say(f"  head {found.head}")
    if rows:
        output.say(
            f"{len(rows)} row(s) of the tables do not say what the log says, the first of record "
            f"{rows[0].sequence}:"
        )
        for row in rows[:20]:
            output.say(f"  {row.detail}")
    output.say("What this cannot tell:")
    for limit in found.limits:
        output.say(output.indented(limit, 2))
