"""What the authorization endpoint asks of a request before it shows a page, and how it answers."""

from datetime import timedelta
from typing import Any, NoReturn
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from oauth2_provider.exceptions import OAuthToolkitError
from oauth2_provider.http import OAuth2ResponseRedirect
from oauth2_provider.views.base import BaseAuthorizationView
from oauthlib.oauth2.rfc6749 import errors
from oauthlib.openid.connect.core.exceptions import (
    LoginRequired,
    RequestNotSupported,
    RequestURINotSupported,
)

from accounts.models.oauth import RETURN_SCHEMES
from accounts.oauth_parameters import PKCE_NEEDED, is_strong_challenge, repeated
from accounts.sessions import logged_in_at

INVALID = errors.InvalidRequestError
NONE = "none"
ANEW = frozenset({"login", "select_account"})


def asks_for(request: HttpRequest) -> set[str]:
    """Return the values of `prompt`. Source: OpenID Connect Core 1.0 section 3.1.2.1."""
    return set(request.GET.get("prompt", "").split())


def is_login_too_old(request: HttpRequest) -> bool:
    """Say whether the client asked for a login that is younger, or for one just now."""
    if ANEW & asks_for(request):
        return True
    max_age = request.GET.get("max_age", "")
    if not max_age.isdecimal():
        return False
    moment = logged_in_at(request)
    return moment is None or moment + timedelta(seconds=int(max_age[:9])) < timezone.now()


def fault_of(request: HttpRequest, credentials: dict[str, Any]) -> type[errors.OAuth2Error] | str:
    """Return what is wrong with a request that oauthlib finds well formed, or an empty text."""
    asked = request.GET
    if "request" in asked:
        return RequestNotSupported
    if "request_uri" in asked:
        return RequestURINotSupported
    silent = NONE in asks_for(request)
    if silent and (not request.user.is_authenticated or is_login_too_old(request)):
        return LoginRequired
    texts = {
        "prompt=none allows no other value beside it.": silent and len(asks_for(request)) > 1,
        "A parameter was sent twice.": bool(repeated(asked)),
        PKCE_NEEDED: not is_strong_challenge(
            credentials.get("code_challenge"), credentials.get("code_challenge_method")
        ),
        "approval_prompt is not supported: the user is always asked.": (
            asked.get("approval_prompt", "force") != "force"
        ),
        "response_mode is query.": asked.get("response_mode", "query") != "query",
        "max_age is a whole number of seconds.": not asked.get("max_age", "0").isdecimal(),
    }
    return next((text for text, is_wrong in texts.items() if is_wrong), "")


def refuse(kind: type[errors.OAuth2Error], text: str | None, asked: dict[str, Any]) -> NoReturn:
    """Send the client away with an error.

    Raises: OAuthToolkitError.
    """
    told = kind(text, state=asked.get("state"))
    raise OAuthToolkitError(told, redirect_uri=asked["redirect_uri"])


class CheckedAuthorizationView(BaseAuthorizationView):
    """The toolkit's view with what RFC 9700, RFC 9207 and OpenID Connect ask beside."""

    def validate_authorization_request(self, request: HttpRequest) -> Any:
        """Check the request before anything is shown; PKCE by S256 alone.

        Source: RFC 9700 section 2.1.1.
        """
        scopes, credentials = super().validate_authorization_request(request)
        fault = fault_of(request, credentials)
        if not fault:
            return scopes, credentials
        kind, text = (fault, None) if not isinstance(fault, str) else (INVALID, fault)
        refuse(kind, text, credentials)

    def handle_prompt_login(self) -> HttpResponse:
        """Let the person log in anew; what asked for it is left out of the way back."""
        logout(self.request)
        query = self.request.GET.copy()
        for name in ("prompt", "max_age"):
            query.pop(name, None)
        return redirect_to_login(f"{self.request.path}?{query.urlencode()}", settings.LOGIN_URL)

    def redirect(self, redirect_to: str, application: Any) -> HttpResponse:
        """Send the browser back and say who answers, errors included. Source: RFC 9207."""
        parts = urlsplit(redirect_to)
        answer = [pair for pair in parse_qsl(parts.query, True) if pair[0] != "iss"]
        query = urlencode([*answer, ("iss", settings.PUBLIC_URL)])
        # Only an address that the client has registered comes this far, errors included.
        return OAuth2ResponseRedirect(parts._replace(query=query).geturl(), RETURN_SCHEMES)
