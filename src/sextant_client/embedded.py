"""The server inside this process: the same requests, answered from a folder's own database without a
network."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from sextant.errors import Conflict, NotFound, Unavailable

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FOLDER = ".sextant"
HOST = "sextant.embedded"


def find_home(start: Path | None = None) -> Path | None:
    """The data home that belongs to a folder: `SEXTANT_HOME`, else the nearest `.sextant` there or above;
    None if there is neither."""
    if given := os.environ.get("SEXTANT_HOME"):
        return Path(given).expanduser().resolve()
    folder = (start or Path.cwd()).resolve()
    return next((f / FOLDER for f in (folder, *folder.parents) if (f / FOLDER).is_dir()), None)


def use_home(home: Path | None = None, *, create: bool = True) -> Path:
    """Choose the data home that this process works on, before Django reads its settings.

    Without `home` it is found as `find_home` does, else it is `.sextant` in this folder; with
    `create=False` a missing one is an error. One process works on one home: Django is set up once.
    """
    from django.conf import settings

    chosen = home.expanduser().resolve() if home else find_home() or Path.cwd() / FOLDER
    if not create and not chosen.is_dir() and not os.environ.get("DATABASE_URL"):
        raise NotFound(
            f"there is no Sextant in {chosen.parent} or above it",
            todo="run `sextant init` here, or set SEXTANT_URL and SEXTANT_TOKEN to use a server",
        )
    standing = getattr(settings, "HOME", None) if settings.configured else chosen
    if standing != chosen:
        raise Conflict(
            f"this process works on {standing or 'another Django project'}, so it cannot open {chosen}",
            rule="one process works on one data home",
            todo="open the other one from another process",
        )
    os.environ["SEXTANT_HOME"] = str(chosen)
    if not chosen.is_dir():
        _make(chosen)
    return chosen


def _make(home: Path) -> None:
    """Make the folder, and keep what is in it out of the git repository that it may lie in."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        (home / ".gitignore").write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise Unavailable(
            f"the data home cannot be made: {error.strerror}",
            where=str(home),
            todo="set SEXTANT_HOME to a folder",
        ) from error


def open_home(home: Path | None = None, *, create: bool = True) -> Path:
    """Make the server ready in this process on a data home (see `use_home`), its database up to date."""
    chosen = use_home(home, create=create)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sextant_server.settings")
    # A person reads it here, not a collector of logs; requests of our own need no line each.
    os.environ.setdefault("SEXTANT_LOG", "plain")
    os.environ.setdefault("SEXTANT_LOG_LEVEL", "WARNING")

    import django
    from django.conf import settings

    django.setup()
    if HOST not in settings.ALLOWED_HOSTS:
        settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, HOST]
    from sextant_server.first_start import migrate

    migrate()
    return chosen


def transport() -> httpx.BaseTransport:
    """A transport that asks the server in this process, as its owner."""
    from sextant_server.projects.permissions import EMBEDDED
    from sextant_server.wsgi import application

    return httpx.WSGITransport(app=_marked(application, EMBEDDED))


def _marked(application: Callable[..., Any], mark: object) -> WSGIApplication:
    opener = threading.get_ident()

    def asked(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        # An object, not a text: nothing that comes over a network can be it.
        environ["sextant.embedded"] = mark
        return _Answer(application(environ, start_response), keep=threading.get_ident() == opener)

    return asked


class _Answer:
    """A response's chunks. A database connection belongs to a thread: that of the thread which opened the
    client is kept for the next request, any other is closed with the answer, since nobody says when its
    thread ends."""

    def __init__(self, answer: Any, *, keep: bool) -> None:
        self._answer, self._keep = answer, keep

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._answer)

    def close(self) -> None:
        self._answer.close()
        if not self._keep:
            close()


def close() -> None:
    """Close this thread's database connections, unless somebody in this process is in a transaction on
    them."""
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()
