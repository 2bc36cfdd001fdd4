"""Who is calling: the ways into the simulated cloud, and the claims each brings."""

from __future__ import annotations

import secrets
import time
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass

from .oauth import OAuthServer
from .requests import Request
from .world import Account

CARD_USER = "cardaccesstoken_"
# A wider claim contains the narrower ones.
CONTAINED = {
    "device.readwrite": {"device.readswitch", "device.read"},
    "device.readswitch": {"device.read"},
    "user.readwrite": {"user.read"},
    "realtimeapi.readwrite": {"realtimeapi.read"},
}
ALL_CLAIMS = frozenset({"device.readwrite", "user.readwrite", "realtimeapi.readwrite"})


@dataclass(frozen=True)
class Caller:
    """An account, and what the credentials may do there."""

    account: Account
    claims: frozenset[str]

    def may(self, claim: str) -> bool:
        """Return whether the claim is held, itself or within a wider one."""
        return any(claim == held or claim in CONTAINED.get(held, ()) for held in self.claims)


class Doorkeeper:
    """Knows the accounts' credentials, and asks the OAuth server about tokens."""

    def __init__(self, accounts: Mapping[str, Account]) -> None:
        self._accounts = accounts
        self.oauth = OAuthServer(accounts)

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
        token = self.oauth.holder(value)
        if token is None:
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
