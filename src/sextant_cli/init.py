"""`sextant init`: from a folder with files to a project with its first evidence, in one command."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from sextant.config import Config, write
from sextant.config.guess import Guess, Proposal, guess
from sextant.errors import Conflict, InvalidInput, SextantError
from sextant_cli import output
from sextant_cli.check import measure
from sextant_cli.common import FILE, home_option
from sextant_cli.sync import meet, settle
from sextant_client.client import Client, connect
from sextant_client.embedded import FOLDER, find_home


@click.command()
@click.option(
    "--dir",
    "folder",
    default=".",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder.",
)
@click.option("--name", help="The project's name. Default: the folder's.")
@click.option("--slug", help="Its short name, for commands and addresses. Default: the folder's.")
@click.option(
    "--no-check", is_flag=True, help="Write the file and open the project, but measure nothing yet."
)
@click.option("--yes", is_flag=True, help="Do not ask: take every guess as it is.")
@home_option
def init(
    folder: Path, name: str | None, slug: str | None, no_check: bool, yes: bool, home: Path | None
) -> int:
    """Begin a project in this folder, and measure what its files allow.

    Looks at the tables there, says what each seems to be and why, and asks what only you know: the name,
    and where the bar of each target lies. Then it writes sextant.yaml, opens the project (in a .sextant
    folder beside it, that of --home or SEXTANT_HOME, or on the server of SEXTANT_URL), runs the checks, and shows the
    first evidence.
    Nothing is written before you have answered.
    """
    folder = folder.resolve()
    path = folder / FILE
    if path.exists():
        raise Conflict("there is a project here already", where=str(path), todo="run `sextant check`")
    proposal = guess(folder)
    _show(folder, proposal)
    url = os.environ.get("SEXTANT_URL")
    if home is None and not url:
        home = own_home(folder)
    given = {"project.name": name, "project.slug": slug} | (_of_token() if url else {})
    config = _asked(proposal, {k: v for k, v in given.items() if v}, yes=yes)
    with connect(home=home) as client:
        _open(client, config, path)
        output.say(f"\nWrote {path}")
        meeting = meet(client, path)
        if not meeting.project.criteria():
            # Nobody has said anything on the site yet, so the file's word is the first one.
            meeting = settle(meeting, "file", ())
        models = {str(p.model) for p in config.predictions.values()}
        if len(models) == 1 and not meeting.project.info.candidate:
            meeting.project.change(candidate=models.pop())
        code = 0 if no_check else measure(meeting, show=False)
    output.say(
        "\nNext: look into sextant.yaml, `sextant status` says where it stands, `sextant serve` opens the site."
    )
    return code


def own_home(folder: Path) -> Path:
    """The folder's own data home, as `git init` makes a repository of its own wherever it is; another one above is
    named."""
    home, above = folder / FOLDER, find_home(folder)
    if os.environ.get("SEXTANT_HOME") and above is not None:
        return above
    if above is not None and above != home:
        output.note(
            f"There is a data home {above} above; this project gets its own (--home {above} shares that one)."
        )
    return home


def _show(folder: Path, proposal: Proposal) -> None:
    output.say(f"Looked into {folder}, and guessed:\n")
    rows = [(g.where, _value(g.value), g.why) for g in proposal.guesses]
    output.table(("WHAT", "GUESS", "WHY"), rows)
    for passed in proposal.passed_over:
        output.say(f"Passed over: {passed}")
    if not proposal.said["datasets"] and not proposal.said["predictions"]:
        output.say(
            "No tables are here yet (Parquet, CSV, JSON lines). Name them in sextant.yaml when they are."
        )


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, float):
        return f"{value:g}"
    return "–" if value in (None, "") else str(value)


def _of_token() -> dict[str, str | None]:
    """On a server the project is there already, since a token cannot open one: it is the token's."""
    with connect() as client:
        projects = client.projects()
    return {"project.slug": projects[0].slug, "project.name": projects[0].name} if len(projects) == 1 else {}


def _asked(proposal: Proposal, given: dict[str, Any], *, yes: bool) -> Config:
    """The config with every question answered: by an option, by the person, or with --yes by the guess
    itself."""
    answers = dict(given)
    config = proposal.config(answers)
    if yes:
        return config
    output.say()
    for question in proposal.questions:
        while question.where not in answers:
            try:
                answer = _ask(question)
                config = proposal.config({**answers, question.where: answer})
                answers[question.where] = answer
            except click.Abort:
                if sys.stdin.isatty():
                    raise
                raise InvalidInput(
                    "nobody is there to be asked",
                    rule=question.question,
                    todo="add --yes to take the guesses as they are",
                ) from None
            except InvalidInput as error:
                output.say(str(error))
    return config


def _ask(question: Guess) -> Any:
    if question.where.endswith(".train"):
        return question.value if click.confirm(question.question, default=True) else None
    if isinstance(question.value, int | float):
        return click.prompt(f"{question.question} ({question.why})", default=question.value, type=float)
    return click.prompt(question.question, default=question.value, show_default=bool(question.value)).strip()


def _open(client: Client, config: Config, path: Path) -> None:
    """Write the file and open the project, both or neither."""
    named = config.project
    if any(p.slug == named.slug for p in client.projects()):
        if client.url is None:
            raise Conflict(
                f"there is a project {named.slug!r} in {client.home}", todo="choose another with --slug"
            )
        write(config, path)
        return
    write(config, path)
    try:
        client.create_project(
            named.slug, named.name, summary=named.summary, rigor=config.rigor, currency=named.currency
        )
    except SextantError:
        path.unlink(missing_ok=True)
        raise
