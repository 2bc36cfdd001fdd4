"""States of affairs in integrations that forbid what was asked."""

from __future__ import annotations

from config.lib.errors import DomainError


class ConnectionPaused(DomainError):
    """A paused connection does not sync, not even on request."""

    slug = "connection-paused"
    title = "The connection is paused"
    message = "This connection is paused. Resume it first: PATCH it with status pending."
