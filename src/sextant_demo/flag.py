"""A flag in a file, a process of its own that obeys it, and a listener for alerts.

The ways back are drilled on them for real: the process says what it would answer a clerk with, and the time
runs from writing the flag to the first answer that obeys it.
"""

from __future__ import annotations

import http.client
import http.server
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: The flag's name, and its variants besides the versions of readers.
FLAG = "form-reader"
TYPING = "typing"
#: Longer than this, and the drill has failed.
PATIENCE = 10.0

#: The application: it looks at the flag a hundred times a second and says what it serves when that changes.
_APPLICATION = """
import json, sys, time
served = None
while True:
    with open(sys.argv[1]) as stream:
        flag = json.load(stream)["flags"]["form-reader"]
    now = flag["defaultVariant"]
    if now != served:
        served = now
        print(json.dumps([time.monotonic(), served]), flush=True)
    time.sleep(0.01)
"""


def set_flag(path: Path, variant: str) -> None:
    """Write the flag in flagd's format, whole or not at all."""
    body = {"flags": {FLAG: {"state": "ENABLED", "variants": {variant: variant}, "defaultVariant": variant}}}
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}")
    draft.write_text(json.dumps(body, indent=2), encoding="utf-8")
    draft.replace(path)


def drill(path: Path, before: str, after: str) -> tuple[bool, float]:
    """Serve `before`, go back to `after`, and time it by the process that serves: whether it came back, and
    the seconds it took."""
    set_flag(path, before)
    with _serving(path) as answers:
        if next(answers)[1] != before:
            return False, 0.0
        started = time.monotonic()
        set_flag(path, after)
        at, served = next(answers)
        return served == after, at - started


@contextmanager
def _serving(path: Path) -> Iterator[Iterator[tuple[float, str]]]:
    command = [sys.executable, "-I", "-S", "-c", _APPLICATION, str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    # A process that says nothing is ended, so that the drill cannot wait for ever.
    watch = threading.Timer(PATIENCE, process.kill)
    watch.start()
    try:
        yield _said(process)
    finally:
        watch.cancel()
        process.kill()
        process.communicate()


def _said(process: subprocess.Popen[str]) -> Iterator[tuple[float, str]]:
    for line in process.stdout or ():
        at, served = json.loads(line)
        yield at, served
    while True:
        yield time.monotonic(), ""


def send_alert(text: str) -> tuple[bool, float]:
    """Send a test alert over HTTP to a listener on this machine: whether it arrived, and after how long."""
    arrived: list[tuple[float, str]] = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            arrived.append((time.monotonic(), body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            return

    with http.server.HTTPServer(("127.0.0.1", 0), Listener) as listener:
        thread = threading.Thread(target=listener.handle_request, daemon=True)
        listener.timeout = PATIENCE
        thread.start()
        started = time.monotonic()
        caller = http.client.HTTPConnection("127.0.0.1", listener.server_port, timeout=PATIENCE)
        caller.request("POST", "/", body=text.encode())
        caller.getresponse().read()
        caller.close()
        thread.join(PATIENCE)
    return bool(arrived) and arrived[0][1] == text, (arrived[0][0] if arrived else time.monotonic()) - started
