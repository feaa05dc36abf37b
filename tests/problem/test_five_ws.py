"""The critique of the five Ws: clear answers pass, unclear ones are named, each rule by a case of its own."""

from __future__ import annotations

import pytest

from sextant.problem.documents import Dismissal, FiveWs, Question
from sextant.problem.five_ws import EXAMPLES, QUESTIONS, RULES, critique, open_remarks

# The lifecycle guide's own pairs for its example, an assistant that drafts blog posts (its step 1.1).
GUIDE: dict[Question, tuple[str, str]] = {
    "what": (
        "Content marketers spend 3 hours writing blog posts, causing burnout and inconsistent publishing",
        "We need AI for content",
    ),
    "who": ("Content marketing managers at B2B SaaS companies (50-500 employees)", "People who write"),
    "why": (
        "Lost revenue from inconsistent content, employee churn from burnout, "
        "can't scale content with growth",
        "It would be nice to have",
    ),
    "when": ("Every time they create a new blog post (8-12x per month)", "Sometimes"),
    "where": (
        "During the drafting phase, specifically when starting from blank page",
        "In the content process",
    ),
}


def must(question: Question, answer: str) -> list[str]:
    return [r.rule for r in critique(question, answer) if r.severity == "must"]


@pytest.mark.parametrize("pairs", [GUIDE, EXAMPLES], ids=["guide", "examples"])
@pytest.mark.parametrize("question", QUESTIONS)
def test_good_examples_pass_and_bad_ones_do_not(
    pairs: dict[Question, tuple[str, str]], question: Question
) -> None:
    good, bad = pairs[question]
    assert must(question, good) == []
    assert must(question, bad) != []


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("what", "Support agents copy 40 order numbers a day from scans, and every tenth one is wrong"),
        ("what", "Our fraud model misses 12% of card fraud, which cost 40k last month"),
        ("what", "Drivers wait half an hour at each depot because the gate list is on paper"),
        ("who", "All customers in Germany"),
        ("who", "Night-shift nurses on two wards"),
        ("who", "Dispatchers who book drivers and their customers"),
        ("why", "Each miss costs a refund and about 20 minutes of a clerk's time"),
        ("when", "On Mondays, before the stand-up"),
        ("when", "Whenever a parcel comes back"),
        ("where", "At the counter, while the customer waits"),
    ],
)
def test_clear_answers_of_other_projects_pass(question: Question, answer: str) -> None:
    assert must(question, answer) == []


@pytest.mark.parametrize(
    ("question", "answer", "rule", "quote"),
    [
        ("what", "", "empty", ""),
        ("what", "Build a chatbot for 3 teams", "solution_not_problem", "Build"),
        ("what", "We want to build a new recommender for 30 shops", "solution_not_problem", None),
        ("what", "There is no automation in our 4 warehouses", "solution_not_problem", "no automation"),
        ("what", "Forms take far too long to process", "no_number", None),
        ("what", "It would be great to save 3 hours", "wish", "would be great"),
        ("what", "4 % wrong", "too_short", None),
        ("who", "Users", "no_segment", "Users"),
        ("who", "Everyone who writes", "no_segment", "Everyone"),
        ("who", "Clerks", "too_short", "Clerks"),
        ("why", "Competitors have it already and we do not", "wish", "Competitors have it"),
        ("when", "Quite often these days", "no_frequency", None),
        ("where", "Everywhere in the company", "no_step", None),
    ],
)
def test_each_fault_that_must_be_mended_is_named(
    question: Question, answer: str, rule: str, quote: str | None
) -> None:
    found = [r for r in critique(question, answer) if r.rule == rule]
    assert found and found[0].severity == "must"
    assert found[0].quote == (
        answer if quote is None and rule != "solution_not_problem" else quote or found[0].quote
    )
    assert found[0].quote in answer and found[0].mend.endswith(".")


@pytest.mark.parametrize(
    ("question", "answer", "rule"),
    [
        ("why", "Managers talk about it in every meeting", "no_consequence"),
        ("why", "Late answers make customers cancel", "no_number"),
        ("where", "At a slow step of the handover", "vague_word"),
        ("who", "Clerks in the mail rooms", "no_size"),
        ("when", "After each delivery", "no_number"),
    ],
)
def test_advice_does_not_stand_in_the_way(question: Question, answer: str, rule: str) -> None:
    assert rule in [r.rule for r in critique(question, answer) if r.severity == "should"]
    assert must(question, answer) == []


def test_every_rule_fires_somewhere_in_these_tests_and_reads_known_questions() -> None:
    bad = [pair[1] for pairs in (GUIDE, EXAMPLES) for pair in pairs.values()]
    bad += [
        "Build it",
        "Forms",
        "At a slow step of the handover",
        "Late answers make customers cancel",
        "Clerks",
    ]
    fired = {r.rule for q in QUESTIONS for text in bad for r in critique(q, text)}
    assert fired >= {rule.name for rule in RULES}
    assert all(set(rule.questions) <= set(QUESTIONS) for rule in RULES)


def test_what_must_be_mended_comes_first_and_blanks_do_not_count() -> None:
    found = critique("when", "  Often \n")
    assert [r.severity for r in found] == sorted((r.severity for r in found), key=lambda s: s == "should")
    assert found[0].quote == "Often"
    assert [r.rule for r in critique("why", " \n ")] == ["empty"]


def test_a_remark_set_aside_stays_aside_for_its_words_only_and_an_empty_answer_never_does() -> None:
    answers = {q: pair[0] for q, pair in EXAMPLES.items()}
    aside = (Dismissal(question="where", rule="no_step", quote="In our administration", reason="all of it"),)
    assert open_remarks(FiveWs(**{**answers, "where": "In our administration"}, dismissed=aside)) == []
    other = open_remarks(FiveWs(**{**answers, "where": "In our whole administration"}, dismissed=aside))
    assert [r.rule for r in other] == ["no_step"]
    empty = (Dismissal(question="where", rule="empty", quote="", reason="no place"),)
    assert [r.rule for r in open_remarks(FiveWs(**{**answers, "where": ""}, dismissed=empty))] == ["empty"]
