"""Readings: the one door by which measured values come in."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from config.lib import transient
from config.lib.ids import uuid7
from config.lib.times import format_time
from devices.errors import BatchTooLarge
from devices.models import Device
from devices.services import partitions
from devices.services.partitions import Month
from devices.services.recording.conflicts import without_conflicts
from devices.services.recording.items import TIME, Item, Rejected, Rejection, read_items
from devices.services.recording.news import News
from devices.services.recording.points import Directory, look_up
from devices.services.recording.store import NUMBERS, TEXTS, Row, store

MAX_BATCH = 10_000
# The month was there when this process looked, and was dropped since.
NO_PARTITION = "23514"


@dataclass(slots=True)
class Recorded:
    """What became of a batch: accepted (of which restated), duplicates, rejected with reasons."""

    accepted: int = 0
    duplicates: int = 0
    restated: int = 0
    rejected: list[Rejection] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sorted:
    """The items of a batch as rows of either table, and why the others cannot be taken."""

    numbers: list[Row] = field(default_factory=list)
    texts: list[Row] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)

    @property
    def rows(self) -> list[Row]:
        """Return all rows."""
        return self.numbers + self.texts if self.texts else self.numbers


def _sort(items: Sequence[Item], directory: Directory) -> Sorted:
    found = Sorted()
    targets, kinds, numbers = directory.targets, directory.kinds, found.numbers
    for index, device, point, time, given, quality in items:
        try:
            target = targets.get((device, point))
            if target is None:
                raise directory.explain(device)
            is_number, convert, labels, _ = kinds[target.kind]
            # Nearly all readings are plain numbers; `x - x` is zero for finite ones alone.
            if type(given) is float and is_number and given - given == 0:
                numbers.append((index, target.id, time, given, quality))
                continue
            value = convert(given, labels)
        except Rejected as fault:
            found.rejected.append(Rejection(index, fault.code, fault.detail))
            continue
        rows = found.texts if isinstance(value, str) else found.numbers
        rows.append((index, target.id, time, value, quality))
    return found


def _months(rows: Sequence[Any], *, place: int) -> set[Month]:
    """Return the months of the rows, quickly in the common case of a single one."""
    if not rows:
        return set()
    times = [row[place] for row in rows]
    first, last = Month.of(min(times)), Month.of(max(times))
    return {first} if first == last else {Month.of(time) for time in times}


def _make_months(items: Sequence[Item], *, devices: QuerySet[Device]) -> None:
    """Make the partitions that the acceptable items need; nothing for what will be refused."""
    tables = (NUMBERS.table, TEXTS.table)
    months = _months(items, place=TIME)
    if partitions.unseen((table, month) for table in tables for month in months):
        found = _sort(items, look_up(items, devices=devices, lock=False))
        needed = _months(found.rows, place=2)
        partitions.ensure((table, month) for table in tables for month in needed)


def _refuse_late(found: Sorted, starts: Mapping[int, datetime]) -> Sorted:
    """Refuse what lies before the time of which a point's readings are still there: beside sums
    whose other readings are gone, one alone would count for all of them. The points are locked.
    """
    kept = Sorted(rejected=found.rejected)
    for rows, fit in ((found.numbers, kept.numbers), (found.texts, kept.texts)):
        for row in rows:
            since = starts.get(row[1])
            if since is None or row[2] >= since:
                fit.append(row)
                continue
            text = f"Single readings are kept since {format_time(since)} only."
            kept.rejected.append(Rejection(row[0], "too-late", text))
    return kept


def _refuse_conflicts(found: Sorted, keepers: Collection[int]) -> Sorted:
    """Refuse other values for moments that have one, of the points that keep the first."""
    numbers, wrong = without_conflicts(found.numbers, series=NUMBERS, keepers=keepers)
    texts, false = without_conflicts(found.texts, series=TEXTS, keepers=keepers)
    return Sorted(numbers, texts, [*found.rejected, *wrong, *false])


def _record(items: Sequence[Item], *, devices: QuerySet[Device], key: str) -> Recorded:
    """Store the batch in one transaction, with all that follows from it."""
    _make_months(items, devices=devices)
    with transaction.atomic():
        directory = look_up(items, devices=devices, lock=True)
        found = _sort(items, directory)
        if starts := directory.raw_starts:
            found = _refuse_late(found, starts)
        if keepers := directory.keepers:
            found = _refuse_conflicts(found, keepers)
        recorded = Recorded(rejected=found.rejected)
        for series, rows in ((NUMBERS, found.numbers), (TEXTS, found.texts)):
            if rows:
                news = News(rows, directory=directory)
                stored = store(series, rows, meanwhile=news.prepare)
                recorded.accepted += stored.inserted + stored.restated
                recorded.restated += stored.restated
                news.tell(stored, key=f"{key}:{series.table}")
    recorded.duplicates = len(found.rows) - recorded.accepted
    return recorded


def _prepare_retry(error: Exception) -> bool:
    """Say whether to try again, with a living connection and a fresh look at the partitions."""
    is_stale = getattr(error.__cause__, "sqlstate", None) == NO_PARTITION
    if not (is_stale and isinstance(error, DatabaseError)) and not transient.is_transient(error):
        return False
    partitions.forget_seen()
    connection.close_if_unusable_or_obsolete()
    return True


def record_readings(
    readings: Sequence[Any], *, devices: QuerySet[Device], key: str | None = None
) -> Recorded:
    """Store a batch of readings; a bad one costs itself only.

    The batch is idempotent and is tried again as a whole when the database fails, unless the
    caller holds a transaction: then the caller must.

    Args: readings, mappings with ``device`` (id), ``point`` (key), ``time`` (RFC 3339 text or an
    aware datetime), ``value`` and perhaps ``quality``; devices, those that the sender may write
    for; key, what makes the events of the batch unique, by default a new one.
    Returns: counts, and for each reading that was refused its index, a code and the reason.
    Raises: BatchTooLarge; DatabaseUnavailable, when trying again was in vain.
    Source: docs/time-series.md, "Ingest".
    """
    if len(readings) > MAX_BATCH:
        raise BatchTooLarge(given=len(readings), limit=MAX_BATCH)
    key = key or str(uuid7())
    items, malformed = read_items(readings, now=timezone.now())

    def record() -> Recorded:
        return _record(items, devices=devices, key=key)

    is_part = connection.in_atomic_block
    recorded = record() if is_part else transient.retried(record, on=_prepare_retry)
    recorded.rejected = sorted(malformed + recorded.rejected)
    return recorded
