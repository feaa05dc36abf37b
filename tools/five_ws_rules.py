"""Writes docs/reference/five-ws-rules.md: how well each rule of the five Ws does on statements held out from its
making.

    python tools/five_ws_rules.py            write the page
    python tools/five_ws_rules.py --develop  print the same for the development statements, with every miss
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

from sextant.problem.five_ws import QUESTIONS, RULES, critique

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "five-ws-rules.md"
STATEMENTS = ROOT / "tests" / "problem"


def read(name: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(
        (STATEMENTS / f"statements_{name}.json").read_text(encoding="utf-8")
    )
    return found


def counts(statements: list[dict[str, object]]) -> dict[str, Counter[str]]:
    """For each rule, over the statements of the questions that it reads: how often it fires and should (tp), fires
    and should not (fp), does not fire and should (fn), does not fire and should not (tn)."""
    found: dict[str, Counter[str]] = {rule.name: Counter() for rule in RULES}
    reads = {name: {q for r in RULES if r.name == name for q in r.questions} for name in found}
    for one in statements:
        question, expected = str(one["question"]), set(one["rules"])  # type: ignore[call-overload]
        fired = {r.rule for r in critique(question, str(one["text"]))}  # type: ignore[arg-type]
        for name in found:
            if question in reads[name]:
                hit = ("t" if (name in fired) == (name in expected) else "f") + (
                    "p" if name in fired else "n"
                )
                found[name][hit] += 1
    return found


def clear(statements: list[dict[str, object]]) -> Counter[str]:
    """The same for the answer that the gate asks for: is something in it that must be mended?"""
    grave = {(q, r.name) for r in RULES if r.severity == "must" for q in r.questions}
    found: Counter[str] = Counter()
    for one in statements:
        question, text = str(one["question"]), str(one["text"])
        expected = any((question, name) in grave for name in one["rules"])  # type: ignore[attr-defined]
        fired = any(r.severity == "must" for r in critique(question, text))  # type: ignore[arg-type]
        found[("t" if fired == expected else "f") + ("p" if fired else "n")] += 1
    return found


def share(part: int, whole: int) -> str:
    return f"{part} of {whole}" if whole else "none"


def row(name: str, c: Counter[str]) -> str:
    return f"| {name} | {share(c['tp'], c['tp'] + c['fp'])} | {share(c['tp'], c['tp'] + c['fn'])} | {sum(c.values())} |"


def table(statements: list[dict[str, object]]) -> list[str]:
    read = {one["question"] for one in statements}
    names = {rule.name for rule in RULES if read & set(rule.questions)}
    return [
        "| rule | precision | recall | statements read |",
        "|---|---|---|---|",
        *(row(f"`{name}`", c) for name, c in counts(statements).items() if name in names),
        row("anything that must be mended", clear(statements)),
    ]


def said(statements: list[dict[str, object]]) -> str:
    by_question = Counter(str(one["question"]) for one in statements)
    return f"{len(statements)} statements: {', '.join(f'{by_question[q]} for {q}' for q in QUESTIONS if by_question[q])}."


def page() -> str:
    first, second = read("held_out"), read("held_out_second")
    lines = [
        "# How well the rules of the five Ws do",
        "",
        "Statements were written for this, each with the rules that a careful reader says apply. They were written before",
        "the rules were last changed and not looked at while that was done; another set serves for that. Those who wrote",
        "them knew the rules, so read the tables as a check against blunders, not as what strangers' texts will give: with",
        "so few statements a share has a wide range. The statements and what each label means are in `tests/problem/`.",
        "",
        "*Precision*: of the times that the rule spoke, how often it was right. *Recall*: of the times that it should",
        "have spoken, how often it did.",
        "",
        "## All five questions",
        "",
        f"{said(first)} Who last changed the rules had not seen them.",
        "",
        *table(first),
        "",
        "## The rules that are hardest to get right",
        "",
        f"{said(second)} Who last changed the rules had also written these, before doing so:",
        "the weaker proof of the two.",
        "",
        *table(second),
        "",
        "What the rules do not see: whether a number is true, whether a loss is the reader's loss, other languages than",
        "English. A remark that does not apply is set aside with a reason, beside the remark.",
        "",
        "This page is made by `tools/five_ws_rules.py`; a test holds it to the rules and the statements.",
        "",
    ]  # fmt: skip
    return "\n".join(lines)


def develop() -> None:
    statements = read("development")
    for name, c in counts(statements).items():
        print(f"{name:24} {dict(c)}")
    print(f"{'anything must':24} {dict(clear(statements))}")
    for one in statements:
        fired = {r.rule for r in critique(str(one["question"]), str(one["text"]))}  # type: ignore[arg-type]
        expected = set(one["rules"])  # type: ignore[call-overload]
        if fired != expected:
            print(
                f"{one['question']:6} {one['text']}\n       extra {fired - expected}, missing {expected - fired}"
            )


if __name__ == "__main__":
    if "--develop" in sys.argv[1:]:
        develop()
    else:
        PAGE.write_text(page(), encoding="utf-8")
