"""Routes of this app under /api/v1/."""

from config.lib.routers import ApiRouter
from devices.api.viewsets import (
    AlarmRuleViewSet,
    AlarmViewSet,
    AssetViewSet,
    AssignmentViewSet,
    CommandBatchViewSet,
    CommandViewSet,
    ConsumptionViewSet,
    DeviceCommandViewSet,
    DeviceExportViewSet,
    DeviceTypeVersionViewSet,
    DeviceTypeViewSet,
    DeviceViewSet,
    FleetExportViewSet,
    FleetTotalsViewSet,
    FleetViewSet,
    GatewayCommandViewSet,
    GatewayViewSet,
    ImportRowViewSet,
    ImportViewSet,
    MeteringPointViewSet,
    OccupancyDeviceViewSet,
    OrganisationExportViewSet,
    ReadingViewSet,
    RestatementViewSet,
    RetentionViewSet,
    SiteExportViewSet,
    SiteTotalsViewSet,
    SpaceTotalsViewSet,
    ViewDeviceViewSet,
    ViewTotalsViewSet,
)

router = ApiRouter()
router.register("device-types", DeviceTypeViewSet, basename="device-type")
router.register(
    "device-types/<uuid:id>/versions", DeviceTypeVersionViewSet, basename="device-type-version"
)
router.register("fleets", FleetViewSet, basename="fleet")
router.register("assets", AssetViewSet, basename="asset")
router.register("gateways", GatewayViewSet, basename="gateway")
router.register("devices", DeviceViewSet, basename="device")
router.register("devices/<uuid:id>/commands", DeviceCommandViewSet, basename="device-command")
router.register("gateways/<uuid:id>/commands", GatewayCommandViewSet, basename="gateway-command")
router.register("command-batches", CommandBatchViewSet, basename="command-batch")
router.register("commands", CommandViewSet, basename="command")
router.register("views/<uuid:id>/devices", ViewDeviceViewSet, basename="view-device")
router.register("imports", ImportViewSet, basename="import")
router.register("imports/<uuid:id>/rows", ImportRowViewSet, basename="import-row")
router.register("sites", SiteTotalsViewSet, basename="site-totals")
router.register("spaces", SpaceTotalsViewSet, basename="space-totals")
router.register("views", ViewTotalsViewSet, basename="view-totals")
router.register("fleets", FleetTotalsViewSet, basename="fleet-totals")
router.register(
    "occupancies/<uuid:id>/devices", OccupancyDeviceViewSet, basename="occupancy-device"
)
router.register("devices", DeviceExportViewSet, basename="device-export")
router.register("sites", SiteExportViewSet, basename="site-export")
router.register("fleets", FleetExportViewSet, basename="fleet-export")
router.register("organisations", OrganisationExportViewSet, basename="organisation-export")
router.register("metering-points", MeteringPointViewSet, basename="metering-point")
router.register(
    "metering-points/consumption", ConsumptionViewSet, basename="metering-point-consumption"
)
router.register(
    "metering-points/<uuid:id>/assignments", AssignmentViewSet, basename="metering-assignment"
)
router.register("alarm-rules", AlarmRuleViewSet, basename="alarm-rule")
router.register("alarms", AlarmViewSet, basename="alarm")
router.register("organisations", RetentionViewSet, basename="retention")
router.register(
    "metering-points/<uuid:id>/restatements", RestatementViewSet, basename="restatement"
)
router.register("readings", ReadingViewSet, basename="reading")

urlpatterns = router.urls
