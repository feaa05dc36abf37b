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
    \d\w*, (?<!number )one(?! of (the|our|its|their|my)\b), two, three, four, five, six, seven, eight, nine, ten,
    eleven, twelve, dozens?, twenty, thirty, forty, fifty, hundreds?, thousands?, millions?, half, third, quarter,
    tenth, twice, double, triple
    """
)
_SUBJECT = _either(
    "we, they, users, customers, guests, clients, people, the team, the company, the business, the app, it"
)
_WANT = _either(
    "needs?, wants?, wish for, lacks?, would like, (am|is|are) (still )?(missing|without|looking for), "
    "(should|must|could) (use|build|have|add|buy|get)"
)
_ML = _either(
    r"""
    AI, ML, LLMs?, GPT\S*, NLP, machine learning, deep learning, artificial intelligence, generative \w+,
    automation, automati[sz]ation, personali[sz]ation, embeddings, neural networks?, language models?
    """
)
_TOOL = _either(
    r"""
    networks?, chat ?bots?, voice ?bots?, bots?, robots?, models?, algorithms?, agents?, copilots?, assistants?,
    classifiers?, recommenders?, engines?, dashboards?, apps?, tools?, platforms?, systems?, features?, solutions?,
    software, schedulers?, planners?, (digital )?twins?, portals?, filters?, plug-?ins?, search
    """
)
#: What a machine is to do, said as a thing.
_TASK = _either(
    r"""
    tagging, routing, scoring, ranking, forecasts?, forecasting, predictions?, detection, recognition, classification,
    generation, processing, summari[sz]ation, summaries, recommendations?, translation, extraction, matching, pricing,
    planning, scheduling, search, analytics, analysis, alerts?, answers?, replies
    """
)
_CLEVER = _either(
    r"""
    smart(er)?, intelligent, automat(ed|ic), autonomous, self[- ]\w+ing, real[- ]time, predictive, virtual,
    personali[sz]ed, conversational, data[- ]driven, (AI|ML|LLM)([- ]\w+ed)?, machine[- ]learning
    """
)
_MAKE = _either(
    "build, use, implement, introduce, launch, create, leverage, deploy, add, adopt, develop, integrate, automate, "
    "replace, roll out, set up, switch to, migrate, train, fine-?tune, buy, apply"
)
#: What one asks of a model, said as an order to it.
_DO = _either(
    r"""
    detect, predict, classify, summari[sz]e, recommend, generate, personali[sz]e, identify, extract, translate,
    transcribe, recogni[sz]e, suggest, optimi[sz]e, anticipate, categori[sz]e
    """
)
_MAKING = _either(
    "building, using, implementing, introducing, deploying, applying, training, creating, adopting, buying, adding"
)
#: Up to two words before a noun, and what follows where a noun is all there is.
_TWO, _THEN = (
    r"([\w-]+ )?([\w-]+ )?",
    r"(?= (for|to|that|which|who|with|across|of|in|on|at|as|yet)\b|\W*\Z|[.;:,])",
)
_SOLUTION = _any(
    rf"""
    {_SUBJECT} {_WANT}( to \w+)?( an?| the| some| our| more| any)? {_TWO}({_ML}|{_TOOL}),
    (no|lacks?( of)?|without|missing|need for) (an? |any )?(proper |real |good |smart |automatic )?{_ML},
    (there is|there are|there['’]s|we have|we still have) (no|not any|not yet an?) ([\w-]+ )?{_TOOL}{_THEN},
    \Amissing: \w+, not( yet| fully| even)? automated, nothing {_TWO}automated, \A(to )?({_MAKE}|{_DO}),
    {_SUBJECT} (plan|are planning|intend|aim|hope|are going|would like|want) to ({_MAKE}|{_DO}),
    we (could|should|can|might|may|will|must) ({_MAKE}|{_DO}),
    (would|could) (benefit|profit) from, \Alet(['’]s| us), \A(we|i) (propose|suggest|recommend|envisage|envision),
    \A(the|our|my|an?) ([\w-]+ )?(idea|proposal|suggestion|solution|concept|pitch) (is|was|would be),
    \A(an?|some|one|the) {_TWO}({_ML}|{_TOOL}|{_TASK}){_THEN}, \Asome (kind|sort) of {_TWO}({_ML}|{_TOOL}),
    \A(an? )?{_CLEVER} {_TWO}({_TOOL}|{_TASK}){_THEN}, \Aan? {_CLEVER} {_TWO}[\w-]+{_THEN},
    \A{_ML} {_TWO}(for|to|in|on), \A{_MAKING} ([\w-]+ )?{_TWO}({_ML}|{_TOOL}|{_TASK}), \Afine-?tun(e|ing),
    so that (the |an? )?{_ML}, (using|by means of|with the help of|powered by|based on) (an? |some )?{_ML}
    """
)
#: With these a model is at work; a way to solve it unless a loss is told as well.
_MEANS = _any(rf"(with|via|through|by|let|have) (an? |some )?{_ML}")
_WISH = _any(
    r"""
    nice to have, (would|wouldn['’]t it) be (so |very |really )?(an? )?(nice|good|great|cool|helpful|useful|wonderful|
    lovely|fantastic|amazing|perfect|ideal), (we|i|our \w+|the \w+) would (like|love),
    every(one|body)( else)? (is|does|has|agrees?|talks?),
    (is|are|looks?) (cool|interesting|exciting|innovative|trendy),
    (competitors?|rivals?|others?|our peers)( \w+)?( \w+)?( \w+)? (already |all )?(have|has|do|does|are|is|use|offer)
    (already )?(it|that|one|this|AI|ML|instant|smart|doing|using), state of the art, cutting[- ]edge,
    because (it|that) matters, it('s| is) important, next big thing, \A(it|this|that) (matters|is important),
    asked for (it|this), (boss|board|CEO|CTO|CFO|CIO|leadership|investors?) (wants?|expects?|likes?|asked),
    management (wants|expects|likes|asked for) (it|this|that|us|AI|something), hype,
    (be|become|stay|more) (more )?(innovative|competitive|modern),
    (be|become) (the )?(number one|market leader|leaders?|first|best|pioneers?), miss (the|this) (boat|train|bus|wave),
    game[- ]changer, striv(e|ing) for, \A(we|i) (dream|wish), \Aimagine, \Aideally, world[- ]class, best[- ]in[- ]class
    """
)
#: Words of hopes, fashions and plans: a wish where neither a loss nor a number is told.
_HOPE = _any(
    r"""
    would, could, (stay|keep|get|be|come|remain) (ahead|up|pace|first|ready|relevant|attractive), ahead of, behind,
    strateg\w+, visions?, mission, values, ambitio\w+, goals?, objectives?, roadmap, OKRs?, initiatives?,
    program(me)?s?, transform\w*, innovat\w+, digit\w+, potential, opportunit\w+, chances?, futur\w+, modern\w*,
    up to date, brand, image, selling point, lead(er\w*)?, pioneer\w*, excellence, next level, buzz, trends?, excit\w+,
    keen, fun, fascinat\w+, enthusias\w+, love, dream\w*, wish\w*, hop(e|es|ing), interesting, impress\w+, delight\w*,
    request\w*, ask(s|ed|ing)? for, promis\w+, expect\w*, demand\w*, announc\w+, agree\w*, decided, others?, rivals?,
    competit\w+, peers, industry, technolog\w+, licen[cs]es?, help\w*, possib\w+, needed, want\w*, grow\w*,
    learn\w*, better, improv\w+, enabl\w+, differentiat\w+, set us apart, has to be first, ready, ideally
    """
)
#: The same of what is wrong: there others may want things, and only our own hopes are none.
_OUR_HOPE = _any(
    r"""
    (we|i|our \w+) (want|wants|hope|hopes|aim|aims|aspire|seek) to (be|become|offer|delight|have|get|give|make|show|lead),
    (our|the) (ambition|vision|dream|aim|goal|hope|mission|aspiration) is, should (be|feel|look) (an? )?\w+,
    (talks?|talking) about (it|AI|ML|this), (competitors?|rivals?|others?|our peers) (already )?(have|has|offer),
    (if|when) \w+ \w+ themselves
    """
)
_VAGUE = _any(
    r"""
    better, improved?, nicer?, great, good, bad(ly)?, sometimes, often, occasionally, frequently,
    regularly, usually, rarely, seldom, always, constantly, continually, normally, generally, mostly, mainly,
    recently, lately, now and then, from time to time, various, several, many, most, a lot,
    lots? of, some, stuff, things?, somehow, etc, inefficient(ly)?, slow(ly)?, hard, difficult, painful,
    optimi[sz]e, modern, innovative, easier, faster, high, low, huge, (?<!at )large, poor, long, too much
    """
)
_EVERYBODY = _either(
    r"""
    people, persons?, humans?, users?, all of us, customers?, clients?,
    consumers?, folks, companies, businesses, teams?, employees, staff, workforce, management, stakeholders?, public,
    audiences?, markets?, community, society, population, citizens, visitors, professionals, members, buyers, prospects,
    individuals, departments, (user|customer) base, decision makers, (target )?groups, organi[sz]ations?, partners
    """
)
#: Places, kinds and things that leave nobody out.
_ANYWHERE = (
    r"((the|our|all|any|an?|this|their|every|whole|entire) )*(office|company|companies|organi[sz]ation|business|team|world|"
    r"market|kinds?|sorts?|types?|industry|app|product|products|website|site|platform|system|software|services?|tool|"
    r"group|country|countries|departments?|sectors?|general|large|whole|everywhere|need|mind|questions?|"
    r"problems?|needs|interests?|phones?|smartphone|computer|internet|globe)\b"
)
#: What may stand before a group and narrows nothing.
_WIDE = (
    r"((the|all|our|whole|entire|many|most|mostly|mainly|primarily|internal|external|and|or|various|different|other|of|"
    r"every|some|these|those|any|new|existing|potential|future|typical|average|regular|normal|ordinary|general|private|"
    r"business|end|target|online|both|kinds|sorts|types)\s+)*"
)
#: What may follow where the group is not the beginning of a longer name, such as "staff nurses".
_NO_NAME = (
    r"(?=\s*\Z|\s*[,.;:()/–-]|\s+(and|or|in|at|on|of|with|who|that|whose|which|from|to|for|across|as|using|interested|"
    r"everywhere|worldwide|we|under|over|between|within|living|working)\b)"
)
#: Who wants, likes or might do something could be anybody.
_ANY_WISH = r"(want|need|like|wish|love|hope|care|enjoy|may|might|could|can|would|will|should|must)s?\b"
_PLACE = r"\d\w*, (at|in|within|from|of|with|under|over|between|on|to|for) (?!" + _ANYWHERE + r")\w+, whose"
#: What narrows everyone and anybody: a number, a place, a belonging; other groups also what they do.
_PLACED, _SEGMENT = _any(_PLACE), _any(rf"{_PLACE}, (who|that) (?!{_ANY_WISH})\w+ \w+")
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


_GROUP = re.compile(
    rf"{_WIDE}((?P<any>every(one|body)|any(one|body)|whoever)\b|{_EVERYBODY}\b{_NO_NAME})", re.IGNORECASE
)


def _solution(text: str) -> str | None:
    """What to build or buy; a means only where no loss is told beside it."""
    found = _SOLUTION.search(text) or (None if _LOSS.search(text) else _MEANS.search(text))
    return found[0] if found else None


def _hoped(hopes: re.Pattern[str]) -> Callable[[str], str | None]:
    """A wish in so many words, or words of hope that neither a loss nor a number stands beside."""

    def find(text: str) -> str | None:
        told = _LOSS.search(text) or _NUMBER.search(text) or _SOLUTION.search(text)
        found = _WISH.search(text) or (None if told else hopes.search(text))
        return found[0] if found else None

    return find


def _lacks_rate(text: str) -> str | None:
    """Neither a number nor words that a rate follows from."""
    return None if _NUMBER.search(text) or _RATE.search(text) else text


def _unsegmented(text: str) -> str | None:
    """A group that is everybody, with nothing after it that narrows it."""
    found = _GROUP.match(text)
    if found is None:
        return None
    narrowed = _PLACED if found["any"] else _SEGMENT
    return None if narrowed.search(text[found.end() :]) else found[0]


def _vague(text: str) -> str | None:
    """A vague word in an answer that has a number is made precise by it."""
    found = _VAGUE.search(text)
    return found[0] if found and not _NUMBER.search(text) else None


RULES: tuple[Rule, ...] = (
    Rule(
        "solution_not_problem", "must", ("what", "why"), _solution,
        "Say what goes wrong today, for whom, and what it costs; how to solve it comes later.",
    ),
    Rule(
        "no_number", "must", ("what",), _lacks(_NUMBER),
        "Add a number: how long, how many, how much, or which share.",
    ),
    Rule(
        "wish", "must", ("what",), _hoped(_OUR_HOPE),
        "Say what is lost or what it costs if nothing changes.",
    ),
    Rule(
        "wish", "must", ("why",), _hoped(_HOPE),
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
