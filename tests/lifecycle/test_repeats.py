"""When evidence only repeats what was said, and which code it was measured with."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from sextant.criteria import Setting
from sextant.evidence import Count, Producer, Version
from sextant.lifecycle.measures.repeats import code_version, told_today
from sextant.reports import QualityReport

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def counted(value: int = 3, at: datetime = NOON, seconds: float = 1.0) -> Count:
    producer = Producer(name="sextant", version="0.1.0", seconds=seconds)
    return Count(
        value=value, estimand="rows", unit="count", setting=Setting.OFFLINE, at=at, producer=producer
    )


def test_the_same_on_the_same_day_is_told_already() -> None:
    assert told_today(counted(), counted(at=NOON + timedelta(hours=3), seconds=9.0))


def test_another_number_another_day_or_nothing_before_is_news() -> None:
    assert not told_today(None, counted())
    assert not told_today(counted(), counted(value=4))
    assert not told_today(counted(), counted(at=NOON + timedelta(days=1)))


def test_a_day_is_a_day_of_utc() -> None:
    # 23:30 in New York is 4:30 of the next day.
    late = datetime(2026, 11, 23, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    assert not told_today(counted(), counted(at=late))
    assert told_today(counted(at=NOON + timedelta(days=1)), counted(at=late))


def report(*, scheduled: bool) -> QualityReport:
    return QualityReport(
        data=Version(kind="dataset", name="train", version="v1"), rows=3, columns=2, scheduled=scheduled,
        estimand="what is wrong with train", setting=Setting.OFFLINE, at=NOON, producer=Producer(name="sextant"),
    )  # fmt: skip


def test_that_the_schedule_works_is_news_and_looking_again_by_hand_is_not() -> None:
    assert told_today(report(scheduled=True), report(scheduled=False))
    assert not told_today(report(scheduled=False), report(scheduled=True))


def git(folder: Path, *command: str) -> str:
    who = ("-c", "user.name=n", "-c", "user.email=e@example.com")
    done = subprocess.run(["git", "-C", folder, *who, *command], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_the_commit_and_whether_something_was_changed_beside_it(tmp_path: Path) -> None:
    git(tmp_path, "init")
    assert code_version(tmp_path) is None, "no commit yet"
    (tmp_path / "train.py").write_text("one")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "first")
    git(tmp_path, "tag", "v1")
    commit = git(tmp_path, "rev-parse", "HEAD")
    assert code_version(tmp_path) == f"git:{commit[:12]}", "the commit, also where there is a tag"
    (tmp_path / "train.py").write_text("two")
    assert code_version(tmp_path) == f"git:{commit[:12]}+changes"


def test_where_there_is_no_repository_or_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert code_version(tmp_path) is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert code_version(tmp_path) is None
