"""A round of labeling for tests: a published guideline, items, raters."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sextant.data.guidelines import Guideline, LabelValue
from sextant_server.labeling import actions, dealing_actions, items
from sextant_server.labeling.dealing_actions import Answer, Saved
from sextant_server.labeling.models import Dealt, Rater, Round
from sextant_server.projects.models import Project
from tests.server.world import LOCAL

SPAM = Guideline(
    task="Is this message spam?", published_on=datetime(2026, 1, 1, tzinfo=UTC).date(),
    values=(
        LabelValue(value="spam", criteria="It sells what nobody asked for.", examples="Buy now!\nYou have won."),
        LabelValue(value="ham", criteria="Somebody wrote it to you.", examples="See you at ten.\nThe invoice you asked for."),
    ),
)  # fmt: skip
#: What a rater of `labeled` finds in the text, rightly.
TRUTH = {True: "spam", False: "ham"}


def truth(text: str) -> str:
    return TRUTH[int(text.rpartition(" ")[2]) % 2 == 0]


def make_round(
    project: Project, *, many: int = 6, gold: int = 0, guideline: Guideline = SPAM, key: str = "first", opened: bool = True,
    **settings: Any,
) -> Round:  # fmt: skip
    """A round over `many` texts and `gold` known ones; message n is spam where n is even."""
    actions.save_guideline(project, LOCAL, guideline, "spam")
    given = {
        "name": "First round",
        "guideline": "spam",
        "labelers": 3,
        "most": 5,
        "gold_share": 0.1 if gold else 0,
        **settings,
    }
    row = actions.put_round(project, LOCAL, key, **given)
    rows = [
        {"id": f"m{n}", "text": f"message {n}", "known": truth(f"message {n}") if n > many else ""}
        for n in range(1, many + gold + 1)
    ]
    columns = items.Columns("text", ("text",), key="id", gold="known")
    actions.add_items(project, LOCAL, row, items.drafts(rows, columns, guideline), source="messages.csv")
    row.refresh_from_db()
    return actions.set_state(project, LOCAL, row, "open") if opened else row


def invite(row: Round, name: str = "Ann") -> Rater:
    return actions.invite(row.project, LOCAL, row, name=name)[0]


def answer(rater: Rater, deal: Dealt, value: str, guideline: Guideline = SPAM, **more: Any) -> Saved:
    return dealing_actions.give_answer(rater, deal.pk, Answer({"value": value}, **more), guideline, 1)


def label_all(rater: Rater, say: Any = None, *, most: int = 10_000) -> list[str]:
    """Label until nothing is left; the keys of the items in their order."""
    seen: list[str] = []
    found = dealing_actions.next_item(rater)
    while found.next is not None and len(seen) < most:
        item = found.next.item
        seen.append(item.key)
        value = say(item) if say else truth(item.content["text"])
        found = answer(rater, found.next, value)
    return seen


def lively_round(project: Project, *, many: int = 40, gold: int = 12, **settings: Any) -> Round:
    """A round that four people labeled: two careful ones, one who errs, one who is paused for it."""
    settings = {"gold_share": 0.2, "gold_least": 5, "rate": 0.08, "budget": 20.0, **settings}
    row = make_round(project, many=many, gold=gold, **settings)
    wrong = {"spam": "ham", "ham": "spam"}

    def erring(every: int, turn: int) -> Any:
        def say(item: Any) -> str:
            right = truth(item.content["text"])
            return wrong[right] if (item.number + turn) % every == 0 else right

        return say

    for turn, (name, every) in enumerate(
        (("Ann", 15), ("Bob", 12), ("Cy Longname-Who-Has-No-Space", 6), ("Dee", 2))
    ):
        label_all(invite(row, name), erring(every, turn))
    return row
