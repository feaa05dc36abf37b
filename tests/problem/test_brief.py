"""The brief as it is drafted: sources are followed, and nothing that a person wrote is lost."""

from __future__ import annotations

from datetime import date

from sextant.criteria import Baseline, Criterion
from sextant.problem.brief import compose, metric_line
from sextant.problem.documents import Brief, Feasibility, FiveWs, Roi, Side, Spread, Stakeholder

POSTS = Criterion(
    key="posts", name="Posts a month", family="business", metric="posts", unit="posts", direction="at_least",
    threshold=12, baseline=Baseline(value=8, source="CMS"), due=date(2027, 5, 1),
)  # fmt: skip
CHURN = Criterion(
    key="churn", name="Churn", family="business", metric="churn", unit="share", direction="at_most", threshold=0.01,
    role="guardrail",
)  # fmt: skip

USE = POSTS.model_copy(update={"key": "use", "name": "Use", "family": "product", "unit": "share"})


def sure(value: float) -> Spread:
    return Spread(low=value, likely=value, high=value)


def whole(brief: Brief) -> Brief:
    return compose(
        brief, currency="EUR", five_ws=FiveWs(what="Drafts take 3 hours.", when="Daily", who="Editors"),
        roi=Roi(benefit=sure(100), build=sure(1000), run=sure(0), months=12, discount_rate=0),
        feasibility=Feasibility(data=Side(verdict="caution", findings="Half is there.")),
        stakeholders=[Stakeholder(name="Dana", role="ml_lead"), Stakeholder(name="Ivo", role="ml_lead")],
        criteria=[POSTS, CHURN, USE], risks=[("It invents facts", "")], starts=date(2027, 1, 4), ends=date(2027, 4, 30),
        budget=1000,
    )  # fmt: skip


def test_an_empty_brief_is_filled_from_what_there_is() -> None:
    found = whole(Brief())
    assert found.problem == "Drafts take 3 hours. Daily."
    assert found.target_users == "Editors"
    assert found.impact_now == "Posts a month: 8 posts (CMS)"
    assert found.impact_wanted == "Posts a month: at least 12 posts"
    assert found.roi.startswith("€200 in the middle of the range") and "back after 10 months" in found.roi
    assert found.feasibility == "Data: caution. Half is there."
    assert found.team == ("ml lead",)
    assert found.risks == "It invents facts: no mitigation yet."
    assert found.unwritten == ("Proposed ML approach", "Scope", "ML targets", "Done means")


def test_prose_by_hand_stays_and_targets_dates_and_budget_follow_their_source() -> None:
    earlier = Brief(
        problem="Ours.", risks="Ours too.", business_metrics=("old",), budget=5, ends=date(2026, 1, 1)
    )
    found = whole(earlier)
    assert (found.problem, found.risks) == ("Ours.", "Ours too.")
    assert found.business_metrics == (metric_line(POSTS), metric_line(CHURN))
    assert (found.budget, found.ends) == (1000, date(2027, 4, 30))
    assert compose(earlier, currency="EUR") == earlier


def test_a_guardrail_is_said_as_a_limit_of_harm() -> None:
    assert metric_line(CHURN) == "Churn: at most 1 % higher than without it"
    later = POSTS.model_copy(update={"due": None, "due_days_after_exposure": 90, "baseline": None})
    assert metric_line(later) == "Posts a month: at least 12 posts within 90 days of first use"


def test_only_material_fields_change_what_is_signed() -> None:
    first = Brief(problem="a", scope="b")
    assert first.material_digest() == Brief(problem="c", scope="b").material_digest()
    assert first.material_digest() != Brief(problem="a", scope="c").material_digest()
