"""Online and offline by last contact: told once, by the threshold of each kind."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Application, Organisation
from devices.choices import AssetStatus, ContactStatus
from devices.models import Asset, Device, Gateway
from devices.services.contact import (
    GATEWAY_OFFLINE_AFTER,
    Swept,
    note_gateway_contact,
    sweep_contact,
)
from devices.services.readings import record_readings
from integrations.models import Event
from tests.devices.factories import make_device, make_gateway, make_type
from tests.factories import make_application, make_organisation
from tests.racing import at_once

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)


def heard(thing: Device | Gateway, *, ago_s: float) -> Any:
    """Let the thing be online, last heard of so long before NOW."""
    rows = type(thing).objects.filter(pk=thing.pk)
    rows.update(status=ContactStatus.ONLINE, last_seen_at=NOW - timedelta(seconds=ago_s))
    return thing


def status_of(thing: Device | Gateway) -> str:
    return type(thing).objects.values_list("status", flat=True).get(pk=thing.pk)


def told(*types: str) -> list[str]:
    """Return the types of the events of contact, in order."""
    wanted = types or ("device.online", "device.offline", "gateway.online", "gateway.offline")
    return list(Event.objects.filter(type__in=wanted).order_by("pk").values_list("type", flat=True))


def test_silence_beyond_the_threshold_of_the_kind_is_offline(organisation: Organisation) -> None:
    quick, slow = make_type(offline_after_s=120), make_type(offline_after_s=7_200)
    silent = heard(make_device(organisation, type=quick), ago_s=121)
    in_time = heard(make_device(organisation, type=quick), ago_s=119)
    patient = heard(make_device(organisation, type=slow), ago_s=7_000)

    swept = sweep_contact(now=NOW)

    assert swept == Swept(gateways=0, folded=0, devices=1)
    assert status_of(silent) == ContactStatus.OFFLINE
    assert {status_of(in_time), status_of(patient)} == {ContactStatus.ONLINE}


def test_what_was_never_heard_of_stays_unknown(organisation: Organisation) -> None:
    device = make_device(organisation)

    sweep_contact(now=NOW)

    assert status_of(device) == ContactStatus.UNKNOWN


def test_offline_is_told_once(organisation: Organisation) -> None:
    heard(make_device(organisation), ago_s=4_000)

    sweep_contact(now=NOW)
    again = sweep_contact(now=NOW + timedelta(hours=1))

    assert again == Swept(0, 0, 0)
    assert told() == ["device.offline"]


def test_reading_brings_a_device_back_and_is_told_once(organisation: Organisation) -> None:
    device = heard(make_device(organisation), ago_s=4_000)
    sweep_contact(now=NOW)
    reading = {"device": str(device.pk), "point": "active_power", "value": 1.0}

    for minute in (0, 1):
        at = {"time": f"2026-08-01T12:0{minute}:00Z"}
        record_readings([{**reading, **at}], devices=Device.objects.all())

    assert status_of(device) == ContactStatus.ONLINE
    assert told() == ["device.offline", "device.online"]


def test_devices_go_offline_with_their_gateway_in_one_event(organisation: Organisation) -> None:
    age = GATEWAY_OFFLINE_AFTER.total_seconds() + 60
    gateway = heard(make_gateway(organisation), ago_s=age)
    kind = make_type(offline_after_s=90_000)
    behind = [
        heard(make_device(organisation, type=kind, gateway=gateway), ago_s=age) for _ in range(3)
    ]

    swept = sweep_contact(now=NOW)

    assert swept == Swept(gateways=1, folded=3, devices=0)
    assert {status_of(device) for device in behind} == {ContactStatus.OFFLINE}
    assert told() == ["gateway.offline"]
    event = Event.objects.get(type="gateway.offline")
    assert event.data == {"gateway": str(gateway.pk), "devices": 3}


def test_device_that_speaks_by_another_way_stays_online(organisation: Organisation) -> None:
    gateway = heard(make_gateway(organisation), ago_s=3_600)
    device = heard(make_device(organisation, gateway=gateway), ago_s=30)

    swept = sweep_contact(now=NOW)

    assert swept == Swept(gateways=1, folded=0, devices=0)
    assert status_of(device) == ContactStatus.ONLINE


def test_devices_of_other_gateways_are_left_alone(organisation: Organisation) -> None:
    lost = heard(make_gateway(organisation), ago_s=3_000)
    alive = heard(make_gateway(organisation), ago_s=30)
    device = heard(make_device(organisation, gateway=alive), ago_s=3_000)

    sweep_contact(now=NOW)

    assert status_of(lost) == ContactStatus.OFFLINE
    assert {status_of(alive), status_of(device)} == {ContactStatus.ONLINE}


def test_sweep_costs_the_same_for_many(
    organisation: Organisation, django_assert_num_queries: Any
) -> None:
    kind = make_type()
    for _ in range(5):
        heard(make_device(organisation, type=kind), ago_s=4_000)

    # Gateways, the look, the update, its transaction's ends, the devices and their events.
    with django_assert_num_queries(9):
        sweep_contact(now=NOW)


@pytest.fixture
def box(organisation: Organisation) -> Gateway:
    gateway = make_gateway(organisation)
    gateway.application = make_application(organisation, kind="gateway")
    gateway.save()
    return gateway


def test_gateway_that_speaks_is_online_and_told_once(box: Gateway) -> None:
    for _ in range(2):
        note_gateway_contact(box.application_id)

    box.refresh_from_db()
    assert box.status == ContactStatus.ONLINE
    assert box.last_seen_at is not None
    assert told() == ["gateway.online"]


def test_contact_of_a_gateway_is_noted_twice_a_minute_at_most(box: Gateway) -> None:
    note_gateway_contact(box.application_id)
    first = Gateway.objects.get().last_seen_at

    note_gateway_contact(box.application_id)

    assert Gateway.objects.get().last_seen_at == first


@pytest.mark.parametrize("status", [AssetStatus.SUSPENDED, AssetStatus.RETIRED])
def test_gateway_that_may_not_be_used_is_not_heard(box: Gateway, status: str) -> None:
    Asset.objects.filter(pk=box.asset_id).update(status=status)

    note_gateway_contact(box.application_id)

    assert status_of(box) == ContactStatus.UNKNOWN
    assert told() == []


def test_stranger_touches_no_gateway(box: Gateway, meter_app: Application) -> None:
    note_gateway_contact(meter_app.pk)

    assert status_of(box) == ContactStatus.UNKNOWN


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_tell_each_device_once() -> None:
    organisation = make_organisation()
    kind = make_type()
    for _ in range(20):
        heard(make_device(organisation, type=kind), ago_s=4_000)

    results = at_once(*[lambda: sweep_contact(now=NOW)] * 3)

    assert sum(swept.devices for swept in results) == 20
    assert told("device.offline") == ["device.offline"] * 20


@pytest.mark.django_db(transaction=True)
def test_device_that_speaks_during_the_sweep_is_never_left_offline() -> None:
    device = heard(make_device(make_organisation()), ago_s=4_000)
    reading = {"device": str(device.pk), "point": "active_power", "value": 1.0}

    def speak() -> Any:
        at = {"time": "2026-08-01T12:00:00Z"}
        return record_readings([{**reading, **at}], devices=Device.objects.all())

    at_once(speak, lambda: sweep_contact(now=NOW))
    sweep_contact(now=NOW)

    assert status_of(device) == ContactStatus.ONLINE
