"""What can come between a worker and its job.

Conflict
├── LeaseLost     another worker holds the job now, or it is gone: write nothing more
└── Cancelled     somebody stopped the job: write nothing more
HandedBack        no error: the worker is being stopped, and the job goes back to be taken by another
"""

from __future__ import annotations

from sextant.errors import Conflict


class LeaseLost(Conflict):
    """Another worker holds this job now."""


class Cancelled(Conflict):
    """The job was cancelled."""


class HandedBack(Exception):
    """The worker is being stopped: the job goes back with its checkpoint and is taken up by another."""
