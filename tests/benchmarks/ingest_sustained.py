"""Minutes of ``POST readings/`` with rollups and state kept up: points a second, memory, backlog.

``python -m tests.benchmarks.ingest_sustained [seconds] [points a second]``: web server, worker and
beat as ``manage.py up`` starts them, on a database of their own; two clients with 5,000 points each
(every other one a counter) send readings of a minute each, JSON, batches of 10,000, for 300 seconds
at 60,000 points a second unless given. In the end every latest value and every reading's place in
the quarter hours is compared with what was sent.
"""

import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

import orjson
from django.db import connection, connections
from django.utils import timezone

from devices.models import Device, Point, PointType, RollupMark
from devices.services.partitions import ensure_ahead
from tests.benchmarks import readings, scratch, server
from tests.factories import make_access_token, make_application, make_organisation

CLIENTS, SECONDS, RATE, LOOK_EVERY_S, PARTS = 2, 300, 60_000, 5.0, 6
MINUTE, PATIENCE_S = timedelta(minutes=1), 1_800
TURNS = readings.BATCH // (readings.DEVICES * readings.POINTS)
VALUE = "@value"
SUMMED = """
SELECT (SELECT sum(count) FROM devices_rollup WHERE resolution = 15),
  (SELECT count(*) FROM devices_reading)"""


class Look(NamedTuple):
    """What was seen at a moment."""

    at: float
    marks: int
    web: float
    worker: float


@dataclass
class Sender:
    """One client: sends two minutes of all its points at once, each value one more than before."""

    client: server.HttpClient
    devices: list[Device]
    keys: list[str]
    start: datetime
    batches: int = 0
    took: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        rows = [
            {"device": str(device.pk), "point": key, "time": f"@{turn}", "value": VALUE}
            for turn in range(TURNS)
            for device in self.devices
            for key in self.keys
        ]
        self._body = orjson.dumps({"readings": rows})

    def body(self) -> bytes:
        """Return the next batch."""
        body = self._body.replace(f'"{VALUE}"'.encode(), f"{self.batches}.5".encode())
        for turn in range(TURNS):
            at = self.start + (self.batches * TURNS + turn) * MINUTE
            body = body.replace(f"@{turn}".encode(), at.strftime("%Y-%m-%dT%H:%M:%SZ").encode())
        return body

    def run(self, seconds: float, rate: float) -> None:
        """Send at the rate until the time is over; every reading must be taken."""
        began = time.perf_counter()
        while (now := time.perf_counter() - began) < seconds:
            time.sleep(max(self.batches * readings.BATCH / rate - now, 0.0))
            asked = time.perf_counter()
            report = orjson.loads(self.client.call("POST", "/api/v1/readings/", self.body()))
            if report["accepted"] != readings.BATCH:
                raise RuntimeError(f"{report['accepted']} accepted, {report['rejected'][:3]}")
            self.took.append(time.perf_counter() - asked)
            self.batches += 1

    @property
    def last(self) -> dict[str, Any]:
        """Return the latest value that each point must have."""
        minutes = self.batches * TURNS - 1
        return {"last_value": self.batches - 0.5, "last_time": self.start + minutes * MINUTE}


def make_senders(port: int) -> list[Sender]:
    """Make the clients with their devices."""
    kind = scratch.make_type(points=readings.POINTS)
    keys = list(kind.points.order_by("key").values_list("key", flat=True))
    PointType.objects.filter(device_type=kind, key__in=keys[::2]).update(nature="counter")
    start = (timezone.now() - timedelta(days=20)).replace(hour=0, minute=0, second=0, microsecond=0)
    senders = []
    for _ in range(CLIENTS):
        organisation = make_organisation()
        devices = scratch.make_devices(organisation, count=readings.DEVICES, kind=kind)
        token = make_access_token(make_application(organisation))
        senders.append(Sender(server.HttpClient(port, token), devices, keys, start))
    ensure_ahead(start)
    return senders


def watch(looks: list[Look], pids: tuple[int, int], is_over: threading.Event) -> None:
    """Look at marks and memory every few seconds."""
    began = time.perf_counter()
    while not is_over.wait(LOOK_EVERY_S):
        memory = [server.memory_mib(pid) for pid in pids]
        looks.append(Look(time.perf_counter() - began, RollupMark.objects.count(), *memory))
    connections.close_all()


def catch_up() -> float:
    """Return the seconds until no mark is left."""
    began = time.perf_counter()
    while RollupMark.objects.exists():
        if time.perf_counter() - began > PATIENCE_S:
            raise TimeoutError(f"{RollupMark.objects.count():,} marks are left")
        time.sleep(0.1)
    return time.perf_counter() - began


def check(senders: list[Sender]) -> None:
    """Compare latest values and sums with what was sent."""
    sent = sum(sender.batches for sender in senders) * readings.BATCH
    with connection.cursor() as cursor:
        cursor.execute(SUMMED)
        found = cursor.fetchone()
    if found != (sent, sent):
        raise RuntimeError(f"{sent} sent; summed up and kept: {found}")
    for sender in senders:
        points = Point.objects.filter(device__in=sender.devices)
        if points.exclude(**sender.last).exists():
            raise RuntimeError("a latest value is not the last that was sent")


def report(senders: list[Sender], looks: list[Look], *, seconds: float, caught_up: float) -> None:
    """Print the figures."""
    took = sorted(one for sender in senders for one in sender.took)
    rate = len(took) * readings.BATCH / seconds
    scratch.say(f"POST readings/   {rate:9,.0f} points/s for {seconds:.0f} s")
    scratch.say(f"  a batch took   median {took[len(took) // 2]:.3f} s, longest {took[-1]:.3f} s")
    most = max(look.marks for look in looks)
    scratch.say(f"  marks waiting  {looks[-1].marks:,} at the end, {most:,} at most")
    scratch.say(f"  caught up      {caught_up:.1f} s after the last batch, all of it compared")
    steps = [looks[(len(looks) - 1) * part // PARTS] for part in range(PARTS + 1)]
    for name in ("web", "worker"):
        memory = " ".join(f"{getattr(look, name):.0f}" for look in steps)
        scratch.say(f"  memory, {name:7} {memory} MiB, at each sixth of the time")


def main(seconds: float, rate: float) -> None:
    """Send for that long and print what became of it."""
    looks: list[Look] = []
    with scratch.database(), server.hosting() as web, server.working() as worker:
        senders, is_over = make_senders(web.port), threading.Event()
        watcher = threading.Thread(target=watch, args=(looks, (web.pid, worker), is_over))
        watcher.start()
        deeds = [partial(sender.run, seconds, rate / CLIENTS) for sender in senders]
        took = scratch.timed(partial(server.at_once, deeds))
        is_over.set()
        caught_up = catch_up()
        watcher.join()
        check(senders)
    report(senders, looks, seconds=took, caught_up=caught_up)


if __name__ == "__main__":
    given = [float(word) for word in sys.argv[1:]]
    main(*[*given, *(SECONDS, RATE)[len(given) :]])
