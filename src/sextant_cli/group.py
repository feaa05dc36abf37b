"""Commands that are loaded when they are asked for, and errors as messages with an exit code."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from importlib import import_module

import click

from sextant import __version__
from sextant.errors import SextantError
from sextant_cli.main import ABOUT, COMMANDS, USAGE, help_text


class Lazy(click.Group):
    """The root: its commands stand in the table of `main`, their modules are imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, function = COMMANDS[cmd_name][0].split(":")
        command: click.Command = getattr(import_module(f"sextant_cli.{module}"), function)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            meant = f" Did you mean `sextant {near[0]}`?" if near else " `sextant --help` lists them."
            raise click.UsageError(f"There is no command {args[0]!r}.{meant}", ctx)
        return super().resolve_command(ctx, args)

    def get_help(self, ctx: click.Context) -> str:
        return help_text()

    def get_usage(self, ctx: click.Context) -> str:
        return f"Usage: {USAGE}"

    def shell_complete(
        self, ctx: click.Context, incomplete: str
    ) -> list[click.shell_completion.CompletionItem]:
        # From the table: completing a name must not load every command for its help.
        return [
            click.shell_completion.CompletionItem(name, help=line)
            for name, (_, line) in COMMANDS.items()
            if name.startswith(incomplete)
        ]


root = Lazy(
    "sextant",
    help=ABOUT,
    params=[
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=lambda c, p, v: _version(c, v),
            help="Show the version.",
        )
    ],
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(ctx: click.Context, asked: bool) -> None:
    if asked:
        click.echo(f"sextant {__version__}")
        ctx.exit()


def start(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code. An error of ours is told in one line; it carries its code."""
    if "_SEXTANT_COMPLETE" in os.environ:
        root.main(prog_name="sextant")
    # Not `root.main`: it takes a closed pipe for an error with exit code 1, which is our "not met".
    try:
        with root.make_context("sextant", list(arguments)) as context:
            code = root.invoke(context)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except SextantError as error:
        click.echo(f"sextant: {error}", err=True)
        return error.code
    return code if isinstance(code, int) else 0
