"""The steps of each phase, with the help beside each: what it is for, the product manager's part, what to ask, and what
to ask in place of a question that leads nowhere.

The order and what is usual are the lifecycle's (see docs/why/learn-more.md); how long a phase takes and who leads it
stands in `phases`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sextant.criteria import Phase
from sextant.lifecycle.phases import BY_KEY, PhaseInfo


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `goals` is what it is for, `part` what the product manager does in it, `ask` questions that help,
    `avoid` questions that do not, each with what to ask in its place. `kinds` are the documents that are written in
    it, `items` the items of the gate that it serves."""

    key: str
    phase: Phase
    title: str
    goals: tuple[str, ...]
    part: str
    ask: tuple[str, ...]
    avoid: tuple[tuple[str, str], ...]
    kinds: tuple[str, ...]
    items: tuple[str, ...]

    @property
    def info(self) -> PhaseInfo:
        """The phase, with what is usual in it."""
        return BY_KEY[self.phase]


STEPS: tuple[Step, ...] = (
    Step(
        "1.1", "problem", "Define the business problem",
        ("Say what goes wrong, for whom, how often and where in their work, with a number.",
         "Make sure that it is their problem and not yours: hear it from them."),
        "You lead. Talk with people who have the problem, then write the five answers and let somebody who does not know "
        "it read them.",
        ("What did you do the last time this happened, from start to end?",
         "What does one case cost, in minutes or in money?",
         "Who has it most, and who hardly at all?"),
        (("Where could AI help you?", "Ask which task they would pay to be rid of."),
         ("Would you use this?", "Ask what they use today, and what it took to switch.")),
        ("five_ws", "interview", "intent"), ("1a",),
    ),
    Step(
        "1.2", "problem", "Find out whether ML is the right way",
        ("Rule out the cheaper ways first: clearer work, a form, a rule.",
         "Know what a wrong answer costs, and whether somebody can catch it."),
        "You answer the six questions with the ML lead, and put a reason and, for the return, a range beside each.",
        ("What is the best rule that we can write in a day, and how well does it do?",
         "What happens after a wrong answer, and who notices?",
         "What would have to be true for this to lose money?"),
        (("Can ML do this?", "Ask what it must be better than, and by how much."),
         ("What is the return?", "Ask for the low, the likely and the high, and which guess matters most.")),
        ("decision_tree", "roi"), ("1b",),
    ),
    Step(
        "1.3", "problem", "Set what counts as success",
        ("Fix a target of each kind, business, product and ML, while nobody knows the result.",
         "Settle for each where it stands today, by when it must hold, who owns it, and what will measure it."),
        "You set the targets with stakeholders and the ML lead: ambitious, and such that missing one would change what "
        "you do.",
        ("If this is met and the business number does not move, what did we get wrong?",
         "Where does today's number come from, and would we get it again?",
         "Which target would make us stop?"),
        (("What accuracy can we get?", "Ask what accuracy users need before it saves them work."),
         ("Can we add this metric too?", "Ask which decision it would change.")),
        (), ("1c",),
    ),
    Step(
        "1.4", "problem", "Assess feasibility",
        ("Look at four sides, technique, data, resources and users, before money is spent.",
         "Turn each doubt into a risk with somebody who looks after it."),
        "You gather what others know: the ML lead on technique and data, finance on money, users on trust.",
        ("Who has solved something like it, and how well?",
         "Which data do we need, and who must agree to it?",
         "What will users do when it is wrong in front of a customer?"),
        (("Is it feasible?", "Ask what would have to be true, side by side."),
         ("How hard can it be?", "Ask for the part that nobody here has done before.")),
        ("feasibility",), ("1d",),
    ),
    Step(
        "1.5", "problem", "Write the brief and have it signed",
        ("Put all of it on a page that somebody can forward.",
         "Get a name under this very text, before there are results to argue about."),
        "You write it and carry it to every stakeholder. A change of target, scope, money or date asks them again.",
        ("What in this would you not defend in a month?",
         "What are we not doing?",
         "Who can stop this later, and has that person signed?"),
        (("Are we aligned?", "Ask each to sign what is written."),
         ("Can we keep the scope open?", "Ask what the first version leaves out.")),
        ("brief", "stakeholder"), ("1e", "1f"),
    ),
    Step(
        "2.1", "data", "Say which data is needed",
        ("Write rules that can be checked: how much, how good, in which form, with which labels, from where.",
         "Know the usual order of size: 1,000 to 10,000 examples for a simple task, 100,000 and far more for a hard one, some "
         "hundreds to fine-tune a large model."),
        "You say what real use looks like, so that the data does too; the ML lead says how much of it is enough.",
        ("Which cases must it not fail on, and how many of those do we have?",
         "How old may an example be?",
         "What does the learning curve say about another thousand?"),
        (("How many rows do we have?", "Ask how many there are of the kind that is rare."),
         ("Is the data good?", "Ask which rule it breaks, and how often.")),
        ("data_requirement",), ("2a",),
    ),
    Step(
        "2.2", "data", "Decide how to get it",
        ("Choose between what exists, what users make, labels, generated data and partners, by what each costs and allows.",
         "Have a licence or a consent on record for each source."),
        "You open doors: access inside the house, consent in the product, contracts and the legal review.",
        ("Which existing data is nearly right, and what is missing in it?",
         "What do users get for sharing theirs?",
         "Does generated data look like the real thing, by its distribution?"),
        (("Can we just scrape it?", "Ask which licence allows it, and who checked."),
         ("Can we generate the rest?", "Ask how it will be compared with real cases.")),
        ("data_source", "data_plan"), ("2b", "2d"),
    ),
    Step(
        "2.3", "data", "Have it labeled",
        ("Make a label mean the same to everybody who gives it.",
         "Pay for the quality that the bar needs: several labelers an item, known answers among them, talks about what they "
         "disagree on."),
        "You write the guideline with examples for each value, try it on few items, and set the budget.",
        ("On which items do two careful people disagree, and why?",
         "What share of the known answers does each labeler get right?",
         "Would a rule label well enough for this part?"),
        (("Can we label everything at once?", "Ask for a trial on 50 items first."),
         ("Who is the best labeler?", "Ask how far they agree, and with what range.")),
        ("guideline",), ("2c",),
    ),
    Step(
        "2.4", "data", "Clean it",
        ("Find what is missing, doubled, out of range, written differently or one-sided; count it and see examples.",
         "Mend what changes a result, and write down why the rest may stay."),
        "You decide what to mend, by what it does to users; not all of it has to be perfect.",
        ("If we leave this as it is, who is treated worse?",
         "Is this outlier a mistake or a real case?",
         "What did this fix do to the groups that are small?"),
        (("Is it clean now?", "Ask which findings are open, and what each does to a result."),
         ("Can we drop the bad rows?", "Ask which users those rows are.")),
        ("quality_resolution",), ("2f",),
    ),
    Step(
        "2.5", "data", "Keep it coming",
        ("Have every version again when somebody asks: from where it came, what changed.",
         "Notice on the day when it stops coming, or comes differently."),
        "You see to it that somebody has time for it, and set how fresh it must be.",
        ("Who is told when no data came last night?",
         "Which version was this model trained on, and can we have it again?",
         "What happens to this source when its product changes?"),
        (("Is the pipeline done?", "Ask when it last ran, and what was checked."),
         ("Do we need real time?", "Ask which decision would be worse a day later.")),
        ("pipeline",), ("2e",),
    ),
    Step(
        "3.1", "model", "Define what the model must do",
        ("Give quality, speed, cost, fairness and explanations a number each, or a reason why not.",
         "Have the ML lead sign that they are understood."),
        "You give constraints and their order; how to meet them is the team's.",
        ("From when on does somebody wait instead of working?",
         "What may one answer cost, at the volume that we plan?",
         "Between which groups may it not differ, and by how much?"),
        (("Make it as accurate as possible.", "Ask for the bar, and what is given up for more."),
         ("Which algorithm do we use?", "Ask what each option costs at our volume.")),
        ("model_requirements", "resource"), ("3a", "3b"),
    ),
    Step(
        "3.2", "model", "Choose an approach",
        ("Compare renting a model, tuning one, building one and plain rules on the same cases.",
         "Know at which volume another becomes cheaper, and what would have to change for it to win."),
        "You weigh what counts, time to users, cost, quality, control, with the team, and write down why.",
        ("What do we know after two weeks with the fastest option?",
         "What are we tied to with this one, and how do we get out?",
         "Which weight would have to move for the second to win?"),
        (("What does everybody else use?", "Ask what was measured on our cases."),
         ("Should we build our own?", "Ask what the rented one cannot do for our users.")),
        ("model_option", "option_decision"), ("3d",),
    ),
    Step(
        "3.3", "model", "Train and iterate",
        ("See the target's number move from run to run, and stop when it no longer does.",
         "Clear what stands in the way within days."),
        "You hold the weekly check-in, and fetch what is missing: data, computing power, time.",
        ("How does the number trend, and is that more than chance?",
         "What stops you this week?",
         "What do we gain in speed for a point of quality, and what do users care about more?"),
        (("Why not simply 100 %?", "Ask which mistakes hurt users most."),
         ("When is it done?", "Ask what the last three runs gained.")),
        ("check_in_plan", "check_in", "blocker"), ("3c", "3e"),
    ),
    Step(
        "3.4", "model", "Understand the numbers",
        ("Read each number with its range, and say what it means for a hundred users.",
         "Know what a score leaves out: likeness to a reference text says little about whether a draft is useful."),
        "You translate, in both directions: a number into what users meet, a complaint into a number.",
        ("Of 100 answers shown, how many are wrong, and in which way?",
         "Of those it should have found, how many did it miss?",
         "Do people rate it as the score does?"),
        (("Is 85 % good?", "Ask what the other 15 look like to a user."),
         ("Which metric is best?", "Ask which mistake is worse for us, and choose by that.")),
        (), ("4a",),
    ),
    Step(
        "4.1", "evaluation", "Evaluate offline",
        ("Measure on cases that the model has never met, and that look like real use.",
         "Find where it fails, by segment, and turn that into a need for data."),
        "You read fifty mistakes yourself, and decide whether it is good enough for people to see.",
        ("What do the mistakes have in common?",
         "Which segment is worst, and is that more than chance after looking at so many?",
         "Could any of these cases have been in the training data?"),
        (("What is the overall score?", "Ask for the worst segment that matters."),
         ("Can we test on the cases that we tuned on?", "Ask for those that nobody has looked at.")),
        (), ("4a",),
    ),
    Step(
        "4.2", "evaluation", "Test on real users, A against B",
        ("Learn whether it changes what people do, beside others who do not have it.",
         "Decide by a rule that was signed before the first user saw it."),
        "You write the hypothesis, the one target that decides, the guardrails, and the rule. Two weeks at least.",
        ("What is the smallest effect that would be worth it, and how many users does finding it take?",
         "Which number may under no circumstance get worse?",
         "Did both arms get the share of users that was planned?"),
        (("Is it significant yet?", "Ask how many days are left in the plan."),
         ("It helps this segment, can we ship it there?", "Ask whether that segment was named beforehand.")),
        ("ab_design", "ship_decision"), ("4b", "4e"),
    ),
    Step(
        "4.3", "evaluation", "Let people judge",
        ("Have users rate what it makes, without knowing what made it.",
         "Know how far they agree before you believe the mean."),
        "You recruit the raters, write the rubric, and read what they say beside the number.",
        ("What would you have changed before sending this?",
         "On which outputs do raters disagree, and what does each see?",
         "Would you have noticed that it is wrong?"),
        (("Do you like it?", "Ask what they would do with it next."),
         ("Can the team rate it?", "The team may support; let users or beta users decide.")),
        ("study_plan",), ("4c",),
    ),
    Step(
        "4.4", "evaluation", "Try to break it",
        ("Find what harms before somebody outside does: harmful output, tricks, leaks, made-up facts, brittleness.",
         "Grade what was found, mend it, and try it again on every version."),
        "You bring people together who think differently, and set how bad a finding may be and still stay open.",
        ("What is the worst thing that it could say to a customer?",
         "Does the answer change when only a name does?",
         "What was found last time, and is it still mended?"),
        (("Is it safe?", "Ask what was tried, how often, and what got through."),
         ("Who would do such a thing?", "Ask what it would cost if one person did.")),
        ("safety_bar", "safety_finding"), ("4d",),
    ),
    Step(
        "5.1", "deployment", "Plan the rollout",
        ("Let few people meet it first, 5 to 10 %, watch for a week, and widen as the proof holds.",
         "Write down for each step what must hold and what stops it."),
        "You decide when it goes on, and whom it reaches first.",
        ("What must the next step see, and of how many?",
         "Who are the first users, and do they know whom to tell?",
         "What makes it go back by itself?"),
        (("Can everybody have it on Friday?", "Ask what this step has shown so far."),
         ("It went well, can we skip a step?", "Ask how many users that is based on.")),
        ("rollout_plan",), ("5a",),
    ),
    Step(
        "5.2", "deployment", "Set up monitoring and alerts",
        ("Have numbers of four kinds before the first user: model, system, business, cost.",
         "Wake the right person, and only when it matters."),
        "You set the limits, who is told first, and who after that.",
        ("Which number would tell us first that users are let down?",
         "Who is on call this week, and what do they do first?",
         "When did a test alert last arrive?"),
        (("Can we add monitoring after launch?", "Ask how we would notice until then."),
         ("Alert on everything?", "Ask which alert somebody would get up for.")),
        ("monitor",), ("5b",),
    ),
    Step(
        "5.3", "deployment", "Plan and try the way back",
        ("Have one action that brings back what was before, and one that brings back the last good model.",
         "Have tried both, with a clock running."),
        "You see to it that it was tried before launch, and know who may pull it.",
        ("How long did it take the last time, and who did it?",
         "Can somebody do it at night, from a phone?",
         "What happens to work that users have begun?"),
        (("Do we have a rollback plan?", "Ask when it was last tried, on this version."),
         ("Can we fix it forward?", "Ask how long users wait meanwhile.")),
        ("rollback_plan",), ("5c",),
    ),
    Step(
        "5.4", "deployment", "Launch",
        ("Tell users what it does, what it does not, and how to say that it is wrong.",
         "Have a day on which you look back, with the people who must be there."),
        "You write the words, agree on them, and send them on the day.",
        ("What will users believe that it can do, and cannot?",
         "Who hears it from us before they hear it from a customer?",
         "What will we look at in the review, and what would make us go back?"),
        (("Can we announce it now?", "Ask which share of users has it."),
         ("Do we need a review?", "Ask who decides what comes next, and on what.")),
        ("announcement", "post_launch_review"), ("5d", "5e"),
    ),
    Step(
        "6.1", "maintenance", "Review every week and month",
        ("Ten minutes a week on trends, feedback, new mistakes and cost; once a month segments, rivals and the roadmap.",
         "Leave each review with a decision and a name."),
        "You hold it, also when nothing seems wrong.",
        ("Which number moved, and what was released just before?",
         "Which complaint came twice?",
         "Who is served worse than a month ago?"),
        (("Is everything fine?", "Ask which target was measured when."),
         ("Can we skip this week?", "Ask who would notice a drop until next week.")),
        ("review_plan", "review"), ("6a",),
    ),
    Step(
        "6.2", "maintenance", "Watch for drift",
        ("Notice when what comes in changes, and when what is right changes.",
         "Have a limit for each that says when to act."),
        "You say which changes matter to users; the team sets the limits.",
        ("What has changed in how people use it?",
         "Is it the input that moved, or the answers that are no longer right?",
         "How long would it take us to see it?"),
        (("Has it drifted?", "Ask what moved, by how much, and what it did to the targets."),
         ("Can we alert on any change?", "Ask which change has ever cost us quality.")),
        ("drift_plan",), ("6b",),
    ),
    Step(
        "6.3", "maintenance", "Retrain",
        ("Know beforehand what sets it off: time, a drop, more data, an event.",
         "Put a new model in only if it is no worse, tested like the first."),
        "You keep a tenth to a fifth of the team's time for it, and decide with the same rule as at launch.",
        ("What did the last retraining gain?",
         "Which cases did the old model get right that the new one does not?",
         "Could we do it this week if we had to?"),
        (("Retrain to be safe?", "Ask what set it off."),
         ("The new one is better, can it go in?", "Ask what the test against the present one says.")),
        ("retraining_plan", "upkeep_plan"), ("6c", "6e"),
    ),
    Step(
        "6.4", "maintenance", "Keep improving",
        ("Turn feedback, tickets, mistakes and what others do into a list, in order of what it brings and costs.",
         "Measure again after each improvement."),
        "You keep the list, order it, and plan a quarter at a time.",
        ("Which three complaints share one cause?",
         "What would the most users feel first?",
         "Did the last improvement do what we said it would?"),
        (("What can we add?", "Ask what people still do by hand beside it."),
         ("Who shouts loudest?", "Ask how many have it, and how often.")),
        ("improvement",), ("6d",),
    ),
)  # fmt: skip

BY_STEP: dict[str, Step] = {step.key: step for step in STEPS}


def steps_of(phase: str) -> Sequence[Step]:
    """The steps of a phase, in order."""
    return [step for step in STEPS if step.phase == phase]


def step_for(kind: str) -> Step | None:
    """The step in which a kind of document is written; None for one that belongs to no step.

    >>> step_for("brief").key
    '1.5'
    """
    return next((step for step in STEPS if kind in step.kinds), None)
