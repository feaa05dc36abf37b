"""MLflow and a project brought together: runs in, page by page and whole whatever happens; verdicts out, as tags and as
the alias that says which version is the champion."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sextant.errors import SextantError
from sextant.model.runs import Run, thinned
from sextant_integrations.mlflow.client import MLflow
from sextant_integrations.mlflow.incoming import points, registered_of, run_of, whole
from sextant_integrations.mlflow.outgoing import tags_of

if TYPE_CHECKING:
    from sextant_client.project import Project

KIND = "mlflow"
#: About how many characters of runs are stored at once: well under the largest body that a server takes.
MOST_TEXT = 3_000_000
MOST_RUNS = 1000


@dataclass
class Outcome:
    """What became of it: runs that are new, changed and as they were, records of proof that were made, and runs whose
    numbers cannot be proof, each with why."""

    new: int = 0
    changed: int = 0
    same: int = 0
    stored: int = 0
    refused: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Told:
    """How many versions were told their verdicts; which one the alias points at now, and if at no new one, why not."""

    versions: int
    moved: str
    why_not: str


def sync(
    server: MLflow, project: Project, *, experiments: Sequence[str] = (), full: bool = False, history: bool = True,
    say: Callable[[str], None] = lambda words: None,
) -> Outcome:  # fmt: skip
    """Bring over what is new since the last time, or all of it (`full`, which also finds tags and metrics that were
    added to runs that had ended, and runs that were deleted).

    Runs that began or ended since then are read, and those that had not ended. `experiments` are names; all of them
    without. `history` reads the points of metrics that were logged step by step, one request each. If it breaks off,
    what was stored stays, the reason is kept, and the next one goes on there.
    """
    found = Outcome()
    known = project.tracker_progress(KIND, server.place)
    try:
        open_runs = set(known["open"])
        for number, name in server.experiments(experiments):
            say(name)
            cursor = "" if full else str(known["experiments"].get(number, ""))
            _experiment(server, project, number, name, cursor, open_runs, history, found)
        registry = registered_of(*server.registered())
    except (SextantError, KeyboardInterrupt) as error:
        _keep_fault(project, server.place, str(error) or "it was stopped")
        raise
    settled = project.finish_sync(KIND, server.place, registered=registry)
    found.stored, found.refused = settled["stored"], settled["refused"]
    return found


def _keep_fault(project: Project, place: str, why: str) -> None:
    try:
        project.finish_sync(KIND, place, fault=why[:1000])
    except SextantError:
        # The first reason is the one to be told.
        return


def _experiment(
    server: MLflow,
    project: Project,
    number: str,
    name: str,
    cursor: str,
    open_runs: set[str],
    history: bool,
    found: Outcome,
) -> None:
    seen: set[str] = set()
    names: dict[str, str] | None = None
    for where, moves in _asked(cursor):
        for page in _ahead(server.runs(number, where)):
            fresh = [b for b in page if _key(b) not in seen]
            seen.update(map(_key, fresh))
            if names is None and any((b.get("outputs") or {}).get("model_outputs") for b in fresh):
                names = server.logged_models(number)
            _store(server, project, number, name, fresh, names or {}, history, found, moves=moves)
    left = sorted(open_runs - seen)
    for first in range(0, len(left), 100) if cursor else ():
        keys = ", ".join(f"'{key}'" for key in left[first : first + 100])
        for page in server.runs(number, f"attributes.run_id IN ({keys})"):
            _store(server, project, number, name, page, names or {}, history, found, moves=False)
    open_runs -= seen


def _ahead(pages: Iterator[list[dict[str, Any]]]) -> Iterator[list[dict[str, Any]]]:
    """The pages in order, each fetched while the one before it is stored."""
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(next, pages, None)
        while (page := waiting.result()) is not None:
            waiting = pool.submit(next, pages, None)
            yield page


def _asked(cursor: str) -> Iterator[tuple[str, bool]]:
    """The filters to ask with, and whether what comes moves the cursor: runs in the order in which they began."""
    if not cursor:
        yield "", True
        return
    # What ended since the last one began: it was running then, or was taken up again.
    yield f"attributes.end_time >= {int(cursor)}", False
    yield f"attributes.start_time >= {int(cursor)}", True


def _store(
    server: MLflow, project: Project, number: str, name: str, page: Sequence[Mapping[str, Any]], names: Mapping[str, str],
    history: bool, found: Outcome, *, moves: bool,
) -> None:  # fmt: skip
    made = [(run_of(b, names, _history(server, b) if history else None), _started(b)) for b in page]
    for part in _parts(made):
        cursor = str(max(start for _, start in part)) if moves else None
        answer = project.put_runs(
            KIND, server.place, number, [run for run, _ in part], name=name, cursor=cursor
        )
        found.new += answer["new"]
        found.changed += answer["changed"]
        found.same += answer["same"]


def _history(server: MLflow, body: Mapping[str, Any]) -> dict[str, Any]:
    """The points of each metric that has more than one step."""
    metrics = (body.get("data") or {}).get("metrics") or ()
    stepped = [
        str(m["key"]) for m in metrics if whole(m.get("step")) > 0 and not str(m["key"]).startswith("system/")
    ]
    return {key[:250]: thinned(points(server.history(_key(body), key))) for key in stepped[:50]}


def _parts(runs: Sequence[tuple[Run, int]]) -> Iterator[list[tuple[Run, int]]]:
    part: list[tuple[Run, int]] = []
    size = 0
    for run, start in runs:
        own = _weight(run)
        if part and (size + own > MOST_TEXT or len(part) >= MOST_RUNS):
            yield part
            part, size = [], 0
        part.append((run, start))
        size += own
    if part:
        yield part


def _weight(run: Run) -> int:
    texts = sum(len(k) + len(v) + 6 for said in (run.parameters, run.tags) for k, v in said.items())
    return 500 + texts + 120 * len(run.metrics) + 60 * sum(map(len, run.history.values()))


def _key(body: Mapping[str, Any]) -> str:
    info = body.get("info") or {}
    return str(info.get("run_id") or info.get("run_uuid") or "")


def _started(body: Mapping[str, Any]) -> int:
    return whole((body.get("info") or {}).get("start_time"))


def tell(
    server: MLflow, project: Project, *, gate: str = "evaluation", alias: str = "champion", promote: bool = False,
    now: datetime | None = None,
) -> Told:  # fmt: skip
    """Set the verdicts of every version that has some as its tags, in the server's registry.

    With `promote`, the alias is moved to the version for which `gate` holds, and to no other; where it holds for none, it
    stays where it is, and `why_not` says why.
    """
    told, moved, why = 0, "", "no version that is registered there is the candidate"
    for one in project.registered(gate):
        if one["tracker"] != {"kind": KIND, "place": server.place}:
            continue
        if one["candidate"] or any(v["status"] != "missing" for v in one["verdicts"]):
            told += 1
            for key, value in tags_of(one, now or datetime.now(UTC)).items():
                server.tag_version(one["name"], one["version"], key, value)
        if one["candidate"]:
            why = one["why_not"]
        if promote and one["holds"]:
            server.point(one["name"], alias, one["version"])
            moved = f"{one['name']} {one['version']}"
    return Told(told, moved, "" if moved else why)
