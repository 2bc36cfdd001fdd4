"""Consumption of metering points in buckets: what their feeds counted, put together.

Source: docs/metering.md, "Consumption".
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.principals import Principal
from config.lib.errors import DomainError
from devices.errors import PartsNotReadable, ResolutionNotGranted, SeriesTooLong
from devices.metering.borders import Seams, Step, ends_of, seams_of
from devices.metering.feeds import Claim, Feed, Task, claims_of, cut_of, feeds_of
from devices.metering.rights import Rights, open_times, tasks_of
from devices.models import MeteringPoint
from devices.series.answers import MAX_VALUES, Flag, Range, quality_of, wanted_of, words_of
from devices.series.buckets import after, floor
from devices.series.plans import TICK
from devices.series.stretches import Stretch
from devices.series.sums import read_buckets
from devices.series.timelines import Timeline, timelines_of
from devices.windows import EVER, NEVER

# Beyond the flags of readings: no counter speaks for a part of the bucket; another meter feeds from
# here on; a part of a sum has no value.
UNMETERED, METER_CHANGE, INCOMPLETE = 64, 128, 256
DOUBTED = UNMETERED | INCOMPLETE
NOBODY = Claim(UUID(int=0), UUID(int=0), 1.0, EVER, NEVER, is_term=False)
WORDS = {UNMETERED: "unmetered", METER_CHANGE: "meter_change", INCOMPLETE: "incomplete"}


class Share(NamedTuple):
    """What one feed adds to one bucket of a metering point."""

    claim: Claim
    task: Task
    start: datetime
    amount: float
    covered: float
    flags: int
    step: Step | None = None

    @property
    def value(self) -> float:
        """Return the consumption in the unit of the metering point, as it counts there."""
        return self.amount * self.task.feed.assignment.factor * self.claim.weight


@dataclass(slots=True)
class Consumption:
    """The consumption of one metering point, oldest first; buckets without a value are left out.

    ``refused`` is why there is none, where several are asked for at once.
    """

    metering_point: MeteringPoint
    times: list[datetime] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    coverage: list[float] = field(default_factory=list)
    quality: list[str] = field(default_factory=list)
    flags: list[list[str]] = field(default_factory=list)
    shares: list[list[Share]] = field(default_factory=list)
    steps: Sequence[Step] = ()
    refused: DomainError | None = None


class Reader:
    """Reads the consumption of metering points of one clock in a few queries, however many."""

    def __init__(
        self, points: Sequence[MeteringPoint], asked: Range, principal: Principal | None
    ) -> None:
        self.points, self.asked = points, asked
        self.zone = asked.zone or ZoneInfo(points[0].site.time_zone)
        self.asked = replace(asked, zone=self.zone)
        claims: dict[UUID, list[Claim]] = defaultdict(list)
        for claim in claims_of([point.pk for point in points]):
            claims[claim.root].append(claim)
        self.claims: Mapping[UUID, list[Claim]] = claims
        self.feeds = feeds_of({one.source for found in claims.values() for one in found})
        rights = Rights.of(principal, [pair for point in points for pair in self._pairs(point)])
        self.answers = {point.pk: Consumption(point) for point in points}
        self.tasks = {point.pk: self._tasks(point, rights) for point in points}

    def _pairs(self, point: MeteringPoint) -> list[tuple[Claim, Feed]]:
        """Return what the metering point counts of which feed, where both meet in time."""
        return [
            (claim, feed)
            for claim in self.claims.get(point.pk, ())
            for feed in self.feeds.get(claim.source, ())
            if cut_of(claim, feed)[0] < cut_of(claim, feed)[1]
        ]

    def _tasks(self, point: MeteringPoint, rights: Rights) -> list[tuple[Claim, Task]]:
        try:
            return tasks_of(self._pairs(point), rights, asked=self.asked)
        except (ResolutionNotGranted, PartsNotReadable) as refused:
            self.answers[point.pk].refused = refused
            return []

    def read(self, *, limit: int) -> list[Consumption]:
        """Return the answers in the order of the points.

        Raises: SeriesTooLong.
        """
        tasks = {task.key: task for found in self.tasks.values() for _, task in found}
        question = self.asked.question
        if tasks and question.start < question.end:
            self._fold(self._read(list(tasks.values()), limit=limit))
        return [self.answers[point.pk] for point in self.points]

    def _read(self, tasks: Sequence[Task], *, limit: int) -> Mapping[object, list[Share]]:
        """Return what each task comes to per bucket; the claim is not known yet.

        A device point whose feeds meet in one bucket is read in several rounds: nearly never.
        """
        clocks = timelines_of({task.feed.device for task in tasks})
        rounds: dict[int, list[Task]] = defaultdict(list)
        seen: dict[int, int] = defaultdict(int)
        for task in tasks:
            point = task.feed.assignment.point_id
            rounds[seen[point]].append(task)
            seen[point] += 1
        found: dict[object, list[Share]] = defaultdict(list)
        for part in rounds.values():
            for share in self._round(part, clocks, limit=limit):
                found[share.task.key].append(share)
        self.ends = ends_of([feed for source in self.feeds.values() for feed in source])
        for task in tasks:
            found[task.key] += self._steps(task)
        return found

    def _round(
        self, tasks: Sequence[Task], clocks: Mapping[UUID, Timeline], *, limit: int
    ) -> Iterable[Share]:
        by_point = {task.feed.assignment.point_id: task for task in tasks}
        wanted = [
            wanted_of(task.feed.assignment.point, clocks[task.feed.device], parts=task.parts)
            for task in tasks
        ]
        rows = read_buckets(wanted, self.asked.question, limit=limit + 1)
        if len(rows) > limit:
            raise SeriesTooLong(limit=limit)
        for row in rows:
            if row.delta is not None:
                task = by_point[row.point]
                yield Share(NOBODY, task, row.start, row.delta, row.covered, row.flags)

    def _steps(self, task: Task) -> Iterable[Share]:
        """Yield the steps from and to counters that were written down."""
        level, question = self.asked.level, self.asked.question
        first, last = Timeline.of(self.zone).cover(level, question.start, question.end)
        for step in self.ends[task.feed.assignment.pk].steps():
            start = floor(level, step.after.time - TICK, self.zone)
            if first <= start < last and step.is_within(task.parts):
                covered = (step.after.time - max(step.before.time, start)).total_seconds()
                yield Share(NOBODY, task, start, step.amount, covered, step.flags(level), step)

    def _fold(self, found: Mapping[object, list[Share]]) -> None:
        """Sum up what the claims of each metering point come to."""
        seams = {source: seams_of(feeds, self.ends) for source, feeds in self.feeds.items()}
        for point in self.points:
            buckets: dict[datetime, list[Share]] = defaultdict(list)
            for claim, task in self.tasks[point.pk]:
                for share in found[task.key]:
                    buckets[share.start].append(share._replace(claim=claim))
            for start in sorted(buckets):
                self._add(self.answers[point.pk], start, buckets[start], seams)

    def _add(
        self,
        answer: Consumption,
        start: datetime,
        shares: list[Share],
        seams: Mapping[UUID, Seams],
    ) -> None:
        end = after(self.asked.level, start, self.zone)
        claims = [
            claim
            for claim in self.claims[answer.metering_point.pk]
            if claim.since < end and claim.until > start
        ]
        flags = _flags(shares, claims)
        for source in {claim.source for claim in claims}:
            if source in seams:
                flags |= _seam_flags(seams[source], start, end=end)
        answer.times.append(start)
        answer.values.append(sum(share.value for share in shares))
        answer.coverage.append(self._coverage(start, end, shares=shares, claims=claims))
        answer.quality.append(quality_of(flags | (Flag.SUSPECT if flags & DOUBTED else 0)))
        answer.flags.append(words_of(flags) + [WORDS[one] for one in WORDS if flags & one])
        answer.shares.append(shares)

    def _coverage(
        self, start: datetime, end: datetime, *, shares: Sequence[Share], claims: Sequence[Claim]
    ) -> float:
        """Return the share of the time, as far as it has passed, that counters speak for."""
        passed = min(end, max(self.asked.now, start))
        expected = sum(
            max((min(claim.until, passed) - max(claim.since, start)).total_seconds(), 0.0)
            for claim in claims
        )
        covered = sum(share.covered for share in shares)
        return round(min(covered / expected, 1.0), 4) if expected else 1.0


def _flags(shares: Sequence[Share], claims: Sequence[Claim]) -> int:
    flags = 0
    for share in shares:
        flags |= share.flags
    told = {share.claim for share in shares}
    return flags | (INCOMPLETE if any(claim not in told for claim in claims) else 0)


def _seam_flags(seams: Seams, start: datetime, *, end: datetime) -> int:
    flags = METER_CHANGE if any(start <= one < end for one in seams.changes) else 0
    is_open = any(since < end and until > start for since, until in seams.holes)
    return flags | (UNMETERED if is_open else 0)


def read_consumption(
    points: Sequence[MeteringPoint],
    *,
    asked: Range,
    principal: Principal | None,
    limit: int = MAX_VALUES,
) -> list[Consumption]:
    """Return the consumption of each metering point (with its site), in the order given.

    A dozen queries for each clock there is, however many points. Without a principal nothing is
    held back: for our own books alone.

    Raises: SeriesTooLong.
    """
    clocks: dict[str, list[MeteringPoint]] = defaultdict(list)
    for point in points:
        clocks[asked.zone.key if asked.zone else point.site.time_zone].append(point)
    found = {
        one.metering_point.pk: one
        for some in clocks.values()
        for one in Reader(some, asked, principal).read(limit=limit)
    }
    return [found[point.pk] for point in points]


def readable_times(
    point: MeteringPoint, principal: Principal, *, intervals: Iterable[str]
) -> Mapping[str, list[Stretch]]:
    """Return when whole buckets of each interval may be read of a metering point."""
    claims = claims_of([point.pk])
    feeds = feeds_of({claim.source for claim in claims})
    pairs = [
        (claim, feed)
        for claim in claims
        for feed in feeds.get(claim.source, ())
        if cut_of(claim, feed)[0] < cut_of(claim, feed)[1]
    ]
    rights = Rights.of(principal, pairs)
    return {interval: open_times(pairs, rights, interval=interval) for interval in intervals}
