"""The list of opportunities on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest

from sextant.errors import Conflict
from sextant.problem.opportunities import read_weights
from sextant_server.problem import opportunity_actions as actions
from sextant_server.problem import queries
from tests.server.world import LOCAL

FORMS = {"title": "Read forms", "value": 5, "feasibility": 4, "data": 4, "risk": 2}


def test_the_list_is_stored_on_both_databases(both_databases: str) -> None:
    [forms, _] = actions.put_opportunities(LOCAL, [FORMS, {"title": "Sort mail"}])
    with pytest.raises(Conflict):
        actions.put_opportunities(LOCAL, [{"key": "read-forms", "lead": "Ann", "seen": "0" * 16}])
    project = actions.open_opportunity(LOCAL, forms, slug="forms", name="Forms")
    actions.put_weights(LOCAL, read_weights({"value": 1, "feasibility": 1, "data": 0, "risk": 0}))
    [forms, mail] = queries.opportunities()
    assert (forms.project, mail.position, queries.weights().data) == (project, 2, 0)
