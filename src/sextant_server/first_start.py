"""What a start does before it serves: bring the database up to date, make the first account, show its
password."""

from __future__ import annotations

from typing import TextIO

from sextant_server.actions import ensure_admin, migrate

__all__ = ["ensure_admin", "framed", "migrate", "prepare"]


def prepare(out: TextIO) -> None:
    """Migrate and make the first account. Its password is written to `out` once, and nowhere else."""
    migrate()
    made = ensure_admin()
    if made:
        username, password = made
        lines = [
            "Your first account, shown this once:", "",
            f"  user name   {username}", f"  password    {password}", "",
            "Sign in with it, then change the password.",
        ]  # fmt: skip
        out.write(framed(lines))
        out.flush()


def framed(lines: list[str]) -> str:
    """Lines in a frame, in characters that every terminal has.

    >>> print(framed(["one", "three"]), end="")
    +-------+
    | one   |
    | three |
    +-------+
    """
    width = max(len(line) for line in lines)
    edge = f"+{'-' * (width + 2)}+"
    return "\n".join([edge, *(f"| {line:<{width}} |" for line in lines), edge, ""])
