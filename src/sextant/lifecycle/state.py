"""The state of a project: everything that a check may read, as one value.

Whoever keeps the records (the server, a test) builds it; all judgement above it is pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TypeVar

from sextant.criteria import Criterion, Family, Setting
from sextant.documents import Document
from sextant.evidence import Evidence, Measurement, Version, about
from sextant.lifecycle.label_trust import labels_hold
from sextant.lifecycle.rigor import PROFILES, Rigor, RigorProfile
from sextant.lifecycle.staleness import Subject, stale_reasons
from sextant.verdicts import Proof, Verdict, Waiver, judge

#: The families of criteria that say something about one exact model.
_ABOUT_A_MODEL: tuple[Family, ...] = ("ml", "fairness", "explainability", "safety")

D = TypeVar("D", bound=Document)
E = TypeVar("E", bound=Evidence)


@dataclass(frozen=True, slots=True)
class Stored:
    """Evidence as it stands in the log: with its digest and the number of its record."""

    evidence: Evidence
    digest: str
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Written:
    """The present version of a document: its digest is what signatures are about."""

    document: Document
    key: str
    version: int
    digest: str
    at: datetime
    by: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """A named person's dated declaration on one exact version. `subject` is what was signed (`brief`, `goals`,
    `model_requirements`, `ab_design`, `ship_decision`), `role` is the part they play."""

    subject: str
    digest: str
    person: str
    role: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's recorded decision at a gate."""

    phase: str
    iteration: int
    outcome: str
    by: str
    at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class Round:
    """One iteration of a phase: the first has no reason."""

    phase: str
    number: int
    opened_at: datetime
    reason: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class PhasePlan:
    """Planned and actual dates of a phase and its money; dates are None while unknown."""

    phase: str
    planned_start: date | None = None
    planned_end: date | None = None
    actual_start: date | None = None
    actual_end: date | None = None
    planned_effort_days: float | None = None
    spent_effort_days: float | None = None
    planned_cost: float | None = None
    spent_cost: float | None = None


@dataclass(frozen=True, slots=True)
class Risk:
    """A risk: likelihood and impact from 1 to 5."""

    key: str
    phase: str
    text: str
    likelihood: int
    impact: int
    owner: str = ""
    mitigation: str = ""
    review_on: date | None = None
    status: str = "open"


@dataclass(slots=True)
class ProjectState:
    """What is known about a project at `now`.

    `candidate` is the model version that is to ship; `in_service` the one that users meet now; `exposed_at` when the
    first real user's experience depended on a model. `opened_at_phase` is where a project that started in the middle
    began: earlier gates are not assessed. `simulated` marks a project whose people and traffic are invented.
    `evidence` holds, by topic, the latest record of all and the latest on the candidate.
    """

    slug: str
    name: str
    now: datetime
    rigor: Rigor = "standard"
    simulated: bool = False
    opened_at_phase: str = "problem"
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    currency: str = "USD"
    budget: float | None = None
    blocker_days: int = 7
    candidate: Version | None = None
    in_service: Version | None = None
    exposed_at: datetime | None = None
    criteria: Mapping[str, Criterion] = field(default_factory=dict)
    evidence: Mapping[str, tuple[Stored, ...]] = field(default_factory=dict)
    documents: Mapping[str, tuple[Written, ...]] = field(default_factory=dict)
    subjects: Mapping[str, Subject] = field(default_factory=dict)
    signatures: tuple[Signature, ...] = ()
    waivers: Mapping[str, Waiver] = field(default_factory=dict)
    not_applicable: Mapping[str, str] = field(default_factory=dict)
    decisions: tuple[Decision, ...] = ()
    rounds: tuple[Round, ...] = ()
    plans: Mapping[str, PhasePlan] = field(default_factory=dict)
    risks: tuple[Risk, ...] = ()
    _verdicts: dict[tuple[str, Setting | None], Verdict] = field(default_factory=dict, repr=False)

    @property
    def profile(self) -> RigorProfile:
        return PROFILES[self.rigor]

    # --- documents

    def one(self, kind: type[D]) -> tuple[D, Written] | None:
        """The present version of a kind that a project has once."""
        found = self.documents.get(kind.kind, ())
        return (found[0].document, found[0]) if found else None  # type: ignore[return-value]

    def all(self, kind: type[D]) -> list[tuple[D, Written]]:
        """Every document of a kind, by key."""
        return [(w.document, w) for w in self.documents.get(kind.kind, ())]  # type: ignore[misc]

    # --- evidence

    def latest(self, kind: type[E], topic: str = "", *, on: Version | None = None) -> Stored | None:
        """The latest record of a topic (`kind` or `kind:topic`), on this model version if one is given."""
        name = kind.model_fields["kind"].default + (f":{topic}" if topic else "")
        for stored in self.evidence.get(name, ()):
            if on is None or stored.evidence.model == on:
                return stored
        return None

    def each(self, kind: type[E]) -> list[Stored]:
        """The latest record of every topic of a kind, whatever it was taken on."""
        prefix = kind.model_fields["kind"].default + ":"
        return [
            found[0] for topic, found in sorted(self.evidence.items()) if topic.startswith(prefix) and found
        ]

    def stale(self, evidence: Evidence) -> tuple[str, ...]:
        """Why the evidence is stale, along what it declares to rest on; empty if it is not."""
        return stale_reasons(evidence.rests_on, self.subjects)

    # --- criteria

    def of_family(self, *families: Family) -> list[Criterion]:
        return [c for c in self.criteria.values() if c.family in families]

    def verdict(self, key: str, setting: Setting | None = None) -> Verdict:
        """The verdict of a criterion (in one setting, or overall). Computed once."""
        if (key, setting) not in self._verdicts:
            self._verdicts[key, setting] = self._judge(self.criteria[key], setting)
        return self._verdicts[key, setting]

    def proofs(self, criterion: Criterion) -> Iterable[Proof]:
        """The latest measurement of each setting: on the candidate where there is one, else the latest of all, which
        is then stale because it was taken on another model."""
        for setting in Setting:
            found = self.evidence.get(about(criterion.key, setting, criterion.slice), ())
            if not found:
                continue
            target = self.in_service if setting in (Setting.MONITORING, Setting.REVIEW) else self.candidate
            # A number about a model must say about which: nobody can tell that it is the one that ships.
            nameless = criterion.family not in _ABOUT_A_MODEL
            own = [
                s
                for s in found
                if target is None or s.evidence.model == target or (nameless and s.evidence.model is None)
            ]
            stored = (own or found)[0]
            if not isinstance(stored.evidence, Measurement):
                continue
            why = self.stale(stored.evidence)
            if not own and target is not None and not why:
                taken = stored.evidence.model
                said = f"it was taken on {taken}" if taken else "it does not say on which model it was taken"
                why = (f"{said}, and {target} is to be judged",)
            yield Proof(stored.evidence, stored.digest, why, labels_hold(self, stored.evidence))

    def _judge(self, criterion: Criterion, setting: Setting | None) -> Verdict:
        leading = None
        if criterion.leading and criterion.leading in self.criteria and criterion.leading != criterion.key:
            other = self.criteria[criterion.leading]
            # One step only: a leading indicator's own leading indicator says nothing about this one.
            leading = judge(other, self.proofs(other), now=self.now, allow_simulated=self.simulated)
        return judge(
            criterion,
            self.proofs(criterion),
            now=self.now,
            setting=setting,
            exposed_at=self.exposed_at,
            leading=leading,
            allow_simulated=self.simulated,
            not_applicable=self.not_applicable.get(criterion.key),
            waiver=self.waivers.get(criterion.key),
        )

    # --- people

    def signed(self, subject: str, digest: str, *, roles: Iterable[str] | None = None) -> list[Signature]:
        """Who signed this exact version."""
        wanted = None if roles is None else set(roles)
        return [
            s
            for s in self.signatures
            if s.subject == subject and s.digest == digest and (wanted is None or s.role in wanted)
        ]
