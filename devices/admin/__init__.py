"""The admin pages of devices, one module per group of nouns.

Readings and rollups have no pages: their keys are composite, their tables are never counted, and
latest values stand with the points of each device.
"""

from devices.admin.alarms import AlarmAdmin, AlarmMarkAdmin, AlarmRuleAdmin, AlarmWatchAdmin
from devices.admin.assets import AssetAdmin, FleetAdmin
from devices.admin.commands import CommandAdmin, CommandBatchAdmin, CommandStepAdmin
from devices.admin.devices import DeviceAdmin, GatewayAdmin, PlacementAdmin, PointAdmin
from devices.admin.imports import BulkImportAdmin, ImportRowAdmin
from devices.admin.metering import (
    AssignmentAdmin,
    ClosedAdmin,
    FormulaTermAdmin,
    MeteringPointAdmin,
    RestatementAdmin,
)
from devices.admin.retention import RetentionRuleAdmin
from devices.admin.types import (
    ActionTypeAdmin,
    DeviceTypeAdmin,
    DeviceTypeVersionAdmin,
    PointTypeAdmin,
)

__all__ = [
    "ActionTypeAdmin",
    "AlarmAdmin",
    "AlarmMarkAdmin",
    "AlarmRuleAdmin",
    "AlarmWatchAdmin",
    "AssetAdmin",
    "AssignmentAdmin",
    "BulkImportAdmin",
    "ClosedAdmin",
    "CommandAdmin",
    "CommandBatchAdmin",
    "CommandStepAdmin",
    "DeviceAdmin",
    "DeviceTypeAdmin",
    "DeviceTypeVersionAdmin",
    "FleetAdmin",
    "FormulaTermAdmin",
    "GatewayAdmin",
    "ImportRowAdmin",
    "MeteringPointAdmin",
    "PlacementAdmin",
    "PointAdmin",
    "PointTypeAdmin",
    "RestatementAdmin",
    "RetentionRuleAdmin",
]
