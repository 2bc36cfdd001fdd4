"""The tables of devices, one module per noun."""

from devices.models.assets import Asset
from devices.models.devices import Device
from devices.models.fleets import Fleet
from devices.models.gateways import Gateway
from devices.models.lookups import AnyOf
from devices.models.placements import Placement
from devices.models.points import Point
from devices.models.readings import Reading, TextReading
from devices.models.rollups import Rollup, RollupMark
from devices.models.types import ActionType, DeviceType, PointType

__all__ = [
    "ActionType",
    "AnyOf",
    "Asset",
    "Device",
    "DeviceType",
    "Fleet",
    "Gateway",
    "Placement",
    "Point",
    "PointType",
    "Reading",
    "Rollup",
    "RollupMark",
    "TextReading",
]
