"""Phase 6: drift is found and measured, a retraining mends it, and what keeps it that way."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from sextant.criteria import Origin, Setting
from sextant.evidence import Evidence, ProportionDifference, Version
from sextant.maintenance.documents import (
    DriftPlan,
    Improvement,
    RetrainingPlan,
    Review,
    ReviewPlan,
    Trigger,
    UpkeepPlan,
)
from sextant.reports import RETRAINING, DriftRun, RetrainingRun
from sextant_demo.data import resolve, write_scans
from sextant_demo.images import FEATURES, as_table, part
from sextant_demo.people import Traffic
from sextant_demo.problem import took
from sextant_demo.readers import reader, version
from sextant_demo.story import PRODUCT, Story, now, producer

THRESHOLD, CADENCE_DAYS = 0.1, 7
DAYS_SEED, SCANS_A_DAY = 58, 300
#: By how many points the share of forms read right may fall before it counts as drift of the results.
FALL = 0.05


def plan(story: Story) -> None:
    """What is looked at every week, what sets off a retraining, and who has time for it."""
    story.put(ReviewPlan(first_on=story.day(20), owner="Product manager"))
    story.put(
        DriftPlan(
            features=FEATURES, outcomes=("right_first",), data_cadence_days=CADENCE_DAYS,
            concept_cadence_days=CADENCE_DAYS, threshold=THRESHOLD, owner="Data lead",
        )
    )  # fmt: skip
    triggers = (
        Trigger(type="data", what=f"a feature drifts by {THRESHOLD:.0%} or more"),
        Trigger(type="performance", what="forms right before anybody mends them fall under their target"),
        Trigger(type="event", what="an update of the scanner"),
        Trigger(type="time", what="every 6 months"),
    )
    story.put(RetrainingPlan(triggers=triggers, owner="ML lead"))


def find_drift(story: Story) -> None:
    """What came in since the scanner's update, against what the reader learned from: really measured."""
    write_scans(story, part("scans").shifted(), "v2")
    story.commit(
        "scans", "data/scans-v2.parquet", "Since the scanner's update", sources=["source:returned-forms@2026-06-01"],
        recipe="recipe:cut-out-boxes@2",
    )  # fmt: skip
    keep_days(story)
    story.write_file(story.criteria(), moved=True)
    for name in ("scans", "arrivals"):
        story.name(f"dataset:{name}@v2", note="since the scanner's update")
    resolve(story, *story.check("quality-scans", "quality-arrivals", "freshness-arrivals", "drift-scans"))
    results_drift(story, "reader@m1")


def keep_days(story: Story) -> None:
    """Two weeks of scans, a profile for each day: seven days before the scanner's update, seven since. The images are
    real; which of them comes on which day is invented."""
    import numpy as np
    import pyarrow as pa

    scans, rng = part("scans"), np.random.default_rng(DAYS_SEED)
    last = now().replace(hour=12, minute=0, second=0, microsecond=0)
    parts, at = [], []
    for ago in reversed(range(14)):
        came = scans.take(rng.integers(0, len(scans), SCANS_A_DAY))
        parts.append(came if ago >= 7 else came.shifted())
        at += [last - timedelta(days=ago)] * SCANS_A_DAY
    rows = as_table(*parts, scanned_at=pa.array(at, pa.timestamp("us", tz="UTC")))
    story.keep_days("scans", rows, "scanned_at", ("digit", *FEATURES))


def results_drift(story: Story, way: str) -> None:
    """The share of forms read right, before and after: one run of the check of results."""
    trained = reader(way)
    before = Traffic(part("test").shifted() if way == "reader@m2" else part("test"), trained, 900).days(400)
    after = Traffic(part("scans").shifted(), trained, 901).days(400)
    sums = [(sum(t["right_first"].to_pylist()), len(t)) for t in (after, before)]
    common: dict[str, Any] = {
        "setting": Setting.MONITORING, "model": version(way), "origin": Origin.SIMULATED, "at": now(),
        "producer": producer("check of results on simulated forms"),
    }  # fmt: skip
    fall = ProportionDifference.of(
        successes=sums[0][0], trials=sums[0][1], control_successes=sums[1][0], control_trials=sums[1][1], unit="share",
        estimand=f"forms that {way} read right, recent minus earlier", **common,
    )  # fmt: skip
    drifted = fall.interval is not None and fall.interval.upper < -FALL
    run = DriftRun(
        type="concept", subject=Version.parse("dataset:scans@v2"), checked=("right_first",),
        drifted=("right_first",) if drifted else (), next_due=now() + timedelta(days=CADENCE_DAYS), n=fall.n,
        estimand=f"whether {way} reads recent forms as it read earlier ones", **common,
    )  # fmt: skip
    story.add(fall, run)


def retrained(story: Story) -> None:
    """The six steps of the retraining, each told by what the project now holds."""
    began = time.perf_counter()
    project = story.project
    verdicts = project.verdicts()
    subjects = {str(Version(kind=s.kind, name=s.name, version=s.version)) for s in project.subjects()}
    steps = {
        "collect": "dataset:scans@v2" in subjects,
        "combine": "dataset:train@v2" in subjects,
        "retrain": "model:reader@m2" in subjects,
        "evaluate": verdicts["accuracy"].passes and verdicts["shifted-scan"].passes,
        "compare": _compared(project.evidence(kind="experiment")),
        "deploy": project.refresh().in_service == "model:reader@m2",
    }
    done = all(steps[name] for name in RETRAINING)
    story.add(
        RetrainingRun(
            dry_run=False, steps=steps, outcome="deployed" if done else "failed", produced=version("reader@m2"),
            why=f"On shifted scans, new minus old: {verdicts['shift-mended'].reason}", setting=Setting.REVIEW,
            estimand="the retraining after the scanner's update", model=version("reader@m1"), at=now(),
            origin=Origin.SIMULATED, note="Training and evaluation are real; the traffic of the comparison is simulated.",
            producer=producer("retraining", time.perf_counter() - began),
        )
    )  # fmt: skip


def _compared(found: Any) -> bool:
    tests: list[Evidence] = [s.evidence for s in found]
    return any(getattr(t, "name", "") == "reading-m2" and getattr(t, "concluded", False) for t in tests)


def keep_up(story: Story) -> None:
    """The standing duties: drift again on the new reader, weekly reviews, improvements, and time for them."""
    story.check("drift-scans", "freshness-arrivals")
    results_drift(story, "reader@m2")
    for week, days in enumerate((20, 13, 6), 1):
        found = "the first rollout went back" if week == 2 else "nothing new"
        story.put(
            Review(
                held_on=story.day(days), attendees=("Product manager", "ML lead"), trends="As the charts show",
                feedback="Simulated: clerks ask for faded ink", failures=found, cost="As planned",
                decisions=("Go back to the data" if week == 2 else "Nothing to change",),
            ),
            f"week-{week}",
        )  # fmt: skip
    ideas = {
        "faded-ink": ("Learn from faded ink", "error_analysis", 5, 2, "faded-ink"),
        "say-unsure": ("Say when no digit is there", "feedback", 4, 3, "forms-untouched"),
        "load-test": ("Measure ten scanners at once", "technology", 3, 2, "throughput"),
    }
    for key, (title, source, impact, effort, criterion) in ideas.items():
        idea: dict[str, Any] = {"title": title, "source": source, "impact": impact, "effort": effort}
        story.put(Improvement(**idea, state="open", criterion=criterion, touched_on=story.day(6)), key)
    # Too little, and the page says so: the visitor sees what a gate that is shut looks like.
    story.put(
        UpkeepPlan(
            planned_share=0.05, spent_share=0.04, period_start=story.day(20),
            period_end=story.today + timedelta(days=70),
        )
    )  # fmt: skip
    story.decide(
        "maintenance", "hold", "Upkeep needs more of the team before this counts as in order.", by=PRODUCT
    )
    took(story, "maintenance")
