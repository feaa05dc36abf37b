"""`sextant runs`: runs of training, from where they are tracked, against every requirement."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sextant.phrases import number, with_unit
from sextant.verdicts import Status
from sextant_cli import output
from sextant_cli.common import as_json_option, on_project
from sextant_client.project import Project

if TYPE_CHECKING:
    from sextant_integrations.mlflow.client import MLflow

address_option = click.option(
    "--address", metavar="URL", help="The MLflow server. Default: MLFLOW_TRACKING_URI."
)


@click.group()
def runs() -> None:
    """Runs of training against every requirement, from MLflow, Weights & Biases and Python."""


@runs.command("list")
@click.option(
    "--limit", default=20, show_default=True, type=click.IntRange(1, 200), help="How many, the newest first."
)
@as_json_option
@on_project
def list_(project: Project, limit: int, form: str) -> None:
    """List the newest runs with their verdict on every requirement."""
    found = project.runs(limit=limit)
    if form == "json":
        output.as_json(found)
        return
    names = [r["name"] for r in found["requirements"]]
    rows = [
        (
            str(run["id"]), (run["at"] or "–")[:10], run["model"] or "–",
            *(_cell(v) for v in run["verdicts"]),
            run["name"] or run["key"],
        )
        for run in found["runs"]
    ]  # fmt: skip
    output.table(
        ("RUN", "BEGAN", "VERSION", *(n.upper() for n in names), "NAME"), rows,
        empty="There is no run yet: `sextant runs sync mlflow`, `sextant runs read wandb` or sextant.log_run in Python.",
    )  # fmt: skip


def _cell(verdict: dict[str, Any]) -> str:
    sign = output.SIGNS[verdict["status"]]
    return sign if verdict["value"] is None else f"{sign} {with_unit(verdict['value'], verdict['unit'])}"


@runs.command()
@click.argument("run", type=click.IntRange(1))
@as_json_option
@on_project
def show(project: Project, run: int, form: str) -> None:
    """Show one RUN, by its number in the list."""
    found = project.run(run)
    if form == "json":
        output.as_json(found)
        return
    said = found["said"]
    output.say(output.heading(found.get("name") or found["key"]))
    facts = {
        "id there": found["key"], "tracker": found.get("tracker"), "experiment": found.get("experiment"),
        "status": found.get("status"), "version": found.get("model"), "began": said.get("started_at"),
        "ended": said.get("ended_at"), "code": said.get("code"),
        "data": ", ".join(f"{d['name']} {d.get('version', '')}".strip() for d in said.get("datasets", ())),
    }  # fmt: skip
    for name, fact in facts.items():
        if fact:
            output.say(f"  {name:<11} {fact}")
    for verdict in found.get("verdicts", ()):
        sign = output.status(Status(verdict["status"]), verdict["word"])
        output.say(f"  {sign}  {verdict['name']}: {verdict['reason']}")
    rows = [(name, str(value["value"])) for name, value in said.get("metrics", {}).items()]
    output.table(("METRIC", "VALUE"), rows, empty="It has no metrics.")
    output.table(
        ("PARAMETER", "VALUE"), list(said.get("parameters", {}).items()), empty="It has no parameters."
    )


@runs.command()
@click.argument("run", type=click.IntRange(1))
@click.argument("version", metavar="VERSION")
@on_project
def name(project: Project, run: int, version: str) -> None:
    """Say which model VERSION (reader@m3) a RUN is: its numbers become proof about it. `-` takes the name back."""
    made = project.name_run(run, "" if version == "-" else version)
    _say_settled(made)


@runs.command()
@as_json_option
@on_project
def trackers(project: Project, form: str) -> None:
    """List where runs come from, and when they were last brought."""
    found = project.trackers()
    if form == "json":
        output.as_json(found)
        return
    rows = [
        (
            str(t["id"]),
            t["kind"],
            t["place"] or "–",
            number(t["runs"]),
            (t["synced_at"] or "never")[:16],
            t["fault"] or "–",
        )
        for t in found
    ]
    output.table(("NUMBER", "KIND", "PLACE", "RUNS", "BROUGHT", "LAST FAULT"), rows)


@runs.command()
@click.argument("tracker", type=click.IntRange(1))
@on_project
def forget(project: Project, tracker: int) -> None:
    """Take the runs of TRACKER away (see `trackers`). Proof that came out of them stays."""
    project.forget_tracker(tracker)
    output.say("Its runs are gone from here; where they are tracked nothing changed.")


@runs.group()
def sync() -> None:
    """Bring runs over from where they are tracked."""


@sync.command("mlflow")
@address_option
@click.option(
    "--experiment", "names", multiple=True, metavar="NAME", help="Only this experiment; may be repeated."
)
@click.option("--full", is_flag=True, help="Everything anew: also what was added to runs that had ended.")
@click.option(
    "--no-history", is_flag=True, help="Without the points of metrics that were logged step by step."
)
@click.option("--verdicts", is_flag=True, help="Then tell the registered versions their verdicts, as tags.")
@on_project
def sync_mlflow(
    project: Project,
    address: str | None,
    names: tuple[str, ...],
    full: bool,
    no_history: bool,
    verdicts: bool,
) -> None:
    """Bring over what is new in MLflow. If it breaks off, the next one goes on there."""
    from sextant_client.mlflow_runs import sync as bring
    from sextant_client.mlflow_runs import tell

    with _server(address) as server:
        found = bring(
            server, project, experiments=names, full=full, history=not no_history,
            say=lambda words: output.note(f"Experiment {words}"),
        )  # fmt: skip
        output.say(
            f"{number(found.new)} new, {number(found.changed)} changed, {number(found.same)} as they were."
        )
        _say_settled({"stored": found.stored, "refused": found.refused})
        if verdicts:
            output.say(f"{tell(server, project).versions} versions were told their verdicts.")


@runs.command()
@address_option
@click.option(
    "--gate", default="evaluation", show_default=True, metavar="PHASE", help="The gate that must hold."
)
@click.option("--alias", default="champion", show_default=True, help="The alias in MLflow's registry.")
@on_project
def promote(project: Project, address: str | None, gate: str, alias: str) -> int:
    """Tell MLflow the verdicts, and point the alias champion at the candidate if its gate holds.

    The exit code is 1 where the gate holds for no registered version: then the alias stays where it is.
    """
    from sextant_client.mlflow_runs import tell

    with _server(address) as server:
        made = tell(server, project, gate=gate, alias=alias, promote=True)
    output.say(f"{made.versions} versions were told their verdicts.")
    if made.moved:
        output.say(f"{alias} is now {made.moved}.")
        return 0
    output.say(f"{alias} stays where it is: {made.why_not}.")
    return 1


@runs.group()
def read() -> None:
    """Read runs out of files."""


@read.command("wandb")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--partial", is_flag=True, help="Take a run that was killed as far as its file goes.")
@on_project
def read_wandb(project: Project, folder: Path, partial: bool) -> None:
    """Read the offline runs of Weights & Biases in FOLDER: a run's folder, or the one that holds them.

    Each run is read whole or not at all; of several, the sound ones are stored and the others are named. The exit code
    is 2 if one was refused.
    """
    from sextant_client.wandb_runs import bring

    found, faults = bring(project, folder, partial=partial)
    output.say(
        f"{number(found['new'])} new, {number(found['changed'])} changed, {number(found['same'])} as they were."
    )
    _say_settled(found)
    for fault in faults[1:]:
        output.note(f"sextant: {fault}")
    if faults:
        raise faults[0]


def _server(address: str | None) -> MLflow:
    from sextant_integrations.mlflow.client import MLflow
    from sextant_integrations.mlflow.settings import read as read_settings

    return MLflow(read_settings(address or ""))


def _say_settled(made: dict[str, Any]) -> None:
    if made["stored"]:
        output.say(f"{number(made['stored'])} new records of proof.")
    for one in made["refused"]:
        output.note(f"The numbers of run {one['run']} are no proof: {one['why']}.")
