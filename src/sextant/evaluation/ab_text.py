"""An analysed A/B test as text that a product manager can read: health first, then effects, then what follows."""

from __future__ import annotations

import math

from sextant.evaluation.ab_report import Analysis, Effect
from sextant.phrases import number, number_text, with_unit

_SIGNS = {True: "✓", False: "✕", None: "◐"}
_WORDS = {"ship": "Ship", "iterate": "Iterate", "kill": "Kill", "keep_running": "Keep running"}
#: Days that are listed one by one; of more, these many from the end.
_DAYS = 14


def as_text(found: Analysis) -> str:
    """The whole analysis in lines."""
    lines = [f"{found.table}: " + ", ".join(f"{number(n)} in {arm}" for arm, n in found.units.items()), ""]
    lines += [f"{_SIGNS[c.holds]} {c.said}" for c in found.checks]
    if found.capped:
        lines += [
            f"◐ {c} was capped to {number(low)} … {number(high)}." for c, (low, high) in found.capped.items()
        ]
    for effect in found.effects:
        lines += ["", *_effect(found, effect)]
    if found.segments:
        lines += ["", *_segments(found)]
    if found.days:
        lines += ["", *_days(found)]
    lines += ["", f"{_WORDS[found.recommendation]}. {found.why}", "", _how(found)]
    return "\n".join(lines)


def _value(effect: Effect, value: float, *, difference: bool = False) -> str:
    return number_text(value, "share" if effect.share else "", difference=difference)


def _effect(found: Analysis, e: Effect) -> list[str]:
    head = f"{e.metric} ({e.role}, {'more' if e.better > 0 else 'less'} is better), {e.arm} against {found.control}"
    if e.difference.undefined:
        return [head, f"  It cannot be told: {e.difference.undefined}."]
    d, r = e.difference, e.relative
    lines = [
        head,
        f"  {_value(e, e.candidate)} against {_value(e, e.control)}",
        f"  difference {_value(e, d.value, difference=True)}, between {_value(e, d.lower, difference=True)} and "
        f"{_value(e, d.upper, difference=True)} ({with_unit(e.level, 'share')} sure)",
    ]
    if not r.undefined:
        lines.append(
            f"  relative {with_unit(r.value, 'share')}, between {with_unit(r.lower, 'share')} and {with_unit(r.upper, 'share')}"
        )
    lines.append("  " + _meaning(e))
    lines.append(
        f"  p {number(e.p)}"
        + (f", {number(e.adjusted)} with the other questions" if e.adjusted is not None else "")
        + (
            f"; better with probability {with_unit(e.chance_better, 'share')}, expected loss {number(e.expected_loss)}"
            if not math.isnan(e.chance_better)
            else ""
        )
    )
    if e.saved > 0:
        lines.append(
            f"  What was known before takes {with_unit(e.saved, 'share')} off the variance: as if "
            f"{number(1 / (1 - e.saved), 2)} times as many had taken part."
        )
    if e.strata > 1:
        lines.append(f"  Compared within {e.strata} periods.")
    if e.left_out:
        lines.append(f"  {number(e.left_out)} units lie in periods with one arm alone, and are left out.")
    return lines


def _meaning(e: Effect) -> str:
    word = {"better": "better", "worse": "worse"}.get(e.verdict)
    if word:
        return f"{e.arm} is {word}: the whole range lies on one side of no difference."
    return "No difference is shown: the range holds zero. It may be as good or as bad as its ends."


def _segments(found: Analysis) -> list[str]:
    lines = []
    for column, arm in dict.fromkeys((s.column, s.arm) for s in found.segments):
        parts = [s for s in found.segments if (s.column, s.arm) == (column, arm)]
        differ = parts[0].differ
        share = found[found.rule.primary].share
        unit = "share" if share else ""
        lines.append(f"{found.rule.primary} by {column}, {arm} against {found.control}")
        for s in parts:
            if s.difference.undefined:
                lines.append(f"  {s.value}: {number(s.units)} units; {s.difference.undefined}")
                continue
            raw, drawn = s.difference, s.drawn
            ends = " and ".join(number_text(x, unit, difference=True) for x in (drawn.lower, drawn.upper))
            lines.append(
                f"  {s.value}: {number_text(drawn.value, unit, difference=True)}, between {ends} (as measured "
                f"{number_text(raw.value, unit, difference=True)}; {number(s.units)} units)"
            )
        if not math.isnan(differ):
            lines.append(
                f"  That segments differ is {'shown' if differ < 0.01 else 'not shown'} (p {number(differ)}); small "
                "segments are drawn towards all."
            )
    return lines


def _days(found: Analysis) -> list[str]:
    lines = []
    for metric, arm in dict.fromkeys((d.metric, d.arm) for d in found.days):
        if metric != found.rule.primary:
            continue
        effect = next(e for e in found.effects if (e.metric, e.arm) == (metric, arm))
        days = [d for d in found.days if (d.metric, d.arm) == (metric, arm)]
        lines.append(f"{metric} so far, day by day, {arm} against {found.control}")
        for d in days[-_DAYS:]:
            said = d.difference.undefined or (
                f"{_value(effect, d.difference.value, difference=True)}, between "
                f"{_value(effect, d.difference.lower, difference=True)} and {_value(effect, d.difference.upper, difference=True)}"
            )
            lines.append(f"  {d.day}  {number(d.units)} units: {said}")
    if not found.continuous and lines:
        lines.append(
            "  These ranges hold for one look at the planned end; for daily looks ask for continuous ones."
        )
    return lines


def _how(found: Analysis) -> str:
    if found.continuous:
        return (
            f"These ranges hold at all looks together with {with_unit(found.level, 'share')}: you may look daily, and "
            "stop when you like (asymptotic confidence sequences, Waudby-Smith et al. 2024)."
        )
    return (
        f"These ranges hold with {with_unit(found.level, 'share')} for one look at the planned end. Who looks daily "
        "and stops at the first good day is wrong far more often: ask for continuous ranges then."
    )
