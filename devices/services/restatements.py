"""Close the days and months of metering points, and tell when what is closed has changed.

Source: docs/metering.md, "Restatements".
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import F, Q

from devices.choices import RestatementReason
from devices.metering.consumption import read_consumption
from devices.models import ClosedCheck, ClosedSum, Closing, MeteringPoint, Restatement
from devices.series.answers import EARLIEST, Range
from devices.series.buckets import Level, after, floor
from devices.signals import consumption_restated

INTERVALS = ("1d", "1mo")
CLOSED_AFTER = timedelta(hours=24)
AT_ONCE, NOTES_AT_ONCE = 100, 1_000
# Of the same sums in another order.
TOLERANCE = 1e-9
LIMIT = 5_000_000
LOCK = "SELECT pg_advisory_xact_lock(hashtext('devices.restatements'))"
# Whatever counts the metering points, directly or not, with the earliest moment to look at.
DEPENDENTS = """
WITH RECURSIVE above(id, since, depth) AS (
  SELECT u.id, u.since, 0
  FROM unnest(%(points)s::uuid[], %(since)s::timestamptz[]) AS u(id, since)
  UNION
  SELECT t.metering_point_id, a.since, a.depth + 1 FROM above a
  JOIN devices_formulaterm t ON t.source_id = a.id)
SELECT id, min(since) FROM above GROUP BY id"""
# What ingest changed long after the fact; of running days nothing is closed.
NOTE = """
INSERT INTO devices_closedcheck (metering_point_id, since, reason)
SELECT a.metering_point_id, min(u.since), 'readings'
FROM unnest(%(points)s::bigint[], %(since)s::timestamptz[]) AS u(point_id, since)
JOIN devices_assignment a ON a.point_id = u.point_id AND a.period && tstzrange(u.since, NULL)
WHERE u.since < %(before)s GROUP BY a.metering_point_id"""
REOPEN = """
DELETE FROM devices_closedsum c USING
  unnest(%(points)s::uuid[], %(intervals)s::text[], %(starts)s::timestamptz[])
    AS u(point, interval, start)
WHERE c.metering_point_id = u.point AND c.interval = u.interval AND c.start = u.start"""
Key = tuple[str, datetime]


def note_readings(changed: Mapping[int, datetime], *, now: datetime) -> None:
    """Note which metering points the points feed whose readings changed since; one statement."""
    before = now - CLOSED_AFTER
    late = {point: since for point, since in changed.items() if since < before}
    if late:
        columns: dict[str, Any] = {
            "points": list(late),
            "since": list(late.values()),
            "before": before,
        }
        with connection.cursor() as cursor:
            cursor.execute(NOTE, columns)


def note_change(point: MeteringPoint, *, since: datetime | None, reason: str) -> None:
    """Note that what feeds a metering point is another one since then."""
    ClosedCheck.objects.create(metering_point=point, since=since or EARLIEST, reason=reason)


def _sums(
    points: Sequence[MeteringPoint], *, start: datetime, end: datetime
) -> Mapping[UUID, dict[Key, float]]:
    """Return the days and months of the metering points that lie wholly before the end."""
    found: dict[UUID, dict[Key, float]] = defaultdict(dict)
    for interval in INTERVALS:
        asked = Range(interval, start, end, end)
        for one in read_consumption(points, asked=asked, principal=None, limit=LIMIT):
            zone = ZoneInfo(one.metering_point.site.time_zone)
            for time, value in zip(one.times, one.values, strict=True):
                if _end(interval, time, zone) <= end:
                    found[one.metering_point.pk][interval, time] = value
    return found


def close_consumption(now: datetime) -> int:
    """Close the days and months that ended a day ago; return how many metering points it was.

    A hundred at a time, each lot in a transaction; safe to run twice.
    """
    done = 0
    while points := _due(now):
        by_zone: dict[str, list[MeteringPoint]] = defaultdict(list)
        for point in points:
            by_zone[point.site.time_zone].append(point)
        for zone, some in by_zone.items():
            _close(some, ZoneInfo(zone), now=now)
        done += len(points)
    return done


def _due(now: datetime) -> list[MeteringPoint]:
    """Return the metering points that have a day to close, or follow another clock now."""
    # The latest day that any clock has ended by then began at most this long ago.
    ended = now - CLOSED_AFTER - timedelta(hours=25)
    is_due = Q(closing=None) | Q(closing__until__lt=ended) | ~Q(closing__zone=F("site__time_zone"))
    rows = MeteringPoint.objects.filter(is_due).select_related("site", "closing")
    return list(rows.order_by("pk")[:AT_ONCE])


@transaction.atomic
def _close(points: Sequence[MeteringPoint], zone: ZoneInfo, *, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
    until = floor(Level.DAY, (now - CLOSED_AFTER).astimezone(UTC), zone)
    known = {
        one.pk: one for one in Closing.objects.filter(metering_point__in=points, zone=zone.key)
    }
    fresh = [point.pk for point in points if point.pk not in known]
    ClosedSum.objects.filter(metering_point__in=fresh).delete()
    start = EARLIEST if fresh else min(one.until for one in known.values())
    sums = _sums(points, start=start, end=until)
    rows = [
        ClosedSum(metering_point_id=key, interval=interval, start=time, value=value)
        for key, found in sums.items()
        for (interval, time), value in found.items()
        if key not in known or _end(interval, time, zone) > known[key].until
    ]
    ClosedSum.objects.bulk_create(rows, batch_size=5_000, ignore_conflicts=True)
    Closing.objects.bulk_create(
        [Closing(metering_point=point, until=until, zone=zone.key) for point in points],
        update_conflicts=True,
        unique_fields=["metering_point"],
        update_fields=["until", "zone"],
    )


def _end(interval: str, start: datetime, zone: ZoneInfo) -> datetime:
    return after(Level.DAY if interval == "1d" else Level.MONTH, start, zone)


@transaction.atomic
def restate_consumption() -> int:
    """Look at what was noted, write down what has changed, tell of it once for each point.

    A thousand notes at a time, by a fixed number of statements for each hundred metering points
    that change since the same month. Returns: how many notes were looked at.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
        checks = list(ClosedCheck.objects.order_by("pk")[:NOTES_AT_ONCE])
        if not checks:
            return 0
        asked: dict[str, Any] = {
            "points": [one.metering_point_id for one in checks],
            "since": [one.since for one in checks],
        }
        cursor.execute(DEPENDENTS, asked)
        since = dict(cursor.fetchall())
    reasons = {one.metering_point_id: one.reason for one in checks}
    found: list[Restatement] = []
    for start, points in _lots(since):
        found += _restated(points, start, reasons=reasons)
    Restatement.objects.bulk_create(found, batch_size=5_000)
    ClosedCheck.objects.filter(pk__in=[one.pk for one in checks]).delete()
    if found:
        consumption_restated.send(sender=Restatement, restatements=_by_point(found))
    return len(checks)


def _by_point(found: Iterable[Restatement]) -> Collection[list[Restatement]]:
    groups: dict[UUID, list[Restatement]] = defaultdict(list)
    for one in found:
        groups[one.metering_point_id].append(one)
    return groups.values()


def _lots(since: Mapping[UUID, datetime]) -> Iterator[tuple[datetime, list[Any]]]:
    """Yield the first month to look at, and metering points of one clock that it holds for."""
    rows = MeteringPoint.objects.filter(pk__in=since, closing__isnull=False)
    lots: dict[tuple[str, datetime], list[Any]] = defaultdict(list)
    for point in rows.select_related("site", "closing").order_by("pk"):
        moment = max(since[point.pk].astimezone(UTC), EARLIEST)
        if moment < point.closing.until:
            zone = point.closing.zone
            lots[zone, floor(Level.MONTH, moment, ZoneInfo(zone))].append(point)
    for (_, start), points in lots.items():
        for first in range(0, len(points), AT_ONCE):
            yield start, points[first : first + AT_ONCE]


def _restated(
    points: Sequence[Any], start: datetime, *, reasons: Mapping[UUID, str]
) -> list[Restatement]:
    """Return the closed days and months since then that are others now, and close them anew."""
    zone = ZoneInfo(points[0].closing.zone)
    rows = ClosedSum.objects.filter(metering_point__in=points, start__gte=start)
    old: dict[UUID, dict[Key, float]] = defaultdict(dict)
    for row in rows:
        old[row.metering_point_id][row.interval, row.start] = row.value
    new = _sums(points, start=start, end=max(point.closing.until for point in points))
    found = []
    for point in points:
        was, now = old[point.pk], new[point.pk]
        for key in sorted({*was, *now}):
            end = _end(*key, zone)
            if end > point.closing.until or _is_same(was.get(key), now.get(key)):
                continue
            found.append(
                Restatement(
                    metering_point=point,
                    interval=key[0],
                    start=key[1],
                    end=end,
                    before=was.get(key),
                    after=now.get(key),
                    reason=reasons.get(point.pk, RestatementReason.PART),
                )
            )
    _keep(found)
    return found


def _keep(found: Sequence[Restatement]) -> None:
    """Let what is closed be what it is now; two statements."""
    columns: dict[str, Any] = {
        "points": [one.metering_point_id for one in found],
        "intervals": [one.interval for one in found],
        "starts": [one.start for one in found],
    }
    with connection.cursor() as cursor:
        cursor.execute(REOPEN, columns)
    ClosedSum.objects.bulk_create(
        (
            ClosedSum(
                metering_point=one.metering_point,
                interval=one.interval,
                start=one.start,
                value=one.after,
            )
            for one in found
            if one.after is not None
        ),
        batch_size=5_000,
    )


def _is_same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= TOLERANCE * max(abs(one), abs(other), 1.0)
