"""What the smart-me cloud lists becomes assets, devices and gateways; what it no longer lists
is marked. What users named or deleted here stays as they left it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction

from config.lib.errors import DomainError
from devices.choices import AssetRole
from devices.models import Asset, Device, DeviceType
from devices.services.activation import Activation, activate_device
from devices.services.assets import Declaration, declare_assets
from devices.services.gateways import create_gateway
from integrations.models import Connection, MeterLink
from integrations.smartme.mapping import CloudMeter, Issue

MANUFACTURER = "smart-me"
FALLBACK_TYPE = "smartme-mbus"
DELETED_HERE = "Its device was deleted in Atrium; its values are no longer recorded."
LINK_FIELDS = (
    *("serial", "reported_name", "device_type_key", "energy_type", "sub_type", "family"),
    *("is_gateway", "device", "gateway", "linked_at", "value_at", "seen_at", "vanished_at"),
    *("problem", "issues", "updated_at"),
)


@dataclass
class Discovery:
    """What a sync found: the links by the cloud's id, and what is new or gone."""

    links: dict[UUID, MeterLink] = field(default_factory=dict)
    devices_created: int = 0
    vanished: int = 0


def discover(
    connection: Connection,
    meters: Iterable[CloudMeter],
    *,
    now: datetime,
    keep_claim: Callable[[], bool],
) -> Discovery:
    """Bring the links of a connection up to date with what the cloud lists.

    Each new meter is its own transaction: a crash in between leaves whole meters only, and the
    next sync goes on where this one stopped. ``keep_claim`` is called after each, as a first
    discovery may take longer than the claim lasts.
    """
    listed = {UUID(meter.id): meter for meter in meters}
    known = {link.meter_id: link for link in _links(connection)}
    found = Discovery()
    serials = _serials(known.values())
    types = _types(connection, listed.values())
    for meter_id, meter in listed.items():
        link = known.get(meter_id) or MeterLink(connection=connection, meter_id=meter_id)
        _describe(link, meter, now=now)
        if link.linked_at is None:
            serial = _exact_serial(meter, taken=serials)
            found.devices_created += _link_up(link, serial=serial, types=types, now=now)
            keep_claim()
        found.links[meter_id] = link
    _store(found.links.values())
    found.vanished = _mark_vanished(connection, listed, now=now)
    return found


def _links(connection: Connection) -> Iterable[MeterLink]:
    return MeterLink.objects.filter(connection=connection).select_related("device__asset")


def _serials(links: Iterable[MeterLink]) -> dict[str, UUID]:
    """Return whose serial is whose; one that comes twice belongs to who came first."""
    return {link.device.asset.serial: link.meter_id for link in links if link.device is not None}


def _types(connection: Connection, meters: Iterable[CloudMeter]) -> dict[str, DeviceType]:
    """Return the device types by key; an organisation's own goes before the shipped one."""
    keys = {meter.device_type for meter in meters} | {FALLBACK_TYPE}
    usable = DeviceType.objects.usable_by(connection.organisation_id).filter(key__in=keys)
    return {device_type.key: device_type for device_type in reversed(usable)}


def _describe(link: MeterLink, meter: CloudMeter, *, now: datetime) -> None:
    """Write down what the cloud says about the meter."""
    link.serial = meter.serial
    link.reported_name = meter.name
    link.device_type_key = meter.device_type
    link.energy_type = meter.energy_type
    link.sub_type = meter.sub_type
    link.family = meter.family
    link.is_gateway = meter.is_gateway
    link.value_at = meter.value_time or link.value_at
    link.seen_at = link.updated_at = now
    link.vanished_at = None
    link.issues = [issue_as_json(issue) for issue in meter.issues]
    link.problem = DELETED_HERE if link.is_cut else ""


def issue_as_json(issue: Issue) -> dict[str, str]:
    """Return an issue as it is stored and shown."""
    return {"member": issue.member, "code": issue.code, "detail": issue.detail}


def _exact_serial(meter: CloudMeter, *, taken: dict[str, UUID]) -> str:
    """Return the serial to declare: the cloud's, unless it has none or another meter has it."""
    meter_id = UUID(meter.id)
    serial = meter.serial or meter.id
    if taken.setdefault(serial, meter_id) != meter_id:
        return meter.id
    return serial


def _link_up(
    link: MeterLink, *, serial: str, types: Mapping[str, DeviceType], now: datetime
) -> bool:
    """Make or find the device or gateway of a link; say whether it was made."""
    try:
        with transaction.atomic():
            made = _make_gateway(link, serial) if link.is_gateway else False
            if not link.is_gateway:
                made = _make_device(link, serial, types=types)
            link.linked_at = now
            link.save()
    except DomainError as refusal:
        link.device = link.gateway = link.linked_at = None
        link.problem = str(refusal)
        link.save()
        return False
    return made


def _asset(link: MeterLink, serial: str, *, model: str, role: AssetRole) -> Asset:
    fleet = link.connection.fleet
    wanted = Declaration(
        fleet=fleet, manufacturer=MANUFACTURER, serial=serial, model=model, role=role
    )
    declare_assets([wanted])
    return Asset.objects.select_for_update().get(
        organisation=fleet.organisation_id, manufacturer=MANUFACTURER, serial=serial
    )


def _make_device(link: MeterLink, serial: str, *, types: Mapping[str, DeviceType]) -> bool:
    device_type = types.get(link.device_type_key) or types[FALLBACK_TYPE]
    asset = _asset(link, serial, model=device_type.model, role=AssetRole.DEVICE)
    link.device = Device.objects.filter(asset=asset).first()
    if link.device is not None:
        return False
    link.device = activate_device(
        Activation(
            asset=asset,
            type=device_type,
            site=link.connection.site,
            name=link.reported_name,
            reported_name=link.reported_name,
        )
    )
    return True


def _make_gateway(link: MeterLink, serial: str) -> bool:
    asset = _asset(link, serial, model="Gateway", role=AssetRole.GATEWAY)
    link.gateway = getattr(asset, "gateway", None)
    if link.gateway is not None:
        return False
    link.gateway = create_gateway(asset=asset, name=link.reported_name, site=link.connection.site)
    return True


@transaction.atomic
def _store(links: Iterable[MeterLink]) -> None:
    """Write all links in one statement, and the names the cloud has for their devices."""
    rows = list(links)
    MeterLink.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["connection", "meter_id"],
        update_fields=LINK_FIELDS,
    )
    for link in rows:
        if link.device is not None and link.device.reported_name != link.reported_name:
            Device.objects.filter(pk=link.device_id).update(reported_name=link.reported_name)


def _mark_vanished(
    connection: Connection, listed: Mapping[UUID, CloudMeter], *, now: datetime
) -> int:
    gone = MeterLink.objects.present().filter(connection=connection)
    gone = gone.exclude(meter_id__in=list(listed))
    return gone.update(vanished_at=now, updated_at=now)
