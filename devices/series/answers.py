"""Series of buckets as clients get them: columns with aggregate, coverage and quality."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import IntFlag
from functools import lru_cache
from itertools import groupby, repeat
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from devices.choices import Aggregate, Nature, Quality, ValueType
from devices.errors import SeriesTooLong
from devices.models import Device, Point
from devices.selectors import shown
from devices.series.buckets import LEVELS, Level, after, keeps_minutes
from devices.series.plans import Part, Question, Wanted
from devices.series.states import Held, read_states
from devices.series.sums import Bucket, read_buckets
from devices.series.timelines import Timeline, timelines_of
from devices.windows import SeriesAccess

MAX_VALUES = 50_000
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
# A reading may be this early, and an hour of a day of 25.
AHEAD = timedelta(hours=25)


class Flag(IntFlag):
    """What happened in a bucket, as ``devices_rollup.flags`` stores it."""

    ESTIMATED = 1
    SUSPECT = 2
    RESET = 4
    ROLLOVER = 8
    SWAP = 16
    GAP = 32


DOUBTFUL = Flag.SUSPECT | Flag.RESET | Flag.SWAP
ROUGH = Flag.ESTIMATED | Flag.GAP
# What is one reading of several, and shown like one.
SINGLE = frozenset({Aggregate.LAST, Aggregate.MIN, Aggregate.MAX})
# What is told of states alone: how long which value held.
HELD = frozenset({Aggregate.SHARE, Aggregate.DURATION})
WORDS = (Flag.RESET, Flag.ROLLOVER, Flag.SWAP, Flag.GAP)


@lru_cache(maxsize=64)
def quality_of(flags: int) -> str:
    """Return the quality of a bucket: that of its worst reading, or of what happened in it."""
    if flags & DOUBTFUL:
        return Quality.SUSPECT.label
    return Quality.ESTIMATED.label if flags & ROUGH else Quality.GOOD.label


def words_of(flags: int) -> list[str]:
    """Return what happened to the counter in words."""
    return [str(flag.name).lower() for flag in WORDS if flags & flag] if flags else []


VALUES: dict[Aggregate, Callable[[Bucket], float | None]] = {
    Aggregate.MEAN: lambda bucket: bucket.sum / bucket.readings,
    Aggregate.MIN: attrgetter("min"),
    Aggregate.MAX: attrgetter("max"),
    Aggregate.LAST: attrgetter("last"),
    Aggregate.DELTA: attrgetter("delta"),
}


def value_of(bucket: Bucket, aggregate: Aggregate) -> float | None:
    """Return what a bucket says by that aggregate."""
    return VALUES[aggregate](bucket)


@dataclass(frozen=True, slots=True)
class Column:
    """The buckets of one point, oldest first; buckets without a value are left out.

    ``label`` is the value that the shares and durations of an enumeration are about.
    """

    point: Point
    aggregate: Aggregate
    label: str | None = None
    times: list[datetime] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    coverage: list[float] = field(default_factory=list)
    quality: list[str] = field(default_factory=list)
    flags: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Range:
    """What is asked of each point: its buckets of an interval that touch the time."""

    interval: str
    start: datetime
    end: datetime
    now: datetime
    zone: ZoneInfo | None = None

    @property
    def level(self) -> Level:
        """Return the length of the buckets."""
        return next(level for name, level in LEVELS.items() if name == self.interval)

    @property
    def question(self) -> Question:
        """Return the question, cut to times that readings can have."""
        start, end = max(self.start, EARLIEST), min(self.end, self.now + AHEAD)
        return Question(self.level, start, max(start, end), self.zone)


def parts_of(access: SeriesAccess, asked: Range) -> list[Part]:
    """Return the parts of the series that may be summed up.

    Raises: ResolutionNotGranted.
    """
    times = access.sums(asked.start, asked.end, interval=asked.interval, now=asked.now)
    if asked.zone is not None:
        access.check_clock(asked.zone, asked.start, asked.end)
    borders = {one.until for one in access.windows}
    # What is not a border of rights is that of the running bucket: its last reading counts.
    return [Part(since, until, since, until not in borders) for since, until in times]


def wanted_of(point: Point, timeline: Timeline, *, parts: Sequence[Part]) -> Wanted:
    """Return what to ask of a point (with its type)."""
    width = point.counter_width or point.type.counter_width
    is_counter = point.type.nature == Nature.COUNTER
    is_summed = point.rollup_zones == timeline.key
    return Wanted(point.pk, is_counter, width, timeline, is_summed, parts)


def coverage_of(
    covered: float, start: datetime, *, level: Level, zone: ZoneInfo, now: datetime
) -> float:
    """Return the share of a bucket, as far as it has passed, that so many seconds are."""
    seconds = (min(after(level, start, zone), max(now, start)) - start).total_seconds()
    return round(min(covered / seconds, 1.0), 4) if seconds else 1.0


def fill_columns(
    columns: Iterable[Column], found: Iterable[Bucket], *, asked: Range, timeline: Timeline
) -> None:
    """Write the buckets, in the order of points, into the columns; whole columns at a time, since
    a year has 8,760 hours.
    """
    by_point = {column.point.pk: column for column in columns}
    for point, of_point in groupby(found, key=attrgetter("point")):
        column = by_point[point]
        kind, is_single = column.point.type, column.aggregate in SINGLE
        rows = [one for one in of_point if value_of(one, column.aggregate) is not None]
        values = map(VALUES[column.aggregate], rows)
        flags = [one.flags for one in rows]
        column.times.extend(one.start for one in rows)
        column.values.extend((shown(value, kind) for value in values) if is_single else values)
        column.coverage.extend(_coverage(rows, asked, timeline=timeline))
        column.quality.extend(map(quality_of, flags))
        column.flags.extend(map(words_of, flags))


def _coverage(rows: Sequence[Bucket], asked: Range, *, timeline: Timeline) -> Iterable[float]:
    """Return the coverage of each bucket, quickly where their length is known and has passed."""
    level, now = asked.level, asked.now
    seconds = level * 60 if level < Level.DAY else 0
    is_over = bool(rows) and rows[-1].at + seconds <= now.timestamp()
    if seconds and is_over and min(one.covered for one in rows) >= seconds:
        return repeat(1.0, len(rows))
    return _shares(rows, seconds, asked=asked, timeline=timeline)


def _shares(
    rows: Iterable[Bucket], seconds: int, *, asked: Range, timeline: Timeline
) -> Iterator[float]:
    """Yield the coverage of each bucket; ``seconds`` is their length, or 0."""
    level, now = asked.level, asked.now
    whole_until = now.timestamp() - seconds
    # Where clocks move by half an hour, some hours have no more than that.
    zones = {asked.zone} if asked.zone else {one.zone for one in timeline.segments}
    start, end = asked.question.start, asked.question.end
    is_steady = all(keeps_minutes(zone, start, end) for zone in zones)
    for one in rows:
        share = one.covered / seconds if seconds and one.at <= whole_until else 0.0
        if share >= 1.0:
            yield 1.0
        elif share and is_steady:
            yield round(share, 4)
        else:
            zone = asked.zone or timeline.zone_at(one.start)
            yield coverage_of(one.covered, one.start, level=level, zone=zone, now=now)


def interval_series(
    device: Device,
    points: Sequence[tuple[Point, Aggregate]],
    *,
    access: SeriesAccess,
    asked: Range,
    limit: int = MAX_VALUES,
) -> list[Column]:
    """Return a column per point, in the order given, and then one for each label of those whose
    shares or durations are asked for; nine queries at most.

    Raises: ResolutionNotGranted; SeriesTooLong, if there are more than ``limit`` values.
    """
    parts = parts_of(access, asked)
    timeline = timelines_of([device.pk])[device.pk]
    columns = [Column(*one) for one in points if one[1] not in HELD]
    states = [one for one in points if one[1] in HELD]
    question = asked.question
    is_empty = not parts or question.start >= question.end
    if columns and not is_empty:
        wanted = [wanted_of(column.point, timeline, parts=parts) for column in columns]
        found = read_buckets(wanted, question, limit=limit + 1)
        fill_columns(columns, found, asked=asked, timeline=timeline)
    if states:
        wanted = (
            [] if is_empty else [wanted_of(point, timeline, parts=parts) for point, _ in states]
        )
        held = read_states(wanted, question, now=asked.now, limit=limit)
        clock = Timeline.of(asked.zone) if asked.zone else timeline
        for point, aggregate in states:
            own = held.get(point.pk, {})
            columns += _state_columns(point, aggregate, own, asked=asked, clock=clock)
    if sum(len(column.times) for column in columns) > limit:
        raise SeriesTooLong(limit=limit)
    return columns


def _state_columns(
    point: Point,
    aggregate: Aggregate,
    found: Mapping[datetime, Held],
    *,
    asked: Range,
    clock: Timeline,
) -> Iterator[Column]:
    """Yield a column for each label of an enumeration; of a yes or no, one for yes."""
    is_enum = point.type.value_type == ValueType.ENUM
    for number in sorted(map(int, point.type.labels)) if is_enum else [1]:
        column = Column(point, aggregate, point.type.labels.get(str(number)))
        for start, held in found.items():
            seconds, known = held.seconds.get(number, 0.0), held.known
            zone = clock.zone_at(start)
            share = coverage_of(known, start, level=asked.level, zone=zone, now=asked.now)
            column.times.append(start)
            column.values.append(
                round(seconds if aggregate == Aggregate.DURATION else seconds / known, 6)
            )
            column.coverage.append(share)
            # Nothing was heard in the bucket: what held before is taken to hold still.
            flags = Flag.ESTIMATED if held.flags is None else held.flags
            column.quality.append(quality_of(flags))
            column.flags.append([])
        yield column


def default_aggregate(point: Point) -> Aggregate:
    """Return what is told of a point unless something else is asked for."""
    if point.type.nature == Nature.COUNTER:
        return Aggregate.DELTA
    return Aggregate.LAST if point.type.value_type == ValueType.ENUM else Aggregate.MEAN


def fits(point: Point, aggregate: Aggregate) -> bool:
    """Say whether the aggregate means anything for the point."""
    if point.type.nature == Nature.COUNTER:
        return aggregate in {Aggregate.DELTA, Aggregate.LAST}
    if aggregate in HELD:
        return point.type.value_type != ValueType.NUMBER
    if point.type.value_type == ValueType.ENUM:
        return aggregate is Aggregate.LAST
    return aggregate is not Aggregate.DELTA
