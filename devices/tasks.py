"""What devices does by the clock."""

from celery import shared_task
from django.utils import timezone

from devices.services import partitions


@shared_task(acks_late=True, soft_time_limit=60)
def make_partitions() -> None:
    """Make the time-series tables' months three ahead, so that no ingest has to."""
    partitions.ensure_ahead(timezone.now())
