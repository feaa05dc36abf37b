"""What every test of the server may use."""

from __future__ import annotations

from tests.databases import _server_is_left_clean, both_databases, database_url

__all__ = ["_server_is_left_clean", "both_databases", "database_url"]
