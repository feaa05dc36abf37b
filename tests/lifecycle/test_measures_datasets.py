"""The checks of datasets: drift by counts and by classifiers, synthetic rows, the numbers of a profile; each computed again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sextant.acceptance import accept
from sextant.config import Config, loads
from sextant.errors import InvalidInput
from sextant.evidence import Count, Drift, Estimate, Evidence, Mean, Proportion, Separability
from sextant.lifecycle.measures import recompute, run
from sextant.reports import DriftRun, SyntheticReport, read_evidence

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
CONFIG = """
project: {slug: people, name: People}
criteria:
  - {key: alike, name: Told apart, family: data, metric: area, unit: share, direction: at_most, threshold: 0.6}
  - {key: near, name: Farthest column, family: data, metric: distance, unit: share, direction: at_most, threshold: 0.2}
  - {key: no-copies, name: Copies, family: data, metric: rows, unit: rows, direction: at_most, threshold: 0}
  - {key: as-good, name: Use, family: data, metric: share, unit: share, direction: at_most, threshold: 0.1}
  - {key: enough, name: Enough, family: data, metric: rows, unit: rows, direction: at_least, threshold: 100}
  - {key: complete, name: Complete, family: data, metric: missing, unit: "%", direction: at_most, threshold: 30}
  - {key: complete-all, name: Complete, family: data, metric: missing, unit: share, direction: at_most, threshold: 0.3}
  - {key: towns, name: Towns, family: data, metric: values, unit: towns, direction: at_least, threshold: 3}
  - {key: ids, name: Ids, family: data, metric: values, unit: ids, direction: at_least, threshold: 300}
  - {key: classes, name: Labels, family: data, metric: rows, unit: rows, direction: at_least, threshold: 20}
  - {key: oldest, name: Oldest, family: data, metric: age, unit: years, direction: at_most, threshold: 120}
  - {key: youngest, name: Youngest, family: data, metric: age, unit: years, direction: at_least, threshold: 0}
  - {key: usual, name: Usual, family: data, metric: age, unit: years, direction: at_least, threshold: 0}
  - {key: recent, name: Recent, family: data, metric: age, unit: days, direction: at_most, threshold: 7}
datasets:
  real: {path: real.parquet, key: id, version: v1}
  made: {path: made.parquet, key: id, version: v1, origin: simulated}
  texts: {path: texts.parquet}
  later: {path: later.parquet}
checks:
  - {check: synthetic, real: real, synthetic: made, target: left, columns: [x, town, left], outcomes: [
     {criterion: alike, measure: told_apart}, {criterion: near, measure: farthest_column},
     {criterion: no-copies, measure: copied_rows}, {criterion: as-good, measure: worse_by}]}
  - {check: drift, reference: texts, current: later, threshold: 0.1, together: true, model: reader@m1}
  - {check: profile, criterion: enough, dataset: real, measure: rows, where: {town: [Ulm, Bonn]}}
  - {check: profile, criterion: complete, dataset: real, measure: missing, column: age}
  - {check: profile, criterion: complete-all, dataset: real, measure: missing}
  - {check: profile, criterion: towns, dataset: real, measure: distinct, column: town}
  - {check: profile, criterion: ids, dataset: real, measure: distinct, column: id}
  - {check: profile, criterion: classes, dataset: real, measure: rarest, column: left}
  - {check: profile, criterion: oldest, dataset: real, measure: maximum, column: age}
  - {check: profile, criterion: youngest, dataset: real, measure: minimum, column: age}
  - {check: profile, criterion: usual, dataset: real, measure: mean, column: age}
  - {check: profile, criterion: recent, dataset: real, measure: age_days, column: seen}
"""
ROWS = 300
AGES = [20 + i % 50 for i in range(ROWS) if i % 4]


def people(seed: int) -> pa.Table:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=ROWS)
    return pa.table(
        {
            "id": np.arange(ROWS) + 1000 * seed,
            "x": x,
            "town": [("Ulm", "Bonn", "Jena")[i % 3] for i in range(ROWS)],
            "left": np.where(x + rng.normal(size=ROWS) / 2 > 0, "yes", "no"),
            "age": [None if i % 4 == 0 else 20 + i % 50 for i in range(ROWS)],
            "seen": [datetime(2026, 8, 30, 12, tzinfo=UTC)] * ROWS,
        }
    )


def written(rng: Any, said: str) -> pa.Table:
    shift = said == "invoice"
    return pa.table(
        {
            "said": [f"the {said} with the number {i} has not come to me yet" for i in range(80)],
            "vector": pa.array((rng.normal(size=(80, 3)) + shift).tolist(), pa.list_(pa.float32())),
            "n": rng.normal(size=80) + shift,
            "at": [datetime(2026, 8, 1, tzinfo=UTC)] * 80,
        }
    )


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, rng = tmp_path_factory.mktemp("people"), np.random.default_rng(0)
    real = people(1)
    pq.write_table(real, folder / "real.parquet")
    pq.write_table(pa.concat_tables([people(2), real.slice(0, 2)]), folder / "made.parquet")
    pq.write_table(written(rng, "parcel"), folder / "texts.parquet")
    pq.write_table(written(rng, "invoice"), folder / "later.parquet")
    return folder


@pytest.fixture(scope="module")
def config() -> Config:
    return loads(CONFIG).config


@pytest.fixture(scope="module")
def found(config: Config, root: Path) -> dict[str, list[Evidence]]:
    return {spec.id: run(config, spec, root, now=NOW) for spec in config.checks}


def test_synthetic_rows_are_judged_by_targets_and_told_in_sentences(
    found: dict[str, list[Evidence]],
) -> None:
    told, far, copied, use, report = found["synthetic-made"]
    assert isinstance(told, Separability) and told.interval is not None and told.interval.lower < 0.55
    assert told.topic == "criterion:alike:offline" and told.counted == told.size == 301
    assert isinstance(far, Drift) and far.criterion == "near" and far.value < 0.2
    assert isinstance(copied, Count) and copied.value == 2 and copied.n == ROWS + 2
    assert isinstance(use, Mean) and use.unit == "share" and "may have been made" in (use.note or "")
    assert isinstance(report, SyntheticReport) and report.topic == "synthetic_report:made"
    assert report.points[0].title == "Copies" and report.points[0].answer == "unmet"
    assert report.origin == "simulated"
    assert {str(v) for v in report.rests_on} == {"dataset:real@v1", "dataset:made@v1"}


def test_drift_covers_texts_embeddings_and_all_columns_together(found: dict[str, list[Evidence]]) -> None:
    said, vector, n, together, ran = found["drift-later"]
    assert isinstance(said, Separability) and said.feature == "said" and said.value > 0.9
    assert isinstance(vector, Separability) and vector.feature == "vector"
    assert isinstance(n, Drift)
    assert isinstance(together, Separability) and together.feature == "" and together.tells == ("n",)
    assert together.topic == "separability:texts:*"
    assert isinstance(ran, DriftRun)
    assert ran.checked == ("said", "vector", "n", "all columns together")
    assert {"said", "all columns together"} <= set(ran.drifted)
    assert "at was passed over: dates and times always move on." in (ran.note or "")


@pytest.mark.parametrize(
    ("key", "kind", "value", "unit"),
    [
        ("enough", Count, 200, "rows"), ("complete", Proportion, 0.25, "share"), ("complete-all", Proportion, 0.25, "share"),
        ("towns", Count, 3, "towns"), ("oldest", Count, 69, "years"), ("youngest", Count, 20, "years"),
        ("usual", Mean, sum(AGES) / len(AGES), "years"), ("recent", Count, 2, "days"),
    ],
)  # fmt: skip
def test_a_number_of_the_profile(
    found: dict[str, list[Evidence]], key: str, kind: type[Any], value: float, unit: str
) -> None:
    (evidence,) = found[key]
    assert isinstance(evidence, kind) and evidence.unit == unit
    assert evidence.value == pytest.approx(value)


def test_many_different_values_have_a_range_and_classes_are_counted(found: dict[str, list[Evidence]]) -> None:
    (ids,), (classes,) = found["ids"], found["classes"]
    assert isinstance(ids, Estimate) and ids.interval.lower <= ROWS <= ids.interval.upper
    assert isinstance(classes, Count) and 100 < classes.value <= ROWS / 2
    assert classes.estimand == "rows of the rarest of 2 values of left in real"


def test_all_of_it_is_stored_and_comes_out_again(found: dict[str, list[Evidence]], root: Path) -> None:
    stored = [e for each in found.values() for e in each]
    for evidence in stored:
        accept(evidence, now=NOW)
        assert read_evidence(evidence.plain()) == evidence
    # The rows are read again for one of each sort, which is what takes time.
    for evidence in {(e.kind, e.producer.command.split("-")[0]): e for e in stored}.values():
        again = recompute(evidence, root)
        assert again.equal, (evidence.estimand, again)


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ("{check: profile, criterion: enough, dataset: real, measure: rows, column: x}", "no effect on rows"),
        ("{check: profile, criterion: towns, dataset: real, measure: distinct}", "about one column"),
        ("{check: synthetic, real: real, synthetic: made, test: real}", "no effect without `target`"),
        ("{check: synthetic, real: real, synthetic: made, outcomes: [{criterion: as-good, measure: worse_by}]}",
         "name it in `target`"),
        ("{check: synthetic, real: real, synthetic: mad}", "Did you mean 'made'"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_in_the_file(check: str, said: str) -> None:
    head = CONFIG[: CONFIG.index("checks:")]
    with pytest.raises(InvalidInput, match=said):
        loads(f"{head}checks:\n  - {check}\n")


@pytest.mark.parametrize(
    ("measure", "column", "said"),
    [
        ("rarest", "x", "different values"), ("minimum", "town", "holds no numbers"), ("age_days", "x", "no days or times"),
        ("missing", "nope", "no column 'nope'"),
    ],
)  # fmt: skip
def test_what_a_column_does_not_tell_is_an_error(
    config: Config, root: Path, measure: str, column: str, said: str
) -> None:
    spec = next(c for c in config.checks if c.id == "towns").model_copy(
        update={"measure": measure, "column": column}
    )
    with pytest.raises(InvalidInput, match=said):
        run(config, spec, root, now=NOW)
