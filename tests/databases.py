"""Real databases for tests: a fresh SQLite file or a fresh PostgreSQL database, migrated, for threads and
processes.

`database_url` gives a test both, one after the other; processes that it starts by `run_python` or
`start_python` work on it. With `both_databases` the test's own process works on it too. PostgreSQL is the
server named by SEXTANT_TEST_DATABASE_URL (an account that may create databases); without it those tests skip.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest

SERVER = "SEXTANT_TEST_DATABASE_URL"
ENGINES = ("sqlite", "postgresql")


def python_environment(**more: str) -> dict[str, str]:
    """The environment of a process that runs Sextant's code: the server's own settings in this run's test
    home."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV_"))}
    root = Path(__file__).resolve().parents[1]
    paths = os.pathsep.join([str(root / "src"), str(root)])
    return {**kept, "DJANGO_SETTINGS_MODULE": "sextant_server.settings", "PYTHONPATH": paths, **more}


def start_python(code: str, env: Mapping[str, str] | None = None, **options: object) -> subprocess.Popen[str]:
    """Start Python on `code` with Django set up; its standard streams are pipes of text."""
    begun = "import django\ndjango.setup()\n" + code
    return subprocess.Popen(
        [sys.executable, "-c", begun],
        env=python_environment(**(env or {})),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,  # type: ignore[call-overload]
    )


def run_python(code: str, env: Mapping[str, str] | None = None, *, seconds: float = 120) -> str:
    """Run Python on `code` with Django set up, and return what it printed. A fault of it is a fault of the
    test."""
    process = start_python(code, env)
    try:
        out, err = process.communicate(timeout=seconds)
    finally:
        process.kill()
    assert process.returncode == 0, f"ended with {process.returncode}\n{out}\n{err}"
    return out


def _sql(url: str, statement: str) -> list[tuple[str, ...]]:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        done = connection.execute(statement.encode())
        return done.fetchall() if done.description else []


MIGRATE = """
from django.db import connection
from sextant_server.first_start import migrate
migrate()
connection.close()
"""


@cache
def _migrated_file() -> Path:
    """A migrated SQLite file, made once by each test process, to copy from."""
    file = Path(os.environ["SEXTANT_TEST_HOME"]) / f"migrated-{os.getpid()}.db"
    file.parent.mkdir(parents=True, exist_ok=True)
    run_python(MIGRATE, {"DATABASE_URL": f"sqlite:///{file}"})
    return file


@contextmanager
def empty_database(engine: str, folder: Path) -> Iterator[str]:
    """A database without tables, for as long as the context lasts; its URL."""
    if engine == "sqlite":
        yield f"sqlite:///{folder / 'empty.db'}"
        return
    _need_server()
    name = f"sextant_test_{os.getpid()}_{secrets.token_hex(4)}"
    _sql(os.environ[SERVER], f"CREATE DATABASE {name}")
    try:
        yield urlsplit(os.environ[SERVER])._replace(path=f"/{name}").geturl()
    finally:
        _sql(os.environ[SERVER], f"DROP DATABASE {name} WITH (FORCE)")


def _need_server() -> None:
    if not os.environ.get(SERVER):
        pytest.skip(f"set {SERVER} to a PostgreSQL server on which databases may be made")


#: Closed at the end of the test process.
_kept = ExitStack()


@cache
def _migrated_url() -> str:
    """A migrated PostgreSQL database, made once by each test process and emptied for each test: making one
    takes the server a second."""
    url = _kept.enter_context(empty_database("postgresql", Path()))
    run_python(MIGRATE, {"DATABASE_URL": url})
    return url


#: What migrating itself writes.
_OF_MIGRATING = ("django_migrations", "django_content_type", "auth_permission")


def make_database(engine: str, folder: Path) -> str:
    """A migrated database without any rows; its URL. On PostgreSQL the same one again, after all that still
    were connected to it are thrown out."""
    if engine == "sqlite":
        file = folder / "sextant.db"
        shutil.copy(_migrated_file(), file)
        return f"sqlite:///{file}"
    _need_server()
    url = _migrated_url()
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    _sql(url, f"{others} AND pid <> pg_backend_pid()")
    tables = [name for (name,) in _sql(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    _sql(url, f"TRUNCATE {', '.join(set(tables) - set(_OF_MIGRATING))} RESTART IDENTITY CASCADE")
    return url


@pytest.fixture(scope="session")
def _server_is_left_clean() -> Iterator[None]:
    yield
    _kept.close()
    _migrated_url.cache_clear()


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path, _server_is_left_clean: None) -> str:
    """The URL of a migrated, empty database: first on SQLite (a real file), then on PostgreSQL."""
    return make_database(request.param, tmp_path)


@pytest.fixture
def both_databases(database_url: str, tmp_path: Path, django_db_blocker: object) -> Iterator[str]:
    """This process, its threads and the processes that it starts work on `database_url`; nothing is rolled
    back."""
    from django.db import connections

    from sextant_server.environment import database

    before = connections.settings["default"]
    connections["default"].close()
    connections.settings["default"] = {**before, **database(database_url, tmp_path)}
    del connections["default"]
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        yield database_url
        connections["default"].close()
    connections.settings["default"] = before
    del connections["default"]
