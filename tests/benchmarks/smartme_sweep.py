"""A sweep of 100 smart-me accounts with 100 meters each, beside a bare client and a bare COPY.

``python -m tests.benchmarks.smartme_sweep [accounts] [meters] [rounds]``: a simulated cloud in a
process of its own gives each account new values for every round. The yardstick fetches the same
bodies with a bare client and COPYs the same rows into a table of the same key, in the same run.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import httpx
from django.conf import settings
from django.db import connection as database
from django.utils import timezone

from devices.models import Device
from devices.services.catalogue import load_catalogue
from integrations.models import Connection, MeterLink, SyncRun
from integrations.smartme.claims import claim_due
from integrations.smartme.connections import create_connection
from integrations.smartme.mapping import read_devices
from integrations.smartme.sync import sync_connection
from tests import factories
from tests.benchmarks import scratch
from tests.devices.factories import make_fleet

ACCOUNTS, METERS, ROUNDS = 100, 100, 3
SERVER = """
import sys
from integrations.smartme.simulator.clock import SimulatedClock
from integrations.smartme.simulator.cloud import SmartMeCloud
from integrations.smartme.simulator.server import Simulator
from integrations.smartme.simulator.world import made_up_account
accounts, meters = int(sys.argv[1]), int(sys.argv[2])
made = [made_up_account(f"a{n}", api_key=f"key-{n}", meters=meters) for n in range(accounts)]
simulator = Simulator(SmartMeCloud(made, clock=SimulatedClock()))
print(simulator.url, flush=True)
simulator.serve()
"""
BARE_TABLE = """
CREATE TEMP TABLE bare (point_id bigint, time timestamptz, value float8, quality smallint,
    PRIMARY KEY (point_id, time))"""


@contextmanager
def cloud(accounts: int, meters: int) -> Iterator[str]:
    """Run the simulator in a process of its own."""
    command = [sys.executable, "-c", SERVER, str(accounts), str(meters)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def advance(http: httpx.Client) -> None:
    """Let every meter report anew."""
    http.post("/_simulator/clock", json={"advance_s": 15}).raise_for_status()


def make_connections(accounts: int) -> list[Connection]:
    """Connect every account, each for an organisation of its own: their serials are the same."""
    return [
        create_connection(
            fleet=make_fleet(factories.make_organisation()),
            site=None,
            auth_method="api_key",
            fields={"name": f"Account {n}", "api_key": f"key-{n}", "licence": "professional"},
        )
        for n in range(accounts)
    ]


def sweep() -> int:
    """Sync every connection once, as the workers do; return the readings that were new."""
    Connection.objects.update(next_attempt_at=timezone.now(), claim=None)
    accepted, done = 0, 0
    while claimed := claim_due():
        for one in claimed:
            run = sync_connection(one)
            assert run is not None
            assert run.outcome == "ok", run.problem
            accepted += run.accepted
            done += 1
    assert done == Connection.objects.count()
    return accepted


class Bare:
    """A client that fetches the same bodies and COPYs the rows that they hold."""

    def __init__(self, url: str, accounts: int) -> None:
        self.http = httpx.Client(base_url=url, trust_env=False)
        self.accounts = accounts
        rows = MeterLink.objects.exclude(device=None)
        self.devices = dict(rows.values_list("meter_id", "device"))
        points = Device.objects.values_list("pk", "points__type__key", "points__pk")
        self.points = {(device, key): point for device, key, point in points}
        with database.cursor() as cursor:
            cursor.execute(BARE_TABLE)

    def fetch(self) -> list[bytes]:
        """Fetch the bodies, one call for each account."""
        return [self._get(n) for n in range(self.accounts)]

    def _get(self, number: int) -> bytes:
        headers = {"Authorization": f"ApiKey key-{number}", "Accept-Encoding": "identity"}
        return self.http.get("/Devices", headers=headers).raise_for_status().content

    def rows(self, bodies: list[bytes]) -> list[tuple[Any, ...]]:
        """Return what is to be written; working that out is not part of the yardstick."""
        found = {}
        for body in bodies:
            for meter in read_devices(json.loads(body))[0]:
                for reading in meter.readings:
                    device = self.devices.get(UUID(meter.id))
                    point = self.points.get((device, reading.point)) if device else None
                    if point is not None:
                        found[point, reading.time] = (reading.value, 0)
        return [(*key, *value) for key, value in found.items()]

    def copy(self, rows: list[tuple[Any, ...]]) -> None:
        """COPY the rows, binary."""
        with database.cursor() as cursor, cursor.copy("COPY bare FROM STDIN (FORMAT BINARY)") as to:
            to.set_types(["int8", "timestamptz", "float8", "int2"])
            for row in rows:
                to.write_row(row)


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
        settings.SMARTME_API_URL, settings.SMARTME_SLOTS = url, accounts
        http = httpx.Client(base_url=url, trust_env=False, timeout=30)
        load_catalogue()
        make_connections(accounts)
        first = scratch.timed(sweep)
        scratch.say(f"first sweep, {accounts * meters:,} devices made: {first:.1f} s")
        database.cursor().execute("ANALYZE")
        bare = Bare(url, accounts)
        calls(http)
        for _ in range(rounds):
            one_round(http, bare, accounts)
        scratch.say(f"runs on record: {SyncRun.objects.count():,}")


def one_round(http: httpx.Client, bare: Bare, accounts: int) -> None:
    """Measure a sweep, then the yardstick over values that are as new."""
    advance(http)
    before = memory_mib()
    started = time.perf_counter()
    accepted = sweep()
    ours = time.perf_counter() - started
    made = calls(http)
    grown = memory_mib() - before
    advance(http)
    started = time.perf_counter()
    bodies = bare.fetch()
    fetching = time.perf_counter() - started
    rows = bare.rows(bodies)
    copying = scratch.timed(lambda: bare.copy(rows))
    calls(http)
    yardstick = fetching + copying
    scratch.say(
        f"sweep {ours:.2f} s, {accepted:,} new readings, {made / accounts:.2f} calls an account, "
        f"memory +{grown:.1f} MiB (peak {memory_mib():.0f}); bare {yardstick:.2f} s "
        f"(fetch {fetching:.2f}, COPY of {len(rows):,} rows {copying:.2f}): "
        f"{ours / yardstick:.2f} times"
    )


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    main(*(given + [ACCOUNTS, METERS, ROUNDS][len(given) :]))
