"""What MLflow says as the library's runs and as registered versions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sextant.errors import InvalidInput
from sextant.model.runs import MOST_NAMES, Reading, Run, Status_, Used, read_run

_STATES: dict[str, Status_] = {
    "RUNNING": "running", "SCHEDULED": "running", "FINISHED": "finished", "FAILED": "failed", "KILLED": "killed",
}  # fmt: skip
#: Tags of MLflow's own that are not kept: they name a person, or repeat at length what stands elsewhere.
_LEFT_OUT = frozenset({"mlflow.user", "mlflow.log-model.history", "mlflow.loggedArtifacts", "mlflow.runName"})


def run_of(
    body: Mapping[str, Any], models: Mapping[str, str], history: Mapping[str, Any] | None = None
) -> Run:
    """A run as `runs/search` gives it. `models` has the names of logged models by their ids. The person who started it
    is not taken over."""
    info, data = body.get("info") or {}, body.get("data") or {}
    tags = {str(t["key"]): str(t.get("value", "")) for t in data.get("tags") or ()}
    ended = moment(info.get("end_time"))
    key = str(info.get("run_id") or info.get("run_uuid") or "")
    outputs = (body.get("outputs") or {}).get("model_outputs") or ()
    said = {
        "key": key,
        "name": str(info.get("run_name") or tags.get("mlflow.runName", ""))[:1000],
        "status": _STATES.get(str(info.get("status")), "finished" if ended else "running"),
        "started_at": moment(info.get("start_time")),
        "ended_at": ended,
        "parameters": {
            str(p["key"])[:250]: str(p.get("value", ""))[:1000]
            for p in list(data.get("params") or ())[:MOST_NAMES] if p.get("key")
        },
        "tags": {k[:250]: v[:1000] for k, v in list(tags.items())[:MOST_NAMES] if k and k not in _LEFT_OUT},
        "metrics": readings(data.get("metrics") or ()),
        "history": dict(history or {}),
        "datasets": used((body.get("inputs") or {}).get("dataset_inputs") or ())[:100],
        "models": tuple(dict.fromkeys(models.get(str(m.get("model_id")), str(m.get("model_id"))) for m in outputs))[:100],
        "code": tags.get("mlflow.source.git.commit", "")[:128],
        "deleted": info.get("lifecycle_stage") == "deleted",
    }  # fmt: skip
    return read_run(said, where=f"MLflow's run {key or '(without an id)'}")


def readings(metrics: Iterable[Mapping[str, Any]]) -> dict[str, Reading]:
    """The last value of each metric; of one that is there twice, the later."""
    found: dict[str, Reading] = {}
    for metric in metrics:
        name = str(metric.get("key", ""))[:250]
        if not name or len(found) >= MOST_NAMES:
            continue
        reading = Reading(
            value=number(metric.get("value")),
            step=whole(metric.get("step")),
            at=moment(metric.get("timestamp")),
        )
        held = found.get(name)
        if held is None or (reading.step, reading.at or _FIRST) >= (held.step, held.at or _FIRST):
            found[name] = reading
    return found


def used(inputs: Iterable[Mapping[str, Any]]) -> tuple[Used, ...]:
    """The datasets that a run read."""
    found = []
    for one in inputs:
        dataset = one.get("dataset") or {}
        context = next(
            (str(t.get("value", "")) for t in one.get("tags") or () if t.get("key") == "mlflow.data.context"),
            "",
        )
        if dataset.get("name"):
            digest = str(dataset.get("digest") or "")
            found.append(Used(name=str(dataset["name"])[:250], version=digest[:1000], context=context[:1000]))
    return tuple(found)


def points(metrics: Iterable[Mapping[str, Any]]) -> list[tuple[int, float, float]]:
    """A metric's history as points."""
    return [(whole(m.get("step")), whole(m.get("timestamp")) / 1000, number(m.get("value"))) for m in metrics]


def registered_of(
    models: Iterable[Mapping[str, Any]], versions: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The registry as it is told to Sextant."""
    aliases: dict[tuple[str, str], list[str]] = {}
    for model in models:
        for one in model.get("aliases") or ():
            aliases.setdefault((str(model["name"]), str(one.get("version"))), []).append(
                str(one.get("alias"))
            )
    found = []
    for version in versions:
        name, number_ = str(version["name"]), str(version["version"])
        created = moment(version.get("creation_timestamp"))
        found.append(
            {
                "name": name[:250], "version": number_[:64], "run": str(version.get("run_id") or "")[:128],
                "aliases": sorted(aliases.get((name, number_), []))[:50],
                "tags": {str(t["key"])[:250]: str(t.get("value", ""))[:1000] for t in list(version.get("tags") or ())[:200]},
                "created_at": created.isoformat() if created else None,
            }
        )  # fmt: skip
    return found


_FIRST = datetime.fromtimestamp(0, UTC)


def moment(value: Any) -> datetime | None:
    """Milliseconds since 1970, which come as a number or as text; none and 0 are no moment."""
    milliseconds = whole(value)
    if not milliseconds:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise InvalidInput(
            f"{milliseconds} is no time", where="MLflow", rule="milliseconds since 1970"
        ) from error


def whole(value: Any) -> int:
    try:
        return int(value or 0)
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"{str(value)[:40]!r} is no whole number", where="MLflow") from error


def number(value: Any) -> float:
    """A metric's value; MLflow writes nan and infinity as texts, and leaves a zero out."""
    try:
        return float(value if value is not None else 0.0)
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"{str(value)[:40]!r} is no number", where="MLflow") from error
