"""How fast marks are summed up, against a bare GROUP BY of the same rows in the same run.

``python -m tests.benchmarks.rollups [points] [days]``: that many counters with a reading every
quarter of an hour (100 and 100 unless given); a third of the marks first, then the rest; then one
mark in twenty, as readings that come late leave them.
"""

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from django.db import connection

from devices.models import Point, PointType, RollupMark
from devices.services import partitions
from devices.services.partitions import READINGS, ROLLUPS, Month
from devices.services.rollups import mark_rollups, refresh_rollups
from tests.benchmarks import scratch
from tests.factories import make_organisation

POINTS, DAYS, ROUNDS = 100, 100, 3
START = datetime(2025, 1, 1, tzinfo=UTC)
FILL = """
INSERT INTO devices_reading (point_id, time, value, quality)
SELECT p.id, t, extract(epoch FROM t - %(start)s) / 900, 0 FROM devices_point p,
  generate_series(%(start)s, %(end)s - interval '15 minutes', interval '15 minutes') t
ORDER BY p.id, t"""
SCATTER = """
INSERT INTO devices_rollup_dirty (point_id, bucket)
SELECT p.id, t FROM devices_point p,
  generate_series(%(start)s, %(end)s - interval '15 minutes', interval '5 hours') t
ORDER BY 1, 2"""
BARE = """
SELECT count(*) FROM (
  SELECT point_id, date_bin('15 minutes', time, '2000-01-01 00:00+00') AS bucket, count(*),
    sum(value), min(value), max(value), min(time), max(time)
  FROM devices_reading WHERE time >= %(start)s AND time < %(end)s GROUP BY 1, 2) found"""


def make_readings(*, points: int, start: datetime, end: datetime) -> None:
    """Make counters with a reading every quarter of an hour, and their months."""
    kind = scratch.make_type(points=1)
    PointType.objects.filter(device_type=kind).update(nature="counter", unit="kW.h")
    scratch.make_devices(make_organisation(), count=points, kind=kind)
    month = Month.of(start - timedelta(days=32))
    while month <= Month.of(end):
        partitions.ensure((table, month) for table in (READINGS, ROLLUPS))
        month = month.next()
    with connection.cursor() as cursor:
        cursor.execute(FILL, {"start": start, "end": end})
        cursor.execute("ANALYZE devices_reading")


def bare(start: datetime, end: datetime) -> None:
    """Sum up nothing but quarter hours, and keep none of it."""
    with connection.cursor() as cursor:
        cursor.execute(BARE, {"start": start, "end": end})


def mark_all(start: datetime, end: datetime) -> None:
    """Mark every quarter hour of the time."""
    points = list(Point.objects.order_by("pk").values_list("pk", flat=True))
    mark_rollups(points, start=start, end=end)


def scatter(start: datetime, end: datetime) -> None:
    """Mark one quarter hour in twenty, none beside another."""
    with connection.cursor() as cursor:
        cursor.execute(SCATTER, {"start": start, "end": end})


def catch_up(mark: Callable[[datetime, datetime], None], start: datetime, end: datetime) -> None:
    """Mark, sum up and print how fast that was, beside the bare statement."""
    yardstick = scratch.median_s(partial(bare, start, end), times=ROUNDS)
    mark(start, end)
    marks = RollupMark.objects.count()
    used: list[float] = []
    seconds = scratch.timed(lambda: used.append(scratch.busy(refresh_rollups)))
    scratch.say(
        f"{mark.__name__:9} {marks:9,} buckets  {marks / seconds:9,.0f}/s"
        f"  {marks / used[0]:9,.0f}/s of processor time"
        f"  {seconds / yardstick:5.1f} times a bare GROUP BY of all readings"
    )


def main() -> None:
    """Print the rates, their ratio to the bare statement; the second has twice the marks."""
    given = [int(word) for word in sys.argv[1:]]
    points, days = [*given, *(POINTS, DAYS)[len(given) :]]
    third, end = START + timedelta(days=days / 3), START + timedelta(days=days)
    with scratch.database():
        make_readings(points=points, start=START, end=end)
        catch_up(mark_all, START, third)
        catch_up(mark_all, third, end)
        catch_up(scatter, START, end)


if __name__ == "__main__":
    main()
