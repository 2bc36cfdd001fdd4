"""A real web server on the scratch database, and clients that keep their connections."""

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from django.conf import settings

from accounts.models import Application
from config.up import processes
from tests.databases import database_url
from tests.factories import make_token_for

HOST = "127.0.0.1"


def _free_port() -> int:
    with socket.socket() as found:
        found.bind((HOST, int(os.environ.get("BENCHMARK_PORT", "0"))))
        return int(found.getsockname()[1])


def _is_up(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), 0.5).close()
    except OSError:
        return False
    return True


class Served(NamedTuple):
    """A web server: where it listens, and its process."""

    port: int
    pid: int


@contextmanager
def _running(command: Sequence[str], **environment: str) -> Iterator[int]:
    """Run a process of the product on the scratch database and yield its number."""
    limits = {"RATE_LIMIT_PER_MINUTE": "100000000", "LOG_LEVEL": "WARNING"}
    urls = {"DATABASE_URL": database_url(), "REDIS_URL": settings.REDIS_URL}
    process = subprocess.Popen(command, env={**os.environ, **limits, **urls, **environment})
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(60)


@contextmanager
def hosting(application: str = "config.wsgi:application", **environment: str) -> Iterator[Served]:
    """Serve the application as `manage.py up` does; WEB_THREADS is how many threads each of its
    workers has, if not as many as there.
    """
    port = _free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", HOST]
    command += [
        "--port",
        str(port),
        "--workers",
        str(processes.WEB_WORKERS),
        "--log-level",
        "warning",
    ]
    threads = environment.get("WEB_THREADS", str(processes.WEB_THREADS))
    command += ["--blocking-threads", threads]
    with _running([*command, application], **environment) as pid:
        while not _is_up(port):
            time.sleep(0.05)
        time.sleep(1)  # The port is open before every worker has loaded the application.
        yield Served(port, pid)


@contextmanager
def web(application: str = "config.wsgi:application", **environment: str) -> Iterator[int]:
    """Serve the application and yield the port."""
    with hosting(application, **environment) as served:
        yield served.port


@contextmanager
def serving(app: Application) -> Iterator[httpx.Client]:
    """Serve the API and give a client with the application's token."""
    with web() as port:
        headers = {"Authorization": f"Bearer {make_token_for(app)}"}
        url = f"http://{HOST}:{port}/api/v1/"
        with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
            yield client


@contextmanager
def working() -> Iterator[int]:
    """Run the worker and beat as `manage.py up` does, and yield the worker's process."""
    worker = processes.worker()
    with tempfile.TemporaryDirectory() as folder:
        beat = processes.beat(Path(folder))
        with _running(worker.command, **worker.env) as pid, _running(beat.command):
            yield pid


def memory_mib(pid: int) -> float:
    """Return the memory of a process and all it started; what they share counts once."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    own = next(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own / 1024 + sum(memory_mib(int(child)) for child in children)


class HttpClient:
    """One connection with a token."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection(HOST, port, timeout=120)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def call(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """Return the body of an answer that is not an error."""
        self._connection.request(method, path, body, self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{answer.status}: {content[:500]!r}")
        return content


def at_once(deeds: list[Any]) -> None:
    """Run the deeds side by side, each in a thread, until all are done."""
    with ThreadPoolExecutor(len(deeds)) as pool:
        for done in [pool.submit(deed) for deed in deeds]:
            done.result()
