"""Settings from the environment, parsed strictly: a value that cannot be read is an error with the variable's
name."""

from __future__ import annotations

import json
import os
import re
import secrets
from dataclasses import dataclass, field
from email.utils import formataddr, parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


def flag(name: str, default: bool = False) -> bool:
    value = os.environ.get(name)
    if value is None or value == "":
        return default
    if value.lower() in ("1", "true", "yes", "on"):
        return True
    if value.lower() in ("0", "false", "no", "off"):
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}; write true or false")


def whole(name: str, default: int, *, least: int = 0) -> int:
    value = os.environ.get(name)
    if not value:
        return default
    if not value.isdigit() or int(value) < least:
        raise ImproperlyConfigured(f"{name} is {value!r}; write a whole number, at least {least}")
    return int(value)


def listed(name: str) -> list[str]:
    return [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]


def home() -> Path:
    """The data home: the database, its secret and the tables that Sextant wrote."""
    return Path(os.environ.get("SEXTANT_HOME") or ".sextant").expanduser().resolve()


def config_folder() -> Path:
    """Where keys are kept: elsewhere than the data home, so that who has the one has not the other."""
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "sextant"


def state_folder() -> Path:
    """Where anchors are kept, outside the database."""
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "sextant"


def kept_secret(path: Path, size: int = 32) -> bytes:
    """A secret from a file that only its owner can read; made on first use."""
    try:
        kept = path.read_bytes() if path.exists() else _made_secret(path, size)
    except OSError as error:
        raise ImproperlyConfigured(
            f"{path}: the secret in it cannot be read or made ({error.strerror}); give the file and "
            "its folder to the account that runs Sextant"
        ) from error
    if len(kept) < size:
        raise ImproperlyConfigured(
            f"{path}: a secret of {len(kept)} bytes, where {size} are needed; restore it, or remove it and "
            "one is made"
        )
    return kept


def _made_secret(path: Path, size: int) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    made = secrets.token_bytes(size)
    # Written whole under another name, then linked: of two first starts one wins, and both read the same key.
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with open(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(made)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return path.read_bytes()


def database(url: str, folder: Path) -> dict[str, Any]:
    """Django's settings for a database URL: sqlite:///path or postgres://user:password@host:port/name."""
    if not url:
        return _sqlite(str(folder / "sextant.db"))
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return _sqlite(unquote(parts.path[1:]) if parts.path not in ("", "/") else ":memory:")
    if parts.scheme in ("postgres", "postgresql"):
        # A server that is gone is said to be gone; without a limit the first question to it waits for minutes.
        options = {"connect_timeout": "10", **dict(parse_qsl(parts.query))}
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path[1:]),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": options.pop("host", None) or parts.hostname or "",
            "PORT": str(parts.port or ""),
            "OPTIONS": options,
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
        }
    raise ImproperlyConfigured(
        f"DATABASE_URL begins with {parts.scheme}://; write sqlite:///... or postgres://..."
    )


#: How mail is handed over, by the URL's scheme: the usual port, and whether it is encrypted from the first byte on, or
#: after a greeting.
_MAIL = {"smtps": (465, True, False), "smtp": (587, False, True), "smtp+plain": (25, False, False)}


def mail(url: str) -> dict[str, Any]:
    """Django's settings for a mail server's URL: smtp://user:password@host:port (encrypted after STARTTLS),
    smtps:// (encrypted from the start) or smtp+plain:// (not encrypted; with a password only on this machine).
    Without one nothing is sent.

    >>> mail("smtps://sextant:s%40cret@mail.example")["EMAIL_HOST_PASSWORD"]
    's@cret'
    """
    name = "SEXTANT_SMTP_URL"
    if not url:
        return {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
    parts = urlsplit(url)
    if parts.scheme not in _MAIL:
        raise ImproperlyConfigured(
            f"{name} begins with {parts.scheme}://; write smtp://, smtps:// or smtp+plain://"
        )
    try:
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} has a port that is none; write 1 to 65535") from error
    if not host or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ImproperlyConfigured(f"{name} must read smtp://user:password@host:port, without more")
    if (parts.username is None) != (parts.password is None):
        raise ImproperlyConfigured(f"{name} has a user or a password only; write both or neither")
    usual, at_once, after_greeting = _MAIL[parts.scheme]
    if parts.password and parts.scheme == "smtp+plain" and host not in ("localhost", "127.0.0.1", "::1"):
        raise ImproperlyConfigured(
            f"{name} would send a password to {host} unencrypted; write smtp:// or smtps://"
        )
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": host,
        "EMAIL_PORT": port or usual,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": at_once,
        "EMAIL_USE_TLS": after_greeting,
        "EMAIL_TIMEOUT": 20,
    }


def sender(name: str, default: str) -> str:
    """An address that mail comes from: someone@example.org, or Sextant <someone@example.org>."""
    value = os.environ.get(name) or default
    shown, address = parseaddr(value)
    if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", address) or "\n" in value or "\r" in value:
        raise ImproperlyConfigured(
            f"{name} is {value!r}; write someone@example.org or Name <someone@example.org>"
        )
    return formataddr((shown, address))


def origin(name: str) -> str:
    """The beginning of an address, such as https://sextant.example, without the slash at its end; empty if absent."""
    value = os.environ.get(name, "").rstrip("/")
    if value and not re.fullmatch(r"https?://[^\s/?#@]+", value):
        raise ImproperlyConfigured(f"{name} is {value!r}; write https://host or https://host:port")
    return value


_SCHEMES = ("postgres", "postgresql", "sqlite", "duckdb", "parquet")


@dataclass(frozen=True, slots=True)
class Source:
    """A database by its name. `projects` are those that may read it; none named means all of them."""

    name: str
    url: str = field(repr=False)
    projects: frozenset[str] = frozenset()

    @property
    def kind(self) -> str:
        """What it is, as a page says it."""
        scheme = urlsplit(self.url).scheme
        return {"sqlite": "SQLite", "duckdb": "DuckDB", "parquet": "Parquet"}.get(scheme, "PostgreSQL")

    @property
    def table(self) -> str:
        """Under which name the files of a Parquet source are read."""
        return self.name.replace("-", "_")


def sources(name: str) -> dict[str, Source]:
    """Databases that numbers are read from: a JSON object of names and addresses. What is wrong is said without any
    address."""
    said = os.environ.get(name, "").strip()
    if not said:
        return {}
    try:
        given = json.loads(said)
    except json.JSONDecodeError as error:
        raise ImproperlyConfigured(
            f'{name} is no JSON (column {error.colno}); write {{"sales": "postgres://..."}}'
        ) from None
    if not isinstance(given, dict):
        raise ImproperlyConfigured(f'{name} is no JSON object; write {{"sales": "postgres://..."}}')
    return {key: _source(name, key, value) for key, value in given.items()}


def _source(setting: str, name: str, value: Any) -> Source:
    where = f"{setting}, {name!r}"
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,79}", name):
        raise ImproperlyConfigured(f"{where}: a name has small letters, digits, - and _, at most 80")
    url, projects = value, frozenset[str]()
    if isinstance(value, dict):
        if not set(value) <= {"url", "projects"} or not isinstance(value.get("projects", []), list):
            raise ImproperlyConfigured(f'{where}: write {{"url": "...", "projects": ["slug"]}}')
        url, projects = value.get("url"), frozenset(map(str, value.get("projects", [])))
        if "projects" in value and not projects:
            raise ImproperlyConfigured(
                f"{where}: projects is empty; name those that may read it, or leave it out"
            )
    scheme = url.partition("://")[0] if isinstance(url, str) else ""
    if scheme not in _SCHEMES:
        raise ImproperlyConfigured(
            f"{where}: its address begins with none of {', '.join(f'{s}://' for s in _SCHEMES)}"
        )
    if scheme in ("sqlite", "duckdb", "parquet") and not re.match(r"\w+:///.", str(url)):
        raise ImproperlyConfigured(f"{where}: write {scheme}:////absolute/path")
    return Source(name, str(url), projects)


def _sqlite(path: str) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            # A deferred transaction that reads and then writes fails as soon as another one wrote between.
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA busy_timeout=30000;"
            ),
        },
        "CONN_MAX_AGE": None,
    }
