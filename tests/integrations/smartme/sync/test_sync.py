"""A sync makes of what the cloud lists assets, devices, gateways and readings."""

from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from devices.choices import AssetStatus
from devices.models import Asset, Device, Gateway, Point, Reading
from devices.services.assets import suspend_asset
from devices.services.devices import delete_device, update_device
from integrations.choices import ConnectionStatus, SyncOutcome, SyncTrigger
from integrations.models import Connection, MeterLink
from integrations.smartme.claims import claim_now, renew
from integrations.smartme.sync import sync_connection
from tests.integrations.smartme.clouds import Cloud
from tests.integrations.smartme.factories import link_of, make_connection, state_of, sync

pytestmark = pytest.mark.django_db
FLAT = 6304021


def device_of(connection: Connection, serial: int = FLAT) -> Device:
    device = link_of(connection, serial).device
    assert device is not None
    return device


def test_first_sync_declares_assets_and_makes_devices_of_the_right_type(
    connection: Connection,
) -> None:
    run = sync(connection)

    device = device_of(connection)
    assert (run.outcome, run.meters, run.devices_created) == (SyncOutcome.OK, 6, 6)
    assert (device.name, device.type.key) == ("Appartement 2.1", "smartme-telstar")
    assert (device.asset.serial, device.asset.manufacturer) == ("6304021", "smart-me")
    assert device.asset.status == AssetStatus.ACTIVE
    assert Device.objects.filter(fleet=connection.fleet).count() == 5


def to_twelve_digits(value: float) -> Any:
    """Return what the number is kept as, and leave binary noise room."""
    return pytest.approx(value, rel=1e-11)


def test_readings_equal_what_the_cloud_said(connection: Connection, cloud: Cloud) -> None:
    sync(connection)

    reports = cloud.http.get("/_simulator/ledger").json()["reports"]
    said = {str(r["device"]["Serial"]): r["device"] for r in reports}["6304021"]
    state = state_of(device_of(connection))
    assert state["active_energy_import"] == to_twelve_digits(said["CounterReadingImport"])
    assert state["active_power"] == to_twelve_digits(said["ActivePower"] * 1000)
    assert state["voltage_l2"] == said["VoltageL2"]


def test_connection_is_ok_after_a_sync(connection: Connection) -> None:
    sync(connection)

    assert (connection.status, connection.problem, connection.failures) == ("ok", "", 0)
    assert connection.last_success_at is not None
    assert connection.claim is None


def test_all_meters_of_an_account_are_one_call(connection: Connection, cloud: Cloud) -> None:
    sync(connection)
    sync(connection)

    assert cloud.calls() == 2


def test_same_report_counts_once(connection: Connection, cloud: Cloud) -> None:
    cloud.inner.clock.change(speed=0)
    first = sync(connection)

    with CaptureQueriesContext(database) as done:
        second = sync(connection)

    assert (second.accepted, second.duplicates) == (0, first.accepted)
    written = [query["sql"] for query in done if MeterLink._meta.db_table in query["sql"]]
    assert [sql.split()[0] for sql in written] == ["SELECT"]
    link = MeterLink.objects.get(device=device_of(connection))
    assert link.seen_at < link.listed_at == connection.last_success_at
    assert Reading.objects.count() == first.accepted


def test_later_report_is_recorded_beside_the_first(connection: Connection, cloud: Cloud) -> None:
    sync(connection)
    before = state_of(device_of(connection))["active_energy_import"]

    cloud.inner.clock.change(advance_s=60)
    sync(connection)

    point = Point.objects.get(device=device_of(connection), type__key="active_energy_import")
    assert point.last_value is not None
    assert before is not None
    assert point.last_value > before
    assert Reading.objects.filter(point_id=point.pk).count() == 2


def test_gateway_becomes_a_gateway_without_readings(connection: Connection) -> None:
    sync(connection)

    link = link_of(connection, 8100001)
    assert (link.device, link.is_gateway) == (None, True)
    assert Gateway.objects.get(pk=link.gateway_id).name == "Passerelle M-Bus sous-sol"


def test_18_digit_serial_stays_exact(connection: Connection) -> None:
    sync(connection)

    assert Asset.objects.filter(serial="636731327420929937").exists()


def test_name_given_here_survives_a_rename_in_the_cloud(
    connection: Connection, cloud: Cloud
) -> None:
    sync(connection)
    update_device(device=device_of(connection), changes={"name": "Famille Petit"})
    cloud.fault("rename", meter=str(FLAT), value="Appt 2.1 gauche")

    sync(connection)

    device = device_of(connection)
    assert (device.name, device.reported_name) == ("Famille Petit", "Appt 2.1 gauche")


def test_vanished_meter_is_marked_and_keeps_its_device(
    connection: Connection, cloud: Cloud
) -> None:
    sync(connection)
    cloud.fault("vanish", meter=str(FLAT))

    run = sync(connection)

    assert run.vanished == 1
    assert link_of(connection, FLAT).vanished_at is not None
    assert device_of(connection).name == "Appartement 2.1"


def test_meter_that_comes_back_is_the_same_device(connection: Connection, cloud: Cloud) -> None:
    sync(connection)
    device = device_of(connection)
    cloud.fault("vanish", meter=str(FLAT))
    sync(connection)
    cloud.heal()

    sync(connection)

    link = link_of(connection, FLAT)
    assert (link.device, link.vanished_at) == (device, None)


def test_added_meter_becomes_a_device(connection: Connection, cloud: Cloud) -> None:
    sync(connection)
    cloud.fault("add", serial=42)

    run = sync(connection)

    assert run.devices_created == 1
    assert device_of(connection, 42).name == "Added in the cloud"


def test_meter_without_a_name_is_called_by_its_serial(connection: Connection, cloud: Cloud) -> None:
    cloud.fault("missing-name", meter=str(FLAT))

    sync(connection)

    assert device_of(connection).name == "6304021"


def test_serial_that_comes_twice_makes_two_devices(connection: Connection, cloud: Cloud) -> None:
    cloud.fault("big-serial", meter="Appartement 2.1", value=6304022)

    sync(connection)

    links = MeterLink.objects.filter(connection=connection, serial="6304022")
    devices = {link.device.asset.serial for link in links if link.device}
    assert len(devices) == 2
    assert "6304022" in devices


def test_device_deleted_here_is_not_made_anew(connection: Connection) -> None:
    sync(connection)
    delete_device(device=device_of(connection))

    run = sync(connection)

    link = link_of(connection, FLAT)
    assert (run.devices_created, link.device) == (0, None)
    assert "deleted in Atrium" in link.problem


def test_suspended_asset_is_not_activated_and_says_so(connection: Connection) -> None:
    sync(connection)
    asset = device_of(connection).asset
    delete_device(device=device_of(connection))
    suspend_asset(asset=asset)
    MeterLink.objects.filter(connection=connection).delete()

    run = sync(connection)

    link = link_of(connection, FLAT)
    assert run.outcome == SyncOutcome.OK
    assert (link.device, "suspended" in link.problem) == (None, True)


def test_second_connection_to_the_same_account_shares_the_devices(
    connection: Connection,
) -> None:
    sync(connection)
    other = make_connection(connection.fleet, name="Again")

    run = sync(other)

    assert run.devices_created == 0
    assert device_of(other) == device_of(connection)


def test_sync_of_a_paused_connection_does_nothing(connection: Connection, cloud: Cloud) -> None:
    claimed = claim_now(connection.pk)
    Connection.objects.update(status=ConnectionStatus.PAUSED)

    assert claimed is None or sync_connection(claimed) is None
    assert cloud.calls() == 0


def test_old_claim_changes_nothing_any_more(connection: Connection, cloud: Cloud) -> None:
    Connection.objects.update(next_attempt_at="2026-01-01T00:00:00Z")
    old = claim_now(connection.pk)
    Connection.objects.update(next_attempt_at="2026-01-01T00:00:00Z")
    new = claim_now(connection.pk)
    assert old is not None
    assert new is not None

    assert sync_connection(old) is None
    assert (renew(old), renew(new), cloud.calls()) == (False, True, 0)


def test_run_of_a_dead_worker_is_closed_by_the_next_one(connection: Connection) -> None:
    dead = connection.runs.create(started_at=connection.created_at)

    sync(connection)

    dead.refresh_from_db()
    assert dead.outcome == SyncOutcome.ABANDONED
    assert dead.finished_at is not None


def test_first_sync_is_logged_as_asked_for_and_the_next_as_scheduled(
    connection: Connection,
) -> None:
    assert sync(connection).trigger == SyncTrigger.REQUEST
    assert sync(connection).trigger == SyncTrigger.SCHEDULE


def test_later_sync_costs_the_same_number_of_queries_for_any_number_of_meters(
    connection: Connection,
) -> None:
    sync(connection)

    with CaptureQueriesContext(database) as queries:
        sync(connection)

    assert len(queries) < 60
