"""Phase 2: which data, from where, labeled how, and how good. The test rows are pinned first of all."""

from __future__ import annotations

from datetime import timedelta

from sextant.data.documents import (
    DataPlan,
    DataRequirement,
    DataSource,
    Guideline,
    LabelValue,
    Pipeline,
    QualityResolution,
)
from sextant.lifecycle.state import Risk
from sextant.reports import QualityReport
from sextant_demo import people
from sextant_demo.images import Images, as_table, part, write
from sextant_demo.problem import sign_brief, took
from sextant_demo.project_file import LOOKED_AT, RESCANNED
from sextant_demo.story import OPERATIONS, PRODUCT, Story, now
from sextant_demo.targets import LABELS

RATING_SEED = 41
QUALITY = tuple(f"quality-{name}" for name in (*LOOKED_AT, "arrivals"))

REQUIREMENTS = {
    "rows": DataRequirement(aspect="quantity", text="Enough images of each digit to learn from.",
                            criterion="training-rows"),
    "labels": DataRequirement(aspect="labels", text="Labelers agree on what is written.", criterion=LABELS),
    "missing": DataRequirement(aspect="quality", text="No image lacks a digit.",
                               rule="missing values in digit at most 0 %"),
    "format": DataRequirement(aspect="format", text="One size for all.", rule="pixels of an image exactly 64"),
    "sources": DataRequirement(aspect="sources", text="Only what we may use.",
                               rule="licence one of CC BY 4.0, own forms"),
}  # fmt: skip
SOURCES = {
    "uci-digits": DataSource(
        name="UCI Optical Recognition of Handwritten Digits", strategy="existing", owner="Data lead",
        state="ready", cost=0, licence="CC BY 4.0", access="Comes with scikit-learn",
        privacy="Digits by 43 unnamed writers",
    ),
    "returned-forms": DataSource(
        name="Scans of returned forms (simulated)", strategy="user_generated", owner="Head of the mail room",
        state="ready", cost=1_500, consent="Stated on the form; recorded with the form's version",
        privacy="Only the digit boxes are kept, without the form's number",
    ),
}  # fmt: skip
#: Where all images come from.
UCI = "source:uci-digits@2026-06-01"
#: What each digit looks like, and what it is taken for.
_SHAPES = (
    ("0", "One closed round", "Upright oval", "Slanted oval"),
    ("1", "One stroke, a hook at most", "Bare stroke", "Stroke with a hook"),
    ("2", "Round above, flat foot", "Foot straight", "Foot with a loop"),
    ("3", "Two rounds, both open to the left", "Round top", "Flat top"),
    ("4", "Open or closed above, one leg", "Open top", "Closed top"),
    ("5", "Flat above, round below", "Bar joined", "Bar apart"),
    ("6", "Closed below, open above", "Long neck", "Short neck"),
    ("7", "Bar above, one leg", "With a cross stroke", "Without one"),
    ("8", "Two closed rounds", "Same size", "Small above"),
    ("9", "Closed above, open below", "Straight leg", "Bent leg"),
)
GUIDELINE = Guideline(
    version="v1", task="Name the one digit on the image; look at the shape, not at its neighbours",
    values=tuple(LabelValue(value=v, criteria=c, examples=f"{a}\n{b}") for v, c, a, b in _SHAPES),
    agreement_bar=0.8,
)  # fmt: skip


def collect(story: Story) -> None:
    """Split once, by a fixed seed, and write down what is needed and where it comes from."""
    data = story.folder / "data"
    write(as_table(part("train")), data / "train-v1.parquet")
    write(as_table(part("test")), data / "test.parquet")
    write(as_table(part("test").faded()), data / "faded.parquet")
    write_scans(story, part("scans"), "v1")
    for key, requirement in REQUIREMENTS.items():
        story.put(requirement, key)
    for key, source in SOURCES.items():
        story.put(source, key)
    for name in ("train", "test", "faded", "scans", "arrivals"):
        story.name(f"dataset:{name}@v1", note="split by a fixed seed before anything was trained")
    split = "recipe:split@seed-20260601"
    story.commit("train", "data/train-v1.parquet", "900 images to learn from", sources=[UCI], recipe=split)
    story.commit(
        "scans", "data/scans-v1.parquet", "297 images that come in later", sources=[UCI], recipe=split
    )
    story.check("training-rows", "leakage-test")


def write_scans(story: Story, images: Images, version: str) -> None:
    """What came in over the last seven days, and when: evenly, the newest now. The images are real, the times
    are invented."""
    import pyarrow as pa

    last, folder = now(), story.folder / "data"
    at = [last - timedelta(hours=168 * i / len(images)) for i in range(len(images))][::-1]
    table = as_table(images)
    write(table, folder / f"scans-{version}.parquet")
    write(pa.table({"image": table["image"], "scanned_at": at}), folder / f"arrivals-{version}.parquet")


def label(story: Story) -> None:
    """Three simulated labelers on 300 images: how far they agree, and what a label costs."""
    write(people.ratings(RATING_SEED), story.folder / "labels" / "ratings.parquet")
    story.put(GUIDELINE.model_copy(update={"published_on": story.day(118)}), "digits")
    story.name("guideline:digits@v1")
    story.name("dataset:ratings@v1", note="what three simulated labelers said")
    story.check(LABELS, "label-cost")
    story.put(
        DataPlan(collection_budget=4_000, labeling_budget=300, labels_forecast=5_000, label_cost="label-cost")
    )


def examine(story: Story) -> None:
    """What is wrong with the data, and what is decided about each finding."""
    resolve(story, *story.check(*QUALITY, "freshness-arrivals"))
    story.put(
        Pipeline(
            dataset="arrivals", owner="Data lead", owner_days=2, cadence_days=7, monthly_cost=120,
            collection="Digit boxes are cut out of each scan as it comes in", storage="Parquet, kept for two years",
            processing="Scaled to 8 × 8 pixels in 17 steps of grey", versioning="One version for each scanner setting",
            monitoring="Quality and drift every week; the data lead is told",
        ),
        "arrivals",
    )  # fmt: skip
    story.decide("data", "pass", "The data is there, labeled, and its faults are dealt with.", by=PRODUCT)
    took(story, "data")


#: Why a finding may stay, by what was found.
REASONS = {
    "constant": "One value on purpose: it says how these images were made.",
    "repeated": "Looked at: equal marks of different people, or ratings that agree.",
    "far": "A few images take a labeler much longer: such is the work, and it is paid.",
    "rare": "With 297 images of ten digits some have fewer than 30; they are watched, not learned from.",
    "missing": "Only forms that were read have it.",
}


def resolve(story: Story, *evidence: object) -> None:
    """Decide on every finding of these quality reports, each with its reason."""
    for report in evidence:
        if not isinstance(report, QualityReport):
            continue
        for finding in report.findings:
            reason = REASONS.get(finding.key.partition("-")[0], "Looked at: it is what people write.")
            decided = QualityResolution(
                dataset=report.data.name, finding=finding.key, resolution="accepted", reason=reason,
                version=report.data.version,
            )  # fmt: skip
            story.put(decided, f"{report.data.name}-{finding.key}"[:80])


def collect_again(story: Story) -> None:
    """Back to the data: the archive is scanned again on the scanner as it now is, and joins what was there."""
    reason = "The scanner's update moves every image by two pixels; the training data holds none like that."
    story.back_to("data", reason, ["dataset:train", "dataset:scans"], by=PRODUCT)
    data = story.folder / "data"
    again = part("train").shifted()
    write(as_table(part("train"), again), data / "train-v2.parquet")
    write(as_table(again), data / "rescanned.parquet")
    write(as_table(part("test").shifted()), data / "shifted.parquet")
    story.learn()
    story.commit(
        "train", "data/train-v2.parquet", "The archive scanned again, beside what was there",
        sources=["dataset:train@v1", "dataset:rescanned@v1"], recipe="recipe:join@1",
    )  # fmt: skip
    for name in ("train", "scans"):
        story.name(f"dataset:{name}@v2", note="with scans since the scanner's update")
    story.check("training-rows", "leakage-test")
    for name in RESCANNED:
        story.name(f"dataset:{name}@v1", note="real images, as the updated scanner makes them")
    resolve(story, *story.check(*QUALITY, *(f"quality-{name}" for name in RESCANNED), "freshness-arrivals"))
    story.put(REQUIREMENTS["rows"], "rows")
    story.project.put_risks(
        [
            Risk("other-scanner", "data", "The office's scanner makes other images than those learned from", 2, 4,
                 OPERATIONS, "It happened once. Tell the data lead before an update, and scan a test page after it",
                 status="mitigated")
        ],
        merge=True,
    )  # fmt: skip
    # Two targets more are a change of the goals: they are signed anew.
    sign_brief(story)
    story.decide("data", "pass", "Scans since the update are in the training data.", by=PRODUCT)
