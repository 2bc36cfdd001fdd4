"""One sync of one connection: ask the cloud once, then bring everything here up to date.

No transaction is open during the call. Every step may be cut off anywhere and is simply done
again by the next sync: links and devices are made whole or not at all, readings count once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from integrations.choices import ConnectionStatus, SyncOutcome, SyncTrigger
from integrations.models import Connection, MeterLink, SyncRun
from integrations.signals import connection_degraded, connection_recovered
from integrations.smartme.claims import Claimed, next_attempt, renew
from integrations.smartme.discovery import discover, issue_as_json
from integrations.smartme.errors import CallHeldBack, CloudFault, FaultOfOurs, RenewalUnderWay
from integrations.smartme.gates import Purpose, open_account
from integrations.smartme.history.planning import ask_for_past, repair_gap
from integrations.smartme.mapping import CloudMeter, Issue, read_devices
from integrations.smartme.recording import record

logger = structlog.get_logger(__name__)
MAX_ISSUES = 100
TROUBLED = {ConnectionStatus.DEGRADED, ConnectionStatus.FAILED}


def sync_connection(claimed: Claimed) -> SyncRun | None:
    """Sync a connection under a claim; None when the claim is no longer good.

    Faults of the cloud are written onto run and connection and are not raised.
    """
    connection = _claimed_connection(claimed)
    if connection is None:
        return None
    run = _begin(connection)
    try:
        entries = _fetch(connection)
    except (CallHeldBack, RenewalUnderWay) as fault:
        _postpone(claimed, run, wait_s=fault.retry_after_s or 1.0)
        return None
    except CloudFault as fault:
        return _fail(claimed, run, fault=fault)
    if not renew(claimed):
        return _abandon(run)
    try:
        meters, strange = read_devices(entries)
        run.issues = [issue_as_json(issue) for issue in strange[:MAX_ISSUES]]
        _store(connection, run, meters, claimed=claimed)
    # Ours, not the cloud's: the operator sees it on the connection, we see it in the task's log.
    except Exception:
        _fail(claimed, run, fault=FaultOfOurs())
        raise
    return _succeed(claimed, run)


def _claimed_connection(claimed: Claimed) -> Connection | None:
    rows = Connection.objects.filter(pk=claimed.connection_id).claimed_by(claimed.claim)
    return rows.exclude(status=ConnectionStatus.PAUSED).first()


@transaction.atomic
def _begin(connection: Connection) -> SyncRun:
    """Put the attempt on record before it is made; runs of dead workers are closed."""
    now = timezone.now()
    SyncRun.objects.filter(connection=connection, outcome=SyncOutcome.RUNNING).update(
        outcome=SyncOutcome.ABANDONED, finished_at=now
    )
    asked = connection.requested_at
    is_request = asked is not None and asked > (connection.last_attempt_at or connection.created_at)
    trigger = SyncTrigger.REQUEST if is_request else SyncTrigger.SCHEDULE
    Connection.objects.filter(pk=connection.pk).update(last_attempt_at=now)
    return SyncRun.objects.create(connection=connection, trigger=trigger, started_at=now)


def _fetch(connection: Connection) -> list[Any]:
    with open_account(connection, purpose=Purpose.SYNC) as client:
        return client.devices().entries


def _store(
    connection: Connection, run: SyncRun, meters: list[CloudMeter], *, claimed: Claimed
) -> None:
    keep_claim = partial(renew, claimed)
    found = discover(connection, meters, now=timezone.now(), keep_claim=keep_claim)
    ask_for_past(connection, now=timezone.now())
    counts, refused = record(meters, found.links)
    _tell_meters(found.links, refused)
    run.meters = len(meters)
    run.devices_created = found.devices_created
    run.vanished = found.vanished
    run.accepted = counts.accepted
    run.duplicates = counts.duplicates
    run.rejected = counts.rejected + sum(len(meter.issues) for meter in meters)


def _tell_meters(links: dict[UUID, MeterLink], refused: dict[UUID, list[Issue]]) -> None:
    for meter_id, issues in refused.items():
        link = links[meter_id]
        link.issues += [issue_as_json(issue) for issue in issues]
        link.save(update_fields=["issues"])


def _succeed(claimed: Claimed, run: SyncRun) -> SyncRun:
    now = timezone.now()
    run.outcome = SyncOutcome.OK
    changes = {"status": ConnectionStatus.OK, "problem": "", "failures": 0, "last_success_at": now}
    return _end(claimed, run, changes=changes, now=now)


def _fail(claimed: Claimed, run: SyncRun, *, fault: CloudFault) -> SyncRun:
    final = fault.permanent
    run.outcome = SyncOutcome.FAILED if final else SyncOutcome.DEGRADED
    run.problem = str(fault)
    status = ConnectionStatus.FAILED if final else ConnectionStatus.DEGRADED
    changes = {"status": status, "problem": str(fault), "failures": F("failures") + 1}
    return _end(claimed, run, changes=changes, now=timezone.now(), asked_wait_s=fault.retry_after_s)


def _postpone(claimed: Claimed, run: SyncRun, *, wait_s: float) -> None:
    """Take the attempt back: nothing was asked of the cloud, and nothing is wrong."""
    run.delete()
    due = timezone.now() + timedelta(seconds=wait_s)
    rows = Connection.objects.filter(pk=claimed.connection_id).claimed_by(claimed.claim)
    rows.update(claim=None, next_attempt_at=due)


def _abandon(run: SyncRun) -> SyncRun:
    run.outcome = SyncOutcome.ABANDONED
    run.finished_at = timezone.now()
    run.save()
    return run


@transaction.atomic
def _end(
    claimed: Claimed,
    run: SyncRun,
    *,
    changes: dict[str, Any],
    now: datetime,
    asked_wait_s: float | None = None,
) -> SyncRun:
    """Write the outcome onto the connection, unless it was claimed anew, paused or deleted."""
    rows = Connection.objects.select_for_update(of=("self",)).filter(pk=claimed.connection_id)
    connection = rows.claimed_by(claimed.claim).first()
    if connection is None:
        return _abandon(run)
    run.finished_at = now
    run.save()
    failures = 0 if run.outcome == SyncOutcome.OK else connection.failures + 1
    # Asked for while this one ran: the next one starts at once.
    is_asked = connection.requested_at is not None and connection.requested_at > run.started_at
    due = next_attempt(connection, now=now, failures=failures, asked_wait_s=asked_wait_s)
    if connection.is_paused:
        changes = {"last_success_at": changes.get("last_success_at", connection.last_success_at)}
    Connection.objects.filter(pk=connection.pk).update(
        **changes, claim=None, next_attempt_at=now if is_asked else due, updated_at=now
    )
    if run.outcome == SyncOutcome.OK:
        repair_gap(connection, since=connection.last_success_at, now=now)
    _tell(connection, changes.get("status", connection.status))
    logger.info(
        "smartme_sync_ended",
        connection=str(connection.pk),
        outcome=run.outcome,
        meters=run.meters,
        accepted=run.accepted,
        rejected=run.rejected,
    )
    return run


def _tell(connection: Connection, status: str) -> None:
    """Announce that a connection got into trouble, or out of it."""
    was_troubled, is_troubled = connection.status in TROUBLED, status in TROUBLED
    if was_troubled != is_troubled:
        news = connection_degraded if is_troubled else connection_recovered
        news.send(sender=Connection, connections=[connection])
