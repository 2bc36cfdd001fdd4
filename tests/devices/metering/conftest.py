"""A house in Zurich with two flats, and meters that count one an hour."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Organisation
from accounts.principals import Principal
from devices.metering.consumption import Consumption, read_consumption
from devices.models import Device, DeviceType, MeteringPoint
from devices.series.answers import Range
from devices.services.readings import record_readings
from tests.devices.factories import make_device, make_metering_point, make_type
from tests.twin import factories as twin
from twin.models import Site, Space

# Midnight in Zurich.
START = datetime(2026, 5, 31, 22, tzinfo=UTC)
NOW = datetime(2026, 9, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ZURICH = ZoneInfo("Europe/Zurich")


@pytest.fixture
def site(organisation: Organisation) -> Site:
    return twin.make_site(organisation, time_zone="Europe/Zurich")


@pytest.fixture
def house(site: Site) -> Space:
    return twin.make_space(site, name="House")


@pytest.fixture
def flats(site: Site, house: Space) -> list[Space]:
    return [twin.make_space(site, house, name=name) for name in ("A", "B")]


@pytest.fixture
def kind(db: None) -> DeviceType:
    return make_type()


@pytest.fixture
def meters(organisation: Organisation, flats: list[Space], kind: DeviceType) -> list[Device]:
    return [make_device(organisation, space=flat, type=kind) for flat in flats]


@pytest.fixture
def flat_point(flats: list[Space]) -> MeteringPoint:
    return make_metering_point(space=flats[0], name="Flat A")


def record(device: Device, values: dict[Any, float]) -> None:
    """Record counters by their hours since START, or by their moments."""
    readings = [
        {"device": str(device.pk), "point": "active_energy_import", "time": time, "value": value}
        for key, value in values.items()
        for time in [key if isinstance(key, datetime) else START + key * HOUR]
    ]
    done = record_readings(readings, devices=Device.objects.all())
    assert not done.rejected


def hourly(first: int, last: int, *, counter: float = 0, pace: float = 1) -> dict[Any, float]:
    """Return counters from one hour to another, both included."""
    return {hour: counter + pace * (hour - first) for hour in range(first, last + 1)}


def consumed(
    *points: MeteringPoint,
    days: float = 4,
    interval: str = "1d",
    principal: Principal | None = None,
    start: datetime = START,
) -> list[Consumption]:
    """Return what the metering points consumed."""
    asked = Range(interval, start, start + days * DAY, NOW)
    rows = MeteringPoint.objects.select_related("site").in_bulk([point.pk for point in points])
    return read_consumption([rows[point.pk] for point in points], asked=asked, principal=principal)
