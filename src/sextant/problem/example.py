"""The worked example as data: an assistant that drafts blog posts for content marketers, at the end of phase 1.

One source for everything that shows it: a project that somebody copies to look around in, and the demo. The
facts (three hours a post, the companies' size, five targets, budget, six months) are those of the lifecycle
guide; the ranges of the return, today's shares and the three talks are made up here, and say so where they
stand. A project made from it is marked as simulated.

>>> worked = example(date(2027, 1, 4))
>>> [c.key for c in worked.criteria if c.family == "ml"]
['satisfaction', 'acceptance']
>>> worked.brief.ends
datetime.date(2027, 7, 5)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sextant.criteria import Baseline, Binding, Criterion, Setting
from sextant.documents import Document
from sextant.problem.brief import compose
from sextant.problem.documents import (
    Brief,
    DecisionTree,
    Feasibility,
    FiveWs,
    Intent,
    Interview,
    Roi,
    Side,
    Spread,
)

SLUG = "draft-assistant"
NAME = "Drafting assistant"
SUMMARY = "Drafts blog posts for content marketers at B2B software companies, who edit and publish them."
CURRENCY = "USD"
BUDGET = 200_000.0
#: From the first day of work until users have it: the guide gives six months.
WEEKS = 26

FIVE_WS = FiveWs(
    what="Content marketers need 3 hours to write one blog post; they burn out, and posts come out irregularly",
    who="Content marketing managers at B2B SaaS companies of 50 to 500 employees",
    why=(
        "Irregular posts cost revenue, burnt-out writers leave, and with 3 hours a post the output cannot grow "
        "with the company"
    ),
    when="Every time that they write a new blog post, 8 to 12 times a month",
    where="In the drafting phase, at the moment when they start from a blank page",
)

_MADE_UP = "Made up for the example."
INTERVIEWS: tuple[tuple[str, Interview], ...] = (
    (
        "talk-1",
        Interview(
            role="Content marketing manager, software company of 120 people",
            notes=f"{_MADE_UP} Writes two posts a week. The first paragraph takes her most of an hour.",
            quotes=("Editing is fine. It is the empty page that eats my morning.",),
        ),
    ),
    (
        "talk-2",
        Interview(
            role="Head of content, software company of 400 people",
            notes=f"{_MADE_UP} Plans 12 posts a month and gets 8. Lost one of four writers last year.",
            quotes=("We plan twelve and publish eight, every month.",),
        ),
    ),
    (
        "talk-3",
        Interview(
            role="Only marketer of a company of 60 people",
            notes=f"{_MADE_UP} Would take a draft by a machine if every sentence can be changed.",
            quotes=("If I can rewrite it, I will try it. If I cannot, I will not.",),
        ),
    ),
)

DECISION_TREE = DecisionTree(
    well_defined="yes",
    well_defined_reason="Posts published a month and hours a post can be counted, before and after.",
    rules_enough="no",
    rules_enough_reason="Templates give a skeleton; the sentences still take most of the 3 hours.",
    data_available="yes",
    data_available_reason="Customers' published posts, with their consent; about 10,000 to begin with.",
    pattern_or_prediction="yes",
    pattern_or_prediction_reason="A text is generated from a topic and from how good posts read.",
    errors_tolerable="yes",
    errors_tolerable_reason="The marketer reads and edits every draft before it is published.",
    roi_worth="yes",
    roi_worth_reason="It returns what it costs over most of the range that was guessed.",
    rule_based_baseline="Outline templates by kind of post, filled in by hand",
)

#: The guide gives the budget and the six months only; all other numbers are guesses of the example's own.
ROI = Roi(
    benefit=Spread(low=14_000, likely=26_000, high=42_000),
    build=Spread(low=160_000, likely=200_000, high=260_000),
    run=Spread(low=3_000, likely=6_000, high=11_000),
    build_months=6, months=24, bar_median=50_000, bar_chance_of_loss=0.2,
)  # fmt: skip

FEASIBILITY = Feasibility(
    technical=Side(
        verdict="yes",
        findings="Today's large language models, GPT-4 among them, write coherent posts of this length.",
        source="The lifecycle guide's example",
    ),
    data=Side(
        verdict="caution",
        findings="Example posts are needed; what users have published can be collected, if they agree to it.",
        source="The lifecycle guide's example",
        risk="consent",
    ),
    resources=Side(
        verdict="yes",
        findings="6 months, a budget of $200,000 and 2 ML engineers are there.",
        source="The lifecycle guide's example",
    ),
    users=Side(
        verdict="caution",
        findings="Users will try drafts by a machine as long as they can edit them.",
        source="The lifecycle guide's example, and three made-up talks",
        risk="trust",
    ),
)


#: The plan of the first day. The facts are the guide's: 10,000 posts, 500 words in 30 seconds, half a dollar a draft,
#: three ways to a model, 5 to 10 % of users first, a review a week, retraining every 3, 6 or 12 months.
INTENT = Intent(
    problem=(
        "Bring marketers from a blank page to a draft worth editing, so that a customer publishes 12 posts a month in "
        "place of 8. Five targets say whether it did."
    ),
    data=(
        "About 10,000 published posts to begin with, as text, labeled with category, audience and how well they did: from "
        "customers who agree to share theirs, public blogs with permission, and bought sets. Raters judge quality from 1 "
        "to 5 by a written guideline, three to five of them a post."
    ),
    model=(
        "Begin with a rented large language model: no training, and the fastest way to learn. Compare it with a tuned open "
        "model on quality, time and cost at our volume. A draft of 500 words in under 30 seconds, for less than half a "
        "dollar, with its sources shown, and as good on every topic."
    ),
    evaluation=(
        "Held-out posts first, with the topics on which it fails. Beta users rate drafts without knowing where they come "
        "from; a red team looks for made-up facts, harm and leaks. Then an A/B test of at least two weeks against "
        "writing alone, by a rule that is signed before."
    ),
    deployment=(
        "5 to 10 % of users for a week behind a flag, then 25, 50 and 100 % while the proof holds. Monitors for model, "
        "system, business and cost before the first user; the way back to writing alone is tried before launch."
    ),
    maintenance=(
        "A review of ten minutes each week and a longer one each month. Drift of topics and of ratings is watched. Retrain "
        "every six months or when ratings fall; 10 to 20 % of the team's time is kept for it."
    ),
)


@dataclass(frozen=True, slots=True)
class ExampleRisk:
    """One line of the register, as the example has it: likelihood and impact from 1 to 5."""

    key: str
    phase: str
    text: str
    likelihood: int
    impact: int
    owner: str
    mitigation: str


RISKS: tuple[ExampleRisk, ...] = (
    ExampleRisk(
        "consent", "data", "Too few customers agree that their posts are learned from", 3, 4, "Data lead",
        "Ask in the product, with what they get for it; buy licensed posts for what is missing",
    ),
    ExampleRisk(
        "trust", "deployment", "Marketers do not trust drafts and write on their own", 3, 5, "Product manager",
        "Every sentence can be edited, sources are shown, and a beta group rates drafts first",
    ),
    ExampleRisk(
        "made-up-facts", "evaluation", "Drafts state things that are not true", 4, 4, "ML lead",
        "Check claims in the tests before launch, show sources, and let nothing be published unread",
    ),
    ExampleRisk(
        "cost-per-draft", "model", "A draft costs more than half a dollar", 2, 3, "ML lead",
        "Compare a bought model with a tuned one at the volume that is planned",
    ),
)  # fmt: skip


def criteria(starts: date) -> tuple[Criterion, ...]:
    """The guide's five targets: one business, two product, two ML, each with its timeframe after the first use."""
    live = starts + timedelta(weeks=WEEKS)
    in_life = (Setting.MONITORING, Setting.REVIEW)

    def later(how: str, owner: str) -> Binding:
        return Binding(measured_by=how, owner=owner, starts=live)

    return (
        Criterion(
            key="posts-published", name="Blog posts published a month", family="business",
            metric="posts published per customer and month", unit="posts", direction="at_least", threshold=12,
            baseline=Baseline(value=8, source="The lifecycle guide's example", at=starts), due_days_after_exposure=180,
            owner="Product manager", leading="drafts-a-week", settings=in_life,
            binding=later("publishing events of the product", "Product manager"),
        ),
        Criterion(
            key="weekly-active", name="Sign-ups who use it in a week", family="product",
            metric="weekly active users as a share of sign-ups", unit="share", direction="at_least",
            threshold=0.6, due_days_after_exposure=90, owner="Product manager", settings=in_life,
            binding=later("usage events of the product", "Product manager"),
        ),
        Criterion(
            key="drafts-a-week", name="Drafts a user asks for in a week", family="product",
            metric="drafts generated per active user and week", unit="drafts", direction="at_least",
            threshold=3, due_days_after_exposure=90, owner="Product manager", settings=in_life,
            binding=later("usage events of the product", "Product manager"),
        ),
        Criterion(
            key="satisfaction", name="Users' rating of a draft", family="ml",
            metric="mean rating of a draft from 1 to 5", unit="points", direction="at_least", threshold=4,
            due_days_after_exposure=90, owner="ML lead",
            binding=later("the rating under each draft", "ML lead"),
        ),
        Criterion(
            key="acceptance", name="Drafts that users publish", family="ml",
            metric="share of drafts that are published", unit="share", direction="at_least", threshold=0.5,
            due_days_after_exposure=180, owner="ML lead",
            binding=later("publishing events of the product", "ML lead"),
        ),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Example:
    """Everything that phase 1 of the example holds. `documents` are in the order in which a person writes them,
    each with its key (`""` where a project has one)."""

    criteria: tuple[Criterion, ...]
    risks: tuple[ExampleRisk, ...]
    brief: Brief
    documents: tuple[tuple[str, Document], ...]


def example(starts: date) -> Example:
    """The example as it stands when its work starts on this day."""
    targets = criteria(starts)
    brief = compose(
        Brief(
            approach=(
                "Generation: a large language model drafts a post of about 500 words from a topic and the "
                "customer's own posts; the marketer edits it and publishes."
            ),
            scope="Blog posts in English. No social media, no images, and nothing is published without a person.",
            team=("Product manager", "2 ML engineers", "Data engineer", "Designer"),
            done=(
                "Customers publish at least 12 posts a month, up from 8, and more than half of the drafts are "
                "published, 6 months after the first use."
            ),
        ),
        currency=CURRENCY, five_ws=FIVE_WS, roi=ROI, feasibility=FEASIBILITY, criteria=targets,
        risks=[(risk.text, risk.mitigation) for risk in RISKS], starts=starts,
        ends=starts + timedelta(weeks=WEEKS), budget=BUDGET,
    )  # fmt: skip
    documents: tuple[tuple[str, Document], ...] = (
        ("", FIVE_WS), *INTERVIEWS, ("", DECISION_TREE), ("", ROI), ("", FEASIBILITY), ("", INTENT),
        ("", brief),
    )  # fmt: skip
    return Example(targets, RISKS, brief, documents)
