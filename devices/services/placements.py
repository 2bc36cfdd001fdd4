"""Placements: put devices somewhere, and remember where they stood before."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q
from django.utils import timezone

from config.lib.errors import InvalidInput
from config.lib.ids import uuid7
from devices.models import Device, Gateway, MeteringPoint, Placement
from devices.signals import device_placed, gateway_updated, metering_point_updated
from twin.models import Site, Space
from twin.models.paths import path_behind
from twin.services.nodes import move_node
from twin.services.trees import hold_spaces

REMEMBER_SQL = """
    WITH stood AS (
        SELECT p.id, p.device_id, p.site_id, p.space_id, upper_inf(p.period) AS is_open,
               string_to_array(ltree2text(s.path), '.')::uuid[] AS way
        FROM devices_placement p JOIN twin_space s ON s.id = p.space_id
        WHERE s.path >= %(path)s::ltree AND s.path < %(behind)s::ltree AND p.spaces IS NULL
    ), told AS (
        UPDATE devices_placement p
        SET spaces = stood.way, updated_at = %(now)s,
            period = CASE WHEN is_open THEN tstzrange(lower(p.period), %(now)s) ELSE p.period END
        FROM stood WHERE p.id = stood.id AND NOT (is_open AND lower(p.period) >= %(now)s)
        RETURNING p.id
    )
    SELECT device_id, site_id, space_id, %(now)s FROM stood
    WHERE is_open AND id IN (SELECT id FROM told)
"""
REOPEN_SQL = """
    INSERT INTO devices_placement (id, created_at, updated_at, device_id, site_id, space_id, period)
    VALUES (%s, now(), now(), %s, %s, %s, tstzrange(%s, NULL))
"""

# One that has just begun gives way to the next; it never held for anybody.
CLOSE_SQL = """
    WITH gone AS (
        DELETE FROM devices_placement
        WHERE device_id = ANY(%(devices)s) AND upper_inf(period) AND lower(period) >= %(now)s
    )
    UPDATE devices_placement SET period = tstzrange(lower(period), %(now)s), updated_at = %(now)s
    WHERE device_id = ANY(%(devices)s) AND upper_inf(period) AND lower(period) < %(now)s
"""
BATCH = 2_000


def settle(*, site: Site | None, space: Space | None, organisation_id: object) -> Site | None:
    """Return the site that the place is at: the given one, else that of the space.

    The space stays until the transaction ends. Raises: InvalidInput, if the space is gone or
    elsewhere, or the site is another tenant's.
    """
    if space is not None:
        if not hold_spaces([space.pk]):
            raise InvalidInput([("#/space", "gone", "The space was deleted a moment ago.")])
        if site is not None and space.site_id != site.pk:
            raise InvalidInput([("#/space", "elsewhere", "The space is not at this site.")])
        site = space.site
    if site is not None and site.organisation_id != organisation_id:
        raise InvalidInput([("#/site", "foreign", "The site belongs to somebody else.")])
    return site


def set_place(thing: Device | Gateway, *, site: Site | None, space: Space | None) -> None:
    """Set the place on the row and on its node; the caller saves the row."""
    thing.site, thing.space = site, space
    move_node(thing.pk, site=site)


def open_placements(devices: Iterable[Device], *, at: datetime) -> None:
    """Remember that the devices stand where their rows say from this moment on."""
    period = DateTimeTZRange(at, None)
    Placement.objects.bulk_create(
        Placement(device=device, site_id=device.site_id, space_id=device.space_id, period=period)
        for device in devices
        if device.site_id is not None
    )


def _close_placement(device: Device, *, at: datetime) -> None:
    current = Placement.objects.filter(device=device, period__upper_inf=True).first()
    if current is None:
        return
    if current.period.lower >= at:
        current.delete()
        return
    current.period = DateTimeTZRange(current.period.lower, at)
    current.save(update_fields=["period", "updated_at"])


def remember_ways(space: Space) -> None:
    """Write down, before a space moves, the ways from the root for all that stood in it until now.

    Two statements, however much stands there. Placements that are open end, and begin anew.
    """
    path, behind = str(space.path), path_behind(space.path)
    values: dict[str, Any] = {"now": timezone.now(), "path": path, "behind": behind}
    with connection.cursor() as cursor:
        cursor.execute(REMEMBER_SQL, values)
        again = cursor.fetchall()
        cursor.executemany(REOPEN_SQL, [(uuid7(), *row) for row in again])


def _move_metering_points(space: Space, *, out_of: Collection[UUID], now: datetime) -> None:
    """Let what is billed in spaces that are about to go be billed in another one."""
    points = list(MeteringPoint.objects.filter(space__in=out_of).select_for_update(of=("self",)))
    for point in points:
        point.space, point.updated_at = space, now
    MeteringPoint.objects.bulk_update(points, ["space", "updated_at"], batch_size=BATCH)
    if points:
        fields = ["space"]
        metering_point_updated.send(sender=MeteringPoint, metering_points=points, fields=fields)


@transaction.atomic
def move_into(
    space: Space, *, out_of: Collection[UUID], things: Collection[UUID] | None = None
) -> set[UUID]:
    """Move all devices and gateways that stand in spaces of a site, or those named, to another.

    A constant number of statements. Returns: the ids of what moved.
    """
    own = Q(space__in=out_of) if things is None else Q(space__in=out_of, pk__in=things)
    now = timezone.now()
    devices = list(Device.objects.filter(own).order_by("pk").select_for_update(of=("self",)))
    gateways = list(Gateway.objects.filter(own).order_by("pk").select_for_update(of=("self",)))
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"now": now, "devices": [device.pk for device in devices]}
        cursor.execute(CLOSE_SQL, values)
    for thing in (*devices, *gateways):
        thing.space, thing.updated_at = space, now
    Device.objects.bulk_update(devices, ["space", "updated_at"], batch_size=BATCH)
    Gateway.objects.bulk_update(gateways, ["space", "updated_at"], batch_size=BATCH)
    open_placements(devices, at=now)
    if things is None:
        _move_metering_points(space, out_of=out_of, now=now)
    if devices:
        device_placed.send(sender=Device, devices=devices)
    if gateways:
        gateway_updated.send(sender=Gateway, gateways=gateways, fields=["space"])
    return {thing.pk for thing in (*devices, *gateways)}


@transaction.atomic
def place_device(*, device: Device, site: Site | None, space: Space | None) -> Device:
    """Move the device: the placement so far ends now and the next one begins.

    Raises: InvalidInput, if the space is not at the site or the site is another tenant's.
    """
    # The space first: whoever empties one locks it before what stands in it.
    site = settle(site=site, space=space, organisation_id=device.organisation_id)
    device = Device.objects.select_for_update().get(pk=device.pk)
    now = timezone.now()
    _close_placement(device, at=now)
    set_place(device, site=site, space=space)
    device.save(update_fields=["site", "space", "updated_at"])
    open_placements([device], at=now)
    device_placed.send(sender=Device, devices=[device])
    return device
