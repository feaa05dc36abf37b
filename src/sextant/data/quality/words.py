"""What is wrong with text, told from its different values and how often each occurs.

Every test looks at a vocabulary (value, rows) and says which values are wrong and, where it can be told, what should
stand there. Tests are asked in turn; what one has named, the next passes over.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

#: Every different value with its rows.
Vocabulary = Sequence[tuple[str, int]]

#: UTF-8 that was read as Latin-1 or Windows-1252, the sign for "cannot be shown", and control characters.
_GARBLED = re.compile("Ã[\u0080-\u00bf]|Â[\u0080-\u00bf]|â€|\ufffd|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
#: White space that is not seen: no-break, zero-width, byte-order mark, tab, line ends at the ends.
_UNSEEN = re.compile("[\u00a0\u200b\u200c\u200d\u2060\ufeff\t]")
_NUMBER = r"[+-]?(?:\d{1,3}(?:[,' ]\d{3})+|\d+)(?:[.,]\d+)?(?:[eE][+-]?\d+)?"
PLAIN_NUMBER = re.compile(rf"\s*{_NUMBER}\s*\Z")
#: What stands before a number and is a unit: a sign, or money by its code. Letters before digits are a code.
_BEFORE = (
    r"(?:[A-Z]{0,2}[$€£¥₹₽₩₺]|[^\w\s+\-.,]|EUR|USD|GBP|CHF|JPY|CNY|INR|SEK|NOK|DKK|PLN|CZK|AUD|CAD|BRL|Rs|kr)"
)
_AMOUNT = re.compile(
    rf"\s*(?P<before>{_BEFORE})?\s*(?P<number>{_NUMBER})\s*(?P<after>[^\d\s.,][^\d]{{0,15}})?\s*\Z"
)
#: Units that are known as such; any other is taken for one that enough rows have.
_UNITS = re.compile(
    "mg|g|kg|t|oz|lbs?|st|mm|cm|m|km|in|inch|ft|yd|mi|ml|cl|dl|l|gal|pt|s|sec|min|h|hrs?|d|days?|weeks?|months?|years?|yrs?|"
    "%|‰|°[cf]|c|f|k|[$€£¥]|usd|eur|gbp|chf|jpy|inr|sek|nok|dkk|pln|[kmgt]b|k?wh?|v|a|[kmg]?hz|k?pa|bar|psi|k?cal|k?j|mph|"
    "km/h|kph|m/s|bpm",
    re.I,
)
#: Units of one kind, and how much each is.
_KINDS: tuple[dict[str, float], ...] = (
    {"mg": 0.001, "g": 1, "kg": 1000, "t": 1e6},
    {"mm": 0.001, "cm": 0.01, "m": 1, "km": 1000},
    {"ml": 0.001, "cl": 0.01, "dl": 0.1, "l": 1},
    {"s": 1, "sec": 1, "min": 60, "h": 3600, "hr": 3600, "hrs": 3600},
)
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
#: Ways to write a day, and what each is called.
_DATES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (
        name,
        re.compile(
            pattern + r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:[ap]m|z|[+-]\d{2}:?\d{2})?)?\s*\Z",
            re.I,
        ),
    )
    for name, pattern in (
        ("2026-01-31", r"\s*\d{4}-\d{1,2}-\d{1,2}"),
        ("2026/01/31", r"\s*\d{4}/\d{1,2}/\d{1,2}"),
        ("31.01.2026", r"\s*\d{1,2}\.\d{1,2}\.\d{2,4}"),
        ("31/01/2026", r"\s*\d{1,2}/\d{1,2}/\d{2,4}"),
        ("31-01-2026", r"\s*\d{1,2}-\d{1,2}-\d{4}"),
        ("31 Jan 2026", rf"\s*\d{{1,2}}[ -](?:{_MONTHS})[a-z]*[ -]\d{{2,4}}"),
        ("Jan 31, 2026", rf"\s*(?:{_MONTHS})[a-z]*\.? \d{{1,2}},? \d{{4}}"),
    )
)
_DAY = "(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*"
_YEARLESS = re.compile(
    rf"\s*(?:{_DAY}\.?,? )?(?:(?:{_MONTHS})[a-z]*\.? \d{{1,2}}|\d{{1,2}}\.? (?:{_MONTHS})[a-z]*|\d{{1,2}}\.\d{{1,2}}\.)\s*\Z",
    re.I,
)
#: A kind of value is the column's kind if at least this share of rows is of it.
MOST = 0.9


@dataclass(frozen=True, slots=True)
class Fault:
    """Wrong values of one column: the kind, what is said about it, and what should stand there as far as known."""

    kind: str
    said: str
    fix: str
    values: dict[str, str | None]
    mend: dict[str, Any] | None = None


def faults(
    words: Vocabulary, nearest: Callable[[list[str], list[str]], dict[str, str]] | None = None
) -> list[Fault]:
    """All that is wrong with a column of text. `nearest` finds near-equal values (see `near_values`)."""
    found: list[Fault] = []
    left = dict(words)
    for test in (_garbled, _spaces, _dates, _numbers, _variants, _shapes):
        if not left:
            break
        for fault in test(list(left.items())):
            found.append(fault)
            for value in fault.values:
                left.pop(value, None)
    if nearest is not None and left:
        found += _typos(list(left.items()), nearest)
    return found


def _garbled(words: Vocabulary) -> Iterable[Fault]:
    bad: dict[str, str | None] = {v: _unscrambled(v) for v, _ in words if _GARBLED.search(v)}
    if bad:
        said = "characters that were read in a wrong encoding, or cannot be shown"
        yield Fault("encoding", said, "Read the source again in its own encoding (most often UTF-8).", bad)


def _unscrambled(value: str) -> str | None:
    for read_as in ("cp1252", "latin-1"):
        try:
            return value.encode(read_as).decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            continue
    return None


def _spaces(words: Vocabulary) -> Iterable[Fault]:
    known = {v for v, _ in words}
    bad: dict[str, str | None] = {}
    for value, _ in words:
        tidy = " ".join(_UNSEEN.sub(" ", value).split())
        # Two spaces inside prose are a matter of taste; where the same words with one are there too, they are not.
        if value != value.strip() or _UNSEEN.search(value) or (tidy != value and tidy in known):
            bad[value] = tidy
    if bad:
        said = "white space before, after or doubled inside the value, or that is not seen"
        yield Fault(
            "space",
            said,
            "Cut white space at the ends and make doubled spaces one.",
            bad,
            {"step": "standardize", "trim": True},
        )


def _dates(words: Vocabulary) -> Iterable[Fault]:
    total = sum(n for _, n in words)
    yearless: dict[str, str | None] = {v: None for v, _ in words if _YEARLESS.match(v)}
    weights = dict(words)
    if sum(weights[v] for v in yearless) >= MOST * total:
        yield Fault(
            "date", "days without a year: nothing says in which order they are across a year's end",
            "Find out the year, and write every date as 2026-01-31.", yearless,
        )  # fmt: skip
        return
    kinds = {v: next((name for name, p in _DATES if p.match(v)), "") for v, _ in words}
    counts: Counter[str] = Counter()
    for value, n in words:
        counts[kinds[value]] += n
    others = counts.pop("", 0)
    if not counts or others / total > 1 - MOST:
        return
    usual = counts.most_common(1)[0][0]
    if len(counts) > 1:
        bad: dict[str, str | None] = {v: None for v, k in kinds.items() if k not in ("", usual)}
        ways = ", ".join(name for name, _ in counts.most_common())
        yield Fault(
            "date",
            f"dates written in another way than most ({ways})",
            f"Write every date as {usual}, best as 2026-01-31.",
            bad,
        )
    if usual in ("31/01/2026", "31-01-2026", "31.01.2026"):
        parts = {v: [int(p) for p in re.findall(r"\d+", v)[:2]] for v, k in kinds.items() if k == usual}
        first = {v for v, p in parts.items() if p[0] > 12 >= p[1]}
        second = {v for v, p in parts.items() if p[1] > 12 >= p[0]}
        if first and second:
            weight = dict(words)
            fewer = min(first, second, key=lambda side: sum(weight[v] for v in side))
            yield Fault(
                "date", "day and month in the other order than most; dates where both are up to 12 cannot be told",
                "Find out which source writes the month first, and write every date as 2026-01-31.", dict.fromkeys(fewer),
            )  # fmt: skip
    if others:
        yield Fault(
            "type",
            "no date, in a column of dates",
            "Mend the value, or write it as missing.",
            {v: None for v, k in kinds.items() if not k},
        )


def _numbers(words: Vocabulary) -> Iterable[Fault]:
    """Columns of numbers that hold something else, or numbers with units of several kinds."""
    total = sum(n for _, n in words)
    units: dict[str, str | None] = {}
    counts: Counter[str] = Counter()
    for value, n in words:
        units[value] = unit = _unit(value)
        if unit is not None:
            counts[unit] += n
    # What is beside a number in hardly any row, and is known as no unit, is none: the value is spoilt.
    for rare in [u for u, n in counts.items() if u and n / total < 0.01 and not _UNITS.fullmatch(u)]:
        del counts[rare]
    units = {v: u if u in counts else None for v, u in units.items()}
    numeric = sum(counts.values())
    if not numeric or numeric / total < MOST:
        return
    (usual, most), spellings = counts.most_common(1)[0], [u for u in counts if u]
    odd: dict[str, str | None]
    if most / numeric >= MOST:
        odd = {v: None for v, u in units.items() if u not in (None, usual)}
    elif usual == "":
        odd = {v: None for v, u in units.items() if u}
    else:
        # No way to write it rules: none of the values can be read as a number before all are written alike.
        odd = {v: None for v, u in units.items() if u is not None and (u or len(spellings) < len(counts))}
    if odd and len(counts) > 1:
        ways = ", ".join(repr(u) if u else "none" for u, _ in counts.most_common(5))
        more = f" and {len(counts) - 5} more" if len(counts) > 5 else ""
        said = (
            "numbers with other units than most"
            if most / numeric >= 0.5 or not usual
            else "numbers with units written in several ways"
        )
        yield Fault(
            "unit", f"{said} (units seen: {ways}{more})",
            "Bring all to one unit, and keep the number alone.", odd,
            {"step": "standardize", "number": True, **_factors(spellings, usual)},
        )  # fmt: skip
    if strange := {v: None for v, u in units.items() if u is None}:
        yield Fault(
            "type",
            "no number like the others, in a column of numbers",
            "Mend the value, or write it as missing.",
            {**strange},
        )


def _factors(units: Sequence[str], usual: str) -> dict[str, Any]:
    """What each unit is multiplied by to be the usual one, if all are of one kind that is known.

    >>> _factors(["g", "kg"], "g")
    {'units': {'g': 1.0, 'kg': 1000.0}}
    """
    named = {u.lower() for u in (*units, usual)}
    for kind in _KINDS:
        if named <= set(kind) and len({kind[u] for u in named}) > 1:
            return {"units": {u: round(kind[u] / kind[usual.lower()], 12) for u in sorted(named)}}
    return {}


def _unit(value: str) -> str | None:
    """What stands beside a number ("" for nothing); None if the value is no number."""
    if PLAIN_NUMBER.match(value):
        return ""
    found = _AMOUNT.match(value)
    if not found:
        return None
    return f"{found['before'] or ''}{' ' if found['before'] and found['after'] else ''}{(found['after'] or '').strip()}"


_TRUE, _FALSE = {"true", "yes", "y", "t", "1"}, {"false", "no", "n", "f", "0"}


def _variants(words: Vocabulary) -> Iterable[Fault]:
    """Values that are the same but for capitals, accents' encoding, spaces and signs."""
    groups: dict[str, list[tuple[str, int]]] = {}
    yes_no = {v.strip().casefold() for v, _ in words}
    flags = yes_no <= _TRUE | _FALSE and len(yes_no & _TRUE) + len(yes_no & _FALSE) > 2
    for value, n in words:
        folded = _folded(value)
        if flags:
            folded = "true" if value.strip().casefold() in _TRUE else "false"
        groups.setdefault(folded, []).append((value, n))
    bad: dict[str, str | None] = {}
    for same in groups.values():
        if len(same) > 1:
            usual = max(same, key=lambda pair: (pair[1], pair[0]))[0]
            bad |= {v: usual for v, _ in same if v != usual}
    if bad:
        said = "another spelling of a more frequent value (capitals, spaces or signs)"
        yield Fault("variant", said, "Write them like the frequent one.", bad)


def _folded(value: str) -> str:
    plain = " ".join(unicodedata.normalize("NFKC", value).casefold().split()).rstrip(".,;:")
    # In a code such as a-1 or 1.5, signs tell values apart.
    return plain if any(c.isdigit() for c in plain) else re.sub(r"[\s\-_.,'’/&()]+", "", plain) or plain


def shape(value: str) -> str:
    """A value with every run of letters as a and of digits as 9.

    >>> shape("AB-1207/x")
    'a-9/a'
    """
    return re.sub(r"\d+", "9", re.sub(r"[^\W\d_]+", "a", value))


def _shapes(words: Vocabulary) -> Iterable[Fault]:
    """Codes (values with digits) whose make-up is seen nowhere else."""
    total = sum(n for _, n in words)
    if sum(n for v, n in words if any(c.isdigit() for c in v)) / total < 0.95:
        return
    if sum(n for v, n in words if v.count(" ") > 3) / total > 1 - MOST:
        return  # prose with numbers in it
    counts: Counter[str] = Counter()
    shapes = {v: shape(v) for v, _ in words}
    for value, n in words:
        counts[shapes[value]] += n
    usual = {s for s, n in counts.items() if n / total >= 0.02}
    if not usual or len(usual) > 6 or sum(counts[s] for s in usual) / total < 0.95:
        return
    rare: dict[str, str | None] = {
        v: None for v, s in shapes.items() if s not in usual and counts[s] / total < 0.01
    }
    if rare:
        ways = ", ".join(sorted(usual, key=lambda s: -counts[s])[:4])
        said = f"made up otherwise than the others (a stands for letters, 9 for digits: {ways})"
        yield Fault("format", said, "Mend the values, or find out where they come from.", rare)


def _typos(words: Vocabulary, nearest: Callable[[list[str], list[str]], dict[str, str]]) -> Iterable[Fault]:
    """Rare values that differ from a frequent one by a letter or two, where frequent ones are nearly all there is."""
    total = sum(n for _, n in words)
    counts = dict(words)
    frequent = [v for v, n in words if n >= 5]
    if not frequent or len(frequent) > 1000 or sum(counts[v] for v in frequent) / total < 0.8:
        return
    most = max(counts.values())
    rare = [v for v, n in words if (n < 5 or 50 * n <= most) and 3 <= len(v) <= 300][:3000]
    likes = set(rare)
    known = _known_words(words, total)
    bad: dict[str, str | None] = {}
    for value, like in (
        nearest(rare, [v for v in frequent if v not in likes and len(v) >= 3]) if rare else {}
    ).items():
        n = counts[value]
        enough = counts[like] >= (5 if n < 5 and len(value) > 3 else 50) * n
        new = set(_WORD.findall(value)) - set(_WORD.findall(like))
        # A word that many other values have, too, is a word, as is a number.
        if enough and not _other_number(value, like) and not (new and new <= known):
            bad[value] = like
    if bad:
        said = "rare and almost the same as a frequent value: most likely misspelt"
        yield Fault("typo", said, "Look at them, and write them like the frequent one.", bad)


_WORD = re.compile(r"[^\W_]+")


def _known_words(words: Vocabulary, total: int) -> set[str]:
    """Words that are in at least five different values and in a hundredth of the rows."""
    different: Counter[str] = Counter()
    rows: Counter[str] = Counter()
    for value, n in words:
        for word in set(_WORD.findall(value)):
            different[word] += 1
            rows[word] += n
    return {w for w, n in different.items() if n >= 5 and rows[w] >= total / 100}


def _other_number(one: str, other: str) -> bool:
    """Whether two values differ in a number, as `unit 1` and `unit 2` do: then they are two things."""
    a, b = re.sub(r"\D", "", one), re.sub(r"\D", "", other)
    if a == b:
        return False
    left = iter(b)
    return not (len(a) < len(b) and len(one) == len(other) and all(c in left for c in a))


def allowed(length: int) -> int:
    """How many letters may differ for a value of this length to count as a misspelling."""
    return 1 if length < 6 else 2 if length < 12 else max(2, length // 6)
