"""Buckets of time by a clock on a wall: quarter hours, hours, days and months. Pure."""

from datetime import UTC, datetime, timedelta
from enum import IntEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from accounts.choices import Resolution

QUARTER_HOUR = timedelta(minutes=15)
HOUR = timedelta(hours=1)
ORIGIN = datetime(2000, 1, 1, tzinfo=UTC)


class Level(IntEnum):
    """How long the buckets of a rollup are, as ``devices_rollup.resolution`` stores it.

    Minutes, except that a month has no number of them.
    """

    QUARTER = 15
    HOUR = 60
    DAY = 1440
    MONTH = 32000


LEVELS = {
    Resolution.QUARTER_HOUR: Level.QUARTER,
    Resolution.HOUR: Level.HOUR,
    Resolution.DAY: Level.DAY,
    Resolution.MONTH: Level.MONTH,
}
# By what each level is summed up, from fine to coarse.
CHAIN = tuple(Level)


def _midnight(year: int, month: int, *, day: int, zone: ZoneInfo) -> datetime:
    """Return when the day began: its first midnight, should the clock show two of them."""
    return datetime(year, month, day, tzinfo=zone).astimezone(UTC)


def _hour(moment: datetime, local: datetime) -> datetime:
    """Return when the hour began; where clocks move by half an hour, an hour ends with that."""
    past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    begin = moment - past
    if begin.astimezone(local.tzinfo).minute == 0:
        return begin
    quarters = [begin + number * QUARTER_HOUR for number in range(1, 4)]
    offsets = (one.astimezone(local.tzinfo).utcoffset() for one in quarters)
    return quarters[list(offsets).index(local.utcoffset())]


@lru_cache(maxsize=4096)
def floor(level: Level, moment: datetime, zone: ZoneInfo) -> datetime:
    """Return when the bucket that holds the moment began."""
    if level is Level.QUARTER:
        return moment - (moment - ORIGIN) % QUARTER_HOUR
    local = moment.astimezone(zone)
    if level is Level.HOUR:
        return _hour(moment, local)
    return _midnight(
        local.year, local.month, day=1 if level is Level.MONTH else local.day, zone=zone
    )


@lru_cache(maxsize=4096)
def after(level: Level, bucket: datetime, zone: ZoneInfo) -> datetime:
    """Return when the bucket that began at a border ends; days may have 23 or 25 hours, and hours
    30 minutes.
    """
    if level is Level.QUARTER:
        return bucket + QUARTER_HOUR
    if level is Level.HOUR:
        ends = (bucket + number * QUARTER_HOUR for number in (4, 1, 2, 3))
        return next(end for end in ends if floor(level, end, zone) == end)
    local = bucket.astimezone(zone)
    if level is Level.MONTH:
        return _midnight(local.year + local.month // 12, local.month % 12 + 1, day=1, zone=zone)
    following = (local.replace(tzinfo=None) + timedelta(days=1)).date()
    return _midnight(following.year, following.month, day=following.day, zone=zone)


@lru_cache(maxsize=1024)
def keeps_minutes(zone: ZoneInfo, since: datetime, until: datetime) -> bool:
    """Say whether the clock only ever moves by whole hours, so that all hours are whole."""
    days = range(20, (until - since).days, 20)
    moments = [since, *(since + timedelta(days=day) for day in days), until]
    return len({(one.astimezone(zone).minute - one.minute) % 60 for one in moments}) == 1


def ceiling(level: Level, moment: datetime, *, zone: ZoneInfo) -> datetime:
    """Return the first border at or after the moment."""
    bucket = floor(level, moment, zone)
    return bucket if bucket == moment else after(level, bucket, zone)
