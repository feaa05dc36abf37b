"""Small readings of a pasted text: what a heading names, lines and sentences, sums of money, dates."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

#: As much as one field of a document holds.
MOST = 4000

#: What people call the sections of a one-pager, and the field that each one fills. `problem` fills the first W as
#: well, `who` the brief's target users; `duration` and `metrics` are known and have no field of their own.
LABELS: dict[str, str] = {
    name: field
    for field, names in {
        "problem": "problem, problem statement, the problem, pain, pain point, pain points, challenge, what, "
        "what problem are we solving, problem definition",
        "who": "who, target users, target user, users, audience, target audience, customers, personas, "
        "user segments, who has this problem, who has the problem, user, customer segment",
        "why": "why, why it matters, why now, why does it matter, motivation, rationale, impact, business impact",
        "when": "when, frequency, how often, trigger, when does it happen, when does this problem occur",
        "where": "where, where in the workflow, workflow, step, context of use, where does it happen",
        "impact_now": "current state, today, baseline, as is, where we are, status quo, current situation, "
        "impact now",
        "impact_wanted": "desired state, goal, goals, objective, objectives, target state, to be, impact wanted, "
        "where we want to be, desired outcome, vision",
        "roi": "roi, return, return on investment, business case, benefit, benefits, expected value",
        "approach": "proposed ml solution, proposed solution, solution, approach, proposed approach, "
        "ml approach, proposed ml approach, ml solution, how, technical approach",
        "scope": "scope, in scope, out of scope, non-goals, scope and limits",
        "business_metrics": "business metrics, business metric, business, north star, business targets, "
        "business kpis, business goals",
        "product_metrics": "product metrics, product metric, product, product targets, user metrics, "
        "product kpis",
        "ml_metrics": "ml metrics, ml metric, ml, model metrics, model performance, ml targets, ai metrics, "
        "machine learning metrics",
        "metrics": "success metrics, metrics, kpis, targets, key metrics",
        "feasibility": "feasibility, feasibility assessment",
        "duration": "duration, timeline, timeline and resources, schedule, time frame, timeframe",
        "team": "team, roles, team and roles, people, staffing, team needed",
        "budget": "budget, cost, costs, funding",
        "starts": "start, starts, start date, kick-off, kickoff, begins, starts on",
        "ends": "launch, launch date, deadline, in use by, go-live, go live, ship date, due, due date, "
        "end date, ends, release date",
        "risks": "risks, risks and mitigations, key risks, risk, risks and mitigation",
        "done": "done, success criteria, definition of done, success, what success looks like, done means, "
        "acceptance criteria",
    }.items()
    for name in names.split(", ")
}


@lru_cache(maxsize=4096)
def named(words: str) -> str:
    """The field that a heading or a label names; empty for one that names none.

    >>> named("2. Target Users"), named("Risks & Mitigations"), named("Lunch")
    ('who', 'risks', '')
    """
    plain = re.sub(r"^(?:step\s+)?\d+(?:\.\d+)*[.):]?\s*", "", words.lower()).replace("&", " and ")
    plain = re.sub(r"\([^)]*\)", " ", plain)
    if re.search(r"\d", plain):
        return ""
    plain = " ".join(re.sub(r"[^a-z\s-]", " ", plain.replace("’", "").replace("'", "")).split())
    return LABELS.get(plain, "")


_MARKS = re.compile(r"^\s*(?:[-*•·–+]\s+|\d+[.)]\s+|#{1,6}\s+|>\s+)+|\*\*|__|`")


def bare(words: str) -> str:
    """Words without the marks of lists, headings and bold print.

    >>> bare("- **Business:** 8 posts a month")
    'Business: 8 posts a month'
    """
    return "\n".join(_MARKS.sub("", line).strip() for line in words.strip().split("\n")).strip()


_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"“(0-9])|\n")


def sentences(text: str) -> list[str]:
    """The sentences of a text, each as it stands there."""
    return [part.strip() for part in _END.split(text) if part.strip()]


def first_sentence(text: str) -> str:
    """The first sentence, or the first that has a number among the first three.

    >>> first_sentence("It is bad. It takes 3 hours. We know.")
    'It takes 3 hours.'
    """
    found = sentences(text[: 4 * MOST])[:3]
    return next((one for one in found if re.search(r"\d", one)), found[0] if found else text.strip())


def items(text: str, *, by_comma: bool) -> tuple[str, ...]:
    """A list's entries: one a line, and where there is a single line its parts."""
    lines = [bare(line) for line in text.split("\n") if bare(line)]
    if len(lines) == 1:
        parts = re.split(r"[;,]\s+|\s+and\s+" if by_comma else r";\s+", lines[0])
        lines = [part.strip() for part in parts if part.strip()]
    return tuple(line if len(line) <= 300 else line[:299].rstrip() + "…" for line in lines)


def cut(text: str) -> str:
    """As much of a text as a field holds, ending with a sentence or a word."""
    text = text.strip()
    if len(text) <= MOST:
        return text
    head = text[:MOST]
    stop = max(head.rfind(". "), head.rfind(".\n"), head.rfind("? "), head.rfind("! "))
    if stop < MOST // 2:
        stop = max(head.rfind(" "), head.rfind("\n"), MOST // 2)
    return head[: stop + 1].strip()


_SUM = re.compile(
    r"(?P<before>\$|€|£|\b(?:USD|EUR|GBP|CHF)\b)?\s*(?P<number>\d{1,3}(?:[,'’ ]\d{3})+|\d+)(?P<rest>\.\d+)?\s*"
    r"(?P<unit>k|m|thousand|million)?\b\s*(?P<after>€|\$|£|\b(?:USD|EUR|GBP|CHF|dollars?|euros?)\b)?",
    re.IGNORECASE,
)
_CURRENCY = {
    "$": "USD",
    "€": "EUR",
    "£": "GBP",
    "dollar": "USD",
    "dollars": "USD",
    "euro": "EUR",
    "euros": "EUR",
}
_TIMES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6}


def a_sum(text: str) -> tuple[float, str | None] | None:
    """The first sum of money, with its currency if it is said; None where no number stands.

    >>> a_sum("about $200K"), a_sum("EUR 50,000"), a_sum("1.5 million euros"), a_sum("to be agreed")
    ((200000.0, 'USD'), (50000.0, 'EUR'), (1500000.0, 'EUR'), None)
    """
    for found in _SUM.finditer(text[:MOST]):
        sign = (found["before"] or found["after"] or "").lower()
        if not (sign or found["unit"] or len(found["number"]) > 3):
            continue  # a small bare number is a count of something
        number = float(re.sub(r"[,'’ ]", "", found["number"]) + (found["rest"] or ""))
        value = number * _TIMES.get((found["unit"] or "").lower(), 1)
        if value < 1e15:
            return value, _CURRENCY.get(sign, sign.upper() or None)
    return None


_MONTHS = {
    name: number
    for number, names in enumerate(
        ("january jan", "february feb", "march mar", "april apr", "may may", "june jun", "july jul", "august aug",
         "september sept sep", "october oct", "november nov", "december dec"), 1,
    )
    for name in names.split()
}  # fmt: skip
_DATES = (
    re.compile(r"\b(?P<y>(?:19|20|21)\d\d)-(?P<m>\d\d?)-(?P<d>\d\d?)\b"),
    re.compile(
        r"\b(?P<d>\d\d?)(?:st|nd|rd|th|\.)?\s+(?:of\s+)?(?P<name>[A-Za-z]{3,9})\.?,?\s+(?P<y>(?:19|20|21)\d\d)\b"
    ),
    re.compile(r"\b(?P<name>[A-Za-z]{3,9})\.?\s+(?P<d>\d\d?)(?:st|nd|rd|th)?,?\s+(?P<y>(?:19|20|21)\d\d)\b"),
)


def a_date(text: str) -> date | None:
    """The first date that can be read one way only; None where there is none.

    >>> a_date("by 31 March 2027"), a_date("March 1st, 2027"), a_date("3/4/2027")
    (datetime.date(2027, 3, 31), datetime.date(2027, 3, 1), None)
    """
    for pattern in _DATES:
        for found in pattern.finditer(text[:MOST]):
            parts = found.groupdict()
            month = int(parts["m"]) if parts.get("m") else _MONTHS.get(parts["name"].lower())
            try:
                return date(int(parts["y"]), month or 0, int(parts["d"]))
            except ValueError:
                continue
    return None
