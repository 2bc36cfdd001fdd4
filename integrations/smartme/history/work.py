"""The work on a backfill: window by window, behind the live syncs, at the pace of the account.

A window counts as done once its values are stored; a worker that dies is followed by another one
at the same window, and values that come twice count once.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import F
from django.utils import timezone

from config.lib.batches import batched
from devices.models import Device, Point
from devices.services.readings import MAX_BATCH, record_readings
from integrations.choices import BackfillMethod, BackfillStatus
from integrations.models import Backfill
from integrations.smartme.calibration import calibrated, factors_of
from integrations.smartme.client import SmartMeClient
from integrations.smartme.errors import AccessRefused, CallHeldBack, CloudFault, FaultOfOurs
from integrations.smartme.gates import Purpose, open_account
from integrations.smartme.history.claims import LEASE, Claimed, release, write
from integrations.smartme.history.windows import (
    INTERVAL,
    MAX_VALUES,
    Said,
    read_said,
    window_start,
)
from integrations.smartme.obis import mapped
from integrations.smartme.units import Dimension

BUDGET_S: Final = 20.0
RETRY_AFTER_S: Final = (30, 60, 120, 300, 900)
# A unit that cannot be told yet, or credentials that are refused, are tried again after this.
LATER: Final = timedelta(hours=1)
ZONE: Final = "Europe/Zurich"
A_SECOND: Final = timedelta(seconds=1)
DEVICE_GONE = "Its device was deleted in Atrium."
NO_LICENCE = (
    "smart-me gives the history of this account no denser than single values: it needs a "
    "Professional licence for every meter. Atrium takes the counters at the turn of each month."
)


@dataclass
class Counts:
    """What a window brought."""

    calls: int = 0
    values: int = 0
    rejected: int = 0


def work_on(claimed: Claimed, *, budget_s: float = BUDGET_S) -> None:
    """Fetch windows of a backfill under a claim until it is done or the time is over.

    Faults of the cloud are written onto the backfill and are not raised.
    """
    rows = Backfill.objects.select_related("connection__site", "meter")
    rows = rows.filter(status=BackfillStatus.WAITING, claim=claimed.claim)
    backfill = rows.filter(pk=claimed.backfill_id).first()
    if backfill is None:
        return
    try:
        with open_account(backfill.connection, purpose=Purpose.HISTORY) as client:
            _go_through(backfill, claimed, client=client, budget_s=budget_s)
    except CallHeldBack as fault:
        release(claimed, wait=timedelta(seconds=fault.retry_after_s or 1.0))
    except CloudFault as fault:
        _hold(claimed, backfill, fault=fault)
    # Ours, not the cloud's: the operator sees it on the backfill, we see it in the task's log.
    except Exception:
        _hold(claimed, backfill, fault=FaultOfOurs())
        raise


def _hold(claimed: Claimed, backfill: Backfill, *, fault: CloudFault) -> None:
    step = min(backfill.failures, len(RETRY_AFTER_S) - 1)
    wait = LATER if fault.permanent else timedelta(seconds=RETRY_AFTER_S[step])
    wait = max(wait, timedelta(seconds=fault.retry_after_s or 0))
    release(claimed, wait=wait, problem=str(fault), failures=F("failures") + 1)


def _go_through(
    backfill: Backfill, claimed: Claimed, *, client: SmartMeClient, budget_s: float
) -> None:
    device = backfill.meter.device_id
    if device is None:
        _end(claimed, BackfillStatus.CANCELLED, problem=DEVICE_GONE)
        return
    calibrations = calibrated(client, backfill.meter)
    untold = [one.reason for one in calibrations.values() if not one.unit]
    if untold:
        release(claimed, wait=LATER, problem=" ".join(untold))
        return
    worker = Worker(client, backfill, factors=factors_of(calibrations))
    ends = time.monotonic() + budget_s
    while backfill.reached > backfill.since:
        if time.monotonic() >= ends:
            release(claimed)
            return
        reached, counts = worker.fetch_window()
        if not _advance(backfill, claimed, reached=reached, counts=counts):
            return
    _end(claimed, BackfillStatus.DONE)


def _advance(backfill: Backfill, claimed: Claimed, *, reached: datetime, counts: Counts) -> bool:
    """Put a window on record; false when the claim is no longer good."""
    backfill.reached = max(reached, backfill.since)
    return write(
        claimed,
        reached=backfill.reached,
        method=backfill.method,
        problem=NO_LICENCE if backfill.method == BackfillMethod.MONTHLY else "",
        failures=0,
        calls=F("calls") + counts.calls,
        values=F("values") + counts.values,
        rejected=F("rejected") + counts.rejected,
        next_attempt_at=timezone.now() + LEASE,
    )


def _end(claimed: Claimed, status: BackfillStatus, **changes: Any) -> None:
    write(claimed, status=status, claim=None, finished_at=timezone.now(), **changes)


class Worker:
    """Fetches and stores windows of one backfill."""

    def __init__(
        self, client: SmartMeClient, backfill: Backfill, *, factors: Mapping[Dimension, float]
    ) -> None:
        self._client, self._backfill, self._factors = client, backfill, factors
        points = Point.objects.filter(device=backfill.meter.device_id)
        self._points = frozenset(points.values_list("type__key", flat=True))
        self._meter = str(backfill.meter.meter_id)
        site = backfill.connection.site
        self._zone = ZoneInfo(site.time_zone if site else ZONE)

    def fetch_window(self) -> tuple[datetime, Counts]:
        """Fetch and store the next window; return from when on all is here, and the counts.

        Raises: CloudFault.
        """
        counts, backfill = Counts(), self._backfill
        try:
            said, reached = self._fetch(counts)
        except AccessRefused:
            if backfill.method == BackfillMethod.MONTHLY:
                raise
            backfill.method = BackfillMethod.MONTHLY
            said, reached = self._fetch(counts)
        self._record(said, counts)
        return reached, counts

    def _fetch(self, counts: Counts) -> tuple[list[Said], datetime]:
        backfill = self._backfill
        start = window_start(
            backfill.method, since=backfill.since, reached=backfill.reached, zone=self._zone
        )
        if backfill.method == BackfillMethod.MONTHLY:
            last = self._last_before(backfill.reached, counts)
            return ([last], min(start, last.time)) if last else ([], backfill.since)
        said = self._between(start, backfill.reached, counts=counts)
        if said:
            return said, start
        # Nothing in ten days: one more call says where there was something before.
        last = self._last_before(start, counts)
        return [], min(start, last.time + A_SECOND) if last else backfill.since

    def _between(self, start: datetime, end: datetime, *, counts: Counts) -> list[Said]:
        """Return what was said from start to before end, however many answers that takes."""
        said: list[Said] = []
        while start < end:
            raw = self._client.values_between(self._meter, start, end, interval=INTERVAL)
            counts.calls += 1
            part = [one for one in map(read_said, raw) if one]
            counts.rejected += len(raw) - len(part)
            said += part
            last = max((one.time for one in part), default=end)
            if len(raw) < MAX_VALUES or last + INTERVAL >= end:
                break
            start = last + A_SECOND
        return said

    def _last_before(self, moment: datetime, counts: Counts) -> Said | None:
        counts.calls += 1
        said = read_said(self._client.values_before(self._meter, moment))
        return said if said and said.time >= self._backfill.since else None

    def _record(self, said: Iterable[Said], counts: Counts) -> None:
        device = self._backfill.meter.device_id
        devices = Device.objects.filter(pk=device)
        for batch in batched(self._readings(said, counts), MAX_BATCH):
            recorded = record_readings(batch, devices=devices)
            counts.values += recorded.accepted
            counts.rejected += len(recorded.rejected)

    def _readings(self, said: Iterable[Said], counts: Counts) -> Iterator[dict[str, Any]]:
        device = str(self._backfill.meter.device_id)
        for one in said:
            found = mapped(one.values.items(), self._points, factors=self._factors)
            counts.rejected += len(found.untold)
            for point, value in found.values.items():
                yield {"device": device, "point": point, "time": one.time, "value": value}
