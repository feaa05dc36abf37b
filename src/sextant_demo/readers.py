"""The ways to read a digit: a rule, and models that are really trained, here and now."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sextant.evidence import Version
from sextant_demo.images import Images, part

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: What an hour of the machine and of a clerk costs, in EUR, and what mending a wrong digit takes.
MACHINE_HOUR, CLERK_HOUR, MENDING_SECONDS = 0.12, 28.0, 4.0

#: Every way that is compared, in the order in which they were tried: `name@version` and what it is.
WAYS: dict[str, str] = {
    "templates@v1": "rules: the nearest of ten mean images",
    "logistic@v1": "logistic regression on the 64 pixels",
    "forest@v1": "a forest of 40 trees",
    "reader@m1": "a support vector machine with a radial kernel",
    "reader@m2": "the same, trained on rescanned forms too",
}
COMPARED = ("templates@v1", "logistic@v1", "forest@v1", "reader@m1")


def version(way: str) -> Version:
    """A way as the version that evidence names.

    >>> str(version("reader@m1"))
    'model:reader@m1'
    """
    return Version.parse(way, "model")


class Templates:
    """The rule: an image is the digit whose mean image it is nearest to, by the sum of squared differences."""

    def fit(self, pixels: NDArray[Any], digits: NDArray[Any]) -> None:
        import numpy as np

        self.digits = np.arange(10)
        self.means = np.stack([pixels[digits == d].mean(axis=0) for d in self.digits])

    def predict(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """The nearest digit of each image."""
        distance = ((pixels[:, None, :] - self.means[None]) ** 2).sum(axis=2)
        return self.digits[distance.argmin(axis=1)]


@dataclass(frozen=True)
class Reader:
    """A trained way: it reads images, and says how long the training took."""

    way: str
    model: Any
    seconds: float
    parameters: dict[str, str | float | int | bool]

    def read(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """The digit on each image."""
        return self.model.predict(pixels.reshape(len(pixels), 64))

    def timed(self, pixels: NDArray[Any]) -> tuple[list[int], list[float]]:
        """The digit on each image, read one at a time as in use, and the milliseconds of each."""
        answers, took = [], []
        for image in pixels:
            started = time.perf_counter()
            answer = self.model.predict(image.reshape(1, 64))
            took.append((time.perf_counter() - started) * 1000)
            answers.append(int(answer[0]))
        return answers, took


@cache
def reader(way: str) -> Reader:
    """Train one way on its training data. The same way is the same model every time: seeds are fixed."""
    import numpy as np

    pixels, digits = _learns_from(way)
    model, parameters = _made(way)
    started = time.perf_counter()
    model.fit(pixels.reshape(len(pixels), 64), digits)
    trained = Reader(way, model, time.perf_counter() - started, {**parameters, "rows": len(digits)})
    trained.read(np.zeros((1, 8, 8)))  # what a first call sets up is no part of an answer's time
    return trained


def training(way: str) -> tuple[Images, ...]:
    """The parts of the training data of a way."""
    return (part("train"), part("train").shifted()) if way == "reader@m2" else (part("train"),)


def _learns_from(way: str) -> tuple[NDArray[Any], NDArray[Any]]:
    import numpy as np

    parts = training(way)
    return np.concatenate([p.pixels for p in parts]), np.concatenate([p.digits for p in parts])


def _made(way: str) -> tuple[Any, dict[str, str | float | int | bool]]:
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler
    from sklearn.svm import SVC

    kind = way.partition("@")[0]
    if kind == "templates":
        return Templates(), {"templates": 10}
    if kind == "logistic":
        return make_pipeline(MinMaxScaler(), LogisticRegression(C=1.0, max_iter=400)), {"C": 1.0}
    if kind == "forest":
        return RandomForestClassifier(40, random_state=0, n_jobs=1), {"trees": 40, "seed": 0}
    return SVC(C=10, gamma=0.001), {"C": 10, "gamma": 0.001, "kernel": "rbf"}


def answers(way: str, images: Images, dataset_names: list[str]) -> dict[str, list[Any]]:
    """What a way answers on images, with the time and the cost of each answer.

    The cost is the machine's time, and a clerk's to mend a wrong digit, for a thousand such answers.
    """
    read, took = reader(way).timed(images.pixels)
    right = [a == int(d) for a, d in zip(read, images.digits, strict=True)]
    mending = MENDING_SECONDS / 3600 * CLERK_HOUR
    cost = [
        1000 * (ms / 3_600_000 * MACHINE_HOUR + (0.0 if ok else mending))
        for ms, ok in zip(took, right, strict=True)
    ]
    return {"image": dataset_names, "read": read, "ms": took, "cost_per_1000": cost}
