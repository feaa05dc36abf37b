"""How many different values are there? Exactly where somebody counted, else from a sketch of hashes that adds up."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from sextant.errors import InvalidInput
from sextant.stats._checks import whole

#: A hash of 63 bits is parted: the lowest 11 name a register, of the other 52 the leading zeros are counted.
REGISTER_BITS = 11
REGISTERS = 1 << REGISTER_BITS
REST_BITS = 63 - REGISTER_BITS
#: The relative standard error of an estimate.
ERROR = 1.04 / math.sqrt(REGISTERS)
#: Bounds lie so many standard errors away.
_ERRORS_AWAY = 3.0
# One sign for each number of leading zeros, 0 for an empty register.
_SIGNS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_KNOWN = frozenset(_SIGNS)
_VALUES = bytes(max(_SIGNS.find(chr(i)), 0) for i in range(256))


@dataclass(frozen=True, slots=True)
class Sketch:
    """A HyperLogLog sketch: the set of values seen, forgotten but for 2,048 small numbers.

    family     which hash function of which engine made it: only sketches of one family add up
    registers  the greatest number of leading zeros, plus one, of any hash in each register; 0 for none

    The estimate has a standard error of 2.3 %, whatever the number of values.

    >>> Sketch.of("sha256", [5, 5, 7]).text()
    '(5)R0R(2040)'

    Source: Flajolet et al., "HyperLogLog" (2007); the estimate is the improved raw one of Ertl, "New cardinality
    estimation algorithms for HyperLogLog sketches" (2017), section 4, which needs no tables and no switching.
    """

    family: str
    registers: bytes

    def __post_init__(self) -> None:
        if len(self.registers) != REGISTERS or max(self.registers) > REST_BITS + 1:
            raise InvalidInput(
                "it is no sketch of distinct values",
                rule=f"{REGISTERS} registers, each at most {REST_BITS + 1}",
            )

    @classmethod
    def of(cls, family: str, hashes: Iterable[int]) -> Self:
        """The sketch of these hashes, each from 0 up to 2**63."""
        least: dict[int, int] = {}
        for value in hashes:
            register, rest = value & (REGISTERS - 1), value >> REGISTER_BITS
            least[register] = min(rest, least.get(register, rest))
        return cls.least(family, least)

    @classmethod
    def least(cls, family: str, rests: dict[int, int]) -> Self:
        """The sketch out of the least rest that any hash had in each register that was met."""
        found = bytearray(REGISTERS)
        for register, rest in rests.items():
            found[register] = REST_BITS - whole("rest", rest).bit_length() + 1
        return cls(family, bytes(found))

    def __add__(self, other: Sketch) -> Sketch:
        if not isinstance(other, Sketch):
            return NotImplemented
        if self.family != other.family:
            raise InvalidInput(
                f"one sketch is of {self.family}, the other of {other.family}",
                rule="only hashes of one function can be compared",
            )
        return Sketch(self.family, bytes(map(max, self.registers, other.registers)))

    @property
    def estimate(self) -> float:
        """About how many different values there are.

        >>> import hashlib
        >>> hashes = [int.from_bytes(hashlib.sha256(str(i).encode()).digest()[:8]) >> 1 for i in range(50_000)]
        >>> abs(Sketch.of("sha256", hashes).estimate / 50_000 - 1) < 3 * ERROR
        True
        """
        count = [0] * (REST_BITS + 2)
        for register in self.registers:
            count[register] += 1
        if count[0] == REGISTERS:
            return 0.0
        z = REGISTERS * _tau(1 - count[REST_BITS + 1] / REGISTERS)
        for k in range(REST_BITS, 0, -1):
            z = 0.5 * (z + count[k])
        z += REGISTERS * _sigma(count[0] / REGISTERS)
        return REGISTERS * REGISTERS / (2 * math.log(2) * z)

    def text(self) -> str:
        """A sign for each register; `(25)` stands for so many empty ones."""
        signs = "".join(_SIGNS[register] for register in self.registers)
        return re.sub(r"0{5,}", lambda run: f"({len(run[0])})", signs)

    @classmethod
    def read(cls, family: str, text: str) -> Self:
        """What `text()` wrote."""
        # Runs are checked before they are written out, so that a hostile file cannot fill the memory.
        runs = re.findall(r"\((\d{1,4})\)", text)
        signs = re.sub(r"\((\d{1,4})\)", lambda run: "0" * int(run[1]), text) if len(runs) < REGISTERS else ""
        if len(signs) != REGISTERS or not _KNOWN.issuperset(signs):
            raise InvalidInput(
                "it is no sketch of distinct values", rule=f"it stands for {REGISTERS} registers"
            )
        return cls(family, signs.encode().translate(_VALUES))


@dataclass(frozen=True, slots=True)
class Distinct:
    """How many different values there are: between `lower` and `upper`, most likely `value`.

    Where they were counted all three are equal. From a sketch, the bounds lie three standard errors away.
    Two that cannot be compared, as their hashes are of different families or one has no sketch, add up to
    bounds alone: no fewer than the larger, no more than both.

    >>> Distinct.exactly(3) + Distinct.exactly(5)
    Distinct(value=8.0, lower=5.0, upper=8.0, sketch=None)
    """

    value: float
    lower: float
    upper: float
    sketch: Sketch | None = None

    @classmethod
    def exactly(cls, count: int, sketch: Sketch | None = None) -> Self:
        return cls(float(count), float(count), float(count), sketch)

    @classmethod
    def sketched(cls, sketch: Sketch, most: float) -> Self:
        """By the sketch alone; `most` is how many values there are at all."""
        value = min(sketch.estimate, most)
        away = _ERRORS_AWAY * ERROR * value
        return cls(value, max(value - away, min(1.0, most)), min(value + away, most), sketch)

    @property
    def exact(self) -> bool:
        return self.lower == self.upper

    def __add__(self, other: Distinct) -> Distinct:
        if not isinstance(other, Distinct):
            return NotImplemented
        most = self.upper + other.upper
        least = max(self.lower, other.lower)
        if self.sketch and other.sketch and self.sketch.family == other.sketch.family:
            return Distinct.sketched(self.sketch + other.sketch, most)
        return Distinct(most, least, most)


def _sigma(x: float) -> float:
    if x == 1:
        return math.inf
    y, z = 1.0, x
    while True:
        x *= x
        before, z, y = z, z + x * y, y + y
        if z == before:
            return z


def _tau(x: float) -> float:
    if x in (0, 1):
        return 0.0
    y, z = 1.0, 1 - x
    while True:
        x = math.sqrt(x)
        before, y = z, 0.5 * y
        z -= (1 - x) ** 2 * y
        if z == before:
            return z / 3
