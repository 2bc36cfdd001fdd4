"""The ways to authenticate at the smart-me cloud, each one header.

Source: docs/integrations/smart-me.md, "Ways in".
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field, replace
from typing import Protocol
from uuid import UUID


class Credentials(Protocol):
    """Something that can write the Authorization header."""

    def authorization(self) -> str:
        """Return the value of the Authorization header."""


@dataclass(frozen=True)
class ApiKey:
    """A key made in the smart-me portal; the scheme is ``ApiKey``, never ``Bearer``."""

    key: str = field(repr=False)

    def authorization(self) -> str:
        """Return the value of the Authorization header."""
        return f"ApiKey {self.key}"


@dataclass(frozen=True)
class BearerToken:
    """An OAuth 2.0 access token."""

    token: str = field(repr=False)

    def authorization(self) -> str:
        """Return the value of the Authorization header."""
        return f"Bearer {self.token}"


@dataclass(frozen=True)
class Basic:
    """User name and password; deprecated by smart-me."""

    username: str
    password: str = field(repr=False)

    def authorization(self) -> str:
        """Return the value of the Authorization header."""
        pair = b64encode(f"{self.username}:{self.password}".encode())
        return f"Basic {pair.decode('ascii')}"


@dataclass(frozen=True)
class CardToken:
    """An access token bound to a card; it travels as Basic with a made-up user name.

    The documented password has no dashes, though the cloud types the token as a UUID.
    """

    card_id: str
    token: str = field(repr=False)
    has_dashes: bool = False

    def authorization(self) -> str:
        """Return the value of the Authorization header."""
        password = self.token.replace("-", "")
        if self.has_dashes:
            password = str(UUID(password))
        return Basic(f"cardaccesstoken_{self.card_id}", password).authorization()

    def in_other_spelling(self) -> CardToken | None:
        """Return the same token with dashes instead of none, or the other way round."""
        try:
            UUID(self.token)
        except ValueError:
            return None
        return replace(self, has_dashes=not self.has_dashes)
