"""What accounts does by itself, day by day."""

from celery import shared_task
from oauth2_provider.models import clear_expired


@shared_task(acks_late=True)
def forget_dead_tokens() -> None:
    """Delete codes and tokens that have expired and cannot be refreshed any more."""
    clear_expired()
