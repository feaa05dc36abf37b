"""A small project as code: a reader of letters, its test data, what it answered, and how long that took.

Of 400 letters it reads 392 right, and every answer takes 50 ms, so what the checks must find is known.
"""

from __future__ import annotations

from pathlib import Path

CONFIG = """\
project: {slug: SLUG, name: Letters}
criteria:
  - key: accuracy        # the one that counts
    name: Letters read right
    family: ml
    metric: accuracy
    unit: share
    direction: at_least
    threshold: 0.95
  - key: latency
    name: Fast enough
    family: system
    metric: latency_p95
    unit: ms
    direction: at_most
    threshold: 40
datasets:
  test: {path: test.csv, role: test, key: id, target: letter}
  later: {path: later.csv}
predictions:
  reader: {path: answers.csv, model: reader@m1, dataset: test, prediction: read_as, key: id}
checks:
  - {check: evaluation, criterion: accuracy, predictions: reader, metric: accuracy}
  - {check: quantile, criterion: latency, table: reader, column: ms, q: 0.95}
  - {check: rows, name: later, criterion: latency, table: later}
"""


def lay(folder: Path, slug: str, wrong: int = 8) -> Path:
    """Write the project into a folder; returns its sextant.yaml."""
    letters = ["abcd"[n % 4] for n in range(400)]
    read = ["x" if n < wrong else letter for n, letter in enumerate(letters)]
    rows = "".join(f"{n},{letter},{n * 7 % 13}\n" for n, letter in enumerate(letters))
    (folder / "test.csv").write_text(f"id,letter,ink\n{rows}")
    answers = "".join(f"{n},{letter},50\n" for n, letter in enumerate(read))
    (folder / "answers.csv").write_text(f"id,read_as,ms\n{answers}")
    path = folder / "sextant.yaml"
    path.write_text(CONFIG.replace("SLUG", slug))
    return path
