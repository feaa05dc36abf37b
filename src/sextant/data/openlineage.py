"""OpenLineage events, as version 2-0-2 of its schema has them: read strictly where they mean something here.

What is needed is checked (https://openlineage.io/spec/2-0-2/OpenLineage.json): the time, the run's id, the job's
name, datasets by namespace and name. Facets that nobody here reads are kept as they are; those that are read are
refused when they are malformed.
"""

from __future__ import annotations

import re
import uuid
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
)

from sextant.errors import InvalidInput
from sextant.reports import first_fault

Name = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
EventType = Literal["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"]
T = TypeVar("T", bound=BaseModel)
#: What a run's state is after an event of each type; the last three end it.
STATES = {
    "START": "started", "RUNNING": "running", "OTHER": "other",
    "COMPLETE": "complete", "FAIL": "failed", "ABORT": "aborted",
}  # fmt: skip
ENDED = ("complete", "failed", "aborted")


class _Open(BaseModel):
    """Unknown fields are allowed, as the standard's own objects allow them."""

    model_config = ConfigDict(extra="allow", frozen=True)


class Facet(_Open):
    """Any facet: an object. Its producer and schema are asked for by the standard and not needed here."""


class VersionFacet(Facet):
    datasetVersion: Name


class Statistics(Facet):
    rowCount: int | None = Field(None, ge=0)
    size: int | None = Field(None, ge=0)


class NominalTime(Facet):
    nominalStartTime: AwareDatetime
    nominalEndTime: AwareDatetime | None = None


class Dataset(_Open):
    namespace: Name
    name: Name
    facets: dict[str, Facet] = Field(default_factory=dict)
    inputFacets: dict[str, Facet] = Field(default_factory=dict)
    outputFacets: dict[str, Facet] = Field(default_factory=dict)

    @field_validator("facets")
    @classmethod
    def _version(cls, facets: dict[str, Facet]) -> dict[str, Facet]:
        return _typed(facets, {"version": VersionFacet})

    @field_validator("outputFacets")
    @classmethod
    def _statistics(cls, facets: dict[str, Facet]) -> dict[str, Facet]:
        return _typed(facets, {"outputStatistics": Statistics})

    @property
    def version(self) -> str:
        """The version that the facet names; empty if none does."""
        found = self.facets.get("version")
        return found.datasetVersion if isinstance(found, VersionFacet) else ""

    @property
    def rows(self) -> int | None:
        found = self.outputFacets.get("outputStatistics")
        return found.rowCount if isinstance(found, Statistics) else None


class Run(_Open):
    runId: str
    facets: dict[str, Facet] = Field(default_factory=dict)

    @field_validator("runId")
    @classmethod
    def _uuid(cls, value: str) -> str:
        try:
            return str(uuid.UUID(value))
        except ValueError:
            raise ValueError("it is no UUID") from None

    @field_validator("facets")
    @classmethod
    def _times(cls, facets: dict[str, Facet]) -> dict[str, Facet]:
        return _typed(facets, {"nominalTime": NominalTime})


class Job(_Open):
    namespace: Name
    name: Name
    facets: dict[str, Facet] = Field(default_factory=dict)


class RunEvent(_Open):
    """One word about a run."""

    eventTime: AwareDatetime
    producer: Name
    schemaURL: Name = "https://openlineage.io/spec/2-0-2/OpenLineage.json"
    eventType: EventType = "OTHER"
    run: Run
    job: Job
    inputs: tuple[Dataset, ...] = Field((), max_length=500)
    outputs: tuple[Dataset, ...] = Field((), max_length=500)

    @property
    def state(self) -> str:
        return STATES[self.eventType]


def _typed(facets: dict[str, Facet], known: dict[str, type[Facet]]) -> dict[str, Facet]:
    return {
        name: known[name].model_validate(facet.model_dump()) if name in known else facet
        for name, facet in facets.items()
    }


def read_event(given: Any) -> RunEvent | None:
    """An event about a run; None for one about a job or a dataset by itself, which says nothing of a run.

    >>> event = {"eventTime": "2026-01-02T03:04:05Z", "eventType": "COMPLETE", "producer": "https://example.org",
    ...     "run": {"runId": "0192f2a0-0000-7000-8000-000000000000"}, "job": {"namespace": "etl", "name": "orders"}}
    >>> read_event(event).state
    'complete'
    """
    if not isinstance(given, dict):
        raise InvalidInput("it is no object", where="event", rule="an OpenLineage event is one JSON object")
    if "run" not in given and ("job" in given) != ("dataset" in given):
        _validated(_Described, given)
        return None
    return _validated(RunEvent, given)


class _Described(_Open):
    """A job's or a dataset's description without a run."""

    eventTime: AwareDatetime
    producer: Name
    job: Job | None = None
    dataset: Dataset | None = None


def _validated(kind: type[T], given: Any) -> T:
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        raise InvalidInput(
            first_fault(error),
            where="event",
            rule="as https://openlineage.io/spec/2-0-2/OpenLineage.json has it",
        ) from error


def key_of(name: str) -> str:
    """The key under which a project knows a dataset that OpenLineage calls by a path or a dotted name: its last
    part, in small letters.

    >>> key_of("shop.public.Orders"), key_of("/lake/raw/clicks.parquet"), key_of("people")
    ('orders', 'clicks', 'people')
    """
    last = name.rstrip("/").rsplit("/", 1)[-1]
    if "/" in name:
        last = re.sub(r"\.(parquet|csv|jsonl?|avro|orc|delta|tsv|gz)$", "", re.sub(r"\.gz$", "", last))
    last = last.rsplit(".", 1)[-1]
    return re.sub(r"[^a-z0-9_-]+", "-", last.lower()).strip("-")[:80]
