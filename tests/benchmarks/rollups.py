"""How fast marks are summed up, against a bare GROUP BY of the same rows in the same run.

``python -m tests.benchmarks.rollups [points] [days]``: that many counters with a reading every
quarter of an hour (100 and 100 unless given); half of the marks first, then the rest.
"""

import sys
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


def catch_up(start: datetime, end: datetime) -> tuple[int, float]:
    """Mark everything of the time and sum it up; return how many marks, and the seconds."""
    points = list(Point.objects.order_by("pk").values_list("pk", flat=True))
    mark_rollups(points, start=start, end=end)
    marks = RollupMark.objects.count()
    return marks, scratch.timed(refresh_rollups)


def main() -> None:
    """Print the rates, their ratio to the bare statement; the second has twice the marks."""
    given = [int(word) for word in sys.argv[1:]]
    points, days = [*given, *(POINTS, DAYS)[len(given) :]]
    third, end = START + timedelta(days=days / 3), START + timedelta(days=days)
    with scratch.database():
        make_readings(points=points, start=START, end=end)
        for name, since, until in (("a third", START, third), ("the rest", third, end)):
            yardstick = scratch.median_s(partial(bare, since, until), times=ROUNDS)
            marks, seconds = catch_up(since, until)
            scratch.say(
                f"{name:9} {marks:9,} buckets  {marks / seconds:9,.0f}/s"
                f"  {seconds / yardstick:5.1f} times a bare GROUP BY"
            )


if __name__ == "__main__":
    main()
