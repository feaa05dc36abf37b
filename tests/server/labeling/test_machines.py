"""Rules, pre-labels and what a model contradicts: through actions, pages and the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from sextant.errors import Conflict, InvalidInput
from sextant_server.labeling import actions, dealing_actions, export, marking, marking_actions, results
from sextant_server.labeling.models import Item, Round
from sextant_server.projects import actions as projects
from sextant_server.projects.models import Project
from sextant_server.records import audit
from tests.server.labeling.making import SPAM, invite, label_all, make_round, truth
from tests.server.world import LOCAL, account, client, open_project

pytestmark = pytest.mark.django_db
EVEN = {"name": "even", "label": "spam", "column": "text", "pattern": "[02468]$"}
ODD = {"name": "odd", "label": "ham", "column": "text", "pattern": "[13579]$"}
ONES = {"name": "ones", "label": "ham", "column": "text", "words": ["message 1", "message 2"]}


@pytest.fixture
def project() -> Project:
    return open_project()


@pytest.fixture
def owner(project: Project) -> Client:
    projects.set_member(project, LOCAL, account("ada").username, "owner")
    return client(project.members.get(user__username="ada").user)


def test_rules_are_tried_on_the_items_and_their_labels_are_kept_apart(project: Project) -> None:
    row = make_round(project, many=20, gold=4, gold_least=5)
    before = results.results(row)
    marking_actions.put_rules(project, LOCAL, row, [EVEN, ODD, ONES])
    found = marking.tried(row, SPAM, marking.rules_of(row))
    by = {w.name: w for w in found.weighed}
    # Messages 1 to 24, of which 21 to 24 are known; `ones` says ham of 1 and 2 alone, and is wrong of 2.
    assert (found.items, found.covered, found.known, found.right) == (24, 24, 4, 4)
    assert (by["even"].coverage, by["ones"].coverage) == (0.5, 2 / 24)
    assert (by["ones"].overlap, by["ones"].conflict) == (2 / 24, 1 / 24)
    assert (by["even"].on_gold, by["even"].right.value) == (2, 1.0)
    assert [key for key, _, _ in found.examples["ones"]] == ["m1", "m2"]
    assert marking_actions.keep_noisy(project, LOCAL, row) == (24, 24)
    rows = export.rows(row, "noisy")
    assert {r["item"]: r["label"] for r in rows} == {f"m{n}": truth(f"message {n}") for n in range(1, 25)}
    assert all(r["noisy"] is True and r["source"] == "rules" for r in rows)
    # They are nobody's labels: no result changes, and no item has one more.
    after = results.results(row)
    assert (after.labels, after.items) == (before.labels, before.items) == (0, 0)
    assert set(Item.objects.filter(round=row).values_list("given", flat=True)) == {0}
    assert audit.projections(project) == []


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({**EVEN, "label": "eggs"}, "'eggs' is no value of the guideline"),
        ({**EVEN, "column": "body"}, "no column 'body'"),
        ({**EVEN, "pattern": "("}, "the pattern cannot be read"),
        ({**EVEN, "pattern": r"(a)\1"}, "the pattern cannot be read"),
        ({**EVEN, "pattern": "a" * 501}, "it is too long"),
        ({**EVEN, "words": ["x"]}, "either words or pattern"),
        ({**EVEN, "name": " "}, "its name is empty"),
    ],
)
def test_a_rule_that_cannot_be_run_is_refused(project: Project, rule: dict[str, Any], says: str) -> None:
    row = make_round(project)
    with pytest.raises(InvalidInput) as caught:
        marking_actions.put_rules(project, LOCAL, row, [rule])
    assert says in str(caught.value)
    assert marking.rules_of(row) == []


def test_a_pattern_that_ruins_other_engines_is_quick(project: Project) -> None:
    row = make_round(project)
    Item.objects.filter(round=row).update(content={"kind": "text", "text": "a" * 50_000 + "!"})
    found = marking.tried(row, SPAM, [{**EVEN, "pattern": "(a+)+$"}, {**ODD, "pattern": "!$"}])
    assert found.covered == 6


def prelabeled(project: Project, *, many: int = 40, show: str = "random") -> Round:
    """Every item with a pre-label that says spam."""
    row = make_round(project, many=many, gold=0)
    rows = [{"key": f"m{n}", "label": "spam", "chances": None} for n in range(1, many + 1)]
    assert marking_actions.put_prelabels(project, LOCAL, row, rows, show=show)["set"] == many
    return Round.objects.get(pk=row.pk)


def test_half_the_items_show_their_pre_label_and_what_that_does_is_measured(
    project: Project, owner: Client
) -> None:
    row = prelabeled(project)
    seen = set(Item.objects.filter(round=row, shows=True).values_list("key", flat=True))
    assert 10 < len(seen) < 30
    for name in ("Ann", "Bob", "Cy"):
        # Who sees it takes it; who does not says what is true.
        label_all(invite(row, name), lambda item: "spam" if item.key in seen else truth(item.content["text"]))
    found = marking.swayed(row)
    assert found is not None
    assert found.same.shown.value == 1.0
    assert found.same.difference.lower > 0
    assert "it sways them" in found.sentence()
    page = owner.get(reverse("labeling-results", args=["forms", "first"])).content.decode()
    assert "it sways them" in page
    said = owner.get("/api/v1/projects/forms/labeling/first/prelabels").json()
    assert said["same"]["shown"]["value"] == 1.0 and said["sentence"] == found.sentence()
    with pytest.raises(Conflict, match="pre-labels of this round are random"):
        marking_actions.put_prelabels(project, LOCAL, row, [{"key": "m1", "label": "spam"}], show="shown")
    assert audit.projections(project) == []


def test_what_is_shown_is_filled_in_and_says_so(project: Project) -> None:
    row = prelabeled(project, many=12)
    rater, link = actions.invite(project, LOCAL, row, name="Ann")
    dealing_actions.ready(rater)
    for _ in range(12):
        page = Client().get(f"/r/{link.strip('/').rpartition('/')[2]}/").content.decode()
        deal = dealing_actions.next_item(rater).next
        assert deal is not None
        assert ("A model filled this in" in page) == deal.item.shows
        assert ('value="spam" data-key="1" checked' in page) == deal.item.shows
        dealing_actions.give_answer(rater, deal.pk, dealing_actions.Answer({"value": "ham"}), SPAM, 1)


def test_an_item_that_was_labeled_before_gets_no_pre_label(project: Project) -> None:
    row = make_round(project, many=4)
    label_all(invite(row), most=2)
    given = [{"key": f"m{n}", "label": "spam"} for n in range(1, 5)] + [{"key": "m9", "label": "spam"}]
    made = marking_actions.put_prelabels(project, LOCAL, row, given)
    # Two were labeled, and a third is on Ann's desk.
    assert made == {"set": 1, "chances": 0, "had": 3, "unknown": 1}


def chances(n: int, sure: float) -> dict[str, float]:
    return {"spam": sure, "ham": 1 - sure} if n % 2 == 0 else {"spam": 1 - sure, "ham": sure}


def test_what_a_model_is_least_sure_of_is_dealt_first(project: Project) -> None:
    row = make_round(project, many=6)
    with pytest.raises(Conflict, match="no model's probabilities"):
        marking_actions.deal_by_need(project, LOCAL, row)
    sure = {1: 0.9, 2: 0.55, 3: 0.99, 4: 0.7, 5: 0.6}
    given = [{"key": f"m{n}", "chances": chances(n, s)} for n, s in sure.items()]
    marking_actions.put_prelabels(project, LOCAL, row, given, show="hidden")
    Item.objects.filter(round=row).update(content={"kind": "image", "digest": "0" * 64})
    assert marking_actions.deal_by_need(project, LOCAL, row) == 5
    assert label_all(invite(row), lambda item: "spam") == ["m2", "m5", "m4", "m1", "m3", "m6"]


def test_what_a_model_contradicts_is_ranked_for_an_expert(project: Project, owner: Client) -> None:
    row = make_round(project, many=30)
    given = [{"key": f"m{n}", "chances": chances(n, 0.9 + n / 1000)} for n in range(1, 31)]
    marking_actions.put_prelabels(project, LOCAL, row, given, show="hidden")
    wrong = {"m4": "ham", "m7": "spam"}
    for name in ("Ann", "Bob", "Cy"):
        label_all(invite(row, name), lambda item: wrong.get(item.key) or truth(item.content["text"]))
    made = marking.suspects(row, SPAM)
    assert made is not None
    assert [(s.key, s.label, s.better) for s in made[2]] == [("m7", "spam", "ham"), ("m4", "ham", "spam")]
    page = owner.get(reverse("labeling-machines", args=["forms", "first"])).content.decode()
    assert page.index("m7") < page.index("m4")
    look = owner.get(reverse("labeling-rulings", args=["forms", "first"]) + "?item=7").content.decode()
    assert "Item m7" in look


def test_rules_and_answers_through_the_page(project: Project, owner: Client) -> None:
    make_round(project, many=10)
    url = reverse("labeling-machines", args=["forms", "first"])
    rule = {"r-name": "even", "r-label": "spam", "r-column": "text", "r-pattern": "[02468]$", "r-words": ""}
    tried = owner.post(url, {**rule, "do": "try"})
    assert tried.status_code == 200 and "tried, not kept" in tried.content.decode()
    assert marking.rules_of(Round.objects.get()) == []
    assert owner.post(url, {**rule, "do": "rule"}).status_code == 302
    assert "label 5 of 10 items" in owner.get(url).content.decode()
    both = owner.post(url, {**rule, "r-name": "x", "r-words": "buy", "do": "rule"})
    assert both.status_code == 422 and "one of the two" in both.content.decode()
    broken = owner.post(url, {**rule, "r-name": "x", "r-pattern": "(", "do": "rule"})
    assert broken.status_code == 422 and "cannot be read" in broken.content.decode()
    assert owner.post(url, {"do": "noisy"}).status_code == 302
    assert "5 items have a noisy label" in owner.get(url).content.decode()
    file = owner.get(reverse("labeling-file", args=["forms", "first", "noisy", "csv"])).content.decode()
    assert "m2,spam," in file and "m1," not in file
    assert owner.post(url, {"do": "drop", "name": "even"}).status_code == 302
    assert owner.post(url, {"do": "drop", "name": "even"}).status_code == 409
    table = SimpleUploadedFile("model.csv", b"id,label,p_spam,p_ham\nm1,ham,0.2,0.8\nm2,spam,0.9,0.1\n")
    assert owner.post(url, {"do": "model", "m-file": table, "m-show": "random"}).status_code == 302
    assert "2 items have a pre-label" in owner.get(url).content.decode()
    for body, says in (
        (b"id,other\nm1,x\n", "a column id, and one called label"),
        (b"id,label\nm1,eggs\n", "no value of the guideline"),
        (b"id,p_spam,p_ham\nm1,0.9,0.9\n", "do not add up to 1"),
        (b"id,label\nz,spam\n", "no item of the round got one"),
    ):
        refused = owner.post(
            url, {"do": "model", "m-file": SimpleUploadedFile("m.csv", body), "m-show": "random"}
        )
        assert refused.status_code == 422 and says in refused.content.decode().lower(), says
