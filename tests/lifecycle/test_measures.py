"""From a project file and its tables to evidence, and computing that evidence again."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sextant.config import CHECKS, Config, loads
from sextant.criteria import Origin, Setting
from sextant.errors import InvalidInput, Unavailable
from sextant.evidence import (
    Agreement,
    Drift,
    Estimate,
    Evidence,
    Mean,
    Measurement,
    Proportion,
    ProportionDifference,
    Quantile,
    Version,
)
from sextant.lifecycle.measures import Inputs, available, recompute, run
from sextant.reports import (
    DriftRun,
    Experiment,
    Freshness,
    LeakageReport,
    QualityReport,
    Slices,
    read_evidence,
)
from sextant.verdicts import Proof, Status, judge
from tests.lifecycle.test_measures_datasets import CONFIG as DATASETS

NOW = datetime(2026, 11, 23, tzinfo=UTC)

FILE = """\
project: {slug: reader, name: Reader}
criteria:
  - {key: right, name: Right, family: ml, metric: accuracy, unit: share, direction: at_least, threshold: 0.7,
     owner: Ada, requires: [held_out, no_leakage, labels_agreed]}
  - {key: eights, name: Eights, family: ml, metric: recall, unit: "%", direction: at_least, threshold: 50}
  - {key: right-b, name: Right for b, family: fairness, metric: accuracy, unit: share, direction: at_least,
     threshold: 0.5, slice: {writer: b}, level: 0.9, sides: 1}
  - {key: no-worse, name: No worse, family: ml, metric: accuracy, unit: share, direction: at_least,
     threshold: 0.2, role: guardrail}
  - {key: slow, name: Slow, family: system, metric: p95, unit: s, direction: at_most, threshold: 1}
  - {key: usual, name: Usual, family: system, metric: mean, unit: min, direction: at_most, threshold: 50,
     continuous: true}
  - {key: kept, name: Kept, family: product, metric: kept, unit: share, direction: at_least, threshold: 0.1,
     continuous: true}
  - {key: enough, name: Enough, family: data, metric: rows, unit: rows, direction: at_least, threshold: 10}
  - {key: needed, name: Needed, family: data, metric: rows needed, unit: rows, direction: at_most, threshold: 20000}
  - {key: spent, name: Spent, family: cost, metric: sum, unit: ms, direction: at_most, threshold: 5000}
  - {key: agreed, name: Agreed, family: data, metric: alpha, unit: alpha, direction: at_least, threshold: 0.3}
  - {key: gain, name: Gain, family: product, metric: bought, unit: share, direction: at_least, threshold: 0.0}
  - {key: harm, name: Harm, family: product, metric: minutes, unit: min, direction: at_most, threshold: 5,
     role: guardrail}
datasets:
  train: {path: train.csv, role: train, key: id, target: digit, groups: [writer]}
  test: {path: test.csv, role: test, key: id, target: digit, groups: [writer], time: at, cadence_days: 7, version: v1}
  ratings: {path: ratings.csv}
  users: {path: users.csv, key: user, time: at, origin: simulated}
  trials: {path: trials.csv}
predictions:
  m2: {path: m2.csv, dataset: test, train: train, model: reader@m2, prediction: said, key: id}
  m1: {path: m1.csv, dataset: test, train: train, model: reader@m1, prediction: said, key: id,
       depends: [prompt:system@v3]}
checks:
  - {check: evaluation, criterion: right, predictions: m2, metric: accuracy, labels_agreed_by: agreed}
  - {check: evaluation, criterion: eights, predictions: m2, metric: recall, positive: 8}
  - {check: evaluation, criterion: right-b, predictions: m1, metric: accuracy}
  - {check: evaluation, criterion: no-worse, predictions: m2, metric: accuracy, against: m1}
  - {check: quantile, criterion: slow, table: m2, column: ms, q: 0.95, unit: ms}
  - {check: mean, criterion: usual, table: users, column: minutes, where: {minutes: {below: 1000}}}
  - {check: mean, criterion: kept, table: m2, column: kept}
  - {check: rows, criterion: enough, table: test, where: {writer: [a, b]}}
  - {check: total, criterion: spent, table: m2, column: ms}
  - {check: quality, dataset: train, scheduled: true}
  - {check: freshness, dataset: test}
  - {check: leakage, dataset: test, train: train}
  - {check: slices, predictions: m2}
  - {check: drift, reference: train, current: test, threshold: 0.1, model: reader@m2, cadence_days: 7,
     columns: [x, ink]}
  - {check: agreement, dataset: ratings, criterion: agreed, item: item, labeler: who, label: label,
     guideline: digits@v1}
  - {check: learning_curve, dataset: trials, criterion: needed, reaches: right, rows: n, score: right}
  - {check: experiment, name: trial, dataset: users, arm: arm, candidate: new, control: old, primary: gain,
     outcomes: [{criterion: gain, column: bought}, {criterion: harm, column: minutes}], planned_per_arm: 100,
     planned_days: 14, model: reader@m2}
"""


def write_tables(root: Path) -> None:
    """Forty test rows: m2 reads all but each tenth right, m1 all but each fourth; writers a and b in turn."""

    def put(name: str, header: str, rows: Iterator[tuple[Any, ...]]) -> None:
        lines = [header, *(",".join(str(v) for v in row) for row in rows)]
        (root / name).write_text("\n".join(lines) + "\n")

    put(
        "train.csv",
        "id,digit,writer,x,ink",
        ((i, i % 10, "ab"[i % 2], i * 1.5, "dark") for i in range(1000, 1200)),
    )
    put("test.csv", "id,digit,writer,x,ink,at", (
        (i, i % 10, "ab"[i % 2], i * 1.5, "dark" if i % 3 else "faded", f"2026-11-{1 + i % 20:02d}T10:00:00Z") for i in range(40)
    ))  # fmt: skip
    put(
        "m2.csv",
        "id,said,ms,kept",
        ((i, i % 10 if i % 10 else 9, i + 1, str(i % 2 == 0).lower()) for i in range(40)),
    )
    put("m1.csv", "id,said", ((i, i % 10 if i % 4 else 9 - i % 10) for i in range(40)))
    put(
        "ratings.csv",
        "item,who,label",
        ((i, who, i % 3 if who == "a" or i % 10 else 2 - i % 3) for i in range(60) for who in "ab"),
    )
    # 0.9 - 2 n^-1/2, but for a thousandth: 0.7 needs (2 / 0.2)^2 = 100 rows.
    put("trials.csv", "n,right", (
        (n, round(0.9 - 2 * n**-0.5 + e / 1000, 4)) for n in (25, 50, 100, 200, 400) for e in (-1, 1)
    ))  # fmt: skip
    put("users.csv", "user,arm,bought,minutes,at", (
        (u, "new" if u % 2 else "old", str(u % 4 < 2 + u % 2).lower(), u % 7, f"2026-10-{1 + u % 20:02d}") for u in range(400)
    ))  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    write_tables(folder)
    return folder


@pytest.fixture(scope="module")
def config() -> Config:
    return loads(FILE).config


@pytest.fixture(scope="module")
def found(root: Path, config: Config) -> dict[str, list[Evidence]]:
    """Everything that the file's checks find, by the check's name."""
    with Inputs(config, root) as inputs:
        return {c.id: run(config, c, root, now=NOW, code="git:abc", inputs=inputs) for c in config.checks}


def one(found: dict[str, list[Evidence]], name: str) -> Any:
    (evidence,) = found[name]
    return evidence


def ids(path: str = "") -> list[str]:
    return [c.id for c in loads(FILE).config.checks]


# --- what each check finds


def test_every_kind_of_check_is_tried(config: Config) -> None:
    # That of a judge is tried in test_judging, that of fairness in test_model_checks.
    tried = [*config.checks, *loads(DATASETS).config.checks]
    assert {c.check for c in tried} == CHECKS.keys() - {"judge", "fairness"}


def test_what_all_evidence_carries(found: dict[str, list[Evidence]], config: Config) -> None:
    for name, listed in found.items():
        assert listed
        for evidence in listed:
            assert evidence.at == NOW and evidence.code == "git:abc"
            assert (evidence.producer.name, evidence.producer.command) == ("sextant", f"sextant check {name}")
            assert evidence.producer.seconds is not None and evidence.producer.seconds >= 0
            assert evidence.recipe is not None and evidence.data is not None
            if evidence.criterion:
                criterion = config.criterion(evidence.criterion)
                assert (
                    evidence.measure_digest == criterion.measure_digest and evidence.slice == criterion.slice
                )
            again = read_evidence(json.loads(json.dumps(evidence.plain())))
            assert again == evidence and again.digest() == evidence.digest()
            # Who answers for a target is a person's name, perhaps.
            assert "Ada" not in json.dumps(evidence.plain())


def test_accuracy(found: dict[str, list[Evidence]]) -> None:
    evidence = one(found, "right")
    assert isinstance(evidence, Proportion)
    assert (evidence.successes, evidence.trials, evidence.setting) == (36, 40, Setting.OFFLINE)
    assert evidence.model == Version.parse("model:reader@m2")
    assert evidence.data == Version.parse("dataset:test@v1")
    assert evidence.estimand == "share of rows answered right, model reader m2 on test"
    assert {s.rule: s.holds for s in evidence.soundness} == {
        "whole_test_set": True, "held_out": True, "no_leakage": True, "labels_agreed": True,
    }  # fmt: skip
    assert evidence.period_start == datetime(2026, 11, 1, 10, tzinfo=UTC)
    assert evidence.period_end == datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_it_judges_its_target(found: dict[str, list[Evidence]], config: Config) -> None:
    evidence = one(found, "right")
    verdict = judge(config.criterion("right"), [Proof(evidence, evidence.digest())], now=NOW)
    assert verdict.status is Status.MET
    # Recall of eights: 4 of 4, as a share; the target is in per cent.
    eights = one(found, "eights")
    assert (eights.successes, eights.trials, eights.unit) == (4, 4, "share")
    verdict = judge(config.criterion("eights"), [Proof(eights, eights.digest())], now=NOW)
    assert verdict.value == 100 and verdict.status is Status.MET


def test_a_slice_is_a_filter_and_the_level_is_the_targets(found: dict[str, list[Evidence]]) -> None:
    evidence = one(found, "right-b")
    # Writer b has the odd rows, and m1 errs on each fourth.
    assert (evidence.successes, evidence.trials, evidence.slice) == (20, 20, {"writer": "b"})
    assert (evidence.interval.level, evidence.interval.sides) == (0.9, 1)
    assert Version.parse("prompt:system@v3") in evidence.rests_on


def test_a_difference_of_two_models(found: dict[str, list[Evidence]]) -> None:
    evidence = one(found, "no-worse")
    assert isinstance(evidence, ProportionDifference)
    assert (evidence.successes, evidence.control_successes) == (36, 30)
    sound = {s.rule: s for s in evidence.soundness}
    # Both wrong: rows 0 and 20; only m2 wrong: 10, 30; only m1 wrong: 4, 8, 12, ..., without 0 and 20.
    assert sound["errors_not_opposed"].detail == "both right 28, only one of them 8 and 2, neither 2"
    assert sound["errors_not_opposed"].holds
    # Else every new version of the model in use would make the comparison stale.
    assert Version.parse("model:reader@m1") not in evidence.rests_on


def test_numbers_of_a_column(found: dict[str, list[Evidence]], config: Config) -> None:
    slow = one(found, "slow")
    assert isinstance(slow, Quantile) and (slow.value, slow.unit, slow.n) == (38, "ms", 40)
    verdict = judge(config.criterion("slow"), [Proof(slow, slow.digest())], now=NOW)
    assert verdict.value == 0.038
    usual = one(found, "usual")
    # 57 weeks of 0, 1, ..., 6 and one 0 more: 57 * 21 / 400, and 57 * 91 less 400 times that squared.
    assert (
        isinstance(usual, Mean)
        and usual.value == pytest.approx(2.9925)
        and usual.m2 == pytest.approx(1604.9775)
    )
    assert usual.origin is Origin.SIMULATED
    kept = one(found, "kept")
    assert isinstance(kept, Proportion) and (kept.successes, kept.trials) == (20, 40)
    for watched in (usual, kept):
        assert watched.interval.continuous and "confidence_sequence" in watched.interval.method
    assert (one(found, "enough").value, one(found, "enough").interval) == (40, None)
    assert one(found, "spent").value == 820


def test_reports(found: dict[str, list[Evidence]]) -> None:
    quality = one(found, "quality-train")
    assert isinstance(quality, QualityReport) and (quality.rows, quality.columns, quality.scheduled) == (
        200,
        5,
        True,
    )
    assert {f.key for f in quality.findings} == {"constant-ink", "rare-class-digit"}
    assert quality.data.version == quality.recipe.inputs["train.csv"][:12]
    fresh = one(found, "freshness-test")
    assert isinstance(fresh, Freshness) and fresh.last_refreshed_at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    leak = one(found, "leakage-test")
    assert isinstance(leak, LeakageReport) and (leak.test_rows, leak.shared_rows, leak.train.name) == (
        40,
        0,
        "train",
    )
    assert leak.note == "Compared by 2 columns."
    by_writer = one(found, "slices-m2")
    assert isinstance(by_writer, Slices)
    assert [(r.slice, r.successes, r.trials) for r in by_writer.rows] == [
        ({"writer": "a"}, 16, 20),
        ({"writer": "b"}, 20, 20),
    ]


def test_drift(found: dict[str, list[Evidence]]) -> None:
    x, ink, ran = found["drift-test"]
    assert isinstance(x, Drift) and isinstance(ink, Drift) and isinstance(ran, DriftRun)
    # All test values of x lie below all training values.
    assert x.value == pytest.approx(0.9, abs=0.05) and sum(x.current_counts) == 40
    assert (ink.reference_counts, ink.current_counts, ink.edges) == ((200, 0, 0), (26, 14, 0), ())
    assert ran.drifted == ("x", "ink") and ran.next_due == NOW + timedelta(days=7)
    assert str(ran.model) == "model:reader@m2" and str(ran.subject) == "dataset:test@v1"
    assert (x.topic, ran.topic) == ("drift:train:x", "drift_run:data")


def test_agreement(found: dict[str, list[Evidence]]) -> None:
    evidence = one(found, "agreed")
    assert isinstance(evidence, Agreement)
    # Each tenth of 60 items is read differently, but where 2 - i is i, which is every third of those.
    assert sum(m for p, m in zip(evidence.patterns, evidence.multiplicity, strict=True) if max(p) == 1) == 4
    assert Version.parse("guideline:digits@v1") in evidence.rests_on
    assert evidence.estimand == "agreement of 2 labelers on 60 items of ratings, beyond chance"


def test_an_experiment(found: dict[str, list[Evidence]]) -> None:
    gain, harm, trial = found["trial"]
    assert isinstance(gain, ProportionDifference) and isinstance(trial, Experiment)
    # New: users 1, 3, 5, ...; all of them have u % 4 < 3 but each second; old: half of them.
    assert (gain.trials, gain.control_trials, gain.successes, gain.control_successes) == (200, 200, 100, 100)
    assert gain.setting is Setting.EXPERIMENT and gain.origin is Origin.SIMULATED
    assert (trial.name, trial.arms, trial.shares) == (
        "trial",
        {"new": 200, "old": 200},
        {"new": 0.5, "old": 0.5},
    )
    assert trial.sample_ratio_p == 1 and trial.concluded
    assert trial.started_at == datetime(2026, 10, 1, tzinfo=UTC) and trial.ended_at == datetime(
        2026, 10, 20, tzinfo=UTC
    )
    # The effect is exactly nothing, so its range holds the bar.
    assert trial.rule_says == "iterate" and "gain is not enough evidence" in trial.why
    assert harm.criterion == "harm" and trial.model == Version.parse("model:reader@m2")


def test_an_experiment_keeps_running_until_its_plan_is_fulfilled(root: Path, config: Config) -> None:
    spec = next(c for c in config.checks if c.check == "experiment")
    for change, said in (
        ({"planned_per_arm": 300}, "the smaller arm has 200 of 300 planned"),
        ({"planned_days": 30}, "it has run 19 of 30 planned days"),
    ):
        trial = run(config, spec.model_copy(update=change), root, now=NOW)[-1]
        assert isinstance(trial, Experiment)
        assert (trial.rule_says, trial.concluded) == ("keep_running", False)
        assert said in trial.why


def test_the_design_that_was_signed_is_named(root: Path, config: Config) -> None:
    spec = next(c for c in config.checks if c.check == "experiment")
    signed = "ab" * 32
    own, given = (
        run(config, s, root, now=NOW)[-1] for s in (spec, spec.model_copy(update={"design": signed}))
    )
    assert isinstance(own, Experiment) and isinstance(given, Experiment)
    assert given.design_digest == signed != own.design_digest
    # Another plan is another design.
    other = run(config, spec.model_copy(update={"planned_days": 15}), root, now=NOW)[-1]
    assert isinstance(other, Experiment) and other.design_digest != own.design_digest


# --- computing it again


@pytest.mark.parametrize("name", ids())
def test_it_comes_out_again(found: dict[str, list[Evidence]], root: Path, name: str) -> None:
    for evidence in found[name]:
        again = recompute(evidence, root)
        assert again.equal and again.from_rows and not again.differences, again
        # A curve through runs has no sums: it is fitted again to the rows.
        sums = isinstance(evidence, Measurement | Slices | Experiment) and not isinstance(evidence, Estimate)
        assert again.from_statistics is (True if sums else None)


@pytest.mark.parametrize(
    "name", ["right", "usual", "slow", "no-worse", "trial", "slices-m2", "quality-train"]
)
def test_a_number_that_was_changed_is_found(found: dict[str, list[Evidence]], root: Path, name: str) -> None:
    evidence = found[name][0]
    if isinstance(evidence, Proportion | ProportionDifference):
        forged = evidence.model_copy(update={"value": evidence.value + 0.001})
    elif isinstance(evidence, Quantile):
        forged = evidence.model_copy(update={"ranks": {**evidence.ranks, 38: 39.0}})
    elif isinstance(evidence, Mean):
        forged = evidence.model_copy(update={"m2": evidence.m2 + 1})
    elif isinstance(evidence, Slices):
        forged = evidence.model_copy(
            update={"rows": (evidence.rows[0].model_copy(update={"successes": 20}), *evidence.rows[1:])}
        )
    else:
        assert isinstance(evidence, QualityReport)
        forged = evidence.model_copy(update={"findings": evidence.findings[:1]})
    again = recompute(forged, root)
    assert not again.equal and again.differences


def test_a_forged_split_is_found(found: dict[str, list[Evidence]], root: Path) -> None:
    trial = found["trial"][-1]
    again = recompute(trial.model_copy(update={"sample_ratio_p": 0.4}), root)
    assert again.from_statistics is False and again.from_rows is False


def test_where_the_rows_changed_the_sums_must_do(
    found: dict[str, list[Evidence]], root: Path, tmp_path: Path
) -> None:
    shutil.copytree(root, tmp_path / "copy")
    (tmp_path / "copy" / "m2.csv").write_text("id,said,ms,kept\n0,0,1,true\n")
    again = recompute(one(found, "right"), tmp_path / "copy")
    assert (again.equal, again.from_statistics, again.from_rows) == (True, True, None)
    assert again.note == "m2.csv has changed since"
    again = recompute(one(found, "right"), tmp_path / "nowhere")
    assert again.from_rows is None and "no such file" in again.note
    again = recompute(one(found, "quality-train"), tmp_path / "nowhere")
    assert (again.equal, again.from_statistics, again.from_rows) == (False, None, None)


def test_who_asked_for_a_report_is_no_number_of_it(found: dict[str, list[Evidence]], root: Path) -> None:
    asked = one(found, "quality-train").model_copy(update={"scheduled": True})
    assert recompute(asked, root).equal


def test_what_somebody_declared_cannot_be_computed(root: Path) -> None:
    declared = read_evidence(
        {"kind": "declared", "value": 3, "source": "the board", "source_date": "2026-01-01", "unit": "posts",
         "criterion": "posts", "estimand": "posts", "setting": "review", "at": NOW, "producer": {"name": "form"}}
    )  # fmt: skip
    again = recompute(declared, root)
    assert not again.equal and again.from_statistics is None and again.from_rows is None
    assert "no sums" in again.note and "nobody wrote down" in again.note


def test_the_same_files_give_the_same_evidence(
    found: dict[str, list[Evidence]], root: Path, config: Config
) -> None:
    for spec in config.checks:
        again = run(config, spec, root, now=NOW, code="git:abc")
        for one_, other in zip(found[spec.id], again, strict=True):
            assert other.model_copy(update={"producer": one_.producer}) == one_


# --- whether it counts


def changed(root: Path, tmp_path: Path, name: str, old: str, new: str) -> Path:
    copy = tmp_path / "copy"
    shutil.copytree(root, copy, dirs_exist_ok=True)
    text = (copy / name).read_text()
    assert old in text
    (copy / name).write_text(text.replace(old, new))
    return copy


def soundness(config: Config, root: Path, name: str = "right") -> dict[str, tuple[bool | None, str]]:
    spec = next(c for c in config.checks if c.id == name)
    return {s.rule: (s.holds, s.detail) for s in run(config, spec, root, now=NOW)[0].soundness}


def test_a_leaked_row_is_found(root: Path, config: Config, tmp_path: Path) -> None:
    # Training row 1100 becomes the same as test row 7, under another key.
    copy = changed(root, tmp_path, "train.csv", "1100,0,a,1650.0,dark", "1100,7,b,10.5,dark")
    sound = soundness(config, copy)
    assert sound["no_leakage"] == (False, "1 of 40 test rows are in the training data")
    assert sound["held_out"][0] is True
    # And under its own.
    copy = changed(root, tmp_path, "train.csv", "1100,0,a,1650.0,dark", "7,7,b,10.5,dark")
    assert soundness(config, copy)["held_out"] == (
        False,
        "1 of 40 test rows are in the training data under the same id",
    )


def test_testing_on_the_training_data_is_found(root: Path, config: Config, tmp_path: Path) -> None:
    copy = changed(root, tmp_path, "train.csv", "id", "id")
    shutil.copy(copy / "test.csv", copy / "train.csv")
    for rule in ("held_out", "no_leakage"):
        assert soundness(config, copy)[rule] == (False, "test and training data are one and the same")


def test_answers_that_somebody_picked_are_found(root: Path, config: Config, tmp_path: Path) -> None:
    copy = changed(root, tmp_path, "m2.csv", "\n0,9,1,true", "")
    assert soundness(config, copy)["whole_test_set"] == (False, "39 of 40 rows have an answer")


def test_labels_without_agreement_are_found(root: Path, config: Config, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(root, copy)
    rows = [f"{i},{who},{(i * 7 + (who == 'b') * (i % 5)) % 3}" for i in range(60) for who in "ab"]
    (copy / "ratings.csv").write_text("item,who,label\n" + "\n".join(rows) + "\n")
    holds, detail = soundness(config, copy)["labels_agreed"]
    assert holds is False and "the bar is at least 0.3 alpha" in detail


def test_without_training_data_nobody_can_tell(root: Path) -> None:
    text = FILE.replace("m2.csv, dataset: test, train: train", "m2.csv, dataset: test")
    assert "held_out" not in soundness(loads(text).config, root)
    text = FILE.replace("m2.csv, dataset: test, train: train,", "m2.csv, train: train, target: said,")
    assert soundness(loads(text).config, root)["held_out"] == (None, "nobody says which dataset was answered")


# --- what is missing or wrong


def test_what_can_run(root: Path, config: Config, tmp_path: Path) -> None:
    assert all(p.ready and not p.missing for p in available(config, root))
    copy = tmp_path / "copy"
    shutil.copytree(root, copy)
    (copy / "ratings.csv").unlink()
    planned = {p.id: p for p in available(config, copy)}
    # The agreement check, and the one whose number rests on it.
    assert [n for n, p in planned.items() if not p.ready] == ["right", "agreed"]
    assert planned["agreed"].missing == ("ratings.csv: there is no such file",)
    with pytest.raises(Unavailable, match="no such file"):
        run(config, planned["agreed"].spec, copy, now=NOW)


BAD: dict[str, tuple[str, str, str, str, str]] = {
    "an answer about a row that is not there": ("right", "m2.csv", "\n39,", "\n99,", "1 answers are about rows that test"),
    "a row that was answered twice": ("right", "m2.csv", "\n39,", "\n38,", "40 rows have 39 different values of id"),
    "a column that is gone": ("right", "m2.csv", "said", "sayed", "there is no column 'said'.*did you mean 'sayed'"),
    "words for numbers": ("slow", "m2.csv", "\n39,9,40,", "\n39,9,forty,", "ms: it holds text"),
    "a total with a gap": ("spent", "m2.csv", "\n39,9,40,", "\n39,9,,", "1 rows have no value in column ms"),
    "a ragged row": ("right", "m2.csv", "\n39,9,40,", "\n39,9,40,7,", r"m2.csv:41: line 41 has 5 values"),
    "an arm that nobody planned": ("trial", "users.csv", "7,new", "7,blue", "rows in arm blue"),
    "a user twice": ("trial", "users.csv", "\n7,", "\n8,", "400 rows are about 399 different user"),
    "a time that is none": ("freshness-test", "test.csv", "2026-11-01T10:00:00Z", "soon", "no dates or times"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_bad_table_is_named(root: Path, config: Config, tmp_path: Path, case: str) -> None:
    check, file, old, new, said = BAD[case]
    spec = next(c for c in config.checks if c.id == check)
    with pytest.raises(InvalidInput, match="(?i)" + said):
        run(config, spec, changed(root, tmp_path, file, old, new), now=NOW)


def test_a_row_without_a_right_answer_is_left_out_and_named(
    root: Path, config: Config, tmp_path: Path
) -> None:
    spec = next(c for c in config.checks if c.id == "right")
    (evidence,) = run(config, spec, changed(root, tmp_path, "test.csv", "\n39,9,b", "\n39,,b"), now=NOW)
    assert isinstance(evidence, Proportion)
    assert (evidence.successes, evidence.trials, evidence.note) == (
        35,
        39,
        "1 rows without a value were left out.",
    )


def test_late_answers_are_no_fault_in_use(root: Path, tmp_path: Path) -> None:
    # In use, answers come before the right ones do.
    text = FILE.replace("role: test,", "role: production,").replace(
        "metric: accuracy, labels_agreed_by: agreed", "metric: accuracy"
    )
    config = loads(text).config
    copy = changed(root, tmp_path, "m2.csv", "\n39,9,40,false", "\n39,9,40,false\n77,9,40,false")
    (evidence,) = run(config, config.checks[0], copy, now=NOW)
    assert isinstance(evidence, Proportion)
    assert (evidence.trials, evidence.note) == (40, "1 rows without a value were left out.")
    assert "whole_test_set" not in {s.rule for s in evidence.soundness}


def test_nothing_to_count_is_undefined_and_says_why(root: Path) -> None:
    config = loads(FILE.replace("slice: {writer: b}", "slice: {writer: z}")).config
    spec = next(c for c in config.checks if c.id == "right-b")
    (evidence,) = run(config, spec, root, now=NOW)
    assert isinstance(evidence, Measurement)
    assert math.isnan(evidence.value) and evidence.undefined == "there were no trials"
    verdict = judge(config.criterion("right-b"), [Proof(evidence, evidence.digest())], now=NOW)
    assert not verdict.passes
    assert recompute(evidence, root).equal


def test_a_dataset_without_a_version_is_known_by_its_content(root: Path) -> None:
    config = loads(FILE.replace(", version: v1", "")).config
    (evidence,) = run(config, config.checks[0], root, now=NOW)
    assert evidence.data is not None and evidence.recipe is not None
    assert evidence.data.version == evidence.recipe.inputs["test.csv"][:12]


def test_rows_needed_come_with_their_range_and_are_judged(root: Path, config: Config) -> None:
    spec = next(c for c in config.checks if c.check == "learning_curve")
    [found] = run(config, spec, root, now=NOW)
    assert isinstance(found, Estimate) and found.interval.method == "power_law_profile"
    assert (found.unit, found.n) == ("rows", 10)
    assert found.interval.lower < 100 < found.interval.upper < 120
    assert "0.7 needs between" in str(found.note) or "0.7 is reached" in str(found.note)
    assert judge(config.criterion("needed"), [Proof(found, found.digest())], now=NOW).status is Status.MET
