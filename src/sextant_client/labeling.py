"""Rounds of labeling: settings, items in, labelers, results, labels out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sextant.documents import Document
from sextant_client.asking import Asking

#: As many rows as are sent, or asked for, at once.
ROWS = 1000


class Labeling(Asking):
    """What a project says of its rounds of labeling."""

    def put_guideline(
        self, guideline: Document, key: str, *, expected_version: int | None = None
    ) -> dict[str, Any]:
        """Store a guideline; its version follows from what a label means. Answers `version` and `published_on`."""
        body = {"body": guideline.plain(), "expected_version": expected_version}
        answer: dict[str, Any] = self._ask(
            "PUT", "guidelines", key, body=body, again=expected_version is None
        )
        return answer

    def rounds(self) -> list[dict[str, Any]]:
        """Every round with its settings, the newest first."""
        answer: list[dict[str, Any]] = self._ask("GET", "labeling")
        return answer

    def round(self, key: str) -> dict[str, Any]:
        """A round: its settings, its `progress`, and its `labelers` by number; `NotFound` if there is none."""
        answer: dict[str, Any] = self._ask("GET", "labeling", key)
        return answer

    def put_round(self, key: str, guideline: str, **settings: Any) -> dict[str, Any]:
        """Make a round by a guideline, or change its settings: name, purpose, labelers, most, settled, gold_share, gold_bar,
        gold_least, paid_by, rate, budget, lease_minutes. What is not given has its usual value."""
        answer: dict[str, Any] = self._ask("PUT", "labeling", key, body={"guideline": guideline, **settings})
        return answer

    def add_items(
        self, key: str, rows: Iterable[Mapping[str, Any]], *, kind: str = "text", show: Sequence[str] = (),
        source: str = "", other: str = "", context: str = "", key_column: str = "", gold: str = "",
    ) -> int:  # fmt: skip
        """Bring items in: one row each, of plain values; returns how many were new. `show` names the column that labelers
        see (of a row several), `other` that of a pair's second text, `context` one shown above, `gold` that of the known
        answer. An item that is there already by its `key_column` stays as it is, so this may be repeated; without one the
        rows are counted."""
        common = {
            "kind": kind, "show": list(show), "source": source, "other": other, "context": context, "gold": gold,
            "key": key_column or "sextant_row",
        }  # fmt: skip
        part: list[Mapping[str, Any]] = []
        added = 0
        for number, row in enumerate(rows, 1):
            part.append(row if key_column else {**row, "sextant_row": str(number)})
            if len(part) == ROWS:
                added += self._items(key, part, common)
                part = []
        return added + (self._items(key, part, common) if part else 0)

    def _items(self, key: str, part: Sequence[Mapping[str, Any]], common: Mapping[str, Any]) -> int:
        body = {**common, "rows": list(part)}
        if body["kind"] == "row" and not body["show"]:
            hidden = {body["key"], body["gold"], body["context"]}
            body["show"] = [name for name in part[0] if name not in hidden]
        added: int = self._ask("POST", "labeling", key, "items", body=body, again=True)["added"]
        return added

    def set_round_state(self, key: str, state: str) -> dict[str, Any]:
        """Open, pause or close a round: `open`, `paused` or `closed`."""
        answer: dict[str, Any] = self._ask(
            "POST", "labeling", key, "state", body={"state": state}, again=True
        )
        return answer

    def invite_labeler(self, key: str, name: str, *, email: str = "") -> dict[str, Any]:
        """A link that opens a queue in the round and nothing else (`link`, told this once), and the labeler's `number`."""
        body = {"name": name, "email": email}
        answer: dict[str, Any] = self._ask("POST", "labeling", key, "labelers", body=body)
        return answer

    def set_labeler_state(
        self, key: str, labeler: int, state: str, *, deal_again: bool = True
    ) -> dict[str, Any]:
        """Pause a labeler (`paused`), with their items dealt to others, or let them label again (`active`)."""
        body = {"state": state, "deal_again": deal_again}
        answer: dict[str, Any] = self._ask(
            "PUT", "labeling", key, "labelers", str(labeler), "state", body=body
        )
        return answer

    def forget_labeler(self, key: str, labeler: int) -> None:
        """Erase a labeler's name, address and remarks. Their answers stay under the number."""
        self._ask("DELETE", "labeling", key, "labelers", str(labeler), again=False)

    def round_results(self, key: str) -> dict[str, Any]:
        """What came of a round: `agreement`, `gold`, `labelers`, `methods`, `one_more`, `cost`."""
        answer: dict[str, Any] = self._ask("GET", "labeling", key, "results")
        return answer

    def labels(
        self, key: str, *, shape: str = "items", method: str = "dawid_skene"
    ) -> Iterator[dict[str, Any]]:
        """The labels, fetched a page at a time: one row an item, with `shape="answers"` one an answer, with
        `shape="noisy"` what rules say of an item, marked as noisy."""
        after: int | None = 0
        while after is not None:
            params = {"shape": shape, "method": method, "after": after, "limit": ROWS}
            page = self._ask("GET", "labeling", key, "labels", params=params)
            yield from page["rows"]
            after = page["next"]

    def rule(self, key: str, item: str, answer: Mapping[str, Any], *, why: str = "") -> dict[str, Any]:
        """An expert's answer to an item, by its key, such as `{"value": "spam"}`: from here on it is the item's label."""
        body = {"item": item, "answer": dict(answer), "why": why}
        made: dict[str, Any] = self._ask("POST", "labeling", key, "rulings", body=body)
        return made

    def prove_round(self, key: str) -> list[dict[str, Any]]:
        """Put what a round proves into the log; the kind and the digest of each piece."""
        made: list[dict[str, Any]] = self._ask("POST", "labeling", key, "proof")
        return made

    # --- rules, and what a model answered

    def rules(self, key: str) -> list[dict[str, Any]]:
        """The rules of a round: each with `name`, `label`, `column`, and `words` or `pattern`."""
        answer: dict[str, Any] = self._ask("GET", "labeling", key, "rules")
        return list(answer["rules"])

    def put_rules(self, key: str, rules: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Store a round's rules, all at once."""
        body = {"rules": [dict(r) for r in rules]}
        answer: dict[str, Any] = self._ask("PUT", "labeling", key, "rules", body=body)
        return list(answer["rules"])

    def try_rules(self, key: str) -> dict[str, Any]:
        """What the rules do on the round's items: coverage, overlap, conflict, accuracy on known answers, examples."""
        answer: dict[str, Any] = self._ask("GET", "labeling", key, "rules", "results")
        return answer

    def keep_noisy(self, key: str) -> dict[str, int]:
        """Keep the label that the rules give each item, marked as noisy: `covered` of `items`."""
        answer: dict[str, int] = self._ask("POST", "labeling", key, "rules", "labels", again=True)
        return answer

    def put_prelabels(
        self, key: str, rows: Iterable[Mapping[str, Any]], *, show: str = "random"
    ) -> dict[str, int]:
        """Bring in what a model answered: of each row the item's `key`, its `label`, its `chances` by value, or both.
        Whether labelers see it is drawn by item (`random`), or `shown` or `hidden` for all. Answers how many were `set`."""
        found: dict[str, int] = {}
        part: list[dict[str, Any]] = []

        def send() -> None:
            body = {"rows": part, "show": show}
            answer = self._ask("POST", "labeling", key, "prelabels", body=body, again=True)
            for name, count in answer.items():
                found[name] = found.get(name, 0) + count

        for row in rows:
            part.append(dict(row))
            if len(part) == ROWS:
                send()
                part = []
        if part or not found:
            send()
        return found

    def prelabel_influence(self, key: str) -> dict[str, Any]:
        """How far pre-labels sway who sees them: `sentence`, and `same`, `right`, `followed` and `seconds`, each where it was
        shown, where it was hidden, and the difference."""
        answer: dict[str, Any] = self._ask("GET", "labeling", key, "prelabels")
        return answer

    def deal_by_need(self, key: str) -> int:
        """Deal first what the model is least sure of, and of that what differs; returns how many items were put in order."""
        return int(self._ask("POST", "labeling", key, "order", again=True)["items"])

    def suspects(self, key: str, *, limit: int = 100) -> dict[str, Any]:
        """Labels that the model confidently contradicts, the surest first: `wrong` (the share that probably is), `rows`."""
        answer: dict[str, Any] = self._ask("GET", "labeling", key, "suspects", params={"limit": limit})
        return answer

    # --- rounds that are labeled in another tool too; `sextant_client.label_studio` brings both sides together

    def round_items(self, key: str, *, part: int = 100) -> Iterator[dict[str, Any]]:
        """The items with what they show (`key`, `content`, `prelabel`), fetched `part` at a time. Which answers are known
        is not told."""
        after: int | None = 0
        while after is not None:
            page = self._ask("GET", "labeling", key, "items", params={"after": after, "limit": part})
            yield from page["rows"]
            after = page["next"]

    def round_link(self, key: str, tool: str = "label_studio") -> dict[str, Any]:
        """Where a round is labeled too (`link`, None if nowhere), and what is needed to bring it there."""
        answer: dict[str, Any] = self._ask("GET", "labeling", key, "links", tool)
        return answer

    def put_round_link(
        self, key: str, *, address: str, number: int, guideline: int, tool: str = "label_studio"
    ) -> dict[str, Any]:
        """Say which project of another tool is the round's, and which version of the guideline is shown there."""
        body = {"address": address, "number": number, "guideline": guideline}
        answer: dict[str, Any] = self._ask("PUT", "labeling", key, "links", tool, body=body)
        return answer

    def link_tasks(self, key: str, tool: str = "label_studio") -> dict[str, int]:
        """Which item is which task there, by the item's key."""
        found: dict[str, int] = {}
        after: int | None = 0
        while after is not None:
            page = self._ask("GET", "labeling", key, "links", tool, "tasks", params={"after": after})
            found |= page["tasks"]
            after = page["next"]
        return found

    def put_link_tasks(
        self, key: str, tasks: Mapping[str, int], *, gone: Sequence[int] = (), tool: str = "label_studio"
    ) -> int:
        """Remember which item is which task there, and forget tasks that are gone; returns how many are new."""
        rows, added = list(tasks.items()), 0
        for start in range(0, max(len(rows), 1), ROWS):
            body = {"tasks": dict(rows[start : start + ROWS]), "gone": list(gone) if start == 0 else []}
            added += self._ask("POST", "labeling", key, "links", tool, "tasks", body=body, again=True)[
                "added"
            ]
        return added

    def link_annotations(self, key: str, tool: str = "label_studio") -> Iterator[dict[str, Any]]:
        """The annotations that came in from there: `number`, `item`, `state` and `why`."""
        after: int | None = 0
        while after is not None:
            page = self._ask("GET", "labeling", key, "links", tool, "annotations", params={"after": after})
            yield from page["rows"]
            after = page["next"]

    def put_link_annotations(
        self, key: str, annotations: Sequence[Mapping[str, Any]], *, people: Sequence[Mapping[str, Any]] = (),
        deleted: Sequence[int] = (), tool: str = "label_studio",
    ) -> dict[str, Any]:  # fmt: skip
        """Bring annotations in, each once, as it is there now, and mark those that were deleted there: at most 1,000 at a
        time. Answers how many were `new`, `changed`, `same` and `deleted`, and which were `refused`."""
        body = {"annotations": list(annotations), "people": list(people), "deleted": list(deleted)}
        made: dict[str, Any] = self._ask(
            "POST", "labeling", key, "links", tool, "annotations", body=body, again=True
        )
        return made
