"""Many raters at once, on both databases: each item as often as it wants, none lost, nobody one twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from sextant_server.labeling.models import Dealt, Item, Rater
from tests.server.labeling.making import invite, label_all, make_round
from tests.server.labeling.test_dealing import whole
from tests.server.world import open_project


def test_many_raters_at_once_get_each_item_as_often_as_it_wants(both_databases: str) -> None:
    project = open_project()
    row = make_round(project, many=30, gold=5)
    people = [invite(row, f"r{n}") for n in range(8)]

    def work(rater: Rater) -> int:
        try:
            # Some disagree, so that items get more raters while others label.
            return len(
                label_all(rater, lambda item: "ham" if (item.number + rater.number) % 5 == 0 else "spam")
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        total = sum(pool.map(work, people))
    # Who was done may be asked again: an item that the last answers left disputed gets one more.
    while more := sum(work(one) for one in people):
        total += more
    assert Dealt.objects.filter(round=row, state="labeled").count() == total
    assert not Dealt.objects.filter(round=row, state="out").exists()
    for item in Item.objects.filter(round=row, is_gold=False):
        assert item.given == item.wanted and item.room == 0 and item.state in ("settled", "disputed")
    whole(row)
