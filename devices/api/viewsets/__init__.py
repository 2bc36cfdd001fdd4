"""The REST endpoints of devices, one module per noun."""

from devices.api.viewsets.alarms import AlarmRuleViewSet, AlarmViewSet
from devices.api.viewsets.assets import AssetViewSet, FleetViewSet
from devices.api.viewsets.batches import CommandBatchViewSet
from devices.api.viewsets.commands import (
    CommandViewSet,
    DeviceCommandViewSet,
    GatewayCommandViewSet,
)
from devices.api.viewsets.devices import DeviceViewSet
from devices.api.viewsets.exports import (
    DeviceExportViewSet,
    FleetExportViewSet,
    OrganisationExportViewSet,
    SiteExportViewSet,
)
from devices.api.viewsets.gateways import GatewayViewSet
from devices.api.viewsets.imports import ImportRowViewSet, ImportViewSet
from devices.api.viewsets.metering import (
    AssignmentViewSet,
    ConsumptionViewSet,
    MeteringPointViewSet,
)
from devices.api.viewsets.occupancies import OccupancyDeviceViewSet
from devices.api.viewsets.readings import ReadingViewSet
from devices.api.viewsets.restatements import RestatementViewSet
from devices.api.viewsets.retention import RetentionViewSet
from devices.api.viewsets.totals import (
    FleetTotalsViewSet,
    SiteTotalsViewSet,
    SpaceTotalsViewSet,
    ViewTotalsViewSet,
)
from devices.api.viewsets.types import DeviceTypeVersionViewSet, DeviceTypeViewSet
from devices.api.viewsets.views import ViewDeviceViewSet

__all__ = [
    "AlarmRuleViewSet",
    "AlarmViewSet",
    "AssetViewSet",
    "AssignmentViewSet",
    "CommandBatchViewSet",
    "CommandViewSet",
    "ConsumptionViewSet",
    "DeviceCommandViewSet",
    "DeviceExportViewSet",
    "DeviceTypeVersionViewSet",
    "DeviceTypeViewSet",
    "DeviceViewSet",
    "FleetExportViewSet",
    "FleetTotalsViewSet",
    "FleetViewSet",
    "GatewayCommandViewSet",
    "GatewayViewSet",
    "ImportRowViewSet",
    "ImportViewSet",
    "MeteringPointViewSet",
    "OccupancyDeviceViewSet",
    "OrganisationExportViewSet",
    "ReadingViewSet",
    "RestatementViewSet",
    "RetentionViewSet",
    "SiteExportViewSet",
    "SiteTotalsViewSet",
    "SpaceTotalsViewSet",
    "ViewDeviceViewSet",
    "ViewTotalsViewSet",
]
