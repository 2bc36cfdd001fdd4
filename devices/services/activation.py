"""Activation: bring declared assets into use as devices, one or thousands at once."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from config.lib.errors import InvalidInput
from devices.choices import AssetRole, AssetStatus
from devices.errors import AssetInUse, AssetNotActive
from devices.models import Asset, Device, DeviceType, Gateway
from devices.services.placements import open_placements, settle
from devices.signals import asset_activated, device_created
from twin.choices import NodeKind
from twin.models import Node, Site, Space

BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Activation:
    """What a declared asset comes into use as. Without a name the device is called by its serial.

    Without a site it stands nowhere yet; a space implies its site. What is private belongs to the
    home where it stands and to no organisation, whoever declared it.
    """

    asset: Asset
    type: DeviceType
    site: Site | None = None
    space: Space | None = None
    gateway: Gateway | None = None
    name: str = ""
    reported_name: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    is_private: bool = False


def activate_device(activation: Activation) -> Device:
    """Bring a declared asset into use as a device with all points of its type.

    Raises: AssetNotActive, AssetInUse, InvalidInput (a place, gateway or asset that does not fit).
    Source: docs/contract.md, "Devices".
    """
    (device,) = activate_devices([activation])
    return device


@transaction.atomic
def activate_devices(activations: Sequence[Activation]) -> list[Device]:
    """Bring declared assets into use as devices, with a constant number of statements.

    Shape: one device for each activation, in order. All or none of them.
    Raises: as `activate_device`, for the first that cannot be.
    """
    locked = claim_assets([item.asset for item in activations], role=AssetRole.DEVICE)
    _hold_types({item.type.pk for item in activations})
    devices = [_device(item, asset=locked[item.asset.pk]) for item in activations]
    Node.objects.bulk_create([device.node for device in devices], batch_size=BATCH)
    Device.objects.bulk_create(devices, batch_size=BATCH)
    make_points(devices)
    open_placements(devices, at=timezone.now())
    if devices:
        device_created.send(sender=Device, devices=devices)
    return devices


def claim_assets(assets: Sequence[Asset], *, role: AssetRole) -> dict[UUID, Asset]:
    """Lock the assets, make them active and return them by id; needs an open transaction.

    Raises: AssetNotActive, if one is suspended or retired; AssetInUse, if something came from it;
    InvalidInput, if it was declared for the other role.
    """
    keys = [asset.pk for asset in assets]
    found = list(Asset.objects.select_for_update().filter(pk__in=keys).order_by("pk"))
    used = _used(keys)
    for asset in found:
        _check_claimable(asset, role=role, used=used)
        asset.status, asset.updated_at = AssetStatus.ACTIVE, timezone.now()
    Asset.objects.filter(pk__in=keys).update(status=AssetStatus.ACTIVE, updated_at=timezone.now())
    if found:
        asset_activated.send(sender=Asset, assets=found)
    return {asset.pk: asset for asset in found}


def claim_asset(asset: Asset, *, role: AssetRole) -> Asset:
    """Lock one asset and make it active; raises as `claim_assets`."""
    return claim_assets([asset], role=role)[asset.pk]


def _hold_types(keys: Collection[UUID]) -> None:
    """Let no type lose or gain a point before its new devices have theirs."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM devices_devicetype WHERE id = ANY(%s) ORDER BY id FOR SHARE",
            [list(keys)],
        )


def make_points(devices: Iterable[Device]) -> None:
    """Make the points that the devices lack, by their types, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO devices_point (device_id, type_id) SELECT d.id, t.id"
            " FROM devices_device d JOIN devices_pointtype t ON t.device_type_id = d.type_id"
            " WHERE d.id = ANY(%s) ORDER BY d.id, t.key ON CONFLICT DO NOTHING",
            [[device.pk for device in devices]],
        )


def check_gateway(gateway: Gateway | None, *, organisation_id: object) -> None:
    """Refuse a gateway of somebody else."""
    if gateway is not None and gateway.organisation_id != organisation_id:
        raise InvalidInput([("#/gateway", "foreign", "The gateway belongs to somebody else.")])


def _used(keys: Collection[UUID]) -> set[UUID]:
    """Return which of the assets something came from already."""
    kinds = (Device, Gateway)
    rows = (kind.objects.filter(asset__in=keys).values_list("asset", flat=True) for kind in kinds)
    return {key for found in rows for key in found}


def _check_claimable(asset: Asset, *, role: AssetRole, used: Collection[UUID]) -> None:
    if not asset.is_usable:
        raise AssetNotActive(asset=str(asset.pk), asset_status=asset.status)
    if asset.pk in used:
        raise AssetInUse(asset=str(asset.pk))
    if asset.role != role:
        raise InvalidInput([("#/asset", "wrong-role", f"The asset is a {asset.role}.")])


def _device(activation: Activation, *, asset: Asset) -> Device:
    """Return the device that the activation makes, not yet written."""
    owner = None if activation.is_private else asset.organisation_id
    site = settle(site=activation.site, space=activation.space, organisation_id=owner)
    check_gateway(activation.gateway, organisation_id=owner)
    return Device(
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
