"""Who is calling: the ways into the simulated cloud, and the claims each brings."""

from __future__ import annotations

import secrets
import threading
import time
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass

from .requests import Answer, Request
from .world import Account

TOKEN_LIFE_S = 3600
CARD_USER = "cardaccesstoken_"
# A wider claim contains the narrower ones.
CONTAINED = {
    "device.readwrite": {"device.readswitch", "device.read"},
    "device.readswitch": {"device.read"},
    "user.readwrite": {"user.read"},
}
ALL_CLAIMS = frozenset({"device.readwrite", "user.readwrite"})


@dataclass(frozen=True)
class Caller:
    """An account, and what the credentials may do there."""

    account: Account
    claims: frozenset[str]

    def may(self, claim: str) -> bool:
        """Return whether the claim is held, itself or within a wider one."""
        return any(claim == held or claim in CONTAINED.get(held, ()) for held in self.claims)


@dataclass(frozen=True)
class _Token:
    account: str
    claims: frozenset[str]
    expires_at: float


class Doorkeeper:
    """Knows the accounts' credentials and the tokens it gave out."""

    def __init__(self, accounts: Mapping[str, Account]) -> None:
        self._accounts = accounts
        self._lock = threading.Lock()
        self._access: dict[str, _Token] = {}
        self._refresh: dict[str, _Token] = {}

    def caller(self, request: Request) -> Caller | None:
        """Return who calls, or None for credentials that are missing or wrong."""
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        ways = {"apikey": self._by_key, "bearer": self._by_token, "basic": self._by_password}
        way = ways.get(scheme.lower())
        return way(value.strip()) if way and value.strip() else None

    def _by_key(self, value: str) -> Caller | None:
        for account in self._accounts.values():
            key = account.api_keys.get(value)
            if key and (key.expires_at is None or key.expires_at > time.time()):
                return Caller(account, key.claims)
        return None

    def _by_token(self, value: str) -> Caller | None:
        token = self._access.get(value)
        if token is None or token.expires_at < time.time():
            return None
        account = self._accounts.get(token.account)
        return Caller(account, token.claims) if account else None

    def _by_password(self, value: str) -> Caller | None:
        try:
            user, _, password = b64decode(value).decode().partition(":")
        except ValueError:
            return None
        card = user.removeprefix(CARD_USER) if user.startswith(CARD_USER) else None
        for account in self._accounts.values():
            known = account.passwords.get(user) if card is None else account.cards.get(card)
            if known is not None and secrets.compare_digest(known, password):
                return Caller(account, ALL_CLAIMS)
        return None

    def token(self, request: Request) -> Answer:
        """Answer the token endpoint: client credentials, and refresh with rotation."""
        form = request.form()
        grant = form.get("grant_type")
        if grant == "client_credentials":
            return self._client_credentials(form, request.headers.get("authorization", ""))
        if grant == "refresh_token":
            with self._lock:
                token = self._refresh.pop(form.get("refresh_token", ""), None)
            return self._issued(token) if token else _refused("invalid_grant")
        return _refused("unsupported_grant_type")

    def _client_credentials(self, form: Mapping[str, str], header: str) -> Answer:
        client, secret = form.get("client_id", ""), form.get("client_secret", "")
        if header.lower().startswith("basic "):
            client, _, secret = b64decode(header[6:]).decode().partition(":")
        for account in self._accounts.values():
            if client and account.clients.get(client) == secret:
                claims = frozenset(form.get("scope", "device.read").split())
                return self._issued(_Token(account.name, claims, 0.0))
        return _refused("invalid_client", status=401)

    def _issued(self, grant: _Token) -> Answer:
        access = secrets.token_urlsafe(32)
        token = _Token(grant.account, grant.claims, time.time() + TOKEN_LIFE_S)
        content = {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": TOKEN_LIFE_S,
            "scope": " ".join(sorted(token.claims)),
        }
        with self._lock:
            self._access[access] = token
            if "offline_access" in token.claims:
                content["refresh_token"] = secrets.token_urlsafe(32)
                self._refresh[str(content["refresh_token"])] = token
        return Answer(200, content)


def _refused(error: str, *, status: int = 400) -> Answer:
    return Answer(status, {"error": error, "error_description": error.replace("_", " ")})
