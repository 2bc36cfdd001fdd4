"""Refuse what contradicts an earlier reading, of points whose first value for a moment stays."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from psycopg.sql import SQL, Identifier

from devices.services.recording.items import Rejection
from devices.services.recording.store import Row, Series

KNOWN = """
SELECT r.point_id, r.time, r.value, r.quality
FROM unnest(%(points)s::bigint[], %(times)s::timestamptz[]) AS u(point_id, time)
JOIN {table} r ON r.point_id = u.point_id AND r.time = u.time"""
TEXT = "There is another value for this moment, and this point keeps the first."


def without_conflicts(
    rows: Sequence[Row], *, series: Series, keepers: Collection[int]
) -> tuple[list[Row], list[Rejection]]:
    """Return the rows that may be stored and why the others may not; the points are locked.

    The same value again is no conflict. Within a batch the first of several counts. One query.
    """
    asked = [row for row in rows if row[1] in keepers]
    known = _known(asked, series) if asked else {}
    fit, refused = [], []
    for row in rows:
        index, point, time, *found = row
        if point in keepers and known.setdefault((point, time), tuple(found)) != tuple(found):
            refused.append(Rejection(index, "conflict", TEXT))
        else:
            fit.append(row)
    return fit, refused


def _known(rows: Sequence[Row], series: Series) -> dict[tuple[int, datetime], tuple[Any, ...]]:
    columns: dict[str, Any] = {
        "points": [row[1] for row in rows],
        "times": [row[2] for row in rows],
    }
    with connection.cursor() as cursor:
        cursor.execute(SQL(KNOWN).format(table=Identifier(series.table)), columns)
        return {(point, time): tuple(found) for point, time, *found in cursor.fetchall()}
