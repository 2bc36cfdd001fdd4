"""What follows in the smart-me integration from news of its own connections."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone

from integrations.models import Connection, RealtimeChannel
from integrations.signals import connection_realtime_changed, connection_sync_requested
from integrations.smartme import tasks
from integrations.smartme.claims import Claimed
from integrations.smartme.realtime.tasks import sync_registration

# The task that follows is at it; should it be lost, the schedule looks again.
SETTLES_WITHIN = timedelta(minutes=1)


@receiver(connection_sync_requested, dispatch_uid="smartme.enqueue_sync")
def enqueue_sync(sender: type[Connection], *, claimed: Claimed, **kwargs: Any) -> None:
    """Run the sync once it is committed that it was asked for."""
    tasks.enqueue_sync(claimed)


@receiver(connection_realtime_changed, dispatch_uid="smartme.settle_realtime")
def settle_realtime(sender: type[Connection], *, connection: Connection, **kwargs: Any) -> None:
    """Ask or tell the cloud what is wanted, once that is committed."""
    RealtimeChannel.objects.get_or_create(connection=connection)
    RealtimeChannel.objects.filter(connection=connection).update(
        next_check_at=timezone.now() + SETTLES_WITHIN, failures=0
    )
    transaction.on_commit(partial(sync_registration.delay, str(connection.pk)))
