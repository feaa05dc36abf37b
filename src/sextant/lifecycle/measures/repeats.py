"""Saying a thing once: what evidence was measured with, and whether it only repeats what was said today."""

from __future__ import annotations

import subprocess
from datetime import UTC
from pathlib import Path

from sextant.evidence import Evidence


def told_today(latest: Evidence | None, found: Evidence) -> bool:
    """Whether the latest evidence of a topic is of the same day (UTC) and says the same: evidence is stored
    when something changed, and once a day, not with every run of a check.

    When it was measured, by which run and how fast is no difference. A run by hand after the scheduled one of the
    day tells nothing new; the scheduled one after a run by hand does: that the schedule works.
    """
    if latest is None or latest.at.astimezone(UTC).date() != found.at.astimezone(UTC).date():
        return False
    same: dict[str, object] = {"at": found.at, "producer": found.producer}
    if getattr(latest, "scheduled", False):
        same["scheduled"] = getattr(found, "scheduled", False)
    # By digest: a value that is nan is not equal to itself.
    return latest.model_copy(update=same).digest() == found.digest()


def code_version(folder: str | Path) -> str | None:
    """The commit that a folder is at, such as `git:4f2a91c03b7d`, ending in `+changes` if there are changes
    beside it; None where there is no git or no repository."""
    about = ("describe", "--always", "--dirty=+changes", "--abbrev=12", "--exclude=*")
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *about], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    said = done.stdout.strip()
    return f"git:{said}" if done.returncode == 0 and said else None
