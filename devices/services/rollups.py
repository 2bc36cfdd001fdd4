"""Rollups: sum readings up in buckets, quarter hours first, from them hours, days and months.

Source: docs/time-series.md, "Rollups".
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple
from uuid import UUID

import stamina
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from devices.choices import Nature
from devices.series import held, statements
from devices.series.buckets import CHAIN, ORIGIN, Level
from devices.series.plans import WHOLE, Runs, Spans, Wanted, spread
from devices.series.stretches import Stretch, merged
from devices.series.sums import ask, grouped, widened
from devices.series.timelines import Timeline, timelines_of
from devices.services import partitions
from devices.services.partitions import ROLLUPS, Month
from devices.services.restatements import note_readings

SLICE = 10_000
TRIES = 6
DEADLOCK = "40P01"
# All shares look at the same marks: how many of them are a share's own, the planner cannot guess.
QUEUE = """
SELECT point_id, max(bucket), point_id %% %(workers)s = %(worker)s FROM (
  SELECT point_id, bucket FROM devices_rollup_dirty
  WHERE (point_id, bucket) > (%(point)s, %(bucket)s)
  ORDER BY point_id, bucket LIMIT %(limit)s) queue
GROUP BY point_id ORDER BY point_id"""
# By the index, however many marks there are: sorting them all for each slice would be quadratic.
IN_ORDER = "SET LOCAL enable_sort = %(sort)s"
# As ingest locks them, so that neither waits for the other in a circle.
LOCK = """
SELECT p.id, p.device_id, t.nature, coalesce(p.counter_width, t.counter_width), p.rollup_zones,
  t.value_type IN ('boolean', 'enum')
FROM devices_point p JOIN devices_pointtype t ON t.id = p.type_id
WHERE p.id = ANY(%(points)s) ORDER BY p.id FOR NO KEY UPDATE OF p"""
_CLAIM = """
WITH claimed AS (
  UPDATE devices_rollup_dirty SET marks = 0
  WHERE point_id = ANY(%(points)s) AND (point_id < %(point)s OR bucket <= %(bucket)s)
  RETURNING point_id, bucket)
{stretches}"""
CLAIM = _CLAIM.format(stretches=statements.MARKED.format(source="claimed"))
DONE = "DELETE FROM devices_rollup_dirty WHERE point_id = ANY(%(points)s) AND marks = 0"
REACH = """
SELECT point_id, min(bucket), max(bucket) + interval '15 minutes' FROM devices_rollup
WHERE point_id = ANY(%(points)s) AND resolution = 15 GROUP BY point_id"""
FORGET_COARSE = """
DELETE FROM devices_rollup WHERE point_id = ANY(%(points)s) AND resolution > 15"""
NOTE_ZONES = """
UPDATE devices_point p SET rollup_zones = u.zones
FROM unnest(%(points)s::bigint[], %(zones)s::text[]) AS u(point_id, zones)
WHERE p.id = u.point_id"""
# In the order of the key, as ingest marks.
MARK_ALL = """
INSERT INTO devices_rollup_dirty (point_id, bucket)
SELECT DISTINCT r.point_id, date_bin('15 minutes', r.time, '2000-01-01 00:00+00') AS bucket
FROM unnest(%(points)s::bigint[], %(starts)s::timestamptz[]) AS u(point_id, start)
JOIN devices_reading r ON r.point_id = u.point_id AND r.time >= u.start AND r.time < %(end)s
ORDER BY 1, 2
ON CONFLICT (point_id, bucket) DO UPDATE SET marks = devices_rollup_dirty.marks + 1"""

RAW_STARTS = """
SELECT id, raw_from FROM devices_point WHERE id = ANY(%(points)s) AND raw_from IS NOT NULL"""


class Share(NamedTuple):
    """Which points a worker sums up: those whose number leaves this rest."""

    worker: int = 0
    workers: int = 1


ALL = Share()


def raw_starts(points: Sequence[int]) -> dict[int, datetime]:
    """Return since when the points have all their readings, for those that retention cut."""
    return dict(ask(RAW_STARTS, {"points": list(points)}))


@dataclass(frozen=True, slots=True)
class Slice:
    """Some points with their oldest marks: all of those before a point, and its own up to a
    moment.
    """

    points: list[int]
    point: int
    bucket: datetime


class Locked(NamedTuple):
    """A point whose readings nobody else writes now."""

    wanted: Wanted
    zones: str
    is_state: bool


def _execute(sql: str, parameters: Mapping[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def _slices(share: Share, *, size: int) -> Iterator[Slice]:
    """Yield what is to do, once around: marks made behind it wait for the next round."""
    point, bucket = 0, ORIGIN - timedelta(days=1)
    limit = size * share.workers
    while rows := _queue({"point": point, "bucket": bucket, "limit": limit, **share._asdict()}):
        point, bucket, _ = rows[-1]
        if own := [key for key, _, is_own in rows if is_own]:
            yield Slice(own, point, bucket)


@transaction.atomic
def _queue(parameters: Mapping[str, Any]) -> list[tuple[int, datetime, bool]]:
    """Return the next points with marks, each with the last of them that is looked at."""
    _execute(IN_ORDER, {"sort": "off"})
    rows = ask(QUEUE, parameters)
    _execute(IN_ORDER, {"sort": "on"})
    return rows


def _locked(points: Sequence[int]) -> list[Locked]:
    rows = ask(LOCK, {"points": list(points)})
    clocks = timelines_of({row[1] for row in rows})
    return [_described(row, clocks) for row in rows]


def _described(row: tuple[Any, ...], clocks: Mapping[UUID, Timeline]) -> Locked:
    key, device, nature, width, zones, is_state = row
    is_counter = nature == Nature.COUNTER
    return Locked(Wanted(key, is_counter, width, clocks[device], is_summed=True), zones, is_state)


def _ensure_months(stretches: Iterable[Stretch]) -> None:
    """Make the partitions that the sums of these quarter hours go to."""
    months = set()
    for since, until in stretches:
        # A local month may begin up to a month and a day before.
        month, last = Month.of(since - timedelta(days=32)), Month.of(until)
        while month <= last:
            months.add(month)
            month = month.next()
    partitions.ensure((ROLLUPS, month) for month in months)


def _write_quarters(locked: Sequence[Locked], stale: Mapping[int, list[Stretch]]) -> None:
    runs, spans, states = Runs(), Spans(), Spans()
    for wanted, _, is_state in locked:
        stretches = stale.get(wanted.point, [])
        runs.add(wanted, stretches, wanted.timeline, part=WHOLE[0])
        spans.add(wanted.point, stretches, wanted.timeline)
        if is_state:
            states.add(wanted.point, stretches, wanted.timeline)
    if runs.points:
        parameters = {**runs.parameters(), **spans.parameters("quarters")}
        _write(statements.QUARTERS, Level.QUARTER, name="quarters", parameters=parameters)
    if states.points:
        _execute(held.KEPT_QUARTERS, states.parameters(held.NAME))


def _write_coarse(locked: Sequence[Locked], stale: Mapping[int, list[Stretch]]) -> None:
    """Sum up hours from quarter hours, days from hours, months from days."""
    for finer, level in pairwise(CHAIN):
        spans, states = Spans(), Spans()
        for wanted, _, is_state in locked:
            stretches = spread(stale.get(wanted.point, []), wanted.timeline, level)
            spans.add(wanted.point, stretches, wanted.timeline)
            if is_state:
                states.add(wanted.point, stretches, wanted.timeline)
        if spans.points:
            source = statements.stored(finer, "spans")
            fresh = statements.composed(source, level, has_plain_hours=spans.has_plain_hours)
            _write(fresh, level, name="spans", parameters=spans.parameters("spans"))
        if states.points:
            text = held.kept(finer, level, has_plain_hours=states.has_plain_hours)
            _execute(text, states.parameters(held.NAME))


def _write(fresh: str, level: Level, *, name: str, parameters: Mapping[str, Any]) -> None:
    """Make the stored rows of the spans of that name equal to the fresh ones."""
    gone = ask(statements.written(fresh, level, name), parameters)
    if gone:
        points, buckets = zip(*gone, strict=True)
        keys = {"points": list(points), "buckets": list(buckets), "level": level.value}
        _execute(statements.FORGET, {**keys, "first": min(buckets), "last": max(buckets)})


def _turn_clocks(locked: Sequence[Locked], stale: dict[int, list[Stretch]]) -> None:
    """Let all of a point be summed up again whose clock is another one than before."""
    turned = [one for one in locked if one.zones != one.wanted.timeline.key]
    if not turned:
        return
    old = [one.wanted.point for one in turned if one.zones]
    if old:
        _execute(FORGET_COARSE, {"points": old})
        for point, reach in grouped(ask(REACH, {"points": old})).items():
            stale[point] = merged([*stale.get(point, []), *reach])
    keys = {one.wanted.point: one.wanted.timeline.key for one in turned}
    _execute(NOTE_ZONES, {"points": list(keys), "zones": list(keys.values())})


@transaction.atomic
def _sum_up(part: Slice) -> None:
    """Claim the slice's marks, sum up what they made stale, delete them."""
    locked = _locked(part.points)
    marked = grouped(ask(CLAIM, asdict(part)))
    stale = widened(marked, [one.wanted.point for one in locked if one.wanted.is_counter])
    _ensure_months(stretch for stretches in stale.values() for stretch in stretches)
    _write_quarters(locked, stale)
    _turn_clocks(locked, stale)
    _write_coarse(locked, stale)
    changed = {point: stretches[0][0] for point, stretches in stale.items() if stretches}
    note_readings(changed, now=timezone.now())
    _execute(DONE, {"points": part.points})


def _is_deadlock(error: Exception) -> bool:
    state = getattr(error.__cause__, "sqlstate", None)
    return isinstance(error, OperationalError) and state == DEADLOCK


def refresh_rollups(share: Share = ALL, *, size: int = SLICE, seconds: float | None = None) -> int:
    """Sum up what changed since, slice by slice, each in a transaction of its own.

    Killed at any moment, it has lost nothing: the marks of an unfinished slice are still there.

    Args: seconds, after which no further slice is begun.
    Returns: how many slices were done.
    Source: docs/time-series.md, "Rollups".
    """
    began, done = time.monotonic(), 0
    for part in _slices(share, size=size):
        for attempt in stamina.retry_context(on=_is_deadlock, attempts=TRIES, wait_initial=0.05):
            with attempt:
                _sum_up(part)
        done += 1
        if seconds is not None and time.monotonic() - began >= seconds:
            break
    return done


@contextmanager
def taken(share: Share) -> Iterator[bool]:
    """Take a share in hand for as long as this lasts; False if another worker has it."""
    key = {"key": f"devices.rollups.{share.worker}.{share.workers}"}
    ((is_taken,),) = ask("SELECT pg_try_advisory_lock(hashtext(%(key)s))", key)
    try:
        yield is_taken
    finally:
        if is_taken:
            ask("SELECT pg_advisory_unlock(hashtext(%(key)s))", key)


@transaction.atomic
def turn_clocks(points: Sequence[int]) -> None:
    """Sum the points' hours, days and months up anew, if their clock is another one now."""
    locked = _locked(points)
    stale: dict[int, list[Stretch]] = {}
    _turn_clocks(locked, stale)
    _ensure_months(stretch for stretches in stale.values() for stretch in stretches)
    _write_coarse(locked, stale)


@transaction.atomic
def mark_rollups(points: Sequence[int], *, start: datetime, end: datetime) -> None:
    """Mark all quarter hours of a time that hold readings, to be summed up anew.

    Sums whose readings are gone, as retention leaves them, stay as they are.
    """
    _locked(points)
    kept = raw_starts(points)
    starts = [max(start, kept.get(point, start)) for point in points]
    _execute(MARK_ALL, {"points": list(points), "starts": starts, "end": end})
