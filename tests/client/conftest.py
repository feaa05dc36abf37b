"""One project, over both transports: inside this process, and over a network to a real server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sextant_client import Client, Project, connect
from tests.serving import Server, server

__all__ = ["server"]


@pytest.fixture(params=[pytest.param("embedded", marks=pytest.mark.django_db), "server"])
def client(request: pytest.FixtureRequest) -> Iterator[Client]:
    """A client that may see the project `forms`, over each transport."""
    if request.param == "embedded":
        with connect() as opened:
            opened.create_project("forms", "Forms")
            yield opened
        return
    running: Server = request.getfixturevalue("server")
    _, token = running.project()
    with connect(running.url, token) as opened:
        yield opened


@pytest.fixture
def project(client: Client) -> Project:
    """An empty project: the only one that the client sees."""
    [info] = client.projects()
    return client.project(info.slug)
