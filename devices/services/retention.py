"""Retention: single readings go after the days that their organisation set; sums stay.

Source: docs/time-series.md, "Retention".
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from django.db import connection, transaction
from psycopg.sql import SQL, Identifier

from accounts.models import Organisation
from devices.choices import Nature, PointKind
from devices.models import RetentionRule
from devices.series.buckets import QUARTER_HOUR
from devices.series.sums import ask
from devices.services import partitions
from devices.services.partitions import READINGS, TEXTS, Month
from devices.services.pins import pins_of
from devices.services.rollups import raw_starts

log = structlog.get_logger(__name__)
# So many points, and so much time of them, are one transaction: some ten thousand readings.
POINTS, STEP = 20, timedelta(days=31)
DUE = """
SELECT p.id FROM devices_point p JOIN devices_device d ON d.id = p.device_id
JOIN devices_pointtype t ON t.id = p.type_id
WHERE d.organisation_id = %(organisation)s AND t.kind = %(kind)s AND p.id > %(after)s
  AND (p.raw_from IS NULL OR p.raw_from < %(cut)s)
ORDER BY p.id LIMIT %(limit)s"""
# As ingest locks them.
LOCK = """
SELECT p.id, t.nature, p.raw_from FROM devices_point p JOIN devices_pointtype t ON t.id = p.type_id
WHERE p.id = ANY(%(points)s) ORDER BY p.id FOR NO KEY UPDATE OF p"""
MARKED = """
SELECT DISTINCT point_id FROM devices_rollup_dirty
WHERE point_id = ANY(%(points)s) AND bucket < %(cut)s"""
# What was kept of before an earlier cut is not looked for again.
OLDEST = """
SELECT min(greatest(t, start)) FROM (
  SELECT u.start, (SELECT r.time FROM devices_reading r WHERE r.point_id = u.point_id
    ORDER BY r.time LIMIT 1) AS t
  FROM unnest(%(points)s::bigint[], %(starts)s::timestamptz[]) AS u(point_id, start)
  UNION ALL
  SELECT u.start, (SELECT r.time FROM devices_reading_text r WHERE r.point_id = u.point_id
    ORDER BY r.time LIMIT 1)
  FROM unnest(%(points)s::bigint[], %(starts)s::timestamptz[]) AS u(point_id, start)) found"""
# The last reading of a counter before the border: the next step is taken from it.
KEPT = """
SELECT u.point_id, (SELECT r.time FROM devices_reading r
  WHERE r.point_id = u.point_id AND r.time <= %(border)s ORDER BY r.time DESC LIMIT 1)
FROM unnest(%(points)s::bigint[]) AS u(point_id)"""
DROP = """
WITH gone AS (
  DELETE FROM {table} r USING unnest(%(points)s::bigint[], %(borders)s::timestamptz[])
    AS u(point_id, border)
  WHERE r.point_id = u.point_id AND r.time < u.border AND r.time < %(cut)s
    AND NOT EXISTS (
      SELECT FROM unnest(%(pinned)s::bigint[], %(lows)s::timestamptz[], %(highs)s::timestamptz[])
        AS k(point_id, low, high)
      WHERE k.point_id = r.point_id AND r.time BETWEEN k.low AND k.high)
  RETURNING r.point_id)
SELECT count(*) FROM gone"""
NOTE = """
UPDATE devices_point SET raw_from = %(cut)s
WHERE id = ANY(%(points)s) AND (raw_from IS NULL OR raw_from < %(cut)s)"""
# By the sums of whole days, since nobody should count a hundred million readings.
FOUND = """
SELECT count(DISTINCT s.point_id), coalesce(sum(s.count), 0)::bigint, min(s.first_time),
  max(s.last_time)
FROM unnest(%(points)s::bigint[], %(starts)s::timestamptz[]) AS u(point_id, start)
JOIN devices_rollup s ON s.point_id = u.point_id AND s.resolution = 1440
  AND s.bucket >= u.start AND s.bucket < %(cut)s AND s.last_time < %(cut)s"""
OWN = """
SELECT p.id, coalesce(p.raw_from, '2000-01-01 00:00+00') FROM devices_point p
JOIN devices_device d ON d.id = p.device_id JOIN devices_pointtype t ON t.id = p.type_id
WHERE d.organisation_id = %(organisation)s AND t.kind = %(kind)s ORDER BY p.id"""


@dataclass(frozen=True, slots=True)
class Expected:
    """What would go of a kind of point: readings by the sums of their days, and from when."""

    kind: str
    raw_days: int | None
    until: datetime | None = None
    points: int = 0
    readings: int = 0
    first: datetime | None = None
    last: datetime | None = None
    months: Sequence[str] = ()


def cut_of(raw_days: int, *, now: datetime) -> datetime:
    """Return the midnight (UTC) before which readings are older than so many days."""
    day = (now - timedelta(days=raw_days)).astimezone(UTC)
    return day.replace(hour=0, minute=0, second=0, microsecond=0)


def retention_of(organisation: Organisation) -> dict[str, int | None]:
    """Return for each kind of point how many days are kept, None for all of them; one query."""
    rules = RetentionRule.objects.filter(organisation=organisation)
    days = dict(rules.values_list("kind", "raw_days"))
    return {kind: days.get(kind) for kind in PointKind.values}


@transaction.atomic
def set_retention(organisation: Organisation, days: Mapping[str, int | None]) -> None:
    """Set for some kinds how many days are kept (None: all); what is older goes the next night.

    What has gone does not come back when more days are kept.
    """
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    for kind, raw_days in days.items():
        rules = RetentionRule.objects.filter(organisation=organisation, kind=kind)
        if raw_days is None:
            rules.delete()
            continue
        rule = rules.first() or RetentionRule(organisation=organisation, kind=kind)
        rule.raw_days = raw_days
        rule.full_clean()
        rule.save()


def preview_retention(
    organisation: Organisation, days: Mapping[str, int | None], *, now: datetime
) -> list[Expected]:
    """Return what would go by these rules the next night; nothing does. Two queries a kind."""
    wanted = {**retention_of(organisation), **days}
    return [
        Expected(kind, None) if kept is None else _expected(organisation, kind, kept, now=now)
        for kind, kept in wanted.items()
    ]


def _expected(organisation: Organisation, kind: str, raw_days: int, *, now: datetime) -> Expected:
    cut = cut_of(raw_days, now=now)
    own = ask(OWN, {"organisation": organisation.pk, "kind": kind})
    parameters = {"points": [row[0] for row in own], "starts": [row[1] for row in own], "cut": cut}
    ((points, readings, first, last),) = ask(FOUND, parameters)
    months = _months(first, cut) if first else ()
    return Expected(kind, raw_days, cut, points, readings, first, last, tuple(months))


def _months(first: datetime, cut: datetime) -> Iterator[str]:
    """Yield the partitions from the first reading on that lie before the cut as a whole."""
    month = Month.of(first.astimezone(UTC))
    while month.next().start() <= cut:
        yield partitions.name_of((READINGS, month))
        month = month.next()


def drop_old_readings(*, now: datetime, seconds: float | None = None) -> int:
    """Delete the readings that their organisations keep no longer; return how many.

    Slice by slice, each in a transaction of its own: what is killed goes on the next time. Points
    with marks wait until their sums are made. Months of which nothing is left are dropped.

    Args: seconds, after which no further slice is begun.
    """
    began, gone = time.monotonic(), 0
    for rule, points, step in _slices(now):
        if seconds is not None and time.monotonic() - began >= seconds:
            log.info("retention goes on another time", readings=gone)
            return gone
        count = _drop(points, cut=step)
        if count:
            log.info("readings dropped", rule=str(rule.pk), readings=count, until=str(step))
        gone += count
    if gone:
        partitions.drop_empty(before=now - STEP)
    return gone


def _slices(now: datetime) -> Iterator[tuple[RetentionRule, list[int], datetime]]:
    """Yield what is to do: some points of a rule, and until when, step by step."""
    for rule in RetentionRule.objects.order_by("pk"):
        cut = cut_of(rule.raw_days, now=now)
        for points in _due(rule, cut):
            for step in _steps(points, cut):
                yield rule, points, step


def _due(rule: RetentionRule, cut: datetime) -> Iterator[list[int]]:
    """Yield the points of the rule that are not done, some at a time."""
    about = {"organisation": rule.organisation_id, "kind": rule.kind, "cut": cut, "limit": POINTS}
    after = 0
    while found := [row[0] for row in ask(DUE, {**about, "after": after})]:
        yield found
        after = found[-1]


def _steps(points: Sequence[int], cut: datetime) -> Iterator[datetime]:
    """Yield until when to delete, step by step, from the oldest reading to the cut."""
    cuts = raw_starts(points)
    parameters = {"points": list(points), "starts": [cuts.get(point) for point in points]}
    ((oldest,),) = ask(OLDEST, parameters)
    step = min(oldest or cut, cut).astimezone(UTC)
    step = step.replace(hour=0, minute=0, second=0, microsecond=0)
    while step < cut:
        step = min(step + STEP, cut)
        yield step
    if oldest is None or oldest >= cut:
        yield cut


@transaction.atomic
def _drop(points: Sequence[int], *, cut: datetime) -> int:
    """Delete the points' readings before the cut, but for those that sums may still need.

    A quarter hour may be summed up anew from the cut on: for that it needs its own readings, for
    counters also those of the quarter hour before and the last one before that. What borders of
    metering points need is pinned.
    """
    locked = ask(LOCK, {"points": list(points)})
    marked = {row[0] for row in ask(MARKED, {"points": list(points), "cut": cut})}
    free = {point: nature for point, nature, _ in locked if point not in marked}
    if not free:
        return 0
    border = cut - QUARTER_HOUR
    counters = [point for point, nature in free.items() if nature == Nature.COUNTER]
    kept = dict(ask(KEPT, {"points": counters, "border": border}))
    borders = [kept.get(point) or border for point in free]
    pins = pins_of(list(free))
    parameters: dict[str, Any] = {
        "points": list(free),
        "borders": borders,
        "cut": cut,
        "pinned": [pin.point for pin in pins],
        "lows": [pin.low for pin in pins],
        "highs": [pin.high for pin in pins],
    }
    gone = 0
    with connection.cursor() as cursor:
        for table in (READINGS, TEXTS):
            cursor.execute(SQL(DROP).format(table=Identifier(table)), parameters)
            gone += cursor.fetchone()[0]
        cursor.execute(NOTE, {"points": list(free), "cut": cut})
    return gone
