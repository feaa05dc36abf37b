"""`sextant evidence`: what was measured, one by one."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sextant.errors import InvalidInput
from sextant.evidence import Measurement
from sextant.lifecycle.state import Stored
from sextant.phrases import number, span, with_unit
from sextant.reports import KINDS, read_evidence
from sextant_cli import output
from sextant_cli.common import as_json_option, find_file, on_project, read_json_or_yaml
from sextant_cli.outside import read
from sextant_client.project import Project

if TYPE_CHECKING:
    from sextant.lifecycle.measures import Recomputed


@click.group()
def evidence() -> None:
    """List, show, add, read and compute again what was measured."""


evidence.add_command(read)


@evidence.command("list")
@click.option("--criterion", default="", metavar="KEY", help="Only what was taken for this target.")
@click.option("--kind", type=click.Choice(tuple(KINDS)), help="Only this kind.")
@click.option("--subject", default="", metavar="KIND:NAME[@VERSION]", help="Only what rests on this.")
@click.option(
    "--limit", default=20, show_default=True, type=click.IntRange(1), help="How many, the newest first."
)
@as_json_option
@on_project
def list_(project: Project, criterion: str, kind: str | None, subject: str, limit: int, form: str) -> None:
    """List evidence, the newest first."""
    found = list(islice(project.evidence(criterion=criterion, kind=kind or "", subject=subject), limit))
    if form == "json":
        output.as_json(found)
        return
    rows = [
        (
            s.digest[:12],
            output.moment(s.evidence.at),
            s.evidence.kind,
            s.evidence.setting,
            _value(s),
            s.evidence.estimand,
        )
        for s in found
    ]
    output.table(("DIGEST", "MEASURED", "KIND", "SETTING", "VALUE", "WHAT"), rows)


@evidence.command()
@click.argument("digest")
@as_json_option
@on_project
def show(project: Project, digest: str, form: str) -> None:
    """Show one evidence, and what rests on it. Eight digits of DIGEST are enough."""
    found = project.find_evidence(digest)
    if form == "json":
        output.as_json(found)
        return
    ev = found.stored.evidence
    origin = "" if ev.origin.value == "measured" else f" ({ev.origin.value})"
    output.say(f"{output.heading(ev.estimand)}: {_value(found.stored)}{origin}")
    facts = {
        "digest": found.stored.digest,
        "record": f"{found.stored.sequence} of the log",
        "kind": ev.kind,
        "target": ev.criterion,
        "setting": ev.setting.value,
        "slice": ", ".join(f"{k} = {v}" for k, v in ev.slice.items()),
        "range": _range(ev),
        "counted": None if ev.n is None else number(ev.n),
        "measured": output.moment(ev.at),
        "rests on": ", ".join(map(str, ev.rests_on)),
        "code": ev.code,
        "by": " ".join(filter(None, (ev.producer.name, ev.producer.version))),
        "again with": ev.producer.command,
        "stale": "; ".join(found.stale),
        "note": ev.note,
    }
    for name, fact in facts.items():
        if fact:
            output.say(f"  {name:<11} {fact}")
    for sound in ev.soundness:
        said = {True: "holds", False: "does not hold", None: "was not checked"}[sound.holds]
        output.say(f"  {'condition':<11} {sound.rule} {said}{f': {sound.detail}' if sound.detail else ''}")
    for heading, listed in (
        ("targets", found.criteria),
        ("gate items", found.items),
        ("decisions", found.decisions),
    ):
        if listed:
            output.say(f"\n{output.heading(f'What rests on it: {heading}')}")
            for entry in listed:
                output.say("  " + ", ".join(str(v) for v in entry.values()))


@evidence.command()
@click.argument("file", type=click.Path(path_type=Path))
@on_project
def add(project: Project, file: Path) -> None:
    """Store the evidence in FILE: .json (one or a list), .jsonl, .yaml, or - for JSON from the standard
    input.

    Up to 1,000 are stored together or not at all. What is there already is found, not doubled.
    """
    given = read_json_or_yaml(file)
    listed = given if isinstance(given, list) else [given]
    if not listed:
        raise InvalidInput("there is no evidence in it", where=str(file))
    read = [
        read_evidence(one, where=f"{file}, evidence {place} of {len(listed)}")
        for place, one in enumerate(listed, 1)
    ]
    added = project.add_evidence(read)
    for one in added:
        output.say(
            f"{one.digest[:12]}  {'stored' if one.stored else 'was there already'} as record {one.sequence}"
        )


@evidence.command()
@click.argument("digests", nargs=-1, metavar="[DIGEST]...")
@click.option("--all", "everything", is_flag=True, help="All evidence of the project.")
@as_json_option
@on_project
def recompute(project: Project, digests: tuple[str, ...], everything: bool, form: str) -> int:
    """Compute evidence again and compare; exit 1 if a number differs.

    Always from the sums that are stored with it; from the rows too, where the files of the same content are
    still there (beside sextant.yaml).
    """
    from sextant.lifecycle.measures import recompute as again

    if bool(digests) == everything:
        raise InvalidInput("which?", rule="give digests, or --all")
    file = find_file()
    root = file.parent if file else Path.cwd()
    chosen = project.evidence() if everything else (project.find_evidence(d).stored for d in digests)
    told: list[dict[str, Any]] = []
    wrong = silent = 0
    for stored in chosen:
        found = again(stored.evidence, root)
        wrong += bool(found.differences)
        silent += found.from_statistics is None and found.from_rows is None
        told.append({"digest": stored.digest, "what": stored.evidence.estimand, **output.plain(found)})
        if form == "text":
            _tell(stored, found)
    if form == "json":
        output.as_json(told)
    else:
        rest = f" {silent} hold nothing to be computed from." if silent else ""
        output.say(f"{len(told) - silent} computed again, {wrong or 'none'} of them differ.{rest}")
    return 1 if wrong else 0


def _tell(stored: Stored, found: Recomputed) -> None:
    ways = [
        way for way, took in (("sums", found.from_statistics), ("rows", found.from_rows)) if took is not None
    ]
    said = (
        "differs: " + "; ".join(found.differences)
        if found.differences
        else "equal"
        if ways
        else "not computed"
    )
    how = f"from its {' and '.join(ways)}" if ways else found.note
    output.say(f"{stored.digest[:12]}  {said}  ({how})  {stored.evidence.estimand}")


def _value(stored: Stored) -> str:
    ev = stored.evidence
    if not isinstance(ev, Measurement):
        return "–"
    return f"no number: {ev.undefined}" if ev.undefined else with_unit(ev.value, ev.unit)


def _range(ev: Any) -> str | None:
    interval = getattr(ev, "interval", None)
    if interval is None:
        return None
    sides = "one-sided" if interval.sides == 1 else "two-sided"
    return (
        f"{span(interval.lower, interval.upper, ev.unit)} at {number(interval.level * 100)} %, {sides}, "
        f"{interval.method}"
    )
