"""What to read for a series of buckets: the coarsest stored sums, and readings where these are
not to be had: changed since, cut by a border of rights, or by another clock. Pure.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from devices.series.buckets import CHAIN, QUARTER_HOUR, Level, ceiling, floor
from devices.series.stretches import Stretch, merged, within, without
from devices.series.timelines import UTC_ZONE, Timeline
from devices.windows import EVER, NEVER

TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Part:
    """A time whose readings count.

    ``floor`` is the first moment whose counter may be what consumption is taken from. A counter's
    reading at ``until`` itself counts only if the part ``closes`` with it.
    """

    since: datetime = EVER
    until: datetime = NEVER
    floor: datetime = EVER
    closes: bool = False


WHOLE = (Part(),)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A point whose buckets are asked for; ``is_summed``: its coarse sums follow its clock."""

    point: int
    is_counter: bool
    width: float | None
    timeline: Timeline
    is_summed: bool
    parts: Sequence[Part] = WHOLE


@dataclass(frozen=True, slots=True)
class Question:
    """Which buckets are asked for: all that the range touches; by each device's own clock unless
    a zone is given.
    """

    level: Level
    start: datetime
    end: datetime
    zone: ZoneInfo | None = None

    def timeline(self, wanted: Wanted) -> Timeline:
        """Return the clock to answer by."""
        return Timeline.of(self.zone) if self.zone else wanted.timeline

    def cover(self, wanted: Wanted) -> Stretch:
        """Return the whole time of the buckets."""
        if self.zone is not None:
            return _cover(self.zone, self.level, self.start, self.end)
        return wanted.timeline.cover(self.level, self.start, self.end)


@lru_cache(maxsize=64)
def _cover(zone: ZoneInfo, level: Level, start: datetime, end: datetime) -> Stretch:
    """Return the time of the buckets by one clock: the same for each of a thousand meters."""
    return Timeline.of(zone).cover(level, start, end)


@lru_cache(maxsize=1024)
def share_hours(one: ZoneInfo, other: ZoneInfo, since: datetime, until: datetime) -> bool:
    """Say whether hours by both clocks begin at the same moments all the time."""
    moment = since
    while moment < until + timedelta(days=30):
        there, here = (min(moment, until).astimezone(zone).utcoffset() for zone in (one, other))
        if there is None or here is None or (there - here) % timedelta(hours=1):
            return False
        moment += timedelta(days=10)
    return True


def are_plain_hours(zones: Iterable[str], since: datetime, until: datetime) -> bool:
    """Say whether hours by all the clocks begin when those of UTC do, all the time."""
    days = (since - timedelta(days=1), until + timedelta(days=1))
    return all(share_hours(ZoneInfo(zone), UTC_ZONE, *days) for zone in set(zones))


def spread(stretches: Iterable[Stretch], timeline: Timeline, level: Level) -> list[Stretch]:
    """Return the whole time of all buckets that the stretches touch."""
    return merged(timeline.cover(level, since, until) for since, until in stretches)


@dataclass
class Spans:
    """Rows of stored sums to read: parallel arrays for one statement."""

    points: list[int] = field(default_factory=list)
    since: list[datetime] = field(default_factory=list)
    until: list[datetime] = field(default_factory=list)
    zones: list[str] = field(default_factory=list)

    def repeat(self, point: int, rows: slice) -> None:
        """Add for a point what those rows hold for another one."""
        self.points += [point] * (rows.stop - rows.start)
        self.since += self.since[rows]
        self.until += self.until[rows]
        self.zones += self.zones[rows]

    def add(self, point: int, stretches: Iterable[Stretch], timeline: Timeline) -> None:
        """Add a point's stretches, cut where its clock changes."""
        for stretch in stretches:
            for since, until, zone in timeline.cut(*stretch):
                self.points.append(point)
                self.since.append(since)
                self.until.append(until)
                self.zones.append(zone)

    @property
    def has_plain_hours(self) -> bool:
        """Say whether the hours in the stretches begin when those of UTC do."""
        return are_plain_hours(self.zones, min(self.since), max(self.until))

    def parted(self) -> tuple["Spans", "Spans"]:
        """Return the commonest span with the points that have it, and all others.

        Meters of a building mostly differ in nothing but the marks of the last minutes.
        """
        rows = list(zip(self.since, self.until, self.zones, strict=True))
        common, count = Counter(rows).most_common(1)[0] if rows else (None, 0)
        alike, others = Spans(), Spans()
        for point, row in zip(self.points, rows, strict=True):
            part = alike if count > 1 and row == common else others
            part.points.append(point)
            part.since.append(row[0])
            part.until.append(row[1])
            part.zones.append(row[2])
        return alike, others

    def alike_parameters(self, name: str) -> Mapping[str, Any]:
        """Return the points and their one span under the names that the statement has for them."""
        return {
            f"{name}_points": self.points,
            f"{name}_first": self.since[0],
            f"{name}_last": self.until[0],
            f"{name}_zone": self.zones[0],
        }

    def parameters(self, name: str) -> Mapping[str, Any]:
        """Return the arrays under the names that the statements have for them."""
        return {
            f"{name}_points": self.points,
            f"{name}_since": self.since,
            f"{name}_until": self.until,
            f"{name}_zones": self.zones,
            # Known before the join, so that other months are not even looked at.
            f"{name}_first": min(self.since, default=None),
            f"{name}_last": max(self.until, default=None),
        }


@dataclass
class Runs:
    """Readings to sum up anew: parallel arrays for one statement."""

    points: list[int] = field(default_factory=list)
    lows: list[datetime] = field(default_factory=list)
    highs: list[datetime] = field(default_factory=list)
    floors: list[datetime] = field(default_factory=list)
    counters: list[bool] = field(default_factory=list)
    widths: list[float | None] = field(default_factory=list)
    zones: list[str] = field(default_factory=list)

    def add(
        self, wanted: Wanted, stretches: Iterable[Stretch], timeline: Timeline, *, part: Part
    ) -> None:
        """Add a point's quarter hours, cut by the part and where its clock changes."""
        tick = TICK if wanted.is_counter else timedelta(0)
        last = part.until
        if last != NEVER and wanted.is_counter and part.closes:
            last += TICK
        for stretch in stretches:
            for since, until, zone in timeline.cut(*stretch):
                self.points.append(wanted.point)
                self.lows.append(max(since, part.since) + tick)
                self.highs.append(min(until + tick, last))
                self.floors.append(part.floor)
                self.counters.append(wanted.is_counter)
                self.widths.append(wanted.width)
                self.zones.append(zone)

    def parameters(self) -> Mapping[str, Any]:
        """Return the arrays under the names that the statements have for them."""
        return dict(vars(self))


def edges(wanted: Wanted, part: Part, bounds: Stretch) -> list[Stretch]:
    """Return the quarter hours that a border of the part cuts within the bounds."""
    found = []
    for border, is_end in ((part.since, False), (part.until, True)):
        if not bounds[0] <= border <= bounds[1]:
            continue
        first = floor(Level.QUARTER, border, UTC_ZONE)
        if first != border:
            found.append((first, first + QUARTER_HOUR))
        elif is_end and wanted.is_counter and not part.closes:
            found.append((first - QUARTER_HOUR, first))
    return found


class Plan:
    """Collects what to read, point by point and level by level."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self.levels = CHAIN[: CHAIN.index(question.level) + 1]
        self.spans = {level: Spans() for level in self.levels}
        self.runs = Runs()
        # Of what is answered from stored sums alone: mostly all meters of a building are alike.
        self._known: dict[Any, dict[Level, slice]] = {}

    @property
    def has_plain_hours(self) -> bool:
        """Say whether all hours asked for begin when those of UTC do."""
        zones = {zone for spans in self.spans.values() for zone in spans.zones}
        bounds = (self._question.start, self._question.end)
        return are_plain_hours({*zones, *self.runs.zones}, *bounds)

    def add(self, wanted: Wanted, part: Part, fresh: Sequence[Stretch]) -> None:
        """Add a part of a point; ``fresh`` are the quarter hours to sum up from readings."""
        key = (wanted.timeline, part, wanted.is_summed, wanted.is_counter)
        if not fresh and key in self._known:
            for level, rows in self._known[key].items():
                self.spans[level].repeat(wanted.point, rows)
            return
        before = {level: len(spans.points) for level, spans in self.spans.items()}
        count = len(self.runs.points)
        self._add(wanted, part, fresh)
        if not fresh and len(self.runs.points) == count:
            self._known[key] = {
                level: slice(before[level], len(spans.points))
                for level, spans in self.spans.items()
            }

    def _add(self, wanted: Wanted, part: Part, fresh: Sequence[Stretch]) -> None:
        timeline = self._question.timeline(wanted)
        lo, hi = self._question.cover(wanted)
        since, until = max(lo, part.since), min(hi, part.until)
        if since >= until:
            return
        inside = (
            floor(Level.QUARTER, since, UTC_ZONE),
            ceiling(Level.QUARTER, until, zone=UTC_ZONE),
        )
        fresh = within(fresh, [inside])
        needed = [inside]
        for level in reversed(self.levels):
            if level is Level.QUARTER:
                dirty = fresh
            elif self._is_stored(wanted, level, lo=lo, hi=hi):
                borders = [(one, one) for one in inside]
                dirty = spread([*fresh, *borders], timeline, level)
            else:
                dirty = needed
            self.spans[level].add(wanted.point, without(needed, dirty), timeline)
            needed = within(needed, dirty)
            if not needed:
                return
        self.runs.add(wanted, needed, timeline, part=part)

    def _is_stored(self, wanted: Wanted, level: Level, *, lo: datetime, hi: datetime) -> bool:
        """Say whether the point's stored sums of the level are by the clock asked for."""
        zone = self._question.zone
        if zone is None or not wanted.is_summed:
            return wanted.is_summed
        zones = [one.zone for one in wanted.timeline.segments]
        if zones == [zone]:
            return True
        return level is Level.HOUR and all(share_hours(one, zone, lo, hi) for one in zones)
