"""A real Spark cluster for the whole run: a master and two workers, each a process of its own, on loopback."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def _start(kind: str, folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    import pyspark

    home = Path(pyspark.__file__).parent
    log = (folder / f"{kind}-{time.monotonic_ns()}.log").open("wb")
    settings = {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_WORKER_DIR": str(folder / "work"),
        "SPARK_DAEMON_MEMORY": "256m",
    }
    command = [
        str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{kind.lower()}.{kind}", "--host", "127.0.0.1",
        "--webui-port", "0", *arguments,
    ]  # fmt: skip
    return subprocess.Popen(
        command, env={**os.environ, **settings}, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
    )


def _answers(port: int, process: subprocess.Popen[bytes], seconds: float = 40) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the Spark master does not answer")


@pytest.fixture(scope="session")
def spark_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the cluster, as SEXTANT_ENGINE takes it."""
    pytest.importorskip("pyspark")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java")
    folder, port = tmp_path_factory.mktemp("spark"), _free_port()
    master = _start("Master", folder, "--port", str(port))
    started = [master]
    try:
        _answers(port, master)
        address = f"spark://127.0.0.1:{port}"
        started += [_start("Worker", folder, "--cores", "1", "--memory", "1g", address) for _ in range(2)]
        settings = {
            "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.cores.max": "2",
            "spark.executor.memory": "700m", "spark.sql.shuffle.partitions": "2", "spark.sql.codegen.wholeStage": "false",
            "spark.sql.warehouse.dir": str(folder / "warehouse"),
        }  # fmt: skip
        yield f"{address}?{'&'.join(f'{k}={v}' for k, v in settings.items())}"
    finally:
        for process in reversed(started):
            # The process group: spark-class is a shell that starts Java.
            os.killpg(process.pid, signal.SIGTERM)
        for process in started:
            process.wait(20)


@pytest.fixture(scope="session")
def cluster(spark_url: str) -> Iterator[Any]:
    """An engine on the cluster."""
    import warnings

    from sextant.tables import engine

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        on = engine(spark_url)
    yield on
    on._session.stop()
