"""Device codes: asked for by a device without a keyboard, decided by its user on another screen.

Source: RFC 8628.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import Application, DeviceGrant, User
from accounts.services.consents import grant_consent
from accounts.terms import Terms
from config.lib.secrets import make_code, make_token, normalise_code

LIFETIME = timedelta(minutes=10)
INTERVAL_S = 5
SLOWER_BY_S = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """What the device is told; neither code is kept in plain."""

    device_code: str
    user_code: str


def ask_device(*, application: Application, scopes: list[str]) -> Asked:
    """Make a pair of codes: one for the device, one that its user types elsewhere."""
    asked = Asked(device_code=make_token(), user_code=make_code(groups=2, length=4))
    DeviceGrant.objects.create(
        client_id=application.client_id,
        device_code=asked.device_code,
        user_code=normalise_code(asked.user_code),
        scope=" ".join(scopes),
        interval=INTERVAL_S,
        expires=timezone.now() + LIFETIME,
    )
    return asked


def find_pending(*, user_code: str) -> tuple[DeviceGrant, Application] | None:
    """Return what waits for its user under this code, and who asks; None if nothing does."""
    waiting = DeviceGrant.objects.pending().filter(user_code=normalise_code(user_code))
    grant = waiting.first()
    if grant is None:
        return None
    asking = Application.objects.select_related("organisation").filter(client_id=grant.client_id)
    application = asking.first()
    return (grant, application) if application else None


@transaction.atomic
def approve(*, grant: DeviceGrant, user: User, terms: Terms, auth_time: datetime | None) -> bool:
    """Record the user's yes and let the device have its token; False if somebody was faster.

    The device gets what it asked for as far as the terms go; these may hold more, of before.
    Raises: InvalidInput, pointing at a node that is none to choose.
    """
    locked = DeviceGrant.objects.pending().select_for_update().filter(pk=grant.pk).first()
    application = Application.objects.filter(client_id=grant.client_id).first()
    if locked is None or application is None:
        return False
    grant_consent(user=user, application=application, terms=terms)
    allowed = terms.scopes & set(application.scopes)
    locked.user, locked.auth_time, locked.status = user, auth_time, DeviceGrant.AUTHORIZED
    locked.scope = " ".join(scope for scope in locked.scope.split() if scope in allowed)
    locked.save(update_fields=["user", "auth_time", "status", "scope"])
    return True


def refuse(*, grant: DeviceGrant, user: User) -> bool:
    """Record the user's no; False if somebody was faster."""
    waiting = DeviceGrant.objects.pending().filter(pk=grant.pk)
    return waiting.update(status=DeviceGrant.DENIED, user=user) == 1


@dataclass(frozen=True, slots=True)
class Polled:
    """How a device's request stands: approved, or an error code of RFC 8628 section 3.5."""

    error: str
    grant: DeviceGrant | None = None


@transaction.atomic
def poll(*, device_code: str, application: Application) -> Polled:
    """Say how the device's request stands; an approved one is handed out once.

    A device that comes back too soon must wait five seconds longer from then on.
    """
    rows = DeviceGrant.objects.select_for_update(of=("self",)).select_related("user")
    found = rows.filter(device_code=device_code, client_id=application.client_id).first()
    now = timezone.now()
    if found is None:
        return Polled("invalid_grant")
    if found.expires <= now:
        return Polled("expired_token")
    if found.status == DeviceGrant.DENIED:
        return Polled("access_denied")
    if found.status == DeviceGrant.AUTHORIZED:
        DeviceGrant.objects.filter(pk=found.pk).delete()
        return Polled("", found)
    return Polled("slow_down" if _came_early(found, now) else "authorization_pending")


def _came_early(grant: DeviceGrant, now: datetime) -> bool:
    """Note that the device has asked, and say whether it had been told to wait longer."""
    due = grant.polled_at and grant.polled_at + timedelta(seconds=grant.interval)
    is_early = due is not None and now < due
    grant.interval += SLOWER_BY_S if is_early else 0
    grant.polled_at = now
    grant.save(update_fields=["interval", "polled_at"])
    return is_early


def forget_expired() -> int:
    """Delete the codes that are over and return how many those were."""
    return DeviceGrant.objects.filter(expires__lte=timezone.now()).delete()[0]
