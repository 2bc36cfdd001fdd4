"""A sweep of 100 smart-me accounts with 100 meters each, beside a bare client and a bare COPY.

``python -m tests.benchmarks.smartme_sweep [accounts] [meters] [rounds]``: a simulated cloud in a
process of its own gives each account new values for every round. The sweep runs in as many threads
as the worker for syncs has. The yardstick, in the same run and for the same accounts with values as
new: fetch each body over a connection of its own and COPY the same number of rows, binary, into a
table of the same key, committed for each account. What it costs to read the bodies is not in it.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Self
from uuid import UUID

import httpx
from django.conf import settings
from django.db import connection as database
from django.utils import timezone

from config.lib.memory import settle
from config.up.processes import SYNC_CONCURRENCY
from devices.models import Device, DeviceType
from devices.services.catalogue import load_catalogue
from integrations.models import Connection, MeterLink, SyncRun
from integrations.smartme.claims import claim_due
from integrations.smartme.connections import create_connection
from integrations.smartme.mapping import CloudMeter, read_devices
from integrations.smartme.sync import sync_connection
from tests import factories
from tests.benchmarks import scratch
from tests.devices.factories import make_fleet

ACCOUNTS, METERS, ROUNDS = 100, 100, 3
SERVER = """
import sys
from datetime import UTC, datetime, timedelta
from integrations.smartme.simulator.clock import SimulatedClock
from integrations.smartme.simulator.cloud import SmartMeCloud
from integrations.smartme.simulator.server import Simulator
from integrations.smartme.simulator.world import made_up_account
accounts, meters, days = map(int, sys.argv[1:])
# Meters that are new have no past that the simulator would have to work out.
since = {"meters": meters, "start": datetime.now(UTC) - timedelta(days=days)}
made = [made_up_account(f"a{n}", api_key=f"key-{n}", **since) for n in range(accounts)]
simulator = Simulator(SmartMeCloud(made, clock=SimulatedClock()))
print(simulator.url, flush=True)
simulator.serve()
"""
BARE_TABLE = """
CREATE TABLE bare (point_id bigint, time timestamptz, value float8, quality smallint,
    PRIMARY KEY (point_id, time))"""


@contextmanager
def cloud(accounts: int, meters: int, *, days: int = 0) -> Iterator[str]:
    """Run the simulator, whose meters have a past of so many days, in a process of its own."""
    command = [sys.executable, "-c", SERVER, *map(str, (accounts, meters, days))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def advance(http: httpx.Client) -> None:
    """Let every meter report anew."""
    http.post("/_simulator/clock", json={"advance_s": 15}).raise_for_status()


def make_accounts(http: httpx.Client, accounts: int) -> None:
    """Connect every account, each for an organisation of its own, as after its first sync."""
    for number in range(accounts):
        connection = create_connection(
            fleet=make_fleet(factories.make_organisation()),
            site=None,
            auth_method="api_key",
            fields={"name": f"Account {number}", "api_key": f"key-{number}"}
            # Nothing comes due again while a round runs.
            | {"licence": "professional", "interval_s": 86_400},
        )
        body = http.get("/Devices", headers={"Authorization": f"ApiKey key-{number}"}).json()
        make_links(connection, read_devices(body)[0])


def make_links(connection: Connection, meters: list[CloudMeter]) -> None:
    """Make the devices of meters set-wise: discovery makes them one by one."""
    kind = DeviceType.objects.get(key=meters[0].device_type)
    devices = scratch.make_devices(connection.organisation, count=len(meters), kind=kind)
    now = timezone.now()
    MeterLink.objects.bulk_create(
        MeterLink(
            connection=connection, meter_id=meter.id, device=device, linked_at=now, seen_at=now
        )
        for meter, device in zip(meters, devices, strict=True)
    )


def sweep() -> int:
    """Sync every connection once, as the worker's threads do; return the readings that were new."""
    Connection.objects.update(next_attempt_at=timezone.now(), claim=None)
    with ThreadPoolExecutor(SYNC_CONCURRENCY) as pool:
        lines = [pool.submit(sync_due) for _ in range(SYNC_CONCURRENCY)]
    runs = [run for line in lines for run in line.result()]
    assert len(runs) == Connection.objects.count()
    return sum(run.accepted for run in runs)


def sync_due() -> list[SyncRun]:
    """Sync what is due, one account after the other, in one thread."""
    runs = []
    while claimed := claim_due(limit=1):
        run = sync_connection(claimed[0])
        assert run is not None
        assert run.outcome == "ok", run.problem
        runs.append(run)
    database.close()
    return runs


class Bare:
    """A client that fetches the same bodies and COPYs the rows that they hold."""

    def __init__(self, url: str, accounts: int) -> None:
        self.url = url
        self.accounts = accounts
        rows = MeterLink.objects.exclude(device=None)
        self.devices = dict(rows.values_list("meter_id", "device"))
        points = Device.objects.values_list("pk", "points__type__key", "points__pk")
        self.points = {(device, key): point for device, key, point in points}
        with database.cursor() as cursor:
            cursor.execute(BARE_TABLE)

    def fetch(self, number: int) -> bytes:
        """Fetch the body of an account."""
        with httpx.Client(base_url=self.url, trust_env=False, verify=False) as http:
            headers = {"Authorization": f"ApiKey key-{number}", "Accept-Encoding": "identity"}
            return http.get("/Devices", headers=headers).raise_for_status().content

    def rows(self, body: bytes) -> list[tuple[Any, ...]]:
        """Return what is to be written; working that out is not part of the yardstick."""
        return [
            (self.points[device, reading.point], reading.time, reading.value, 0)
            for meter in read_devices(json.loads(body))[0]
            for device in [self.devices[UUID(meter.id)]]
            for reading in meter.readings
            if (device, reading.point) in self.points
        ]

    def copy(self, rows: list[tuple[Any, ...]]) -> None:
        """COPY the rows, binary, in a transaction of their own."""
        with database.cursor() as cursor, cursor.copy("COPY bare FROM STDIN (FORMAT BINARY)") as to:
            to.set_types(["int8", "timestamptz", "float8", "int2"])
            for row in rows:
                to.write_row(row)


class Clock:
    """Measures what is done within it: by the clock, and of this process's processor time."""

    def __enter__(self) -> Self:
        self._began = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *fault: object) -> None:
        self.took = time.perf_counter() - self._began[0]
        self.used = time.process_time() - self._began[1]


def memory_mib() -> float:
    """Return the most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def calls(http: httpx.Client) -> int:
    """Return how many calls all accounts made since that was last asked."""
    counted = http.get("/_simulator/requests").json()["accounts"]
    http.delete("/_simulator/requests")
    return sum(int(one["count"]) for name, one in counted.items() if name != "(unknown)")


def main(accounts: int, meters: int, rounds: int) -> None:
    """Run the sweeps and print the figures beside the yardstick."""
    with scratch.database(), cloud(accounts, meters) as url:
        settings.SMARTME_API_URL = url
        http = httpx.Client(base_url=url, trust_env=False, timeout=60)
        load_catalogue()
        took = scratch.timed(lambda: make_accounts(http, accounts))
        scratch.say(f"{accounts * meters:,} devices made in {took:.1f} s")
        scratch.say(f"first sweep: {scratch.timed(sweep):.2f} s")
        database.cursor().execute("ANALYZE")
        settle()
        bare = Bare(url, accounts)
        calls(http)
        for _ in range(rounds):
            one_round(http, bare, accounts)
        scratch.say(f"runs on record: {SyncRun.objects.count():,}")


def one_round(http: httpx.Client, bare: Bare, accounts: int) -> None:
    """Measure a sweep, then the yardstick over values that are as new."""
    advance(http)
    before = memory_mib()
    with Clock() as ours:
        accepted = sweep()
    made = calls(http)
    grown = memory_mib() - before
    advance(http)
    with Clock() as fetching:
        bodies = [bare.fetch(number) for number in range(accounts)]
    rows = [bare.rows(body) for body in bodies]
    with Clock() as copying:
        for found in rows:
            bare.copy(found)
    assert sum(map(len, rows)) == accepted
    calls(http)
    yardstick = fetching.took + copying.took
    scratch.say(
        f"sweep {ours.took:.2f} s ({ours.used / accounts * 1e3:.0f} ms of our processor time an"
        f" account), {accepted:,} new readings, {made / accounts:.2f} calls an account,"
        f" memory +{grown:.1f} MiB (peak {memory_mib():.0f}); bare {yardstick:.2f} s"
        f" (fetch {fetching.took:.2f}, COPY {copying.took:.2f}): {ours.took / yardstick:.2f} times"
    )


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    main(*(given + [ACCOUNTS, METERS, ROUNDS][len(given) :]))
