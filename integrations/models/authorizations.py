"""Attempts of people to let Atrium read their account at smart-me."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from config.lib.fields import DigestField, EncryptedJSONField
from config.lib.models import BaseModel
from integrations.choices import AuthorizationOutcome, OAuthGrant

OPEN = (AuthorizationOutcome.WAITING, AuthorizationOutcome.EXCHANGING)


class ConnectionAuthorization(BaseModel):
    """One attempt: begun by a person here, allowed or refused by a person at smart-me.

    ``state`` travels through the browser and back; it holds for the session of ``user`` in which
    the attempt was taken up (``session``, a digest). ``sealed`` holds the code verifier, or the
    device code, which is asked about at ``next_poll_at``.
    """

    connection = models.ForeignKey(
        "integrations.Connection", on_delete=models.CASCADE, related_name="authorizations"
    )
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, null=True, related_name="+")
    grant = models.CharField(max_length=32, choices=OAuthGrant.choices)
    scope = models.CharField(max_length=500)
    state = DigestField()
    session = models.CharField(max_length=64, blank=True, editable=False)
    sealed = EncryptedJSONField(null=True)
    user_code = models.CharField(max_length=64, blank=True)
    verification_uri = models.CharField(max_length=500, blank=True)
    poll_every_s = models.PositiveIntegerField(default=5)
    next_poll_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()
    outcome = models.CharField(
        max_length=16,
        choices=AuthorizationOutcome.choices,
        default=AuthorizationOutcome.WAITING,
    )
    detail = models.TextField(blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            # Serves "how is it going" of a connection: the newest attempt.
            models.Index(fields=["connection", "-id"], name="authorization_of_connection"),
            # Serves the poll of device codes.
            models.Index(
                fields=["next_poll_at"],
                name="authorization_to_poll",
                condition=Q(outcome="waiting", next_poll_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grant} of {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def is_open(self) -> bool:
        """Say whether it has not ended yet."""
        return self.outcome in OPEN
