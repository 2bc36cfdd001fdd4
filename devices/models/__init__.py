"""The tables of devices, one module per noun."""

from devices.models.alarm_rules import AlarmRule
from devices.models.alarms import Alarm, AlarmMark, AlarmWatch
from devices.models.assets import Asset
from devices.models.commands import Command, CommandBatch, CommandStep
from devices.models.desired import DesiredValue
from devices.models.devices import Device
from devices.models.fleets import Fleet
from devices.models.gateways import Gateway
from devices.models.imports import BulkImport, ImportRow
from devices.models.metering import Assignment, FormulaTerm, MeteringPoint
from devices.models.placements import Placement
from devices.models.points import Point
from devices.models.readings import Reading, TextReading
from devices.models.restatements import ClosedCheck, ClosedSum, Closing, Restatement
from devices.models.retention import RetentionRule
from devices.models.rollups import Rollup, RollupMark
from devices.models.type_versions import DeviceTypeVersion
from devices.models.types import ActionType, DeviceType, PointType

__all__ = [
    "ActionType",
    "Alarm",
    "AlarmMark",
    "AlarmRule",
    "AlarmWatch",
    "Asset",
    "Assignment",
    "BulkImport",
    "ClosedCheck",
    "ClosedSum",
    "Closing",
    "Command",
    "CommandBatch",
    "CommandStep",
    "DesiredValue",
    "Device",
    "DeviceType",
    "DeviceTypeVersion",
    "Fleet",
    "FormulaTerm",
    "Gateway",
    "ImportRow",
    "MeteringPoint",
    "Placement",
    "Point",
    "PointType",
    "Reading",
    "Restatement",
    "RetentionRule",
    "Rollup",
    "RollupMark",
    "TextReading",
]
