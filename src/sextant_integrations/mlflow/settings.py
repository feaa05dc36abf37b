"""Where MLflow is, and by which credentials: given, or from the environment as MLflow's own programs have it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from sextant.errors import InvalidInput

URL, TOKEN = "MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_TOKEN"
NAME, PASSWORD = "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"


@dataclass(frozen=True, slots=True)
class Settings:
    """An address without credentials and without a slash at its end; a token, or a name and a password, or neither. No
    message and no representation holds one of them.

    >>> Settings("http://127.0.0.1:5000", token="secret")
    Settings(url='http://127.0.0.1:5000')
    """

    url: str
    token: str = field(default="", repr=False)
    login: tuple[str, str] | None = field(default=None, repr=False)


def read(url: str = "", token: str = "", environ: Mapping[str, str] | None = None) -> Settings:
    """Settings as given, else from the environment. Name and password may stand in the address, as MLflow takes them.

    Raises `InvalidInput` where there is no address, or one that is none.

    >>> read(environ={URL: "http://ann:pass@127.0.0.1:5000/"})
    Settings(url='http://127.0.0.1:5000')
    """
    given = os.environ if environ is None else environ
    url, token = (url or given.get(URL, "")).strip(), (token or given.get(TOKEN, "")).strip()
    if not url:
        raise InvalidInput(
            "where is MLflow?", where=URL, rule="an address such as http://127.0.0.1:5000",
            todo="add --address URL, or set this variable",
        )  # fmt: skip
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host or parts.query:
        raise InvalidInput(
            "it is no address of an MLflow server", where=URL, rule="http:// or https://, and a host",
            todo="give the address that your browser opens MLflow at",
        )  # fmt: skip
    if not token.isascii() or not token.isprintable() or " " in token:
        raise InvalidInput("MLflow's token cannot be used", where=TOKEN, todo="copy it again")
    if ":" in host:
        host = f"[{host}]"
    name = parts.username or given.get(NAME, "")
    login = (name, parts.password or given.get(PASSWORD, "")) if name and not token else None
    place = urlunsplit((parts.scheme, host + (f":{port}" if port else ""), parts.path.rstrip("/"), "", ""))
    return Settings(place, token, login)
