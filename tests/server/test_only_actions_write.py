"""Only `actions.py` writes to the database, so that every write has one door and one record. An app with several
subjects has one for each: `mail_actions.py`."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.conftest import ROOT

SERVER = ROOT / "src" / "sextant_server"

# Beside the actions: Django's own migrations.
ALLOWED_FOLDERS = {"migrations"}


def is_door(file: Path) -> bool:
    return file.name == "actions.py" or file.name.endswith("_actions.py")


ALWAYS = {
    "save", "bulk_create", "bulk_update", "get_or_create", "update_or_create",
    "create_user", "create_superuser", "set_password", "cursor", "executescript",
}  # fmt: skip
SOMETIMES = {"create", "update", "delete"}
# sextant.chain.Verifier.save() hands out where it stands; it stores nothing.
NOT_WRITES = {"verifier.save"}


def writes(source: str) -> list[int]:
    """The lines whose call writes to the database, as far as a call's shape can tell.

    `create`, `update` and `delete` are also methods of other things. A manager's `create` and a query's
    `update` take keywords only, and a `delete` of rows takes nothing; a dict's `update` and a route's
    `delete` take a positional argument. Signing in and out writes the session, which is Django's own door.
    """
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if ast.unparse(node.func) in NOT_WRITES:
            continue
        name = node.func.attr
        # Django's asynchronous twins: acreate, asave, aupdate ...
        name = name[1:] if name[:1] == "a" and name[1:] in ALWAYS | SOMETIMES else name
        keywords_only = bool(node.keywords) and not node.args
        if (
            name in ALWAYS
            or (name in {"create", "update"} and keywords_only)
            or (name == "delete" and not node.args and not node.keywords)
        ):
            found.append(node.lineno)
    return found


def _files() -> list[Path]:
    return sorted(
        file
        for file in SERVER.rglob("*.py")
        if not is_door(file) and not ALLOWED_FOLDERS.intersection(file.relative_to(SERVER).parts)
    )


@pytest.mark.parametrize("file", _files(), ids=lambda file: str(file.relative_to(SERVER)))
def test_no_file_but_actions_writes(file: Path) -> None:
    lines = writes(file.read_text())
    assert not lines, f"{file.relative_to(ROOT)} writes in lines {lines}: move the write into an actions.py"


@pytest.mark.parametrize(
    "source",
    [
        "row.save()",
        "form.save(commit=True)",
        "Project.objects.create(name=name)",
        "project.members.create(user=user)",
        "Project.objects.bulk_create(rows)",
        "Token.objects.filter(pk=1).update(used_at=now)",
        "Token.objects.filter(pk=1).delete()",
        "Token.objects.get_or_create(pk=1)",
        "async def f():\n    await row.asave()",
        "User.objects.create_superuser('admin', password=made)",
        "with connection.cursor() as cursor:\n    cursor.execute(sql)",
    ],
)
def test_a_write_is_seen(source: str) -> None:
    assert writes(source)


@pytest.mark.parametrize(
    "source",
    [
        "line.update({'a': 1})",
        "digest.update(body)",
        "@router.delete('/tokens/{key}')\ndef revoke(): ...",
        "Project.objects.filter(pk=1).first()",
        "actions.create(project, caller, fields)",
        "verifier.save()",
    ],
)
def test_what_only_looks_like_a_write_is_not(source: str) -> None:
    assert not writes(source)


def test_the_doors_that_may_write_do() -> None:
    """The scan finds the writes where they belong, so it looks at the right tree for the right names."""
    doors = [file for file in SERVER.rglob("*.py") if is_door(file)]
    assert doors
    assert [str(door) for door in doors if not writes(door.read_text())] == []
