"""Sextant: what an ML product must do, what was measured, and whether it holds.

The map, in reading order:

    errors        every error that is raised on purpose
    canonical     one way to write a value down, one digest
    criteria      what must hold
    evidence      what was measured: measurements
    judgements    what a judge said, corrected by how it errs
    model_evidence   measurements of a model's answers: confusion matrices, curves, pairs, gaps
    reports       what was found: reports; and every kind by its name
    acceptance    may it be stored: nothing from the future, no number that its statistics do not give
    verdicts      does it hold, on this evidence, today
    chain         the append-only log: links, anchors, verification
    documents     what people write down: typed, versioned, signed
    revisions     what changed between two versions of it, word by word
    phrases       numbers as a person writes them
    sheets        rows in and out of spreadsheets
    tables        any table as one expression
    typeset       a page as PDF
    config        sextant.yaml
    stats         intervals, agreement, distances, sequential bounds
    problem ... maintenance      the six phases
    log_run       tell of a training run (it is `sextant_client`, found here for notebooks)
    lifecycle     above the phases: gates, checks, iterations, timeline, failure modes
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from sextant.criteria import Criterion, Origin, Setting
    from sextant.data.profile import Profile
    from sextant.data.profiling import profile
    from sextant.evidence import Evidence, Interval, Measurement, Version
    from sextant.reports import read_evidence
    from sextant.verdicts import Status, Verdict, judge

_HOMES = {
    "Criterion": "criteria", "Origin": "criteria", "Setting": "criteria",
    "Evidence": "evidence", "Interval": "evidence", "Measurement": "evidence", "Version": "evidence",
    "Profile": "data.profile", "profile": "data.profiling",
    "read_evidence": "reports",
    "Status": "verdicts", "Verdict": "verdicts", "judge": "verdicts",
}  # fmt: skip

__all__ = [
    "Criterion", "Evidence", "Interval", "Measurement", "Origin", "Profile", "Setting", "Status", "Verdict", "Version",
    "judge", "profile", "read_evidence",
]  # fmt: skip


def __getattr__(name: str) -> object:
    # Loaded on first use: `sextant --help` must not pay for pydantic.
    if name == "log_run":
        # What a notebook says first. The client lies above the library, so it is looked up when it is asked for.
        from importlib import import_module

        return getattr(import_module("sextant_client.runs"), name)
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"sextant.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'sextant' has no attribute {name!r}")
