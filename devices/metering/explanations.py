"""What is behind a number: the counters, assignments, factors and corrections of each bucket."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.principals import Principal
from devices.errors import SeriesTooLong
from devices.metering.borders import Counter, Step, step_of
from devices.metering.consumption import Consumption, Share
from devices.metering.feeds import Claim, Task
from devices.models import Asset
from devices.series.answers import Flag, Range, words_of
from devices.series.buckets import after
from devices.series.plans import TICK
from devices.series.sums import ask
from devices.series_access import series_access_of_all
from devices.windows import NEVER

MAX_ENTRIES = 2_000
# Seconds since 1970, the counter before and after.
Fall = tuple[float, float, float]
# Each stretch of readings with the one before it, and what fell; a retained sum may have none left.
BEHIND = """
SELECT n, count(*) FILTER (WHERE time >= low),
  count(*) FILTER (WHERE time >= low AND revision > 0),
  min(time), (array_agg(value ORDER BY time))[1],
  max(time), (array_agg(value ORDER BY time DESC))[1],
  coalesce(jsonb_agg(jsonb_build_array(extract(epoch FROM time), before, value) ORDER BY time)
    FILTER (WHERE value < before AND time >= low), '[]')
FROM (
  SELECT s.n, s.low, r.time, r.value, r.revision,
    lag(r.value) OVER (PARTITION BY s.n ORDER BY r.time) AS before
  FROM (
    SELECT u.*, coalesce((SELECT r.time FROM devices_reading r WHERE r.point_id = u.point_id
      AND r.time < u.low AND r.time >= u.floor ORDER BY r.time DESC LIMIT 1), u.low) AS scan
    FROM unnest(%(points)s::bigint[], %(lows)s::timestamptz[], %(highs)s::timestamptz[],
      %(floors)s::timestamptz[]) WITH ORDINALITY AS u(point_id, low, high, floor, n)) s
  JOIN devices_reading r ON r.point_id = s.point_id AND r.time >= s.scan AND r.time < s.high) steps
GROUP BY n"""


class Behind(NamedTuple):
    """The readings of one entry."""

    readings: int
    restated: int
    first: Counter
    last: Counter
    falls: Sequence[Fall]


@dataclass(slots=True)
class Entry:
    """One feed's part in one bucket; it may consist of several, cut by rights."""

    start: datetime
    claim: Claim
    task: Task
    amount: float = 0.0
    flags: int = 0
    value: float = 0.0
    steps: list[Step] = field(default_factory=list)

    def add(self, share: Share) -> None:
        """Count another share of the same feed and claim."""
        self.amount += share.amount
        self.value += share.value
        self.flags |= share.flags
        self.steps += [share.step] if share.step else []

    def ends(self, behind: Behind | None) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the first and the last counter: as read, or as written down."""
        known = [] if behind is None else [behind.first, behind.last]
        feed = self.task.feed
        given = [
            one
            for step in self.steps
            for one, value in (
                (step.before, feed.assignment.start_counter),
                (step.after, feed.assignment.end_counter),
            )
            if value is not None and one.time in {feed.since, feed.until}
        ]
        ordered = sorted([*known, *given])
        first, last = (
            {"time": one.time, "value": one.value, "given": one in given}
            for one in (ordered[0], ordered[-1])
        )
        return first, last


def _entries(found: Consumption) -> list[Entry]:
    entries: dict[object, Entry] = {}
    for start, shares in zip(found.times, found.shares, strict=True):
        for share in shares:
            key = (start, share.claim, share.task.key)
            entries.setdefault(key, Entry(start, share.claim, share.task)).add(share)
    if len(entries) > MAX_ENTRIES:
        raise SeriesTooLong(limit=MAX_ENTRIES)
    return list(entries.values())


def explain(
    found: Consumption, *, asked: Range, principal: Principal | None
) -> list[dict[str, Any]]:
    """Return the parts of each bucket, in the order of time; four queries.

    When a counter fell is told only to those who may read single values of that time.

    Raises: SeriesTooLong, above 2,000 parts.
    """
    entries = _entries(found)
    if not entries:
        return []
    behind = _read(entries, found, asked)
    feeds = [entry.task.feed for entry in entries]
    devices = {feed.device: feed.assignment.point.device for feed in feeds}
    accesses = series_access_of_all(devices.values(), principal) if principal else {}
    serials = dict(
        Asset.objects.filter(device__in=list(devices)).values_list("device__pk", "serial")
    )
    bodies = []
    for number, entry in enumerate(entries, start=1):
        body = _shown(entry, behind.get(number), serials=serials)
        access = accesses.get(entry.task.feed.device)
        for correction in body["corrections"]:
            if access is not None and not access.shows(correction["time"]):
                for name in ("time", "from", "to"):
                    correction[name] = None
        bodies.append(body)
    return bodies


def _read(entries: Sequence[Entry], found: Consumption, asked: Range) -> dict[int, Behind]:
    columns: dict[str, list[Any]] = defaultdict(list)
    zone = asked.zone or ZoneInfo(found.metering_point.site.time_zone)
    for entry in entries:
        task = entry.task
        low, high = _span(task, entry.start, end=after(asked.level, entry.start, zone))
        columns["points"].append(task.feed.assignment.point_id)
        columns["lows"].append(low)
        columns["highs"].append(high)
        columns["floors"].append(min(part.floor for part in task.parts))
    return {row[0]: _behind(*row[1:]) for row in ask(BEHIND, columns)}


def _behind(readings: int, restated: int, *row: Any) -> Behind:
    first, last = Counter(*row[:2]), Counter(*row[2:4])
    return Behind(readings, restated, first, last, json.loads(row[4]))


def _span(task: Task, start: datetime, *, end: datetime) -> tuple[datetime, datetime]:
    """Return from when until before when readings count for the bucket."""
    low = max(start, min(part.since for part in task.parts)) + TICK
    last = max(task.parts, key=lambda part: part.until)
    if last.until > end or last.until == NEVER:
        return low, end + TICK
    return low, last.until + (TICK if last.closes else last.until - last.until)


def _shown(entry: Entry, behind: Behind | None, *, serials: Mapping[UUID, str]) -> dict[str, Any]:
    feed = entry.task.feed
    first, last = entry.ends(behind)
    return {
        "time": entry.start,
        "metering_point": str(entry.claim.source),
        "assignment": str(feed.assignment.pk),
        "device": str(feed.device),
        "serial": serials.get(feed.device, ""),
        "point": feed.assignment.point.type.key,
        "first": first,
        "last": last,
        "counted": entry.amount,
        "factor": feed.assignment.factor,
        "weight": entry.claim.weight,
        "value": entry.value,
        "flags": words_of(entry.flags),
        "corrections": [_correction(fall, feed.width) for fall in (behind.falls if behind else ())],
        "readings": behind.readings if behind else 0,
        "restated": behind.restated if behind else 0,
    }


def _correction(fall: Fall, width: float | None) -> dict[str, Any]:
    """Return what was made of a counter that fell."""
    seconds, before, value = fall
    amount, flag = step_of(before, value, width=width)
    return {
        "what": str(Flag(flag).name).lower(),
        "time": datetime.fromtimestamp(seconds, UTC),
        "from": before,
        "to": value,
        "counted": amount,
    }
