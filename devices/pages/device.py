"""The page of one device: what it says, what was asked of it, what is wrong, where it stands."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from config.lib.units import symbol_of
from devices.choices import Nature, ValueType
from devices.errors import ResolutionNotGranted
from devices.models import Alarm, DesiredValue, Device, Placement, Point
from devices.pages.actions import LATEST, forms_of, is_operated, latest_commands
from devices.pages.operations import OperationsPage
from devices.pages.words import KINDS, VALUES, category_name, duration, named
from devices.selectors import QUALITIES, points_of, shown, time_zone_of
from devices.series_access import series_access
from devices.windows import SeriesAccess
from twin.models import Site, Space

RELATED = ("type", "asset", "fleet", "organisation", "site", "space", "gateway")


class DevicePage(OperationsPage):
    """One device, as far as its person may see it."""

    def get(self, request: HttpRequest, id: UUID) -> HttpResponse:
        """Show the device; the number of queries is the same for every device."""
        visible = Device.objects.visible_to(self.principal).select_related(*RELATED)
        device: Device = get_object_or_404(visible, pk=id)
        access = series_access(device, self.principal)
        points = list(points_of(device).select_related("type", "desired"))
        context = {
            "device": device,
            "category": category_name(device.type.category),
            "silence": duration(device.type.offline_after_s),
            "is_live": _is_live(access),
            "sections": list(_sections(points, access)),
            "charts": [_offer(point) for point in sorted(points, key=_rank) if _is_drawn(point)],
            "zone": time_zone_of(device),
            "actions": forms_of(device) if is_operated(device, self.principal) else [],
            "commands": latest_commands(device, self.principal),
            "alarms": self._alarms(device),
            "stays": self._stays(device),
        }
        return render(request, "devices/operations/device.html", context)

    def _alarms(self, device: Device) -> list[Alarm]:
        """Return the alarms of the device, those that are open first."""
        visible: Any = Alarm.objects.visible_to(self.principal).filter(node=device.pk)
        rows = visible.select_related("point__type").order_by("-pk")
        latest = {alarm.pk: alarm for alarm in (*rows.open()[:LATEST], *rows[:LATEST])}
        return sorted(latest.values(), key=lambda alarm: (alarm.cleared_at is not None,))

    def _stays(self, device: Device) -> list[dict[str, Any]]:
        """Return where the device stood, the latest first, by the names that the person may see."""
        rows = list(Placement.objects.filter(device=device).order_by("-period")[:LATEST])
        sites = Site.objects.visible_to(self.principal).in_bulk([row.site_id for row in rows])
        keys = [row.space_id for row in rows if row.space_id]
        spaces = Space.objects.visible_to(self.principal).in_bulk(keys)
        return [
            {
                "site": sites.get(row.site_id),
                "space": spaces.get(row.space_id),
                "period": row.period,
            }
            for row in rows
        ]


def _is_live(access: SeriesAccess) -> bool:
    """Say whether what is so now may be told, and not sums alone."""
    try:
        access.check_live(timezone.now())
    except ResolutionNotGranted:
        return False
    return True


def _is_drawn(point: Point) -> bool:
    return point.type.value_type != ValueType.TEXT


def _rank(point: Point) -> int:
    """Return how early a point is offered: what is measured before what is set."""
    return list(KINDS).index(point.type.kind)


def _offer(point: Point) -> dict[str, Any]:
    """Return what the chart needs to know of a point before it asks."""
    kind = point.type
    return {
        "key": kind.key,
        "name": named(kind.name),
        "symbol": symbol_of(kind.unit),
        "is_counter": kind.nature == Nature.COUNTER,
        "is_step": kind.value_type != ValueType.NUMBER,
        "labels": [label for _, label in sorted(kind.labels.items(), key=lambda one: int(one[0]))],
    }


def _sections(points: list[Point], access: SeriesAccess) -> Iterator[dict[str, Any]]:
    for kind, (title, help_text) in KINDS.items():
        rows = [_row(point, access) for point in points if point.type.kind == kind]
        if rows:
            has_desired = any(row["point"].type.writable for row in rows)
            yield {"title": title, "help": help_text, "rows": rows, "has_desired": has_desired}


def _row(point: Point, access: SeriesAccess) -> dict[str, Any]:
    kind = point.type
    is_told = point.last_time is not None and access.shows(point.last_time)
    is_text = kind.value_type == ValueType.TEXT
    value = (point.last_text if is_text else point.last_value) if is_told else None
    desired: DesiredValue | None = getattr(point, "desired", None)
    wanted = None if desired is None else (desired.value if desired.text is None else desired.text)
    return {
        "point": point,
        "value": _plain(value, point),
        "symbol": symbol_of(kind.unit),
        "time": point.last_time if is_told else None,
        "quality": QUALITIES[point.last_quality] if is_told and point.last_quality else "",
        "desired": _plain(wanted, point),
        "since": desired.requested_at if desired else None,
        "is_followed": desired is not None and wanted == value,
    }


def _plain(value: Any, point: Point) -> Any:
    told = shown(value, point.type)
    if isinstance(told, bool):
        return YES if told else NO
    return round(told, 3) if isinstance(told, float) else told


YES, NO = VALUES["yes"], VALUES["no"]
