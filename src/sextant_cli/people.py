"""`sextant sign-link`, `comment`, `review` and `hand-over`: who is asked, what is said, who looks at what, who leaves."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import click

from sextant_cli import output
from sextant_cli.common import as_json_option, on_project, yes_option
from sextant_client.project import Project

_by = click.option("--by", required=True, metavar="NAME", help="Who says so: a person's name.")
_about = click.argument("about", metavar="ABOUT")
_any_about = click.argument("about", required=False, default="", metavar="[ABOUT]")
_open = click.option("--open", "only_open", is_flag=True, help="Only what still waits.")


@click.group("sign-link")
def sign_link() -> None:
    """Ask stakeholders to sign by a link, without an account.

    To sign they get a code at their own address; the link alone cannot sign.
    """


@sign_link.command("create")
@click.argument("subject", metavar="goals|brief|model_requirements|ab_design|ship_decision")
@click.argument("stakeholder", metavar="STAKEHOLDER")
@click.option(
    "--email",
    default="",
    help="Where link and codes go. Default: the address that stands beside the name.",
)
@click.option("--days", default=14, show_default=True, type=int, help="How long the link is good.")
@as_json_option
@on_project
def create_link(project: Project, subject: str, stakeholder: str, email: str, days: int, form: str) -> None:
    """Give a stakeholder a link to sign the present version, and mail it where mail can be sent.

    STAKEHOLDER is the key of their document. The link is shown this once. On a folder's own database this needs
    SEXTANT_PUBLIC_URL, the address at which people reach the site. A token may not ask.
    """
    made = project.ask_to_sign(subject, stakeholder, email=email, days=days)
    if form == "json":
        output.as_json(made)
        return
    output.note(
        f"{made.person} can sign {made.subject} by it until {output.day(made.expires_at)}. It is not shown again."
    )
    output.say(made.link)
    if made.mail is None:
        output.note(
            "No mail was sent: hand it over to be read. Signing by it needs a code, which mail brings."
        )


@sign_link.command("list")
@as_json_option
@on_project
def list_links(project: Project, form: str) -> None:
    """List who was asked to sign by a link, the newest first."""
    found = project.sign_links()
    if form == "json":
        output.as_json(found)
        return
    rows = [
        (str(s.id), s.subject, s.person, s.state, s.mail or "–", output.day(s.asked_at), output.day(s.expires_at))
        for s in found
    ]  # fmt: skip
    heads = ("NUMBER", "WHAT", "WHO", "STATE", "MAIL", "ASKED", "GOOD UNTIL")
    output.table(heads, rows, empty="Nobody was asked by a link yet.")


@sign_link.command("revoke")
@click.argument("number", type=int)
@on_project
def revoke_link(project: Project, number: int) -> None:
    """End a link at once. A signature that was made by it stays."""
    project.revoke_sign_link(number)
    output.say(f"Link {number} leads nowhere now.")


@click.group()
def comment() -> None:
    """Say something about a target, a document, an item or proof.

    ABOUT names the thing: goals, document:brief, document:interview:clerk-1, criterion:accuracy, item:1c, or
    evidence: with its digest.
    """


@comment.command("add")
@_about
@click.argument("text")
@_by
@on_project
def add_comment(project: Project, about: str, text: str, by: str) -> None:
    """Write a comment. Who is named with @ is told by mail that they were, and not what was said."""
    made = project.comment(about, text, by=by)
    told = f", naming {', '.join(made.names)}" if made.names else ""
    output.say(f"Comment {made.key} on {made.about} by {made.by}{told}")


@comment.command("list")
@_any_about
@_open
@as_json_option
@on_project
def list_comments(project: Project, about: str, only_open: bool, form: str) -> None:
    """List what was said, the oldest first: about one thing, or all."""
    found = project.comments(about, only_open=only_open)
    if form == "json":
        output.as_json(found)
        return
    rows = [
        (
            c.key, c.about, c.by, output.moment(c.at), "resolved" if c.resolved_by else "open",
            "(erased)" if c.erased else c.text,
        )
        for c in found
    ]  # fmt: skip
    output.table(("COMMENT", "ABOUT", "BY", "AT", "STATE", "SAID"), rows, empty="Nothing was said yet.")


@comment.command("resolve")
@click.argument("key", metavar="COMMENT")
@_by
@click.option("--again", is_flag=True, help="Say that it is open again.")
@on_project
def resolve_comment(project: Project, key: str, by: str, again: bool) -> None:
    """Say that a comment is dealt with."""
    made = project.resolve_comment(key, again=again, by=by)
    output.say(
        f"Comment {made.key} is open again"
        if again
        else f"Comment {made.key} is resolved by {made.resolved_by}"
    )


@comment.command("erase")
@click.argument("key", metavar="COMMENT")
@on_project
def erase_comment(project: Project, key: str) -> None:
    """Erase a comment's text for good. That something was said stays on record."""
    project.erase_comment(key)
    output.say(f"The text of comment {key} is erased.")


@click.group()
def review() -> None:
    """Ask somebody to look at something by a day.

    ABOUT names the thing, as with `sextant comment`.
    """


@review.command("ask")
@_about
@click.argument("who")
@_by
@click.option(
    "--due", type=click.DateTime(("%Y-%m-%d",)), metavar="YYYY-MM-DD", help="By when. Default: in a week."
)
@on_project
def ask_review(project: Project, about: str, who: str, by: str, due: datetime | None) -> None:
    """Ask a member or a stakeholder, by account, key or name, to look at a thing by a day."""
    made = project.ask_review(about, who, _day(due), by=by)
    output.say(f"{made.by} asks {made.asked} to review {made.about} by {output.day(made.due)}: {made.key}")


def _day(due: datetime | None) -> date:
    return due.date() if due else datetime.now(UTC).date() + timedelta(days=7)


@review.command("answer")
@click.argument("key", metavar="REVIEW")
@click.argument("state", type=click.Choice(("done", "withdrawn")))
@_by
@on_project
def answer_review(project: Project, key: str, state: str, by: str) -> None:
    """Say that it is reviewed, or that nobody need look any more.

    Done is said by who was asked, withdrawn by who asked.
    """
    made = project.answer_review(key, state, by=by)  # type: ignore[arg-type]
    output.say(f"The review of {made.about} by {made.asked} is {made.state}, says {made.closed_by}")


@review.command("list")
@_any_about
@_open
@as_json_option
@on_project
def list_reviews(project: Project, about: str, only_open: bool, form: str) -> None:
    """List who was asked to look at what, the newest first."""
    found = project.reviews(about, only_open=only_open)
    if form == "json":
        output.as_json(found)
        return
    rows = [(r.key, r.about, r.asked, r.by, output.day(r.due), r.state) for r in found]
    heads = ("REVIEW", "ABOUT", "WHO IS ASKED", "BY WHOM", "DUE", "STATE")
    output.table(heads, rows, empty="Nobody was asked to review anything yet.")


@click.command("hand-over")
@click.argument("who")
@click.option(
    "--to", default="", help="Who takes it: a name, an account or a stakeholder's key. Default: nobody."
)
@click.option(
    "--keep-targets", is_flag=True, help="Leave targets: a new owner asks for new signatures of the goals."
)
@click.option("--leaves", is_flag=True, help="They are a stakeholder no more; who takes it gets their part.")
@click.option("--erase", is_flag=True, help="Erase their address and what was written of them, for good.")
@yes_option
@on_project
def hand_over(
    project: Project, who: str, to: str, keep_targets: bool, leaves: bool, erase: bool, yes: bool
) -> None:
    """Give what somebody holds to another person.

    Their open risks, targets and reviews; with --leaves their links to sign by end, too.
    """
    if erase and not yes and output.on_terminal():
        click.confirm(f"Erase what was written of {who}? It cannot be had again.", abort=True)
    made = project.hand_over(who, to, targets=not keep_targets, leaves=leaves, erase=erase)
    heir = made.to or "nobody"
    for what, listed in (("Risk", made.risks), ("Target", made.targets), ("Review", made.reviews)):
        for one in listed:
            output.say(f"{what}: {one} goes from {made.who} to {heir}")
    if leaves:
        output.say(f"{made.who} is a stakeholder no more; {made.links} open links ended.")
    elif not (made.risks or made.targets or made.reviews):
        output.say(f"{made.who} holds nothing.")
