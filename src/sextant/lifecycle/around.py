"""What a product manager does around the phases, with the same help as the steps: choosing, planning, keeping watch,
meeting. See `steps` for the steps of each phase.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Around:
    """Work that belongs to no phase. Fields as of `steps.Step`."""

    key: str
    title: str
    goals: tuple[str, ...]
    part: str
    ask: tuple[str, ...]
    avoid: tuple[tuple[str, str], ...]


AROUND: tuple[Around, ...] = (
    Around(
        "opportunities", "Choose what to take on",
        ("See side by side what could be built, before anybody is in love with one of them.",
         "Leave with one, and with the reason why not the others."),
        "You write the list and the value; the ML lead rates feasibility and data; whoever would use it says what is at "
        "stake if it fails.",
        ("Who loses what if we do nothing for a year?",
         "Which of these could we try with data that we hold today?",
         "If two score alike, which one teaches us more?"),
        (("Which idea is the best?", "Ask which one pays for the next."),
         ("Can we do several at once?", "Ask who would stop what for the second.")),
    ),
    Around(
        "timeline", "Plan the time, and see it slip early",
        ("Give each phase a range that the team believes, with two fifths or more of it for data.",
         "Know the likely day, and what stands in its way first."),
        "You keep the days true: what began, what ended, what it cost. A late truth is worth more than a kept plan.",
        ("What must be there before the next phase can begin?",
         "Which phase is the least known, and what would show us in a week?",
         "If one thing took twice as long, which should it be?"),
        (("Will we make it?", "Ask for the day that holds nine times of ten."),
         ("Can we cut the data phase?", "Ask which cases the model would then meet for the first time in use.")),
    ),
    Around(
        "risks", "Know what might go wrong",
        ("Write down each thing that would hurt, how likely it is, and who looks after it.",
         "Have something done about the gravest before it happens."),
        "You ask everybody, also those who say little, and see to it that each risk has a name and a day.",
        ("Imagine that it failed a year from now: what happened?",
         "What do we depend on that others decide?",
         "What would we see first, and who would see it?"),
        (("Any risks?", "Ask each for the one thing that worries them."),
         ("Is it under control?", "Ask what was done since last time.")),
    ),
    Around(
        "plan", "Have the whole of it on three pages",
        ("Say on the first day what is meant in each phase, so that others can object.",
         "Keep beside it what was measured, so that the two can be compared."),
        "You write the intent, a sentence or two a phase, and give the plan to whoever asks how it goes.",
        ("Which sentence in here would surprise a stakeholder?",
         "Where does what was measured not fit what we meant?"),
        (("Is the plan approved?", "Ask who read it, and what they would change."),
         ("Can we promise this?", "Ask which of it is measured, and which is meant.")),
    ),
    Around(
        "people", "Bring in who has a say",
        ("Name those who decide, those who must sign, and those who only want to know.",
         "Get their names under an exact text before there are results."),
        "You go to each of them before the paper does, and hear what they would not sign.",
        ("Who could stop this late, and was never asked?",
         "What does each of them need to see to say yes?"),
        (("Does everybody agree?", "Ask each on their own what they would change."),
         ("Can I sign for them?", "Send the link: it takes them a minute, without an account.")),
    ),
    Around(
        "meeting", "Show where it stands, and leave with a decision",
        ("Tell in a minute whether it is on course, by numbers that were set beforehand.",
         "Come out with the one decision that the team waits for."),
        "You lead it, say what is not met before anybody asks, and write down what was decided.",
        ("What did you expect to see here and do not?",
         "With what is on this page, do we go on, change course, or stop?",
         "What must be true at the next meeting?"),
        (("Any questions?", "Ask for the decision that you came for."),
         ("Are you happy with the progress?", "Ask which number they would bet on, and which not.")),
    ),
)  # fmt: skip

BY_WORK: dict[str, Around] = {one.key: one for one in AROUND}
