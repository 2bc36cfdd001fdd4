"""Realtime posts of the smart-me cloud: how many are kept, taken over and decoded a second.

``python -m tests.benchmarks.realtime [seconds]``: posts of one device with three values each, over
16 connections, to a web server of two workers with eight threads (WEB_THREADS) each. Every post is
answered after its commit; in the end the inbox must hold exactly what was answered.
"""

import os
import socket
import statistics
import sys
import threading
import time
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.db import connection as database
from django.utils import timezone

from config.lib.memory import settle
from config.lib.secrets import make_token
from devices.models import Device
from integrations.choices import AuthMethod
from integrations.models import (
    Connection,
    MeterLink,
    RealtimeChannel,
    RealtimeEndpoint,
    RealtimePost,
)
from integrations.smartme.realtime.processing import take_over_posts
from integrations.smartme.realtime.realtime_pb2 import DeviceDataArray
from integrations.smartme.realtime.receiving import pair_digest
from integrations.smartme.realtime.wire import read_post
from integrations.smartme.simulator import wire
from tests.benchmarks import scratch, server
from tests.databases import database_url
from tests.factories import make_organisation

LINES, METERS, VALUES = 16, 500, 3
START = 1_780_000_000
CODES = ("1-0:1.8.0*255", "1-0:2.8.0*255", "1-0:1.7.0*255")
KEYS = ("active_energy_import", "active_energy_export", "active_power")


@dataclass
class Account:
    """A connection, the address it gave out, and its meters."""

    connection: Connection
    token: str = field(default_factory=make_token)
    password: str = field(default_factory=make_token)
    meters: list[str] = field(default_factory=list)

    def head(self, size: int) -> bytes:
        """Return the request's head for a body of that size."""
        login = b64encode(f"atrium:{self.password}".encode()).decode()
        lines = [
            f"POST /api/v1/smartme/realtime/{self.token}/ HTTP/1.1",
            "Host: 127.0.0.1",
            f"Authorization: Basic {login}",
            "Content-Type: application/octet-stream",
            f"Content-Length: {size}",
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


def make_account() -> Account:
    """Make a connection that listens to many meters."""
    organisation = make_organisation()
    kind = scratch.make_type(points=0)
    for key in KEYS:
        kind.points.create(key=key, name=key, unit="W")
    devices = scratch.make_devices(organisation, count=METERS, kind=kind)
    fields: dict[str, Any] = {"organisation": organisation, "fleet": devices[0].fleet}
    account = Account(Connection.objects.create(auth_method=AuthMethod.API_KEY, **fields))
    RealtimeChannel.objects.create(connection=account.connection)
    pair = pair_digest("atrium", account.password)
    RealtimeEndpoint.objects.create(connection=account.connection, token=account.token, pair=pair)
    account.meters = [str(link.meter_id) for link in _links(account.connection, devices)]
    return account


def _links(connection: Connection, devices: list[Device]) -> list[MeterLink]:
    now = timezone.now()
    return MeterLink.objects.bulk_create(
        MeterLink(
            connection=connection,
            meter_id=device.pk,
            device=device,
            device_type_key="bench",
            linked_at=now,
            seen_at=now,
        )
        for device in devices
    )


def body_of(account: Account, number: int) -> bytes:
    """Return the post of that number: each a new report of the next meter."""
    meter = account.meters[number % METERS]
    ticks = (START + number // METERS) * wire.TICKS + number % 7
    values = dict.fromkeys(CODES, number + 0.25)
    return wire.post_body([wire.device_data(meter, ticks, values=values)])


class Line:
    """One kept connection of the cloud, and how long its posts took."""

    def __init__(self, port: int, account: Account, numbers: range) -> None:
        bodies = (body_of(account, number) for number in numbers)
        self._requests = [account.head(len(body)) + body for body in bodies]
        self._socket = socket.create_connection(("127.0.0.1", port), 30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.took: list[float] = []

    def run(self, ends_at: float) -> None:
        """Post one after the other until the time is over; each must be taken."""
        for request in self._requests:
            started = time.perf_counter()
            if started >= ends_at:
                return
            self._socket.sendall(request)
            answer = self._socket.recv(4096)
            while not answer.endswith(b"OK"):
                answer += self._socket.recv(4096)
            if not answer.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(repr(answer[:300]))
            self.took.append(time.perf_counter() - started)


def post(account: Account, seconds: float) -> list[float]:
    """Post over all lines for some seconds; return how long each post took."""
    with server.web(WEB_THREADS=os.environ.get("WEB_THREADS", "8")) as port:
        share = int(400 * seconds)
        lines = [Line(port, account, range(n * share, (n + 1) * share)) for n in range(LINES)]
        ends_at = time.perf_counter() + seconds
        threads = [threading.Thread(target=line.run, args=(ends_at,)) for line in lines]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return sorted(took for line in lines for took in line.took)


def bare_commits(seconds: float, body: bytes) -> float:
    """Return how many rows a second psycopg commits one by one, from as many connections."""
    counts = [0] * LINES
    ends_at = time.perf_counter() + seconds
    url = database_url()

    def run(number: int) -> None:
        with psycopg.connect(url, autocommit=True) as own, own.cursor() as cursor:
            while time.perf_counter() < ends_at:
                cursor.execute("INSERT INTO bare_post (body) VALUES (%s)", [body])
                counts[number] += 1

    with database.cursor() as cursor:
        cursor.execute("CREATE TABLE bare_post (id bigserial PRIMARY KEY, body bytea NOT NULL)")
    threads = [threading.Thread(target=run, args=(number,)) for number in range(LINES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


def decoded(bodies: list[bytes], read: Any) -> float:
    """Return the values that are read from posts of one device in a second of processor time."""
    used = []
    for _ in range(5):
        began = time.process_time()
        for body in bodies:
            read(body)
        used.append(time.process_time() - began)
    return len(bodies) * VALUES / statistics.median(used)


def taken_out(body: bytes) -> list[tuple[bytes, float]]:
    """Return what protobuf finds in a body; it makes no objects of what nobody asks for."""
    items = DeviceDataArray.FromString(body).items
    return [(pair.obis, pair.value) for item in items for pair in item.values]


def main(seconds: float) -> None:
    """Print the figures."""
    with scratch.database():
        account = make_account()
        took = post(account, seconds)
        kept = RealtimePost.objects.count()
        if kept != len(took):
            raise RuntimeError(f"{len(took)} answered, {kept} kept")
        median, late, longest = took[kept // 2], took[kept * 99 // 100], took[-1]
        scratch.say(f"kept durably      {kept / seconds:9,.0f} posts/s")
        scratch.say(
            f"  answered after   median {median * 1e3:.1f} ms, 99 % {late * 1e3:.1f} ms, "
            f"longest {longest * 1e3:.0f} ms"
        )
        bare = bare_commits(seconds / 2, body_of(account, 0))
        scratch.say(f"bare INSERT, COMMIT {bare:7,.0f} rows/s from {LINES} connections, same run")
        scratch.say(f"  share of that     {kept / seconds / bare:9.2f}")
        done, started = 0, time.perf_counter()
        while taken := take_over_posts():
            done += taken
        rate = done / (time.perf_counter() - started)
        scratch.say(f"taken over        {rate:9,.0f} posts/s by one worker, {VALUES} values each")
        settle()  # As web servers and workers do.
        bodies = [body_of(account, number) for number in range(20_000)]
        ours, theirs = decoded(bodies, read_post), decoded(bodies, taken_out)
        scratch.say(
            f"decoded           {ours:9,.0f} values/s of processor time, {ours / theirs:.2f} of"
            f" the bare protobuf parser: {theirs:,.0f} values/s"
        )


if __name__ == "__main__":
    main(float(sys.argv[1]) if sys.argv[1:] else 20.0)
