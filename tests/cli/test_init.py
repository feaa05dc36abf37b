"""`sextant init`: from a folder with files to the first evidence."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from sextant.config import load
from sextant_cli.common import tell_of_home_above
from sextant_cli.init import own_home
from tests.cli.conftest import Shell
from tests.cli.letters import lay
from tests.serving import home_environment


@pytest.fixture
def files(mine: Shell) -> Path:
    """A folder with a test set and a model's answers, and no project yet."""
    return lay_files(mine.folder / "letter-reader")


def lay_files(folder: Path) -> Path:
    folder.mkdir()
    lay(folder, "x").unlink()
    answers = (folder / "answers.csv").read_text().replace("read_as", "prediction")
    (folder / "answers.csv").unlink()
    (folder / "answers_m3.csv").write_text(answers)
    (folder / "test.csv").write_text((folder / "test.csv").read_text().replace("letter", "label"))
    return folder


def test_one_command_leads_from_files_to_evidence(tmp_path: Path) -> None:
    """As a newcomer has it: no data home, no settings, a process of its own."""
    folder = lay_files(tmp_path / "letter-reader")
    env = {k: v for k, v in home_environment(tmp_path / "keys").items() if k != "SEXTANT_HOME"}
    sextant = [sys.executable, "-m", "sextant_cli.main"]
    done = subprocess.run(
        [*sextant, "init", "--yes"], env=env, cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    for said in ("its name says test", "always giving the most frequent answer", "Next: "):
        assert said in done.stdout
    assert "98 % (between 96.1 % and 99 %)" in done.stdout
    assert "✓ met" in done.stdout
    assert {p.name for p in folder.iterdir()} == {".sextant", "answers_m3.csv", "sextant.yaml", "test.csv"}
    assert (folder / ".sextant" / ".gitignore").read_text() == "*\n"
    config = load(folder / "sextant.yaml").config
    assert (config.project.slug, config.project.name) == ("letter-reader", "Letter reader")
    # The next command, from a folder below, works on the same project.
    (folder / "notebooks").mkdir()
    done = subprocess.run(
        [*sextant, "evidence", "recompute", "--all"], env=env, cwd=folder / "notebooks", capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert (done.returncode, "none of them differ" in done.stdout) == (0, True)


def test_it_asks_what_only_a_person_knows(mine: Shell, files: Path) -> None:
    answers = ["letters", "Letters", "Reads letters.", "no version", "reader@m3", "2", "0.99", "0.9", ""]
    found = mine("init", "--dir", str(files), stdin="\n".join([*answers, ""]))
    assert "What share of answers must be right?" in found.out
    assert "names no version" in found.out
    config = load(files / "sextant.yaml").config
    assert (config.project.slug, config.project.name) == ("letters", "Letters")
    assert config.project.summary == "Reads letters."
    [predictions] = config.predictions.values()
    assert str(predictions.model) == "model:reader@m3"
    listed = mine("status", "--project", "letters", "--format", "json").json
    assert listed["project"]["candidate"] == "model:reader@m3"


def test_nothing_is_written_before_the_answers_are_there(mine: Shell, files: Path) -> None:
    before = set(files.iterdir())
    found = mine("init", "--dir", str(files), code=2)
    assert "nobody is there to be asked" in found.err
    assert "Add --yes" in found.err
    assert set(files.iterdir()) == before
    assert "there is no project 'letter-reader'" in mine("status", "--project", "letter-reader", code=2).err


def test_ctrl_c_at_a_question_ends_it_cleanly(tmp_path: Path) -> None:
    folder = lay_files(tmp_path / "letters")
    env = {k: v for k, v in home_environment(tmp_path / "keys").items() if k != "SEXTANT_HOME"}
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "sextant_cli.main", "init"]
    with subprocess.Popen(
        command, env=env, cwd=folder, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    ) as running:  # fmt: skip
        os.close(theirs)
        assert running.stdout
        said = ""
        while "Short name of the project?" not in said:
            character = running.stdout.read(1)
            assert character, said
            said += character
        # Python may be about to wait for the line when a signal comes, and then sees it only with the next one:
        # who presses ctrl-C and sees nothing happen presses it again.
        for _ in range(4):
            running.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                running.wait(20)
                break
        assert running.returncode == 130
        rest = running.stdout.read()
    os.close(ours)
    assert rest.endswith("Stopped.\n")
    assert not (folder / "sextant.yaml").exists()
    assert not (folder / ".sextant").exists()


def test_a_folder_that_has_a_project_is_left_alone(mine: Shell, files: Path) -> None:
    mine("init", "--yes", "--dir", str(files), "--no-check")
    text = (files / "sextant.yaml").read_text()
    assert "there is a project here already" in mine("init", "--yes", "--dir", str(files), code=2).err
    assert (files / "sextant.yaml").read_text() == text


def test_the_name_can_be_given(mine: Shell, files: Path) -> None:
    mine("init", "--yes", "--dir", str(files), "--name", "Post room", "--slug", "post", "--no-check")
    config = load(files / "sextant.yaml").config
    assert (config.project.slug, config.project.name) == ("post", "Post room")
    assert mine("evidence", "list", "--project", "post").out == "There is nothing yet.\n"


def test_a_short_name_that_is_taken(mine: Shell, files: Path) -> None:
    refused = mine("init", "--yes", "--dir", str(files), "--slug", "forms", code=2)
    assert "there is a project 'forms'" in refused.err
    assert not (files / "sextant.yaml").exists()


def test_a_folder_without_tables_gets_a_project_all_the_same(mine: Shell) -> None:
    (mine.folder / "empty").mkdir()
    out = mine("init", "--yes", "--dir", str(mine.folder / "empty")).out
    assert "No tables are here yet" in out
    assert "There are no checks" in out


def test_on_a_server_it_is_the_tokens_project(shell: Shell) -> None:
    folder = lay_files(shell.folder / "letter-reader")
    options = [] if "SEXTANT_URL" in os.environ else ["--slug", "another"]
    out = shell("init", "--yes", "--dir", str(folder), *options).out
    assert "✓ met" in out
    slug = shell.slug if "SEXTANT_URL" in os.environ else "another"
    assert load(folder / "sextant.yaml").config.project.slug == slug
    assert shell("sync", "--file", str(folder / "sextant.yaml")).out == "Both say the same.\n"


def test_a_data_home_above_is_named_and_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As git does it: `init` makes one of its own; a command says that it works on one which it found above."""
    for name in ("SEXTANT_HOME", "SEXTANT_URL"):
        monkeypatch.delenv(name, raising=False)
    folder, above = tmp_path / "work" / "forms", tmp_path / ".sextant"
    (folder / "notebooks").mkdir(parents=True)
    above.mkdir()
    assert own_home(folder) == folder / ".sextant"
    assert f"There is a data home {above} above" in capsys.readouterr().err
    monkeypatch.chdir(folder)
    tell_of_home_above()
    assert f"Working on the data home {above}, found above" in capsys.readouterr().err
    (folder / ".sextant").mkdir()
    tell_of_home_above()
    # A project's own folder is what one works on from all folders below it.
    (folder / "sextant.yaml").touch()
    monkeypatch.chdir(folder / "notebooks")
    tell_of_home_above()
    assert capsys.readouterr().err == ""
    assert own_home(folder) == folder / ".sextant" and capsys.readouterr().err == ""
    monkeypatch.setenv("SEXTANT_HOME", str(above))
    assert own_home(folder) == above
