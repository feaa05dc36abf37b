"""`sextant labels keep-rules|prelabel|influence|by-need|doubts`: what machines say of a round's items."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sextant_cli import output
from sextant_cli.common import as_json_option, on_project, read_json_or_yaml
from sextant_cli.labels import labels
from sextant_client.project import Project

round_argument = click.argument("key", metavar="ROUND")


@labels.command("keep-rules")
@round_argument
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--noisy", is_flag=True, help="Keep the label that they give each item, marked as noisy.")
@as_json_option
@on_project
def keep_rules(project: Project, key: str, file: Path | None, noisy: bool, form: str) -> None:
    """Store the rules of a round out of FILE (as for labels rules), and say what they do on its items.

    Without a FILE it says what the stored ones do. Noisy labels are fetched by labels fetch --noisy.
    """
    from sextant.errors import InvalidInput

    if file is not None:
        body = read_json_or_yaml(file)
        if not isinstance(body, list):
            raise InvalidInput("it is no list of rules", where=str(file))
        project.put_rules(key, body)
    found = project.try_rules(key)
    kept = project.keep_noisy(key) if noisy else None
    if form == "json":
        output.as_json({**found, "noisy": kept})
        return
    output.say(f"{found['covered']:,} of {found['items']:,} items get a label.")
    if found["known"]:
        output.say(f"Of those whose answer is known, {found['right']:,} of {found['known']:,} are right.")
    output.table(
        ("RULE", "COVERS", "MEETS OTHERS", "CONTRADICTED", "RIGHT ON KNOWN"),
        [
            (
                r["name"], f"{r['coverage']:.1%}", f"{r['overlap']:.1%}", f"{r['conflict']:.1%}",
                "–" if r["right"]["value"] is None else f"{r['right']['value']:.0%} of {r['on_gold']:,}",
            )
            for r in found["rules"]
        ],
    )  # fmt: skip
    if kept:
        output.say(
            f"{kept['covered']:,} items have a noisy label now: train with them, but judge a model on labels by people."
        )


@labels.command()
@round_argument
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--show", type=click.Choice(("random", "shown", "hidden")), default="random", show_default=True,
    help="Whether labelers see it: for half the items, drawn; for all; for none.",
)  # fmt: skip
@as_json_option
@on_project
def prelabel(project: Project, key: str, file: Path, show: str, form: str) -> None:
    """Bring a model's answers in from FILE: id, label, and p_VALUE for how likely it holds each value, or one of both."""
    from sextant.errors import InvalidInput
    from sextant_cli.label_rounds import plain_row, rows_of

    rows = [plain_row(row) for row in rows_of(file)]
    names = list(rows[0]) if rows else []
    id_ = next((n for n in names if n.lower() in ("id", "key", "item", "item_id")), None)
    label = next((n for n in names if n.lower() in ("label", "prediction", "prelabel")), None)
    chances = [n for n in names if n.startswith("p_")]
    if id_ is None or (label is None and not chances):
        raise InvalidInput(
            f"it has the columns {', '.join(names[:20]) or 'none'}", where=str(file),
            rule="a column id, and one called label, or p_ and the value for each, or both",
        )  # fmt: skip
    made = project.put_prelabels(
        key,
        (
            {
                "key": str(row[id_]), "label": str(row[label] or "") if label else "",
                "chances": {n.removeprefix("p_"): row[n] or 0 for n in chances} if chances else None,
            }
            for row in rows
        ),
        show=show,
    )  # fmt: skip
    if form == "json":
        output.as_json(made)
        return
    output.say(f"{made['set']:,} items have a pre-label, {made['chances']:,} probabilities")
    if made["had"]:
        output.say(f"{made['had']:,} were labeled before, and get none")
    if made["unknown"]:
        output.say(f"{made['unknown']:,} rows name no item of the round")


@labels.command()
@round_argument
@as_json_option
@on_project
def influence(project: Project, key: str, form: str) -> None:
    """Say how far a model's pre-labels sway the people who see them."""
    found = project.prelabel_influence(key)
    if form == "json":
        output.as_json(found)
        return
    if found["show"] in ("shown", "hidden"):
        output.say(
            f"Pre-labels are {found['show']} for every item, so nobody can tell how far they sway people."
        )
        return
    output.say(found["sentence"])
    if found["same"] is None:
        return
    rows = (
        ("the pre-label", "same"), ("right, of known", "right"), ("the pre-label where it is wrong", "followed"),
        ("seconds", "seconds"),
    )  # fmt: skip
    output.table(
        ("OF LABELS", "SHOWN", "HIDDEN", "DIFFERENCE"),
        [(words, *(_said(found[name][part], name, part) for part in ("shown", "hidden", "difference"))) for words, name in rows],
    )  # fmt: skip


def _said(found: dict[str, Any], name: str, part: str) -> str:
    if found["value"] is None:
        return "–"
    three = [found[end] for end in ("value", "lower", "upper")]
    if name == "seconds":
        return "{:.1f} ({:.1f} to {:.1f})".format(*three)
    if part == "difference":
        return "{:.1f} points ({:.1f} to {:.1f})".format(*(100 * x for x in three))
    return "{:.1%} ({:.1%} to {:.1%})".format(*three)


@labels.command("by-need")
@round_argument
@as_json_option
@on_project
def by_need(project: Project, key: str, form: str) -> None:
    """Deal first what the model is least sure of, and of that what differs. Bring its answers in by labels prelabel."""
    many = project.deal_by_need(key)
    if form == "json":
        output.as_json({"items": many})
        return
    output.say(f"{many:,} items are dealt by need now")


@labels.command()
@round_argument
@click.option(
    "-n", "--count", type=click.IntRange(1), default=20, show_default=True, help="How many to list."
)
@as_json_option
@on_project
def doubts(project: Project, key: str, count: int, form: str) -> None:
    """List labels of a round that the model confidently contradicts, the surest first; settle decides one."""
    found = project.suspects(key, limit=count)
    if form == "json":
        output.as_json(found)
        return
    if found["wrong"] is None:
        output.say("Nothing can be told before items with probabilities are labeled.")
        return
    output.say(f"About {found['wrong']:.1%} of {found['items']:,} labels are probably wrong.")
    output.table(
        ("ITEM", "PEOPLE SAY", "THE MODEL SAYS", "MARGIN"),
        [(r["item"], r["label"], r["probably"], f"{r['margin']:.3f}") for r in found["rows"]],
        empty="The model contradicts no label.",
    )
