"""Writes about the installation itself: its tables and its first account."""

from __future__ import annotations

import fcntl
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.migrations.loader import MigrationLoader

from sextant.errors import Conflict, Unavailable

#: The number of PostgreSQL's lock that one migration at a time holds.
LOCK = 0x5EC7A27


def migrate() -> list[str]:
    """Bring the database's tables to this version; returns the names of the migrations that ran, mostly none.

    Two processes that start at once do not run into each other: the second waits, then finds nothing to do. A
    database that a newer version has changed is a Conflict, and left alone; one that does not answer is
    Unavailable.
    """
    place = str(connection.settings_dict["NAME"])
    try:
        if connection.vendor == "sqlite" and Path(place).is_relative_to(settings.HOME):
            Path(settings.HOME).mkdir(parents=True, exist_ok=True)
        if not _pending():
            return []
        with _alone():
            pending = _pending()
            if pending:
                call_command("migrate", interactive=False, verbosity=0)
    except (OperationalError, OSError) as error:
        raise Unavailable(
            f"the database cannot be used: {error}",
            where=place,
            todo="check DATABASE_URL, SEXTANT_HOME and the disk",
        ) from error
    return pending


def _pending() -> list[str]:
    loader = MigrationLoader(connection)
    ours = {key for key in loader.applied_migrations if key[0] in loader.migrated_apps}
    newer = sorted(ours - set(loader.disk_migrations) - set(loader.replacements))
    if newer:
        raise Conflict(
            f"a newer Sextant has changed this database ({'.'.join(newer[-1])})",
            where=str(connection.settings_dict["NAME"]),
            rule="an older version does not write to it",
            todo="install the newer version, or use a copy from before",
        )
    return sorted(".".join(key) for key in set(loader.graph.nodes) - set(loader.applied_migrations))


@contextmanager
def _alone() -> Iterator[None]:
    """Let no other process migrate this database meanwhile."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
        return
    with Path(f"{connection.settings_dict['NAME']}.lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def ensure_admin() -> tuple[str, str] | None:
    """Where there is no account yet, make `admin` with a random password; returns both, or None.

    The password is stored hashed: who calls this shows it once, and nobody can show it again.
    """
    password = secrets.token_urlsafe(15)
    try:
        with transaction.atomic():
            if User.objects.exists():
                return None
            made = User.objects.create_superuser("admin", password=password)
    except IntegrityError:
        # Another process that started at the same moment made it.
        return None
    return made.get_username(), password
