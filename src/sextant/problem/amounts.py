"""Amounts and days as people write them in a sheet: "60 %", "1,200 EUR", "31.03.2026"."""

from __future__ import annotations

import re
from datetime import date, timedelta

from sextant.errors import InvalidInput

_PLAIN = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE)
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?")
_DECIMAL_COMMA = re.compile(r"[-+]?\d{1,3}(\.\d{3})*,\d+|[-+]?\d+,\d+")
#: A sign that may stand by a number, and what a unit says that it fits.
_SIGNS = {
    "%": ("%", "percent", "per cent", "share", "point"), "$": ("$", "usd", "aud", "cad", "nzd", "sgd", "hkd", "dollar"),
    "€": ("€", "eur"), "£": ("£", "gbp", "pound"),
}  # fmt: skip
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def amount(text: str, unit: str = "") -> float:
    """A number as it is typed: with its unit or without, with marks at the thousands, with a percent sign.

    In the unit `share`, "60 %" is 0.6; in a unit of percent it is 60. "1,234" has a mark at the thousands, "1,5"
    and "1.234,5" a comma before the decimals.

    Raises InvalidInput, with what to write instead, also where a percent or currency sign is of another unit.

    >>> amount("60 %", "share"), amount("1,200 EUR", "EUR"), amount("1.234,5")
    (0.6, 1200.0, 1234.5)
    """
    said = text.strip()
    bare = said.replace("\u2212", "-")
    percent = bare.endswith("%")
    if percent:
        bare = bare[:-1]
    elif unit and bare.casefold().endswith(unit.casefold()):
        bare = bare[: -len(unit)]
    signs = "%" if percent else "".join(sign for sign in _SIGNS if sign in bare)
    bare = re.sub(r"(?<=\d)[\s\u00a0\u202f'](?=\d{3})", "", bare).strip().lstrip("$€£").strip("$€£ \u00a0")
    if _THOUSANDS.fullmatch(bare):
        bare = bare.replace(",", "")
    elif _DECIMAL_COMMA.fullmatch(bare):
        bare = bare.replace(".", "").replace(",", ".")
    value = float(bare) if len(bare) <= 40 and _PLAIN.fullmatch(bare) else None
    if value is None or abs(value) == float("inf"):
        raise InvalidInput(f"“{said[:40]}” is no number", todo="write it as 1200, 0.6 or 60 %")
    for sign in signs:
        if unit and not any(word in unit.casefold() for word in _SIGNS[sign]):
            raise InvalidInput(
                f"“{said[:40]}” has the sign {sign}",
                rule=f"the unit is {unit[:40]}",
                todo="write it in that unit",
            )
    if percent and unit == "share":
        return float(f"{value / 100:.12g}")
    return value


def day(text: str) -> date:
    """A day as it is typed: 2026-03-31, 31.03.2026, or a month, which stands for its last day.

    With slashes a day is read only where it can mean one day: 31/03/2026, and not 03/04/2026.

    Raises InvalidInput, with what to write instead.

    >>> day("31.03.2026"), day("2026-02"), day("Feb 2026")
    (datetime.date(2026, 3, 31), datetime.date(2026, 2, 28), datetime.date(2026, 2, 28))
    """
    said = text.strip()
    try:
        if found := re.fullmatch(r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?(?:[T ][\d:.]+Z?)?", said):
            year, month, number = found.groups()
            return date(int(year), int(month), int(number)) if number else _last(int(year), int(month))
        if found := re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", said):
            return date(int(found[3]), int(found[2]), int(found[1]))
        if found := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", said):
            first, second = int(found[1]), int(found[2])
            if first <= 12 and second <= 12 and first != second:
                raise InvalidInput(
                    f"“{said}” may be two days",
                    rule="day and month are not told apart",
                    todo="write 2026-03-31",
                )
            return date(int(found[3]), *((second, first) if first > 12 else (first, second)))
        if found := re.fullmatch(r"([A-Za-z]{3,9})\.? (\d{4})", said):
            return _last(int(found[2]), _MONTHS.index(found[1][:3].lower()) + 1)
    except InvalidInput:
        raise
    except ValueError:
        pass
    raise InvalidInput(f"“{said[:40]}” is no day", todo="write it as 2026-03-31")


def _last(year: int, month: int) -> date:
    """The last day of a month."""
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
