"""OAuth 2.0 of the simulated cloud: apps, authorization codes with PKCE, device codes, renewals.

Source: docs/integrations/smart-me.md, "Ways in"; RFC 6749, RFC 7636, RFC 8628.
"""

from __future__ import annotations

import secrets
import threading
import time
import uuid
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from html import escape
from typing import Any
from urllib.parse import urlencode

from .requests import Answer, Request
from .world import Account, App

TOKEN_LIFE_S = 3600.0
CODE_LIFE_S = 60.0
DEVICE_CODE_LIFE_S = 600.0
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
ALLOWED = {
    "confidential": {"authorization_code", "refresh_token", DEVICE_GRANT},
    "public": {"authorization_code", "refresh_token", DEVICE_GRANT},
    "device": {"client_credentials"},
}


@dataclass
class Token:
    """What an access or refresh token stands for."""

    account: str
    client_id: str
    claims: frozenset[str]
    expires_at: float = 0.0
    # Of a refresh token that was used: when, and what was answered.
    spent_at: float | None = None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    answer: dict[str, Any] | None = None


@dataclass
class Code:
    """An authorization code or a device code on its way."""

    client_id: str
    claims: frozenset[str]
    expires_at: float
    account: str | None = None
    redirect_uri: str = ""
    challenge: str = ""
    user_code: str = ""
    refused: bool = False
    asked_at: float = 0.0


@dataclass
class Habits:
    """What nobody knows of the real cloud, or what tests want otherwise."""

    token_life_s: float = TOKEN_LIFE_S
    # For how long a spent refresh token is answered once more with the same tokens.
    refresh_grace_s: float = 0.0
    rotates: bool = True
    device_interval_s: float | None = 5


@dataclass
class Grants:
    """All that was given out."""

    access: dict[str, Token] = field(default_factory=dict)
    refresh: dict[str, Token] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    devices: dict[str, Code] = field(default_factory=dict)


class OAuthServer:
    """Gives out tokens to the apps of the accounts."""

    def __init__(self, accounts: Mapping[str, Account]) -> None:
        self._accounts = accounts
        self._lock = threading.Lock()
        self._given = Grants()
        self.habits = Habits()

    def holder(self, access_token: str) -> Token | None:
        """Return what a living access token stands for."""
        token = self._given.access.get(access_token)
        return token if token and token.expires_at > time.time() else None

    def end_access_tokens(self) -> None:
        """Make every access token invalid, as a cloud may at any time."""
        with self._lock:
            self._given.access.clear()

    def answer(self, request: Request) -> Answer | None:
        """Answer a call below /oauth/, or return None for one that is not known."""
        handler = self._handlers().get((request.method, request.segments[1:]))
        return handler(request) if handler else None

    def refresh_tokens(self, account: str) -> dict[str, Token]:
        """Return the refresh tokens of an account that are still good, by their ids."""
        with self._lock:
            tokens = self._given.refresh.values()
            return {one.id: one for one in tokens if one.account == account and not one.spent_at}

    def revoke(self, token: Token) -> None:
        """Let a refresh token be worth nothing."""
        with self._lock:
            given = self._given.refresh
            self._given.refresh = {key: one for key, one in given.items() if one is not token}

    def _handlers(self) -> dict[tuple[str, tuple[str, ...]], Callable[[Request], Answer]]:
        return {
            ("GET", ("authorize",)): self._authorize,
            ("POST", ("token",)): self._token,
            ("POST", ("device",)): self._device,
            ("GET", ("verify",)): self._verify,
        }

    def app(self, client_id: str) -> App | None:
        """Return an app by its client id."""
        apps = (account.apps.get(client_id) for account in self._accounts.values())
        return next((app for app in apps if app), None)

    def _authorize(self, request: Request) -> Answer:
        """Show who may be asked; with ``login`` and ``decision`` go back to the app."""
        given = request.query
        app = self.app(given.get("client_id", ""))
        redirect_uri = given.get("redirect_uri", "")
        if app is None or redirect_uri not in app.redirect_uris:
            return _page("This application or its address to return to is not known here.", 400)
        if "login" not in given:
            return _page(self._choices(given))
        account = self._accounts.get(given["login"])
        if given.get("decision") == "deny" or account is None:
            return _back(redirect_uri, error="access_denied", state=given.get("state", ""))
        if account.licence != "professional":
            return _back(redirect_uri, error="unauthorized_client", state=given.get("state", ""))
        code = secrets.token_urlsafe(24)
        self._given.codes[code] = Code(
            client_id=app.client_id,
            claims=frozenset(given.get("scope", "").split()) & account.grantable,
            expires_at=time.time() + CODE_LIFE_S,
            account=account.name,
            redirect_uri=redirect_uri,
            challenge=given.get("code_challenge", ""),
        )
        return _back(redirect_uri, code=code, state=given.get("state", ""))

    def _choices(self, given: Mapping[str, str]) -> str:
        links = []
        for name in self._accounts:
            for decision in ("allow", "deny"):
                query = urlencode({**given, "login": name, "decision": decision})
                label = f"{decision} as {escape(name)}"
                links.append(f'<li><a href="/oauth/authorize?{escape(query)}">{label}</a></li>')
        return f"<p>Scope: {escape(given.get('scope', ''))}</p><ul>{''.join(links)}</ul>"

    def _device(self, request: Request) -> Answer:
        form = request.form()
        app = self.app(form.get("client_id", ""))
        if app is None or DEVICE_GRANT not in ALLOWED[app.kind]:
            return refused("invalid_client", status=401)
        number = f"{secrets.randbelow(10**12):012d}"
        code, user_code = (
            secrets.token_urlsafe(24),
            "-".join(number[start : start + 4] for start in (0, 4, 8)),
        )
        self._given.devices[code] = Code(
            client_id=app.client_id,
            claims=frozenset(form.get("scope", "").split()),
            expires_at=time.time() + DEVICE_CODE_LIFE_S,
            user_code=user_code,
        )
        content = {
            "device_code": code,
            "user_code": user_code,
            "verification_uri": f"http://{request.headers.get('host', '')}/oauth/verify",
            "expires_in": int(DEVICE_CODE_LIFE_S),
        }
        if self.habits.device_interval_s is not None:
            content["interval"] = self.habits.device_interval_s
        return Answer(200, content)

    def _verify(self, request: Request) -> Answer:
        """Let a person allow a device code; tests and demo give all by query."""
        given = request.query
        codes = self._given.devices.values()
        code = next((c for c in codes if c.user_code == given.get("user_code")), None)
        account = self._accounts.get(given.get("login", ""))
        if code is None or account is None:
            return _page("Open this address with user_code, login and decision (allow or deny).")
        code.refused = given.get("decision") == "deny"
        code.account = account.name
        code.claims &= account.grantable
        return _page("Done. You may go back to your device.")

    def _token(self, request: Request) -> Answer:
        form = request.form()
        app = self._known_app(form, request.headers.get("authorization", ""))
        if app is None:
            return refused("invalid_client", status=401)
        grant = form.get("grant_type", "")
        if grant not in ALLOWED[app.kind]:
            return refused("unauthorized_client")
        ways = {
            "client_credentials": self._of_client,
            "authorization_code": self._of_code,
            "refresh_token": self._of_refresh_token,
            DEVICE_GRANT: self._of_device_code,
        }
        with self._lock:
            return ways[grant](app, form)

    def _known_app(self, form: Mapping[str, str], header: str) -> App | None:
        client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
        if header.lower().startswith("basic "):
            client_id, _, secret = b64decode(header[6:]).decode().partition(":")
        app = self.app(client_id)
        if app is None or (app.kind != "public" and app.secret != secret):
            return None
        return app

    def _of_client(self, app: App, form: Mapping[str, str]) -> Answer:
        claims = frozenset(form.get("scope", "device.read").split())
        claims &= self._accounts[app.account].grantable
        return self._issued(Token(app.account, app.client_id, claims - {"offline_access"}))

    def _of_code(self, app: App, form: Mapping[str, str]) -> Answer:
        code = self._given.codes.pop(form.get("code", ""), None)
        verifier = form.get("code_verifier", "").encode()
        challenge = urlsafe_b64encode(sha256(verifier).digest()).rstrip(b"=").decode()
        if (
            code is None
            or code.expires_at < time.time()
            or code.client_id != app.client_id
            or code.redirect_uri != form.get("redirect_uri")
            or code.challenge not in ("", challenge)
        ):
            return refused("invalid_grant")
        return self._issued(Token(str(code.account), app.client_id, code.claims))

    def _of_device_code(self, app: App, form: Mapping[str, str]) -> Answer:
        key = form.get("device_code", "")
        code = self._given.devices.get(key)
        now = time.time()
        if code is None or code.client_id != app.client_id:
            return refused("invalid_grant")
        if code.expires_at < now:
            return refused("expired_token")
        hasty = now - code.asked_at < 0.9 * (self.habits.device_interval_s or 0)
        code.asked_at = now
        if code.account is None:
            return refused("slow_down" if hasty else "authorization_pending")
        del self._given.devices[key]
        if code.refused:
            return refused("access_denied")
        return self._issued(Token(code.account, app.client_id, code.claims))

    def _of_refresh_token(self, app: App, form: Mapping[str, str]) -> Answer:
        token = self._given.refresh.get(form.get("refresh_token", ""))
        if token is None or token.client_id != app.client_id:
            return refused("invalid_grant")
        if token.spent_at is None or not self.habits.rotates:
            token.spent_at = time.time()
            answer = self._issued(Token(token.account, token.client_id, token.claims))
            token.answer = answer.content
            return answer
        is_graced = time.time() - token.spent_at <= self.habits.refresh_grace_s
        return Answer(200, token.answer) if is_graced else refused("invalid_grant")

    def _issued(self, token: Token) -> Answer:
        access = secrets.token_urlsafe(32)
        token.expires_at = time.time() + self.habits.token_life_s
        self._given.access[access] = token
        content = {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": int(self.habits.token_life_s),
            "scope": " ".join(sorted(token.claims)),
        }
        if "offline_access" in token.claims:
            refresh = secrets.token_urlsafe(32)
            content["refresh_token"] = refresh
            self._given.refresh[refresh] = Token(token.account, token.client_id, token.claims)
        return Answer(200, content)


def refused(error: str, *, status: int = 400) -> Answer:
    """Return an error as RFC 6749, section 5.2, wants it."""
    return Answer(status, {"error": error, "error_description": error.replace("_", " ")})


def _back(redirect_uri: str, **given: str) -> Answer:
    return Answer(302, b"", {"Location": f"{redirect_uri}?{urlencode(given)}"})


def _page(content: str, status: int = 200) -> Answer:
    html = f"<!DOCTYPE html><html><head><title>smart-me (simulated)</title></head>{content}</html>"
    return Answer(status, html.encode(), {"Content-Type": "text/html; charset=utf-8"})
