"""`sextant new`, `sextant five-ws` and `sextant brief`: the first ten minutes from a shell."""

from __future__ import annotations

import re
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from sextant.documents import Document
from sextant.errors import InvalidInput
from sextant.evidence import Version
from sextant.lifecycle.live import WATCHED
from sextant.lifecycle.rigor import PROFILES
from sextant.lifecycle.state import Risk
from sextant.problem import example as worked
from sextant.problem.amounts import amount, day
from sextant.problem.brief import compose
from sextant.problem.documents import Brief, Feasibility, FiveWs, Roi, Stakeholder
from sextant.problem.five_ws import open_remarks
from sextant.problem.forward import as_markdown
from sextant.problem.one_pager import Prefill, read_one_pager
from sextant_cli import output
from sextant_cli.common import as_json_option, on_client, on_project
from sextant_client.client import Client
from sextant_client.project import Project


@click.command()
@click.argument("name")
@click.option(
    "--slug", help="Its short name, for addresses and the command line. Default: made from the name."
)
@click.option(
    "--rigor", type=click.Choice(tuple(PROFILES)), default="standard", show_default=True,
    help="How strict its gates are; it can be raised later.",
)  # fmt: skip
@click.option(
    "--one-pager", "file", type=click.Path(path_type=Path),
    help="Read this text (Markdown, HTML or plain; - for the standard input), and fill in what its rules find.",
)  # fmt: skip
@click.option("--example", is_flag=True, help="Copy the worked example, marked as simulated.")
@click.option(
    "--live",
    metavar="MODEL@VERSION",
    help="A model that is live: open at maintenance, or where --phase says.",
)
@click.option(
    "--phase", type=click.Choice(("evaluation", "maintenance")),
    help="For --live: where the project starts. Earlier phases are not assessed. Default: maintenance.",
)  # fmt: skip
@click.option(
    "--metric",
    help="For --live: the number that shows whether it does its job, in words. Asked for at a terminal.",
)
@click.option("--unit", help="For --live: its unit, such as share, ms or USD.")
@click.option("--bar", help='For --live: what it must be at least, such as 0.9 or "90 %".')
@click.option("--at-most", is_flag=True, help="For --live: it must be at most the bar.")
@click.option(
    "--number-is", "family", type=click.Choice(tuple(WATCHED)), default="product", show_default=True,
    help="For --live: the kind of number.",
)  # fmt: skip
@click.option(
    "--value", help="For --live: what it is today, if somebody can read it. It is shown as declared."
)
@click.option("--source", help="For --live: where it is read: the dashboard, report or query.")
@click.option("--watched-by", help="For --live: who watches it, as a role.")
@click.option("--since", help="For --live: the day from which users have met the model.")
@on_client(create=True)
def new(
    client: Client,
    name: str,
    slug: str | None,
    rigor: str,
    file: Path | None,
    example: bool,
    live: str | None,
    phase: str | None,
    **number: Any,
) -> None:
    """Open a project, with what is known of it already.

    From scratch, from a one-pager, as a copy of the worked example, or for a model that is live: that one has a
    status, a monitor and the day of its first review at once.

    \b
      sextant new Reader --live reader@v3 --metric "read right" --unit share --bar 0.9 --source board --watched-by PM
    """
    if sum((file is not None, example, live is not None)) > 1:
        raise InvalidInput("--one-pager, --example and --live are three ways to begin", todo="choose one")
    if phase and live is None:
        raise InvalidInput("--phase says where a live model's project starts", todo="give --live too")
    if live is None and any(value for name, value in number.items() if name != "family"):
        raise InvalidInput("a number, its bar and its source are of a live model", todo="give --live too")
    slug = slug or re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:80].strip("-") or "project"
    if file is not None:
        _from_text(client, slug, name, rigor, _read(file))
    elif example:
        _from_example(client, slug, name, rigor)
    elif live is not None:
        _from_live(
            client, slug, name, rigor, Version.parse(live, kind="model"), phase or "maintenance", number
        )
    else:
        client.create_project(slug, name, rigor=rigor)
        output.say(f"Opened the project {slug}.")


def _read(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text in UTF-8"
        raise InvalidInput(f"cannot read it: {why}", where=str(file)) from error


def _from_text(client: Client, slug: str, name: str, rigor: str, text: str) -> None:
    found = read_one_pager(text)
    project = client.create_project(slug, name, rigor=rigor, currency=found.currency or "USD")
    if found.five_ws != FiveWs():
        project.put_document(found.five_ws)
    brief = compose(found.brief, currency=found.currency or "USD", five_ws=found.five_ws)
    if brief != Brief():
        project.put_document(brief)
    output.say(f"Opened the project {slug}.")
    _tell(found)


def _tell(found: Prefill) -> None:
    """What was taken, from which line, by which rule; and what was seen and left."""
    rows = [
        (str(t.line), t.rule, f"{'five Ws' if t.target == 'five_ws' else 'brief'}: {t.label}", t.words[:200])
        for t in found.taken
    ]
    output.table(("LINE", "RULE", "FIELD", "WORDS"), rows, empty="No rule recognized anything in this text.")
    for left in found.left:
        output.note(f"Line {left.line} was not taken: {left.why} ({left.words[:80]})")


#: What is asked for at a terminal where it is not given, in this order.
_ASKED = {
    "metric": "The number that shows whether it does its job",
    "unit": "Its unit (share, ms, USD, …)",
    "bar": "The bar, such as 0.9 or 90 %",
    "source": "Where it is read",
    "watched_by": "Who watches it, as a role",
}


def _from_live(
    client: Client, slug: str, name: str, rigor: str, model: Version, start: str, number: dict[str, Any]
) -> None:
    """With a number it is watched from today on; a script may leave the number out, and is told what is missing."""
    if sys.stdin.isatty():
        for key, asked in _ASKED.items():
            number[key] = number[key] or click.prompt(asked).strip()
        number["value"] = (
            number["value"] or click.prompt("What it is now, if you can read it", default="").strip()
        )
    missing = [key for key in _ASKED if not number[key]]
    if len(missing) == len(_ASKED) and not number["value"]:
        project = client.create_project(slug, name, rigor=rigor, opened_at_phase=start)
        project.change(candidate=model, **({"in_service": model} if start != "evaluation" else {}))
        output.say(f"Opened the project {slug} at {start}.")
        output.note(
            "Nothing is watched yet: write a target (sextant criteria load), or begin with --metric and its bar."
        )
        return
    if missing:
        options = ", ".join(f"--{key.replace('_', '-')}" for key in missing)
        raise InvalidInput(f"a number to watch lacks {options}", todo="give all of them, or none")
    unit = number["unit"]
    client.start_live(
        slug, name, rigor=rigor, start=start, model=f"{model.name}@{model.version}", metric=number["metric"], unit=unit,
        threshold=amount(number["bar"], unit), direction="at_most" if number["at_most"] else "at_least",
        family=number["family"], value=amount(number["value"], unit) if number["value"] else None,
        source=number["source"], watched_by=number["watched_by"],
        since=day(number["since"]) if number["since"] else None,
    )  # fmt: skip
    output.say(
        f"Opened the project {slug} at {start}. {number['metric']} is watched; the first review is due in a week."
    )


def _from_example(client: Client, slug: str, name: str, rigor: str) -> None:
    today = datetime.now(UTC).date()
    found = worked.example(today)
    project = client.create_project(
        slug, name, summary=worked.SUMMARY, rigor=rigor, simulated=True, currency=worked.CURRENCY,
        budget=worked.BUDGET, start=today,
    )  # fmt: skip
    project.put_criteria(found.criteria)
    project.put_risks([Risk(**asdict(risk)) for risk in found.risks])
    for key, document in found.documents:
        project.put_document(document, key=key)
    output.say(f"Opened the project {slug}: phase 1 of the worked example.")


_D = TypeVar("_D", bound=Document)


def _one(project: Project, kind: type[_D]) -> _D | None:
    """The project's one document of a kind, or None."""
    return next((w.document for w in project.documents(kind.kind) if isinstance(w.document, kind)), None)


@click.command("five-ws")
@as_json_option
@on_project
def five_ws(project: Project, form: str) -> None:
    """What is unclear in the five Ws, and how to mend it.

    Each remark names its rule and quotes the words at fault. "must" stands in the way of the gate.
    """
    said = _one(project, FiveWs) or FiveWs()
    remarks = open_remarks(said)
    if form == "json":
        output.as_json(remarks)
        return
    rows = [(r.question, r.severity, r.rule, r.quote[:120], r.mend) for r in remarks]
    output.table(("QUESTION", "WEIGHT", "RULE", "WORDS", "MEND"), rows, empty="All five answers are clear.")


@click.command()
@click.option("--draft", is_flag=True, help="First fill in what the rest of the project says by now.")
@on_project
def brief(project: Project, draft: bool) -> None:
    """Print the brief as Markdown that can be forwarded."""
    if draft:
        project.put_document(_drafted(project))
    said = _one(project, Brief) or Brief()
    if said == Brief():
        raise InvalidInput(
            "there is no brief yet", todo="write the five Ws, then run `sextant brief --draft`"
        )
    info = project.info
    today = datetime.now(UTC).date()
    output.say(as_markdown(said, info.name, currency=info.currency, on=today, simulated=info.simulated))


def _drafted(project: Project) -> Brief:
    """The brief with every section that the rest of the project can fill."""

    people = [w.document for w in project.documents("stakeholder")]
    return compose(
        _one(project, Brief) or Brief(),
        currency=project.info.currency,
        five_ws=_one(project, FiveWs),
        roi=_one(project, Roi),
        feasibility=_one(project, Feasibility),
        stakeholders=[p for p in people if isinstance(p, Stakeholder)],
        criteria=project.criteria(),
        risks=[(r.text, r.mitigation) for r in project.risks()],
        budget=project.info.budget,
    )
