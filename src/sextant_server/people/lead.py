"""The ML lead's word before the goals are signed: whether they can be reached, said on every page that leads there."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from sextant.lifecycle.goals import goals_digest
from sextant.lifecycle.state import ProjectState
from sextant_server.people import talk, talk_actions
from sextant_server.projects.models import Project


@dataclass(frozen=True, slots=True)
class Word:
    """What the ML lead has said of the goals as they stand, in a sentence, and the page where it is said."""

    shape: str
    label: str
    said: str
    href: str
    link: str


def word(project: Project, state: ProjectState) -> Word | None:
    """None while there is no target of which anything could be said. One query, and none where nobody is the lead."""
    if not state.criteria:
        return None
    listed = talk.heard(state, [], "")
    if not listed:
        return Word(
            "missing", "Nobody is named", "Before the goals are signed, the ML lead says whether they can be reached. ",
            reverse("people", args=[project.slug]), "Name the ML lead",
        )  # fmt: skip
    about = talk_actions.about_signed("goals")
    listed = talk.heard(state, talk.comments(project, about), goals_digest(state))
    # One who has spoken of the goals as they stand is enough.
    best = min(listed, key=lambda h: ("present", "earlier", "not").index(h.standing))
    said = {
        "present": "The ML lead has said whether these targets can be reached.",
        "earlier": "The targets have changed since the ML lead said whether they can be reached.",
    }.get(
        best.standing,
        "The ML lead has not said yet whether these targets can be reached; better before they are signed.",
    )
    link = "Read it" if best.standing == "present" else "Ask, or say it"
    return Word(best.shape, best.words, said, reverse("sign", args=[project.slug, "goals"]) + "#talk", link)
