"""`sextant labels push|pull`: a round of labeling on Label Studio, and what was labeled there back."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from sextant_cli import output
from sextant_cli.common import as_json_option, on_project
from sextant_cli.labels import labels
from sextant_client.project import Project

if TYPE_CHECKING:
    from sextant_integrations.label_studio.client import LabelStudio

url_option = click.option(
    "--url",
    default="",
    help="Where Label Studio is. Default: SEXTANT_LABEL_STUDIO_URL, else where the round is.",
)


@labels.command()
@click.argument("key", metavar="ROUND")
@url_option
@click.option("--new", is_flag=True, help="Make another project there, whatever there was.")
@click.option("--again", is_flag=True, help="Send tasks once more that somebody deleted there.")
@as_json_option
@on_project
def push(project: Project, key: str, url: str, new: bool, again: bool, form: str) -> None:
    """Bring a round to Label Studio: a project out of its guideline, tasks out of its items. What is there stays.

    The token comes from SEXTANT_LABEL_STUDIO_TOKEN, or is asked for. It is stored nowhere.
    """
    from sextant_client.label_studio import push as pushed

    with _studio(project, key, url) as studio:
        made = pushed(project, key, studio, new=new, again=again)
    if form == "json":
        output.as_json({**asdict(made), "page": made.page})
        return
    output.say(f"{'Made' if made.made else 'Brought up to date'} project {made.number}: {made.page}")
    output.say(f"{made.sent:,} items were sent; {made.there:,} were there already")
    if made.deleted:
        output.say(f"{made.deleted:,} tasks were deleted there and are not sent again; --again sends them")
    if made.strange:
        output.say(f"{made.strange:,} tasks there are not of this round, and their labels do not come back")
    output.say(f"When people have labeled: sextant labels pull {key}")


@labels.command()
@click.argument("key", metavar="ROUND")
@url_option
@as_json_option
@on_project
def pull(project: Project, key: str, url: str, form: str) -> int:
    """Bring what was labeled on Label Studio into the round, each annotation once. Exit 1 if some could not come in.

    The token comes from SEXTANT_LABEL_STUDIO_TOKEN, or is asked for. It is stored nowhere.
    """
    from sextant_client.label_studio import pull as pulled

    with _studio(project, key, url) as studio:
        found = pulled(project, key, studio)
    if form == "json":
        output.as_json(asdict(found))
        return 1 if found.refused else 0
    output.say(
        f"{found.new:,} annotations are new, {found.changed:,} changed, {found.deleted:,} were deleted, {found.same:,} are as "
        "they were"
    )
    output.say(
        f"Came in: {found.labels:,} labels, {found.skips:,} skips, {found.truths:,} known answers (ground truth)"
    )
    if found.seconds:
        output.say(f"{found.seconds:,} are their labeler's second of an item and do not count")
    if found.refused:
        output.say(f"\n{len(found.refused):,} did not come in:")
        rows = [(str(r["number"]), r["item"], r["why"]) for r in found.refused[:20]]
        output.table(("ANNOTATION", "ITEM", "WHY"), rows)
        return 1
    output.say(f"Next: sextant labels results {key}")
    return 0


def _studio(project: Project, key: str, url: str) -> LabelStudio:
    """Label Studio as the options, the environment and the round say; a token that is nowhere is asked for."""
    import os
    import sys

    from sextant_integrations.label_studio.client import LabelStudio
    from sextant_integrations.label_studio.settings import TOKEN, URL, read

    if not url and not os.environ.get(URL):
        link = project.round_link(key)["link"]
        url = link["address"] if link else ""
    token = ""
    if not os.environ.get(TOKEN) and sys.stdin.isatty():
        token = click.prompt("Label Studio's token", hide_input=True)
    return LabelStudio(read(url, token))
