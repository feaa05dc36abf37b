"""The 32 items of the guide's six checklists. What decides each stands in `checks/`."""

from __future__ import annotations

from dataclasses import dataclass

from sextant.criteria import Phase


@dataclass(frozen=True, slots=True)
class Item:
    """One checklist item. `starred` items block at every rigor; `asks` is what the check looks for, as the page says it."""

    key: str
    phase: Phase
    title: str
    asks: str
    starred: bool = False
    signed: bool = False


def _items(phase: Phase, *rows: tuple[str, str, str]) -> tuple[Item, ...]:
    return tuple(
        Item(mark.rstrip("*s"), phase, title, asks, starred="*" in mark, signed="s" in mark)
        for mark, title, asks in rows
    )


CHECKLIST: tuple[Item, ...] = (
    *_items(
        "problem",
        ("1a*", "The problem is defined and its impact can be measured",
         "Five Ws without an open fault, talks with users or a reason why not, and a business target with a baseline, its source and a date."),
        ("1b*", "ML is the right way to solve it",
         "The decision tree ends in going on, the return is within the project's bar, and a rule-based baseline is named."),
        ("1c*", "Success is defined in business, product and ML terms",
         "At least one target of each kind, each with what measures it or who will, how and from when."),
        ("1d", "It is feasible on all four sides",
         "Technical, data, resources and users: no \"no\", and a risk with a mitigation for every \"caution\"."),
        ("1es", "Stakeholders agree on goals and timeline",
         "Every required stakeholder has signed the present goals and timeline."),
        ("1f*s", "The brief is written and approved", "The brief is complete and signed as it now reads."),
    ),
    *_items(
        "data",
        ("2a", "Data requirements are specified",
         "Quantity, quality, format, labels and sources each have a rule that can be checked."),
        ("2b", "Collection is defined and resourced",
         "Every source has an owner, a state, a cost, and a licence or consent record; the sum is within the budget."),
        ("2c", "Labelers have guidelines that work",
         "A published guideline with criteria and examples for each value, and a calibration whose agreement is over the bar even at the low end of its range."),
        ("2d", "Data and labels are paid for", "The budget covers the forecast from the measured cost of a label."),
        ("2e", "Data keeps coming",
         "The pipeline has an owner, a cadence and a cost; before real use it runs, is fresh, and is checked on schedule."),
        ("2f*", "Data quality is known and dealt with",
         "A quality report on the present data; each finding fixed, accepted with a reason, or planned."),
    ),
    *_items(
        "model",
        ("3as", "The ML lead has agreed to the requirements",
         "Quality, latency, cost, fairness and explainability have targets (or a reason why not), and the ML lead signed them."),
        ("3b", "The team has what it needs", "Planned against available for each resource, and the data targets are met."),
        ("3c", "Weekly check-ins are held", "The last one that was due was held, with trend, blockers and decisions."),
        ("3d", "The trade-offs are understood and decided",
         "The options are compared with measured numbers, the sensitivity was seen, and the decision is recorded."),
        ("3e", "Blockers are resolved quickly", "No open blocker is older than the project's limit."),
    ),
    *_items(
        "evaluation",
        ("4a*", "The offline evaluation meets the bar",
         "Every ML target is met on sound evidence: held out, not leaked, labels agreed, on the candidate and the present data."),
        ("4bs", "The A/B test is designed before it starts",
         "Hypothesis, control, metrics, power, duration and decision rule, signed before the first exposure; flag, monitors and rollback ready."),
        ("4c", "Real users have judged the output",
         "A finished study with enough ratings by users or beta users, who agree with each other, and whose targets are met."),
        ("4d*", "The red team has tried, and what it found is mended",
         "All five categories were tried on the candidate, and nothing above the bar is open."),
        ("4e*s", "Ship, iterate or kill is decided",
         "The named decider's recorded decision on a concluded, sound A/B test or its signed substitute."),
    ),
    *_items(
        "deployment",
        ("5a", "The rollout is planned in steps",
         "Steps, how long each lasts, what must hold and what breaks it; all at once only with a reason."),
        ("5b*", "Monitoring and alerts are live",
         "Monitors of all four kinds receive data before the first exposure, with an owner and a channel that was tried."),
        ("5c*", "The way back was tried",
         "A drill of both ways back on this deployment, restored within the target time, not too long ago."),
        ("5d", "The launch is announced",
         "Drafted and approved; each audience has a date and a channel; sent when due."),
        ("5e", "A review after launch is in the calendar", "It has a date and people, and is held when due."),
    ),
    *_items(
        "maintenance",
        ("6a", "Dashboards are reviewed every week", "The last review that was due was held, with decisions."),
        ("6b", "Drift is watched",
         "Checks of data and of results are scheduled and ran on time on what the model in service reads and is scored on."),
        ("6c", "Retraining is prepared",
         "Triggers are defined, and a dry run of the six steps succeeded."),
        ("6d", "The list of improvements is kept",
         "Items from at least two sources, prioritized, and touched within the cadence."),
        ("6e", "Upkeep has people and money", "10–20 % of capacity is planned for it; spent against planned is shown."),
    ),
)  # fmt: skip

ITEMS: dict[str, Item] = {item.key: item for item in CHECKLIST}
