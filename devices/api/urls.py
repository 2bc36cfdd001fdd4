"""Routes of this app under /api/v1/."""

from config.lib.routers import ApiRouter
from devices.api.viewsets import (
    AssetViewSet,
    DeviceTypeViewSet,
    DeviceViewSet,
    FleetViewSet,
    GatewayViewSet,
    ReadingViewSet,
)

router = ApiRouter()
router.register("device-types", DeviceTypeViewSet, basename="device-type")
router.register("fleets", FleetViewSet, basename="fleet")
router.register("assets", AssetViewSet, basename="asset")
router.register("gateways", GatewayViewSet, basename="gateway")
router.register("devices", DeviceViewSet, basename="device")
router.register("readings", ReadingViewSet, basename="reading")

urlpatterns = router.urls
