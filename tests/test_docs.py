"""Pages and docstrings hold: examples run, commands that are named exist, sessions answer as they are shown."""

from __future__ import annotations

import doctest
import fnmatch
import importlib
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from sextant_cli.group import root
from tests.serving import home_environment

ROOT = Path(__file__).resolve().parents[1]
SRC = ROOT / "src"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])

MODULES = sorted(
    ".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__")
    for path in SRC.rglob("*.py")
    if re.search(r"^\s*>>> ", path.read_text(encoding="utf-8"), flags=re.M)
)

_RUN = """
import doctest, importlib, sys
found = doctest.testmod(importlib.import_module(sys.argv[1]))
sys.exit(found.failed or not found.attempted)
"""


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_docstrings_give_what_they_say(name: str, tmp_path: Path) -> None:
    if name.startswith("sextant_client"):
        # A client works on a data home, and a process on one: these get a process and a home of their own.
        done = subprocess.run(
            [sys.executable, "-c", _RUN, name], env=home_environment(tmp_path), capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted > 0
    assert found.failed == 0


# --- commands that pages name


def named() -> Iterator[tuple[str, str]]:
    """Each `sextant ...` that a page shows: in a line of a code block, or between backticks."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        place = str(page.relative_to(ROOT))
        blocks = re.findall(r"^```[a-z]*\n(.*?)^```", text, flags=re.M | re.S)
        rest = re.sub(r"^```[a-z]*\n.*?^```", "", text, flags=re.M | re.S)
        blocks = [re.sub(r"\\\n\s*", "", block) for block in blocks]  # a line that goes on below
        for line in [line for block in blocks for line in block.splitlines()]:
            if found := re.match(r"(?:\$ )?(sextant(?: .*)?)$", line.strip()):
                yield place, found[1]
        for inline in re.findall(r"`(sextant [^`]*)`", rest):
            yield place, " ".join(inline.split())


@pytest.mark.parametrize(("page", "command"), sorted(set(named())))
def test_every_command_that_a_page_names_exists_with_its_options(page: str, command: str) -> None:
    words = re.split(r"\s[|>&;#]", command.replace("\\|", "|").replace("...", ""))[0]
    found: click.Command = root
    for word in shlex.split(re.sub(r"\[.*?\]", "", words))[1:]:
        if word == "--":  # what follows is a command of somebody else
            break
        if word.startswith("--") and word not in ("--help", "--version"):
            options = [name for p in found.params for name in p.opts]
            assert word.split("=")[0] in options, f"{command}: there is no {word}"
        elif isinstance(found, click.Group) and not word.startswith("-") and not word.isupper():
            inner = found.get_command(click.Context(found), word)
            assert inner is not None, f"{command}: there is no command {word}"
            found = inner
        if isinstance(found, click.Command) and found.name == "manage":
            return


# --- sessions


@dataclass(frozen=True)
class Step:
    """A command of a session, and the output that is shown for it (`...` stands for anything)."""

    command: str
    shown: str


def sessions(page: Path) -> list[Step]:
    """The steps of a page's console blocks, which are one session: `$ ` begins a command, `> ` goes on with it."""
    steps: list[Step] = []
    for block in re.findall(r"^```console\n(.*?)^```", page.read_text(encoding="utf-8"), flags=re.M | re.S):
        for line in block.splitlines():
            if line.startswith("$ "):
                steps.append(Step(line[2:], ""))
            elif line.startswith("> ") and not steps[-1].shown:
                steps[-1] = Step(f"{steps[-1].command}\n{line[2:]}", "")
            else:
                steps[-1] = Step(steps[-1].command, f"{steps[-1].shown}{line}\n")
    return steps


WITH_SESSIONS = [page for page in PAGES if sessions(page)]


@pytest.mark.parametrize("page", WITH_SESSIONS, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_session_on_a_page_answers_as_it_is_shown(page: Path, tmp_path: Path) -> None:
    env = {k: v for k, v in home_environment(tmp_path / "keys").items() if k != "SEXTANT_HOME"}
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
    steps = sessions(page)
    # One shell for the whole page, as its reader has it; a line between the answers tells them apart.
    mark = "--- next ---"
    script = "\n".join(f"{step.command}\necho '{mark}'" for step in steps)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    for step, answer in zip(steps, done.stdout.split(f"{mark}\n"), strict=False):
        said = [" ".join(line.split()) for line in answer.splitlines()]
        for line in step.shown.splitlines():
            wanted = re.sub(r"([\[\]?*])", r"[\1]", " ".join(line.split())).replace("...", "*")
            assert any(fnmatch.fnmatchcase(one, wanted) for one in said), (
                f"{page.name}: `{step.command}` does not answer {line!r}\n{answer}\n{done.stderr}"
            )


def test_some_pages_have_sessions() -> None:
    assert WITH_SESSIONS
