"""Connections in tests, and the move that matters: one sync, now."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from config.lib.ids import uuid7
from devices.models import Device, Fleet
from integrations.models import Backfill, Connection, MeterLink, SyncRun
from integrations.smartme.claims import claim_due
from integrations.smartme.connections import create_connection
from integrations.smartme.sync import sync_connection
from tests.integrations.smartme.clouds import READING_KEY


def make_connection(fleet: Fleet, **fields: Any) -> Connection:
    """Make a connection with the key of Les Tilleuls."""
    given = {"name": "Les Tilleuls", "api_key": READING_KEY, **fields}
    method = given.pop("auth_method", "api_key")
    site = given.pop("site", None)
    return create_connection(fleet=fleet, site=site, auth_method=method, fields=given)


def make_backfill(connection: Connection) -> Backfill:
    """Have a day of the past of a new meter of the connection fetched."""
    now = timezone.now()
    fields = {"meter_id": uuid7(), "seen_at": now, "device_type_key": "test"}
    meter = MeterLink.objects.create(connection=connection, **fields)
    span = {"since": now - timedelta(days=1), "until": now, "reached": now}
    return Backfill.objects.create(connection=connection, meter=meter, cause="request", **span)


def sync(connection: Connection) -> SyncRun:
    """Claim the connection as the schedule does, sync it, and return the run."""
    Connection.objects.filter(pk=connection.pk).update(next_attempt_at=timezone.now())
    claimed = next(found for found in claim_due() if found.connection_id == connection.pk)
    run = sync_connection(claimed)
    connection.refresh_from_db(from_queryset=Connection.objects.all())
    assert run is not None
    return run


def link_of(connection: Connection, serial: int | str) -> MeterLink:
    """Return the link of the meter with that serial."""
    return MeterLink.objects.get(connection=connection, serial=str(serial))


def state_of(device: Device) -> dict[str, float | None]:
    """Return the latest values of a device by point."""
    return dict(device.points.values_list("type__key", "last_value"))
