"""A round of labeling and its project on Label Studio: items there, answers back. Both may be done again and again.

    from sextant_client import connect
    from sextant_client.label_studio import pull, push
    from sextant_integrations.label_studio.client import LabelStudio
    from sextant_integrations.label_studio.settings import read

    with connect() as client, LabelStudio(read()) as studio:
        project = client.project("spam")
        push(project, "first", studio)
        pull(project, "first", studio)

What was done is looked up on both sides before anything is sent, so that one that broke off is taken up where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from sextant.errors import Conflict, InvalidInput, NotFound

if TYPE_CHECKING:
    from sextant.data.guidelines import Guideline
    from sextant_client.project import Project
    from sextant_integrations.label_studio.client import LabelStudio

#: As many tasks, tasks with a picture, and annotations as are sent at once.
TASKS, PICTURES, ANNOTATIONS = 200, 20, 500
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push did. `made` says whether the project is new; `there` counts tasks that were there before; `deleted` those
    that somebody deleted there, which are not sent again unless that is asked for; `strange` tasks there that are not ours."""

    address: str
    number: int
    made: bool
    sent: int
    there: int
    deleted: int
    strange: int

    @property
    def page(self) -> str:
        """Where people label."""
        return f"{self.address}/projects/{self.number}/"


@dataclass(slots=True)
class Pulled:
    """What a pull did. `refused` says of each annotation that did not come in: `number`, `item`, `why`."""

    new: int = 0
    changed: int = 0
    same: int = 0
    deleted: int = 0
    labels: int = 0
    skips: int = 0
    truths: int = 0
    seconds: int = 0
    strange: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)


def push(
    project: Project, key: str, studio: LabelStudio, *, new: bool = False, again: bool = False
) -> Pushed:
    """Bring a round to Label Studio: its project with a labeling configuration and instructions out of the guideline, its
    items as tasks. What is there already stays; the guideline is brought up to date.

    new     make another project, whatever there was: after it was deleted there, for one
    again   send tasks once more that somebody deleted there

    Raises `NotFound` where the project is not there any more, `InvalidInput` where Label Studio refuses the configuration,
    `Conflict` for a round without items or one that is linked to another server.
    """
    from sextant_integrations.label_studio import outgoing

    about = project.round_link(key)
    guideline = _guideline(about)
    if about["kind"] is None:
        raise Conflict("the round has no items", where=key, todo=f"sextant labels bring {key} FILE")
    if about["state"] not in ("open", "paused"):
        raise Conflict(
            f"the round is {about['state']}", where=key, rule="a round is pushed once it is open, so that its items stand",
            todo=f"sextant labels state {key} open",
        )  # fmt: skip
    if guideline.answer == "spans" and about["kind"] != "text":
        raise Conflict("passages are marked in texts alone", where=key)
    link = about["link"]
    if link is not None and link["address"] != studio.url and not new:
        raise Conflict(
            f"the round is on {link['address']}, and this is {studio.url}", where=key,
            todo="set the address that it is on, or push with --new, which leaves that project as it is",
        )  # fmt: skip
    fields = outgoing.project(
        guideline, about["kind"], context=about["context"], title=f"{key} ({project.slug})", marker=about["marker"],
        labelers=about["labelers"],
    )  # fmt: skip
    number, made = _project(studio, link, fields, about["marker"], new=new)
    project.put_round_link(key, address=studio.url, number=number, guideline=about["guideline_version"])
    known = project.link_tasks(key)
    present: dict[str, int] = {}
    strange, places = 0, set()
    for task in studio.tasks(number):
        places.add(int(task["id"]))
        item = str((task.get("data") or {}).get(outgoing.ITEM) or "")
        if item:
            present.setdefault(item, int(task["id"]))
        else:
            strange += 1
    # What was sent just before a connection broke is there, and not yet remembered.
    gone = {item: task for item, task in known.items() if task not in places and item not in present}
    if again and gone:
        project.put_link_tasks(key, {}, gone=list(gone.values()))
        known = {item: task for item, task in known.items() if item not in gone}
        gone = {}
    items = {i["key"]: i for i in project.round_items(key)} if about["kind"] != "image" else None
    keys = set(items) if items is not None else None
    remembered = {
        item: task for item, task in present.items() if item not in known and (keys is None or item in keys)
    }
    project.put_link_tasks(key, remembered)
    sent = 0
    rows = iter(items.values()) if items is not None else project.round_items(key, part=PICTURES)
    left = (i for i in rows if i["key"] not in known and i["key"] not in present)
    for part in _parts(left, PICTURES if items is None else TASKS):
        tasks = studio.add_tasks(number, outgoing.tasks(part, guideline, context=about["context"]))
        project.put_link_tasks(key, {i["key"]: task for i, task in zip(part, tasks, strict=True)})
        sent += len(part)
    return Pushed(studio.url, number, made, sent, len(present), len(gone), strange)


def tasks(project: Project, key: str) -> Iterator[dict[str, Any]]:
    """A round's items with everybody's answers, as tasks of Label Studio's JSON format: an item a task, in their order."""
    from sextant_integrations.label_studio import outgoing

    about = project.round_link(key)
    guideline = _guideline(about)
    answers: dict[str, list[dict[str, Any]]] = {}
    for row in project.labels(key, shape="answers"):
        answers.setdefault(row["item"], []).append(row)
    for item in project.round_items(key, part=PICTURES if about["kind"] == "image" else 100):
        yield outgoing.annotated(item, answers.get(item["key"], ()), guideline, context=about["context"])


def _guideline(about: dict[str, Any]) -> Guideline:
    from sextant.data.guidelines import Guideline

    return Guideline.model_validate(about["guideline"])


def _project(
    studio: LabelStudio, link: dict[str, Any] | None, fields: dict[str, Any], marker: str, *, new: bool
) -> tuple[int, bool]:
    found: dict[str, Any] | None
    if link is not None and not new:
        number = int(link["number"])
        found = studio.project(number)
    else:
        # One that was made just before the connection broke is taken up, unless another is asked for.
        found = None if new else studio.find_project(f"[{marker}]")
        if found is None:
            return int(studio.create_project(fields)["id"]), True
        number = int(found["id"])
    changed = {
        name: value
        for name, value in fields.items()
        if name not in ("title", "description") and found.get(name) != value
    }
    if changed:
        try:
            studio.change_project(number, changed)
        except InvalidInput as error:
            error.todo = (
                "what is labeled there already must stay possible; for another guideline push with --new"
            )
            raise
    return number, False


def pull(project: Project, key: str, studio: LabelStudio) -> Pulled:
    """Bring what was labeled on Label Studio into the round: who, how long it took, what was skipped, what is marked as
    ground truth. Each annotation comes in once; a changed one replaces what it said, a deleted one is marked. People may go
    on labeling meanwhile: what comes too late for this pull comes with the next.

    Raises `NotFound` where the round was never pushed or its project is not there any more.
    """
    from sextant_integrations.label_studio import incoming

    about = project.round_link(key)
    link = about["link"]
    if link is None:
        raise NotFound("the round is not on Label Studio", where=key, todo=f"sextant labels push {key}")
    if link["address"] != studio.url:
        raise Conflict(f"the round is on {link['address']}, and this is {studio.url}", where=key)
    guideline = _guideline(about)
    studio.project(link["number"])
    found, seen = Pulled(), set()
    given: list[dict[str, Any]] = []
    for task in studio.tasks(link["number"]):
        rows = [one.plain() for one in incoming.read(task, guideline)]
        # A task may be met twice where others were deleted meanwhile.
        given += [row for row in rows if row["number"] not in seen]
        seen |= {row["number"] for row in rows}
    known = {row["number"] for row in project.link_annotations(key) if row["state"] != "deleted"}
    # A page that moved while it was read may have left one out: whether it is gone is asked of it alone.
    lost = [number for number in sorted(known - seen) if not studio.has_annotation(number)]
    people = studio.people() if given else {}
    parts: Iterator[Sequence[dict[str, Any]]] = _parts(iter(given), ANNOTATIONS)
    for number, part in enumerate([*parts] or [[]]):
        who = [{"number": n, **people[n]} for n in sorted({row["who"] for row in part} & people.keys())]
        answer = project.put_link_annotations(key, part, people=who, deleted=lost if number == 0 else ())
        for name in ("new", "changed", "same", "deleted", "labels", "skips", "truths", "seconds"):
            setattr(found, name, getattr(found, name) + answer[name])
        found.refused += answer["refused"]
    return found


def _parts(rows: Iterator[T], size: int) -> Iterator[list[T]]:
    part: list[T] = []
    for row in rows:
        part.append(row)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part
