"""Meters that are another kind now, have another serial, or took the place of another one."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from devices.models import Device
from integrations.models import Connection
from tests.conftest import Client
from tests.devices.factories import make_assignment, make_metering_point
from tests.integrations.smartme.clouds import Cloud
from tests.integrations.smartme.factories import link_of, sync
from tests.twin.factories import make_site

pytestmark = pytest.mark.django_db
FLAT, HOT_WATER, NEW = 6304021, 71440145, 6399999


@pytest.fixture
def notices(as_: Client, bob: User, connection: Connection) -> Any:
    """Return what the API tells of a meter."""

    def told(serial: int) -> list[dict[str, Any]]:
        page = as_(bob).get(f"/api/v1/smartme/connections/{connection.pk}/meters/").json()
        return next(m["notices"] for m in page["results"] if m["serial"] == str(serial))

    return told


def device_of(connection: Connection, serial: int) -> Device:
    device = link_of(connection, serial).device
    assert device is not None
    return device


def test_meters_that_stay_what_they_were_are_no_news(connection: Connection, notices: Any) -> None:
    sync(connection)

    assert notices(FLAT) == []


def test_meter_of_another_kind_is_shown_and_stays_what_it_was(
    connection: Connection, cloud: Cloud, notices: Any
) -> None:
    sync(connection)
    cloud.fault("unknown-enum", meter=str(HOT_WATER), member="MeterSubType", value=1)

    sync(connection)

    [notice] = notices(HOT_WATER)
    assert notice["code"] == "re-typed"
    assert "smartme-water-cold now" in notice["detail"]
    assert device_of(connection, HOT_WATER).type.key == "smartme-water-hot"


def test_meter_with_another_serial_is_shown(
    connection: Connection, cloud: Cloud, notices: Any
) -> None:
    sync(connection)
    cloud.fault("big-serial", meter=str(FLAT), value=NEW)

    sync(connection)

    [notice] = notices(NEW)
    assert (notice["code"], str(FLAT) in notice["detail"]) == ("serial-changed", True)


def test_meter_in_the_place_of_another_is_shown_until_that_feeds_nothing(
    connection: Connection, cloud: Cloud, notices: Any
) -> None:
    sync(connection)
    old = link_of(connection, FLAT)
    point = make_metering_point(site=make_site(connection.organisation))
    assignment = make_assignment(
        point, device_of(connection, FLAT), since=timezone.now() - timedelta(days=1)
    )
    cloud.fault("add", serial=NEW, name=old.reported_name)
    cloud.fault("vanish", meter=str(FLAT))

    sync(connection)
    [notice] = notices(NEW)
    assert (notice["code"], notice["previous"]) == ("exchanged", str(old.pk))
    assert notice["metering_points"] == [str(point.pk)]

    assignment.period = (assignment.period.lower, timezone.now())
    assignment.save()
    assert notices(NEW) == []
