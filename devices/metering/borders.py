"""Where one meter follows another: the steps from and to counters that were written down, and the
time between both that no counter speaks for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

from devices.metering.feeds import Feed
from devices.series import statements
from devices.series.answers import Flag
from devices.series.buckets import Level
from devices.series.plans import TICK, Part
from devices.series.stretches import Stretch
from devices.series.sums import ask
from devices.windows import NEVER

BORDERS = """
SELECT u.feed, f.time, f.value, l.time, l.value FROM (
  SELECT u.*, (SELECT r.time FROM devices_reading r WHERE r.point_id = u.point_id
      AND r.time >= u.low AND r.time < u.high ORDER BY r.time LIMIT 1) AS first_time,
    (SELECT r.time FROM devices_reading r WHERE r.point_id = u.point_id
      AND r.time >= u.low AND r.time < u.high ORDER BY r.time DESC LIMIT 1) AS last_time
  FROM unnest(%(points)s::bigint[], %(lows)s::timestamptz[], %(highs)s::timestamptz[])
    WITH ORDINALITY AS u(point_id, low, high, feed)) u
LEFT JOIN devices_reading f ON f.point_id = u.point_id AND f.time = u.first_time
LEFT JOIN devices_reading l ON l.point_id = u.point_id AND l.time = u.last_time"""
LONGEST = {
    Level.QUARTER: timedelta(minutes=15),
    Level.HOUR: timedelta(hours=1),
    Level.DAY: timedelta(hours=25),
    Level.MONTH: timedelta(hours=745),
}


class Counter(NamedTuple):
    """What a counter showed."""

    time: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Step:
    """Consumption from one counter to the next, one of them or both written down by hand."""

    feed: Feed
    before: Counter
    after: Counter
    amount: float
    fall: int

    def flags(self, level: Level) -> int:
        """Return what happened, as buckets of that length tell it."""
        is_long = self.after.time - self.before.time > LONGEST[level]
        return self.fall | (Flag.GAP if is_long else 0)

    def is_within(self, parts: Iterable[Part]) -> bool:
        """Say whether both counters are in one part of what may be read."""
        return any(
            part.since < self.after.time
            and (self.after.time < part.until or self._closes(part))
            and part.floor <= max(self.before.time, self.feed.floor)
            for part in parts
        )

    def _closes(self, part: Part) -> bool:
        is_end = self.after.time == self.feed.until == part.until
        return is_end or (part.closes and self.after.time == part.until)


def step_of(before: float, value: float, *, width: float | None) -> tuple[float, int]:
    """Return the consumption from one counter to the next and what happened, by the rules of
    readings. Source: docs/time-series.md, "Rollups".
    """
    if value >= before:
        return value - before, 0
    if width and 0 <= value + width - before <= width / statements.ROLLOVER_PART:
        return value + width - before, Flag.ROLLOVER
    if 0 <= value * statements.RESET_PART <= before:
        return value, Flag.RESET
    return 0.0, Flag.SWAP


@dataclass(frozen=True, slots=True)
class Ends:
    """The first and the last reading of a feed that count, beside what was written down."""

    feed: Feed
    first: Counter | None
    last: Counter | None

    def steps(self) -> list[Step]:
        """Return the steps from the start counter and to the end counter."""
        given = self.feed.assignment
        start = _counter(self.feed.since, given.start_counter)
        end = _counter(self.feed.until, given.end_counter)
        if self.first is None or self.last is None:
            found = [self._step(start, end)]
        else:
            found = [self._step(start, self.first), self._step(self.last, end)]
        return [one for one in found if one]

    def _step(self, before: Counter | None, after: Counter | None) -> Step | None:
        if before is None or after is None:
            return None
        return Step(
            self.feed, before, after, *step_of(before.value, after.value, width=self.feed.width)
        )

    @property
    def spoken_for(self) -> Stretch:
        """Return from when until when counters tell of the feed; nothing, if there are none."""
        given = self.feed.assignment
        since = self.feed.since if given.start_counter is not None else None
        until = self.feed.until if given.end_counter is not None else None
        first = since or (self.first.time if self.first else self.feed.until)
        return first, until or (self.last.time if self.last else first)


def _counter(moment: datetime, value: float | None) -> Counter | None:
    return None if value is None else Counter(moment, value)


def ends_of(feeds: Sequence[Feed]) -> Mapping[UUID, Ends]:
    """Return the first and last reading of each feed; one query, two looks at an index each."""
    if not feeds:
        return {}
    columns = {
        "points": [feed.assignment.point_id for feed in feeds],
        "lows": [feed.floor for feed in feeds],
        "highs": [_high(feed) for feed in feeds],
    }
    found = {}
    for number, first_time, first, last_time, last in ask(BORDERS, columns):
        feed = feeds[number - 1]
        ends = [Counter(t, v) if t else None for t, v in ((first_time, first), (last_time, last))]
        found[feed.assignment.pk] = Ends(feed, *ends)
    return found


def _high(feed: Feed) -> datetime:
    is_closed = feed.closes and feed.until != NEVER
    return feed.until + TICK if is_closed else feed.until


@dataclass(frozen=True, slots=True)
class Seams:
    """When meters of a metering point changed, and what time between them nothing speaks for."""

    changes: Sequence[datetime]
    holes: Sequence[Stretch]


def seams_of(feeds: Sequence[Feed], ends: Mapping[UUID, Ends]) -> Seams:
    """Return the seams between the feeds of a metering point, oldest first."""
    changes, holes = [], []
    for one, other in pairwise(feeds):
        changes.append(other.since)
        until = ends[one.assignment.pk].spoken_for[1]
        since = ends[other.assignment.pk].spoken_for[0]
        if until < since:
            holes.append((until, since))
    return Seams(changes, holes)
