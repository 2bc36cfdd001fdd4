"""The OAuth tables: Atrium's own subclasses, all with UUIDv7 keys, swapped in together."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from oauth2_provider.models import (
    AbstractAccessToken,
    AbstractApplication,
    AbstractDeviceGrant,
    AbstractGrant,
    AbstractIDToken,
    AbstractRefreshToken,
)

from accounts.choices import GrantType
from accounts.scopes import SCOPES
from accounts.tenancy import TenantQuerySet
from config.lib.fields import DigestField
from config.lib.models import UUIDv7Model

# The toolkit's word for a grant -> the word that RFC 7591 section 2 registers, which we store.
REGISTERED_NAMES = {
    AbstractApplication.GRANT_AUTHORIZATION_CODE: GrantType.AUTHORIZATION_CODE,
    AbstractApplication.GRANT_CLIENT_CREDENTIALS: GrantType.CLIENT_CREDENTIALS,
    AbstractApplication.GRANT_DEVICE_CODE: GrantType.DEVICE_CODE,
}


class ApplicationQuerySet(TenantQuerySet):
    """Applications, seen and changed by their organisation."""

    def get_by_natural_key(self, client_id: str) -> "Application":
        """Find an application as OAuth names it."""
        return self.get(client_id=client_id)


class Application(UUIDv7Model, AbstractApplication):
    """An OAuth client of an organisation: what it is for and what it may ever ask for."""

    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.CASCADE, related_name="applications"
    )
    purpose = models.TextField(blank=True)
    privacy_url = models.URLField(blank=True)
    scopes = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    grant_types = ArrayField(
        models.CharField(max_length=64, choices=GrantType.choices), default=list, blank=True
    )
    # One client may use several grants, and none skips its users' consent: these two fields of the
    # toolkit give way to `grant_types` and to a fixed no.
    authorization_grant_type = None
    skip_authorization = False

    objects = ApplicationQuerySet.as_manager()

    class Meta(AbstractApplication.Meta):
        abstract = False

    @property
    def updated_at(self) -> Any:
        """Return the moment of the last change, under the name that ETags read."""
        return self.updated

    @property
    def is_confidential(self) -> bool:
        """Say whether the client can keep a secret."""
        return bool(self.client_type == self.CLIENT_CONFIDENTIAL)

    def allows_grant_type(self, *grant_types: str) -> bool:
        """Say whether the application may use one of these grants, in the toolkit's words."""
        return any(REGISTERED_NAMES.get(name) in self.grant_types for name in grant_types)

    def clean(self) -> None:
        """Check the redirect addresses as the toolkit does, then scopes and grants."""
        super().clean()
        if unknown := sorted(set(self.scopes) - set(SCOPES)):
            raise ValidationError({"scopes": f"There is no scope {', '.join(unknown)}."})
        if not self.is_confidential and GrantType.CLIENT_CREDENTIALS in self.grant_types:
            text = "A public client keeps no secret, so it cannot use client credentials."
            raise ValidationError({"grant_types": text})
        if GrantType.AUTHORIZATION_CODE in self.grant_types and not self.redirect_uris.strip():
            text = "The authorization code needs at least one address to return to."
            raise ValidationError({"redirect_uris": text})


class Grant(UUIDv7Model, AbstractGrant):
    """An authorization code on its way to becoming a token; the code is stored as a digest."""

    code = DigestField()

    class Meta(AbstractGrant.Meta):
        abstract = False


class AccessToken(UUIDv7Model, AbstractAccessToken):
    """An access token, stored as a digest; a user's token belongs to its consent."""

    consent = models.ForeignKey(
        "accounts.Consent",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="access_tokens",
    )

    class Meta(AbstractAccessToken.Meta):
        abstract = False
        constraints = [
            models.CheckConstraint(
                condition=models.Q(user__isnull=True) | models.Q(consent__isnull=False),
                name="access_token_of_user_has_consent",
            )
        ]


class RefreshToken(UUIDv7Model, AbstractRefreshToken):
    """A refresh token, stored as a digest; rotating, and reuse ends its whole family."""

    class Meta(AbstractRefreshToken.Meta):
        abstract = False


class IDToken(UUIDv7Model, AbstractIDToken):
    """An OpenID Connect ID token."""

    class Meta(AbstractIDToken.Meta):
        abstract = False


class DeviceGrant(UUIDv7Model, AbstractDeviceGrant):
    """A device code waiting for its user; the code is stored as a digest."""

    device_code = DigestField()

    class Meta(AbstractDeviceGrant.Meta):
        abstract = False
        constraints = []
