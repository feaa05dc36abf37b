"""Whatever part of a project is there, every item of the first three phases gives an answer that a person
can use."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sextant.lifecycle.checks import data, model, problem
from sextant.lifecycle.goals import goals_digest
from sextant.lifecycle.state import ProjectState
from sextant.verdicts import Status
from tests.lifecycle import test_checks_data as d
from tests.lifecycle import test_checks_model as m
from tests.lifecycle import test_checks_problem as p
from tests.lifecycle.factory import mean, proportion, signed, state, subject, written

CHECKS = {**problem.CHECKS, **data.CHECKS, **model.CHECKS}

DOCUMENTS: list[Any] = [
    p.WS, p.TALK, p.TREE, p.RETURN, p.FEASIBLE, *p.PEOPLE, p.BRIEF,
    *d.ASKED.values(), *d.sources(d.ARCHIVE, d.USERS), d.PLAN, written(d.DIGIT, "digit"), written(d.FLOW, "test"),
    d.TAKEN, d.LATER,
    m.ASKED, *(written(r, k) for k, r in m.MEANS.items()), m.WEEKLY, written(m.HELD, "c0"),
    *(written(o, k) for k, o in m.OPTIONS.items()), m.CHOICE,
]  # fmt: skip
CRITERIA = [p.POSTS, p.USE, p.ACCURACY, d.ROWS, d.COST, *m.TARGETS[1:]]
EVIDENCE = [
    m.ENOUGH, *m.NUMBERS, d.calibration(196, 4), d.fresh(), d.quality(d.GAPS, d.TWINS, scheduled=True),
    mean("label_cost", 100, 0.15, 1), proportion("accuracy", 99, 100),
]  # fmt: skip
SIGNATURES = [
    *signed("goals", goals_digest(state(criteria=CRITERIA, plans=[p.PLAN])), "Dana Reyes", "Ivo Lang"),
    *signed("brief", p.BRIEF.material_digest(), "Dana Reyes", "Ivo Lang"),
    *signed("model_requirements", m.ASKED.material_digest(), "Ivo Lang"),
]


def project(
    documents: list[Any], criteria: list[Any], evidence: list[Any], signatures: list[Any]
) -> ProjectState:
    return state(
        documents=documents, criteria=criteria, evidence=evidence, signatures=tuple(signatures), risks=(p.RISK,),
        plans=[p.PLAN], subjects=[subject("dataset", "test")], decisions=d.PASSED,
    )  # fmt: skip


@pytest.mark.parametrize("item", CHECKS)
def test_with_all_of_it_every_item_is_met(item: str) -> None:
    finding = CHECKS[item](project(DOCUMENTS, CRITERIA, EVIDENCE, SIGNATURES))
    assert finding.status is Status.MET, finding.reason


def parts(of: list[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.booleans(), min_size=len(of), max_size=len(of)).map(
        lambda kept: [part for part, keep in zip(of, kept, strict=True) if keep]
    )


@settings(max_examples=60)
@given(parts(DOCUMENTS), parts(CRITERIA), parts(EVIDENCE), parts(SIGNATURES))
def test_with_any_part_of_it_every_item_gives_an_answer(
    documents: list[Any], criteria: list[Any], evidence: list[Any], signatures: list[Any]
) -> None:
    at = project(documents, criteria, evidence, signatures)
    for check in CHECKS.values():
        finding = check(at)
        assert finding.reason.endswith((".", ".)"))
        assert finding.status.passes or (
            finding.action and finding.action.label and ":" in finding.action.target
        )
        assert set(finding.criteria) <= at.criteria.keys()
