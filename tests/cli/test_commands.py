"""The tree of commands: its table, its help, its page, what it imports, and how it fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from sextant_cli.group import root
from sextant_cli.main import COMMANDS, help_text
from tests.cli.conftest import Shell
from tests.cli.letters import lay
from tests.serving import Server, free_port, home_environment
from tools.cli_reference import PAGE, page

MAIN = [sys.executable, "-m", "sextant_cli.main"]


def commands(command: click.Command = root, name: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command of the tree with its words."""
    if not isinstance(command, click.Group):
        yield name, command
        return
    context = click.Context(command)
    for inner in command.list_commands(context):
        found = command.get_command(context, inner)
        assert found is not None
        yield from commands(found, f"{name} {inner}".strip())


TREE = dict(commands())


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_says_what_the_command_says_of_itself(name: str) -> None:
    command = root.get_command(click.Context(root), name)
    assert command is not None
    assert command.name == name
    assert command.help
    first = command.help.split("\n\n")[0].rstrip(".")
    assert COMMANDS[name][1] == " ".join(first.split()), (
        "the help's first line stands in the table of main.py"
    )


@pytest.mark.parametrize("name", [n for n in TREE if n != "manage"])
def test_every_command_explains_itself_and_each_of_its_options(name: str, mine: Shell) -> None:
    out = mine(*name.split(), "--help").out
    assert out.startswith(f"Usage: sextant {name}")
    for param in TREE[name].params:
        if isinstance(param, click.Option):
            assert param.help, f"{param.opts[0]} of {name} has no help"
            assert param.opts[0] in out


def test_every_command_stands_on_its_page_as_it_is() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m tools.cli_reference`"
    for name in TREE:
        assert f"`sextant {name}`" in page()


def test_a_table_in_text_is_a_table_in_json() -> None:
    """Every command that lists or shows gives JSON too; these give nothing, one line, or another format by nature."""
    without = {
        "init", "demo", "sync", "schema", "decide", "waive", "not-applicable", "back", "sign", "plan", "serve", "worker",
        "manage", "evidence add", "documents show", "documents put", "subject set", "token create", "token revoke",
        "user create", "new", "brief", "opportunities import", "opportunities export", "opportunities remove",
        "opportunities open", "criteria load", "criteria sheet", "data checkout", "data erase", "data retain", "data tag",
        "clean apply", "sign-link revoke", "comment add", "comment resolve", "comment erase", "review ask", "review answer",
        "hand-over", "documents erase",
        "data verify", "runs name", "runs forget", "runs sync mlflow", "runs promote", "runs read wandb", "numbers add",
        "numbers paste", "numbers refresh", "numbers sql", "card",
    }  # fmt: skip
    have = {
        n for n, c in TREE.items()
        if any(isinstance(p, click.Option) and isinstance(p.type, click.Choice) and "json" in p.type.choices for p in c.params)
    }  # fmt: skip
    assert have == set(TREE) - without


# --- the start


def python(code: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], env=home_environment(folder), capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.mark.parametrize("arguments", [["--help"], ["-h"]])
def test_help_imports_nothing_but_itself(arguments: list[str], tmp_path: Path) -> None:
    code = f"import sys\nfrom sextant_cli.main import run\nrun({arguments})\nprint(*sorted(sys.modules), sep='\\n')"
    out = python(code, tmp_path)
    assert out.startswith(help_text() + "\n")
    loaded = set(out.removeprefix(help_text()).split())
    assert {m for m in loaded if m.startswith(("sextant", "click"))} == {"sextant_cli", "sextant_cli.main"}
    assert not loaded & {"typing", "pydantic", "django", "httpx", "rich", "duckdb", "numpy", "logging"}


@pytest.mark.parametrize(
    ("name", "unneeded"),
    [
        ("schema", {"django", "httpx", "duckdb", "ibis", "numpy", "rich"}),
        ("gate", {"duckdb", "ibis", "numpy", "scipy", "ruamel", "pyarrow", "django"}),
        ("status", {"duckdb", "ibis", "numpy", "scipy", "ruamel", "pyarrow", "django"}),
    ],
)
def test_a_commands_help_does_not_load_what_only_its_work_needs(
    name: str, unneeded: set[str], tmp_path: Path
) -> None:
    code = (
        f"import sys\nfrom sextant_cli.main import run\nrun(['{name}', '--help'])\nprint('==', *sys.modules)"
    )
    loaded = {m.partition(".")[0] for m in python(code, tmp_path).partition("== ")[2].split()}
    assert not loaded & unneeded


def test_the_version(mine: Shell) -> None:
    from sextant import __version__

    assert mine("--version").out == f"sextant {__version__}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_comes_with_it(shell: str, tmp_path: Path) -> None:
    env = {**home_environment(tmp_path), "_SEXTANT_COMPLETE": f"{shell}_source"}
    done = subprocess.run(MAIN, env=env, capture_output=True, text=True, check=True)
    assert "_SEXTANT_COMPLETE" in done.stdout
    # Fish gives the word that is being written itself, the others its place.
    place = "ga" if shell == "fish" else "1"
    words = {"_SEXTANT_COMPLETE": f"{shell}_complete", "COMP_WORDS": "sextant ga", "COMP_CWORD": place}
    done = subprocess.run(MAIN, env={**env, **words}, capture_output=True, text=True, check=True)
    assert "gate" in done.stdout


# --- failing


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Usage: sextant [--version] COMMAND"),
        (["statsu"], "There is no command 'statsu'. Did you mean `sextant status`?"),
        (["frobnicate"], "There is no command 'frobnicate'. `sextant --help` lists them."),
        (["gate", "--frmt", "json"], "No such option"),
        (["evidence"], "Usage: sextant evidence"),
        (["status", "--project", "stranger"], "sextant: there is no project 'stranger'"),
        (["evidence", "show", "abc"], "'abc' is too short"),
        (["evidence", "add", "nowhere.json"], "nowhere.json: cannot read it: No such file"),
        (["evidence", "add", "broken.json"], "broken.json:2:3: it is no JSON"),
        (["evidence", "add", "broken.yaml"], "broken.yaml: it is no YAML"),
        (["evidence", "add", "empty.json"], "empty.json: there is no evidence in it"),
        (["evidence", "add", "odd.json"], "odd.json, evidence 1 of 1: "),
        (["documents", "put", "poem", "odd.json"], "there is no kind of document called 'poem'"),
        (["documents", "put", "five_ws", "odd.json"], "odd.json: color: Extra inputs are not permitted"),
        (["documents", "show", "brief"], "there is no brief"),
        (["subject", "set", "model:reader"], "'model:reader' names no version"),
        (["audit", "verify", "--head", "nowhere.md"], "nowhere.md: cannot read it"),
        (["schema", "-o", "nowhere/schema.json"], "nowhere/schema.json: No such file"),
        (["plan", "-o", "nowhere/plan.md"], "nowhere/plan.md: No such file"),
        (["plan", "-o", "plan.txt"], "plan.txt does not say which format (a name ends in .pdf, .docx, .md, .html)"),
        (["plan", "--format", "pdf"], "pdf cannot be shown here. Write it to a file: -o plan.pdf"),
    ],
)  # fmt: skip
def test_bad_use_is_told_in_one_line_and_exit_2(mine: Shell, arguments: list[str], said: str) -> None:
    mine.write("broken.json", "{\n  oops\n}")
    mine.write("broken.yaml", "a: [1,\nb: {")
    mine.write("empty.json", "[]")
    mine.write("odd.json", '{"color": "red"}')
    found = mine(*arguments, code=2)
    assert said in found.err
    assert "Traceback" not in found.err
    assert found.out == ""


@pytest.mark.parametrize(
    ("old", "new", "place", "said"),
    [
        ("threshold: 0.95", "treshold: 0.95", ":9:5:", "Did you mean `threshold`?"),
        ("threshold: 0.95", "threshold: high", ":9:16:", "threshold"),
        ("    unit: share\n", "", ":3:5:", "`unit` is missing"),
        ("criterion: accuracy,", "criterion: acuracy,", ":23:", "accuracy"),
    ],
)  # fmt: skip
def test_a_fault_of_the_file_is_named_with_line_and_column(
    mine: Shell, old: str, new: str, place: str, said: str
) -> None:
    path = lay(mine.folder, "letters")
    path.write_text(path.read_text().replace(old, new, 1))
    for command in ("check", "sync", "status"):
        found = mine(command, code=2)
        assert f"sextant.yaml{place}" in found.err
        assert said in found.err
    # Who names the project does not need the file.
    assert mine("status", "--project", "forms").code == 0


def test_nobody_answers(mine: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEXTANT_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setattr("sextant_client.connection.PAUSES", ())
    found = mine("status", code=2)
    assert found.err.startswith("sextant: http://127.0.0.1:")
    assert "Check SEXTANT_URL, and that `sextant serve` runs there" in found.err


def test_the_project_of_another_token_is_not_there(
    server: Server, mine: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, _ = server.project()
    _, token = server.project()
    monkeypatch.setenv("SEXTANT_URL", server.url)
    monkeypatch.setenv("SEXTANT_TOKEN", token)
    assert f"there is no project '{other}'" in mine("gate", "--project", other, code=2).err
    monkeypatch.setenv("SEXTANT_TOKEN", "sxt_wrong")
    assert "no valid token" in mine("gate", code=2).err


def test_of_several_projects_one_has_to_be_named(mine: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    from sextant_client import connect

    with connect() as client:
        client.create_project("other", "Other")
    assert "which project? (there are forms, other). Add --project" in mine("status", code=2).err
    monkeypatch.setenv("SEXTANT_PROJECT", "other")
    assert mine("status", "--format", "json").json["project"]["slug"] == "other"


def test_nothing_is_made_by_only_looking(tmp_path: Path) -> None:
    env = {k: v for k, v in home_environment(tmp_path / "keys").items() if k != "SEXTANT_HOME"}
    done = subprocess.run(
        [*MAIN, "status"], env=env, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "there is no Sextant in" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_has_seen_enough_is_no_error_of_ours(tmp_path: Path) -> None:
    """`sextant manage help | head -1` must not look like a gate that is not met."""
    env = home_environment(tmp_path)
    code = "from sextant_cli.main import run\nimport sys\nsys.stdin.readline()\nsys.exit(run(['schema']))"
    running = subprocess.Popen(
        [sys.executable, "-c", code], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert running.stdout
    assert running.stdin
    assert running.stderr
    running.stdout.close()
    running.stdin.write("go\n")
    running.stdin.flush()
    assert running.stderr.read() == ""
    assert running.wait() == 128 + signal.SIGPIPE
    running.stdin.close()
    running.stderr.close()


def test_ctrl_c_ends_a_command_cleanly(tmp_path: Path) -> None:
    """The server of this test takes the connection and never answers, so the command waits until it is stopped."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listening:
        env = {
            **home_environment(tmp_path), "SEXTANT_URL": f"http://127.0.0.1:{listening.getsockname()[1]}",
            "SEXTANT_TOKEN": "sxt_x",
        }  # fmt: skip
        running = subprocess.Popen(
            [*MAIN, "status"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        asked, _ = listening.accept()
        os.kill(running.pid, signal.SIGINT)
        out, err = running.communicate(timeout=60)
        asked.close()
    assert (running.returncode, out, err) == (130, "", "\nStopped.\n")
