"""`sextant schema`: the JSON Schema of sextant.yaml."""

from __future__ import annotations

from pathlib import Path

import click

from sextant.errors import Unavailable


@click.command()
@click.option(
    "-o", "--output", "target", type=click.Path(dir_okay=False, path_type=Path), help="Write it to this file."
)
def schema(target: Path | None) -> None:
    """Write the schema of sextant.yaml, for editors.

    It is JSON Schema, draft 2020-12, so editors complete and explain the file.

    Name the file in the first line of sextant.yaml, as the YAML language server reads it:

    \b
      # yaml-language-server: $schema=sextant.schema.json
    """
    from sextant.config.schema import schema_text

    if target is None:
        click.echo(schema_text(), nl=False)
        return
    try:
        target.write_text(schema_text(), encoding="utf-8")
    except OSError as error:
        raise Unavailable(error.strerror or "it cannot be written", where=str(target)) from error
    click.echo(f"Wrote {target}")
