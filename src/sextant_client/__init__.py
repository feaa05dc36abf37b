"""The one client: a folder's own database or a server, with exactly the same methods on both.

The map, in reading order:

    client        `connect`, and what a client can do
    project       one project: everything that can be read from it and done in it
    deciding      whether to build it, as a part of a project
    runs          runs of training, as a part of a project
    people        who signs by a link, comments and reviews, as a part of a project
    answers       what comes back where the library has no type for it
    connection    requests, retries, and problems as errors
    embedded      the server inside this process, on a folder's database

>>> import sextant_client
>>> sorted(sextant_client.__all__)
['Client', 'Project', 'connect', 'log_run']
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sextant_client.client import Client, connect
    from sextant_client.project import Project
    from sextant_client.runs import log_run

_HOMES = {"Client": "client", "connect": "client", "Project": "project", "log_run": "runs"}

__all__ = ["Client", "Project", "connect", "log_run"]


def __getattr__(name: str) -> object:
    # Loaded on first use: the command line imports this package before it knows that it will connect.
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"sextant_client.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'sextant_client' has no attribute {name!r}")
