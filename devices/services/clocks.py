"""Clocks that change: a site or an organisation gets another time zone, a device another site.

Until all is summed up by the new clock, series are read from quarter hours, which need none.
"""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from devices.models import Device, Placement, Point
from devices.services.rollups import turn_clocks

SLICE = 100


def _turn(devices: QuerySet[Device]) -> None:
    """Go through the devices' points, some at a time, each slice in a transaction of its own."""
    points = Point.objects.filter(device__in=devices).order_by("pk").values_list("pk", flat=True)
    last = 0
    while found := list(points.filter(pk__gt=last)[:SLICE]):
        turn_clocks(found)
        last = found[-1]


def turn_clocks_of_site(site: UUID) -> None:
    """Sum up anew the devices that ever stood at the site."""
    stood = Placement.objects.filter(site=site)
    _turn(Device.objects.filter(pk__in=stood.values("device")))


def turn_clocks_of_organisation(organisation: UUID) -> None:
    """Sum up anew the organisation's devices that stand nowhere now."""
    placed = Placement.objects.filter(device=OuterRef("pk"), period__upper_inf=True)
    _turn(Device.objects.filter(~Exists(placed), organisation=organisation))


def turn_clocks_of_devices(devices: Collection[UUID]) -> None:
    """Sum up anew these devices."""
    _turn(Device.objects.filter(pk__in=devices))
