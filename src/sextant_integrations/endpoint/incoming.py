"""What an answer says of the tokens that it took: the usage fields of OpenAI's and Anthropic's APIs, and of those that
follow them."""

from __future__ import annotations

from typing import Any

_IN, _OUT = ("prompt_tokens", "input_tokens"), ("completion_tokens", "output_tokens")


def tokens(answer: Any) -> tuple[int | None, int | None]:
    """Tokens read and written, None where it does not say.

    >>> tokens({"usage": {"prompt_tokens": 12, "completion_tokens": 30}})
    (12, 30)
    >>> tokens({"usage": {"input_tokens": 12}}), tokens("no JSON")
    ((12, None), (None, None))
    """
    usage = answer.get("usage") if isinstance(answer, dict) else None
    if not isinstance(usage, dict):
        return None, None
    return _first(usage, _IN), _first(usage, _OUT)


def _first(usage: dict[str, Any], names: tuple[str, ...]) -> int | None:
    found = (usage[n] for n in names if isinstance(usage.get(n), int) and not isinstance(usage.get(n), bool))
    return next((v for v in found if v >= 0), None)
