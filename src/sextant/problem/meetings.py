"""What people write down about the meeting with stakeholders: what it shows each time, and what came of it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field

from sextant.criteria import MAX_DAYS, Key, Phase
from sextant.documents import Document, Words, document

#: As many targets as people in a meeting can hold in mind.
MOST_TARGETS = 5


@document
class MeetingPlan(Document):
    """What the stakeholders' meeting looks at, and when it takes place."""

    kind: ClassVar[str] = "meeting_plan"
    phase: ClassVar[Phase] = "problem"
    label: ClassVar[str] = "Stakeholder meetings"
    help: ClassVar[str] = (
        "When the stakeholders meet, and up to five targets that they look at each time. Without a choice "
        "business targets come first, then those of the product, then those of the model."
    )

    first_on: date | None = Field(
        None, title="First meeting", description="The day of the first; it sets the weekday."
    )
    cadence_days: int = Field(
        28, ge=1, le=MAX_DAYS, title="Every so many days", description="28 for every four weeks."
    )
    targets: Annotated[tuple[Key, ...], Field(max_length=MOST_TARGETS)] = Field(
        (), title="Targets", description="Keys of up to five targets, one a line. Empty: business first."
    )
    asked: Words = Field(
        "",
        title="The decision you need",
        description="What you will ask for next time. Empty: what the project waits for most.",
    )


@document
class Meeting(Document):
    """A meeting with stakeholders that took place; its key is its day or name."""

    kind: ClassVar[str] = "meeting"
    phase: ClassVar[Phase] = "problem"
    many: ClassVar[bool] = True
    label: ClassVar[str] = "Meeting"
    help: ClassVar[str] = (
        "Who was there, by role, and what was decided. What changes from now on is news at the next one."
    )

    held_on: date | None = Field(None, title="Held on", description="The day on which it took place.")
    attendees: tuple[str, ...] = Field((), title="Who was there", description="By role, one a line.")
    decisions: tuple[str, ...] = Field(
        (), title="Decisions", description="What was decided, one a line. 'Go on as planned' is a decision."
    )
    notes: Words = Field("", title="Notes", description="Questions, promises, anything else.")
