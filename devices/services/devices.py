"""Devices in use: change them, take them away."""

from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from psycopg.sql import SQL, Identifier

from devices.choices import AssetStatus
from devices.errors import DeviceFeedsMeteringPoint
from devices.models import Asset, Assignment, Device, Point
from devices.services.activation import check_gateway
from devices.services.placements import place_device
from devices.signals import device_deleted, device_updated
from twin.models import Node

SERIES = ("devices_reading", "devices_reading_text", "devices_rollup", "devices_rollup_dirty")


@transaction.atomic
def update_device(*, device: Device, changes: Mapping[str, Any]) -> Device:
    """Change the name, tags, gateway and place of a device; what is not named stays.

    Raises: InvalidInput, as for a new device.
    """
    device = Device.objects.select_for_update().get(pk=device.pk)
    plain = {name: changes[name] for name in ("name", "tags", "gateway") if name in changes}
    check_gateway(plain.get("gateway"), organisation_id=device.organisation_id)
    if plain:
        for name, value in plain.items():
            setattr(device, name, value)
        device.save(update_fields=[*plain, "updated_at"])
        device_updated.send(sender=Device, devices=[device], fields=sorted(plain))
    if {"site", "space"} & set(changes):
        device = place_device(device=device, **_place(device, changes))
    return device


def _place(device: Device, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the place that the changes lead to: another site without a space leaves the space."""
    space = changes.get("space", None if "site" in changes else device.space)
    site = changes.get("site", None if space is not None else device.site)
    return {"site": site, "space": space}


def _forget_readings(point_ids: list[int]) -> None:
    """Delete the series of points by explicit code: no foreign key cascades to them."""
    with connection.cursor() as cursor:
        for table in SERIES:
            text = "DELETE FROM {table} WHERE point_id = ANY(%s)"
            cursor.execute(SQL(text).format(table=Identifier(table)), [point_ids])


@transaction.atomic
def delete_device(*, device: Device) -> None:
    """Delete the device with its readings; its asset may be activated again.

    Raises: DeviceFeedsMeteringPoint, if bills rest on its readings, now or in the past.
    """
    device = Device.objects.select_for_update().select_related("asset").get(pk=device.pk)
    fed = Assignment.objects.filter(point__device=device).values("metering_point").distinct()
    if count := fed.count():
        raise DeviceFeedsMeteringPoint(metering_points=count)
    device_deleted.send(sender=Device, devices=[device])
    # Locked as ingest locks them, so that no reading comes in behind the deletion.
    points = Point.objects.filter(device=device).order_by("pk").select_for_update(no_key=True)
    _forget_readings([point.pk for point in points])
    Node.objects.filter(pk=device.pk).delete()
    Asset.objects.filter(pk=device.asset_id, status=AssetStatus.ACTIVE).update(
        status=AssetStatus.DECLARED, updated_at=timezone.now()
    )
