"""Every error that Sextant raises on purpose, as one tree.

    SextantError
    ├── InvalidInput          something given breaks a rule (also a ValueError)
    │   └── ConfigError       ... in a file, at a line and a column
    ├── NotFound              it does not exist, or the caller may not know that it does
    ├── Forbidden             it exists, but the caller may not do this with it
    ├── Conflict              it changed meanwhile, or its state does not allow this now
    ├── Unavailable           a file, a server or a peer could not be reached, or is full
    └── IntegrityFault        a stored record is not what its digest says

A message answers four questions: what is wrong, where, which rule it breaks, and what to do.
"""

from __future__ import annotations

from typing import Any


class SextantError(Exception):
    """The root. `status` is the HTTP status that says the same, `code` the exit code of the command line.

    >>> str(InvalidInput("level is 2", where="criterion accuracy", rule="a level lies between 0 and 1"))
    'criterion accuracy: level is 2 (a level lies between 0 and 1)'
    """

    status = 500
    code = 2

    def __init__(
        self, what: str, *, where: str | None = None, rule: str | None = None, todo: str | None = None
    ) -> None:
        self.what, self.where, self.rule, self.todo = what, where, rule, todo
        super().__init__(what)

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        if self.rule:
            text += f" ({self.rule})"
        if self.todo:
            text += (
                "" if text.endswith(("?", ".", "!")) else "."
            ) + f" {self.todo[:1].upper()}{self.todo[1:]}"
        return text

    def problem(self) -> dict[str, Any]:
        """The same as a problem body (RFC 9457)."""
        body: dict[str, Any] = {
            "type": f"urn:sextant:{type(self).__name__}",
            "title": (type(self).__doc__ or "Error").splitlines()[0].rstrip("."),
            "status": self.status,
            "detail": str(self),
        }
        body.update({k: v for k in ("what", "where", "rule", "todo") if (v := getattr(self, k))})
        return body


class InvalidInput(SextantError, ValueError):
    """What was given breaks a rule."""

    status = 422


class ConfigError(InvalidInput):
    """A file says something that it may not say. `faults` holds every fault that was found, itself if it is
    one."""

    def __init__(
        self,
        what: str,
        *,
        file: str,
        line: int | None = None,
        column: int | None = None,
        rule: str | None = None,
        todo: str | None = None,
    ) -> None:
        self.file, self.line, self.column = file, line, column
        self.faults: tuple[ConfigError, ...] = (self,)
        place = ":".join(str(part) for part in (file, line, column) if part is not None)
        super().__init__(what, where=place, rule=rule, todo=todo)


class NotFound(SextantError, LookupError):
    """There is no such thing."""

    status = 404


class Forbidden(SextantError):
    """You may not do this."""

    status = 403


class Conflict(SextantError):
    """This cannot be done in the present state."""

    status = 409


class Unavailable(SextantError):
    """Something that is needed cannot be reached."""

    status = 503


class IntegrityFault(SextantError):
    """A stored record is not what its digest says."""

    status = 500
    code = 1
