"""Late readings are announced where the device stood when it measured."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Organisation
from devices.models import Device
from devices.services.placements import place_device
from devices.services.readings import record_readings
from integrations.models import Event
from tests.devices.factories import make_device
from tests.twin import factories
from twin.models import Site, Space
from twin.services.spaces import change_space

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(organisation: Organisation) -> Site:
    return factories.make_site(organisation)


@pytest.fixture
def flats(site: Site) -> tuple[Space, Space]:
    return factories.make_space(site, name="1"), factories.make_space(site, name="2")


@pytest.fixture
def device(organisation: Organisation, flats: tuple[Space, Space]) -> Device:
    return make_device(organisation, space=flats[0])


def send(device: Device, *times: datetime, value: float = 1) -> None:
    point: dict[str, Any] = {"device": str(device.pk), "point": "active_power"}
    rows = [{**point, "time": at, "value": value + nth} for nth, at in enumerate(times)]
    assert record_readings(rows, devices=Device.objects.all()).rejected == []


def told(kind: str) -> list[tuple[set[Any], Any]]:
    """Return the places of the events of a type: their spaces and how many readings they tell."""
    rows = Event.objects.filter(type=kind).order_by("pk")
    return [(set(event.spaces), event.data.get("readings")) for event in rows]


def test_reading_of_before_a_move_is_told_where_the_device_stood(
    device: Device, flats: tuple[Space, Space]
) -> None:
    before = timezone.now()
    place_device(device=device, site=flats[1].site, space=flats[1])
    send(device, before)

    assert told("readings.recorded") == [({flats[0].pk}, 1)]
    assert told("device.state.changed") == [({flats[0].pk}, None)]


def test_batch_across_a_move_is_one_event_for_each_place(
    device: Device, flats: tuple[Space, Space]
) -> None:
    before = timezone.now()
    place_device(device=device, site=flats[1].site, space=flats[1])
    after = timezone.now()
    send(device, before - timedelta(seconds=1), before, after)

    found = sorted(told("readings.recorded"), key=lambda one: one[1])
    assert found == [({flats[1].pk}, 1), ({flats[0].pk}, 2)]


def test_reading_of_before_its_space_moved_is_told_on_the_way_as_it_was(
    site: Site, organisation: Organisation
) -> None:
    stairs = [factories.make_space(site, name=name) for name in "AB"]
    flat = factories.make_space(site, stairs[0], name="Flat")
    device = make_device(organisation, space=flat)
    before = timezone.now()
    change_space(Space.objects.get(pk=flat.pk), parent=stairs[1])
    send(device, before, timezone.now())

    ways = {frozenset(spaces) for spaces, _ in told("readings.recorded")}
    assert ways == {frozenset({stairs[0].pk, flat.pk}), frozenset({stairs[1].pk, flat.pk})}


def test_reading_of_before_the_first_place_is_told_there(
    device: Device, flats: tuple[Space, Space]
) -> None:
    send(device, timezone.now() - timedelta(days=900))

    assert told("readings.recorded") == [({flats[0].pk}, 1)]


def test_reading_of_a_time_in_store_is_told_of_no_place(
    device: Device, flats: tuple[Space, Space]
) -> None:
    place_device(device=device, site=None, space=None)
    meanwhile = timezone.now()
    place_device(device=Device.objects.get(pk=device.pk), site=flats[1].site, space=flats[1])
    send(device, meanwhile)

    (event,) = Event.objects.filter(type="readings.recorded")
    assert (event.site, event.spaces) == (None, [])


def test_device_that_left_is_told_where_it_stood(
    device: Device, flats: tuple[Space, Space]
) -> None:
    before = timezone.now()
    place_device(device=device, site=None, space=None)
    send(device, before, timezone.now())

    assert sorted(told("readings.recorded"), key=str) == sorted(
        [({flats[0].pk}, 1), (set(), 1)], key=str
    )


def test_only_what_is_late_costs_a_query_more(device: Device, flats: tuple[Space, Space]) -> None:
    before = timezone.now()
    place_device(device=device, site=flats[1].site, space=flats[1])
    send(device, timezone.now())

    counts: list[int] = []
    for at in (timezone.now(), before):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            send(device, at, value=counts[-1] + 1 if counts else 9)
        counts.append(len([one for one in queries if "devices_placement p" in one["sql"]]))
    assert counts == [0, 1]
