"""Pages of labeling, asked as a browser does: a round from its first form to its results, and who sees what."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains

from sextant_server.labeling import actions, queries
from sextant_server.labeling.models import Dealt, Item, Rater, Round
from sextant_server.projects import actions as projects
from sextant_server.projects.models import Project
from tests.server.labeling.making import SPAM, invite, label_all, lively_round, make_round, truth
from tests.server.world import LOCAL, account, client, open_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return open_project()


@pytest.fixture
def owner(project: Project) -> Client:
    account("ada")
    projects.set_member(project, LOCAL, "ada", "owner")
    return client(project.members.get(user__username="ada").user)


def _forms(**fields: str) -> dict[str, str]:
    """The editor's fields, with nothing in its tables but what is given."""
    sizes = {
        f"g-{t}-{n}": v
        for t in ("values", "hard_cases", "questions")
        for n, v in (("TOTAL_FORMS", "2"), ("INITIAL_FORMS", "0"))
    }
    return {**sizes, "g-task": "Is it spam?", "g-answer": "choice", "g-agreement_bar": "0.667", **fields}


VALUES = {
    "g-values-0-value": "spam", "g-values-0-criteria": "It sells.", "g-values-0-examples": "Buy\nWin",
    "g-values-1-value": "ham", "g-values-1-criteria": "It greets.", "g-values-1-examples": "Hi\nHello",
}  # fmt: skip


def test_a_round_from_the_guideline_to_the_results(project: Project, owner: Client) -> None:
    made = owner.post("/p/forms/new-guideline/", {**_forms(**VALUES), "name": "Spam", "g-publish": "on"})
    assert made.status_code == 302 and made["Location"].endswith("/guidelines/spam/")
    assertContains(owner.get("/p/forms/guidelines/"), "Published")
    made = owner.post("/p/forms/labeling/", {"name": "First round", "guideline": "spam", "purpose": "labels"})
    page = made["Location"]
    rows = "id,text,gold\n" + "".join(
        f"{n},message {n},{truth(f'message {n}') if n > 8 else ''}\n" for n in range(1, 11)
    )
    file = SimpleUploadedFile("mail.csv", rows.encode())
    assert owner.post(page, {"do": "items", "i-kind": "text", "i-file": file}).status_code == 302
    assert Item.objects.filter(is_gold=True).count() == 2
    odd = SimpleUploadedFile("odd.csv", b"id,text,gold\n77,x,maybe\n")
    wrong = owner.post(page, {"do": "items", "i-kind": "text", "i-file": odd})
    assertContains(wrong, "one of spam, ham", status_code=422)
    assert owner.post(page, {"do": "open"}).status_code == 302
    link = owner.post(page, {"do": "invite", "r-name": "Ann"})
    [secret] = re.findall(r"/r/([0-9a-f]{64})/", link.content.decode())
    assert not Rater.objects.filter(hashed=secret).exists(), "of the link only a hash is kept"
    label_all(Rater.objects.get(name="Ann"))
    assertContains(owner.get(f"{page}results/"), "two ratings are needed")
    text = owner.get(f"{page}answers.csv").content.decode("utf-8-sig")
    assert "labeler-1" in text and "Ann" not in text
    assertContains(owner.post(page, {"do": "forget", "rater": "1"}, follow=True), "erased")
    assertContains(Client().get(f"/r/{secret}/"), "This link opens nothing", status_code=404)


def test_a_rater_sees_their_queue_and_nothing_else(project: Project) -> None:
    row = make_round(project, many=3, gold=2, labelers=1, most=1)
    projects.set_member(project, LOCAL, account("rita").username, "rater")
    rita = client(project.members.get(user__username="rita").user)
    home = rita.get("/")
    assertContains(home, "labels are asked of you")
    assertNotContains(home, "Open a project")
    assert rita.post("/p/forms/label/first/").status_code == 302
    shown = rita.get("/p/forms/label/first/")
    assertContains(shown, "message")
    for hidden in ("gold", "known", "m1", "First round results"):
        assertNotContains(shown, hidden)
    for path in (
        "",
        "labeling/",
        "labeling/first/",
        "labeling/first/results/",
        "guidelines/",
        "labeling/first/items.csv",
    ):
        assert rita.get(f"/p/forms/{path}").status_code == 404, path
    assert queries.to_label(LOCAL) == []
    other = make_round(open_project("other"), key="theirs")
    assert rita.get("/p/other/label/theirs/").status_code == 404
    assert other.raters.count() == 0 and row.raters.count() == 1


def test_a_page_of_results_asks_no_more_for_more_labels(
    project: Project, owner: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    row = lively_round(project, many=12, gold=4)
    for _ in range(3):
        owner.post(f"/p/forms/labeling/{row.key}/results/")
    assertContains(owner.get(f"/p/forms/labeling/{row.key}/results/"), "Before and after")
    for page in ("", "results/", "rulings/"):
        owner.get(f"/p/forms/labeling/{row.key}/{page}")
        with django_assert_max_num_queries(45):
            assert owner.get(f"/p/forms/labeling/{row.key}/{page}").status_code == 200


def test_save_and_next_takes_few_queries(
    project: Project, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    row = make_round(project, many=10)
    rater, link = actions.invite(project, LOCAL, row, name="Ann", base="/r/")
    Rater.objects.filter(pk=rater.pk).update(ready=True)
    browser = Client()
    browser.get(link)
    deal = Dealt.objects.get(rater=rater)
    with django_assert_max_num_queries(32):
        found = browser.post(
            link, {"deal": deal.pk, "value": "spam", "do": "save"}, headers={"HX-Request": "true"}
        )
    assertContains(found, "1 done")


def test_a_picture_is_shown_to_whom_it_was_dealt(project: Project, owner: Client) -> None:
    actions.save_guideline(project, LOCAL, SPAM, "spam")
    row = actions.put_round(project, LOCAL, "pics", guideline="spam", labelers=1, most=1)
    file = SimpleUploadedFile("one.png", b"\x89PNG\r\n\x1a\n" + b"0" * 30)
    assert (
        owner.post(
            "/p/forms/labeling/pics/", {"do": "items", "i-kind": "image", "pictures": [file]}
        ).status_code
        == 302
    )
    row = actions.set_state(project, LOCAL, Round.objects.get(pk=row.pk), "open")
    digest = Item.objects.get(round=row).content["digest"]
    assert owner.get(f"/p/forms/labeling/pics/picture/{digest}/")["Content-Type"] == "image/png"
    rater, link = actions.invite(project, LOCAL, row, name="Ann", base="/r/")
    Rater.objects.filter(pk=rater.pk).update(ready=True)
    assert Client().get(f"{link}picture/{digest}/").status_code == 404, "not dealt yet"
    assertContains(Client().get(link), f"{link}picture/{digest}/")
    shown = Client().get(f"{link}picture/{digest}/")
    assert shown["X-Content-Type-Options"] == "nosniff" and shown["Content-Type"] == "image/png"


def test_who_is_invited_after_a_pause_goes_on(project: Project, owner: Client) -> None:
    row = make_round(project, many=4, labelers=1, most=1)
    rater = invite(row)
    label_all(rater, most=2)
    page = "/p/forms/labeling/first/"
    for do, state in (("pause", "paused"), ("resume", "active"), ("keep", "paused")):
        assert owner.post(page, {"do": do, "rater": "1"}).status_code == 302
        rater.refresh_from_db()
        assert rater.state == state
    assertContains(owner.post(page, {"do": "pause", "rater": "9"}), "no labeler 9", status_code=404)
    assertContains(
        owner.post(page, {"do": "settings", "s-name": "x"}), "This field is required", status_code=422
    )
