"""Devices: bring them into use, change them, take them away."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from psycopg.sql import SQL, Identifier

from config.lib.errors import InvalidInput
from devices.choices import AssetRole, AssetStatus
from devices.errors import AssetInUse, AssetNotActive
from devices.models import Asset, Device, DeviceType, Gateway, Point
from devices.services.placements import open_placement, place_device, settle
from devices.signals import asset_activated, device_created, device_deleted, device_updated
from twin.choices import NodeKind
from twin.models import Node, Site, Space

SERIES = ("devices_reading", "devices_reading_text", "devices_rollup", "devices_rollup_dirty")


@dataclass(frozen=True, slots=True)
class Activation:
    """What a declared asset comes into use as. Without a name the device is called by its serial.

    Without a site it stands nowhere yet; a space implies its site.
    """

    asset: Asset
    type: DeviceType
    site: Site | None = None
    space: Space | None = None
    gateway: Gateway | None = None
    name: str = ""
    reported_name: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


def claim_asset(asset: Asset, *, role: AssetRole) -> Asset:
    """Lock the asset and make it active.

    Raises: AssetNotActive, if it is suspended or retired; AssetInUse, if something came from it;
    InvalidInput, if it was declared for the other role.
    """
    asset = Asset.objects.select_for_update().get(pk=asset.pk)
    if not asset.is_usable:
        raise AssetNotActive(asset=str(asset.pk), asset_status=asset.status)
    if any(kind.objects.filter(asset=asset).exists() for kind in (Device, Gateway)):
        raise AssetInUse(asset=str(asset.pk))
    if asset.role != role:
        raise InvalidInput([("#/asset", "wrong-role", f"The asset is a {asset.role}.")])
    asset.status = AssetStatus.ACTIVE
    asset.save(update_fields=["status", "updated_at"])
    asset_activated.send(sender=Asset, assets=[asset])
    return asset


def make_points(devices: Iterable[Device]) -> None:
    """Make the points that the devices lack, by their types, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO devices_point (device_id, type_id) SELECT d.id, t.id"
            " FROM devices_device d JOIN devices_pointtype t ON t.device_type_id = d.type_id"
            " WHERE d.id = ANY(%s) ORDER BY d.id, t.key ON CONFLICT DO NOTHING",
            [[device.pk for device in devices]],
        )


def _check_gateway(gateway: Gateway | None, *, organisation_id: object) -> None:
    if gateway is not None and gateway.organisation_id != organisation_id:
        raise InvalidInput([("#/gateway", "foreign", "The gateway belongs to somebody else.")])


@transaction.atomic
def activate_device(activation: Activation) -> Device:
    """Bring a declared asset into use as a device with all points of its type.

    Raises: AssetNotActive, AssetInUse, InvalidInput (a place, gateway or asset that does not fit).
    Source: docs/contract.md, "Devices".
    """
    asset = claim_asset(activation.asset, role=AssetRole.DEVICE)
    owner = asset.organisation_id
    site = settle(site=activation.site, space=activation.space, organisation_id=owner)
    _check_gateway(activation.gateway, organisation_id=owner)
    device = Device(
        node=Node(kind=NodeKind.DEVICE, organisation_id=owner, site=site),
        organisation_id=owner,
        asset=asset,
        fleet_id=asset.fleet_id,
        type=activation.type,
        site=site,
        space=activation.space,
        gateway=activation.gateway,
        name=activation.name or asset.serial,
        reported_name=activation.reported_name,
        tags=dict(activation.tags),
    )
    device.node.save(force_insert=True)
    device.save(force_insert=True)
    make_points([device])
    open_placement(device, at=timezone.now())
    device_created.send(sender=Device, devices=[device])
    return device


@transaction.atomic
def update_device(*, device: Device, changes: Mapping[str, Any]) -> Device:
    """Change the name, tags, gateway and place of a device; what is not named stays.

    Raises: InvalidInput, as for a new device.
    """
    device = Device.objects.select_for_update().get(pk=device.pk)
    plain = {name: changes[name] for name in ("name", "tags", "gateway") if name in changes}
    _check_gateway(plain.get("gateway"), organisation_id=device.organisation_id)
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
    """Delete the device with its readings; its asset may be activated again."""
    device = Device.objects.select_for_update().select_related("asset").get(pk=device.pk)
    device_deleted.send(sender=Device, devices=[device])
    # Locked as ingest locks them, so that no reading comes in behind the deletion.
    points = Point.objects.filter(device=device).order_by("pk").select_for_update(no_key=True)
    _forget_readings([point.pk for point in points])
    Node.objects.filter(pk=device.pk).delete()
    Asset.objects.filter(pk=device.asset_id, status=AssetStatus.ACTIVE).update(
        status=AssetStatus.DECLARED, updated_at=timezone.now()
    )
