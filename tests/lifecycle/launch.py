"""A project that is ready to launch: monitors that receive data, channels and both ways back that were tried."""

from __future__ import annotations

from typing import Any

from sextant.deployment.documents import Monitor, RollbackPlan
from sextant.evidence import Version
from sextant.lifecycle.parts import WAYS_BACK
from sextant.reports import ChannelTest, MonitorSample, RollbackDrill
from tests.lifecycle.factory import MODEL, day, report, subject, written

#: All was tried four days ago, and data has come in since, until an hour ago.
TRIED = day(-4)
ON = Version.parse("deployment:reader@d1")
GROUPS = ("model", "system", "business", "cost")


def monitors(**changes: dict[str, Any]) -> list[Any]:
    plain = {"owner": "ML engineer", "channel": "pager", "source": "the log"}
    return [written(Monitor(group=g, **{**plain, **changes.get(g, {})}), f"{g}_watch") for g in GROUPS]


def samples(**changes: dict[str, Any]) -> list[Any]:
    plain = {"received": 100, "last_received_at": day(-1 / 24), "period_start": TRIED, "at": day(-1 / 24)}
    return [report(MonitorSample, monitor=f"{g}_watch", **{**plain, **changes.get(g, {})}) for g in GROUPS]


def channel_test(**changes: Any) -> Any:
    return report(
        ChannelTest, **{"channel": "pager", "delivered": True, "seconds": 3, "at": TRIED, **changes}
    )


def drills(**changes: dict[str, Any]) -> list[Any]:
    plain = {"deployment": ON, "restored": True, "seconds": 20, "target_seconds": 60, "at": TRIED}
    return [report(RollbackDrill, way=way, **{**plain, **changes.get(way, {})}) for way in WAYS_BACK]


ROLLBACK = RollbackPlan(
    immediate="switch the flag off",
    short_term="find the cause",
    long_term="out again in steps",
    target_seconds=60,
)
DEPLOYED = subject("deployment", "reader", "d1")


def launch(**more: Any) -> dict[str, Any]:
    """The parts of a state that is ready to launch, with more of each."""
    return {
        "candidate": MODEL,
        "criteria": [*more.get("criteria", ())],
        "documents": [*monitors(), ROLLBACK, *more.get("documents", ())],
        "evidence": [*samples(), channel_test(), *drills(), *more.get("evidence", ())],
        "subjects": [DEPLOYED, *more.get("subjects", ())],
    }
