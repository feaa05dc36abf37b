"""What labelers work by: the task, what may be chosen, by which criteria, with examples and hard cases."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from pydantic import Field

from sextant.canonical import Frozen, digest
from sextant.criteria import Phase
from sextant.documents import Document, Words, document

#: What a labeler does with an item.
TaskKind = Literal["choice", "choices", "rating", "pair", "spans", "note"]
TASK_KINDS: dict[str, str] = {
    "choice": "One of several classes",
    "choices": "Any number of several classes",
    "rating": "A place on a scale",
    "pair": "Which of two is better",
    "spans": "Passages of a text, each with a class",
    "note": "A free note",
}


class LabelValue(Frozen):
    """One value that a labeler may choose."""

    value: str = Field(title="Value", description="What the labeler chooses, such as '4, good' or 'spam'.")
    criteria: Words = Field("", title="Criteria", description="What must be true for this value, one a line.")
    examples: Words = Field("", title="Examples", description="Two or three examples, one a line.")

    @property
    def example_count(self) -> int:
        return sum(bool(line.strip()) for line in self.examples.splitlines())


class HardCase(Frozen):
    """A case on which careful people disagree, and how it is decided."""

    case: Words = Field("", title="Case", description="What makes it hard, or the item itself.")
    value: Words = Field("", title="Decided as", description="The value that it gets.")
    why: Words = Field(
        "", title="Because", description="The rule behind it, so that the next one is decided alike."
    )


class Question(Frozen):
    """A question for labelers before they begin: who answers it as expected has understood the guideline."""

    item: Words = Field("", title="Item", description="What they are shown.")
    answer: Words = Field("", title="Answer", description="The value that is right.")
    why: Words = Field("", title="Because", description="What they are told afterwards.")


@document
class Guideline(Document):
    """Instructions for labelers. Its key is its name: evidence rests on `guideline:NAME@VERSION`."""

    kind: ClassVar[str] = "guideline"
    phase: ClassVar[Phase] = "data"
    many: ClassVar[bool] = True
    label: ClassVar[str] = "Labeling guideline"
    help: ClassVar[str] = (
        "What labelers choose from, by which criteria, with examples. A new text is a new version."
    )

    version: Words = Field("", title="Version", description="A name for this text, such as 'v2'.")
    task: Words = Field("", title="Task", description="What the labeler looks at and what they decide.")
    answer: TaskKind = Field("choice", title="Kind of answer", description="What the labeler gives.")
    published_on: date | None = Field(
        None,
        title="Published on",
        description="The day from which labelers work by it. Empty while it is a draft.",
    )
    values: tuple[LabelValue, ...] = Field((), title="Values", description="Every value that may be chosen.")
    hard_cases: tuple[HardCase, ...] = Field(
        (), title="Hard cases", description="Where careful people disagree, and how it is decided."
    )
    questions: tuple[Question, ...] = Field(
        (), title="Calibration questions", description="What a labeler answers before the first item."
    )
    agreement_bar: float = Field(
        0.667,
        gt=0,
        le=1,
        title="Least agreement",
        description="How far labelers must agree beyond chance: 0.667 allows tentative conclusions, 0.8 firm ones.",
    )

    def meaning(self) -> str:
        """Digest of what a label means: the task, the kind of answer, and each value with its criteria. Examples,
        hard cases and questions explain it and may change without making earlier labels mean something else.

        >>> one = Guideline(values=(LabelValue(value="spam", criteria="sells"), LabelValue(value="ham")))
        >>> better = one.model_copy(update={"hard_cases": (HardCase(case="a newsletter", value="spam"),)})
        >>> other = one.model_copy(update={"values": (LabelValue(value="spam"), LabelValue(value="ham"))})
        >>> one.meaning() == better.meaning(), one.meaning() == other.meaning()
        (True, False)
        """
        said = [(v.value.strip(), _words(v.criteria)) for v in self.values]
        return digest({"task": _words(self.task), "answer": self.answer, "values": said})

    @property
    def choices(self) -> tuple[str, ...]:
        """The values in their order, without blanks around them and without repeats."""
        return tuple(dict.fromkeys(v.value.strip() for v in self.values if v.value.strip()))


def _words(text: str) -> str:
    """A text without its white space: a line broken elsewhere means the same."""
    return " ".join(text.split())


def next_version(version: str) -> str:
    """The name after this one: its last number, or 2, counted on.

    >>> next_version("v2"), next_version("first"), next_version("")
    ('v3', 'first-2', 'v1')
    """
    if not version:
        return "v1"
    head = version.rstrip("0123456789")
    number = version[len(head) :]
    return f"{head}{int(number) + 1}" if number else f"{version}-2"
