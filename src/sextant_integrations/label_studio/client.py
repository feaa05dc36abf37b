"""What Sextant asks of Label Studio, and how its answers become errors that say what to do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import httpx

from sextant.errors import Forbidden, InvalidInput, NotFound, SextantError, Unavailable
from sextant_integrations.label_studio.settings import TOKEN, URL, Settings

#: How long to wait before each further try, in seconds.
PAUSES = (0.3, 1.5)
#: As many tasks as are sent, or asked for, at once; how long an answer may take: an import is done while we wait.
TASKS, SECONDS = 200, 120.0


class LabelStudio:
    """A Label Studio server, asked as whoever the token is of. Use it as a context, or close it.

    Both kinds of token do: a legacy one, and a personal access token, which is changed for a short one.
    """

    def __init__(
        self, settings: Settings, *, http: httpx.Client | None = None, pause: Callable[[float], None] = time.sleep
    ) -> None:  # fmt: skip
        self.url, self._token, self._pause = settings.url, settings.token, pause
        self._http = http or httpx.Client(timeout=SECONDS, trust_env=False)
        self._said = "" if self._token.count(".") == 2 else f"Token {self._token}"

    def __enter__(self) -> LabelStudio:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    # --- projects

    def project(self, number: int) -> dict[str, Any]:
        """A project; `NotFound` if it is not there, or not for this token."""
        try:
            found: dict[str, Any] = self._ask("GET", f"/api/projects/{number}/")
        except NotFound as error:
            raise NotFound(
                f"project {number} is not there any more, or not for whom the token is of", where=self.url,
                todo="push once more with --new, which makes another project",
            ) from error  # fmt: skip
        return found

    def find_project(self, marker: str) -> dict[str, Any] | None:
        """The newest project whose description holds the marker: one that was made just before the connection broke."""
        for page in self._pages("/api/projects/", {"ordering": "-id"}):
            for one in page["results"]:
                if marker in (one.get("description") or ""):
                    return dict(one)
        return None

    def create_project(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Make a project."""
        made: dict[str, Any] = self._ask("POST", "/api/projects/", body=fields)
        return made

    def change_project(self, number: int, fields: Mapping[str, Any]) -> None:
        """Change fields of a project, such as its labeling configuration."""
        self._ask("PATCH", f"/api/projects/{number}/", body=fields)

    # --- tasks and annotations

    def add_tasks(self, number: int, tasks: Sequence[Mapping[str, Any]]) -> list[int]:
        """Import tasks; their numbers there, in the same order. Not tried again when no answer came: whoever asks looks
        at what is there first."""
        path = f"/api/projects/{number}/import"
        answer = self._ask("POST", path, params={"return_task_ids": "true"}, body=list(tasks))
        made = [int(one) for one in answer.get("task_ids", [])]
        if len(made) != len(tasks):
            raise self._stranger(f"it took {len(made)} of {len(tasks)} tasks")
        return made

    def tasks(self, number: int) -> Iterator[dict[str, Any]]:
        """Every task of a project with its data and its annotations, in the order of their numbers. Those that come or go
        meanwhile may be missed or met twice."""
        for page in self._pages("/api/tasks", {"project": number, "fields": "all"}):
            yield from page["tasks"]

    def has_annotation(self, number: int) -> bool:
        """Whether an annotation is there still."""
        try:
            self._ask("GET", f"/api/annotations/{number}/")
        except NotFound:
            return False
        return True

    def people(self) -> dict[int, dict[str, str]]:
        """Who has an account there: `email` and `name`, by number."""
        found = self._ask("GET", "/api/users/")
        rows = found["results"] if isinstance(found, dict) else found
        return {
            int(one["id"]): {
                "email": one.get("email") or "",
                "name": " ".join(filter(None, (one.get("first_name"), one.get("last_name")))),
            }
            for one in rows
        }

    # --- how it is asked

    def _pages(self, path: str, params: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        page = 1
        while True:
            try:
                found = self._ask("GET", path, params={**params, "page": page, "page_size": TASKS})
            except NotFound:
                # Past the end there is no empty page, but none. The first is always there.
                if page == 1:
                    raise
                return
            yield found
            rows = found.get("tasks", found.get("results", []))
            if len(rows) < TASKS:
                return
            page += 1

    def _ask(
        self, method: str, path: str, *, params: Mapping[str, Any] | None = None, body: Any = None
    ) -> Any:
        response = self._request(method, path, params, body)
        if response.status_code == 401 and self._said.startswith("Bearer"):
            # A short token lives for minutes, and a push may take longer.
            self._said = ""
            response = self._request(method, path, params, body)
        return self._answer(response)

    def _request(self, method: str, path: str, params: Any, body: Any) -> httpx.Response:
        if not self._said:
            refreshed = self._answer(
                self._send("POST", "/api/token/refresh", None, {"refresh": self._token}, "")
            )
            self._said = f"Bearer {refreshed['access']}"
        return self._send(method, path, params, body, self._said)

    def _send(self, method: str, path: str, params: Any, body: Any, said: str) -> httpx.Response:
        headers = {"Authorization": said} if said else {}
        for pause in (*PAUSES, None):
            try:
                response = self._http.request(
                    method, self.url + path, params=params, json=body, headers=headers
                )
            except httpx.TransportError as error:
                # What never got there may be tried again; else only what changes nothing.
                unsent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
                if pause is None or not (unsent or method == "GET"):
                    why = "no answer in time" if isinstance(error, httpx.TimeoutException) else str(error)
                    raise Unavailable(
                        f"Label Studio cannot be reached: {why or 'no connection'}", where=self.url,
                        todo="start it, or set its address, and run this again: it goes on where it stopped",
                    ) from error  # fmt: skip
            else:
                if response.status_code not in (502, 503, 504) or method != "GET" or pause is None:
                    return response
            self._pause(pause)
        raise AssertionError("the last try either returns or raises")

    def _answer(self, response: httpx.Response) -> Any:
        status = response.status_code
        if status == 204:
            return None
        try:
            found = response.json()
        except ValueError as error:
            raise self._stranger(f"it answered {status} to {response.request.url.path}") from error
        if response.is_success:
            return found
        said = _words(found)
        if status in (401, 403):
            raise Forbidden(
                f"Label Studio does not take the token: {said}", where=f"{self.url} ({TOKEN})",
                todo="copy it again from Account & Settings; a legacy token must be allowed there",
            )  # fmt: skip
        if status == 404:
            raise NotFound(
                f"Label Studio has no such thing: {said}", where=f"{self.url}{response.request.url.path}"
            )
        if status < 500:
            raise InvalidInput(f"Label Studio refuses it: {said}", where=self.url)
        if status in (502, 503, 504):
            raise Unavailable(
                f"Label Studio answered {status}", where=self.url, todo="wait, and run this again"
            )
        raise SextantError(f"Label Studio failed: {said}", where=self.url, todo="look at its log")

    def _stranger(self, what: str) -> Unavailable:
        return Unavailable(
            f"{what}, not as Label Studio does", where=self.url, todo=f"look whether {URL} leads to Label Studio"
        )  # fmt: skip


def _words(found: Any) -> str:
    """What an error of Label Studio says, in short."""
    if not isinstance(found, Mapping):
        return str(found)[:300]
    faults = found.get("validation_errors")
    if isinstance(faults, Mapping) and faults:
        return "; ".join(
            f"{name}: {' '.join(map(str, said)) if isinstance(said, list) else said}" for name, said in faults.items()
        )[:600]  # fmt: skip
    return str(found.get("detail") or found)[:300]
