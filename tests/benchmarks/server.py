"""A real web server on the scratch database, and clients that keep their connections."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
from django.conf import settings

from accounts.models import Application
from tests.databases import database_url
from tests.factories import make_token_for

HOST = "127.0.0.1"
WORKERS = 2


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


@contextmanager
def web(application: str = "config.wsgi:application", **environment: str) -> Iterator[int]:
    """Serve the application as `manage.py up` does, with two workers, and yield the port.

    WEB_THREADS in the environment is how many threads each of them has.
    """
    port = _free_port()
    limits = {"RATE_LIMIT_PER_MINUTE": "100000000", "LOG_LEVEL": "WARNING"}
    urls = {"DATABASE_URL": database_url(), "REDIS_URL": settings.REDIS_URL}
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", HOST]
    command += ["--port", str(port), "--workers", str(WORKERS), "--log-level", "warning"]
    threads = environment.get("WEB_THREADS")
    command += ["--blocking-threads", threads] if threads else []
    process = subprocess.Popen(
        [*command, application], env={**os.environ, **limits, **urls, **environment}
    )
    try:
        while not _is_up(port):
            time.sleep(0.05)
        time.sleep(1)  # The port is open before every worker has loaded the application.
        yield port
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def serving(app: Application) -> Iterator[httpx.Client]:
    """Serve the API and give a client with the application's token."""
    with web() as port:
        headers = {"Authorization": f"Bearer {make_token_for(app)}"}
        url = f"http://{HOST}:{port}/api/v1/"
        with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
            yield client


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
