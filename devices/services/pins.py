"""Single readings that borders of metering points need: retention leaves them alone.

Source: docs/time-series.md, "Retention".
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from config.lib.errors import InvalidInput
from config.lib.times import format_time
from devices.series.buckets import QUARTER_HOUR, Level, floor
from devices.series.sums import ask, bucket_of
from devices.series.timelines import UTC_ZONE
from devices.services.rollups import raw_starts

BORDERS = """
SELECT point_id, lower(period), upper(period) FROM devices_assignment
WHERE point_id = ANY(%(points)s) ORDER BY id"""
# What the first step behind a border leads to, and what the one before it is taken from.
BESIDE = """
SELECT u.point_id, (SELECT r.time FROM devices_reading r
    WHERE r.point_id = u.point_id AND r.time > u.moment ORDER BY r.time LIMIT 1),
  (SELECT r.time FROM devices_reading r
    WHERE r.point_id = u.point_id AND r.time < u.low ORDER BY r.time DESC LIMIT 1)
FROM unnest(%(points)s::bigint[], %(moments)s::timestamptz[], %(lows)s::timestamptz[])
  AS u(point_id, moment, low)"""
IS_SUMMED = """
SELECT EXISTS (SELECT FROM devices_rollup
  WHERE point_id = %(point)s AND resolution = 15 AND bucket < %(moment)s)"""


class Pin(NamedTuple):
    """Readings of a point that stay: from a moment to another, both included."""

    point: int
    low: datetime
    high: datetime


def pins_of(points: Sequence[int]) -> list[Pin]:
    """Return what stays of the points; two queries.

    At each border of an assignment: its quarter hour and the one before, the last reading before
    these, and the quarter hour of the first reading behind it.
    """
    rows = ask(BORDERS, {"points": list(points)})
    borders = [(point, moment) for point, *both in rows for moment in both if moment is not None]
    if not borders:
        return []
    firsts = [floor(Level.QUARTER, moment, UTC_ZONE) for _, moment in borders]
    lows = [first - QUARTER_HOUR for first in firsts]
    columns: dict[str, Any] = {
        "points": [point for point, _ in borders],
        "moments": [moment for _, moment in borders],
        "lows": lows,
    }
    pins = [
        Pin(point, low, first + QUARTER_HOUR)
        for (point, _), low, first in zip(borders, lows, firsts, strict=True)
    ]
    for point, following, earlier in ask(BESIDE, columns):
        if following is not None:
            pins.append(Pin(point, *bucket_of(following)))
        if earlier is not None:
            pins.append(Pin(point, earlier, earlier))
    return pins


def refuse_gone(point: int, moment: datetime | None, *, pointer: str, counter: Any = None) -> None:
    """Refuse a new border where the readings that it would need are gone.

    Raises: InvalidInput, unless the point had no reading before and no counter is given.
    """
    since = raw_starts([point]).get(point)
    if moment is None or since is None or moment >= since:
        return
    ((is_summed,),) = ask(IS_SUMMED, {"point": point, "moment": moment})
    if is_summed or counter is not None:
        text = f"Single readings of this counter are kept since {format_time(since)} only, and a"
        text += " border needs those beside it. Choose that moment or a later one."
        raise InvalidInput([(pointer, "readings-gone", text)])
