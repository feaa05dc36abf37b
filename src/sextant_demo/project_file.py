"""The project's `sextant.yaml`: every table and every check, as an engineer would write it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sextant.config import Config
from sextant_demo.images import FEATURES, PIXELS
from sextant_demo.readers import COMPARED
from sextant_demo.targets import LABELS

SLUG, NAME = "form-reader", "Form reader"
SUMMARY = (
    "Reads the handwritten digits on paper forms that come back, so that clerks check instead of type. "
    "The images, the models and what is measured on them are real; its people and its traffic are simulated."
)
#: Rollouts by the model that goes out, with the number of their steps that have tables.
READERS = ("reader@m1", "reader@m2")
STEPS = (0.05, 0.25, 0.5, 1.0)
#: The datasets that are there from the start, and those since the archive was scanned again.
LOOKED_AT, RESCANNED = ("train", "test", "faded", "scans", "ratings"), ("shifted", "rescanned")
#: What monitors are fed with: forms that are read beside the clerks, before launch; and all forms, after it.
USES = ("shadow", "live")


def slug_of(way: str) -> str:
    """A way as part of a name: `reader@m1` is `reader-m1`."""
    return way.replace("@", "-")


def config(criteria: list[Any], *, moved: bool, retrained: bool, designs: dict[str, str]) -> Config:
    """The file's contents. `moved` is whether the scanner was updated, `retrained` whether the second model's
    data are there; `designs` has the digest of each signed A/B design, by the test's name."""
    ways = (*COMPARED, "reader@m2") if retrained else COMPARED
    datasets = _datasets(moved, retrained)
    predictions: dict[str, Any] = {}
    checks: list[dict[str, Any]] = [*_data_checks(retrained)]
    for way in ways:
        predictions[f"{slug_of(way)}-test"] = _answers(way, "test")
        checks += _offline(way)
    for way in READERS[: 1 + retrained]:
        predictions |= {f"{slug_of(way)}-faded": _answers(way, "faded")}
        checks += _slices(way)
        predictions |= _in_use(way)
        datasets |= _tests(way)
        checks += _use_checks(way, designs.get(f"reading-{way.partition('@')[2]}"))
    if retrained:
        predictions |= {f"{slug_of(way)}-shifted": _answers(way, "shifted") for way in READERS}
        checks += _shifted()
    return Config.model_validate(
        {
            "project": {"slug": SLUG, "name": NAME, "summary": SUMMARY, "currency": "EUR"},
            "criteria": [c.plain() for c in criteria],
            "datasets": datasets,
            "predictions": predictions,
            "checks": checks,
        }
    )


def _datasets(moved: bool, retrained: bool) -> dict[str, Any]:
    common = {"key": "image", "target": "digit", "features": [PIXELS]}
    train, scans = ("v2" if later else "v1" for later in (retrained, moved))
    found: dict[str, Any] = {
        "train": {**common, "path": f"data/train-{train}.parquet", "version": train, "role": "train"},
        "test": {**common, "path": "data/test.parquet", "version": "v1", "role": "test"},
        "faded": {**common, "path": "data/faded.parquet", "version": "v1", "role": "test"},
        "scans": {
            **common, "path": f"data/scans-{scans}.parquet", "version": scans, "role": "production",
        },
        "arrivals": {
            "path": f"data/arrivals-{scans}.parquet", "version": scans, "key": "image", "time": "scanned_at",
            "cadence_days": 7, "origin": "simulated",
        },
        "ratings": {"path": "labels/ratings.parquet", "version": "v1", "origin": "simulated"},
    }  # fmt: skip
    if retrained:
        found["shifted"] = {**common, "path": "data/shifted.parquet", "version": "v1", "role": "test"}
        found["rescanned"] = {
            **common,
            "path": "data/rescanned.parquet",
            "version": "v1",
            "role": "reference",
        }
    return found


def _answers(way: str, dataset: str) -> dict[str, Any]:
    return {
        "path": f"predictions/{slug_of(way)}-{dataset}.parquet", "model": way, "prediction": "read",
        "dataset": dataset, "train": "train", "key": "image",
    }  # fmt: skip


def _data_checks(retrained: bool) -> list[dict[str, Any]]:
    watched = {"reference": "rescanned" if retrained else "train", "model": READERS[retrained]}
    return [
        {"check": "rows", "criterion": "training-rows", "table": "train"},
        *({"check": "quality", "dataset": name} for name in (LOOKED_AT + RESCANNED if retrained else LOOKED_AT)),
        {"check": "quality", "dataset": "arrivals", "scheduled": True},
        {"check": "leakage", "dataset": "test", "train": "train"},
        {"check": "freshness", "dataset": "arrivals"},
        {
            "check": "agreement", "dataset": "ratings", "criterion": LABELS, "item": "image", "labeler": "labeler",
            "label": "label", "guideline": "digits@v1",
        },
        {"check": "mean", "criterion": "label-cost", "table": "ratings", "column": "cost"},
        {
            "check": "drift", "current": "scans", "columns": FEATURES, "threshold": 0.1, "cadence_days": 7,
            **watched,
        },
    ]  # fmt: skip


def _offline(way: str) -> list[dict[str, Any]]:
    name, table = slug_of(way), f"{slug_of(way)}-test"
    about = {"check": "evaluation", "predictions": table, "labels_agreed_by": LABELS}
    return [
        {**about, "name": f"{name}-accuracy", "criterion": "accuracy", "metric": "accuracy"},
        {**about, "name": f"{name}-digit-8", "criterion": "digit-8", "metric": "recall", "positive": 8},
        {
            "check": "quantile", "name": f"{name}-latency", "criterion": "latency", "table": table, "column": "ms",
            "q": 0.95,
        },
        {
            "check": "mean", "name": f"{name}-cost", "criterion": "cost-per-1000", "table": table,
            "column": "cost_per_1000",
        },
    ]  # fmt: skip


def _slices(way: str) -> list[dict[str, Any]]:
    name = slug_of(way)
    return [
        {
            "check": "evaluation", "name": f"{name}-faded-ink", "criterion": "faded-ink", "metric": "accuracy",
            "predictions": f"{name}-faded", "labels_agreed_by": LABELS,
        },
        {"check": "slices", "name": f"{name}-slices", "predictions": f"{name}-test", "by": ["digit"]},
    ]  # fmt: skip


def _shifted() -> list[dict[str, Any]]:
    old, new = (slug_of(way) for way in READERS)
    about = {"check": "evaluation", "metric": "accuracy", "labels_agreed_by": LABELS}
    return [
        *(
            {
                **about,
                "name": f"{name}-shifted-scan",
                "criterion": "shifted-scan",
                "predictions": f"{name}-shifted",
            }
            for name in (old, new)
        ),
        {
            **about, "criterion": "shift-mended", "predictions": f"{new}-shifted", "against": f"{old}-shifted",
        },
    ]  # fmt: skip


def _in_use(way: str) -> dict[str, Any]:
    """What the reader answered on simulated forms: a table for each step of the rollout, and those that
    its monitors read."""
    tables = [f"rollout-{slug_of(way)}-{i}" for i in range(len(STEPS))]
    tables += [f"{use}-{slug_of(way)}" for use in USES]
    return {
        name: {
            "path": f"traffic/{name}.parquet", "model": way, "prediction": "read", "target": "written", "key": "form",
            "origin": "simulated",
        }
        for name in tables
    } | {
        f"study-{slug_of(way)}": {
            "path": f"study/{slug_of(way)}.parquet", "model": way, "prediction": "rating", "origin": "simulated"
        }
    }  # fmt: skip


def _tests(way: str) -> dict[str, Any]:
    name = f"reading-{way.partition('@')[2]}"
    return {
        name: {"path": f"traffic/{name}.parquet", "key": "form", "time": "at", "origin": "simulated", "version": "v1"}
    }  # fmt: skip


def _use_checks(way: str, design: str | None) -> list[dict[str, Any]]:
    from sextant_demo.evaluation import FORMS, REAL_DAYS

    name = slug_of(way)
    steps = [
        {
            "check": "mean", "name": f"rollout-{name}-{i}", "criterion": "forms-untouched",
            "table": f"rollout-{name}-{i}", "column": "right_first", "setting": "rollout",
        }
        for i in range(len(STEPS))
    ]  # fmt: skip
    watched = [
        {
            "check": kind, "name": f"{use}-{name}-{criterion}", "criterion": criterion, "table": f"{use}-{name}",
            "column": column, "setting": "monitoring", **more,
        }
        for use in USES
        for kind, criterion, column, more in (
            ("mean", "forms-untouched", "right_first", {}),
            ("quantile", "latency", "ms", {"q": 0.95}),
            ("mean", "cost-per-form", "cost", {}),
        )
    ]  # fmt: skip
    rated = {
        "check": "mean", "name": f"study-{name}", "criterion": "would-rely", "table": f"study-{name}",
        "column": "rating", "setting": "study",
    }  # fmt: skip
    test = {
        "check": "experiment", "dataset": f"reading-{way.partition('@')[2]}", "arm": "arm", "candidate": "reader",
        "control": "typing", "primary": "seconds-saved", "planned_per_arm": FORMS // 2 - 100,
        "planned_days": REAL_DAYS, "model": way, **({"design": design} if design else {}),
        "outcomes": [
            {"criterion": "seconds-saved", "column": "seconds"},
            {"criterion": "wrong-forms", "column": "wrong"},
            {"criterion": "forms-untouched", "column": "right_first", "measure": "candidate"},
        ],
    }  # fmt: skip
    quality = {"check": "quality", "dataset": test["dataset"]}
    return [*steps, *watched, rated, quality, test]


def path(folder: Path) -> Path:
    return folder / "sextant.yaml"
