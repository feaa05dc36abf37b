"""Write docs/reference/cli.md from the commands themselves: `python -m tools.cli_reference`.

A test holds the page against what this gives, so that every command, option and default stands on it.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from sextant_cli.group import root
from sextant_cli.main import ABOUT, SECTIONS, USAGE

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "cli.md"

INTRODUCTION = f"""# The command line

*Written by `python -m tools.cli_reference` from the commands; change those, not this page.*

`{USAGE}`

{ABOUT}

`sextant --help` lists the commands, `sextant COMMAND --help` says what one does.

## Where it works

A command works on a folder's own database or on a server, with the same words and the same results.

| variable | what it does |
| --- | --- |
| `SEXTANT_HOME` | the data home: database, keys, tables. Default: the nearest `.sextant` folder here or above |
| `SEXTANT_URL` | a server to work on instead, as `https://sextant.example.org` |
| `SEXTANT_TOKEN` | the token to show there; `sextant token create` makes one |
| `SEXTANT_PROJECT` | which project is meant, where `sextant.yaml` does not say and there are several |
| `NO_COLOR` | set to anything: no colours. Without a terminal there are none anyway |

What a server itself reads from the environment stands in its own reference.

## What it answers

| exit code | meaning |
| --- | --- |
| 0 | done; for `gate`, `audit verify` and `evidence recompute`: everything holds |
| 1 | something does not hold: a gate is blocked, the log was changed, a number differs |
| 2 | it could not be done: bad use, a fault in a file, a conflict, nobody there to answer |
| 130 | stopped by ctrl-C |

Results go to the standard output, messages and progress to the error stream. Where the output is no terminal it is
plain, unwrapped and stable; for programs there is `--format json`, in which a number that is none is the text `"NaN"`.

## Completion in the shell

Put one line into your shell's start-up file:

| shell | file | line |
| --- | --- | --- |
| bash | `~/.bashrc` | `eval "$(_SEXTANT_COMPLETE=bash_source sextant)"` |
| zsh | `~/.zshrc` | `eval "$(_SEXTANT_COMPLETE=zsh_source sextant)"` |
| fish | `~/.config/fish/completions/sextant.fish` | `_SEXTANT_COMPLETE=fish_source sextant \\| source` |
"""


def page() -> str:
    """The whole page."""
    return INTRODUCTION + "\n".join(_sections()) + "\n"


def _sections() -> Iterator[str]:
    context = click.Context(root, info_name="sextant")
    for heading, listed in SECTIONS:
        yield f"\n## {heading}"
        for name in listed:
            if (command := root.get_command(context, name)) is not None:
                yield from _command(command, f"sextant {name}", "###")


def _command(command: click.Command, name: str, mark: str) -> Iterator[str]:
    yield f"\n{mark} `{name}`\n"
    yield from _help(command.help or "")
    if isinstance(command, click.Group):
        # To ask for the list loads what stands in files of its own.
        command.list_commands(click.Context(command))
        for inner, found in command.commands.items():
            yield from _command(found, f"{name} {inner}", mark + "#")
        return
    context = click.Context(command, info_name=name)
    yield f"\n`{name} {' '.join(command.collect_usage_pieces(context))}`"
    options = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
    if options:
        yield "\n| option | what it does |\n| --- | --- |"
    for option in options:
        yield f"| {_names(option, context)} | {_cell(_says(option))} |"


def _help(text: str) -> Iterator[str]:
    for part in inspect.cleandoc(text).split("\n\n"):
        if part.startswith("\b\n"):
            yield "\n```shell\n" + inspect.cleandoc(part[2:]) + "\n```"
        else:
            yield "\n" + " ".join(part.split())


def _names(option: click.Option, context: click.Context) -> str:
    names = ", ".join(f"`{name}`" for name in option.opts)
    return names if option.is_flag else f"{names} {_cell(option.make_metavar(context))}"


def _says(option: click.Option) -> str:
    default = ""
    if option.show_default and not option.is_flag and option.default is not None:
        default = f" Default: {option.default}."
    needed = " Required." if option.required else ""
    return f"{option.help}{needed}{default}"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"Wrote {PAGE.relative_to(Path.cwd()) if PAGE.is_relative_to(Path.cwd()) else PAGE}\n")
