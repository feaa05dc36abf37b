"""Anchors: signed heads of a project's log, kept outside the database."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from sextant.chain import Anchor, read_anchors, sign
from sextant.errors import Unavailable
from sextant_server.environment import kept_secret
from sextant_server.projects.models import Project
from sextant_server.records.models import Head


def anchor(project: Project, reason: str) -> Anchor:
    """The present head, signed with the key that is kept elsewhere. `reason` says what it was given out with."""
    head = Head.objects.get(project=project)
    key = kept_secret(Path(settings.SIGNING_KEY_FILE))
    if len(key) != 32:
        raise Unavailable(
            f"the signing key has {len(key)} bytes", where=settings.SIGNING_KEY_FILE, rule="an Ed25519 key has 32",
            todo="restore the key, or move the file away and a new key is made",
        )  # fmt: skip
    made = Anchor(
        project=str(project.uid),
        sequence=head.sequence,
        head=head.digest,
        at=datetime.now(UTC),
        reason=reason,
    )
    return sign(made, key)


def anchors_file(project: Project) -> Path:
    return Path(settings.ANCHORS_FOLDER) / f"{project.uid}.jsonl"


def keep(project: Project, made: Anchor) -> None:
    """Append the anchor to the file outside the database, and see it to the disk."""
    path = anchors_file(project)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps(made.model_dump(mode="json"), ensure_ascii=False) + "\n"
        descriptor = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        try:
            os.write(descriptor, line.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise Unavailable(
            f"the anchor could not be kept: {error.strerror}", where=str(path),
            rule="a gate decision is anchored outside the database", todo="make room or set SEXTANT_ANCHORS to a folder",
        ) from error  # fmt: skip


def as_json(made: Anchor) -> dict[str, Any]:
    return made.model_dump(mode="json")


def kept(project: Project) -> list[Anchor]:
    """The anchors that were kept for this project; none if there is no file."""
    path = anchors_file(project)
    return read_anchors(path) if path.exists() else []
