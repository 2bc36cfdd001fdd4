"""The REST endpoints of devices, one module per noun."""

from devices.api.viewsets.assets import AssetViewSet, FleetViewSet
from devices.api.viewsets.devices import DeviceViewSet
from devices.api.viewsets.gateways import GatewayViewSet
from devices.api.viewsets.readings import ReadingViewSet
from devices.api.viewsets.types import DeviceTypeViewSet

__all__ = [
    "AssetViewSet",
    "DeviceTypeViewSet",
    "DeviceViewSet",
    "FleetViewSet",
    "GatewayViewSet",
    "ReadingViewSet",
]
