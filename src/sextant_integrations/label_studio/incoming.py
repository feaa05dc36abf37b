"""Annotations of Label Studio as answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sextant.data.guidelines import Guideline
from sextant_integrations.label_studio.outgoing import ANSWER, ITEM, REMARK


@dataclass(frozen=True, slots=True)
class Annotation:
    """One annotation.

    number     its number there; `task` that of its task, `item` the key of the item (empty if the task is not ours)
    who        the number there of who made it
    answer     as Sextant has answers, such as {"value": "spam"}; None if it was cancelled or cannot be read
    seconds    how long it took; None where that was not measured
    truth      whether it is marked as ground truth
    cancelled  whether the item was skipped
    at         when it was last changed; another time is another answer
    fault      why it cannot be read; empty if it can
    """

    number: int
    task: int
    item: str
    who: int
    answer: dict[str, Any] | None
    note: str
    seconds: float | None
    truth: bool
    cancelled: bool
    at: str
    fault: str = ""

    def plain(self) -> dict[str, Any]:
        """For the way to the server."""
        return asdict(self)


def read(task: Mapping[str, Any], guideline: Guideline) -> Iterator[Annotation]:
    """The annotations of a task as Label Studio gives it. What fits no answer comes with its `fault`: nothing is guessed."""
    data = task.get("data") or {}
    for given in task.get("annotations") or ():
        answer, fault, cancelled = None, "", bool(given.get("was_cancelled"))
        if not cancelled:
            try:
                answer = _answer(given.get("result") or [], guideline, str(data.get("text") or ""))
            except (KeyError, TypeError, ValueError, IndexError) as error:
                fault = str(error) if isinstance(error, ValueError) else f"it has no {error}"
        who = given.get("completed_by")
        lead = given.get("lead_time")
        yield Annotation(
            int(given["id"]), int(task["id"]), str(data.get(ITEM) or ""),
            int((who.get("id") if isinstance(who, Mapping) else who) or 0), answer,
            _remark(given.get("result") or []), float(lead) if isinstance(lead, int | float) and lead >= 0 else None,
            bool(given.get("ground_truth")), cancelled,
            _time(given.get("updated_at") or given.get("created_at")), fault,
        )  # fmt: skip


def _time(said: Any) -> str:
    try:
        return datetime.fromisoformat(str(said)).astimezone(UTC).isoformat()
    except ValueError:
        return datetime.fromtimestamp(0, UTC).isoformat()


def _answer(result: list[dict[str, Any]], guideline: Guideline, text: str) -> dict[str, Any]:
    parts = [part["value"] for part in result if part.get("from_name") == ANSWER]
    kind = guideline.answer
    if kind == "spans":
        return {"spans": [_span(part, text) for part in parts if "labels" in part]}
    if kind == "choices":
        return {"values": [str(c) for part in parts for c in part["choices"]]}
    if not parts:
        others = sorted({str(part.get("from_name")) for part in result} - {REMARK})
        raise ValueError(f"nothing was chosen{f'; it answers {others}' if others else ''}")
    if len(parts) > 1:
        raise ValueError(f"it has {len(parts)} answers")
    if kind == "note":
        said = parts[0]["text"]
        return {"text": "\n".join(map(str, said)) if isinstance(said, list) else str(said)}
    if "rating" in parts[0]:
        return {"value": f"{parts[0]['rating']:g}"}
    chosen = parts[0]["choices"]
    if len(chosen) != 1:
        raise ValueError(f"{len(chosen)} values were chosen, and one is asked for")
    return {"value": str(chosen[0])}


def _span(part: Mapping[str, Any], text: str) -> dict[str, Any]:
    """A passage by its place as Python counts. What stands there says which of the two countings it was."""
    start, end, said = int(part["start"]), int(part["end"]), part.get("text")
    if said is None or text[start:end] == said:
        place = (start, end)
    else:
        whole = text.encode("utf-16-le")
        place = (_points(whole, start), _points(whole, end))
        if text[place[0] : place[1]] != said:
            raise ValueError(f"the passage {str(said)[:60]!r} does not stand where it says")
    labels = part["labels"]
    if len(labels) != 1:
        raise ValueError(f"a passage has {len(labels)} labels")
    return {"start": place[0], "end": place[1], "label": str(labels[0])}


def _points(whole: bytes, place: int) -> int:
    return len(whole[: 2 * place].decode("utf-16-le", errors="ignore"))


def _remark(result: list[dict[str, Any]]) -> str:
    said = next(
        (part.get("value", {}).get("text") for part in result if part.get("from_name") == REMARK), None
    )
    return "\n".join(map(str, said)) if isinstance(said, list) else str(said or "")
