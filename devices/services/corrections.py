"""Corrections: readings taken away, with all that was summed up from them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from psycopg.sql import SQL, Identifier

from devices.services.partitions import READINGS, TEXTS
from devices.services.rollups import mark_rollups

DELETE = """
WITH gone AS (
  DELETE FROM {table} WHERE point_id = ANY(%(points)s) AND time >= %(start)s AND time < %(end)s
  RETURNING point_id)
SELECT count(*) FROM gone"""
# Of points whose latest value is gone; what is left of them may be long ago.
LATEST = """
WITH left_over AS MATERIALIZED (
  SELECT DISTINCT ON (point_id) point_id, time, value, quality FROM {table}
  WHERE point_id = ANY(%(points)s) AND time < %(start)s ORDER BY point_id, time DESC)
UPDATE devices_point p SET {last} = r.value, last_time = r.time, last_quality = r.quality
FROM devices_point q LEFT JOIN left_over r ON r.point_id = q.id
WHERE p.id = q.id AND q.id = ANY(%(points)s) AND q.{last} IS NOT NULL
  AND q.last_time >= %(start)s AND q.last_time < %(end)s"""
COLUMNS = {READINGS: "last_value", TEXTS: "last_text"}


@transaction.atomic
def delete_readings(points: Sequence[int], *, start: datetime, end: datetime) -> int:
    """Delete the points' readings from ``start`` until before ``end``; return how many.

    The latest values go back to what is left, and sums are made anew by the next refresh; what is
    read is right at once.
    """
    mark_rollups(points, start=start, end=end)
    parameters: dict[str, Any] = {"points": list(points), "start": start, "end": end}
    deleted = 0
    with connection.cursor() as cursor:
        for table, last in COLUMNS.items():
            names = {"table": Identifier(table), "last": Identifier(last)}
            cursor.execute(SQL(DELETE).format(**names), parameters)
            deleted += cursor.fetchone()[0]
            cursor.execute(SQL(LATEST).format(**names), parameters)
    return deleted
