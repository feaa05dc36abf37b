"""Where Label Studio is, and by which token: from the environment, or given."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from sextant.errors import InvalidInput

URL, TOKEN = "SEXTANT_LABEL_STUDIO_URL", "SEXTANT_LABEL_STUDIO_TOKEN"


@dataclass(frozen=True, slots=True)
class Settings:
    """An address without a slash at its end, and a token. The token is in no message and no representation.

    >>> Settings("http://127.0.0.1:8080", "secret")
    Settings(url='http://127.0.0.1:8080')
    """

    url: str
    token: str = field(repr=False)


def read(url: str = "", token: str = "", environ: Mapping[str, str] | None = None) -> Settings:
    """Settings as given, else from the environment.

    Raises `InvalidInput` where one is missing, and for an address that is none or that holds a password.

    >>> read(environ={URL: "http://127.0.0.1:8080/", TOKEN: "secret"})
    Settings(url='http://127.0.0.1:8080')
    """
    given = os.environ if environ is None else environ
    url, token = (url or given.get(URL, "")).strip(), (token or given.get(TOKEN, "")).strip()
    if not url:
        raise InvalidInput(
            "Label Studio's address is not known", where=URL, todo="set it, such as http://127.0.0.1:8080"
        )
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.query:
        raise InvalidInput(
            "it is no address of Label Studio", where=URL, rule="http:// or https://, a host, no name and no password"
        )  # fmt: skip
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise InvalidInput(
            "Label Studio's token cannot be used" if token else "Label Studio's token is not known", where=TOKEN,
            todo="copy it from Label Studio, under Account & Settings, into this variable",
        )  # fmt: skip
    return Settings(url.rstrip("/"), token)
