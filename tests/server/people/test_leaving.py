"""Somebody leaves: what they held is shown, asked for on Today, and goes to another; what was written of them goes for good,
and the log stays whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sextant.errors import Conflict, Forbidden, NotFound
from sextant.problem.documents import Brief, Interview, Stakeholder
from sextant_server.lifecycle import actions as lifecycle
from sextant_server.people import leave_actions, leaving, sign_actions, talk_actions
from sextant_server.people.mail_models import Mail
from sextant_server.people.sign_models import Invitation
from sextant_server.people.talk_models import Mention, Review
from sextant_server.projects import actions as projects
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import Caller
from sextant_server.records import actions as records
from sextant_server.records import audit, erase_actions, queries
from sextant_server.records.models import DocumentRow, Record
from sextant_server.weeks import queries as weeks
from tests.server.world import ACCURACY, LOCAL, account, client, open_project, write

TODAY = datetime.now(UTC).date()
MIRA = Stakeholder(name="Mira Sol", role="sponsor", required=True, email="mira@example.org")


@pytest.fixture
def project(both_databases: str) -> Project:
    made = open_project()
    write(made, (MIRA, "mira"), (Stakeholder(name="Jo Park"), "jo"), (Brief(problem="Forms."), ""))
    records.put_criteria(made, LOCAL, [ACCURACY.model_copy(update={"owner": "Mira Sol"})])
    lifecycle.put_risks(made, LOCAL, [{"text": "Ink fades", "owner": "mira sol"}, {"text": "Other"}])
    talk_actions.ask_review(made, LOCAL, "item:1c", who="mira", due=TODAY + timedelta(days=3))
    sign_actions.invite(made, LOCAL, subject="brief", stakeholder="mira", base="https://s.test/s/")
    return made


def test_what_a_stakeholder_held_goes_to_another(project: Project) -> None:
    state = queries.project_state(project)
    held = leaving.held(
        project, state, leave_actions.find(leaving.everybody(project), "mira@example.org", "who")
    )
    assert (held.signatures, len(held.links), held.words) == (
        ["goals", "brief"],
        1,
        "1 risk, 1 target and 1 review",
    )
    made = leave_actions.hand_over(project, LOCAL, "mira", to="Jo Park", leaves=True)
    assert (made.risks, made.targets, made.reviews, made.links) == (
        ["Ink fades"],
        ["accuracy"],
        ["item:1c"],
        1,
    )
    state = queries.project_state(project)
    assert [r.owner for r in state.risks] == ["Jo Park", ""]
    assert state.criteria["accuracy"].owner == "Jo Park"
    assert [(r.asked, r.state) for r in Review.objects.order_by("id")] == [
        ("Mira Sol", "withdrawn"), ("Jo Park", "open"),
    ]  # fmt: skip
    [(person, _)] = state.all(Stakeholder)
    assert (person.name, person.required) == ("Jo Park", True), "who takes it must sign where they had to"
    assert Invitation.objects.get().revoked_at is not None
    assert audit.projections(project) == []
    with pytest.raises(Conflict, match="has it already"):
        leave_actions.hand_over(project, LOCAL, "jo", to="Jo Park")
    with pytest.raises(NotFound, match="Jo Park"):
        leave_actions.hand_over(project, LOCAL, "nobody")


def test_who_left_without_a_word_is_asked_about_on_today(project: Project) -> None:
    olga = account("olga")
    projects.set_member(project, LOCAL, "olga", "owner")
    account("bo")
    projects.set_member(project, LOCAL, "bo", "editor")
    talk_actions.ask_review(project, LOCAL, "goals", who="bo", due=TODAY)

    def asked() -> list[tuple[str, str]]:
        found = weeks.today(Caller(user=olga)).mine
        return [(e.title, e.href) for e in found if e.kind == "handover"]

    assert asked() == []
    records.withdraw_document(project, LOCAL, "stakeholder", "mira")
    projects.remove_member(project, LOCAL, "bo")
    assert asked() == [
        ("Hand over what Mira Sol held", "/p/forms/people/hand-over/?who=Mira+Sol"),
        ("Hand over what bo held", "/p/forms/people/hand-over/?who=bo"),
    ]
    browser = client(olga)
    shown = browser.get("/p/forms/people/").content.decode()
    assert "Still has 1 risk, 1 target and 1 review" in shown
    shown = browser.get("/p/forms/people/hand-over/?who=Mira+Sol").content.decode()
    assert "takes part no more" in shown and "Ink fades" in shown
    sent = {"who": "Mira Sol", "to": "olga", "targets": "on", "erase": "on"}
    assert browser.post("/p/forms/people/hand-over/", sent).status_code == 302
    assert [title for title, _ in asked()] == ["Hand over what bo held"]
    browser.post("/p/forms/people/hand-over/", {"who": "bo", "to": ""})
    assert asked() == [] and not Review.objects.filter(asked="bo", state="open").exists()
    # Who comes back under the same name is not gone.
    write(project, (MIRA.model_copy(update={"email": ""}), "mira-2"))
    assert all(one.here for one in leaving.everybody(project) if one.name == "Mira Sol")


def test_an_address_is_erased_from_every_version_and_the_log_stays_whole(project: Project) -> None:
    write(project, (MIRA.model_copy(update={"role": "product"}), "mira"))
    sign_actions.forget(project, LOCAL, "mira")
    kept = repr(list(DocumentRow.objects.values())) + repr(list(Invitation.objects.values()))
    assert "mira@example.org" not in kept + repr(list(Mail.objects.values()))
    versions = DocumentRow.objects.filter(kind="stakeholder", key="mira").order_by("version")
    assert [(row.version, row.erased, row.present) for row in versions] == [
        (1, True, False), (2, True, False), (3, False, True),
    ]  # fmt: skip
    assert queries.project_state(project).all(Stakeholder)[1][0].role == "product", "name and part stay"
    assert audit.projections(project) == [] and audit.check(project).intact
    olga = account("olga", is_superuser=True)
    page = client(olga).get("/p/forms/write/stakeholder/mira/1/").content.decode()
    assert "was erased" in page and "Mira" not in page
    assert client(olga).get("/p/forms/write/stakeholder/mira/2/").status_code == 200
    assert (
        "was erased"
        in client(olga).get("/api/v1/projects/forms/documents/stakeholder/mira?version=1").content.decode()
    )
    # Erasing behind the log's back is found, and so is putting a text back.
    DocumentRow.objects.filter(kind="stakeholder", key="mira", version=1).update(body="{}")
    assert len(audit.projections(project)) >= 1
    DocumentRow.objects.filter(kind="stakeholder", key="mira", version=1).update(body="")
    assert audit.projections(project) == []
    brief = DocumentRow.objects.get(kind="brief")
    DocumentRow.objects.filter(pk=brief.pk).update(
        body="",
        content=Record.objects.get(pk=brief.record_id).content["content"],
        erasure=versions[0].erasure_id,
    )
    assert [f["row"] for f in audit.projections(project)] == [brief.pk]


def test_who_leaves_is_erased_whole(project: Project) -> None:
    talk_actions.comment(project, LOCAL, "goals", "@mira what do you think?")
    leave_actions.hand_over(project, LOCAL, "mira", to="jo", leaves=True, erase=True)
    assert not Mention.objects.exists(), "nobody waits for a word of theirs"
    kept = repr(list(DocumentRow.objects.values()))
    assert "mira@example.org" not in kept and "Mira Sol" not in kept
    assert [one.name for one in leaving.everybody(project)] == ["Jo Park"]
    assert audit.projections(project) == []
    write(project, (Stakeholder(name="Mira Two"), "mira"))
    assert queries.present_document(project, "stakeholder", "mira").version == 3  # type: ignore[union-attr]


def test_earlier_versions_of_any_document_but_not_what_was_signed(project: Project) -> None:
    for notes in ("Mr. Smith is slow.", "A clerk is slow."):
        write(project, (Interview(role="clerk", notes=notes), "clerk"))
    assert erase_actions.erase_versions(project, LOCAL, "interview", "clerk") == [1]
    assert erase_actions.erase_versions(project, LOCAL, "interview", "clerk") == []
    assert "Smith" not in repr(list(DocumentRow.objects.values_list("body", flat=True)))
    with pytest.raises(NotFound):
        erase_actions.erase_versions(project, LOCAL, "interview", "nobody")
    digest = queries.signable(project)["brief"]
    records.sign(project, LOCAL, subject="brief", digest=digest, person="Jo Park", role="other")
    write(project, (Brief(problem="Forms.", budget=9.0), ""))
    with pytest.raises(Conflict, match="Jo Park signed what version 1 says"):
        erase_actions.erase_versions(project, LOCAL, "brief")
    # Who had the erased version before them and saves is told, and loses nothing.
    with pytest.raises(Conflict, match="changed meanwhile"):
        records.put_merged(project, LOCAL, Interview(role="c", notes="Mine."), key="clerk", had=1)


def test_a_program_hands_nothing_over(project: Project) -> None:
    token, _ = projects.make_token(project, LOCAL, name="t", scopes=["write"])
    with pytest.raises(Forbidden):
        leave_actions.hand_over(project, Caller(token=token), "mira", to="jo")
