"""Sends requests on a schedule, each at its moment, whatever became of those before, and times them."""

from __future__ import annotations

import asyncio
import inspect
import json
import signal
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sextant.errors import InvalidInput
from sextant.evaluation.load import Load, Request
from sextant_integrations.endpoint.incoming import tokens

if TYPE_CHECKING:
    import httpx


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `error` is its kind, "" for an answer."""

    error: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None


#: Gets a request's number, from 0 on, and answers it.
Target = Callable[[int], Awaitable[Answer]]


def put_under_load(
    target: Target, moments: Iterable[float], *, rate: float, timeout: float = 30.0, most_open: int = 1000,
    tell: Callable[[int, int], None] = lambda sent, open_: None,
) -> Load:  # fmt: skip
    """Send a request to `target` at each of `moments` (seconds from now, see `arrivals`), and wait for the answers.

    rate       what is asked for, for the record
    timeout    seconds after which a request that went has failed
    most_open  how many may be open at once; one more waits, and its latency counts while it does
    tell       is told how many were sent and are open, now and then

    Ctrl-C ends it: no more are sent, and those that are open are waited for; a second one gives up on these, and counts
    them as failed. Either way what was measured so far is the result.
    """

    async def run() -> Load:
        try:
            return await _load(target, moments, rate, timeout, most_open, tell)
        finally:
            if isinstance(target, OverHttp):
                await target.close()

    return asyncio.run(run())


async def _load(
    target: Target, moments: Iterable[float], rate: float, timeout: float, most_open: int,
    tell: Callable[[int, int], None],
) -> Load:  # fmt: skip
    loop = asyncio.get_running_loop()
    gate, stop, given_up = asyncio.Semaphore(most_open), asyncio.Event(), asyncio.Event()
    found: list[Request] = []
    open_: set[asyncio.Task[None]] = set()
    start = loop.time()

    async def one(place: int, meant: float) -> None:
        sent = meant
        try:
            async with gate:
                sent = loop.time() - start
                try:
                    answer = await asyncio.wait_for(target(place), timeout)
                except TimeoutError:
                    answer = Answer("timeout")
        except asyncio.CancelledError:
            answer = Answer("unanswered when stopped")
        ended = loop.time() - start
        found.append(Request(meant, sent, ended, answer.error, answer.tokens_in, answer.tokens_out))

    def stopped() -> None:
        (given_up if stop.is_set() else stop).set()

    with _on_interrupt(loop, stopped):
        told = 0.0
        for place, meant in enumerate(moments):
            if await _until(start + meant - loop.time(), stop):
                break
            task = loop.create_task(one(place, meant))
            open_.add(task)
            task.add_done_callback(open_.discard)
            if loop.time() - told > 0.1:
                told = loop.time()
                tell(place + 1, len(open_))
        while open_ and not given_up.is_set():
            await asyncio.wait(
                [*open_, (waiter := loop.create_task(given_up.wait()))], return_when="FIRST_COMPLETED"
            )
            waiter.cancel()
            tell(len(found) + len(open_), len(open_))
        for task in list(open_):
            task.cancel()
        if open_:
            await asyncio.wait(list(open_))
    return Load(tuple(sorted(found, key=lambda r: r.meant)), rate, stop.is_set())


async def _until(seconds: float, stop: asyncio.Event) -> bool:
    """Wait so long; True as soon as somebody stopped it."""
    if seconds <= 0:
        await asyncio.sleep(0)
        return stop.is_set()
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return False
    return True


@contextmanager
def _on_interrupt(loop: asyncio.AbstractEventLoop, then: Callable[[], None]) -> Iterator[None]:
    # Only the main thread hears signals; elsewhere who called it has a way of its own to end it.
    heard = False
    with suppress(NotImplementedError, RuntimeError, ValueError):
        loop.add_signal_handler(signal.SIGINT, then)
        heard = True
    try:
        yield
    finally:
        if heard:
            loop.remove_signal_handler(signal.SIGINT)


class OverHttp:
    """A target that asks `url`: by GET, or with `bodies` (JSON), one after the other and again, by POST.

    Only this address is asked: redirects are not followed, and count as errors, as every status from 300 on does.
    """

    def __init__(
        self,
        url: str,
        *,
        bodies: Sequence[Any] = (),
        headers: dict[str, str] | None = None,
        most_open: int = 1000,
    ) -> None:
        self.url, self.bodies, self.headers, self.most_open = url, bodies, headers, most_open
        self._client: httpx.AsyncClient | None = None

    async def __call__(self, place: int) -> Answer:
        import httpx

        if self._client is None:
            limits = httpx.Limits(max_connections=self.most_open, max_keepalive_connections=self.most_open)
            self._client = httpx.AsyncClient(
                headers=self.headers,
                timeout=None,  # noqa: S113 - how long to wait is the load's to say
                follow_redirects=False,
                trust_env=False,
                limits=limits,
            )
        try:
            if self.bodies:
                found = await self._client.post(self.url, json=self.bodies[place % len(self.bodies)])
            else:
                found = await self._client.get(self.url)
        except httpx.ConnectError:
            return Answer("cannot connect")
        except httpx.TransportError as error:
            return Answer(type(error).__name__)
        if found.status_code >= 300:
            return Answer(f"HTTP {found.status_code}")
        return Answer("", *tokens(_json(found)))

    async def close(self) -> None:
        """Close its connections, in the loop that they belong to; the next request opens others."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None


@contextmanager
def over_http(
    url: str, *, bodies: Sequence[Any] = (), headers: dict[str, str] | None = None, most_open: int = 1000
) -> Iterator[OverHttp]:
    """The same for a `with`, as `over_callable` is."""
    yield OverHttp(url, bodies=bodies, headers=headers, most_open=most_open)


def _json(found: httpx.Response) -> Any:
    if "json" not in found.headers.get("content-type", ""):
        return None
    try:
        return found.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        return None


@contextmanager
def over_callable(
    call: Callable[..., Any], *, inputs: Sequence[Any] = (), most_open: int = 64
) -> Iterator[Target]:
    """A target that calls a Python function with each of `inputs`, one after the other and again, or with nothing. What
    is no coroutine runs in threads. What it raises is an error, by the name of its class; what it returns may be an
    OpenAI-compatible answer, whose tokens are counted."""
    with ThreadPoolExecutor(most_open, thread_name_prefix="bench") as pool:

        async def ask(place: int) -> Answer:
            given = (inputs[place % len(inputs)],) if inputs else ()
            try:
                if inspect.iscoroutinefunction(call):
                    answer = await call(*given)
                else:
                    answer = await asyncio.get_running_loop().run_in_executor(pool, call, *given)
            except Exception as error:  # noqa: BLE001 - what a stranger's function raises, it counts
                return Answer(type(error).__name__)
            return Answer("", *tokens(answer))

        yield ask


def find_callable(name: str) -> Callable[..., Any]:
    """The function that `package.module:function` names."""
    module, _, function = name.partition(":")
    try:
        found = getattr(import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise InvalidInput(
            f"{name!r} cannot be called: {error}", rule="an address (http://...), or package.module:function",
        ) from error  # fmt: skip
    if not callable(found):
        raise InvalidInput(f"{name!r} is no function", rule="package.module:function")
    return found  # type: ignore[no-any-return]
