"""What twin does in the background: letters to people, occupancies whose time is over."""

from uuid import UUID

import structlog
from celery import shared_task
from celery.contrib.django.task import DjangoTask
from django.conf import settings
from django.core.mail import send_mail
from django.utils import timezone

from accounts.models import User
from twin.models import Occupancy, Site
from twin.services.occupancies import seal_occupancy

log = structlog.get_logger(__name__)
SUBJECT = "{site}: you have been given access"
NEWS = "You have been given access to {site} in Atrium.\n\nLog in at {url} to see what is shared.\n"
INVITATION = (
    "You have been invited to {site} in Atrium.\n\n"
    "An account awaits you under this address. Set its password at {url} and log in.\n"
)


@shared_task(
    base=DjangoTask,
    acks_late=True,
    soft_time_limit=60,
    autoretry_for=(OSError,),
    retry_backoff=5,
    retry_backoff_max=240,
    max_retries=8,
)
def send_invitation(user_id: str, site_id: str) -> None:
    """Write to a person that they have access to a site now, and how to come in."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    site = Site.objects.filter(pk=UUID(site_id)).first()
    if user is None or site is None:
        return
    text = NEWS if user.has_usable_password() else INVITATION
    url = f"{settings.PUBLIC_URL}/"
    # A line break in a name would be a header of its own.
    name = " ".join(site.name.split())
    send_mail(SUBJECT.format(site=name), text.format(site=name, url=url), None, [user.email])
    log.info("invitation_sent", user=user_id, site=site_id)


@shared_task(acks_late=True, soft_time_limit=300)
def seal_occupancies() -> None:
    """Seal the occupancies whose end has come since the last run."""
    over = Occupancy.objects.filter(sealed_at=None, period__endswith__lte=timezone.now())
    for occupancy in over.order_by("pk")[:1000]:
        seal_occupancy(occupancy)
