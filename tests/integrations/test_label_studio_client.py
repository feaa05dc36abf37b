"""What Label Studio's faults become, on answers made here. `test_label_studio.py` asks the real server."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from sextant.errors import Forbidden, InvalidInput, NotFound, SextantError, Unavailable
from sextant_integrations.label_studio.client import LabelStudio
from sextant_integrations.label_studio.settings import TOKEN, URL, Settings, read

#: What no message may hold.
SECRET = "secret"


def studio(answer: Callable[[httpx.Request], httpx.Response], *, token: str = SECRET) -> LabelStudio:
    http = httpx.Client(transport=httpx.MockTransport(answer))
    return LabelStudio(Settings("http://studio", token), http=http, pause=lambda seconds: None)


@pytest.mark.parametrize(
    ("status", "body", "kind", "says"),
    [
        (401, {"detail": "Invalid token."}, Forbidden, "does not take the token: Invalid token."),
        (404, {"detail": "No Project matches"}, NotFound, "project 7 is not there any more"),
        (
            400,
            {"validation_errors": {"title": ["Too short."]}},
            InvalidInput,
            "refuses it: title: Too short.",
        ),
        (500, {"detail": "oops"}, SextantError, "failed: oops"),
        (503, {"detail": "busy"}, Unavailable, "answered 503"),
    ],
)
def test_a_refusal_says_what_to_do(status: int, body: object, kind: type[SextantError], says: str) -> None:
    with pytest.raises(kind, match=says) as caught:
        studio(lambda request: httpx.Response(status, json=body)).project(7)
    assert "secret" not in str(caught.value)


def test_another_program_at_the_address_is_told() -> None:
    with pytest.raises(Unavailable, match="not as Label Studio does"):
        studio(lambda request: httpx.Response(200, text="<html>")).project(7)


def test_reading_is_tried_again_and_an_import_is_not() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        if len(asked) < 3:
            raise httpx.ReadError("broke off")
        return httpx.Response(200, json={"id": 7})

    assert studio(answer).project(7) == {"id": 7}
    asked.clear()
    with pytest.raises(Unavailable, match="cannot be reached: broke off"):
        studio(answer).add_tasks(7, [{}])
    assert asked == ["POST"]


def test_a_personal_token_is_changed_for_a_short_one_and_again_when_that_ends() -> None:
    taken: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/token/refresh":
            taken.append(request.content.decode())
            return httpx.Response(200, json={"access": f"short-{len(taken)}"})
        if request.headers["Authorization"] == "Bearer short-1" and request.method == "PATCH":
            return httpx.Response(401, json={"detail": "expired"})
        return httpx.Response(200, json={"id": 7})

    found = studio(answer, token="ey.long.one")
    assert found.project(7) == {"id": 7}
    found.change_project(7, {"title": "Spam"})
    assert taken == ['{"refresh":"ey.long.one"}'] * 2


@pytest.mark.parametrize(
    ("url", "token", "where"),
    [("", "t", URL), ("ftp://x", "t", URL), ("http://me:pass1@x", "t", URL), ("http://x", "", TOKEN), ("http://x", "a b", TOKEN)],
)  # fmt: skip
def test_an_address_or_a_token_that_is_none_is_refused(url: str, token: str, where: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(environ={URL: url, TOKEN: token})
    assert caught.value.where == where
    assert "pass1" not in str(caught.value)
