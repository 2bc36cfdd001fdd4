"""What follows in the smart-me integration from news of its own connections."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from integrations.models import Connection
from integrations.signals import connection_sync_requested
from integrations.smartme import tasks
from integrations.smartme.claims import Claimed


@receiver(connection_sync_requested, dispatch_uid="smartme.enqueue_sync")
def enqueue_sync(sender: type[Connection], *, claimed: Claimed, **kwargs: Any) -> None:
    """Run the sync once it is committed that it was asked for."""
    tasks.enqueue_sync(claimed)
