"""What devices and gateways are called, told to twin, which knows them as nodes alone."""

from collections.abc import Collection
from uuid import UUID

from devices.models import Device, Gateway


def name_devices(keys: Collection[UUID]) -> dict[UUID, str]:
    """Return the names of devices by id (one query)."""
    return dict(Device.objects.filter(pk__in=keys).values_list("pk", "name"))


def name_gateways(keys: Collection[UUID]) -> dict[UUID, str]:
    """Return the names of gateways by id (one query)."""
    return dict(Gateway.objects.filter(pk__in=keys).values_list("pk", "name"))
