"""What must hold: the project's targets, written down before there is any data."""

from __future__ import annotations

from datetime import date

from sextant.criteria import Baseline, Binding, Criterion, Setting

OFFLINE = (Setting.OFFLINE,)
SOUND = ("held_out", "no_leakage")
#: What the labelers cost and how far they agree must be known too before labels count.
LABELS = "label-agreement"


def targets(start: date) -> list[Criterion]:
    """The targets as the project began with them. `start` is its first day in the story's calendar."""
    return [
        Criterion(
            key="forms-per-clerk-day", name="Forms a clerk finishes in a day", family="business",
            metric="forms per clerk and day", unit="forms", direction="at_least", threshold=420,
            baseline=Baseline(value=310, source="shift log of the (simulated) mail room", at=start),
            due_days_after_exposure=60, leading="seconds-saved", owner="Head of the mail room",
            binding=Binding(measured_by="shift log, counted each month", owner="Head of the mail room", starts=start),
        ),
        Criterion(
            key="seconds-saved", name="Time for a form, against typing", family="product",
            metric="seconds per form, candidate minus control", unit="s", direction="at_most", threshold=-5,
            settings=(Setting.EXPERIMENT,), kinds=("mean_difference",), owner="Product manager",
            binding=Binding(measured_by="A/B test", owner="Product manager", starts=start),
        ),
        Criterion(
            key="forms-untouched", name="Forms right before anybody mends them", family="product",
            metric="share of forms without a wrong digit", unit="share", direction="at_least", threshold=0.7,
            settings=(Setting.EXPERIMENT, Setting.ROLLOUT, Setting.MONITORING), minimum_n=100,
            owner="Product manager",
            binding=Binding(measured_by="counted on every form that is read", owner="Product manager", starts=start),
        ),
        Criterion(
            key="would-rely", name="Clerks' rating of what was read", family="product",
            metric="mean rating from 1 to 5", unit="points", direction="at_least", threshold=3.3,
            settings=(Setting.STUDY,), minimum_n=100, owner="Product manager",
            binding=Binding(measured_by="study with beta users", owner="Product manager", starts=start),
        ),
        Criterion(
            key="wrong-forms", name="Forms that stay wrong in the register", family="product", role="guardrail",
            metric="share of forms with a wrong digit at the end", unit="share", direction="at_most",
            threshold=0.02, settings=(Setting.EXPERIMENT,), owner="Head of the mail room",
            binding=Binding(measured_by="A/B test", owner="Head of the mail room", starts=start),
        ),
        Criterion(
            key="accuracy", name="Digits read right", family="ml", metric="accuracy", unit="share",
            direction="at_least", threshold=0.95, settings=OFFLINE, requires=SOUND, minimum_n=300, owner="ML lead",
            binding=Binding(measured_by="evaluation on the held-out test rows", owner="ML lead", starts=start),
        ),
        Criterion(
            key="digit-8", name="Eights found", family="ml", metric="recall of the digit 8", unit="share",
            direction="at_least", threshold=0.95, settings=OFFLINE, requires=SOUND, owner="ML lead",
            note="An 8 that is read as a 3 makes an amount smaller without looking odd.",
            binding=Binding(measured_by="evaluation on the held-out test rows", owner="ML lead", starts=start),
        ),
        Criterion(
            key="faded-ink", name="Digits in faded ink read right", family="ml", metric="accuracy", unit="share",
            slice={"ink": "faded"}, direction="at_least", threshold=0.85, settings=OFFLINE, requires=SOUND,
            minimum_n=300, owner="ML lead",
            binding=Binding(measured_by="evaluation on the test rows with a third of the ink", owner="ML lead",
                            starts=start),
        ),
        Criterion(
            key="latency", name="Time to read a digit, 95th percentile", family="system", metric="latency, p95",
            unit="ms", direction="at_most", threshold=20, settings=(Setting.OFFLINE, Setting.MONITORING),
            owner="Engineering",
            binding=Binding(measured_by="timed one digit at a time", owner="Engineering", starts=start),
        ),
        Criterion(
            key="throughput", name="Digits read in a second with ten scanners", family="system",
            metric="digits per second under load", unit="digits/s", direction="at_least", threshold=400,
            settings=OFFLINE, owner="Engineering",
            note="Nobody has measured it: a load test needs the office's own server.",
        ),
        Criterion(
            key="cost-per-1000", name="Cost of a thousand digits", family="cost",
            metric="machine and mending, per thousand digits", unit="EUR", direction="at_most", threshold=1.2,
            settings=OFFLINE, owner="Product manager",
            binding=Binding(measured_by="time and faults of each answer, at stated prices", owner="Product manager",
                            starts=start),
        ),
        Criterion(
            key="cost-per-form", name="Cost of a form in use", family="cost", metric="clerk and machine, per form",
            unit="EUR", direction="at_most", threshold=0.11, settings=(Setting.MONITORING,), owner="Product manager",
            binding=Binding(measured_by="counted on every form that is read", owner="Product manager", starts=start),
        ),
        Criterion(
            key="label-cost", name="Cost of a label", family="cost", metric="cost_per_label", unit="EUR",
            direction="at_most", threshold=0.05, settings=OFFLINE, owner="Data lead",
            binding=Binding(measured_by="labelers' time at a stated wage", owner="Data lead", starts=start),
        ),
        Criterion(
            key=LABELS, name="Labelers agree", family="data", metric="krippendorff alpha", unit="alpha",
            direction="at_least", threshold=0.8, settings=OFFLINE, owner="Data lead",
            binding=Binding(measured_by="three labelers on 300 images", owner="Data lead", starts=start),
        ),
        Criterion(
            key="training-rows", name="Images to learn from", family="data", metric="rows", unit="rows",
            direction="at_least", threshold=800, settings=OFFLINE, owner="Data lead",
            binding=Binding(measured_by="counted", owner="Data lead", starts=start),
        ),
    ]  # fmt: skip


def learned(start: date) -> list[Criterion]:
    """What the rollback taught: two targets more, from the day on which somebody went back to the data."""
    return [
        Criterion(
            key="shifted-scan", name="Digits on shifted scans read right", family="ml", metric="accuracy",
            unit="share", slice={"scan": "shifted"}, direction="at_least", threshold=0.95, settings=OFFLINE,
            requires=SOUND, minimum_n=300, owner="ML lead",
            binding=Binding(measured_by="evaluation on the test rows, moved by two pixels", owner="ML lead",
                            starts=start),
        ),
        Criterion(
            key="shift-mended", name="Shifted scans: the new reader against the old", family="ml",
            metric="accuracy, new minus old", unit="share", slice={"scan": "shifted"}, direction="at_least",
            threshold=0.5, settings=OFFLINE, owner="ML lead",
            binding=Binding(measured_by="both readers on the same rows", owner="ML lead", starts=start),
        ),
    ]  # fmt: skip
