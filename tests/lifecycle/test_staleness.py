"""Evidence grows stale along what it declares to rest on, and along nothing else."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from sextant.criteria import Criterion, Setting
from sextant.evidence import Proportion, Version, about
from sextant.lifecycle.reruns import reruns, would_go_stale
from sextant.lifecycle.staleness import Subject, stale_reasons
from sextant.lifecycle.state import ProjectState, Stored

TEST, TRAIN = Version.parse("dataset:test@v1"), Version.parse("dataset:train@v1")
MODEL = Version.parse("model:reader@m1")


def subjects(**changes: dict[str, object]) -> dict[str, Subject]:
    """A test set, a training set, and a model that was made from the training set."""
    usual = {
        "test": Subject("dataset", "test", "v1", "data"),
        "train": Subject("dataset", "train", "v1", "data"),
        "reader": Subject("model", "reader", "m1", "model", depends=(TRAIN,)),
    }
    from dataclasses import replace

    return {s.key: replace(s, **changes.get(name, {})) for name, s in usual.items()}


def test_nothing_changed_nothing_stale() -> None:
    assert stale_reasons([TEST, MODEL], subjects()) == ()


def test_a_new_version_makes_what_rests_on_the_old_one_stale() -> None:
    [reason] = stale_reasons([TEST], subjects(test={"version": "v2"}))
    assert "v2" in reason and "v1" in reason


def test_a_pinned_test_set_stays_valid_when_rows_arrive_elsewhere() -> None:
    assert stale_reasons([TEST], subjects(train={"version": "v2"})) == ()


def test_what_a_model_was_made_from_counts_too() -> None:
    [reason] = stale_reasons([TEST, MODEL], subjects(train={"version": "v2"}))
    assert "train" in reason


def test_going_back_and_drift_say_so() -> None:
    assert "faded ink" in stale_reasons([TEST], subjects(test={"reopened": "faded ink is missing"}))[0]
    assert "drifted" in stale_reasons([TEST], subjects(test={"drifted": "stroke width"}))[0]


def test_what_nobody_declared_is_taken_at_its_word() -> None:
    assert stale_reasons([Version.parse("prompt:draft@p7")], subjects()) == ()


def test_circles_end() -> None:
    a = Subject("model", "a", "1", "model", depends=(Version.parse("model:b@1"),))
    b = Subject("model", "b", "1", "model", depends=(Version.parse("model:a@1"),), reopened="again")
    assert stale_reasons([Version.parse("model:a@1")], {a.key: a, b.key: b}) == (
        "model b is being worked on again: again",
    )


@given(st.sets(st.sampled_from(["test", "train", "reader"])))
def test_staleness_grows_with_what_changed_and_only_along_declared_lines(changed: set[str]) -> None:
    now = subjects(**{name: {"version": "new"} for name in changed})
    assert bool(stale_reasons([TEST], now)) == ("test" in changed)
    assert bool(stale_reasons([MODEL], now)) == bool(changed & {"reader", "train"})


def evidence(version: Version, **producer: object) -> Stored:
    ev = Proportion.of(
        successes=9, trials=10, criterion="accuracy", unit="share", setting="offline", estimand=f"share on {version}",
        data=version, at=datetime(2026, 1, 1, tzinfo=UTC), producer={"name": "check", **producer},
    )  # fmt: skip
    return Stored(ev, ev.digest(), 1)


def test_what_must_be_run_again_says_how_and_what_it_takes() -> None:
    accuracy = Criterion(
        key="accuracy",
        name="A",
        family="ml",
        metric="accuracy",
        unit="share",
        direction="at_least",
        threshold=0.5,
    )
    on_test = evidence(TEST, command="sextant check accuracy", seconds=12.5, cost=3.0, currency="USD")
    nobody_reads = evidence(TRAIN)
    topic = about("accuracy", Setting.OFFLINE, {})

    def state(**changes: dict[str, object]) -> ProjectState:
        return ProjectState(
            slug="p", name="P", now=datetime.now(UTC), subjects=subjects(**changes), criteria={"accuracy": accuracy},
            evidence={topic: (on_test,), "freshness:old": (nobody_reads,)},
        )  # fmt: skip

    assert reruns(state()) == []
    assert [r.estimand for r in would_go_stale(state(), "data")] == ["share on dataset:test@v1"]
    assert would_go_stale(state(), "deployment") == []
    [again] = reruns(state(test={"reopened": "faded ink"}, train={"version": "v2"}))
    assert (again.command, again.seconds, again.cost, again.currency) == (
        "sextant check accuracy",
        12.5,
        3.0,
        "USD",
    )
