"""A year of quarter hours of many counters, made by SQL with all their sums: 100 million readings
of 2,850 meters in minutes, where recording and summing them up would take hours.
"""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from devices.models import Device, Point, PointType
from devices.series.buckets import Level
from devices.services import partitions
from devices.services.partitions import READINGS, ROLLUPS, Month
from tests.benchmarks import scratch
from tests.factories import make_organisation

ZONE = "Europe/Zurich"
START, END = datetime(2024, 12, 31, 23, tzinfo=UTC), datetime(2025, 12, 31, 23, tzinfo=UTC)
# What is lost with a crash need not be written twice.
UNLOGGED = "ALTER TABLE {table} SET UNLOGGED"
# A counter that counts one each quarter hour, from zero at the start. Each point in turn, so that
# rows come in the order of the key and nothing has to be sorted.
READINGS_OF_MONTH = """
INSERT INTO {table} (point_id, time, value, quality)
SELECT p.id, t.time, t.value, 0 FROM unnest(%(points)s::bigint[]) AS p (id)
CROSS JOIN LATERAL (SELECT time, extract(epoch FROM time - %(start)s) / 900 AS value
  FROM generate_series(%(since)s, least(%(until)s - interval '15 minutes', %(end)s),
    interval '15 minutes') time OFFSET 0) t"""
# The buckets of a level that begin in the month, by the local clock.
BUCKETS = """
CREATE TEMP TABLE bucket AS
SELECT start, lead(start, 1, %(end)s) OVER (ORDER BY start) AS "end" FROM (
  SELECT DISTINCT {key} AS start
  FROM generate_series(%(start)s, %(end)s - interval '15 minutes', interval '15 minutes') q) s"""
KEYS = {
    Level.QUARTER: "q",
    Level.HOUR: "date_trunc('hour', q, %(zone)s)",
    Level.DAY: "date_trunc('day', q, %(zone)s)",
    Level.MONTH: "date_trunc('month', q, %(zone)s)",
}
SUMS_OF_MONTH = """
INSERT INTO devices_rollup (point_id, resolution, bucket, count, sum, min, max, first, last,
  first_time, last_time, delta, flags, before, covered)
SELECT p.id, {level}, b.* FROM unnest(%(points)s::bigint[]) AS p (id) CROSS JOIN LATERAL (
  SELECT start, n::int, n * (low + high) / 2, low, high, low, high, start + interval '15 minutes',
    "end", n, 0, start, n * 900
  FROM (SELECT *, (extract(epoch FROM "end" - start) / 900)::float8 AS n,
      (extract(epoch FROM start - %(start)s) / 900 + 1)::float8 AS low,
      (extract(epoch FROM "end" - %(start)s) / 900)::float8 AS high
    FROM bucket WHERE start >= %(since)s AND start < %(until)s) found
  ORDER BY start OFFSET 0) b"""


def _months() -> Iterator[Month]:
    month = Month.of(START)
    while month <= Month.of(END):
        yield month
        month = month.next()


def _parameters(month: Month, points: list[int]) -> dict[str, Any]:
    since = max(month.start(), START)
    clock = {"start": START, "end": END, "zone": ZONE}
    return {**clock, "since": since, "until": month.next().start(), "points": points}


def _prepare() -> None:
    """Make the months."""
    months = [(table, month) for month in _months() for table in (READINGS, ROLLUPS)]
    partitions.ensure(months)
    with connection.cursor() as cursor:
        for one in months:
            cursor.execute(UNLOGGED.format(table=partitions.name_of(one)))


def _read(points: list[int]) -> None:
    with connection.cursor() as cursor:
        for month in _months():
            table = partitions.name_of((READINGS, month))
            cursor.execute(READINGS_OF_MONTH.format(table=table), _parameters(month, points))


def _sum_up(points: list[int], level: Level) -> None:
    with connection.cursor() as cursor:
        cursor.execute(BUCKETS.format(key=KEYS[level]), _parameters(Month.of(START), points))
        for month in _months():
            given = _parameters(month, points)
            cursor.execute(SUMS_OF_MONTH.format(level=level.value), given)
        cursor.execute("DROP TABLE bucket")


def make_year(*, meters: int, levels: Collection[Level] = tuple(KEYS)) -> list[Device]:
    """Make so many meters of one organisation, which count by the clock of ZONE; what is summed up
    by the quarter of an hour has readings too.
    """
    kind = scratch.make_type(points=1)
    PointType.objects.filter(device_type=kind).update(nature="counter", unit="kW.h")
    devices = scratch.make_devices(make_organisation(), count=meters, kind=kind)
    points = Point.objects.filter(device__in=devices)
    points.update(rollup_zones=ZONE)
    _prepare()
    keys = list(points.order_by("pk").values_list("pk", flat=True))
    if Level.QUARTER in levels:
        _read(keys)
    for level in levels:
        _sum_up(keys, level)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE devices_reading, devices_rollup, devices_point")
    return devices
