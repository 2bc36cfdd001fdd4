"""What a user lets an application do; which sites it covers is kept in twin, which stands above."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.choices import OrganisationRole, Resolution
from accounts.principals import Principal
from config.lib.models import BaseModel

if TYPE_CHECKING:
    from typing import Any, Self


class ConsentQuerySet(models.QuerySet["Consent"]):
    """Consents, seen and withdrawn by the user who gave them."""

    def visible_to(self, principal: Principal) -> "Self":
        """Return the caller's own consents."""
        if principal.user_id is None:
            return self.none()
        return self.filter(user=principal.user_id)

    def living(self, at: datetime | None = None) -> "Self":
        """Return those that are neither withdrawn nor over, now unless stated."""
        lasting = Q(expires_at__isnull=True) | Q(expires_at__gt=at or timezone.now())
        return self.filter(lasting, revoked_at__isnull=True)

    def changeable_by(
        self, principal: Principal, *, at_least: OrganisationRole | None = None
    ) -> "Self":
        """Return the caller's own consents: no role is needed for what is one's own."""
        return self.visible_to(principal)


class Consent(BaseModel):
    """A user's yes to an application: scopes, purpose, how far back, how fine, until when."""

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="consents")
    application = models.ForeignKey(
        "accounts.Application", on_delete=models.CASCADE, related_name="consents"
    )
    scopes = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    purpose = models.TextField(blank=True)
    history_from = models.DateTimeField(null=True, blank=True)
    resolution = models.CharField(max_length=8, choices=Resolution.choices, default=Resolution.RAW)
    # Whether it covers chosen nodes alone; twin keeps which. Without any it covers nothing.
    is_limited = models.BooleanField(default=False)
    granted_at = models.DateTimeField(auto_now_add=True)
    # The last time the user said yes on the consent page; none: they said it once, when granting.
    confirmed_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    # When the application last asked with a token of it, to some minutes; no version of the row.
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    # A person's own affair: no organisation has a say in it.
    organisation_id = None
    # The chosen nodes with their names, once `accounts.places` has told them.
    places: "list[Any] | None" = None

    objects = ConsentQuerySet.as_manager()

    class Meta:
        constraints = [
            # One living consent for each pair: a new yes widens or narrows the one that stands.
            models.UniqueConstraint(
                fields=["user", "application"],
                condition=Q(revoked_at__isnull=True),
                name="consent_living_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} to {self.application}"

    def is_over(self, now: datetime) -> bool:
        """Say whether the consent was withdrawn or has expired."""
        return self.revoked_at is not None or (
            self.expires_at is not None and self.expires_at <= now
        )
