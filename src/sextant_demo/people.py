"""Simulated people: labelers, clerks and beta users. Each errs at a stated rate, from a stated seed.

What they look at is real: the images, and what the model read on them. What they do is invented, so every
table made here is declared as simulated.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sextant_demo.images import Images, part
from sextant_demo.readers import CLERK_HOUR, MACHINE_HOUR, MENDING_SECONDS, Reader

if TYPE_CHECKING:
    import pyarrow as pa

#: How often each labeler names a wrong digit.
LABELER_ERRORS = {"rater-a": 0.01, "rater-b": 0.02, "rater-c": 0.04}
LABELED = 300
#: How often a clerk types a wrong digit, notices one that they typed, and notices one that was read wrongly.
TYPING_ERROR, NOTICES_OWN, NOTICES_READ = 0.008, 0.5, 0.85
FIELDS = 8
#: How often a beta user's rating is off by one or more from what they would say on another day.
RATING_ERROR = 0.05
#: A day of simulated traffic takes at least so many real seconds: the calendar runs fast, and forward.
DAY_SECONDS = 0.05


def ratings(seed: int) -> pa.Table:
    """What the labelers say about a sample of the training images: one row a rating, with its time and cost."""
    import numpy as np
    import pyarrow as pa

    rng, images = np.random.default_rng(seed), part("train")
    rows: dict[str, list[Any]] = {"image": [], "labeler": [], "label": [], "seconds": [], "cost": []}
    for i in rng.choice(len(images), LABELED, replace=False):
        for labeler, error in LABELER_ERRORS.items():
            truth = int(images.digits[i])
            wrong = (truth + int(rng.integers(1, 10))) % 10
            seconds = float(rng.lognormal(1.2, 0.4))
            rows["image"].append(str(images.names[i]))
            rows["labeler"].append(labeler)
            rows["label"].append(wrong if rng.random() < error else truth)
            rows["seconds"].append(seconds)
            rows["cost"].append(seconds / 3600 * CLERK_HOUR)
    return pa.table(rows)


@dataclass(frozen=True)
class Traffic:
    """Forms that come in: `images` is what is on them, `reader` what reads them, `seed` who writes them."""

    images: Images
    reader: Reader
    seed: int

    def days(self, forms: int, days: int = 1, *, share: float = 1.0) -> pa.Table:
        """So many forms over so many simulated days, each in the candidate arm with this chance.

        In the candidate arm the reader fills the fields and the clerk checks them; in the control arm the
        clerk types them. Every form has the real time at which it was simulated.
        """
        import numpy as np
        import pyarrow as pa

        rng = np.random.default_rng(self.seed)
        rows: list[dict[str, Any]] = []
        for day in range(days):
            started = time.monotonic()
            count = forms // days + (day < forms % days)
            rows += [self._form(rng, day, share, f"{self.seed}-{len(rows) + i}") for i in range(count)]
            time.sleep(max(0.0, DAY_SECONDS - (time.monotonic() - started)))
        return pa.Table.from_pylist(rows)

    def _form(self, rng: Any, day: int, share: float, name: str) -> dict[str, Any]:
        picked = self.images.take(rng.integers(0, len(self.images), FIELDS))
        written = [int(d) for d in picked.digits]
        candidate = bool(rng.random() < share)
        if candidate:
            started = time.perf_counter()
            read = [int(d) for d in self.reader.read(picked.pixels)]
            ms = (time.perf_counter() - started) * 1000 / FIELDS
            seconds, notices = 3 + 0.6 * FIELDS, NOTICES_READ
        else:
            read = [(d + 1) % 10 if rng.random() < TYPING_ERROR else d for d in written]
            ms, seconds, notices = None, 3 + 1.9 * FIELDS, NOTICES_OWN
        faults = sum(a != b for a, b in zip(read, written, strict=True))
        left = sum(rng.random() >= notices for _ in range(faults))
        seconds = seconds * float(rng.lognormal(0, 0.25)) + MENDING_SECONDS * (faults - left)
        cost = seconds / 3600 * CLERK_HOUR + (ms or 0.0) * FIELDS / 3_600_000 * MACHINE_HOUR
        return {
            "form": name, "day": day + 1, "at": datetime.now(UTC),
            "arm": "reader" if candidate else "typing",
            "written": "".join(map(str, written)), "read": "".join(map(str, read)),
            "right_first": faults == 0, "wrong": left > 0, "seconds": seconds, "ms": ms, "cost": cost,
        }  # fmt: skip


def study(trained: Reader, seed: int, *, forms: int, raters: Sequence[str], each: int) -> pa.Table:
    """Beta users rate forms that were really read, from 1 to 5: one row a rating. A fifth of the forms is
    written in faded ink."""
    import numpy as np
    import pyarrow as pa

    rng = np.random.default_rng(seed)
    rows: dict[str, list[Any]] = {"form": [], "rater": [], "rating": []}
    for i in range(forms):
        images = part("scans").take(rng.integers(0, len(part("scans")), FIELDS))
        images = images.faded() if i % 5 == 4 else images
        wrong = int((trained.read(images.pixels) != images.digits).sum())
        fair = {0: 5, 1: 3}.get(wrong, 1)
        for rater in rng.choice(list(raters), each, replace=False):
            said = int(rng.integers(1, 6)) if rng.random() < RATING_ERROR else fair
            rows["form"].append(f"form-{i:03d}")
            rows["rater"].append(str(rater))
            rows["rating"].append(said)
    return pa.table(rows)
