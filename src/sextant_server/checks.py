"""System checks: what is wrong with this installation's settings, and what to do. `manage.py check` lists
them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

TAG = "sextant"
#: Names under which only this machine reaches the site.
LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]", "::1", "sextant.embedded", "testserver"})
Apps = Sequence[AppConfig] | None


def _inside(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _open_to_others(path: Path) -> bool:
    return path.exists() and bool(path.stat().st_mode & 0o077)


@register(TAG)
def secret_key(app_configs: Apps, **options: Any) -> list[CheckMessage]:
    """The key that signs sessions is only its owner's to read."""
    path = Path(settings.HOME) / "secret.key"
    if os.environ.get("SEXTANT_SECRET_KEY") or not _open_to_others(path):
        return []
    return [
        Error(
            f"The secret key {path} can be read by other accounts of this machine.",
            hint=f"Run `chmod 600 {path}`. If others did read it, delete it: everybody then signs in again.",
            id="sextant.E001",
        )
    ]


@register(TAG)
def signing_key(app_configs: Apps, **options: Any) -> list[CheckMessage]:
    """The key that signs anchors is kept elsewhere than what it vouches for, and is only its owner's to
    read."""
    path, found = Path(settings.SIGNING_KEY_FILE), list[CheckMessage]()
    if _inside(path, Path(settings.HOME)):
        found.append(
            Warning(
                f"The signing key {path} lies in the data home.",
                hint="Who can change the database could sign the change. Set SEXTANT_SIGNING_KEY_FILE.",
                id="sextant.W001",
            )
        )
    if _inside(Path(settings.ANCHORS_FOLDER), Path(settings.HOME)):
        found.append(
            Warning(
                f"The anchors in {settings.ANCHORS_FOLDER} lie in the data home.",
                hint="Whoever can cut the log could cut them too. Set SEXTANT_ANCHORS to another folder.",
                id="sextant.W002",
            )
        )
    if _open_to_others(path):
        found.append(
            Error(
                f"The signing key {path} can be read by other accounts of this machine.",
                hint=f"Run `chmod 600 {path}`. If others did read it, move it away: a new one is made.",
                id="sextant.E002",
            )
        )
    return found


@register(TAG)
def debug(app_configs: Apps, **options: Any) -> list[CheckMessage]:
    """Error pages with settings and source are for one's own machine only."""
    public = sorted(set(settings.ALLOWED_HOSTS) - LOCAL)
    if not settings.DEBUG or not public:
        return []
    return [
        Error(
            f"SEXTANT_DEBUG is on, and the site answers to {', '.join(public)}.",
            hint="Unset SEXTANT_DEBUG or SEXTANT_HOSTS: error pages show settings and source.",
            id="sextant.E003",
        )
    ]


@register(TAG)
def database(app_configs: Apps, **options: Any) -> list[CheckMessage]:
    """The database is one that lasts and can be written."""
    chosen = settings.DATABASES["default"]
    if chosen["ENGINE"].endswith("postgresql"):
        if chosen["NAME"]:
            return []
        return [
            Error(
                "DATABASE_URL names no database.", hint="Write postgres://user:password@host:5432/name.",
                id="sextant.E004",
            )
        ]  # fmt: skip
    if ":memory:" in str(chosen["NAME"]):
        return [
            Error(
                "DATABASE_URL names no file, so that everything would be gone at the end.",
                hint="Write sqlite:////absolute/path/to/sextant.db, or unset it to use the data home.",
                id="sextant.E004",
            )
        ]
    file = Path(chosen["NAME"])
    # The data home is made when it is first needed; a folder that somebody else named must be there.
    target = file if file.exists() else file.parent
    while _inside(file, Path(settings.HOME)) and not target.exists():
        target = target.parent
    if os.access(target, os.W_OK):
        return []
    return [
        Error(
            f"The database {file} cannot be written.",
            hint="Give its folder to the account that runs Sextant, or set SEXTANT_HOME or DATABASE_URL.",
            id="sextant.E005",
        )
    ]


@register(TAG)
def project_folder(app_configs: Apps, **options: Any) -> list[CheckMessage]:
    """The folder whose checks are run here is one."""
    if not settings.PROJECT_FOLDER or Path(settings.PROJECT_FOLDER).is_dir():
        return []
    return [
        Error(
            f"SEXTANT_PROJECT_FOLDER is {settings.PROJECT_FOLDER}, which is no folder.",
            hint="Set it to the folder that holds sextant.yaml, or unset it.",
            id="sextant.E006",
        )
    ]


@register(TAG)
def opinion(app_configs: Apps, **options: Any) -> list[CheckMessage]:
    """The language model that gives opinions has an address and a name."""
    url, model = settings.OPINION_URL, settings.OPINION_MODEL
    if bool(url) == bool(model) and (not url or url.startswith(("https://", "http://"))):
        return []
    return [
        Error(
            "SEXTANT_OPINION_URL and SEXTANT_OPINION_MODEL do not name an endpoint and its model.",
            hint="Set both, the address as https://host/v1, or neither.",
            id="sextant.E009",
        )
    ]


@register(TAG, Tags.security, deploy=True)
def https(app_configs: Apps, **options: Any) -> list[CheckMessage]:
    """A site that others reach is reached by HTTPS, and knows the addresses that forms come from."""
    found = list[CheckMessage]()
    public = sorted(set(settings.ALLOWED_HOSTS) - LOCAL)
    if public and not settings.HTTPS:
        found.append(
            Warning(
                f"The site answers to {', '.join(public)} without HTTPS.",
                hint="Put a proxy with a certificate before it; set SEXTANT_HTTPS and SEXTANT_BEHIND_PROXY.",
                id="sextant.W003",
            )
        )
    if "*" in settings.ALLOWED_HOSTS:
        found.append(
            Warning(
                "The site answers to every host name.",
                hint="Set SEXTANT_HOSTS to its names: links are made from the name that was asked for.",
                id="sextant.W004",
            )
        )
    return found


@register(TAG, deploy=True)
def mail(app_configs: Apps, **options: Any) -> list[CheckMessage]:
    """A site for several people can send them mail, and the links in it lead back."""
    public, found = sorted(set(settings.ALLOWED_HOSTS) - LOCAL), list[CheckMessage]()
    if public and not settings.MAIL_ON:
        found.append(
            Warning(
                "No mail can be sent: no mail server is named.",
                hint="Set SEXTANT_SMTP_URL; without it nobody can sign by a link, and digests stay on the site.",
                id="sextant.W005",
            )
        )
    if settings.MAIL_ON and not settings.PUBLIC_URL:
        found.append(
            Warning(
                "Mail that no page asked for, such as a digest, holds no links: the site's address is not known.",
                hint="Set SEXTANT_PUBLIC_URL, for example https://sextant.example.",
                id="sextant.W006",
            )
        )
    if settings.MAIL_ON and settings.DEFAULT_FROM_EMAIL.endswith("@localhost>"):
        found.append(
            Warning(
                "Mail comes from an address that nobody can answer, and many servers refuse it.",
                hint="Set SEXTANT_MAIL_FROM, for example Sextant <sextant@sextant.example>.",
                id="sextant.W007",
            )
        )
    return found
