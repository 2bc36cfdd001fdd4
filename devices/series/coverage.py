"""How complete the data of a fleet is, from what is summed up already."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Case, IntegerField, QuerySet, Value, When

from devices.choices import Nature
from devices.models import Device, Point
from devices.series.buckets import Level

DAY, WEEK = timedelta(days=1), timedelta(days=7)
# Of each device the point that tells best whether it reports; its last whole hours and days.
_COVERED = """
WITH best AS MATERIALIZED ({points})
SELECT (SELECT count(*) FROM ({devices}) device),
  (SELECT sum(least(r.covered, %s)) FROM best b JOIN devices_rollup r ON r.point_id = b.id
   WHERE r.resolution = {hour} AND r.bucket >= %s AND r.bucket < %s),
  (SELECT sum(r.covered) FROM best b JOIN devices_rollup r ON r.point_id = b.id
   WHERE r.resolution = {day} AND r.bucket > %s AND r.bucket <= %s)"""


@dataclass(frozen=True, slots=True)
class FleetCoverage:
    """The shares of the last 24 whole hours, and of the last seven whole days, that the devices'
    readings speak for: of all together, silent ones too. None without a device.
    """

    devices: int
    day: float | None
    week: float | None


def coverage_of_fleet(devices: QuerySet[Device], *, now: datetime) -> FleetCoverage:
    """Return how complete the data of the devices is; one query.

    Days are those of each device's clock. What is not summed up yet does not count.
    """
    hour = now.replace(minute=0, second=0, microsecond=0)
    points, named = _reporting_points(devices, since=now - WEEK - DAY)
    keys, given = devices.order_by().values("pk").query.sql_with_params()
    text = _COVERED.format(points=points, devices=keys, hour=Level.HOUR.value, day=Level.DAY.value)
    window = (3600, hour - DAY, hour, now - WEEK - DAY, now - DAY)
    with connection.cursor() as cursor:
        cursor.execute(text, (*named, *given, *window))
        ((count, of_day, of_week),) = cursor.fetchall()
    spans = zip((of_day, of_week), (DAY, WEEK), strict=True)
    return FleetCoverage(count, *(_share(count, covered, span=span) for covered, span in spans))


def _share(devices: int, covered: float | None, *, span: timedelta) -> float | None:
    seconds = devices * span.total_seconds()
    return round(min((covered or 0.0) / seconds, 1.0), 4) if seconds else None


def _reporting_points(devices: QuerySet[Device], *, since: datetime) -> tuple[str, Any]:
    """Return what finds one point of each device: a counter before others, the one heard last."""
    is_rest = Case(
        When(type__nature=Nature.COUNTER, then=Value(0)),
        default=Value(1),
        output_field=IntegerField(),
    )
    rows = Point.objects.filter(device__in=devices.order_by().values("pk"), last_time__gte=since)
    ordered = rows.order_by("device_id", is_rest, "-last_time", "pk").distinct("device_id")
    return ordered.values("id").query.sql_with_params()
