"""``?at=`` on devices and gateways: where they stood, what they were called, what is untold."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Organisation, User
from config.lib.times import format_time
from devices.models import Device
from devices.services.devices import delete_device, update_device
from devices.services.gateways import update_gateway
from tests.conftest import Client
from tests.devices.factories import make_device, make_gateway
from tests.twin.factories import make_grant, make_site, make_space
from tests.twin.past import DAY_1, DAY_2, DAY_3, backdate, versions, write_on
from twin.models import Space


@pytest.fixture
def flats(organisation: Organisation) -> tuple[Space, Space]:
    site = backdate(make_site(organisation))
    return backdate(make_space(site, name="A")), backdate(make_space(site, name="B"))


@pytest.fixture
def meter(organisation: Organisation, flats: tuple[Space, Space]) -> Device:
    """A meter in flat A until day 2, and called by its number until day 3."""
    device = make_device(organisation, site=flats[0].site, space=flats[0], name="1234")
    backdate(device.asset)
    device = backdate(device)
    write_on(DAY_2)
    update_device(device=device, changes={"space": flats[1]})
    write_on(DAY_3)
    update_device(device=device, changes={"name": "Heat meter"})
    return device


def found(client: APIClient, at: Any = None, **parameters: Any) -> list[str]:
    if at:
        parameters["at"] = format_time(at)
    response = client.get("/api/v1/devices/", parameters)
    assert response.status_code == 200, response.content
    return [row["name"] for row in response.json()["results"]]


def test_devices_are_found_where_they_stood(
    meter: Device, flats: tuple[Space, Space], bob: User, as_: Client
) -> None:
    client, (a, b) = as_(bob, "devices:read"), flats

    assert found(client, DAY_1, space=a.pk) == ["1234"]
    assert found(client, DAY_2, space=a.pk) == []
    assert found(client, DAY_2, within=b.pk) == ["1234"]
    assert found(client, DAY_3, site=a.site_id) == ["Heat meter"]


def test_a_device_tells_what_it_was(
    meter: Device, flats: tuple[Space, Space], bob: User, as_: Client
) -> None:
    path = f"/api/v1/devices/{meter.pk}/?at={format_time(DAY_1)}"

    body = as_(bob, "devices:read").get(path).json()

    assert (body["name"], body["space"]) == ("1234", str(flats[0].pk))


def test_contact_is_untold_of_the_past_and_makes_no_version(
    meter: Device, bob: User, as_: Client
) -> None:
    before = len(versions(meter))
    Device.objects.filter(pk=meter.pk).update(status="online", last_seen_at=DAY_3)

    body = as_(bob, "devices:read").get(f"/api/v1/devices/{meter.pk}/?at={format_time(DAY_3)}")

    assert (body.json()["status"], body.json()["last_seen_at"]) == ("unknown", None)
    assert len(versions(meter)) == before


def test_a_deleted_device_is_found_where_it_stood(
    meter: Device, flats: tuple[Space, Space], dora: User, as_: Client
) -> None:
    make_grant(flats[1], dora)
    write_on(DAY_3)
    delete_device(device=meter)
    client = as_(dora, "devices:read")

    assert found(client) == []
    assert found(client, DAY_2) == ["1234"]
    assert found(client, DAY_1) == []  # It stood in the other flat.


def test_a_gateway_tells_where_it_stood(
    organisation: Organisation, flats: tuple[Space, Space], bob: User, as_: Client
) -> None:
    gateway = backdate(make_gateway(organisation, site=flats[0].site, space=flats[0]))
    backdate(gateway.asset)
    write_on(DAY_2)
    update_gateway(gateway=gateway, changes={"space": flats[1]})
    client = as_(bob, "devices:read")

    spaces = [
        client.get(f"/api/v1/gateways/{gateway.pk}/?at={format_time(day)}").json()["space"]
        for day in (DAY_1, DAY_2)
    ]

    assert spaces == [str(flat.pk) for flat in flats]
