"""The gates as the formats that CI systems read: JSON, JUnit, SARIF 2.1.0, GitHub workflow commands, and Markdown for a
job's summary or a comment.

What blocks is a failure. What advises, is not due, does not apply or is waived is no failure and no
success: it is skipped, with its reason, where the format has a word for that. With `verdicts` (of the targets, by key) the
targets that a blocking item rests on, and that do not hold, are told one by one, each at its line in the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any
from xml.etree import ElementTree

from sextant import __version__
from sextant.canonical import digest
from sextant.lifecycle.checklist import CHECKLIST
from sextant.lifecycle.gates import GateState, ItemState
from sextant.lifecycle.phases import BY_KEY
from sextant.lifecycle.plan.markdown import escaped
from sextant.verdicts import WORDS, Status, Verdict
from sextant_cli import output

FILE = "sextant.yaml"
_NONE: Mapping[str, Verdict] = MappingProxyType({})
#: Characters that XML 1.0 cannot hold, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_json(
    slug: str, gates: Sequence[GateState], file: Path | None, verdicts: Mapping[str, Verdict] = _NONE
) -> str:
    """One object with a list of gates, each with its items."""
    body = {"project": slug, "open": all(g.open for g in gates), "gates": [_gate(g) for g in gates]}
    return json.dumps(output.plain(body), ensure_ascii=False, indent=2, allow_nan=False)


def _gate(state: GateState) -> dict[str, Any]:
    return {
        "phase": state.phase, "name": BY_KEY[state.phase].name, "assessed": state.assessed,
        "open": state.open, "passed": state.passed, "iteration": state.iteration, "decision": state.decision,
        "blockers": [i.item.key for i in state.blockers],
        "items": [
            {
                "key": i.item.key, "title": i.item.title, "status": i.status, "word": WORDS[i.status],
                "reason": i.finding.reason, "blocking": i.blocking, "blocks": i.blocks,
                "evidence": i.finding.evidence, "criteria": i.finding.criteria,
                "next": i.finding.action.label if i.finding.action else None,
            }
            for i in state.items
        ],
    }  # fmt: skip


def junit(
    slug: str, gates: Sequence[GateState], file: Path | None, verdicts: Mapping[str, Verdict] = _NONE
) -> str:
    """JUnit's XML: a test suite for each assessed phase, a test case for each item."""
    root = ElementTree.Element("testsuites", name=f"Sextant gates of {slug}")
    totals = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for state in gates:
        if not state.assessed:
            continue
        suite = ElementTree.SubElement(root, "testsuite", name=BY_KEY[state.phase].name)
        counts = dict.fromkeys(totals, 0)
        for item in state.items:
            case = ElementTree.SubElement(
                suite,
                "testcase",
                classname=f"{slug}.{state.phase}",
                name=f"{item.item.key} {item.item.title}",
                time="0",
            )
            reason = _NOT_XML.sub("?", item.finding.reason)
            if item.blocks:
                failure = ElementTree.SubElement(
                    case, "failure", type=item.status.value, message=WORDS[item.status]
                )
                failure.text = reason
            elif item.status is not Status.MET:
                word = (
                    WORDS[item.status] if item.status.passes else f"{WORDS[item.status]}, which advises only"
                )
                ElementTree.SubElement(case, "skipped", message=f"{word}: {reason}")
            counts["tests"] += 1
            counts["failures"] += item.blocks
            counts["skipped"] += not item.blocks and item.status is not Status.MET
        for name, number in counts.items():
            suite.set(name, str(number))
            totals[name] += number
    failing = _failing(gates, verdicts)
    if failing:
        suite = ElementTree.SubElement(root, "testsuite", name="Targets")
        for key, verdict in failing.items():
            case = ElementTree.SubElement(suite, "testcase", classname=f"{slug}.targets", name=key, time="0")
            failure = ElementTree.SubElement(case, "failure", type=verdict.status.value, message=verdict.word)
            failure.text = _NOT_XML.sub("?", verdict.reason)
        for name, number in {
            "tests": len(failing),
            "failures": len(failing),
            "errors": 0,
            "skipped": 0,
        }.items():
            suite.set(name, str(number))
            totals[name] += number
    for name, number in totals.items():
        root.set(name, str(number))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode")


def sarif(
    slug: str, gates: Sequence[GateState], file: Path | None, verdicts: Mapping[str, Verdict] = _NONE
) -> str:
    """SARIF 2.1.0: a rule for each of the checklist's items, a result for each that blocks."""
    rules = [
        {
            "id": item.key,
            "name": "".join(word.capitalize() for word in re.findall(r"[A-Za-z]+", item.title)),
            "shortDescription": {"text": item.title},
            "fullDescription": {"text": item.asks},
            "properties": {"phase": item.phase},
        }
        for item in CHECKLIST
    ]
    place = {item.key: number for number, item in enumerate(CHECKLIST)}
    lines = _lines(file)
    results = [
        {
            "ruleId": item.item.key,
            "ruleIndex": place[item.item.key],
            "level": "error",
            "kind": "fail",
            "message": {"text": f"{item.item.title} ({WORDS[item.status]}): {item.finding.reason}"},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": FILE, "uriBaseId": "%SRCROOT%"},
                        "region": {"startLine": _line(item, lines)},
                    }
                }
            ],
            "partialFingerprints": {"sextantItem/v1": digest([slug, item.item.key, item.status.value])[:32]},
        }
        for item in _blockers(gates)
    ]
    failing = _failing(gates, verdicts)
    if failing:
        rules.append(
            {
                "id": "target",
                "name": "TargetNotMet",
                "shortDescription": {"text": "A target that a blocking item rests on does not hold"},
                "fullDescription": {
                    "text": "The end of its range does not reach the bar, or nothing counts as proof."
                },
                "properties": {"phase": "evaluation"},
            }
        )
    results += [
        {
            "ruleId": "target",
            "ruleIndex": len(CHECKLIST),
            "level": "error",
            "kind": "fail",
            "message": {"text": f"{key} ({verdict.word}): {verdict.reason}"},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": FILE, "uriBaseId": "%SRCROOT%"},
                        "region": {"startLine": lines.get(key, 1)},
                    }
                }
            ],
            "partialFingerprints": {
                "sextantItem/v1": digest([slug, "target", key, verdict.status.value])[:32]
            },
        }
        for key, verdict in failing.items()
    ]
    tool = {
        "driver": {"name": "Sextant", "version": __version__, "semanticVersion": __version__, "rules": rules}
    }
    body = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": tool, "columnKind": "unicodeCodePoints", "results": results}],
    }
    return json.dumps(body, ensure_ascii=False, indent=2)


def github(
    slug: str, gates: Sequence[GateState], file: Path | None, verdicts: Mapping[str, Verdict] = _NONE
) -> str:
    """GitHub's workflow commands: an error for each item that blocks, a notice for each that advises."""
    lines, said = _lines(file), []
    for state in gates:
        for item in state.items:
            if item.status.passes:
                continue
            level = "error" if item.blocks else "notice"
            title = f"{BY_KEY[state.phase].name} {item.item.key}: {item.item.title} ({WORDS[item.status]})"
            place = f"file={FILE},line={_line(item, lines)},title={_property(title)}"
            said.append(f"::{level} {place}::{_data(item.finding.reason)}")
    for key, verdict in _failing(gates, verdicts).items():
        place = f"file={FILE},line={lines.get(key, 1)},title={_property(f'Target {key} ({verdict.word})')}"
        said.append(f"::error {place}::{_data(verdict.reason)}")
    return "\n".join(said) or "::notice title=Sextant::Nothing blocks."


def markdown(
    slug: str, gates: Sequence[GateState], file: Path | None, verdicts: Mapping[str, Verdict] = _NONE
) -> str:
    """Markdown for a job's summary or a comment on a pull request: what blocks, and the targets behind it."""
    blocked = _blockers(gates)
    names = [BY_KEY[g.phase].name for g in gates if g.assessed]
    said = [
        f"## {escaped(slug)}: {'nothing blocks' if not blocked else f'{len(blocked)} block'} ({', '.join(names)})"
    ]
    if blocked:
        said += ["", "| Item | Status | Why |", "|---|---|---|"]
        said += [
            f"| {i.item.key} {escaped(i.item.title)} | {WORDS[i.status]} | {escaped(i.finding.reason)} |"
            for i in blocked
        ]
    if failing := _failing(gates, verdicts):
        said += ["", "| Target | Status | Measured |", "|---|---|---|"]
        said += [f"| {escaped(key)} | {v.word} | {escaped(v.reason)} |" for key, v in failing.items()]
    return "\n".join(said)


def _failing(gates: Sequence[GateState], verdicts: Mapping[str, Verdict]) -> dict[str, Verdict]:
    """The targets that blocking items rest on and that do not hold, in the order of the items."""
    keys = dict.fromkeys(key for item in _blockers(gates) for key in item.finding.criteria)
    return {key: verdicts[key] for key in keys if key in verdicts and not verdicts[key].passes}


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _blockers(gates: Sequence[GateState]) -> list[ItemState]:
    return [item for state in gates for item in state.blockers]


def _lines(file: Path | None) -> dict[str, int]:
    """The line of each criterion in the file, where there is one that can be read."""
    if file is None:
        return {}
    found: dict[str, int] = {}
    for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        if key := re.match(r"\s*(?:-\s*)?key:\s*[\"']?([a-z0-9][a-z0-9_-]*)", line):
            found.setdefault(key[1], number)
    return found


def _line(item: ItemState, lines: dict[str, int]) -> int:
    """Where in the file an item is best looked at: its first criterion, else the beginning."""
    return next((lines[key] for key in item.finding.criteria if key in lines), 1)


WRITERS = {"json": as_json, "junit": junit, "sarif": sarif, "github": github, "markdown": markdown}
