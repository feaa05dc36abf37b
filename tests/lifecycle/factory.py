"""Small makers of project states for the tests of the checks.

state(**overrides)      a project on `NOW`; evidence, documents, criteria, subjects and plans as lists
stored(evidence)        evidence as the log holds it
written(document, key)  a document as the project holds it
signed(written, ...)    signatures of named people on a written document
criterion(key, ...)     a criterion with plain defaults
proportion(...), mean(...), report(Kind, ...)      evidence with plain defaults
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from sextant.criteria import Criterion, Setting
from sextant.documents import Document
from sextant.evidence import Evidence, Mean, Producer, Proportion, Version
from sextant.lifecycle.staleness import HOME, Subject
from sextant.lifecycle.state import PhasePlan, ProjectState, Signature, Stored, Written

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
TODAY = NOW.date()
MODEL = Version.parse("model:reader@m1")
DATA = Version.parse("dataset:test@v1")

E = TypeVar("E", bound=Evidence)


def day(offset: float) -> datetime:
    """`NOW`, so many days later."""
    return NOW + timedelta(days=offset)


def on(offset: int) -> date:
    """The day of `NOW`, so many days later."""
    return TODAY + timedelta(days=offset)


def stored(evidence: Evidence) -> Stored:
    return Stored(evidence, evidence.digest())


def written(document: Document, key: str = "") -> Written:
    return Written(document, key, 1, document.material_digest(), NOW)


def signed(
    subject: str, digest: str, *people: str, role: str = "", at: datetime = NOW
) -> tuple[Signature, ...]:
    return tuple(Signature(subject, digest, person, role, at) for person in people)


def subject(kind: str, name: str, version: str = "v1", **fields: Any) -> Subject:
    return Subject(kind, name, version, HOME.get(kind, "model"), **fields)


def criterion(key: str, **fields: Any) -> Criterion:
    plain: dict[str, Any] = {
        "name": key.replace("_", " ").capitalize(), "family": "ml", "metric": key, "unit": "share",
        "direction": "at_least", "threshold": 0.9,
    }  # fmt: skip
    return Criterion(key=key, **{**plain, **fields})


def proportion(criterion: str, successes: int, trials: int, **fields: Any) -> Proportion:
    return Proportion.of(successes=successes, trials=trials, **{**_common(criterion, "share"), **fields})


def mean(criterion: str, n: int, mean: float, m2: float, **fields: Any) -> Mean:
    return Mean.of(n=n, mean=mean, m2=m2, **{**_common(criterion, "USD"), **fields})


def report(kind: type[E], **fields: Any) -> E:
    plain = _common(None, "")
    plain["estimand"] = kind.__name__
    return kind.model_validate({**plain, **fields})


def _common(criterion: str | None, unit: str) -> dict[str, Any]:
    return {
        "criterion": criterion, "estimand": criterion or "a report", "setting": Setting.OFFLINE, "unit": unit,
        "producer": Producer(name="test"), "at": NOW,
    }  # fmt: skip


def state(
    *,
    evidence: Iterable[Evidence] = (),
    documents: Iterable[Document | Written] = (),
    criteria: Iterable[Criterion] = (),
    subjects: Iterable[Subject] = (),
    plans: Iterable[PhasePlan] = (),
    **overrides: Any,
) -> ProjectState:
    """A project with these things in it; the newest record of a topic comes first, as the state asks."""
    by_topic: dict[str, list[Stored]] = {}
    for record in sorted(evidence, key=lambda e: e.at, reverse=True):
        by_topic.setdefault(record.topic, []).append(stored(record))
    by_kind: dict[str, list[Written]] = {}
    for found in documents:
        entry = found if isinstance(found, Written) else written(found)
        by_kind.setdefault(entry.document.kind, []).append(entry)
    fields: dict[str, Any] = {
        "slug": "forms", "name": "Forms", "now": NOW, "created_at": day(-100),
        "evidence": {topic: tuple(records) for topic, records in by_topic.items()},
        "documents": {kind: tuple(entries) for kind, entries in by_kind.items()},
        "criteria": {c.key: c for c in criteria},
        "subjects": {s.key: s for s in subjects},
        "plans": {p.phase: p for p in plans},
    }  # fmt: skip
    return ProjectState(**{**fields, **overrides})
