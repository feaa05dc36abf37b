"""A project as code: `sextant.yaml`.

model      what the file may say: project, criteria, datasets, predictions
check      what all checks have
checks     the checks that it may ask for, one class a kind
data_checks   those of what data is like
fields     kinds of fields that both share
schema     the same as JSON Schema, for editors
load       text to `Config`, every fault with line and column; writing a new file
edit       changing a file in place, comments and order kept
sync       what file and site both say, brought together
guess      a proposal for a folder that has no file yet
"""

from __future__ import annotations

from sextant.config.check import Check
from sextant.config.checks import CHECKS, AnyCheck
from sextant.config.edit import Settings, change_criteria, change_settings
from sextant.config.guess import Guess, Proposal, guess
from sextant.config.load import Loaded, Mark, load, loads, write
from sextant.config.model import Config, Dataset, Predictions, Project
from sextant.config.schema import json_schema, schema_text
from sextant.config.sync import PROJECT, Change, Reconciliation, Row, reconcile

__all__ = [
    "CHECKS",
    "PROJECT",
    "AnyCheck",
    "Change",
    "Check",
    "Config",
    "Dataset",
    "Guess",
    "Loaded",
    "Mark",
    "Predictions",
    "Project",
    "Proposal",
    "Reconciliation",
    "Row",
    "Settings",
    "change_criteria",
    "change_settings",
    "guess",
    "json_schema",
    "load",
    "loads",
    "reconcile",
    "schema_text",
    "write",
]
