"""fleets/{id}/coverage/: how complete the data of a fleet is, from what is summed up."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Organisation, User
from devices.models import Device, Fleet
from devices.services.readings import record_readings
from devices.services.rollups import refresh_rollups
from tests.conftest import Client
from tests.devices.factories import make_asset, make_device, make_fleet

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def coverage(client: Any, fleet: Fleet) -> dict[str, Any]:
    return dict(client.get(f"/api/v1/fleets/{fleet.pk}/coverage/").json())


def test_fleet_is_as_complete_as_its_devices_are(
    as_: Client, alice: User, organisation: Organisation
) -> None:
    fleet = make_fleet(organisation)
    meter, _ = (
        make_device(organisation, asset=make_asset(organisation, fleet=fleet)) for _ in range(2)
    )
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    told = {"device": str(meter.pk), "point": "active_energy_import"}
    batch = [{**told, "time": now - back * HOUR, "value": 500 - back} for back in range(13)]
    record_readings(batch, devices=Device.objects.all())
    before = coverage(as_(alice), fleet)
    refresh_rollups()
    client = as_(alice)

    with CaptureQueriesContext(connection) as queries:
        found = coverage(client, fleet)

    assert (before["devices"], before["day"], before["week"]) == (2, 0.0, 0.0)
    # One of two meters counted for half of the last 24 hours.
    assert found["day"] == 0.25
    assert len([one for one in queries if "devices_rollup" in one["sql"]]) == 1
    assert coverage(client, make_fleet(organisation))["day"] is None
