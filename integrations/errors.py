"""States of affairs in integrations that forbid what was asked."""

from __future__ import annotations

from http import HTTPStatus

from config.lib.errors import DomainError


class ConnectionPaused(DomainError):
    """A paused connection does not sync, not even on request."""

    slug = "connection-paused"
    title = "The connection is paused"
    message = "This connection is paused. Resume it first: PATCH it with status pending."


class ConnectionNotOAuth(DomainError):
    """Only a connection that gets in by OAuth 2.0 can be allowed by a person."""

    slug = "connection-not-oauth"
    title = "The connection does not use OAuth"
    message = "This connection has another way in. Set its auth_method to oauth first."


class PersonRequired(DomainError):
    """The browser flow is bound to the session of a person, and this token has none."""

    slug = "person-required"
    title = "A person must do this"
    message = (
        "This token belongs to no person, so nobody could go on in a browser. Use a person's token "
        "or the admin site, or ask for grant device_code."
    )


class CloudRefused(DomainError):
    """The metering cloud did not give what was asked for, just now."""

    slug = "cloud-refused"
    title = "The metering cloud refused"
    message = "{reason}"


class RealtimeInboxFull(DomainError):
    """More posts wait to be taken over than Atrium keeps."""

    slug = "realtime-inbox-full"
    title = "Too many posts wait to be taken over"
    status = HTTPStatus.SERVICE_UNAVAILABLE
    message = "This post was not kept: too many wait to be taken over. Send it again later."

    @property
    def headers(self) -> dict[str, str]:
        """Tell the caller when to come back."""
        return {"Retry-After": "60"}
