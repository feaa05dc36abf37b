"""`connect`, and what a client can do before it has chosen a project."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlsplit

import httpx

from sextant.errors import InvalidInput
from sextant_client.answers import ProjectInfo, read
from sextant_client.connection import Connection
from sextant_client.project import Project

API = "api/v1/"


def connect(
    url: str | None = None,
    token: str | None = None,
    home: str | Path | None = None,
    *,
    create: bool = True,
    timeout: float = 30.0,
) -> Client:
    """A client of a server, or of a folder's own database.

    With `url` (or the environment variable `SEXTANT_URL`) it asks that server, with `token` (or
    `SEXTANT_TOKEN`). Otherwise it works inside this process on the data home `home`: `SEXTANT_HOME`, else
    the nearest `.sextant` folder here or above, else `.sextant` here, which is made unless `create` is
    False; its database is brought up to date. `timeout` is how many seconds one request may take. Close it,
    or use it in a `with`.

    Raises `Unavailable` where the server cannot be reached (on first use), `NotFound` where `create` is
    False and there is no data home, `Conflict` where this process works on another data home already.

    >>> with connect() as client:
    ...     project = client.create_project("forms", "Reading of paper forms")
    ...     [p.slug for p in client.projects()]
    ['forms']
    """
    url = url or (None if home else os.environ.get("SEXTANT_URL"))
    if url:
        return _over_network(url, token or os.environ.get("SEXTANT_TOKEN"), timeout)
    from sextant_client import embedded

    opened = embedded.open_home(Path(home) if home else None, create=create)
    http = httpx.Client(
        transport=embedded.transport(), base_url=f"https://{embedded.HOST}/{API}", timeout=timeout
    )
    todo = f"look at the data home {opened}"
    return Client(Connection(http, str(opened), todo=todo), home=opened, closing=embedded.close)


def _over_network(url: str, token: str | None, timeout: float) -> Client:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidInput(
            f"{url!r} is no web address",
            where="SEXTANT_URL",
            rule="http://host or https://host",
            todo="correct it",
        )
    token = (token or "").strip()
    if not token.isascii():
        raise InvalidInput(
            "a token has plain letters and digits only", where="SEXTANT_TOKEN", todo="copy it again"
        )
    http = httpx.Client(
        base_url=f"{url.rstrip('/')}/{API}",
        headers={"Authorization": f"Bearer {token}"} if token else {},
        timeout=httpx.Timeout(timeout, connect=min(timeout, 5.0)),
    )
    todo = "check SEXTANT_URL, and that `sextant serve` runs there"
    return Client(Connection(http, url, todo=todo), url=url)


class Client:
    """A connection to Sextant; make one with `connect`. `home` is set where it works on a folder's own
    database, `url` where it asks a server."""

    def __init__(
        self,
        connection: Connection,
        *,
        url: str | None = None,
        home: Path | None = None,
        closing: Callable[[], None] | None = None,
    ) -> None:
        self.connection, self.url, self.home, self._closing = connection, url, home, closing

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back every connection. A closed client is used no more."""
        self.connection.close()
        if self._closing:
            self._closing()

    def me(self) -> dict[str, Any]:
        """Who asks (`id`, `name`), and the server's `version`."""
        answer: dict[str, Any] = self.connection.request("GET", "me")
        return answer

    def projects(self) -> list[ProjectInfo]:
        """Every project that the caller may see, by its short name."""
        return [read(ProjectInfo, p) for p in self.connection.request("GET", "projects")]

    def project(self, slug: str) -> Project:
        """The project with this short name; `NotFound` for one that is not there or not yours to see."""
        info = read(ProjectInfo, self.connection.request("GET", f"projects/{quote(slug, safe='')}"))
        return Project(self.connection, info)

    def create_project(
        self,
        slug: str,
        name: str,
        *,
        summary: str = "",
        rigor: str = "standard",
        simulated: bool = False,
        opened_at_phase: str = "problem",
        currency: str = "USD",
        budget: float | None = None,
        start: date | None = None,
    ) -> Project:
        """Open a project. `rigor` is light, standard or regulated; `opened_at_phase` is where one that is
        under way already begins (earlier gates are not assessed); `simulated` says that its people and
        traffic are invented; `start` is the first day of its timeline (today). `Conflict` if the short name
        is taken."""
        body = {
            "slug": slug, "name": name, "summary": summary, "rigor": rigor, "simulated": simulated,
            "opened_at_phase": opened_at_phase, "currency": currency, "budget": budget,
            "start": start.isoformat() if start else None,
        }  # fmt: skip
        return Project(
            self.connection, read(ProjectInfo, self.connection.request("POST", "projects", body=body))
        )

    def start_live(
        self,
        slug: str,
        name: str,
        *,
        model: str,
        metric: str,
        unit: str,
        threshold: float,
        source: str,
        watched_by: str,
        direction: str = "at_least",
        family: str = "product",
        value: float | None = None,
        since: date | None = None,
        start: str = "maintenance",
        rigor: str = "standard",
        summary: str = "",
        currency: str = "USD",
    ) -> Project:
        """Open a project in the middle, for a `model` (`reader@v3`) that is live: see `sextant.lifecycle.live.live`.
        There is a target with its monitor, `value` as its number of today, and a first review in a week; phases
        before `start` (maintenance or evaluation) are not assessed."""
        body = {
            "slug": slug, "name": name, "model": model, "metric": metric, "unit": unit, "threshold": threshold,
            "source": source, "watched_by": watched_by, "direction": direction, "family": family, "value": value,
            "since": since.isoformat() if since else None, "start": start, "rigor": rigor, "summary": summary,
            "currency": currency,
        }  # fmt: skip
        answer = self.connection.request("POST", "live-projects", body=body)
        return Project(self.connection, read(ProjectInfo, answer))

    # --- opportunities: the installation's own list; a project's token does not reach it

    def opportunities(self) -> dict[str, Any]:
        """The list, the best first: `opportunities`, each with `score`, `rank`, `parts` and `unrated`, and the
        `weights` that scored them."""
        answer: dict[str, Any] = self.connection.request("GET", "opportunities")
        return answer

    def put_opportunities(
        self, rows: Sequence[Mapping[str, Any]], *, by_title: bool = False
    ) -> dict[str, Any]:
        """Store rows (`key`, `title`, `problem`, ratings from 1 to 5, `lead`, `note`); those that are not given
        stay. `by_title` takes a row without a key for the one of the same title. `Conflict` where a row carries
        `seen` and somebody else changed it since."""
        answer: dict[str, Any] = self.connection.request(
            "PUT",
            "opportunities",
            params={"by_title": by_title},
            body=[dict(row) for row in rows],
            again=False,
        )
        return answer

    def remove_opportunity(self, key: str) -> None:
        """Take one off the list. A project that was opened from it stays."""
        self.connection.request("DELETE", f"opportunities/{quote(key, safe='')}", again=False)

    def weigh_opportunities(self, weights: Mapping[str, float]) -> dict[str, float]:
        """Say how much `value`, `feasibility`, `data` and `risk` count; only the proportion matters."""
        answer: dict[str, float] = self.connection.request("PUT", "opportunities-weights", body=dict(weights))
        return answer

    def open_opportunity(self, key: str, *, slug: str, name: str, rigor: str = "standard") -> Project:
        """Open a project from one; its problem becomes the first of the five Ws."""
        body = {"slug": slug, "name": name, "rigor": rigor}
        path = f"opportunities/{quote(key, safe='')}/project"
        return Project(self.connection, read(ProjectInfo, self.connection.request("POST", path, body=body)))

    def document_kinds(self) -> list[dict[str, Any]]:
        """Every kind of document: `kind`, `phase`, `many`, `label`, `help`, and the JSON `schema` of its
        body."""
        answer: list[dict[str, Any]] = self.connection.request("GET", "document-kinds")
        return answer

    def today(self) -> dict[str, Any]:
        """What waits for the caller (`mine`), what they wait for (`theirs`), and where each project goes on
        (`ahead`), the most urgent first."""
        answer: dict[str, Any] = self.connection.request("GET", "today")
        return answer

    def digest(self) -> dict[str, Any]:
        """What Monday's mail would say now: `subject`, `text` and `html`."""
        answer: dict[str, Any] = self.connection.request("GET", "digest")
        return answer

    def portfolio(self, *, order: str = "-state", page: int = 1) -> dict[str, Any]:
        """Projects side by side, fifty a page: `projects`, `total`, `pages`. `order` is name, phase, state,
        blockers, met, unmet, ships or evidence, with a minus before it the other way round."""
        answer: dict[str, Any] = self.connection.request(
            "GET", "portfolio", params={"order": order, "page": page}
        )
        return answer
