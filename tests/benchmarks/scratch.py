"""What the benchmarks share: a database of their own, many devices at once, a way to report."""

import itertools
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

from accounts.models import Organisation
from config.lib.secrets import digest
from devices.choices import AssetStatus
from devices.models import Asset, Device, DeviceType, Fleet, PointType
from devices.services.activation import make_points
from twin.choices import NodeKind
from twin.models import Node

_numbers = itertools.count(1)
# What is made in one go lies together, as ids of version 7 let it; by random ids a change of one
# building would touch a page of its own for each of its rows. Source: RFC 9562 section 5.7.
NEXT_ID_SQL = """
    CREATE FUNCTION next_id() RETURNS uuid LANGUAGE sql VOLATILE AS $$
        SELECT (lpad(to_hex(us / 1000), 12, '0') || '7' || lpad(to_hex(us % 1000), 3, '0') || '8'
            || substr(md5(random()::text), 1, 15))::uuid
        FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS us) now
    $$
"""


@contextmanager
def database() -> Iterator[None]:
    """Make a migrated database beside the configured one, and drop it afterwards."""
    name = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        with connection.cursor() as cursor:
            cursor.execute(NEXT_ID_SQL)
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def say(text: str) -> None:
    """Print a line now."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def timed(deed: Callable[[], object]) -> float:
    """Return the seconds that the deed takes."""
    start = time.perf_counter()
    deed()
    return time.perf_counter() - start


def median_s(deed: Callable[[], object], *, times: int) -> float:
    """Return the median of the seconds that the deed takes."""
    return statistics.median(timed(deed) for _ in range(times))


def processor_s() -> float:
    """Return the processor time that this process and its connection's server process have used."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return time.process_time() + sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def busy(deed: Callable[[], object]) -> float:
    """Return the seconds of processor time that the deed takes here and in the database."""
    start = processor_s()
    deed()
    return processor_s() - start


def make_type(*, points: int) -> DeviceType:
    """Make a kind of device with numbers to measure."""
    number = next(_numbers)
    kind = DeviceType.objects.create(key=f"bench-{number}", name="Bench", category="meter")
    PointType.objects.bulk_create(
        PointType(device_type=kind, key=f"value_{index}", name="Value", unit="W")
        for index in range(points)
    )
    return kind


def _nodes(kind: NodeKind, organisation: Organisation, count: int) -> list[Node]:
    nodes = [Node(kind=kind, organisation=organisation) for _ in range(count)]
    return Node.objects.bulk_create(nodes, batch_size=5_000)


def _assets(fleet: Fleet, count: int) -> list[Asset]:
    organisation = fleet.organisation
    serials = [f"B{next(_numbers)}" for _ in range(count)]
    fields: dict[str, Any] = {"organisation": organisation, "fleet": fleet, "manufacturer": "Acme"}
    return Asset.objects.bulk_create(
        (
            Asset(
                node=node,
                serial=serial,
                claim_code_digest=digest(serial),
                status=AssetStatus.ACTIVE,
                **fields,
            )
            for node, serial in zip(
                _nodes(NodeKind.ASSET, organisation, count), serials, strict=True
            )
        ),
        batch_size=5_000,
    )


def make_devices(organisation: Organisation, *, count: int, kind: DeviceType) -> list[Device]:
    """Make many devices in use, with their points, set-wise."""
    fleet = Fleet.objects.create(organisation=organisation, name="Bench")
    assets = _assets(fleet, count)
    nodes = _nodes(NodeKind.DEVICE, organisation, count)
    devices = Device.objects.bulk_create(
        (
            Device(
                node=node,
                organisation=organisation,
                type=kind,
                asset=asset,
                fleet=fleet,
                name=f"Meter {asset.serial}",
            )
            for node, asset in zip(nodes, assets, strict=True)
        ),
        batch_size=5_000,
    )
    make_points(devices)
    return devices
