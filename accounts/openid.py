"""OpenID Connect and the documents by which clients find their way; all of it is public."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View

from accounts.choices import GrantType
from accounts.endpoints import with_headers
from accounts.models import User
from accounts.scopes import OPENID, SCOPES
from accounts.selectors import FoundToken, find_token
from accounts.services.signing import ALGORITHM, public_keys
from config.lib import ratelimits
from config.lib.addresses import address_of

BEARER = 'Bearer realm="atrium"'
KEYS_MAX_AGE_S = 300
ENDPOINTS: Mapping[str, str] = {
    "authorization_endpoint": "authorize",
    "token_endpoint": "token",
    "device_authorization_endpoint": "device-authorization",
    "revocation_endpoint": "revoke-token",
    "introspection_endpoint": "introspect",
    "userinfo_endpoint": "user-info",
    "jwks_uri": "jwks-info",
}
SECRET_METHODS = ["client_secret_basic", "client_secret_post"]


def metadata() -> dict[str, Any]:
    """Return what the server can do, for both well-known addresses.

    Source: RFC 8414 section 2, OpenID Connect Discovery 1.0 section 3.
    """
    addresses = {
        name: f"{settings.PUBLIC_URL}{reverse(f'oauth2_provider:{view}')}"
        for name, view in ENDPOINTS.items()
    }
    return {
        "issuer": settings.PUBLIC_URL,
        **addresses,
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": GrantType.values,
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": [*SECRET_METHODS, "none"],
        "revocation_endpoint_auth_methods_supported": [*SECRET_METHODS, "none"],
        "introspection_endpoint_auth_methods_supported": SECRET_METHODS,
        "authorization_response_iss_parameter_supported": True,
        "service_documentation": f"{settings.PUBLIC_URL}{reverse('docs')}",
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "claim_types_supported": ["normal"],
        "claims_supported": [
            "sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "at_hash",
            "name", "email", "email_verified", "locale", "zoneinfo", "updated_at",
        ],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }  # fmt: skip


def public(document: dict[str, Any], *, max_age_s: int) -> HttpResponse:
    """Return a document that any page of any origin may read."""
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Cache-Control": f"public, max-age={max_age_s}",
    }
    return JsonResponse(document, headers=headers)


class MetadataView(View):
    """What the server can do."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Answer with the document."""
        return public(metadata(), max_age_s=KEYS_MAX_AGE_S)


class KeysView(View):
    """The keys by which ID tokens are verified. Source: RFC 7517 section 5."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Answer with every key that living ID tokens may be signed with."""
        return public({"keys": public_keys()}, max_age_s=KEYS_MAX_AGE_S)


def claims_about(user: User, scopes: frozenset[str]) -> dict[str, Any]:
    """Return what a token tells about its user. Source: OpenID Connect Core 1.0 section 5.1."""
    claims: dict[str, Any] = {"sub": str(user.pk)}
    if "profile" in scopes:
        claims |= {
            "name": user.name,
            "email": user.email,
            "email_verified": user.email_verified_at is not None,
            "locale": user.locale,
            "zoneinfo": user.time_zone,
            "updated_at": int(user.updated_at.timestamp()),
        }
    return claims


def bearer_of(request: HttpRequest) -> str:
    """Return the token of the Authorization header; it is looked for nowhere else."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    return text.strip() if scheme.lower() == "bearer" else ""


def refused(status: HTTPStatus, error: str, text: str) -> HttpResponse:
    """Return a refusal. Source: RFC 6750 section 3."""
    challenge = f'{BEARER}, error="{error}"' if error else BEARER
    if error == "insufficient_scope":
        challenge += f', scope="{OPENID}"'
    told = {"error": error, "error_description": text} if error else {}
    headers = {"WWW-Authenticate": challenge, "Cache-Control": "no-store"}
    return JsonResponse(told, status=status, headers=headers)


@method_decorator(csrf_exempt, name="dispatch")
class UserInfoView(View):
    """Who the user of a token is. Source: OpenID Connect Core 1.0 section 5.3."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Answer with the claims that the token's scopes allow."""
        text = bearer_of(request)
        found = find_token(text) if text else None
        caller = f"{found.application_id}:{found.user_id}" if found else address_of(request)
        policy = "principal" if found else "anonymous"
        standing = ratelimits.take(policy, caller)
        if standing.is_exceeded:
            response = refused(HTTPStatus.TOO_MANY_REQUESTS, "", "Too many requests.")
            response["Retry-After"] = str(standing.resets_in_s)
        else:
            response = self._answer(found, has_token=bool(text))
        return with_headers(response, standing.headers(policy))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Answer as to a GET."""
        return self.get(request)

    def _answer(self, found: FoundToken | None, *, has_token: bool) -> HttpResponse:
        if not has_token:
            return refused(HTTPStatus.UNAUTHORIZED, "", "")
        if found is None:
            text = "The access token is not valid, or not any more."
            return refused(HTTPStatus.UNAUTHORIZED, "invalid_token", text)
        if OPENID not in found.scopes or found.user_id is None:
            text = f"The token does not have the scope {OPENID}."
            return refused(HTTPStatus.FORBIDDEN, "insufficient_scope", text)
        claims = claims_about(User.objects.get(pk=found.user_id), found.scopes)
        return JsonResponse(claims, headers={"Cache-Control": "no-store"})
