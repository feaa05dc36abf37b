"""What pydantic finds wrong, in words for people who fill in a form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: By pydantic's own names of errors; what stands in braces comes with the error.
WORDS = {
    "missing": "This is needed.",
    "string_too_short": "This must not be empty.",
    "string_too_long": "At most {max_length:,} characters.",
    "string_pattern_mismatch": "Small letters, digits, - and _ only, beginning with a letter or a digit.",
    "too_short": "At least {min_length} of these.",
    "too_long": "At most {max_length:,} of these.",
    "greater_than": "This must be more than {gt:g}.",
    "greater_than_equal": "This must be {ge:g} or more.",
    "less_than": "This must be less than {lt:g}.",
    "less_than_equal": "This must be {le:g} or less.",
    "finite_number": "This must be a finite number.",
    "float_type": "This must be a number.",
    "float_parsing": "This must be a number.",
    "int_parsing": "This must be a whole number.",
    "int_from_float": "This must be a whole number.",
    "date_from_datetime_parsing": "This must be a day, such as 2026-03-31.",
    "date_type": "This must be a day, such as 2026-03-31.",
    "literal_error": "Choose one of {expected}.",
    "model_type": "Fill this in.",
}


def in_words(fault: Mapping[str, Any]) -> str:
    """One of the errors of a ValidationError as a sentence.

    >>> in_words({"type": "less_than", "msg": "Input should be less than 1", "ctx": {"lt": 1.0}})
    'This must be less than 1.'
    """
    known = WORDS.get(str(fault["type"]))
    if known is not None:
        return known.format(**fault.get("ctx", {}))
    said = str(fault["msg"]).removeprefix("Value error, ").rstrip(".")
    return f"{said[:1].upper()}{said[1:]}."
