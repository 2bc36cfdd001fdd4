"""The log: written in the transaction of the change, read in an order that skips nothing."""

import time
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from accounts.models import Organisation, User
from config.lib.ids import uuid7
from devices.models import Device
from devices.services.assets import suspend_asset
from devices.services.devices import update_device
from devices.services.readings import record_readings
from integrations.events.catalogue import Draft
from integrations.events.log import append, as_cloudevent, read_after
from integrations.models import Cursor, Event
from tests.devices.factories import make_device
from tests.factories import make_principal
from tests.twin.factories import make_home, make_site
from twin.services.sites import change_site

TIME = datetime(2026, 8, 1, tzinfo=UTC)


def types() -> list[str]:
    return list(Event.objects.order_by("xid", "pk").values_list("type", flat=True))


def record(device: Device, value: float) -> None:
    item = {"device": device.pk, "point": "active_power", "time": TIME, "value": value}
    record_readings([item], devices=Device.objects.all())


def append_on(other: psycopg.Connection[Any]) -> None:
    other.execute(
        "INSERT INTO integrations_event (id, type, source, subject, time, data)"
        " VALUES (%s, 'slow', '', '', now(), '{}')",
        [uuid7()],
    )


def read_settled(cursor: Cursor | None, *, count: int) -> list[str]:
    """Read so many events; other databases of the server may have transactions open meanwhile."""
    until = time.monotonic() + 50
    while len(found := read_after(cursor, limit=9)) < count and time.monotonic() < until:
        time.sleep(0.05)
    return [event.type for event in found]


@pytest.fixture
def device(organisation: Organisation) -> Device:
    return make_device(organisation, site=make_site(organisation))


def test_changes_are_events_in_their_order(device: Device) -> None:
    suspend_asset(asset=device.asset)

    expected = ["asset.declared", "asset.activated", "device.created", "asset.suspended"]
    assert types() == expected


def test_change_of_a_site_is_told_under_the_site(organisation: Organisation) -> None:
    site = make_site(organisation)

    change_site(site, name="Les Ormes")

    event = Event.objects.get(type="site.updated")
    assert (event.site, event.organisation) == (site.pk, organisation.pk)
    assert event.data == {"site": str(site.pk), "fields": ["name"]}


def test_event_of_a_rolled_back_change_does_not_exist(device: Device) -> None:
    before = len(types())

    with transaction.atomic():
        update_device(device=device, changes={"name": "Other"})
        transaction.set_rollback(True)

    assert len(types()) == before


def test_event_tells_ids_and_what_changed(device: Device) -> None:
    update_device(device=device, changes={"name": "Secret name"})

    event = as_cloudevent(Event.objects.get(type="device.updated"))
    assert event["type"] == "device.updated"
    assert event["source"] == f"/api/v1/sites/{device.site_id}/"
    assert event["subject"] == f"devices/{device.pk}"
    assert event["data"] == {"device": str(device.pk), "fields": ["name"]}


def test_batch_of_readings_is_one_event(device: Device) -> None:
    before = len(types())

    record(device, 1)

    assert types()[before:] == ["device.online", "device.state.changed", "readings.recorded"]
    event = Event.objects.get(type="readings.recorded")
    assert event.data["devices"] == [str(device.pk)]
    assert event.data["readings"] == 1


def test_batch_that_changes_nothing_is_no_event(device: Device) -> None:
    record(device, 1)
    before = len(types())

    record(device, 1)

    assert len(types()) == before


def test_changed_value_is_announced_as_restated(device: Device) -> None:
    record(device, 1)
    before = len(types())

    record(device, 2)

    assert types()[before:] == ["device.state.changed", "readings.recorded", "readings.restated"]


@pytest.mark.django_db
def test_batch_key_writes_its_event_once() -> None:
    for _ in range(2):
        append("readings.recorded", [Draft(noun="readings", batch_key="one")])

    assert Event.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_slow_transaction_never_makes_a_reader_skip_an_event() -> None:
    with psycopg.connect(**connection.get_connection_params()) as slow:
        append_on(slow)
        append("quick", [Draft(noun="devices")])

        assert read_after(None, limit=10) == []
        slow.commit()

    assert read_settled(None, count=2) == ["slow", "quick"]


@pytest.mark.django_db(transaction=True)
def test_reader_goes_on_behind_its_cursor() -> None:
    for kind in ("one", "two", "three"):
        append(kind, [Draft(noun="devices")])

    first, second, _ = Event.objects.order_by("xid", "pk")

    assert read_settled(first.cursor, count=2) == ["two", "three"]
    assert read_settled(second.cursor, count=1) == ["three"]


def test_events_are_seen_by_who_sees_what_they_are_about(
    device: Device, organisation: Organisation, dora: User
) -> None:
    home = make_home(dora)
    append("home", [Draft(noun="sites", site=home.pk)])

    own = Event.objects.visible_to(make_principal(organisation))
    hers = Event.objects.visible_to(make_principal(user=dora))

    assert set(own.values_list("organisation", flat=True)) == {organisation.pk}
    assert [event.type for event in hers] == ["home"]
