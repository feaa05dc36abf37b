"""Labels that other tools exported, as one rating a row.

label_studio   JSON of Label Studio: tasks with their annotations
labelbox       NDJSON of Labelbox's export (data rows, projects, labels)
mturk          the results of a Mechanical Turk batch, as CSV
scale          JSON or NDJSON of Scale AI's tasks

All become the same columns: item, labeler, label, seconds (how long it took), gold (whether it is a known answer) and
question. What was cancelled, skipped or rejected is left out and counted.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sextant.errors import InvalidInput

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = ("item", "labeler", "label", "seconds", "gold", "question")


@dataclass(frozen=True, slots=True)
class Foreign:
    """What an export holds.

    form      which tool's
    rows      one rating a row
    left_out  ratings that were cancelled, skipped or rejected, and answers that are no choice (boxes, spans)
    """

    form: str
    rows: pa.Table
    left_out: int


def read_foreign(path: str | Path, *, form: str = "", question: str = "") -> Foreign:
    """Read another tool's export.

    form       one of `FORMS`; by default told from what the file holds
    question   which question's answers to take, where items were asked several

    Several answers to one question (a checklist) are one label, in the order of the alphabet, joined by "+".

    Raises `InvalidInput` for a file that is none of these (it names the line), one without ratings, and for
    several questions where none is named (it lists them).
    """
    import pyarrow as pa

    path = Path(path)
    if not path.is_file():
        raise InvalidInput("there is no such file", where=str(path))
    if form and form not in FORMS:
        raise InvalidInput(f"there is no format {form!r}", rule=f"one of {', '.join(FORMS)}")
    if path.suffix.lower() == ".csv":
        form, records = form or "mturk", _csv(path)
    else:
        records = _json(path)
        form = form or _told(records[0][1], path)
    found: list[dict[str, Any]] = []
    left_out = 0
    for line, record in records:
        try:
            read = list(FORMS[form](record))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise InvalidInput(
                f"it does not read as an export of {form}: {error!r} does not fit", where=f"{path}, record {line}",
                todo=f"say which tool made it ({', '.join(FORMS)}), or export it again",
            ) from error  # fmt: skip
        left_out += sum(row is None for row in read)
        found += [row for row in read if row is not None]
    asked = sorted({row["question"] for row in found})
    if question:
        if question not in asked:
            raise InvalidInput(
                f"no rating answers {question!r}", where=str(path), rule=f"questions are {', '.join(asked) or 'none'}"
            )  # fmt: skip
        found = [row for row in found if row["question"] == question]
    elif len(asked) > 1:
        raise InvalidInput(
            f"it answers {len(asked)} questions: {', '.join(asked[:20])}", where=str(path),
            rule="one question at a time", todo=f"name one: --question {asked[0]}",
        )  # fmt: skip
    if not found:
        raise InvalidInput(
            f"it holds no ratings{f' ({left_out:,} were left out)' if left_out else ''}", where=str(path),
            rule="choices, ratings or text of somebody",
        )  # fmt: skip
    schema = pa.schema(
        [("item", pa.string()), ("labeler", pa.string()), ("label", pa.string()), ("seconds", pa.float64()),
         ("gold", pa.bool_()), ("question", pa.string())]
    )  # fmt: skip
    return Foreign(form, pa.Table.from_pylist(found, schema=schema), left_out)


def _row(
    item: Any, labeler: Any, label: Any, *, seconds: Any = None, gold: bool = False, question: str = ""
) -> dict[str, Any] | None:
    chosen = label if isinstance(label, list) else [label]
    words = sorted({str(one).strip() for one in chosen if one is not None and str(one).strip()})
    if not words:
        return None
    return {
        "item": str(item), "labeler": str(labeler), "label": "+".join(words), "gold": bool(gold), "question": question,
        "seconds": None if seconds in (None, "") else float(seconds),
    }  # fmt: skip


def _label_studio(task: dict[str, Any]) -> Iterator[dict[str, Any] | None]:
    item = task["id"] if "id" in task else task["data"]["sextant_item"]
    for given in task["annotations"]:
        who = given.get("completed_by")
        who = who.get("email") or who["id"] if isinstance(who, dict) else who
        # Without an account of that server, as our own files are.
        who = given.get("labeler", who) if who is None else who
        if given.get("was_cancelled"):
            yield None
            continue
        for part in given["result"]:
            value = part.get("value") or {}
            label = value.get("choices", value.get("rating", value.get("text", value.get("selected"))))
            # Boxes and spans lie at a place of the item, and are no answer to a question about it.
            placed = {"start", "x", "points"} & value.keys()
            yield None if placed else _row(
                item, who, label, seconds=given.get("lead_time"), gold=given.get("ground_truth", False),
                question=part.get("from_name", ""),
            )  # fmt: skip


def _labelbox(record: dict[str, Any]) -> Iterator[dict[str, Any] | None]:
    data = record["data_row"]
    item = data.get("global_key") or data.get("external_id") or data["id"]
    for project in record["projects"].values():
        for given in project["labels"]:
            details, pace = given.get("label_details") or {}, given.get("performance_details") or {}
            annotations = given.get("annotations") or {}
            yield from (None for _ in annotations.get("objects") or ())
            for part in annotations.get("classifications") or ():
                if "radio_answer" in part:
                    label: Any = part["radio_answer"]["name"]
                elif "checklist_answers" in part:
                    label = [one["name"] for one in part["checklist_answers"]]
                else:
                    label = (part.get("text_answer") or {}).get("content")
                yield _row(
                    item, details.get("created_by", ""), label, seconds=pace.get("seconds_to_create"),
                    gold=details.get("is_benchmark_reference", False), question=part["name"],
                )  # fmt: skip


def _mturk(row: dict[str, str]) -> Iterator[dict[str, Any] | None]:
    if row["AssignmentStatus"] == "Rejected":
        yield None
        return
    ticked: dict[str, list[str]] = {}
    for name in row:
        if not name.startswith("Answer."):
            continue
        key, value = name.removeprefix("Answer."), (row[name] or "").strip()
        # A form with boxes or buttons has a column for each choice, `Answer.mood.happy`, and says which is on.
        asked, dot, choice = key.rpartition(".")
        if dot and value.lower() in ("true", "false", ""):
            ticked.setdefault(asked, [])
            if value.lower() == "true":
                ticked[asked].append(choice)
        else:
            ticked.setdefault(key, []).append(value)
    for question, label in ticked.items():
        yield _row(
            row["HITId"], row["WorkerId"], label, seconds=row.get("WorkTimeInSeconds"), question=question
        )


def _scale(task: dict[str, Any]) -> Iterator[dict[str, Any] | None]:
    task = task.get("task", task)
    response = task.get("response")
    if not response:
        if "task_id" not in task:
            raise ValueError("no task_id")
        yield None
        return
    item = task.get("unique_id") or (task.get("metadata") or {}).get("id") or task["task_id"]
    who = task.get("worker_id") or "scale"
    if "category" in response:
        yield _row(item, who, response["category"], question="category")
    annotations = response.get("annotations")
    if isinstance(annotations, list):
        yield from (None for _ in annotations)
        return
    for question, part in (annotations or {}).items():
        answers = part["response"]
        flat = [one for group in answers for one in (group if isinstance(group, list) else [group])]
        yield _row(item, who, flat, question=question)


#: How each tool's record becomes ratings.
FORMS: dict[str, Callable[[Any], Iterator[dict[str, Any] | None]]] = {
    "label_studio": _label_studio,
    "labelbox": _labelbox,
    "mturk": _mturk,
    "scale": _scale,
}


def _told(record: Any, path: Path) -> str:
    """Which tool a record is of."""
    keys = record.keys() if isinstance(record, dict) else ()
    for form, sign in (("label_studio", "annotations"), ("labelbox", "data_row"), ("scale", "response")):
        if sign in keys or (form == "scale" and {"task", "task_id"} & set(keys)):
            return form
    raise InvalidInput(
        "it is no export that is known", where=str(path),
        rule="a Label Studio task has annotations, a Labelbox row has data_row, a Scale task has task_id",
        todo="for another tool, write item, labeler and label as CSV: that needs no import",
    )  # fmt: skip


def _json(path: Path) -> list[tuple[int, Any]]:
    """The records of a JSON list or of JSON lines, with their numbers."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput("it is not UTF-8", where=str(path), todo="save it as UTF-8") from error
    records, line = [], 1
    try:
        if text.lstrip().startswith("["):
            records = list(enumerate(json.loads(text), start=1))
        else:
            for line, said in enumerate(text.splitlines(), start=1):
                if said.strip():
                    records.append((line, json.loads(said)))
    except json.JSONDecodeError as error:
        raise InvalidInput(
            f"this is no JSON: {error.msg}", where=f"{path}, line {line + error.lineno - 1}",
            rule="a JSON list, or JSON lines",
        ) from error  # fmt: skip
    if not records:
        raise InvalidInput("it is empty", where=str(path))
    return records


def _csv(path: Path) -> list[tuple[int, Any]]:
    """The rows of a Mechanical Turk batch."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(enumerate(csv.DictReader(file), start=1))
    if not rows:
        raise InvalidInput("it is empty", where=str(path))
    lacking = {"HITId", "WorkerId", "AssignmentStatus"} - set(rows[0][1])
    if lacking:
        raise InvalidInput(
            f"it has no column {', '.join(sorted(lacking))}", where=str(path),
            rule="the results of a Mechanical Turk batch have HITId, WorkerId, AssignmentStatus and Answer.*",
            todo="a plain table of item, labeler and label needs no import",
        )  # fmt: skip
    return rows
