"""The checks of a `sextant.yaml`: from tables to evidence, and evidence computed again.

inputs       the tables that a check reads: opened once, joined, with versions and digests
soundness    whether a number counts: held out, not leaked, labels agreed
datasets     the checks of datasets: drift, synthetic rows, a profile's numbers
kinds        what each kind of check computes
drafts       what a check hands over before it is evidence
judging      what a check of a judge computes
runs         which checks can run, and running them
again        computing evidence once more, from its sums and from its rows
"""

from __future__ import annotations

from sextant.lifecycle.measures.again import Recomputed, recompute
from sextant.lifecycle.measures.inputs import Inputs
from sextant.lifecycle.measures.runs import Planned, available, run

__all__ = ["Inputs", "Planned", "Recomputed", "available", "recompute", "run"]
