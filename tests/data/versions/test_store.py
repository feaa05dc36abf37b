"""Versions under a data home: whole or not at all, told apart, named, and gone when they must be."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from sextant.canonical import canonical
from sextant.data.drift import drift
from sextant.data.profile import Profile
from sextant.data.profiling import profile
from sextant.data.versions import Store, rowsum
from sextant.errors import Conflict, IntegrityFault, InvalidInput, NotFound
from sextant.tables import engine, table

FIRST = {"id": [1, 2, 3], "name": ["ann", "bob", "cem"]}
SECOND = {"id": [2, 3, 4], "name": ["bob", "cam", "dee"]}


@pytest.fixture(scope="module")
def on() -> Any:
    found = engine("duckdb")
    yield found
    found.disconnect()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "data")


def rows(values: dict[str, Any], on: Any) -> Any:
    return table(pa.table(values), name="given", on=on)


def ids(store: Store, wanted: str, on: Any) -> list[int]:
    return sorted(r["id"] for r in store.read("people", wanted, on=on).arrow().to_pylist())


def test_versions_can_be_told_apart_and_had_again(store: Store, on: Any) -> None:
    first = store.commit(
        "people", rows(FIRST, on), message="one", by="ann", sources=["file:a.csv@1"], recipe="r@1"
    )
    second = store.commit("people", rows(SECOND, on), tags=["golden"])
    assert (first.version.number, second.version.number, second.version.parent) == (1, 2, 1)
    assert first.version.digest == rowsum(rows(FIRST, on)).digest
    assert first.version.sources == ("file:a.csv@1",) and first.version.recipe == "r@1"
    for wanted, expected in (
        ("1", [1, 2, 3]),
        ("v2", [2, 3, 4]),
        ("golden", [2, 3, 4]),
        ("", [2, 3, 4]),
        (first.version.short, [1, 2, 3]),
    ):
        assert ids(store, wanted, on) == expected
    assert [v.number for v in store.log("people")] == [2, 1]
    assert store.names() == ["people"]
    assert str(first.version.version) == f"dataset:people@{first.version.digest[:12]}"


def test_the_same_rows_are_the_same_version(store: Store, on: Any) -> None:
    store.commit("people", rows(FIRST, on))
    mixed = {"name": FIRST["name"][::-1], "id": FIRST["id"][::-1]}
    again = store.commit("people", rows(mixed, on), tags=["again"])
    # The columns' order is part of how it is kept, not of its rows: their digest is the same.
    assert again.version.digest == store.find("people", "1").digest
    once_more = store.commit("people", rows(mixed, on))
    assert not once_more.made and once_more.version.tags == ("again",)


def test_appended_rows_cost_only_themselves_and_sum_up(store: Store, on: Any) -> None:
    store.commit("people", rows(FIRST, on))
    made = store.commit("people", rows({"id": [9], "name": ["zoe"]}, on), append=True).version
    assert made.mode == "append" and made.rows == 4
    assert made.digest == rowsum(rows({"id": [9, 1, 2, 3], "name": ["zoe", *FIRST["name"]]}, on)).digest
    assert store.verify("people").number == 2
    assert len(DeltaTable(store.rows("people")).file_uris()) == 2
    with pytest.raises(InvalidInput, match="columns differ from the present version's: more"):
        store.commit("people", rows({"id": [1], "name": ["x"], "more": [1]}, on), append=True)


def test_columns_may_change_from_version_to_version(store: Store, on: Any) -> None:
    store.commit("people", rows(FIRST, on))
    store.commit("people", rows({"id": ["a"], "score": [0.5]}, on))
    assert store.read("people", on=on).columns == ("id", "score")
    assert store.read("people", "1", on=on).columns == ("id", "name")


def test_an_empty_table_is_a_version(store: Store, on: Any) -> None:
    made = store.commit("people", rows(FIRST, on).keep(False)).version
    assert made.rows == 0 and store.verify("people").number == 1
    assert store.read("people", on=on).count() == 0


@pytest.mark.parametrize(
    ("wanted", "said"),
    [("9", "has no version '9'"), ("gone", "it has 1 to 1"), ("deadbeef", "no version 'deadbeef'")],
)
def test_a_version_that_is_not_there(store: Store, on: Any, wanted: str, said: str) -> None:
    store.commit("people", rows(FIRST, on))
    with pytest.raises(NotFound, match=said):
        store.find("people", wanted)


def test_bad_words(store: Store, on: Any) -> None:
    with pytest.raises(InvalidInput, match="no name of a dataset"):
        store.commit("../etc", rows(FIRST, on))
    with pytest.raises(InvalidInput, match="no tag"):
        store.commit("people", rows(FIRST, on), tags=["v3"])
    with pytest.raises(InvalidInput, match="no tag"):
        store.commit("people", rows(FIRST, on), tags=["deadbeef"])
    with pytest.raises(NotFound, match=r"there is no dataset 'people'.*There is: none"):
        store.log("people")
    with pytest.raises(InvalidInput, match="Delta has no such type"):
        store.commit("people", rows({"t": [timedelta(seconds=1)]}, on))
    assert not (store.home / "people" / "rows").exists()


def test_a_change_meanwhile_is_a_conflict(store: Store, on: Any) -> None:
    store.commit("people", rows(FIRST, on), expected=0)
    with pytest.raises(Conflict, match="at version 1, you had 0"):
        store.commit("people", rows(SECOND, on), expected=0)
    assert store.find("people").number == 1
    assert list((store.home / "people" / "staging").iterdir()) == []


def test_tags_move_and_go(store: Store, on: Any) -> None:
    store.commit("people", rows(FIRST, on), tags=["live"])
    store.commit("people", rows(SECOND, on))
    assert store.tag("people", "2", "live").tags == ("live",)
    assert store.find("people", "1").tags == ()
    store.untag("people", "live")
    with pytest.raises(NotFound):
        store.find("people", "live")


def test_rows_that_were_changed_behind_its_back_are_found(store: Store, on: Any) -> None:
    import pyarrow.parquet as pq

    store.commit("people", rows(FIRST, on))
    (path,) = store.rows("people").glob("*.parquet")
    pq.write_table(pq.read_table(path).slice(0, 2), path)
    with pytest.raises(IntegrityFault, match="does not have the rows that were committed"):
        store.verify("people")


def test_the_log_of_files_holds_no_values(store: Store, on: Any) -> None:
    store.commit("people", rows(FIRST, on))
    logged = "".join(p.read_text() for p in store.rows("people").glob("_delta_log/*.json"))
    assert "numRecords" in logged and "ann" not in logged and "cem" not in logged


# --- what goes


def test_erasing_one_person(store: Store, on: Any) -> None:
    store.commit("people", rows({"id": [5], "name": ["eve"]}, on))
    store.commit("people", rows(FIRST, on))
    store.commit("people", rows(SECOND, on))
    store.keep_profile("people", 3, profile(store.read("people", "3", on=on)).plain())
    done = store.erase("people", {"name": "bob"})
    assert (done.rows, done.versions, done.unsearched) == (1, (2, 3), ())
    assert ids(store, "", on) == [3, 4] and ids(store, "1", on) == [5]
    assert done.present.digest == rowsum(rows({"id": [3, 4], "name": ["cam", "dee"]}, on)).digest
    assert store.verify("people").mode == "erase"
    for gone in ("2", "3"):
        assert store.find("people", gone).state == "erased"
        with pytest.raises(Conflict, match="no longer reproducible: a person's data was erased"):
            store.read("people", gone)
    assert store.profile("people", 3)["rows"] == 2 and done.profiles == (3,)
    left = b"".join(p.read_bytes() for p in store.home.rglob("*") if p.is_file())
    assert b"bob" not in left
    # Once more finds nobody, and changes nothing.
    again = store.erase("people", {"name": "bob"})
    assert (again.rows, again.versions, again.present.number) == (0, (), done.present.number)


def test_kept_profiles_forget_who_is_erased(store: Store, on: Any) -> None:
    """Also that of a version whose rows went long ago; what others hold too stays."""
    now = datetime(2026, 6, 1, tzinfo=UTC)
    many = {
        "mail": ["eve@example.org"] * 3 + [f"p{i}@example.org" for i in range(300)],
        "city": ["Oslo", "Hamar", "Oslo"] + ["Oslo", "Bergen"] * 150,
        "age": [97.25] * 3 + [20.0 + i % 50 for i in range(300)],
        "born": [date(1928, 7, 1)] * 3 + [date(1990, 1, 1 + i % 28) for i in range(300)],
    }
    store.commit("people", rows(many, on), at=now - timedelta(days=90))
    store.commit("people", rows({k: [*v, v[5]] for k, v in many.items()}, on), at=now)
    for number in (1, 2):
        kept = profile(store.read("people", str(number), on=on)).plain()
        store.keep_profile("people", number, kept)
        for theirs in ("eve@example.org", "97.25", "1928-07-01", "Hamar"):
            assert theirs in canonical(kept)
    store.retain("people", last=1, now=now)
    done = store.erase("people", {"mail": "eve@example.org"})
    assert done.versions == (2,) and done.profiles == (1, 2)
    left = b"".join(p.read_bytes() for p in store.home.rglob("*.json") if p.is_file())
    for theirs in (b"eve@", b"97.25", b"1928-07-01", b"Hamar"):
        assert theirs not in left, theirs
    old, new = (Profile.model_validate(store.profile("people", n)) for n in (1, 2))
    # The one was measured again without them, of the other nothing is left to measure.
    assert (old.rows, new.rows) == (303, 301)
    assert [c.value for c in old["city"].top or ()] == ["Oslo", "Bergen"] and old["city"].slack == 1
    assert 2 < old["city"].distinct.value < 4
    assert old["age"].numbers is not None and old["age"].numbers.maximum > 97.25
    assert old["born"].times is not None and "1928-07-01" not in str(old["born"].times.earliest)
    assert new["age"].numbers is not None and new["age"].numbers.maximum == 69
    # What was scrubbed still adds up and compares.
    assert (old + old).rows == 606 and drift(old, new)["city"].verdict == "steady"


def test_erasing_says_what_it_could_not_search(store: Store, on: Any) -> None:
    store.commit("people", rows({"other": [1]}, on))
    store.commit("people", rows(FIRST, on))
    done = store.erase("people", {"id": "2"})
    assert (done.rows, done.versions, done.unsearched) == (1, (2,), (1,))
    with pytest.raises(InvalidInput, match="'x' is no value of it"):
        store.erase("people", {"id": "x"})
    with pytest.raises(InvalidInput, match="names nobody"):
        store.erase("people", {})


def test_missing_values_are_nobodys(store: Store, on: Any) -> None:
    store.commit("people", rows({"id": [1, None, 2]}, on))
    assert store.erase("people", {"id": 1}).present.rows == 2


def test_old_versions_go_and_named_ones_stay(store: Store, on: Any) -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    for day in range(5):
        tags = ["golden"] if day == 0 else []
        store.commit(
            "people",
            rows({"id": [day], "name": ["x"]}, on),
            at=now - timedelta(days=40 - 10 * day),
            tags=tags,
        )
    would = store.retain("people", last=2, now=now, dry_run=True)
    assert [v.number for v in would] == [3, 2]
    pinned = store.find("people", "3").short
    gone = store.retain("people", last=1, days=5, pinned=[pinned], now=now)
    assert [v.number for v in gone] == [4, 2]
    assert [v.number for v in store.log("people") if v.reproducible] == [5, 3, 1]
    assert ids(store, "golden", on) == [0] and ids(store, "3", on) == [2]
    assert len(list(store.rows("people").glob("*.parquet"))) == 3
    assert store.retain("people", days=1, now=now + timedelta(days=900))[0].number == 3


# --- kills and crowds

WRITER = """
import sys, pyarrow as pa
from sextant.data.versions import Store, store
from sextant.tables import table
home, first, last, stop = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
if stop:
    import os, signal
    from deltalake import DeltaTable
    owner, _, name = stop.rpartition(".")
    target = {"DeltaTable": DeltaTable, "files": store.files, "Path": __import__("pathlib").Path}[owner]
    def die(*a, **k): os.kill(os.getpid(), signal.SIGKILL)
    setattr(target, name, die)
for i in range(first, last):
    Store(home).commit("people", table(pa.table({"id": [i]})), message=str(i))
"""


def write(home: Path, first: int, last: int, stop: str = "") -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", WRITER, str(home), str(first), str(last), stop])


@pytest.mark.parametrize("place", ["files.write", "Path.rename", "DeltaTable.create_write_transaction"])
def test_a_kill_in_mid_commit_leaves_the_version_out_whole(store: Store, on: Any, place: str) -> None:
    store.commit("people", rows(FIRST, on))
    assert write(store.home, 7, 8, place).wait(60) == -signal.SIGKILL
    assert store.find("people").number == 1 and ids(store, "", on) == [1, 2, 3]
    assert store.verify("people")
    # The next writer goes on, and what the killed one left is swept away.
    store.commit("people", rows(SECOND, on))
    assert list((store.home / "people" / "staging").iterdir()) == []
    store.retain("people", last=1)
    assert len(list(store.rows("people").glob("*.parquet"))) == 1


def test_two_writers_at_once_make_one_version_each_time(store: Store, on: Any) -> None:
    writers = [write(store.home, 0, 4), write(store.home, 100, 104)]
    assert [w.wait(120) for w in writers] == [0, 0]
    found = store.log("people")
    assert sorted(int(v.message) for v in found) == [0, 1, 2, 3, 100, 101, 102, 103]
    assert [v.number for v in found] == list(range(8, 0, -1))
    assert [v.parent for v in found] == [*range(7, 0, -1), None]
    for version in found:
        assert ids(store, str(version.number), on) == [int(version.message)]


def test_a_version_of_another_program_is_not_built_upon(store: Store, on: Any) -> None:
    from deltalake import write_deltalake

    store.commit("people", rows(FIRST, on))
    write_deltalake(store.rows("people"), pa.table(SECOND), mode="append")
    with pytest.raises(Conflict, match="written by another program"):
        store.commit("people", rows(SECOND, on))
    assert ids(store, "1", on) == [1, 2, 3]


def test_memory_does_not_grow_with_the_table(tmp_path: Path) -> None:
    code = """
import resource, sys
from sextant.data.versions import Store
from sextant.tables import engine, table
import pyarrow as pa, pyarrow.parquet as pq, numpy as np
path, home, parts = sys.argv[1], sys.argv[2], int(sys.argv[3])
rng = np.random.default_rng(0)
with pq.ParquetWriter(path, pa.schema([(f"x{i}", pa.float64()) for i in range(8)])) as writer:
    for _ in range(parts):
        writer.write_table(pa.table({f"x{i}": rng.random(100_000) for i in range(8)}))
on = engine("duckdb")
on.con.execute("SET memory_limit = '100MB'"); on.con.execute("SET threads = 1")
Store(home).commit("big", table(path, on=on))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
    peaks = []
    for parts in (2, 16):
        done = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / f"{parts}.parquet"), str(tmp_path / str(parts)), str(parts)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        peaks.append(int(done.stdout) / 1024)
    # Eight times the rows, 90 MB more of them: the peak moves by less than a third of that.
    assert peaks[1] - peaks[0] < 30
