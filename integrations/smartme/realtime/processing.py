"""Kept posts, taken over as readings: each in the transaction that deletes it, so exactly once.

Workers may run at once and may be killed anywhere: what was not committed is still there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, NamedTuple
from uuid import UUID

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import DatabaseError, transaction
from django.db import connection as database
from django.db.models.functions import Length, Now

from config.lib import transient
from devices.models import Device, Point
from devices.services import partitions
from devices.services.readings import MAX_BATCH, Recorded, record_readings
from integrations.choices import ConnectionStatus
from integrations.models import MeterLink, RealtimePost
from integrations.smartme.calibration import (
    Calibration,
    calibrations_in,
    compared,
    factors_of,
    keep_calibrations,
)
from integrations.smartme.obis import Mapped, Untold, mapped
from integrations.smartme.units import Dimension

from .counting import Heard, Tally, note
from .wire import Report, Unreadable, read_post

logger = structlog.get_logger(__name__)
POSTS_AT_ONCE: Final = 1_000
# One value takes as many in its shortest form; base64 makes bodies longer, never shorter.
LEAST_BYTES: Final = 10
# A clock that is further ahead is wrong, and its reports are refused.
AHEAD: Final = timedelta(days=1)
LOCK: Final = "SELECT pg_try_advisory_xact_lock(hashtext('integrations.realtime'), %s)"
NO_PARTITION: Final = "23514"
KEPT_ASIDE: Final = timedelta(days=7)
NOT_POLLED: Final = "What the meter counts in is not known yet: it was not polled so far."
# Says nothing of the posts: they are left for another time.
PASSING: Final = (transient.DatabaseUnavailable, SoftTimeLimitExceeded)
Reading = dict[str, Any]


class Row(NamedTuple):
    """A post of the inbox."""

    id: int
    connection: UUID
    received_at: datetime
    body: bytes


@dataclass(slots=True)
class Meter:
    """A meter of a connection: its link, the device it is here, and what its points showed last.

    ``shown`` has what was polled, in our units: what its counters count in is told by it.
    """

    link: UUID
    device: str
    shown: Mapping[str, float | None]
    calibrations: dict[Dimension, Calibration]
    factors: dict[Dimension, float] = field(init=False)
    is_new: bool = False

    def __post_init__(self) -> None:
        self.factors = factors_of(self.calibrations)

    def read(self, report: Report) -> Mapped:
        """Sort the values of a report by point, learning what its counters count in if need be."""
        found = mapped(report.values, self.shown.keys(), factors=self.factors)
        learned = [self._learn(untold, at=report.time) for untold in found.untold]
        if any(learned):
            found = mapped(report.values, self.shown.keys(), factors=self.factors)
        return found

    def _learn(self, untold: Untold, *, at: datetime) -> bool:
        counter = self.shown.get(untold.point)
        if counter is None or untold.counts in self.factors:
            return False
        known = self.calibrations.get(untold.counts)
        found = compared(untold, counter=counter, at=at)
        self.is_new |= known is None or known.unit != found.unit
        self.calibrations[untold.counts] = found
        self.factors = factors_of(self.calibrations)
        return bool(found.unit)


@dataclass
class Batch:
    """What some posts hold: readings, whose they are, and what is to be counted."""

    reports: list[tuple[Row, Report]] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    owners: list[UUID] = field(default_factory=list)
    tallies: dict[UUID, Tally] = field(default_factory=dict)
    heard: dict[UUID, Heard] = field(default_factory=dict)

    def tally(self, row: Row) -> Tally:
        """Return the counts of the row's connection."""
        tally = self.tallies.setdefault(row.connection, Tally())
        tally.last_post_at = max(tally.last_post_at or row.received_at, row.received_at)
        return tally


def take_over_posts(*, share: int = 0, limit: int = POSTS_AT_ONCE) -> int:
    """Record the readings of the longest waiting posts; return how many posts are done.

    Nothing is done while another worker is at the same share. A post that cannot be taken over,
    whatever the reason, costs itself only.
    """
    try:
        return _retried(partial(_take_over, share=share, limit=limit))
    except PASSING:
        raise
    # One of them has a fault that no check foresaw: it is found and set aside, with the reason.
    except Exception:
        logger.exception("realtime_batch_failed", limit=limit)
        return _one_by_one(share=share, limit=limit)


def try_again(now: datetime) -> None:
    """Let posts that were set aside be tried again, as after an upgrade; forget them in the end."""
    aside = RealtimePost.objects.filter(failed_at__isnull=False)
    aside.filter(received_at__lt=now - KEPT_ASIDE).delete()
    aside.update(failed_at=None)


def _one_by_one(*, share: int, limit: int) -> int:
    done = 0
    for _ in range(limit):
        try:
            taken = _retried(partial(_take_over, share=share, limit=1))
        except PASSING:
            raise
        # The post is counted as unreadable on its connection; the log has the whole story.
        except Exception as error:
            logger.exception("realtime_post_set_aside")
            taken = _retried(partial(_set_first_aside, fault=type(error).__name__))
        if not taken:
            break
        done += taken
    return done


def _retried(work: Any) -> int:
    taken: int = transient.retried(work, on=_prepare_retry)
    return taken


def _prepare_retry(error: Exception) -> bool:
    is_stale = getattr(error.__cause__, "sqlstate", None) == NO_PARTITION
    if not (is_stale and isinstance(error, DatabaseError)) and not transient.is_transient(error):
        return False
    partitions.forget_seen()
    database.close_if_unusable_or_obsolete()
    return True


@transaction.atomic
def _take_over(*, share: int, limit: int) -> int:
    if not _is_first_at(share):
        return 0
    rows = _claimed(limit)
    if not rows:
        return 0
    batch = _read(rows)
    meters = _meters(batch.reports)
    _map(batch, meters)
    for meter in meters.values():
        if meter.is_new:
            keep_calibrations(meter.link, meter.calibrations)
    if batch.readings:
        devices = {reading["device"] for reading in batch.readings}
        of_these = Device.objects.filter(pk__in=devices)
        _count(batch, record_readings(batch.readings, devices=of_these))
    note(batch.tallies, batch.heard)
    RealtimePost.objects.filter(pk__in=[row.id for row in rows]).delete()
    return len(rows)


@transaction.atomic
def _set_first_aside(*, fault: str) -> int:
    rows = _claimed(1)
    for row in rows:
        tally = Tally(posts=1, unreadable=1, last_post_at=row.received_at)
        tally.last_fault = f"Atrium could not take it over ({fault}): {row.body[:200].hex()}"
        note({row.connection: tally}, {})
        RealtimePost.objects.filter(pk=row.id).update(failed_at=Now())
    return len(rows)


def _is_first_at(share: int) -> bool:
    with database.cursor() as cursor:
        cursor.execute(LOCK, [share])
        return bool(cursor.fetchone()[0])


def _claimed(limit: int) -> list[Row]:
    """Claim posts in their order, no more than one batch of readings can hold."""
    fresh = RealtimePost.objects.filter(failed_at=None).order_by("pk")
    waiting = fresh.select_for_update(skip_locked=True)
    chosen: list[int] = []
    room = MAX_BATCH
    for key, size in waiting.annotate(size=Length("body")).values_list("pk", "size")[:limit]:
        room -= size // LEAST_BYTES
        if room < 0 and chosen:
            break
        chosen.append(key)
    rows = RealtimePost.objects.filter(pk__in=chosen).order_by("pk")
    found = rows.values_list("pk", "connection_id", "received_at", "body")
    return [Row(key, owner, time, bytes(body)) for key, owner, time, body in found]


def _read(rows: Sequence[Row]) -> Batch:
    batch = Batch()
    for row in rows:
        _read_row(row, batch)
    return batch


def _read_row(row: Row, batch: Batch) -> None:
    tally = batch.tally(row)
    tally.posts += 1
    try:
        post = read_post(row.body)
    except Unreadable as fault:
        tally.unreadable += 1
        tally.last_fault = f"{fault} {row.body[:200].hex()}"
        return
    batch.reports += [(row, report) for report in post.reports]
    tally.unreadable += len(post.faults)
    if post.faults:
        tally.last_fault = str(post.faults[-1])


def _meters(reports: Sequence[tuple[Row, Report]]) -> Mapping[tuple[UUID, UUID], Meter]:
    """Return (connection, id at the cloud) -> meter, of connections that are not paused."""
    links = MeterLink.objects.filter(
        connection__in={row.connection for row, _ in reports},
        meter_id__in={report.meter for _, report in reports},
        device__isnull=False,
    ).exclude(connection__status=ConnectionStatus.PAUSED)
    rows = list(links.values_list("connection", "meter_id", "pk", "device", "calibrations"))
    shown: dict[UUID, dict[str, float | None]] = {}
    of_devices = Point.objects.filter(device__in={device for *_, device, _ in rows})
    for device, key, value in of_devices.values_list("device", "type__key", "last_value"):
        shown.setdefault(device, {})[key] = value
    return {
        (owner, meter): Meter(link, str(device), shown.get(device, {}), calibrations_in(kept))
        for owner, meter, link, device, kept in rows
    }


def _map(batch: Batch, meters: Mapping[tuple[UUID, UUID], Meter]) -> None:
    """Turn the reports into readings of our devices; those of foreign meters are dropped."""
    for row, report in batch.reports:
        tally = batch.tallies[row.connection]
        meter = meters.get((row.connection, report.meter))
        if meter is None:
            tally.foreign += 1
            continue
        found = meter.read(report)
        tally.unmapped += found.unmapped + len(found.untold)
        tally.recorded += len(found.values)
        for untold in found.untold:
            known = meter.calibrations.get(untold.counts)
            tally.last_fault = known.reason if known else NOT_POLLED
        if report.time <= row.received_at + AHEAD:
            Heard.add(batch.heard, meter.link, value_at=report.time, received_at=row.received_at)
        batch.owners += [row.connection] * len(found.values)
        batch.readings += [
            {"device": meter.device, "point": point, "time": report.time, "value": value}
            for point, value in found.values.items()
        ]


def _count(batch: Batch, recorded: Recorded) -> None:
    for rejection in recorded.rejected:
        tally = batch.tallies[batch.owners[rejection.index]]
        tally.recorded -= 1
        tally.rejected += 1
        tally.last_fault = rejection.detail
