"""The OAuth endpoints that machines call; they speak RFC 6749 section 5.2, not problems."""

import base64
import binascii
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_plus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View
from oauth2_provider import views
from oauth2_provider.views.mixins import OAuthLibMixin

from accounts.choices import GrantType
from accounts.selectors import find_token
from config.lib import ratelimits
from config.lib.addresses import address_of

CHALLENGE = 'Basic realm="atrium", charset="UTF-8"'
MAX_CLIENT_ID = 255


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


def claimed_client(request: HttpRequest) -> str:
    """Return the client id that the request claims, by whichever method, unchecked."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return request.POST.get("client_id", "")[:MAX_CLIENT_ID]
    try:
        text = base64.b64decode(credentials).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return unquote_plus(text.partition(":")[0])[:MAX_CLIENT_ID]


class LimitedMixin(View):
    """So many requests a minute for each client at each address, fewer that fail.

    The address is part of the count, so that nobody can use up a stranger's allowance.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Count the request, serve it, and count it again if the client was refused."""
        address = address_of(request)
        standing = ratelimits.take("token", f"{claimed_client(request)}@{address}")
        if standing.is_exceeded:
            return too_many(standing, "token")
        response = super().dispatch(request, *args, **kwargs)
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            failures = ratelimits.take("anonymous", address)
            if failures.is_exceeded:
                return too_many(failures, "anonymous")
            response["WWW-Authenticate"] = CHALLENGE
        return with_headers(response, standing.headers("token"))


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
        response: HttpResponse = super().post(request, *args, **kwargs)
        response["Content-Type"] = "application/json"
        response["Cache-Control"] = "no-store"
        return response


@method_decorator(csrf_exempt, name="dispatch")
class RevocationView(LimitedMixin, views.RevokeTokenView):
    """End a token. Source: RFC 7009."""


@method_decorator(csrf_exempt, name="dispatch")
class IntrospectionView(LimitedMixin, OAuthLibMixin, View):
    """Tell a client about a token of its own; of any other it learns nothing.

    Source: RFC 7662 section 2.
    """

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
