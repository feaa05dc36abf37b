"""The project as code: checks are run and stored, and file and site are brought together without loss."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sextant.criteria import Criterion
from sextant.lifecycle.measures import available
from sextant_client import Project
from tests.cli.conftest import Shell
from tests.cli.letters import lay


@pytest.fixture
def file(shell: Shell) -> Path:
    """The project's sextant.yaml with its data, before anybody ran anything."""
    return lay(shell.folder, shell.slug)


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def criterion(project: Project, key: str) -> Criterion:
    return next(c for c in project.criteria() if c.key == key)


def put(project: Project, key: str, **fields: object) -> None:
    """Change a target on the site."""
    project.put_criteria([criterion(project, key).model_copy(update=fields)])


def test_check_stores_what_it_found_and_says_what_is_missing(
    shell: Shell, file: Path, project: Project
) -> None:
    shell("sync", "--take", "file")
    out = shell("check").out
    rows = [re.split("  +", line) for line in out.splitlines()]
    assert ["accuracy", "stored", "share of rows answered right, model reader m1 on test"] in rows
    assert ["later", "not run, missing", "later.csv: there is no such file"] in rows
    assert ["Letters read right", "at least 95 %", "98 % (between 96.1 % and 99 %)", "✓ met"] in rows
    assert ["Fast enough", "at most 40 ms", "50 ms", "✕ not met"] in rows
    [stored] = project.evidence(criterion="accuracy")
    assert (stored.evidence.model_dump()["successes"], stored.evidence.n) == (392, 400)
    assert [s.key for s in project.subjects()] == ["dataset:test"]


def test_the_same_day_the_same_is_not_said_again(shell: Shell, file: Path, project: Project) -> None:
    shell("sync", "--take", "file")
    found = shell("check", "accuracy", "--format", "json").json["checks"][0]
    assert (found["name"], len(found["stored"]), found["unchanged"]) == ("accuracy", 1, 0)
    again = shell("check", "accuracy", "--format", "json").json
    assert (again["checks"][0]["stored"], again["checks"][0]["unchanged"]) == ([], 1)
    assert again["verdicts"]["accuracy"]["status"] == "met"
    assert len(list(project.evidence())) == 1
    # Other answers are other evidence.
    lay(shell.folder, shell.slug, wrong=200)
    assert shell("check", "accuracy").out.count("✕ not met") == 1
    assert len(list(project.evidence())) == 2


def test_other_rows_under_the_same_name_make_earlier_evidence_stale(
    shell: Shell, file: Path, project: Project
) -> None:
    shell("sync", "--take", "file")
    shell("check")
    assert project.reruns() == []
    change(shell.folder / "test.csv", "399,d,", "399,d,1")
    shell("check", "accuracy")
    [rerun] = project.reruns()
    assert rerun.criterion == "latency"
    assert "dataset test is now" in rerun.why[0]
    shell("check")
    assert project.reruns() == []


def test_a_check_again_does_not_end_what_somebody_re_opened(mine: Shell) -> None:
    lay(mine.folder, mine.slug)
    mine("sync", "--take", "file")
    mine("check", "accuracy")
    mine("back", "data", "--reason", "rows were read twice", "--by", "Ann")
    assert "rows were read twice" in mine("reruns").out
    mine("check", "accuracy")
    assert "rows were read twice" in mine("subject", "list").out


def test_a_dry_run_says_what_would_be_run_and_changes_nothing(
    shell: Shell, file: Path, project: Project
) -> None:
    shell("sync", "--take", "file")
    before = project.head()
    change(file, "threshold: 40", "threshold: 60")
    out = shell("check", "--dry-run").out
    assert "would run" in out
    assert "later.csv: there is no such file" in out
    assert project.head() == before


def test_evidence_of_checks_is_computed_again(shell: Shell, file: Path) -> None:
    shell("sync", "--take", "file")
    shell("check")
    out = shell("evidence", "recompute", "--all").out
    assert out.splitlines()[-1] == "2 computed again, none of them differ."
    assert out.count("equal  (from its sums and rows)") == 2
    (shell.folder / "answers.csv").unlink()
    assert "(from its sums)" in shell("evidence", "recompute", "--all").out
    [first, *_] = shell("evidence", "list", "--format", "json").json
    assert shell("evidence", "recompute", first["digest"], "--format", "json").json[0]["equal"] is True
    assert "give digests, or --all" in shell("evidence", "recompute", code=2).err


def test_a_check_that_cannot_be_run_does_not_stop_the_others(shell: Shell, file: Path) -> None:
    shell("sync", "--take", "file")
    change(file, "column: ms", "column: millis")
    out = shell("check", code=2).out
    assert re.search(r"latency +failed +.*millis", out)
    assert "accuracy  stored" in out


def test_an_unknown_check(shell: Shell, file: Path) -> None:
    shell("sync", "--take", "file")
    assert "there is no check called 'acuracy'" in shell("check", "acuracy", code=2).err
    assert "Did you mean accuracy?" in shell("check", "acuracy", code=2).err


def test_a_new_project_is_made_from_the_file(mine: Shell) -> None:
    lay(mine.folder, "letters")
    found = mine("check", "accuracy")
    assert "Made the project letters." in found.err
    assert "✓ met" in found.out
    assert mine("sync").out == "Both say the same.\n"


# --- file and site


@pytest.fixture
def synced(shell: Shell, file: Path, project: Project) -> Path:
    shell("sync", "--take", "file")
    assert shell("sync").out == "Both say the same.\n"
    return file


def test_a_first_meeting_with_a_site_that_says_something_else_is_a_conflict(shell: Shell, file: Path) -> None:
    refused = shell("sync", code=2)
    assert "project: changed on both sides" in refused.out
    assert '- name: "Forms"' in refused.out or "- name: " in refused.out
    assert "run `sextant sync --take file`" in refused.err.replace("Run", "run")
    assert "Run `sextant sync" in shell("check", code=2).err


def test_what_the_file_changed_goes_to_the_site(shell: Shell, synced: Path, project: Project) -> None:
    change(synced, "threshold: 0.95", "threshold: 0.97")
    out = shell("sync", "--dry-run").out
    assert out == "accuracy: changed in the file\n  - threshold: 0.95\n  + threshold: 0.97\n"
    assert criterion(project, "accuracy").threshold == 0.95
    assert shell("sync").out == out + "Both say the same now.\n"
    assert criterion(project, "accuracy").threshold == 0.97


def test_what_the_site_changed_goes_to_the_file_and_comments_stay(
    shell: Shell, synced: Path, project: Project
) -> None:
    before = synced.read_text()
    put(project, "latency", threshold=60.0)
    found = shell("sync")
    assert "latency: changed on the site" in found.out
    assert "Wrote " in found.err
    assert synced.read_text() == before.replace("threshold: 40", "threshold: 60")
    assert "# the one that counts" in synced.read_text()
    assert shell("sync").out == "Both say the same.\n"


def test_both_sides_may_change_different_things(shell: Shell, synced: Path, project: Project) -> None:
    put(project, "latency", threshold=60.0)
    change(synced, "threshold: 0.95", "threshold: 0.97")
    shell("sync")
    assert "threshold: 60" in synced.read_text()
    assert criterion(project, "accuracy").threshold == 0.97


@pytest.mark.parametrize(("take", "bar"), [("file", 0.97), ("site", 0.99)])
def test_a_conflict_is_settled_by_a_person(
    shell: Shell, synced: Path, project: Project, take: str, bar: float
) -> None:
    put(project, "accuracy", threshold=0.99)
    change(synced, "threshold: 0.95", "threshold: 0.97")
    for command in (["sync"], ["check"]):
        refused = shell(*command, code=2)
        assert "accuracy changed both in the file and on the site" in refused.err
    assert shell("sync", "--dry-run", code=2).out.startswith("accuracy: changed on both sides")
    assert "threshold: 0.97" in synced.read_text()
    assert criterion(project, "accuracy").threshold == 0.99
    shell("sync", "--take", take, "accuracy")
    assert f"threshold: {bar}" in synced.read_text()
    assert criterion(project, "accuracy").threshold == bar
    assert shell("sync").out == "Both say the same.\n"


def test_only_what_is_in_conflict_can_be_settled(shell: Shell, synced: Path) -> None:
    assert "nobody has to decide on accuracy" in shell("sync", "--take", "file", "accuracy", code=2).err
    assert "keys go with --take" in shell("sync", "accuracy", code=2).err


def test_targets_come_and_go_on_either_side(shell: Shell, synced: Path, project: Project) -> None:
    project.put_criteria([criterion(project, "latency").model_copy(update={"key": "cost", "unit": "USD"})])
    assert "cost: new on the site" in shell("sync").out
    assert "key: cost" in synced.read_text()
    project.retire_criterion("cost")
    refused = shell("check", code=2).err
    assert "cost was taken out on the site and still stands in the file" in refused
    assert "cost: taken out on the site" in shell("sync").out
    assert "cost" not in synced.read_text()


def test_check_measures_what_the_site_says_now(shell: Shell, synced: Path, project: Project) -> None:
    put(project, "accuracy", threshold=0.999)
    found = shell("check", "accuracy")
    assert "accuracy: changed on the site" in found.err
    assert "✕ not met" in found.out
    # The file still waits for its change.
    assert "accuracy: changed on the site" in shell("sync").out
    assert "threshold: 0.999" in synced.read_text()


def test_the_projects_own_settings_are_brought_together_too(
    shell: Shell, synced: Path, project: Project
) -> None:
    change(synced, "name: Letters}", "name: Letters, summary: Reads letters.}")
    assert "project: changed in the file" in shell("sync").out
    assert project.refresh().summary == "Reads letters."


def test_a_file_that_changes_while_it_is_read_is_not_overwritten(
    shell: Shell, synced: Path, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sextant_cli import sync

    put(project, "latency", threshold=60.0)
    real = sync.change_criteria

    def meanwhile(text: str, *rest: object, **named: object) -> str:
        synced.write_text(text + "# somebody was here\n")
        return real(text, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(sync, "change_criteria", meanwhile)
    assert "somebody changed the file meanwhile" in shell("sync", code=2).err
    assert synced.read_text().endswith("# somebody was here\n")
    assert criterion(project, "latency").threshold == 60


def test_without_a_file_there_is_nothing_to_check(mine: Shell) -> None:
    assert "there is no sextant.yaml here or above. Run `sextant init`" in mine("check", code=2).err


def test_the_file_is_found_from_below(mine: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    path = lay(mine.folder, "letters")
    (mine.folder / "notebooks").mkdir()
    monkeypatch.chdir(mine.folder / "notebooks")
    assert "Made the project letters." in mine("check", "accuracy").err
    assert mine("status", "--format", "json").json["project"]["slug"] == "letters"
    from sextant.config import load

    assert [p.ready for p in available(load(path).config, path.parent)] == [True, True, False]
