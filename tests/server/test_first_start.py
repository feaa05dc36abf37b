"""The first start, also when several processes start at once: one migration, one account."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from sextant.errors import Conflict, Unavailable
from sextant_server import actions
from sextant_server.first_start import ensure_admin, framed, migrate, prepare
from tests.databases import ENGINES, empty_database, run_python, start_python

TOLD = """
from django.db import connection
from sextant_server.first_start import migrate
print(len(migrate()), flush=True)
connection.close()
"""


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.usefixtures("_server_is_left_clean")
def test_of_processes_that_start_at_once_one_migrates_and_all_go_on(engine: str, tmp_path: Path) -> None:
    with empty_database(engine, tmp_path) as url:
        started = [start_python(TOLD, {"DATABASE_URL": url}) for _ in range(3)]
        said = [process.communicate(timeout=120) for process in started]
        assert [process.returncode for process in started] == [0, 0, 0], said
        # Those that waited found nothing left to do.
        assert sorted(int(out) for out, _ in said) == [0, 0, len(MigrationLoader(None).disk_migrations)]
        assert int(run_python(TOLD, {"DATABASE_URL": url})) == 0


def test_a_database_that_is_up_to_date_is_only_looked_at(both_databases: str) -> None:
    assert migrate() == []


@contextmanager
def applied(app: str, name: str) -> Iterator[None]:
    """As if a version that we do not know had migrated."""
    MigrationRecorder(connection).record_applied(app, name)
    yield
    MigrationRecorder(connection).record_unapplied(app, name)


def test_a_database_of_a_newer_version_is_left_alone(both_databases: str) -> None:
    newer = pytest.raises(Conflict, match=r"newer Sextant .*records\.9999_of_tomorrow")
    with applied("records", "9999_of_tomorrow"), newer:
        migrate()


def test_another_apps_migrations_are_no_newer_version(both_databases: str) -> None:
    with applied("somebody_elses", "0001_initial"):
        assert migrate() == []


@pytest.mark.parametrize(
    "url", ["sqlite:////no/such/folder/sextant.db", "postgres://nobody@127.0.0.1:1/nothing"]
)
def test_a_database_that_cannot_be_used_is_a_plain_message(url: str) -> None:
    code = """
from sextant.errors import Unavailable
from sextant_server.first_start import migrate
try:
    migrate()
except Unavailable as error:
    print(error)
"""
    said = run_python(code, {"DATABASE_URL": url})
    assert "cannot be used" in said
    assert "DATABASE_URL" in said


def test_the_data_home_is_made_when_it_is_needed(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    run_python(TOLD, {"DATABASE_URL": "", "SEXTANT_HOME": str(home), "SEXTANT_SECRET_KEY": "x" * 50})
    assert (home / "sextant.db").exists()


def test_the_first_account_is_an_admin_with_a_password_of_its_own(both_databases: str) -> None:
    made = ensure_admin()
    assert made
    username, password = made
    [account] = User.objects.all()
    assert (account.username, account.is_superuser, account.is_active) == (username, True, True)
    assert account.check_password(password)
    assert password not in account.password, "stored hashed"
    assert len(password) >= 20
    assert ensure_admin() is None
    assert User.objects.count() == 1


def test_where_there_is_an_account_nothing_is_made(both_databases: str) -> None:
    User.objects.create_user("somebody")
    assert ensure_admin() is None


def test_of_eight_that_start_at_once_one_makes_the_account(both_databases: str) -> None:
    together, made = threading.Barrier(8), list[object]()

    def run() -> None:
        together.wait()
        try:
            made.append(ensure_admin())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len([one for one in made if one]) == 1
    assert User.objects.count() == 1


def test_the_password_is_shown_once(both_databases: str, caplog: pytest.LogCaptureFixture) -> None:
    first, second = io.StringIO(), io.StringIO()
    prepare(first)
    prepare(second)
    [line] = [line for line in first.getvalue().splitlines() if "password    " in line]
    password = line.split()[2]
    assert User.objects.get().check_password(password)
    assert first.getvalue().count(password) == 1
    assert second.getvalue() == ""
    assert password not in caplog.text


def test_a_frame_is_as_wide_as_its_longest_line() -> None:
    lines = framed(["a", "", "longer"]).splitlines()
    assert {len(line) for line in lines} == {10}


def test_unavailable_is_told_apart_from_other_faults(
    monkeypatch: pytest.MonkeyPatch, both_databases: str
) -> None:
    def full() -> list[str]:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(actions, "_pending", full)
    with pytest.raises(Unavailable, match="No space left"):
        migrate()
