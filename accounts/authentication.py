"""From a bearer token to the principal: ``request.auth`` is what the request may do."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.cache import cache
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.settings import spectacular_settings
from redis.exceptions import RedisError
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed

from accounts import tasks
from accounts.models import User
from accounts.principals import Principal
from accounts.scopes import SCOPES
from accounts.selectors import FoundToken, find_token
from accounts.services.consents import USE_NOTED_EVERY
from config.lib.attribution import refine

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


def principal_of(found: FoundToken) -> Principal:
    """Work out what a living token may do: its scopes and its user's own rights."""
    return Principal(
        found.scopes,
        user_id=found.user_id,
        application_id=found.application_id,
        organisation_roles=found.roles,
        terms=found.terms,
        is_gateway=found.is_gateway,
    )


def user_of(found: FoundToken) -> Any:
    """Return who asks; a person is loaded only when somebody looks at them."""
    user_id = found.user_id
    if user_id is None:
        return ServiceUser(found.application_id)
    return SimpleLazyObject(lambda: User.objects.get(pk=user_id))


def note_use(found: FoundToken) -> None:
    """Have it noted that an application acts for a user, once in some minutes.

    It costs the request no query: a worker writes it, and of many requests one asks for that.
    """
    if found.terms is None:
        return
    last = found.last_used_at
    if last is not None and last > timezone.now() - USE_NOTED_EVERY:
        return
    try:
        is_first = cache.add(f"consent-used:{found.terms.id}", 1, USE_NOTED_EVERY.seconds)
    except RedisError:
        return  # A note that is missing must not take the platform down.
    if is_first:
        tasks.record_use.delay_on_commit(str(found.terms.id))


class BearerAuthentication(BaseAuthentication):
    """RFC 6750 section 2.1: the token comes in the Authorization header, nowhere else."""

    def authenticate(self, request: "Request") -> tuple[Any, Principal] | None:
        """Return who asks and what they may do; None without a token.

        Raises: InvalidToken.
        """
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        found = find_token(text.strip())
        if found is None:
            raise InvalidToken()
        refine(user=found.user_id, application=found.application_id)
        note_use(found)
        return user_of(found), principal_of(found)

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
