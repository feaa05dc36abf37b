"""Is ML the right way? Six questions in order; the first answer that stops you says what to do instead.

Each stops the project where the answer is not the one that leads on. The fifth has a second way on: where
errors cannot be tolerated but people can check in time, the project may go on with oversight, and a target
then shows that the oversight works.
"""

from __future__ import annotations

from dataclasses import dataclass

from sextant.problem.documents import Answer, DecisionTree


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where the tree ends. `goes_on` is whether that is a way to an ML project."""

    key: str
    title: str
    advice: str
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One question on the path, as it was answered. `stops` is whether the path ended here."""

    question: str
    title: str
    answer: Answer
    reason: str
    stops: bool


@dataclass(frozen=True, slots=True)
class Walk:
    """The path through the tree and the outcome it led to."""

    outcome: Outcome
    path: tuple[Step, ...]

    @property
    def unreasoned(self) -> tuple[str, ...]:
        """Titles of the questions on the path that were answered without a reason."""
        return tuple(step.title for step in self.path if step.answer != "unknown" and not step.reason)


UNDECIDED = Outcome("undecided", "Not decided yet", "Answer the question that is open.")
PURSUE = Outcome("pursue", "Pursue", "Go on with an ML project.", goes_on=True)
OVERSIGHT = Outcome(
    "pursue_with_oversight",
    "Pursue with oversight",
    "Go on, with people who check the outputs.",
    goes_on=True,
)

#: Question, the answer that leads on, and where the other one leads.
QUESTIONS: tuple[tuple[str, Answer, Outcome], ...] = (
    (
        "well_defined",
        "yes",
        Outcome("clarify", "Clarify first", "Say what the problem is and how you would measure it."),
    ),
    (
        "rules_enough",
        "no",
        Outcome("rules", "Use rules", "Solve it with rules; they are cheaper to build and to trust."),
    ),
    (
        "data_available",
        "yes",
        Outcome(
            "rules_first", "Start with rules", "Start with rules, collect data as they run, and come back."
        ),
    ),
    (
        "pattern_or_prediction",
        "yes",
        Outcome(
            "not_suited",
            "ML may not suit",
            "Look for another method: nothing is to be recognized or predicted.",
        ),
    ),
    (
        "errors_tolerable",
        "yes",
        Outcome(
            "deterministic",
            "Deterministic, or heavy oversight",
            "Use a method that cannot err, or plan who checks the outputs, with the target that shows it.",
        ),
    ),
    ("roi_worth", "yes", Outcome("deprioritize", "Not now", "Put it behind projects that return more.")),
)

OUTCOMES: tuple[Outcome, ...] = (UNDECIDED, *(stop for _, _, stop in QUESTIONS), OVERSIGHT, PURSUE)


def walk(tree: DecisionTree) -> Walk:
    """The path that the answers take, and where it ends.

    Stops at the first answer that does not lead on; an open question ends in "not decided yet". That errors
    cannot be tolerated leads on only with an oversight plan and the target that judges it.

    >>> walk(DecisionTree(well_defined="yes", rules_enough="yes")).outcome.title
    'Use rules'
    """
    path: list[Step] = []
    last = PURSUE
    for question, leads_on, stop in QUESTIONS:
        answer: Answer = getattr(tree, question)
        reason: str = getattr(tree, f"{question}_reason")
        overseen = question == "errors_tolerable" and answer == "no" and has_oversight(tree)
        stops = answer != leads_on and not overseen
        title = str(DecisionTree.model_fields[question].title)
        path.append(Step(question, title, answer, reason, stops))
        if stops:
            return Walk(UNDECIDED if answer == "unknown" else stop, tuple(path))
        if overseen:
            last = OVERSIGHT
    return Walk(last, tuple(path))


def has_oversight(tree: DecisionTree) -> bool:
    """Whether there is an oversight plan with the target that judges it."""
    return bool(tree.oversight_plan and tree.oversight_criterion)
