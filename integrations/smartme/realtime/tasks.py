"""Realtime's part of the worker's day."""

from __future__ import annotations

import time
from uuid import UUID

from celery import shared_task
from celery.contrib.django.task import DjangoTask
from django.utils import timezone

from .processing import take_over_posts, try_again
from .registration import claim_due_channels, settle_registration

BUSY_FOR_S = 20.0


@shared_task(acks_late=True, soft_time_limit=110)
def take_over_realtime_posts(share: int = 0) -> None:
    """Record what is kept, until nothing is left or others should have their turn."""
    ends_at = time.monotonic() + BUSY_FOR_S
    while time.monotonic() < ends_at and take_over_posts(share=share):
        pass


@shared_task(acks_late=True, soft_time_limit=120)
def retry_posts_set_aside() -> None:
    """Let posts that failed be tried again; they are forgotten after a week."""
    try_again(timezone.now())


@shared_task(acks_late=True, soft_time_limit=30)
def claim_due_registrations() -> None:
    """Have the registrations looked at that are due, each by a task of its own."""
    for connection_id in claim_due_channels():
        sync_registration.delay_on_commit(str(connection_id))


@shared_task(base=DjangoTask, acks_late=True, soft_time_limit=150, time_limit=170)
def sync_registration(connection_id: str) -> None:
    """Make one account's registrations what is wanted; safe to run twice."""
    settle_registration(UUID(connection_id))
