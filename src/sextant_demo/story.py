"""What every step works with: the project through the client, its folder, and the story's calendar.

The story is told over the twenty weeks up to today: documents carry its days. Evidence carries the time at
which it was really taken, which is now.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sextant.config import PROJECT, Config, Settings, load, reconcile, write
from sextant.criteria import Phase, Setting
from sextant.documents import Document
from sextant.errors import NotFound
from sextant.evidence import Evidence, Producer, Version
from sextant.lifecycle import measures
from sextant_demo import project_file, targets

if TYPE_CHECKING:
    from sextant.criteria import Criterion
    from sextant_client import Client, Project

#: The people of the story, as they sign. None of them exists.
SPONSOR, PRODUCT, ML_LEAD, OPERATIONS = (
    "Ada Quist (simulated)",
    "Ben Okoro (simulated)",
    "Chen Mirza (simulated)",
    "Dora Vance (simulated)",
)
#: What a waiver lasts at most, as the demo asks for it.
WAIVER_DAYS = 60


@dataclass
class Story:
    """One demo in the making. `today` is the story's last day; `folder` is where its tables and its
    sextant.yaml lie."""

    client: Client
    folder: Path
    today: date

    @property
    def project(self) -> Project:
        return self.client.project(project_file.SLUG)

    def day(self, before: int) -> date:
        """The day of the calendar that lies so many days before today."""
        return self.today - timedelta(days=before)

    # --- writing down

    def put(self, document: Document, key: str = "") -> str:
        """Write a document down, and return the digest that a signature of it is about."""
        return self.project.put_document(document, key).digest

    def sign(self, subject: str, *people: tuple[str, str]) -> None:
        """Let people sign the present version: their names, each with the part they play."""
        for person, role in people:
            self.project.sign(subject, role=role, person=person)

    def name(self, version: str, *depends: str, note: str = "") -> None:
        """Say which version of a thing is the present one, and what it was made from."""
        self.project.put_subject(
            Version.parse(version), depends=[Version.parse(v) for v in depends], note=note
        )

    def back_to(self, phase: Phase, reason: str, subjects: Sequence[str], *, by: str) -> None:
        """Open the second iteration of a phase, unless a run that was stopped did so already."""
        if self.project.gate(phase).iteration == 1:
            self.project.go_back(phase, reason, subjects=list(subjects), by=by)

    def decide(
        self, phase: Phase, outcome: str, note: str, *, by: str, waivers: dict[str, str] | None = None
    ) -> None:
        """Record a person's decision at a gate, unless it was recorded in this iteration already."""
        project = self.project
        decided = project.gate(phase).decision
        if decided is not None and decided.outcome == outcome:
            return
        until = self.today + timedelta(days=WAIVER_DAYS)
        asked = [{"target": k, "reason": why, "until": until} for k, why in (waivers or {}).items()]
        project.decide(phase, outcome, note=note, waivers=asked, by=by)  # type: ignore[arg-type]

    # --- data

    def commit(
        self, name: str, path: str, message: str, *, sources: Sequence[str] = (), recipe: str = ""
    ) -> None:
        """Keep a table as a version of a dataset, as `sextant data commit` does: its rows, its profile, and what
        became of the rows of the version before. A table whose rows are kept makes no version."""
        from sextant.data.versions import Store
        from sextant.tables import table
        from sextant_client.keeping import home_of, keep

        project = self.project
        store = Store(home_of(project, self.folder.parent))
        keep(
            project, store, name, table(self.folder / path), message=message, sources=sources, recipe=recipe, key="image"
        )  # fmt: skip

    def keep_days(self, name: str, rows: Any, time: str, columns: Sequence[str]) -> None:
        """Keep the profile of each day's rows, as `sextant data days` does. Their times are invented."""
        from sextant.data.days import by_day
        from sextant.tables import table

        project = self.project
        for day, found in by_day(table(rows, name=name), time, columns=columns):
            project.put_day(name, day, found.plain(), origin="simulated")

    # --- measuring

    def check(self, *names: str) -> list[Evidence]:
        """Run checks of the project file by their names, as `sextant check` does, and store what they give."""
        config = load(project_file.path(self.folder)).config
        known = {spec.id: spec for spec in config.checks}
        found: list[Evidence] = []
        with measures.Inputs(config, self.folder) as inputs:
            for name in names:
                found += measures.run(config, known[name], self.folder, now=now(), inputs=inputs)
        self.add(*found)
        return found

    def add(self, *evidence: Evidence) -> list[str]:
        """Store evidence; returns its digests."""
        return [added.digest for added in self.project.add_evidence(evidence)]

    def verdicts(self, setting: Setting) -> Any:
        return self.project.verdicts(setting)

    # --- the project file

    def criteria(self) -> list[Criterion]:
        """The targets that the project has, in the order they were written; none before it is there."""
        try:
            return self.project.criteria()
        except NotFound:
            return []

    def write_file(
        self, criteria: Iterable[Criterion], *, moved: bool = False, retrained: bool = False,
        designs: dict[str, str] | None = None,
    ) -> None:  # fmt: skip
        """Write `sextant.yaml` as it now reads, and bring file and site to say the same. What it said before
        of the scanner, the training and signed designs stays."""
        path = project_file.path(self.folder)
        before = load(path).config if path.exists() else None
        known = {}
        if before:
            moved = moved or before.datasets["scans"].version == "v2"
            retrained = retrained or "rescanned" in before.datasets
            known = {s.dataset: s.design for s in before.checks if s.check == "experiment" and s.design}
        config = project_file.config(
            list(criteria), moved=moved, retrained=retrained, designs={**known, **(designs or {})}
        )
        self.folder.mkdir(parents=True, exist_ok=True)
        write(config, path, replace=True)
        self._sync(config)

    def _sync(self, config: Config) -> None:
        project = self.project
        info = project.info
        settings = Settings.of(config)
        standing = Settings(name=info.name, summary=info.summary, currency=info.currency, rigor=config.rigor)
        file: dict[str, Any] = {PROJECT: settings} | {c.key: c for c in config.criteria}
        site: dict[str, Any] = {PROJECT: standing} | {c.key: c for c in project.criteria()}
        found = reconcile(info.synced, file, site).settle(dict.fromkeys(file, "file"))
        changed = [c for k, c in found.to_site.items() if k != PROJECT and c is not None]
        base = {key: thing.digest() for key, thing in file.items()}
        project.sync(criteria=changed, base=base, expected=info.synced)

    def learn(self) -> None:
        """Two targets more, and the data and the checks that they need."""
        known = {c.key: c for c in self.criteria()}
        known |= {c.key: c for c in targets.learned(self.day(3))}
        self.write_file(known.values(), retrained=True)


def now() -> datetime:
    return datetime.now(UTC)


def producer(what: str, seconds: float | None = None) -> Producer:
    """The demo as what made the evidence, where no check of the project file does."""
    from sextant import __version__

    took = None if seconds is None else round(seconds, 3)
    return Producer(name=f"sextant demo: {what}", version=__version__, command="sextant demo", seconds=took)
