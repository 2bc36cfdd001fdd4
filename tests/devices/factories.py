"""What there is in tests: types, fleets, assets, devices; the fewest defaults."""

import itertools
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import Organisation
from devices.choices import AssetStatus
from devices.models import (
    Alarm,
    AlarmRule,
    Asset,
    Assignment,
    BulkImport,
    Command,
    CommandBatch,
    Device,
    DeviceType,
    Fleet,
    Gateway,
    ImportRow,
    MeteringPoint,
    Point,
    PointType,
)
from devices.services.activation import Activation, activate_device
from devices.services.alarm_life import new_alarm, raise_alarms
from devices.services.alarm_rules import create_rule
from devices.services.assets import Declaration, declare_asset
from devices.services.gateways import create_gateway
from devices.services.metering import Feed, assign_point, create_metering_point
from devices.services.type_versions import keep_versions

_numbers = itertools.count(1)
POINTS: tuple[dict[str, Any], ...] = (
    {"key": "active_energy_import", "unit": "kW.h", "nature": "counter", "obis": "1-0:1.8.0*255"},
    {"key": "active_power", "unit": "W"},
    {"key": "relay", "kind": "status", "value_type": "boolean"},
    {
        "key": "mode",
        "kind": "configuration",
        "value_type": "enum",
        "labels": {"0": "off", "1": "eco", "2": "comfort"},
        "writable": True,
    },
    {"key": "message", "kind": "status", "value_type": "text"},
)


def make_type(organisation: Organisation | None = None, **overrides: Any) -> DeviceType:
    """Make a kind of meter with one point of each type of value and one action."""
    points = overrides.pop("points", POINTS)
    fields = {"key": f"meter-{next(_numbers)}", "name": "Meter", "category": "meter", **overrides}
    kind = DeviceType.objects.create(organisation=organisation, **fields)
    for point in points:
        PointType.objects.create(device_type=kind, **{"name": point["key"], **point})
    kind.actions.create(key="switch", name="Switch", parameters={"type": "object"})
    keep_versions([kind])
    return kind


def make_fleet(organisation: Organisation, **overrides: Any) -> Fleet:
    """Make a fleet of the organisation."""
    return Fleet.objects.create(organisation=organisation, **{"name": "Meters", **overrides})


def make_asset(organisation: Organisation, **overrides: Any) -> Asset:
    """Declare an asset with a serial of its own; ``status`` may be any."""
    status = overrides.pop("status", AssetStatus.DECLARED)
    fleet = overrides.pop("fleet", None) or make_fleet(organisation)
    fields = {"manufacturer": "Acme", "serial": f"0{next(_numbers)}", **overrides}
    asset = declare_asset(Declaration(fleet=fleet, **fields)).asset
    asset.status = status
    asset.save()
    return asset


def make_device(organisation: Organisation, **overrides: Any) -> Device:
    """Make a device in use, of a new type and asset unless stated."""
    asset = overrides.pop("asset", None) or make_asset(organisation)
    kind = overrides.pop("type", None) or make_type()
    return activate_device(Activation(asset=asset, type=kind, **overrides))


def make_import(organisation: Organisation, **overrides: Any) -> BulkImport:
    """Make an import that was checked, with one row that can be applied."""
    fields = {"file_name": "sites.csv", "status": "checked", "total": 1, **overrides}
    job = BulkImport.objects.create(organisation=organisation, **fields)
    make_import_row(job)
    return job


def make_import_row(job: BulkImport, **overrides: Any) -> ImportRow:
    """Add the row of a site to an import."""
    what = {"type": "site", "values": {"name": "New"}, "status": "ready", **overrides}
    return ImportRow.objects.create(bulk_import=job, number=next(_numbers), phase=0, **what)


def make_gateway(organisation: Organisation, **overrides: Any) -> Gateway:
    """Make a gateway in use."""
    asset = overrides.pop("asset", None) or make_asset(organisation, role="gateway")
    return create_gateway(asset=asset, **overrides)


def make_command(device: Device, **overrides: Any) -> Command:
    """Make a command that is queued for the device's gateway, given by nobody in particular."""
    now = timezone.now()
    later = now + timedelta(hours=1)
    place = {"organisation": device.organisation, "site": device.site_id, "space": device.space_id}
    times = {"created_at": now, "expires_at": later, "due_at": later}
    what = {"action": "switch", "transport": "gateway", "timeout_s": 30, **place, **times}
    return Command.objects.create(device=device, **{**what, **overrides})


def make_metering_point(**overrides: Any) -> MeteringPoint:
    """Make a metering point of electricity; ``site`` or ``space`` must be given."""
    fields = {"name": f"Metering point {next(_numbers)}", "medium": "electricity", **overrides}
    return create_metering_point(**fields)


def make_assignment(metering_point: MeteringPoint, device: Device, **overrides: Any) -> Assignment:
    """Let the device's energy counter feed the metering point; ``since`` must be given."""
    points = Point.objects.select_related("type", "device")
    point = points.get(device=device, type__key=overrides.pop("key", "active_energy_import"))
    return assign_point(metering_point=metering_point, feed=Feed(point=point, **overrides))


def make_rule(thing: Any, **overrides: Any) -> AlarmRule:
    """Make a rule about the thing: power above 100 W unless stated."""
    fields: dict[str, Any] = {"name": "Rule", "condition": "above", **overrides}
    if fields["condition"] == "above":
        fields = {"point": "active_power", "limit": 100.0, **fields}
    return create_rule(thing, fields)


def make_alarm(device: Device, rule: AlarmRule | None = None, **overrides: Any) -> Alarm:
    """Raise an alarm of the device's own, where it stands."""
    rule = rule or make_rule(device)
    way = [UUID(label) for label in device.space.path] if device.space else []
    fields: dict[str, Any] = {
        "point": None,
        "is_measured": True,
        "organisation_id": device.organisation_id,
        "site_id": device.site_id,
        "spaces": way,
        "value": 120.0,
        "began_at": timezone.now(),
        **overrides,
    }
    alarm = new_alarm(rule, node=device.pk, **fields)
    raise_alarms([alarm])
    return Alarm.objects.get(pk=alarm.pk)


def make_batch(organisation: Organisation, **overrides: Any) -> CommandBatch:
    """Make a batch at work that holds no command yet."""
    what = {"target": {}, "action": "switch", "expires_in": 300, "wave_size": 500, **overrides}
    return CommandBatch.objects.create(organisation=organisation, **what)
