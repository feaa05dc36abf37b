"""Databases that numbers are read from: what a SELECT gives, and that nothing but reading can be said."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured

from sextant.errors import Forbidden, InvalidInput, NotFound, Unavailable
from sextant.problem.declared import Reading
from sextant_server import environment as env
from sextant_server.environment import Source
from sextant_server.problem import sources

FOUND = [Reading(date(2026, 2, 28), 8, 9), Reading(date(2026, 3, 31), 11, None)]
SELECT = "SELECT day, n, aim FROM posts ORDER BY day DESC"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same table in SQLite, DuckDB and Parquet."""
    made = tmp_path_factory.mktemp("sources")
    lite = sqlite3.connect(made / "numbers.db")
    lite.execute("CREATE TABLE posts (day TEXT, n INTEGER, aim INTEGER)")
    lite.executemany("INSERT INTO posts VALUES (?, ?, ?)", [("2026-02-28", 8, 9), ("2026-03-31", 11, None)])
    lite.commit()
    lite.close()
    duck = duckdb.connect(str(made / "numbers.duckdb"))
    duck.execute(
        "CREATE TABLE posts AS SELECT * FROM (VALUES (DATE '2026-02-28', 8, 9), ('2026-03-31', 11, NULL)) AS t(day, n, aim)"
    )
    duck.execute(f"COPY posts TO '{made}/posts-1.parquet' (FORMAT parquet)")
    duck.execute(f"COPY posts TO '{made}/other.parquet' (FORMAT parquet)")
    duck.close()
    return made


@pytest.fixture(scope="module")
def postgres() -> Iterator[Source]:
    """The same table in PostgreSQL, and an account that may read it and nothing else."""
    url = os.environ.get("SEXTANT_TEST_DATABASE_URL", "")
    if not url.startswith("postgres"):
        pytest.skip("needs PostgreSQL: set SEXTANT_TEST_DATABASE_URL")
    name = f"sextant_reader_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(f"CREATE SCHEMA {name}")
        owner.execute(f"CREATE TABLE {name}.posts (day date, n numeric, aim int)")
        owner.execute(f"INSERT INTO {name}.posts VALUES ('2026-02-28', 8, 9), ('2026-03-31', 11, NULL)")
        owner.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'not-to-be-seen'")
        owner.execute(f"ALTER ROLE {name} SET search_path = {name}")
        owner.execute(f"GRANT ALL ON SCHEMA {name} TO {name}")
        owner.execute(f"GRANT ALL ON {name}.posts TO {name}")
        scheme, _, rest = url.partition("://")
        place = rest.partition("@")[2] or rest
        yield Source("sales", f"{scheme}://{name}:not-to-be-seen@{place}")
        owner.execute(f"DROP SCHEMA {name} CASCADE")
        owner.execute(f"DROP OWNED BY {name}")
        owner.execute(f"DROP ROLE {name}")


@pytest.fixture(params=["sqlite", "duckdb", "postgres"])
def source(request: pytest.FixtureRequest, folder: Path) -> Source:
    if request.param == "postgres":
        return request.getfixturevalue("postgres")  # type: ignore[no-any-return]
    end = {"sqlite": "db", "duckdb": "duckdb"}[request.param]
    return Source("sales", f"{request.param}:///{folder}/numbers.{end}")


def test_a_select_gives_days_with_their_numbers(source: Source) -> None:
    assert sources.readings(source, SELECT) == FOUND
    assert sources.readings(source, f"-- posts\n{SELECT};\n") == FOUND
    assert (
        sources.readings(source, "WITH a AS (SELECT * FROM posts) SELECT day, n, aim FROM a -- all") == FOUND
    )


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM posts",
        "UPDATE posts SET n = 0",
        "DROP TABLE posts",
        "INSERT INTO posts VALUES (1)",
        "SELECT 1; DELETE FROM posts",
        "SELECT 1) AS given; DELETE FROM posts; SELECT * FROM (SELECT 1",
        "SELECT day, n FROM posts; COMMIT; DELETE FROM posts",
        "WITH gone AS (DELETE FROM posts RETURNING day, n) SELECT day, n FROM gone",
        "WITH a AS (SELECT 1) DELETE FROM posts",
        "SELECT day, n INTO kept FROM posts",
        "/* */ DELETE FROM posts",
        "ATTACH 'elsewhere.db' AS elsewhere",
        "PRAGMA query_only = OFF",
        "SET default_transaction_read_only = off",
        "COPY posts TO 'posts.csv'",
        "CALL something()",
        "",
        "SELECT day, n FROM posts\0",
    ],
)
def test_nothing_but_a_select_can_be_said(source: Source, sql: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        sources.rows(source, sql)
    assert raised.value.where == "sql"
    assert sources.readings(source, SELECT) == FOUND, "all of it is still there"


def test_postgresql_is_in_a_read_only_transaction(postgres: Source) -> None:
    for sql in (
        "SELECT * FROM posts FOR UPDATE",
        "SELECT set_config('transaction_read_only', 'off', false), 1",
    ):
        with pytest.raises(InvalidInput, match=r"read-only transaction|before any query"):
            sources.rows(postgres, sql)
    # The account may write, and still cannot.
    assert sources.rows(postgres, "SELECT current_setting('transaction_read_only'), 1") == [("on", 1)]


def test_an_account_that_may_do_everything_reads_nothing(postgres: Source) -> None:
    url = os.environ["SEXTANT_TEST_DATABASE_URL"]
    with pytest.raises(Forbidden, match="the account of the source root may do everything"):
        sources.rows(Source("root", url), "SELECT 1, 2")


@pytest.mark.parametrize("kind", ["sqlite", "duckdb", "parquet"])
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('{folder}/secret.csv')",
        "SELECT * FROM read_text('{folder}/secret.csv')",
        "SELECT * FROM '{folder}/secret.csv'",
        "SELECT * FROM read_parquet('{folder}/other.parquet')",
        "SELECT load_extension('x')",
        "SELECT readfile('{folder}/secret.csv')",
    ],
)
def test_no_other_file_is_read(folder: Path, kind: str, sql: str) -> None:
    (folder / "secret.csv").write_text("day,n\n2026-01-01,1\n")
    end = {"sqlite": "numbers.db", "duckdb": "numbers.duckdb", "parquet": "posts-*.parquet"}[kind]
    with pytest.raises(InvalidInput) as raised:
        sources.rows(Source("sales", f"{kind}:///{folder}/{end}"), sql.format(folder=folder))
    assert str(folder / end) not in str(raised.value)


def test_parquet_files_are_one_table(folder: Path) -> None:
    source = Source("blog-posts", f"parquet:///{folder}/posts-*.parquet")
    assert sources.readings(source, "SELECT day, n, aim FROM blog_posts") == FOUND


def test_what_takes_too_long_is_stopped(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "SECONDS", 1)
    endless = {
        "SQLite": "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x), 1 FROM c",
        "DuckDB": "SELECT sum(a.range * b.range), 1 FROM range(10000000) AS a, range(1000000) AS b",
        "PostgreSQL": "SELECT pg_sleep(20)::text, 1",
    }[source.kind]
    with pytest.raises(InvalidInput, match="longer than 1 seconds"):
        sources.rows(source, endless)


def test_too_many_rows_and_rows_that_are_no_numbers(source: Source) -> None:
    many = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 1001) SELECT x, x FROM c"
    with pytest.raises(InvalidInput, match="more than 1,000 rows"):
        sources.rows(source, many)
    assert len(sources.rows(source, many.replace("1001", "1000"))) == 1000
    for sql, said in (
        ("SELECT n, day FROM posts", "row 1: its first column holds a"),
        ("SELECT day FROM posts", "row 1: it has 1 column"),
        ("SELECT day, n FROM posts WHERE n > 1000", "it gives no row"),
        ("SELECT '2026-01-01', n FROM posts", "row 2: 2026-01-01 stands twice"),
        ("SELECT nothing FROM posts", "the database says"),
    ):
        with pytest.raises(InvalidInput, match=said):
            sources.readings(source, sql)


@pytest.mark.parametrize(
    "url",
    [
        "postgres://reader:s3cret-word@127.0.0.1:1/sales", "sqlite:////nowhere/s3cret-word.db",
        "duckdb:////nowhere/s3cret-word.duckdb", "parquet:////nowhere/s3cret-word-*.parquet",
    ],
)  # fmt: skip
def test_a_source_that_is_away_shows_nothing_of_its_address(url: str) -> None:
    source = Source("sales", url)
    with pytest.raises(Unavailable) as raised:
        sources.rows(source, "SELECT 1, 2")
    assert "the source sales cannot be reached" in str(raised.value)
    assert raised.value.__cause__ is None
    for text in (str(raised.value), json.dumps(raised.value.problem()), repr(source), str(source)):
        assert "s3cret" not in text
        assert "127.0.0.1" not in text


def test_a_wrong_password_is_not_shown(postgres: Source) -> None:
    wrong = Source("sales", postgres.url.replace("127.0.0.1", "localhost").replace("@", "-s3cret@"))
    try:
        sources.rows(wrong, "SELECT 1, 2")
    except Unavailable as error:
        assert "s3cret" not in str(error)


# --- the setting


def given(monkeypatch: pytest.MonkeyPatch, value: Any) -> dict[str, Source]:
    monkeypatch.setenv("SEXTANT_SOURCES", value if isinstance(value, str) else json.dumps(value))
    return env.sources("SEXTANT_SOURCES")


def test_sources_are_named_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    found = given(
        monkeypatch,
        {"sales": "postgres://a:b@host/db", "own": {"url": "sqlite:////x.db", "projects": ["forms"]}},
    )
    assert [s.name for s in sources.sources_of(found, "forms")] == ["own", "sales"]
    assert [s.name for s in sources.sources_of(found, "other")] == ["sales"]
    assert sources.find(found, "forms", "own").kind == "SQLite"
    with pytest.raises(NotFound, match="there is no source 'own'"):
        sources.find(found, "other", "own")
    assert given(monkeypatch, "") == {}


@pytest.mark.parametrize(
    "value",
    [
        "postgres://a:s3cret@host/db", ["sqlite:////x.db"], {"Sales": "sqlite:////s3cret.db"}, {"sales": 3},
        {"sales": "mysql://a:s3cret@host/db"}, {"sales": {"url": "sqlite:////s3cret.db", "more": 1}},
        {"sales": {"url": "sqlite:////s3cret.db", "projects": []}}, {"sales": "sqlite://s3cret.db"},
        {"sales": {"url": "sqlite:////s3cret.db", "projects": "forms"}}, {"sales": {}},
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_read_stops_the_start_and_shows_no_address(
    monkeypatch: pytest.MonkeyPatch, value: Any
) -> None:
    with pytest.raises(ImproperlyConfigured, match="SEXTANT_SOURCES") as raised:
        given(monkeypatch, value)
    assert "s3cret" not in str(raised.value)
    assert raised.value.__cause__ is None
