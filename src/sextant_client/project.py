"""One project: everything that can be read from it and done in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from sextant.canonical import canonical
from sextant.chain import Anchor, Record
from sextant.criteria import Criterion, Phase, Setting
from sextant.documents import Document
from sextant.errors import Conflict, Unavailable
from sextant.evidence import Evidence, Version
from sextant.lifecycle.gates import GateState, Outcome
from sextant.lifecycle.reruns import Rerun
from sextant.lifecycle.staleness import Subject
from sextant.lifecycle.state import PhasePlan, Risk, Signature, Stored, Written
from sextant.verdicts import Verdict
from sextant_client import answers
from sextant_client.answers import (
    Added,
    Decided,
    Exemption,
    Found,
    JobInfo,
    LogHead,
    ProjectInfo,
    RowFault,
    Timeline,
    TokenInfo,
    read,
)
from sextant_client.datasets import Datasets
from sextant_client.deciding import Deciding
from sextant_client.labeling import Labeling
from sextant_client.people import People
from sextant_client.runs import Runs

if TYPE_CHECKING:
    from sextant.lifecycle.failure_modes import FailureMode

#: As much as the server takes in one request: one transaction.
BATCH = 1000


class Project(Datasets, Deciding, Labeling, People, Runs):
    """A project of a client; get one with `Client.project`. `info` holds its settings as they were last
    read."""

    # --- the project's own settings

    def refresh(self) -> ProjectInfo:
        """Read the settings again."""
        self.info = read(ProjectInfo, self._ask("GET"))
        return self.info

    def change(self, **settings: Any) -> ProjectInfo:
        """Change settings: name, summary, rigor, currency, budget, blocker_days, candidate, in_service,
        exposed_at.

        `candidate` and `in_service` are a `Version` or `name@version`. Those that are not given stay.
        """
        plain = {k: str(v) if isinstance(v, Version) else v for k, v in settings.items()}
        self.info = read(ProjectInfo, self._ask("PATCH", body=_plain(plain)))
        return self.info

    def sync(
        self,
        *,
        criteria: Sequence[Criterion] = (),
        retire: Sequence[str] = (),
        settings: Mapping[str, str] | None = None,
        base: Mapping[str, str],
        expected: Mapping[str, str],
    ) -> ProjectInfo:
        """Store what a file and the site agreed on, in one go: `base` is what both then say (`info.synced`
        afterwards), `expected` what it was when that was decided. `Conflict` if somebody else synced
        meanwhile."""
        body = {
            "criteria": [c.plain() for c in criteria], "retire": list(retire),
            "settings": dict(settings or {}), "base": dict(base), "expected": dict(expected),
        }  # fmt: skip
        self.info = read(ProjectInfo, self._ask("POST", "sync", body=body))
        return self.info

    # --- criteria and verdicts

    def criteria(self) -> list[Criterion]:
        """The criteria as they now read, in the order they were written."""
        return [_criterion(row) for row in self._ask("GET", "criteria")]

    def put_criteria(self, criteria: Sequence[Criterion]) -> list[Criterion]:
        """Store new criteria, and new versions of changed ones; those that are not given stay as they are."""
        rows = self._ask("PUT", "criteria", body=[c.plain() for c in criteria])
        return [_criterion(row) for row in rows]

    def retire_criterion(self, key: str) -> None:
        """Let a criterion count no more. Its evidence stays."""
        self._ask("DELETE", "criteria", key, again=False)

    def verdicts(self, setting: Setting | None = None) -> dict[str, Verdict]:
        """The verdict of every criterion now by its key, overall or in one setting."""
        rows = self._ask("GET", "verdicts", params={"setting": setting.value if setting else None})
        return {row["criterion"]: read(Verdict, row) for row in rows}

    # --- evidence

    def add_evidence(self, evidence: Iterable[Evidence]) -> list[Added]:
        """Append evidence; what is there already is found, not doubled, so that this may be repeated.

        Up to 1,000 are stored together or not at all; more go in parts, and a part that is refused leaves
        the ones before it stored. `InvalidInput` for a criterion that the project does not have.
        """
        given, added = list(evidence), []
        for first in range(0, len(given), BATCH):
            part = [e.plain() for e in given[first : first + BATCH]]
            added += [read(Added, row) for row in self._ask("POST", "evidence", body=part, again=True)]
        return added

    def evidence(self, *, criterion: str = "", kind: str = "", subject: str = "") -> Iterator[Stored]:
        """Evidence, the newest first, fetched a page at a time as it is asked for.

        `subject` is `kind:name` or `kind:name@version`: what rests on that.
        """
        before: int | None = None
        while True:
            params = {
                "criterion": criterion,
                "kind": kind,
                "subject": subject,
                "before": before,
                "limit": 200,
            }
            page = self._ask("GET", "evidence", params=params)
            yield from (answers.stored(row) for row in page["items"])
            before = page["next"]
            if before is None:
                return

    def find_evidence(self, digest: str) -> Found:
        """Evidence by its digest (its first eight digits are enough), and what rests on it now."""
        row = self._ask("GET", "evidence", digest)
        rests = {k: tuple(v) for k, v in row["rests"].items()}
        return Found(answers.stored(row), **rests)

    # --- documents, subjects, signatures

    def documents(self, kind: str = "") -> list[Written]:
        """The present version of every document, or of those of one kind."""
        return [answers.written(row) for row in self._ask("GET", "documents", params={"kind": kind})]

    def document(self, kind: str, key: str = "", *, version: int | None = None) -> Written:
        """A document's present version, or an earlier one; `NotFound` if there is none."""
        return answers.written(self._ask("GET", "documents", kind, key or "-", params={"version": version}))

    def put_document(
        self, document: Document, key: str = "", *, expected_version: int | None = None
    ) -> Written:
        """Store a new version, unless it reads as before. With `expected_version` (what you had before you;
        0 for none) a change that somebody made meanwhile is a `Conflict`, not overwritten."""
        body = {"body": document.plain(), "expected_version": expected_version}
        # Done twice, the second one would find the version that the first made, and call it somebody else's.
        again = expected_version is None
        return answers.written(
            self._ask("PUT", "documents", document.kind, key or "-", body=body, again=again)
        )

    def withdraw_document(self, kind: str, key: str = "") -> None:
        """Take a document out of the present state; the log keeps that it was there."""
        self._ask("DELETE", "documents", kind, key or "-", again=False)

    def subjects(self) -> list[Subject]:
        """The things with versions that evidence rests on, each at its present version."""
        return [read(Subject, row) for row in self._ask("GET", "subjects")]

    def put_subject(
        self, version: Version, *, depends: Sequence[Version] = (), phase: str = "", note: str = ""
    ) -> Subject:
        """Say which version of a thing is the present one, and what it was made from. What rests on another
        version becomes stale; saying the same version again ends its being worked on again and any mark of
        drift."""
        body = {
            "version": version.version, "phase": phase, "depends": [str(v) for v in depends], "note": note
        }  # fmt: skip
        return read(Subject, self._ask("PUT", "subjects", version.kind, version.name, body=body))

    def signable(self) -> dict[str, str]:
        """What can be signed now, each with the digest of its present version."""
        answer: dict[str, str] = self._ask("GET", "signable")
        return answer

    def sign(
        self, subject: str, *, role: str, person: str | None = None, digest: str | None = None
    ) -> Signature:
        """Sign the present version of `goals`, `brief`, `model_requirements`, `ab_design` or `ship_decision`.

        With `digest` only that exact version is signed. A person signs as themselves; `person` names
        somebody else only on a folder's own database.
        """
        if digest is None:
            present = self.signable()
            if subject not in present:
                raise Conflict(
                    f"nothing called {subject!r} can be signed now",
                    rule=f"there is: {', '.join(present) or 'nothing'}",
                    todo="write it first",
                )
            digest = present[subject]
        body = {"subject": subject, "digest": digest, "role": role, "person": person}
        return read(Signature, self._ask("POST", "signatures", body=body))

    # --- gates

    def gates(self) -> list[GateState]:
        """The six gates in the present state, in order."""
        return [answers.gate_state(row) for row in self._ask("GET", "gates")]

    def gate(self, phase: Phase) -> GateState:
        """The gate of one phase in the present state."""
        return answers.gate_state(self._ask("GET", "gates", phase))

    def decide(
        self,
        phase: Phase,
        outcome: Outcome,
        *,
        note: str = "",
        waivers: Sequence[Mapping[str, Any]] = (),
        by: str | None = None,
    ) -> Decided:
        """Record a person's decision on the gate as it stands: `pass`, `hold` or `stop`.

        To pass while something blocks, give a waiver for each item that does, as
        `{"target", "reason", "until"}`; else it is a `Conflict`. `by` names who decided where this works on a
        folder's own database; over a network people decide as themselves, and a token may not.
        """
        body = {"outcome": outcome, "note": note, "waivers": [_plain(w) for w in waivers], "by": by}
        return answers.decided(self._ask("POST", "gates", phase, "decisions", body=body))

    def decisions(self) -> list[Decided]:
        """Every decision at a gate, the newest first."""
        return [answers.decided(row) for row in self._ask("GET", "decisions")]

    def exemptions(self) -> list[Exemption]:
        """Waivers and "not applicable", those in force first."""
        return [read(Exemption, row) for row in self._ask("GET", "exemptions")]

    def waive(self, target: str, *, reason: str, until: date, by: str | None = None) -> Exemption:
        """Go on against the evidence of an item or a criterion for a while: why, and until when."""
        body = {"target": target, "reason": reason, "until": until.isoformat(), "by": by}
        return read(Exemption, self._ask("POST", "waivers", body=body))

    def not_applicable(self, target: str, *, reason: str, by: str | None = None) -> Exemption:
        """Say that an item or a criterion does not apply to this project."""
        return read(
            Exemption,
            self._ask("POST", "not-applicable", body={"target": target, "reason": reason, "by": by}),
        )

    def approve(self, target: str) -> Exemption:
        """A second person's approval of a waiver or a "not applicable", which regulated rigor asks for."""
        return read(Exemption, self._ask("POST", "exemptions", target, "approval"))

    def waiver_outcomes(self) -> dict[str, Any]:
        """Waivers in force (`running`), ended without a word (`over`), and told, with `counts` of how they turned
        out."""
        answer: dict[str, Any] = self._ask("GET", "waiver-outcomes")
        return answer

    def standing(self) -> dict[str, Any]:
        """Where the project stands, in words (`state`, `remarks`) and numbers, as of `as_of`."""
        answer: dict[str, Any] = self._ask("GET", "standing")
        return answer

    def meeting(self) -> dict[str, Any]:
        """What the stakeholders' next meeting looks at: `word`, `remarks`, `targets`, `changes` since `since`, and
        the decision that is `asked`."""
        answer: dict[str, Any] = self._ask("GET", "meeting")
        return answer

    def remind(self, key: str) -> dict[str, Any]:
        """Remind by mail the person whom something waits for; `key` is that of `Client.today`."""
        answer: dict[str, Any] = self._ask("POST", "reminders", body={"key": key})
        return answer

    def end_exemption(self, target: str, *, outcome: str = "", turned_out: str = "") -> Exemption:
        """Take a waiver or a "not applicable" back; `outcome` says how it turned out."""
        params = {"outcome": outcome, "turned_out": turned_out}
        answer = self._ask("DELETE", "exemptions", target, params=params, again=False)
        return read(Exemption, answer)

    def tell_outcome(self, target: str, turned_out: str, *, outcome: str = "") -> Exemption:
        """Say how a waiver turned out: `well` (it did no harm), `harm` or `unneeded`. One in force ends with it; else
        it is said of the latest that ended without a word."""
        body = {"turned_out": turned_out, "outcome": outcome}
        return read(Exemption, self._ask("POST", "exemptions", target, "outcome", body=body))

    # --- going back

    def go_back(
        self, phase: Phase, reason: str, *, subjects: Sequence[str] | None = None, by: str | None = None
    ) -> list[Rerun]:
        """Open a new iteration of a phase. What rests on its subjects (all of them, or those given as
        `kind:name`) becomes stale, nothing else; returns everything that must then be run again."""
        body = {"reason": reason, "subjects": None if subjects is None else list(subjects), "by": by}
        answer = self._ask("POST", "phases", phase, "iterations", body=body)
        return [read(Rerun, row) for row in answer["reruns"]]

    def would_go_stale(self, phase: Phase) -> list[Rerun]:
        """What going back to a phase would make stale, before anybody does it."""
        return [read(Rerun, row) for row in self._ask("GET", "phases", phase, "would-go-stale")]

    def reruns(self) -> list[Rerun]:
        """What is stale now: why, how it is run again, and what that took last time."""
        return [read(Rerun, row) for row in self._ask("GET", "reruns")]

    # --- risks, timeline, failure modes

    def risks(self) -> list[Risk]:
        """The risk register, in its own order."""
        return [read(Risk, row) for row in self._ask("GET", "risks")]

    def put_risks(self, risks: Sequence[Risk | Mapping[str, Any]], *, merge: bool = False) -> list[Risk]:
        """Store the register as it now reads; with `merge`, risks that are not given stay."""
        rows = [_plain(asdict(r) if isinstance(r, Risk) else r) for r in risks]
        return [
            read(Risk, row) for row in self._ask("PUT", "risks", params={"merge": merge or None}, body=rows)
        ]

    def timeline(self) -> Timeline:
        """Planned and actual dates and money of each phase, and the forecast of the ship date."""
        from sextant.lifecycle.timeline import Forecast

        answer = self._ask("GET", "timeline")
        plans = tuple(read(PhasePlan, row) for row in answer["phases"])
        return Timeline(plans, read(Forecast, answer["forecast"]))

    def put_timeline(self, plans: Sequence[PhasePlan | Mapping[str, Any]]) -> list[PhasePlan]:
        """Store the phases that are given. From a mapping only the fields that it names change."""
        rows = [_plain(asdict(p) if isinstance(p, PhasePlan) else p) for p in plans]
        return [read(PhasePlan, row) for row in self._ask("PUT", "timeline", body=rows)]

    def failure_modes(self) -> list[FailureMode]:
        """The eight ways in which such projects fail, each looked for in the present state."""
        from sextant.lifecycle.failure_modes import FailureMode

        return [read(FailureMode, row) for row in self._ask("GET", "failure-modes")]

    # --- the log

    def log(self, after: int = 0) -> Iterator[Record]:
        """The log's records after a place, as they come: the log may be longer than memory."""
        for line in self._connection.lines(self._path("log"), params={"after": after or None}):
            if not line:
                continue
            try:
                record = Record.model_validate_json(line)
            except ValueError as error:
                raise Unavailable(
                    f"the log broke off after record {after}",
                    where=self._connection.where,
                    todo="run it again; if it breaks off there again, look at the server's log",
                ) from error
            after = record.sequence
            yield record

    def head(self) -> LogHead:
        """The log's end as the database has it, and the anchors that the server kept."""
        return read(LogHead, self._ask("GET", "head"))

    def anchor(self, reason: str = "asked for") -> Anchor:
        """A signed head of the log, to be kept elsewhere. `reason` says what it was given out with."""
        return read(Anchor, self._ask("POST", "anchor", params={"reason": reason}))

    def plan(self, form: Literal["pdf", "docx", "md", "html"] = "pdf") -> bytes:
        """The plan on two or three pages as a file, with a signed head of the log at its end."""
        return self._connection.download(self._path("plan"), params={"format": form})

    def card(self, task: str = "other") -> bytes:
        """The model card of the version that is to ship, in Hugging Face's format: a README.md."""
        return self._connection.download(self._path("card"), params={"task": task})

    def plan_warnings(self) -> list[str]:
        """What to mend in the plan: whole sentences, such as what to shorten where it has too many pages."""
        return [str(line) for line in self._ask("GET", "plan")["warnings"]]

    def faults(self) -> list[RowFault]:
        """Rows of the present state that do not say what the log says: changed behind its back."""
        return [read(RowFault, row) for row in self._ask("GET", "log", "faults")]

    # --- jobs and tokens

    def jobs(self) -> list[JobInfo]:
        """The latest fifty pieces of work, the newest first."""
        return [read(JobInfo, row) for row in self._ask("GET", "jobs")]

    def start_job(
        self,
        kind: Literal["audit.verify", "checks.run"],
        arguments: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
    ) -> JobInfo:
        """Ask the server's worker to do something; with the same `key` it is done once however often it is
        asked."""
        body = {"kind": kind, "arguments": dict(arguments or {}), "key": key}
        return read(JobInfo, self._ask("POST", "jobs", body=body, again=key is not None))

    def job(self, job_id: int) -> JobInfo:
        """How far a piece of work is."""
        return read(JobInfo, self._ask("GET", "jobs", str(job_id)))

    def cancel_job(self, job_id: int) -> JobInfo:
        """Stop a piece of work."""
        return read(JobInfo, self._ask("DELETE", "jobs", str(job_id)))

    def tokens(self) -> list[TokenInfo]:
        """The project's tokens, the newest first, revoked and expired ones too."""
        return [read(TokenInfo, row) for row in self._ask("GET", "tokens")]

    def create_token(self, name: str, scopes: Sequence[str], *, days: int | None = 365) -> TokenInfo:
        """A token for a program, with scopes from read, evidence and write, for so many days (None: no
        end). Its `secret` is told this once and stored nowhere."""
        body = {"name": name, "scopes": list(scopes), "days": days}
        return read(TokenInfo, self._ask("POST", "tokens", body=body))

    def revoke_token(self, token_id: int) -> None:
        """End a token at once."""
        self._ask("DELETE", "tokens", str(token_id), again=False)


def _criterion(row: Mapping[str, Any]) -> Criterion:
    return read(Criterion, {k: v for k, v in row.items() if k not in ("version", "digest", "retired")})


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    import json

    plain: dict[str, Any] = json.loads(canonical(dict(values)))
    return plain
