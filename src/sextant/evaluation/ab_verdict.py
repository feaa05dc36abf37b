"""The rule of an A/B test, and what it says of the effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Literal

from sextant.errors import InvalidInput
from sextant.evaluation.experiment import Recommendation, recommend
from sextant.phrases import number, number_text
from sextant.verdicts import Status, Verdict

if TYPE_CHECKING:
    from sextant.evaluation.ab_report import Check, Effect


@dataclass(frozen=True, slots=True)
class Rule:
    """What was agreed before the start.

    primary          the metric that decides
    at_least         by metric, the smallest effect that matters, in its unit; 0 unless told
    guardrails       by metric, how much worse than control is tolerated, in its unit; 0 or more
    lower_is_better  metrics of which less is better
    planned_units, planned_days   before these are reached, a test for one look does not conclude
    """

    primary: str
    at_least: Mapping[str, float] = field(default_factory=dict)
    guardrails: Mapping[str, float] = field(default_factory=dict)
    lower_is_better: frozenset[str] = frozenset()
    planned_units: int | None = None
    planned_days: int | None = None

    def check(self, metrics: Sequence[str]) -> None:
        """Raise `InvalidInput` if it speaks of what is not measured, or contradicts itself."""
        for named in (self.primary, *self.at_least, *self.guardrails, *self.lower_is_better):
            if named not in metrics:
                raise InvalidInput(
                    f"the rule names {named}",
                    rule=f"metrics are {', '.join(metrics)}",
                    todo="name one of them",
                )
        for name, value in (*self.at_least.items(), *self.guardrails.items()):
            if not 0 <= value < float("inf"):
                raise InvalidInput(
                    f"the bar of {name} is {value:g}",
                    rule="the smallest effect that matters, and the harm that is tolerated, are 0 or more; which way "
                    "is good, the metric says",
                )
        if self.primary in self.guardrails:
            raise InvalidInput(
                f"{self.primary} is primary and guardrail", rule="one metric decides, others guard"
            )

    def better(self, metric: str) -> int:
        return -1 if metric in self.lower_is_better else 1

    def role(self, metric: str) -> Literal["primary", "guardrail", "secondary"]:
        return (
            "primary" if metric == self.primary else "guardrail" if metric in self.guardrails else "secondary"
        )

    def smallest(self, metric: str) -> float:
        """The bar in the good direction."""
        return -self.guardrails[metric] if metric in self.guardrails else self.at_least.get(metric, 0.0)


def judged(effect: Effect) -> Verdict:
    """Whether the whole interval lies on the good side of the bar (met), on the other (unmet), or neither.

    With a bar of 0 the good end must lie above it: no difference is no gain. A guardrail with no room must not
    be worse.
    """
    bar = effect.smallest
    if effect.difference.undefined:
        return Verdict(Status.NOT_ENOUGH, f"{effect.difference.undefined}.", effect.metric)
    low, high = effect.good
    unit = "share" if effect.share else ""
    ends = " and ".join(
        number_text(x, unit, difference=True) for x in (effect.difference.lower, effect.difference.upper)
    )
    said = f"{number_text(effect.difference.value, unit, difference=True)}, between {ends}"
    if bar < 0:
        said += f"; up to {number_text(-bar, unit, difference=True)} worse is tolerated"
    elif bar > 0:
        said += f"; at least {number_text(bar, unit, difference=True)} better is asked for"
    reached = low >= bar if bar != 0 or effect.role == "guardrail" else low > 0
    status = Status.MET if reached else Status.UNMET if high < bar else Status.NOT_ENOUGH
    return Verdict(status, f"{said}.", effect.metric)


def recommended(
    effects: Sequence[Effect],
    checks: Sequence[Check],
    rule: Rule,
    units: Mapping[str, int],
    days: Sequence[str],
) -> tuple[Recommendation, str]:
    """What the rule says of the best arm, and why."""
    sound = all(c.holds is not False for c in checks)
    if not sound:
        broken = next(c.said for c in checks if c.holds is False)
        return "iterate", f"The result cannot be believed: {broken} Find the cause, then run it again."
    said = []
    for arm in dict.fromkeys(e.arm for e in effects):
        mine = [e for e in effects if e.arm == arm]
        primary = next(e for e in mine if e.role == "primary")
        verdict = judged(primary)
        # A test for one look waits for its end; continuous looking may stop as soon as the primary is decided.
        decided = primary.e == primary.e and verdict.status is not Status.NOT_ENOUGH
        unfinished = (
            "" if decided else _unfinished(rule, units, days, verdict, continuous=primary.e == primary.e)
        )
        guards = [judged(e) for e in mine if e.role == "guardrail"]
        found = recommend(
            primary=verdict,
            guardrails=guards,
            sound=True,
            unfinished=unfinished,
            no_better=primary.good[1] <= 0,
        )
        said.append((found, arm, primary.difference.value * primary.better))
    order = ("ship", "keep_running", "iterate", "kill")
    (what, why), arm, _ = min(said, key=lambda s: (order.index(s[0][0]), -s[2] if s[2] == s[2] else 0.0))
    return what, why if len(said) == 1 else f"{arm}: {why}"


def _unfinished(
    rule: Rule, units: Mapping[str, int], days: Sequence[str], verdict: Verdict, *, continuous: bool
) -> str:
    total = sum(units.values())
    length = (date.fromisoformat(days[-1]) - date.fromisoformat(days[0])).days + 1 if days else None
    waits = []
    left = 0
    if rule.planned_units and total < rule.planned_units:
        waits.append(f"{number(total)} of {number(rule.planned_units)} planned units have come")
        if length:
            left = -(-(rule.planned_units - total) * length // total)
    if rule.planned_days and length is not None and length < rule.planned_days:
        waits.append(f"it has run {length} of {rule.planned_days} planned days")
        left = max(left, rule.planned_days - length)
    if not waits:
        planned = rule.planned_units or rule.planned_days
        if continuous and not planned and verdict.status is Status.NOT_ENOUGH:
            return f"{verdict.criterion} is not decided yet: {verdict.reason}"
        return ""
    more = f"; {left} more {'day' if left == 1 else 'days'} at this pace" if left else ""
    said = f"{' and '.join(waits)}{more}."
    return said[0].upper() + said[1:]
