"""What every test of the server may use."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from sextant_server.projects.models import Project
from tests.databases import _server_is_left_clean, both_databases, database_url
from tests.server.world import account, client, open_project

__all__ = ["_server_is_left_clean", "both_databases", "database_url"]


@pytest.fixture
def ada() -> User:
    """Somebody with an account and a name."""
    return account("ada", first_name="Ada", last_name="Lovelace")


@pytest.fixture
def browser(ada: User) -> Client:
    """Hers."""
    return client(ada)


@pytest.fixture
def project(ada: User) -> Project:
    """A project of hers without anything in it; a file whose projects hold something has a fixture of its own."""
    return open_project(owner=ada)
