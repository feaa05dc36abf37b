"""Numbers, ranges and ages as people read them: one place, so that pages, messages and documents agree.

number_text, interval_text    a number or a range with its unit, rounded but never onto the bar
number, with_unit, span       the same in the short forms that sentences need
age_text, day_text            how long ago, and days
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

from sextant.errors import InvalidInput

MINUS = "\u2212"
DASH = "\u2013"
UNKNOWN = "unknown"
NO_LIMIT = "no limit"

#: Units whose numbers lie in [0, 1] and are read as a percentage.
SHARES = frozenset({"share", "proportion", "%", "percent"})
#: Units that say no more than "so many": the number stands alone.
BARE = frozenset({"", "1", "count", "number"})
_CURRENCIES = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}
_CODES = frozenset({"CHF", "CAD", "AUD", "CNY", "SEK", "NOK", "DKK", "PLN", "CZK", "BRL", "SGD", "NZD"})
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
#: More decimals than this are noise of binary fractions, not measurement.
_MOST_DECIMALS = 12
_EXACTLY = Context(prec=80, rounding=ROUND_HALF_UP)


def to_decimal(value: Any) -> Decimal | None:
    """`value` as an exact decimal; None when it is absent or nan.

    Takes int, float, Decimal and NumPy's numbers; anything else raises `InvalidInput`.

    >>> to_decimal(0.989), to_decimal(float("nan")), to_decimal(None)
    (Decimal('0.989'), None, None)
    """
    if value is None:
        return None
    if isinstance(value, (bool, str)):
        raise InvalidInput(f"{value!r} is not a number", rule="a number is an int, a float or a Decimal")
    try:
        exact = Decimal(value) if isinstance(value, (int, Decimal)) else Decimal(repr(float(value)))
    except (TypeError, ValueError, InvalidOperation) as error:
        raise InvalidInput(
            f"{value!r} is not a number", rule="a number is an int, a float or a Decimal"
        ) from error
    return None if exact.is_nan() else exact


def _magnitude(number: Decimal) -> int:
    """The power of ten of the first significant figure; 0 for zero."""
    return number.adjusted() if number else 0


def _fixed(number: Decimal, decimals: int) -> str:
    """Thousands separated, exactly so many decimals, halves away from zero."""
    return f"{number.quantize(Decimal(1).scaleb(-decimals), context=_EXACTLY):,f}"


def _strip(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _scientific(number: Decimal, figures: int) -> str:
    mantissa, exponent = f"{number:.{max(figures - 1, 0)}e}".split("e")
    return f"{_strip(mantissa)} × 10{str(int(exponent)).translate(_SUPERSCRIPT)}"


class _Scale:
    """How numbers of one unit are written: what stands before and after, and how many decimals they need."""

    def __init__(self, unit: str, *, difference: bool, compact: bool) -> None:
        head, slash, per = unit.partition("/")
        self.difference, self.compact = difference, compact
        self.factor = 1
        self.prefix = self.suffix = ""
        self.share = unit in SHARES
        self.money = head.strip() in _CURRENCIES or head.strip() in _CODES
        if self.share:
            self.factor = 100
            self.suffix = " points" if difference else " %"
        elif self.money:
            code = head.strip()
            self.prefix = _CURRENCIES.get(code, f"{code} ")
            self.suffix = f" / {per.strip()}" if slash else ""
        elif unit.strip() not in BARE:
            self.suffix = f" {unit.strip()}"

    def extreme(self, number: Decimal) -> bool:
        """Whether only powers of ten say it: very large, or nearer to zero than anybody writes out."""
        size = abs(number * self.factor)
        return bool(size) and (size >= Decimal("1e15") or size < Decimal("1e-4"))

    def decimals(self, number: Decimal, digits: int) -> int:
        """Decimals that `digits` significant figures need; a share counts from its nearer end, 0 or 100 %."""
        scaled = abs(number * self.factor)
        if self.extreme(number) or scaled == scaled.to_integral_value():
            return 0
        if self.share and not self.difference:
            distance = min(scaled, abs(100 - scaled)) if scaled <= 100 else scaled
            return min(max(digits - 2, digits - 2 - _magnitude(distance), 0), 6)
        if self.money:
            return 0 if scaled >= 100 else max(2, digits - 1 - _magnitude(scaled))
        return min(max(digits - 1 - _magnitude(scaled), 0), _MOST_DECIMALS)

    def clear_of(self, bar: Decimal | None, number: Decimal, decimals: int, figures: int) -> tuple[int, int]:
        """Decimals and figures that do not round the number onto or over the bar, where it is not."""
        if bar is None or not bar.is_finite():
            return decimals, figures
        target, exact = bar * self.factor, number * self.factor
        for more in range(_MOST_DECIMALS):
            if self.extreme(number):
                shown = Context(prec=figures + more, rounding=ROUND_HALF_UP).plus(exact)
            else:
                shown = exact.quantize(Decimal(1).scaleb(-decimals - more), context=_EXACTLY)
            if exact.compare(target) == shown.compare(target):
                return decimals + more, figures + more
        return decimals + _MOST_DECIMALS, figures + _MOST_DECIMALS

    def text(self, number: Decimal, decimals: int, *, strip: bool, figures: int = 3) -> str:
        """The number with sign, prefix and figures, without the unit that follows it."""
        scaled = number * self.factor
        if self.extreme(number):
            body = _scientific(abs(scaled), figures)
        elif self.compact and abs(scaled) >= 1000:
            body = _compact(abs(scaled))
        else:
            body = _fixed(abs(scaled), decimals)
            if strip:
                body = _strip(body)
                if self.money and decimals >= 2:
                    # Cents are written in twos: $0.50.
                    whole, _, cents = body.partition(".")
                    body = f"{whole}.{cents.ljust(2, '0')}"
        nothing = not body.strip("0.,")
        sign = MINUS if scaled < 0 and not nothing else "+" if self.difference and not nothing else ""
        return f"{sign}{self.prefix}{body}"


def _compact(number: Decimal) -> str:
    """Three figures and a letter: 61k, 1.25M. `number` is positive and at least 1,000."""
    for letter, power in (("k", 3), ("M", 6), ("B", 9)):
        text = _three_figures(number.scaleb(-power))
        if number.scaleb(-power) < 1000 and text != "1,000":
            return text + letter
    return _three_figures(number.scaleb(-12)) + "T"


def _three_figures(number: Decimal) -> str:
    return _strip(_fixed(number, max(0, 2 - _magnitude(number))))


def number_text(
    value: Any,
    unit: str = "",
    *,
    digits: int = 3,
    against: Any = None,
    exact: bool = False,
    difference: bool = False,
    compact: bool = False,
) -> str:
    """A number with its unit, rounded for reading but never onto the bar that it is compared with.

    Units: "share" and "proportion" are written as a percentage; currency codes (USD, EUR, ..., also
    "USD/request") stand before the number; "count" and "" leave it bare; any other text follows it.
    `digits` significant figures (3); whole numbers are always written out. With `against`, as many decimals
    as it takes that the number is not rounded onto the bar, or over it. `exact` rounds nothing away
    (for a target that somebody typed). `difference` writes the sign, and "points" instead of "%".
    `compact` writes 61k for 61,000,
    whatever the bar. None and nan give "unknown", infinity "no limit".

    >>> number_text(0.989, "share"), number_text(1797, "count"), number_text(84.27, "ms")
    ('98.9 %', '1,797', '84.3 ms')
    >>> number_text(0.97996, "share"), number_text(0.97996, "share", against=0.98)
    ('98 %', '97.996 %')
    >>> number_text(61000, "USD", compact=True), number_text(0.0231, "share", difference=True)
    ('$61k', '+2.31 points')
    """
    number = to_decimal(value)
    if number is None:
        return UNKNOWN
    if number.is_infinite():
        return NO_LIMIT
    scale = _Scale(unit, difference=difference, compact=compact)
    figures = _MOST_DECIMALS if exact else digits
    decimals = scale.decimals(number, figures)
    if exact and scale.money:
        decimals = max(decimals, min(_MOST_DECIMALS, -_exponent(number)))
    decimals, figures = scale.clear_of(to_decimal(against), number, decimals, figures)
    return scale.text(number, decimals, strip=True, figures=figures) + scale.suffix


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def interval_text(
    lower: Any,
    upper: Any,
    unit: str = "",
    *,
    digits: int = 3,
    against: Any = None,
    difference: bool = False,
) -> str:
    """A range with its unit, both ends with the same decimals; an end that has no limit says so.

    None or nan at both ends gives "no range"; at one end it is an end without a limit.

    >>> interval_text(0.979, 0.995, "share"), interval_text(float("-inf"), 88, "ms")
    ('97.9–99.5 %', 'up to 88 ms')
    >>> interval_text(-0.023, 0.011, "share", difference=True)
    '−2.3 to +1.1 points'
    """
    low, high = to_decimal(lower), to_decimal(upper)
    if low is None and high is None:
        return "no range"
    low = None if low is None or low.is_infinite() else low
    high = None if high is None or high.is_infinite() else high
    options: dict[str, Any] = {"digits": digits, "against": against, "difference": difference}
    if low is None:
        return "any value" if high is None else f"up to {number_text(high, unit, **options)}"
    if high is None:
        return f"{number_text(low, unit, **options)} or more"
    scale = _Scale(unit, difference=difference, compact=False)
    decimals = max(_fraction(scale, end, digits) for end in (low, high))
    figures = digits
    for end in (low, high):
        decimals, figures = scale.clear_of(to_decimal(against), end, decimals, figures)
    texts = [scale.text(end, decimals, strip=False, figures=figures) for end in (low, high)]
    joint = " to " if difference or low < 0 or "×" in "".join(texts) else DASH
    return joint.join(texts) + scale.suffix


def _fraction(scale: _Scale, number: Decimal, digits: int) -> int:
    """How many decimals a number shows once its trailing zeros are gone."""
    text = scale.text(number, scale.decimals(number, digits), strip=True, figures=digits)
    return 0 if scale.extreme(number) else len(text.partition(".")[2])


def number(value: Any, digits: int = 3) -> str:
    """A number without a unit; `digits` significant figures, whole numbers written out.

    >>> number(0.98765), number(1234567), number(12.0), number(float("inf"))
    ('0.988', '1,234,567', '12', 'no limit')
    """
    return number_text(value, digits=digits)


def with_unit(value: Any, unit: str) -> str:
    """A number with its unit; a share reads as per cent.

    >>> with_unit(0.989, "share"), with_unit(84, "ms"), with_unit(0.5, "USD")
    ('98.9 %', '84 ms', '$0.50')
    """
    return number_text(value, unit)


def span(lower: Any, upper: Any, unit: str) -> str:
    """Two ends of a range, each with its unit, as they stand in "between ... and ...".

    >>> span(0.979, 0.995, "share")
    '97.9 % and 99.5 %'
    """
    return f"{with_unit(lower, unit)} and {with_unit(upper, unit)}"


def age_text(when: datetime | date, now: datetime) -> str:
    """How long ago, or in how long, in the words of a person; beyond two weeks the date itself.

    Both times must know their zone, or neither; a plain date is compared with the day of `now`.

    >>> now = datetime(2026, 11, 23, 12, 5)
    >>> [age_text(when, now) for when in (datetime(2026, 11, 23, 10), date(2026, 11, 22), date(2027, 2, 3))]
    ['2 h ago', 'yesterday', '3 Feb 2027']
    """
    if isinstance(when, datetime):
        gap = (now - when).total_seconds()
        if abs(gap) < 45:
            return "just now"
        for unit, seconds, most in (("min", 60, 60), ("h", 3600, 24), ("day", 86400, 14)):
            many = int(abs(gap) / seconds + 0.5)
            if many < most:
                span = f"{max(many, 1)} {unit}{'s' if unit == 'day' and many > 1 else ''}"
                return f"{span} ago" if gap > 0 else f"in {span}"
        return day_text(when, now)
    days = (when - now.date()).days
    if abs(days) > 14:
        return day_text(when, now)
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}
    return near.get(days) or (f"in {days} days" if days > 0 else f"{-days} days ago")


def day_text(when: date, now: date) -> str:
    """A day, with its year where that is not this year.

    >>> day_text(date(2026, 11, 4), date(2026, 11, 23)), day_text(date(2025, 11, 4), date(2026, 11, 23))
    ('4 Nov', '4 Nov 2025')
    """
    return f"{when.day} {when:%b}" + (f" {when.year}" if when.year != now.year else "")
