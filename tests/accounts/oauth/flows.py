"""The steps of an OAuth dance, as a client takes them."""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.test import Client

from accounts.models import Application, User
from tests.factories import CLIENT_SECRET, REDIRECT_URI

VERIFIER = "a-verifier-of-forty-three-characters-or-more-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode()[:43]


def basic(application: Application, secret: str = CLIENT_SECRET) -> dict[str, str]:
    """Return the header by which a client authenticates itself."""
    pair = base64.b64encode(f"{application.client_id}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def ask_token(application: Application, *, secret: str = CLIENT_SECRET, **form: str) -> Any:
    """Ask the token endpoint."""
    return Client().post("/oauth/token/", form, headers=basic(application, secret))


def authorize_url(application: Application, **overrides: str | None) -> str:
    """Return where the client sends its user; None leaves a parameter out."""
    query = {
        "response_type": "code",
        "client_id": application.client_id,
        "redirect_uri": REDIRECT_URI,
        "scope": "profile sites:read",
        "state": "xyz",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **overrides,
    }
    given = {name: text for name, text in query.items() if text is not None}
    return f"/oauth/authorize/?{urlencode(given)}"


def browser_of(user: User) -> Client:
    """Return a browser in which the user has logged in."""
    browser = Client()
    browser.force_login(user)
    return browser


def approve(user: User, application: Application, **overrides: str | None) -> dict[str, str]:
    """Let the user approve and return what the client's address receives."""
    return approve_in(browser_of(user), application, **overrides)


def approve_in(
    browser: Client, application: Application, **overrides: str | None
) -> dict[str, str]:
    """Let the user of a browser approve and return what the client's address receives."""
    return received(approve_at(browser, authorize_url(application, **overrides)))


def approve_at(browser: Client, url: str) -> Any:
    """Let the user of a browser approve at an address and return the answer to the form."""
    return browser.post(url, {**filled_in(browser, url), "allow": "1"})


def filled_in(browser: Client, url: str, **changes: Any) -> dict[str, Any]:
    """Return what the form of a page would send, with the user's changes."""
    form = browser.get(url).context["form"]
    shown = {name: value for name, value in form.initial.items() if name in form.fields}
    return {**shown, **changes}


def received(answer: Any) -> dict[str, str]:
    """Return the parameters of the redirect back to the client."""
    assert answer.status_code == 302, answer.content
    query = urlsplit(answer["Location"]).query
    return {name: values[0] for name, values in parse_qs(query).items()}


def exchange(application: Application, code: str, **overrides: str) -> Any:
    """Exchange a code for tokens."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT_URI,
        "code_verifier": VERIFIER,
        **overrides,
    }
    return ask_token(application, **form)


def tokens_of(user: User, application: Application, **overrides: str | None) -> dict[str, Any]:
    """Go the whole way: approve, exchange, and return the tokens."""
    answer = exchange(application, approve(user, application, **overrides)["code"])
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def refresh(application: Application, token: str, **overrides: str) -> Any:
    """Exchange a refresh token for new tokens."""
    form = {"grant_type": "refresh_token", "refresh_token": token, **overrides}
    return ask_token(application, **form)


def revoke(application: Application, token: str) -> Any:
    """Tell the platform that a token is not needed any more."""
    return Client().post("/oauth/revoke/", {"token": token}, headers=basic(application))


def another_client(application: Application, client_id: str = "other-app") -> Application:
    """Return a second client of the same organisation, with the same secret and rights."""
    other = Application.objects.get(pk=application.pk)
    other.pk, other.client_id = Application().pk, client_id
    other.save(force_insert=True)
    return other
