"""Realtime's part of the worker's day."""

from __future__ import annotations

import time

from celery import shared_task
from django.utils import timezone

from .processing import take_over_posts, try_again

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
