"""What devices has inside of spaces, for plans: told, moved and moved back by sets."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Model, Q, QuerySet
from django.utils import timezone

from devices.models import AlarmRule, Device, Gateway, MeteringPoint, Placement, Point
from devices.services.alarm_watches import forget_rule, hold_watches
from devices.services.placements import open_placements
from devices.signals import device_placed, gateway_updated, metering_point_updated
from twin.contents import Counts, Item

CLOSE = (
    "UPDATE devices_placement SET period = tstzrange(lower(period), %(at)s), updated_at = now()"
    " WHERE device_id = ANY(%(devices)s) AND upper_inf(period)"
)
SORTS: tuple[tuple[str, type[Model], str], ...] = (
    ("devices", Device, "space"),
    ("gateways", Gateway, "space"),
    ("series", Point, "device__space"),
    ("metering_points", MeteringPoint, "space"),
    ("alarm_rules", AlarmRule, "target"),
)
# What people watch over at home is told to nobody else.
TOLD: Mapping[type[Model], Q] = {AlarmRule: Q(owner=None)}


class Installations:
    """The keeper of devices and gateways."""

    def count(self, spaces: Collection[UUID]) -> Counts:
        """Return how many devices, gateways and so on are in the spaces (a query for each)."""
        totals: dict[UUID, dict[str, int]] = {}
        for name, model, field in SORTS:
            rows: QuerySet[Any] = QuerySet(model).filter(**{f"{field}__any": spaces})
            rows = rows.filter(TOLD.get(model, Q()))
            for space, count in rows.order_by().values_list(field).annotate(Count("pk")):
                totals.setdefault(space, {})[name] = count
        return totals

    def move(self, places: Mapping[UUID, UUID]) -> list[Any]:
        """Move devices and gateways; the placements so far end, the next ones begin.

        What is billed in a space is billed where its devices go.
        """
        devices = list(Device.objects.select_for_update().filter(space__in=places))
        gateways = list(Gateway.objects.select_for_update().filter(space__in=places))
        points = list(
            MeteringPoint.objects.select_for_update(of=("self",)).filter(space__in=places)
        )
        things: list[Device | Gateway | MeteringPoint] = [*devices, *gateways, *points]
        memory = []
        for one in things:
            here = one.space_id or one.pk  # What was found has a space.
            one.space_id = places[here]
            memory.append([str(one.pk), str(here), str(one.space_id)])
        _place(devices, gateways)
        _bill(points)
        return memory

    def move_back(self, memory: list[Any]) -> None:
        """Put devices and gateways back where they stood, unless they have moved on."""
        was = {UUID(key): (UUID(source), UUID(target)) for key, source, target in memory}
        devices = _those_left(Device.objects.select_for_update().filter(pk__in=was), was)
        gateways = _those_left(Gateway.objects.select_for_update().filter(pk__in=was), was)
        billed = MeteringPoint.objects.select_for_update(of=("self",)).filter(pk__in=was)
        points = _those_left(billed, was)
        for one in (*devices, *gateways, *points):
            one.space_id = was[one.pk][0]
        _place(devices, gateways)
        _bill(points)

    def let_go(self, nodes: Collection[UUID]) -> None:
        """Let what the rules about them have raised be over; the rules go with the nodes."""
        rules = list(AlarmRule.objects.filter(target__any=nodes).order_by("pk"))
        if rules:
            hold_watches()
        for rule in rules:
            forget_rule(rule)

    def items(self, spaces: Any) -> Iterable[Item]:
        """Return the devices in the spaces, each with its category and type."""
        inside = Device.objects.filter(space__in=spaces.values("pk")).order_by("pk")
        fields = ("pk", "space", "type__category", "type__key")
        return [Item(*row) for row in inside.values_list(*fields)]


def _those_left(things: Any, was: Mapping[UUID, tuple[UUID, UUID]]) -> list[Any]:
    return [one for one in things if one.space_id == was[one.pk][1]]


def _bill(points: list[MeteringPoint]) -> None:
    """Write the spaces that metering points name now."""
    for point in points:
        point.updated_at = timezone.now()
    MeteringPoint.objects.bulk_update(points, ["space", "updated_at"])
    if points:
        metering_point_updated.send(sender=MeteringPoint, metering_points=points, fields=["space"])


def _place(devices: list[Device], gateways: list[Gateway]) -> None:
    """Write the spaces that the rows name now, and what follows from them."""
    now = timezone.now()
    for things in (devices, gateways):
        for one in things:
            one.updated_at = now
    if gateways:
        Gateway.objects.bulk_update(gateways, ["space", "updated_at"])
        gateway_updated.send(sender=Gateway, gateways=gateways, fields=["space"])
    if not devices:
        return
    keys = [one.pk for one in devices]
    Placement.objects.filter(device__in=keys, period__startswith__gte=now).delete()
    with connection.cursor() as cursor:
        cursor.execute(CLOSE, {"at": now, "devices": keys})
    Device.objects.bulk_update(devices, ["space", "updated_at"])
    open_placements(devices, at=now)
    device_placed.send(sender=Device, devices=devices)
