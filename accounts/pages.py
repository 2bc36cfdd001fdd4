"""The pages that people see on their way in: login, and the consent to an application."""

import re
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from csp.decorators import csp_update
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.views import LoginView as DjangoLoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.generic import TemplateView
from oauth2_provider.exceptions import OAuthToolkitError
from oauth2_provider.views import AuthorizationView as ToolkitAuthorizationView
from oauthlib.oauth2.rfc6749.errors import InvalidRequestError

from accounts.oauth import PKCE_NEEDED, is_strong_challenge
from accounts.scopes import SCOPES
from config.lib import ratelimits
from config.lib.addresses import address_of

HOST_SOURCE = re.compile(r"[A-Za-z0-9.:-]+")
SCHEME_SOURCE = re.compile(r"[A-Za-z][A-Za-z0-9.+-]*")


class LoginView(DjangoLoginView):
    """Log in by e-mail address and password, so many tries a minute for each address."""

    template_name = "accounts/login.html"
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Check the password, unless this address has tried too often."""
        standing = ratelimits.take("login", address_of(request))
        if not standing.is_exceeded:
            return super().post(request, *args, **kwargs)
        context = {"wait_s": standing.resets_in_s}
        status = HTTPStatus.TOO_MANY_REQUESTS
        response = render(request, "accounts/too_many.html", context, status=status)
        response["Retry-After"] = str(standing.resets_in_s)
        return response


class HomePage(LoginRequiredMixin, TemplateView):
    """Where a login without a destination ends: who you are, and the ways on."""

    template_name = "accounts/home.html"


def form_action_of(redirect_uri: str) -> str:
    """Return the CSP source of an address to which a form may lead back, or an empty text."""
    parts = urlsplit(redirect_uri)
    if parts.scheme in {"http", "https"}:
        is_plain = HOST_SOURCE.fullmatch(parts.netloc)
        return f"{parts.scheme}://{parts.netloc}" if is_plain else ""
    return f"{parts.scheme}:" if SCHEME_SOURCE.fullmatch(parts.scheme) else ""


class AuthorizationView(ToolkitAuthorizationView):
    """Ask the user whether an application may act for them.

    Each request is asked anew: nothing skips the page. Source: RFC 6749 section 4.1.1.
    """

    template_name = "accounts/authorize.html"

    def validate_authorization_request(self, request: HttpRequest) -> Any:
        """Check the request before anything is shown; PKCE by S256 alone.

        Source: RFC 9700 section 2.1.1.
        """
        scopes, credentials = super().validate_authorization_request(request)
        text = ""
        proof = credentials.get("code_challenge"), credentials.get("code_challenge_method")
        if not is_strong_challenge(*proof):
            text = PKCE_NEEDED
        if request.GET.get("approval_prompt", "force") != "force":
            text = "approval_prompt is not supported: the user is always asked."
        if text:
            fault = InvalidRequestError(text, state=credentials.get("state"))
            raise OAuthToolkitError(fault, redirect_uri=credentials["redirect_uri"])
        return scopes, credentials

    def handle_no_permission(self) -> HttpResponse:
        """Send people to log in, but a request that is wrong back to where it came from."""
        try:
            self.validate_authorization_request(self.request)
        except OAuthToolkitError as error:
            return self.error_response(error, application=None)
        return super().handle_no_permission()

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show who asks for what."""
        response: HttpResponse = super().get(request, *args, **kwargs)
        source = form_action_of(str(self.oauth2_data.get("redirect_uri") or ""))
        if not source:
            return response
        # Chromium holds the redirect after a form to `form-action` as well.
        csp_update({"form-action": [source]})(lambda _: response)(request)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add each scope's sentence."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["sentences"] = [SCOPES[scope] for scope in context.get("scopes", ())]
        return context
