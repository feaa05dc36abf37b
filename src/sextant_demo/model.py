"""Phase 3: rules and three models, really trained and compared; the choice, and what stood in its way."""

from __future__ import annotations

from datetime import timedelta

from sextant.criteria import Setting
from sextant.model.documents import (
    Blocker,
    CheckIn,
    CheckInPlan,
    ModelOption,
    ModelRequirements,
    OptionDecision,
    Resource,
    Weight,
)
from sextant.phrases import with_unit
from sextant.reports import ModelRun
from sextant_demo.images import Images, part, write
from sextant_demo.problem import took
from sextant_demo.project_file import slug_of
from sextant_demo.readers import COMPARED, MACHINE_HOUR, WAYS, answers, reader, training, version
from sextant_demo.story import ML_LEAD, PRODUCT, Story, now, producer

REQUIREMENTS = ModelRequirements(
    quality="accuracy", latency="latency", cost="cost-per-1000", cost_answers=1000,
    fairness_reason="It reads digits; nothing about a person goes in or comes out.",
    explainability_reason="The clerk sees the image beside what was read.",
)  # fmt: skip
RESOURCES = {
    "machine": Resource(type="compute", name="Processor hours", planned=40, available=60, unit="hours"),
    "engineers": Resource(type="people", name="Engineers", planned=2, available=2, unit="people"),
    "weeks": Resource(type="time", name="Weeks for the model", planned=4, available=4, unit="weeks"),
    "images": Resource(type="data", name="Labeled images", planned=900, available=900, unit="images"),
}
#: What each way is like beside its measured numbers.
OPTIONS = {
    "templates@v1": ("Mean images", "rules", 5, 5, 1.0),
    "logistic@v1": ("Logistic regression", "build", 5, 5, 2.0),
    "forest@v1": ("Forest", "build", 5, 4, 3.0),
    "reader@m1": ("Support vectors", "build", 5, 4, 3.0),
}
WEIGHTS = {"accuracy": 5.0, "latency": 1.0, "cost-per-1000": 2.0, "expertise": 1.0, "weeks_to_market": 1.0}


def prepare(story: Story) -> None:
    """What the model must do, signed by the ML lead, and what the team has for it."""
    story.put(REQUIREMENTS)
    story.sign("model_requirements", (ML_LEAD, "ml_lead"))
    for key, resource in RESOURCES.items():
        story.put(resource, key)
    story.put(CheckInPlan(first_on=story.day(70)))


def compare(story: Story) -> None:
    """Train every way, time every answer, and measure all of them on the same held-out rows."""
    for way in COMPARED:
        train(story, way)
    about = ("accuracy", "digit-8", "latency", "cost")
    story.check(*(f"{slug_of(way)}-{what}" for way in COMPARED for what in about))


def train(story: Story, way: str) -> None:
    """Train one way and keep what it answers on the test rows."""
    made = reader(way)
    version_of = "v2" if way == "reader@m2" else "v1"
    story.name(f"model:{way}", f"dataset:train@{version_of}", note=WAYS[way])
    rows = sum(len(images) for images in training(way))
    story.add(
        ModelRun(
            model=version(way), approach=WAYS[way], baseline=way == "templates@v1", parameters=made.parameters,
            training_seconds=made.seconds, training_cost=made.seconds / 3600 * MACHINE_HOUR, n=rows,
            estimand=f"training of {way} on {rows} images", setting=Setting.OFFLINE, at=now(),
            producer=producer("training", made.seconds),
        )
    )  # fmt: skip
    ended = now()
    story.project.log_run(
        WAYS[way], key=slug_of(way), model=way, experiment="Reading digits", parameters=made.parameters,
        metrics={"training_seconds": made.seconds}, datasets={"train": version_of, "test": "v1"},
        tags={"baseline": "true"} if way == "templates@v1" else {},
        started_at=ended - timedelta(seconds=made.seconds), ended_at=ended,
    )  # fmt: skip
    keep_answers(story, way, part("test"), "test")


def keep_answers(story: Story, way: str, images: Images, dataset: str) -> None:
    """What a way answers on a dataset's images, as a table."""
    import pyarrow as pa

    names = [f"{name}-{images.ink}-{images.scan}" for name in images.names]
    table = pa.table(answers(way, images, names))
    write(table, story.folder / "predictions" / f"{slug_of(way)}-{dataset}.parquet")


def choose(story: Story) -> None:
    """The options with their numbers, the choice, the weekly talks, and a blocker that was resolved."""
    for way, (name, approach, control, expertise, weeks) in OPTIONS.items():
        option = ModelOption(
            name=name, approach=approach, model=way, control=control, expertise=expertise, data_at_hand=4,
            weeks_to_market=weeks, notes=WAYS[way],
        )  # fmt: skip
        story.put(option, slug_of(way))
    rented = ModelOption(
        name="A rented reading service", approach="api", ruled_out="Forms may not leave the office."
    )
    story.put(rented, "rented")
    story.project.change(candidate=version("reader@m1"))
    _talks(story)
    story.put(
        Blocker(
            type="data", text="Labels of the second batch were late", opened_on=story.day(66),
            resolved_on=story.day(62), resolution="A third labeler for a week",
        ),
        "late-labels",
    )  # fmt: skip
    verdict = story.project.verdicts(Setting.OFFLINE)["accuracy"]
    story.put(
        OptionDecision(
            chosen="reader-m1", weights=tuple(Weight(factor=k, weight=w) for k, w in WEIGHTS.items()),
            sensitivity="The comparison shows at which weight another one draws level.",
            reason=f"The most digits read right: {verdict.reason}", decided_by="ML lead",
            decided_on=story.day(48),
        )
    )  # fmt: skip
    story.decide("model", "pass", "The support vectors read best, fast and cheaply enough.", by=PRODUCT)
    took(story, "model")


def _talks(story: Story) -> None:
    """One talk a week, up to yesterday."""
    day, week = story.day(70), 1
    slowest = max(reader(way).seconds for way in COMPARED)
    trend = f"{len(COMPARED)} ways tried; the slowest took {with_unit(slowest, 's')} to train"
    while day < story.today:
        waits = "Labels of the second batch are late" if week == 1 else "none"
        talk = CheckIn(
            held_on=day, trend=trend, blockers=waits, decisions="A third labeler for a week" if week == 1 else "Go on as planned",
            attendees=("Product manager", "ML lead"),
        )  # fmt: skip
        story.put(talk, f"week-{week:02d}")
        day, week = day + timedelta(days=7), week + 1


def train_again(story: Story) -> None:
    """Train the reader on the new scans too, and measure old and new on the same shifted rows."""
    story.back_to("model", "Train on scans since the scanner's update too.", ["model:reader"], by=ML_LEAD)
    train(story, "reader@m2")
    for way in ("reader@m1", "reader@m2"):
        keep_answers(story, way, part("test").shifted(), "shifted")
    story.project.change(candidate=version("reader@m2"))
    names = [f"reader-m2-{what}" for what in ("accuracy", "digit-8", "latency", "cost", "shifted-scan")]
    story.check("reader-m1-shifted-scan", *names, "shift-mended")
    again = OPTIONS["reader@m1"]
    option = ModelOption(
        name=f"{again[0]}, rescanned forms too", approach="build", model="reader@m2", control=again[2],
        expertise=again[3], data_at_hand=4, weeks_to_market=again[4], notes=WAYS["reader@m2"],
    )  # fmt: skip
    story.put(option, "reader-m2")
    verdict = story.project.verdicts(Setting.OFFLINE)["shift-mended"]
    story.put(
        OptionDecision(
            chosen="reader-m2", weights=tuple(Weight(factor=k, weight=w) for k, w in WEIGHTS.items()),
            sensitivity="The comparison shows at which weight another one draws level.",
            reason=f"It reads shifted scans as well: {verdict.reason}", decided_by="ML lead", decided_on=story.day(2),
        )
    )  # fmt: skip
    story.decide("model", "pass", "The retrained reader reads both scanner settings.", by=PRODUCT)
