"""Commands to devices behind gateways: they wait until their gateway comes for them."""

from collections.abc import Collection
from typing import ClassVar
from uuid import UUID

from devices.choices import AssetStatus
from devices.models import Device
from devices.transports import Order, Outcome


class GatewayTransport:
    """Carries any action to devices whose gateway may be used."""

    key: ClassVar = "gateway"
    is_fetched: ClassVar = True

    def carries(self, devices: Collection[UUID], *, action: str) -> set[UUID]:
        """Return the devices that are behind a gateway in use (one query)."""
        rows = Device.objects.filter(
            node__id__any=list(devices), gateway__asset__status=AssetStatus.ACTIVE
        )
        return set(rows.values_list("pk", flat=True))

    def send(self, order: Order) -> Outcome:
        """Refuse: nothing is pushed to a gateway."""
        raise NotImplementedError("Gateways fetch their commands.")
