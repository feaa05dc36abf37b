"""Runs of a project's training: told from Python, brought from a tracker, asked for against every requirement."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sextant.errors import InvalidInput
from sextant_client.asking import Asking

if TYPE_CHECKING:
    from sextant.model.runs import Run

#: As much as the server takes in one request.
MOST_RUNS = 1000


class Runs(Asking):
    """What a project can be asked and told about its runs. A part of `Project`."""

    def runs(
        self, *, experiment: int | None = None, before: int | None = None, limit: int = 30
    ) -> dict[str, Any]:
        """The newest runs, each with its verdict on every requirement: `requirements`, `runs`, and whether there are
        `more`."""
        answer: dict[str, Any] = self._ask(
            "GET", "runs", params={"experiment": experiment, "before": before, "limit": limit}
        )
        return answer

    def run(self, number: int) -> dict[str, Any]:
        """One run: what its tracker said, how its metrics went, and its verdicts."""
        answer: dict[str, Any] = self._ask("GET", "runs", str(number))
        return answer

    def put_runs(
        self,
        kind: str,
        place: str,
        experiment: str,
        runs: Sequence[Run],
        *,
        name: str = "",
        cursor: str | None = None,
    ) -> dict[str, Any]:
        """Store what a tracker tells of runs of one experiment, at most 1,000, together or not at all; `cursor` is up
        to where it has been brought. The same again changes nothing: `new`, `changed`, `same` and the runs' `ids`."""
        body = {
            "kind": kind, "place": place, "experiment": experiment, "experiment_name": name, "cursor": cursor,
            "runs": [run.plain() for run in runs],
        }  # fmt: skip
        answer: dict[str, Any] = self._ask("PUT", "runs", body=body, again=True)
        return answer

    def name_run(self, number: int, model: str) -> dict[str, Any]:
        """Say which model version (`reader@m3`) a run is; its numbers become proof about it. Empty takes it back."""
        answer: dict[str, Any] = self._ask("PATCH", "runs", str(number), body={"model": model}, again=True)
        return answer

    def trackers(self) -> list[dict[str, Any]]:
        """Where runs come from, when they were last brought, and why that broke off, if it did."""
        answer: list[dict[str, Any]] = self._ask("GET", "trackers")
        return answer

    def tracker_progress(self, kind: str, place: str) -> dict[str, Any]:
        """How far a tracker has been brought over: the cursor of each of its `experiments`, and the `open` runs."""
        answer: dict[str, Any] = self._ask(
            "GET", "trackers", "progress", params={"kind": kind, "place": place}
        )
        return answer

    def finish_sync(
        self, kind: str, place: str, *, fault: str = "", registered: Sequence[Mapping[str, Any]] = ()
    ) -> dict[str, Any]:
        """The end of bringing over, with the registry as it is, or with why it broke off. What runs that are versions
        say becomes proof: `stored` says how many records, `refused` which were not and why."""
        body = {"kind": kind, "place": place, "fault": fault, "registered": [dict(r) for r in registered]}
        answer: dict[str, Any] = self._ask("POST", "trackers", "finished", body=body, again=True)
        return answer

    def forget_tracker(self, number: int) -> None:
        """Take a tracker's runs away. Proof that came out of them stays."""
        self._ask("DELETE", "trackers", str(number), again=False)

    def registered(self, gate: str = "evaluation") -> list[dict[str, Any]]:
        """Each registered version with its verdicts, and whether the gate `holds` for it."""
        answer: list[dict[str, Any]] = self._ask("GET", "registered", params={"gate": gate})
        return answer

    def options(self, weights: Mapping[str, float] | None = None) -> dict[str, Any]:
        """Options side by side: numbers, `ranking`, what would change it, break-even points. `weights` are tried in the
        place of those that were decided; nothing is stored by that."""
        tried = ",".join(f"{k}:{v}" for k, v in (weights or {}).items())
        answer: dict[str, Any] = self._ask("GET", "options", params={"weights": tried or None})
        return answer

    def log_run(
        self,
        name: str = "",
        *,
        metrics: Mapping[str, float | tuple[int, int]],
        parameters: Mapping[str, Any] | None = None,
        history: Mapping[str, Sequence[float]] | None = None,
        datasets: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        model: str = "",
        experiment: str = "runs",
        started_at: datetime | None = None,
        ended_at: datetime | None = None,
        code: str = "",
        key: str | None = None,
        simulated: bool = False,
    ) -> dict[str, Any]:
        """Tell of one run of training, from wherever it ran.

        metrics     its numbers by name; `(970, 1000)` says 970 right of 1,000, which has a range and may be proof
        parameters  its settings; nested ones become names with a dot
        history     metrics step by step, such as the loss of each epoch
        datasets    what it read: `{"test": "v1"}`, with the version; the names train and training are for training
        model       the version that it made, as `reader@m3`: then its numbers become proof about that version
        key         its id; the same again replaces what was said. Without one each call is another run

        Returns its number here (`id`), and how many records of proof were `stored`.
        """
        from sextant.model.runs import Reading, Run, Used, parameters_of, thinned

        now = datetime.now(UTC)
        ended = ended_at or now
        if ended.tzinfo is None or (started_at is not None and started_at.tzinfo is None):
            raise InvalidInput("a time has no zone", where="log_run", rule="such as datetime.now(UTC)")
        readings: dict[str, Reading] = {}
        for metric, value in metrics.items():
            if isinstance(value, tuple):
                hits, rows = value
                if not 0 <= hits <= rows or rows < 1:
                    raise InvalidInput(
                        f"{hits} of {rows}", where=f"metric {metric}", rule="as many right as rows at most"
                    )
                readings[metric] = Reading(value=hits / rows, at=ended)
                readings[f"{metric}_n"] = Reading(value=rows, at=ended)
            else:
                readings[metric] = Reading(value=float(value), at=ended)
        points = {
            metric: thinned([(i, ended.timestamp(), float(v)) for i, v in enumerate(values)])
            for metric, values in (history or {}).items()
        }
        used = tuple(
            Used(name=n, version=v, context=n if n in ("train", "training") else "eval")
            for n, v in (datasets or {}).items()
        )
        run = Run(
            key=key or uuid.uuid4().hex, name=name, started_at=started_at, ended_at=ended, metrics=readings,
            parameters=parameters_of(parameters or {}), history=points, datasets=used,
            tags={str(k): str(v) for k, v in (tags or {}).items()}, model=model, code=code,
            origin="simulated" if simulated else "measured",
        )  # fmt: skip
        made = self.put_runs("python", "", experiment, [run], name=experiment)
        [number] = made["ids"]
        settled = self.name_run(number, model) if model else {"stored": 0, "refused": []}
        return {"id": number, "key": run.key, **settled}


def log_run(name: str = "", *, project: str | None = None, **said: Any) -> dict[str, Any]:
    """Tell of one run of training, in the project that is meant: see `Runs.log_run` for what can be said.

    `project` is its short name; without it the environment's SEXTANT_PROJECT, else the only project that there is.
    Asks the server in SEXTANT_URL, else the data home of this folder.
    """
    import os

    from sextant_client.client import connect

    with connect(create=False) as client:
        slug = project or os.environ.get("SEXTANT_PROJECT")
        if not slug:
            slugs = [p.slug for p in client.projects()]
            if len(slugs) != 1:
                raise InvalidInput(
                    "which project?", where="log_run", rule=f"there are {', '.join(slugs) or 'none'}",
                    todo="give `project`, or set SEXTANT_PROJECT",
                )  # fmt: skip
            slug = slugs[0]
        return client.project(slug).log_run(name, **said)
