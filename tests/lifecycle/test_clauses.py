"""What the checks share: which clause speaks, whose signature counts, which record may not decide, what is
due."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sextant.criteria import Origin
from sextant.evidence import Count, Declared, Soundness
from sextant.lifecycle.checks.clauses import (
    Clause,
    decide,
    faults,
    last_due,
    listed,
    met,
    missing,
    of_criterion,
    signed_by,
    unmet,
)
from sextant.lifecycle.gates import Action
from sextant.lifecycle.state import Signature
from sextant.problem.documents import Stakeholder
from sextant.verdicts import Status, Waiver, worst
from tests.lifecycle.factory import (
    DATA,
    MODEL,
    criterion,
    day,
    on,
    proportion,
    report,
    signed,
    state,
    stored,
    subject,
)

HELD = met("Held.", ["e1"], ["c1"])
LACKS = missing("Lacks.", "Add it", "document:roi")
FAILS = unmet("Fails.", "Mend it", "grid:risks")


def test_the_worst_clause_decides_speaks_first_and_names_the_action() -> None:
    found = decide([HELD, LACKS, FAILS])
    assert (found.status, found.reason) == (Status.UNMET, "Fails. Lacks.")
    assert found.action == Action("Mend it", "grid:risks")
    assert (found.evidence, found.criteria) == (("e1",), ("c1",))


def test_two_sentences_are_said_and_the_rest_counted() -> None:
    assert decide([LACKS, FAILS, LACKS, HELD]).reason == "Fails. Lacks. (1 more.)"
    assert decide([met("One."), met("Two."), met("Three.")]).reason == "One. Two."


def test_nothing_at_all_is_missing() -> None:
    assert decide([]).status is Status.MISSING
    assert decide([]).reason == "There is nothing to be judged."


@given(st.lists(st.sampled_from(Status), min_size=1, max_size=6))
def test_the_status_is_the_worst_and_its_clause_speaks_first(statuses: list[Status]) -> None:
    found = decide([Clause(s, f"{s.name}.") for s in statuses])
    assert found.status is worst(statuses)
    if not found.status.passes:
        assert found.reason.startswith(f"{found.status.name}.")


def test_a_criterion_is_a_clause_with_its_verdict() -> None:
    target = criterion("accuracy", threshold=0.9)
    good = of_criterion(state(criteria=[target], evidence=[proportion("accuracy", 990, 1000)]), target)
    assert good.status is Status.MET and good.action is None and good.evidence
    bad = of_criterion(state(criteria=[target], evidence=[proportion("accuracy", 500, 1000)]), target)
    assert bad.status is Status.UNMET and bad.action == Action("Open Accuracy", "criterion:accuracy")
    nothing = of_criterion(state(criteria=[target]), target)
    assert nothing.action == Action("Measure Accuracy", "criterion:accuracy")
    waived = state(criteria=[target], waivers={"accuracy": Waiver("Dana", "pilot", on(9))})
    assert of_criterion(waived, target).status is Status.WAIVED


def test_a_record_that_is_invented_declared_unsound_or_stale_may_not_decide() -> None:
    real = report(Count, unit="rows", value=1, data=DATA, model=MODEL)
    assert faults(state(), stored(real)) is None
    invented = stored(real.model_copy(update={"origin": Origin.SIMULATED}))
    found = faults(state(), invented)
    assert found and found.status is Status.MISSING and "it is simulated" in found.said
    assert faults(state(simulated=True), invented) is None
    declared = stored(report(Declared, unit="rows", value=1, source="wiki", source_date=on(0)))
    found = faults(state(), declared)
    assert found and "it was declared" in found.said
    unsound = stored(real.model_copy(update={"soundness": (Soundness(rule="no_leakage", holds=False),)}))
    found = faults(state(), unsound)
    assert found and "no test row is in the training data" in found.said
    at = state(subjects=[subject("dataset", "test", "v2")])
    found = faults(at, stored(real))
    assert found and found.status is Status.STALE and "dataset test is now v2" in found.said
    assert faults(at, stored(real), ignoring=DATA) is None


PEOPLE = [Stakeholder(name="Dana Reyes", email="dana@example.org"), Stakeholder(name="Ivo Lang")]


def test_each_person_must_have_signed_this_version_under_name_or_address() -> None:
    both = signed("brief", "d1", "DANA@example.org ", "ivo lang")
    assert signed_by(state(signatures=both), "brief", "d1", PEOPLE, "brief").status is Status.MET
    assert signed_by(state(signatures=both), "goals", "d1", PEOPLE, "goals").status is Status.MISSING
    assert signed_by(state(signatures=both), "brief", "d2", PEOPLE, "brief").status is Status.STALE
    # Who signed the new version too has nothing left to do.
    half = (*both, *signed("brief", "d2", "Ivo Lang"))
    found = signed_by(state(signatures=half), "brief", "d2", PEOPLE, "brief")
    assert found.status is Status.STALE and "since Dana Reyes signed; 1 of 2" in found.said
    assert found.action == Action("Ask Dana Reyes to sign", "sign:brief")


@pytest.mark.parametrize(("words", "said"), [([], ""), (["a"], "a"), (["a", "b", "c"], "a, b and c")])
def test_words_are_listed_as_in_a_sentence(words: list[str], said: str) -> None:
    assert listed(words) == said


@given(offset=st.integers(-400, 400), cadence=st.integers(1, 90))
def test_what_was_due_last_is_a_whole_number_of_cadences_after_the_first(offset: int, cadence: int) -> None:
    first = date(2026, 1, 5)
    until = first + timedelta(days=offset)
    due = last_due(first, cadence, until)
    if offset < 0:
        assert due is None
    else:
        assert due is not None and (due - first).days % cadence == 0
        assert due <= until < due + timedelta(days=cadence)


def test_a_signature_says_when() -> None:
    # A signature on another version, though later, is not the one that counts.
    both = (*signed("brief", "d", "Ivo Lang"), Signature("brief", "other", "Ivo Lang", "", day(3)))
    found = signed_by(state(signatures=both), "brief", "d", PEOPLE[1:], "brief")
    assert f"the last on {day(0).date()}" in found.said
