"""The OAuth endpoints that machines call; they speak RFC 6749 section 5.2, not problems."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View
from oauth2_provider import views
from oauth2_provider.views.mixins import OAuthLibMixin

from accounts.choices import GrantType
from accounts.models import Application
from accounts.oauth_parameters import claimed_client, fault_of_form
from accounts.scopes import CatalogueScopes
from accounts.selectors import find_token
from accounts.services.device_grants import INTERVAL_S, LIFETIME, ask_device
from config.lib import ratelimits
from config.lib.addresses import address_of

CHALLENGE = 'Basic realm="atrium", charset="UTF-8"'


def oauth_error(code: str, text: str, *, status: int = HTTPStatus.BAD_REQUEST) -> JsonResponse:
    """Return an error of an OAuth endpoint. Source: RFC 6749 section 5.2."""
    response = JsonResponse({"error": code, "error_description": text}, status=status)
    response["Cache-Control"] = "no-store"
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = CHALLENGE
    return response


def too_many(standing: ratelimits.Standing, policy: str) -> HttpResponse:
    """Return a refusal that says when to come back."""
    text = f"Too many requests. Come back in {standing.resets_in_s} seconds."
    status = HTTPStatus.TOO_MANY_REQUESTS
    response = oauth_error("temporarily_unavailable", text, status=status)
    response["Retry-After"] = str(standing.resets_in_s)
    return with_headers(response, standing.headers(policy))


def with_headers(response: Any, headers: Mapping[str, str]) -> Any:
    """Return the response with these headers."""
    for name, value in headers.items():
        response[name] = value
    return response


class LimitedMixin(View):
    """So many requests a minute for each client at each address, fewer that fail.

    The address is part of the count, so that nobody can use up a stranger's allowance. What is
    malformed, whatever the endpoint, is refused here.
    """

    policy: ClassVar[str] = "token"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Count the request, serve it, and count it again if the client was refused."""
        address = address_of(request)
        standing = ratelimits.take(self.policy, f"{claimed_client(request)}@{address}")
        if standing.is_exceeded:
            return too_many(standing, self.policy)
        response = self._serve(request, *args, **kwargs)
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            failures = ratelimits.take("anonymous", address)
            if failures.is_exceeded:
                return too_many(failures, "anonymous")
            response["WWW-Authenticate"] = CHALLENGE
        response["Cache-Control"] = "no-store"
        return with_headers(response, standing.headers(self.policy))

    def _serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        fault = fault_of_form(request) if request.method == "POST" else ""
        if fault:
            return oauth_error("invalid_request", fault)
        return super().dispatch(request, *args, **kwargs)


@method_decorator(csrf_exempt, name="dispatch")
class TokenView(LimitedMixin, views.TokenView):
    """Exchange client credentials, a code, a refresh token or a device code for a token."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer with a token, or say in the error what is wrong."""
        grant = request.POST.get("grant_type", "")
        if grant not in GrantType.values:
            return oauth_error("unsupported_grant_type", "There is no such grant here.")
        if grant == GrantType.DEVICE_CODE and not request.POST.get("device_code"):
            return oauth_error("invalid_request", "device_code is missing.")
        response: HttpResponse = self.authorization_flow_token_response(request)
        response["Content-Type"] = "application/json"
        return response


@method_decorator(csrf_exempt, name="dispatch")
class RevocationView(LimitedMixin, views.RevokeTokenView):
    """End a token. Source: RFC 7009."""

    policy = "revocation"


@method_decorator(csrf_exempt, name="dispatch")
class IntrospectionView(LimitedMixin, OAuthLibMixin, View):
    """Tell a client about a token of its own; of any other it learns nothing.

    Source: RFC 7662 section 2.
    """

    policy = "introspection"

    def post(self, request: HttpRequest) -> HttpResponse:
        """Answer whether the token lives, and what it may do now."""
        client = self.get_oauthlib_core().client_of(request)
        if client is None:
            text = "The client is unknown or its secret is wrong."
            return oauth_error("invalid_client", text, status=HTTPStatus.UNAUTHORIZED)
        if not request.POST.get("token"):
            return oauth_error("invalid_request", "token is missing.")
        found = find_token(request.POST["token"])
        if found is None or found.application_id != client.pk:
            return JsonResponse({"active": False})
        about = {
            "active": True,
            "client_id": client.client_id,
            "token_type": "Bearer",
            "scope": " ".join(sorted(found.scopes)),
            "exp": int(found.expires.timestamp()),
            "sub": str(found.user_id or found.application_id),
            "iss": settings.PUBLIC_URL,
        }
        return JsonResponse(about)


@method_decorator(csrf_exempt, name="dispatch")
class DeviceAuthorizationView(LimitedMixin, OAuthLibMixin, View):
    """Give a device the two codes of a request. Source: RFC 8628 sections 3.1 and 3.2."""

    policy = "device_authorization"

    def post(self, request: HttpRequest) -> HttpResponse:
        """Answer with the codes, and where the user goes with the one for people."""
        client = self.get_oauthlib_core().client_of(request, may_be_public=True)
        if client is None:
            text = "The client is unknown or its secret is wrong."
            return oauth_error("invalid_client", text, status=HTTPStatus.UNAUTHORIZED)
        if GrantType.DEVICE_CODE not in client.grant_types:
            text = "The application does not declare the device grant."
            return oauth_error("unauthorized_client", text)
        known = CatalogueScopes()
        scopes = request.POST.get("scope", "").split() or known.get_default_scopes(client)
        if unknown := set(scopes) - set(known.get_available_scopes(client)):
            return oauth_error("invalid_scope", f"Not for this client: {min(unknown)[:64]}.")
        return JsonResponse(codes_for(client, scopes))


def codes_for(client: Application, scopes: list[str]) -> dict[str, Any]:
    """Return what the device is answered."""
    asked = ask_device(application=client, scopes=scopes)
    address = f"{settings.PUBLIC_URL}{reverse('oauth2_provider:device')}"
    return {
        "device_code": asked.device_code,
        "user_code": asked.user_code,
        "verification_uri": address,
        "verification_uri_complete": f"{address}?{urlencode({'user_code': asked.user_code})}",
        "expires_in": int(LIFETIME.total_seconds()),
        "interval": INTERVAL_S,
    }
