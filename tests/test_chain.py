"""The log: whatever is done to it, the first record concerned is named, and what can't be told is said."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sextant.chain import (
    GENESIS,
    Anchor,
    Link,
    Record,
    Verifier,
    body_digest,
    link_digest,
    read_anchors,
    sign,
    verify,
)
from sextant.errors import InvalidInput

KEY = secrets.token_bytes(32)
AT = datetime(2026, 1, 1, tzinfo=UTC)


def record(sequence: int, previous: str, body: str, **fields: object) -> Record:
    link = Link(
        project="p", sequence=sequence, previous=previous, kind="evidence", actor="user:1", at=AT,
        body_digest=body_digest(body),
    ).model_copy(update=fields)  # fmt: skip
    return Record(**dict(link), record_digest=link_digest(link), body=body)


def log(length: int, first: int = 1, previous: str = GENESIS, word: str = "body") -> list[Record]:
    made: list[Record] = []
    for sequence in range(first, first + length):
        made.append(
            record(sequence, made[-1].record_digest if made else previous, f'{{"{word}":{sequence}}}')
        )
    return made


def anchored(chain: list[Record], place: int) -> Anchor:
    return sign(
        Anchor(project="p", sequence=place, head=chain[place - 1].record_digest, at=AT, reason="gate"), KEY
    )


def renumbered(chain: list[Record]) -> list[Record]:
    return [r.model_copy(update={"sequence": i}) for i, r in enumerate(chain, 1)]


def test_an_untouched_log_is_intact_and_says_what_it_cannot_tell() -> None:
    found = verify("p", log(10))
    assert found.intact and found.records == 10
    assert any("cut off" in limit for limit in found.limits)
    assert any("whether what was recorded was true" in limit for limit in found.limits)


Damage = Callable[[list[Record]], list[Record]]


def alter_body(c: list[Record]) -> list[Record]:
    return [*c[:4], c[4].model_copy(update={"body": '{"body":99}'}), *c[5:]]


def alter_body_and_its_digest(c: list[Record]) -> list[Record]:
    body = '{"body":99}'
    return [*c[:4], c[4].model_copy(update={"body": body, "body_digest": body_digest(body)}), *c[5:]]


def alter_and_redigest(c: list[Record]) -> list[Record]:
    return [*c[:4], record(5, c[3].record_digest, '{"body":99}'), *c[5:]]


def alter_actor(c: list[Record]) -> list[Record]:
    return [*c[:4], c[4].model_copy(update={"actor": "user:2"}), *c[5:]]


def alter_time(c: list[Record]) -> list[Record]:
    return [*c[:4], c[4].model_copy(update={"at": datetime(2027, 1, 1, tzinfo=UTC)}), *c[5:]]


def remove(c: list[Record]) -> list[Record]:
    return [*c[:4], *c[5:]]


def remove_two_and_renumber(c: list[Record]) -> list[Record]:
    return renumbered([*c[:4], *c[6:]])


def swap(c: list[Record]) -> list[Record]:
    return [*c[:4], c[5], c[4], *c[6:]]


def swap_and_renumber(c: list[Record]) -> list[Record]:
    return renumbered(swap(c))


def put_between(c: list[Record]) -> list[Record]:
    return renumbered([*c[:4], record(5, c[3].record_digest, '{"body":"new"}'), *c[4:]])


def repeat(c: list[Record]) -> list[Record]:
    return [*c[:5], c[4], *c[5:]]


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (alter_body, "body_altered"),
        (alter_body_and_its_digest, "altered"),
        (alter_and_redigest, "altered"),
        (alter_actor, "altered"),
        (alter_time, "altered"),
        (remove, "removed"),
        (remove_two_and_renumber, "removed"),
        (swap, "reordered"),
        (swap_and_renumber, "reordered"),
        (put_between, "inserted"),
    ],
)
def test_the_first_damaged_record_is_named(damage: Damage, what: str) -> None:
    found = verify("p", damage(log(10)))
    assert found.fault is not None
    assert (found.fault.what, found.fault.sequence) == (what, 5), found.fault


@pytest.mark.parametrize("stop", range(11))
@pytest.mark.parametrize("damage", [list, alter_body, remove, swap, put_between, repeat])
def test_a_check_that_goes_on_elsewhere_finds_the_same(damage: Damage, stop: int) -> None:
    """Saved after each number of records, also in the middle of what is out of order."""
    whole = log(10)
    records, anchors = damage(whole), [anchored(whole, 3), anchored(whole, 9)]
    first, second = Verifier("p", anchors), Verifier("p", anchors)
    if not all(first.add(r) for r in records[:stop]):
        return
    second.restore(json.loads(json.dumps(first.save())))
    for rest in records[stop:]:
        second.add(rest)
    assert second.finish() == verify("p", records, anchors)


def test_a_record_that_comes_twice_is_one_too_many() -> None:
    found = verify("p", repeat(log(10)))
    assert found.fault is not None and found.fault.what == "inserted"


def test_the_last_record_altered_and_redigested_needs_an_anchor() -> None:
    """Nothing follows it, so the chain agrees with itself; the anchor does not."""
    whole = log(10)
    forged = [*whole[:9], record(10, whole[8].record_digest, '{"body":"forged"}')]
    assert verify("p", forged).intact
    found = verify("p", forged, [anchored(whole, 10)])
    assert found.fault is not None and found.fault.what == "rewritten"


def test_truncation_back_to_the_last_anchor() -> None:
    whole = log(10)
    found = verify("p", whole[:6], [anchored(whole, 4), anchored(whole, 8)])
    assert found.fault is not None and (found.fault.what, found.fault.sequence) == ("cut_off", 7)
    assert "8" in found.fault.detail


def test_truncation_after_the_last_anchor_cannot_be_told_and_that_is_said() -> None:
    whole = log(10)
    found = verify("p", whole[:9], [anchored(whole, 8)])
    assert found.intact and any("Record 9 came" in limit for limit in found.limits)


def test_a_full_rewrite_is_found_between_two_anchors() -> None:
    whole = log(10)
    forged = [*whole[:5], *log(5, 6, whole[4].record_digest, word="forged")]
    assert verify("p", forged).intact
    found = verify("p", forged, [anchored(whole, 4), anchored(whole, 9)])
    assert found.fault is not None and (found.fault.what, found.fault.sequence) == ("rewritten", 5)


def test_the_stored_head_must_be_the_end() -> None:
    whole = log(5)
    found = verify("p", whole[:4], stored_sequence=5, stored_head=whole[4].record_digest)
    assert found.fault is not None and found.fault.what == "cut_off"


def test_an_anchor_with_a_wrong_signature_or_key_is_left_out_and_that_is_said() -> None:
    whole = log(5)
    forged = anchored(whole, 5).model_copy(update={"head": "f" * 64})
    found = verify("p", whole, [forged])
    assert found.intact and found.anchors_checked == 0 and any("left out" in limit for limit in found.limits)
    other = sign(anchored(whole, 5).model_copy(update={"key": "", "signature": ""}), secrets.token_bytes(32))
    assert other.genuine() and not other.genuine(anchored(whole, 5).key)
    found = verify("p", whole, [other], public_key=anchored(whole, 5).key)
    assert found.anchors_checked == 0


@given(
    length=st.integers(1, 12),
    place=st.integers(0, 11),
    field=st.sampled_from(["actor", "kind", "previous", "body"]),
)
def test_any_change_of_any_field_of_any_record_is_found(length: int, place: int, field: str) -> None:
    chain = log(length)
    place %= length
    chain[place] = chain[place].model_copy(update={field: "changed"})
    found = verify("p", chain)
    assert found.fault is not None and found.fault.sequence == place + 1


def test_anchors_are_found_wherever_they_stand(tmp_path: Path) -> None:
    whole = log(3)
    one = json.dumps(anchored(whole, 3).model_dump(mode="json"))
    for name, text in {
        "anchors.jsonl": f"{one}\n{one}\n",
        "decision.json": json.dumps({"outcome": "pass", "anchor": json.loads(one)}),
        "plan.md": f"# Plan {{draft}}\n\nText.\n\n```json\n{one}\n```\n",
    }.items():
        (tmp_path / name).write_text(text)
        assert read_anchors(tmp_path / name)[0].sequence == 3
    (tmp_path / "empty.md").write_text("nothing {here}")
    with pytest.raises(InvalidInput, match="no anchor"):
        read_anchors(tmp_path / "empty.md")
