"""Reads the five Ws and names what is unclear, by rules that anybody can read.

Each rule looks for one thing in one or more answers and says how to mend it. "must" stands in the way of
the gate, "should" is advice. The rules know English words only. A remark that does not apply is set aside
with a reason (`FiveWs.dismissed`), and comes back when the words that it quotes change.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from sextant.problem.documents import FiveWs, Question

QUESTIONS: tuple[Question, ...] = get_args(Question)


@dataclass(frozen=True, slots=True)
class Remark:
    """What a rule found: where, how grave, in which words, and how to mend it."""

    question: Question
    rule: str
    severity: Literal["must", "should"]
    quote: str
    mend: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: the answers that it reads, and a function that gives the words at fault, or None."""

    name: str
    severity: Literal["must", "should"]
    questions: tuple[Question, ...]
    find: Callable[[str], str | None]
    mend: str


def critique(question: Question, answer: str) -> list[Remark]:
    """What is unclear in one answer, the gravest first. An empty answer has one remark only.

    >>> [(r.rule, r.quote) for r in critique("what", "We need AI for content") if r.severity == "must"]
    [('solution_not_problem', 'We need AI'), ('no_number', 'We need AI for content')]
    """
    text = " ".join(answer.split())
    if not text:
        return [Remark(question, "empty", "must", "", "Answer the question in a sentence.")]
    found = [
        Remark(question, rule.name, rule.severity, quote, rule.mend)
        for rule in RULES
        if question in rule.questions and (quote := rule.find(text)) is not None
    ]
    # A vague word within words that another rule quotes is that rule's business.
    quoted = [r.quote for r in found if r.rule != "vague_word" and r.quote != text]
    found = [r for r in found if r.rule != "vague_word" or not any(r.quote in words for words in quoted)]
    return sorted(found, key=lambda r: r.severity == "should")


def open_remarks(five_ws: FiveWs) -> list[Remark]:
    """What is unclear in all five answers and was not set aside; that one is empty cannot be set aside."""
    aside = {(d.question, d.rule, d.quote) for d in five_ws.dismissed}
    return [
        remark
        for question in QUESTIONS
        for remark in critique(question, getattr(five_ws, question))
        if remark.rule == "empty" or (question, remark.rule, remark.quote) not in aside
    ]


def _either(listed: str) -> str:
    """Words or phrases, given with commas between them, as one pattern that is any of them."""
    return f"({'|'.join(' '.join(w.split()) for w in listed.split(','))})"


def _any(listed: str) -> re.Pattern[str]:
    return re.compile(rf"\b{_either(listed)}\b", re.IGNORECASE)


_NUMBER = _any(
    r"""
    \d\w*, one, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve, dozens?, twenty,
    thirty, forty, fifty, hundreds?, thousands?, millions?, half, third, quarter, tenth, twice, double,
    triple
    """
)
_SUBJECT = _either("we, they, users, customers, the team, the company, the business")
_WANT = _either("need, want, lack, would like, are missing, (should|must) (use|build|have|add|buy)")
_ML = _either(
    r"AI, ML, LLMs?, GPT\S*, machine learning, deep learning, artificial intelligence, automation, embeddings"
)
_TOOL = _either(
    "(neural )?networks?, chat ?bots?, bots?, models?, algorithms?, agents?, copilots?, assistants?, classifiers?, "
    "recommenders?, engines?, dashboards?, apps?, tools?, platforms?, systems?, features?, solutions?"
)
_MAKE = _either(
    "build, use, implement, introduce, launch, create, leverage, deploy, add, adopt, develop, integrate, automate, "
    "replace, roll out, set up, switch to, migrate, train, buy, apply"
)
_SOLUTION = _any(
    rf"""
    {_SUBJECT} {_WANT}( to \w+)?( an?| the| some| our| more)?( new| custom| smart| intelligent)?
    ({_ML}|{_TOOL}), (no|lack of|need for) {_ML}, \A(to )?{_MAKE},
    {_SUBJECT} (plan|are planning|intend|aim|hope|are going|would like|want) to {_MAKE},
    (would|could) (benefit|profit) from, \A(an?|some) (\w+[ -])?(\w+[ -])?({_ML}|{_TOOL}) (for|to|that|which|with)
    """
)
_WISH = _any(
    r"""
    nice to have, (would|wouldn['’]t it) be (nice|good|great|cool|helpful|useful), would (like|love), every(one|body)(
    else)? (is|does|has), (is|are|looks?) (cool|interesting|exciting|innovative|trendy), competitors?
    (has|have|does|do) (it|that|one|this|AI|ML), state of the art, cutting[- ]edge, because (it|that) matters,
    it('s| is) important, strategic, next big thing, \A(it|this|that) (matters|is important), asked for (it|this),
    (boss|board|CEO|CTO|management|leadership|investors?) (wants?|expects?|likes?|asked), hype, trend,
    (be|become|stay|more) (more )?(innovative|competitive|modern)
    """
)
_VAGUE = _any(
    """
    better, improved?, nicer?, great, good, bad(ly)?, sometimes, often, occasionally, frequently,
    regularly, usually, rarely, seldom, always, constantly, continually, normally, generally, mostly, mainly,
    recently, lately, now and then, from time to time, various, several, many, most, a lot,
    lots? of, some, stuff, things?, somehow, etc, inefficient(ly)?, slow(ly)?, hard, difficult, painful,
    optimi[sz]e, modern, innovative, easier, faster, high, low, huge, large, poor, long, too much
    """
)
_EVERYBODY = _any(
    """
    people, persons?, humans?, users?, everyone, everybody, anyone, anybody, customers?, clients?,
    consumers?, folks, companies, businesses, teams?, employees, staff
    """
)
#: Places and kinds that leave nobody out.
_ANYWHERE = (
    r"((the|our|all|any|an?|this|their|every) )*(office|company|companies|organi[sz]ation|business|team|world|market|"
    r"kinds?|sorts?|types?|industry|app|product|website|site|platform|system|department|sector|general|everywhere)\b"
)
#: What may stand before a group and narrows nothing.
_WIDE = (
    r"((the|all|our|whole|entire|many|most|internal|external|and|various|different|other|of|every|some|these|"
    r"those|any|new|existing|potential|future|typical)\s+)*"
)
_SEGMENT = _any(
    rf"""
    \d\w*, (at|in|within|from|of|with|under|over|between|on) (?!{_ANYWHERE})\w+, who
    (are|have|work|live|pay|bought|use|run)
    """
)
_FREQUENCY = _any(
    r"""
    \d\w*, every, each, per, hourly, daily, nightly, weekly, monthly, quarterly, yearly, annually, once,
    twice, when, whenever, while, before, after, during, as soon as, at the (start|end|beginning) of,
    (mon|tues|wednes|thurs|fri|satur|sun)days?
    """
)
#: A rate that follows from the words: once in each of these.
_RATE = _any(
    r"""
    hourly, daily, nightly, weekly, monthly, quarterly, yearly, annually, once, twice, (every|each|per) (working
    |week ?)?(hour|day|morning|evening|night|shift|week|weekend|month|quarter|year|(mon|tues|wednes|thurs|fri|satur|sun)day),
    (mon|tues|wednes|thurs|fri|satur|sun)days, at the (start|end|beginning) of (the|each|every) \w+
    """
)
_MOMENT = _any(
    r"""
    as (the|an?|they|he|she), where (the|an?|they|he|she) \w+, till, note, letter, ticket, invoice, spreadsheet, sheet,
    label, document, e-?mail, message,
    phase, step, stage, screen, page, form, field, queue, inbox, desk, counter, meeting, call, checkout,
    basket, cart, line, room, hand-?over, when, while, during, before, after, between, until, as soon as,
    start(s|ed|ing)?, open(s|ed|ing)?, enter(s|ed|ing)?, typ(es?|ed|ing), draft(s|ed|ing)?,
    review(s|ed|ing)?, search(es|ed|ing)?, upload(s|ed|ing)?, send(s|ing)?, read(s|ing)?, check(s|ed|ing)?
    """
)
_LOSS = _any(
    r"""
    los[est]\w*, cost\w*, revenue, money, spend\w*, pay\w*, minutes?, hours?, days?, weeks?, time,
    churn\w*, leav\w+, quit\w*, burn-?out, delay\w*, late, miss\w*, wait\w*, error\w*, mistake\w*,
    wrong\w*, fail\w*, complain\w*, refund\w*, fine[sd]?, penalt\w+, risk\w*, harm\w*, injur\w*,
    danger\w*, accident\w*, waste\w*, rework\w*, backlog\w*, overtime, cannot, can['’]?t, fraud\w*,
    drop\w*, declin\w*, fall\w*, shrink\w*, cancel\w*, throw\w*, scrap\w*, spoil\w*, idle, damag\w*, die[sd]?,
    deaths?, lawsuits?, turnover, clos(es|ed|ing|ure)
    """
)


def _shorter_than(words: int) -> Callable[[str], str | None]:
    return lambda text: text if len(re.findall(r"[\w'’%-]+", text)) < words else None


def _has(pattern: re.Pattern[str]) -> Callable[[str], str | None]:
    return lambda text: found[0] if (found := pattern.search(text)) else None


def _lacks(pattern: re.Pattern[str]) -> Callable[[str], str | None]:
    return lambda text: None if pattern.search(text) else text


_GROUP = re.compile(rf"{_WIDE}{_EVERYBODY.pattern}", re.IGNORECASE)


def _lacks_rate(text: str) -> str | None:
    """Neither a number nor words that a rate follows from."""
    return None if _NUMBER.search(text) or _RATE.search(text) else text


def _unsegmented(text: str) -> str | None:
    """A group that is everybody, with nothing after it that narrows it."""
    found = _GROUP.match(text)
    return found[0] if found and not _SEGMENT.search(text[found.end() :]) else None


def _vague(text: str) -> str | None:
    """A vague word in an answer that has a number is made precise by it."""
    found = _VAGUE.search(text)
    return found[0] if found and not _NUMBER.search(text) else None


RULES: tuple[Rule, ...] = (
    Rule(
        "solution_not_problem", "must", ("what", "why"), _has(_SOLUTION),
        "Say what goes wrong today, for whom, and what it costs; how to solve it comes later.",
    ),
    Rule(
        "no_number", "must", ("what",), _lacks(_NUMBER),
        "Add a number: how long, how many, how much, or which share.",
    ),
    Rule(
        "wish", "must", ("what", "why"), _has(_WISH),
        "Say what is lost or what it costs if nothing changes.",
    ),
    Rule(
        "no_segment", "must", ("who",), _unsegmented,
        "Name a group that you could call tomorrow: role, kind of company, size or place.",
    ),
    Rule(
        "no_frequency", "must", ("when",), _lacks(_FREQUENCY),
        "Say what sets it off and how often that happens, such as 'each Monday, about 40 times'.",
    ),
    Rule(
        "no_step", "must", ("where",), _lacks(_MOMENT),
        "Name the step or the screen, and what the person is doing at that moment.",
    ),
    Rule(
        "too_short", "must", ("what", "why"), _shorter_than(5),
        "Write a whole sentence, so that somebody from another team understands it.",
    ),
    Rule(
        "too_short", "must", ("who", "when", "where"), _shorter_than(3),
        "Write a few words more, so that somebody from another team understands it.",
    ),
    Rule(
        "no_consequence", "should", ("why",), _lacks(_LOSS),
        "Name the consequence: lost time, money, customers, or harm.",
    ),
    Rule(
        "vague_word", "should", QUESTIONS, _vague,
        "Put a number or a name in its place.",
    ),
    Rule(
        "no_number", "should", ("why",), _lacks(_NUMBER),
        "Add a number: how many times, how much, or which share.",
    ),
    Rule(
        "no_number", "should", ("when",), _lacks_rate,
        "Add how often: so many times a day, a week or a month.",
    ),
    Rule(
        "no_size", "should", ("who",), _lacks(_NUMBER),
        "Add how many they are, or how large their companies are.",
    ),
)  # fmt: skip

#: For each question a clear answer and an unclear one, about one and the same product.
EXAMPLES: dict[Question, tuple[str, str]] = {
    "what": (
        "Clerks type 600 returned paper forms a day into the register, and 4 % of the amounts end up wrong",
        "We should use machine learning for our forms",
    ),
    "who": ("The 12 clerks in the mail rooms of two county offices", "Everyone who handles paper"),
    "why": (
        "Each wrong amount takes 25 minutes and a phone call to put right, and payments go out 9 days late",
        "It would be great to be more modern",
    ),
    "when": ("Every working day, each time a batch of 50 forms is opened", "Often"),
    "where": ("At the typing step, when the clerk reads digits off the scan", "In our administration"),
}
