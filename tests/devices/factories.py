"""What there is in tests: types, fleets, assets, devices; the fewest defaults."""

import itertools
from typing import Any

from accounts.models import Organisation
from devices.choices import AssetStatus
from devices.models import Asset, Device, DeviceType, Fleet, Gateway, PointType
from devices.services.assets import Declaration, declare_asset
from devices.services.devices import Activation, activate_device
from devices.services.gateways import create_gateway

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


def make_gateway(organisation: Organisation, **overrides: Any) -> Gateway:
    """Make a gateway in use."""
    asset = overrides.pop("asset", None) or make_asset(organisation, role="gateway")
    return create_gateway(asset=asset, **overrides)
