"""One help panel a phase: what it is for, the product manager's part, what to ask and what not to."""

from __future__ import annotations

from dataclasses import dataclass

from sextant.criteria import Phase


@dataclass(frozen=True, slots=True)
class Help:
    """`goals` of the phase, `part` of the product manager, questions to `ask`, and those to `avoid`, each with what to
    ask in its place."""

    goals: tuple[str, ...]
    part: str
    ask: tuple[str, ...]
    avoid: tuple[str, ...]


HELP: dict[Phase, Help] = {
    "problem": Help(
        (
            "Say what goes wrong today, for whom, how often, and what it costs.",
            "Find out whether a rule would do, before anybody trains a model.",
            "Fix the numbers that will count as success, while nobody knows the result.",
        ),
        "You lead. Talk with the people who have the problem, write the brief, and get it signed.",
        (
            "What do people do today, and what does one case cost them?",
            "What would make us stop?",
            "Who must agree before results exist?",
        ),
        (
            '"Where could we use AI?" Ask which task hurts, and how much.',
            '"Is everybody on board?" Ask each for a signature on the present text.',
        ),
    ),
    "data": Help(
        (
            "Get enough examples that look like real use.",
            "Know what is wrong with them, and decide what to mend.",
            "Make sure that labels mean the same to everybody who gives them.",
        ),
        "You clear the way: access, consent, budget for labels, and the rule for what a good label is. "
        "Plan at least two fifths of the time for this.",
        (
            "Which users or cases are missing from this data?",
            "How often do two labelers disagree, and on what?",
            "What happens to this data next month?",
        ),
        (
            '"How many rows do we have?" Ask how many of the kind that fails.',
            '"Can we skip labeling guidelines?" Ask for a calibration on 50 items instead.',
        ),
    ),
    "model": Help(
        (
            "Find the simplest approach that clears the bars for quality, speed and cost.",
            "Compare each against the rule-based baseline on the same cases.",
        ),
        "You set requirements and remove blockers; the team chooses the method. Hold the weekly check-in.",
        (
            "What do we give up for two more points of accuracy?",
            "What stops you this week: data, compute, or time?",
            "What does this number mean for a user?",
        ),
        (
            '"Why is it not 100 %?" Ask which mistakes hurt users most.',
            '"Have you tried the newest model?" Ask what the options cost at our volume.',
        ),
    ),
    "evaluation": Help(
        (
            "See whether the promises of the brief hold, on cases that the model has never met.",
            "Let real users judge, and let somebody try to break it.",
            "Decide: ship, iterate or stop, by the rule that was signed before.",
        ),
        "You drive. Write the hypothesis and the rule, recruit the users, read the mistakes yourself.",
        (
            "Where does it fail most, and who is that?",
            "How sure are we, and what would make us surer?",
            "What does the rule say that we signed?",
        ),
        (
            '"Is it significant yet?" Ask how many days are left in the plan.',
            '"Can we drop the case that fails?" Ask whether users will meet it.',
        ),
    ),
    "deployment": Help(
        (
            "Let few people meet it first, and more as the proof holds.",
            "Have alarms that work and a way back that was tried, before the first user.",
        ),
        "You run the rollout: when to go on, when to wait, whom to tell.",
        (
            "Who is woken, by which number, and what do they do first?",
            "How long does the way back take, and when did we last try it?",
        ),
        (
            '"Can we go to everybody on Friday?" Ask what the next step needs to see.',
            '"Do we need monitors yet?" They come before the first user.',
        ),
    ),
    "maintenance": Help(
        (
            "Notice early when the world or the results move.",
            "Retrain when it pays, and only put the new model in if it is no worse.",
            "Turn complaints into cases, and cases into improvements.",
        ),
        "You hold the weekly review, keep the list of improvements, and defend a tenth to a fifth of the capacity.",
        (
            "Which number moved this week, and what was released just before?",
            "Which complaint came twice?",
            "When would we retrain, and who decides?",
        ),
        (
            '"Is the model still fine?" Ask which target was measured when.',
            '"Let us retrain to be safe." Ask what the last retraining gained.',
        ),
    ),
}
