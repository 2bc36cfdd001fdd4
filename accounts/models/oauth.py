"""The OAuth tables: Atrium's own subclasses, all with UUIDv7 keys, swapped in together."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from oauth2_provider.models import (
    AbstractAccessToken,
    AbstractApplication,
    AbstractDeviceGrant,
    AbstractGrant,
    AbstractIDToken,
    AbstractRefreshToken,
)

from accounts.tenancy import TenantQuerySet
from config.lib.models import UUIDv7Model


class Application(UUIDv7Model, AbstractApplication):
    """An OAuth client of an organisation: what it is for and what it may ever ask for."""

    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.CASCADE, related_name="applications"
    )
    purpose = models.TextField(blank=True)
    privacy_url = models.URLField(blank=True)
    scopes = ArrayField(models.CharField(max_length=64), default=list)

    objects = TenantQuerySet.as_manager()

    class Meta(AbstractApplication.Meta):
        abstract = False

    @property
    def updated_at(self) -> object:
        """Return the moment of the last change, under the name that ETags read."""
        return self.updated


class Grant(UUIDv7Model, AbstractGrant):
    """An authorization code on its way to becoming a token."""

    class Meta(AbstractGrant.Meta):
        abstract = False


class AccessToken(UUIDv7Model, AbstractAccessToken):
    """An access token, stored as a digest; a user's token belongs to its consent."""

    consent = models.ForeignKey(
        "accounts.Consent", on_delete=models.CASCADE, null=True, related_name="access_tokens"
    )

    class Meta(AbstractAccessToken.Meta):
        abstract = False


class RefreshToken(UUIDv7Model, AbstractRefreshToken):
    """A refresh token, stored as a digest; rotating, and reuse ends its whole family."""

    class Meta(AbstractRefreshToken.Meta):
        abstract = False


class IDToken(UUIDv7Model, AbstractIDToken):
    """An OpenID Connect ID token."""

    class Meta(AbstractIDToken.Meta):
        abstract = False


class DeviceGrant(UUIDv7Model, AbstractDeviceGrant):
    """A device code waiting for its user."""

    class Meta(AbstractDeviceGrant.Meta):
        abstract = False
