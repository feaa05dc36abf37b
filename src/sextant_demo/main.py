"""`run`: the steps in order, taking up where a run was stopped, and the table of gates at the end.

Which steps are done stands in `demo.json` beside the database. A step that was broken off is done again as a
whole: what it stores is either found or replaced by what is newer, so the gates come out the same.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sextant.errors import Conflict, NotFound

if TYPE_CHECKING:
    from rich.console import Console

    from sextant_demo.story import Story

#: Goes up when the story changes, so that an older one is not taken up in the middle.
CONTENT = 4
MARKER, LOCK, FOLDER = "demo.json", "demo.lock", "form-reader"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its phase, what it does in words, and the function that does it."""

    phase: str
    words: str
    do: Callable[[Story], None]

    @property
    def key(self) -> str:
        return f"{self.phase}: {self.words}"


def steps() -> tuple[Step, ...]:
    """The story from the problem to the retraining."""
    from sextant_demo import data, deployment, drafts, evaluation, maintenance, model, problem

    first, second = "reader@m1", "reader@m2"
    return (
        Step("Problem", "targets, risks and plan, before any data", problem.open_project),
        Step("Problem", "what goes wrong, and whether ML is right", problem.describe),
        Step("Problem", "everybody signs", problem.agree),
        Step("Data", "split 1,797 digits once and for all", data.collect),
        Step("Data", "three labelers, 300 images", data.label),
        Step("Data", "find and settle what is wrong", data.examine),
        Step("Model", "requirements, signed", model.prepare),
        Step("Model", "train and compare rules and three models", model.compare),
        Step("Model", "choose one", model.choose),
        Step("Evaluation", "held-out digits, each by itself", lambda s: evaluation.offline(s, first)),
        Step("Evaluation", "twelve beta users", lambda s: evaluation.ask_people(s, first)),
        Step("Evaluation", "red team", lambda s: evaluation.attack(s, first)),
        Step("Deployment", "monitors, alert, both ways back", lambda s: deployment.prepare(s, first)),
        Step("Evaluation", "A/B test, signed before it starts", lambda s: evaluation.plan_test(s, first)),
        Step("Evaluation", "A/B test, 2,000 forms", lambda s: evaluation.test(s, first)),
        Step("Evaluation", "ship, iterate or kill", lambda s: evaluation.decide(s, first)),
        Step("Deployment", "tell everybody", deployment.announce),
        Step("Maintenance", "what is watched, and who has time", maintenance.plan),
        Step(
            "Deployment",
            "roll out, until the scanner changes",
            lambda s: deployment.roll_out(s, first, seed=600),
        ),
        Step("Deployment", "back to typing", deployment.went_back),
        Step("Maintenance", "find the drift", maintenance.find_drift),
        Step("Data", "back to the data: scan again", data.collect_again),
        Step("Model", "train again", model.train_again),
        Step("Evaluation", "held-out digits, for the new reader", lambda s: evaluation.offline(s, second)),
        Step("Evaluation", "beta users, for the new reader", lambda s: evaluation.ask_people(s, second)),
        Step("Evaluation", "red team, for the new reader", lambda s: evaluation.attack(s, second)),
        Step("Deployment", "both ways back, for the new reader", lambda s: deployment.prepare(s, second)),
        Step("Evaluation", "a second A/B test, signed", lambda s: evaluation.plan_test(s, second)),
        Step("Evaluation", "a second A/B test, 2,000 forms", lambda s: evaluation.test(s, second)),
        Step("Evaluation", "ship, iterate or kill, again", lambda s: evaluation.decide(s, second)),
        Step("Deployment", "roll out to everybody", lambda s: deployment.roll_out(s, second, seed=700)),
        Step("Deployment", "monitors on real use", lambda s: deployment.in_service(s, second, seed=800)),
        Step("Maintenance", "what the retraining mended", maintenance.retrained),
        Step("Maintenance", "drift, reviews, improvements, upkeep", maintenance.keep_up),
        Step("Problem", "a second project: drafts for marketers", drafts.begin),
        Step("Problem", "the second project's brief is signed", drafts.agree),
    )


@dataclass
class Marker:
    """How far the demo in a home is: which steps are done, of which content, told for which day."""

    path: Path
    today: date
    done: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, home: Path) -> Marker:
        path = home / MARKER
        if not path.exists():
            return cls(path, datetime.now(UTC).date())
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
            content, marker = (
                known["content"],
                cls(path, date.fromisoformat(known["today"]), list(known["done"])),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise Conflict(
                "it is no record of a demo",
                where=str(path),
                todo="delete this folder, or give another with --home",
            ) from error
        if content != CONTENT:
            raise Conflict(
                "the demo there is of another version of Sextant", where=str(home),
                todo="delete this folder, or give another with --home",
            )  # fmt: skip
        return marker

    def write(self) -> None:
        """Whole or not at all: a run that is killed here takes up one step earlier."""
        draft = self.path.with_name(f".{MARKER}")
        body = {"content": CONTENT, "today": self.today.isoformat(), "done": self.done}
        draft.write_text(json.dumps(body, indent=2), encoding="utf-8")
        draft.replace(self.path)


def run(home: Path, serve: bool, port: int) -> int:
    """Build the demo in `home`, or what is left of it, print the table of gates, and serve it if asked to.

    home   the data home: the database, and the project's folder `form-reader` with its sextant.yaml and tables
    serve  whether to serve it then, until ctrl-C, with the worker beside it
    port   where; 0 is any that is free

    The demo keeps a database of its own in `home`, whatever DATABASE_URL and SEXTANT_URL say. A run that was
    stopped, in whatever way, is taken up by the next one. Returns the exit code, 0. Raises `Conflict` where
    another run works on the same home, or the home holds a form reader that is not the demo's.
    """
    home = home.expanduser().resolve()
    home.mkdir(parents=True, exist_ok=True)
    for name in ("DATABASE_URL", "SEXTANT_URL", "SEXTANT_TOKEN"):
        os.environ.pop(name, None)
    os.environ["SEXTANT_PROJECT_FOLDER"] = str(home / FOLDER)
    console = _console()
    with _alone(home):
        _build(home, console)
    console.print(
        f"\nThe project's folder is {home / FOLDER}\nWith SEXTANT_HOME={home} there: sextant gate, sextant check, "
        "sextant audit verify",
        soft_wrap=True,
    )
    if serve:
        from sextant_server.serve import serve as serving

        serving(port=port)
    return 0


def _build(home: Path, console: Console) -> None:
    from sextant_client import connect
    from sextant_demo.story import Story

    with connect(home=home) as client:
        marker = Marker.read(home)
        there = _is_there(client)
        if there and not marker.path.exists():
            raise Conflict(
                f"there is a project {FOLDER} already, which no demo made", where=str(home),
                todo="give another folder with --home",
            )  # fmt: skip
        if not there:
            marker.done = []
        marker.write()
        story = Story(client, home / FOLDER, marker.today)
        _tell(story, marker, console)
        _gates(story, console)


def _tell(story: Story, marker: Marker, console: Console) -> None:
    told = steps()
    left = [step for step in told if step.key not in marker.done]
    if not left:
        console.print("The demo is built already.")
        return
    if marker.done:
        console.print(f"Taking up after {len(told) - len(left)} of {len(told)} steps.")
    console.print("Its people and its traffic are simulated; images, models and measurements are real.")
    for number, step in enumerate(told, 1):
        if step.key in marker.done:
            continue
        began = time.monotonic()
        with _busy(console, f"{step.phase}: {step.words}"):
            step.do(story)
        marker.done.append(step.key)
        marker.write()
        took = time.monotonic() - began
        console.print(
            f"{number:>2}/{len(told)}  {step.phase:<12} {step.words:<46} {took:5.1f} s", highlight=False
        )


def _gates(story: Story, console: Console) -> None:
    """The gates by the names of their phases: what each item comes to, and what was decided."""
    from sextant.lifecycle.phases import BY_KEY
    from sextant.verdicts import WORDS, Status

    console.print(f"\n{'Phase':<12}  {'Decision':<9}  Items", highlight=False)
    for gate in story.project.gates():
        counts = {status: sum(i.status is status for i in gate.items) for status in Status}
        items = ", ".join(f"{count} {WORDS[status]}" for status, count in counts.items() if count)
        decided = gate.decision.outcome if gate.decision else "open"
        blocked = f"; blocked by {', '.join(i.item.key for i in gate.blockers)}" if gate.blockers else ""
        name = BY_KEY[gate.phase].name
        console.print(f"{name:<12}  {decided:<9}  {items}{blocked}", highlight=False, soft_wrap=True)


def _is_there(client: Any) -> bool:
    try:
        client.project(FOLDER)
    except NotFound:
        return False
    return True


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)


@contextmanager
def _busy(console: Console, words: str) -> Iterator[None]:
    """Say what goes on while it does, where a person looks on."""
    if not sys.stdout.isatty():
        yield
        return
    with console.status(words):
        yield


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """One run at a time works on a home; the lock ends with its process, however that ends."""
    with (home / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict(
                "another demo is being built there",
                where=str(home),
                todo="wait for it, or give another with --home",
            ) from error
        yield
