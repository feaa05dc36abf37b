"""`sextant token` and `sextant user`: who may come in."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from sextant_cli import output
from sextant_cli.common import as_json_option, home_option, on_project
from sextant_client.embedded import open_home
from sextant_client.project import Project


@click.group()
def token() -> None:
    """Make, list and revoke tokens of programs."""


@token.command()
@click.argument("name")
@click.option(
    "--scope", "scopes", multiple=True, required=True, type=click.Choice(("read", "evidence", "write")),
    help="What it may do: read; store evidence; write everything but decisions. Repeatable.",
)  # fmt: skip
@click.option(
    "--days", default=365, show_default=True, type=click.IntRange(0), help="How long it lasts; 0: no end."
)
@on_project
def create(project: Project, name: str, scopes: tuple[str, ...], days: int) -> None:
    """Make a token for the program NAME. It is shown this once and kept nowhere."""
    made = project.create_token(name, scopes, days=days or None)
    output.note(
        f"Token {made.id} for {made.name}, {', '.join(made.scopes)}, ends {output.day(made.expires_at)}."
    )
    output.note("Keep it safe: it is not shown again. Give it to the program as SEXTANT_TOKEN.")
    output.say(made.secret)


@token.command("list")
@as_json_option
@on_project
def list_tokens(project: Project, form: str) -> None:
    """List the project's tokens, ended ones too."""
    found = project.tokens()
    if form == "json":
        output.as_json([{k: v for k, v in output.plain(t).items() if k != "secret"} for t in found])
        return
    rows = [
        (str(t.id), t.name, f"{t.hint}...", ", ".join(t.scopes), output.day(t.used_at),
         f"revoked {output.day(t.revoked_at)}" if t.revoked_at else output.day(t.expires_at))
        for t in found
    ]  # fmt: skip
    output.table(("ID", "NAME", "TOKEN", "SCOPES", "LAST USED", "ENDS"), rows, empty="No tokens.")


@token.command()
@click.argument("token_id", metavar="ID", type=int)
@on_project
def revoke(project: Project, token_id: int) -> None:
    """End a token at once."""
    project.revoke_token(token_id)
    output.say(f"Token {token_id} is revoked.")


@click.group()
def user() -> None:
    """Make and list accounts.

    They are in the database that SEXTANT_HOME or DATABASE_URL names.
    """


@user.command("create")
@click.argument("username")
@click.option("--name", default="", help="The person's name.")
@click.option("--admin", is_flag=True, help="May see and do everything.")
@click.option("--password-stdin", is_flag=True, help="Read the password from the standard input, one line.")
@home_option
def create_user(username: str, name: str, admin: bool, password_stdin: bool, home: Path | None) -> None:
    """Make an account. Asks for a password, or takes it from the standard input."""
    open_home(home)
    from sextant_server.projects.actions import make_account

    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    made = make_account(username, password, name=name, admin=admin)
    output.say(f"Account {made.username} is made{' as an admin' if admin else ''}.")


@user.command("list")
@as_json_option
@home_option
def list_users(form: str, home: Path | None) -> None:
    """List the accounts."""
    open_home(home)
    from django.contrib.auth.models import User

    found = list(User.objects.order_by("username"))
    if form == "json":
        output.as_json(
            [
                {
                    "username": u.username, "name": u.get_full_name(), "admin": u.is_superuser,
                    "active": u.is_active, "last_login": u.last_login,
                }
                for u in found
            ]
        )  # fmt: skip
        return
    rows = [
        (
            u.username, u.get_full_name() or "–", _yes(u.is_superuser), _yes(u.is_active),
            output.day(u.last_login),
        )
        for u in found
    ]  # fmt: skip
    empty = "No accounts yet: `sextant serve` makes an admin on its first start."
    output.table(("ACCOUNT", "NAME", "ADMIN", "ACTIVE", "LAST SEEN"), rows, empty=empty)


def _yes(value: bool) -> str:
    return "yes" if value else "no"
