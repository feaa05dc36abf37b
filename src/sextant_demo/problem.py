"""Phase 1: what goes wrong, whether ML is right for it, what must hold, and who agrees. Before any data."""

from __future__ import annotations

from sextant.errors import NotFound
from sextant.lifecycle.state import PhasePlan, Risk
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
    Stakeholder,
)
from sextant.problem.five_ws import EXAMPLES
from sextant_demo.project_file import NAME, SLUG, SUMMARY
from sextant_demo.story import ML_LEAD, OPERATIONS, PRODUCT, SPONSOR, Story
from sextant_demo.targets import targets

FIVE_WS = FiveWs(
    what="Clerks type 1,900 returned paper forms a day into the register, 52 seconds each, and 3 % end up wrong",
    who="The 6 clerks in the mail room of a county office",
    why="A wrong amount takes 25 minutes and a phone call to put right, and payments go out 9 days late",
    # As in the good examples that stand beside the questions: they are about this product.
    when=EXAMPLES["when"][0],
    where=EXAMPLES["where"][0],
)
TREE = DecisionTree(
    well_defined="yes",
    well_defined_reason="The digits on a form are known afterwards, so right and wrong can be counted.",
    rules_enough="no",
    rules_enough_reason="Mean images per digit read nine of ten digits right; a form has eight of them.",
    data_available="yes",
    data_available_reason="1,797 labeled images are public, and every form that comes back adds eight.",
    pattern_or_prediction="yes",
    pattern_or_prediction_reason="A written digit is recognized.",
    errors_tolerable="yes",
    errors_tolerable_reason="A clerk checks every form before it counts.",
    roi_worth="yes",
    roi_worth_reason="It returns its cost within its first year of use, over most of the range.",
    rule_based_baseline="The nearest of ten mean images (templates@v1)",
)
ROI = Roi(
    benefit=Spread(low=1_800, likely=4_000, high=6_500), build=Spread(low=28_000, likely=36_000, high=52_000),
    run=Spread(low=500, likely=800, high=1_400), build_months=5, months=24, bar_median=10_000,
    bar_chance_of_loss=0.15,
)  # fmt: skip
FEASIBILITY = Feasibility(
    technical=Side(verdict="yes", findings="Small images of digits are read well by plain methods.",
                   source="A trial on the public images"),
    data=Side(verdict="caution", findings="The public images are clean scans; ours come from an old scanner.",
              source="The head of the mail room", risk="other-scanner"),
    resources=Side(verdict="yes", findings="Two engineers for five months, and one machine.", source="ML lead"),
    users=Side(verdict="caution", findings="Clerks fear that they will nod through what was read.",
               source="Talks with three clerks", risk="nodding-through"),
)  # fmt: skip
INTENT = Intent(
    problem="Let clerks check digits in place of typing them, so that a clerk finishes 420 forms a day, not 310.",
    data="The 1,797 public images, split once for all; three labelers read 300 again. Go back if the scanner changes.",
    model="Compare rules with three small models on the same images, and take the cheapest that clears the bars.",
    evaluation="Held-out digits, twelve beta users and a red team; then an A/B test of 2,000 forms against typing.",
    deployment="5 % of forms, then 25, 50 and 100 %, with both ways back tried before the first form.",
    maintenance="Review each week, watch ink and position for drift, retrain when a limit is passed or after six months.",
)
RISKS = (
    Risk("other-scanner", "data", "The office's scanner makes other images than those learned from", 3, 4,
         "Data lead", "Watch what comes in for drift every week, and go back to the data when it moves"),
    Risk("nodding-through", "deployment", "Clerks nod through what was read wrongly", 3, 4,
         "Head of the mail room", "Forms that stay wrong are a guardrail of the test"),
    Risk("faded-ink", "model", "Faded ink is read badly", 4, 3, "ML lead",
         "Its own target; such forms are typed until it is met"),
)  # fmt: skip
PEOPLE = {
    "sponsor": Stakeholder(name=SPONSOR, role="sponsor", required=True),
    "product": Stakeholder(name=PRODUCT, role="product", required=True, decider=True),
    "ml-lead": Stakeholder(name=ML_LEAD, role="ml_lead", required=True),
    "operations": Stakeholder(name=OPERATIONS, role="operations", required=True),
}
SIGNING = tuple((person.name, person.role) for person in PEOPLE.values())

#: Planned days of each phase, and those it took, in the story's calendar: start and end before today.
PLANNED = {"problem": (140, 131), "data": (130, 75), "model": (74, 47), "evaluation": (46, 26),
           "deployment": (25, 5), "maintenance": (4, None)}  # fmt: skip
ACTUAL = {"problem": (140, 130), "data": (129, 72), "model": (71, 46), "evaluation": (45, 24),
          "deployment": (23, 0), "maintenance": (0, None)}  # fmt: skip
MONEY = {"problem": (3_000, 2_800), "data": (12_000, 13_400), "model": (11_000, 9_900),
         "evaluation": (6_000, 6_300), "deployment": (8_000, 8_900), "maintenance": (6_000, None)}  # fmt: skip


def open_project(story: Story) -> None:
    """The project, its targets (before any data) and its plan."""
    try:
        project = story.client.project(SLUG)
    except NotFound:
        project = story.client.create_project(
            SLUG, NAME, summary=SUMMARY, rigor="standard", simulated=True, currency="EUR", budget=50_000,
            start=story.day(140),
        )  # fmt: skip
    story.write_file(story.criteria() or targets(story.day(140)))
    project.put_risks(RISKS)
    project.put_timeline([_plan(story, phase) for phase in PLANNED])


def _plan(story: Story, phase: str) -> PhasePlan:
    (start, end), (planned, _) = PLANNED[phase], MONEY[phase]
    return PhasePlan(
        phase,
        planned_start=story.day(start),
        planned_end=None if end is None else story.day(end),
        planned_cost=planned,
    )


def took(story: Story, phase: str) -> None:
    """Write down when a phase really began and ended in the story, and what it cost."""
    (start, end), (_, spent) = ACTUAL[phase], MONEY[phase]
    row = {
        "phase": phase, "actual_start": story.day(start), "actual_end": None if end is None else story.day(end),
        "spent_cost": spent,
    }  # fmt: skip
    story.project.put_timeline([row])


def describe(story: Story) -> None:
    """What goes wrong, for whom, and whether ML is right for it."""
    story.put(FIVE_WS)
    for i, (role, notes, quote) in enumerate(
        (
            ("Clerk, 11 years in the mail room", "Types eight digits a form; eyes tire after lunch.",
             "By three I read sevens where there are ones."),
            ("Clerk, 2 years", "Looks twice at every amount; is slower than the others for it.",
             "I would rather check than type."),
            ("Head of the mail room", "Counts the corrections each month, by hand.",
             "Every wrong amount comes back as a phone call."),
        )
    ):  # fmt: skip
        talk = Interview(role=role, held_on=story.day(138 - i), notes=f"Simulated. {notes}", quotes=(quote,))
        story.put(talk, f"talk-{i + 1}")
    story.put(TREE)
    story.put(ROI)
    story.put(FEASIBILITY)
    story.put(INTENT)
    for key, person in PEOPLE.items():
        story.put(person, key)


def agree(story: Story) -> None:
    """The brief, and everybody's signature on goals and brief as they now read."""
    sign_brief(story)
    story.decide("problem", "pass", "Worth doing, and the targets are set before any data.", by=SPONSOR)
    took(story, "problem")


def sign_brief(story: Story) -> None:
    """Draft the brief from what is written, and let all stakeholders sign it and the goals."""
    blank = Brief(
        approach="Classification of single digits; a clerk checks each form",
        scope="Digits in marked boxes of one form. No letters, no free text, no signatures.",
        team=("Product manager", "ML lead", "Data lead", "Engineer"),
        done="Every form is read first, and clerks finish 420 forms a day each, 60 days after the first use",
    )
    brief = compose(
        blank, currency="EUR", five_ws=FIVE_WS, roi=ROI, feasibility=FEASIBILITY, stakeholders=PEOPLE.values(),
        criteria=story.criteria(), risks=[(r.text, r.mitigation) for r in RISKS], starts=story.day(140),
        ends=story.day(5), budget=50_000,
    )  # fmt: skip
    story.put(brief)
    story.sign("goals", *SIGNING)
    story.sign("brief", *SIGNING)
