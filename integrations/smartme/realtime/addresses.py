"""Addresses that the cloud may post to: made, told once, and known by digests ever after."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings

from config.lib.secrets import make_token
from integrations.models import RealtimeEndpoint

from .receiving import pair_digest

PATH: Final = "/api/v1/smartme/realtime/"
USER: Final = "atrium"


@dataclass(frozen=True)
class Address:
    """A new address in plain text, for the one call that tells it to the cloud."""

    endpoint: RealtimeEndpoint
    url: str = field(repr=False)
    password: str = field(repr=False)


def new_address(connection_id: UUID) -> Address:
    """Make an address of the connection that is good at once; its secrets are stored as digests."""
    token, password = make_token(), make_token()
    endpoint = RealtimeEndpoint.objects.create(
        connection_id=connection_id, token=token, pair=pair_digest(USER, password)
    )
    return Address(endpoint, f"{settings.PUBLIC_URL}{PATH}{token}/", password)


def token_of(url: object) -> str | None:
    """Return the token in an address of ours; None for anybody else's."""
    prefix = f"{settings.PUBLIC_URL}{PATH}"
    if not isinstance(url, str) or not url.startswith(prefix):
        return None
    return url.removeprefix(prefix).rstrip("/") or None


def unreachable() -> str | None:
    """Say why the cloud cannot post to this platform; None if it probably can."""
    cloud = urlsplit(settings.SMARTME_API_URL).hostname
    if cloud in {"localhost", "127.0.0.1", "::1"} or settings.PUBLIC_URL.startswith("https://"):
        return None
    return (
        f"smart-me posts to https addresses alone, and PUBLIC_URL is {settings.PUBLIC_URL}. "
        "Values come by polling."
    )
