"""Offline runs of Weights & Biases: a file that its package 0.31 wrote, files broken in every way, and the package itself."""

from __future__ import annotations

import math
import shutil
import struct
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from sextant.errors import InvalidInput, NotFound, Unavailable
from sextant_client.wandb_runs import read
from sextant_integrations.wandb.client import BLOCK, MAGIC, CutShort, logs, records
from sextant_integrations.wandb.incoming import fields
from tests.peers import programs

RUN = Path(__file__).parent / "data" / "run.wandb"


def test_a_run_is_read_as_it_was_logged() -> None:
    run, project = read(RUN)
    assert (project, run.name, run.key, run.status) == ("readers", "first", "1eiovxac", "finished")
    assert run.parameters == {"C": "3", "kernel": "rbf", "nested.lr": "0.1"}
    assert run.tags == {"tag:a": "true"}
    assert {k: m.value for k, m in run.metrics.items()} == {
        "acc": pytest.approx(0.94), "loss": 0.2, "accuracy": 0.97, "accuracy_n": 1000,
    }  # fmt: skip
    assert [(step, value) for step, _, value in run.history["loss"]] == [
        (0, 1.0), (1, 0.5), (2, pytest.approx(1 / 3)), (3, 0.25), (4, 0.2),
    ]  # fmt: skip
    assert math.isnan(run.history["acc"][2][2])
    assert run.started_at is not None and run.ended_at is not None and run.started_at < run.ended_at


def test_a_file_that_is_cut_short_anywhere_is_refused_and_says_so(tmp_path: Path) -> None:
    whole, cut = RUN.read_bytes(), tmp_path / "cut.wandb"
    for length in range(len(MAGIC), len(whole), 7):
        cut.write_bytes(whole[:length])
        with pytest.raises(
            InvalidInput, match=r"in the middle of a record|has no end|says of no run"
        ) as caught:
            read(cut)
        assert str(cut) in str(caught.value)


def test_a_run_that_was_killed_is_read_as_far_as_it_goes_where_one_asks_for_that(tmp_path: Path) -> None:
    cut = tmp_path / "cut.wandb"
    cut.write_bytes(RUN.read_bytes()[:1700])
    run, _ = read(cut, partial=True)
    assert run.status == "killed"
    assert len(run.history["loss"]) == 4 and "accuracy" not in run.metrics
    assert read(RUN, partial=True) == read(RUN)


def test_what_is_damaged_is_no_run_partial_or_not(tmp_path: Path) -> None:
    broken = tmp_path / "broken.wandb"
    whole = bytearray(RUN.read_bytes())
    whole[400] ^= 1
    broken.write_bytes(whole)
    for partial in (False, True):
        with pytest.raises(InvalidInput, match="checksum at byte"):
            read(broken, partial=partial)
    broken.write_bytes(b"PAR1" * 20)
    with pytest.raises(InvalidInput, match="no log of Weights & Biases"):
        read(broken)
    with pytest.raises(Unavailable, match="cannot read it"):
        read(tmp_path)


def log_of(bodies: list[bytes]) -> bytes:
    """The bodies as a record log, written by the format's own rules: fragments never cross a block of 32 KiB."""
    out = bytearray(MAGIC)
    for body in bodies:
        first = True
        while True:
            left = BLOCK - len(out) % BLOCK
            if left < 7:
                out += bytes(left)
                left = BLOCK
            part, body = body[: left - 7], body[left - 7 :]
            kind = (1 if not body else 2) if first else (4 if not body else 3)
            out += struct.pack("<IHB", zlib.crc32(part, zlib.crc32(bytes([kind]))), len(part), kind) + part
            first = False
            if not body:
                break
    return bytes(out)


@pytest.mark.parametrize("size", [0, 1, BLOCK - 14 - 1, BLOCK - 14, BLOCK - 13, BLOCK, 100_000])
def test_records_across_blocks_come_back_whole(tmp_path: Path, size: int) -> None:
    bodies = [b"a" * size, b"", b"b" * 70_000, b"c"]
    path = tmp_path / "made.wandb"
    path.write_bytes(log_of(bodies))
    assert list(records(path)) == bodies
    path.write_bytes(log_of(bodies)[:-1])
    with pytest.raises(CutShort):
        list(records(path))


@pytest.mark.parametrize("message", [b"\x0a\x05ab", b"\xff" * 11, b"\x0b", b"\x09\x00", b"\x80"])
def test_what_is_no_message_is_told(message: bytes) -> None:
    with pytest.raises(InvalidInput, match="no message"):
        list(fields(message))


def test_folders_are_found_where_people_point(tmp_path: Path) -> None:
    folder = tmp_path / "wandb" / "offline-run-20260302_101500-1eiovxac"
    folder.mkdir(parents=True)
    log = folder / "run-1eiovxac.wandb"
    shutil.copy(RUN, log)
    (tmp_path / "wandb" / "latest-run").symlink_to(folder.name)
    for place in (tmp_path, tmp_path / "wandb", folder, log):
        assert logs(place) == [log]
    with pytest.raises(NotFound, match="no run of Weights & Biases"):
        logs(Path(__file__).parent)
    with pytest.raises(NotFound, match="no such folder"):
        logs(tmp_path / "nowhere")


SCRIPT = """
import sys, wandb
settings = wandb.Settings(disable_git=True, x_disable_stats=True, x_disable_meta=True, console="off", silent=True)
asked = {"mode": "offline", "dir": sys.argv[1], "project": "readers", "name": "forest", "config": {"trees": 20}}
with wandb.init(**asked, settings=settings) as run:
    for step in range(300):
        run.log({"loss": 1 / (step + 1), "note": "x" * 400, "nested": {"top5": step / 300}})
    run.summary["accuracy"] = 0.97
    run.summary["accuracy_n"] = 1000
"""


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a run that the package made, without a network."""
    folder = tmp_path_factory.mktemp("wandb")
    script = folder / "train.py"
    script.write_text(SCRIPT)
    made = subprocess.run(
        [programs("wandb") / "python", script, folder],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    yield folder


def test_what_the_package_writes_is_read(real: Path) -> None:
    [log] = logs(real)
    assert log.stat().st_size > 2 * BLOCK, "long enough that records cross blocks"
    run, project = read(log)
    assert (project, run.name, run.status, run.parameters) == (
        "readers",
        "forest",
        "finished",
        {"trees": "20"},
    )
    assert run.metrics["accuracy"].value == 0.97 and run.metrics["accuracy_n"].value == 1000
    assert len(run.history["loss"]) == 300 and run.history["loss"][299][2] == pytest.approx(1 / 300)
    assert run.history["nested.top5"][150][2] == pytest.approx(0.5)
    assert "note" not in run.metrics
