"""Phase 5: monitors, the way back, and a rollout in steps that goes back by itself when something breaks."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from sextant.criteria import Origin, Setting
from sextant.deployment.documents import (
    Announcement,
    Monitor,
    PlannedStep,
    PostLaunchReview,
    RollbackPlan,
    RolloutPlan,
)
from sextant.deployment.rollout import Standing, decide
from sextant.evidence import Version
from sextant.reports import ChannelTest, MonitorSample, RollbackDrill, RolloutStep
from sextant_demo.flag import FLAG, TYPING, drill, send_alert, set_flag
from sextant_demo.images import part, write
from sextant_demo.people import Traffic
from sextant_demo.problem import took
from sextant_demo.project_file import STEPS, slug_of
from sextant_demo.readers import reader, version
from sextant_demo.story import PRODUCT, Story, now, producer

#: Forms that a step has at least, and how long it lasts in the story's calendar.
FORMS_OF_STEP, STEP_DAYS = 400, 5
#: Before which step the scanner's software is updated, which moves every image by two pixels.
FAULT_AT = 1
#: What each reader goes back to.
LAST_GOOD = {"reader@m1": "templates@v1", "reader@m2": "reader@m1"}
DEPLOYED = {"reader@m1": "d1", "reader@m2": "d2"}
CHANNEL = "on-call"
MONITORS = {
    "forms-right": ("model", "forms-untouched"), "speed": ("system", "latency"),
    "forms-finished": ("business", "forms-per-clerk-day"), "money": ("cost", "cost-per-form"),
}  # fmt: skip
PLAN = RolloutPlan(
    strategy="gradual", flag=FLAG, criteria=("forms-untouched",), break_conditions=("forms-untouched",),
    owner="Head of the mail room",
    steps=tuple(
        PlannedStep(share=share, dwell_days=STEP_DAYS if share < 1 else 0, minimum_sample=FORMS_OF_STEP // 2)
        for share in STEPS
    ),
)  # fmt: skip


def prepare(story: Story, way: str) -> None:
    """Before anybody meets it: monitors fed by shadow traffic, a tried channel, both ways back drilled."""
    if way == "reader@m2":
        reason = "The first rollout went back; the retrained reader goes out in the same steps."
        story.back_to("deployment", reason, ["deployment:reader"], by=PRODUCT)
    story.put(PLAN.model_copy(update={"planned_start": story.day(22)}))
    for key, (group, criterion) in MONITORS.items():
        monitor = Monitor(
            group=group, criterion=criterion, source="Every form that comes in", owner="Engineering",
            escalation=("Product manager",), channel=CHANNEL, silent_after_hours=24 * 14,
        )  # fmt: skip
        story.put(monitor, key)
    story.put(
        RollbackPlan(
            immediate="Switch the flag to typing, or to the last good reader; one person, one command.",
            short_term="Look at what came in, find the cause, tell the clerks the same day.",
            long_term="Train on what was new, test again, go out in the same steps.", deployment="reader",
            target_seconds=2, owner="Head of the mail room, engineering at night",
        )
    )  # fmt: skip
    story.name(f"flag:{FLAG}@v1")
    story.name(f"deployment:reader@{DEPLOYED[way]}", f"model:{way}")
    _alert(story)
    _drill(story, way)
    _watch(story, way, "shadow", Traffic(part("scans"), reader(way), 500).days(200))


def _alert(story: Story) -> None:
    delivered, seconds = send_alert("Test alert of the form reader: nothing is wrong.")
    story.add(
        ChannelTest(
            channel=CHANNEL, delivered=delivered, seconds=seconds, estimand=f"a test alert through {CHANNEL}",
            setting=Setting.MONITORING, at=now(), producer=producer("test alert over HTTP on this machine", seconds),
        )
    )  # fmt: skip


def _drill(story: Story, way: str) -> None:
    """Both ways back, by a real flag and a process that obeys it."""
    path = flags(story)
    ways: tuple[tuple[Any, str], ...] = (("last_good_model", LAST_GOOD[way]), ("before_feature", TYPING))
    for name, back_to in ways:
        restored, seconds = drill(path, way, back_to)
        story.add(
            RollbackDrill(
                deployment=Version.parse(f"deployment:reader@{DEPLOYED[way]}"), way=name, restored=restored,
                seconds=seconds, target_seconds=2, estimand=f"the way back from {way} to {back_to}",
                setting=Setting.ROLLOUT, model=version(way), at=now(),
                producer=producer("drill by a flag and a process that obeys it", seconds),
            )
        )  # fmt: skip


def _watch(story: Story, way: str, use: str, table: Any) -> None:
    """Each monitor sees these forms, and what it measures is measured on them."""
    name = f"{use}-{slug_of(way)}"
    write(table, story.folder / "traffic" / f"{name}.parquet")
    story.check(*(f"{name}-{criterion}" for criterion in ("forms-untouched", "latency", "cost-per-form")))
    times = table["at"].to_pylist()
    for key in MONITORS:
        story.add(
            MonitorSample(
                monitor=key, received=len(times), last_received_at=max(times), period_start=_since(story, times),
                period_end=max(times), n=len(times), estimand=f"what the monitor {key} received", model=version(way),
                setting=Setting.MONITORING, origin=Origin.SIMULATED, at=now(), producer=producer("simulated traffic"),
            )
        )  # fmt: skip


def _since(story: Story, times: list[datetime]) -> datetime:
    """Since when the monitors run: from the first shadow traffic on."""
    known = [
        s.evidence.period_start
        for s in story.project.evidence(kind="monitor_sample")
        if s.evidence.period_start
    ]
    return min([*known, *times])


def announce(story: Story) -> None:
    """Who is told, and the review after launch."""
    texts = {
        "users": ("users", "Notice in the mail room", "From today a reader fills in the digits. Check, then confirm."),
        "stakeholders": ("stakeholders", "Monday meeting", "The form reader goes out in four steps, and can go back."),
    }  # fmt: skip
    for key, (audience, channel, text) in texts.items():
        told = Announcement(
            audience=audience, channel=channel, text=f"{text} (Simulated.)", approved_by="Product manager",
            approved_on=story.day(26), send_on=story.day(23), sent_on=story.day(23),
        )  # fmt: skip
        story.put(told, key)
    people = ("Product manager", "ML lead", "Head of the mail room")
    story.put(PostLaunchReview(planned_on=story.today + timedelta(days=14), people=people))


def roll_out(story: Story, way: str, *, seed: int) -> None:
    """Widen step by step on each step's own evidence. From `FAULT_AT` on the first rollout meets the scanner's
    update; the second one meets it from the start, as the scanner stays as it is."""
    name, plan = slug_of(way), PLAN
    step, since = 0, datetime.combine(story.day(22), time(9), now().tzinfo)
    set_flag(flags(story), way)
    _step(story, way, step, 0, "start", f"Starts at {plan.steps[0].share:.0%} of forms.", {})
    while True:
        moved = way == "reader@m2" or step >= FAULT_AT
        images = part("scans").shifted() if moved else part("scans")
        table = Traffic(images, reader(way), seed + step).days(FORMS_OF_STEP, STEP_DAYS)
        write(table, story.folder / "traffic" / f"rollout-{name}-{step}.parquet")
        story.check(f"rollout-{name}-{step}")
        verdicts = story.verdicts(Setting.ROLLOUT)
        until = since + timedelta(days=STEP_DAYS)
        found = decide(plan, Standing(step, since, len(table), until), verdicts)
        said = {key: verdicts[key].word for key in plan.criteria}
        _step(story, way, step, len(table), found.move, found.why, said)
        if found.move == "roll_back":
            set_flag(flags(story), TYPING)
        if found.move != "advance":
            return
        step, since = found.step, until


def _step(story: Story, way: str, step: int, exposed: int, move: Any, why: str, said: dict[str, str]) -> None:
    share = PLAN.steps[step].share
    story.add(
        RolloutStep(
            rollout=slug_of(way), step=step, share=share, exposed=exposed, decision=move, why=why, verdicts=said,
            n=exposed, estimand=f"rollout of {way}, step {step + 1} at {share:.0%} of forms", setting=Setting.ROLLOUT,
            model=version(way), origin=Origin.SIMULATED, at=now(), producer=producer("rollout on simulated traffic"),
            note=f"{STEP_DAYS} simulated days, played in fast motion." if exposed else None,
        )
    )  # fmt: skip


def went_back(story: Story) -> None:
    """The first rollout is held: the gate stays shut until the cause is mended."""
    story.decide("deployment", "hold", "The rollout went back by itself: find out what changed.", by=PRODUCT)


def in_service(story: Story, way: str, *, seed: int) -> None:
    """Everybody has it: the monitors now read real use, as far as it is real here."""
    story.project.change(in_service=version(way))
    _watch(story, way, "live", Traffic(part("scans").shifted(), reader(way), seed).days(500, 5))
    story.decide("deployment", "pass", "Everybody has it, and it holds.", by=PRODUCT)
    took(story, "deployment")


def flags(story: Story) -> Any:
    return story.folder / "flags" / f"{FLAG}.json"
