"""The smart-me integration's part of the worker's day."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from celery import shared_task
from celery.contrib.django.task import DjangoTask
from django.utils import timezone

from integrations.models import SyncRun
from integrations.smartme import authorizing
from integrations.smartme.claims import Claimed, claim_due
from integrations.smartme.history.claims import Claimed as BackfillClaim
from integrations.smartme.history.claims import claim_backfills
from integrations.smartme.history.work import work_on
from integrations.smartme.sync import sync_connection

RUNS_KEPT = timedelta(days=7)
HANDED_ON = 2


def enqueue_sync(claimed: Claimed) -> None:
    """Hand the sync to a worker, once what claimed it is committed."""
    sync_smartme_connection.delay_on_commit(*map(str, claimed))


@shared_task(acks_late=True, soft_time_limit=30)
def claim_due_connections() -> None:
    """Start a sync for each connection that is due; each is a task of its own."""
    for claimed in claim_due():
        enqueue_sync(claimed)


@shared_task(base=DjangoTask, acks_late=True, soft_time_limit=150, time_limit=170)
def sync_smartme_connection(connection_id: str, claim: str) -> None:
    """Sync one connection under its claim; safe to run twice.

    The slot that becomes free is given on at once, not at beat's next turn.
    """
    try:
        sync_connection(Claimed(UUID(connection_id), UUID(claim)))
    finally:
        for claimed in claim_due(limit=HANDED_ON):
            enqueue_sync(claimed)


@shared_task(acks_late=True, soft_time_limit=30)
def claim_device_codes() -> None:
    """Ask about each device code whose turn it is; each is a task of its own."""
    for attempt in authorizing.claim_polls():
        poll_device_code.delay_on_commit(str(attempt))


@shared_task(base=DjangoTask, acks_late=True, soft_time_limit=30)
def poll_device_code(attempt_id: str) -> None:
    """Ask whether a person has typed in the code; safe to run twice."""
    authorizing.poll(UUID(attempt_id))


@shared_task(acks_late=True, soft_time_limit=30)
def claim_due_backfills() -> None:
    """Go on with the past of the accounts whose turn it is; each is a task of its own."""
    for claimed in claim_backfills():
        sync_past.delay_on_commit(*map(str, claimed))


@shared_task(base=DjangoTask, acks_late=True, soft_time_limit=150, time_limit=170)
def sync_past(backfill_id: str, claim: str) -> None:
    """Fetch windows of one backfill under its claim for a while; safe to run twice."""
    work_on(BackfillClaim(UUID(backfill_id), UUID(claim)))


@shared_task(acks_late=True, soft_time_limit=120)
def forget_old_runs() -> None:
    """Delete the log of syncs beyond a week, and attempts to let Atrium in that are over."""
    now = timezone.now()
    SyncRun.objects.filter(started_at__lt=now - RUNS_KEPT).delete()
    authorizing.forget(now)
