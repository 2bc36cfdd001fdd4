"""Points whose readings are written to the database and remembered beside it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from accounts.choices import Resolution
from devices.choices import Nature
from devices.models import Device, Point, Rollup
from devices.selectors import shown
from devices.series.buckets import LEVELS
from devices.series.plans import WHOLE, Part, Question, Wanted
from devices.series.states import read_states
from devices.series.sums import Bucket, read_buckets
from devices.series.timelines import timelines_of
from devices.services.readings import record_readings
from tests.devices.rollups.reference import Row, Sum, buckets, durations

QUALITIES = ("good", "estimated", "suspect")
INTERVALS = ("15m", "1h", "1d", "1mo")


class Series:
    """One point and what a naive memory holds of it."""

    def __init__(self, device: Device, key: str, *, width: float | None = None) -> None:
        self.device, self.key, self.width = device, key, width
        self.point = Point.objects.select_related("type").get(device=device, type__key=key)
        self.is_counter = self.point.type.nature == Nature.COUNTER
        Point.objects.filter(pk=self.point.pk).update(counter_width=width)
        self.rows: dict[datetime, Row] = {}

    def record(self, rows: Sequence[Row]) -> None:
        """Send a batch."""
        address = {"device": str(self.device.pk), "point": self.key}
        batch = [
            {
                **address,
                "time": row.time,
                "value": shown(row.value, self.point.type),
                "quality": QUALITIES[row.quality],
            }
            for row in rows
        ]
        record_readings(batch, devices=Device.objects.all())
        self.rows |= {row.time: row for row in rows}

    @staticmethod
    def naive(rows: Sequence[Row], interval: str, zone: ZoneInfo) -> dict[datetime, Sum]:
        """Return what the buckets of a counter should be."""
        return buckets(rows, interval, zone, is_counter=True)

    def expected(self, interval: str, zone: ZoneInfo) -> dict[datetime, Sum]:
        """Return what the buckets should be."""
        rows = [self.rows[time] for time in sorted(self.rows)]
        return buckets(rows, interval, zone, is_counter=self.is_counter, width=self.width)

    def stored(self, interval: str) -> dict[datetime, Sum]:
        """Return the sums in the database."""
        level = LEVELS[Resolution(interval)]
        rows = Rollup.objects.filter(point_id=self.point.pk, resolution=level)
        return {row.bucket: _sum(row) for row in rows}

    def read(
        self,
        interval: str,
        *,
        start: datetime,
        end: datetime,
        zone: ZoneInfo | None = None,
        parts: Sequence[Part] = WHOLE,
    ) -> dict[datetime, Sum]:
        """Return the buckets as a reader gets them."""
        question = Question(LEVELS[Resolution(interval)], start, end, zone)
        found: list[Bucket] = read_buckets([self._wanted(parts)], question, limit=100_000)
        return {row.start: _sum(row) for row in found}

    def _wanted(self, parts: Sequence[Part] = WHOLE) -> Wanted:
        timeline = timelines_of([self.device.pk])[self.device.pk]
        self.point.refresh_from_db()
        is_summed = self.point.rollup_zones == timeline.key
        return Wanted(self.point.pk, self.is_counter, self.width, timeline, is_summed, parts)

    def check_durations(self, question: Question, *, interval: str, now: datetime) -> None:
        """Compare how long each value held with the naive answer, to the microsecond."""
        wanted = self._wanted()
        since, until = question.cover(wanted)
        rows = [self.rows[time] for time in sorted(self.rows)]
        zone = question.zone or wanted.timeline.segments[0].zone
        naive = durations(rows, interval, zone, until=min(until, now))
        expected = {key: held for key, held in naive.items() if since <= key < until}
        answer = read_states([wanted], question, now=now, limit=100_000)
        found = {
            start: {value: round(seconds, 5) for value, seconds in held.seconds.items() if seconds}
            for start, held in answer.get(self.point.pk, {}).items()
            if held.known
        }
        assert found == expected, (interval, question)


def _sum(row: Any) -> Sum:
    count = row.readings if isinstance(row, Bucket) else row.count
    shown = (count, row.sum, row.min, row.max, row.last, row.delta, row.flags, row.covered)
    return Sum(*shown)
