"""Settings from the environment: read strictly, secrets made once and only for their owner."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from sextant_server import environment


def test_a_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "secret.key"
    made = environment.kept_secret(path)
    assert len(made) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert environment.kept_secret(path) == made
    assert [file.name for file in path.parent.iterdir()] == ["secret.key"]


def test_of_many_first_starts_all_get_the_same_secret(tmp_path: Path) -> None:
    path, together, got = tmp_path / "secret.key", threading.Barrier(8), list[bytes]()

    def run() -> None:
        together.wait()
        got.append(environment.kept_secret(path))

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [path.read_bytes()] * 8


@pytest.mark.parametrize("content", [b"", b"short"])
def test_a_secret_that_is_too_short_is_refused_not_used(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "secret.key"
    path.write_bytes(content)
    with pytest.raises(ImproperlyConfigured, match=f"secret of {len(content)} bytes"):
        environment.kept_secret(path)
    assert path.read_bytes() == content


def test_a_secret_that_cannot_be_read_says_where_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "secret.key"
    folder.mkdir()
    with pytest.raises(ImproperlyConfigured, match=r"secret\.key.*cannot be read"):
        environment.kept_secret(folder)


@pytest.mark.parametrize(
    ("value", "read"),
    [("1", True), ("TRUE", True), ("on", True), ("0", False), ("No", False), ("", False), (None, False)],
)
def test_a_flag(monkeypatch: pytest.MonkeyPatch, value: str | None, read: bool) -> None:
    monkeypatch.delenv("X_FLAG", raising=False)
    if value is not None:
        monkeypatch.setenv("X_FLAG", value)
    assert environment.flag("X_FLAG") is read


def test_what_cannot_be_read_is_an_error_with_the_variables_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X_FLAG", "maybe")
    with pytest.raises(ImproperlyConfigured, match="X_FLAG is 'maybe'"):
        environment.flag("X_FLAG")
    for wrong in ("-1", "ten", "1.5", "3"):
        monkeypatch.setenv("X_WHOLE", wrong)
        with pytest.raises(ImproperlyConfigured, match=r"X_WHOLE.*at least 4"):
            environment.whole("X_WHOLE", 7, least=4)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", {"ENGINE": "django.db.backends.sqlite3", "NAME": "/srv/sextant.db"}),
        ("sqlite:////data/a%20b.db", {"NAME": "/data/a b.db"}),
        ("sqlite:///here.db", {"NAME": "here.db"}),
        ("sqlite://", {"NAME": ":memory:"}),
        (
            "postgres://u:p%40ss@db.example:5433/name?sslmode=require",
            {
                "ENGINE": "django.db.backends.postgresql", "NAME": "name", "USER": "u", "PASSWORD": "p@ss",
                "HOST": "db.example", "PORT": "5433", "OPTIONS": {"connect_timeout": "10", "sslmode": "require"},
            },
        ),
        (
            "postgresql:///name?host=/run/postgresql&connect_timeout=3",
            {"NAME": "name", "HOST": "/run/postgresql", "OPTIONS": {"connect_timeout": "3"}},
        ),
    ],
)  # fmt: skip
def test_a_database_by_its_url(url: str, expected: dict[str, Any]) -> None:
    read = environment.database(url, Path("/srv"))
    assert {name: read[name] for name in expected} == expected


def test_another_database_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="mysql://"):
        environment.database("mysql://localhost/x", Path("/srv"))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}),
        (
            "smtp://me:p%40ss@mail.example",
            {
                "EMAIL_HOST": "mail.example", "EMAIL_PORT": 587, "EMAIL_HOST_USER": "me", "EMAIL_HOST_PASSWORD": "p@ss",
                "EMAIL_USE_TLS": True, "EMAIL_USE_SSL": False,
            },
        ),
        ("smtps://mail.example:4650", {"EMAIL_PORT": 4650, "EMAIL_USE_TLS": False, "EMAIL_USE_SSL": True}),
        ("smtp+plain://localhost", {"EMAIL_PORT": 25, "EMAIL_USE_TLS": False, "EMAIL_USE_SSL": False}),
    ],
)  # fmt: skip
def test_a_mail_server_by_its_url(url: str, expected: dict[str, Any]) -> None:
    read = environment.mail(url)
    assert {name: read[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mail.example:25", "smtp://"),
        ("http://mail.example", "http://"),
        ("smtp://mail.example:port", "a port that is none"),
        ("smtp://:25", "without more"),
        ("smtp://mail.example/path", "without more"),
        ("smtp://mail.example?tls=no", "without more"),
        ("smtp://me@mail.example", "both or neither"),
        ("smtp+plain://me:secret@mail.example", "unencrypted"),
    ],
)
def test_a_mail_url_that_cannot_be_meant_is_refused_without_its_password(url: str, said: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="SEXTANT_SMTP_URL") as refused:
        environment.mail(url)
    assert said in str(refused.value)
    assert "secret" not in str(refused.value)


def test_where_mail_comes_from_and_leads_to(monkeypatch: pytest.MonkeyPatch) -> None:
    assert environment.sender("X_FROM", "Sextant <sextant@localhost>") == "Sextant <sextant@localhost>"
    monkeypatch.setenv("X_FROM", "nobody")
    with pytest.raises(ImproperlyConfigured, match="X_FROM is 'nobody'"):
        environment.sender("X_FROM", "")
    assert environment.origin("X_ORIGIN") == ""
    monkeypatch.setenv("X_ORIGIN", "https://sextant.example:8443/")
    assert environment.origin("X_ORIGIN") == "https://sextant.example:8443"
    for wrong in ("sextant.example", "https://sextant.example/path", "https://me@sextant.example"):
        monkeypatch.setenv("X_ORIGIN", wrong)
        with pytest.raises(ImproperlyConfigured, match="X_ORIGIN"):
            environment.origin("X_ORIGIN")
