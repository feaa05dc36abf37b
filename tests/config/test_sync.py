"""File and site brought together: every way in which the two can have changed."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sextant.config import PROJECT, Change, Settings, reconcile

A, B, C = (Settings(name=name) for name in "abc")


@pytest.mark.parametrize(
    ("base", "file", "site", "change"),
    [
        (A, A, A, Change.SAME),
        (None, A, A, Change.SAME),
        (A, B, B, Change.SAME),
        (A, B, A, Change.FILE_CHANGED),
        (A, A, B, Change.SITE_CHANGED),
        (A, B, C, Change.CONFLICT),
        (None, A, None, Change.FILE_ADDED),
        (None, None, A, Change.SITE_ADDED),
        (None, A, B, Change.CONFLICT),
        (A, None, A, Change.FILE_REMOVED),
        (A, A, None, Change.SITE_REMOVED),
        (A, None, B, Change.CONFLICT),
        (A, B, None, Change.CONFLICT),
    ],
)
def test_each_way(
    base: Settings | None, file: Settings | None, site: Settings | None, change: Change
) -> None:
    found = reconcile(
        {"x": base.digest()} if base else {}, {"x": file} if file else {}, {"x": site} if site else {}
    )
    assert [r.change for r in found.rows] == [change]
    assert found.same == (change is Change.SAME)
    assert found.to_site == ({"x": file} if change.startswith("file") else {})
    assert found.to_file == ({"x": site} if change.startswith("site") else {})
    assert bool(found.conflicts) == (change is Change.CONFLICT)


def test_what_is_gone_on_both_sides_is_gone() -> None:
    assert reconcile({"x": A.digest()}, {}, {}).rows == ()


def test_a_conflict_waits_until_somebody_says_which_is_right() -> None:
    found = reconcile({PROJECT: A.digest()}, {PROJECT: B}, {PROJECT: C})
    assert found.settle({}).conflicts
    assert found.settle({PROJECT: "file"}).to_site == {PROJECT: B}
    assert found.settle({PROJECT: "site"}).to_file == {PROJECT: C}
    gone = reconcile({"x": A.digest()}, {}, {"x": B})
    assert gone.settle({"x": "file"}).to_site == {"x": None}
    assert gone.settle({"x": "site"}).to_file == {"x": B}


def test_the_difference_is_shown_field_by_field() -> None:
    old, new = Settings(name="Reader", summary="Reads"), Settings(name="Digit reader", rigor="light")
    found = reconcile({PROJECT: old.digest()}, {PROJECT: new}, {PROJECT: old})
    assert str(found) == (
        "project: changed in the file\n"
        '  - name: "Reader"\n'
        '  + name: "Digit reader"\n'
        '  - summary: "Reads"\n'
        '  + summary: ""\n'
        '  - rigor: "standard"\n'
        '  + rigor: "light"'
    )
    assert str(reconcile({}, {"x": A}, {"x": A})) == "Both say the same."


SIDES = st.dictionaries(st.sampled_from("wxyz"), st.sampled_from([A, B, C]))


@given(SIDES, SIDES, SIDES)
def test_nothing_is_lost_and_the_second_meeting_is_quiet(
    base: dict[str, Settings], file: dict[str, Settings], site: dict[str, Settings]
) -> None:
    digests = {k: v.digest() for k, v in base.items()}
    found = reconcile(digests, file, site)
    merged_file, merged_site = dict(file), dict(site)
    for side, changes in ((merged_file, found.to_file), (merged_site, found.to_site)):
        for key, value in changes.items():
            side.pop(key, None) if value is None else side.update({key: value})
    settled = {r.key for r in found.conflicts}
    assert {k: v for k, v in merged_file.items() if k not in settled} == {
        k: v for k, v in merged_site.items() if k not in settled
    }
    # Whatever differs from the base on a side is still there on one side, unless the other took it out
    # untouched.
    for key, (mine, theirs) in itertools.chain(
        ((k, (file[k], site.get(k))) for k in file), ((k, (site[k], file.get(k))) for k in site)
    ):
        if key not in settled and mine.digest() != digests.get(key) and theirs != mine:
            assert mine in (merged_file.get(key), merged_site.get(key))
    again = reconcile({k: v.digest() for k, v in merged_file.items()}, merged_file, merged_site)
    assert {r.key for r in again.rows if r.change is not Change.SAME} <= settled
