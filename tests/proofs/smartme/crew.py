"""The platform as it runs: a web server, workers and a database; each may be killed at any moment
and is followed by another one.
"""

import multiprocessing
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connection

from integrations.smartme.simulator.clock import SimulatedClock
from tests.databases import database_url
from tests.proofs.server import Server
from tests.proofs.smartme.times import Pin
from tests.proofs.smartme.worker import Place, work

WORKERS = 3
WEB, WORKER, DATABASE = "web", "worker", "database"
HOST = "127.0.0.1"
# Which worker is inside of a transaction that has written.
AT_WORK = """
SELECT application_name FROM pg_stat_activity
 WHERE application_name LIKE 'worker-%' AND backend_xid IS NOT NULL"""
PATIENCE_S = 120.0
_nursery = multiprocessing.get_context("forkserver")
_nursery.set_forkserver_preload(["__main__", "tests.proofs.smartme.worker"])


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind((HOST, 0))
        return int(found.getsockname()[1])


class Crew:
    """Keeps web server, workers and database alive, and kills them."""

    def __init__(self, server: Server, clock: SimulatedClock, cloud_url: str, seed: int) -> None:
        self.server, self.clock, self.cloud_url = server, clock, cloud_url
        self.dice = random.Random(seed)
        self.port = free_port()
        self.public_url = f"http://{HOST}:{self.port}"
        self.kills: Counter[str] = Counter()
        self.processes: dict[str, Any] = {}
        self.web: subprocess.Popen[bytes] | None = None
        self.serves = True

    def start(self) -> None:
        """Start everybody, with the clocks of database and workers set by the cloud's."""
        pin = Pin.of(self.clock)
        with self.server.look() as look:
            pin.rule_database(look, name=connection.settings_dict["NAME"])
        given = connection.settings_dict
        database = {name: given[name] for name in ("HOST", "PORT", "NAME", "USER", "PASSWORD")}
        self.place = Place(pin, database, self.cloud_url, self.public_url)
        connection.close()
        self.keep_alive()

    def keep_alive(self) -> None:
        """Start whoever is not there."""
        for name in (f"{WORKER}-{number}" for number in range(WORKERS)):
            process = self.processes.get(name)
            if process is None or not process.is_alive():
                process = _nursery.Process(target=work, args=(self.place, name), daemon=True)
                process.start()
                self.processes[name] = process
        if self.serves and (self.web is None or self.web.poll() is not None):
            self.web = self._start_web()

    def _start_web(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", HOST]
        command += ["--port", str(self.port), "--blocking-threads", "4", "--log-level", "critical"]
        urls = {"DATABASE_URL": database_url(), "REDIS_URL": settings.REDIS_URL}
        return subprocess.Popen(
            [*command, "config.wsgi:application"],
            env={**os.environ, **urls, "LOG_LEVEL": "CRITICAL", "PGAPPNAME": WEB},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def strike(self, victim: str) -> None:
        """Kill one process at once: a worker or the database in the middle of a transaction."""
        if victim == WEB:
            self._kill_web()
        else:
            busy = self._busy_worker()
            time.sleep(self.dice.random() * 0.02)
            self._kill_worker(busy) if victim == WORKER else self._cut_power()
        self.kills[victim] += 1
        self.keep_alive()

    def close_web(self) -> None:
        """Kill the web server for good."""
        self.serves = False
        self._kill_web()

    def _kill_web(self) -> None:
        if self.web is not None:
            os.killpg(self.web.pid, signal.SIGKILL)
            self.web.wait()

    def _kill_worker(self, name: str) -> None:
        process = self.processes[name]
        process.kill()
        process.join()

    def _cut_power(self) -> None:
        self.server.kill()
        self.server.start()

    def _busy_worker(self) -> str:
        deadline = time.monotonic() + 5
        with self.server.look() as look:
            while time.monotonic() < deadline:
                found = look.execute(AT_WORK).fetchall()
                if found:
                    return str(self.dice.choice(found)[0])
        return self.dice.choice(sorted(self.processes))

    def fall_silent(self, seconds: float) -> None:
        """Let so much time of the cloud pass with nobody alive."""
        self.stop()
        self.server.kill()
        self.clock.change(advance_s=seconds)
        self.server.start()
        self.start()

    def stop(self) -> None:
        """Kill web server and workers."""
        self._kill_web()
        self.web = None
        for name in list(self.processes):
            self._kill_worker(name)
            del self.processes[name]

    def wait(self, is_so: Callable[[], bool], what: str | Callable[[], str]) -> None:
        """Wait until something holds. Raises: TimeoutError."""
        deadline = time.monotonic() + PATIENCE_S
        while not is_so():
            if time.monotonic() > deadline:
                raise TimeoutError(what if isinstance(what, str) else what())
            self.keep_alive()
            time.sleep(0.05)

    def ask(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Ask the database, beside Django."""
        with self.server.look() as look:
            return look.execute(sql, parameters).fetchall()
