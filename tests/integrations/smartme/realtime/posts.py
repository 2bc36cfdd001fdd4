"""A connection that listens, meters it knows, and posts as the cloud makes them."""

from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from accounts.models import Organisation
from config.lib.secrets import make_token
from devices.models import Device
from integrations.models import Connection, MeterLink, RealtimeChannel, RealtimeEndpoint
from integrations.smartme.realtime.receiving import Arrival, pair_digest
from integrations.smartme.simulator import wire
from tests.devices.factories import make_device, make_fleet, make_type
from tests.integrations.smartme.factories import make_connection

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
POINTS = (
    {"key": "active_energy_import", "unit": "kW.h", "nature": "counter"},
    {"key": "active_energy_export", "unit": "kW.h", "nature": "counter"},
    {"key": "active_power", "unit": "W"},
)
VALUES = {"1-0:1.8.0*255": 1879583.2, "1-0:2.8.0*255": 0.0, "1-0:1.7.0*255": 24.19}


@dataclass(frozen=True)
class Line:
    """A connection, and the secrets of its address as the cloud was told them."""

    connection: Connection
    token: str
    password: str

    @property
    def path(self) -> str:
        return f"/api/v1/smartme/realtime/{self.token}/"

    @property
    def authorization(self) -> str:
        return "Basic " + b64encode(f"atrium:{self.password}".encode()).decode()

    def arrival(self, body: bytes) -> Arrival:
        return Arrival(self.token, self.authorization, body)

    def channel(self) -> RealtimeChannel:
        return RealtimeChannel.objects.get(connection=self.connection)


def make_line(organisation: Organisation, **fields: Any) -> Line:
    """Make a connection with an address that the cloud may post to."""
    connection = make_connection(make_fleet(organisation), **{"realtime": False, **fields})
    RealtimeChannel.objects.get_or_create(connection=connection)
    line = Line(connection, make_token(), make_token())
    pair = pair_digest("atrium", line.password)
    RealtimeEndpoint.objects.create(connection=connection, token=line.token, pair=pair)
    return line


# What polling has shown: counters count in Wh.
COUNTS_IN_WH = {
    "unit": "Wh",
    "code": "1-0:1.8.0*255",
    "value": 1_879_583.2,
    "counter": 1_879.5832,
    "at": "2026-01-01T00:00:00+00:00",
}


def make_meter(connection: Connection, device: Device | None = None) -> MeterLink:
    """Let the connection know a meter that is a device."""
    given = device or make_device(connection.organisation, type=make_type(points=POINTS))
    made: MeterLink = MeterLink.objects.create(
        connection=connection,
        meter_id=uuid4(),
        device=given,
        device_type_key="meter",
        linked_at=timezone.now(),
        seen_at=timezone.now(),
        calibrations={"energy": COUNTS_IN_WH},
    )
    return made


def ticks_of(time: datetime) -> int:
    since = time - EPOCH
    return (since.days * 86_400 + since.seconds) * wire.TICKS + since.microseconds * 10


def report(meter: UUID, time: datetime = NOON, **changes: float) -> bytes:
    """Return one device's report as the cloud writes it; ``power`` and ``energy`` may differ."""
    values = dict(VALUES)
    for name, code in (("energy", "1-0:1.8.0*255"), ("power", "1-0:1.7.0*255")):
        values[code] = changes.get(name, values[code])
    return wire.device_data(str(meter), ticks_of(time), values=values)


def body(meter: UUID, time: datetime = NOON, **changes: float) -> bytes:
    """Return a post of one report."""
    return wire.post_body([report(meter, time, **changes)])
