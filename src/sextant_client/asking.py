"""How a project is asked: its address on the connection, and its settings as they were last read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from sextant_client.answers import ProjectInfo
from sextant_client.connection import Connection


class Asking:
    """What every part of `Project` stands on."""

    def __init__(self, connection: Connection, info: ProjectInfo) -> None:
        self._connection, self.info = connection, info

    def __repr__(self) -> str:
        return f"Project({self.slug!r})"

    @property
    def slug(self) -> str:
        return self.info.slug

    def _ask(
        self,
        method: str,
        *path: str,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        again: bool | None = None,
    ) -> Any:
        return self._connection.request(method, self._path(*path), params=params, body=body, again=again)

    def _path(self, *path: str) -> str:
        return "/".join(quote(part, safe="") for part in ("projects", self.slug, *path))
