"""What people write down in phase 1: the problem, whether ML is right, what it returns, and who agrees."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from sextant.canonical import Frozen
from sextant.criteria import Key, Phase, Text
from sextant.documents import Document, Words, document

Question = Literal["what", "who", "why", "when", "where"]
Answer = Literal["unknown", "yes", "no"]


class Dismissal(Frozen):
    """A remark of the critique that somebody looked at and set aside. It lapses when the words change."""

    question: Question = Field(title="Question", description="Which of the five answers the remark is about.")
    rule: Key = Field(title="Rule", description="The name of the rule, as the remark shows it.")
    quote: Words = Field(title="Words", description="The words that the remark quotes, unchanged.")
    reason: Text = Field(
        title="Why it does not apply", description="What makes the answer clear as it stands."
    )


@document
class FiveWs(Document):
    """The problem in five answers; `problem.five_ws` reads them and says what is still unclear."""

    kind: ClassVar[str] = "five_ws"
    phase: ClassVar[Phase] = "problem"
    label: ClassVar[str] = "The five Ws"
    help: ClassVar[str] = (
        "The problem in five short answers. Each is read as you write, and what is unclear is named."
    )

    what: Words = Field(
        "", title="What", description="What goes wrong today, with a number. Not what you want to build."
    )
    who: Words = Field(
        "", title="Who", description="Who has the problem: role, kind of company, size or place."
    )
    why: Words = Field(
        "", title="Why", description="Why it matters: what is lost, or what it costs, in time or money."
    )
    when: Words = Field("", title="When", description="When it happens and how often.")
    where: Words = Field("", title="Where", description="The step of the work in which it happens.")
    not_validated_reason: Words = Field(
        "",
        title="Why no users were asked",
        description="Leave empty if there are notes of talks with users; otherwise say why there are none.",
    )
    dismissed: tuple[Dismissal, ...] = Field(
        (),
        title="Remarks set aside",
        description="Remarks of the critique that do not apply here, each with a reason.",
    )


@document
class Interview(Document):
    """Notes of one talk with a user."""

    kind: ClassVar[str] = "interview"
    phase: ClassVar[Phase] = "problem"
    many: ClassVar[bool] = True
    label: ClassVar[str] = "Talk with a user"
    help: ClassVar[str] = "What a user said about the problem. Write their role, never their name."

    role: Words = Field(
        "", title="Role", description="Who they are by role, such as 'clerk, 3 years in the mail room'."
    )
    held_on: date | None = Field(None, title="Held on", description="The day of the talk.")
    notes: Words = Field(
        "", title="Notes", description="What was learned: what they do today, and what it costs them."
    )
    quotes: tuple[str, ...] = Field((), title="Quotes", description="Their own words, one quote a line.")


@document
class DecisionTree(Document):
    """Six questions, in order, that say whether ML is the right way; `problem.decision_tree` walks them."""

    kind: ClassVar[str] = "decision_tree"
    phase: ClassVar[Phase] = "problem"
    label: ClassVar[str] = "Is ML the right way?"
    help: ClassVar[str] = (
        "Six questions in order, each with a reason. The first answer that stops you says what to do."
    )

    well_defined: Answer = Field(
        "unknown",
        title="Clear problem",
        description="Is the problem well defined, with an outcome you can measure?",
    )
    well_defined_reason: Words = Field("", title="Reason", description="What shows that.")
    rules_enough: Answer = Field("unknown", title="Simple rules", description="Would simple rules solve it?")
    rules_enough_reason: Words = Field(
        "", title="Reason", description="What rules were tried, and how they did."
    )
    data_available: Answer = Field(
        "unknown", title="Enough data", description="Do you have enough data, or can you get it?"
    )
    data_available_reason: Words = Field("", title="Reason", description="Which data, and how much.")
    pattern_or_prediction: Answer = Field(
        "unknown",
        title="Pattern or prediction",
        description="Is it about recognizing a pattern or predicting something?",
    )
    pattern_or_prediction_reason: Words = Field(
        "", title="Reason", description="What is recognized or predicted."
    )
    errors_tolerable: Answer = Field(
        "unknown", title="Room for errors", description="Can you live with some wrong answers?"
    )
    errors_tolerable_reason: Words = Field(
        "", title="Reason", description="What a wrong answer costs, and whom."
    )
    roi_worth: Answer = Field("unknown", title="Worth it", description="Is the return worth what it costs?")
    roi_worth_reason: Words = Field("", title="Reason", description="In short; the calculation stands apart.")
    oversight_plan: Words = Field(
        "",
        title="Oversight plan",
        description="Only where errors cannot be tolerated: who checks what before a wrong answer does harm.",
    )
    oversight_criterion: Key | None = Field(
        None,
        title="Oversight target",
        description="The target that shows that it works, such as the share of outputs a person looked at.",
    )
    rule_based_baseline: Words = Field(
        "",
        title="Rule-based baseline",
        description="The simple way, without ML, that a model must beat: rules in use today, or the best.",
    )


#: More money than any project moves, in any currency; far from where floats overflow.
MOST = 1e15


class Spread(Frozen):
    """Three guesses of one amount: as low as it may be, most likely, as high as it may be."""

    low: float | None = Field(None, ge=0, le=MOST, title="Low", description="It will hardly be less.")
    likely: float | None = Field(None, ge=0, le=MOST, title="Likely", description="Your best guess.")
    high: float | None = Field(None, ge=0, le=MOST, title="High", description="It will hardly be more.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        given = [v for v in (self.low, self.likely, self.high) if v is not None]
        if given != sorted(given):
            raise ValueError(
                f"low, likely and high must rise, and they are {', '.join(f'{v:g}' for v in given)}"
            )
        return self

    @property
    def complete(self) -> bool:
        return None not in (self.low, self.likely, self.high)


@document
class Roi(Document):
    """What it returns against what it costs, as ranges; `problem.roi` draws from them."""

    kind: ClassVar[str] = "roi"
    phase: ClassVar[Phase] = "problem"
    label: ClassVar[str] = "Return on investment"
    help: ClassVar[str] = (
        "Benefit and cost as ranges, in the project's currency. Sextant works out what may come of it."
    )

    benefit: Spread = Field(
        Spread(), title="Benefit a month", description="What it brings or saves each month once it is in use."
    )
    build: Spread = Field(
        Spread(), title="Building it", description="What it costs once, until it is in use."
    )
    run: Spread = Field(
        Spread(), title="Running it a month", description="What it costs each month once it is in use."
    )
    build_months: int = Field(
        0,
        ge=0,
        le=120,
        title="Months to build",
        description="How long until it is in use; the building is paid evenly.",
    )
    months: int = Field(
        24,
        ge=1,
        le=240,
        title="Months in use",
        description="For how many months of use the return is counted.",
    )
    discount_rate: float = Field(
        0.1, ge=0, lt=1, title="Discount rate a year", description="What money costs you a year: 0.1 is 10 %."
    )
    seed: int = Field(
        0, ge=0, title="Seed", description="The same seed gives the same draws. Leave it as it is."
    )
    bar_median: float = Field(
        0.0,
        title="Least return",
        description="The project goes on only if the middle of the range is at least this.",
    )
    bar_chance_of_loss: float = Field(
        0.2,
        ge=0,
        le=1,
        title="Highest chance of a loss",
        description="As a share: 0.2 is one chance in five.",
    )

    @property
    def unset(self) -> tuple[str, ...]:
        """Titles of the ranges that are not filled in yet."""
        spreads = {"benefit": self.benefit, "build": self.build, "run": self.run}
        return tuple(
            str(type(self).model_fields[name].title) for name, s in spreads.items() if not s.complete
        )


class Side(Frozen):
    """One side of feasibility: what was found, and what that means."""

    verdict: Literal["unknown", "yes", "caution", "no"] = Field(
        "unknown", title="Verdict", description="Yes, yes with caution, or no."
    )
    findings: Words = Field("", title="Findings", description="What you found out that says so.")
    source: Words = Field(
        "", title="Where from", description="A trial, a paper, a person by role, or a link."
    )
    proof: Words = Field(
        "",
        title="Proof",
        description="Proof of this project that says so: the first eight digits of its digest or more, one a line.",
    )
    risk: Key | None = Field(
        None, title="Risk", description="For a caution: the key of the risk in the register that covers it."
    )

    @property
    def proofs(self) -> tuple[str, ...]:
        """The digests that `proof` names, or their beginnings."""
        return tuple(dict.fromkeys(self.proof.replace(",", " ").split()))


@document
class Feasibility(Document):
    """Can it be done? Four sides, each with a verdict."""

    kind: ClassVar[str] = "feasibility"
    phase: ClassVar[Phase] = "problem"
    label: ClassVar[str] = "Feasibility"
    help: ClassVar[str] = (
        "Four sides, each with a verdict and what it rests on. A caution needs a risk with a mitigation."
    )

    technical: Side = Field(
        Side(),
        title="Technical",
        description="Can today's methods do it, and how good are solutions that exist?",
    )
    data: Side = Field(
        Side(), title="Data", description="What data does it need? Have you got it, or can you collect it?"
    )
    resources: Side = Field(
        Side(), title="Resources", description="Are there the skills, the time and the money?"
    )
    users: Side = Field(
        Side(), title="Users", description="Will they trust it, and what happens when it is wrong?"
    )


#: How often the worker reads a number by itself.
Again = Literal["never", "daily", "weekly"]


@document
class NumberQuery(Document):
    """Where a declared number is read by SQL; its key is the target's."""

    kind: ClassVar[str] = "number_query"
    phase: ClassVar[Phase] = "problem"
    many: ClassVar[bool] = True
    label: ClassVar[str] = "Query for a number"
    help: ClassVar[str] = "How a target's number is read from a database. Its short name is the target's."

    source: Key = Field(
        title="Database", description="Its name, as whoever runs the server gave it in SEXTANT_SOURCES."
    )
    sql: Text = Field(
        title="SQL",
        description="One SELECT whose rows are a day, a value and, if you like, what was aimed at.",
    )
    again: Again = Field(
        "never",
        title="Read again",
        description="How often the worker reads it by itself, besides when asked.",
    )


#: The parts that people play. `ml_lead` acknowledges the model's requirements.
Part = Literal[
    "sponsor", "product", "ml_lead", "data_lead", "engineering", "design", "operations", "legal", "support",
    "user", "other",
]  # fmt: skip


@document
class Stakeholder(Document):
    """Somebody who has a say. Signatures are theirs if they carry this name or this address."""

    kind: ClassVar[str] = "stakeholder"
    phase: ClassVar[Phase] = "problem"
    many: ClassVar[bool] = True
    label: ClassVar[str] = "Stakeholder"
    help: ClassVar[str] = (
        "Who has a say, which part they play, and whether the project needs their signature."
    )

    name: Text = Field(title="Name", description="As they sign.")
    role: Part = Field("other", title="Part", description="The part they play in this project.")
    email: Words = Field(
        "", title="E-mail address", description="For those who sign by a link, without an account."
    )
    required: bool = Field(
        False, title="Must sign", description="Goals, timeline and brief need this person's signature."
    )
    decider: bool = Field(
        False, title="Decides", description="This person decides whether to ship, to work on, or to stop."
    )

    def is_person(self, signed_as: str) -> bool:
        """Whether a signature under this name or address is theirs (upper and lower case are one)."""
        return signed_as.strip().casefold() in {w.casefold() for w in (self.name, self.email) if w}


@document
class Brief(Document):
    """The project brief. Its material fields are what a signature is about; the rest is wording."""

    kind: ClassVar[str] = "brief"
    phase: ClassVar[Phase] = "problem"
    label: ClassVar[str] = "Project brief"
    help: ClassVar[str] = (
        "One page that stakeholders sign. A change of target, scope, budget or date asks them again."
    )
    material: ClassVar[frozenset[str] | None] = frozenset(
        {
            "target_users", "approach", "scope", "business_metrics", "product_metrics", "ml_metrics",
            "starts", "ends", "budget", "done",
        }
    )  # fmt: skip

    problem: Words = Field("", title="Problem", description="What goes wrong, for whom, how often.")
    impact_now: Words = Field("", title="Where we are", description="The numbers today.")
    impact_wanted: Words = Field(
        "", title="Where we want to be", description="The same numbers as they should be."
    )
    roi: Words = Field(
        "", title="Return", description="What it is likely to bring, and the chance of a loss."
    )
    target_users: Words = Field("", title="Target users", description="Who will use it.")
    approach: Words = Field(
        "", title="Proposed ML approach", description="Classification, generation, ranking, and how."
    )
    scope: Words = Field("", title="Scope", description="What is part of it, and what is not.")
    business_metrics: tuple[str, ...] = Field(
        (), title="Business targets", description="One a line, with date."
    )
    product_metrics: tuple[str, ...] = Field(
        (), title="Product targets", description="One a line, with date."
    )
    ml_metrics: tuple[str, ...] = Field((), title="ML targets", description="One a line, with date.")
    feasibility: Words = Field(
        "", title="Feasibility", description="Technical, data, resources and users in short."
    )
    starts: date | None = Field(None, title="Starts on", description="The first day of work.")
    ends: date | None = Field(None, title="In use by", description="The day by which users have it.")
    team: tuple[str, ...] = Field((), title="Team", description="The roles that are needed, one a line.")
    budget: float | None = Field(None, ge=0, title="Budget", description="In the project's currency.")
    risks: Words = Field("", title="Risks", description="What may go wrong, and what you do about it.")
    done: Words = Field(
        "", title="Done means", description="When you will say that it is done, and that it succeeded."
    )

    @property
    def unwritten(self) -> tuple[str, ...]:
        """Titles of the sections that are still empty."""
        return tuple(
            str(f.title)
            for name, f in type(self).model_fields.items()
            if getattr(self, name) in ("", (), None)
        )


@document
class Intent(Document):
    """What is meant in each phase, a few sentences each: the plan of the first day."""

    kind: ClassVar[str] = "intent"
    phase: ClassVar[Phase] = "problem"
    label: ClassVar[str] = "Intent for each phase"
    help: ClassVar[str] = (
        "Two or three sentences a phase: what you mean to do. The plan is made of them on the first day, and later shows "
        "beside each what came of it."
    )

    problem: Words = Field(
        "",
        title="1 Problem",
        description="What you want to solve for whom, and how you will know that you did.",
    )
    data: Words = Field(
        "", title="2 Data", description="Which data, how much, from where, how you get it and who labels it."
    )
    model: Words = Field(
        "", title="3 Approach", description="Rent a model, tune one or build one; why, and what comes first."
    )
    evaluation: Words = Field(
        "",
        title="4 Evaluation",
        description="How you will find out that it works: tests, people, an A/B test.",
    )
    deployment: Words = Field(
        "", title="5 Deployment", description="To how many users first, in what steps, and what stops it."
    )
    maintenance: Words = Field(
        "", title="6 Maintenance", description="What you will watch, how often you review, when you retrain."
    )


# Kinds of this phase that stand in a file of their own; whoever knows this module knows them.
from sextant.problem import meetings  # noqa: E402, F401
