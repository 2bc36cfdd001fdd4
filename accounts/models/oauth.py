"""The OAuth tables: Atrium's own subclasses, all with UUIDv7 keys, swapped in together."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from oauth2_provider.models import (
    AbstractAccessToken,
    AbstractApplication,
    AbstractDeviceGrant,
    AbstractGrant,
    AbstractIDToken,
    AbstractRefreshToken,
)

from accounts.choices import ApplicationKind, GrantType
from accounts.scopes import SCOPES
from accounts.tenancy import TenantQuerySet
from config.lib.fields import DigestField
from config.lib.models import UUIDv7Model

if TYPE_CHECKING:
    from typing import Self

# The toolkit's word for a grant -> the word that RFC 7591 section 2 registers, which we store.
REGISTERED_NAMES = {
    AbstractApplication.GRANT_AUTHORIZATION_CODE: GrantType.AUTHORIZATION_CODE,
    AbstractApplication.GRANT_CLIENT_CREDENTIALS: GrantType.CLIENT_CREDENTIALS,
    AbstractApplication.GRANT_DEVICE_CODE: GrantType.DEVICE_CODE,
}


RETURN_SCHEMES = ("https", "http")
LOOPBACK = frozenset({"127.0.0.1", "::1"})


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
    # A gateway's application acts as that gateway alone, never as its organisation.
    kind = models.CharField(
        max_length=16,
        choices=ApplicationKind.choices,
        default=ApplicationKind.CLIENT,
        db_default=ApplicationKind.CLIENT,
        editable=False,
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

    def get_allowed_schemes(self) -> list[str]:
        """Return how an address to return to may begin; ``clean`` keeps http to the own machine."""
        return list(RETURN_SCHEMES)

    def clean(self) -> None:
        """Check the redirect addresses, then scopes and grants.

        Outside dev http is for native apps alone, which listen on the person's own machine.
        Source: RFC 8252 section 7.3.
        """
        super().clean()
        addresses = [urlsplit(address) for address in self.redirect_uris.split()]
        plain = {address.hostname for address in addresses if address.scheme == "http"}
        if not settings.IS_DEV and plain - LOOPBACK:
            text = "Use https, or http://127.0.0.1 or http://[::1] for an app on the own machine."
            raise ValidationError({"redirect_uris": text})
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
    # When the user had logged in to the browser in which they approved.
    auth_time = models.DateTimeField(null=True, blank=True)

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
    """A refresh token, stored as a digest; rotating, and reuse ends its whole family.

    ``generation`` counts the rotations since the approval. ``spent_at`` tells a token that was
    exchanged from one that was revoked. ``scope`` is what was granted: narrowing the scope of one
    access token does not narrow the next one's (RFC 6749 section 6).
    """

    generation = models.IntegerField(default=0, db_default=0)
    spent_at = models.DateTimeField(null=True, blank=True)
    scope = models.TextField(blank=True, default="", db_default="")

    @property
    def granted_scope(self) -> str:
        """Return the scope that the token may ask for; older rows keep it in the access token."""
        return self.scope or (self.access_token.scope if self.access_token else "")

    class Meta(AbstractRefreshToken.Meta):
        abstract = False


class IDToken(UUIDv7Model, AbstractIDToken):
    """An OpenID Connect ID token."""

    class Meta(AbstractIDToken.Meta):
        abstract = False


class DeviceGrantQuerySet(models.QuerySet["DeviceGrant"]):
    """Device codes."""

    def pending(self) -> "Self":
        """Return those that still wait for their user."""
        waiting = AbstractDeviceGrant.AUTHORIZATION_PENDING
        return self.filter(status=waiting, expires__gt=timezone.now())


class DeviceGrant(UUIDv7Model, AbstractDeviceGrant):
    """A device code waiting for its user; both codes are stored as digests.

    ``polled_at`` is when the device last asked, ``auth_time`` when the user had logged in to the
    browser in which they approved.
    """

    device_code = DigestField()
    user_code = DigestField()
    polled_at = models.DateTimeField(null=True, blank=True)
    auth_time = models.DateTimeField(null=True, blank=True)

    objects = DeviceGrantQuerySet.as_manager()

    class Meta(AbstractDeviceGrant.Meta):
        abstract = False
        constraints = []
