"""The platform's own periodic tasks."""

import time

from celery import shared_task
from django.core.cache import cache

from config.lib import idempotency
from config.lib.probes import HEARTBEAT_KEY, HEARTBEAT_MAX_AGE_S


@shared_task
def record_heartbeat() -> None:
    """Show that beat asks and a worker answers; readiness reads it."""
    cache.set(HEARTBEAT_KEY, time.time(), timeout=2 * HEARTBEAT_MAX_AGE_S)


@shared_task
def forget_old_answers() -> None:
    """Delete answers kept for Idempotency-Key that are older than a day."""
    idempotency.forget_old_answers()
