"""Who gets which item: each gets as many raters as it wants, nobody gets one twice, none is lost."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from sextant.data.guidelines import HardCase, LabelValue
from sextant.errors import Conflict, InvalidInput, NotFound
from sextant_server.labeling import actions, dealing_actions
from sextant_server.labeling.dealing_actions import Answer
from sextant_server.labeling.models import Dealt, Item, Round
from sextant_server.projects.models import Project
from sextant_server.records import audit
from tests.server.labeling.making import SPAM, answer, invite, label_all, make_round, truth
from tests.server.world import LOCAL, open_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return open_project()


def whole(row: Round) -> None:
    """What holds at every moment: places given away and taken add up, and no rater has an item twice."""
    for item in Item.objects.filter(round=row, is_gold=False):
        deals = Dealt.objects.filter(item=item)
        out, labeled = deals.filter(state="out").count(), deals.filter(state="labeled", void=False).count()
        assert item.given == labeled
        assert item.room + out + labeled >= item.wanted or item.state != "open"
    pairs = Dealt.objects.filter(round=row).values_list("item_id", "rater_id")
    assert len(set(pairs)) == len(pairs)


def test_each_item_gets_so_many_raters_and_nobody_one_twice(project: Project) -> None:
    row = make_round(project, many=6)
    seen = {name: label_all(invite(row, name)) for name in ("Ann", "Bob", "Cy", "Dee")}
    assert [len(keys) for keys in seen.values()] == [6, 6, 6, 0]
    assert Counter(k for keys in seen.values() for k in keys) == dict.fromkeys(
        [f"m{n}" for n in range(1, 7)], 3
    )
    assert set(Item.objects.filter(round=row).values_list("state", "given")) == {("settled", 3)}
    whole(row)


def test_a_disputed_item_gets_one_more_at_a_time_the_most_disputed_first(project: Project) -> None:
    row = make_round(project, many=3, most=5)
    first, second, third = (invite(row, name) for name in ("Ann", "Bob", "Cy"))
    label_all(first, lambda item: "spam")
    label_all(second, lambda item: "spam" if item.key == "m1" else "ham")
    label_all(third, lambda item: "spam")
    # m1 has three of three; the two others two of three, which does not settle them.
    states = dict(Item.objects.filter(round=row).values_list("key", "state"))
    assert states == {"m1": "settled", "m2": "open", "m3": "open"}
    fourth, fifth = invite(row, "Dee"), invite(row, "Eve")
    assert sorted(label_all(fourth, lambda item: "spam" if item.key == "m2" else "ham")) == ["m2", "m3"]
    # m2 is settled by three of four; m3 stands at two of four, and the fifth is its last.
    assert label_all(fifth, lambda item: "spam") == ["m3"]
    found = dict(Item.objects.filter(round=row).values_list("key", "state"))
    assert found == {"m1": "settled", "m2": "settled", "m3": "disputed"}
    assert Item.objects.get(round=row, key="m3").disputed == pytest.approx(0.4)
    whole(row)


def test_a_deal_whose_time_is_up_goes_to_another_and_a_late_answer_is_kept(project: Project) -> None:
    row = make_round(project, many=1, labelers=1, most=1)
    slow, quick = invite(row, "Ann"), invite(row, "Bob")
    deal = dealing_actions.next_item(slow).next
    assert deal is not None and dealing_actions.next_item(quick).over == "done"
    Dealt.objects.filter(pk=deal.pk).update(until=datetime.now(UTC) - timedelta(seconds=1))
    assert len(label_all(quick)) == 1
    answer(slow, deal, "spam")
    assert Item.objects.get(round=row).given == 2
    whole(row)


def test_a_deal_whose_time_is_up_comes_back_to_the_only_rater(project: Project) -> None:
    row = make_round(project, many=1, labelers=1, most=1)
    rater = invite(row)
    deal = dealing_actions.next_item(rater).next
    assert deal is not None
    Dealt.objects.filter(pk=deal.pk).update(until=datetime.now(UTC) - timedelta(seconds=1))
    again = dealing_actions.next_item(rater).next
    assert again is not None and again.pk == deal.pk
    assert len(label_all(rater)) == 1
    whole(row)


def test_a_skipped_item_goes_to_others_and_to_an_expert_if_all_skip(project: Project) -> None:
    row = make_round(project, many=1)
    for name in ("Ann", "Bob", "Cy"):
        rater = invite(row, name)
        deal = dealing_actions.next_item(rater).next
        assert deal is not None
        found = dealing_actions.give_answer(rater, deal.pk, Answer({}, skip="I cannot tell"), SPAM, 1)
        assert found.over == "done"
    item = Item.objects.get(round=row)
    assert (item.state, item.room, item.skips, item.given) == ("disputed", 0, 3, 0)


def test_known_items_come_unseen_at_their_share(project: Project) -> None:
    row = make_round(project, many=100, gold=20, labelers=1, most=1)
    rater = invite(row)
    label_all(rater)
    rater.refresh_from_db()
    assert (rater.dealt, rater.given) == (110, 110) or rater.dealt in range(109, 113)
    assert rater.gold_seen == rater.gold_right and rater.gold_seen in (10, 11, 12)
    places = list(Dealt.objects.filter(rater=rater).order_by("id").values_list("item__is_gold", flat=True))
    assert all(sum(places[start : start + 10]) == 1 for start in range(0, 100, 10)), "one in each ten"
    assert len({places[s : s + 10].index(True) for s in range(0, 100, 10)}) > 1, "not at the same place"


def test_who_is_under_the_bar_is_paused_and_their_items_are_dealt_again(project: Project) -> None:
    row = make_round(project, many=30, gold=10, labelers=1, most=1, gold_share=0.25, gold_least=4)
    bad = invite(row, "Ann")
    wrong = {"spam": "ham", "ham": "spam"}
    seen = label_all(bad, lambda item: wrong[truth(item.content["text"])])
    bad.refresh_from_db()
    assert (bad.state, bad.gold_seen, bad.gold_right) == ("paused", 4, 0)
    assert "0 of 4" in bad.why
    assert not Item.objects.filter(round=row, is_gold=False).exclude(given=0, room=1).exists()
    with pytest.raises(Conflict):
        answer(bad, Dealt.objects.filter(rater=bad).latest("id"), "spam")
    good = invite(row, "Bob")
    assert set(seen) - {i.key for i in Item.objects.filter(round=row, is_gold=True)} <= set(label_all(good))
    assert Item.objects.filter(round=row, state="settled").count() == 30
    actions.resume(project, LOCAL, bad)
    assert Dealt.objects.filter(rater=bad, void=True).count() == 0
    whole(row)
    assert audit.projections(project) == []


def test_an_answer_is_changed_in_place(project: Project) -> None:
    row = make_round(project, many=2, labelers=1, most=1)
    rater = invite(row)
    deal = dealing_actions.next_item(rater).next
    assert deal is not None
    answer(rater, deal, "spam")
    answer(rater, deal, "spam")
    answer(rater, deal, "ham", note="I looked again")
    deal.refresh_from_db()
    assert (deal.answer, deal.revised, deal.note) == ({"value": "ham"}, 1, "I looked again")
    rater.refresh_from_db()
    assert rater.given == 1
    whole(row)


def test_the_budget_ends_the_dealing(project: Project) -> None:
    row = make_round(project, many=10, labelers=1, most=1, rate=0.5, budget=2.0)
    assert len(label_all(invite(row))) == 4
    assert dealing_actions.next_item(invite(row, "Bob")).over == "spent"


def test_a_foreign_deal_and_an_unknown_value_are_refused(project: Project) -> None:
    row = make_round(project)
    ann, bob = invite(row), invite(row, "Bob")
    deal = dealing_actions.next_item(ann).next
    assert deal is not None
    with pytest.raises(NotFound):
        answer(bob, deal, "spam")
    with pytest.raises(InvalidInput, match="no value of the guideline"):
        answer(ann, deal, "maybe")
    actions.set_state(project, LOCAL, row, "paused")
    assert dealing_actions.next_item(ann).over == "paused"
    with pytest.raises(Conflict):
        answer(ann, deal, "spam")


def test_a_new_meaning_makes_labels_stale_and_wording_does_not(project: Project) -> None:
    from sextant_server.labeling.queries import progress

    row = make_round(project, many=3, labelers=1, most=1)
    label_all(invite(row))
    wording = SPAM.model_copy(
        update={"version": "v1", "hard_cases": (HardCase(case="a newsletter", value="spam"),)}
    )
    actions.save_guideline(project, LOCAL, wording, "spam")
    assert progress(row).stale == 0
    other = LabelValue(value="spam", criteria="It sells something.", examples="a\nb")
    changed = SPAM.model_copy(update={"version": "v1", "values": (other, SPAM.values[1])})
    actions.save_guideline(project, LOCAL, changed, "spam")
    assert actions.guideline_of(project, "spam")[0].version == "v2", "labels of v1 mean something else"
    assert progress(row).stale == 3
    assert actions.deal_stale_again(project, LOCAL, row) == 3
    assert Item.objects.filter(round=row, room=1, given=0).count() == 3
    assert len(label_all(invite(row, "Bob"))) == 3
    whole(row)
    assert audit.projections(project) == []


def test_a_calibration_gives_everybody_every_item(project: Project) -> None:
    row = make_round(project, many=4, purpose="calibration")
    assert [len(label_all(invite(row, name))) for name in "abcdef"] == [4] * 6


def test_who_is_forgotten_leaves_answers_and_no_name(project: Project) -> None:
    row = make_round(project, many=2)
    rater = invite(row, "Ann Example")
    deal = dealing_actions.next_item(rater).next
    assert deal is not None
    answer(rater, deal, "spam", note="as my sister Eve says")
    actions.forget(project, LOCAL, rater)
    rater.refresh_from_db()
    assert (rater.name, rater.email, rater.hashed, rater.called) == ("", "", None, f"Labeler {rater.number}")
    assert Dealt.objects.get(pk=deal.pk).note == ""
    assert not any("Ann" in r.body or "sister" in r.body for r in project.records.all())
