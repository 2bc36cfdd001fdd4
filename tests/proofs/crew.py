"""Processes that record readings and sum them up, are killed in the middle, and are followed by
others that know only what was confirmed to them.
"""

import multiprocessing
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple

from django.db import DatabaseError, connection

from config.lib.errors import DatabaseUnavailable
from devices.models import Device
from devices.services.readings import record_readings
from devices.services.rollups import Share, refresh_rollups, taken
from tests.proofs.server import Server

SHARES = (Share(0, 2), Share(1, 2))
INGEST, ROLLUP, DATABASE = "ingest", "rollup", "database"
PATIENCE_S = 3_600
# Whether a process of that name is inside of a transaction that has written.
AT_WORK = """
SELECT 1 FROM pg_stat_activity WHERE application_name = %s AND backend_xid IS NOT NULL"""
LEFT = "SELECT count(*) FROM devices_rollup_dirty"
Batch = list[dict[str, Any]]
# Numbered batches, from one on, as often as asked.
Batches = Callable[[int], Iterable[tuple[int, Batch]]]


class Strike(NamedTuple):
    """Whom to kill after so many confirmed batches, in the middle of whose transaction."""

    after: int
    victim: str
    busy: str


_forking = multiprocessing.get_context("fork")


class Crew:
    """One sender of readings and two that sum up, kept alive until all is done."""

    def __init__(self, server: Server, dice: random.Random) -> None:
        self.server, self.dice = server, dice
        self.confirmed = _forking.Value("q", 0, lock=False)
        self.is_sent = _forking.Value("b", 0, lock=False)
        self.processes: dict[str, Any] = {}
        self.kills: dict[str, int] = {}

    def work(self, batches: Batches, strikes: Iterable[Strike]) -> None:
        """Record all batches and sum them up, striking in between."""
        self.batches, self.confirmed.value, self.is_sent.value = batches, 0, 0
        connection.close()
        for strike in strikes:
            self._wait(partial(self._has_come_to, strike))
            self._strike(strike)
        self._wait(self._is_done)
        for process in self.processes.values():
            process.kill()
            process.join()
        self.processes.clear()

    def _strike(self, strike: Strike) -> None:
        """Kill a process in the middle of a transaction of its own, or of the database's."""
        self._wait(lambda: bool(self._ask(AT_WORK, strike.busy)) or self._is_done())
        if self._is_done():
            return
        time.sleep(self.dice.random() * 0.02)
        if strike.victim == DATABASE:
            self.server.kill()
            self.server.start()
        else:
            for name, process in self.processes.items():
                if name.startswith(strike.victim):
                    os.kill(process.pid, signal.SIGKILL)
                    process.join()
        self.kills[strike.victim] = self.kills.get(strike.victim, 0) + 1

    def _has_come_to(self, strike: Strike) -> bool:
        return self.confirmed.value >= strike.after or bool(self.is_sent.value)

    def _is_done(self) -> bool:
        return bool(self.is_sent.value) and not self._ask(LEFT)[0][0]

    def _ask(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with self.server.look() as look:
            return look.execute(sql, parameters).fetchall()

    def _wait(self, is_so: Callable[[], bool]) -> None:
        """Wait until something holds, and let whoever has died be followed by another."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            self._keep_alive()
            if is_so():
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"confirmed {self.confirmed.value}, sent {self.is_sent.value}")
            time.sleep(0.002 if not self.is_sent.value else 0.01)

    def _keep_alive(self) -> None:
        wanted: dict[str, Callable[[], None]] = {}
        if not self.is_sent.value:
            wanted[INGEST] = self._ingest
        for share in SHARES:
            wanted[f"{ROLLUP}-{share.worker}"] = partial(_sum_up, share)
        for name, deed in wanted.items():
            process = self.processes.get(name)
            if process is None or not process.is_alive():
                self.processes[name] = _forking.Process(target=_named, args=(name, deed))
                self.processes[name].start()

    def _ingest(self) -> None:
        """Go on after the last batch that was confirmed."""
        for number, batch in self.batches(self.confirmed.value):
            recorded = record_readings(batch, devices=Device.objects.all())
            assert not recorded.rejected
            self.confirmed.value = number
        self.is_sent.value = 1


def _named(name: str, deed: Callable[[], None]) -> None:
    os.environ["PGAPPNAME"] = name.partition("-")[0]
    try:
        deed()
    except (DatabaseUnavailable, DatabaseError) as error:
        # Another process takes over, as a supervisor would see to.
        sys.stdout.write(f"{name} gives up: {type(error).__name__}\n")
        sys.exit(1)


def _sum_up(share: Share) -> None:
    while True:
        with taken(share) as is_taken:
            if is_taken:
                refresh_rollups(share, seconds=30)
        time.sleep(0.1)


def chunks(rows: Iterable[dict[str, Any]], size: int) -> Iterator[Batch]:
    """Yield rows in batches."""
    batch: Batch = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
