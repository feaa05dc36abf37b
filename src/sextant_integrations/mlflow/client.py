"""An MLflow server over its REST API: pages of what it keeps, and its refusals as errors."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import httpx

from sextant.errors import Forbidden, InvalidInput, NotFound, SextantError, Unavailable
from sextant_integrations.mlflow.settings import NAME, PASSWORD, TOKEN, URL, Settings

#: As many as the server gives at once.
PAGE = 1000
#: As many runs as are asked for at once: few enough that the next are on their way while these are stored.
RUNS = 250
#: How long to wait before each further try, in seconds.
PAUSES = (0.5, 2.0)
#: How long an answer may take: a page of a thousand runs takes a server some.
SECONDS = 120.0
_API = "/api/2.0/mlflow/"


class MLflow:
    """A tracking server. Use it as a context, or close it.

    What gets no answer is tried three times: reading changes nothing, and a tag that is set twice is set once.
    """

    def __init__(
        self, settings: Settings, *, http: httpx.Client | None = None, pause: Callable[[float], None] = time.sleep
    ) -> None:  # fmt: skip
        self.place, self._pause = settings.url, pause
        self._http = http or httpx.Client(timeout=httpx.Timeout(SECONDS, connect=10.0), trust_env=False)
        self._headers = {"Authorization": f"Bearer {settings.token}"} if settings.token else {}
        self._login = settings.login

    def __enter__(self) -> MLflow:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def experiments(self, names: Sequence[str] = ()) -> list[tuple[str, str]]:
        """The experiments as (id, name), or only those that are named; `NotFound` for a name that is not there."""
        found = [
            (str(e["experiment_id"]), str(e.get("name", "")))
            for e in self._pages("POST", "experiments/search", {"max_results": PAGE}, "experiments")
        ]
        if not names:
            return sorted(found, key=lambda e: (len(e[0]), e[0]))
        known = {name: number for number, name in found}
        if lacks := [n for n in names if n not in known]:
            there = ", ".join(sorted(known)[:20]) or "none"
            raise NotFound(
                f"there is no experiment {lacks[0]!r}", where=self.place, todo=f"experiments are: {there}"
            )
        return [(known[n], n) for n in dict.fromkeys(names)]

    def runs(self, experiment: str, where: str = "") -> Iterator[list[dict[str, Any]]]:
        """An experiment's runs, also deleted ones, a page at a time, the earliest first; `where` is MLflow's filter."""
        body = {
            "experiment_ids": [experiment], "max_results": min(PAGE, RUNS), "run_view_type": "ALL",
            "order_by": ["attributes.start_time ASC", "attributes.run_id ASC"],
        }  # fmt: skip
        if where:
            body["filter"] = where
        yield from self._page_by_page("POST", "runs/search", body, "runs")

    def history(self, run: str, metric: str) -> list[dict[str, Any]]:
        """Every point of one metric of a run."""
        asked = {"run_id": run, "metric_key": metric, "max_results": 25_000}
        return list(self._pages("GET", "metrics/get-history", asked, "metrics"))

    def logged_models(self, experiment: str) -> dict[str, str]:
        """The names of the models that an experiment's runs logged, by their ids."""
        body = {"experiment_ids": [experiment], "max_results": 50}
        found = self._pages("POST", "logged-models/search", body, "models")
        infos = (m.get("info", {}) for m in found)
        return {str(i["model_id"]): str(i.get("name") or i["model_id"]) for i in infos if "model_id" in i}

    def registered(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The registry: its models, which hold the aliases, and their versions."""
        models = list(
            self._pages("GET", "registered-models/search", {"max_results": PAGE}, "registered_models")
        )
        if not models:
            return [], []
        versions = self._pages("GET", "model-versions/search", {"max_results": PAGE}, "model_versions")
        return models, list(versions)

    def tag_version(self, name: str, version: str, key: str, value: str) -> None:
        """Set a tag of a registered version."""
        self.ask(
            "POST", "model-versions/set-tag", {"name": name, "version": version, "key": key, "value": value}
        )

    def point(self, name: str, alias: str, version: str) -> None:
        """Let an alias of a registered model point at this version."""
        self.ask("POST", "registered-models/alias", {"name": name, "alias": alias, "version": version})

    def _pages(self, method: str, path: str, asked: Mapping[str, Any], part: str) -> Iterator[dict[str, Any]]:
        for page in self._page_by_page(method, path, asked, part):
            yield from page

    def _page_by_page(
        self, method: str, path: str, asked: Mapping[str, Any], part: str
    ) -> Iterator[list[dict[str, Any]]]:
        token = ""
        while True:
            body = {**asked, **({"page_token": token} if token else {})}
            answer = self.ask(method, path, body)
            yield list(answer.get(part) or [])
            following = str(answer.get("next_page_token") or "")
            if not following or following == token:
                return
            token = following

    def ask(self, method: str, path: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """One request; the answer as plain values, or what the server says against it."""
        for pause in (*PAUSES, None):
            try:
                response = self._http.request(
                    method, self.place + _API + path, headers=self._headers, auth=self._login,
                    params=dict(asked) if method == "GET" else None, json=None if method == "GET" else dict(asked),
                )  # fmt: skip
            except httpx.TransportError as error:
                if pause is None:
                    why = (
                        "no answer in time"
                        if isinstance(error, httpx.TimeoutException)
                        else str(error) or "no connection"
                    )
                    raise Unavailable(
                        f"the MLflow server cannot be reached: {why}",
                        where=self.place,
                        todo="look whether it runs; run this again, it goes on where it stopped",
                    ) from error
            else:
                if response.status_code not in (429, 502, 503, 504) or pause is None:
                    return self._answer(response)
            self._pause(pause)
        raise AssertionError("the last try either returns or raises")

    def _answer(self, response: httpx.Response) -> dict[str, Any]:
        if response.is_success:
            try:
                answer = response.json()
            except ValueError:
                answer = None
            if isinstance(answer, dict):
                return answer
            raise self._stranger(response)
        if response.status_code in (401, 403):
            raise Forbidden(
                f"the MLflow server refuses ({response.status_code})", where=self.place,
                rule="it asks for a token, or a name and a password",
                todo=f"set {TOKEN}, or {NAME} and {PASSWORD}",
            )  # fmt: skip
        try:
            said = response.json()
            message = str(said["message"])
            code = str(said.get("error_code", ""))
        except (ValueError, KeyError, TypeError):
            raise self._stranger(response) from None
        if response.status_code >= 500:
            raise Unavailable(
                f"the MLflow server failed: {message[:300]}", where=self.place, todo="look at its log"
            )
        kind: type[SextantError] = NotFound if code == "RESOURCE_DOES_NOT_EXIST" else InvalidInput
        raise kind(f"MLflow says: {message[:300]}", where=self.place)

    def _stranger(self, response: httpx.Response) -> SextantError:
        return Unavailable(
            f"it answered {response.status_code} to {response.request.url.path}, not as MLflow does", where=self.place,
            rule="the address is the one of an MLflow 3 tracking server",
            todo=f"look whether {URL} leads to MLflow: a browser must show its own page there",
        )  # fmt: skip
