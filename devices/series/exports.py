"""Series taken away as lines: device by device, a page or a stretch of buckets at a time, so that
memory stays the same however long the period and however many the devices.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from accounts.choices import Resolution
from accounts.principals import Principal
from devices.choices import Aggregate, ValueType
from devices.models import Device, Point
from devices.selectors import raw_series
from devices.series.answers import (
    Column,
    Range,
    default_aggregate,
    fill_columns,
    parts_of,
    wanted_of,
)
from devices.series.plans import Part
from devices.series.stretches import Stretch, within
from devices.series.sums import read_buckets
from devices.series.timelines import Timeline, timelines_of
from devices.series.totals import parts_within
from devices.series_access import series_access_of_all
from devices.windows import SeriesAccess

DEVICES, PAGE, BUCKETS = 200, 20_000, 1_000_000
# How much time is read at once: some ten thousand buckets of a device with many points.
STEPS = {
    Resolution.QUARTER_HOUR: timedelta(days=31),
    Resolution.HOUR: timedelta(days=92),
    Resolution.DAY: timedelta(days=3_660),
    Resolution.MONTH: timedelta(days=36_600),
}


class Line(NamedTuple):
    """One reading (``aggregate`` is ``raw``) or one bucket of a point."""

    device: UUID
    point: Point
    aggregate: str
    time: datetime
    value: Any
    coverage: float | None
    quality: str
    flags: str


@dataclass(frozen=True, slots=True)
class Export:
    """What is taken away: whose readings, of which points (all if none is named), from when."""

    stays: Mapping[UUID, Sequence[Stretch]]
    asked: Range
    keys: tuple[str, ...] = ()

    @property
    def is_raw(self) -> bool:
        """Say whether every reading is asked for."""
        return self.asked.interval == Resolution.RAW


class Readable(NamedTuple):
    """A device and what may be read of it."""

    device: Device
    access: SeriesAccess


def _readable(export: Export, principal: Principal) -> Iterator[list[Readable]]:
    """Yield the devices that may be read in the order of ids, some at a time: four queries each."""
    visible = Device.objects.all().readable_by(principal)
    for keys in _batches(sorted(export.stays)):
        devices = list(visible.filter(pk__in=keys).order_by("pk").only("organisation", "gateway"))
        access = series_access_of_all(devices, principal)
        yield [Readable(device, access[device.pk]) for device in devices]


def _batches(keys: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for first in range(0, len(keys), DEVICES):
        yield keys[first : first + DEVICES]


def _spans(export: Export, one: Readable) -> list[Stretch]:
    asked = export.asked
    spans = one.access.spans(asked.start, asked.end, interval=asked.interval, now=asked.now)
    return within(spans, export.stays[one.device.pk])


def _parts(export: Export, one: Readable) -> list[Part]:
    return parts_within(parts_of(one.access, export.asked), export.stays[one.device.pk])


def check_export(export: Export, *, principal: Principal) -> None:
    """Refuse an export before its first line.

    Raises: ResolutionNotGranted, if any device is granted only more coarsely.
    """
    allowed = _spans if export.is_raw else _parts
    for devices in _readable(export, principal):
        for one in devices:
            allowed(export, one)


def export_lines(export: Export, *, principal: Principal) -> Iterator[Line]:
    """Yield the lines: by device, then (buckets: by stretch of time, then) by point, by time."""
    for devices in _readable(export, principal):
        keys = [one.device.pk for one in devices]
        points = _points(export, keys)
        clocks = {} if export.is_raw else timelines_of(keys)
        for one in devices:
            own = points.get(one.device.pk, [])
            if own and export.is_raw:
                yield from _readings(export, one, points=own)
            elif own:
                yield from _buckets(export, one, own, clock=clocks[one.device.pk])


def _points(export: Export, devices: Iterable[UUID]) -> dict[UUID, list[Point]]:
    found = Point.objects.filter(device__in=list(devices)).select_related("type")
    if export.keys:
        found = found.filter(type__key__in=export.keys)
    if not export.is_raw:
        found = found.exclude(type__value_type=ValueType.TEXT)
    ordered = found.order_by("device", "type__key")
    return {key: list(own) for key, own in groupby(ordered, key=lambda point: point.device_id)}


def _readings(export: Export, one: Readable, *, points: Sequence[Point]) -> Iterator[Line]:
    spans, place, device = _spans(export, one), None, one.device.pk
    while True:
        series, place = raw_series(points, spans=spans, limit=PAGE, after=place)
        for found in series:
            for row in zip(found.times, found.values, found.quality, strict=True):
                time, value, quality = row
                yield Line(device, found.point, Resolution.RAW, time, value, None, quality, "")
        if place is None:
            return


def _buckets(
    export: Export, one: Readable, points: Sequence[Point], *, clock: Timeline
) -> Iterator[Line]:
    parts = _parts(export, one)
    if not parts:
        return
    wanted = [wanted_of(point, clock, parts=parts) for point in points]
    question, step = export.asked.question, STEPS[Resolution(export.asked.interval)]
    start = question.start
    while start < question.end:
        stretch = replace(question, start=start, end=min(start + step, question.end))
        columns = [Column(point, default_aggregate(point)) for point in points]
        found = read_buckets(wanted, stretch, limit=BUCKETS)
        fill_columns(columns, found, asked=export.asked, timeline=clock)
        for column in columns:
            yield from _lines(one.device.pk, column)
        # Buckets are whole: the next stretch begins where the last of them ends.
        start = stretch.cover(wanted[0])[1]


def _lines(device: UUID, column: Column) -> Iterator[Line]:
    rows = (column.times, column.values, column.coverage, column.quality, column.flags)
    aggregate: Aggregate = column.aggregate
    for time, value, coverage, quality, flags in zip(*rows, strict=True):
        words = " ".join(flags)
        yield Line(device, column.point, aggregate, time, value, coverage, quality, words)
