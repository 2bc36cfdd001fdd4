"""What accounts does in the background: letters are sent, what is over is forgotten."""

from smtplib import SMTPException
from uuid import UUID

import structlog
from celery import shared_task
from celery.contrib.django.task import DjangoTask
from django.utils import timezone
from oauth2_provider.models import clear_expired

from accounts.letters import compose
from accounts.models import Letter
from accounts.services import consents
from accounts.services.device_grants import forget_expired
from accounts.services.letters import forget_old_letters, waiting_letters
from accounts.services.signing import forget_old_keys

log = structlog.get_logger(__name__)


@shared_task(acks_late=True)
def forget_dead_tokens() -> None:
    """Delete codes, tokens and keys that are over, and cannot be of use any more."""
    clear_expired()
    forget_expired()
    forget_old_keys()


@shared_task(base=DjangoTask, acks_late=True)
def record_use(consent: str) -> None:
    """Note that an application has used a consent."""
    consents.record_use(consent=UUID(consent))


@shared_task(acks_late=True)
def forget_letters() -> None:
    """Delete letters that nobody asks about any more."""
    forget_old_letters()


@shared_task(
    base=DjangoTask,
    acks_late=True,
    soft_time_limit=60,
    autoretry_for=(OSError, SMTPException),
    retry_backoff=5,
    retry_backoff_max=240,
    max_retries=8,
)
def send_letter(letter_id: str) -> None:
    """Send a letter, unless it was sent or its account is closed.

    Run twice at the same time it may arrive twice, which is better than not at all.
    """
    rows = Letter.objects.select_related("user", "invitation__inviter", "invitation__user")
    letter = rows.filter(pk=letter_id, sent_at=None).first()
    if letter is None or (letter.user is not None and not letter.user.is_active):
        return
    compose(letter).send()
    now = timezone.now()
    Letter.objects.filter(pk=letter.pk).update(sent_at=now, updated_at=now)
    log.info("letter_sent", letter=letter_id, kind=letter.kind)


@shared_task(acks_late=True)
def send_waiting_letters() -> None:
    """Try letters again that the mail server has not taken for a while, for a day."""
    for letter in waiting_letters():
        send_letter.delay_on_commit(str(letter.pk))
