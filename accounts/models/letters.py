"""Letters to people, and the invitations that some of them carry."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.choices import InvitationKind, LetterKind
from config.lib.models import BaseModel

if TYPE_CHECKING:
    from typing import Self


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Invitations."""

    def open(self, at: datetime | None = None) -> "Self":
        """Return those that may still be accepted, now unless stated."""
        return self.filter(accepted_at=None, revoked_at=None, expires_at__gt=at or timezone.now())


class Invitation(BaseModel):
    """What somebody was invited to, and by whom.

    It is told in a letter whose link dies when the invitation is sent again (``issue``), accepted,
    revoked or expired. ``object_id`` is the membership, occupancy or grant that it announces; the
    words are those of the moment it was sent, so that the apps above need not be asked.
    """

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="invitations")
    inviter = models.ForeignKey(
        "accounts.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    kind = models.CharField(max_length=16, choices=InvitationKind.choices)
    object_id = models.UUIDField()
    place = models.CharField(max_length=200)
    role = models.CharField(max_length=16)
    issue = models.PositiveSmallIntegerField(default=1)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["object_id"], name="invitation_once")]
        indexes = [
            # On login: what this person has not accepted yet.
            models.Index(fields=["user"], condition=Q(accepted_at=None), name="invitation_open"),
        ]

    def __str__(self) -> str:
        return f"Invitation of {self.user} to {self.place}"

    @property
    def is_open(self) -> bool:
        """Say whether it may still be accepted."""
        is_pending = self.accepted_at is None and self.revoked_at is None
        return is_pending and self.expires_at > timezone.now()


class Letter(BaseModel):
    """A letter that is to be sent, or was: the row comes first, a worker sends it after commit.

    It holds no link: that is made when the letter is sent, and never kept.
    """

    kind = models.CharField(max_length=32, choices=LetterKind.choices)
    address = models.EmailField()
    user = models.ForeignKey(
        "accounts.User", on_delete=models.CASCADE, null=True, blank=True, related_name="letters"
    )
    invitation = models.ForeignKey(
        Invitation, on_delete=models.CASCADE, null=True, blank=True, related_name="letters"
    )
    locale = models.CharField(max_length=10, default="en")
    # The other address of a change, or a number to be told.
    about = models.CharField(max_length=254, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            # Nobody gets more than a few letters of a kind in an hour.
            models.Index(fields=["address", "kind", "created_at"], name="letter_recent"),
            # The daily clean-up.
            models.Index(fields=["created_at"], name="letter_age"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} to {self.address}"
