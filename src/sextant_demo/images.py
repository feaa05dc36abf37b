"""The data: 1,797 handwritten digits of 8 × 8 pixels, and what happens to them on paper and in a scanner.

Source: UCI Optical Recognition of Handwritten Digits (Alpaydin and Kaynak 1998, CC BY 4.0), as it comes with
scikit-learn, so nothing is downloaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

#: One split for good: the test rows are pinned before anybody trains anything.
SEED = 20260601
SIZES = {"train": 900, "test": 600, "scans": 297}
#: An image as one text: 64 signs, a row after the other, from 0 (paper) to g (ink, the sixteenth step).
PIXELS, GREYS = "pixels", "0123456789abcdefg"
#: What drift is looked for in: how much ink there is, and where its centre lies.
FEATURES = ("ink_total", "centre_x", "centre_y")


@dataclass(frozen=True)
class Images:
    """Some images with their names and what is written on them. `ink` and `scan` say what happened to them."""

    names: NDArray[Any]
    pixels: NDArray[Any]
    digits: NDArray[Any]
    ink: str = "clear"
    scan: str = "straight"

    def __len__(self) -> int:
        return len(self.names)

    def faded(self) -> Images:
        """The same written with a worn-out pen: a third of the ink, in the same 17 steps of grey."""
        import numpy as np

        return Images(self.names, np.floor(self.pixels * 0.35), self.digits, "faded", self.scan)

    def shifted(self, by: int = 2) -> Images:
        """The same after a scanner update that moves everything `by` pixels to the right, and cuts off what
        then lies outside."""
        import numpy as np

        moved = np.zeros_like(self.pixels)
        moved[:, :, by:] = self.pixels[:, :, :-by]
        return Images(self.names, moved, self.digits, self.ink, "shifted")

    def take(self, rows: Any) -> Images:
        return Images(self.names[rows], self.pixels[rows], self.digits[rows], self.ink, self.scan)


@cache
def part(name: str) -> Images:
    """One part of the split: `train`, `test` or `scans` (what comes in after the model is built)."""
    import numpy as np
    from sklearn.datasets import load_digits

    found = load_digits()
    order = np.random.default_rng(SEED).permutation(len(found.target))
    first = 0
    for known, size in SIZES.items():
        rows = order[first : first + size]
        if known == name:
            names = np.array([f"d{row:04d}" for row in rows])
            return Images(names, found.images[rows], found.target[rows])
        first += size
    raise KeyError(name)


def as_table(*parts: Images, **more: Any) -> pa.Table:
    """Images as a table: one row each, with its name, digit, pixels, and where its ink lies."""
    import numpy as np
    import pyarrow as pa

    pixels = np.concatenate([p.pixels for p in parts])
    total = pixels.sum(axis=(1, 2))
    weight = np.maximum(total, 1)
    columns: dict[str, Any] = {
        "image": [f"{name}-{p.ink}-{p.scan}" for p in parts for name in p.names],
        "digit": np.concatenate([p.digits for p in parts]).astype("int8"),
        "ink": [p.ink for p in parts for _ in range(len(p))],
        "scan": [p.scan for p in parts for _ in range(len(p))],
        "ink_total": total,
        "centre_x": (pixels.sum(axis=1) * np.arange(8)).sum(axis=1) / weight,
        "centre_y": (pixels.sum(axis=2) * np.arange(8)).sum(axis=1) / weight,
    }
    grey = np.array(list(GREYS))[pixels.reshape(len(pixels), 64).astype(int)]
    return pa.table({**columns, PIXELS: ["".join(row) for row in grey], **more})


def write(table: pa.Table, path: Path) -> None:
    """Write a table, whole or not at all: a demo that is stopped leaves no half of a file."""
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}")
    pq.write_table(table, draft)
    draft.replace(path)
