"""The second project: the lifecycle guide's drafting assistant at the end of phase 1, with intents for all that is to
come. Its content is `sextant.problem.example`; its people are simulated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sextant.errors import NotFound
from sextant.lifecycle.state import Risk
from sextant.problem import example
from sextant.problem.documents import Stakeholder

if TYPE_CHECKING:
    from sextant_client import Project
    from sextant_demo.story import Story

#: Days before today on which its work began: phase 1 took ten days.
BEGAN = 10
PRODUCT, ML_LEAD, SPONSOR = "Esra Lind (simulated)", "Femi Abara (simulated)", "Gita Rao (simulated)"
PEOPLE = {
    "sponsor": Stakeholder(name=SPONSOR, role="sponsor", required=True, decider=True),
    "product": Stakeholder(name=PRODUCT, role="product", required=True),
    "ml-lead": Stakeholder(name=ML_LEAD, role="ml_lead", required=True),
}


def begin(story: Story) -> None:
    """The project with its targets, risks, people, and everything that phase 1 asks to be written."""
    worked = example.example(story.day(BEGAN))
    project = _project(story)
    project.put_criteria(worked.criteria)
    project.put_risks(
        [Risk(r.key, r.phase, r.text, r.likelihood, r.impact, r.owner, r.mitigation) for r in worked.risks]
    )
    for key, person in PEOPLE.items():
        project.put_document(person, key)
    for key, document in worked.documents:
        project.put_document(document, key)


def agree(story: Story) -> None:
    """Everybody signs goals and brief as they read, and the sponsor lets it go on."""
    project = _project(story)
    for subject in ("goals", "brief"):
        for person in PEOPLE.values():
            project.sign(subject, role=person.role, person=person.name)
    if not project.gate("problem").passed:
        project.decide("problem", "pass", note="Worth trying; the first drafts will tell.", by=SPONSOR)
    row = {
        "phase": "problem",
        "actual_start": story.day(BEGAN),
        "actual_end": story.today,
        "spent_cost": 6_000,
    }
    project.put_timeline([row])


def _project(story: Story) -> Project:
    """The project, made if it is not there yet."""
    try:
        return story.client.project(example.SLUG)
    except NotFound:
        return story.client.create_project(
            example.SLUG, example.NAME, summary=example.SUMMARY, rigor="standard", simulated=True,
            currency=example.CURRENCY, budget=example.BUDGET, start=story.day(BEGAN),
        )  # fmt: skip
