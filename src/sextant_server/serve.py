"""The production server: granian with threads for the site and the API, and the worker as a process beside
it.

Both end together. On ctrl-C or SIGTERM the requests in hand are answered and the job in hand is handed back;
if this process is killed, the others notice and end by themselves.
"""

from __future__ import annotations

import errno
import http.client
import logging
import multiprocessing
import multiprocessing.connection
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

import django

from sextant.errors import InvalidInput, Unavailable

log = logging.getLogger("sextant.serve")

#: How long a request or a job may take to end after SIGTERM, in seconds.
GRACE = 10


def serve(
    host: str = "127.0.0.1",
    port: int = 8000,
    *,
    workers: int = 1,
    with_worker: bool = True,
    open_browser: bool = False,
) -> None:
    """Bring the database up to date, then serve until ctrl-C or SIGTERM.

    `workers` is the number of server processes, each with threads; one does for a team. On the first start
    the first account's password is printed. Raises Unavailable when the port is taken and InvalidInput when
    the settings cannot work (both exit code 2), SystemExit when a server process dies.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sextant_server.settings")
    django.setup()
    from django.db import connections

    from sextant_server.first_start import prepare

    if workers < 1:
        raise InvalidInput(f"{workers} server processes", where="workers", rule="at least one")
    _free(host, port)
    _well_set()
    prepare(sys.stdout)
    # What is open here must not be shared with a process that is started from here.
    connections.close_all()
    stopping = threading.Event()
    beside = threading.Thread(target=_beside, args=(host, port, with_worker, open_browser, stopping))
    beside.start()
    try:
        _granian(host, port, workers).serve(target_loader=_application)
    finally:
        stopping.set()
        beside.join()


def _beside(host: str, port: int, with_worker: bool, open_browser: bool, stopping: threading.Event) -> None:
    """What goes on beside the server: say that it is ready, then keep the worker running, both until the end."""
    # The worker after the site, which somebody waits for.
    if _ready(host, port, stopping):
        sys.stdout.write(f"Sextant is at {_address(host, port)} (ctrl-C ends it)\n")
        sys.stdout.flush()
        if open_browser:
            import webbrowser

            webbrowser.open(_address(host, port))
        if with_worker:
            _keep_running(_worker_command(), stopping)


def _free(host: str, port: int) -> None:
    """Refuse a port that is taken: the server shares ports, so it would not notice."""
    if not 1 <= port <= 65535:
        raise InvalidInput(f"there is no port {port}", where="port", rule="1 to 65535")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        where = f"{host}:{port}"
        if error.errno == errno.EADDRINUSE:
            raise Unavailable(
                f"port {port} is in use", where=where, todo="stop what uses it, or choose another with --port"
            ) from error
        if error.errno == errno.EACCES:
            raise Unavailable(
                f"port {port} needs rights that this account has not",
                where=where,
                todo="choose one above 1023",
            ) from error
        raise Unavailable(
            f"cannot listen there: {error}", where=where, todo="check --host and --port"
        ) from error


def _well_set() -> None:
    """Refuse settings that cannot work, and say those that could hurt."""
    from django.core.checks import ERROR, run_checks

    from sextant_server.checks import TAG

    messages = run_checks(tags=[TAG])
    for message in messages:
        if message.level < ERROR:
            log.warning("%s %s", message.msg, message.hint, extra={"check": message.id})
    errors = [message for message in messages if message.level >= ERROR]
    if errors:
        said = "\n".join(f"{error.id}: {error.msg} {error.hint}" for error in errors)
        raise InvalidInput(f"the settings cannot work.\n{said}")


def _granian(host: str, port: int, workers: int) -> Any:
    from django.conf import settings
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    logging_: dict[str, Any] = settings.LOGGING
    # One way to start a process on every system, and none that copies the threads and locks of this one.
    multiprocessing.set_start_method("spawn", force=True)
    return Granian(
        "sextant_server.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=2 * (os.cpu_count() or 1) + 1,
        websockets=False,
        log_level=LogLevels.warning,
        log_dictconfig={**logging_, "loggers": {**logging_["loggers"], "_granian": {}}},
        workers_kill_timeout=GRACE,
        respawn_failed_workers=True,
    )


def _application(target: str) -> Callable[..., Any]:
    """In a server process: load the site, and end when the process that started it is gone."""
    parent = multiprocessing.parent_process()
    if parent is not None:

        def end_with_it(sentinel: int = parent.sentinel) -> None:
            multiprocessing.connection.wait([sentinel])
            os.kill(os.getpid(), signal.SIGTERM)

        threading.Thread(target=end_with_it, name="end with parent", daemon=True).start()
    from django.conf import settings

    from sextant_server.wsgi import application

    # Load the pages and the API before the first request comes, not while somebody waits for it.
    import_module(settings.ROOT_URLCONF)
    return application


def _worker_command() -> list[str]:
    return [sys.executable, "-m", "sextant_server.jobs.worker", "--with-parent"]


def _keep_running(command: list[str], stopping: threading.Event) -> None:
    """Run the worker as a process; start it again when it dies, end it when all ends."""
    pause = 1.0
    while True:
        began = time.monotonic()
        # It reads a pipe that only we hold: when we are gone, however, it reads the end and stops.
        process = subprocess.Popen(command, stdin=subprocess.PIPE)
        while process.poll() is None and not stopping.wait(0.2):
            pass
        if stopping.is_set():
            _end(process)
            return
        pause = 1.0 if time.monotonic() - began > 60 else min(2 * pause, 30.0)
        log.error("the worker ended with code %s; starting it again in %.0f s", process.returncode, pause)
        if stopping.wait(pause):
            return


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        log.warning("the worker did not reach a step in %s s and is ended; its job goes on later", GRACE)
        process.kill()
        process.wait()


def _reach(host: str) -> str:
    """The address under which this machine reaches a server that listens on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  (compared, not bound)


def _address(host: str, port: int) -> str:
    reach = _reach(host)
    return f"http://[{reach}]:{port}/" if ":" in reach else f"http://{reach}:{port}/"


def _ready(host: str, port: int, stopping: threading.Event) -> bool:
    """Wait until the site answers; False when it is stopped before."""
    from django.conf import settings

    name = next((h.lstrip(".") for h in settings.ALLOWED_HOSTS if h != "*"), "localhost")
    while not stopping.wait(0.05):
        probe = http.client.HTTPConnection(_reach(host), port, timeout=5)
        try:
            probe.request("GET", "/healthz", headers={"Host": name})
            probe.getresponse().read()
            return True
        except (OSError, http.client.HTTPException):
            continue
        finally:
            probe.close()
    return False
