"""What polling heard and posts did not: the gap between the two, by meter and by connection."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection as database

# A report that polling saw a moment ago may still be on its way as a post.
ON_ITS_WAY_S = 60.0
GAPS = """
SELECT count(*),
       count(*) FILTER (WHERE h.link_id IS NULL),
       count(*) FILTER (WHERE l.value_at - h.value_at > make_interval(secs => %(near_s)s)),
       max(extract(epoch FROM l.value_at - h.value_at)),
       max(h.value_at)
  FROM integrations_meterlink l LEFT JOIN integrations_realtimemeter h ON h.link_id = l.id
 WHERE l.connection_id = %(connection)s AND l.device_id IS NOT NULL AND l.vanished_at IS NULL
   AND (cardinality(%(meters)s::uuid[]) = 0 OR l.meter_id = ANY(%(meters)s::uuid[]))"""


@dataclass(frozen=True)
class Gap:
    """How far posts lag behind polling: meters listened to, never heard, behind; the most, in s."""

    meters: int
    silent: int
    behind: int
    gap_s: float
    latest_at: datetime | None


def gap_of(connection_id: UUID, meters: list[str]) -> Gap:
    """Measure the gap of a connection that listens to these meters (none named: to all)."""
    given: dict[str, Any] = {
        "connection": connection_id,
        "meters": meters,
        "near_s": ON_ITS_WAY_S,
    }
    with database.cursor() as cursor:
        cursor.execute(GAPS, given)
        listened, silent, behind, most, latest = cursor.fetchone()
    return Gap(listened, silent, behind, max(float(most or 0.0), 0.0), latest)
