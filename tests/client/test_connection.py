"""What is tried again and what is not, and how each way of failing is told."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from sextant import errors
from sextant.errors import Conflict, NotFound, SextantError, Unavailable
from sextant_client import connect
from sextant_client.connection import PAUSES, Connection, as_error
from tests.serving import Server, free_port


def connection(
    answer: Callable[[httpx.Request], httpx.Response], pauses: list[float] | None = None
) -> Connection:
    http = httpx.Client(transport=httpx.MockTransport(answer), base_url="http://here/api/v1/")
    return Connection(
        http, "http://here", todo="look there", pause=(pauses if pauses is not None else []).append
    )


def failing(
    times: int, error: Exception | int, tried: list[str]
) -> Callable[[httpx.Request], httpx.Response]:
    """Fails so many times, then answers."""

    def answer(request: httpx.Request) -> httpx.Response:
        tried.append(request.method)
        if len(tried) > times:
            return httpx.Response(200, json={"fine": True})
        if isinstance(error, int):
            return httpx.Response(error, text="not now")
        raise error

    return answer


@pytest.mark.parametrize("error", [httpx.ConnectError("refused"), httpx.ReadTimeout("slow"), 502, 503, 504])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_what_can_be_repeated_is_tried_again(method: str, error: Exception | int) -> None:
    tried: list[str] = []
    pauses: list[float] = []
    assert connection(failing(2, error, tried), pauses).request(method, "x") == {"fine": True}
    assert tried == [method] * 3
    assert pauses == list(PAUSES)


@pytest.mark.parametrize("error", [httpx.ConnectError("refused"), httpx.ReadTimeout("slow"), 503])
def test_it_gives_up_after_three_tries(error: Exception | int) -> None:
    tried: list[str] = []
    with pytest.raises(Unavailable, match=r"http://here.*Look there"):
        connection(failing(9, error, tried)).request("GET", "x")
    assert len(tried) == 3


@pytest.mark.parametrize("error", [httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("gone"), 502])
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_what_may_have_been_done_is_not_done_twice(method: str, error: Exception | int) -> None:
    tried: list[str] = []
    with pytest.raises(Unavailable):
        connection(failing(1, error, tried)).request(method, "x", body={})
    assert tried == [method]


def test_what_never_arrived_is_sent_again() -> None:
    tried: list[str] = []
    assert connection(failing(1, httpx.ConnectError("refused"), tried)).request("POST", "x", body={})
    assert tried == ["POST", "POST"]


def test_a_post_that_is_known_to_be_harmless_is_repeated() -> None:
    tried: list[str] = []
    assert connection(failing(1, httpx.ReadTimeout("slow"), tried)).request("POST", "x", body={}, again=True)
    assert tried == ["POST", "POST"]


def test_a_problem_of_the_server_is_believed_at_once() -> None:
    tried: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        tried.append(request.method)
        body = Unavailable("the disk is full", where="/data", todo="make room").problem()
        return httpx.Response(503, json=body, headers={"content-type": "application/problem+json"})

    with pytest.raises(Unavailable, match=r"^/data: the disk is full. Make room$"):
        connection(answer).request("GET", "x")
    assert tried == ["GET"]


ERRORS = [
    errors.InvalidInput, errors.NotFound, errors.Forbidden, errors.Conflict, errors.Unavailable, errors.IntegrityFault,
    errors.SextantError,
]  # fmt: skip


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_survives_the_journey(kind: type[SextantError]) -> None:
    sent = kind("it is so", where="there", rule="this rule", todo="do that")
    came = as_error(sent.problem())
    assert type(came) is kind
    assert (str(came), came.status, came.code) == (str(sent), sent.status, sent.code)


def test_every_error_that_there_is_has_a_way_back() -> None:
    families = {e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, SextantError)}
    assert families == {*ERRORS, errors.ConfigError}
    config = errors.ConfigError("unknown key", file="sextant.yaml", line=3, column=5)
    came = as_error(config.problem())
    assert (type(came), str(came)) == (errors.InvalidInput, "sextant.yaml:3:5: unknown key")


def test_an_unknown_problem_is_an_error_of_ours_all_the_same() -> None:
    came = as_error({"type": "urn:sextant:Moonstruck", "status": 418, "detail": "the moon is full"})
    assert (type(came), str(came), came.status) == (SextantError, "the moon is full", 418)
    assert str(as_error({})) == "it failed"


def test_what_is_not_sextant_is_not_taken_for_it() -> None:
    def page(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, text="<html>Welcome</html>")

    with pytest.raises(Unavailable, match="answered 200 to GET /api/v1/me, not as Sextant does"):
        connection(page).request("GET", "me")
    with pytest.raises(Unavailable, match="answered 302"):
        connection(lambda r: httpx.Response(302, headers={"location": "https://elsewhere/"})).request(
            "GET", "me"
        )


def test_a_fault_of_the_server_says_where_to_look() -> None:
    with pytest.raises(SextantError, match=r"http://here: the server failed on this. Look at its log"):
        connection(lambda r: httpx.Response(500, text="<html>")).request("POST", "x")


def test_nothing_listens_there() -> None:
    with connect(f"http://127.0.0.1:{free_port()}", "sxt_x") as client:
        client.connection._pause = lambda seconds: None
        with pytest.raises(Unavailable, match=r"127.0.0.1.*cannot be reached.*Check SEXTANT_URL") as caught:
            client.projects()
    assert caught.value.code == 2


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://x", "http://"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(errors.InvalidInput, match=r"SEXTANT_URL: .* is no web address"):
        connect(url)


def test_a_token_opens_its_own_project_only(server: Server) -> None:
    mine, token = server.project()
    other, _ = server.project()
    with connect(server.url, token) as client:
        assert [p.slug for p in client.projects()] == [mine]
        assert client.me()["name"] == "token test"
        with pytest.raises(NotFound, match=f"there is no project '{other}'") as caught:
            client.project(other)
        assert (caught.value.status, caught.value.code) == (404, 2)


def test_a_token_that_reads_does_not_write_and_none_decides(server: Server) -> None:
    slug, reading = server.project(scopes=("read",))
    _, writing = server.project(slug)
    with connect(server.url, reading) as client:
        assert client.project(slug).gates()
        with pytest.raises(errors.Forbidden):
            client.project(slug).put_risks([])
    with connect(server.url, writing) as client:
        project = client.project(slug)
        with pytest.raises(errors.Forbidden):
            project.decide("problem", "hold")
        with pytest.raises(errors.Forbidden):
            client.create_project("another", "Another")


@pytest.mark.parametrize("token", ["", "sxt_wrong"])
def test_without_a_valid_token_nobody_comes_in(
    server: Server, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SEXTANT_TOKEN", raising=False)
    with connect(server.url, token) as client, pytest.raises(SextantError, match="no valid token") as caught:
        client.projects()
    assert caught.value.status == 401


def test_the_environment_names_server_and_token(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    slug, token = server.project()
    monkeypatch.setenv("SEXTANT_URL", server.url + "/")
    monkeypatch.setenv("SEXTANT_TOKEN", token)
    with connect() as client:
        assert (client.url, client.home) == (server.url + "/", None)
        assert client.project(slug).info.slug == slug


def test_a_conflict_carries_its_exit_code() -> None:
    assert as_error(Conflict("no").problem()).code == 2
    assert as_error(errors.IntegrityFault("no").problem()).code == 1
