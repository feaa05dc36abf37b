"""The locks, the list of dependencies, the size of files: what a check can hold that no reader would."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PEERS = sorted((ROOT / "benchmarks" / "peers").glob("*.in"))
LOCKS = [
    ROOT / "requirements.lock",
    ROOT / "requirements-test.lock",
    *(peer.with_suffix(".lock") for peer in PEERS),
]

RUN = [Requirement(line) for line in PROJECT["project"]["dependencies"]]
GROUPS = {name: [Requirement(line) for line in lines] for name, lines in PROJECT["dependency-groups"].items()}
TEST = [*GROUPS["build"], *GROUPS["test"]]
EXTRAS = {
    name: [Requirement(line) for line in lines]
    for name, lines in PROJECT["project"]["optional-dependencies"].items()
}
OF_PEERS = {peer: [Requirement(line) for line in peer.read_text().splitlines()] for peer in PEERS}
WANTED = dict(zip(LOCKS, [[*RUN, *GROUPS["build"]], [*RUN, *TEST], *OF_PEERS.values()], strict=True))


def locked(lock: Path) -> dict[str, str]:
    """The version of each package in a lock."""
    pins = re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==(\S+)", lock.read_text(), re.MULTILINE)
    return {canonicalize_name(name): version for name, version in pins}


def tracked() -> list[Path]:
    """Every file that git keeps, or would keep once it is added."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_holds_versions_and_digests_and_no_address(lock: Path) -> None:
    text = lock.read_text()
    assert not re.search(
        r"://|--(extra-)?index-url|--find-links|--trusted-host|file:|^-e|^\S* @ ", text, re.M
    )
    pins = re.findall(r"^[a-z0-9].*?(?=^[a-z0-9]|\Z)", text, re.MULTILINE | re.DOTALL)
    assert len(pins) == len(locked(lock)) > 2
    assert [pin.split()[0] for pin in pins if "--hash=sha256:" not in pin] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_is_up_to_date(lock: Path) -> None:
    pins = locked(lock)
    off = []
    for one in WANTED[lock]:
        version = pins.get(canonicalize_name(one.name))
        if version is None or not one.specifier.contains(version):
            off.append(str(one))
    assert off == [], f"{lock.name} does not fit pyproject.toml: run `make lock`"


def test_what_is_tested_is_what_runs() -> None:
    run, test = locked(LOCKS[0]), locked(LOCKS[1])
    assert {name: test.get(name) for name in run} == run


def test_every_dependency_is_explained_and_every_explanation_has_its_dependency() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text()
    rows = re.findall(r"^\| `([^`]+)` \| (\S[^|]*) \|", page, re.M)
    explained = sorted(canonicalize_name(name) for name, _ in rows)
    assert explained == sorted(
        canonicalize_name(one.name) for ones in [RUN, TEST, *OF_PEERS.values()] for one in ones
    )
    extras = re.findall(r"^\| (\w+) \| `([^`]+)` \| \S[^|]* \|", page, re.M)
    assert sorted(extras) == sorted((name, one.name) for name, ones in EXTRAS.items() for one in ones)


def _python(*folders: str) -> list[Path]:
    return [file for folder in folders for file in sorted((ROOT / folder).rglob("*.py"))]


def test_no_file_outgrows_one_reading() -> None:
    sources = [file for file in (ROOT / "src").rglob("*") if file.suffix in {".py", ".html", ".css", ".js"}]
    assert len(sources) > 20
    assert {
        str(file.relative_to(ROOT)): size for file in sources if (size := file.stat().st_size) > 28_000
    } == {}


def test_what_runs_needs_nothing_from_the_test_lock() -> None:
    """pandas and the other packages of the test lock are there while testing, so a slip would not be seen."""
    absent = {name.replace("-", "_") for name in locked(LOCKS[1]).keys() - locked(LOCKS[0]).keys()}
    # What an extra brings is imported where it is used, and only there.
    absent -= {"pyspark", "polars", "sacrebleu"}
    # Methods of Ibis and Arrow that hand out a pandas frame.
    needs_pandas = {"execute", "to_pandas", "to_pandas_batches", "from_pandas"}
    found = []
    for file in _python("src"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                # A cursor's execute() takes SQL; the one of an Ibis expression takes nothing.
                names = [] if node.args or node.func.attr not in needs_pandas else ["pandas"]
            else:
                continue
            found += [f"{file.relative_to(ROOT)}:{node.lineno}" for n in names if n.split(".")[0] in absent]
    assert found == []


def test_no_path_of_a_machine_and_no_address_of_an_index_is_kept() -> None:
    # In pieces, so that this file does not find itself.
    homes = "|".join(
        ["ro" + r"ot\b", "ho" + "me/[a-z]", "Us" + "ers/[A-Za-z]", "wo" + r"rk\b", "op" + "t/[a-z]"]
    )
    index = "|".join(["files.python" + "hosted", "pypi.org/" + "simple", "registry." + "npmjs"])
    suspicious = re.compile(rf"(?<![\w.$}}/-])/(?:{homes})|{index}")
    files = [file for file in tracked() if file.name != "LICENSE"]
    assert len(files) > 20
    found = []
    for file in files:
        try:
            text = file.read_text()
        except UnicodeDecodeError:  # a picture
            continue
        found += [
            f"{file.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
            for number, line in enumerate(text.splitlines(), 1)
            if suspicious.search(line)
        ]
    assert found == []


def test_links_between_pages_lead_somewhere_and_every_page_is_reached() -> None:
    pages = [file for file in tracked() if file.suffix == ".md"]
    broken, reached = [], set()
    for page in pages:
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text()):
            place = (page.parent / target).resolve()
            reached.add(place)
            if not place.exists():
                broken.append(f"{page.relative_to(ROOT)} -> {target}")
    assert broken == []
    docs = ROOT / "docs"
    lost = [p for p in pages if docs in p.parents and p != docs / "index.md" and not {p, p.parent} & reached]
    assert lost == []


def test_benchmarks_are_registered() -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    files = [file.stem.removeprefix("bench_") for file in (ROOT / "benchmarks").glob("bench_*.py")]
    assert files
    assert [name for name in files if name not in listed.stdout] == []
