"""Where the command line starts, and the table of its commands.

The table is all that `sextant --help` needs, so that it answers before anything is imported; a command's
module is imported when the command is asked for.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

USAGE = "sextant [--version] COMMAND ..."
ABOUT = "Where an ML product stands: its targets, the proof, and what that says about each gate."

#: (heading, {command: (module:function, one line of help)}), in the order in which they are shown.
SECTIONS = (
    ("Begin", {
        "new": ("start:new", "Open a project, with what is known of it already"),
        "init": ("init:init", "Begin a project in this folder, and measure what its files allow"),
        "demo": ("demo:demo", "Carry a real project through all six phases, and open it"),
        "check": ("check:check", "Run the checks of sextant.yaml and store what they found"),
        "sync": ("sync:sync", "Bring sextant.yaml and the site to say the same"),
        "schema": ("schema:schema", "Write the schema of sextant.yaml, for editors"),
    }),
    ("Where it stands", {
        "today": ("weeks:today", "What waits for you, and what you wait for, across projects"),
        "portfolio": ("weeks:portfolio", "Many projects side by side"),
        "status": ("status:status", "Targets against what was measured, what blocks, what next"),
        "gate": ("gate:gate", "What each gate says; exit 1 if something blocks"),
        "repeat": ("repeat:repeat", "Run a check that sometimes fails several times, and say how often it succeeds"),
        "evidence": ("evidence:evidence", "List, show, add, read and compute again what was measured"),
        "criteria": ("criteria:criteria", "List the targets, or take them out and in as a sheet"),
        "numbers": ("numbers:numbers", "Numbers that somebody read elsewhere: typed, pasted, or read from a database"),
        "documents": ("documents:documents", "List, show and write documents"),
        "five-ws": ("start:five_ws", "What is unclear in the five Ws, and how to mend it"),
        "brief": ("start:brief", "Print the brief as Markdown that can be forwarded"),
        "subject": ("subject:subject", "Say which version of a thing is the present one"),
        "reruns": ("decisions:reruns", "What is stale and must be run again, and what that takes"),
    }),
    ("Look at data", {
        "profile": ("profile:profile", "What a table holds, column by column, in some KB"),
        "labels": ("labels:labels", "Many people's labels: agreement, consensus, how good each labeler is"),
        "drift": ("drift:drift", "What has moved between two tables, column by column"),
        "synthetic": ("synthetic:synthetic", "How like real rows synthetic ones are, and whether any is a copy"),
        "data": ("data:data", "Keep versions of datasets, compare them, and have them again"),
        "quality": ("quality:quality", "Find what is wrong with a table, the gravest first"),
        "learning-curve": ("learning:learning_curve", "How many rows a target needs, by training runs or by rule of thumb"),
        "experiment": ("experiment:experiment", "A/B tests on any table: plan one, and analyse it"),
        "clean": ("quality:clean", "Mend a table by a recipe, into a new file"),
    }),
    ("Look at models", {
        "judge": ("judging:judge", "Whether a judge agrees with people well enough to judge"),
        "evaluate": ("evaluate:evaluate", "How good a model's answers are, with ranges, overall and by group"),
        "bench": ("bench:bench", "How an endpoint fares under load: latency, errors, tokens, cost"),
        "runs": ("runs:runs", "Runs of training against every requirement, from MLflow, Weights & Biases and Python"),
        "options": ("options:options", "Ways to build it side by side: numbers, costs over volume, what would change the winner"),
        "evaluate-lists": ("evaluate_more:lists_", "How good ranked lists are: search results and recommendations"),
        "evaluate-texts": ("evaluate_more:texts_", "How good generated texts are"),
        "find-errors": ("evaluate_more:errors", "Where a model fails: slices that do worse by more than luck, wrong cases"),
        "compare": ("compare:compare", "Two models on the same cases: is the difference real, and how large"),
        "fairness": ("compare:fairness", "How far groups lie apart in what a model does"),
    }),
    ("Decide and plan", {
        "opportunities": ("opportunities:opportunities", "What might become a project: rated, scored, compared"),
        "tree": ("numbers:tree", "Where the six questions lead: is ML the right way?"),
        "roi": ("numbers:roi", "What it returns, the chance of a loss, and what that hangs on most"),
        "decide": ("decisions:decide", "Record a person's decision at a gate"),
        "waive": ("decisions:waive", "Go on without an item or a target for a while"),
        "not-applicable": ("decisions:not_applicable", "Say that an item or a target does not apply"),
        "back": ("decisions:back", "Go back to a phase, with a reason"),
        "sign": ("decisions:sign", "Sign the present version of a document or the goals"),
        "risks": ("planning:risks", "The risk register"),
        "timeline": ("planning:timeline", "Planned, actual and forecast dates"),
        "waivers": ("weeks:waivers", "Waivers and how they turned out"),
        "meeting": ("weeks:meeting", "What the stakeholders' next meeting looks at"),
        "digest": ("weeks:digest", "What Monday's mail would say now"),
        "plan": ("plan:plan", "The plan on two or three pages: what is meant in each phase beside what was measured"),
    }),
    ("People", {
        "sign-link": ("people:sign_link", "Ask stakeholders to sign by a link, without an account"),
        "comment": ("people:comment", "Say something about a target, a document, an item or proof"),
        "review": ("people:review", "Ask somebody to look at something by a day"),
        "hand-over": ("people:hand_over", "Give what somebody holds to another person"),
    }),
    ("Prove and keep", {
        "card": ("card:card", "The model card of the version that is to ship, in Hugging Face's format"),
        "audit": ("audit:audit", "Check that the log still says what it said"),
    }),
    ("Run it for others", {
        "serve": ("server:serve", "Run the site, the API and the worker"),
        "worker": ("server:worker", "Run a worker alone"),
        "token": ("accounts:token", "Make, list and revoke tokens of programs"),
        "user": ("accounts:user", "Make and list accounts"),
        "manage": ("server:manage", "Django's own management commands"),
    }),
)  # fmt: skip

COMMANDS = {name: entry for _, listed in SECTIONS for name, entry in listed.items()}


def help_text() -> str:
    """What `sextant --help` prints."""
    width = max(map(len, COMMANDS))
    lines = [f"Usage: {USAGE}", "", f"  {ABOUT}"]
    for heading, listed in SECTIONS:
        lines += ["", f"{heading}:"]
        lines += [f"  {name:<{width}}  {line}" for name, (_, line) in listed.items()]
    return "\n".join([*lines, "", "`sextant COMMAND --help` says more of each."])


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 done, 1 something is not met, 2 bad use or out of reach,
    130 ctrl-C."""
    if arguments is not None:
        return _answer(list(arguments))
    import gc

    # A process of its own makes many objects and keeps most of them: looking for circles among them as often as
    # Python does by itself would take a tenth of a command's time.
    gc.set_threshold(100_000, 50, 50)
    code = _answer(sys.argv[1:])
    _leave(code)
    return code


def _answer(given: list[str]) -> int:
    import os

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal that cannot show a sign shows a question mark rather than a traceback.
            stream.reconfigure(errors="replace")
    try:
        if given in (["--help"], ["-h"]) and "_SEXTANT_COMPLETE" not in os.environ:
            sys.stdout.write(help_text() + "\n")
            sys.stdout.flush()
            return 0
        from sextant_cli.group import start

        code = start(given)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Whoever read the output has seen enough; nothing is left to be flushed into the closed pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + 13
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped.\n")
        return 130


def _leave(code: int) -> None:
    """End the process at once, where it only looked at tables: to take apart every module that was loaded takes Python a
    fifth of a second, and a database or a cluster, which wants to be left in order, was not opened."""
    if {"django", "pyspark"} & sys.modules.keys():
        return
    import atexit
    import os
    import threading

    for thread in threading.enumerate():
        if thread is not threading.main_thread() and not thread.daemon:
            thread.join()
    atexit._run_exitfuncs()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    sys.exit(run())
