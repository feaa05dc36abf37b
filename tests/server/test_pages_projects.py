"""What people write on the pages of a project as a whole: opening it, its settings, people, tokens, webhooks."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from sextant_server.projects.models import Member, Project, Token, Webhook
from sextant_server.records.models import PlanRow, Record
from tests.server.submitted import errors, send
from tests.server.world import LOCAL, account, client

pytestmark = pytest.mark.django_db


def setting(browser: Client, form: str, **fill: Any) -> HttpResponse:
    """Send one of the forms of the page of settings."""
    found = {
        "project": "project-name",
        "member": "member-username",
        "token": "token-name",
        "webhook": "webhook-url",
    }
    return send(browser, "/p/forms/settings/", having=found[form], prefix=f"{form}-", **fill)


def test_a_name_is_enough_to_open_a_project(browser: Client, ada: User) -> None:
    response = send(browser, "/new/", name="Form reader 2")
    assert response.status_code == 302
    assert response["Location"] == "/p/form-reader-2/five-ws/"
    project = Project.objects.get(slug="form-reader-2")
    assert (project.name, project.rigor) == ("Form reader 2", "standard")
    assert Member.objects.get(project=project, user=ada).role == "owner"
    assert PlanRow.objects.filter(project=project).count() == 6
    assert "Form reader 2 is open" in browser.get(response["Location"]).content.decode()
    assert "No target yet" in browser.get("/p/form-reader-2/").content.decode()


@pytest.mark.parametrize(
    ("fill", "said"),
    [
        ({"name": ""}, "This field is required"),
        ({"name": "Forms", "slug": "Form Reader"}, "is no short name"),
        ({"name": "Forms", "slug": "forms"}, "There is a project 'forms' already"),
        ({"name": "x" * 201}, "at most 200"),
    ],
)
def test_a_project_that_cannot_be_opened_says_why(
    browser: Client, project: Project, fill: dict[str, str], said: str
) -> None:
    response = send(browser, "/new/", **fill)
    assert response.status_code == 422
    assert said in errors(response)
    assert Project.objects.count() == 1


def test_settings_are_saved_and_logged(browser: Client, project: Project) -> None:
    response = setting(browser, "project", name="Forms of 2026", rigor="regulated", budget="5000",
        candidate="reader@m3", currency="EUR",
    )  # fmt: skip
    assert response.status_code == 302
    project.refresh_from_db()
    assert (project.name, project.rigor, project.budget) == ("Forms of 2026", "regulated", 5000)
    assert (project.candidate, project.currency) == ("model:reader@m3", "EUR")
    last = Record.objects.filter(project=project).latest("sequence")
    assert last.kind == "project"
    assert last.content["changed"]["rigor"] == "regulated"


@pytest.mark.parametrize(
    ("fill", "said"),
    [
        ({"name": ""}, "required"),
        ({"currency": "eur"}, "three capitals"),
        ({"budget": "-5"}, "greater than or equal to 0"),
        ({"budget": "much"}, "Enter a number"),
        ({"blocker_days": "0"}, "greater than or equal to 1"),
        ({"candidate": "reader"}, "version"),
    ],
)
def test_wrong_settings_say_why_and_change_nothing(
    browser: Client, project: Project, fill: dict[str, str], said: str
) -> None:
    before = Record.objects.count()
    response = setting(browser, "project", **fill)
    assert response.status_code == 422
    assert said in errors(response)
    assert Record.objects.count() == before


def test_people_come_change_and_go(browser: Client, project: Project) -> None:
    account("bob")
    assert setting(browser, "member", username="bob", role="reviewer").status_code == 302
    assert Member.objects.get(project=project, user__username="bob").role == "reviewer"
    setting(browser, "member", username="bob", role="reader")
    assert Member.objects.get(project=project, user__username="bob").role == "reader"
    response = browser.post("/p/forms/settings/", {"form": "remove-member", "username": "bob"})
    assert response.status_code == 302
    assert not Member.objects.filter(user__username="bob").exists()


def test_a_project_keeps_an_owner_and_knows_only_accounts(browser: Client, project: Project) -> None:
    for given, said in (
        ({"form": "member", "member-username": "ada", "member-role": "reader"}, "only owner"),
        ({"form": "remove-member", "username": "ada"}, "only owner"),
        ({"form": "member", "member-username": "nobody", "member-role": "reader"}, "no account 'nobody'"),
        ({"form": "remove-member", "username": "nobody"}, "no member"),
        ({"form": "member", "member-username": "ada", "member-role": "king"}, "Select a valid choice"),
    ):
        response = browser.post("/p/forms/settings/", given)
        assert response.status_code in (404, 409, 422), given
        assert said in response.content.decode().replace("&#x27;", "'"), given
    assert Member.objects.get(project=project).role == "owner"


def test_a_token_is_shown_once(browser: Client, project: Project) -> None:
    response = setting(browser, "token", name="CI", scopes=["evidence"], days="30")
    [secret] = re.findall(r'id="secret">(sxt_[\w-]+)<', response.content.decode())
    assert (
        Client().get("/api/v1/projects/forms", headers={"Authorization": f"Bearer {secret}"}).status_code
        == 200
    )
    again = browser.get("/p/forms/settings/").content.decode()
    assert secret not in again
    assert secret[:9] in again
    token = Token.objects.get(project=project)
    assert secret not in (token.hashed, token.name, token.hint)
    assert secret not in "".join(Record.objects.values_list("body", flat=True))
    response = browser.post("/p/forms/settings/", {"form": "revoke-token", "id": token.pk})
    assert response.status_code == 302
    assert (
        Client().get("/api/v1/projects/forms", headers={"Authorization": f"Bearer {secret}"}).status_code
        == 401
    )


@pytest.mark.parametrize("fill", [{"name": ""}, {"scopes": None}, {"days": "0"}, {"days": "99999"}])
def test_a_wrong_token_is_not_made(browser: Client, project: Project, fill: dict[str, str]) -> None:
    given = {"name": "CI", "scopes": ["read"], "days": "30", **fill}
    response = setting(browser, "token", **given)
    assert response.status_code == 422
    assert errors(response)
    assert not Token.objects.exists()


def test_webhooks_come_and_go(browser: Client, project: Project) -> None:
    response = setting(browser, "webhook", url="https://example.com/hook")
    assert response.status_code == 302
    hook = Webhook.objects.get(project=project)
    assert hook.secret in browser.get("/p/forms/settings/").content.decode()
    assert hook.secret not in "".join(Record.objects.values_list("body", flat=True))
    assert "Enter a valid URL" in errors(setting(browser, "webhook", url="ftp:x"))
    browser.post("/p/forms/settings/", {"form": "remove-webhook", "id": hook.pk})
    assert not Webhook.objects.exists()


@pytest.mark.parametrize(
    "given",
    [{}, {"form": "nothing"}, {"form": "revoke-token", "id": "x"}, {"form": "remove-webhook", "id": "9"}],
)
def test_settings_that_ask_for_nothing_do_nothing(
    browser: Client, project: Project, given: dict[str, str]
) -> None:
    before = Record.objects.count()
    assert browser.post("/p/forms/settings/", given).status_code in (302, 404, 422)
    assert Record.objects.count() == before


def test_an_admin_makes_accounts() -> None:
    browser = client(account("root", is_superuser=True))
    fine = {"username": "bob", "password1": "kettle drum 7", "password2": "kettle drum 7"}
    response = send(browser, "/accounts/", **fine)
    assert response.status_code == 302
    assert Client().login(username="bob", password="kettle drum 7")
    bad = send(browser, "/accounts/", username="bob", password1="12345", password2="54321")
    assert bad.status_code == 422
    assert "already exists" in errors(bad)
    assert User.objects.filter(username="bob").count() == 1


def test_a_person_changes_their_password() -> None:
    user = User.objects.create_user("cy", password="an old kettle")
    browser = client(user)
    new = {"new_password1": "a new kettle", "new_password2": "a new kettle"}
    assert "incorrect" in errors(send(browser, "/password/", old_password="guess", **new))
    right = send(browser, "/password/", old_password="an old kettle", **new)
    assert right.status_code == 302
    assert Client().login(username="cy", password="a new kettle")
    # The session that changed it goes on.
    assert browser.get("/").status_code == 200


def test_signing_in_leads_back_and_not_elsewhere(project: Project) -> None:
    User.objects.create_user("dan", password="a long kettle", is_superuser=True)
    given = {"username": "dan", "password": "a long kettle"}
    assert Client().post("/sign-in/?next=/p/forms/risks/", given)["Location"] == "/p/forms/risks/"
    assert Client().post("/sign-in/?next=https://example.com/", given)["Location"] == "/start/"
    wrong = Client().post("/sign-in/", {**given, "password": "x"})
    assert "correct username and password" in wrong.content.decode()


def test_the_menu_leads_to_password_and_accounts() -> None:
    page = client(account("eve")).get("/").content.decode()
    assert 'href="/password/"' in page
    assert 'href="/accounts/"' not in page
    assert 'href="/accounts/"' in client(account("root", is_superuser=True)).get("/").content.decode()


def test_buttons_that_one_may_not_use_are_not_shown(browser: Client, project: Project) -> None:
    from sextant_server.projects.actions import set_member

    reader = account("reader")
    set_member(project, LOCAL, "reader", "reader")
    seen = client(reader)
    for path in (
        "",
        "targets/",
        "risks/",
        "timeline/",
        "phases/problem/",
        "write/five_ws/-/",
        "sign/goals/",
        "log/",
    ):
        page = seen.get(f"/p/forms/{path}")
        assert page.status_code == 200
        text = page.content.decode()
        # Signing out, and checking the log: that is a reader's right.
        assert text.count('method="post"') == (2 if path == "log/" else 1), path
        assert "/settings/" not in text
        for link in re.findall(r'href="(/p/forms/[^"#?]*)', text):
            assert seen.get(link, follow=True).status_code == 200, f"{path} leads a reader to {link}"
