"""From a bearer token to the principal: ``request.auth`` is what the request may do."""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.settings import spectacular_settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed

from accounts.choices import OrganisationRole
from accounts.models import AccessToken, B2BUser, User
from accounts.principals import Principal
from accounts.scopes import SCOPES

if TYPE_CHECKING:
    from rest_framework.request import Request

REALM = 'Bearer realm="atrium"'


@dataclass(frozen=True, slots=True)
class ServiceUser:
    """Who asks when an application asks for itself: no person, but not anonymous either."""

    application_id: UUID
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False
    pk: None = None


class InvalidToken(AuthenticationFailed):
    """The token is unknown, expired or revoked; which of these is not told."""

    auth_header = f'{REALM}, error="invalid_token"'
    default_detail = "The access token is not valid, or not any more. Get a new one."


def principal_of(token: AccessToken) -> Principal:
    """Work out what a living token may do: its scopes, cut to its consent and its user's rights."""
    application = token.application
    scopes = frozenset(token.scope.split()) & frozenset(application.scopes)
    if token.user_id is None:
        roles = {application.organisation_id: OrganisationRole.ADMIN}
        return Principal(scopes, application_id=application.pk, organisation_roles=roles)
    if token.consent is not None:
        scopes &= frozenset(token.consent.scopes)
    rows = B2BUser.objects.current().filter(user=token.user_id)
    return Principal(
        scopes,
        user_id=token.user_id,
        application_id=application.pk,
        consent_id=token.consent_id,
        organisation_roles={
            organisation: OrganisationRole(role)
            for organisation, role in rows.values_list("organisation", "role")
        },
    )


def _is_alive(token: AccessToken) -> bool:
    if token.application is None or token.is_expired():
        return False
    if token.user is not None and not token.user.is_active:
        return False
    consent = token.consent
    if consent is None:
        return token.user_id is None
    is_over = consent.expires_at is not None and consent.expires_at <= timezone.now()
    return consent.revoked_at is None and not is_over


class BearerAuthentication(BaseAuthentication):
    """RFC 6750 section 2.1: the token comes in the Authorization header, nowhere else."""

    def authenticate(self, request: "Request") -> tuple[User | ServiceUser, Principal] | None:
        """Return who asks and what they may do; None without a token.

        Raises: InvalidToken.
        """
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        checksum = hashlib.sha256(text.strip().encode()).hexdigest()
        token = (
            AccessToken.objects.select_related("application", "user", "consent")
            .filter(token_checksum=checksum)
            .first()
        )
        if token is None or not _is_alive(token):
            raise InvalidToken()
        principal = principal_of(token)
        return token.user or ServiceUser(token.application.pk), principal

    def authenticate_header(self, request: "Request") -> str:
        """Return what a 401 says about how to authenticate."""
        return REALM


class BearerScheme(OpenApiAuthenticationExtension):
    """Declare the OAuth 2.0 flows in the OpenAPI document."""

    target_class = BearerAuthentication
    name = "oauth2"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Return the flows with their addresses and scopes."""
        urls = {"tokenUrl": spectacular_settings.OAUTH2_TOKEN_URL, "scopes": dict(SCOPES)}
        code = {"authorizationUrl": spectacular_settings.OAUTH2_AUTHORIZATION_URL, **urls}
        flows = {"clientCredentials": urls, "authorizationCode": code}
        return {"type": "oauth2", "flows": flows}

    def get_security_requirement(self, auto_schema: Any) -> dict[str, list[str]]:
        """Return the scope of the operation that is described."""
        view = auto_schema.view
        scope = getattr(view, "required_scopes", {}).get(getattr(view, "action", ""))
        return {self.name: [scope] if scope else []}
