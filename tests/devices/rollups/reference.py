"""The rules of docs/time-series.md, "Rollups", once more: naively, from readings alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
RESET, ROLLOVER, SWAP, GAP = 4, 8, 16, 32
LONGEST = {
    "15m": QUARTER,
    "1h": HOUR,
    "1d": timedelta(hours=25),
    "1mo": timedelta(hours=745),
}


@dataclass(frozen=True)
class Row:
    """A reading."""

    time: datetime
    value: float
    quality: int = 0


@dataclass
class Sum:
    """What a bucket should come to."""

    count: int
    sum: float
    min: float
    max: float
    last: float
    delta: float | None
    flags: int
    covered: float


def quarter_of(time: datetime) -> datetime:
    """Return the quarter hour that a moment lies in."""
    return time.replace(minute=time.minute // 15 * 15, second=0, microsecond=0)


@lru_cache(maxsize=100_000)
def key_of(quarter: datetime, interval: str, zone: ZoneInfo) -> datetime:
    """Return the bucket of a quarter hour by walking back quarter by quarter."""
    if interval == "15m":
        return quarter
    first = key_of(quarter, "1d", zone) if interval == "1mo" else quarter
    earlier = first - QUARTER
    is_first = _word(earlier, interval, zone) != _word(quarter, interval, zone)
    return first if is_first else key_of(earlier, interval, zone)


def _word(moment: datetime, interval: str, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    form = {"1h": "%Y-%m-%d %H %z", "1d": "%Y-%m-%d", "1mo": "%Y-%m"}[interval]
    return local.strftime(form)


def step(before: Row, row: Row, width: float | None) -> tuple[float, int]:
    """Return the consumption from one reading of a counter to the next, and its flag."""
    if row.value >= before.value:
        return row.value - before.value, 0
    if width and 0 <= row.value + width - before.value <= width / 4:
        return row.value + width - before.value, ROLLOVER
    if 0 <= row.value * 20 <= before.value:
        return row.value, RESET
    return 0.0, SWAP


def buckets(
    rows: Sequence[Row],
    interval: str,
    zone: ZoneInfo,
    *,
    is_counter: bool,
    width: float | None = None,
) -> dict[datetime, Sum]:
    """Return what every bucket comes to, from all readings of a point in the order of time."""
    found: dict[datetime, Sum] = {}
    quarters: dict[datetime, set[datetime]] = {}
    before: Row | None = None
    for row in rows:
        tick = timedelta(microseconds=1) if is_counter else timedelta(0)
        quarter = quarter_of(row.time - tick)
        key = key_of(quarter, interval, zone)
        one = found.setdefault(key, Sum(0, 0.0, row.value, row.value, 0.0, None, 0, 0.0))
        one.count, one.sum, one.last = one.count + 1, one.sum + row.value, row.value
        one.min, one.max = min(one.min, row.value), max(one.max, row.value)
        one.flags |= row.quality
        quarters.setdefault(key, set()).add(quarter)
        if is_counter and before:
            amount, flag = step(before, row, width)
            one.delta = amount + (one.delta or 0.0)
            one.flags |= flag | (GAP if row.time - before.time > LONGEST[interval] else 0)
            one.covered += (row.time - max(before.time, key)).total_seconds()
        elif not is_counter:
            one.covered = 900.0 * len(quarters[key])
        before = row
    return found


def durations(
    rows: Sequence[Row], interval: str, zone: ZoneInfo, *, until: datetime
) -> dict[datetime, dict[float, float]]:
    """Return for how many seconds each value held in every bucket: until the next reading."""
    found: dict[datetime, dict[float, float]] = {}
    ends = [*(row.time for row in rows[1:]), until]
    for row, end in zip(rows, ends, strict=False):
        moment = row.time
        while moment < end:
            quarter = quarter_of(moment)
            border = min(quarter + QUARTER, end)
            held = found.setdefault(key_of(quarter, interval, zone), {})
            held[row.value] = held.get(row.value, 0.0) + (border - moment).total_seconds()
            moment = border
    return found
