"""`sextant documents`: what people write down."""

from __future__ import annotations

from pathlib import Path

import click

from sextant.documents import document_kinds, read_document
from sextant_cli import output
from sextant_cli.common import as_json_option, on_project, read_json_or_yaml, yes_option
from sextant_client.project import Project


@click.group()
def documents() -> None:
    """List, show and write documents."""


@documents.command("list")
@click.option("--kind", default="", metavar="KIND", help="Only this kind.")
@as_json_option
@on_project
def list_(project: Project, kind: str, form: str) -> None:
    """List the present documents."""
    found = project.documents(kind)
    if form == "json":
        output.as_json(
            [{"kind": w.document.kind, "label": w.document.label, **output.plain(w)} for w in found]
        )
        return
    rows = [
        (w.document.kind, w.key or "-", str(w.version), output.day(w.at), w.by, w.document.label)
        for w in found
    ]
    output.table(("KIND", "KEY", "VERSION", "WRITTEN", "BY", "WHAT"), rows)


@documents.command()
@click.argument("kind")
@click.argument("key", default="")
@click.option("--version", type=click.IntRange(1), help="An earlier version.")
@on_project
def show(project: Project, kind: str, key: str, version: int | None) -> None:
    """Print a document as JSON; KEY where a project has several of the kind."""
    output.as_json(project.document(kind, key, version=version).document)


@documents.command()
@click.argument("kind")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--key", default="", help="Its key, where a project has several of the kind.")
@click.option(
    "--expect", type=click.IntRange(0), metavar="VERSION",
    help="Refuse if the present version is another one (0: if there is any).",
)  # fmt: skip
@on_project
def put(project: Project, kind: str, file: Path, key: str, expect: int | None) -> None:
    """Store FILE (.json or .yaml, - for the standard input) as the new version of a document."""
    made = read_document(kind, read_json_or_yaml(file), where=str(file))
    written = project.put_document(made, key, expected_version=expect)
    name = " ".join(filter(None, (kind, written.key)))
    output.say(f"{name} is at version {written.version}, {written.digest[:12]}")


@documents.command()
@click.argument("kind")
@click.argument("key", default="")
@yes_option
@on_project
def erase(project: Project, kind: str, key: str, yes: bool) -> None:
    """Erase what the earlier versions of a document say, for good; of a withdrawn one, all.

    Their digests stay in the log. What somebody signed stays readable, and is refused.
    """
    if not yes and output.on_terminal():
        click.confirm("It cannot be had again. Erase it?", abort=True)
    gone = project.erase_versions(kind, key)
    said = (
        f"What version {', '.join(map(str, gone))} said is erased." if gone else "There was nothing to erase."
    )
    output.say(said)


@documents.command()
@as_json_option
def kinds(form: str) -> None:
    """List every kind of document, with its fields as JSON Schema in the JSON form."""
    found = document_kinds()
    if form == "json":
        output.as_json({name: kind.model_json_schema() for name, kind in found.items()})
        return
    rows = [(name, kind.phase, "several" if kind.many else "one", kind.label) for name, kind in found.items()]
    output.table(("KIND", "PHASE", "A PROJECT HAS", "WHAT"), rows)
