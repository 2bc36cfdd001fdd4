"""The admin pages of devices, one module per group of nouns.

Readings and rollups have no pages: their keys are composite, their tables are never counted, and
latest values stand with the points of each device.
"""

from devices.admin.assets import AssetAdmin, FleetAdmin
from devices.admin.devices import DeviceAdmin, GatewayAdmin, PlacementAdmin, PointAdmin
from devices.admin.types import ActionTypeAdmin, DeviceTypeAdmin, PointTypeAdmin

__all__ = [
    "ActionTypeAdmin",
    "AssetAdmin",
    "DeviceAdmin",
    "DeviceTypeAdmin",
    "FleetAdmin",
    "GatewayAdmin",
    "PlacementAdmin",
    "PointAdmin",
    "PointTypeAdmin",
]
