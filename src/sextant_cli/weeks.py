"""`sextant today`, `sextant digest`, `sextant meeting`, `sextant portfolio` and `sextant waivers`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from sextant_cli import output
from sextant_cli.common import as_json_option, on_client, on_project
from sextant_client.client import Client
from sextant_client.project import Project

_TONES = {"good": "✓", "watch": "◐", "trouble": "✕"}
#: How a waiver may turn out, in words.
OUTCOMES = {
    "running": "in force", "well": "did no harm", "harm": "did harm", "unneeded": "was not needed",
    "untold": "nobody said yet",
}  # fmt: skip


@click.command()
@as_json_option
@on_client()
def today(client: Client, form: str) -> None:
    """What waits for you, and what you wait for, across projects.

    The most urgent first. On a folder's own database that is everything, for whoever can open the folder can
    do all of it.
    """
    found = client.today()
    if form == "json":
        output.as_json(found)
        return
    _waits("Waits for you", found["mine"], "Nothing waits for you.")
    if found["theirs"]:
        output.say()
        _waits("You wait for others", found["theirs"], "")
    if found["ahead"]:
        output.say()
        _waits("Where each project goes on", found["ahead"], "")
    if found["out_of_date"]:
        output.note(f"{found['out_of_date']} projects are being worked out again; look again soon.")


def _waits(heading: str, entries: Sequence[Mapping[str, Any]], empty: str) -> None:
    output.say(output.heading(heading))
    rows = [
        (
            ("overdue " if e["overdue"] else "") + (e["due"] or "–"), e["slug"], e["waits_for"] or e["word"].lower(),
            f"{e['title']}. {e['said']}",
        )
        for e in entries
    ]  # fmt: skip
    output.table(("DUE", "PROJECT", "WHAT", "SAID"), rows, empty=empty)


@click.command()
@click.option("--preview", is_flag=True, help="Print what it would say now. Sending is the worker's.")
@as_json_option
@on_client()
def digest(client: Client, preview: bool, form: str) -> None:
    """What Monday's mail would say now.

    It is sent by the worker on Monday at seven, by the clock of each person; see Settings on the page Today.
    """
    found = client.digest()
    if form == "json":
        output.as_json(found)
        return
    output.say(output.heading(found["subject"]))
    output.say()
    output.say(found["text"].rstrip())


@click.command()
@as_json_option
@on_project
def meeting(project: Project, form: str) -> None:
    """What the stakeholders' next meeting looks at.

    Status in words, targets against what was measured, what changed since the last meeting, the decision needed.
    One that took place is written down by `sextant documents put meeting`.
    """
    found = project.meeting()
    if form == "json":
        output.as_json(found)
        return
    output.say(f"{output.heading(project.info.name)}: {found['word'].lower()}")
    for remark in found["remarks"]:
        output.say(output.indented(f"{_TONES[remark['tone']]} {remark['said']}", 2))
    output.say()
    rows = [(t["name"], t["bar"], t["measured"] or "–", t["word"]) for t in found["targets"]]
    output.table(("TARGET", "ASKED FOR", "MEASURED", "VERDICT"), rows, empty="There are no targets yet.")
    output.say()
    output.say(output.heading(f"Since {found['since'][:10]}"))
    for change in found["changes"]:
        output.say(output.indented(change["said"], 2))
    if not found["changes"]:
        output.say("  Nothing changed.")
    output.say()
    output.say(output.heading("The decision needed"))
    output.say(output.indented(f"{found['asked'].rstrip('.')}. {found['asked_why']}".rstrip(), 2))


@click.command()
@click.option(
    "--order", default="-state", show_default=True, metavar="COLUMN",
    help="name, phase, state, blockers, met, unmet, ships or evidence; with - before it the other way round.",
)  # fmt: skip
@click.option("--page", default=1, show_default=True, type=click.IntRange(1), help="Fifty projects a page.")
@as_json_option
@on_client()
def portfolio(client: Client, order: str, page: int, form: str) -> None:
    """Many projects side by side."""
    found = client.portfolio(order=order, page=page)
    if form == "json":
        output.as_json(found)
        return
    rows = [
        (
            p["slug"], p.get("state", "not worked out yet"), p.get("phase", "–"), p.get("gate", "–"),
            str(p.get("blockers", "–")), f"{p['met']}/{p['unmet']}/{p['not_enough']}" if "met" in p else "–",
            "shipped" if p.get("shipped") else p.get("ships") or "–", (p.get("newest_evidence") or "–")[:10],
        )
        for p in found["projects"]
    ]  # fmt: skip
    heads = ("PROJECT", "STATE", "PHASE", "GATE", "BLOCKS", "MET/NOT/UNSURE", "SHIPS", "NEWEST PROOF")
    output.table(heads, rows, empty="There is no project yet.")
    if found["pages"] > 1:
        output.note(f"Page {found['page']} of {found['pages']}, {found['total']} projects.")


@click.command()
@click.argument("target", required=False, metavar="[ITEM-OR-TARGET]")
@click.option(
    "--turned-out", type=click.Choice(("well", "harm", "unneeded")), help="Say how its waiver turned out."
)
@click.option("--outcome", default="", help="In a few words.")
@as_json_option
@on_project
def waivers(project: Project, target: str | None, turned_out: str | None, outcome: str, form: str) -> None:
    """Waivers and how they turned out.

    They are counted. With an item or a target and --turned-out it is said of the waiver in force, which ends with it, or of the
    latest that ended without a word.
    """
    if (target is None) != (turned_out is None):
        raise click.UsageError("give both an item or a target and --turned-out, or neither")
    if target and turned_out:
        told = project.tell_outcome(target, turned_out, outcome=outcome)
        output.say(f"The waiver of {told.target} by {told.by} {OUTCOMES[told.turned_out]}.")
        return
    found = project.waiver_outcomes()
    if form == "json":
        output.as_json(found)
        return
    output.say(", ".join(f"{found['counts'][key]} {word}" for key, word in OUTCOMES.items()))
    rows = [
        (
            row["target"],
            row["until"] or "–",
            row["by"],
            OUTCOMES.get(row["turned_out"] or state, ""),
            row["reason"],
        )
        for state, listed in (
            ("untold", found["over"]),
            ("running", found["running"]),
            ("told", found["told"]),
        )
        for row in listed
    ]
    output.table(("WHAT", "UNTIL", "BY", "HOW IT IS", "WHY"), rows, empty="There is no waiver.")
