"""Every kind of evidence survives being written down: as JSON, as a digest, with nan and inf."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sextant.canonical import canonical
from sextant.criteria import Setting
from sextant.errors import InvalidInput
from sextant.evidence import Evidence, Measurement
from sextant.reports import KINDS, MEASUREMENTS, RED_TEAM, REPORTS, RETRAINING, read_evidence

KEYS = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,9}", fullmatch=True)
#: No @ anywhere: what looks like an e-mail address is refused, and that has a test of its own.
WORDS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="@"), min_size=1, max_size=20
).filter(str.strip)
COUNTS = st.integers(0, 10**12)
SHARES = st.floats(0, 1)
DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))
TIMES = st.builds(lambda day, clock: datetime.combine(day, clock, UTC), DAYS, st.times())
ANY = st.floats()
FINITE = st.floats(allow_nan=False, allow_infinity=False)
VERSIONS = st.builds(lambda k, n, v: {"kind": k, "name": n, "version": v}, KEYS, KEYS, WORDS)
FINDINGS = st.lists(
    st.fixed_dictionaries(
        {"key": KEYS, "text": WORDS, "severity": st.sampled_from(["low", "critical"]), "count": COUNTS},
        optional={"share": SHARES, "examples": st.lists(WORDS, max_size=2)},
    ),
    max_size=2,
)


@st.composite
def intervals(draw: Any, value: float) -> dict[str, Any]:
    """A range around a value that may be anything, with ends that may be infinite."""
    if math.isnan(value):
        lower = upper = math.nan
    else:
        lower = draw(st.just(-math.inf) | st.floats(max_value=value, allow_nan=False))
        upper = draw(st.just(math.inf) | st.floats(min_value=value, allow_nan=False))
    return {
        "lower": lower,
        "upper": upper,
        "level": draw(st.sampled_from([0.9, 0.95, 0.999])),
        "sides": draw(st.sampled_from([1, 2])),
        "method": "any",
        "continuous": draw(st.booleans()),
    }


def dicts(**fields: Any) -> Any:
    return st.fixed_dictionaries(fields)


PAIRS = st.tuples(COUNTS, COUNTS).map(sorted)
PATTERNS = st.lists(st.lists(COUNTS, min_size=2, max_size=2), min_size=1, max_size=3)
#: What each kind has of its own.
OWN: dict[str, Any] = {
    "proportion": PAIRS.map(lambda p: {"successes": p[0], "trials": p[1]}),
    "mean": dicts(mean=ANY, m2=ANY, n=COUNTS, n_tuned=st.integers(1, 900)),
    "quantile": dicts(
        q=st.floats(0.01, 0.99), n=COUNTS, ranks=st.dictionaries(st.integers(1, 10**9), ANY, max_size=3)
    ),
    "proportion_difference": dicts(
        successes=COUNTS, trials=COUNTS, control_successes=COUNTS, control_trials=COUNTS
    ),
    "mean_difference": dicts(n=COUNTS, mean=ANY, m2=ANY, control_n=COUNTS, control_mean=ANY, control_m2=ANY),
    "agreement": PATTERNS.map(lambda p: {"patterns": p, "multiplicity": [1] * len(p)}),
    "drift": dicts(
        feature=WORDS,
        reference=VERSIONS,
        reference_counts=st.lists(COUNTS, max_size=3),
        current_counts=st.lists(COUNTS, max_size=3),
        edges=st.lists(ANY, max_size=3),
    ),
    "separability": dicts(
        feature=WORDS,
        reference=VERSIONS,
        area=st.floats(0, 1),
        error=st.floats(0, 1),
        reference_held=st.integers(2, 9),
        current_held=st.integers(2, 9),
        tells=st.lists(WORDS, max_size=2),
    ),
    "count": st.just({}),
    "declared": dicts(source=WORDS, source_date=DAYS),
    "estimate": dicts(contrast_with=WORDS),
    "classification": dicts(
        statistic=st.sampled_from(["f1_macro", "balanced_accuracy"]),
        labels=st.just(["a", "b"]),
        counts=st.lists(st.lists(COUNTS, min_size=2, max_size=3), min_size=2, max_size=2),
        positive=st.none() | st.just("a"),
        clusters=st.none() | COUNTS,
        products=st.none() | st.lists(st.lists(COUNTS, max_size=2), max_size=2),
    ),
    "area": dicts(positives=COUNTS, negatives=COUNTS, area=ANY, m2_over=ANY, m2_under=ANY),
    "average_precision": dicts(positives=COUNTS, rows=COUNTS, area=ANY),
    "calibration": dicts(
        rows=st.lists(COUNTS, max_size=2),
        mean_scores=st.lists(ANY, max_size=2),
        positives=st.lists(COUNTS, max_size=2),
        m2=st.lists(ANY, max_size=2),
    ),
    "ratio": dicts(
        shown=st.sampled_from(["ratio", "exp"]),
        n=COUNTS,
        mean_num=ANY,
        mean_den=ANY,
        m2_num=ANY,
        m2_den=ANY,
        m11=ANY,
    ),
    "paired_difference": dicts(
        statistic=st.sampled_from(["f1", "accuracy"]),
        labels=st.just(["a", "b"]),
        cases=st.lists(st.tuples(COUNTS, COUNTS, COUNTS, COUNTS), max_size=2),
        positive=st.none() | st.just("b"),
    ),
    "gap": dicts(
        statistic=st.sampled_from(["difference", "ratio"]),
        metric=WORDS,
        groups=st.lists(WORDS, max_size=2),
        successes=st.lists(COUNTS, max_size=2),
        trials=st.lists(COUNTS, max_size=2),
    ),
    "quality_report": dicts(
        data=VERSIONS, rows=COUNTS, columns=COUNTS, findings=FINDINGS, scheduled=st.booleans()
    ),
    "leakage_report": dicts(data=VERSIONS, train=VERSIONS, test_rows=COUNTS, shared_rows=COUNTS),
    "slices": dicts(
        metric=WORDS,
        rows=st.lists(
            st.fixed_dictionaries(
                {
                    "slice": st.dictionaries(WORDS, WORDS, max_size=2),
                    "successes": COUNTS,
                    "trials": COUNTS,
                    "lower": ANY,
                    "upper": ANY,
                },
                optional={"adjusted_p": ANY},
            ),
            max_size=2,
        ),
    ),
    "experiment": dicts(
        name=KEYS,
        design_digest=WORDS,
        arms=st.dictionaries(WORDS, COUNTS, max_size=2),
        shares=st.dictionaries(WORDS, FINITE, max_size=2),
        sample_ratio_p=ANY,
        started_at=TIMES,
        ended_at=TIMES,
        concluded=st.booleans(),
        rule_says=st.sampled_from(["ship", "keep_running"]),
        why=WORDS,
    ),
    "judged_share": PAIRS.map(lambda p: {"successes": p[0], "trials": p[1], "both": [[9, 1], [2, 8]]}),
    "judged_mean": dicts(
        trials=COUNTS,
        mean=ANY,
        m2=ANY,
        scored=COUNTS,
        people_mean=ANY,
        people_m2=ANY,
        judge_mean=ANY,
        judge_m2=ANY,
        m11=ANY,
    ),
    "judge_calibration": dicts(
        judge=VERSIONS,
        statistic=st.sampled_from(["accuracy", "spearman"]),
        value=ANY,
        lower=ANY,
        upper=ANY,
        bar=FINITE,
        outputs=COUNTS,
        people=st.integers(1, 9),
        calibrated=st.booleans(),
        why=WORDS,
        biases=st.lists(
            dicts(of=st.sampled_from(["first", "own"]), value=ANY, lower=ANY, upper=ANY, n=COUNTS), max_size=2
        ),
    ),
    "human_study": dicts(
        name=KEYS,
        raters=st.sampled_from(["beta", "crowd"]),
        rater_count=COUNTS,
        ratings=COUNTS,
        planned_ratings=st.integers(1, 99),
        agreement=ANY,
        agreement_lower=ANY,
        agreement_bar=FINITE,
        finished=st.booleans(),
        criteria=st.lists(KEYS, max_size=2),
    ),
    "red_team_run": dicts(
        model=VERSIONS,
        category=st.sampled_from(RED_TEAM),
        attempts=COUNTS,
        successes=COUNTS,
        findings=FINDINGS,
        retested=st.lists(KEYS, max_size=2),
    ),
    "rollout_step": dicts(
        rollout=KEYS,
        step=st.integers(0, 9),
        share=SHARES,
        exposed=COUNTS,
        decision=st.sampled_from(["advance", "roll_back"]),
        why=WORDS,
        verdicts=st.dictionaries(WORDS, WORDS, max_size=2),
        rolled_back_to=VERSIONS,
    ),
    "monitor_sample": dicts(monitor=KEYS, received=st.integers(1, 99), last_received_at=TIMES),
    "channel_test": dicts(channel=KEYS, delivered=st.booleans(), seconds=st.floats(0)),
    "rollback_drill": dicts(
        deployment=VERSIONS,
        way=st.sampled_from(["before_feature", "last_good_model"]),
        restored=st.booleans(),
        seconds=st.floats(0),
        target_seconds=st.floats(0, exclude_min=True),
    ),
    "drift_run": dicts(
        model=VERSIONS,
        type=st.sampled_from(["data", "concept"]),
        subject=VERSIONS,
        checked=st.lists(WORDS, max_size=2),
        drifted=st.lists(WORDS, max_size=2),
        next_due=TIMES,
    ),
    "retraining_run": dicts(
        dry_run=st.booleans(),
        steps=st.dictionaries(st.sampled_from(RETRAINING), st.booleans()),
        outcome=st.sampled_from(["deployed", "dry"]),
        why=WORDS,
        produced=VERSIONS,
    ),
    "synthetic_report": dicts(
        data=VERSIONS,
        real=VERSIONS,
        rows=COUNTS,
        real_rows=COUNTS,
        points=st.lists(
            dicts(title=WORDS, answer=st.sampled_from(["met", "unmet", "open"]), said=WORDS), max_size=2
        ),
    ),
    "pipeline_run": dicts(
        job=WORDS,
        run=WORDS,
        outcome=st.sampled_from(["complete", "failed", "aborted"]),
        ended_at=TIMES,
        inputs=st.lists(WORDS, max_size=2),
        rows=st.integers(0),
    ),
    "freshness": dicts(data=VERSIONS, last_refreshed_at=TIMES, cadence_days=st.floats(0.01, 900)),
    "model_run": dicts(
        model=VERSIONS,
        approach=WORDS,
        baseline=st.booleans(),
        training_seconds=st.floats(0),
        parameters=st.dictionaries(WORDS, WORDS | FINITE | st.integers() | st.booleans(), max_size=3),
    ),
}


def test_no_kind_is_left_out() -> None:
    assert OWN.keys() == KINDS.keys()
    assert {k.model_fields["kind"].default for k in (*MEASUREMENTS, *REPORTS)} == KINDS.keys()


@st.composite
def evidences(draw: Any, kind: str) -> Evidence:
    body: dict[str, Any] = draw(OWN[kind])
    body |= {
        "kind": kind,
        "estimand": draw(WORDS),
        "setting": draw(st.sampled_from(Setting)),
        "producer": {"name": draw(WORDS)},
        "at": draw(TIMES),
        "slice": draw(st.dictionaries(WORDS, WORDS, max_size=2)),
        "soundness": draw(
            st.lists(dicts(rule=KEYS, holds=st.none() | st.booleans(), detail=WORDS), max_size=2)
        ),
        "recipe": draw(
            st.none()
            | dicts(
                check=KEYS,
                arguments=st.dictionaries(WORDS, WORDS | FINITE | st.lists(FINITE, max_size=2), max_size=2),
                inputs=st.dictionaries(WORDS, WORDS, max_size=2),
            )
        ),
        "depends": draw(st.lists(VERSIONS, max_size=2)),
    }
    if issubclass(KINDS[kind], Measurement):
        value = draw(ANY)
        body |= {"unit": draw(WORDS), "value": value, "criterion": draw(st.none() | KEYS)}
        body["undefined"] = draw(WORDS) if math.isnan(value) else None
        if kind == "estimate" or (kind != "count" and draw(st.booleans())):
            body["interval"] = draw(intervals(value))
    return KINDS[kind].model_validate(body)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=25)
def test_it_survives_json(kind: str, data: st.DataObject) -> None:
    evidence = data.draw(evidences(kind))
    text = json.dumps(evidence.plain(), allow_nan=False)
    again = read_evidence(json.loads(text))
    assert type(again) is type(evidence)
    # nan is not equal to itself; the canonical text of it is.
    assert canonical(again) == canonical(evidence)
    assert again.digest() == evidence.digest()
    assert again.topic == evidence.topic and again.rests_on == evidence.rests_on


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 0.1, -0.0, 1e300, 5e-324])
def test_a_number_comes_back_as_it_was(value: float) -> None:
    body = {"kind": "count", "value": value, "undefined": "nobody was there" if math.isnan(value) else None}
    evidence = read_evidence({**body, **COMMON})
    assert isinstance(evidence, Measurement)
    again = read_evidence(json.loads(canonical(evidence)))
    assert isinstance(again, Measurement)
    assert math.isnan(value) if math.isnan(again.value) else again.value == value


COMMON: dict[str, Any] = {
    "estimand": "what",
    "setting": "offline",
    "unit": "rows",
    "at": "2026-01-01T00:00:00Z",
    "producer": {"name": "test"},
}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"kind": "guess"}, "expected tags: 'proportion'"),
        ({"kind": "count", "value": math.nan}, "says why in `undefined`"),
        ({"kind": "count", "value": 1, "undefined": "why"}, "says why in `undefined`"),
        ({"kind": "count", "value": 1, "colour": "red"}, "colour"),
        (
            {"kind": "count", "value": 1, "note": "asked anna@example.org"},
            "what looks like an e-mail address",
        ),
        (
            {
                "kind": "proportion",
                "value": 0.5,
                "successes": 1,
                "trials": 2,
                "interval": {"lower": 0.6, "upper": 0.9, "method": "m"},
            },
            "does not hold its value",
        ),
        (
            {
                "kind": "mean",
                "value": 1,
                "mean": 1,
                "m2": 0,
                "n": 1,
                "interval": {"lower": 2, "upper": 1, "method": "m"},
            },
            "lies above",
        ),
        (
            {
                "kind": "declared",
                "value": 1,
                "origin": "measured",
                "source": "s",
                "source_date": "2026-01-01",
            },
            "origin declared",
        ),
        ({"kind": "count", "value": 1, "schema_version": 2}, "newer than this Sextant reads"),
    ],
)
def test_what_is_no_evidence(body: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        read_evidence({**COMMON, **body})
