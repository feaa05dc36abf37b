"""What rests on what, and what has changed under it.

A *subject* is a thing with versions that evidence may rest on: a model, a dataset, a prompt, a guideline. Evidence
names the exact versions that it was taken on. It grows stale when one of them is no longer the present one, when a
subject was re-opened (somebody went back to its phase), or when drift was found in it; never for another reason. So
a pinned test set stays valid when new rows arrive elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sextant.criteria import Phase
from sextant.evidence import Version

#: Where a subject belongs, by its kind, if it does not say: going back to the phase re-opens it.
HOME: dict[str, Phase] = {
    "dataset": "data", "guideline": "data", "labels": "data", "pipeline": "data",
    "model": "model", "prompt": "model", "code": "model",
    "judge": "evaluation",
    "flag": "deployment", "deployment": "deployment",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Subject:
    """A thing with versions. `depends` are the versions that its present version was made from; `reopened` says why
    it is under work again; `drifted` says what drift was found in it."""

    kind: str
    name: str
    version: str
    phase: str
    depends: tuple[Version, ...] = ()
    reopened: str = ""
    drifted: str = ""

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.name}"


def stale_reasons(rests_on: Iterable[Version], subjects: Mapping[str, Subject]) -> tuple[str, ...]:
    """Why something that rests on these versions is stale, the nearest cause first; empty if it is not.

    Follows what a subject itself was made from. A version of a subject that nobody declared is taken at its word.

    >>> now = {"dataset:test": Subject("dataset", "test", "v2", "data")}
    >>> stale_reasons([Version.parse("dataset:test@v1")], now)
    ('dataset test is now v2, and it was taken on v1',)
    """
    reasons: list[str] = []
    seen: set[str] = set()
    waiting = list(rests_on)
    while waiting:
        version = waiting.pop(0)
        subject = subjects.get(version.subject)
        if subject is None or str(version) in seen:
            continue
        seen.add(str(version))
        if subject.version != version.version:
            reasons.append(
                f"{version.kind} {version.name} is now {subject.version}, and it was taken on {version.version}"
            )
            continue
        if subject.reopened:
            reasons.append(f"{version.kind} {version.name} is being worked on again: {subject.reopened}")
        if subject.drifted:
            reasons.append(f"{version.kind} {version.name} has drifted: {subject.drifted}")
        waiting.extend(subject.depends)
    return tuple(dict.fromkeys(reasons))
