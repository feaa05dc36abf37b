"""A round of labeling for tests: a published guideline, items, raters."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sextant.data.guidelines import Guideline, LabelValue
from sextant_server.labeling import actions, dealing_actions, items, link_actions, marking_actions
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


#: Rules that say something of `make_round`'s messages: what ends in an even digit, and what names a few of them.
RULES = [
    {"name": "ends in an even digit", "label": "spam", "column": "text", "pattern": "[02468]$"},
    {
        "name": "one of the first",
        "label": "ham",
        "column": "text",
        "words": ["message 1", "message 2", "message 3"],
    },
]


def helped_round(project: Project, *, many: int = 40, gold: int = 12) -> Round:
    """A round with rules, a model's answers that are shown for half the items and wrong on every fifth, three people who tend
    to take them where they see them, one item that all three get wrong, and a project on Label Studio."""
    row = make_round(project, many=many, gold=gold, gold_share=0.2, gold_bar=0)
    marking_actions.put_rules(project, LOCAL, row, RULES)
    marking_actions.keep_noisy(project, LOCAL, row)
    other = {"spam": "ham", "ham": "spam"}

    def model(n: int) -> str:
        right = truth(f"message {n}")
        return other[right] if n % 5 == 0 else right

    given = [
        {"key": f"m{n}", "label": model(n), "chances": {model(n): 0.9, other[model(n)]: 0.1}} for n in range(1, many + gold + 1)
    ]  # fmt: skip
    marking_actions.put_prelabels(project, LOCAL, row, given)
    for name in ("Ann", "Bob", "Cy"):
        label_all(
            invite(row, name),
            lambda item: (
                model(item.number)
                if item.shows
                else "ham"
                if item.number == 4
                else truth(item.content["text"])
            ),
        )
    link = link_actions.put_link(
        project,
        LOCAL,
        row,
        tool="label_studio",
        address="https://label-studio.example.org",
        number=12,
        guideline=1,
    )
    link_actions.put_tasks(link, {f"m{n}": n for n in range(1, many + gold + 1)})
    at = datetime(2026, 11, 1, tzinfo=UTC)
    said = [
        link_actions.Foreign(n, n, f"m{n}", 7, {"value": "spam" if n < 4 else "eggs"}, at, seconds=3.0)
        for n in range(1, 5)
    ]
    link_actions.take(project, LOCAL, link, said, [link_actions.Outsider(7, "dee@example.org", "Dee")])
    row.refresh_from_db()
    return row
