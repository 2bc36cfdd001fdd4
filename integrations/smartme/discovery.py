"""What the smart-me cloud lists becomes assets, devices and gateways; what it no longer lists
is marked. What users named or deleted here stays as they left it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from django.db import connection as database
from django.db import transaction
from django.db.models import DateTimeField, OuterRef, Subquery, Value
from django.db.models.functions import Greatest

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
# What the cloud says of a meter beside its values, and what we make of that.
WORDS = (
    *("serial", "reported_name", "device_type_key", "energy_type", "sub_type", "family"),
    *("is_gateway", "vanished_at", "problem", "issues"),
)
DESCRIBED = attrgetter(*WORDS)
STORED = (*WORDS, "device", "gateway", "linked_at", "seen_at", "updated_at")
NOTE_VALUES = """
UPDATE integrations_meterlink l SET value_at = n.value_at, updated_at = %s
FROM unnest(%s::uuid[], %s::timestamptz[]) AS n(id, value_at) WHERE l.id = n.id"""


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
    discovery may take longer than the claim lasts. Of a meter that is known and says the same as
    before nothing is written.
    """
    listed = {UUID(meter.id): meter for meter in meters}
    known = {link.meter_id: link for link in MeterLink.objects.filter(connection=connection)}
    found = Discovery()
    for key in listed:
        found.links[key] = known.get(key) or MeterLink(connection=connection, meter_id=key)
    changed = [link for key, link in found.links.items() if _describe(link, listed[key], now=now)]
    new = {key: link for key, link in found.links.items() if link.linked_at is None}
    if new:
        types = _types(connection, listed.values())
        serials = _serials(connection)
        for key, link in new.items():
            serial = _exact_serial(listed[key], taken=serials)
            found.devices_created += _link_up(link, serial=serial, types=types, now=now)
            keep_claim()
    if changed:
        _store(changed)
    _note_values(found.links, listed, now=now)
    found.vanished = _mark_vanished(connection, known.keys() - listed.keys(), now=now)
    return found


def _serials(connection: Connection) -> dict[str, UUID]:
    """Return whose serial is whose; one that comes twice belongs to who came first."""
    links = MeterLink.objects.filter(connection=connection, device__isnull=False)
    return dict(links.values_list("device__asset__serial", "meter_id"))


def _types(connection: Connection, meters: Iterable[CloudMeter]) -> dict[str, DeviceType]:
    """Return the device types by key; an organisation's own goes before the shipped one."""
    keys = {meter.device_type for meter in meters} | {FALLBACK_TYPE}
    usable = DeviceType.objects.usable_by(connection.organisation_id).filter(key__in=keys)
    return {device_type.key: device_type for device_type in reversed(usable)}


def _describe(link: MeterLink, meter: CloudMeter, *, now: datetime) -> bool:
    """Write onto the link what the cloud says about the meter; say whether that is new."""
    before = DESCRIBED(link)
    link.serial = meter.serial
    link.reported_name = meter.name
    link.device_type_key = meter.device_type
    link.energy_type = meter.energy_type
    link.sub_type = meter.sub_type
    link.family = meter.family
    link.is_gateway = meter.is_gateway
    link.vanished_at = None
    link.issues = [issue_as_json(issue) for issue in meter.issues]
    link.problem = DELETED_HERE if link.is_cut else ""
    if DESCRIBED(link) == before:
        return False
    link.seen_at = link.updated_at = now
    return True


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
def _store(links: list[MeterLink]) -> None:
    """Write links in one statement, and in another the names the cloud has for their devices."""
    MeterLink.objects.bulk_create(
        links,
        update_conflicts=True,
        unique_fields=["connection", "meter_id"],
        update_fields=STORED,
    )
    stored = MeterLink.objects.filter(pk__in=[link.pk for link in links])
    names = Subquery(stored.filter(device=OuterRef("pk")).values("reported_name")[:1])
    devices = Device.objects.filter(smartme_links__in=stored)
    devices.exclude(reported_name=names).update(reported_name=names)


def _note_values(
    links: Mapping[UUID, MeterLink], listed: Mapping[UUID, CloudMeter], *, now: datetime
) -> None:
    """Note how old the values of the meters are that have new ones, in one statement."""
    times = {link.pk: listed[key].value_time or link.value_at for key, link in links.items()}
    moved = [link for link in links.values() if link.value_at != times[link.pk]]
    if not moved:
        return
    for link in moved:
        link.value_at = times[link.pk]
    with database.cursor() as cursor:
        columns = [link.pk for link in moved], [link.value_at for link in moved]
        cursor.execute(NOTE_VALUES, [now, *columns])


def _mark_vanished(connection: Connection, gone: Collection[UUID], *, now: datetime) -> int:
    """Mark what is no longer listed; until the last sync it was."""
    if not gone:
        return 0
    seen_at = Greatest("seen_at", Value(connection.last_success_at, DateTimeField()))
    links = MeterLink.objects.present().filter(connection=connection, meter_id__in=gone)
    return links.update(vanished_at=now, updated_at=now, seen_at=seen_at)
