"""What comes back, as the library's own types; small frozen types where the library has none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from sextant.chain import Anchor
from sextant.documents import read_document
from sextant.errors import Unavailable
from sextant.lifecycle.checklist import ITEMS, Item
from sextant.lifecycle.gates import Finding, GateState, ItemState
from sextant.lifecycle.state import Decision, PhasePlan, Stored, Written
from sextant.reports import read_evidence
from sextant.verdicts import Status

if TYPE_CHECKING:
    from sextant.lifecycle.timeline import Forecast

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ProjectInfo:
    """A project's settings. `candidate` and `in_service` are `model:name@version` or empty; `synced` is
    what file and site last agreed on, each criterion's digest by its key, and the settings' under
    `:project`."""

    uid: str
    slug: str
    name: str
    summary: str
    rigor: str
    simulated: bool
    opened_at_phase: str
    currency: str
    budget: float | None
    blocker_days: int
    candidate: str
    in_service: str
    exposed_at: datetime | None
    synced: dict[str, str]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Added:
    """What became of one evidence that was given: `stored` is False where it was there already."""

    digest: str
    sequence: int
    stored: bool


@dataclass(frozen=True, slots=True)
class Found:
    """One evidence, and what rests on it now: gate items, criteria, decisions, and why it is stale, if it
    is."""

    stored: Stored
    items: tuple[Mapping[str, Any], ...] = ()
    criteria: tuple[Mapping[str, Any], ...] = ()
    decisions: tuple[Mapping[str, Any], ...] = ()
    stale: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision with the state of each item that it was made on, and the signed head that was given out
    with it."""

    decision: Decision
    items: Mapping[str, Mapping[str, Any]]
    anchor: Anchor | None


@dataclass(frozen=True, slots=True)
class Exemption:
    """A waiver (it ends) or a "not applicable" (it does not) of an item or a criterion. At regulated rigor
    it counts once `approved_by` names another person; `withdrawn` ones count no more. `turned_out` says how a
    waiver did: well, harm or unneeded, empty while nobody said."""

    target: str
    type: str
    by: str
    reason: str
    at: datetime
    until: date | None = None
    approved_by: str = ""
    withdrawn: bool = False
    outcome: str = ""
    turned_out: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Planned and actual dates and money of each phase, and the forecast of the ship date."""

    plans: tuple[PhasePlan, ...]
    forecast: Forecast


@dataclass(frozen=True, slots=True)
class LogHead:
    """The log's end as the database has it, and the anchors that the server kept elsewhere."""

    project: str
    sequence: int
    head: str
    anchors: tuple[Anchor, ...] = ()


@dataclass(frozen=True, slots=True)
class RowFault:
    """A row of the present state that does not say what record `sequence` of the log says."""

    table: str
    row: int
    sequence: int
    detail: str


@dataclass(frozen=True, slots=True)
class JobInfo:
    """A piece of work: its state is `waiting`, `running`, `done`, `failed` or `cancelled`; `progress` runs
    from 0 to 1."""

    id: int
    kind: str
    state: str
    attempts: int
    progress: float
    message: str
    created_at: datetime
    result: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """A program's key to one project. `secret` is there only in the answer that made it; `hint` is its
    beginning."""

    id: int
    name: str
    hint: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None = None
    used_at: datetime | None = None
    revoked_at: datetime | None = None
    secret: str = field(default="", repr=False)


_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


def read(kind: type[T], value: Any) -> T:
    """A JSON value as this type; a value of another shape means that the two sides are of different
    versions."""
    try:
        made: T = (_ADAPTERS.get(kind) or _ADAPTERS.setdefault(kind, TypeAdapter(kind))).validate_python(
            value
        )
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in fault["loc"]) or "the whole"
        raise Unavailable(
            f"the answer does not read as {getattr(kind, '__name__', kind)}: {place}: {fault['msg']}",
            rule="client and server are of one version",
            todo="install the same version of Sextant on both sides",
        ) from error
    return made


def stored(value: Mapping[str, Any]) -> Stored:
    return Stored(
        read_evidence(value["evidence"], where=f"evidence {value['digest'][:12]}"),
        value["digest"],
        value["sequence"],
    )


def written(value: Mapping[str, Any]) -> Written:
    return Written(
        read_document(value["kind"], value["body"]),
        value["key"],
        value["version"],
        value["digest"],
        read(datetime, value["at"]),
        value["by"],
    )


def gate_state(value: Mapping[str, Any]) -> GateState:
    """A gate as the library has it. `earlier` is the present decision: the answer carries no older one."""
    decision = read(Decision, value["decision"]) if value["decision"] else None
    return GateState(
        phase=value["phase"],
        assessed=value["assessed"],
        items=tuple(_item(value["phase"], item) for item in value["items"]),
        iteration=value["iteration"],
        decision=decision,
        earlier=decision,
    )


def _item(phase: Any, value: Mapping[str, Any]) -> ItemState:
    item = ITEMS.get(value["key"]) or Item(
        value["key"], phase, value["title"], value["asks"], value["starred"]
    )
    finding = read(Finding, {k: value[k] for k in ("status", "reason", "evidence", "criteria", "action")})
    return ItemState(
        item, finding, value["blocking"], Status(value["underlying"]) if value["underlying"] else None
    )


def decided(value: Mapping[str, Any]) -> Decided:
    return Decided(
        read(Decision, {k: v for k, v in value.items() if k not in ("items", "anchor")}),
        value["items"],
        read(Anchor, value["anchor"]) if value["anchor"] else None,
    )
