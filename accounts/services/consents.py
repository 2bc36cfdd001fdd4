"""Consents: made or widened when a user approves, withdrawn at any time, never outgrown."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.errors import ConsentMissing
from accounts.models import (
    AccessToken,
    Application,
    Consent,
    DeviceGrant,
    Grant,
    RefreshToken,
    User,
)
from accounts.signals import consent_granted, consent_revoked


def living_consent(*, user: User, application: Application) -> Consent:
    """Return the one consent that stands between the two.

    Raises: ConsentMissing, if there is none, or it has expired or was withdrawn.
    """
    alive = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    found = Consent.objects.filter(alive, user=user, application=application, revoked_at=None)
    consent = found.first()
    if consent is None:
        raise ConsentMissing()
    return consent


@transaction.atomic
def grant_consent(
    *,
    user: User,
    application: Application,
    scopes: Iterable[str],
    expires_at: datetime | None = None,
) -> Consent:
    """Record the user's yes; a consent that stands is widened, one that has expired is ended."""
    # The lock on the user serialises two approvals of the same pair.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    consent = Consent.objects.filter(user=user, application=application, revoked_at=None).first()
    if consent is not None and consent.is_over(timezone.now()):
        revoke_consent(consent=consent)
        consent = None
    if consent is None:
        consent = Consent(user=user, application=application, purpose=application.purpose)
    consent.scopes = sorted({*consent.scopes, *scopes})
    consent.expires_at = expires_at
    consent.full_clean()
    consent.save()
    consent_granted.send(sender=Consent, consent=consent)
    return consent


@transaction.atomic
def revoke_consent(*, consent: Consent) -> Consent:
    """Withdraw the consent: every code and token that rests on it ends at once."""
    consent = (
        Consent.objects.select_for_update(of=("self",))
        .select_related("application")
        .get(pk=consent.pk)
    )
    if consent.revoked_at is not None:
        return consent
    pair = {"user": consent.user_id, "application": consent.application_id}
    consent.revoked_at = timezone.now()
    consent.save(update_fields=["revoked_at", "updated_at"])
    for kind in (Grant, RefreshToken, AccessToken):
        kind.objects.filter(**pair).delete()
    DeviceGrant.objects.filter(
        user=consent.user_id, client_id=consent.application.client_id
    ).delete()
    consent_revoked.send(sender=Consent, consent=consent)
    return consent
