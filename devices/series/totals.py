"""Buckets of many devices as one series: sums, means, extremes, and how many devices they hold."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.principals import Principal
from devices.choices import Nature, ValueType
from devices.errors import PointsDiffer, SeriesTooLong
from devices.models import Device, Point
from devices.series.answers import MAX_VALUES, Range, parts_of, quality_of, wanted_of, words_of
from devices.series.buckets import after
from devices.series.plans import Part, Question, Wanted
from devices.series.scopes import Scope
from devices.series.stretches import Stretch
from devices.series.sums import ask, planned_statement
from devices.series.timelines import timelines_of
from devices.series_access import series_access_of_all
from devices.windows import SeriesAccess

TOTALS = """
SELECT bucket, sum(value), min(value), max(value), count(*), bit_or(flags),
  sum(covered)
FROM (SELECT bucket, flags, covered, {value} AS value FROM ({source}) found) valued
WHERE value IS NOT NULL GROUP BY bucket ORDER BY bucket LIMIT %(limit)s"""
VALUES = {True: "delta", False: "sum / count"}


class Total(NamedTuple):
    """What the devices come to in one bucket; ``covered`` in seconds of all of them."""

    start: datetime
    sum: float
    min: float
    max: float
    devices: int
    flags: int
    covered: float

    @property
    def mean(self) -> float:
        """Return the mean of the devices."""
        return self.sum / self.devices


@dataclass(frozen=True, slots=True)
class Totals:
    """The series of a scope, oldest first."""

    point: Point | None
    devices: int = 0
    rows: Sequence[Total] = ()
    coverage: list[float] = field(default_factory=list)

    @property
    def quality(self) -> list[str]:
        """Return the quality of each bucket: that of the worst device."""
        return [quality_of(row.flags) for row in self.rows]

    @property
    def flags(self) -> list[list[str]]:
        """Return what happened to any counter in each bucket."""
        return [words_of(row.flags) for row in self.rows]


def _points(devices: Iterable[UUID], key: str) -> list[Point]:
    """Return the points of that key.

    Raises: PointsDiffer, if they do not measure the same thing.
    """
    rows = Point.objects.filter(device__in=list(devices), type__key=key).prefetch_related("type")
    points = list(rows.exclude(type__value_type=ValueType.TEXT).order_by("pk"))
    kinds = {(point.type.unit, point.type.nature) for point in points}
    if len(kinds) > 1:
        raise PointsDiffer(point=key, units=sorted({unit for unit, _ in kinds}))
    return points


def parts_within(parts: Sequence[Part], stays: Sequence[Stretch]) -> list[Part]:
    """Return the parts cut to the stays.

    A step of a counter that leads into a stay counts for it as far as rights go: what was consumed
    counts where the device stood at the later reading.
    """
    return [
        replace(
            part,
            since=max(part.since, since),
            until=min(part.until, until),
            closes=part.closes or until < part.until,
        )
        for part in parts
        for since, until in stays
        if max(part.since, since) < min(part.until, until)
    ]


def _wanted(
    points: Sequence[Point], scope: Scope, *, asked: Range, access: Mapping[UUID, SeriesAccess]
) -> list[Wanted]:
    """Return what to ask of the points: what may be read of the time at which they count."""
    timelines = timelines_of({point.device_id for point in points})
    found = []
    # Mostly all devices of a place may be read alike and have been there alike.
    known: dict[tuple[int, tuple[Stretch, ...]], list[Part]] = {}
    for point in points:
        device = point.device_id
        key = (id(access[device]), tuple(scope.stays[device]))
        if key not in known:
            readable = parts_of(access[device], asked)
            known[key] = parts_within(readable, scope.stays[device])
        if parts := known[key]:
            found.append(wanted_of(point, timelines[device], parts=parts))
    return found


def _read(wanted: Sequence[Wanted], question: Question, *, limit: int) -> list[Total]:
    planned = planned_statement(wanted, question)
    if planned is None:
        return []
    source, parameters = planned
    text = TOTALS.format(source=source, value=VALUES[wanted[0].is_counter])
    return [Total._make(row) for row in ask(text, {**parameters, "limit": limit})]


def _expected(wanted: Sequence[Wanted], bucket: Stretch) -> float:
    """Return the seconds of all devices together that the bucket could hold."""
    since, until = bucket
    return sum(
        max((min(part.until, until) - max(part.since, since)).total_seconds(), 0.0)
        for one in wanted
        for part in one.parts
    )


def _coverage(
    rows: Iterable[Total], wanted: Sequence[Wanted], question: Question, *, now: datetime
) -> list[float]:
    """Return the share of each bucket's time, as far as it has passed, that readings speak for."""
    zone = question.zone or ZoneInfo("UTC")
    lo, hi = question.cover(wanted[0])
    # Nearly all devices count all the time; the others are looked at bucket by bucket.
    whole = [one for one in wanted if one.parts[0].since <= lo and one.parts[0].until >= hi]
    partial = [one for one in wanted if one not in whole] if len(whole) < len(wanted) else []
    found = []
    for row in rows:
        until = min(after(question.level, row.start, zone), max(now, row.start))
        seconds = len(whole) * (until - row.start).total_seconds()
        seconds += _expected(partial, (row.start, until))
        found.append(round(min(row.covered / seconds, 1.0), 4) if seconds else 1.0)
    return found


def read_totals(
    scope: Scope, key: str, *, asked: Range, principal: Principal, limit: int = MAX_VALUES
) -> Totals:
    """Return the series of all devices of the scope that have the point.

    What may not be read is left out. A dozen queries at most, however many devices.

    Raises: ResolutionNotGranted, if any of them is granted only more coarsely; PointsDiffer;
    SeriesTooLong.
    """
    readable = Device.objects.all().readable_by(principal)
    known = readable.filter(pk__in=list(scope.stays)).only("organisation", "gateway")
    devices = list(known)
    points = _points([device.pk for device in devices], key)
    if not points:
        return Totals(None)
    access = series_access_of_all(devices, principal)
    asked = replace(asked, zone=asked.zone or scope.zone)
    wanted, question = _wanted(points, scope, asked=asked, access=access), asked.question
    if not wanted or question.start >= question.end:
        return Totals(points[0])
    rows = _read(wanted, question, limit=limit + 1)
    if len(rows) > limit:
        raise SeriesTooLong(limit=limit)
    coverage = _coverage(rows, wanted, question, now=asked.now)
    return Totals(points[0], len(wanted), rows, coverage)


def values_of(totals: Totals, aggregate: str) -> list[Any]:
    """Return the column of that aggregate: ``sum``, ``mean``, ``min`` or ``max``."""
    return [getattr(row, aggregate) for row in totals.rows]


def default_total(totals: Totals) -> str:
    """Return what is told unless something else is asked for."""
    is_counter = totals.point is not None and totals.point.type.nature == Nature.COUNTER
    return "sum" if is_counter else "mean"
