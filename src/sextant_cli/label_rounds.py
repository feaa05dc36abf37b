"""`sextant labels guideline|rounds|begin|bring|invite|state|results|settle|prove|fetch`: rounds of labeling on the site, from
the guideline to the labels."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from sextant.errors import InvalidInput
from sextant_cli import label_marks, label_studio, label_work, output
from sextant_cli.common import as_json_option, on_project, read_json_or_yaml, yes_option
from sextant_cli.labels import labels, write_rows
from sextant_client.project import Project

__all__ = ["label_marks", "label_studio", "label_work", "labels"]

round_argument = click.argument("key", metavar="ROUND")


@labels.command()
@click.argument("key")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--publish", is_flag=True, help="From today on labelers work by it.")
@as_json_option
@on_project
def guideline(project: Project, key: str, file: Path, publish: bool, form: str) -> None:
    """Store the guideline KEY out of FILE (YAML or JSON): task, answer, values, hard_cases, questions, agreement_bar.

    Its version follows from what a label means: once it is published, a change of the task, a value or its criteria makes
    the next, and labels made before no longer count.
    """
    from sextant.documents import read_document

    body = read_json_or_yaml(file)
    if not isinstance(body, dict):
        raise InvalidInput("it holds no guideline", where=str(file), rule="task, answer, values and so on")
    if publish:
        body = {**body, "published_on": body.get("published_on") or datetime.now(UTC).date().isoformat()}
    made = project.put_guideline(read_document("guideline", body, where=str(file)), key)
    if form == "json":
        output.as_json(made)
        return
    what = f"published on {made['published_on']}" if made["published_on"] else "a draft: add --publish"
    output.say(f"{key} is {made['version']}, {what}")


@labels.command()
@as_json_option
@on_project
def rounds(project: Project, form: str) -> None:
    """List the rounds of labeling, the newest first."""
    found = project.rounds()
    if form == "json":
        output.as_json(found)
        return
    rows = [(r["key"], r["name"], r["state"], r["guideline"], r["purpose"]) for r in found]
    output.table(("ROUND", "NAME", "STATE", "GUIDELINE", "PURPOSE"), rows)


@labels.command()
@round_argument
@click.option("--guideline", "by", required=True, metavar="KEY", help="The guideline that labelers work by.")
@click.option("--name", default="", help="What people read. Default: the key.")
@click.option(
    "--calibration", is_flag=True, help="Everybody labels the same items, to see whether they agree."
)
@click.option("--labelers", default=3, show_default=True, help="How many label an item at first.")
@click.option("--most", default=5, show_default=True, help="How many label it where they disagree.")
@click.option("--settled", default=0.7, show_default=True, help="The share that settles an item.")
@click.option("--gold-share", default=0.08, show_default=True, help="Known items among what is dealt.")
@click.option("--gold-bar", default=0.7, show_default=True, help="Who is right on fewer of them is paused.")
@click.option("--gold-least", default=10, show_default=True, help="After at least so many known items.")
@click.option("--rate", type=float, help="What a label (or an hour) is paid.")
@click.option("--by-hour", is_flag=True, help="The rate is for an hour, as it was measured.")
@click.option("--budget", type=float, help="No more is dealt once it is used up.")
@as_json_option
@on_project
def begin(
    project: Project,
    key: str,
    by: str,
    name: str,
    calibration: bool,
    by_hour: bool,
    form: str,
    **settings: Any,
) -> None:
    """Make a round, or change its settings."""
    made = project.put_round(
        key, by, name=name or key, purpose="calibration" if calibration else "labels",
        paid_by="hour" if by_hour else "label", **settings,
    )  # fmt: skip
    if form == "json":
        output.as_json(made)
        return
    output.say(f"{key} is {made['state']}. Bring items in: sextant labels bring {key} FILE")


@labels.command()
@round_argument
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--kind", type=click.Choice(("text", "image", "row", "pair")), default="text", show_default=True,
    help="What an item is.",
)  # fmt: skip
@click.option(
    "--show",
    multiple=True,
    help="The column that labelers see; of a row several. Default: as it is usually called.",
)
@click.option("--other", default="", help="The column of a pair's second text.")
@click.option("--context", default="", help="A column shown above the item.")
@click.option(
    "--item", "names", default="", help="The column that names an item. Default: id, else rows are counted."
)
@click.option(
    "--gold", default="", help="The column of the known answer. Default: gold or known, where there is one."
)
@as_json_option
@on_project
def bring(
    project: Project, key: str, file: Path, kind: str, show: tuple[str, ...], other: str, context: str, names: str, gold: str,
    form: str,
) -> None:  # fmt: skip
    """Bring the rows of FILE into a round as items. What is there already stays, so that this may be repeated.

    FILE is any table: CSV, Parquet, JSON lines, a folder. Rows with a known answer are used to judge labelers, unmarked.
    """
    rows = [plain_row(row) for row in rows_of(file)]
    if not rows:
        raise InvalidInput("the table has no rows", where=str(file))
    usual = next((n for n in rows[0] if n.lower() in ("id", "key", "item", "item_id")), "")
    added = project.add_items(
        key, rows, kind=kind, show=show, source=file.name, other=other, context=context, key_column=names or usual, gold=gold,
    )  # fmt: skip
    if form == "json":
        output.as_json({"added": added, "rows": len(rows)})
        return
    there = len(rows) - added
    output.say(f"{added:,} items came in" + (f"; {there:,} were there already" if there else ""))


def rows_of(file: Path) -> Iterator[dict[str, Any]]:
    """The rows of any table."""
    from sextant.tables import engine, table

    on = engine()
    try:
        for batch in table(file, on=on).batches():
            yield from batch.to_pylist()
    finally:
        on.disconnect()


def plain_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as JSON can hold it: pictures as data: addresses, whole numbers without a fraction, days as text."""
    made: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            value = value.get("bytes")
        if isinstance(value, bytes):
            value = "data:;base64," + base64.b64encode(value).decode()
        elif isinstance(value, float) and value != value:
            value = None
        elif value is not None and not isinstance(value, str | int | float | bool):
            value = str(value)
        made[str(name)] = value
    return made


@labels.command()
@round_argument
@click.argument("name")
@click.option("--email", default="", help="Where the link is mailed, if the server sends mail.")
@as_json_option
@on_project
def invite(project: Project, key: str, name: str, email: str, form: str) -> None:
    """Make a link by which NAME labels without an account. It is shown this once."""
    made = project.invite_labeler(key, name, email=email)
    if form == "json":
        output.as_json(made)
        return
    output.say(f"Labeler {made['number']}: {made['link']}")


@labels.command()
@round_argument
@click.argument("state", type=click.Choice(("open", "paused", "closed")))
@as_json_option
@on_project
def state(project: Project, key: str, state: str, form: str) -> None:
    """Open, pause or close a round."""
    made = project.set_round_state(key, state)
    if form == "json":
        output.as_json(made)
        return
    output.say(f"{key} is {made['state']}")


@labels.command()
@round_argument
@click.argument("number", type=int)
@yes_option
@as_json_option
@on_project
def forget(project: Project, key: str, number: int, yes: bool, form: str) -> None:
    """Erase the name, address and remarks of labeler NUMBER; their answers stay."""
    if not yes:
        click.confirm(f"Erase who labeler {number} is, for good?", abort=True)
    project.forget_labeler(key, number)
    if form == "json":
        output.as_json({"round": key, "labeler": number, "erased": True})
        return
    output.say(f"Labeler {number} is a number only.")


@labels.command()
@round_argument
@as_json_option
@on_project
def results(project: Project, key: str, form: str) -> None:
    """What came of a round: agreement, accuracy on known items, labelers, cost."""
    found, about = project.round_results(key), project.round(key)
    if form == "json":
        output.as_json({**found, "progress": about["progress"]})
        return
    told = about["progress"]
    output.say(output.heading(about["name"]))
    output.say(
        f"{found['labels']:,} labels that count, {told['done']:,} of {told['items']:,} items done, "
        f"{told['disputed']:,} for an expert"
    )
    agreed = found["agreement"]
    if agreed and agreed["alpha"]["value"] is not None:
        output.say(
            f"Krippendorff's alpha is {_range(agreed['alpha'])}: 1 is perfect, 0 is chance. Of 100 pairs of labels "
            f"{100 * agreed['percent']:.1f} are the same."
        )
    else:
        output.say(f"Agreement is not known: {found['why']}.")
    if found["gold"]["seen"]:
        output.say(f"On known items {_range(found['gold'], share=True)} of answers are right.")
    output.table(
        ("LABELER", "STATE", "LABELS", "RIGHT ON KNOWN", "AS THE CONSENSUS", "SECONDS"),
        [
            (
                str(one["number"]), one["state"], f"{one['labels']:,}", _range(one["accuracy"], share=True),
                "–" if one["as_consensus"] is None else f"{one['as_consensus']:.1%}",
                "–" if one["seconds_an_item"] is None else f"{one['seconds_an_item']:.1f}",
            )
            for one in found["labelers"]
        ],
    )  # fmt: skip
    if cost := found["cost"]:
        output.say(
            f"\nPaid {cost['paid']:,.2f}; about {cost['left']:,} labels are to come, {cost['total']:,.2f} in all."
        )


def _range(found: Mapping[str, Any] | None, *, share: bool = False) -> str:
    if found is None or found["value"] is None:
        return "–"
    form = "{:.1%} ({:.1%} to {:.1%})" if share else "{:.3f} ({:.3f} to {:.3f})"
    return form.format(found["value"], found["lower"], found["upper"])


@labels.command()
@round_argument
@click.argument("item")
@click.argument("answer")
@click.option("--why", default="", help="What decides it.")
@as_json_option
@on_project
def settle(project: Project, key: str, item: str, answer: str, why: str, form: str) -> None:
    """Decide an ITEM that labelers do not settle; of several classes ANSWER has them with | between."""
    kind = project.round(key)["answer"]
    if kind == "spans":
        raise InvalidInput(
            "passages are decided on the site", where=key, todo="open the round under For an expert"
        )
    given: dict[str, Any] = {"value": answer}
    if kind == "choices":
        given = {"values": [] if answer == "none" else [part.strip() for part in answer.split("|")]}
    if kind == "note":
        given = {"text": answer}
    made = project.rule(key, item, given, why=why)
    if form == "json":
        output.as_json(made)
        return
    output.say(f"{item} is {answer} from here on")


@labels.command()
@round_argument
@as_json_option
@on_project
def prove(project: Project, key: str, form: str) -> None:
    """Put what a round proves into the log: agreement, accuracy on known items, the cost of a label."""
    made = project.prove_round(key)
    if form == "json":
        output.as_json(made)
        return
    rows = [(one["kind"], one["criterion"] or "", one["digest"][:12]) for one in made]
    output.table(("PROOF", "TARGET", "DIGEST"), rows)


@labels.command()
@round_argument
@click.option("--answers", is_flag=True, help="One row an answer instead of one row an item.")
@click.option("--noisy", is_flag=True, help="What rules say of items, marked as noisy.")
@click.option(
    "--label-studio", "studio", is_flag=True, help="Items with all answers, in Label Studio's JSON format."
)
@click.option(
    "--method", type=click.Choice(("dawid_skene", "weighted", "majority")), default="dawid_skene", show_default=True,
    help="How one label is made of several.",
)  # fmt: skip
@click.option(
    "-o", "--output", "out", type=click.Path(dir_okay=False, path_type=Path), required=True,
    help="The file to write: .csv, .parquet or .jsonl; .json for Label Studio.",
)  # fmt: skip
@as_json_option
@on_project
def fetch(
    project: Project, key: str, answers: bool, noisy: bool, studio: bool, method: str, out: Path, form: str
) -> None:
    """Write the labels of a round to a file; labelers stand there by number."""
    import json

    import pyarrow as pa

    if answers + noisy + studio > 1:
        raise InvalidInput(
            "--answers, --noisy and --label-studio are three files", todo="ask for one at a time"
        )
    if studio:
        from sextant_client.label_studio import tasks

        if out.suffix != ".json":
            raise InvalidInput(f"{out} is no .json", where="--output", rule="Label Studio's format is JSON")
        rows = list(tasks(project, key))
        out.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")
        _told(len(rows), out, form)
        return
    rows = list(
        project.labels(key, shape="noisy" if noisy else "answers" if answers else "items", method=method)
    )
    if out.suffix in (".jsonl", ".ndjson"):
        out.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")
    elif not rows:
        raise InvalidInput("the round has no labels yet", where=key, todo="let people label first")
    else:
        write_rows(pa.Table.from_pylist(rows), out)
    _told(len(rows), out, form)


def _told(rows: int, out: Path, form: str) -> None:
    if form == "json":
        output.as_json({"rows": rows, "file": str(out)})
        return
    output.say(f"Wrote {rows:,} rows to {out}")
