"""A server of known delays, for tests: it answers after `delay` seconds, and stands still for a while if told to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Slow(ThreadingHTTPServer):
    """`delay` seconds an answer; between `stall` seconds after the first request nobody is answered. Every `broken`-th
    answer is an error 503. Answers are OpenAI-compatible: 10 tokens read and 5 written."""

    daemon_threads = True
    request_queue_size = 256
    delay = 0.0
    stall: tuple[float, float] | None = None
    broken = 0
    one_at_a_time = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.seen: list[Any] = []
        self.first = 0.0
        self.turn = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1/chat/completions"


class Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Slow

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        asked = json.loads(self.rfile.read(length)) if length else None
        self._answer({"asked": asked, "authorization": self.headers.get("authorization")})

    def do_GET(self) -> None:
        self._answer(None)

    def _answer(self, seen: Any) -> None:
        mine = self.server
        now = time.monotonic()
        mine.first = mine.first or now
        mine.seen.append(seen)
        number = len(mine.seen)
        if mine.stall and mine.stall[0] <= now - mine.first < mine.stall[1]:
            time.sleep(mine.stall[1] - (now - mine.first))
        time.sleep(mine.delay)
        failed = mine.broken and number % mine.broken == 0
        body = json.dumps({"usage": {"prompt_tokens": 10, "completion_tokens": 5}}).encode()
        self.send_response(302 if mine.broken == 1 else 503 if failed else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if mine.broken == 1:
            self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *said: Any) -> None:
        pass


@contextmanager
def slow_server(**how: Any) -> Iterator[Slow]:
    server = Slow()
    for name, value in how.items():
        setattr(server, name, value)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
