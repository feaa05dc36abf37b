"""The decision tree as a drawing: a trunk of six questions, where each leads away, and the path that was walked."""

from __future__ import annotations

from dataclasses import dataclass

from sextant.problem.decision_tree import OUTCOMES, OVERSIGHT, PURSUE, QUESTIONS, UNDECIDED, Walk
from sextant.problem.documents import DecisionTree

TRUNK, BRANCH, TOP, ROW, EXTRA = 14, 44, 18, 66, 30


@dataclass(frozen=True, slots=True)
class Leaf:
    """Where a question leads away to; `reached` is whether the path ended here."""

    y: int
    answer: str
    title: str
    reached: bool


@dataclass(frozen=True, slots=True)
class Node:
    """A question on the trunk. `state` is passed, stopped, open (asked and not answered) or ahead; `overseen` is
    whether it was passed by the way round, with people who check."""

    y: int
    end: int
    title: str
    answer: str
    state: str
    overseen: bool
    leaf: Leaf
    round: int | None

    @property
    def way_round(self) -> str:
        """The second way on, as a path that leaves the trunk and comes back to it."""
        if self.round is None:
            return ""
        return f"M{TRUNK} {self.y}C{BRANCH} {self.y + 14} {BRANCH} {self.y + 20} {BRANCH} {self.round}"

    @property
    def way_back(self) -> str:
        return (
            ""
            if self.round is None
            else f"M{BRANCH} {self.round}C{BRANCH} {self.end - 8} {TRUNK} {self.end - 14} {TRUNK} {self.end}"
        )

    @property
    def way_off(self) -> str:
        """The way from the trunk to the leaf."""
        return f"M{TRUNK} {self.y}C{TRUNK} {self.leaf.y - 8} {TRUNK + 8} {self.leaf.y} {BRANCH} {self.leaf.y}"


@dataclass(frozen=True, slots=True)
class Drawing:
    """All of it, in pixels; widths do not matter, so that the letters keep their size."""

    nodes: tuple[Node, ...]
    ends: tuple[Leaf, ...]
    height: int
    text: str
    trunk: int = TRUNK
    branch: int = BRANCH


def draw(walked: Walk) -> Drawing:
    """The whole tree, with the path of `walked` in it."""
    nodes = []
    y = TOP
    path = {step.question: step for step in walked.path}
    overseen_at = walked.outcome is OVERSIGHT
    for question, leads_on, stop in QUESTIONS:
        step = path.get(question)
        two_ways = question == "errors_tolerable"
        end = y + ROW + EXTRA * two_ways
        state = "ahead"
        if step is not None:
            state = "passed" if not step.stops else "open" if step.answer == "unknown" else "stopped"
        away = "yes" if leads_on == "no" else "no"
        nodes.append(
            Node(
                y=y,
                end=end,
                title=str(DecisionTree.model_fields[question].title),
                answer="" if step is None or step.answer == "unknown" else step.answer,
                state=state,
                overseen=(two_ways and overseen_at)
                or bool(step and not step.stops and step.answer != leads_on),
                leaf=Leaf(y + 34, away, stop.title, state == "stopped"),
                round=y + 34 + EXTRA if two_ways else None,
            )
        )
        y = end
    ends = (
        Leaf(y, "", PURSUE.title, walked.outcome is PURSUE),
        Leaf(y + 32, "", OVERSIGHT.title, walked.outcome is OVERSIGHT),
    )
    return Drawing(tuple(nodes), ends, y + 32 + 20, said(walked))


def said(walked: Walk) -> str:
    """The path in one sentence.

    >>> from sextant.problem.decision_tree import walk
    >>> said(walk(DecisionTree(well_defined="no")))
    'Clear problem: no. It ends in “Clarify first”.'
    """
    steps = [f"{s.title}: {s.answer}" for s in walked.path if s.answer != "unknown"]
    if walked.outcome is UNDECIDED:
        steps.append(f"{walked.path[-1].title} is not answered yet")
        return ". ".join(steps) + "."
    return ". ".join(steps) + f". It ends in “{walked.outcome.title}”."


def outcomes() -> list[tuple[str, str]]:
    """Every outcome with its advice, for the page's help."""
    return [(o.title, o.advice) for o in OUTCOMES if o is not UNDECIDED]
